//! A store in a folder.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Error, Get, List, Put, PutIfAbsent};

/// What the names of files begin with that are not whole yet.
const UNFINISHED: &str = ".unfinished-";

/// A store in a folder, which is made when the first object is put.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The store in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn walk(&self, folder: &Path, prefix: &str, found: &mut dyn FnMut(String)) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let Some(name) = path.strip_prefix(&self.root).ok().and_then(Path::to_str) else {
                continue;
            };
            // Of two beginnings the shorter decides whether anything below can have the prefix.
            let may_hold = name.starts_with(prefix) || prefix.starts_with(name);
            if entry.file_type()?.is_dir() {
                if may_hold {
                    self.walk(&path, prefix, found)?;
                }
            } else if name.starts_with(prefix) && !is_unfinished(&path) {
                found(name.to_owned());
            }
        }
        Ok(())
    }
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

impl PutIfAbsent for Folder {
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> Result<Put, Error> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root);
        let put = || -> io::Result<Put> {
            if path.exists() {
                return Ok(Put::Present);
            }
            fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
            file.write_all(bytes)?;
            match NamedTempFile::persist_noclobber(file, &path) {
                Ok(_) => Ok(Put::Created),
                Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
                    Ok(Put::Present)
                }
                Err(refused) => Err(refused.error),
            }
        };
        put().map_err(|error| Error::new("write", path.display(), error))
    }
}

impl List for Folder {
    fn list(&self, prefix: &str, found: &mut dyn FnMut(String)) -> Result<(), Error> {
        // Only the deepest folder that the prefix names has to be looked through.
        let start = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = self.path(start);
        self.walk(&folder, prefix, found)
            .map_err(|error| Error::new("list", folder.display(), error))
    }
}

impl Get for Folder {
    fn get(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, Error> {
        let path = self.path(name);
        match File::open(&path) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::new("read", path.display(), error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn an_object_is_put_once_whoever_tries() {
        let folder = tempfile::tempdir().unwrap();
        let store = Folder::new(folder.path().join("new"));
        let put = |number: u8| store.put_if_absent("a/b/c", &[number; 4096]).unwrap();
        let put = &put;
        let outcomes: Vec<Put> = thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|number| scope.spawn(move || put(number))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|put| **put == Put::Created).count(), 1);
        let mut bytes = Vec::new();
        store.get("a/b/c").unwrap().unwrap().read_to_end(&mut bytes).unwrap();
        assert!(bytes.len() == 4096 && bytes.iter().all(|byte| *byte == bytes[0]));
        assert!(store.get("a/b/d").unwrap().is_none());
    }

    #[test]
    fn names_are_listed_by_what_they_begin_with() {
        let folder = tempfile::tempdir().unwrap();
        let store = Folder::new(folder.path());
        for name in ["s/dt=1/hour=0/x", "s/dt=1/hour=1/y", "s/dt=2/hour=0/z", "t/x"] {
            store.put_if_absent(name, b"1").unwrap();
        }
        fs::write(folder.path().join("s/dt=1/.unfinished-q"), "").unwrap();
        let listed = |prefix: &str| {
            let mut names = Vec::new();
            store.list(prefix, &mut |name| names.push(name)).unwrap();
            names.sort();
            names
        };
        assert_eq!(listed("s/dt=1/"), ["s/dt=1/hour=0/x", "s/dt=1/hour=1/y"]);
        assert_eq!(listed("s/dt=1/hour=1"), ["s/dt=1/hour=1/y"]);
        assert_eq!(listed("").len(), 4);
        assert!(listed("u/").is_empty());
    }
}
