//! What the services' own messages say about the cause.
//!
//! One table, read from the top: the first row whose needles all stand in the message decides.
//! Needles are compared without regard to case. The messages are those of
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.

use crate::cause::{CauseId, Confidence};

/// What a message may be taken to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The cause that the message names.
    pub cause: CauseId,
    /// At most this may be claimed from the message.
    pub confidence: Confidence,
    /// What else it may mean.
    pub alternative: Option<CauseId>,
}

/// Codes a row is limited to; empty means any.
type Codes = &'static [&'static str];

struct Row {
    codes: Codes,
    needles: &'static [&'static str],
    reading: Reading,
}

const fn row(
    codes: Codes,
    needles: &'static [&'static str],
    cause: CauseId,
    confidence: Confidence,
    alternative: Option<CauseId>,
) -> Row {
    Row { codes, needles, reading: Reading { cause, confidence, alternative } }
}

const DENIED: Codes = &["AccessDenied", "AccessDeniedException"];

use CauseId as C;
use Confidence::{Likely, Proven, Strong};

/// Needles are in lower case.
const TABLE: &[Row] = &[
    row(&[], &["region", "is wrong"], C::WrongRegion, Proven, Some(C::EndpointMismatch)),
    row(&[], &["scoped to a valid region"], C::WrongRegion, Proven, Some(C::EndpointMismatch)),
    row(&[], &["scoped to correct service"], C::WrongService, Proven, None),
    row(&[], &["incorrect service"], C::WrongService, Proven, None),
    row(&[], &["signature expired"], C::ClockSkew, Proven, None),
    row(&[], &["signature not yet current"], C::ClockSkew, Proven, None),
    row(&[], &["difference between the request time and the"], C::ClockSkew, Proven, None),
    row(DENIED, &["request is not yet valid"], C::ClockSkew, Proven, None),
    row(DENIED, &["request has expired"], C::UrlExpired, Proven, None),
    row(&["ExpiredToken"], &["request has expired"], C::UrlExpired, Proven, None),
    row(
        DENIED,
        &["headers present in the request which were not signed"],
        C::HeaderChanged,
        Strong,
        Some(C::SignerHeaderCanonicalization),
    ),
    row(
        DENIED,
        &["requires a valid date or x-amz-date"],
        C::MalformedAuthorization,
        Strong,
        Some(C::SignerScopeDate),
    ),
    row(
        &["InvalidRequest", "InvalidArgument", "AccessDenied"],
        &["authorization mechanism you have provided is not supported"],
        C::LegacySigv2,
        Strong,
        None,
    ),
    row(&["InvalidArgument"], &["require aws signature version 4"], C::LegacySigv2, Strong, None),
    row(
        &["InvalidRequest", "InvalidArgument"],
        &["x-amz-content-sha256"],
        C::SignerPayloadHash,
        Strong,
        None,
    ),
    // Bodies of JSON services may come without their code, which stands in a header.
    row(&[], &["security token included in the request is expired"], C::ExpiredToken, Proven, None),
    row(&[], &["provided token has expired"], C::ExpiredToken, Proven, None),
    row(&[], &["provided token is malformed"], C::ExpiredToken, Proven, None),
    row(
        &[],
        &["security token included in the request is invalid"],
        C::UnknownAccessKey,
        Strong,
        Some(C::ExpiredToken),
    ),
    row(
        &[],
        &["access key id you provided does not exist"],
        C::UnknownAccessKey,
        Strong,
        Some(C::ExpiredToken),
    ),
    row(&[], &["invalid credential date"], C::SignerScopeDate, Proven, None),
    row(&[], &["date in credential scope does not match"], C::SignerScopeDate, Proven, None),
    row(&[], &["credential is mal-formed"], C::MalformedAuthorization, Proven, None),
    row(&[], &["x-amz-expires must be"], C::MalformedAuthorization, Proven, None),
    row(&[], &["x-amz-expires should be"], C::MalformedAuthorization, Proven, None),
    row(
        &[],
        &["incorrect date format"],
        C::MalformedAuthorization,
        Strong,
        Some(C::SignerScopeDate),
    ),
    row(&[], &["incorrect terminal"], C::MalformedAuthorization, Strong, None),
    row(&[], &["valid terminator"], C::MalformedAuthorization, Strong, None),
    row(
        &[],
        &["header must be signed"],
        C::HeaderChanged,
        Strong,
        Some(C::SignerHeaderCanonicalization),
    ),
    row(&[], &["three components"], C::MalformedAuthorization, Proven, None),
    row(
        &[],
        &["query-string authentication version 4 requires"],
        C::MalformedAuthorization,
        Proven,
        None,
    ),
    row(
        &["AuthFailure"],
        &["not able to validate the provided access credentials"],
        C::WrongSecret,
        Likely,
        Some(C::UnknownAccessKey),
    ),
    row(
        &["AuthFailure", "AccessDenied", "AccessDeniedException"],
        &["signature we calculated does not match"],
        C::Undetermined,
        Confidence::Unknown,
        None,
    ),
];

/// What the message of an error with this code says about the cause, if it says anything.
#[must_use]
pub fn read(code: &str, message: &str) -> Option<Reading> {
    let message = message.to_ascii_lowercase();
    TABLE
        .iter()
        .find(|row| {
            (row.codes.is_empty() || row.codes.contains(&code))
                && row.needles.iter().all(|needle| message.contains(needle))
        })
        .map(|row| row.reading)
}

/// What the code alone says about the cause, for codes that name one.
#[must_use]
pub fn of_code(code: &str) -> Option<Reading> {
    let told = |cause, confidence, alternative| Some(Reading { cause, confidence, alternative });
    match code {
        "RequestTimeTooSkewed" => told(C::ClockSkew, Proven, None),
        "ExpiredToken" | "ExpiredTokenException" | "InvalidToken" => {
            told(C::ExpiredToken, Proven, None)
        }
        "InvalidAccessKeyId" => told(C::UnknownAccessKey, Strong, Some(C::ExpiredToken)),
        "InvalidClientTokenId" | "UnrecognizedClientException" => {
            told(C::UnknownAccessKey, Strong, Some(C::ExpiredToken))
        }
        "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "MissingSecurityHeader" => told(C::MalformedAuthorization, Likely, None),
        "RequestExpired" => told(C::ClockSkew, Likely, Some(C::UrlExpired)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needles_are_in_lower_case() {
        for row in TABLE {
            for needle in row.needles {
                assert_eq!(*needle, needle.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn messages_name_their_cause() {
        for (code, message, cause) in [
            (
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
                C::WrongRegion,
            ),
            (
                "InvalidSignatureException",
                "Credential should be scoped to a valid Region, not 'us-east-9'. ",
                C::WrongRegion,
            ),
            (
                "InvalidSignatureException",
                "Credential should be scoped to correct service: 'execute-api'.",
                C::WrongService,
            ),
            (
                "InvalidSignatureException",
                "Signature expired: 20150806T131034Z is now earlier than 20150806T131534Z (20150806T132034Z - 5 min.)",
                C::ClockSkew,
            ),
            ("AccessDenied", "Request has expired", C::UrlExpired),
        ] {
            assert_eq!(read(code, message).unwrap().cause, cause, "{message}");
        }
        assert_eq!(read("AccessDenied", "Access Denied"), None);
    }
}
