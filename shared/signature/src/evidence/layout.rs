//! How the lines of a text are laid out where it stands: as lines, behind prefixes, or within one
//! line with escaped line ends.

use std::borrow::Cow;

use super::{MAX_TEXT, escape, prefix};

/// What stands between two lines of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    /// A line end.
    LineEnd,
    /// `\n`, `\r\n`, or these escaped again.
    Escaped(usize),
    /// `%0A`.
    Percent,
    /// `&#10;`.
    Entity,
    /// `<br>`.
    Break,
    /// A blank: somebody's line ends were turned into blanks.
    Blank,
}

/// The separator at the start of `text`.
#[must_use]
pub(super) fn separator(text: &str) -> Option<Separator> {
    let bytes = text.as_bytes();
    match *bytes.first()? {
        b'\n' => Some(Separator::LineEnd),
        b'\r' if bytes.get(1) == Some(&b'\n') => Some(Separator::LineEnd),
        b'\\' => {
            let count = bytes.iter().take_while(|&&byte| byte == b'\\').count();
            let rest = &text[count..];
            let code = |rest: &str| {
                rest.starts_with('n') || is_code(rest, "u000a") || is_code(rest, "x0a")
            };
            let after_return = rest
                .strip_prefix('r')
                .or_else(|| rest.strip_prefix("u000d"))
                .map(|rest| rest.trim_start_matches('\\'));
            (code(rest) || after_return.is_some_and(code))
                .then(|| Separator::Escaped(escape::levels_of(count)))
        }
        b'%' => is_code(text, "%0a").then_some(Separator::Percent),
        b'&' => ["&#10;", "&#xa;", "&#x0a;", "&#13;"]
            .iter()
            .any(|known| is_code(text, known))
            .then_some(Separator::Entity),
        b'<' => is_code(text, "<br").then_some(Separator::Break),
        b' ' | b'\t' => {
            let rest = text.trim_start_matches([' ', '\t']);
            let ends = rest.starts_with('\n') || rest.starts_with("\r\n");
            Some(if ends { Separator::LineEnd } else { Separator::Blank })
        }
        _ => None,
    }
}

fn is_code(text: &str, code: &str) -> bool {
    text.get(..code.len()).is_some_and(|start| start.eq_ignore_ascii_case(code))
}

/// A text from some place on, as one reading of its layout gives it.
pub(super) enum Layout<'a> {
    /// Lines, each behind a prefix of this shape.
    Lines { text: &'a str, shape: &'a str },
    /// What one line holds when its escapes are undone.
    Inline(Cow<'a, str>),
}

impl<'a> Layout<'a> {
    /// The readings of `text` from `at` on, whose first line ends in `separator`.
    pub(super) fn readings(text: &'a str, at: usize, separator: Separator) -> Vec<Self> {
        let rest = bounded(&text[at..]);
        match separator {
            Separator::LineEnd => shapes(text, at)
                .into_iter()
                .map(|shape| Layout::Lines { text: rest, shape })
                .collect(),
            Separator::Blank => Vec::new(),
            Separator::Escaped(levels) => {
                vec![Layout::Inline(escape::unescape_levels(line_of(rest), levels))]
            }
            Separator::Percent => {
                let decoded = crate::uri::decode(line_of(rest));
                vec![Layout::Inline(String::from_utf8_lossy(&decoded).into_owned().into())]
            }
            Separator::Entity => vec![Layout::Inline(escape::unescape_entities(line_of(rest)))],
            Separator::Break => {
                let line = line_of(rest).replace("<br/>", "\n").replace("<br />", "\n");
                vec![Layout::Inline(line.replace("<br>", "\n").into())]
            }
        }
    }

    /// Its lines, without prefixes.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        let (text, shape) = match self {
            Self::Lines { text, shape } => (*text, *shape),
            Self::Inline(text) => (text.as_ref(), ""),
        };
        text.split('\n').enumerate().map_while(move |(number, line)| {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if number == 0 { Some(line) } else { prefix::strip(line, shape) }
        })
    }

    /// Where a part of one of its lines ends in the text that it is a reading of, if the text is
    /// read as it stands. The part must be one that [`Layout::lines`] gave.
    pub(super) fn end_of(&self, part: &str, whole: &str) -> Option<usize> {
        let Self::Lines { .. } = self else { return None };
        let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
        Some(start + part.len()).filter(|&end| end <= whole.len())
    }
}

/// The prefixes that the lines behind the one at `at` may have: none, the same as that line, or what
/// stands before the next line's text.
fn shapes(text: &str, at: usize) -> Vec<&str> {
    let start = line_start(text, at);
    let mut shapes = vec![""];
    let own = &text[start..at];
    if !own.is_empty() && own.len() <= 200 {
        shapes.push(own);
    }
    let next = text[at..].find('\n').map_or("", |end| &text[at + end + 1..]);
    let next = line_of(next);
    let blanks = next.len() - next.trim_start_matches([' ', '\t']).len();
    let slash = next.find('/').unwrap_or(0);
    for end in [blanks, slash] {
        if end > 0 && end <= 200 && !shapes.contains(&&next[..end]) {
            shapes.push(&next[..end]);
        }
    }
    shapes
}

/// The line that `text` begins with; of a very long one, its beginning.
pub(super) fn line_of(text: &str) -> &str {
    let text = bounded(text);
    let end = memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len());
    &text[..end]
}

/// How far back the start of a line is looked for.
const REACH: usize = 64 * 1024;

/// Where the line that holds `at` begins; in a very long one, some way before `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let mut from = at.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    memchr::memrchr(b'\n', &text.as_bytes()[from..at]).map_or(from, |end| from + end + 1)
}

/// At most the first [`MAX_TEXT`] bytes.
pub(super) fn bounded(text: &str) -> &str {
    floor(text, MAX_TEXT)
}

/// At most the first `length` bytes, ending between two characters.
pub(super) fn floor(text: &str, length: usize) -> &str {
    if text.len() <= length {
        return text;
    }
    let mut end = length;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_told_apart() {
        for (text, separator) in [
            ("\n/", Some(Separator::LineEnd)),
            ("\r\n/", Some(Separator::LineEnd)),
            ("  \n/", Some(Separator::LineEnd)),
            ("\\n/", Some(Separator::Escaped(1))),
            ("\\r\\n/", Some(Separator::Escaped(1))),
            ("\\\\n/", Some(Separator::Escaped(2))),
            ("\\u000a/", Some(Separator::Escaped(1))),
            ("%0A/", Some(Separator::Percent)),
            ("&#xA;/", Some(Separator::Entity)),
            ("<br />/", Some(Separator::Break)),
            (" /", Some(Separator::Blank)),
            ("\\t/", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(super::separator(text), separator, "{text:?}");
        }
    }

    #[test]
    fn lines_lose_their_prefixes() {
        let text = "x\n12:01 DEBUG GET\n12:02 DEBUG /\n12:03 DEBUG\nend";
        let at = text.find("GET").unwrap();
        let readings = Layout::readings(text, at, Separator::LineEnd);
        let lines: Vec<Vec<&str>> = readings.iter().map(|r| r.lines().collect()).collect();
        assert!(lines.contains(&vec!["GET", "/", ""]), "{lines:?}");
    }
}
