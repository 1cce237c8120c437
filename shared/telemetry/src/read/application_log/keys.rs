//! Names under which clients and services print what is known of a failed request.
//!
//! One table serves the members of JSON records, the elements of XML bodies and the `name: value`
//! pairs in text, however the pair is written (`a: b`, `a=b`, `"a":"b"`, `'a' => 'b'`,
//! `a: Some("b")`).

use std::{collections::HashMap, sync::LazyLock};

use aho_corasick::{AhoCorasick, MatchKind};

use super::{
    LoggedError,
    limits::{CANONICAL, MESSAGE, SHORT},
    service,
    text::{cap, quoted, unescape, with_line_ends},
    time,
};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Code,
    Message,
    Status,
    RequestId,
    HostId,
    AccessKeyId,
    Credential,
    Service,
    Operation,
    CanonicalRequest,
    StringToSign,
    Time,
    // Of the request as sent: read only where a log shows the request itself.
    Host,
    Method,
    Url,
    UserAgent,
}

use Field::*;

const NAMES: &[(&str, Field)] = &[
    ("code", Code),
    ("Code", Code),
    ("errorCode", Code),
    ("ErrorCode", Code),
    ("error_code", Code),
    ("Error Code", Code),
    ("AWS Error Code", Code),
    ("__type", Code),
    ("errorType", Code),
    ("name", Code),
    ("x-amzn-ErrorType", Code),
    ("x-amzn-errortype", Code),
    ("X-Amzn-Errortype", Code),
    ("AwsErrorCode", Code),
    ("message", Message),
    ("Message", Message),
    ("errorMessage", Message),
    ("error_message", Message),
    ("AWS Error Message", Message),
    ("Status Code", Status),
    ("status code", Status),
    ("status_code", Status),
    ("StatusCode", Status),
    ("statusCode", Status),
    ("httpStatusCode", Status),
    ("HTTPStatusCode", Status),
    ("http_status", Status),
    ("HttpStatus", Status),
    ("requestId", RequestId),
    ("RequestId", RequestId),
    ("RequestID", RequestId),
    ("requestID", RequestId),
    ("requestid", RequestId),
    ("request_id", RequestId),
    ("Request ID", RequestId),
    ("request id", RequestId),
    ("AWS Request ID", RequestId),
    ("aws_request_id", RequestId),
    ("amzRequestid", RequestId),
    ("x-amz-request-id", RequestId),
    ("x-amzn-requestid", RequestId),
    ("x-amzn-RequestId", RequestId),
    ("X-Amz-Request-Id", RequestId),
    ("X-Amzn-Requestid", RequestId),
    ("extendedRequestId", HostId),
    ("Extended Request ID", HostId),
    ("S3 Extended Request ID", HostId),
    ("s3_extended_request_id", HostId),
    ("AmazonId2", HostId),
    ("amzId2", HostId),
    ("HostId", HostId),
    ("HostID", HostId),
    ("hostId", HostId),
    ("host id", HostId),
    ("host_id", HostId),
    ("x-amz-id-2", HostId),
    ("X-Amz-Id-2", HostId),
    ("AWSAccessKeyId", AccessKeyId),
    ("AccessKeyId", AccessKeyId),
    ("accessKeyId", AccessKeyId),
    ("access_key_id", AccessKeyId),
    ("Credential", Credential),
    ("X-Amz-Credential", Credential),
    ("Service", Service),
    ("serviceName", Service),
    ("ServiceName", Service),
    ("service_id", Service),
    ("operation", Operation),
    ("operationName", Operation),
    ("OperationName", Operation),
    ("operation_name", Operation),
    ("CanonicalRequest", CanonicalRequest),
    ("StringToSign", StringToSign),
    ("time", Time),
    ("host", Host),
    ("Host", Host),
    ("hostname", Host),
    ("method", Method),
    ("url", Url),
    ("User-Agent", UserAgent),
];

static BY_NAME: LazyLock<HashMap<&'static str, Field>> =
    LazyLock::new(|| NAMES.iter().copied().collect());

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(NAMES.iter().map(|(name, _)| name))
        .ok()
});

/// The field that a JSON member or an XML element of this name holds.
pub(super) fn field(name: &str) -> Option<Field> {
    BY_NAME.get(name).copied()
}

/// The `name: value` pairs of the table in `text`, in order: where the name begins, the field, and
/// the text from its value on.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (usize, Field, &str)> {
    let found = FINDER.as_ref().map(|finder| finder.find_iter(text));
    found.into_iter().flatten().filter_map(move |found| {
        let (_, field) = NAMES.get(found.pattern().as_usize())?;
        let before = text.as_bytes()[..found.start()].last();
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.$/".contains(byte);
        if before.is_some_and(word) {
            return None;
        }
        Some((found.start(), *field, value(&text[found.end()..])?))
    })
}

/// The text from the value on, if a separator follows the name.
fn value(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix('\\').unwrap_or(rest);
    let rest = rest.strip_prefix(['\'', '"', '`', ']']).unwrap_or(rest);
    let rest = rest.trim_start_matches(' ');
    // `StatusCode(403)` is how Rust prints a type around a number.
    if let Some(inner) = rest.strip_prefix('(').map(str::trim_start) {
        return inner.starts_with(|c: char| c.is_ascii_digit()).then_some(inner);
    }
    let rest = ["=>", "=", ":"].iter().find_map(|separator| rest.strip_prefix(separator))?;
    // `name::` is a path, not a pair.
    if rest.starts_with(':') {
        return None;
    }
    let rest = rest.trim_start_matches(' ');
    let rest = rest.strip_prefix("Some(").map_or(rest, str::trim_start);
    Some(rest.strip_prefix('b').filter(|rest| rest.starts_with(['\'', '"'])).unwrap_or(rest))
}

/// The value at the start of `rest`: a quoted literal, or a run of the characters that `field` may
/// have.
pub(super) fn read(field: Field, rest: &str) -> Option<String> {
    let limit = match field {
        CanonicalRequest | StringToSign => CANONICAL,
        Message => MESSAGE,
        _ => SHORT,
    };
    // An object inside a string: its quotes are escaped.
    if let Some(escaped) = rest.strip_prefix("\\\"") {
        let escaped = cap(escaped, limit);
        let end = escaped.find("\\\"").unwrap_or(escaped.len());
        return Some(with_line_ends(&unescape(&escaped[..end])));
    }
    if rest.starts_with(['\'', '"', '`']) {
        return quoted(rest, limit);
    }
    let rest = cap(rest, limit);
    let allowed: fn(char) -> bool = match field {
        // Several lines, or a sentence: only where quoted, except that a sentence may end a line.
        CanonicalRequest | StringToSign => return None,
        Message => {
            let line = rest.lines().next()?;
            let ends = [", S3 Extended Request ID: ", ", User-Agent: ", ", resource: "];
            let end = ends.iter().filter_map(|end| line.find(end)).min().unwrap_or(line.len());
            return Some(line[..end].to_owned());
        }
        HostId => |c| c.is_ascii_alphanumeric() || "+/=_-".contains(c),
        Credential => |c| c.is_ascii_alphanumeric() || "/_-%".contains(c),
        Service => |c| c.is_ascii_alphanumeric() || c == ' ',
        Url | UserAgent => |c| !",'\" ".contains(c),
        Time => |c| c.is_ascii_alphanumeric() || "-:.+".contains(c),
        Host => |c| c.is_ascii_alphanumeric() || "-:.".contains(c),
        Code => |c| c.is_ascii_alphanumeric() || ".#:/_".contains(c),
        _ => |c| c.is_ascii_alphanumeric() || "-_".contains(c),
    };
    let end = rest.find(|c| !allowed(c)).unwrap_or(rest.len());
    Some(rest[..end].trim_end().to_owned())
}

/// Whether a field has its value.
pub(super) fn is_filled(error: &LoggedError, field: Field) -> bool {
    match field {
        CanonicalRequest => error.canonical_request.is_some(),
        StringToSign => error.string_to_sign.is_some(),
        RequestId => error.request_id.is_some(),
        HostId => error.host_id.is_some(),
        Url => error.url.is_some(),
        _ => false,
    }
}

/// Puts a value into its field, if it fits there and the field is still empty.
///
/// Codes and messages are the business of the shapes; what only belongs to a request as sent is
/// put in only with `sent`.
pub(super) fn put(error: &mut LoggedError, field: Field, value: &str, sent: bool) {
    let value = value.trim();
    if value.is_empty() || ["null", "None", "undefined", "nil"].contains(&value) {
        return;
    }
    let short = |value: &str| (value.len() < SHORT).then(|| value.to_owned());
    let token = |value: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_+/=.".contains(c);
        (value.len() <= 256 && value.chars().all(fits)).then(|| value.to_owned())
    };
    fn fill<T>(slot: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
        if slot.is_none() {
            *slot = value();
        }
    }
    match field {
        Code | Message => {}
        Status => fill(&mut error.status, || {
            value.parse().ok().filter(|status| (100..600).contains(status))
        }),
        RequestId => fill(&mut error.request_id, || token(value)),
        HostId => fill(&mut error.host_id, || token(value)),
        AccessKeyId => fill(&mut error.access_key_id, || key_id(value)),
        Credential => scope(error, value),
        Service => fill(&mut error.service, || service::signing_name(value)),
        Operation => fill(&mut error.operation, || {
            value.chars().all(|c| c.is_ascii_alphanumeric()).then(|| value.to_owned())
        }),
        CanonicalRequest => {
            fill(&mut error.canonical_request, || Some(cap(value, CANONICAL).into()))
        }
        StringToSign => fill(&mut error.string_to_sign, || Some(cap(value, CANONICAL).into())),
        Time => fill(&mut error.time, || time::text(value)),
        Host if sent || value.contains(".amazonaws.") => fill(&mut error.host, || short(value)),
        Method if sent => fill(&mut error.method, || {
            value.chars().all(|c| c.is_ascii_uppercase()).then(|| value.to_owned())
        }),
        Url if sent => fill(&mut error.url, || Some(cap(value, MESSAGE).to_owned())),
        UserAgent if sent => fill(&mut error.user_agent, || short(value)),
        Host | Method | Url | UserAgent => {}
    }
}

/// Takes key id, region and service from a credential: `AKIA…/20260415/eu-west-1/s3/aws4_request`.
fn scope(error: &mut LoggedError, credential: &str) {
    let credential = credential.replace("%2F", "/").replace("%2f", "/");
    let Ok(scope) = sigdrift_signature::CredentialScope::parse(&credential) else { return };
    let fill = |slot: &mut Option<String>, value: Option<&str>| {
        if slot.is_none() {
            *slot = value.map(str::to_owned);
        }
    };
    fill(&mut error.access_key_id, key_id(scope.access_key_id).as_deref());
    fill(&mut error.region, scope.region);
    fill(&mut error.service, Some(scope.service));
}

fn key_id(value: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (value.len() <= 128 && value.chars().all(fits)).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_however_they_are_written() {
        for text in [
            "(Service: Amazon S3; Status Code: 403; Request ID: ABC123; S3 Extended Request ID: x/+=)",
            "status code: 403, request id: ABC123, host id: x/+=",
            "'$metadata': {\n  httpStatusCode: 403,\n  requestId: 'ABC123',\n  extendedRequestId: 'x/+=',",
            "StatusCode: 403, RequestID: ABC123, HostID: x/+=, api error",
            "extras: Some({\"s3_extended_request_id\": \"x/+=\", \"aws_request_id\": \"ABC123\"}) status_code=403",
            "{RequestID:\"ABC123\", HostID:\"x/+=\", StatusCode:403}",
            "{'x-amz-request-id': b'ABC123', 'x-amz-id-2': 'x/+=', 'HTTPStatusCode': 403}",
            "{\\\"requestId\\\":\\\"ABC123\\\",\\\"hostId\\\":\\\"x/+=\\\",\\\"statusCode\\\":403}",
        ] {
            let mut error = LoggedError::default();
            for (_, field, rest) in pairs(text) {
                put(&mut error, field, &read(field, rest).unwrap_or_default(), false);
            }
            assert_eq!(error.status, Some(403), "{text}");
            assert_eq!(error.request_id.as_deref(), Some("ABC123"), "{text}");
            assert_eq!(error.host_id.as_deref(), Some("x/+="), "{text}");
        }
    }

    #[test]
    fn a_name_stands_once_in_the_table() {
        assert_eq!(BY_NAME.len(), NAMES.len());
    }
}
