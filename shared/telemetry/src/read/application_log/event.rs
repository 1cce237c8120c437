//! Which lines belong together: an error with its stack trace, its body, its properties.

use super::{
    canonical,
    limits::{EVENT, EVENT_LINES, OPEN_LINES},
    text::cap,
    time, trigger, xml,
};

/// Lines that are one print of an error. Nothing in it is masked yet: it is not to be printed.
pub(super) struct Event {
    /// The line that first shows the error.
    pub first: u64,
    /// The last line so far.
    pub last: u64,
    /// The time that stands before the first line.
    pub time: Option<i64>,
    /// The lines, without what comes after [`EVENT`] bytes.
    pub text: String,
    /// Bytes of lines after the first.
    added: usize,
    /// Whether another exception of the same chain follows.
    chained: bool,
    /// What has begun and not ended, with the line where it began.
    open: Option<(Open, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// An XML body.
    Body,
    /// What a signer prints that it signed.
    Signer,
    /// What a service says should have been signed; so many payload lines are still to come.
    Message(u8),
}

/// How lines begin that go on with a stack trace or an object although they are not indented.
const CONTINUES: &[&str] = &[
    "at ",
    "Caused by:",
    "Suppressed:",
    "Traceback (most recent call last)",
    "The above exception",
    "During handling of the above",
    "--- End of",
    "---> ",
    "... ",
    "}",
    "]",
    ")",
    "#0 ",
    "Stack trace:",
    "DEBUG: ErrorXML: ",
    "---[ STRING TO SIGN",
    "The Canonical String",
    "The String-to-Sign",
];

/// How entries begin in logs that print no time.
const HEADS: &[&str] = &[
    "ERROR",
    "WARN",
    "INFO",
    "DEBUG",
    "TRACE",
    "FATAL",
    "CRITICAL",
    "NOTICE",
    "[ERROR]",
    "[WARN",
    "[INFO",
    "[DEBUG",
    "{\"",
    "level=",
    "START RequestId",
    "END RequestId",
    "REPORT RequestId",
    "RequestId: ",
    "INIT_START",
    "(node:",
];

impl Event {
    /// An event that begins with this line; `before` is an untriggered line that belongs to it.
    pub fn begin(number: u64, before: &str, line: &str, time: Option<i64>) -> Self {
        let mut text = String::with_capacity(before.len() + line.len() + 1);
        if !before.is_empty() {
            text.push_str(before);
            text.push('\n');
        }
        text.push_str(line);
        let mut event =
            Self { first: number, last: number, time, text, added: 0, chained: false, open: None };
        event.watch(number, line);
        event
    }

    /// Whether this line goes on with the event.
    pub fn takes(&self, number: u64, line: &str) -> bool {
        if number.saturating_sub(self.first) > EVENT_LINES {
            return false;
        }
        if self.open.is_some_and(|(_, since)| number.saturating_sub(since) < OPEN_LINES) {
            return true;
        }
        if line.is_empty() || line.starts_with([' ', '\t']) {
            return true;
        }
        if CONTINUES.iter().any(|start| line.starts_with(start)) {
            return true;
        }
        self.chained && !is_head(line)
    }

    /// Takes the line.
    pub fn add(&mut self, number: u64, line: &str) {
        let kept = cap(line, EVENT.saturating_sub(self.added));
        self.added += kept.len() + 1;
        if self.added <= EVENT {
            self.text.push('\n');
            self.text.push_str(kept);
        }
        self.last = number;
        self.watch(number, line);
    }

    /// Keeps track of what begins and ends in this line.
    fn watch(&mut self, number: u64, line: &str) {
        if line.contains("above exception") {
            self.chained = true;
        } else if self.chained && trigger::is_in(line) {
            self.chained = false;
        }
        let quoted = line.trim_matches(['\'', '"', ' ', ',']);
        match self.open {
            Some((Open::Body, _)) if line.contains("</Error>") => self.open = None,
            Some((Open::Signer, _)) if canonical::is_payload(quoted) => self.open = None,
            Some((Open::Message(left), since)) if canonical::is_payload(quoted) => {
                self.open = (left > 1).then_some((Open::Message(left - 1), since));
            }
            _ => {}
        }
        let begins = if xml::is_left_open(line) {
            Some(Open::Body)
        } else if canonical::is_left_open(line) {
            Some(Open::Signer)
        } else if canonical::begins_in_message(line) {
            Some(Open::Message(2))
        } else {
            None
        };
        if let Some(begins) = begins.filter(|_| self.open.is_none()) {
            self.open = Some((begins, number));
        }
    }
}

/// Whether an entry of its own begins with this line.
pub(super) fn is_head(line: &str) -> bool {
    time::has_clock(line) || HEADS.iter().any(|start| line.starts_with(start))
}

/// A line without what a container runtime puts before it: `2026-…Z stderr F `, `app-1  | `.
pub(super) fn without_container(line: &str) -> &str {
    for stream in [" stdout F ", " stderr F ", " stdout P ", " stderr P "] {
        if let Some((before, _)) = cap(line, 64).split_once(stream)
            && before.len() >= 20
            && !before.contains(' ')
        {
            return &line[before.len() + stream.len()..];
        }
    }
    if let Some((name, _)) = cap(line, 48).split_once(" | ") {
        let service = name.trim_end();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if !service.is_empty() && service.chars().all(fits) && service.contains(char::is_alphabetic)
        {
            return &line[name.len() + 3..];
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_prefixes_are_taken_off() {
        assert_eq!(without_container("2026-04-15T07:42:13.1Z stderr F   at x"), "  at x");
        assert_eq!(without_container("api-1      | Error: x | y"), "Error: x | y");
        assert_eq!(without_container("Error | x"), "Error | x");
    }

    #[test]
    fn a_stack_trace_goes_on_and_an_entry_begins() {
        let line = "2026-04-15 07:42:13 x SignatureDoesNotMatch";
        let mut event = Event::begin(1, "", line, None);
        for line in ["  at x", "", "Caused by: x", "}"] {
            assert!(event.takes(2, line), "{line}");
        }
        for line in ["2026-04-15 07:42:14 y", "{\"a\":1}", "ERROR x", "x: SignatureDoesNotMatch: y"]
        {
            assert!(!event.takes(2, line), "{line}");
        }
        event.add(2, "The above exception was the direct cause of the following exception:");
        assert!(event.takes(3, "RuntimeError: x SignatureDoesNotMatch"));
    }
}
