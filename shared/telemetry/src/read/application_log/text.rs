//! Small readers for text as clients print it: quoted literals, escapes, XML entities.

/// `text` cut to at most `limit` bytes, on a character boundary.
pub(super) fn cap(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `text` cut to its last `limit` bytes, on a character boundary.
pub(super) fn cap_front(text: &str, limit: usize) -> &str {
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// Text with its backslash escapes decoded, as JavaScript, Python, Go and Rust print strings.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = escape(rest, &mut out);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// A text whose line ends were printed as `\n` gets them back; any other stays as it is.
pub(super) fn with_line_ends(text: &str) -> String {
    if !text.contains('\n') && text.contains("\\n") { unescape(text) } else { text.to_owned() }
}

/// Decodes the escape at the start of `text` (a backslash) and gives its length.
fn escape(text: &str, out: &mut String) -> usize {
    let Some(kind) = text[1..].chars().next() else {
        out.push('\\');
        return 1;
    };
    let code = |digits: Option<&str>| {
        digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
    };
    let (decoded, taken) = match kind {
        'n' => ('\n', 2),
        'r' => ('\r', 2),
        't' => ('\t', 2),
        'x' => match code(text.get(2..4)) {
            Some(decoded) => (decoded, 4),
            None => ('x', 2),
        },
        'u' => match code(text.get(2..6)) {
            Some(decoded) => (decoded, 6),
            None => ('u', 2),
        },
        other => (other, 1 + other.len_utf8()),
    };
    out.push(decoded);
    taken
}

/// The value of the quoted literal at the start of `text`, decoded and at most `limit` bytes long.
///
/// Reads on over what printers split: `'a\n' +` and `'b'` on the next line (node), and `b'a'`
/// followed by `b'b'` on the next line (Python). A literal that is never closed ends with the text.
pub(super) fn quoted(text: &str, limit: usize) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let quote = *rest.as_bytes().first().filter(|byte| b"'\"`".contains(byte))?;
        rest = &rest[1..];
        loop {
            let Some(at) = memchr::memchr2(quote, b'\\', rest.as_bytes()) else {
                out.push_str(cap(rest, limit.saturating_sub(out.len())));
                return Some(out);
            };
            out.push_str(cap(&rest[..at], limit.saturating_sub(out.len())));
            rest = &rest[at..];
            if out.len() >= limit {
                return Some(out);
            }
            if rest.as_bytes()[0] == quote {
                rest = &rest[1..];
                break;
            }
            let taken = escape(rest, &mut out);
            rest = &rest[taken..];
        }
        match continued(rest) {
            Some(next) => rest = next,
            None => return Some(out),
        }
    }
}

/// Where the literal that has just ended goes on, if it does.
fn continued(rest: &str) -> Option<&str> {
    let next = rest.trim_start();
    let gap = &rest[..rest.len() - next.len()];
    if let Some(next) = next.strip_prefix('+') {
        return Some(next.trim_start()).filter(|next| next.starts_with(['\'', '"', '`']));
    }
    let next = next.strip_prefix('b').unwrap_or(next);
    (gap.contains('\n') && next.starts_with(['\'', '"'])).then_some(next)
}

/// Text with the five XML entities and the numeric ones decoded. Unknown entities stay.
pub(super) fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = cap(rest, 12).find(';').map(|end| &rest[1..end]);
        let decoded = match name {
            Some("amp") => Some('&'),
            Some("lt") => Some('<'),
            Some("gt") => Some('>'),
            Some("quot") => Some('"'),
            Some("apos") => Some('\''),
            Some(other) => other
                .strip_prefix("#x")
                .or_else(|| other.strip_prefix("#X"))
                .map(|hex| u32::from_str_radix(hex, 16))
                .or_else(|| other.strip_prefix('#').map(str::parse))
                .and_then(Result::ok)
                .and_then(char::from_u32),
            None => None,
        };
        match (decoded, name) {
            (Some(decoded), Some(name)) => {
                out.push(decoded);
                rest = &rest[name.len() + 2..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_over_the_splits_of_printers() {
        assert_eq!(quoted("'PUT\\n' +\n    '/a b\\n',", 100).unwrap(), "PUT\n/a b\n");
        assert_eq!(quoted("'<Co'\n         b'de>', x", 100).unwrap(), "<Code>");
        assert_eq!(quoted("'a',\n 'b'", 100).unwrap(), "a");
        assert_eq!(quoted("\"it's \\\"x\\\" \\u0041\" tail", 100).unwrap(), "it's \"x\" A");
        assert_eq!(quoted("'never closed", 5).unwrap(), "never");
        assert_eq!(quoted("bare", 5), None);
    }

    #[test]
    fn escapes_and_entities_are_decoded_and_odd_ones_kept() {
        assert_eq!(unescape(r"a\nb\\n\q\"), "a\nb\\nq\\");
        assert_eq!(entities("a&amp;b&lt;&#10;&#x41;&none;&"), "a&b<\nA&none;&");
        assert_eq!(with_line_ends("a\\nb"), "a\nb");
        assert_eq!(with_line_ends("a\n\\nb"), "a\n\\nb");
    }
}
