//! Traffic for tests: requests as an S3 access log tells them.

use std::borrow::Cow;

use crate::request::Request;
use crate::source::{Place, SourceKind};
use crate::tally::{Limits, Tally};
use crate::time::{Minute, start_of};

/// The first minute of every story: 15 April 2026, 06:00 UTC.
pub const BEGIN: Minute = 29_603_880;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sent {
    pub minute: Minute,
    pub number: u32,
    pub endpoint: String,
    pub version: String,
    pub address: String,
    pub user_agent: &'static str,
    /// The status and the error code.
    pub answer: (u16, &'static str),
}

pub const FAILS: (u16, &str) = (403, "SignatureDoesNotMatch");
pub const SUCCEEDS: (u16, &str) = (200, "");
pub const DENIED: (u16, &str) = (403, "AccessDenied");

/// What is sent in some minutes, told from the beginning.
#[derive(Clone, Debug, Default)]
pub struct Story(pub Vec<Sent>);

impl Story {
    /// So many requests in each of these minutes.
    pub fn with(
        mut self,
        minutes: std::ops::Range<Minute>,
        each: u32,
        bucket: &str,
        version: &str,
        address: &str,
        answer: (u16, &'static str),
    ) -> Self {
        for minute in minutes {
            for _ in 0..each {
                self.0.push(Sent {
                    minute: BEGIN + minute,
                    number: u32::try_from(self.0.len()).unwrap(),
                    endpoint: format!("{bucket}.s3.eu-west-1.amazonaws.com"),
                    version: version.to_owned(),
                    address: address.to_owned(),
                    user_agent: "x/1",
                    answer,
                });
            }
        }
        self
    }

    /// What a log of it comes to.
    pub fn tally(&self) -> Tally {
        tally(&self.0)
    }
}

/// What a log of these requests comes to.
pub fn tally<'a>(sent: impl IntoIterator<Item = &'a Sent>) -> Tally {
    let mut tally = Tally::new(Limits::default());
    add(&mut tally, sent);
    tally
}

/// Adds requests to what was read.
pub fn add<'a>(tally: &mut Tally, sent: impl IntoIterator<Item = &'a Sent>) {
    for sent in sent {
        let mut request = Request::new(SourceKind::S3AccessLog);
        request.time = Some(start_of(sent.minute) + i64::from(sent.number % 60));
        request.request_id = Some(Cow::Owned(format!("{:016X}", sent.number)));
        request.host = Some(Cow::Borrowed(&sent.endpoint));
        request.method = Some(Cow::Borrowed("GET"));
        request.target = Some(Cow::Owned(format!("/k{}", sent.number)));
        request.remote_ip = Some(Cow::Borrowed(&sent.address));
        request.user_agent = Some(Cow::Owned(format!("{} app/{}", sent.user_agent, sent.version)));
        request.signature_version = Some(Cow::Borrowed("SigV4"));
        request.auth = Some(Cow::Borrowed("AuthHeader"));
        request.status = Some(sent.answer.0);
        request.code = (!sent.answer.1.is_empty()).then_some(Cow::Borrowed(sent.answer.1));
        tally.request(&request, 0, &Place::Line(u64::from(sent.number) + 1));
    }
}
