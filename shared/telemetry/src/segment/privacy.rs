//! What a segment does not tell of people: addresses, user agents and object keys.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sigdrift_signature::cause::EvidenceKind;

use super::line::Text;

/// What is hidden in a segment. Equal values stay equal, so that counts, retries and contrasts hold.
#[derive(Clone, Default)]
pub struct Privacy {
    /// Client addresses are written as hashes.
    pub addresses: bool,
    /// User agents are written as hashes. The client and the deploy version that they tell stay.
    pub user_agents: bool,
    /// Texts that may quote an object key are left out: evidence in words, and why a line could not
    /// be read. No other text of a segment holds one.
    pub keys: bool,
    /// Makes the hashes differ from anybody else's, so that they cannot be looked up in a table.
    pub salt: Vec<u8>,
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Privacy")
            .field("addresses", &self.addresses)
            .field("user_agents", &self.user_agents)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl Privacy {
    pub(super) fn address<'a>(&self, address: Option<&'a str>) -> Text<'a> {
        self.hidden(self.addresses, address)
    }

    pub(super) fn user_agent<'a>(&self, user_agent: Option<&'a str>) -> Text<'a> {
        self.hidden(self.user_agents, user_agent)
    }

    /// Evidence in words. What a rule says names kinds of things; all else may quote.
    pub(super) fn detail<'a>(&self, kind: EvidenceKind, detail: Option<&'a str>) -> Text<'a> {
        detail.filter(|_| !self.keys || kind == EvidenceKind::Rule).map(Cow::Borrowed)
    }

    pub(super) fn reason<'a>(&self, reason: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(if self.keys { "(hidden)" } else { reason })
    }

    fn hidden<'a>(&self, is_hidden: bool, text: Option<&'a str>) -> Text<'a> {
        match is_hidden {
            true => text.map(|text| Cow::Owned(self.hash(text))),
            false => text.map(Cow::Borrowed),
        }
    }

    fn hash(&self, text: &str) -> String {
        // A key of any length will do for HMAC.
        let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(&self.salt) else {
            return String::new();
        };
        hash.update(text.as_bytes());
        let hash = hash.finalize().into_bytes();
        let hex: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{{hmac:{hex}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_address_has_the_same_hash_and_with_another_salt_another() {
        let privacy =
            |salt: &[u8]| Privacy { addresses: true, salt: salt.to_vec(), ..Privacy::default() };
        let hash = |salt: &[u8], ip| privacy(salt).address(Some(ip)).unwrap().into_owned();
        assert_eq!(hash(b"a", "192.0.2.1"), hash(b"a", "192.0.2.1"));
        assert_ne!(hash(b"a", "192.0.2.1"), hash(b"a", "192.0.2.2"));
        assert_ne!(hash(b"a", "192.0.2.1"), hash(b"b", "192.0.2.1"));
        assert!(!hash(b"a", "192.0.2.1").contains("192"));
        assert_eq!(privacy(b"a").user_agent(Some("x/1")).as_deref(), Some("x/1"));
        assert!(!format!("{:?}", privacy(b"pepper")).contains("112"));
    }
}
