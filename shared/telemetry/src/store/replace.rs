//! An object that is replaced, and by one writer at a time.

use std::io::{self, Read};

use super::Error;

/// How long an object may be that is replaced, in bytes: it is held in memory whole.
pub const MAX_LENGTH: u64 = 64 << 20;

/// Replaces an object only if it is still as it was read. Needs `s3:GetObject` and `s3:PutObject`,
/// and `s3:ListBucket` to tell an object that is not there from one that may not be read.
pub trait Replace: Sync {
    /// The object and its version, if it is there.
    ///
    /// # Errors
    /// When it is unknown whether it is there, or it is longer than [`MAX_LENGTH`].
    fn read(&self, name: &str) -> Result<Option<Versioned>, Error>;

    /// Puts the object, whole or not at all, if it is still as `seen`; without `seen`, if there is none
    /// yet. Of several writers that saw the same, one at most is told [`Replaced::Done`].
    ///
    /// # Errors
    /// When it is unknown whether it was replaced: then the next [`Replace::read`] tells.
    fn replace(&self, name: &str, seen: Option<&Version>, bytes: &[u8]) -> Result<Replaced, Error>;
}

/// What tells one content of an object from the next: in a bucket its entity tag, in a folder the
/// SHA-256 of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// The version that a store calls so.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// What the store calls it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An object as it was at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// Which version it was.
    pub version: Version,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Whether an object was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It was, and this is its version now.
    Done(Version),
    /// It is not as it was seen any more. That may be one's own doing, where the answer to a first
    /// attempt was lost on the way: read it again.
    Changed,
}

/// Reads an object that may be replaced.
///
/// # Errors
/// When it cannot be read, or is longer than [`MAX_LENGTH`].
pub fn read_bounded(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MAX_LENGTH + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_LENGTH {
        let why =
            format!("it is longer than {} MiB: it was not written by sigdrift", MAX_LENGTH >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(bytes)
}
