//! What services say, for clients that print the message and no code.
//!
//! The messages are those of <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
//! and <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.

use super::service;

/// Which code a message goes with.
#[derive(Clone, Copy)]
enum Code {
    /// One code, whichever service answers.
    One(&'static str),
    /// One code from S3 and the query protocol, another from the JSON protocols.
    ByProtocol(&'static str, &'static str),
    /// One code, but only where S3 is known to have answered 403.
    OfS3(&'static str),
}

use Code::{ByProtocol, OfS3, One};

const SIGNATURE: Code = ByProtocol("SignatureDoesNotMatch", "InvalidSignatureException");

/// How messages begin, the more telling before the less.
const TABLE: &[(&str, Code)] = &[
    (
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method",
        One("SignatureDoesNotMatch"),
    ),
    ("The request signature we calculated does not match", SIGNATURE),
    ("Signature expired: ", SIGNATURE),
    ("Signature not yet current: ", SIGNATURE),
    ("Credential should be scoped to", SIGNATURE),
    ("Date in Credential scope does not match", SIGNATURE),
    ("The AWS Access Key Id you provided does not exist in our records", One("InvalidAccessKeyId")),
    (
        "The difference between the request time and the current time is too large",
        One("RequestTimeTooSkewed"),
    ),
    ("The provided token is malformed or otherwise invalid", One("InvalidToken")),
    ("The provided token has expired", One("ExpiredToken")),
    ("The authorization header is malformed", One("AuthorizationHeaderMalformed")),
    ("Error parsing the X-Amz-Credential parameter", One("AuthorizationQueryParametersError")),
    ("Query-string authentication version 4 requires", One("AuthorizationQueryParametersError")),
    (
        "The security token included in the request is expired",
        ByProtocol("ExpiredToken", "ExpiredTokenException"),
    ),
    (
        "The security token included in the request is invalid",
        ByProtocol("InvalidClientTokenId", "UnrecognizedClientException"),
    ),
    ("The provided 'x-amz-content-sha256' header does not match", One("XAmzContentSHA256Mismatch")),
    ("There were headers present in the request which were not signed", One("AccessDenied")),
    ("AWS authentication requires a valid Date or x-amz-date header", One("AccessDenied")),
    ("The authorization mechanism you have provided is not supported", One("InvalidRequest")),
    ("AWS was not able to validate the provided access credentials", One("AuthFailure")),
    ("Request has expired", OfS3("AccessDenied")),
    ("Request is not yet valid", OfS3("AccessDenied")),
];

/// Where the first known message begins in `text`, with the code that it goes with. The service
/// and the status decide between two codes; without either there is none.
pub(super) fn find(
    text: &str,
    service: Option<&str>,
    status: Option<u16>,
) -> Option<(usize, &'static str)> {
    let (at, code) = TABLE.iter().find_map(|(words, code)| Some((text.find(words)?, *code)))?;
    let code = match code {
        One(code) => code,
        OfS3(code) if service == Some("s3") && status == Some(403) => code,
        OfS3(_) => return None,
        ByProtocol(_, json) if status == Some(400) => json,
        ByProtocol(plain, json) => match service {
            Some(service) if service::has_plain_codes(service) => plain,
            Some(_) => json,
            None => return None,
        },
    };
    Some((at, code))
}

/// Where the first known message begins in `text`.
pub(super) fn position(text: &str) -> Option<usize> {
    TABLE.iter().find_map(|(words, _)| text.find(words))
}

/// Whether a message is one of the table.
pub(super) fn is_known(message: &str) -> bool {
    position(message).is_some() || message.contains("token included in the request")
}

#[cfg(test)]
mod tests {
    use super::{super::trigger, *};
    use sigdrift_signature::failure::is_failure;

    #[test]
    fn every_message_is_found_by_the_prefilter_and_is_a_failure() {
        for (words, code) in TABLE {
            assert!(trigger::is_in(words), "{words}");
            let (One(plain) | OfS3(plain) | ByProtocol(plain, _)) = code;
            assert!(is_failure(plain, Some(words)), "{words}");
        }
    }

    #[test]
    fn the_service_decides_where_two_codes_share_a_message() {
        let text = "The request signature we calculated does not match the signature you provided. \
                    Check your AWS Secret Access Key and signing method.";
        let code = |service, status| find(text, service, status).map(|found| found.1);
        assert_eq!(code(Some("sts"), Some(403)), Some("SignatureDoesNotMatch"));
        assert_eq!(code(Some("dynamodb"), Some(400)), Some("InvalidSignatureException"));
        assert_eq!(code(None, Some(403)), None);
    }
}
