//! CloudTrail's event history:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::config::Region;
use aws_sdk_cloudtrail::primitives::DateTime;
use serde::Serialize;
use sigdrift_telemetry::time::rfc3339;

use super::pages::{Page, Pages};
use super::{LookUpEvents, Reason, Span};
use crate::Connection;
use crate::fault::Asked;

/// How far back the history goes, in seconds: 90 days.
const HISTORY: i64 = 90 * 86_400;

/// What the history does not hold any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "CloudTrail's event history holds 90 days: what came before {} is not in it; read the trail's own files for \
     that, s3://BUCKET/AWSLogs/",
    rfc3339(*.oldest)
)]
pub struct TooOld {
    /// When the history begins, in seconds since 1970.
    pub oldest: i64,
    /// Whether all that is asked for is older.
    pub is_all: bool,
}

impl Span {
    /// Whether CloudTrail's event history holds all of it, at a time in seconds since 1970.
    ///
    /// # Errors
    /// When some of it, or all of it, is too old.
    pub fn is_held(self, now: i64) -> Result<(), TooOld> {
        let oldest = now.saturating_sub(HISTORY);
        match self.from < oldest {
            true => Err(TooOld { oldest, is_all: self.to <= oldest }),
            false => Ok(()),
        }
    }
}

/// Two requests a second are allowed for each account and region, whoever makes them.
const PAUSE: Duration = Duration::from_millis(500);
/// How many events a page may have.
const PAGE: i32 = 50;

const PERMISSION: &str = "cloudtrail:LookupEvents";

/// Which history is meant: every region has one of its own. What IAM, CloudFront and other services
/// without a region were told stands in that of `us-east-1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailAddress {
    /// The region; the connection's own if none is named.
    pub region: Option<String>,
}

impl fmt::Display for TrailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) => write!(f, "cloudtrail:{region}"),
            None => f.write_str("cloudtrail"),
        }
    }
}

/// CloudTrail as a connection reaches it. Not to be read on a thread that drives asynchronous tasks.
#[derive(Clone, Debug)]
pub struct Trail {
    connection: Connection,
}

impl Trail {
    /// CloudTrail as a connection reaches it, which also says how often and how long a page is tried.
    #[must_use]
    pub fn new(connection: &Connection) -> Self {
        Self { connection: connection.clone() }
    }
}

/// An element of an answer, in as much as it is read.
#[derive(Serialize)]
struct Looked<'a> {
    #[serde(rename = "CloudTrailEvent")]
    event: &'a str,
}

impl LookUpEvents for Trail {
    fn look_up(&self, address: &TrailAddress, span: Span) -> impl Read + Send {
        let region = address.region.as_deref().unwrap_or(self.connection.region()).to_owned();
        let settings = aws_sdk_cloudtrail::config::Builder::from(&self.connection.sdk)
            .region(Region::new(region.clone()))
            .build();
        let client = Client::from_conf(settings);
        let asked = Asked::of(&self.connection, "CloudTrail", &region);
        let runtime = self.connection.runtime.clone();
        Pages::new(format!("{address} in {region}"), PAUSE, move |token| {
            let request = client
                .lookup_events()
                .start_time(DateTime::from_secs(span.from))
                // What happened at the end itself would be answered too.
                .end_time(DateTime::from_secs(span.to.saturating_sub(1)))
                .max_results(PAGE)
                .set_next_token(token.map(str::to_owned));
            let answer = runtime.block_on(request.send()).map_err(|error| {
                asked
                    .answer(error)
                    .map_or_else(Reason::from, |answer| asked.fault(answer, PERMISSION).into())
            })?;
            let mut lines = Vec::new();
            for event in answer.events() {
                // Without its record an event says nothing; the reader counts it as unreadable.
                let event = event.cloud_trail_event().unwrap_or_default();
                super::logs::add_line(&mut lines, &Looked { event });
            }
            Ok(Page { lines, next: answer.next_token })
        })
    }
}
