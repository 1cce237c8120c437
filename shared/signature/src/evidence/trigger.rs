//! What in a text may be the start of a piece of evidence, found in one pass.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::blocks::METHODS;
use super::service_message::{CANONICAL, MESSAGES, TO_SIGN};
use super::{client, dump, xml};
use crate::failure::STEMS;

/// What a place in a text may be the start of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    Xml,
    Appended,
    Member,
    Code,
    Message,
    Head,
    Dump,
    Url,
    ToSign,
    SignedHeaders,
    Signature,
    Status,
    Method(usize),
    Client(usize),
}

/// Element names that begin a body, or a part of one.
const TAGS: &[&str] = &[
    "Error",
    "Code>",
    "StringToSign",
    "CanonicalRequest",
    "Message>",
    "InvalidSignatureException",
    "UnrecognizedClientException",
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "AccessDeniedException",
    "ExpiredTokenException",
    "HeadersNotSigned",
    "RequestTime",
];

/// Names of members that only errors have.
const MEMBERS: &[&str] =
    &["CanonicalRequest", "StringToSign", "SignatureProvided", "__type", "ErrorXML", "sigdrift\""];

/// Codes besides [`STEMS`] that are worth a look: of other refusals, or as clients print them.
const CODES: &[&str] =
    &["(AccessDenied)", "(InvalidRequest)", "PermanentRedirect", "TemporaryRedirect"];

const URLS: &[&str] = &[
    "X-Amz-Signature=",
    "X-Amz-Credential=",
    "AWSAccessKeyId=",
    "GoogleAccessId=",
    "X-Goog-Signature=",
];

pub(super) struct Finder {
    automaton: AhoCorasick,
    triggers: Vec<Trigger>,
}

static FINDER: LazyLock<Option<Finder>> = LazyLock::new(|| {
    let mut table: Vec<(String, Trigger)> = Vec::new();
    for opening in xml::OPENINGS {
        table.extend(TAGS.iter().map(|tag| (format!("{opening}{tag}"), Trigger::Xml)));
    }
    let mut add = |texts: &[&str], trigger: Trigger| {
        table.extend(texts.iter().map(|text| ((*text).to_owned(), trigger)));
    };
    add(&[CANONICAL, TO_SIGN], Trigger::Appended);
    add(MEMBERS, Trigger::Member);
    add(STEMS, Trigger::Code);
    add(CODES, Trigger::Code);
    add(&["HTTP/1.", "HTTP/2"], Trigger::Head);
    add(&dump::marks().collect::<Vec<_>>(), Trigger::Dump);
    add(URLS, Trigger::Url);
    add(&["SignedHeaders="], Trigger::SignedHeaders);
    add(super::signed_texts::SIGNATURE_MARKS, Trigger::Signature);
    add(super::http_block::STATUS_MARKS, Trigger::Status);
    add(&["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"], Trigger::ToSign);
    for (message, _) in MESSAGES {
        add(&[message], Trigger::Message);
    }
    for method in METHODS {
        add(&[method, &method.to_ascii_lowercase()], Trigger::Method(method.len()));
    }
    for (mark, number) in client::marks() {
        add(&[mark], Trigger::Client(number));
    }
    let (texts, triggers): (Vec<_>, Vec<_>) = table.into_iter().unzip();
    let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(texts).ok()?;
    Some(Finder { automaton, triggers })
});

/// The triggers of a text in their order, and the first client of the table that it names.
pub(super) fn find(text: &str) -> (Vec<(usize, Trigger)>, Option<usize>) {
    let Some(finder) = FINDER.as_ref() else { return (Vec::new(), None) };
    let mut found: Vec<(usize, Trigger)> = Vec::new();
    let mut client: Option<usize> = None;
    for hit in finder.automaton.find_overlapping_iter(text) {
        match finder.triggers[hit.pattern().as_usize()] {
            Trigger::Client(number) => {
                client = Some(client.map_or(number, |known| known.min(number)));
            }
            Trigger::Method(length) if !begins_block(text, hit.start(), length) => {}
            trigger => found.push((hit.start(), trigger)),
        }
    }
    found.sort_by_key(|(at, _)| *at);
    (found, client)
}

/// Whether a text holds any trigger.
pub(super) fn is_in(text: &str) -> bool {
    FINDER.as_ref().is_some_and(|finder| finder.automaton.is_match(text))
}

/// Whether a method stands where a canonical request may begin: a word of its own, with a line end
/// behind it.
fn begins_block(text: &str, at: usize, length: usize) -> bool {
    let before = text.as_bytes()[..at].last();
    // The `n` of an escaped line end is no letter of a word.
    let is_escape = at >= 2 && text.as_bytes()[at - 2] == b'\\';
    let is_word = before.is_some_and(|byte| byte.is_ascii_alphanumeric()) && !is_escape;
    let after = &text.as_bytes()[at + length..];
    let may_end = after.first().is_some_and(|byte| b"\n\r\\%&< \t".contains(byte));
    let is_blank = matches!(after, [b' ' | b'\t', second, ..] if !b" \t\r\n".contains(second));
    !is_word && may_end && !is_blank
}
