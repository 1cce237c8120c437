//! Cuts a stream of JSON into the values that matter, in bounded memory.
//!
//! Read are concatenated values, JSON lines, printed documents and documents on one line. The
//! elements of a top-level array, and of an array that a top-level object holds under a name of
//! [`STREAMED`], come out one by one; every other top-level value comes out whole. A damaged value
//! is a named problem and reading goes on where the next value plausibly begins.

mod around;
mod item;
mod window;

use std::io::{self, Read};

use around::Around;
pub use item::{Element, Item, Limits, Piece, Place, Problem};
use window::Window;

use super::json_outline::Outline;
use super::json_resume::{LOOK_BEHIND, Names, Resume, resume};
use super::json_scan::{Fault, STREAMED, Scan, Step};
use super::json_tokens::is_space;

/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
/// How often reading may resume before a place that broke already: what keeps it linear.
const REWINDS: u32 = 8;

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

/// What one step found, as ranges of the buffer.
enum Found {
    Value { place: Place, from: usize, to: usize, is_traced: bool },
    Rest(Place),
    Problem(Problem),
}

/// The values of a stream. Memory is twice the longest piece, and a block.
#[derive(Debug)]
pub struct Pieces<R> {
    /// Its head stands where the value being read begins.
    window: Window<R>,
    limits: Limits,
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
            window: Window::new(reader),
            limits,
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
        self.window.end()
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
                let bytes = self.window.between(from, to);
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
        let Some(&byte) = self.window.ahead().first() else {
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
        let start_of_stream = self.window.offset(self.window.head()) == 0;
        if is_space(byte) {
            self.window.skip(1);
        } else if start_of_stream && byte == BYTE_ORDER_MARK[0] {
            while self.window.ahead().len() < BYTE_ORDER_MARK.len() && self.fill()? {}
            if self.window.ahead().starts_with(&BYTE_ORDER_MARK) {
                self.window.skip(BYTE_ORDER_MARK.len());
            } else {
                self.begin();
            }
        } else if let Some(mut array) = self.array {
            match (array.next, byte) {
                (Next::FirstOrEnd | Next::CommaOrEnd, b']') => {
                    self.window.skip(1);
                    self.close_array();
                    return Ok(None);
                }
                (Next::CommaOrEnd, b',') => {
                    self.window.skip(1);
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
            self.window.skip(1);
        } else if byte == b'[' {
            self.window.skip(1);
            self.array = Some(Array { name: None, index: 0, next: Next::FirstOrEnd });
        } else {
            self.begin();
        }
        Ok(None)
    }

    /// An element that is a whole object in the bytes held, as most are. Any other is left to the
    /// scan.
    fn quick_element(&mut self) -> Option<Found> {
        let text = self.window.ahead();
        let text = text.get(..self.limits.element).unwrap_or(text);
        let length = self.outline.trace(text, self.limits.depth)?;
        let found = self.complete(length, true);
        self.window.passed(self.outline.line_ends());
        found
    }

    fn value(&mut self) -> io::Result<Option<Found>> {
        match self.scan.run(self.window.ahead(), self.window.ended()) {
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
                if self.window.ahead().len() > self.limit() {
                    self.too_long = self.too_long.or(Some(self.place()));
                    self.window.skip(self.scan.scanned());
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
        let from = self.window.head();
        let to = from + length;
        self.window.skip(length);
        self.mode = Mode::Between;
        if let Some(array) = &mut self.array {
            array.index += 1;
        }
        let end = self.window.offset(to);
        let fault = if end - place.offset > limit as u64 {
            Some(Fault::TooLong(limit))
        } else {
            self.scan.blemish()
        };
        if let Some(fault) = fault {
            return Some(Found::Problem(Problem { place, fault, skipped: end - place.offset }));
        }
        self.names.remember(self.window.between(from, to));
        Some(Found::Value { place, from, to, is_traced })
    }

    fn open_array(&mut self, name: usize, at: usize) {
        let place = self.place();
        let text = self.window.ahead().get(..=at).unwrap_or_default();
        let around = self.around.get_or_insert_with(|| Around::new(self.scan.clone(), place));
        around.scan = self.scan.clone();
        around.keep(text, self.limits.value);
        self.window.skip(at + 1);
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
        match self.scan.run(self.window.ahead(), self.window.ended()) {
            Step::Array(name, at) => {
                self.open_array(name, at);
                Ok(None)
            }
            Step::Complete(length) => {
                let from = self.window.head();
                self.window.skip(length);
                self.mode = Mode::Between;
                let Some(mut around) = self.around.take() else { return Ok(None) };
                around.keep(self.window.between(from, from + length), self.limits.value);
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
                Ok(around::has_other_members(&self.rest).then_some(Found::Rest(around.place)))
            }
            Step::Broken(fault, at) => {
                self.break_at(fault, at);
                Ok(None)
            }
            Step::More => {
                if self.window.ahead().len() > self.limits.value {
                    let scanned = self.scan.scanned();
                    if let Some(around) = &mut self.around {
                        around.too_long = true;
                    }
                    self.window.skip(scanned);
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
        let head = self.window.head();
        let furthest = self.window.offset(head + at);
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
            self.names.remember(self.window.between(head, head + at));
        }
        // What broke may itself begin a value, unless it was tried as one.
        let tried = usize::from(self.mode != Mode::Between);
        let from = if self.rewinds < REWINDS { tried } else { at.max(tried) };
        let problem = Problem { place, fault, skipped: 0 };
        self.mode = Mode::Gap(problem, head + from);
    }

    fn gap(&mut self, mut problem: Problem, at: usize) -> io::Result<Option<Found>> {
        let text = self.window.held();
        let (at, ended) = (at.min(text.len()), self.window.ended());
        match resume(text, at, ended, self.array.is_some(), &self.names) {
            Resume::At(at, at_top) => {
                if at_top {
                    self.array = None;
                    self.around = None;
                }
                if let Some(array) = &mut self.array {
                    array.next = Next::Element;
                }
                self.window.go_to(at);
                self.mode = Mode::Between;
                problem.skipped = self.window.offset(at) - problem.place.offset;
                Ok(Some(Found::Problem(problem)))
            }
            Resume::From(from) => {
                let keep = from.saturating_sub(LOOK_BEHIND).max(self.window.head());
                self.window.go_to(keep);
                self.mode = Mode::Gap(problem, from);
                self.fill()?;
                let moved = keep - self.window.head();
                self.mode = Mode::Gap(problem, from - moved);
                Ok(None)
            }
            Resume::Never => {
                self.mode = Mode::Done;
                problem.skipped = self.window.end() - problem.place.offset;
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

    /// The place of the head.
    fn place(&mut self) -> Place {
        let element = self.array.map(|array| Element { array: array.name, index: array.index });
        let offset = self.window.offset(self.window.head());
        Place { line: self.window.line(), offset, element }
    }

    /// Reads more after the bytes held; false at the end. Bytes before the head may go.
    fn fill(&mut self) -> io::Result<bool> {
        let filled = self.window.fill();
        if filled.is_err() {
            self.mode = Mode::Done;
        }
        filled
    }
}

#[cfg(test)]
mod tests;
