//! Escapes that a text got on its way through string literals, JSON and markup, undone level by
//! level.

use std::borrow::Cow;

/// Undoes one level of backslash escapes, as C, JSON, Python, JavaScript, Ruby, Go and Rust write
/// them. What is no escape stands for itself.
#[must_use]
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let Some(first) = memchr::memchr(b'\\', bytes) else { return Cow::Borrowed(text) };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&bytes[..first]);
    let mut at = first;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            let end = memchr::memchr(b'\\', &bytes[at..]).map_or(bytes.len(), |found| at + found);
            out.extend_from_slice(&bytes[at..end]);
            at = end;
            continue;
        }
        at += one(&text[at..], &mut out);
    }
    Cow::Owned(String::from_utf8(out).unwrap_or_else(|error| {
        // `\xe9` is a byte to Python's bytes and a character to everything else.
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    }))
}

/// Undoes the escape at the start of `text`; gives its length.
fn one(text: &str, out: &mut Vec<u8>) -> usize {
    let Some(&kind) = text.as_bytes().get(1) else {
        out.push(b'\\');
        return 1;
    };
    let plain = match kind {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'"' | b'\'' | b'/' | b'\\' | b'`' => kind,
        b'x' => {
            let Some(byte) = hex(text.get(2..4)) else { return keep(out) };
            out.push(u8::try_from(byte).unwrap_or(b'?'));
            return 4;
        }
        b'u' => {
            let Some((character, length)) = unicode(text) else { return keep(out) };
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return length;
        }
        _ => return keep(out),
    };
    out.push(plain);
    2
}

fn keep(out: &mut Vec<u8>) -> usize {
    out.push(b'\\');
    1
}

fn hex(digits: Option<&str>) -> Option<u32> {
    let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// `\u000a`, a pair of surrogates, or `\u{a}`.
fn unicode(text: &str) -> Option<(char, usize)> {
    if let Some(rest) = text.strip_prefix("\\u{") {
        let end = rest.find('}').filter(|&end| (1..=6).contains(&end))?;
        return Some((char::from_u32(hex(rest.get(..end))?)?, end + 4));
    }
    let first = hex(text.get(2..6))?;
    if (0xd800..0xdc00).contains(&first) {
        let rest = text.get(6..)?.strip_prefix("\\u")?;
        let second = hex(rest.get(..4)).filter(|second| (0xdc00..0xe000).contains(second))?;
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return Some((char::from_u32(code)?, 12));
    }
    Some((char::from_u32(first)?, 6))
}

/// Undoes several levels.
#[must_use]
pub(super) fn unescape_levels(text: &str, levels: usize) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..levels {
        match unescape(&text) {
            Cow::Borrowed(_) => break,
            Cow::Owned(plain) => text = Cow::Owned(plain),
        }
    }
    text
}

/// How many levels deep an escape stands that begins with this many backslashes: one is written
/// with one, two with two, three with four.
#[must_use]
pub(super) fn levels_of(backslashes: usize) -> usize {
    match backslashes {
        0 => 0,
        1 => 1,
        2 | 3 => 2,
        4..=7 => 3,
        _ => 4,
    }
}

/// Undoes one level of the five named entities of XML and of numeric references. Others stand for
/// themselves: nothing is ever expanded.
#[must_use]
pub(super) fn unescape_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.as_bytes().iter().take(12).position(|&byte| byte == b';');
        match end.and_then(|end| Some((entity(&rest[1..end])?, end))) {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character behind the name of an entity or a numeric reference.
#[must_use]
pub(super) fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => hex(Some(digits).filter(|digits| !digits.is_empty()))?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn undoes_what_languages_write() {
        for (written, meant) in [
            (r"a\nb\r\n", "a\nb\r\n"),
            (r#"\"x\" \/ \\n"#, r#""x" / \n"#),
            (r"\u003cError\u003e \u{e9} \ud83d\ude00", "<Error> é 😀"),
            (r"\xc3\xa9", "é"),
            (r"C:\qux \u12 \x4", r"C:\qux \u12 \x4"),
            ("\\", "\\"),
        ] {
            assert_eq!(unescape(written), meant);
        }
        assert_eq!(unescape_levels(r"a\\\\nb", 3), "a\nb");
    }

    #[test]
    fn entities_are_undone_once() {
        assert_eq!(unescape_entities("&amp;lt; &#10;&#x41;&lol; & &;"), "&lt; \nA&lol; & &;");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[\\\\nux0-9a-f&#;{}é]{0,40}") {
            let _ = unescape_levels(&text, 4);
            let _ = unescape_entities(&text);
        }

        #[test]
        fn json_escapes_are_undone(text in "\\PC{0,40}") {
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&written[1..written.len() - 1]), text);
        }
    }
}
