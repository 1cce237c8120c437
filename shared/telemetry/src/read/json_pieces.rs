//! Cuts a stream of JSON into the values that matter, in bounded memory.
//!
//! Read are concatenated values, JSON lines, printed documents and documents on one line. The
//! elements of a top-level array, and of an array that a top-level object holds under a name of
//! [`STREAMED`], come out one by one; every other top-level value comes out whole. A damaged value
//! is a named problem and reading goes on where the next value plausibly begins.

use std::fmt;
use std::io::{self, Read};

use super::json_members::members;
use super::json_outline::Outline;
use super::json_resume::{LOOK_BEHIND, Names, Resume, resume};
use super::json_scan::{Fault, STREAMED, Scan, Step};
use super::json_tokens::is_space;

/// How much is read at once, in bytes.
const BLOCK: usize = 128 << 10;
/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
/// How often reading may resume before a place that broke already: what keeps it linear.
const REWINDS: u32 = 8;

/// Bounds on what is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest whole value, in bytes.
    pub value: usize,
    /// The longest element of an array, in bytes.
    pub element: usize,
    /// The most brackets open at once within a piece, at most [`super::json_scan::DEEPEST`].
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { value: 16 << 20, element: 1 << 20, depth: super::json_scan::DEEPEST }
    }
}

/// Where a piece begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, counted from 1.
    pub line: u64,
    /// The bytes before the piece, from the start of the stream.
    pub offset: u64,
    /// The array that holds the piece, if it is an element.
    pub element: Option<Element>,
}

/// The place of an element in its array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    /// The name of the array, `None` for a top-level one.
    pub array: Option<&'static str>,
    /// Elements before this one, damaged ones included.
    pub index: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.element {
            Some(Element { index, .. }) => {
                write!(out, "record {} (byte {})", index + 1, self.offset)
            }
            None => write!(out, "line {}", self.line),
        }
    }
}

/// One value of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The value: one whole JSON value without white space around it.
    pub text: &'a str,
    /// Where it begins.
    pub place: Place,
    /// Where everything in it stands, if that was traced: of most objects in arrays.
    pub outline: Option<&'a Outline>,
}

/// What the stream holds next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A top-level value or an element.
    Value(Piece<'a>),
    /// The object around an array whose elements came out, with the array left empty. Only if it
    /// has members besides.
    Rest(Piece<'a>),
    /// Bytes that could not be read as a value.
    Problem(Problem),
}

/// Bytes that could not be read as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where the damaged value begins.
    pub place: Place,
    /// What is wrong with it.
    pub fault: Fault,
    /// How many bytes were passed over, from the place on.
    pub skipped: u64,
}

/// What the next bytes belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// White space, or what separates values.
    Between,
    /// A value that begins at the head.
    Value,
    /// What follows a streamed array in its object.
    Around,
    /// Damaged bytes; the search for the next value has come to this position of the buffer.
    Gap(Problem, usize),
    /// Nothing more is to come.
    Done,
}

/// What may come next in a streamed array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    FirstOrEnd,
    Element,
    CommaOrEnd,
}

#[derive(Clone, Copy, Debug)]
struct Array {
    name: Option<&'static str>,
    index: u64,
    next: Next,
}

/// The object around a streamed array.
#[derive(Debug)]
struct Around {
    scan: Scan,
    place: Place,
    /// Its bytes without the elements.
    text: Vec<u8>,
    /// Whether the bytes outgrew the limit and were let go.
    too_long: bool,
}

/// What one step found, as ranges of the buffer.
enum Found {
    Value { place: Place, from: usize, to: usize, is_traced: bool },
    Rest(Place),
    Problem(Problem),
}

/// The values of a stream. Memory is twice the longest piece, and a block.
#[derive(Debug)]
pub struct Pieces<R> {
    reader: R,
    limits: Limits,
    buffer: Vec<u8>,
    /// Where in the buffer the value being read begins.
    head: usize,
    filled: usize,
    /// The offset in the stream of the start of the buffer.
    base: u64,
    ended: bool,
    /// The line of the position in the stream up to which lines were counted.
    line: u64,
    counted: u64,
    mode: Mode,
    scan: Scan,
    outline: Outline,
    array: Option<Array>,
    around: Option<Around>,
    rest: Vec<u8>,
    /// Whether the value being read outgrew its limit; where it begins, since its first bytes are
    /// let go.
    too_long: Option<Place>,
    damaged: bool,
    names: Names,
    streamed: Option<&'static str>,
    /// The furthest position that broke, and how often reading resumed before it.
    furthest: u64,
    rewinds: u32,
}

impl<R: Read> Pieces<R> {
    /// The values of what `reader` gives (decompressed already).
    pub fn new(reader: R, limits: Limits) -> Self {
        Self {
            reader,
            limits,
            buffer: Vec::new(),
            head: 0,
            filled: 0,
            base: 0,
            ended: false,
            line: 1,
            counted: 0,
            mode: Mode::Between,
            scan: Scan::new(limits.depth),
            outline: Outline::default(),
            array: None,
            around: None,
            rest: Vec::new(),
            too_long: None,
            damaged: false,
            names: Names::default(),
            streamed: None,
            furthest: 0,
            rewinds: 0,
        }
    }

    /// The bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.base + self.filled as u64
    }

    /// The name of the array that was opened last, also of an empty one: an empty CloudTrail file
    /// shows its kind by nothing else.
    pub fn streamed(&self) -> Option<&'static str> {
        self.streamed
    }

    /// The next value, `None` at the end.
    ///
    /// # Errors
    /// What the reader said (a truncated gzip file, for instance), after every whole value before
    /// it came out. The stream has ended then; the value cut off by it is not named again.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> io::Result<Option<Item<'_>>> {
        let (place, bytes, outline, rest) = match self.advance()? {
            None => return Ok(None),
            Some(Found::Problem(problem)) => return Ok(Some(Item::Problem(problem))),
            Some(Found::Value { place, from, to, is_traced }) => {
                let bytes = self.buffer.get(from..to).unwrap_or_default();
                (place, bytes, is_traced.then_some(&self.outline), false)
            }
            Some(Found::Rest(place)) => (place, self.rest.as_slice(), None, true),
        };
        Ok(Some(match std::str::from_utf8(bytes) {
            Ok(text) if rest => Item::Rest(Piece { text, place, outline }),
            Ok(text) => Item::Value(Piece { text, place, outline }),
            Err(_) => {
                let skipped = bytes.len() as u64;
                Item::Problem(Problem { place, fault: Fault::NotUtf8, skipped })
            }
        }))
    }

    fn advance(&mut self) -> io::Result<Option<Found>> {
        loop {
            let found = match self.mode {
                Mode::Between => self.between()?,
                Mode::Value => self.value()?,
                Mode::Around => self.after_array()?,
                Mode::Gap(problem, at) => self.gap(problem, at)?,
                Mode::Done => return Ok(None),
            };
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn between(&mut self) -> io::Result<Option<Found>> {
        let Some(&byte) = self.window().first() else {
            if self.fill()? {
                return Ok(None);
            }
            self.mode = Mode::Done;
            let place = self.place();
            let open = self.array.is_some().then_some(Problem {
                place,
                fault: Fault::Truncated,
                skipped: 0,
            });
            return Ok(open.map(Found::Problem));
        };
        let start_of_stream = self.base == 0 && self.head == 0;
        if is_space(byte) {
            self.head += 1;
        } else if start_of_stream && byte == BYTE_ORDER_MARK[0] {
            while self.window().len() < BYTE_ORDER_MARK.len() && self.fill()? {}
            if self.window().starts_with(&BYTE_ORDER_MARK) {
                self.head += BYTE_ORDER_MARK.len();
            } else {
                self.begin();
            }
        } else if let Some(mut array) = self.array {
            match (array.next, byte) {
                (Next::FirstOrEnd | Next::CommaOrEnd, b']') => {
                    self.head += 1;
                    self.close_array();
                    return Ok(None);
                }
                (Next::CommaOrEnd, b',') => {
                    self.head += 1;
                    array.next = Next::Element;
                }
                (Next::CommaOrEnd, _) => {
                    self.break_at(Fault::Unexpected(byte), 0);
                    return Ok(None);
                }
                (Next::FirstOrEnd | Next::Element, _) => {
                    array.next = Next::CommaOrEnd;
                    self.array = Some(array);
                    self.begin();
                    return Ok(self.quick_element());
                }
            }
            self.array = Some(array);
        } else if self.damaged && matches!(byte, b',' | b']' | b'}') {
            // What closes the values around a damaged one is no second problem.
            self.head += 1;
        } else if byte == b'[' {
            self.head += 1;
            self.array = Some(Array { name: None, index: 0, next: Next::FirstOrEnd });
        } else {
            self.begin();
        }
        Ok(None)
    }

    /// An element that is a whole object in the bytes held, as most are. Any other is left to the
    /// scan.
    fn quick_element(&mut self) -> Option<Found> {
        let window = self.buffer.get(self.head..self.filled).unwrap_or_default();
        let window = window.get(..self.limits.element).unwrap_or(window);
        let length = self.outline.trace(window, self.limits.depth)?;
        let found = self.complete(length, true);
        self.line += self.outline.line_ends();
        self.counted = self.base + self.head as u64;
        found
    }

    fn value(&mut self) -> io::Result<Option<Found>> {
        let window = self.buffer.get(self.head..self.filled).unwrap_or_default();
        match self.scan.run(window, self.ended) {
            Step::Complete(length) => Ok(self.complete(length, false)),
            Step::Array(name, at) => {
                self.open_array(name, at);
                Ok(None)
            }
            Step::Broken(fault, at) => {
                self.break_at(fault, at);
                Ok(None)
            }
            Step::More => {
                if self.window().len() > self.limit() {
                    self.too_long = self.too_long.or(Some(self.place()));
                    self.head += self.scan.scanned();
                    self.scan.forget();
                }
                self.fill()?;
                Ok(None)
            }
        }
    }

    /// A value of this many bytes stands at the head; `is_traced` if the outline is its.
    fn complete(&mut self, length: usize, is_traced: bool) -> Option<Found> {
        let limit = self.limit();
        let place = self.too_long.take().unwrap_or_else(|| self.place());
        let (from, to) = (self.head, self.head + length);
        self.head = to;
        self.mode = Mode::Between;
        if let Some(array) = &mut self.array {
            array.index += 1;
        }
        let bytes = self.buffer.get(from..to).unwrap_or_default();
        let end = self.base + to as u64;
        let fault = if end - place.offset > limit as u64 {
            Some(Fault::TooLong(limit))
        } else {
            self.scan.blemish()
        };
        if let Some(fault) = fault {
            return Some(Found::Problem(Problem { place, fault, skipped: end - place.offset }));
        }
        self.names.remember(bytes);
        Some(Found::Value { place, from, to, is_traced })
    }

    fn open_array(&mut self, name: usize, at: usize) {
        let place = self.place();
        let text = self.buffer.get(self.head..=self.head + at).unwrap_or_default();
        let around = self.around.get_or_insert_with(|| Around {
            scan: self.scan.clone(),
            place,
            text: Vec::new(),
            too_long: false,
        });
        around.scan = self.scan.clone();
        around.keep(text, self.limits.value);
        self.head += at + 1;
        self.mode = Mode::Between;
        self.streamed = STREAMED.get(name).copied();
        self.array = Some(Array { name: self.streamed, index: 0, next: Next::FirstOrEnd });
    }

    fn close_array(&mut self) {
        self.array = None;
        if let Some(around) = &mut self.around {
            around.keep(b"]", self.limits.value);
            self.scan = around.scan.clone();
            self.scan.skip_array();
            self.mode = Mode::Around;
        }
    }

    fn after_array(&mut self) -> io::Result<Option<Found>> {
        let window = self.buffer.get(self.head..self.filled).unwrap_or_default();
        match self.scan.run(window, self.ended) {
            Step::Array(name, at) => {
                self.open_array(name, at);
                Ok(None)
            }
            Step::Complete(length) => {
                let text = self.buffer.get(self.head..self.head + length).unwrap_or_default();
                self.head += length;
                self.mode = Mode::Between;
                let Some(mut around) = self.around.take() else { return Ok(None) };
                around.keep(text, self.limits.value);
                let fault = if around.too_long {
                    Some(Fault::TooLong(self.limits.value))
                } else {
                    self.scan.blemish()
                };
                if let Some(fault) = fault {
                    let problem = Problem { place: around.place, fault, skipped: 0 };
                    return Ok(Some(Found::Problem(problem)));
                }
                self.names.remember(&around.text);
                self.rest = around.text;
                Ok(has_other_members(&self.rest).then_some(Found::Rest(around.place)))
            }
            Step::Broken(fault, at) => {
                self.break_at(fault, at);
                Ok(None)
            }
            Step::More => {
                if self.window().len() > self.limits.value {
                    let scanned = self.scan.scanned();
                    if let Some(around) = &mut self.around {
                        around.too_long = true;
                    }
                    self.head += scanned;
                    self.scan.forget();
                }
                self.fill()?;
                Ok(None)
            }
        }
    }

    /// The value that begins at the head broke, `at` bytes on: the search for the next one begins.
    fn break_at(&mut self, fault: Fault, at: usize) {
        let place = self.too_long.take().unwrap_or_else(|| self.place());
        let furthest = self.base + (self.head + at) as u64;
        if furthest > self.furthest {
            self.furthest = furthest;
            self.rewinds = 0;
        } else {
            self.rewinds += 1;
        }
        self.damaged = true;
        if let Some(array) = &mut self.array {
            array.index += 1;
        }
        if self.mode == Mode::Around {
            self.around = None;
        }
        if !self.names.learned {
            self.names.remember(self.buffer.get(self.head..self.head + at).unwrap_or_default());
        }
        // What broke may itself begin a value, unless it was tried as one.
        let tried = usize::from(self.mode != Mode::Between);
        let from = if self.rewinds < REWINDS { tried } else { at.max(tried) };
        let problem = Problem { place, fault, skipped: 0 };
        self.mode = Mode::Gap(problem, self.head + from);
    }

    fn gap(&mut self, mut problem: Problem, at: usize) -> io::Result<Option<Found>> {
        let text = self.buffer.get(..self.filled).unwrap_or_default();
        match resume(text, at.min(self.filled), self.ended, self.array.is_some(), &self.names) {
            Resume::At(at, at_top) => {
                if at_top {
                    self.array = None;
                    self.around = None;
                }
                if let Some(array) = &mut self.array {
                    array.next = Next::Element;
                }
                self.head = at;
                self.mode = Mode::Between;
                problem.skipped = self.base + at as u64 - problem.place.offset;
                Ok(Some(Found::Problem(problem)))
            }
            Resume::From(from) => {
                self.head = from.saturating_sub(LOOK_BEHIND).max(self.head);
                let before = self.base;
                self.mode = Mode::Gap(problem, from);
                self.fill()?;
                let moved = (self.base - before) as usize;
                self.mode = Mode::Gap(problem, from - moved);
                Ok(None)
            }
            Resume::Never => {
                self.mode = Mode::Done;
                problem.skipped = self.base + self.filled as u64 - problem.place.offset;
                Ok(Some(Found::Problem(problem)))
            }
        }
    }

    fn begin(&mut self) {
        self.mode = Mode::Value;
        self.scan = Scan::new(self.limits.depth);
        if self.array.is_none() {
            self.scan = self.scan.clone().watching();
        }
    }

    fn limit(&self) -> usize {
        if self.array.is_some() { self.limits.element } else { self.limits.value }
    }

    fn window(&self) -> &[u8] {
        self.buffer.get(self.head..self.filled).unwrap_or_default()
    }

    /// The place of the head.
    fn place(&mut self) -> Place {
        let offset = self.base + self.head as u64;
        let from = self.counted.saturating_sub(self.base) as usize;
        let passed = self.buffer.get(from..self.head).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.counted.max(offset);
        let element = self.array.map(|array| Element { array: array.name, index: array.index });
        Place { line: self.line, offset, element }
    }

    /// Reads more after the bytes held; false at the end. Bytes before the head may go.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.filled == self.buffer.len() {
            if self.head > self.buffer.len() / 2 || self.head == self.filled {
                self.place();
                self.buffer.copy_within(self.head..self.filled, 0);
                self.base += self.head as u64;
                self.filled -= self.head;
                self.head = 0;
            }
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.buffer.len() + self.buffer.len().max(BLOCK), 0);
            }
        }
        let space = self.buffer.get_mut(self.filled..).unwrap_or_default();
        loop {
            match self.reader.read(space) {
                Ok(read) => {
                    self.ended = read == 0;
                    self.filled += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.mode = Mode::Done;
                    return Err(error);
                }
            }
        }
    }
}

impl Around {
    fn keep(&mut self, text: &[u8], limit: usize) {
        self.too_long |= self.text.len() + text.len() > limit;
        if self.too_long {
            self.text.clear();
        } else {
            self.text.extend_from_slice(text);
        }
    }
}

/// Whether an object has members besides the arrays that were streamed out of it. What is not
/// UTF-8 is a problem that the caller should see.
fn has_other_members(object: &[u8]) -> bool {
    let Ok(object) = std::str::from_utf8(object) else { return true };
    let streamed = |name: &str, value: &str| value == "[]" && STREAMED.contains(&name);
    members(object).map_while(Result::ok).any(|(name, value)| !streamed(&name, value))
}

#[cfg(test)]
mod tests;
