//! Captured errors: JSON lines that an application wrote for each refused request, with both sides'
//! texts, checked before the session tokens in them were masked.

use serde::Deserialize;

use super::client;
use crate::case::{CanonicalText, Case, Texts};
use crate::failure::plain_code;
use crate::http::HttpRequest;

/// The version of the format that is read.
const VERSION: u64 = 1;

/// Why a line is no captured error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapturedError {
    /// It is no JSON object of that form.
    #[error("not a captured error: a JSON object with `sigdrift` and `code` expected")]
    Form,
    /// It is of another version.
    #[error("a captured error of version {0}, and only version 1 is known")]
    Version(u64),
}

#[derive(Deserialize)]
struct Written {
    sigdrift: u64,
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    host_id: Option<String>,
    access_key_id: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    server: Option<Side>,
    #[serde(default)]
    client: Option<Side>,
}

#[derive(Default, Deserialize)]
struct Side {
    canonical_request: Option<String>,
    canonical_request_ok: Option<bool>,
    canonical_request_sha256: Option<String>,
    string_to_sign: Option<String>,
    method: Option<String>,
    url: Option<String>,
    user_agent: Option<String>,
}

impl Side {
    fn texts(&mut self) -> Texts {
        let vouched = self.canonical_request_ok;
        let text = self.canonical_request.take().filter(|text| !text.is_empty());
        Texts {
            canonical_request: text.map(|text| CanonicalText { text, rebuilt: false, vouched }),
            string_to_sign: self.string_to_sign.take().filter(|text| !text.is_empty()),
            canonical_request_sha256: self.canonical_request_sha256.take(),
        }
    }
}

/// The case that a captured error tells of.
///
/// # Errors
/// When it is not one, or of another version. The error quotes nothing.
pub fn captured_error(text: &str) -> Result<Case, CapturedError> {
    let written: Written = serde_json::from_str(text.trim()).map_err(|_| CapturedError::Form)?;
    if written.sigdrift != VERSION {
        return Err(CapturedError::Version(written.sigdrift));
    }
    let code = written.code.ok_or(CapturedError::Form)?;
    let mut case = Case::default();
    case.answer.code = Some(plain_code(&code).to_owned());
    case.answer.message = written.message;
    case.answer.request_id = written.request_id;
    case.answer.host_id = written.host_id;
    case.answer.status = written.status;
    case.access_key_id = written.access_key_id;
    case.server = written.server.unwrap_or_default().texts();
    let mut client = written.client.unwrap_or_default();
    case.client = client.texts();
    let method = client.method.as_deref().unwrap_or("GET");
    case.sent = client.url.and_then(|url| HttpRequest::of_url(method, &url).ok());
    let agent = client.user_agent;
    case.client_name = agent.as_deref().and_then(client::of_user_agent);
    if let (Some(request), Some(agent)) = (&mut case.sent, agent) {
        request.set_header("User-Agent", agent);
    }
    Ok(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_error_is_read() {
        let line = r#"{"sigdrift":1,"time":"2026-04-15T07:42:07Z","code":"SignatureDoesNotMatch","access_key_id":"AKIDEXAMPLE",
            "server":{"canonical_request":"PUT\n/k\n\nhost:b\n\nhost\nUNSIGNED-PAYLOAD","canonical_request_ok":true},
            "client":{"canonical_request_sha256":"ab","method":"PUT","url":"https://b/k?x=1","user_agent":"Boto3/1"}}"#;
        let case = captured_error(line).unwrap();
        assert_eq!(case.client_name.as_deref(), Some("boto3"));
        assert_eq!(case.sent.unwrap().query, "x=1");
        assert_eq!(case.server.canonical_request.unwrap().vouched, Some(true));
        assert_eq!(captured_error("{}").unwrap_err(), CapturedError::Form);
        let other = r#"{"sigdrift":2,"code":"x"}"#;
        assert_eq!(captured_error(other).unwrap_err(), CapturedError::Version(2));
    }
}
