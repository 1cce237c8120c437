//! A browser's upload to S3: a form whose policy is signed.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>. The string to
//! sign is the policy as it stands in the form, base64 and all; nothing else of the request is signed.
//! Forms of version 2 sign the same text in the older way.

mod multipart;
mod policy;

use crate::authorization::Version;
use crate::host::{Endpoint, EndpointKind, normalize};
use crate::http::HttpRequest;
use crate::scope::{CredentialScope, Scope, ScopeError};
use crate::secret::{Secret, Signature, SigningKey};
use crate::string_to_sign::{ALGORITHM, ALGORITHM_V4A};
use crate::version_2;

pub use multipart::MultipartError;
pub use policy::{Condition, Policy, PolicyError, Unmet};

/// A form. Its fields may hold a session token and a signature: it cannot be printed.
#[derive(Clone)]
pub struct PostForm {
    /// Names and values in their order, up to the file: S3 ignores what follows it.
    fields: Vec<(String, String)>,
    /// The file.
    file: Option<File>,
    /// The buckets that the request may be for, as far as its URL tells.
    buckets: Vec<String>,
}

/// The file of a form.
#[derive(Clone)]
struct File {
    name: String,
    /// Its length in bytes, if all of it is shown.
    length: Option<u64>,
}

/// What a form carries to prove who signed its policy. It holds a signature: it cannot be printed.
#[derive(Clone)]
pub struct SignedPolicy {
    /// The policy as it stands in the form: the string to sign.
    pub policy: String,
    /// How it is signed.
    pub proof: Proof,
}

/// How a policy is signed.
#[derive(Clone)]
pub enum Proof {
    /// `x-amz-credential`, `x-amz-date`, `x-amz-signature`.
    Version4 {
        /// Version 4 or 4A.
        version: Version,
        /// `KEY/DATE/REGION/SERVICE/aws4_request`.
        credential: String,
        /// `YYYYMMDDTHHMMSSZ`.
        time: String,
        /// The signature, if it can be read.
        signature: Option<Signature>,
    },
    /// `AWSAccessKeyId`, `signature`.
    Version2 {
        /// The access key id.
        access_key_id: String,
        /// The signature, if it can be read.
        signature: Option<version_2::Signature>,
    },
}

/// Why a form, or what it carries of a signature, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// It is another kind of request.
    #[error("the request is no POST of `multipart/form-data`, or its body is not shown")]
    OtherRequest,
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] MultipartError),
    /// A field is missing.
    #[error("the form: the field `{field}` is missing")]
    Field {
        /// Which.
        field: &'static str,
    },
    /// It is signed by something else.
    #[error("the form: `AWS4-HMAC-SHA256` expected in the field `x-amz-algorithm`")]
    Algorithm,
    /// The credential is not one.
    #[error("the form, field `x-amz-credential`: {0}")]
    Credential(#[from] ScopeError),
    /// The credential names no region, which only version 4A leaves out.
    #[error(
        "the form, field `x-amz-credential`: a credential of version 4 has five parts, this one has four"
    )]
    Region,
}

/// Whether a request is a form as browsers send it, whoever wants it.
#[must_use]
pub fn is_form(request: &HttpRequest) -> bool {
    let kind = request.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    request.method.eq_ignore_ascii_case("POST") && kind.eq_ignore_ascii_case("multipart/form-data")
}

impl PostForm {
    /// The form that a request sends.
    ///
    /// # Errors
    /// When it is another request, or the body cannot be read; the error says which part and why.
    pub fn of(request: &HttpRequest) -> Result<Self, PostError> {
        let body = request.body.as_deref().filter(|_| is_form(request));
        let body = body.ok_or(PostError::OtherRequest)?;
        let boundary = multipart::boundary(request.header("content-type").unwrap_or_default())?;
        let mut form = Self { fields: Vec::new(), file: None, buckets: buckets(request) };
        for part in multipart::parts(boundary, body)? {
            if part.name.eq_ignore_ascii_case("file") {
                form.file = Some(File {
                    name: part.filename.unwrap_or_default(),
                    length: part.is_whole.then_some(part.content.len() as u64),
                });
                break;
            }
            let value = String::from_utf8_lossy(part.content).into_owned();
            form.fields.push((part.name, value));
        }
        Ok(form)
    }

    /// A form of fields that are known by name, without a file.
    #[must_use]
    pub fn of_fields(fields: Vec<(String, String)>) -> Self {
        Self { fields, file: None, buckets: Vec::new() }
    }

    /// The names and values in their order. They may be tokens and signatures.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a field; names are compared without regard to case, as S3 does.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether it carries a policy: a form for S3, as far as can be seen.
    #[must_use]
    pub fn has_policy(&self) -> bool {
        self.field("policy").is_some()
    }

    /// What it carries of a signature.
    ///
    /// # Errors
    /// When a field is missing or cannot be read; the error says which.
    pub fn signed(&self) -> Result<SignedPolicy, PostError> {
        let field = |field: &'static str| self.field(field).ok_or(PostError::Field { field });
        let policy = field("policy")?.to_owned();
        if self.field("AWSAccessKeyId").is_some() && self.field("x-amz-credential").is_none() {
            let access_key_id = field("AWSAccessKeyId")?.to_owned();
            let signature = version_2::Signature::of_base64(field("signature")?);
            return Ok(SignedPolicy {
                policy,
                proof: Proof::Version2 { access_key_id, signature },
            });
        }
        let credential = field("x-amz-credential")?.to_owned();
        let version = match field("x-amz-algorithm")? {
            ALGORITHM => Version::V4,
            ALGORITHM_V4A => Version::V4a,
            _ => return Err(PostError::Algorithm),
        };
        let time = field("x-amz-date")?.to_owned();
        let signature = Signature::of_hex(field("x-amz-signature")?);
        if CredentialScope::parse(&credential)?.region.is_none() && version == Version::V4 {
            return Err(PostError::Region);
        }
        Ok(SignedPolicy { policy, proof: Proof::Version4 { version, credential, time, signature } })
    }
}

impl SignedPolicy {
    /// The access key id.
    #[must_use]
    pub fn access_key_id(&self) -> Option<&str> {
        match &self.proof {
            Proof::Version2 { access_key_id, .. } => Some(access_key_id),
            Proof::Version4 { credential, .. } => {
                CredentialScope::parse(credential).ok().map(|scope| scope.access_key_id)
            }
        }
    }

    /// The scope that the signature is bound to, in version 4.
    #[must_use]
    pub fn scope(&self) -> Option<Scope<'_>> {
        match &self.proof {
            Proof::Version4 { credential, .. } => CredentialScope::parse(credential).ok()?.scope(),
            Proof::Version2 { .. } => None,
        }
    }

    /// Whether the signature is one that can be read.
    #[must_use]
    pub fn has_signature(&self) -> bool {
        match &self.proof {
            Proof::Version4 { signature, .. } => signature.is_some(),
            Proof::Version2 { signature, .. } => signature.is_some(),
        }
    }

    /// Whether it carries the same signature as another. Compared in constant time.
    #[must_use]
    pub fn has_signature_of(&self, other: &Self) -> bool {
        match (&self.proof, &other.proof) {
            (
                Proof::Version4 { signature: Some(one), .. },
                Proof::Version4 { signature: Some(other), .. },
            ) => one == other,
            (
                Proof::Version2 { signature: Some(one), .. },
                Proof::Version2 { signature: Some(other), .. },
            ) => one == other,
            _ => false,
        }
    }

    /// What `secret` makes of a policy, in the form's own scope; `None` in version 4A, whose keys are
    /// not shared. It is a signature: only for who asked for it.
    #[must_use]
    pub fn revealed_signature(&self, secret: &Secret) -> Option<String> {
        let policy = self.policy.as_bytes();
        match &self.proof {
            Proof::Version4 { version: Version::V4, .. } => {
                Some(SigningKey::derive(secret, &self.scope()?).sign(policy).reveal())
            }
            Proof::Version4 { .. } => None,
            Proof::Version2 { .. } => {
                let algorithm = version_2::Algorithm::HmacSha1;
                Some(version_2::Signature::of(secret, algorithm, policy).reveal())
            }
        }
    }

    /// Whether the form's signature is the one that `secret` makes of `text`, in the form's own scope.
    /// Compared in constant time.
    #[must_use]
    pub fn is_signature_of(&self, secret: &Secret, text: &[u8]) -> bool {
        match &self.proof {
            Proof::Version4 { signature, version: Version::V4, .. } => {
                let (Some(signature), Some(scope)) = (signature, self.scope()) else {
                    return false;
                };
                SigningKey::derive(secret, &scope).sign(text) == *signature
            }
            Proof::Version4 { .. } => false,
            Proof::Version2 { signature, .. } => signature.as_ref().is_some_and(|signature| {
                version_2::Signature::of(secret, signature.algorithm(), text) == *signature
            }),
        }
    }

    /// Whether `secret` signed the policy.
    #[must_use]
    pub fn is_signed_by(&self, secret: &Secret) -> bool {
        self.is_signature_of(secret, self.policy.as_bytes())
    }
}

/// The buckets that a URL may name: by its host, by its path, or, at a host of nobody's, by either.
fn buckets(request: &HttpRequest) -> Vec<String> {
    let host = normalize(request.header("host").unwrap_or_default()).into_owned();
    let endpoint = Endpoint::of(&host);
    let of_path = request.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let mut found: Vec<&str> = Vec::new();
    found.extend(endpoint.bucket);
    if endpoint.bucket.is_none() && !of_path.is_empty() {
        found.push(of_path);
    }
    if endpoint.kind == EndpointKind::Foreign {
        found.extend([host.split('.').next().unwrap_or_default(), host.as_str()]);
    }
    found.into_iter().filter(|bucket| !bucket.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fields: &[(&str, &str)]) -> String {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        match PostForm::of_fields(fields.iter().map(own).collect()).signed() {
            Ok(signed) => signed.access_key_id().unwrap_or_default().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    const CREDENTIAL: (&str, &str) =
        ("X-Amz-Credential", "AKID/20151229/us-east-1/s3/aws4_request");

    #[test]
    fn what_is_missing_is_named() {
        let policy = ("policy", "e30=");
        let algorithm = ("x-amz-algorithm", "AWS4-HMAC-SHA256");
        let date = ("x-amz-date", "20151229T000000Z");
        let signature = ("x-amz-signature", "00");
        for (fields, expected) in [
            (&[CREDENTIAL][..], "the form: the field `policy` is missing"),
            (&[policy], "the form: the field `x-amz-credential` is missing"),
            (&[policy, CREDENTIAL, algorithm], "the form: the field `x-amz-date` is missing"),
            (&[policy, CREDENTIAL, algorithm, date, signature], "AKID"),
            (&[policy, ("AWSAccessKeyId", "OLD"), ("signature", "c2ln")], "OLD"),
            (&[policy, ("AWSAccessKeyId", "OLD")], "the form: the field `signature` is missing"),
            (
                &[policy, CREDENTIAL, ("x-amz-algorithm", "AWS4-HMAC-SHA512")],
                "the form: `AWS4-HMAC-SHA256` expected in the field `x-amz-algorithm`",
            ),
            (
                &[policy, ("x-amz-credential", "AKID/s3"), algorithm, date, signature],
                "the form, field `x-amz-credential`: a credential has five parts \
                 `KEY/DATE/REGION/SERVICE/aws4_request`, this one has 2",
            ),
        ] {
            assert_eq!(told(fields), expected);
        }
    }

    #[test]
    fn other_requests_are_no_forms() {
        for raw in [
            "GET / HTTP/1.1\nContent-Type: multipart/form-data; boundary=B\n\n--B--",
            "POST / HTTP/1.1\nContent-Type: application/json\n\n{}",
        ] {
            let request = HttpRequest::parse(raw.as_bytes()).unwrap();
            assert_eq!(PostForm::of(&request).err(), Some(PostError::OtherRequest));
        }
        let raw = "POST / HTTP/1.1\nContent-Type: multipart/form-data\n\n--B--";
        let request = HttpRequest::parse(raw.as_bytes()).unwrap();
        assert_eq!(PostForm::of(&request).err(), Some(MultipartError::Boundary.into()));
    }
}
