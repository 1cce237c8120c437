//! Lines of text within a width. Everything that comes from a log passes through here and is made
//! safe for a terminal.

use anstyle::Style;
use textwrap::{Options, WordSplitter};

use crate::terminal::safe;

/// Headlines and names.
pub const STRONG: Style = Style::new().bold();
/// What is less important.
pub const FAINT: Style = Style::new().dimmed();

/// The text so far.
#[derive(Debug)]
pub struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// An empty page of a width.
    pub fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// The width.
    pub fn width(&self) -> usize {
        self.width
    }

    /// An empty line, unless there is one already.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// One line as it is, however long.
    pub fn line(&mut self, text: &str) {
        self.text.push_str(safe(text).trim_end());
        self.text.push('\n');
    }

    /// Lines that are laid out and safe already.
    pub fn raw(&mut self, lines: &str) {
        self.text.push_str(lines);
    }

    /// A paragraph, wrapped.
    pub fn paragraph(&mut self, style: Style, text: &str) {
        self.wrapped("", "", style, text);
    }

    /// A text behind a label; its further lines begin below its first.
    pub fn labelled(&mut self, label: &str, style: Style, text: &str) {
        let further = " ".repeat(textwrap::core::display_width(label));
        self.wrapped(label, &further, style, text);
    }

    /// A text behind a word in a style and a label.
    pub fn labelled_in(&mut self, style: Style, word: &str, label: &str, text: &str) {
        let start = self.text.len();
        self.labelled(&format!("{word}{label}"), Style::new(), text);
        self.text.replace_range(start..start + word.len(), &format!("{style}{word}{style:#}"));
    }

    fn wrapped(&mut self, first: &str, further: &str, style: Style, text: &str) {
        let room = self.width.saturating_sub(textwrap::core::display_width(first)).max(20);
        let options = Options::new(room).word_splitter(WordSplitter::NoHyphenation);
        let text = safe(text);
        let lines = textwrap::wrap(&text, options);
        for (number, line) in lines.iter().enumerate() {
            let before = if number == 0 { first } else { further };
            self.text.push_str(before);
            self.text.push_str(&format!("{style}{line}{style:#}\n"));
        }
        if lines.is_empty() {
            self.text.push_str(first.trim_end());
            self.text.push('\n');
        }
    }

    /// The page as text, with styles.
    pub fn into_text(self) -> String {
        self.text
    }
}
