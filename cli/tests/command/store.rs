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
fn a_store_in_the_folder_that_is_read_is_no_log() {
    let logs = Logs::new();
    // Without request ids nothing but its place tells a failure from another.
    logs.add("app.log", "2026-04-15 07:42:13 ERROR SignatureDoesNotMatch: x\n".repeat(3));
    let plain = logs.analyzed(&[]);
    let store = logs.path().join("store");
    for _ in 0..3 {
        let read = with_store(&store, &[logs.path().to_str().unwrap()]);
        assert_eq!((read.json, read.code), (plain.json.clone(), Some(0)));
    }
}

#[test]
fn what_fails_every_night_is_no_incident_of_a_window_of_the_store_either() {
    let (logs, store) = (Logs::new(), Logs::new());
    let night = |day: u32, each: u32| {
        let line = |at: u32| {
            let id = format!("{day}N{at}");
            let time = format!("{day:02}/Apr/2026:03:{:02}:{:02} ", 20 + at / each, at % each);
            refused(&id).replace("15/Apr/2026:07:42:03 ", &time)
        };
        let usual = accepted(&format!("{day}A"))
            .replace("15/Apr/2026:07:42:03 ", &format!("{day:02}/Apr/2026:02:00:00 "));
        usual + &(0..10 * each).map(line).collect::<String>()
    };
    for day in 8..=15 {
        logs.add(&format!("2026-04-{day:02}-04-05-00-0123456789ABCDEF"), night(day, 6));
    }
    let path = logs.path().to_str().unwrap();
    with_store(store.path(), &[path]);
    let window = ["--from", "2026-04-15T00:00:00Z", "--to", "2026-04-16T00:00:00Z"];
    let of_files = logs.analyzed(&window);
    let alone = with_store(store.path(), &window);
    for told in [&of_files.json, &alone.json] {
        assert_eq!(told["totals"]["failures"], 60);
        assert_eq!(told["incidents"].as_array().map(Vec::len), Some(0), "{told}");
    }
    // More than every night is.
    logs.add("2026-04-15-05-05-00-0123456789ABCDEF", night(15, 20).replace(" 15N", " 15M"));
    with_store(store.path(), &[path]);
    let alone = with_store(store.path(), &window);
    assert_eq!(alone.json["incidents"], logs.analyzed(&window).json["incidents"]);
    assert_eq!(alone.json["incidents"].as_array().map(Vec::len), Some(1));
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

/// The moment of a minute of 15 April 2026.
fn minute(minute: u64) -> (String, std::time::SystemTime) {
    let start = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_776_211_200);
    let time = format!("15/Apr/2026:{:02}:{:02}:00 +0000", minute / 60, minute % 60);
    (time, start + std::time::Duration::from_secs(60 * minute))
}

#[test]
fn a_store_knows_what_was_usual_before_a_window() {
    let (logs, store) = (Logs::new(), Logs::new());
    for hour in 6..12 {
        let mut log = String::new();
        for at in 60 * hour..60 * (hour + 1) {
            // From 08:30 to 10:30 ten requests a minute fail.
            let fails = (510..630).contains(&at);
            for number in 0..if fails { 10 } else { 1 } {
                let id = format!("R{at}N{number}");
                let line = if fails { refused(&id) } else { accepted(&id) };
                log.push_str(&line.replace("15/Apr/2026:07:42:03 +0000", &minute(at).0));
            }
        }
        let path = logs.add(&format!("{hour}.log"), log);
        let delivered = minute(60 * (hour + 1)).1;
        fs::File::options().write(true).open(path).unwrap().set_modified(delivered).unwrap();
    }
    with_store(store.path(), &[logs.path().to_str().unwrap()]);
    let told = with_store(store.path(), &["--from", "2026-04-15T10:20:00Z"]).json;
    assert_eq!(told["totals"]["failures"], 100);
    assert_eq!(told["incidents"][0]["started_at"], "2026-04-15T08:30:00Z");
}
