//! Blocks of whole lines from a stream, with bounded memory.

use std::io::{self, Read};

use memchr::{memchr, memrchr};

/// How much is read at once. Small enough to stay in a processor's cache while it is taken apart.
const BLOCK: usize = 256 << 10;
/// How much is read behind the end of a part, for the line that begins in it.
const BEHIND: usize = 8 << 10;
/// The longest line that is read, in bytes: four times the largest record that AWS sends.
pub const LONGEST_LINE: usize = 1 << 20;

/// The next thing in a stream of lines.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Whole lines; only the last line of the stream may lack its line end.
    Lines {
        /// The lines.
        bytes: &'a [u8],
        /// The number of the first, counted from 1.
        first: u64,
    },
    /// A line longer than [`LONGEST_LINE`], which was passed over.
    TooLong {
        /// Its number.
        line: u64,
    },
}

/// Cuts a stream into blocks of whole lines.
#[derive(Debug)]
pub struct Blocks<R> {
    input: R,
    buffer: Vec<u8>,
    /// The part of the buffer that was read and not yet given out.
    start: usize,
    end: usize,
    /// The offset in the stream of `buffer[start]`.
    offset: u64,
    /// Lines that begin at this offset or later belong to someone else.
    stop: u64,
    line: u64,
    is_at_end: bool,
    error: Option<io::Error>,
}

impl<R: Read> Blocks<R> {
    /// The lines of a stream.
    pub fn new(input: R) -> Self {
        Self::with_buffer(input, Vec::new())
    }

    fn with_buffer(input: R, buffer: Vec<u8>) -> Self {
        Self {
            input,
            buffer: if buffer.len() < BLOCK { vec![0; BLOCK] } else { buffer },
            start: 0,
            end: 0,
            offset: 0,
            stop: u64::MAX,
            line: 1,
            is_at_end: false,
            error: None,
        }
    }

    /// The lines of a part of a stream: those that begin in its first `length` bytes. Unless the
    /// part is the first, the stream begins one byte before the part, so that a line that begins
    /// at its start can be told from one that began before. The buffer is that of another part, or
    /// empty: there are very many parts.
    pub fn part(input: R, is_first: bool, length: u64, buffer: Vec<u8>) -> Self {
        let mut blocks = Self::with_buffer(input, buffer);
        if is_first {
            blocks.stop = length;
            return blocks;
        }
        blocks.stop = length + 1;
        loop {
            blocks.fill();
            let unread = &blocks.buffer[blocks.start..blocks.end];
            let end = memchr(b'\n', unread).map(|at| at + 1);
            let length = end.unwrap_or(unread.len());
            blocks.drop_front(length);
            if end.is_some() || blocks.is_at_end {
                return blocks;
            }
        }
    }

    /// The buffer, for another part.
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// What the stream goes on with, up to half a block, without taking it; and whether that is
    /// all there is.
    pub fn peek(&mut self) -> (&[u8], bool) {
        while !self.is_at_end && self.end - self.start < BLOCK / 2 {
            self.fill();
        }
        (&self.buffer[self.start..self.end], self.is_at_end)
    }

    /// Passes over the next line if it is longer than [`LONGEST_LINE`], and gives its number.
    pub fn pass_overlong_line(&mut self) -> Option<u64> {
        loop {
            let unread = &self.buffer[self.start..self.end];
            if self.is_at_end || memchr(b'\n', unread).is_some() {
                return None;
            }
            if unread.len() > LONGEST_LINE {
                return Some(self.pass_over());
            }
            self.fill();
        }
    }

    /// Notes how many lines the block had that was given out last: whoever takes it apart knows.
    pub fn passed(&mut self, lines: u64) {
        self.line += lines;
    }

    /// Lines that were given out or passed over.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.line - 1
    }

    /// The next lines, or `None` at the end.
    ///
    /// # Errors
    /// When the stream cannot be read further, after all that came before was given out.
    pub fn next_item(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            let unread = &self.buffer[self.start..self.end];
            let wanted = self.stop.saturating_sub(self.offset);
            if wanted == 0 {
                return Ok(None);
            }
            // The last line that begins before the stop ends at it or behind it.
            let last =
                usize::try_from(wanted - 1).ok().and_then(|at| unread.get(at..).zip(Some(at)));
            let whole = last
                .and_then(|(rest, at)| memchr(b'\n', rest).map(|end| at + end + 1))
                .or_else(|| memrchr(b'\n', unread).map(|at| at + 1));
            if let Some(length) = whole {
                return Ok(Some(self.give(length)));
            }
            if self.is_at_end {
                if unread.is_empty() {
                    return self.error.take().map_or(Ok(None), Err);
                }
                let length = unread.len();
                return Ok(Some(self.give(length)));
            }
            if unread.len() > LONGEST_LINE {
                return Ok(Some(Item::TooLong { line: self.pass_over() }));
            }
            self.fill();
        }
    }

    fn give(&mut self, length: usize) -> Item<'_> {
        let from = self.start;
        self.drop_front(length);
        let bytes = &self.buffer[from..from + length];
        let first = self.line;
        Item::Lines { bytes, first }
    }

    fn pass_over(&mut self) -> u64 {
        let line = self.line;
        self.line += 1;
        loop {
            let unread = &self.buffer[self.start..self.end];
            let end = memchr(b'\n', unread).map(|at| at + 1);
            let length = end.unwrap_or(unread.len());
            self.drop_front(length);
            if end.is_some() || self.is_at_end {
                return line;
            }
            self.fill();
        }
    }

    fn drop_front(&mut self, length: usize) {
        self.start += length;
        self.offset += length as u64;
    }

    /// Reads more behind what is unread. An error counts as the end and is told there.
    fn fill(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        // What lies behind the stop is another's.
        let unread = self.end - self.start;
        let wanted = self.stop.saturating_sub(self.offset).saturating_sub(unread as u64);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).saturating_add(BEHIND);
        let end = self.buffer.len().min(self.end.saturating_add(wanted));
        loop {
            match self.input.read(&mut self.buffer[self.end..end]) {
                Ok(0) => self.is_at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_at_end = true;
                    self.error = Some(error);
                }
            }
            return;
        }
    }
}

/// What is left, as a stream of bytes, for readers that do not go by lines.
impl<R: Read> Read for Blocks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && !self.is_at_end {
            // What fits into the reader's own buffer need not come by way of this one.
            if buffer.len() >= BLOCK / 4 {
                let read = self.input.read(buffer)?;
                self.is_at_end = read == 0 && !buffer.is_empty();
                return Ok(read);
            }
            self.fill();
        }
        let unread = &self.buffer[self.start..self.end];
        if unread.is_empty() {
            return self.error.take().map_or(Ok(0), Err);
        }
        let length = unread.len().min(buffer.len());
        buffer[..length].copy_from_slice(&unread[..length]);
        self.drop_front(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads in steps of a few bytes, and fails at the end if asked to.
    struct Slowly<'a>(&'a [u8], usize, bool);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(self.1).min(buffer.len());
            if length == 0 && self.2 {
                return Err(io::Error::other("gone"));
            }
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn lines<R: Read>(mut blocks: Blocks<R>) -> (Vec<(u64, Vec<u8>)>, Option<String>) {
        let mut found = Vec::new();
        loop {
            match blocks.next_item() {
                Ok(Some(Item::Lines { bytes, first })) => {
                    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                    let lines: Vec<_> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
                    blocks.passed(lines.len() as u64);
                    found.extend((first..).zip(lines));
                }
                Ok(Some(Item::TooLong { line })) => found.push((line, b"too long".to_vec())),
                Ok(None) => return (found, None),
                Err(error) => return (found, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn a_long_line_is_passed_over_and_the_next_one_read() {
        let mut text = b"a\n".to_vec();
        text.extend(vec![b'x'; 3 * LONGEST_LINE]);
        text.extend(b"\nb");
        let blocks = Blocks::new(&text[..]);
        let (found, _) = lines(blocks);
        assert_eq!(found, [(1, b"a".to_vec()), (2, b"too long".to_vec()), (3, b"b".to_vec())]);
    }

    #[test]
    fn an_error_comes_after_what_was_read_before_it() {
        let (found, error) = lines(Blocks::new(Slowly(b"a\nb", 3, true)));
        assert_eq!((found.len(), error.as_deref()), (2, Some("gone")));
    }

    proptest! {
        #[test]
        fn parts_give_every_line_once(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a')], 0..200),
            cuts in proptest::collection::btree_set(1_usize..200, 0..5),
            step in 1_usize..50,
        ) {
            let (expected, _) = lines(Blocks::new(&text[..]));
            let ends = cuts.into_iter().filter(|cut| *cut < text.len()).chain([text.len()]);
            let mut found = Vec::new();
            let mut start = 0;
            for end in ends {
                let from = start.max(1) - 1;
                let length = (end - start) as u64;
                let input = Slowly(&text[from..], step, false);
                let (part, _) = lines(Blocks::part(input, start == 0, length, vec![b'\n'; start]));
                found.extend(part.into_iter().map(|(_, line)| line));
                start = end;
            }
            let expected: Vec<_> = expected.into_iter().map(|(_, line)| line).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
