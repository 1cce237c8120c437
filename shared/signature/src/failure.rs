//! Which error codes are signature failures: always, only with certain messages, or never.
//!
//! S3: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>, other services:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.

use crate::message;

/// Codes that are signature failures whatever their message says.
const ALWAYS: &[&str] = &[
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "InvalidSignature",
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "RequestTimeTooSkewed",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
    "RequestExpired",
    "XAmzContentSHA256Mismatch",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "MissingSecurityHeader",
];

/// The same codes, each as short as tells it and its `…Exception` form from other words: what a text is
/// searched for in one pass, before anything in it is read.
pub const STEMS: &[&str] = &[
    "SignatureDoesNotMatch",
    "InvalidSignature",
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "RequestTimeTooSkewed",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "ExpiredToken",
    "InvalidToken",
    "RequestExpired",
    "XAmzContentSHA256Mismatch",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingSecurityHeader",
];

/// Codes that are signature failures only when the message, or the request itself, says so.
const BY_MESSAGE: &[&str] =
    &["AccessDenied", "AccessDeniedException", "InvalidRequest", "InvalidArgument", "AuthFailure"];

/// What a code by itself tells about the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A signature failure.
    Failure,
    /// A signature failure only with a message or a request that says so.
    DependsOnMessage,
    /// Not a signature failure.
    Unrelated,
}

/// Every code that is a signature failure, always or with the right message.
pub fn codes() -> impl Iterator<Item = &'static str> {
    ALWAYS.iter().chain(BY_MESSAGE).copied()
}

/// The code without the prefix that EC2 puts before it in CloudTrail (`Client.AuthFailure`) and
/// without the namespace that JSON protocols put before it (`com.amazon.coral.service#…`).
#[must_use]
pub fn plain_code(code: &str) -> &str {
    let code = code.rsplit_once('#').map_or(code, |(_, name)| name);
    let code = code.split_once(':').map_or(code, |(name, _)| name);
    code.strip_prefix("Client.").unwrap_or(code)
}

/// What `code` by itself tells. Give it a [`plain_code`].
#[must_use]
pub fn standing(code: &str) -> Standing {
    if ALWAYS.contains(&code) {
        Standing::Failure
    } else if BY_MESSAGE.contains(&code) {
        Standing::DependsOnMessage
    } else {
        Standing::Unrelated
    }
}

/// The first code of the catalogue that stands in `text` as a word of its own, with its offset.
/// For logs that print a code inside a sentence. Codes that depend on their message are left out.
#[must_use]
pub fn find_code(text: &str) -> Option<(usize, &'static str)> {
    ALWAYS
        .iter()
        .filter_map(|code| {
            text.match_indices(code)
                .map(|(at, _)| at)
                .find(|&at| is_word(text, at, code.len()))
                .map(|at| (at, *code))
        })
        .min_by_key(|(at, _)| *at)
}

fn is_word(text: &str, at: usize, len: usize) -> bool {
    let edge = |byte: Option<&u8>| byte.is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_');
    let bytes = text.as_bytes();
    edge(at.checked_sub(1).and_then(|before| bytes.get(before))) && edge(bytes.get(at + len))
}

/// Whether a code with its message is a signature failure. Give it a [`plain_code`].
///
/// A code that [depends on its message](Standing::DependsOnMessage) without a message is not.
#[must_use]
pub fn is_failure(code: &str, text: Option<&str>) -> bool {
    match standing(code) {
        Standing::Failure => true,
        Standing::DependsOnMessage => text.is_some_and(|text| message::read(code, text).is_some()),
        Standing::Unrelated => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_access_denied_is_authorization_and_stays_out() {
        assert!(!is_failure("AccessDenied", None));
        assert!(!is_failure("AccessDenied", Some("Access Denied")));
        assert!(!is_failure(
            "AccessDenied",
            Some(
                "User: arn:aws:iam::111122223333:user/a is not authorized to perform: s3:GetObject"
            )
        ));
        assert!(!is_failure("NoSuchKey", Some("Request has expired")));
    }

    #[test]
    fn messages_make_a_signature_failure_of_codes_that_depend_on_them() {
        for (code, text) in [
            ("AccessDenied", "Request has expired"),
            ("AccessDenied", "Request is not yet valid"),
            ("AccessDenied", "There were headers present in the request which were not signed"),
            ("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"),
            (
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            ),
            ("InvalidRequest", "Missing required header for this request: x-amz-content-sha256"),
            (
                "InvalidArgument",
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.",
            ),
            ("AuthFailure", "AWS was not able to validate the provided access credentials"),
        ] {
            assert!(is_failure(code, Some(text)), "{code}: {text}");
        }
        assert!(!is_failure("AuthFailure", Some("Not authorized for images: [ami-1]")));
        assert!(!is_failure("InvalidArgument", Some("max-keys must be an integer")));
    }

    #[test]
    fn codes_lose_their_prefixes() {
        assert_eq!(plain_code("Client.AuthFailure"), "AuthFailure");
        assert_eq!(
            plain_code("com.amazon.coral.service#InvalidSignatureException"),
            "InvalidSignatureException"
        );
        assert_eq!(
            plain_code("InvalidSignatureException:http://internal.amazon.com/"),
            "InvalidSignatureException"
        );
        assert_eq!(plain_code("SignatureDoesNotMatch"), "SignatureDoesNotMatch");
    }

    #[test]
    fn every_code_has_a_stem_and_every_stem_a_code() {
        for code in ALWAYS {
            assert!(STEMS.iter().any(|stem| code.starts_with(stem)), "{code}");
        }
        for stem in STEMS {
            assert!(ALWAYS.iter().any(|code| code.starts_with(stem)), "{stem}");
        }
    }

    #[test]
    fn a_code_is_found_as_a_word_only() {
        assert_eq!(find_code("x (SignatureDoesNotMatch) y"), Some((3, "SignatureDoesNotMatch")));
        assert_eq!(find_code("IsSignatureDoesNotMatchError"), None);
        assert_eq!(find_code("code=InvalidTokenX InvalidToken"), Some((19, "InvalidToken")));
    }
}
