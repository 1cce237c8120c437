//! A reader that gives up when the invocation's time is over, and remembers why reading ended.

use std::io::{self, Read};
use std::time::Instant;

use sigdrift_aws::{events, objects};

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The source ended it, or what reads it.
    Itself,
    /// There was no time left.
    OutOfTime,
    /// The source could not be read on.
    Broken,
}

/// A reader with a deadline.
#[derive(Debug)]
pub struct Hurried<R> {
    input: R,
    deadline: Instant,
    why: &'static str,
    /// How reading ended so far.
    pub end: End,
}

impl<R> Hurried<R> {
    /// Reads until the deadline, and says then why it reads no more.
    pub fn new(input: R, deadline: Instant, why: &'static str) -> Self {
        Self { input, deadline, why, end: End::Itself }
    }
}

impl<R: Read> Read for Hurried<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() >= self.deadline {
            self.end = End::OutOfTime;
            return Err(io::Error::new(io::ErrorKind::TimedOut, self.why));
        }
        self.input.read(buffer).inspect_err(|error| {
            // Only what the network says is worth another try; bytes stay as they are.
            let is_of_service = |error: &(dyn std::error::Error + Send + Sync + 'static)| {
                error.is::<objects::Error>() || error.is::<events::Error>()
            };
            if error.get_ref().is_some_and(is_of_service) {
                self.end = End::Broken;
            }
        })
    }
}
