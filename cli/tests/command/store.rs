//! `analyze --store`: what was read is kept, and is not read again.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::lines::{accepted, captured, json_record, refused};
use crate::run::{Analyzed, Logs, code, ended, sigdrift, text};

fn with_store(store: &Path, arguments: &[&str]) -> Analyzed {
    Analyzed::of(sigdrift().args(["analyze", "--json", "--store"]).arg(store).args(arguments))
}

fn segments(store: &Path) -> Vec<PathBuf> {
    let all = WalkDir::new(store.join("segments")).into_iter().map(Result::unwrap);
    all.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn logs() -> Logs {
    let logs = Logs::new();
    logs.add("access.log", refused("R1") + &accepted("R2") + "damaged\n");
    logs.add("deep/more.json", json_record("R1") + &json_record("R3"));
    logs.add("app.log", captured("R4"));
    logs
}

#[test]
fn a_store_changes_nothing_of_the_answer() {
    let (logs, store) = (logs(), Logs::new());
    let path = logs.path().to_str().unwrap();
    let plain = logs.analyzed(&[]);
    let first = with_store(store.path(), &[path]);
    assert_eq!((&first.json, first.code), (&plain.json, Some(3)));
    assert_eq!(segments(store.path()).len(), 3);
    // Nothing but the store tells the second time.
    let again = with_store(store.path(), &[path]);
    assert_eq!(again.json, plain.json);
    assert_eq!(segments(store.path()).len(), 3);
    let alone = with_store(store.path(), &[]);
    assert_eq!(alone.json, plain.json);
    let window = ["--from", "2026-04-15T09:00:00Z", "--to", "2026-04-15T10:00:00Z"];
    assert_eq!(with_store(store.path(), &window).json["totals"]["requests"], 0);
}

#[test]
fn what_a_store_holds_is_not_read_again() {
    let (logs, store) = (Logs::new(), Logs::new());
    let log = logs.add("access.log", refused("R1"));
    let path = log.to_str().unwrap();
    let first = with_store(store.path(), &[path]);
    let changed = fs::metadata(&log).unwrap().modified().unwrap();
    // The same length and time, and another content: only who reads it would notice.
    fs::write(&log, refused("R9")).unwrap();
    fs::File::options().write(true).open(&log).unwrap().set_modified(changed).unwrap();
    assert_eq!(with_store(store.path(), &[path]).json, first.json);
}

#[test]
fn a_file_that_grew_counts_once_and_one_that_was_rotated_stays() {
    let (logs, store) = (Logs::new(), Logs::new());
    let log = logs.add("access.log", refused("R1"));
    let path = log.to_str().unwrap();
    with_store(store.path(), &[path]);
    fs::write(&log, refused("R1") + &refused("R2")).unwrap();
    let grown = with_store(store.path(), &[path]);
    assert_eq!(grown.json["totals"]["failures"], 2);
    let alone = |store: &Logs| with_store(store.path(), &[]).json["totals"]["failures"].clone();
    assert_eq!(alone(&store), 2);
    assert_eq!(segments(store.path()).len(), 2);
    // Another log under the same name is no continuation.
    fs::write(&log, refused("R3") + &refused("R4") + &refused("R5")).unwrap();
    with_store(store.path(), &[path]);
    assert_eq!(alone(&store), 5);
}

#[test]
fn an_empty_store_is_an_empty_answer_and_a_bad_one_an_error() {
    let store = Logs::new();
    let empty = with_store(store.path(), &[]);
    assert_eq!((empty.code, &empty.json["totals"]["failures"]), (Some(0), &0.into()));
    let missing = ended(["analyze", "--store", store.path().join("new").to_str().unwrap()]);
    assert_eq!(code(&missing), Some(2));
    assert!(
        text(&missing.stderr).contains("name logs to put into it"),
        "{}",
        text(&missing.stderr)
    );
    let file = store.add("file", "x");
    let log = store.add("access.log", refused("R1"));
    let end = ended(["analyze", "--store", file.to_str().unwrap(), log.to_str().unwrap()]);
    assert_eq!(code(&end), Some(2));
    assert!(text(&end.stderr).contains("cannot"), "{}", text(&end.stderr));
}
