//! Log objects in S3: listed and read.

mod address;
mod body;
mod error;
mod listing;
mod s3;
mod store;

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use sigdrift_telemetry::tally::SourceId;

pub use address::{Address, AddressError};
pub use error::{Error, Reason};
pub use s3::S3;
pub use store::Bucket;

/// Lists objects. Needs `s3:ListBucket` on the bucket.
pub trait ListObjects {
    /// The objects whose keys begin with the prefix, in the order of their keys, page by page. After
    /// an error there is nothing more.
    fn list(&self, address: &Address) -> impl Iterator<Item = Result<Object, Error>>;
}

/// Reads an object. Needs `s3:GetObject` on it, `s3:GetObjectVersion` where it has a version, and
/// `s3:ListBucket` on its bucket, without which S3 says of a deleted object that access is denied.
pub trait ReadObject {
    /// Begins to read an object. What is read is what was listed: an object that changed since then
    /// is an error.
    ///
    /// # Errors
    /// When it cannot be read. The reader's own errors hold an [`Error`] too.
    fn open(&self, object: &Object) -> Result<impl Read + Send, Error>;
}

/// One object, as it stood at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The bucket.
    pub bucket: Arc<str>,
    /// The key, decoded.
    pub key: String,
    /// The version, where the bucket keeps versions and the version is known.
    pub version_id: Option<String>,
    /// The entity tag, as S3 wrote it; empty where it is not known.
    pub e_tag: String,
    /// The length in bytes.
    pub length: u64,
    /// When it was written, in seconds since 1970; 0 where that is not known.
    pub modified: i64,
}

impl Object {
    /// What tells this content of this object from any other: a hash of bucket, key and version id,
    /// or without a version the entity tag.
    #[must_use]
    pub fn source_id(&self) -> SourceId {
        let (kind, version) = match &self.version_id {
            Some(version) => ("version", version.as_str()),
            None => ("etag", self.e_tag.trim_matches('"')),
        };
        SourceId::of([&*self.bucket, &self.key, kind, version].map(str::as_bytes))
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(bucket: &str, key: &str, version: Option<&str>, e_tag: &str) -> Object {
        let version_id = version.map(str::to_owned);
        let (bucket, key) = (bucket.into(), key.to_owned());
        Object { bucket, key, version_id, e_tag: e_tag.to_owned(), length: 1, modified: 0 }
    }

    #[test]
    fn the_identity_is_that_of_the_content() {
        let listed = object("logs", "a/b", None, "\"e\"");
        assert_eq!(listed.source_id(), object("logs", "a/b", None, "e").source_id());
        let versioned = object("logs", "a/b", Some("v"), "e");
        assert_eq!(versioned.source_id(), object("logs", "a/b", Some("v"), "f").source_id());
        let all = [
            listed,
            versioned,
            object("logs", "a/b", None, "f"),
            object("logs", "a/b", None, "v"),
            object("logs", "a/b", Some("e"), "e"),
            object("logsa", "/b", None, "e"),
            object("logs", "a/", None, "be"),
        ];
        let ids: std::collections::HashSet<_> = all.iter().map(Object::source_id).collect();
        assert_eq!(ids.len(), all.len());
    }
}
