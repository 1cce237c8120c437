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

/// `text` without session tokens, signatures and secret keys.
pub(super) fn mask(text: &str) -> String {
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

/// A session token as it may be shown. A token taken from a URL is decoded first, so that it reads
/// the same wherever it was printed.
pub(super) fn masked(token: &str) -> String {
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
