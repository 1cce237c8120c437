//! What may be shown of texts that hold session tokens, keys and signatures.

use std::borrow::Cow;
use std::collections::HashMap;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::scope::CredentialScope;
use crate::secret::{Secret, hex};
use crate::uri;

/// Headers and parameters whose value is a session token, in lower case.
const TOKENS: &[&str] = &["x-amz-security-token", "x-amz-s3session-token"];
/// Headers and parameters whose value is, or holds, a signature, in lower case.
const SIGNATURES: &[&str] = &["authorization", "x-amz-signature", "signature"];

/// Headers whose value is a key that encrypts objects, in lower case.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>
const KEYS: &[&str] = &[
    "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key",
];
/// Parameters whose value is, or begins with, an access key id, in lower case.
const KEY_IDS: &[&str] = &["x-amz-credential", "awsaccesskeyid", "googleaccessid"];

/// Whether a header or parameter of this name holds a session token.
#[must_use]
pub fn is_token(name: &str) -> bool {
    TOKENS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a header or parameter of this name holds a value that is masked: a session token, or a key
/// that encrypts objects.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    is_token(name) || KEYS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether an access key id has the form of a secret access key: key id and secret were swapped.
#[must_use]
pub fn is_secret_key(key_id: &str) -> bool {
    let in_alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    key_id.len() == 40 && key_id.bytes().all(in_alphabet)
}

/// A credential, or an access key id alone, as it may be shown: key ids are, secrets in their place
/// are not.
#[must_use]
pub fn credential(text: &str) -> Cow<'_, str> {
    let decoded = uri::decode(text.trim());
    let Ok(decoded) = std::str::from_utf8(&decoded) else { return Cow::Borrowed(text) };
    let key_id = CredentialScope::parse(decoded).map_or(decoded, |scope| scope.access_key_id);
    if !is_secret_key(key_id) {
        return Cow::Borrowed(text);
    }
    let rest = &decoded[key_id.len()..];
    let is_encoded = text.contains('%');
    let rest = if is_encoded { rest.replace('/', "%2F") } else { rest.to_owned() };
    Cow::Owned(format!("{}{rest}", masked(key_id)))
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
    let is_one = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is_secret(name) && !value.is_empty() {
        Cow::Owned(masked(value))
    } else if is_one(KEY_IDS) {
        credential(value)
    } else if is_one(SIGNATURES) {
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

/// Values that no text may show, whole or in part.
#[derive(Default)]
pub struct Hidden {
    /// Eight bytes of a value, and what is shown instead of it.
    parts: HashMap<[u8; PART], usize>,
    /// Values that are shorter.
    short: Vec<(Zeroizing<String>, usize)>,
    shown: Vec<String>,
}

/// The bytes of a part that would give a value away, and the fewest that are looked for.
const PART: usize = 8;
const SHORTEST: usize = 4;

/// What stands beside a secret in the files that hold one, in lower case: no part of these words is
/// secret, and commands and sentences have them too.
const LABELS: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "access key id,secret access key",
    "secret access key",
    "secretaccesskey",
    "accesskeyid",
    "sessiontoken",
    "export aws_",
    "[default]",
];

impl Hidden {
    /// Hides a secret, or whatever else stands in the file that was given as one.
    pub fn add_secret(&mut self, secret: &Secret) {
        let text = Zeroizing::new(String::from_utf8_lossy(secret.bytes()).into_owned());
        self.add(&text);
    }

    /// Hides a value as it is and percent-encoded; what is masked already stays.
    pub fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.contains("{sha256:") {
            return;
        }
        let shown = self.shown.len();
        let mut is_hidden = false;
        let decoded = Zeroizing::new(uri::decode(value).into_owned());
        let upper = Zeroizing::new(uri::encode(&decoded));
        let lower = Zeroizing::new(upper.replace("%2F", "%2f").replace("%2B", "%2b"));
        for form in [value.as_bytes(), &decoded, upper.as_bytes(), lower.as_bytes()] {
            let parts = form.windows(PART).filter(|part| !is_label(part));
            for part in parts.filter_map(|part| part.try_into().ok()) {
                self.parts.entry(part).or_insert(shown);
                is_hidden = true;
            }
        }
        if !is_hidden && value.len() >= SHORTEST {
            self.short.push((Zeroizing::new(value.to_owned()), shown));
            is_hidden = true;
        }
        if is_hidden {
            self.shown.push(masked(value));
        }
    }

    /// A text as it may be shown.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let mut done = 0;
        let mut runs = self.runs(text.as_bytes()).peekable();
        while let Some((start, mut end, shown)) = runs.next() {
            while let Some(next) = runs.next_if(|next| next.0 < end) {
                end = end.max(next.1);
            }
            let start = text.floor_char_boundary(start).max(done);
            end = text.ceil_char_boundary(end);
            out.push_str(&text[done..start]);
            out.push_str(&self.shown[shown]);
            done = end;
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }

    /// The places of hidden parts in their order: start, end, and what is shown instead.
    fn runs<'s>(&'s self, text: &'s [u8]) -> impl Iterator<Item = (usize, usize, usize)> + 's {
        (0..text.len()).filter_map(move |at| {
            let rest = &text[at..];
            let part = rest.first_chunk::<PART>().and_then(|part| self.parts.get(part));
            let short = || {
                let mut short = self.short.iter();
                let (value, shown) = short.find(|(value, _)| rest.starts_with(value.as_bytes()))?;
                Some((at, at + value.len(), *shown))
            };
            part.map(|shown| (at, at + PART, *shown)).or_else(short)
        })
    }

    /// Hides a text in place.
    pub fn hide(&self, text: &mut String) {
        if let Cow::Owned(hidden) = self.text(text) {
            *text = hidden;
        }
    }
}

fn is_label(part: &[u8]) -> bool {
    let part = part.to_ascii_lowercase();
    LABELS.iter().any(|label| memchr::memmem::find(label.as_bytes(), &part).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_labels_a_secret_in_its_file_is_no_secret() {
        let mut hidden = Hidden::default();
        hidden.add_secret(&Secret::new(format!("export AWS_SECRET_ACCESS_KEY=\"{SECRET}\"")));
        let command = "curl --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\"";
        assert_eq!(hidden.text(command), command);
        for start in 0..=SECRET.len() - PART {
            assert!(hidden.text(&SECRET[start..start + PART]).starts_with("{sha256:"));
        }
    }

    #[test]
    fn tokens_and_signatures_are_not_shown() {
        assert_eq!(value("X-Amz-Security-Token", "a%2Fb"), value("x-amz-security-token", "a/b"));
        assert!(value("x-amz-security-token", "abc").starts_with("{sha256:"));
        assert_eq!(masked(&masked("abc")), masked("abc"));
        assert_eq!(query("a=b&X-Amz-Signature=12&c"), "a=b&X-Amz-Signature=-&c");
        assert_eq!(value("range", "bytes=0-"), "bytes=0-");
    }

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[test]
    fn a_secret_in_the_place_of_a_key_id_is_not_shown() {
        let masked = masked(SECRET);
        assert_eq!(credential(SECRET), masked);
        assert_eq!(
            value("X-Amz-Credential", &format!("{SECRET}/20150830/us-east-1/s3/aws4_request")),
            format!("{masked}/20150830/us-east-1/s3/aws4_request")
        );
        let encoded = "wJalrXUtnFEMI%2FK7MDENG%2BbPxRfiCYEXAMPLEKEY%2F20150830%2Fus-east-1%2Fs3%2Faws4_request";
        assert_eq!(
            query(&format!("a=b&X-Amz-Credential={encoded}")),
            format!("a=b&X-Amz-Credential={masked}%2F20150830%2Fus-east-1%2Fs3%2Faws4_request")
        );
        let key_id = "AKIAIOSFODNN7EXAMPLE%2F20150830%2Fus-east-1%2Fs3%2Faws4_request";
        assert_eq!(value("X-Amz-Credential", key_id), key_id);
    }

    #[test]
    fn keys_that_encrypt_objects_are_not_shown() {
        let key = "MzJieXRlc2xvbmdzZWNyZXRrZXltdXN0cHJvdmlkZWQ=";
        for name in KEYS {
            assert_eq!(value(&name.to_uppercase(), key), masked(key));
        }
        let digest = "x-amz-server-side-encryption-customer-key-MD5";
        assert_eq!(value(digest, "abc"), "abc");
    }

    #[test]
    fn hidden_values_are_found_in_every_form_and_part() {
        let mut hidden = Hidden::default();
        hidden.add(SECRET);
        hidden.add("short");
        hidden.add("abc");
        let encoded = "wJalrXUtnFEMI%2fK7MDENG%2bbPxRfiCYEXAMPLEKEY";
        let all = masked(SECRET);
        for (text, told) in [
            (SECRET.to_owned(), all.clone()),
            (format!("a {SECRET}, b"), format!("a {all}, b")),
            (format!("\u{e9}{encoded}\u{e9}"), format!("\u{e9}{all}\u{e9}")),
            (format!("{}…", &SECRET[..20]), format!("{all}…")),
            (format!("{}…", &SECRET[..7]), format!("{}…", &SECRET[..7])),
            (format!("{SECRET}/{SECRET}"), format!("{all}/{all}")),
            ("a short abc".to_owned(), format!("a {} abc", masked("short"))),
        ] {
            assert_eq!(hidden.text(&text), told, "{text}");
        }
    }
}
