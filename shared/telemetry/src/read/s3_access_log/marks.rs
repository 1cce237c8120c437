//! Where the fields of the lines of a block end, found 64 bytes at a time.
//!
//! A line has 27 fields, most of them shorter than twenty bytes: to look for the end of each by
//! itself costs more than all the rest of reading, because a processor cannot foresee where it
//! will be. So 64 bytes at a time are compared with what matters, in the same steps whatever
//! stands there, and what comes out is one bit for each byte. A quote turns "outside" into
//! "inside" and back, so that the bits of the quotes alone tell which spaces separate fields.
//!
//! That is right for lines whose quoted fields hold no quote. [`super::line`] tells whether a
//! line is such a one, and splits the others by looking closely.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, i8x64, u8x64};

/// How many bytes are looked at together: one for each bit of a mask.
const CHUNK: usize = 64;
/// How many places are written at once, whether there are as many or not: that costs less than
/// to foresee how many there are.
const AT_ONCE: usize = 4;

/// A line of a block with its separators, as places in the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked<'a> {
    /// Where it begins.
    pub start: usize,
    /// Where its line end stands, or the block ends.
    pub end: usize,
    /// No field is empty, no byte is a control character or not ASCII, and it has a line end.
    pub is_plain: bool,
    /// The spaces that do not stand in quotes, and the line end.
    pub separators: &'a [u32],
    /// How many quotes it holds.
    pub quotes: u32,
}

/// The lines of a block. Kept from block to block, so that its memory is.
#[derive(Debug)]
pub struct Marks {
    level: Level,
    lines: Vec<Ends>,
    /// The separators of all lines, and behind them what was written in excess.
    separators: Vec<u32>,
}

/// Where a line ends: in the block, and among the separators; with the number of its quotes.
#[derive(Clone, Copy, Debug)]
struct Ends {
    line: u32,
    separators: u32,
    quotes: u32,
    is_odd: bool,
}

impl Default for Marks {
    fn default() -> Self {
        Self { level: Level::new(), lines: Vec::new(), separators: Vec::new() }
    }
}

impl Marks {
    /// Marks found with what every processor can do, whatever this one can besides.
    #[cfg(test)]
    pub fn on_any_processor() -> Self {
        Self { level: Level::baseline(), ..Self::default() }
    }

    /// Looks for the lines of a block.
    pub fn find(&mut self, block: &[u8]) {
        self.lines.clear();
        let level = self.level;
        let mut so_far = dispatch!(level, simd => self.find_with(simd, block));
        let end = self.lines.last().map_or(0, |last| last.line as usize + 1);
        if end < block.len() {
            so_far.odd = 1;
            self.lines.push(so_far.ends(block.len(), so_far.separators));
        }
    }

    /// The lines. Only the last may lack its line end.
    pub fn lines(&self) -> impl Iterator<Item = Marked<'_>> {
        let (mut start, mut first) = (0, 0);
        self.lines.iter().map(move |ends| {
            let (end, quotes) = (ends.line as usize, ends.quotes);
            let separators = &self.separators[first..ends.separators as usize];
            let marked = Marked { start, end, is_plain: !ends.is_odd, separators, quotes };
            (start, first) = (end + 1, ends.separators as usize);
            marked
        })
    }

    #[inline(always)]
    fn find_with<S: Simd>(&mut self, simd: S, block: &[u8]) -> SoFar {
        let mut so_far = SoFar::default();
        let (chunks, rest) = block.as_chunks::<CHUNK>();
        for (number, chunk) in chunks.iter().enumerate() {
            self.take(simd, chunk, number * CHUNK, &mut so_far);
        }
        let mut last = [b'x'; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        self.take(simd, &last, chunks.len() * CHUNK, &mut so_far);
        so_far
    }

    #[inline(always)]
    fn take<S: Simd>(&mut self, simd: S, chunk: &[u8; CHUNK], base: usize, so_far: &mut SoFar) {
        let bytes = u8x64::from_slice(simd, chunk);
        let all_spaces = bytes.simd_eq(b' ').to_bitmask();
        let quotes = bytes.simd_eq(b'"').to_bitmask();
        // What is not ASCII is negative.
        let signed: i8x64<S> = bytes.bitcast();
        let controls = signed.simd_lt(b' '.cast_signed()).to_bitmask();
        let inside = parity(quotes) ^ so_far.inside;
        let spaces = all_spaces & !inside;
        let mut found = Found { all_spaces, quotes, controls, inside, spaces, unread: u64::MAX };
        if controls != 0 {
            self.end_lines(chunk, base, &mut found, so_far);
        }
        let separators = found.separators();
        so_far.odd |= found.empty(so_far) & found.unread;
        so_far.quotes += (quotes & found.unread).count_ones();
        so_far.inside = (found.inside.cast_signed() >> 63).cast_unsigned();
        so_far.separator = separators >> 63;
        if self.separators.len() < so_far.separators + CHUNK + AT_ONCE {
            self.make_room();
        }
        keep(separators, base, &mut self.separators[so_far.separators..]);
        so_far.separators += separators.count_ones() as usize;
    }

    /// Notes the lines that end in a chunk.
    #[inline(never)]
    fn end_lines(
        &mut self,
        chunk: &[u8; CHUNK],
        base: usize,
        found: &mut Found,
        so_far: &mut SoFar,
    ) {
        let mut ends = found.controls;
        while ends != 0 {
            let at = ends.trailing_zeros() as usize;
            ends &= ends - 1;
            if chunk[at] != b'\n' {
                so_far.odd = 1;
                continue;
            }
            let upto = u64::MAX >> (CHUNK - 1 - at);
            let line = upto & found.unread;
            so_far.odd |= found.empty(so_far) & line;
            so_far.quotes += (found.quotes & line).count_ones();
            let here = (found.separators() & upto).count_ones() as usize;
            self.lines.push(so_far.ends(base + at, so_far.separators + here));
            (so_far.quotes, so_far.odd) = (0, 0);
            found.unread = !upto;
            if found.inside >> at & 1 != 0 {
                // With the line a quoted field ended that no quote closed.
                found.inside ^= !upto | 1 << at;
                found.spaces = (found.spaces & upto) | (found.all_spaces & !found.inside & !upto);
            }
        }
    }

    #[cold]
    fn make_room(&mut self) {
        self.separators.resize(2 * self.separators.len().max(CHUNK + AT_ONCE), 0);
    }
}

/// Writes the places of these separators, and some more.
#[inline(always)]
fn keep(mut separators: u64, base: usize, places: &mut [u32]) {
    let base = place(base);
    for places in places.as_chunks_mut::<AT_ONCE>().0 {
        for place in places {
            *place = base + separators.trailing_zeros();
            separators &= separators.wrapping_sub(1);
        }
        if separators == 0 {
            break;
        }
    }
}

/// What stands where in a chunk.
#[derive(Debug)]
struct Found {
    all_spaces: u64,
    quotes: u64,
    controls: u64,
    /// Everything from an opening quote up to, without it, the closing one.
    inside: u64,
    /// The spaces that do not stand in quotes.
    spaces: u64,
    /// What belongs to the line that no end was found of yet.
    unread: u64,
}

impl Found {
    /// The spaces that do not stand in quotes, and line ends; in odd lines something else besides.
    #[inline(always)]
    fn separators(&self) -> u64 {
        self.spaces | self.controls
    }

    /// The separators right behind another one.
    #[inline(always)]
    fn empty(&self, so_far: &SoFar) -> u64 {
        let separators = self.separators();
        separators & (separators << 1 | so_far.separator)
    }
}

/// What is known when a chunk begins.
#[derive(Debug)]
struct SoFar {
    /// How many separators are kept.
    separators: usize,
    /// How many quotes there were in the line.
    quotes: u32,
    /// Not zero if there was anything odd in the line.
    odd: u64,
    /// All bits, if the byte before stands in quotes.
    inside: u64,
    /// The lowest bit, if the byte before is a separator.
    separator: u64,
}

impl Default for SoFar {
    /// A line begins.
    fn default() -> Self {
        Self { separators: 0, quotes: 0, odd: 0, inside: 0, separator: 1 }
    }
}

impl SoFar {
    /// The line ends here.
    fn ends(&self, at: usize, separators: usize) -> Ends {
        let (line, separators) = (place(at), place(separators));
        Ends { line, separators, quotes: self.quotes, is_odd: self.odd != 0 }
    }
}

/// For every bit, whether the bits up to it, itself included, are odd in number.
#[inline(always)]
fn parity(mut bits: u64) -> u64 {
    for step in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << step;
    }
    bits
}

/// Blocks are far smaller than 4 GiB.
#[inline(always)]
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
