//! What the elements of an error body mean, whichever notation they stood in.

use super::repair::{self, Shown};
use super::service_message;
use crate::case::{Answer, Case, Texts, Vendor};
use crate::failure::plain_code;
use crate::secret::Signature;
use crate::version_2;

/// Elements that bear on the cause, kept under their names.
const DETAILS: &[&str] = &[
    "Region",
    "ServerTime",
    "RequestTime",
    "MaxAllowedSkewMilliseconds",
    "HeadersNotSigned",
    "X-Amz-Expires",
    "X-Amz-Date",
    "Expires",
    "ClientComputedContentSHA256",
    "S3ComputedContentSHA256",
    "Endpoint",
    "Bucket",
    "BucketName",
    "Details",
    "Resource",
    "Key",
    "Condition",
    "Method",
    "ResourceType",
];

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Meaning {
    Code,
    Message,
    RequestId,
    HostId,
    AccessKeyId,
    Token,
    Canonical,
    CanonicalBytes,
    ToSign,
    ToSignBytes,
    Signature,
    Status,
    Detail,
}

/// Names as bodies and the error objects of SDKs have them, compared without regard to case.
const NAMES: &[(&str, Meaning)] = &[
    ("Code", Meaning::Code),
    ("__type", Meaning::Code),
    ("ErrorCode", Meaning::Code),
    ("error_code", Meaning::Code),
    ("Message", Meaning::Message),
    ("ErrorMessage", Meaning::Message),
    ("RequestId", Meaning::RequestId),
    ("request_id", Meaning::RequestId),
    ("aws_request_id", Meaning::RequestId),
    ("x-amz-request-id", Meaning::RequestId),
    ("x-amzn-requestid", Meaning::RequestId),
    ("HostId", Meaning::HostId),
    ("host_id", Meaning::HostId),
    ("extendedRequestId", Meaning::HostId),
    ("s3_extended_request_id", Meaning::HostId),
    ("AmazonId2", Meaning::HostId),
    ("x-amz-id-2", Meaning::HostId),
    ("AWSAccessKeyId", Meaning::AccessKeyId),
    ("Token-0", Meaning::Token),
    ("Token", Meaning::Token),
    ("CanonicalRequest", Meaning::Canonical),
    ("CanonicalRequestBytes", Meaning::CanonicalBytes),
    ("StringToSign", Meaning::ToSign),
    ("StringToSignBytes", Meaning::ToSignBytes),
    ("SignatureProvided", Meaning::Signature),
    ("StatusCode", Meaning::Status),
    ("httpStatusCode", Meaning::Status),
];

/// Roots of error bodies. A root of another name is itself the code.
const ROOTS: &[&str] = &["Error", "ErrorResponse", "Errors"];

/// Whether an element of this name begins an error body.
#[must_use]
pub(super) fn is_root(name: &str) -> bool {
    ROOTS.contains(&name) || name.ends_with("Exception")
}

/// What a name stands for, if it is one of those that matter.
#[must_use]
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    // Other names for the same are too common for their case not to matter.
    let detail = || DETAILS.contains(&name);
    known.map(|(_, meaning)| *meaning).or_else(|| detail().then_some(Meaning::Detail))
}

/// Whether a name is an element's as S3 writes it.
#[must_use]
pub(super) fn is_element(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
        && meaning(name).is_some()
        || ["Type", "Detail"].contains(&name)
}

/// The notation that elements stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// XML with this kind of root: `Error`, or another.
    Xml { is_plain: bool },
    /// Members of an object: JSON, or what an SDK prints of an error.
    Members,
}

type Pairs<'a> = &'a [(String, String)];

fn value<'a>(elements: Pairs<'a>, wanted: Meaning) -> Option<&'a str> {
    let mut named = elements.iter().filter(|(name, _)| meaning(name) == Some(wanted));
    let found = named.find(|(_, value)| !value.trim().is_empty());
    found.map(|(_, value)| value.as_str())
}

fn shown<'a>(elements: Pairs<'a>) -> Shown<'a> {
    Shown {
        canonical: value(elements, Meaning::Canonical),
        canonical_bytes: value(elements, Meaning::CanonicalBytes),
        to_sign: value(elements, Meaning::ToSign),
        to_sign_bytes: value(elements, Meaning::ToSignBytes),
    }
}

/// Whether the texts among these elements belong together.
#[must_use]
pub(super) fn is_intact(elements: Pairs<'_>) -> bool {
    repair::texts(shown(elements)).0.is_intact() == Some(true)
}

/// The case that the elements of an error body tell of; `None` if they are of something else.
#[must_use]
pub(super) fn case(
    elements: Pairs<'_>,
    notation: Notation,
    problems: &mut Vec<String>,
) -> Option<Case> {
    let message = value(elements, Meaning::Message).map(str::trim);
    let code = code(elements, message);
    let (mut server, mut problem) = repair::texts(shown(elements));
    let mut case = Case::default();
    case.answer.message = message.map(|text| {
        let (plain, texts, trouble) = service_message::split(text);
        if server.is_empty() && !texts.is_empty() {
            (server, problem) = (texts, trouble);
        }
        plain
    });
    let told = case.answer.message.as_deref().is_some_and(service_message::is_known);
    if server.is_empty() && !told && !code.as_deref().is_some_and(service_message::is_code) {
        return None;
    }
    problems.extend(problem.map(str::to_owned));
    case.answer.code = code.or_else(|| {
        service_message::implied_code(case.answer.message.as_deref()?).map(str::to_owned)
    });
    case.answer.request_id = present(value(elements, Meaning::RequestId));
    case.answer.host_id = present(value(elements, Meaning::HostId));
    case.answer.status = value(elements, Meaning::Status).and_then(|text| text.trim().parse().ok());
    case.answer.echoes_token = value(elements, Meaning::Token).is_some();
    case.answer.details = details(elements);
    conceal(&mut case.answer);
    case.answer.vendor = vendor(elements, notation, &case.answer, &server);
    case.access_key_id = present(value(elements, Meaning::AccessKeyId)).filter(|id| is_key_id(id));
    let signature = value(elements, Meaning::Signature);
    case.signature = signature.and_then(Signature::of_hex);
    case.version_2_signature = signature.and_then(version_2::Signature::of_base64);
    case.server = server;
    Some(case)
}

/// The code, out of the element that holds one.
fn code(elements: Pairs<'_>, message: Option<&str>) -> Option<String> {
    let mut codes = elements.iter().filter(|(name, value)| {
        let name_says = meaning(name) == Some(Meaning::Code);
        let name_may = name.eq_ignore_ascii_case("name") || name.eq_ignore_ascii_case("type");
        let plain = plain_code(value.trim());
        (name_says && is_word(plain)) || (name_may && service_message::is_code(plain))
    });
    let named = codes.next().map(|(_, value)| plain_code(value.trim()).to_owned());
    named.or_else(|| {
        // `"Error": "InvalidSignatureException: Credential should be…"` is a message with its code.
        let (code, _) = message?.split_once(": ")?;
        service_message::is_code(code).then(|| code.to_owned())
    })
}

fn is_word(code: &str) -> bool {
    (3..=100).contains(&code.len())
        && code.starts_with(|first: char| first.is_ascii_alphabetic())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn present(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    let is_shown = !text.is_empty() && text.len() <= 256 && !text.contains(['\n', '<', '>']);
    let is_value = !["None", "null", "undefined", "...", "-", "***", "XXX"].contains(&text);
    (is_shown && is_value).then(|| text.to_owned())
}

/// Whether a text may be an access key id, and is not masked.
#[must_use]
pub(super) fn is_key_id(text: &str) -> bool {
    (3..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains(['*', '<', '[', '{', '"', '\'', '\\', ','])
        && !text.contains("...")
}

/// Takes a credential out of the message; `CredentialHolds` says what stood in its place.
pub(super) fn conceal(answer: &mut Answer) {
    let Some(message) = &answer.message else { return };
    let (plain, looks) = service_message::without_credential(message);
    if let Some(looks) = looks {
        answer.message = Some(plain);
        answer.details.push(("CredentialHolds".to_owned(), looks.to_owned()));
    }
}

fn details(elements: Pairs<'_>) -> Vec<(String, String)> {
    let mut details: Vec<(String, String)> = Vec::new();
    for (name, value) in elements {
        let value = value.trim();
        let is_known = DETAILS.contains(&name.as_str());
        if is_known
            && !value.is_empty()
            && value.len() <= 4096
            && !holds_secret(value)
            && details.iter().all(|(kept, _)| kept != name)
        {
            details.push((name.clone(), value.to_owned()));
        }
    }
    details
}

/// Whether a value, such as a resource with its query, may hold a token or a signature.
fn holds_secret(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["security-token", "signature=", "x-amz-s3session-token"]
        .iter()
        .any(|mark| value.contains(mark))
}

/// Whose answer it is, as far as its shape tells.
fn vendor(
    elements: Pairs<'_>,
    notation: Notation,
    answer: &Answer,
    server: &Texts,
) -> Option<Vendor> {
    let has = |wanted: &str| elements.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let host = server.canonical_request.as_ref().and_then(|text| {
        text.text.lines().find_map(|line| line.strip_prefix("host:")).map(str::to_owned)
    });
    let host_ends = |end: &str| host.as_deref().is_some_and(|host| host.trim().ends_with(end));
    let message = answer.message.as_deref().unwrap_or_default();
    let says = |part: &str| message.contains(part);
    if host_ends(".r2.cloudflarestorage.com") || says("Check your secret access key and signing") {
        return Some(Vendor::R2);
    }
    if host_ends("storage.googleapis.com")
        || says("storage.googleapis.com")
        || (has("Details") && !has("HostId"))
        || (has("StringToSign") && message == "Access denied.")
    {
        return Some(Vendor::Google);
    }
    let request_id = answer.request_id.as_deref().unwrap_or_default();
    if request_id.starts_with("tx000") {
        return Some(Vendor::Ceph);
    }
    if has("Resource") && (has("BucketName") || has("Key") || has("HostId")) {
        return Some(Vendor::Minio);
    }
    match notation {
        Notation::Xml { is_plain: true } if has("HostId") || has("StringToSignBytes") => {
            Some(Vendor::S3)
        }
        Notation::Members if has("HostId") && has("Code") => Some(Vendor::S3),
        Notation::Xml { is_plain: false } => Some(Vendor::Aws),
        Notation::Members if has("__type") => Some(Vendor::Aws),
        _ => service_message::vendor(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(elements: &[(&str, &str)]) -> Option<Case> {
        let owned: Vec<(String, String)> = elements
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        case(&owned, Notation::Xml { is_plain: true }, &mut Vec::new())
    }

    #[test]
    fn details_are_kept_and_tokens_are_not() {
        let case = read(&[
            ("Code", "ExpiredToken"),
            ("Message", "The provided token has expired."),
            ("Token-0", "PLANTED"),
            ("ServerTime", "2026-04-15T07:42:19Z"),
            ("Resource", "/b/k?X-Amz-Security-Token=PLANTED"),
            ("HostId", "h"),
        ])
        .unwrap();
        assert!(case.answer.echoes_token);
        assert_eq!(case.answer.detail("servertime"), Some("2026-04-15T07:42:19Z"));
        assert!(!format!("{:?}", case.answer).contains("PLANTED"));
    }

    #[test]
    fn shapes_tell_whose_answer_it_is() {
        let of = |elements: &[(&str, &str)]| read(elements).unwrap().answer.vendor;
        let code = ("Code", "SignatureDoesNotMatch");
        assert_eq!(of(&[code, ("HostId", "x")]), Some(Vendor::S3));
        assert_eq!(of(&[code, ("Resource", "/b"), ("BucketName", "b")]), Some(Vendor::Minio));
        assert_eq!(of(&[code, ("RequestId", "tx000001"), ("HostId", "x")]), Some(Vendor::Ceph));
        assert_eq!(
            of(&[code, ("Message", "Access denied."), ("StringToSign", "x")]),
            Some(Vendor::Google)
        );
        assert_eq!(of(&[code]), None);
    }

    #[test]
    fn other_elements_are_of_something_else() {
        assert!(
            read(&[("Code", "NoSuchKey"), ("Message", "The specified key does not exist.")])
                .is_none()
        );
    }
}
