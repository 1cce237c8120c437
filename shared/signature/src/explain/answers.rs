//! What the service's own answer says about the cause, with its numbers.
//!
//! Messages and elements: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::failure::plain_code;
use crate::message;
use crate::secret::{EMPTY_SHA256, sha256_hex};

/// What the answer names, if it names a cause. A plain mismatch names none.
#[must_use]
pub fn read(case: &Case) -> Option<Cause> {
    let code = plain_code(case.answer.code.as_deref().unwrap_or(""));
    let message = case.answer.message.as_deref().unwrap_or("");
    let details = case.answer.detail("Details").unwrap_or("");
    let text = if details.is_empty() { message.to_owned() } else { format!("{message} {details}") };
    match code {
        "PermanentRedirect" | "TemporaryRedirect" => return Some(redirect(case, code)),
        "XAmzContentSHA256Mismatch" => return Some(payload_mismatch(case)),
        _ => {}
    }
    let reading = message::read(code, &text)
        .or_else(|| {
            case.answer
                .detail("HeadersNotSigned")
                .and_then(|_| message::read("AccessDenied", NOT_SIGNED))
        })
        .or_else(|| message::of_code(code))?;
    let mut cause = Cause::new(reading.cause, reading.confidence, vec![said(&text, code)]);
    if let Some(other) = reading.alternative {
        cause = cause.or(other, Confidence::Likely);
    }
    refine(case, &text, &mut cause);
    Some(cause)
}

/// What S3 says where it lists headers that are not signed.
const NOT_SIGNED: &str = "There were headers present in the request which were not signed";

/// The service's words as evidence.
pub(super) fn said(text: &str, code: &str) -> Evidence {
    let text = crate::explain::words::quotable(text);
    let detail = match text.is_empty() {
        true => format!("the service answered {code}"),
        false => format!("the service said: {text}"),
    };
    Evidence::new(EvidenceKind::ServiceMessage, detail)
}

/// Adds what the answer's other elements, and the request, say.
fn refine(case: &Case, text: &str, cause: &mut Cause) {
    match cause.cause {
        CauseId::WrongRegion => {
            cause.component = Some("region".to_owned());
            cause.evidence.extend(expected(case, text, "region"));
        }
        CauseId::WrongService => {
            cause.component = Some("service".to_owned());
            cause.evidence.extend(expected(case, text, "service"));
        }
        CauseId::SignerScopeDate => cause.component = Some("date".to_owned()),
        CauseId::HeaderChanged => not_signed(case, cause),
        CauseId::ClockSkew => cause.evidence.extend(skew(case)),
        CauseId::UrlExpired => cause.evidence.extend(expiry(case)),
        CauseId::UnknownAccessKey => unknown_key(case, cause),
        CauseId::LegacySigv2 if shows_version_2(case) => {
            let detail = "the request carries a signature of version 2";
            let mut evidence = std::mem::take(&mut cause.evidence);
            evidence.push(Evidence::new(EvidenceKind::Rule, detail));
            *cause = Cause::new(CauseId::LegacySigv2, Confidence::Proven, evidence);
        }
        _ => {}
    }
}

/// What the service expects in place of what was signed.
fn expected(case: &Case, text: &str, part: &str) -> Option<Evidence> {
    let quoted: Vec<&str> = text.split(['\'', '"']).skip(1).step_by(2).collect();
    let wanted = match (part, case.answer.detail("Region")) {
        ("region", Some(region)) => region,
        _ => quoted.last().copied().filter(|_| {
            text.contains("expecting")
                || text.contains("belongs")
                || text.contains("correct service")
        })?,
    };
    let detail = format!("the service expects the {part} `{wanted}`");
    Some(Evidence::new(EvidenceKind::ServiceMessage, detail))
}

/// Headers that came unsigned: an element or the end of the message names them.
fn not_signed(case: &Case, cause: &mut Cause) {
    let Some(listed) = case.answer.detail("HeadersNotSigned") else { return };
    let mut names = listed.split([',', ' ']).filter(|name| !name.is_empty());
    cause.component = names.next().map(str::to_ascii_lowercase);
    let detail = format!("not signed: {listed}");
    cause.evidence.push(Evidence::new(EvidenceKind::ServiceMessage, detail));
}

/// How far the request's time was from the server's.
fn skew(case: &Case) -> Option<Evidence> {
    let request = time_of(case.answer.detail("RequestTime")?)?;
    let server = time_of(case.answer.detail("ServerTime")?)?;
    let seconds = request - server;
    let side = if seconds < 0 { "before" } else { "after" };
    let allowed =
        case.answer.detail("MaxAllowedSkewMilliseconds").and_then(|text| text.parse::<i64>().ok());
    let allowed = allowed.map_or(String::new(), |ms| format!("; {} s are allowed", ms / 1000));
    let detail = format!("it was signed {} s {side} the server's time{allowed}", seconds.abs());
    Some(Evidence::new(EvidenceKind::ServiceMessage, detail))
}

/// By how much a URL had expired.
fn expiry(case: &Case) -> Option<Evidence> {
    let expires = time_of(case.answer.detail("Expires")?)?;
    let server = time_of(case.answer.detail("ServerTime")?)?;
    let detail = format!("it was used {} s after its time", (server - expires).max(0));
    Some(Evidence::new(EvidenceKind::ServiceMessage, detail))
}

/// Unix seconds of a time as services write it.
pub fn time_of(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_second());
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(seconds);
    }
    let formats = ["%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S +0000"];
    let civil = formats.iter().find_map(|format| DateTime::strptime(format, text).ok())?;
    Some(TimeZone::UTC.to_timestamp(civil).ok()?.as_second())
}

/// What the key id looks like, where the service does not know it.
fn unknown_key(case: &Case, cause: &mut Cause) {
    let code = case.answer.code.as_deref().map(plain_code);
    let Some(id) = case.access_key_id.as_deref() else { return };
    let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    if (id.len() == 40 && !id.starts_with("AKIA"))
        || id.trim() != id
        || id.contains(['"', '\'', '%', '\n'])
    {
        let detail = match id.len() {
            40 => "the access key id has the form of a secret: 40 characters",
            _ => "the access key id holds characters that no key id has",
        };
        *cause = Cause::new(
            CauseId::SecretMalformed,
            Confidence::Strong,
            vec![Evidence::new(EvidenceKind::Rule, detail)],
        )
        .or(CauseId::UnknownAccessKey, Confidence::Likely);
    } else if code == Some("InvalidAccessKeyId") && id.starts_with("AKIA") && is_word(id) {
        let evidence = std::mem::take(&mut cause.evidence);
        *cause = Cause::new(CauseId::UnknownAccessKey, Confidence::Proven, evidence);
    }
}

/// Whether the request carries a signature of version 2.
#[must_use]
pub fn shows_version_2(case: &Case) -> bool {
    let requests = [&case.received, &case.sent];
    let in_request = requests.into_iter().flatten().any(|request| {
        request
            .header("authorization")
            .is_some_and(|value| value.starts_with("AWS ") && value.contains(':'))
            || (request.parameter("AWSAccessKeyId").is_some()
                && request.parameter("Signature").is_some())
    });
    let logged = case.logged.as_ref().and_then(|logged| logged.signature_version.as_deref());
    in_request || logged == Some("SigV2")
}

/// `PermanentRedirect`: another endpoint has the bucket.
fn redirect(case: &Case, code: &str) -> Cause {
    let mut evidence = vec![said(case.answer.message.as_deref().unwrap_or(""), code)];
    if let Some(endpoint) = case.answer.detail("Endpoint") {
        let detail = format!("the bucket is at `{endpoint}`");
        evidence.push(Evidence::new(EvidenceKind::ServiceMessage, detail));
    }
    Cause::new(CauseId::EndpointMismatch, Confidence::Proven, evidence)
}

/// Two hashes of a body: which of them is of what was sent.
fn payload_mismatch(case: &Case) -> Cause {
    let client = case.answer.detail("ClientComputedContentSHA256");
    let server = case.answer.detail("S3ComputedContentSHA256");
    let told = |cause, confidence, detail: &str| {
        let evidence = vec![
            said(case.answer.message.as_deref().unwrap_or(""), "XAmzContentSHA256Mismatch"),
            Evidence::new(EvidenceKind::ServiceMessage, detail),
        ];
        Cause::new(cause, confidence, evidence)
    };
    let body_of = |request: &Option<crate::http::HttpRequest>| {
        request
            .as_ref()
            .and_then(|request| request.body.as_deref())
            .filter(|body| !body.is_empty())
            .map(sha256_hex)
    };
    // What a client's log shows of a body is not its bytes.
    let sent = body_of(&case.sent).filter(|_| case.client.is_empty());
    if client.is_some() && client == server {
        return told(CauseId::Undetermined, Confidence::Unknown, "both hashes are the same");
    }
    if sent.is_some() && sent.as_deref() == client {
        return told(
            CauseId::PayloadChanged,
            Confidence::Strong,
            "the hash that was signed is that of the body as sent",
        );
    }
    if sent.is_some() && sent.as_deref() == server {
        return told(
            CauseId::SignerPayloadHash,
            Confidence::Strong,
            "the body arrived as it was sent, and the signer hashed something else",
        );
    }
    if client == Some(EMPTY_SHA256) {
        return told(
            CauseId::SignerPayloadHash,
            Confidence::Strong,
            "the client's hash is that of an empty body",
        );
    }
    if server == Some(EMPTY_SHA256) {
        return told(
            CauseId::PayloadChanged,
            Confidence::Strong,
            "the body that arrived was empty",
        );
    }
    told(
        CauseId::Undetermined,
        Confidence::Unknown,
        "the hashes of two bodies differ, and neither is known",
    )
    .or(CauseId::PayloadChanged, Confidence::Likely)
    .or(CauseId::SignerPayloadHash, Confidence::Likely)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(code: &str, message: &str, details: &[(&str, &str)]) -> Case {
        let mut case = Case::default();
        case.answer.code = Some(code.to_owned());
        case.answer.message = Some(message.to_owned());
        case.answer.details =
            details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        case
    }

    fn told(case: &Case) -> (CauseId, Confidence, String) {
        let cause = read(case).unwrap();
        let last = cause.evidence.last().unwrap().detail.clone();
        (cause.cause, cause.confidence(), last)
    }

    #[test]
    fn numbers_are_read() {
        let found = told(&case(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            &[
                ("RequestTime", "20260415T070000Z"),
                ("ServerTime", "2026-04-15T07:16:40Z"),
                ("MaxAllowedSkewMilliseconds", "900000"),
            ],
        ));
        assert_eq!((found.0, found.1), (CauseId::ClockSkew, Confidence::Proven));
        assert_eq!(found.2, "it was signed 1000 s before the server's time; 900 s are allowed");
        let found = told(&case(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
            &[],
        ));
        assert_eq!(
            (found.0, found.2.as_str()),
            (CauseId::WrongRegion, "the service expects the region `eu-central-1`")
        );
        let found = told(&case(
            "AccessDenied",
            "Request has expired",
            &[("Expires", "2026-04-15T07:00:00Z"), ("ServerTime", "2026-04-15T07:00:05Z")],
        ));
        assert_eq!(
            (found.0, found.2.as_str()),
            (CauseId::UrlExpired, "it was used 5 s after its time")
        );
        assert_eq!(time_of("Fri, 28 Apr 2017 07:01:06 GMT"), Some(1_493_362_866));
    }

    #[test]
    fn a_mismatch_by_itself_names_nothing() {
        assert!(
            read(&case(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
                &[]
            ))
            .is_none()
        );
    }

    #[test]
    fn hashes_of_nothing_tell_who() {
        let hash = "ab".repeat(32);
        let of = |client: &str, server: &str| {
            told(&case(
                "XAmzContentSHA256Mismatch",
                "",
                &[("ClientComputedContentSHA256", client), ("S3ComputedContentSHA256", server)],
            ))
        };
        assert_eq!(of(EMPTY_SHA256, &hash).0, CauseId::SignerPayloadHash);
        assert_eq!(of(&hash, EMPTY_SHA256).0, CauseId::PayloadChanged);
        assert_eq!(of(&hash, &"cd".repeat(32)).0, CauseId::Undetermined);
    }

    #[test]
    fn a_key_id_that_looks_like_a_secret_is_none() {
        let mut case = case(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            &[],
        );
        case.access_key_id = Some("AKIAIOSFODNN7EXAMPLE".to_owned());
        assert_eq!(told(&case).1, Confidence::Proven);
        case.access_key_id = Some("ASIAIOSFODNN7EXAMPLE".to_owned());
        assert_eq!((told(&case).0, told(&case).1), (CauseId::UnknownAccessKey, Confidence::Strong));
        case.access_key_id = Some("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned());
        assert_eq!(told(&case).0, CauseId::SecretMalformed);
    }
}
