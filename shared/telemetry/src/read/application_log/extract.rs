//! Everything that one event or one string says of signature errors.

use super::{
    LoggedError, canonical,
    found::{Found, Kind},
    keys::{self, Field},
    limits::DEPTH,
    record, shape, xml,
};

/// Words that only one client's logs have, for errors whose shape does not tell the client.
const CLIENTS: &[(&str, &str)] = &[
    ("awscli", "aws-cli"),
    ("botocore", "boto3"),
    ("'ResponseMetadata': {", "boto3"),
    ("mc: <ERROR> ", "mc"),
    ("aws-sdk-php", "aws-sdk-php"),
    ("AWS Service: ", "aws-sdk-java-v1"),
    ("com.amazonaws.", "aws-sdk-java-v1"),
    ("software.amazon.awssdk.", "aws-sdk-java-v2"),
    ("(Service: ", "aws-sdk-java-v2"),
    ("$metadata", "aws-sdk-js-v3"),
    ("@aws-sdk/", "aws-sdk-js-v3"),
    ("node_modules/aws-sdk/", "aws-sdk-js-v2"),
    (" retryDelay: ", "aws-sdk-js-v2"),
    ("\"retryDelay\":", "aws-sdk-js-v2"),
    ("node_modules/minio/", "minio-js"),
    ("\"name\":\"S3Error\"", "minio-js"),
    ("minio.error.", "minio-py"),
    ("minio.ErrorResponse", "minio-go"),
    ("https response error StatusCode: ", "aws-sdk-go-v2"),
    ("status code: ", "aws-sdk-go-v1"),
    ("DEBUG: Response ", "aws-sdk-go-v1"),
    ("ErrorMetadata {", "aws-sdk-rust"),
    ("Amazon.Runtime.", "aws-sdk-net"),
    ("Amazon.S3.AmazonS3Exception", "aws-sdk-net"),
    ("AWS HTTP error: ", "aws-sdk-php"),
    ("Aws::", "aws-sdk-ruby"),
];

/// Words by which a tool shows that it, and not an application with the same SDK, wrote the line.
const TOOLS: &[(&str, &str, &str)] = &[
    ("aws-sdk-go-v1", " ERROR : ", "rclone"),
    ("aws-sdk-go-v1", "last error was: ", "rclone"),
    ("aws-sdk-go-v1", "Failed to copy: ", "rclone"),
    ("aws-sdk-go-v1", "Failed to sync: ", "rclone"),
    ("aws-sdk-go-v2", " ERROR : ", "rclone"),
    ("aws-sdk-go-v2", "last error was: ", "rclone"),
    ("aws-sdk-go-v2", "Failed to copy: ", "rclone"),
    ("aws-sdk-go-v2", "Failed to sync: ", "rclone"),
    ("boto3", " to s3://", "aws-cli"),
    ("boto3", "download failed: s3://", "aws-cli"),
    ("boto3", "delete failed: s3://", "aws-cli"),
    ("boto3", "fatal error: An error occurred", "aws-cli"),
    ("boto3", "awscli", "aws-cli"),
];

/// Words with which a tool repeats at its end what it has printed before.
const REPEATS: &[&str] =
    &["last error was: ", "Failed to copy: ", "Failed to sync: ", " failed with "];

/// The signature errors in `text`: one, unless it shows several request ids.
pub(super) fn all(text: &str, depth: usize) -> Vec<Found> {
    let mut found = xml::bodies(text);
    // What stands in JSON is read as such, and not again as text.
    let mut outside = None;
    if depth < DEPTH
        && let Some((start, end, errors)) = record::in_text(text, depth + 1)
    {
        found.extend(errors);
        outside = Some(format!("{}\n{}", &text[..start], &text[end..]));
    }
    let plain = outside.as_deref().unwrap_or(text);
    let printed = shape::printed(plain);
    let repeats = REPEATS.iter().any(|words| plain.contains(words));
    found.extend(printed.into_iter().map(|mut found| {
        if repeats && found.kind == Kind::Exception {
            found.kind = Kind::Repeat;
        }
        found
    }));
    if found.is_empty() {
        found = shape::in_pairs(plain);
    }
    let mut seen = LoggedError::default();
    for (_, field, rest) in keys::pairs(plain) {
        if !matches!(field, Field::Code | Field::Message)
            && !keys::is_filled(&seen, field)
            && let Some(value) = keys::read(field, rest)
        {
            keys::put(&mut seen, field, &value, false);
        }
    }
    if found.is_empty() {
        seen.service = seen.service.or_else(|| canonical::service_of_message(plain));
        found.extend(shape::in_words(plain, &seen));
    }
    let mut found = joined(found);
    // What boto3 keeps of the response is printed after the exception that holds it.
    if let Some(found) = found.first_mut().filter(|_| plain.contains("'ResponseMetadata': {")) {
        found.kind = Kind::Repeat;
    }
    if let [only] = &mut found[..] {
        let (request, string) = canonical::of_message(text);
        seen.canonical_request = seen.canonical_request.or(request);
        seen.string_to_sign = seen.string_to_sign.or(string);
        seen.service = seen.service.or_else(|| shape::service_of_class(plain));
        only.merge(Found { error: seen, kind: only.kind, certain: false });
        if only.error.message.is_none() {
            only.error.message = shape::known_message(plain).map(str::to_owned);
        }
        go_operation(&mut only.error, plain);
        php_request(&mut only.error, plain);
    }
    of_clients(&mut found, text);
    found
}

/// The errors of one JSON record: one, unless it shows several request ids.
pub(super) fn of_record(found: Vec<Found>, line: &str) -> Vec<Found> {
    let mut found = joined(found);
    of_clients(&mut found, line);
    found
}

/// Names the client that printed the errors, and drops what no client of AWS has printed.
fn of_clients(found: &mut Vec<Found>, text: &str) {
    if found.is_empty() {
        return;
    }
    let client = CLIENTS.iter().find(|(words, _)| text.contains(words)).map(|row| row.1);
    for Found { error, .. } in found.iter_mut() {
        error.client = error.client.or(client);
        let tool = |(sdk, words, _): &&(&str, &str, &str)| {
            error.client == Some(*sdk) && text.contains(words)
        };
        error.client = TOOLS.iter().find(tool).map(|row| row.2).or(error.client);
    }
    found.retain(Found::is_of_aws);
}

/// One error out of several prints, unless they show different request ids.
fn joined(found: Vec<Found>) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    for found in found {
        let same = |held: &&mut Found| match (&held.error.request_id, &found.error.request_id) {
            (Some(held), Some(found)) => held == found,
            _ => held.error.code == found.error.code,
        };
        match all.iter_mut().find(same) {
            Some(held) => held.merge(found),
            None => all.push(found),
        }
    }
    all
}

/// `operation error S3: PutObject, …` (Go).
fn go_operation(error: &mut LoggedError, text: &str) {
    let Some((_, rest)) = text.split_once("operation error ") else { return };
    let Some((service, rest)) = rest.split_once(": ").filter(|(service, _)| service.len() < 64)
    else {
        return;
    };
    let operation = rest.split([',', ' ']).next().unwrap_or("");
    keys::put(error, Field::Service, service, false);
    keys::put(error, Field::Operation, operation, false);
}

/// `Error executing "PutObject" on "https://…"; … Client error: \`PUT https://…\`` (PHP).
fn php_request(error: &mut LoggedError, text: &str) {
    let Some((_, rest)) = text.split_once("Error executing \"") else { return };
    let mut parts = rest.split('"');
    let (operation, url) = (parts.next(), parts.nth(1));
    keys::put(error, Field::Operation, operation.unwrap_or(""), false);
    if let Some(url) = url.filter(|url| url.starts_with("http")) {
        keys::put(error, Field::Url, url, true);
        let host = url.split('/').nth(2).unwrap_or("");
        keys::put(error, Field::Host, host, true);
    }
    if let Some((_, call)) = rest.split_once("error: `") {
        keys::put(error, Field::Method, call.split(' ').next().unwrap_or(""), true);
    }
    if let Some((_, answer)) = rest.split_once("resulted in a `") {
        keys::put(error, Field::Status, answer.split(' ').next().unwrap_or(""), false);
    }
}
