//! Reads captured errors: JSON lines that an application wrote for each refused request, with both
//! sides' texts, so that a cause can be told from logs alone.

use std::borrow::Cow;

use serde::Deserialize;
use sigdrift_signature::evidence;
use sigdrift_signature::failure::{is_failure, plain_code};

use super::context::Context;
use super::signed_for::{signed_host, signed_region};
use super::texts_explained::TextsExplained;
use crate::request::Request;
use crate::source::SourceKind;
use crate::time::parse_rfc3339;

/// The version of the format that is read.
const VERSION: u64 = 1;

/// Why a value is no captured error that can be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its JSON is broken or has members of unexpected types.
    #[error("not a captured error: {}", without_values(.0))]
    Json(#[from] serde_json::Error),
    /// It is of another version.
    #[error("captured error of version {0}, and only version 1 is known")]
    Version(u64),
    /// Its time cannot be read.
    #[error("its time is not RFC 3339")]
    Time,
}

/// What is wrong with the JSON, without the value that is wrong: it may be a secret.
fn without_values(error: &serde_json::Error) -> String {
    let told = error.to_string();
    if error.is_data() && !told.starts_with("missing field") {
        format!("a member has an unexpected type (column {})", error.column())
    } else {
        told
    }
}

#[derive(Deserialize)]
struct Written<'a> {
    sigdrift: u64,
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow)]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    access_key_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    server: Option<WrittenSide<'a>>,
    #[serde(borrow, default)]
    client: Option<WrittenSide<'a>>,
    #[serde(borrow)]
    operation: Option<Cow<'a, str>>,
    #[serde(borrow)]
    deploy_version: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
struct WrittenSide<'a> {
    #[serde(borrow)]
    canonical_request: Option<Cow<'a, str>>,
    #[serde(borrow)]
    string_to_sign: Option<Cow<'a, str>>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_agent: Option<Cow<'a, str>>,
}

/// The failed request that a captured error tells of.
///
/// # Errors
/// When it is not one, or of another version; the error says what is wrong.
pub fn request<'a>(
    value: &'a str,
    context: &Context,
    explained: &mut TextsExplained,
) -> Result<Request<'a>, Unreadable> {
    let written: Written<'a> = serde_json::from_str(value)?;
    if written.sigdrift != VERSION {
        return Err(Unreadable::Version(written.sigdrift));
    }
    let client = written.client.unwrap_or_default();
    let server = written.server.unwrap_or_default();
    let mut request = Request::new(SourceKind::CapturedError);
    if let Some(time) = written.time {
        let seconds = parse_rfc3339(&time);
        request.time = Some(seconds.ok_or(Unreadable::Time)?);
    }
    let shows_texts = server.canonical_request.is_some() || server.string_to_sign.is_some();
    // What was refused for another reason than its signature is not made a failure by its texts.
    if shows_texts && is_failure(plain_code(&written.code), written.message.as_deref()) {
        let case = evidence::captured_error(value).ok();
        request.compared = case.and_then(|case| explained.cause(&case));
    }
    let texts = [&server.string_to_sign, &client.string_to_sign];
    let region = texts.into_iter().flatten().find_map(|text| signed_region(text));
    request.signed_region = region.map(|region| Cow::Owned(region.to_owned()));
    let url = client.url.as_deref().and_then(split_url);
    let received = server.canonical_request.as_deref().and_then(signed_host);
    let host = received.or(url.map(|(host, _)| host)).filter(|host| !host.is_empty());
    request.host = host.map(|host| Cow::Owned(host.to_owned()));
    request.target = url.map(|(_, target)| Cow::Owned(target.to_owned()));
    request.code = Some(Cow::Owned(plain_code(&written.code).to_owned()));
    request.message = written.message;
    request.request_id = present(written.request_id);
    request.access_key_id = present(written.access_key_id);
    request.operation = present(written.operation);
    request.stated_version = present(written.deploy_version);
    request.method = present(client.method);
    request.user_agent = present(client.user_agent);
    request.carries_signature = true;
    context.complete(&mut request);
    Ok(request.with_query_credential())
}

fn present(text: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
    text.filter(|text| !text.is_empty() && text != "-")
}

/// Host, with its port, and target of a URL.
#[must_use]
pub fn split_url(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some((host, if target.is_empty() { "/" } else { target }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dimension::Dimension;
    use sigdrift_signature::CauseId;

    fn read(value: &str) -> Result<Request<'_>, Unreadable> {
        request(value, &Context::default(), &mut TextsExplained::default())
    }

    #[test]
    fn every_member_but_two_may_be_missing() {
        let request = read(r#"{"sigdrift":1,"code":"SignatureDoesNotMatch"}"#).unwrap();
        assert_eq!((request.time, request.host, request.compared), (None, None, None));
        assert_eq!(request.code.as_deref(), Some("SignatureDoesNotMatch"));
    }

    #[test]
    fn a_whole_one_tells_everything() {
        let value = r#"{"sigdrift":1,"time":"2026-04-15T07:42:07Z","code":"SignatureDoesNotMatch","request_id":"R1",
            "access_key_id":"AKIDEXAMPLE","operation":"PutObject","deploy_version":"checkout-2",
            "server":{"canonical_request":"PUT\n/k\n\naccept-encoding:gzip\nhost:b.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD",
              "string_to_sign":"AWS4-HMAC-SHA256\n20260415T074207Z\n20260415/eu-west-1/s3/aws4_request\naa","canonical_request_ok":true},
            "client":{"canonical_request":"PUT\n/k\n\naccept-encoding:zstd\nhost:b.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD",
              "method":"PUT","url":"https://b.s3.eu-west-1.amazonaws.com/k?x-id=PutObject","user_agent":"Boto3/1"}}"#;
        let request = read(value).unwrap();
        assert_eq!(request.compared.as_ref().unwrap().cause, CauseId::HeaderChanged);
        assert_eq!(
            (request.signed_region.as_deref(), request.target.as_deref()),
            (Some("eu-west-1"), Some("/k?x-id=PutObject"))
        );
        let values = request.values();
        assert_eq!(values.get(Dimension::Deploy), Some("checkout-2"));
        assert_eq!(values.get(Dimension::Endpoint), Some("b.s3.eu-west-1.amazonaws.com"));
    }

    #[test]
    fn says_what_it_cannot_read() {
        let of = |value: &str| read(value).unwrap_err().to_string();
        assert!(of(r#"{"sigdrift":2,"code":"x"}"#).contains("version 2"));
        assert!(of(r#"{"sigdrift":1}"#).contains("missing field `code`"));
        assert!(of(r#"{"sigdrift":1,"code":"x","time":"noon"}"#).contains("RFC 3339"));
    }

    #[test]
    fn urls_are_split() {
        assert_eq!(split_url("https://u:p@b.example:8443/k?x#f"), Some(("b.example:8443", "/k?x")));
        assert_eq!(split_url("http://b.example"), Some(("b.example", "/")));
        assert_eq!(split_url("/k"), None);
    }
}
