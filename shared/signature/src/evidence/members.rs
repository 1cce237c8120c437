//! Members of an object as a text shows them: JSON that a parser refuses, an error object that
//! JavaScript, Python, Ruby or Rust printed, a client's list of elements.
//!
//! `"Code": "X"`, `Code: 'X'`, `:code => "X"`, `code: Some("X")`, `ErrorXML: Code: 'X'`.

use super::answer::{Meaning, meaning};
use super::escape;
use super::layout::floor;
use super::{MAX_HEADERS, MAX_TEXT};

/// A member, and where its value ends.
pub(super) struct Member {
    /// Where its name begins.
    pub at: usize,
    /// Its name.
    pub name: String,
    /// Its value, with the escapes of its own literal undone.
    pub value: String,
    /// Where its value ends.
    pub end: usize,
}

/// The members whose names matter, in the order of the text.
pub(super) struct Members<'t> {
    text: &'t str,
    from: usize,
    left: usize,
    /// Behind this place none is looked for.
    pub until: usize,
}

/// The members of a text.
pub(super) fn members(text: &str) -> Members<'_> {
    Members { text, from: 0, left: MAX_HEADERS, until: text.len() }
}

impl Iterator for Members<'_> {
    type Item = Member;

    fn next(&mut self) -> Option<Member> {
        self.left = self.left.checked_sub(1)?;
        let text = self.text;
        loop {
            let searched = text.as_bytes().get(self.from..self.until.min(text.len()))?;
            let at = self.from + memchr::memchr3(b':', b'=', b'>', searched)?;
            self.from = at + 1;
            let Some((start, name)) = name_before(text, at) else { continue };
            if meaning(name).is_none() && !["name", "type"].contains(&name) {
                continue;
            }
            let found = value(text, self.from, meaning(name));
            let Some((value, end)) = found else { continue };
            self.from = end.max(self.from);
            return Some(Member { at: start, name: name.to_owned(), value, end });
        }
    }
}

/// The name that stands before a colon or an arrow, quoted or not.
fn name_before(text: &str, at: usize) -> Option<(usize, &str)> {
    let before = text[..at].trim_end_matches(['=', ' ', '"', '\'', '\\', ':']);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-';
    let length = before.bytes().rev().take(64).take_while(|byte| is_part(byte)).count();
    let start = before.len() - length;
    (length > 1 && at - before.len() < 20).then(|| (start, &before[start..]))
}

/// The value behind a colon: a literal, or a bare word or line.
fn value(text: &str, from: usize, meaning: Option<Meaning>) -> Option<(String, usize)> {
    let skip = |blanks: &[char]| text[from..].len() - text[from..].trim_start_matches(blanks).len();
    let mut at = from + skip(&[' ', '\t', '>', '\n', '\r']);
    if !text[at..].starts_with(['"', '\'', '\\', 'S', 'b', 'u']) {
        at = from + skip(&[' ', '\t', '>']);
    }
    let rest = &text[at..];
    for wrapper in ["Some(", "Just ", "b", "u"] {
        if let Some(inner) = rest.strip_prefix(wrapper) {
            let inner = inner.trim_start();
            if inner.starts_with(['"', '\'', '\\']) {
                at = text.len() - inner.len();
            }
        }
    }
    let rest = floor(&text[at..], MAX_TEXT);
    let backslashes = rest.bytes().take_while(|&byte| byte == b'\\').count();
    match rest.as_bytes().get(backslashes) {
        Some(quote @ (b'"' | b'\'')) if backslashes < 8 => {
            let (value, length) = literal(rest, backslashes, char::from(*quote))?;
            Some((value, at + length))
        }
        // A label before a block of lines is no member.
        _ if matches!(meaning, Some(Meaning::Canonical | Meaning::ToSign)) => None,
        _ => bare(rest, at, meaning == Some(Meaning::Message)),
    }
}

/// A literal whose quotes stand behind this many backslashes.
fn literal(text: &str, backslashes: usize, quote: char) -> Option<(String, usize)> {
    let start = backslashes + 1;
    let mut from = start;
    loop {
        let at = from + text[from..].find(quote)?;
        let before = text[start..at].bytes().rev().take_while(|&byte| byte == b'\\').count();
        let is_end =
            if backslashes == 0 { before.is_multiple_of(2) } else { before <= backslashes };
        if is_end {
            let content = &text[start..at - before.min(backslashes)];
            let levels = escape::levels_of(backslashes) + 1;
            return Some((escape::unescape_levels(content, levels).into_owned(), at + 1));
        }
        from = at + 1;
    }
}

/// A value without quotes: to the end of its line, or to what separates it from the next.
fn bare(text: &str, at: usize, is_sentence: bool) -> Option<(String, usize)> {
    let line = super::layout::line_of(floor(text, 4096));
    // A sentence holds commas and brackets; a code or an id does not.
    let ends: &[&str] = if is_sentence {
        &[", resource:", ", Request", "\"", "\\n", "\\r", " |", "}", "```"]
    } else {
        &[", ", ",\n", "; ", ")", "}", "]", "\"", "\\n", "\\r", " |"]
    };
    let mut end = line.len();
    for mark in ends {
        end = line[..end].find(mark).unwrap_or(end);
    }
    let value = line[..end].trim().trim_end_matches(',');
    let is_value = !value.is_empty() && !value.starts_with(['{', '[', '<']);
    is_value.then(|| (value.to_owned(), at + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        members(text).map(|member| (member.name, member.value)).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn notations_are_read() {
        for text in [
            r#"{"Code": "A","Message":"b \"c\"\nd"}"#,
            r#"{\"Code\": \"A\",\"Message\":\"b \\\"c\\\"\\nd\"}"#,
            "Code: 'A',\n  Message: 'b \"c\"\\nd'",
            "DEBUG: ErrorXML: Code: 'A'\nDEBUG: ErrorXML: Message: 'b \"c\"\\nd'",
            r#"{ Code: Some("A"), Message: Some("b \"c\"\nd") }"#,
            r#":Code => "A", "Message" => "b \"c\"\nd""#,
        ] {
            assert_eq!(read(text), [pair("Code", "A"), pair("Message", "b \"c\"\nd")], "{text}");
        }
        assert_eq!(
            read("Code:    A\nMessage: b; c\n"),
            [pair("Code", "A"), pair("Message", "b; c")]
        );
        assert_eq!(
            read("request_id: None, host_id: x"),
            [pair("request_id", "None"), pair("host_id", "x")]
        );
    }
}
