//! A store in a folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{
    Error, Get, List, Put, PutIfAbsent, Replace, Replaced, Version, Versioned, read_bounded,
};
use crate::tally::SourceId;

/// What the names of files begin with that are not whole yet.
const UNFINISHED: &str = ".unfinished-";
/// The file that whoever replaces an object of its folder holds locked. It stays: who removed it could
/// remove one that another has locked.
const LOCK: &str = ".unfinished-lock";

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

impl Replace for Folder {
    fn read(&self, name: &str) -> Result<Option<Versioned>, Error> {
        let path = self.path(name);
        versioned(&path).map_err(|error| Error::new("read", path.display(), error))
    }

    fn replace(&self, name: &str, seen: Option<&Version>, bytes: &[u8]) -> Result<Replaced, Error> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root);
        let replace = || -> io::Result<Replaced> {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            // Held until it is closed, which the system does for a process that died.
            let lock = OpenOptions::new().create(true).append(true).open(folder.join(LOCK))?;
            lock.lock()?;
            let now = versioned(&path)?.map(|now| now.version);
            if now.as_ref() != seen {
                return Ok(Replaced::Changed);
            }
            file.persist(&path).map_err(|refused| refused.error)?;
            Ok(Replaced::Done(version(bytes)))
        };
        replace().map_err(|error| Error::new("replace", path.display(), error))
    }
}

fn versioned(path: &Path) -> io::Result<Option<Versioned>> {
    let bytes = match File::open(path) {
        Ok(file) => read_bounded(file)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(Versioned { version: version(&bytes), bytes }))
}

fn version(bytes: &[u8]) -> Version {
    Version::new(SourceId::of([bytes]).to_string())
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

    #[test]
    fn of_those_who_saw_the_same_one_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Folder::new(folder.path().join("new"));
        let mut seen = None;
        for round in 0..20_u8 {
            let replace = |number: u8| {
                let bytes = vec![number; 4096 + usize::from(round)];
                store.replace("state/a", seen.as_ref(), &bytes).unwrap()
            };
            let replace = &replace;
            let outcomes: Vec<Replaced> = thread::scope(|scope| {
                let all: Vec<_> =
                    (0..8).map(|number| scope.spawn(move || replace(number))).collect();
                all.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let done: Vec<_> =
                outcomes.into_iter().filter(|outcome| *outcome != Replaced::Changed).collect();
            let now = store.read("state/a").unwrap().unwrap();
            assert_eq!(done, [Replaced::Done(now.version.clone())]);
            assert_eq!(now.bytes.len(), 4096 + usize::from(round));
            assert!(now.bytes.iter().all(|byte| *byte == now.bytes[0]));
            seen = Some(now.version);
        }
        let mut names = Vec::new();
        store.list("", &mut |name| names.push(name)).unwrap();
        assert_eq!(names, ["state/a"]);
    }

    #[test]
    fn what_is_not_as_it_was_seen_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Folder::new(folder.path());
        assert_eq!(store.read("a").unwrap(), None);
        let other = Version::new("other");
        assert_eq!(store.replace("a", Some(&other), b"1").unwrap(), Replaced::Changed);
        assert_eq!(store.read("a").unwrap(), None);
        let Replaced::Done(first) = store.replace("a", None, b"1").unwrap() else { panic!() };
        assert_eq!(store.replace("a", None, b"2").unwrap(), Replaced::Changed);
        let Replaced::Done(second) = store.replace("a", Some(&first), b"2").unwrap() else {
            panic!()
        };
        assert_eq!(store.replace("a", Some(&first), b"3").unwrap(), Replaced::Changed);
        let now = store.read("a").unwrap().unwrap();
        assert_eq!((now.version, now.bytes), (second, b"2".to_vec()));
    }

    #[test]
    fn what_is_too_long_is_not_read_into_memory() {
        let folder = tempfile::tempdir().unwrap();
        let store = Folder::new(folder.path());
        let file = File::create(folder.path().join("a")).unwrap();
        file.set_len(super::super::MAX_LENGTH + 1).unwrap();
        let told = store.read("a").unwrap_err().to_string();
        assert!(
            told.ends_with("it is longer than 64 MiB: it was not written by sigdrift"),
            "{told}"
        );
    }
}
