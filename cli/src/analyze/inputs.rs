//! What there is to read: the files behind the paths that the user named.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use sigdrift_telemetry::source::Place;
use sigdrift_telemetry::tally::{Report, SourceId};
use walkdir::{DirEntry, WalkDir};

use super::cloud::{Cloud, Remote};

/// Something to read.
#[derive(Debug)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File {
        /// Its path as the user will know it.
        path: PathBuf,
        /// Its length in bytes; 0 for what has none, such as a pipe.
        length: u64,
        /// When it was last written to, in seconds since 1970.
        changed: i64,
        /// What tells it from any other.
        id: SourceId,
    },
    /// Something in the cloud.
    Remote(Remote),
}

impl Input {
    /// Its length in bytes; 0 for what has none, such as a pipe.
    pub fn length(&self) -> u64 {
        match self {
            Self::Stdin => 0,
            Self::File { length, .. } => *length,
            Self::Remote(remote) => remote.length(),
        }
    }

    /// What tells it from any other, where that is known.
    pub fn id(&self) -> Option<SourceId> {
        match self {
            Self::Stdin => None,
            Self::File { id, .. } => Some(*id),
            Self::Remote(remote) => Some(remote.identity()?.0),
        }
    }
}

/// How addresses in S3 begin.
const BUCKET: &str = "s3://";
/// How paths to other things in the cloud begin.
const EVENTS: [&str; 2] = ["cloudtrail:", "logs:"];

/// Whether a path leads to a bucket.
pub fn is_bucket(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with(BUCKET))
}

/// Whether a path leads to the cloud. A file or folder that is there is what is meant.
pub fn is_cloud(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return false };
    let are_events = text == "cloudtrail" || EVENTS.iter().any(|start| text.starts_with(start));
    is_bucket(path) || are_events && !path.exists()
}

/// Everything that was found, and what could not be looked at.
#[derive(Debug, Default)]
pub struct Inputs {
    /// What there is to read, in the order of the paths.
    pub found: Vec<Input>,
    /// Paths that cannot be read, each with its reason.
    pub unreadable: Vec<Report>,
    seen: HashSet<SourceId>,
}

impl Inputs {
    /// Looks at every path; folders are searched to the bottom, links are followed. Paths into the
    /// cloud are listed there. A store that lies in a folder is no part of what is read into it.
    pub fn of(paths: &[PathBuf], store: Option<&Path>, cloud: Option<&Cloud>) -> Self {
        let store = store.and_then(|store| fs::canonicalize(store).ok());
        let mut inputs = Self::default();
        for path in paths {
            if path.as_os_str() == "-" {
                if !inputs.found.iter().any(|input| matches!(input, Input::Stdin)) {
                    inputs.found.push(Input::Stdin);
                }
                continue;
            }
            if let Some(cloud) = cloud.filter(|_| is_cloud(path)) {
                let listed = cloud.list(path, |remote| inputs.add_remote(remote));
                if let Err(reason) = listed {
                    inputs.refuse(path, reason);
                }
                continue;
            }
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => inputs.search(path, store.as_deref()),
                // What is named by itself may be a pipe; in a folder that would be an accident.
                Ok(metadata) => inputs.add(path.clone(), &metadata),
                Err(error) => inputs.refuse(path, error),
            }
        }
        inputs
    }

    /// How many bytes there are to read, as far as that is known.
    pub fn bytes(&self) -> u64 {
        self.found.iter().map(Input::length).sum()
    }

    fn search(&mut self, folder: &Path, store: Option<&Path>) {
        let is_store = |entry: &DirEntry| {
            store.is_some()
                && entry.file_type().is_dir()
                && fs::canonicalize(entry.path()).ok().as_deref() == store
        };
        let all = WalkDir::new(folder).follow_links(true).sort_by_file_name();
        for entry in all.into_iter().filter_entry(|entry| !is_store(entry)) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) if entry.file_type().is_file() => match entry.metadata() {
                    Ok(metadata) => self.add(entry.into_path(), &metadata),
                    Err(error) => self.refuse(entry.path(), &error),
                },
                Ok(entry) => self.refuse(entry.path(), "is no regular file"),
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    match error.loop_ancestor() {
                        Some(above) => {
                            let above = above.display();
                            self.refuse(
                                &path,
                                format!("is a link back to {above}, which holds it"),
                            );
                        }
                        None => match error.io_error() {
                            Some(error) => self.refuse(&path, error),
                            None => self.refuse(&path, &error),
                        },
                    }
                }
            }
        }
    }

    fn add(&mut self, path: PathBuf, metadata: &Metadata) {
        let length = if metadata.is_file() { metadata.len() } else { 0 };
        let id = identity(&path, metadata);
        // The same file reached by two paths is one source.
        if self.seen.insert(id) {
            let changed = changed(metadata).map_or(0, |time| time.as_secs().cast_signed());
            self.found.push(Input::File { path, length, changed, id });
        }
    }

    fn add_remote(&mut self, remote: Remote) {
        let is_new = match remote.identity() {
            Some((id, _)) => self.seen.insert(id),
            // One name asks for the same every time.
            None => self.seen.insert(SourceId::of([b"remote", remote.name().as_bytes()])),
        };
        if is_new {
            self.found.push(Input::Remote(remote));
        }
    }

    fn refuse(&mut self, path: &Path, reason: impl std::fmt::Display) {
        let mut report = Report::new(path.display().to_string());
        report.unreadable(Place::Whole, reason);
        self.unreadable.push(report);
    }
}

/// When a file was last written to, since 1970.
fn changed(metadata: &Metadata) -> Option<Duration> {
    metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()
}

/// The identity of a local file: its path, length and time of change.
fn identity(path: &Path, metadata: &Metadata) -> SourceId {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let changed = changed(metadata).map_or(0, |time| time.as_nanos()).to_le_bytes();
    let length = metadata.len().to_le_bytes();
    SourceId::of([b"file", whole.as_os_str().as_encoded_bytes(), &length, &changed])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_and_nothing_is_found_twice() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("one.log"), "1").unwrap();
        std::os::unix::fs::symlink(folder.path(), inner.join("loop")).unwrap();
        std::os::unix::fs::symlink(inner.join("gone"), inner.join("dangling")).unwrap();
        let missing = folder.path().join("missing");
        let paths = [folder.path().to_owned(), inner.join("one.log"), missing];
        let inputs = Inputs::of(&paths, None, None);
        assert_eq!((inputs.found.len(), inputs.bytes()), (1, 1));
        let refused: Vec<&str> = inputs.unreadable.iter().map(|r| r.object.as_str()).collect();
        assert_eq!(refused.len(), 3, "{refused:?}");
        assert!(refused.iter().any(|path| path.ends_with("loop")));
        assert!(refused.iter().any(|path| path.ends_with("dangling")));
    }
}
