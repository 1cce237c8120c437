//! The signing parameters of a presigned URL, of signature version 4 and of version 2.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The longest that a presigned URL of signature version 4 may be valid, in seconds: 7 days.
pub const LONGEST: u64 = 604_800;

/// What a query string shows of its signature. The signature itself and the session token are
/// never kept: their presence is all that is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presigned<'a> {
    /// `X-Amz-Credential`, decoded.
    pub credential: Option<Cow<'a, str>>,
    /// `X-Amz-Date`, `YYYYMMDDTHHMMSSZ`.
    pub date: Option<Cow<'a, str>>,
    /// `X-Amz-Expires`, seconds after the date.
    pub expires_seconds: Option<u64>,
    /// `X-Amz-SignedHeaders`, decoded.
    pub signed_headers: Option<Cow<'a, str>>,
    /// Whether an `X-Amz-Security-Token` is there.
    pub has_token: bool,
    /// Whether an `X-Amz-Signature` is there.
    pub has_signature: bool,
    /// `AWSAccessKeyId` of signature version 2.
    pub v2_access_key_id: Option<Cow<'a, str>>,
    /// `Expires` of signature version 2, seconds since 1970.
    pub v2_expires_at: Option<i64>,
    /// Whether a `Signature` of signature version 2 is there.
    pub has_v2_signature: bool,
}

impl<'a> Presigned<'a> {
    /// Reads the signing parameters of a query string (what follows the `?`, as sent).
    /// Names are compared without regard to case, as some clients write `x-amz-date`.
    #[must_use]
    pub fn parse(query: &'a str) -> Self {
        let mut found = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            if is("X-Amz-Credential") {
                found.credential = Some(decode(value));
            } else if is("X-Amz-Date") {
                found.date = Some(decode(value));
            } else if is("X-Amz-Expires") {
                found.expires_seconds = value.parse().ok();
            } else if is("X-Amz-SignedHeaders") {
                found.signed_headers = Some(decode(value));
            } else if is("X-Amz-Security-Token") {
                found.has_token = true;
            } else if is("X-Amz-Signature") {
                found.has_signature = true;
            } else if name == "AWSAccessKeyId" {
                found.v2_access_key_id = Some(decode(value));
            } else if name == "Expires" {
                found.v2_expires_at = value.parse().ok();
            } else if name == "Signature" {
                found.has_v2_signature = true;
            }
        }
        found
    }

    /// Whether any signature, of either version, stands in the query.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.has_signature || self.has_v2_signature
    }
}

fn decode(value: &str) -> Cow<'_, str> {
    percent_decode_str(value).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_version_4_in_any_order() {
        let found = Presigned::parse(
            "response-content-disposition=a&X-Amz-Credential=AKIDEXAMPLE%2F20191019%2Feu-west-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20191019T134605Z&X-Amz-Expires=10800&X-Amz-SignedHeaders=content-md5%3Bhost&X-Amz-Signature=XXXX",
        );
        assert_eq!(
            found.credential.as_deref(),
            Some("AKIDEXAMPLE/20191019/eu-west-1/s3/aws4_request")
        );
        assert_eq!(
            (found.date.as_deref(), found.expires_seconds),
            (Some("20191019T134605Z"), Some(10800))
        );
        assert_eq!(found.signed_headers.as_deref(), Some("content-md5;host"));
        assert!(found.is_signed() && !found.has_token && found.v2_access_key_id.is_none());
    }

    #[test]
    fn reads_version_2() {
        let found =
            Presigned::parse("Signature=E3ehd6%3D&Expires=1286051333&AWSAccessKeyId=AKIDEXAMPLE");
        assert_eq!(found.v2_access_key_id.as_deref(), Some("AKIDEXAMPLE"));
        assert_eq!(found.v2_expires_at, Some(1_286_051_333));
        assert!(found.is_signed() && !found.has_signature);
    }
}
