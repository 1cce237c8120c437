//! Signs a request, in the header form or as a presigned URL, and shows every step.
//!
//! Header: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>,
//! query: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.

use crate::canonical_request::{CanonicalRequest, UNSIGNED_PAYLOAD, payload_of};
use crate::http::HttpRequest;
use crate::scope::Scope;
use crate::secret::{Secret, Signature, SigningKey, sha256_hex};
use crate::string_to_sign::{ALGORITHM, StringToSign};
use crate::uri::{PathRules, encode, is_s3_family};

/// Headers that signers leave out, since hops change or drop them, in lower case.
pub const NEVER_SIGNED: &[&str] = &[
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

/// Who signs, and for what.
pub struct Signing<'a> {
    /// The access key id.
    pub access_key_id: &'a str,
    /// The secret.
    pub secret: &'a Secret,
    /// The token of temporary credentials.
    pub session_token: Option<&'a str>,
    /// Whether the token is part of what is signed. Some services want it added afterwards.
    pub token_is_signed: bool,
    /// The region.
    pub region: &'a str,
    /// The signing name of the service.
    pub service: &'a str,
    /// `YYYYMMDDTHHMMSSZ`.
    pub time: &'a str,
    /// How the path is written.
    pub path: PathRules,
    /// Whether the hash of the body is sent and signed as `x-amz-content-sha256` (header form), or
    /// signed instead of `UNSIGNED-PAYLOAD` (a presigned URL for S3 or a relative of it).
    pub sign_body: bool,
}

/// What signing made. It holds a signature: it cannot be printed.
pub struct Signed {
    /// The canonical request.
    pub canonical_request: CanonicalRequest<'static>,
    /// The string to sign.
    pub string_to_sign: String,
    /// The signature.
    pub signature: Signature,
    /// The value of the `Authorization` header, in the header form. It holds the signature.
    pub authorization: Option<String>,
    /// The whole query, in the query form. It holds the signature and the session token.
    pub presigned_query: Option<String>,
}

impl Signing<'_> {
    fn scope(&self) -> Scope<'_> {
        // A day is the date of the time; one that is shorter is signed as it is.
        Scope::new(self.time.get(..8).unwrap_or(self.time), self.region, self.service)
    }

    /// Signs in the header form, over all headers but [`NEVER_SIGNED`]. Signing headers that the
    /// request carries already are replaced.
    #[must_use]
    pub fn sign(&self, request: &HttpRequest) -> Signed {
        let mut request = request.clone();
        request.headers.retain(|header| !header.name.eq_ignore_ascii_case("authorization"));
        request.set_header("X-Amz-Date", self.time);
        if self.sign_body {
            let hash = payload_of(request.body.as_deref().unwrap_or_default());
            request.set_header("x-amz-content-sha256", hash);
        }
        if let Some(token) = self.session_token.filter(|_| self.token_is_signed) {
            request.set_header("X-Amz-Security-Token", token);
        }
        let payload = request.header("x-amz-content-sha256").map(str::to_owned);
        let payload =
            payload.unwrap_or_else(|| payload_of(request.body.as_deref().unwrap_or_default()));
        let names = signed_names(&request, &[]);
        let canonical =
            CanonicalRequest::of(&request, names.iter().map(String::as_str), self.path, &payload);
        let (string_to_sign, signature) = self.finish(&canonical);
        let authorization = format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
            self.access_key_id,
            self.scope().text(),
            canonical.signed_headers,
            signature.reveal()
        );
        Signed {
            canonical_request: canonical,
            string_to_sign,
            signature,
            authorization: Some(authorization),
            presigned_query: None,
        }
    }

    /// Signs in the query form: a URL that is valid for `expires` seconds. Signing parameters that the
    /// query carries already are replaced.
    #[must_use]
    pub fn presign(&self, request: &HttpRequest, expires: u64) -> Signed {
        let mut request = request.clone();
        request.query = without_signing_parameters(&request.query);
        let names =
            signed_names(&request, &["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"]);
        let credential = format!("{}/{}", self.access_key_id, self.scope().text());
        let mut parameters = vec![
            ("X-Amz-Algorithm", ALGORITHM.to_owned()),
            ("X-Amz-Credential", credential),
            ("X-Amz-Date", self.time.to_owned()),
            ("X-Amz-SignedHeaders", names.join(";")),
            ("X-Amz-Expires", expires.to_string()),
        ];
        let token = self.session_token.map(|token| ("X-Amz-Security-Token", token.to_owned()));
        if self.token_is_signed {
            parameters.extend(token.clone());
        }
        for (name, value) in &parameters {
            add_parameter(&mut request.query, name, value);
        }
        let body = request.body.as_deref().unwrap_or_default();
        let payload = match request.header("x-amz-content-sha256") {
            Some(stated) => stated.to_owned(),
            None if is_s3_family(self.service) && !self.sign_body => UNSIGNED_PAYLOAD.to_owned(),
            None => payload_of(body),
        };
        let canonical =
            CanonicalRequest::of(&request, names.iter().map(String::as_str), self.path, &payload);
        let (string_to_sign, signature) = self.finish(&canonical);
        let mut query = request.query;
        if let Some((name, value)) = token.filter(|_| !self.token_is_signed) {
            add_parameter(&mut query, name, &value);
        }
        add_parameter(&mut query, "X-Amz-Signature", &signature.reveal());
        Signed {
            canonical_request: canonical,
            string_to_sign,
            signature,
            authorization: None,
            presigned_query: Some(query),
        }
    }

    fn finish(&self, canonical: &CanonicalRequest<'_>) -> (String, Signature) {
        let hash = sha256_hex(canonical.text().as_bytes());
        let scope = self.scope();
        let scope_text = scope.text();
        let string_to_sign =
            StringToSign { algorithm: ALGORITHM, time: self.time, scope: &scope_text, hash: &hash }
                .text();
        let signature = SigningKey::derive(self.secret, &scope).sign(string_to_sign.as_bytes());
        (string_to_sign, signature)
    }
}

/// The names of the headers that are signed, in lower case, sorted, each once.
fn signed_names(request: &HttpRequest, left_out: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = request
        .headers
        .iter()
        .map(|header| header.name.to_ascii_lowercase())
        .filter(|name| !NEVER_SIGNED.contains(&name.as_str()) && !left_out.contains(&name.as_str()))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A query without the parameters that presigning adds, everything else as it stands.
fn without_signing_parameters(query: &str) -> String {
    const ADDED: [&str; 7] = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    ];
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let is_other = |pair: &&str| !ADDED.iter().any(|added| name(pair).eq_ignore_ascii_case(added));
    query.split('&').filter(is_other).collect::<Vec<_>>().join("&")
}

fn add_parameter(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    query.push_str(&encode(value.as_bytes()));
}
