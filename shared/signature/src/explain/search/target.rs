//! What a candidate has to meet: a hash, or a signature.

use sha2::{Digest, Sha256};

use crate::scope::Scope;
use crate::secret::{Secret, Signature, SigningKey, hex};
use crate::string_to_sign::{ALGORITHM, StringToSign};

/// A key that may have signed, with the head of the string that it signed.
pub struct Key {
    key: SigningKey,
    /// Algorithm, time and scope, each with its line end.
    head: Vec<u8>,
}

impl Key {
    /// The key of a secret for a scope, signing at `time` for the same scope.
    #[must_use]
    pub fn new(secret: &Secret, scope: &Scope<'_>, time: &str) -> Self {
        Self::with(SigningKey::derive(secret, scope), &scope.text(), time)
    }

    /// Any key, signing at `time` for `scope`.
    #[must_use]
    pub fn with(key: SigningKey, scope: &str, time: &str) -> Self {
        let text = StringToSign { algorithm: ALGORITHM, time, scope, hash: "" }.text();
        Self { key, head: text.into_bytes() }
    }

    /// What it signs for a canonical request with this hash.
    #[must_use]
    pub fn sign(&self, hash: &[u8]) -> Signature {
        // A search signs a text for every candidate: without asking for memory, if it is not too long.
        let mut room = [0; 256];
        let (head, end) = (self.head.len(), self.head.len() + hash.len());
        let Some(text) = room.get_mut(..end) else {
            return self.key.sign(&[&self.head, hash].concat());
        };
        text[..head].copy_from_slice(&self.head);
        text[head..].copy_from_slice(hash);
        self.key.sign(text)
    }

    /// What it signs of a text that is itself the string to sign.
    #[must_use]
    pub fn sign_bytes(&self, string_to_sign: &[u8]) -> Signature {
        self.key.sign(string_to_sign)
    }

    /// What it signs for this canonical request.
    #[must_use]
    pub fn sign_text(&self, canonical_request: &[u8]) -> Signature {
        self.sign(hex(&Sha256::digest(canonical_request)).as_bytes())
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What a candidate has to meet.
pub enum Target {
    /// The SHA-256 that the signer's string to sign holds.
    Hash([u8; 32]),
    /// The signature that was sent, made with one of these keys.
    Signature(Signature, Vec<Key>),
}

impl Target {
    /// A hash from its hexadecimal digits.
    #[must_use]
    pub fn hash(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        (text.len() == 64).then_some(())?;
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self::Hash(hash))
    }

    /// Whether a canonical request meets it: the number of the key that signs it (0 for a hash).
    #[must_use]
    pub fn is_met_by(&self, canonical_request: &[u8]) -> Option<usize> {
        self.is_met_by_hash(&Sha256::digest(canonical_request).into())
    }

    /// The same for a canonical request with this SHA-256.
    #[must_use]
    pub fn is_met_by_hash(&self, hash: &[u8; 32]) -> Option<usize> {
        match self {
            Self::Hash(wanted) => (hash == wanted).then_some(0),
            Self::Signature(wanted, keys) => {
                let mut digits = [0; 64];
                for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
                    pair.copy_from_slice(&[
                        DIGITS[usize::from(byte >> 4)],
                        DIGITS[usize::from(byte & 15)],
                    ]);
                }
                keys.iter().position(|key| key.sign(&digits) == *wanted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::sha256_hex;

    #[test]
    fn a_hash_and_a_signature_are_met_by_one_text_alone() {
        let target = Target::hash(&sha256_hex(b"text")).unwrap();
        assert_eq!((target.is_met_by(b"text"), target.is_met_by(b"other")), (Some(0), None));
        let scope = Scope::new("20150830", "us-east-1", "s3");
        let key = |secret: &str| Key::new(&Secret::new(secret), &scope, "20150830T000000Z");
        let signed = key("right").sign_text(b"text");
        let target = Target::Signature(signed, vec![key("wrong"), key("right")]);
        assert_eq!((target.is_met_by(b"text"), target.is_met_by(b"other")), (Some(1), None));
        let key =
            Key::with(SigningKey::derive(&Secret::new("right"), &scope), &"s".repeat(300), "");
        let text = [key.head.as_slice(), sha256_hex(b"text").as_bytes()].concat();
        assert!(key.sign_text(b"text") == key.key.sign(&text));
    }
}
