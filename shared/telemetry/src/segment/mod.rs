//! A segment: the tally of one source, or of several that it replaces, written down.
//!
//! A segment is lines of JSON, compressed with gzip, so that Athena or `DuckDB` can query the same
//! files: a first line with the format's version, then a line for each failure, series of counts,
//! change event, owner of a key, scanner's address and kind of log (`line.rs`). Reading one gives
//! the tally that was written.

mod line;
mod privacy;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use privacy::Privacy;
pub use read::{Error, Outline, outline, read};
pub use write::write;

use crate::tally::{SourceId, Tally};

/// The version of the format that is written. Readers accept older ones.
pub const VERSION: u32 = 2;

/// A tally, and the segments that it stands for.
#[derive(Clone, Debug)]
pub struct Segment {
    /// What a person calls its source.
    pub name: String,
    /// The segments that it replaces: none, unless it is a rollup or a file that grew.
    pub replaces: Vec<SourceId>,
    /// What was read.
    pub tally: Tally,
}

impl Segment {
    /// What tells it from any other segment: the source, or for several what tells them all.
    #[must_use]
    pub fn id(&self) -> SourceId {
        let mut sources = self.tally.sources();
        match (sources.next(), sources.next()) {
            (Some(only), None) => *only,
            _ => SourceId::of(self.tally.sources().map(|source| source.0.as_slice())),
        }
    }
}
