//! What a request carries to prove who sent it: an `Authorization` header, or query parameters.
//!
//! Header: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html>,
//! query: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.

use crate::http::HttpRequest;
use crate::scope::{CredentialScope, ScopeError};
use crate::secret::Signature;
use crate::string_to_sign::{ALGORITHM, ALGORITHM_V4A};

/// Where a signature stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Query,
}

/// Which signature version a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// Version 2, long retired: HMAC-SHA-1 over another string.
    V2,
    /// Version 4.
    V4,
    /// Version 4A: asymmetric, for several regions at once.
    V4a,
}

/// What the signing parameters of a version 4 request say. It holds a signature: it cannot be printed.
#[derive(Clone)]
pub struct Authorization {
    /// Where it stood.
    pub form: Form,
    /// Version 4 or 4A.
    pub version: Version,
    /// `KEY/DATE/REGION/SERVICE/aws4_request`, decoded.
    pub credential: String,
    /// The signed headers as listed, decoded.
    pub signed_headers: String,
    /// The signature, if it can be read: a log may have redacted it.
    pub signature: Option<Signature>,
}

/// Why a request's signing parameters cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// The request carries none.
    #[error("the request has neither an Authorization header nor signing parameters in its query")]
    Missing,
    /// It is signed by version 2.
    #[error("the request is signed by Signature Version 2")]
    Version2,
    /// The header starts with something else.
    #[error("the Authorization header: `AWS4-HMAC-SHA256` expected at its start")]
    Algorithm,
    /// A part is missing.
    #[error("{place}: `{part}` is missing")]
    Part {
        /// `the Authorization header` or `the query`.
        place: &'static str,
        /// Which part.
        part: &'static str,
    },
    /// The credential names no region, which only version 4A leaves out.
    #[error("{place}: a credential of version 4 has five parts, this one has four")]
    Region {
        /// `the Authorization header` or `the query`.
        place: &'static str,
    },
    /// The credential is not one.
    #[error("{place}: {source}")]
    Credential {
        /// `the Authorization header` or `the query`.
        place: &'static str,
        /// What is wrong.
        source: ScopeError,
    },
}

impl Authorization {
    /// The signing parameters of a request.
    ///
    /// # Errors
    /// When there are none, or one is missing or cannot be read; the error says where and which.
    pub fn of(request: &HttpRequest) -> Result<Self, AuthorizationError> {
        if let Some(header) = request.header("authorization") {
            return Self::parse(header);
        }
        if let Some(algorithm) = request
            .parameter("X-Amz-Algorithm")
            .or_else(|| request.parameter("X-Amz-Credential").map(|_| ALGORITHM.to_owned()))
        {
            let place = "the query";
            let part = |name: &'static str| {
                request.parameter(name).ok_or(AuthorizationError::Part { place, part: name })
            };
            let signature = part("X-Amz-Signature")?;
            return Self::read(
                Form::Query,
                &algorithm,
                part("X-Amz-Credential")?,
                part("X-Amz-SignedHeaders")?,
                &signature,
            );
        }
        if request.parameter("AWSAccessKeyId").is_some() {
            return Err(AuthorizationError::Version2);
        }
        Err(AuthorizationError::Missing)
    }

    /// Reads the value of an `Authorization` header. Parts may be separated by commas or spaces.
    ///
    /// # Errors
    /// When a part is missing or cannot be read; the error says which.
    pub fn parse(header: &str) -> Result<Self, AuthorizationError> {
        let header = header.trim();
        let (algorithm, rest) = header.split_once([' ', '\t', ',']).unwrap_or((header, ""));
        if algorithm == "AWS" {
            return Err(AuthorizationError::Version2);
        }
        let place = "the Authorization header";
        let part = |name: &'static str| {
            let found = rest.split([',', ' ', '\t', '\n']).find_map(|part| {
                part.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned)
            });
            found.ok_or(AuthorizationError::Part { place, part: name })
        };
        if !algorithm.starts_with("AWS4-") {
            return Err(AuthorizationError::Algorithm);
        }
        let signature = part("Signature")?;
        Self::read(Form::Header, algorithm, part("Credential")?, part("SignedHeaders")?, &signature)
    }

    fn read(
        form: Form,
        algorithm: &str,
        credential: String,
        signed_headers: String,
        signature: &str,
    ) -> Result<Self, AuthorizationError> {
        let place = match form {
            Form::Header => "the Authorization header",
            Form::Query => "the query",
        };
        let version = match algorithm {
            ALGORITHM => Version::V4,
            ALGORITHM_V4A => Version::V4a,
            _ => return Err(AuthorizationError::Algorithm),
        };
        let scope = CredentialScope::parse(&credential)
            .map_err(|source| AuthorizationError::Credential { place, source })?;
        if version == Version::V4 && scope.region.is_none() {
            return Err(AuthorizationError::Region { place });
        }
        let signature = Signature::of_hex(signature);
        Ok(Self { form, version, credential, signed_headers, signature })
    }

    /// The parts of the credential.
    #[must_use]
    pub fn scope(&self) -> Option<CredentialScope<'_>> {
        CredentialScope::parse(&self.credential).ok()
    }

    /// The names of the signed headers, in the order of the list.
    pub fn signed_names(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';').filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match Authorization::parse(text) {
            Ok(_) => "read".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_the_header_however_it_is_separated() {
        for separator in [", ", ",", " ", ",\n "] {
            let signature = "0".repeat(64);
            let text = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request{separator}SignedHeaders=host;x-amz-date{separator}Signature={signature}"
            );
            let read = Authorization::parse(&text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(read.scope().unwrap().region, Some("us-east-1"));
            assert_eq!(read.signed_names().collect::<Vec<_>>(), ["host", "x-amz-date"]);
            assert!(read.signature.is_some());
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        assert_eq!(
            told("Bearer x"),
            "the Authorization header: `AWS4-HMAC-SHA256` expected at its start"
        );
        assert_eq!(told("AWS AKID:x="), "the request is signed by Signature Version 2");
        assert_eq!(
            told("AWS4-HMAC-SHA256 Credential=a/20150830/r/s/aws4_request, Signature=x"),
            "the Authorization header: `SignedHeaders` is missing"
        );
        assert!(
            told("AWS4-HMAC-SHA256 Credential=AKID, SignedHeaders=host, Signature=x")
                .contains("a credential has five parts")
        );
    }

    #[test]
    fn reads_a_presigned_url() {
        let url = "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20150830T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=content-type%3Bhost&X-Amz-Signature=XXXX";
        let read =
            Authorization::of(&HttpRequest::of_url("GET", url).unwrap_or_else(|e| panic!("{e}")));
        let read = read.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((read.form, read.signed_headers.as_str()), (Form::Query, "content-type;host"));
        assert!(read.signature.is_none());
    }
}
