//! Verifies a request's signature, as the service would that received it.

use crate::authorization::{Authorization, AuthorizationError, Form, Version};
use crate::canonical_request::{CanonicalRequest, UNSIGNED_PAYLOAD, payload_of};
use crate::http::HttpRequest;
use crate::scope::Scope;
use crate::secret::{Secret, SigningKey, sha256_hex};
use crate::string_to_sign::{ALGORITHM, ALGORITHM_V4A, StringToSign};
use crate::uri::{PathRules, is_s3_family};

/// What a verifier computes of a request before it asks for the secret.
#[derive(Clone)]
pub struct Verifiable {
    /// What the request carries.
    pub authorization: Authorization,
    /// The canonical request of what was received.
    pub canonical_request: CanonicalRequest<'static>,
    /// The time of the request as signed: `X-Amz-Date`, or `Date` written in that way.
    pub time: String,
    /// The regions that a request of version 4A is signed for: `X-Amz-Region-Set`.
    pub region_set: Option<String>,
}

/// Why a request cannot be verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Its signing parameters cannot be read.
    #[error(transparent)]
    Authorization(#[from] AuthorizationError),
    /// It does not say when it was signed.
    #[error("the request has no X-Amz-Date")]
    Time,
}

impl Verifiable {
    /// Makes the canonical request of a received request, over the headers that it declares signed,
    /// by the rules of the service in its scope (or by `rules`).
    ///
    /// # Errors
    /// When the request does not carry what is needed.
    pub fn of(request: &HttpRequest, rules: Option<PathRules>) -> Result<Self, VerifyError> {
        let authorization = Authorization::of(request)?;
        let time = match authorization.form {
            Form::Header => {
                let own = request.header("x-amz-date").map(str::to_owned);
                own.or_else(|| request.header("date").map(of_http_date))
            }
            Form::Query => request.parameter("X-Amz-Date"),
        };
        let time = time.filter(|time| !time.is_empty()).ok_or(VerifyError::Time)?;
        let service = authorization.scope().map_or("", |scope| scope.service);
        let rules = rules.unwrap_or_else(|| PathRules::of_service(service));
        let payload = payload_line(request, &authorization);
        let canonical_request =
            CanonicalRequest::of(request, authorization.signed_names(), rules, &payload);
        let region_set = request.header("x-amz-region-set").map(str::to_owned);
        let region_set = region_set.or_else(|| request.parameter("X-Amz-Region-Set"));
        Ok(Self { canonical_request, authorization, time, region_set })
    }

    /// The scope that the credential names; `None` in version 4A, whose scope names no region.
    #[must_use]
    pub fn scope(&self) -> Option<Scope<'_>> {
        self.authorization.scope().and_then(|scope| scope.scope())
    }

    /// The string to sign of what was received.
    #[must_use]
    pub fn string_to_sign(&self) -> String {
        let credential = self.authorization.scope();
        let hash = sha256_hex(self.canonical_request.text().as_bytes());
        let algorithm = match self.authorization.version {
            Version::V4a => ALGORITHM_V4A,
            Version::V2 | Version::V4 => ALGORITHM,
        };
        let scope = credential.map_or_else(String::new, |credential| credential.scope_text());
        StringToSign { algorithm, time: &self.time, scope: &scope, hash: &hash }.text()
    }

    /// Whether the signature is the one that `secret` makes. Compared in constant time. A signature of
    /// version 4A is never: it is checked with a public key, and never the same twice.
    #[must_use]
    pub fn is_signed_by(&self, secret: &Secret) -> bool {
        let (Some(signature), Some(scope)) = (&self.authorization.signature, self.scope()) else {
            return false;
        };
        SigningKey::derive(secret, &scope).sign(self.string_to_sign().as_bytes()) == *signature
    }
}

/// A `Date` header, `Fri, 24 May 2013 00:00:00 GMT`, as a string to sign has it. Anything else stays
/// as it is.
fn of_http_date(date: &str) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let read = || {
        let (_, date) = date.split_once(", ")?;
        let mut parts = date.split(' ');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        let time = parts.next()?.replace(':', "");
        let month = MONTHS.as_bytes().chunks(3).position(|name| name == month.as_bytes())? + 1;
        Some(format!("{year}{month:02}{day:0>2}T{time}Z"))
    };
    read().unwrap_or_else(|| date.to_owned())
}

/// The payload line that a verifier uses: what the request states, else what its service assumes.
pub(crate) fn payload_line(request: &HttpRequest, authorization: &Authorization) -> String {
    let service = authorization.scope().map_or("", |scope| scope.service);
    let stated = request.header("x-amz-content-sha256").map(str::to_owned);
    let stated = stated.or_else(|| request.parameter("X-Amz-Content-Sha256"));
    if let Some(stated) = stated.filter(|stated| !stated.is_empty()) {
        return stated;
    }
    if authorization.form == Form::Query && is_s3_family(service) {
        return UNSIGNED_PAYLOAD.to_owned();
    }
    payload_of(request.body.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_header_is_a_time_too() {
        assert_eq!(of_http_date("Fri, 24 May 2013 00:00:07 GMT"), "20130524T000007Z");
        assert_eq!(of_http_date("20130524T000007Z"), "20130524T000007Z");
    }
}
