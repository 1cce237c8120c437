//! What must never leave the reader: session tokens are masked, signatures and secrets removed.
//!
//! A session token becomes `{sha256:<16 hex>}`, so that two texts can still be compared; a
//! signature or a secret becomes `-`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secret {
    Token,
    Removed,
}

/// Names before a value that is not kept, in lower case; compared without regard to case.
const NAMES: &[(&str, Secret)] = &[
    ("x-amz-security-token", Secret::Token),
    ("x-amz-s3session-token", Secret::Token),
    ("aws_session_token", Secret::Token),
    ("sessiontoken", Secret::Token),
    ("session_token", Secret::Token),
    ("securitytoken", Secret::Token),
    ("token-0", Secret::Token),
    ("signatureprovided", Secret::Removed),
    ("signature", Secret::Removed),
    ("secretaccesskey", Secret::Removed),
    ("secret_access_key", Secret::Removed),
    ("secret_key", Secret::Removed),
    ("secretkey", Secret::Removed),
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(NAMES.iter().map(|(name, _)| name))
        .ok()
});

/// `text` without session tokens, signatures and secret keys that are named as such.
#[must_use]
pub fn mask(text: &str) -> String {
    let Some(finder) = FINDER.as_ref() else { return String::new() };
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for found in finder.find_iter(text) {
        if found.start() < done {
            continue;
        }
        let Some((start, end)) = value(text, found.end()) else { continue };
        out.push_str(&text[done..start]);
        let secret = NAMES.get(found.pattern().as_usize()).map_or(Secret::Removed, |row| row.1);
        match secret {
            Secret::Token => out.push_str(&masked(&text[start..end])),
            Secret::Removed => out.push('-'),
        }
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

/// The characters that keys, tokens and signatures are written with.
fn is_opaque(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=%_-".contains(c)
}

/// Whether a word may be a secret key, a session token or a signature: it is long and no word of a
/// language. A UUID and a commit's hash are not.
fn may_be_secret(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
    let is_mixed =
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let is_hash = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    (word.len() >= 36 && is_mixed) || is_hash || word.len() >= 100
}

/// `text` as it may be quoted: [`mask`]ed, and without long words that no name stands before.
#[must_use]
pub fn quotable(text: &str) -> String {
    let text = mask(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_opaque) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !is_opaque(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        out.push_str(before);
        // What is masked already stands in braces behind `sha256:`.
        if may_be_secret(word) {
            out.push_str(&masked(word))
        } else {
            out.push_str(word)
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A session token as it may be shown. A token taken from a URL is decoded first, so that it reads
/// the same wherever it was printed.
#[must_use]
pub fn masked(token: &str) -> String {
    if token.starts_with("{sha256:") {
        return token.to_owned();
    }
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(token.trim()).collect();
    let hash = Sha256::digest(&decoded);
    let hex: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{{sha256:{hex}}}")
}

/// Where the value after a name begins and ends, if the name is followed by one.
fn value(text: &str, after: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let is = |at: usize, set: &[u8]| bytes.get(at).is_some_and(|byte| set.contains(byte));
    let mut at = after;
    while at < after + 3 && is(at, b"'\"\\] ") {
        at += 1;
    }
    if !is(at, b":=>") {
        return None;
    }
    let in_line = is(at, b":");
    at += 1;
    if is(at, b">") {
        at += 1;
    }
    while is(at, b" ") {
        at += 1;
    }
    let optional = text.get(at..).filter(|rest| rest.starts_with("Some("));
    at += optional.map_or(0, |_| "Some(".len());
    if is(at, b"b") && is(at + 1, b"'\"") {
        at += 1;
    }
    while is(at, b"\\'\"`[") {
        at += 1;
    }
    // The value of a header may hold nearly anything, that of a query parameter may not.
    let ends: &[u8] = if in_line { b"\r\n\t'\"`<>\\," } else { b"\r\n\t'\"`<>\\,;& )]}" };
    let length = bytes[at..].iter().position(|byte| ends.contains(byte));
    let end = length.map_or(text.len(), |length| at + length);
    (end > at).then_some((at, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_not_quoted() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let quoted =
            quotable(&format!("expired {secret}, id 0f8fad5b-d9cb-469f-a165-70867728950e"));
        assert!(quoted.starts_with("expired {sha256:") && !quoted.contains("K7MDENG"));
        assert!(quoted.ends_with("id 0f8fad5b-d9cb-469f-a165-70867728950e"));
        assert_eq!(quotable("The region 'us-east-1' is wrong"), "The region 'us-east-1' is wrong");
    }

    const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE+/token==";

    #[test]
    fn tokens_are_masked_alike_wherever_they_stand() {
        let shown = masked(TOKEN);
        assert_eq!(shown.len(), "{sha256:0123456789abcdef}".len());
        for text in [
            format!("host:a\nx-amz-security-token:{TOKEN}\n\nhost;x-amz-security-token\nabc"),
            format!("{{'X-Amz-Security-Token': b'{TOKEN}', 'a': 1}}"),
            format!("<Token-0>{TOKEN}</Token-0>"),
            "https://h/?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2B%2Ftoken%3D%3D&a=b".into(),
            format!("sessionToken: '{TOKEN}',"),
        ] {
            let masked = mask(&text);
            assert!(masked.contains(&shown), "{masked}");
            assert!(!masked.contains("IQoJ"), "{masked}");
            assert_eq!(mask(&masked), masked);
        }
    }

    #[test]
    fn signatures_are_removed_and_names_kept() {
        for (text, kept) in [
            ("a&X-Amz-Signature=abc0&b=1", "a&X-Amz-Signature=-&b=1"),
            ("SignedHeaders=host, Signature=abc0", "SignedHeaders=host, Signature=-"),
            ("SignatureProvided: 'abc0', x", "SignatureProvided: '-', x"),
            (
                "<SignatureProvided>abc0</SignatureProvided>",
                "<SignatureProvided>-</SignatureProvided>",
            ),
            ("host;x-amz-security-token\nabc0", "host;x-amz-security-token\nabc0"),
            ("The request signature we calculated", "The request signature we calculated"),
        ] {
            assert_eq!(mask(text), kept);
        }
    }
}
