//! JSON: error bodies of the JSON protocols, error objects as SDKs serialise them, and logs of one
//! object a line, whose strings hold texts of their own.

use serde_json::{Deserializer, Map, Value};

use super::answer::{self, Meaning, Notation, meaning};
use super::captured::captured_error;
use super::http_block::is_signed;
use super::layout::floor;
use super::{MAX_BODY, MAX_HEADERS};
use crate::case::Case;
use crate::http::{Header, HttpRequest};

/// What a value tells, in its order.
pub(super) enum Told {
    /// An error.
    Case(Box<Case>),
    /// A request.
    Request(HttpRequest),
    /// A text, to be read like any other; the name that it stands under.
    Text(String, String),
}

/// The JSON value that begins at `at`, and where it ends.
#[must_use]
pub(super) fn value(text: &str, at: usize) -> Option<(Value, usize)> {
    let rest = floor(&text[at..], MAX_BODY);
    let mut values = Deserializer::from_str(rest).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let is_whole = value.is_object() || value.is_array();
    is_whole.then(|| (value, at + values.byte_offset()))
}

/// What a value tells.
pub(super) fn told(value: &Value, problems: &mut Vec<String>) -> Vec<Told> {
    let mut told = Vec::new();
    walk(value, "", &[], 0, &mut told, problems);
    told
}

type Elements = Vec<(String, String)>;

fn walk(
    value: &Value,
    name: &str,
    outer: &[(String, String)],
    depth: usize,
    told: &mut Vec<Told>,
    problems: &mut Vec<String>,
) {
    if depth > 16 || told.len() > 1_000 {
        return;
    }
    match value {
        Value::String(text) => told.push(Told::Text(name.to_owned(), text.clone())),
        Value::Array(values) => {
            for value in values.iter().take(MAX_HEADERS) {
                walk(value, name, outer, depth + 1, told, problems);
            }
        }
        Value::Object(members) => {
            if let Some(request) = request(members) {
                told.push(Told::Request(request));
            }
            if members.contains_key("sigdrift")
                && let Ok(case) = captured_error(&value.to_string())
            {
                told.push(Told::Case(Box::new(case)));
                return;
            }
            let mut elements = elements(members);
            let mut is_error = false;
            if says_an_error(&elements) {
                elements.extend(outer.iter().filter(|(name, _)| is_id(name)).cloned());
                if let Some(case) = answer::case(&elements, Notation::Members, problems) {
                    is_error = true;
                    told.push(Told::Case(Box::new(case)));
                }
            }
            for (name, value) in members {
                let is_read = is_error && (meaning(name).is_some() || is_metadata(name));
                if !is_read {
                    walk(value, name, &elements, depth + 1, told, problems);
                }
            }
        }
        _ => {}
    }
}

/// The scalars of an object, and those of what holds an error's particulars in it.
fn elements(members: &Map<String, Value>) -> Elements {
    let mut elements = Elements::new();
    for (name, value) in members.iter().take(MAX_HEADERS) {
        match value {
            Value::String(text) => elements.push((name.clone(), text.clone())),
            Value::Number(number) => elements.push((name.clone(), number.to_string())),
            Value::Object(inner) if is_metadata(name) => {
                let scalars = inner.iter().filter_map(|(name, value)| match value {
                    Value::String(text) => Some((name.clone(), text.clone())),
                    Value::Number(number) => Some((name.clone(), number.to_string())),
                    _ => None,
                });
                elements.extend(scalars);
            }
            _ => {}
        }
    }
    elements
}

fn is_metadata(name: &str) -> bool {
    ["$metadata", "ResponseMetadata", "$response"].contains(&name)
}

fn is_id(name: &str) -> bool {
    matches!(meaning(name), Some(Meaning::RequestId | Meaning::HostId | Meaning::Status))
}

/// Whether members may be an error's: it has a code, or a message that begins as a service's does.
fn says_an_error(elements: &Elements) -> bool {
    elements.iter().any(|(name, value)| {
        let code = crate::failure::plain_code(value.trim());
        let is_name = ["name", "type"].iter().any(|known| name.eq_ignore_ascii_case(known));
        match meaning(name) {
            Some(Meaning::Code) => !value.contains(' ') || super::service_message::is_code(code),
            Some(Meaning::Message) => super::service_message::is_known(value),
            _ => is_name && super::service_message::is_code(code),
        }
    })
}

/// A signed request as HTTP clients serialise their options: method, URL or host and path, headers.
fn request(members: &Map<String, Value>) -> Option<HttpRequest> {
    let member = |names: &[&str]| {
        let found = members
            .iter()
            .find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
        found.map(|(_, value)| value)
    };
    let text = |names: &[&str]| member(names).and_then(Value::as_str);
    let method = text(&["method", "httpMethod", "verb"]).unwrap_or("GET");
    let headers = headers(member(&["headers", "header"])?)?;
    let mut request = match text(&["url", "uri", "endpoint"]) {
        Some(url) => HttpRequest::of_url(method, url)
            .ok()
            .or_else(|| url.starts_with('/').then(|| HttpRequest::new(method, url)))?,
        None => {
            let mut request = HttpRequest::new(method, text(&["path", "target", "requestUri"])?);
            if let Some(host) = text(&["host", "hostname"]) {
                request.headers.push(Header { name: "Host".to_owned(), value: host.to_owned() });
            }
            request
        }
    };
    for header in headers {
        if header.name.eq_ignore_ascii_case("host") {
            request.set_header("Host", header.value);
        } else {
            request.headers.push(header);
        }
    }
    is_signed(&request).then_some(request)
}

/// Headers as an object, with values or lists of them, or as a list of pairs.
fn headers(value: &Value) -> Option<Vec<Header>> {
    let header =
        |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let mut headers = Vec::new();
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter().take(MAX_HEADERS) {
                match value {
                    Value::String(text) => headers.push(header(name, text)),
                    Value::Number(number) => headers.push(header(name, &number.to_string())),
                    Value::Array(values) => {
                        headers.extend(
                            values.iter().filter_map(Value::as_str).map(|v| header(name, v)),
                        );
                    }
                    _ => {}
                }
            }
        }
        Value::Array(pairs) => {
            for pair in pairs.iter().take(MAX_HEADERS) {
                let text = |names: [&str; 2], at: usize| {
                    let named = names.iter().find_map(|name| pair.get(*name));
                    named.or_else(|| pair.get(at)).and_then(Value::as_str)
                };
                let (name, value) = (text(["name", "key"], 0)?, text(["value", "val"], 1)?);
                headers.push(header(name, value));
            }
        }
        _ => return None,
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(text: &str) -> Vec<Case> {
        let (value, end) = value(text, 0).unwrap();
        assert_eq!(end, text.len());
        let told = told(&value, &mut Vec::new());
        told.into_iter()
            .filter_map(|told| match told {
                Told::Case(case) => Some(*case),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn the_shapes_of_services_and_sdks_are_read() {
        for (text, code, message) in [
            (
                r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature expired: x"}"#,
                Some("InvalidSignatureException"),
                "Signature expired: x",
            ),
            (
                r#"{"errors":[{"code":"InvalidSignature","message":"m"}]}"#,
                Some("InvalidSignature"),
                "m",
            ),
            (
                r#"{"Error":{"Code":"InvalidClientTokenId","Message":"m","Type":"Sender"},"RequestId":"r"}"#,
                Some("InvalidClientTokenId"),
                "m",
            ),
            (
                r#"{"level":"info","message":{"name":"InvalidSignatureException","message":"m"}}"#,
                Some("InvalidSignatureException"),
                "m",
            ),
            (
                r#"{"message":"Credential should be scoped to correct service: 'batch'. "}"#,
                None,
                "Credential should be scoped to correct service: 'batch'.",
            ),
            (
                r#"{"Error":"InvalidSignatureException: Credential should be scoped to a valid Region"}"#,
                None,
                "",
            ),
        ] {
            let cases = cases(text);
            if message.is_empty() {
                assert!(cases.is_empty());
                continue;
            }
            assert_eq!(cases[0].answer.code.as_deref(), code, "{text}");
            assert_eq!(cases[0].answer.message.as_deref(), Some(message), "{text}");
        }
    }

    #[test]
    fn captured_errors_are_read_wherever_they_stand() {
        let text = r#"{"log":{"sigdrift":1,"code":"SignatureDoesNotMatch","client":{"canonical_request_sha256":"ab"}}}"#;
        assert_eq!(cases(text)[0].client.canonical_request_sha256.as_deref(), Some("ab"));
    }

    #[test]
    fn ids_come_from_around() {
        let text = r#"{"Error":{"Code":"InvalidClientTokenId","Message":"m"},"ResponseMetadata":{"RequestId":"r","HTTPStatusCode":403}}"#;
        assert_eq!(cases(text)[0].answer.request_id.as_deref(), Some("r"));
    }

    #[test]
    fn requests_are_read() {
        let text = r#"{"request":{"method":"PUT","url":"https://b.example/k?x=1","headers":{"Authorization":["AWS4-HMAC-SHA256 x"]}}}"#;
        let (value, _) = value(text, 0).unwrap();
        let told = told(&value, &mut Vec::new());
        let Some(Told::Request(request)) = told.into_iter().next() else { panic!() };
        assert_eq!((request.method.as_str(), request.query.as_str()), ("PUT", "x=1"));
    }
}
