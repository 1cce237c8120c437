//! Faults that a raw request shows by itself, whatever its signature is worth: a service refuses it
//! for them before, or besides, comparing signatures.

use super::views::is_redacted;
use crate::authorization::{Authorization, AuthorizationError, Form};
use crate::canonical_request::is_payload_marker;
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::host::{Endpoint, normalize};
use crate::http::HttpRequest;
use crate::presigned::LONGEST;
use crate::secret::sha256_hex;
use crate::string_to_sign::is_hash;
use crate::uri::is_s3_family;

/// The fault that the request shows, as it was received, or else as it was sent.
#[must_use]
pub fn read(case: &Case) -> Option<Cause> {
    let request = case.received.as_ref().or(case.sent.as_ref())?;
    let sent = case.sent.as_ref().filter(|_| case.received.is_some());
    let authorization = match Authorization::of(request) {
        Ok(authorization) => authorization,
        // A service that compared signatures could read them: the text is cut, or no request of ours.
        Err(_) if case.answer.code.is_some() || case.answer.status.is_some() => return None,
        Err(error) => return unreadable(case, request, sent, &error),
    };
    if sent.is_none() && is_shown_in_part(request, &authorization) {
        return None;
    }
    missing_date(request, sent, &authorization)
        .or_else(|| missing_parameter(request, sent, &authorization))
        .or_else(|| missing_token(request, sent, &authorization))
        .or_else(|| lasts_too_long(request, case, &authorization))
        // What a client's log shows of a body is not its bytes.
        .or_else(|| {
            payload(request, sent, &authorization)
                .filter(|_| case.received.is_some() || case.client.is_empty())
        })
        .or_else(|| unsigned_header(request, sent, &authorization))
}

fn told(cause: CauseId, confidence: Confidence, detail: impl Into<String>) -> Cause {
    Cause::new(cause, confidence, vec![Evidence::new(EvidenceKind::Rule, detail)])
}

/// The signing parameters cannot be read.
fn unreadable(
    case: &Case,
    request: &HttpRequest,
    sent: Option<&HttpRequest>,
    error: &AuthorizationError,
) -> Option<Cause> {
    if *error == AuthorizationError::Version2 {
        // Some servers still take it: only where nothing says what was refused is it a reason.
        let detail = "the request carries a signature of version 2";
        return case
            .answer
            .code
            .is_none()
            .then(|| told(CauseId::LegacySigv2, Confidence::Likely, detail));
    }
    let was_whole = sent.is_some_and(|sent| Authorization::of(sent).is_ok());
    if was_whole {
        let (cause, component) = match sent?.header("authorization") {
            Some(_) => (CauseId::HeaderChanged, "authorization"),
            None => (CauseId::QueryChanged, changed_parameter(request, sent?)?),
        };
        let detail = format!("what was sent is whole, what was received is not: {error}");
        return Some(told(cause, Confidence::Strong, detail).with_component(component));
    }
    Some(told(CauseId::MalformedAuthorization, Confidence::Strong, error.to_string()))
}

/// The signing parameter that was lost on the way.
fn changed_parameter(request: &HttpRequest, sent: &HttpRequest) -> Option<&'static str> {
    PARAMETERS.iter().copied().find(|name| request.parameter(name) != sent.parameter(name))
}

/// Whether signed headers are missing that no request comes without, so that what is missing from it
/// tells nothing.
fn is_shown_in_part(request: &HttpRequest, authorization: &Authorization) -> bool {
    let missing = authorization.signed_names().filter(|name| request.header(name).is_none());
    let missing: Vec<&str> = missing.collect();
    missing.len() > 1 && missing.iter().any(|name| name.eq_ignore_ascii_case("x-amz-date"))
}

fn missing_date(
    request: &HttpRequest,
    sent: Option<&HttpRequest>,
    authorization: &Authorization,
) -> Option<Cause> {
    let has = |request: &HttpRequest| {
        request.header("x-amz-date").is_some() || request.header("date").is_some()
    };
    if authorization.form == Form::Query || has(request) {
        return None;
    }
    if sent.is_some_and(has) {
        let detail = "x-amz-date was sent and did not arrive";
        return Some(
            told(CauseId::HeaderChanged, Confidence::Strong, detail).with_component("x-amz-date"),
        );
    }
    let detail = "the request has neither X-Amz-Date nor Date";
    let is_listed =
        authorization.signed_names().any(|name| name.eq_ignore_ascii_case("x-amz-date"));
    if sent.is_none() && is_listed {
        let detail = "x-amz-date is among the signed headers, and did not arrive";
        let cause =
            told(CauseId::HeaderChanged, Confidence::Strong, detail).with_component("x-amz-date");
        return Some(cause.or(CauseId::MalformedAuthorization, Confidence::Likely));
    }
    Some(told(CauseId::MalformedAuthorization, Confidence::Strong, detail))
}

/// What a presigned URL has to have.
const PARAMETERS: &[&str] = &[
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

fn missing_parameter(
    request: &HttpRequest,
    sent: Option<&HttpRequest>,
    authorization: &Authorization,
) -> Option<Cause> {
    if authorization.form == Form::Header {
        return None;
    }
    let missing = PARAMETERS.iter().find(|name| request.parameter(name).is_none())?;
    if sent.is_some_and(|sent| sent.parameter(missing).is_some()) {
        let detail = format!("{missing} was sent and did not arrive");
        return Some(
            told(CauseId::QueryChanged, Confidence::Strong, detail).with_component(*missing),
        );
    }
    Some(told(
        CauseId::MalformedAuthorization,
        Confidence::Strong,
        format!("the URL has no {missing}"),
    ))
}

/// The keys of temporary credentials are known by their session token alone.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>
fn missing_token(
    request: &HttpRequest,
    sent: Option<&HttpRequest>,
    authorization: &Authorization,
) -> Option<Cause> {
    let is_temporary =
        authorization.scope().is_some_and(|scope| scope.access_key_id.starts_with("ASIA"));
    let has = |request: &HttpRequest| {
        let mut names = request.query.split('&').filter_map(|pair| pair.split('=').next());
        names.any(crate::redact::is_token)
            || request.headers.iter().any(|header| crate::redact::is_token(&header.name))
    };
    // One that was sent and did not arrive is a difference, which proves more.
    if !is_temporary || has(request) || sent.is_some_and(has) {
        return None;
    }
    let (changed, name) = match authorization.form {
        Form::Query => (CauseId::QueryChanged, "X-Amz-Security-Token"),
        Form::Header => (CauseId::HeaderChanged, "x-amz-security-token"),
    };
    let detail = format!("the key id is of temporary credentials, and the request has no {name}");
    Some(told(CauseId::ExpiredToken, Confidence::Strong, detail).or(changed, Confidence::Likely))
}

/// A URL that S3 refuses before it compares signatures: whatever it answered was something else.
fn lasts_too_long(
    request: &HttpRequest,
    case: &Case,
    authorization: &Authorization,
) -> Option<Cause> {
    let is_s3 = authorization.scope().is_some_and(|scope| is_s3_family(scope.service));
    let expires: u64 = request.parameter("X-Amz-Expires")?.parse().ok()?;
    let is_open = case.answer.code.is_none() && case.server.is_empty();
    if authorization.form == Form::Header || !is_s3 || !is_open || expires <= LONGEST {
        return None;
    }
    let detail = format!("X-Amz-Expires is {expires}, and S3 takes no more than {LONGEST}, 7 days");
    Some(told(CauseId::MalformedAuthorization, Confidence::Strong, detail))
}

/// The body that arrived is not the one whose hash is stated.
fn payload(
    request: &HttpRequest,
    sent: Option<&HttpRequest>,
    authorization: &Authorization,
) -> Option<Cause> {
    let service = authorization.scope().map_or("", |scope| scope.service);
    let stated = request.header("x-amz-content-sha256").map(str::to_owned);
    let stated = stated.or_else(|| request.parameter("X-Amz-Content-Sha256"));
    let Some(stated) = stated else {
        let host = request.header("host").map(|host| normalize(host).into_owned());
        let of_host = host.as_deref().and_then(|host| Endpoint::of(host).service);
        let is_elsewhere = of_host.is_some_and(|service| !is_s3_family(service));
        if authorization.form == Form::Query || service != "s3" || is_elsewhere {
            return None;
        }
        let was_sent = sent.is_some_and(|sent| sent.header("x-amz-content-sha256").is_some());
        return Some(if was_sent {
            told(
                CauseId::HeaderChanged,
                Confidence::Strong,
                "x-amz-content-sha256 was sent and did not arrive",
            )
            .with_component("x-amz-content-sha256")
        } else {
            told(
                CauseId::SignerPayloadHash,
                Confidence::Strong,
                "S3 wants x-amz-content-sha256, and the request has none",
            )
        });
    };
    if is_payload_marker(&stated) {
        return None;
    }
    if is_redacted(&stated) {
        return None;
    }
    if !is_hash(&stated) {
        let detail =
            "x-amz-content-sha256 is neither a SHA-256 nor one of the words that may stand for it";
        return is_s3_family(service)
            .then(|| told(CauseId::SignerPayloadHash, Confidence::Strong, detail));
    }
    let arrived = sha256_hex(request.body.as_deref()?);
    if stated.eq_ignore_ascii_case(&arrived) {
        return None;
    }
    let length = request.header("content-length").and_then(|text| text.parse::<usize>().ok());
    if length.is_some_and(|length| length > request.body.as_ref().map_or(0, Vec::len)) {
        // The body is cut: its hash says nothing.
        return None;
    }
    let was_right = sent
        .and_then(|sent| sent.body.as_deref())
        .map(|body| sha256_hex(body).eq_ignore_ascii_case(&stated));
    let detail = "the body that arrived does not have the hash that the request states";
    Some(match was_right {
        Some(true) => told(
            CauseId::PayloadChanged,
            Confidence::Strong,
            format!("{detail}; the one that was sent has it"),
        ),
        Some(false) => told(
            CauseId::SignerPayloadHash,
            Confidence::Strong,
            format!("{detail}; neither has the one that was sent"),
        ),
        None if stated == crate::secret::EMPTY_SHA256 => told(
            CauseId::SignerPayloadHash,
            Confidence::Strong,
            format!("{detail}, that of nothing"),
        )
        .or(CauseId::PayloadChanged, Confidence::Likely),
        None => told(CauseId::PayloadChanged, Confidence::Strong, detail)
            .or(CauseId::SignerPayloadHash, Confidence::Likely),
    })
}

/// Amazon's own headers have to be signed.
fn unsigned_header(
    request: &HttpRequest,
    sent: Option<&HttpRequest>,
    authorization: &Authorization,
) -> Option<Cause> {
    let is_signed =
        |name: &str| authorization.signed_names().any(|known| known.eq_ignore_ascii_case(name));
    let service = authorization.scope().map_or("", |scope| scope.service);
    let mut names = request.headers.iter().map(|header| header.name.to_ascii_lowercase());
    let added = names.find(|name| {
        let is_own =
            name.starts_with("x-amz-") && name != "x-amz-date" && !crate::redact::is_token(name);
        // In a URL the hash of the payload may come unsigned.
        let is_hash = name == "x-amz-content-sha256";
        is_own && !is_signed(name) && !is_hash
    })?;
    if !is_s3_family(service) {
        return None;
    }
    let by_way = sent.is_some_and(|sent| sent.header(&added).is_none());
    let detail = match by_way {
        true => format!("{added} was added on the way, and is not signed"),
        false => format!("{added} is not signed, and S3 wants every x-amz header signed"),
    };
    let cause = told(CauseId::HeaderChanged, Confidence::Strong, detail).with_component(added);
    Some(if by_way {
        cause
    } else {
        cause.or(CauseId::SignerHeaderCanonicalization, Confidence::Likely)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTH: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=00";

    fn raw(headers: &str, body: &str) -> HttpRequest {
        let text = format!("PUT /k HTTP/1.1\nHost: b.s3.amazonaws.com\n{headers}\n\n{body}");
        HttpRequest::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn of(sent: Option<HttpRequest>, received: HttpRequest) -> Option<(CauseId, Option<String>)> {
        let case = Case { sent, received: Some(received), ..Case::default() };
        read(&case).map(|cause| (cause.cause, cause.component))
    }

    #[test]
    fn a_sound_request_shows_no_fault() {
        let hash = sha256_hex(b"body");
        let sound = raw(
            &format!(
                "X-Amz-Date: 20150830T000000Z\nx-amz-content-sha256: {hash}\nAuthorization: {AUTH}"
            ),
            "body",
        );
        assert_eq!(of(None, sound), None);
    }

    #[test]
    fn a_url_shows_a_missing_token_and_a_time_that_is_too_long() {
        let of = |key_id: &str, expires: u32, token: &str| {
            let url = format!(
                "https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={key_id}%2F20150830%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20150830T000000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host{token}&X-Amz-Signature=00"
            );
            let sent = HttpRequest::of_url("GET", &url).ok();
            read(&Case { sent, ..Case::default() }).map(|cause| cause.cause)
        };
        let token = "&X-Amz-Security-Token=abc";
        assert_eq!(of("ASIAIOSFODNN7EXAMPLE", 60, ""), Some(CauseId::ExpiredToken));
        assert_eq!(of("ASIAIOSFODNN7EXAMPLE", 60, token), None);
        assert_eq!(of("AKIAIOSFODNN7EXAMPLE", 604_800, ""), None);
        assert_eq!(of("AKIAIOSFODNN7EXAMPLE", 604_801, ""), Some(CauseId::MalformedAuthorization));
    }

    #[test]
    fn faults_are_seen_with_who_made_them() {
        let hash = sha256_hex(b"body");
        let whole = |body: &str| {
            raw(
                &format!(
                    "X-Amz-Date: 20150830T000000Z\nx-amz-content-sha256: {hash}\nAuthorization: {AUTH}"
                ),
                body,
            )
        };
        assert_eq!(of(Some(whole("body")), whole("other")), Some((CauseId::PayloadChanged, None)));
        assert_eq!(
            of(Some(whole("other")), whole("other")),
            Some((CauseId::SignerPayloadHash, None))
        );
        let undated =
            || raw(&format!("x-amz-content-sha256: {hash}\nAuthorization: {AUTH}"), "body");
        assert_eq!(
            of(Some(whole("body")), undated()),
            Some((CauseId::HeaderChanged, Some("x-amz-date".to_owned())))
        );
        assert_eq!(of(Some(undated()), undated()), Some((CauseId::MalformedAuthorization, None)));
        let mut more = whole("body");
        more.set_header("X-Amz-Acl", "private");
        assert_eq!(
            of(Some(whole("body")), more),
            Some((CauseId::HeaderChanged, Some("x-amz-acl".to_owned())))
        );
        assert_eq!(
            of(None, raw("Authorization: AWS AKID:sig", "")),
            Some((CauseId::LegacySigv2, None))
        );
        assert_eq!(
            of(None, raw("Authorization: Bearer x", "")),
            Some((CauseId::MalformedAuthorization, None))
        );
    }
}
