//! The bytes of a stream that are held at present, with a head that moves through them.

use std::io::{self, Read};

/// How much is read at once, in bytes.
pub(super) const BLOCK: usize = 256 << 10;

/// A window on a stream. It grows as long as its head stays where it is.
#[derive(Debug)]
pub(super) struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Positions in the buffer: the head, and the end of what was read.
    head: usize,
    filled: usize,
    /// The offset in the stream of the start of the buffer.
    base: u64,
    ended: bool,
    /// The line of the offset in the stream up to which lines were counted.
    line: u64,
    counted: u64,
}

impl<R: Read> Window<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            head: 0,
            filled: 0,
            base: 0,
            ended: false,
            line: 1,
            counted: 0,
        }
    }

    /// How much memory it takes, in bytes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.buffer.len()
    }

    /// The bytes from the head on.
    pub(super) fn ahead(&self) -> &[u8] {
        self.between(self.head, self.filled)
    }

    /// All bytes held, some of them before the head.
    pub(super) fn held(&self) -> &[u8] {
        self.between(0, self.filled)
    }

    /// The bytes between two positions.
    pub(super) fn between(&self, from: usize, to: usize) -> &[u8] {
        self.buffer.get(from..to).unwrap_or_default()
    }

    /// The position of the head. Positions change with [`fill`](Self::fill), offsets do not.
    pub(super) fn head(&self) -> usize {
        self.head
    }

    /// Moves the head to a position.
    pub(super) fn go_to(&mut self, position: usize) {
        self.head = position;
    }

    /// Moves the head on.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.head += bytes;
    }

    /// The offset in the stream of a position.
    pub(super) fn offset(&self, position: usize) -> u64 {
        self.base + position as u64
    }

    /// The offset in the stream up to which it was read.
    pub(super) fn end(&self) -> u64 {
        self.offset(self.filled)
    }

    /// Whether there is no more to read.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The line in which the head stands, counted from 1.
    pub(super) fn line(&mut self) -> u64 {
        let from = self.counted.saturating_sub(self.base) as usize;
        self.line += memchr::memchr_iter(b'\n', self.between(from, self.head)).count() as u64;
        self.counted = self.counted.max(self.offset(self.head));
        self.line
    }

    /// Notes that so many lines ended before the head since [`line`](Self::line) counted them last:
    /// whoever took the bytes apart knows.
    pub(super) fn passed(&mut self, lines: u64) {
        self.line += lines;
        self.counted = self.offset(self.head);
    }

    /// Reads more after the bytes held; false at the end. Bytes before the head may go.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.filled == self.buffer.len() {
            if self.head > self.buffer.len() / 2 || self.head == self.filled {
                self.line();
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
                Err(error) => return Err(error),
            }
        }
    }
}
