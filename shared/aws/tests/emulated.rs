//! The adapters against a local AWS, which `tests/cloud/test_adapters.py` starts, with a bucket and topics in
//! it. What S3 promises of conditional writes is what a store rests on, so they are raced for here.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::env;
use std::io::Read;
use std::thread;

use sigdrift_aws::objects::{Address, Bucket, S3};
use sigdrift_aws::topic::{Message, Publish, Reason, Topic};
use sigdrift_aws::{Connection, Settings};
use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::object;
use sigdrift_telemetry::segment::{Privacy, Segment};
use sigdrift_telemetry::store::{
    Get, List, Partition, Put, PutIfAbsent, Range, Replace, Replaced, Version, put_segment,
    read_window, roll_up,
};
use sigdrift_telemetry::tally::{Limits, SourceId};

const WRITERS: usize = 8;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/cloud/test_adapters.py"))
}

fn connection() -> Connection {
    Connection::open(&Settings::default()).unwrap()
}

fn store(prefix: &str) -> Bucket {
    let address =
        Address { bucket: variable("SIGDRIFT_TEST_BUCKET").into(), prefix: prefix.to_owned() };
    Bucket::new(&S3::new(&connection()), address)
}

/// What writers come to who all begin at once, each with a connection of its own.
fn raced<T: Send>(prefix: &str, write: impl Fn(&Bucket, u8) -> T + Sync) -> Vec<T> {
    let stores: Vec<Bucket> = (0..WRITERS).map(|_| store(prefix)).collect();
    let start = std::sync::Barrier::new(WRITERS);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..)
            .zip(&stores)
            .map(|(number, store)| {
                let (start, write) = (&start, &write);
                scope.spawn(move || {
                    start.wait();
                    write(store, number)
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

#[test]
fn an_object_is_put_once_whoever_tries() {
    for round in 0..5 {
        let name = format!("a/{round}");
        let put = |store: &Bucket, number| store.put_if_absent(&name, &[number; 100_000]).unwrap();
        let outcomes = raced("put/", put);
        assert_eq!(outcomes.iter().filter(|put| **put == Put::Created).count(), 1, "{outcomes:?}");
        let mut bytes = Vec::new();
        store("put/").get(&name).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
        assert!(bytes.len() == 100_000 && bytes.iter().all(|byte| *byte == bytes[0]));
    }
}

#[test]
fn of_those_who_saw_the_same_one_replaces_it() {
    let reader = store("replace/");
    assert_eq!(reader.read("state").unwrap(), None);
    let mut seen: Option<Version> = None;
    for round in 0..5_u8 {
        let content = |number: u8| format!("{round} {number}").into_bytes();
        let replace = |store: &Bucket, number| {
            store.replace("state", seen.as_ref(), &content(number)).unwrap()
        };
        let outcomes = raced("replace/", replace);
        let done: Vec<usize> =
            (0..WRITERS).filter(|at| outcomes[*at] != Replaced::Changed).collect();
        let [winner] = done[..] else { panic!("{outcomes:?}") };
        let now = reader.read("state").unwrap().unwrap();
        assert_eq!(outcomes[winner], Replaced::Done(now.version.clone()));
        assert_eq!(now.bytes, content(u8::try_from(winner).unwrap()));
        seen = Some(now.version);
    }
    let other = Version::new("\"00000000000000000000000000000000\"");
    assert_eq!(reader.replace("state", Some(&other), b"x").unwrap(), Replaced::Changed);
    assert_eq!(reader.replace("none", Some(&other), b"x").unwrap(), Replaced::Changed);
    assert_eq!(reader.read("none").unwrap(), None);
}

#[test]
fn names_are_those_below_the_prefix() {
    let (inner, outer) = (store("list/inner/"), store("list/"));
    for name in ["a/1", "a/2", "b/é +%20"] {
        assert_eq!(inner.put_if_absent(name, b"1").unwrap(), Put::Created);
    }
    let listed = |store: &Bucket, prefix: &str| {
        let mut names = Vec::new();
        store.list(prefix, &mut |name| names.push(name)).unwrap();
        names.sort();
        names
    };
    assert_eq!(listed(&inner, ""), ["a/1", "a/2", "b/é +%20"]);
    assert_eq!(listed(&inner, "a/"), ["a/1", "a/2"]);
    assert_eq!(listed(&outer, "inner/b"), ["inner/b/é +%20"]);
    assert!(listed(&inner, "c").is_empty());
    assert!(inner.get("b/é +%20").unwrap().is_some());
    assert!(inner.get("b/none").unwrap().is_none());
}

#[test]
fn what_is_put_twice_and_rolled_up_is_read_once() {
    /// 2026-04-15T07:00:00Z.
    const HOUR: i64 = 1_776_236_400;
    let store = store("segments/of/");
    for (name, id) in [("one", "R1"), ("two", "R2"), ("one", "R1")] {
        let line = format!(
            r#"{{"sigdrift":1,"time":"2026-04-15T07:42:00Z","code":"SignatureDoesNotMatch","request_id":"{id}"}}"#
        );
        let mut intake = Intake::new(Limits::default());
        let report = object::read(name, line.as_bytes(), &mut intake);
        intake.finish_source(report, Some(SourceId::of([name.as_bytes()])));
        let (name, tally) = (name.to_owned(), intake.into_tally());
        let segment = Segment { name, replaces: Vec::new(), tally };
        put_segment(&store, &segment, HOUR + 60, &Privacy::default()).unwrap();
    }
    let records = || {
        let tally = read_window(&store, Range::default(), Limits::default(), 4).unwrap();
        tally.reports().values().map(|report| report.records).sum::<u64>()
    };
    assert_eq!(records(), 2);
    assert_eq!(
        roll_up(&store, Partition::of(HOUR), Limits::default(), 2).unwrap(),
        Some(Put::Created)
    );
    assert_eq!(records(), 2);
}

#[test]
fn a_message_reaches_its_topic() {
    let message = Message {
        subject: "opened: SignatureDoesNotMatch\nat media ✓".to_owned(),
        default: "100 of 130 requests failed.".to_owned(),
        sms: "100 failed".to_owned(),
        json: r#"{"occasion":"opened"}"#.to_owned(),
    };
    let arn = variable("SIGDRIFT_TEST_TOPIC");
    let topic = |arn: &str| Topic::new(&connection(), arn).unwrap();
    topic(&arn).publish(&message).unwrap();
    let error = topic(&format!("{arn}-that-is-not-there")).publish(&message).unwrap_err();
    assert!(matches!(error.reason, Reason::NoSuchTopic { .. }), "{error}");
    assert!(error.to_string().contains("-that-is-not-there: there is no such topic"), "{error}");
}
