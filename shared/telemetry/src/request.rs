//! One request as a log tells it, and what that makes of it: signed or not, failed or not.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sigdrift_signature::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use sigdrift_signature::failure::{self, Standing};
use sigdrift_signature::{CredentialScope, Endpoint, Presigned, host, message};

use crate::deploy::{self, Carrier};
use crate::dimension::{Dimension, Values};
use crate::redact::quotable;
use crate::source::SourceKind;
use crate::time::{lasting, parse_amz_date};
use crate::user_agent;

/// How far before its own date a presigned URL may be used, in seconds.
const EARLIEST_USE_SECONDS: i64 = 15 * 60;
/// How much of a service's message is quoted, in characters.
const QUOTED_MESSAGE: usize = 240;

/// One request, as one record of a log tells it. What the record does not tell is `None`.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The kind of log.
    pub kind: SourceKind,
    /// When the server received it, in seconds since 1970.
    pub time: Option<i64>,
    /// The server's request id.
    pub request_id: Option<Cow<'a, str>>,
    /// A hash that tells records with one request id apart: of CloudTrail's event id, or of an
    /// access log's operation (with the key, where one request makes a record per key). 0 where
    /// nothing does.
    pub record: u64,
    /// The Host header as the server saw it.
    pub host: Option<Cow<'a, str>>,
    /// The bucket.
    pub bucket: Option<Cow<'a, str>>,
    /// The operation, as the log names it.
    pub operation: Option<Cow<'a, str>>,
    /// The HTTP method.
    pub method: Option<Cow<'a, str>>,
    /// Path and query as sent.
    pub target: Option<Cow<'a, str>>,
    /// The object key, decoded as far as the log allows.
    pub key: Option<Cow<'a, str>>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The error code.
    pub code: Option<Cow<'a, str>>,
    /// The error message.
    pub message: Option<Cow<'a, str>>,
    /// The client's address as the server saw it.
    pub remote_ip: Option<Cow<'a, str>>,
    /// The user agent.
    pub user_agent: Option<Cow<'a, str>>,
    /// `SigV4`, `SigV2`.
    pub signature_version: Option<Cow<'a, str>>,
    /// `AuthHeader` or `QueryString`.
    pub auth: Option<Cow<'a, str>>,
    /// The TLS version.
    pub tls: Option<Cow<'a, str>>,
    /// The access key id.
    pub access_key_id: Option<Cow<'a, str>>,
    /// The region in the credential scope.
    pub signed_region: Option<Cow<'a, str>>,
    /// The region that the log itself names.
    pub logged_region: Option<Cow<'a, str>>,
    /// The deploy version that a captured error states.
    pub stated_version: Option<Cow<'a, str>>,
    /// The function version in the name of the log stream.
    pub function_version: Option<Cow<'a, str>>,
    /// Whether the log says that a signature was there, apart from the fields above.
    pub carries_signature: bool,
    /// What the texts that were signed and verified say about the cause, where the record holds them.
    pub compared: Option<Cause>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It succeeded.
    Succeeded,
    /// Its signature was accepted and authorization refused it.
    Denied,
    /// It failed for a reason that has nothing to do with its signature.
    FailedOtherwise,
    /// It failed authentication.
    SignatureFailed,
}

impl<'a> Request<'a> {
    /// A request of which nothing is known yet.
    #[must_use]
    pub fn new(kind: SourceKind) -> Self {
        Self {
            kind,
            time: None,
            request_id: None,
            record: 0,
            host: None,
            bucket: None,
            operation: None,
            method: None,
            target: None,
            key: None,
            status: None,
            code: None,
            message: None,
            remote_ip: None,
            user_agent: None,
            signature_version: None,
            auth: None,
            tls: None,
            access_key_id: None,
            signed_region: None,
            logged_region: None,
            stated_version: None,
            function_version: None,
            carries_signature: false,
            compared: None,
        }
    }

    /// The query of the target, as sent.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        Some(self.target.as_deref()?.split_once('?')?.1)
    }

    /// Fills in what the target's query shows of the signature: key id, signed region.
    #[must_use]
    pub fn with_query_credential(mut self) -> Self {
        let Some(query) = self.query() else { return self };
        let presigned = Presigned::parse(query);
        let credential =
            presigned.credential.as_deref().and_then(|c| CredentialScope::parse(c).ok());
        let key = credential
            .map(|scope| scope.access_key_id)
            .or(presigned.v2_access_key_id.as_deref())
            .map(|key| Cow::Owned(key.to_owned()));
        let region =
            credential.and_then(|scope| scope.region).map(|region| Cow::Owned(region.to_owned()));
        let signed = presigned.is_signed() || key.is_some();
        self.access_key_id = self.access_key_id.or(key);
        self.signed_region = self.signed_region.or(region);
        self.carries_signature |= signed;
        self
    }

    /// Whether the record shows that the request carried a signature.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.carries_signature || self.signature_version.is_some() || self.auth.is_some()
    }

    /// What became of the request.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let code = self.code.as_deref();
        match code.map(failure::standing) {
            Some(Standing::Failure) => Outcome::SignatureFailed,
            Some(Standing::DependsOnMessage) if self.reading().is_some() => {
                Outcome::SignatureFailed
            }
            _ => outcome_of(code, self.status),
        }
    }

    /// What this one record, by itself, says about the cause.
    #[must_use]
    pub fn reading(&self) -> Option<Cause> {
        let code = self.code.as_deref()?;
        if let Some(compared) = &self.compared {
            return Some(compared.clone());
        }
        if let Some(text) = self.message.as_deref()
            && let Some(reading) = message::read(code, text)
        {
            let said = format!("the service said: {}", quote(text));
            let evidence = vec![Evidence::new(EvidenceKind::ServiceMessage, said)];
            return Some(from_reading(reading, evidence));
        }
        match failure::standing(code) {
            Standing::DependsOnMessage if self.message.is_some() => None,
            Standing::DependsOnMessage => self.reading_without_message(code),
            Standing::Failure => self.reading_of_code(code),
            Standing::Unrelated => None,
        }
    }

    fn reading_of_code(&self, code: &str) -> Option<Cause> {
        let mut reading = message::of_code(code)?;
        let permanent = self.access_key_id.as_deref().is_some_and(|key| key.starts_with("AKIA"));
        if code == "InvalidAccessKeyId" && permanent {
            reading = message::Reading {
                cause: CauseId::UnknownAccessKey,
                confidence: Confidence::Proven,
                alternative: None,
            };
        }
        let said = format!("the service answered {code}");
        Some(from_reading(reading, vec![Evidence::new(EvidenceKind::ServiceMessage, said)]))
    }

    /// Access logs have no messages, but the request itself may say what the message would.
    fn reading_without_message(&self, code: &str) -> Option<Cause> {
        let told = |cause, detail: String| {
            let evidence = vec![Evidence::new(EvidenceKind::Rule, detail)];
            Some(Cause::new(cause, Confidence::Strong, evidence))
        };
        if matches!(code, "InvalidRequest" | "InvalidArgument") {
            let version_2 =
                self.signature_version.as_deref().is_some_and(|v| v.eq_ignore_ascii_case("SigV2"));
            return if version_2 {
                told(CauseId::LegacySigv2, "the log shows signature version 2".to_owned())
            } else {
                None
            };
        }
        if !is_denial(code) {
            return None;
        }
        let presigned = Presigned::parse(self.query()?);
        let now = self.time?;
        let signed_at = presigned.date.as_deref().and_then(parse_amz_date);
        let expires_at = signed_at
            .zip(presigned.expires_seconds)
            .map(|(at, seconds)| at.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)))
            .or(presigned.v2_expires_at.filter(|_| presigned.has_v2_signature));
        if let Some(late) = expires_at.map(|at| now - at).filter(|late| *late > 0) {
            return told(
                CauseId::UrlExpired,
                format!("the URL was used {} after it expired", lasting(late)),
            );
        }
        let early = signed_at? - now;
        if early <= EARLIEST_USE_SECONDS {
            return None;
        }
        told(CauseId::ClockSkew, format!("the URL is dated {} after its use", lasting(early)))
    }

    /// The region of the endpoint: from a host that names one, else from the log, else the region
    /// that a global host belongs to.
    #[must_use]
    pub fn region(&self) -> Option<Cow<'_, str>> {
        let name = self.host_name();
        self.region_with(name.as_ref().map(HostTells::of).unwrap_or_default().region)
    }

    fn host_name(&self) -> Option<Cow<'_, str>> {
        self.host.as_deref().map(host::normalize).filter(|name| !name.is_empty())
    }

    fn region_with<'r>(&'r self, of_host: HostRegion<'r>) -> Option<Cow<'r, str>> {
        let logged = self.logged_region.as_deref().map(Cow::Borrowed);
        match of_host {
            HostRegion::Explicit(region) => Some(region),
            HostRegion::ByDefault(region) => logged.or(Some(region)),
            HostRegion::Unknown => logged,
        }
    }

    /// The deploy version with what carried it, by the best carrier that this record has.
    #[must_use]
    pub fn deploy(&self) -> Option<(Carrier, Cow<'_, str>)> {
        let app_id =
            || Some((Carrier::AppId, user_agent::app_id(self.user_agent.as_deref()?)?.into()));
        let parameter = || Some((Carrier::QueryParameter, deploy::query_parameter(self.query()?)?));
        let stated = || Some((Carrier::CapturedError, self.stated_version.as_deref()?.into()));
        let function =
            || Some((Carrier::FunctionVersion, self.function_version.as_deref()?.into()));
        app_id().or_else(parameter).or_else(stated).or_else(function)
    }

    /// The request's value in every dimension that clusters are made of.
    #[must_use]
    pub fn values(&self) -> Values<'_> {
        let mut values = Values::default();
        let name = self.host_name();
        let of_host = name.as_ref().map(HostTells::of).unwrap_or_default();
        let bucket = self.bucket.as_deref().map(Cow::Borrowed).or(of_host.bucket);
        values.set(Dimension::Endpoint, name);
        values.set(Dimension::Key, self.access_key_id.as_deref().map(Cow::Borrowed));
        values.set(Dimension::Region, self.region_with(of_host.region));
        values.set(Dimension::Operation, self.operation.as_deref().map(Cow::Borrowed));
        values.set(Dimension::Bucket, bucket);
        values.set(Dimension::Auth, self.auth.as_deref().map(Cow::Borrowed));
        let client = self.user_agent.as_deref().and_then(user_agent::client);
        values.set(Dimension::Client, client.map(Cow::Borrowed));
        if let Some((carrier, version)) = self.deploy() {
            values.carrier = Some(carrier);
            values.set(Dimension::Deploy, Some(version));
        }
        values
    }
}

/// What the host name of a request tells, borrowed where the name is.
#[derive(Default)]
struct HostTells<'h> {
    region: HostRegion<'h>,
    bucket: Option<Cow<'h, str>>,
}

/// The region that a host name tells.
#[derive(Default)]
enum HostRegion<'h> {
    /// The name says it.
    Explicit(Cow<'h, str>),
    /// The name stands in this region if nothing says otherwise.
    ByDefault(Cow<'h, str>),
    #[default]
    Unknown,
}

impl<'h> HostTells<'h> {
    fn of(name: &Cow<'h, str>) -> Self {
        match name {
            Cow::Borrowed(name) => Self::new(&Endpoint::of(name), Cow::Borrowed),
            Cow::Owned(name) => Self::new(&Endpoint::of(name), |part| Cow::Owned(part.to_owned())),
        }
    }

    fn new<'n>(endpoint: &Endpoint<'n>, keep: impl Fn(&'n str) -> Cow<'h, str>) -> Self {
        let region = match endpoint.region.map(&keep) {
            Some(region) if endpoint.region_is_explicit() => HostRegion::Explicit(region),
            Some(region) => HostRegion::ByDefault(region),
            None => HostRegion::Unknown,
        };
        Self { region, bucket: endpoint.bucket.map(keep) }
    }
}

fn from_reading(reading: message::Reading, evidence: Vec<Evidence>) -> Cause {
    let told = Cause::new(reading.cause, reading.confidence, evidence);
    match reading.alternative {
        Some(other) => told.or(other, Confidence::Likely),
        None => told,
    }
}

/// What became of a request that is no signature failure.
#[must_use]
pub fn outcome_of(code: Option<&str>, status: Option<u16>) -> Outcome {
    match (code, status) {
        (Some(code), _) if is_denial(code) => Outcome::Denied,
        (Some(_), _) | (None, Some(400..)) => Outcome::FailedOtherwise,
        (None, _) => Outcome::Succeeded,
    }
}

/// Whether a code says that authorization refused the request.
#[must_use]
pub fn is_denial(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AllAccessDisabled"
    )
}

/// The beginning of a service's message, without the canonical strings that some services append.
fn quote(message: &str) -> String {
    let message = message.split("The Canonical String").next().unwrap_or_default();
    let words = quotable(&message.split_whitespace().collect::<Vec<_>>().join(" "));
    match words.char_indices().nth(QUOTED_MESSAGE) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_rfc3339;

    fn presigned(code: &'static str, at: &str) -> Request<'static> {
        let mut request = Request::new(SourceKind::S3AccessLog);
        request.time = parse_rfc3339(at);
        request.code = Some(code.into());
        request.auth = Some("QueryString".into());
        request.target = Some(
            "/k?X-Amz-Credential=AKIDEXAMPLE%2F20260415%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20260415T074200Z&X-Amz-Expires=60&X-Amz-Signature=XXXX"
                .into(),
        );
        request.with_query_credential()
    }

    #[test]
    fn an_expired_presigned_url_is_a_signature_failure_and_other_denials_are_not() {
        let late = presigned("AccessDenied", "2026-04-15T07:43:30Z");
        assert_eq!(late.outcome(), Outcome::SignatureFailed);
        let reading = late.reading().unwrap();
        assert_eq!(
            (reading.cause, reading.confidence()),
            (CauseId::UrlExpired, Confidence::Strong)
        );
        assert_eq!(reading.evidence[0].detail, "the URL was used 30 s after it expired");
        assert_eq!(presigned("AccessDenied", "2026-04-15T07:42:30Z").outcome(), Outcome::Denied);
        let early = presigned("AccessDenied", "2026-04-15T07:12:30Z");
        assert_eq!(early.reading().unwrap().cause, CauseId::ClockSkew);
    }

    #[test]
    fn the_query_shows_key_and_signed_region() {
        let request = presigned("SignatureDoesNotMatch", "2026-04-15T07:42:30Z");
        assert_eq!(request.access_key_id.as_deref(), Some("AKIDEXAMPLE"));
        assert_eq!(request.signed_region.as_deref(), Some("us-east-1"));
        assert!(request.carries_signature);
    }

    #[test]
    fn the_region_comes_from_a_host_that_names_it_then_from_the_log() {
        let mut request = Request::new(SourceKind::S3AccessLog);
        assert_eq!(request.region(), None);
        request.host = Some("b.s3.amazonaws.com".into());
        assert_eq!(request.region().as_deref(), Some("us-east-1"));
        request.logged_region = Some("eu-west-1".into());
        assert_eq!(request.region().as_deref(), Some("eu-west-1"));
        request.host = Some("B.s3.eu-west-2.amazonaws.com:443".into());
        assert_eq!(request.region().as_deref(), Some("eu-west-2"));
        assert_eq!(request.values().get(Dimension::Endpoint), Some("b.s3.eu-west-2.amazonaws.com"));
        assert_eq!(request.values().get(Dimension::Bucket), Some("b"));
    }

    #[test]
    fn the_best_carrier_of_a_deploy_version_wins() {
        let mut request = Request::new(SourceKind::CapturedError);
        request.function_version = Some("42".into());
        assert_eq!(request.deploy(), Some((Carrier::FunctionVersion, "42".into())));
        request.stated_version = Some("c-1".into());
        assert_eq!(request.deploy().unwrap().1, "c-1");
        request.target = Some("/k?x-deploy=q-1".into());
        assert_eq!(request.deploy().unwrap().1, "q-1");
        request.user_agent = Some("Boto3/1 app/a-1".into());
        assert_eq!(request.deploy(), Some((Carrier::AppId, "a-1".into())));
    }

    #[test]
    fn long_messages_are_cut_before_their_canonical_strings() {
        let text =
            "does not match.\n\nThe Canonical String for this request should have been\n'GET'";
        assert_eq!(quote(text), "does not match.");
        assert_eq!(quote(&"x y".repeat(500)).chars().count(), QUOTED_MESSAGE + 1);
    }
}
