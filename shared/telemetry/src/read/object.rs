//! One object, or one part of a large one: decompressed, recognised, read.

use std::io::Read;

use super::blocks::{Blocks, Item, LONGEST_LINE};
use super::decompress::{Compression, decompress};
use super::intake::Intake;
use super::lines::Lines;
use super::sniff::{self, Format};
use super::{json, s3_access_log};
use crate::source::{Place, SourceKind};
use crate::tally::Report;

/// How a large object may be divided among readers, told from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Division {
    /// It has to be read from its start to its end by one reader.
    Whole,
    /// Every line stands for itself: [`read_part`] reads any span of it.
    ByLines,
}

/// Tells from an object's first bytes how it may be divided. Some 64 KiB of them are enough.
#[must_use]
pub fn division(start: &[u8]) -> Division {
    let is_plain = Compression::of(start) == Compression::Plain;
    if is_plain && sniff::sniff(start, false) == Format::AccessLog {
        Division::ByLines
    } else {
        Division::Whole
    }
}

/// Reads an object into an intake. Never fails: what could not be read stands in the report.
pub fn read(name: &str, input: impl Read, intake: &mut Intake) -> Report {
    intake.begin(name);
    match decompress(input) {
        Ok(input) => read_decompressed(Blocks::new(input), intake),
        Err(error) => intake.unreadable(Place::Whole, error),
    }
    intake.end()
}

/// Reads the lines of an access log that begin in a part of it, `length` bytes long. Unless it is
/// the first part, the input begins one byte before it. Also gives how many lines the part has, so
/// that the next part's problems can be named by their lines.
pub fn read_part(
    name: &str,
    input: impl Read,
    is_first: bool,
    length: u64,
    intake: &mut Intake,
) -> (Report, u64) {
    intake.begin(name);
    intake.is_a(SourceKind::S3AccessLog);
    let buffer = std::mem::take(&mut intake.buffer);
    let mut blocks = Blocks::part(input, is_first, length, buffer);
    each_block(&mut blocks, intake, s3_access_log::take);
    let lines = blocks.lines();
    intake.buffer = blocks.into_buffer();
    (intake.end(), lines)
}

fn read_decompressed<R: Read>(mut blocks: Blocks<R>, intake: &mut Intake) {
    loop {
        let (start, is_whole) = blocks.peek();
        match sniff::sniff(start, is_whole) {
            Format::Binary => {
                return intake.unreadable(Place::Whole, sniff::why_binary(start));
            }
            Format::Json => return json::read(blocks, intake),
            Format::AccessLog => {
                intake.is_a(SourceKind::S3AccessLog);
                return each_block(&mut blocks, intake, s3_access_log::take);
            }
            Format::Empty | Format::Lines => {
                // What stands behind a line without end may well be recognised.
                if let Some(line) = blocks.pass_overlong_line() {
                    too_long(line, intake);
                    continue;
                }
                let mut lines = Lines::default();
                let take =
                    |bytes: &[u8], first, intake: &mut Intake| lines.take(bytes, first, intake);
                each_block(&mut blocks, intake, take);
                return lines.finish(intake);
            }
        }
    }
}

fn too_long(line: u64, intake: &mut Intake) {
    let reason = format!("is longer than {} MiB and was passed over", LONGEST_LINE >> 20);
    intake.unreadable(Place::Line(line), reason);
}

fn each_block<R: Read>(
    blocks: &mut Blocks<R>,
    intake: &mut Intake,
    mut take: impl FnMut(&[u8], u64, &mut Intake) -> u64,
) {
    loop {
        match blocks.next_item() {
            Ok(Some(Item::Lines { bytes, first })) => {
                let lines = take(bytes, first, intake);
                blocks.passed(lines);
            }
            Ok(Some(Item::TooLong { line })) => too_long(line, intake),
            Ok(None) => return,
            Err(error) => return intake.unreadable(Place::Line(blocks.lines() + 1), error),
        }
    }
}
