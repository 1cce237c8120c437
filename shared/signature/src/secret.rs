//! Secrets, signing keys and signatures: types that nothing can print by accident.
//!
//! None of them implements `Debug` or `Display`, so that no derived implementation, log line or
//! panic message around them compiles. Derivation:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::scope::Scope;

/// A secret access key. It cannot be printed, and its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A secret from its bytes, exactly as they are.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// A secret from the content of a file: one line end at its end belongs to the file.
    #[must_use]
    pub fn of_file(content: &[u8]) -> Self {
        let content = content.strip_suffix(b"\n").unwrap_or(content);
        Self::new(content.strip_suffix(b"\r").unwrap_or(content))
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes, for deriving keys from them and from damaged forms of them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A signing key: what signs, for one day, region and service. It cannot be printed.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key of a scope from a secret, as AWS documents it.
    #[must_use]
    pub fn derive(secret: &Secret, scope: &Scope<'_>) -> Self {
        let mut first = Zeroizing::new(b"AWS4".to_vec());
        first.extend_from_slice(secret.bytes());
        Self::chain(&first, [scope.date, scope.region, scope.service, scope.terminator])
    }

    /// The key that a chain of HMACs ends in.
    pub(crate) fn chain<'a>(first: &[u8], steps: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of_bytes(&Self::chain_bytes(first, steps))
    }

    /// The bytes of that key.
    pub(crate) fn chain_bytes<'a>(
        first: &[u8],
        steps: impl IntoIterator<Item = &'a str>,
    ) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new(first.to_vec());
        for step in steps {
            *key = hmac(&key, step.as_bytes()).to_vec();
        }
        key
    }

    /// The key with these bytes.
    pub(crate) fn of_bytes(key: &[u8]) -> Self {
        Self(keyed(key))
    }

    /// Signs a string to sign.
    #[must_use]
    pub fn sign(&self, string_to_sign: &[u8]) -> Signature {
        let mut mac = self.0.clone();
        mac.update(string_to_sign);
        Signature { bytes: mac.finalize().into_bytes().into(), has_capitals: false }
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // An HMAC takes a key of any length: the error cannot be.
    Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::<Sha256>::new(&[0; 64].into()))
}

/// One HMAC-SHA-256.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = keyed(key);
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// One HMAC-SHA-1, as version 2 signs.
pub(crate) fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut mac =
        Hmac::<Sha1>::new_from_slice(key).unwrap_or_else(|_| Hmac::<Sha1>::new(&[0; 64].into()));
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A signature of version 4. It cannot be printed, and is compared in constant time, without regard to
/// the case of its digits.
#[derive(Clone)]
pub struct Signature {
    bytes: [u8; 32],
    /// Whether a digit was written in upper case.
    has_capitals: bool,
}

impl Signature {
    /// Reads 64 hexadecimal digits; `None` for anything else, a redacted signature included.
    #[must_use]
    pub fn of_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut bytes = [0; 32];
        (text.len() == 64).then_some(())?;
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self { bytes, has_capitals: text.bytes().any(|b| b.is_ascii_uppercase()) })
    }

    /// Whether it was written in lower-case digits, as services compare it.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        !self.has_capitals
    }

    /// The signature in hexadecimal digits: only for who asked for it.
    #[must_use]
    pub fn reveal(&self) -> String {
        hex(&self.bytes)
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }
}

impl Eq for Signature {}

/// The SHA-256 of `bytes` in lower-case hexadecimal digits, as canonical requests and strings to
/// sign write it.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of nothing.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the documentation on deriving a signing key.
    #[test]
    fn derives_the_documented_key() {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let scope = Scope::new("20120215", "us-east-1", "iam");
        let chained = ["20120215", "us-east-1", "iam", "aws4_request"]
            .iter()
            .fold(b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_vec(), |key, step| {
                hmac(&key, step.as_bytes()).to_vec()
            });
        assert_eq!(
            hex(&chained),
            "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"
        );
        let signed = SigningKey::derive(&secret, &scope).sign(b"x");
        assert!(signed == SigningKey::of_bytes(&chained).sign(b"x"));
    }

    #[test]
    fn a_file_ends_in_one_line_end() {
        assert_eq!(Secret::of_file(b"abc\r\n").bytes(), b"abc");
        assert_eq!(Secret::of_file(b"abc\n\n").bytes(), b"abc\n");
        assert_eq!(Secret::of_file(b" abc ").bytes(), b" abc ");
    }

    #[test]
    fn only_hexadecimal_signatures_are_read() {
        let text = "ab".repeat(32);
        assert_eq!(Signature::of_hex(&text).unwrap().reveal(), text);
        assert!(Signature::of_hex(&"X".repeat(64)).is_none());
        assert!(Signature::of_hex("ab").is_none());
        assert_eq!(sha256_hex(b""), EMPTY_SHA256);
    }
}
