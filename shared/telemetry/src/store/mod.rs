//! Where segments are kept: one layout (`layout.rs`), above whatever can put, list and get.
//!
//! Each trait is one capability, so that a function's signature shows which permission it needs.
//! Names are relative to the store, with `/` between their parts.

mod choice;
mod folder;
pub mod layout;
mod markers;
mod replace;
mod rollup;
#[cfg(test)]
mod tests;
mod window;

use std::fmt;
use std::io::Read;

pub use folder::Folder;
pub use layout::{Partition, Place};
pub use markers::put_marker;
pub use replace::{MAX_LENGTH, Replace, Replaced, Version, Versioned, read_bounded};
pub use rollup::{roll_up, turn};
pub use window::{Range, read_window};

use crate::segment::{self, Privacy, Segment};

/// Puts an object where none is yet. Needs `s3:PutObject`.
pub trait PutIfAbsent: Sync {
    /// Puts it, whole or not at all.
    ///
    /// # Errors
    /// When it is unknown whether it is there.
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> Result<Put, Error>;
}

/// Lists names. Needs `s3:ListBucket`.
pub trait List: Sync {
    /// Gives every name that begins with a prefix to `found`, in any order.
    ///
    /// # Errors
    /// When they cannot be listed to the end.
    fn list(&self, prefix: &str, found: &mut dyn FnMut(String)) -> Result<(), Error>;
}

/// Reads an object. Needs `s3:GetObject`.
pub trait Get: Sync {
    /// The object, if it is there.
    ///
    /// # Errors
    /// When it is unknown whether it is there.
    fn get(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, Error>;
}

/// Whether an object was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was not there, and is now.
    Created,
    /// It was there already, and is as it was.
    Present,
}

/// What a store could not do.
#[derive(Debug)]
pub struct Error {
    /// What was to be done, as in "cannot … NAME".
    pub doing: &'static str,
    /// The name, as a person finds it.
    pub name: String,
    /// Why not.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Error {
    /// An error.
    pub fn new(
        doing: &'static str,
        name: impl fmt::Display,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { doing, name: name.to_string(), source: source.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.doing, self.name, self.source)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

/// Puts a segment that was delivered at a time, in seconds since 1970.
///
/// # Errors
/// When it is unknown whether it is there.
pub fn put_segment(
    store: &impl PutIfAbsent,
    segment: &Segment,
    delivered: i64,
    privacy: &Privacy,
) -> Result<Put, Error> {
    put_at(store, Place::of(Partition::of(delivered), segment), segment, privacy)
}

/// Puts what could be read of a source that could not be read to its end. If it is ever read whole,
/// [`put_segment`] puts that beside it, and this counts no more.
///
/// # Errors
/// When it is unknown whether it is there.
pub fn put_partial(
    store: &impl PutIfAbsent,
    segment: &Segment,
    delivered: i64,
    privacy: &Privacy,
) -> Result<Put, Error> {
    let (partition, kind) = (Partition::of(delivered), layout::Kind::Partial);
    put_at(store, Place { partition, kind, id: segment.id() }, segment, privacy)
}

fn put_at(
    store: &impl PutIfAbsent,
    place: Place,
    segment: &Segment,
    privacy: &Privacy,
) -> Result<Put, Error> {
    let name = place.to_string();
    let bytes = segment::write(segment, privacy, Vec::new())
        .map_err(|error| Error::new("write", &name, error))?;
    store.put_if_absent(&name, &bytes)
}
