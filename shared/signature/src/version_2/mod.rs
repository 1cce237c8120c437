//! Signature Version 2: what a request carries of it, its strings to sign, and whether a secret signs
//! them.
//!
//! S3: <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>, the query protocol of
//! other services: <https://docs.aws.amazon.com/general/latest/gr/signature-version-2.html>. AWS has
//! retired it nearly everywhere; servers that speak S3's protocol still take it.

mod protocol;
mod rest;
mod text;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use crate::http::HttpRequest;
use crate::secret::{Secret, hmac, hmac_sha1};

pub use text::{RestText, RestTextError};

/// Where the signature stands, and what it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// S3: `Authorization: AWS KEY:SIGNATURE`.
    Header,
    /// S3: `AWSAccessKeyId`, `Expires` and `Signature` in the query.
    Query,
    /// Other services: `SignatureVersion=2` among the parameters, of the URL or of a form in the body.
    Protocol,
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `HmacSHA1`.
    HmacSha1,
    /// `HmacSHA256`, in the query protocol alone.
    HmacSha256,
}

impl Algorithm {
    /// As `SignatureMethod` names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HmacSHA1",
            Self::HmacSha256 => "HmacSHA256",
        }
    }
}

/// A signature of version 2. It cannot be printed, and is compared in constant time.
#[derive(Clone)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Reads the base64 of 20 or of 32 bytes; `None` for anything else, a redacted signature included.
    #[must_use]
    pub fn of_base64(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        [20, 32].contains(&bytes.len()).then_some(Self(bytes))
    }

    /// What `secret` signs.
    #[must_use]
    pub fn of(secret: &Secret, algorithm: Algorithm, string_to_sign: &[u8]) -> Self {
        Self(match algorithm {
            Algorithm::HmacSha1 => hmac_sha1(secret.bytes(), string_to_sign).to_vec(),
            Algorithm::HmacSha256 => hmac(secret.bytes(), string_to_sign).to_vec(),
        })
    }

    /// The algorithm that makes a signature of this length.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        if self.0.len() == 20 { Algorithm::HmacSha1 } else { Algorithm::HmacSha256 }
    }

    /// The signature in base64: only for who asked for it.
    #[must_use]
    pub fn reveal(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Signature {}

/// What a request of version 2 carries, and what its verifier signs. It holds a signature: it cannot be
/// printed.
#[derive(Clone)]
pub struct Version2 {
    /// Where the signature stands.
    pub form: Form,
    /// How it is made.
    pub algorithm: Algorithm,
    /// The access key id.
    pub access_key_id: String,
    /// The signature, if it can be read: a log may have redacted it.
    pub signature: Option<Signature>,
    likeliest: String,
    others: Vec<String>,
}

/// Why a request's signing parameters of version 2 cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Version2Error {
    /// It carries none.
    #[error("the request is not signed by Signature Version 2")]
    Missing,
    /// A part is missing.
    #[error("{place}: `{part}` is missing")]
    Part {
        /// `the Authorization header`, `the query` or `the form in the body`.
        place: &'static str,
        /// Which part.
        part: &'static str,
    },
    /// The query protocol names another algorithm.
    #[error("{place}: SignatureMethod is neither HmacSHA256 nor HmacSHA1")]
    Method {
        /// `the query` or `the form in the body`.
        place: &'static str,
    },
}

impl Version2 {
    /// What a request carries of version 2.
    ///
    /// # Errors
    /// When it carries none, or a part is missing or unknown; the error says where and which.
    pub fn of(request: &HttpRequest) -> Result<Self, Version2Error> {
        if let Some(value) = request.header("authorization") {
            let value = value.strip_prefix("AWS ").ok_or(Version2Error::Missing)?;
            return rest::of_header(request, value);
        }
        if let Some(found) = protocol::of(request)? {
            return Ok(found);
        }
        match request.parameter("AWSAccessKeyId") {
            Some(access_key_id) => rest::of_query(request, access_key_id),
            None => Err(Version2Error::Missing),
        }
    }

    /// The string to sign, as it most likely is: a host name that is none of AWS's does not tell
    /// whether it names a bucket.
    #[must_use]
    pub fn string_to_sign(&self) -> &str {
        &self.likeliest
    }

    /// Every string to sign that a verifier may make of the request, likeliest first.
    pub fn strings_to_sign(&self) -> impl Iterator<Item = &str> {
        [&self.likeliest].into_iter().chain(&self.others).map(String::as_str)
    }

    /// The string to sign of which `secret` makes the signature that the request carries. Compared in
    /// constant time.
    #[must_use]
    pub fn signed_by(&self, secret: &Secret) -> Option<&str> {
        let signature = self.signature.as_ref()?;
        self.strings_to_sign()
            .find(|text| Signature::of(secret, self.algorithm, text.as_bytes()) == *signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(raw: &str) -> String {
        let request = HttpRequest::parse(raw.as_bytes()).unwrap();
        match Version2::of(&request) {
            Ok(found) => format!("{:?} {}", found.form, found.access_key_id),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_three_forms_are_told_apart() {
        for (raw, expected) in [
            ("GET /k HTTP/1.1\nAuthorization: AWS AKID:c2ln", "Header AKID"),
            ("GET /k?AWSAccessKeyId=AKID&Expires=1&Signature=c2ln", "Query AKID"),
            (
                "GET /?AWSAccessKeyId=AKID&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=c2ln",
                "Protocol AKID",
            ),
            (
                "POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\n\
                 AWSAccessKeyId=AKID&SignatureVersion=2&SignatureMethod=HmacSHA1&Signature=c2ln",
                "Protocol AKID",
            ),
        ] {
            assert_eq!(told(raw), expected);
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        for (raw, expected) in [
            ("GET /k HTTP/1.1\nHost: h", "the request is not signed by Signature Version 2"),
            (
                "GET /k HTTP/1.1\nAuthorization: AWS4-HMAC-SHA256 x",
                "the request is not signed by Signature Version 2",
            ),
            (
                "GET /k HTTP/1.1\nAuthorization: AWS AKID",
                "the Authorization header: `:SIGNATURE` is missing",
            ),
            ("GET /k?AWSAccessKeyId=AKID&Signature=c2ln", "the query: `Expires` is missing"),
            ("GET /k?AWSAccessKeyId=AKID&Expires=1", "the query: `Signature` is missing"),
            (
                "GET /?AWSAccessKeyId=AKID&SignatureVersion=2&SignatureMethod=MD5&Signature=c2ln",
                "the query: SignatureMethod is neither HmacSHA256 nor HmacSHA1",
            ),
            (
                "GET /?SignatureVersion=2&SignatureMethod=HmacSHA1&Signature=c2ln",
                "the query: `AWSAccessKeyId` is missing",
            ),
        ] {
            assert_eq!(told(raw), expected, "{raw}");
        }
    }

    #[test]
    fn only_whole_signatures_are_read() {
        let text = STANDARD.encode([7; 20]);
        assert_eq!(Signature::of_base64(&text).unwrap().reveal(), text);
        assert_eq!(Signature::of_base64(&text).unwrap().algorithm(), Algorithm::HmacSha1);
        assert!(Signature::of_base64("XXXX").is_none() && Signature::of_base64("-").is_none());
    }
}
