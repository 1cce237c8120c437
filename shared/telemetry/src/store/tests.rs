//! The laws of a store: whatever was rolled up, whenever, and however often it was put, everything is
//! read once.

use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::tally::image::image;
use crate::tally::tests::{merged, tally_of, told, wide};
use crate::tally::{SourceId, Tally};
use crate::time::{Window, parse_rfc3339};

/// 2026-04-15T07:00:00Z.
const HOUR: i64 = 1_776_236_400;

fn store() -> (TempDir, Folder) {
    let folder = tempfile::tempdir().unwrap();
    let store = Folder::new(folder.path());
    (folder, store)
}

fn segment(tally: &Tally, replaces: Vec<SourceId>) -> Segment {
    Segment { name: "s3://logs/a".to_owned(), replaces, tally: tally.clone() }
}

fn put(store: &Folder, tally: &Tally, delivered: i64) -> Put {
    put_segment(store, &segment(tally, Vec::new()), delivered, &Privacy::default()).unwrap()
}

fn everything(store: &Folder) -> Vec<String> {
    image(&read_window(store, Range::default(), wide(), 2).unwrap())
}

#[test]
fn the_hour_of_these_tests_is_what_it_says() {
    assert_eq!(parse_rfc3339("2026-04-15T07:00:00Z"), Some(HOUR));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn everything_is_read_once_whatever_was_rolled_up(
        parts in vec((vec(told(), 0..12), 0..30_i64), 1..6),
        steps in vec((0..8_usize, 0..30_i64, any::<bool>()), 0..8),
    ) {
        let (_folder, store) = store();
        let tallies: Vec<_> =
            (0_u8..).zip(&parts).map(|(id, (part, _))| tally_of(part, wide(), id)).collect();
        for (tally, (_, hour)) in tallies.iter().zip(&parts) {
            prop_assert_eq!(put(&store, tally, HOUR + 3600 * hour), Put::Created);
            prop_assert_eq!(put(&store, tally, HOUR + 3600 * hour), Put::Present);
        }
        let mut kept = tallies.clone();
        for (number, (late, hour, of_day)) in (100_u8..).zip(steps) {
            let hour = Partition::of(HOUR + 3600 * hour);
            let partition = if of_day { hour.whole_day() } else { hour };
            roll_up(&store, partition, wide(), 2).unwrap();
            // Something comes late, into a partition that may be rolled up already.
            if late == 0 {
                let tally = tally_of(&parts[0].0, wide(), number);
                put(&store, &tally, hour.start());
                kept.push(tally);
            }
        }
        prop_assert_eq!(everything(&store), image(&merged(&kept, wide())));
    }
}

#[test]
fn a_rollup_replaces_and_is_not_written_twice() {
    let (_folder, store) = store();
    for id in 0..3 {
        put(&store, &tally_of(&[], wide(), id), HOUR + i64::from(id));
    }
    let hour = Partition::of(HOUR);
    assert_eq!(roll_up(&store, hour, wide(), 1).unwrap(), Some(Put::Created));
    assert_eq!(roll_up(&store, hour, wide(), 1).unwrap(), None, "one is left");
    let mut names = Vec::new();
    store.list(&format!("{}replacing-", hour.prefix()), &mut |name| names.push(name)).unwrap();
    let rollup = store.get(&names[0]).unwrap().unwrap();
    assert_eq!(crate::segment::outline(rollup).unwrap().replaces.len(), 3);
    let day = hour.whole_day();
    assert_eq!(roll_up(&store, day, wide(), 1).unwrap(), None, "one is left in the day too");
    put(&store, &tally_of(&[], wide(), 9), HOUR + 7200);
    assert_eq!(roll_up(&store, day, wide(), 1).unwrap(), Some(Put::Created));
}

#[test]
fn a_window_reads_what_was_delivered_until_a_day_after_it() {
    let (_folder, store) = store();
    let minutes = |seconds: i64| Some(seconds);
    let window = Window::new(minutes(HOUR), minutes(HOUR + 3600));
    for (id, delivered) in
        [(1, HOUR - 1), (2, HOUR), (3, HOUR + 25 * 3600 - 1), (4, HOUR + 25 * 3600)]
    {
        put(&store, &tally_of(&[], wide(), id), delivered);
    }
    let read = |store: &Folder| {
        let tally = read_window(store, Range::of(&window), wide(), 1).unwrap();
        tally.sources().map(|source| source.0[0]).collect::<Vec<_>>()
    };
    assert_eq!(read(&store), [2, 3]);
    // The rollup of a day that lies only partly in the window leaves its hours as they are.
    roll_up(&store, Partition::of(HOUR).whole_day(), wide(), 1).unwrap();
    assert_eq!(read(&store), [2, 3]);
}

#[test]
fn a_file_that_grew_is_told_of_once() {
    let (_folder, store) = store();
    let (short, long) = (tally_of(&[], wide(), 1), tally_of(&[], wide(), 2));
    put(&store, &short, HOUR);
    let old = segment(&short, Vec::new()).id();
    put_segment(&store, &segment(&long, vec![old]), HOUR + 7200, &Privacy::default()).unwrap();
    let tally = read_window(&store, Range::default(), wide(), 1).unwrap();
    assert_eq!(tally.sources().map(|source| source.0[0]).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_rollup_is_written_once_and_what_comes_late_waits_for_the_day() {
    let (_folder, store) = store();
    for id in 0..3 {
        put(&store, &tally_of(&[], wide(), id), HOUR);
    }
    let hour = Partition::of(HOUR);
    assert_eq!(roll_up(&store, hour, wide(), 1).unwrap(), Some(Put::Created));
    put(&store, &tally_of(&[], wide(), 9), HOUR);
    assert_eq!(roll_up(&store, hour, wide(), 1).unwrap(), None);
    assert_eq!(roll_up(&store, hour.whole_day(), wide(), 1).unwrap(), Some(Put::Created));
    put(&store, &tally_of(&[], wide(), 10), HOUR);
    assert_eq!(roll_up(&store, hour.whole_day(), wide(), 1).unwrap(), None);
    let tally = read_window(&store, Range::default(), wide(), 1).unwrap();
    assert_eq!(tally.sources().map(|source| source.0[0]).collect::<Vec<_>>(), [0, 1, 2, 9, 10]);
}

#[test]
fn within_an_hour_every_closed_hour_of_two_days_and_every_closed_day_has_its_turn() {
    let at = |minute: i64| HOUR + 60 * minute;
    let mut turns: Vec<_> = (0..60).map(|minute| turn(at(minute))).collect();
    // 04:00 to 05:00 has been over for two hours, and is the first.
    assert_eq!(turns[0], Partition::of(HOUR - 3 * 3600));
    assert_eq!(turns[47], Partition::of(HOUR - 50 * 3600));
    assert_eq!(turns[48], Partition::of(HOUR - 24 * 3600).whole_day());
    assert_eq!(turns[59], Partition::of(HOUR - 12 * 24 * 3600).whole_day());
    for (minute, partition) in turns.iter().enumerate() {
        let rests = if partition.hour.is_some() { 2 } else { 3 };
        assert!(partition.end() + rests * 3600 <= at(minute as i64), "{minute}: {partition:?}");
    }
    turns.sort();
    turns.dedup();
    assert_eq!(turns.len(), 60);
    // Yesterday has its turn only when its last hour was rolled up.
    let after_midnight = parse_rfc3339("2026-04-15T02:48:00Z").unwrap();
    assert_eq!(turn(after_midnight).prefix(), "segments/dt=2026-04-13/hour=day/");
    assert_eq!(turn(after_midnight + 3600).prefix(), "segments/dt=2026-04-14/hour=day/");
}

#[test]
fn what_was_read_in_part_counts_until_it_is_read_whole() {
    let (_folder, store) = store();
    let (part, whole) = (tally_of(&[], wide(), 1), tally_of(&[], wide(), 1));
    let partial = segment(&part, Vec::new());
    put_partial(&store, &partial, HOUR, &Privacy::default()).unwrap();
    put(&store, &tally_of(&[], wide(), 2), HOUR);
    put(&store, &tally_of(&[], wide(), 3), HOUR);
    let kinds = |store: &Folder| {
        let mut choice = choice::choose(store, window::places(store, Range::default()).unwrap());
        let chosen = &mut choice.as_mut().unwrap().chosen;
        chosen.sort();
        chosen.iter().map(|place| place.kind).collect::<Vec<_>>()
    };
    use layout::Kind::{Partial, Replacing, Source};
    assert_eq!(kinds(&store), [Source, Source, Partial]);
    // A rollup leaves it out, so that it can still be replaced.
    roll_up(&store, Partition::of(HOUR), wide(), 1).unwrap();
    assert_eq!(kinds(&store), [Replacing, Partial]);
    // A replay may come in another hour.
    put(&store, &whole, HOUR + 3600);
    assert_eq!(kinds(&store), [Replacing, Source]);
}

#[test]
fn a_marker_in_force_when_a_window_begins_is_read_and_no_older_one() {
    let (_folder, store) = store();
    let marker = |time: &str, version: &str, matches: &str| {
        let json = format!(r#"{{"time":"{time}","version":"{version}","match":{matches}}}"#);
        put_marker(&store, &crate::marker::Marker::parse(&json).unwrap()).unwrap();
    };
    let b = r#"{"endpoint":"b.example"}"#;
    marker("2026-01-01T00:00:00Z", "all-1", "{}");
    marker("2026-03-01T00:00:00Z", "all-2", "{}");
    marker("2026-02-01T00:00:00Z", "b-1", b);
    marker("2026-04-15T07:30:00Z", "b-2", b);
    store.put_if_absent("markers/0/2026-03-01T00:00:00Z-0.json", b"{").unwrap();
    store.put_if_absent("markers/README", b"not ours").unwrap();
    let read = |from: i64| {
        let range = Range { from: Some(from), to: Some(from + 3600) };
        let tally = read_window(&store, range, wide(), 1).unwrap();
        let damaged = tally.reports().get(&None).map_or(0, |report| report.unreadable);
        let versions: Vec<_> = tally.markers().map(|marker| marker.version.clone()).collect();
        (versions, damaged)
    };
    // What begins within a window is read from its segments.
    assert_eq!(read(HOUR), (vec!["b-1".to_owned(), "all-2".to_owned()], 1));
    assert_eq!(read(HOUR + 1800), (vec!["all-2".to_owned(), "b-2".to_owned()], 1));
    assert_eq!(read(HOUR - 365 * 24 * 3600), (Vec::new(), 0));
}

#[test]
fn a_segment_that_cannot_be_read_is_named_and_the_others_are_read() {
    let (_folder, store) = store();
    put(&store, &tally_of(&[], wide(), 1), HOUR);
    let damaged =
        Place { partition: Partition::of(HOUR), kind: layout::Kind::Source, id: SourceId([9; 32]) };
    store.put_if_absent(&damaged.to_string(), b"no gzip").unwrap();
    store.put_if_absent("segments/dt=2026-04-15/hour=07/README", b"not ours").unwrap();
    let tally = read_window(&store, Range::default(), wide(), 3).unwrap();
    let report = &tally.reports()[&None];
    let problem = report.problems.first().unwrap();
    assert!(problem.object.contains("0909") && problem.reason.contains("line 1"), "{problem:?}");
    assert_eq!((report.unreadable, tally.sources().len()), (1, 1));
    let error = roll_up(&store, Partition::of(HOUR), wide(), 1).unwrap_err().to_string();
    assert!(error.starts_with("cannot roll up segments/dt=2026-04-15/hour=07/0909"), "{error}");
}
