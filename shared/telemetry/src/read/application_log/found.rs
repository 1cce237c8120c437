//! An error as one recogniser found it, before it is completed, masked and joined.

use sigdrift_signature::case::{CanonicalText, Texts};
use sigdrift_signature::failure::{Standing, is_failure, plain_code, standing};

use super::{
    LoggedError, canonical,
    limits::{CANONICAL, MESSAGE},
    message, service,
    text::cap,
};

/// In which way a failure was printed. One failure is often printed once in each way, and then in
/// this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The answer of the service.
    Body,
    /// A client's own log of the attempt.
    Attempt,
    /// The error or exception that a client makes of it.
    Exception,
    /// What is known to repeat an error before: a tool's last words, the error printed in full.
    Repeat,
}

/// An error that a recogniser found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub error: LoggedError,
    pub kind: Kind,
    /// Whether its shape is one that only AWS clients and services print.
    pub certain: bool,
}

/// Codes that other systems use as well: on their own they say nothing about AWS.
const COMMON: &[&str] = &[
    "InvalidToken",
    "ExpiredToken",
    "RequestExpired",
    "InvalidSignature",
    "MissingAuthenticationToken",
];

/// The code as the catalogue knows it, from what a client printed: with a namespace before it, a
/// URL behind it, or as a class of its own (`Aws::S3::Errors::…`).
pub(super) fn catalogue_code(printed: &str) -> Option<&str> {
    let printed = printed.trim();
    let printed = printed.split_once("::Errors::").map_or(printed, |(_, name)| name);
    let code = plain_code(printed);
    (standing(code) != Standing::Unrelated).then_some(code)
}

/// `error` with its code and message, if the two are a signature failure.
pub(super) fn signature_error(
    mut error: LoggedError,
    code: &str,
    text: Option<&str>,
) -> Option<LoggedError> {
    let code = catalogue_code(code)?;
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if !is_failure(code, text) {
        return None;
    }
    error.code = code.to_owned();
    if let Some(text) = text {
        let (request, string) = canonical::of_message(text);
        error.canonical_request = error.canonical_request.or(request);
        error.string_to_sign = error.string_to_sign.or(string);
        let text = canonical::without_texts(text);
        error.message = Some(cap(text, MESSAGE).to_owned());
    }
    Some(error)
}

impl Found {
    /// Whether this is the error of an AWS request and not of something that uses the same word.
    pub(super) fn is_of_aws(&self) -> bool {
        self.certain
            || !COMMON.contains(&self.error.code.as_str())
            || self.error.host_id.is_some()
            || self.error.client.is_some()
            || self.error.message.as_deref().is_some_and(message::is_known)
    }

    /// Takes over what `other`, another print of the same failure, shows beyond this one.
    pub(super) fn merge(&mut self, other: Found) {
        self.certain |= other.certain;
        merge(&mut self.error, other.error);
    }
}

/// Fills what is empty in `error` from another print of the same failure.
pub(super) fn merge(error: &mut LoggedError, other: LoggedError) {
    macro_rules! fill {
        ($($field:ident),*) => { $(
            if error.$field.is_none() {
                error.$field = other.$field;
            }
        )* };
    }
    fill!(time, message, status, request_id, host_id, operation, service, access_key_id, host);
    fill!(region, method, url, user_agent, client);
    // What was found of a pair of texts holds of that pair, and not of halves of two.
    if error.canonical_request.is_none() && error.string_to_sign.is_none() {
        error.canonical_request_ok = other.canonical_request_ok;
    }
    fill!(canonical_request, string_to_sign);
    if error.client_canonical_request.is_none() && error.client_string_to_sign.is_none() {
        error.client_canonical_request_ok = other.client_canonical_request_ok;
    }
    fill!(client_canonical_request, client_string_to_sign);
}

/// Whether a canonical request is the one whose hash its string to sign holds.
fn is_ok(canonical: &Option<String>, string: &Option<String>) -> Option<bool> {
    let texts = Texts {
        canonical_request: canonical.clone().map(CanonicalText::found),
        string_to_sign: string.clone(),
        canonical_request_sha256: None,
    };
    texts.is_intact()
}

/// Codes that only S3 and what speaks its protocol answer with.
const CODES_OF_S3: &[&str] = &[
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "InvalidAccessKeyId",
    "RequestTimeTooSkewed",
    "XAmzContentSHA256Mismatch",
];

/// Clients that speak to S3 only.
const CLIENTS_OF_S3: &[&str] = &["s3cmd", "rclone", "minio-go", "minio-js", "minio-py"];

fn is_of_s3(error: &LoggedError) -> bool {
    let says = |words| error.message.as_deref().is_some_and(|message| message.contains(words));
    error.host_id.is_some()
        || CODES_OF_S3.contains(&error.code.as_str())
        || error.client.is_some_and(|client| CLIENTS_OF_S3.contains(&client))
        || says("Check your key and signing method")
}

/// How the clients name themselves to the service.
const AGENTS: &[(&str, &str)] = &[
    ("aws-cli/", "aws-cli"),
    ("curl/", "curl"),
    ("rclone/", "rclone"),
    ("Boto3/", "boto3"),
    ("aws-sdk-go-v2/", "aws-sdk-go-v2"),
    ("aws-sdk-go/", "aws-sdk-go-v1"),
    ("aws-sdk-java/2", "aws-sdk-java-v2"),
    ("aws-sdk-java/1", "aws-sdk-java-v1"),
    ("aws-sdk-js/3", "aws-sdk-js-v3"),
    ("aws-sdk-rust/", "aws-sdk-rust"),
];

/// Completes an error from its own texts, then masks and caps them.
pub(super) fn complete(error: &mut LoggedError) {
    if let Some(agent) = error.user_agent.as_deref() {
        let client = AGENTS.iter().find(|(start, _)| agent.starts_with(start)).map(|row| row.1);
        // The AWS CLI and boto3 print alike, and so do rclone and the SDK inside it.
        if error.client.is_none() || client == Some("aws-cli") || client == Some("rclone") {
            error.client = client.or(error.client);
        }
    }
    if let Some(scope) = error.string_to_sign.as_deref().and_then(|s| s.split('\n').nth(2)) {
        // The scope of a string to sign lacks the access key id only.
        if let Ok(scope) = sigdrift_signature::CredentialScope::parse(&format!("-/{scope}")) {
            error.region = error.region.take().or(scope.region.map(str::to_owned));
            error.service = Some(scope.service.to_owned());
        }
    }
    // `<Region>` and its like name the region that was expected; the message names the other.
    let wrong = error.message.as_deref().and_then(|m| m.split_once("the region '")).map(|m| m.1);
    if let (None, Some((region, _))) = (&error.region, wrong.and_then(|m| m.split_once('\''))) {
        error.region = sigdrift_signature::host::is_region(region).then(|| region.to_owned());
    }
    if let Some(request) = error.canonical_request.as_deref() {
        let mut lines = request.split('\n');
        let method = lines.next().unwrap_or("");
        let query = lines.nth(1).unwrap_or("");
        // S3's clients sign the operation as a parameter, those of JSON services as a header.
        let operation =
            query.split('&').find_map(|pair| pair.strip_prefix("x-id=")).or_else(|| {
                lines.find_map(|line| line.strip_prefix("x-amz-target:")?.rsplit('.').next())
            });
        let is_name = |name: &&str| name.len() < 64 && name.chars().all(char::is_alphanumeric);
        if error.operation.is_none() {
            error.operation = operation.filter(is_name).map(str::to_owned);
        }
        if error.method.is_none() && method.len() < 9 {
            error.method = Some(method.to_owned()).filter(|method| !method.is_empty());
        }
        let host = request.lines().find_map(|line| line.strip_prefix("host:"));
        error.host = error.host.take().or(host.map(str::to_owned));
    }
    let from_operation = error.operation.as_deref().and_then(service::of_operation);
    error.service = error.service.take().or(from_operation.map(str::to_owned));
    if error.service.is_none() && is_of_s3(error) {
        error.service = Some("s3".to_owned());
    }
    error.canonical_request_ok = is_ok(&error.canonical_request, &error.string_to_sign);
    error.client_canonical_request_ok =
        is_ok(&error.client_canonical_request, &error.client_string_to_sign);
    for (slot, limit) in [
        (&mut error.canonical_request, CANONICAL),
        (&mut error.string_to_sign, CANONICAL),
        (&mut error.client_canonical_request, CANONICAL),
        (&mut error.client_string_to_sign, CANONICAL),
        (&mut error.message, MESSAGE),
        (&mut error.url, MESSAGE),
        (&mut error.user_agent, MESSAGE),
        (&mut error.host, MESSAGE),
    ] {
        if let Some(text) = slot.take() {
            *slot = Some(cap(&crate::redact::mask(&text), limit).to_owned());
        }
    }
}
