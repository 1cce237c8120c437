//! What may be shown of texts that hold session tokens and signatures.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::secret::hex;
use crate::uri;

/// Headers and parameters whose value is a session token, in lower case.
const TOKENS: &[&str] = &["x-amz-security-token", "x-amz-s3session-token"];
/// Headers and parameters whose value is, or holds, a signature, in lower case.
const SIGNATURES: &[&str] = &["authorization", "x-amz-signature", "signature"];

/// Whether a header or parameter of this name holds a session token.
#[must_use]
pub fn is_token(name: &str) -> bool {
    TOKENS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// A session token as it may be shown: `{sha256:<16 hex>}`. A token taken from a URL is decoded
/// first, so that it reads the same wherever it was printed; one that is masked already stays.
#[must_use]
pub fn masked(token: &str) -> String {
    if token.starts_with("{sha256:") {
        return token.to_owned();
    }
    let hash = Sha256::digest(uri::decode(token.trim()));
    format!("{{sha256:{}}}", hex(&hash[..8]))
}

/// The value of a header or of a query parameter as it may be shown.
#[must_use]
pub fn value<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if is_token(name) && !value.is_empty() {
        Cow::Owned(masked(value))
    } else if SIGNATURES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        Cow::Borrowed("-")
    } else {
        Cow::Borrowed(value)
    }
}

/// A query as it may be shown.
#[must_use]
pub fn query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, text)) => format!("{name}={}", value(name, text)),
        None => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_signatures_are_not_shown() {
        assert_eq!(value("X-Amz-Security-Token", "a%2Fb"), value("x-amz-security-token", "a/b"));
        assert!(value("x-amz-security-token", "abc").starts_with("{sha256:"));
        assert_eq!(masked(&masked("abc")), masked("abc"));
        assert_eq!(query("a=b&X-Amz-Signature=12&c"), "a=b&X-Amz-Signature=-&c");
        assert_eq!(value("range", "bytes=0-"), "bytes=0-");
    }
}
