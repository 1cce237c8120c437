//! An `Authorization` header that a client's log hides or leaves out, as rclone's does.

use super::Relation;
use crate::authorization::{Authorization, AuthorizationError};
use crate::case::Case;
use crate::string_to_sign::ALGORITHM;

impl Case {
    /// Writes the header of the request as sent again, without a signature, where the verifier tells
    /// what it was: its texts hold the scope and the signed headers. Anything but a request of the
    /// same second stays as it is.
    pub fn restore_authorization(&mut self) {
        let Some(sent) = &self.sent else { return };
        let is_hidden = match Authorization::of(sent) {
            Err(AuthorizationError::Missing) => true,
            Err(AuthorizationError::Algorithm) => {
                let shown = sent.header("authorization").unwrap_or_default().trim();
                let marks = shown.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
                marks.chars().all(|c| c.eq_ignore_ascii_case(&'x'))
                    || marks.eq_ignore_ascii_case("redacted")
            }
            _ => false,
        };
        if !is_hidden {
            return;
        }
        let alone = Case { sent: self.sent.clone(), ..Case::default() };
        let shown = Case { server: self.server.clone(), ..Case::default() };
        let value = || {
            let texts = self.server.parsed().filter(|text| text.algorithm == ALGORITHM)?;
            let names = self.server.canonical_request.as_ref()?.parts()?.signed_headers;
            let id = self.access_key_id.as_deref()?;
            Some(format!(
                "{ALGORITHM} Credential={id}/{}, SignedHeaders={names}, Signature=-",
                texts.scope
            ))
        };
        if shown.relation(&alone) <= Relation::Unsaid {
            return;
        }
        if let (Some(value), Some(sent)) = (value(), &mut self.sent) {
            sent.set_header("Authorization", value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{CanonicalText, Texts};
    use crate::http::HttpRequest;

    fn restored(header: Option<&str>, time: &str) -> Option<String> {
        let mut request = HttpRequest::new("GET", "/k");
        request.set_header("X-Amz-Date", time);
        if let Some(header) = header {
            request.set_header("Authorization", header);
        }
        let canonical =
            "GET\n/k\n\nhost:b\nx-amz-date:20260415T074207Z\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD";
        let mut case = Case {
            sent: Some(request),
            access_key_id: Some("AKIDEXAMPLE".to_owned()),
            server: Texts {
                canonical_request: Some(CanonicalText::found(canonical)),
                string_to_sign: Some(format!(
                    "AWS4-HMAC-SHA256\n20260415T074207Z\n20260415/eu-west-1/s3/aws4_request\n{}",
                    "0".repeat(64)
                )),
                canonical_request_sha256: None,
            },
            ..Case::default()
        };
        case.restore_authorization();
        case.sent.and_then(|sent| Some(sent.header("authorization")?.to_owned()))
    }

    #[test]
    fn a_hidden_header_is_written_as_the_verifier_tells_it() {
        let whole = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260415/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=-";
        for hidden in [Some("XXXX"), Some("<redacted>"), Some("****"), None] {
            assert_eq!(restored(hidden, "20260415T074207Z").as_deref(), Some(whole));
        }
        assert_eq!(restored(Some("Bearer x"), "20260415T074207Z").as_deref(), Some("Bearer x"));
        assert_eq!(restored(Some("XXXX"), "20260415T074208Z").as_deref(), Some("XXXX"));
    }
}
