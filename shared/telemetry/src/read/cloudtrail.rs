//! One CloudTrail record: the members that matter here, borrowed from its bytes.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use std::borrow::Cow;

use sigdrift_signature::failure::plain_code;
use xxhash_rust::xxh3::xxh3_64;

use super::json_members::{Cursor, Walk, elements, text, truth};
use super::json_outline::Outline;
use super::json_scan::Fault;
use crate::request::Request;
use crate::source::SourceKind;
use crate::time::parse_rfc3339;

/// Why a value cannot be read as a CloudTrail record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no JSON object.
    #[error("a CloudTrail record is a JSON object, this is not")]
    NotAnObject,
    /// It breaks before its end.
    #[error("the CloudTrail record is broken JSON")]
    Broken(#[source] Fault),
    /// Its format has another major version than 1, and may mean something else.
    #[error("eventVersion {0} is not known: 1.x is")]
    Version(String),
    /// It lacks a member without which it says nothing.
    #[error("the CloudTrail record has no {0}")]
    Missing(&'static str),
    /// A member without which it says nothing has an unexpected type or form.
    #[error("the {0} of the CloudTrail record cannot be read")]
    Unreadable(&'static str),
}

/// What a record reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that happened once.
    Event,
    /// A statement on the rate of calls: no request of anybody's.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html>
    Insight,
}

/// One record. An optional member of an unexpected type is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudTrailRecord<'a> {
    /// What it reports.
    pub kind: Kind,
    /// `eventTime` in seconds since 1970.
    pub event_time: i64,
    /// For example `s3.amazonaws.com`. Of an Insights record, the source whose calls it is about.
    pub event_source: Cow<'a, str>,
    /// For example `PutObject`. Of an Insights record, the call that it is about.
    pub event_name: Cow<'a, str>,
    /// `awsRegion`.
    pub region: Option<Cow<'a, str>>,
    /// `sourceIPAddress`: an address, or the DNS name of a service.
    pub source_ip: Option<Cow<'a, str>>,
    /// `userAgent` without the brackets that some services put around it.
    pub user_agent: Option<Cow<'a, str>>,
    /// `errorCode` as [`plain_code`] gives it.
    pub error_code: Option<Cow<'a, str>>,
    /// `errorMessage`.
    pub error_message: Option<Cow<'a, str>>,
    /// `requestID`, which several records may share.
    pub request_id: Option<Cow<'a, str>>,
    /// `eventID`, unique.
    pub event_id: Option<Cow<'a, str>>,
    /// `eventType`, for example `AwsApiCall`.
    pub event_type: Option<Cow<'a, str>>,
    /// `eventCategory`: `Management`, `Data`, `Insight`, `NetworkActivity`.
    pub event_category: Option<Cow<'a, str>>,
    /// `readOnly`.
    pub read_only: Option<bool>,
    /// `userIdentity.type`, for example `AssumedRole`.
    pub identity_type: Option<Cow<'a, str>>,
    /// `userIdentity.accessKeyId`, unless it is empty.
    pub access_key_id: Option<Cow<'a, str>>,
    /// Who called: the identity's ARN, else the service, the account or the user's name.
    pub principal: Option<Cow<'a, str>>,
    /// The Host header as the server saw it.
    pub host: Option<Cow<'a, str>>,
    /// `SigV4` or `SigV2`, as S3 says it.
    pub signature_version: Option<Cow<'a, str>>,
    /// `AuthHeader` or `QueryString`, as S3 says it.
    pub auth: Option<Cow<'a, str>>,
    /// `tlsDetails.tlsVersion`.
    pub tls_version: Option<Cow<'a, str>>,
    /// The bucket of an S3 request.
    pub bucket: Option<Cow<'a, str>>,
    /// The object key of an S3 request.
    pub key: Option<Cow<'a, str>>,
}

impl<'a> CloudTrailRecord<'a> {
    /// Reads a record. `eventVersion` may be any `1.x`, and may be absent, as it is where a
    /// pipeline took the record apart: `eventTime`, `eventSource` and `eventName` may not.
    ///
    /// # Errors
    /// If the value is no whole JSON object, if its version is not 1, or if one of these three
    /// cannot be read.
    pub fn parse(record: &'a str) -> Result<Self, Error> {
        if !record.starts_with('{') {
            return Err(Error::NotAnObject);
        }
        Self::read(Cursor::new(record))
    }

    /// Reads a record whose outline is traced already.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), except that an object with an outline is whole.
    pub fn outlined(record: &'a str, outline: &'a Outline) -> Result<Self, Error> {
        Self::read(outline.walk(record))
    }

    fn read(mut walk: impl Walk<'a>) -> Result<Self, Error> {
        let mut raw = Raw::default();
        walk.object(|name, walk| raw.take(name, walk)).map_err(Error::Broken)?;
        raw.into_record()
    }

    /// Whether the record shows that the request carried a signature: an access key id, or what S3
    /// says of the signature. What a service did by itself, and a sign-in, carried none.
    #[must_use]
    pub fn signed(&self) -> bool {
        let signs =
            self.access_key_id.is_some() || self.signature_version.is_some() || self.auth.is_some();
        let call = !self.event_type.as_deref().is_some_and(|kind| UNSIGNED_TYPES.contains(&kind));
        let sign_in = self.event_source == "signin.amazonaws.com";
        signs && call && !sign_in && self.kind == Kind::Event
    }
}

impl CloudTrailRecord<'_> {
    /// What tells the record from others with the same request id: a hash of its event id.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.event_id.as_deref().map_or(0, |id| xxh3_64(id.as_bytes()))
    }

    /// The request that the record tells of.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        fn borrowed<'b>(text: &'b Option<Cow<'_, str>>) -> Option<Cow<'b, str>> {
            text.as_deref().map(Cow::Borrowed)
        }
        let mut request = Request::new(SourceKind::CloudTrail);
        request.time = Some(self.event_time);
        request.request_id = borrowed(&self.request_id);
        request.record = self.number();
        request.host = borrowed(&self.host);
        request.bucket = borrowed(&self.bucket);
        request.operation = Some(Cow::Borrowed(&self.event_name));
        request.key = borrowed(&self.key);
        request.code = borrowed(&self.error_code);
        request.message = borrowed(&self.error_message);
        request.remote_ip = borrowed(&self.source_ip);
        request.user_agent = borrowed(&self.user_agent);
        request.tls = borrowed(&self.tls_version);
        request.access_key_id = borrowed(&self.access_key_id);
        request.logged_region = borrowed(&self.region);
        if self.signed() {
            request.signature_version = borrowed(&self.signature_version);
            request.auth = borrowed(&self.auth);
            request.carries_signature = true;
        }
        request
    }
}

/// Values of `eventType` for what is no request with a signature.
const UNSIGNED_TYPES: [&str; 4] =
    ["AwsServiceEvent", "AwsConsoleSignIn", "AwsConsoleAction", "AwsCloudTrailInsight"];

type Text<'a> = Option<Cow<'a, str>>;

/// The members of a record as they are found.
#[derive(Default)]
struct Raw<'a> {
    version: Text<'a>,
    time: Member<'a>,
    source: Member<'a>,
    name: Member<'a>,
    region: Text<'a>,
    source_ip: Text<'a>,
    user_agent: Text<'a>,
    error_code: Text<'a>,
    error_message: Text<'a>,
    request_id: Text<'a>,
    event_id: Text<'a>,
    event_type: Text<'a>,
    event_category: Text<'a>,
    read_only: Option<bool>,
    identity: Identity<'a>,
    parameters: Parameters<'a>,
    /// Version and form.
    signature: [Text<'a>; 2],
    /// Version and Host header.
    tls: [Text<'a>; 2],
    /// Source and name of the calls that an Insights record is about.
    insight: [Text<'a>; 2],
}

/// A member that must be there.
#[derive(Default)]
enum Member<'a> {
    /// It is not, or it is `null`.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    /// It is of another type.
    Other,
}

impl<'a> Member<'a> {
    fn read(walk: &mut impl Walk<'a>) -> Result<Self, Fault> {
        let mut again = walk.clone();
        Ok(match walk.text()? {
            Some(text) => Self::Text(text),
            None if again.value()? == "null" => Self::Absent,
            None => Self::Other,
        })
    }
}

#[derive(Default)]
struct Identity<'a> {
    kind: Text<'a>,
    access_key_id: Text<'a>,
    arn: Text<'a>,
    invoked_by: Text<'a>,
    account: Text<'a>,
    user: Text<'a>,
}

#[derive(Default)]
struct Parameters<'a> {
    bucket: Text<'a>,
    key: Text<'a>,
    host: Text<'a>,
}

impl<'a> Raw<'a> {
    fn take(&mut self, name: &str, walk: &mut impl Walk<'a>) -> Result<(), Fault> {
        let text = match name {
            "awsRegion" => &mut self.region,
            "sourceIPAddress" => &mut self.source_ip,
            "userAgent" => &mut self.user_agent,
            "errorCode" | "ErrorCode" => &mut self.error_code,
            "errorMessage" | "ErrorMessage" => &mut self.error_message,
            "requestID" => &mut self.request_id,
            "eventID" => &mut self.event_id,
            "eventType" => &mut self.event_type,
            "eventCategory" => &mut self.event_category,
            _ => return self.take_other(name, walk),
        };
        *text = walk.text()?;
        Ok(())
    }

    fn take_other(&mut self, name: &str, walk: &mut impl Walk<'a>) -> Result<(), Fault> {
        match name {
            "eventVersion" => self.version = walk.text()?,
            "eventTime" => self.time = Member::read(walk)?,
            "eventSource" => self.source = Member::read(walk)?,
            "eventName" => self.name = Member::read(walk)?,
            "readOnly" => self.read_only = truth(walk.value()?),
            "userIdentity" => self.identity = Identity::read(walk)?,
            "requestParameters" => self.parameters = Parameters::read(walk)?,
            "additionalEventData" => {
                self.signature = texts(walk, ["SignatureVersion", "AuthenticationMethod"])?;
            }
            "tlsDetails" => self.tls = texts(walk, ["tlsVersion", "clientProvidedHostHeader"])?,
            "insightDetails" => self.insight = texts(walk, ["eventSource", "eventName"])?,
            _ => _ = walk.value()?,
        }
        Ok(())
    }

    fn into_record(self) -> Result<CloudTrailRecord<'a>, Error> {
        if let Some(version) = self.version
            && version.split('.').next() != Some("1")
        {
            let shown = version.chars().filter(|c| c.is_ascii_digit() || *c == '.').take(8);
            return Err(Error::Version(shown.collect()));
        }
        let insight = self.event_type.as_deref() == Some("AwsCloudTrailInsight")
            || self.event_category.as_deref() == Some("Insight");
        let [about_source, about_name] = if insight { self.insight } else { [None, None] };
        let [signature_version, auth] = self.signature;
        let [tls_version, tls_host] = self.tls;
        let time = required("eventTime", self.time, None)?;
        let Identity { kind, access_key_id, arn, invoked_by, account, user } = self.identity;
        Ok(CloudTrailRecord {
            kind: if insight { Kind::Insight } else { Kind::Event },
            event_time: parse_rfc3339(&time).ok_or(Error::Unreadable("eventTime"))?,
            event_source: required("eventSource", self.source, about_source)?,
            event_name: required("eventName", self.name, about_name)?,
            region: self.region,
            source_ip: self.source_ip,
            user_agent: self.user_agent.map(|agent| narrow(agent, without_brackets)),
            error_code: self.error_code.map(|code| narrow(code, plain_code)).filter(not_empty),
            error_message: self.error_message,
            request_id: self.request_id,
            event_id: self.event_id,
            event_type: self.event_type,
            event_category: self.event_category,
            read_only: self.read_only,
            identity_type: kind,
            access_key_id: access_key_id.filter(not_empty),
            principal: arn.or(invoked_by).or(account).or(user),
            host: tls_host.or(self.parameters.host).filter(not_empty),
            signature_version: signature_version.filter(not_empty),
            auth: auth.filter(not_empty),
            tls_version,
            key: self.parameters.key.filter(|_| self.parameters.bucket.is_some()),
            bucket: self.parameters.bucket,
        })
    }
}

impl<'a> Identity<'a> {
    fn read(walk: &mut impl Walk<'a>) -> Result<Self, Fault> {
        let mut identity = Self::default();
        walk.object(|name, walk| {
            let text = match name {
                "type" => &mut identity.kind,
                "accessKeyId" => &mut identity.access_key_id,
                "arn" => &mut identity.arn,
                "invokedBy" => &mut identity.invoked_by,
                "accountId" => &mut identity.account,
                "userName" => &mut identity.user,
                _ => return walk.value().map(|_| ()),
            };
            *text = walk.text()?;
            Ok(())
        })?;
        Ok(identity)
    }
}

impl<'a> Parameters<'a> {
    fn read(walk: &mut impl Walk<'a>) -> Result<Self, Fault> {
        let mut parameters = Self::default();
        walk.object(|name, walk| {
            match name {
                "bucketName" => parameters.bucket = walk.text()?,
                "key" => parameters.key = walk.text()?,
                "Host" => {
                    let value = walk.value()?;
                    parameters.host = text(value).or_else(|| only_element(value));
                }
                _ => _ = walk.value()?,
            }
            Ok(())
        })?;
        Ok(parameters)
    }
}

/// The texts of two members.
fn texts<'a>(walk: &mut impl Walk<'a>, names: [&str; 2]) -> Result<[Text<'a>; 2], Fault> {
    let mut texts = [None, None];
    walk.object(|name, walk| {
        match names.iter().position(|wanted| *wanted == name) {
            Some(at) => texts[at] = walk.text()?,
            None => _ = walk.value()?,
        }
        Ok(())
    })?;
    Ok(texts)
}

fn only_element(value: &str) -> Text<'_> {
    let mut elements = elements(value).map_while(Result::ok);
    let first = elements.next()?;
    if elements.next().is_some() { None } else { text(first) }
}

/// A member that must be there, or what stands for it.
fn required<'a>(
    name: &'static str,
    member: Member<'a>,
    instead: Text<'a>,
) -> Result<Cow<'a, str>, Error> {
    match member {
        Member::Absent => instead.ok_or(Error::Missing(name)),
        Member::Text(text) if !text.is_empty() => Ok(text),
        Member::Text(_) | Member::Other => Err(Error::Unreadable(name)),
    }
}

#[allow(clippy::ptr_arg, reason = "it filters texts that may be owned")]
fn not_empty(text: &Cow<'_, str>) -> bool {
    !text.is_empty()
}

/// Part of a text, borrowed as the text is.
fn narrow<'a>(text: Cow<'a, str>, part: impl Fn(&str) -> &str) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => Cow::Owned(part(&text).to_owned()),
    }
}

fn without_brackets(agent: &str) -> &str {
    agent.strip_prefix('[').and_then(|agent| agent.strip_suffix(']')).unwrap_or(agent)
}

#[cfg(test)]
mod tests;
