//! Which lines need work: one pass over the line for the words that any shape begins with.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use sigdrift_signature::failure::STEMS;

/// Parts of the services' messages: those by which a code becomes a signature failure, and those
/// that clients print without a code.
const MESSAGES: &[&str] = &[
    "signature we calculated",
    "redential should be scoped to",
    "ignature expired: ",
    "ignature not yet current",
    "equest has expired",
    "equest is not yet valid",
    "which were not signed",
    "x-amz-date header",
    "authorization mechanism you have provided",
    "AWS Signature Version 4",
    "x-amz-content-sha256",
    "validate the provided access credentials",
    "does not exist in our records",
    "request time and the current time",
    "provided token",
    "security token included",
    "authorization header is malformed",
    "X-Amz-Credential parameter",
    "Query-string authentication version 4",
    "three components",
    "redential date",
    "ate in Credential scope",
    "incorrect service",
];

/// Words of debug logs: what the client itself signed and sent.
const DEBUG: &[&str] = &[
    "CanonicalRequest:",
    "Canonical Request:",
    "CANONICAL STRING",
    "StringToSign:",
    "String to Sign:",
    "string to sign:",
    "canonical_request=",
    "Signature:",
    "AWSPreparedRequest",
    "Response headers: {",
    "Exiting with rc ",
    "Error executing \"",
    "<Error>",
    "ErrorXML: ",
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words()).ok()
});

fn words() -> impl Iterator<Item = &'static str> {
    // Codes that depend on their message are found by the message.
    [STEMS, MESSAGES, DEBUG].into_iter().flatten().copied()
}

/// Whether a line may hold a part of a signature error or of a signer's debug output.
pub(super) fn is_in(line: &str) -> bool {
    FINDER.as_ref().map_or_else(|| is_in_slowly(line), |finder| finder.is_match(line))
}

/// The same as [`is_in`], word by word.
pub(super) fn is_in_slowly(line: &str) -> bool {
    words().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_pass_finds_what_a_search_word_by_word_finds(
            before in ".{0,40}",
            at in 0..STEMS.len() + MESSAGES.len() + DEBUG.len(),
            cut in 0_usize..4,
            after in ".{0,40}",
        ) {
            let word = words().nth(at).unwrap();
            let line = format!("{before}{}{after}", &word[..word.len() - cut]);
            prop_assert_eq!(is_in(&line), is_in_slowly(&line));
        }
    }
}
