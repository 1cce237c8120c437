//! A case: everything that is known about one failing request, whatever it was read from.
//!
//! A case holds what was really sent, session tokens and signatures included, since hashes are
//! checked against it. It cannot be printed.

use std::fmt;

use crate::authorization::Authorization;
use crate::canonical_request::CanonicalRequest;
use crate::cause::Cause;
use crate::http::HttpRequest;
use crate::scope::CredentialScope;
use crate::secret::{Signature, sha256_hex};
use crate::string_to_sign::StringToSign;
use crate::version_2;

/// Everything that is known about one failing request.
#[derive(Clone, Default)]
pub struct Case {
    /// What the service answered.
    pub answer: Answer,
    /// What the verifier computed: from its answer, or from its own log.
    pub server: Texts,
    /// What the signer computed: from its debug log, or as captured.
    pub client: Texts,
    /// The request as it left the client.
    pub sent: Option<HttpRequest>,
    /// The request as it reached the verifier.
    pub received: Option<HttpRequest>,
    /// The signature that the request carried, if it is shown unredacted.
    pub signature: Option<Signature>,
    /// The same where it is one of version 2.
    pub version_2_signature: Option<version_2::Signature>,
    /// The access key id that the request carried.
    pub access_key_id: Option<String>,
    /// Which client signed, as far as its log or its user agent tells.
    pub client_name: Option<String>,
    /// What an access log says of the request.
    pub logged: Option<Logged>,
    /// Whether the key id or the signature of the client's log is not the refused request's: the log is
    /// of another request.
    pub is_of_two_requests: bool,
}

/// The texts that one side computed.
#[derive(Clone, Default)]
pub struct Texts {
    /// The canonical request.
    pub canonical_request: Option<CanonicalText>,
    /// The string to sign.
    pub string_to_sign: Option<String>,
    /// The SHA-256 of the canonical request, where only that is known.
    pub canonical_request_sha256: Option<String>,
}

/// A canonical request as a text shows it.
#[derive(Clone)]
pub struct CanonicalText {
    /// The text.
    pub text: String,
    /// Whether it was put together again from the bytes that S3 prints beside it.
    pub rebuilt: bool,
    /// What its writer found when checking it against its string to sign, before masking the session
    /// token in it. `None` when nobody did: [`Texts::is_intact`] then computes it.
    pub vouched: Option<bool>,
}

/// What the service answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The error code, without namespace or prefix.
    pub code: Option<String>,
    /// The message, without the canonical strings that some services append to it.
    pub message: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The request id.
    pub request_id: Option<String>,
    /// S3's extended request id.
    pub host_id: Option<String>,
    /// Other elements that bear on the cause, by their names as answered: `Region`, `ServerTime`,
    /// `RequestTime`, `MaxAllowedSkewMilliseconds`, `HeadersNotSigned`, `X-Amz-Expires`, `Expires`,
    /// `ClientComputedContentSHA256`, `S3ComputedContentSHA256`, `Endpoint`, `Bucket`, `BucketName`,
    /// `Details`, `Resource`, `Key`. Tokens are never among them.
    pub details: Vec<(String, String)>,
    /// Whether the answer echoes a session token (`Token-0`).
    pub echoes_token: bool,
    /// Whose answer it is, as far as its shape tells.
    pub vendor: Option<Vendor>,
}

/// Who answers in a shape of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// S3 of AWS, or a server that answers exactly as it does.
    S3,
    /// Another service of AWS: JSON or query protocol.
    Aws,
    /// Cloudflare R2.
    R2,
    /// Google Cloud Storage.
    Google,
    /// MinIO.
    Minio,
    /// Ceph's object gateway.
    Ceph,
}

/// What an access log says of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// When the server took it, Unix seconds.
    pub time: Option<i64>,
    /// The bytes of the answer, the error body alone.
    pub bytes_sent: Option<u64>,
    /// `SigV2` or `SigV4`.
    pub signature_version: Option<String>,
    /// `AuthHeader` or `QueryString`.
    pub authentication: Option<String>,
    /// The host header.
    pub host: Option<String>,
    /// The method and the target of the Request-URI.
    pub target: Option<(String, String)>,
    /// The region of the source bucket, where logged.
    pub region: Option<String>,
    /// The user agent.
    pub user_agent: Option<String>,
    /// What its reader tells of the cause, from the fields of the line alone.
    pub says: Option<Cause>,
}

impl Case {
    /// The case of the refused request alone, without what the client logged of another.
    #[must_use]
    pub fn without_client(&self) -> Self {
        let mut own = self.clone();
        own.client = Texts::default();
        own.sent = None;
        own.client_name = None;
        own
    }

    /// Whether one is of a client's log, the other of a refusal, and they are told to be of two requests
    /// by key id or signature.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        let is_log = |case: &Self| !case.client.is_empty();
        let is_refusal = |case: &Self| !case.server.is_empty() || case.answer.code.is_some();
        let are_both = |one: &Self, other: &Self| is_log(one) && is_refusal(other);
        if is_log(self) == is_log(other) || !(are_both(self, other) || are_both(other, self)) {
            return false;
        }
        let (own, theirs) = (self.carried(), other.carried());
        let differ = |one: Option<Signature>, other: Option<Signature>| {
            one.zip(other).is_some_and(|(one, other)| one != other)
        };
        let is_whole = |id: &&str| {
            id.len() >= 16 && id.bytes().all(|b| b.is_ascii_alphanumeric()) && !id.contains("XXXX")
        };
        let (own_id, their_id) =
            (own.1.as_deref().filter(is_whole), theirs.1.as_deref().filter(is_whole));
        differ(own.0, theirs.0) || own_id.zip(their_id).is_some_and(|(one, other)| one != other)
    }

    /// The signature and the key id, wherever they stand.
    fn carried(&self) -> (Option<Signature>, Option<String>) {
        let sent = self.sent.as_ref().and_then(|request| Authorization::of(request).ok());
        let credential = sent.as_ref().and_then(|found| {
            let scope = CredentialScope::parse(&found.credential).ok()?;
            Some(scope.access_key_id.to_owned())
        });
        let signature = self.signature.clone().or_else(|| sent?.signature);
        (signature, self.access_key_id.clone().or(credential))
    }
}

impl Answer {
    /// The value of another element.
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        let found = self.details.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl CanonicalText {
    /// A text as it was found.
    #[must_use]
    pub fn found(text: impl Into<String>) -> Self {
        Self { text: text.into(), rebuilt: false, vouched: None }
    }

    /// Its parts, if it has them all.
    #[must_use]
    pub fn parts(&self) -> Option<CanonicalRequest<'_>> {
        CanonicalRequest::parse(&self.text).ok()
    }
}

impl Texts {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.canonical_request.is_none()
            && self.string_to_sign.is_none()
            && self.canonical_request_sha256.is_none()
    }

    /// The string to sign, taken apart.
    #[must_use]
    pub fn parsed(&self) -> Option<StringToSign<'_>> {
        StringToSign::parse(self.string_to_sign.as_deref()?).ok()
    }

    /// The hash of the canonical request that was signed or verified, whatever tells it.
    #[must_use]
    pub fn hash(&self) -> Option<String> {
        let parsed = self.parsed().map(|text| text.hash.to_ascii_lowercase());
        parsed.or_else(|| self.canonical_request_sha256.as_deref().map(str::to_ascii_lowercase))
    }

    /// Whether the canonical request is the one whose hash the string to sign holds: `Some(true)`
    /// fixes it by cryptography, `Some(false)` says that the text was altered, `None` that nothing
    /// tells.
    #[must_use]
    pub fn is_intact(&self) -> Option<bool> {
        let canonical = self.canonical_request.as_ref()?;
        let hash = self.hash();
        if hash.as_deref() == Some(sha256_hex(canonical.text.as_bytes()).as_str()) {
            return Some(true);
        }
        // Only a masked token excuses a text from hashing to what its writer vouched for.
        let vouched =
            canonical.vouched.filter(|&whole| !whole || canonical.text.contains("{sha256:"));
        vouched.or_else(|| hash.map(|_| false))
    }
}

impl fmt::Debug for Case {
    /// Shows nothing of what was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").finish_non_exhaustive()
    }
}
