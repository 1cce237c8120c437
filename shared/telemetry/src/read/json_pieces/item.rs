//! What comes out of a stream of JSON: values and problems, each with its place.

use std::fmt;

use super::super::json_outline::Outline;
use super::super::json_scan::{DEEPEST, Fault};

/// Bounds on what is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest whole value, in bytes.
    pub value: usize,
    /// The longest element of an array, in bytes.
    pub element: usize,
    /// The most brackets open at once within a piece, at most [`DEEPEST`].
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { value: 16 << 20, element: 1 << 20, depth: DEEPEST }
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
