//! A text before it is read: in UTF-8, with plain line ends, without what was put around its lines.

use std::borrow::Cow;

use super::{Found, MAX_CASES, captured_error, prefix};
use crate::case::Case;
use crate::evidence::Relation;

/// The text of a file. Bytes that are no UTF-8 are replaced; CRLF becomes LF; literals that continue
/// from line to line are joined; a prefix that all lines share is taken away.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut text = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Cow::Owned(utf16(bytes)),
        _ => String::from_utf8_lossy(bytes),
    };
    if text.contains("\r\n") {
        text = Cow::Owned(text.replace("\r\n", "\n"));
    }
    if text.contains('\u{1b}') {
        text = Cow::Owned(without_colors(&text));
    }
    if text.contains("\\\n") {
        text = Cow::Owned(without_comments(&text));
    }
    if let Some(shape) = prefix::common(&text) {
        text = Cow::Owned(prefix::without(&text, shape));
    }
    if let Some(joined) = docker(&text) {
        text = Cow::Owned(joined);
    }
    match joined_literals(&text) {
        Some(joined) => Cow::Owned(joined),
        None => text,
    }
}

/// A text without the sequences by which terminals colour it.
fn without_colors(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("\u{1b}[");
    out.extend(parts.next());
    for part in parts {
        let end = part.bytes().take(16).position(|byte| byte.is_ascii_alphabetic());
        out.push_str(end.map_or(part, |end| &part[end + 1..]));
    }
    out
}

/// A text without the line ends that somebody escaped in a comment of a program.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\\n") {
        let next = rest[at + 2..].trim_start_matches([' ', '\t']);
        match next.strip_prefix("// ") {
            Some(next) => {
                out.push_str(&rest[..at]);
                rest = next;
            }
            None => {
                out.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// What PowerShell writes when it redirects.
fn utf16(bytes: &[u8]) -> String {
    let is_big = bytes[0] == 0xfe;
    let units = bytes[2..].chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The lines within Docker's JSON log, `{"log":"…\n","stream":"stdout","time":"…"}` a line.
fn docker(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        log: Cow<'a, str>,
    }
    if !text.starts_with("{\"log\":") {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        match serde_json::from_str::<Line<'_>>(line) {
            Ok(Line { log }) => out.push_str(&log),
            Err(_) => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    Some(out)
}

/// Joins literals that are written as several: `'a\n' +` and `'b'` on the next line (JavaScript),
/// `'a'` and `b'b'` (Python). `None` if there are none.
fn joined_literals(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out: Option<String> = None;
    let mut kept = 0;
    let mut from = 0;
    while let Some(end) = memchr::memchr(b'\n', &bytes[from..]).map(|at| from + at) {
        from = end + 1;
        if end == 0 || !b"'\"+\\ ".contains(&bytes[end - 1]) {
            continue;
        }
        let line = text[kept.max(super::layout::line_start(text, end))..end].trim_end();
        let line = line.strip_suffix(['+', '\\']).unwrap_or(line).trim_end();
        let Some(quote) = line.bytes().next_back().filter(|byte| b"'\"".contains(byte)) else {
            continue;
        };
        let next = super::layout::line_of(&text[from..]);
        let inner = next.trim_start();
        let indent = next.len() - inner.len();
        let marker = usize::from(inner.starts_with(['b', 'u', 'f', 'r']));
        let opens = inner.as_bytes().get(marker) == Some(&quote);
        // A literal that was opened before ends here: its line holds another quote, or is one.
        let is_literal = indent > 0 && line.len() > 1;
        if opens && is_literal {
            let stop = line.as_ptr() as usize - text.as_ptr() as usize + line.len() - 1;
            let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
            out.push_str(&text[kept..stop]);
            kept = from + indent + marker + 1;
        }
    }
    let mut out = out?;
    out.push_str(&text[kept..]);
    Some(out)
}

/// The captured errors among the lines of a text: the last ones, and those that fit `about`.
pub(super) fn captured(text: &str, about: Option<&Case>) -> Found {
    let mut found = Found::default();
    if memchr::memmem::find(text.as_bytes(), b"\"sigdrift\"").is_none() {
        return found;
    }
    for line in text.lines().map(str::trim) {
        if !line.contains("\"sigdrift\"") || !line.ends_with('}') {
            continue;
        }
        let Some(start) = line.find('{') else { continue };
        match captured_error(&line[start..]) {
            Ok(case) => {
                found.cases.push(case);
                if found.cases.len() > MAX_CASES {
                    let is_other = |case: &Case| {
                        about.is_none_or(|about| about.relation(case) <= Relation::Unsaid)
                    };
                    let least = found.cases.iter().position(is_other);
                    found.cases.remove(least.unwrap_or(0));
                    found.left_out += 1;
                }
            }
            Err(error) => found.problems.push(error.to_string()),
        }
    }
    if found.cases.is_empty() {
        // Written over several lines.
        let start = text.trim_start();
        if start.starts_with('{') && text.contains("\"sigdrift\"") {
            found.cases.extend(captured_error(text));
        }
    }
    found.problems.truncate(32);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_joined() {
        for (written, joined) in [
            ("x: 'a\\n' +\n    'b\\n' +\n    'c',\n y", "x: 'a\\nb\\nc',\n y"),
            ("{'data': b'<Err'\n         b'or>',\n", "{'data': b'<Error>',\n"),
            ("('a '\n 'b')", "('a b')"),
        ] {
            assert_eq!(joined_literals(written).as_deref(), Some(joined));
        }
        for plain in ["'a'\n'b'", "a'\n\n'b", "x\ny", "'a',\n 'b'"] {
            assert_eq!(joined_literals(plain), None, "{plain}");
        }
    }

    #[test]
    fn line_ends_and_encodings_are_plain() {
        assert_eq!(text(b"\xef\xbb\xbfa\r\nb"), "a\nb");
        assert_eq!(text(b"\xff\xfea\0\n\0"), "a\n");
        assert_eq!(text(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(text(b"\x1b[33mGET\x1b[0m a\\\n   // b\\\nc"), "GET ab\\\nc");
        assert_eq!(
            text(b"{\"log\":\"GET\\n\",\"stream\":\"x\"}\n{\"log\":\"/\\n\"}\n"),
            "GET\n/\n"
        );
    }
}
