//! The string to sign of the query protocol of version 2.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/signature-version-2.html>

use super::{Algorithm, Form, Signature, Version2, Version2Error};
use crate::host::normalize;
use crate::http::HttpRequest;
use crate::uri;

/// A form longer than this is none of the query protocol's.
const LONGEST: usize = 1 << 20;

/// What the parameters carry; `None` if they are not signed by this version.
pub(super) fn of(request: &HttpRequest) -> Result<Option<Version2>, Version2Error> {
    let (place, parameters) = if parameter(&request.query, "SignatureVersion").is_some() {
        ("the query", request.query.as_str())
    } else if let Some(form) = form(request) {
        ("the form in the body", form)
    } else {
        return Ok(None);
    };
    if parameter(parameters, "SignatureVersion").as_deref() != Some("2") {
        return Ok(None);
    }
    let part =
        |part: &'static str| parameter(parameters, part).ok_or(Version2Error::Part { place, part });
    let algorithm = match part("SignatureMethod")?.as_str() {
        "HmacSHA256" => Algorithm::HmacSha256,
        "HmacSHA1" => Algorithm::HmacSha1,
        _ => return Err(Version2Error::Method { place }),
    };
    let (access_key_id, signature) = (part("AWSAccessKeyId")?, part("Signature")?);
    let host = request.header("host").unwrap_or_default();
    let path = if request.path.is_empty() { "/" } else { &request.path };
    Ok(Some(Version2 {
        form: Form::Protocol,
        algorithm,
        access_key_id,
        signature: Signature::of_base64(&signature),
        likeliest: format!(
            "{}\n{}\n{}\n{}",
            request.method,
            normalize(host),
            uri::encode_path(&uri::decode(path)),
            uri::canonical_query(parameters, &["Signature"])
        ),
        others: Vec::new(),
    }))
}

/// The form in a body, if it is one of parameters.
fn form(request: &HttpRequest) -> Option<&str> {
    let kind = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let body = request.body.as_deref().filter(|body| body.len() <= LONGEST)?;
    kind.starts_with("application/x-www-form-urlencoded").then_some(())?;
    Some(std::str::from_utf8(body).ok()?.trim_end())
}

/// The value of a parameter, decoded. Their names are compared as they are: others may differ in case.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut pairs = parameters.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    Some(String::from_utf8_lossy(&uri::decode_query(value)).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_sorted_by_bytes_and_encoded_strictly() {
        let raw = "POST /?a HTTP/1.1\nHost: EC2.amazonaws.com:443\n\
                   Content-Type: application/x-www-form-urlencoded\n\n\
                   Signature=c2ln&b=a+b*&SignatureVersion=2&AWSAccessKeyId=A&SignatureMethod=HmacSHA256&B=%7e";
        let request = HttpRequest::parse(raw.as_bytes()).unwrap();
        let found = of(&request).unwrap().unwrap();
        assert_eq!(
            found.string_to_sign(),
            "POST\nec2.amazonaws.com\n/\nAWSAccessKeyId=A&B=~&SignatureMethod=HmacSHA256&SignatureVersion=2&b=a%20b%2A"
        );
    }

    #[test]
    fn other_versions_are_left() {
        for raw in [
            "GET /?AWSAccessKeyId=A&SignatureVersion=1&Signature=c2ln",
            "GET /?AWSAccessKeyId=A&Signature=c2ln",
            "POST / HTTP/1.1\nContent-Type: text/plain\n\nSignatureVersion=2",
        ] {
            let request = HttpRequest::parse(raw.as_bytes()).unwrap();
            assert!(of(&request).unwrap().is_none(), "{raw}");
        }
    }
}
