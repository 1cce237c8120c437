//! The grammar of JSON (RFC 8259) as a resumable scan: where a value ends, or where it breaks.
//!
//! Nothing is built and nothing is kept but the open brackets, so that a value may arrive in any
//! number of blocks. A value that the scan calls complete is JSON, except that its bytes may not be
//! UTF-8 and that `\u` surrogates may stand alone.

use std::fmt;

use super::json_tokens::{Escaped, escape, is_space, is_word, plain_run, word_end};

/// The deepest nesting that a scan can follow.
pub const DEEPEST: u32 = 128;

/// Why bytes are not one JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The input ends inside the value.
    Truncated,
    /// A line ends inside a string.
    LineEndInString,
    /// A control character other than a line end stands inside a string, for instance NUL.
    ControlCharacter,
    /// A backslash is followed by what is no escape.
    Escape,
    /// A word or number that JSON does not know.
    Word,
    /// A byte that cannot stand where it stands.
    Unexpected(u8),
    /// More brackets are open than the limit allows.
    TooDeep,
    /// The value is not UTF-8.
    NotUtf8,
    /// The value is longer than the limit, in bytes.
    TooLong(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => out.write_str("the input ends inside a JSON value"),
            Self::LineEndInString => out.write_str("a line ends inside a JSON string"),
            Self::ControlCharacter => out.write_str("a control character stands in a JSON string"),
            Self::Escape => out.write_str("not a JSON escape"),
            Self::Word => out.write_str("not a JSON literal or number"),
            Self::Unexpected(byte) => write!(out, "byte 0x{byte:02x} is not JSON here"),
            Self::TooDeep => out.write_str("JSON nested too deeply"),
            Self::NotUtf8 => out.write_str("not UTF-8"),
            Self::TooLong(limit) => write!(out, "longer than {limit} bytes"),
        }
    }
}

impl std::error::Error for Fault {}

/// What a scan found. Positions are bytes from the start of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value ends before this position.
    Complete(usize),
    /// The value goes on after the bytes seen.
    More,
    /// A member of the outermost object, named in [`STREAMED`] by the first number, holds an array
    /// whose bracket stands at the second. Only with [`Scan::watching`].
    Array(usize, usize),
    /// The bytes before this position may begin a value, the byte there ends the hope.
    Broken(Fault, usize),
}

/// Members whose arrays hold log records: CloudTrail files, `LookupEvents` and `FilterLogEvents`
/// answers.
pub const STREAMED: [&str; 3] = ["Records", "Events", "events"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    FirstElement,
    FirstKey,
    Key,
    Colon,
    Comma,
    InsideKey,
    InsideString,
    InsideWord,
}

/// A scan of one value; give [`Scan::run`] ever more of the same bytes until it does not say
/// [`Step::More`].
#[derive(Clone, Debug)]
pub struct Scan {
    expect: Expect,
    /// One bit for each open bracket, the innermost lowest; set for an object.
    objects: u128,
    depth: u32,
    deepest: u32,
    at: usize,
    /// Where the word or the key being read begins.
    token: usize,
    /// Where the key last read ends.
    key_end: usize,
    watching: bool,
    blemish: Option<Fault>,
}

impl Scan {
    /// A scan that follows at most `deepest` open brackets (and never more than [`DEEPEST`]).
    #[must_use]
    pub fn new(deepest: u32) -> Self {
        Self {
            expect: Expect::Value,
            objects: 0,
            depth: 0,
            deepest: deepest.min(DEEPEST),
            at: 0,
            token: 0,
            key_end: 0,
            watching: false,
            blemish: None,
        }
    }

    /// The same scan, stopping with [`Step::Array`] at the arrays named in [`STREAMED`].
    #[must_use]
    pub fn watching(mut self) -> Self {
        self.watching = true;
        self
    }

    /// A fault that left the shape of the value whole: a control character inside a string.
    #[must_use]
    pub fn blemish(&self) -> Option<Fault> {
        self.blemish
    }

    /// How many bytes were scanned.
    #[must_use]
    pub fn scanned(&self) -> usize {
        self.at
    }

    /// Goes on after the array that [`Step::Array`] stopped at, the next bytes given being those
    /// after its closing bracket.
    pub fn skip_array(&mut self) {
        self.at = 0;
        self.expect = Expect::Comma;
    }

    /// Forgets the bytes scanned: the next bytes given are those after [`Scan::scanned`]. Arrays
    /// are no longer watched for, since the name before one may be among the bytes forgotten.
    pub fn forget(&mut self) {
        self.at = 0;
        self.token = 0;
        self.watching = false;
    }

    /// Scans on in `text`, which begins where the value begins; `ended` says that no more follows.
    pub fn run(&mut self, text: &[u8], ended: bool) -> Step {
        let mut at = self.at;
        let mut expect = self.expect;
        let step = loop {
            let Some(&byte) = text.get(at) else {
                break self.end(text, at, expect, ended);
            };
            match expect {
                Expect::InsideString | Expect::InsideKey => {
                    at = plain_run(text, at);
                    match text.get(at) {
                        Some(b'"') if expect == Expect::InsideKey => {
                            self.key_end = at;
                            at += 1;
                            expect = Expect::Colon;
                        }
                        Some(b'"') => {
                            at += 1;
                            if self.depth == 0 {
                                break Step::Complete(at);
                            }
                            expect = Expect::Comma;
                        }
                        Some(b'\\') => match escape(text, at) {
                            Escaped::Whole(length) => at += length,
                            Escaped::Cut if ended => break Step::Broken(Fault::Truncated, at),
                            Escaped::Cut => break Step::More,
                            Escaped::Broken => break Step::Broken(Fault::Escape, at),
                        },
                        Some(b'\n') => break Step::Broken(Fault::LineEndInString, at),
                        Some(_) => {
                            self.blemish = Some(Fault::ControlCharacter);
                            at += 1;
                        }
                        None => {}
                    }
                }
                Expect::InsideWord => {
                    at = word_end(text, at);
                    if at < text.len() || ended {
                        if !is_word(text.get(self.token..at).unwrap_or_default()) {
                            break Step::Broken(Fault::Word, self.token);
                        }
                        if self.depth == 0 {
                            break Step::Complete(at);
                        }
                        expect = Expect::Comma;
                    }
                }
                _ if is_space(byte) => at += 1,
                Expect::Comma => match byte {
                    b',' => {
                        at += 1;
                        expect = Expect::Value;
                        if self.objects & 1 == 1 {
                            expect = Expect::Key;
                            if text.get(at) == Some(&b'"') {
                                at += 1;
                                self.token = at;
                                expect = Expect::InsideKey;
                            }
                        }
                    }
                    b'}' | b']' if self.closes(byte) => {
                        at += 1;
                        if self.close() {
                            break Step::Complete(at);
                        }
                    }
                    _ => break Step::Broken(Fault::Unexpected(byte), at),
                },
                Expect::Colon if byte == b':' => {
                    at += 1;
                    expect = Expect::Value;
                    if text.get(at) == Some(&b'"') {
                        at += 1;
                        expect = Expect::InsideString;
                    }
                }
                Expect::FirstKey | Expect::Key if byte == b'"' => {
                    at += 1;
                    self.token = at;
                    expect = Expect::InsideKey;
                }
                Expect::FirstKey | Expect::FirstElement if self.closes(byte) => {
                    at += 1;
                    expect = Expect::Comma;
                    if self.close() {
                        break Step::Complete(at);
                    }
                }
                Expect::Value | Expect::FirstElement => match byte {
                    b'"' => {
                        at += 1;
                        expect = Expect::InsideString;
                    }
                    b'{' | b'[' => {
                        if byte == b'['
                            && self.watching
                            && self.depth == 1
                            && self.objects & 1 == 1
                            && let Some(name) = self.streamed(text)
                        {
                            break Step::Array(name, at);
                        }
                        if self.depth == self.deepest {
                            break Step::Broken(Fault::TooDeep, at);
                        }
                        self.depth += 1;
                        self.objects = self.objects << 1 | u128::from(byte == b'{');
                        expect = if byte == b'{' { Expect::FirstKey } else { Expect::FirstElement };
                        at += 1;
                    }
                    b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                        self.token = at;
                        expect = Expect::InsideWord;
                    }
                    _ => break Step::Broken(Fault::Unexpected(byte), at),
                },
                _ => break Step::Broken(Fault::Unexpected(byte), at),
            }
        };
        self.at = at;
        self.expect = expect;
        step
    }

    fn end(&self, text: &[u8], at: usize, expect: Expect, ended: bool) -> Step {
        if !ended {
            return Step::More;
        }
        if expect == Expect::InsideWord {
            if !is_word(text.get(self.token..at).unwrap_or_default()) {
                return Step::Broken(Fault::Word, self.token);
            }
            if self.depth == 0 {
                return Step::Complete(at);
            }
        }
        Step::Broken(Fault::Truncated, at)
    }

    /// Whether `byte` is the bracket that closes the innermost open one.
    fn closes(&self, byte: u8) -> bool {
        byte == if self.objects & 1 == 1 { b'}' } else { b']' }
    }

    /// Closes the innermost bracket; true if it was the outermost.
    fn close(&mut self) -> bool {
        self.objects >>= 1;
        self.depth -= 1;
        self.depth == 0
    }

    fn streamed(&self, text: &[u8]) -> Option<usize> {
        let key = text.get(self.token..self.key_end)?;
        STREAMED.iter().position(|name| name.as_bytes() == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    fn whole(text: &[u8]) -> Step {
        Scan::new(DEEPEST).run(text, true)
    }

    #[test]
    fn a_value_ends_where_its_last_bracket_closes() {
        assert_eq!(whole(br#"{"a":[1,{"b":"}"}]} {"#), Step::Complete(19));
        assert_eq!(whole(b"12,"), Step::Complete(2));
        assert_eq!(whole(b"12"), Step::Complete(2));
        assert_eq!(Scan::new(DEEPEST).run(b"12", false), Step::More);
    }

    #[test]
    fn a_break_is_seen_where_it_is() {
        for (text, fault, at) in [
            (r#"{"a":1,}"#, Fault::Unexpected(b'}'), 7),
            (r#"{"a":1]"#, Fault::Unexpected(b']'), 6),
            ("{\"a\":\"x\n\"}", Fault::LineEndInString, 7),
            (r#"{"a":"\x"}"#, Fault::Escape, 6),
            (r#"{"a":01}"#, Fault::Word, 5),
            (r#"{"a":"#, Fault::Truncated, 5),
            (r#"{"a":tru"#, Fault::Word, 5),
            ("x", Fault::Unexpected(b'x'), 0),
        ] {
            assert_eq!(whole(text.as_bytes()), Step::Broken(fault, at), "{text}");
        }
        let deep = "[".repeat(129);
        assert_eq!(whole(deep.as_bytes()), Step::Broken(Fault::TooDeep, 128));
    }

    #[test]
    fn a_control_character_in_a_string_leaves_the_shape_whole() {
        let mut scan = Scan::new(DEEPEST);
        assert_eq!(scan.run(b"{\"a\":\"x\0\"}", true), Step::Complete(10));
        assert_eq!(scan.blemish(), Some(Fault::ControlCharacter));
    }

    #[test]
    fn watched_arrays_stop_the_scan_at_depth_one_only() {
        let mut scan = Scan::new(DEEPEST).watching();
        assert_eq!(scan.run(br#"{"a":{"Records":[]},"Records":[1]}"#, true), Step::Array(0, 30));
        assert_eq!(whole(br#"{"Records":[1]}"#), Step::Complete(15));
    }

    proptest! {
        #[test]
        fn a_scan_accepts_what_serde_json_accepts(
            text in "[\\[\\]{},:\"0-9tfnulrasebE.+\\\\ -]{0,12}",
        ) {
            let oracle = serde_json::from_str::<&RawValue>(&text).is_ok();
            let trimmed = text.trim_start();
            let found = match whole(trimmed.as_bytes()) {
                Step::Complete(end) => trimmed[end..].trim().is_empty(),
                _ => false,
            };
            prop_assert_eq!(found, oracle, "{}", text);
        }

        #[test]
        fn cutting_the_input_anywhere_changes_nothing(
            text in "[\\[\\]{},:\"0-9a-u\\\\ ]{0,20}",
            cut in 0..20usize,
        ) {
            let expected = whole(text.as_bytes());
            let mut scan = Scan::new(DEEPEST);
            let first = scan.run(&text.as_bytes()[..cut.min(text.len())], false);
            let found = if first == Step::More { scan.run(text.as_bytes(), true) } else { first };
            prop_assert_eq!(found, expected, "{}", text);
        }
    }
}
