//! What may be written to a terminal: log content is hostile, and terminals obey it.

use std::borrow::Cow;
use std::io;

use terminal_size::{Width, terminal_size_of};

/// The width that output is made for when there is no terminal to ask, at least, and at most.
const WIDTH: usize = 80;
const NARROWEST: usize = 60;
const WIDEST: usize = 120;

/// The width for output, in columns: what `COLUMNS` says, else that of the terminal.
pub fn width() -> usize {
    // Shells keep `COLUMNS` for themselves: it is there only if somebody exported it.
    let exported = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let of_terminal = || terminal_size_of(io::stdout()).map(|(Width(columns), _)| columns.into());
    exported.or_else(of_terminal).unwrap_or(WIDTH).clamp(NARROWEST, WIDEST)
}

/// A text from a log, on one line and with every control character shown instead of obeyed.
/// Characters that change the direction of text are shown too.
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        Cow::Owned(text.chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The same for a text of several lines.
pub fn safe_lines(text: &str) -> String {
    text.split('\n').map(safe).collect::<Vec<_>>().join("\n")
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_not_obeyed() {
        assert_eq!(safe("a\u{1b}[31mb\r\n\u{202e}c"), "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c");
        assert!(matches!(safe("plain é"), Cow::Borrowed(_)));
        assert_eq!(safe_lines("a\nb\u{7}"), "a\nb\u{fffd}");
    }
}
