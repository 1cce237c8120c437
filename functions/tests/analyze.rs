//! `analyze` as it is invoked: given this event and these logs, expect this summary.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::{at, line, line_at};
use serde_json::{Value, json};
use sigdrift_aws::Fault;
use sigdrift_aws::events::{self, FilterLogs, LogGroup, LookUpEvents, Span, TrailAddress};
use sigdrift_aws::objects::{self, Address, ListObjects, Object, ReadObject, Reason};
use sigdrift_functions::analyze::{Analyze, Failure};

/// Objects by their addresses.
#[derive(Default)]
struct Objects(BTreeMap<String, Stored>);

#[derive(Clone)]
enum Stored {
    Bytes(Vec<u8>),
    Throttled,
    Endless,
}

impl ListObjects for Objects {
    fn list(&self, address: &Address) -> impl Iterator<Item = Result<Object, objects::Error>> {
        let start = address.to_string();
        let names = self.0.keys().filter(move |name| name.starts_with(&start));
        names.map(|name| {
            let (bucket, key) = name["s3://".len()..].split_once('/').unwrap();
            Ok(object(bucket, key))
        })
    }
}

fn object(bucket: &str, key: &str) -> Object {
    let (bucket, key) = (bucket.into(), key.to_owned());
    Object { bucket, key, version_id: None, e_tag: "\"e\"".to_owned(), length: 1, modified: 1 }
}

impl ReadObject for Objects {
    fn open(&self, object: &Object) -> Result<impl Read + Send, objects::Error> {
        let refused = |reason| Err(objects::Error::of_reading(object, reason));
        let body: Box<dyn Read + Send> = match self.0.get(&object.to_string()) {
            Some(Stored::Bytes(bytes)) => Box::new(Cursor::new(bytes.clone())),
            Some(Stored::Endless) => Box::new(Endless(0)),
            Some(Stored::Throttled) => {
                return refused(Fault::Throttled { code: "SlowDown".to_owned() }.into());
            }
            None => return refused(Reason::Gone),
        };
        Ok(body)
    }
}

/// A log that goes on for ever, slowly.
struct Endless(usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        std::thread::sleep(Duration::from_millis(5));
        self.0 += 1;
        let line = line(&format!("R{}", self.0), "SignatureDoesNotMatch");
        buffer[..line.len()].copy_from_slice(line.as_bytes());
        Ok(line.len())
    }
}

/// Events that are answered whatever is asked for, and the spans that were.
#[derive(Default)]
struct Events {
    answer: String,
    is_denied: bool,
    asked: Mutex<Vec<(String, Span)>>,
}

impl Events {
    fn read(&self, place: String, span: Span) -> Box<dyn Read + Send> {
        self.asked.lock().unwrap().push((place.clone(), span));
        match self.is_denied {
            true => Box::new(Denied(place)),
            false => Box::new(Cursor::new(self.answer.clone().into_bytes())),
        }
    }
}

struct Denied(String);

impl Read for Denied {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        let fault = Fault::Denied { permission: "logs:FilterLogEvents", profile: String::new() };
        let error = events::Error { place: self.0.clone(), reason: fault.into() };
        Err(std::io::Error::other(error))
    }
}

impl LookUpEvents for Events {
    fn look_up(&self, address: &TrailAddress, span: Span) -> impl Read + Send {
        self.read(address.to_string(), span)
    }
}

impl FilterLogs for Events {
    fn filter(&self, group: &LogGroup, span: Span) -> impl Read + Send {
        self.read(group.to_string(), span)
    }
}

const RECORD: &str = r#"{"eventVersion":"1.11","eventTime":"2026-04-15T07:40:00Z","eventSource":"secretsmanager.amazonaws.com","eventName":"PutSecretValue","awsRegion":"eu-west-1","eventID":"5a8a7d1c-0000-4000-8000-000000000001","requestID":"C1","eventType":"AwsApiCall","requestParameters":{"secretId":"shop/key"}}"#;

fn function() -> Analyze<Objects, Events, Events> {
    let stored = |text: String| Stored::Bytes(text.into_bytes());
    let objects = BTreeMap::from([
        (
            "s3://logs/a/1".to_owned(),
            stored(line("R1", "SignatureDoesNotMatch") + &line("R2", "-")),
        ),
        ("s3://logs/a/2".to_owned(), stored(line("R3", "SignatureDoesNotMatch"))),
        ("s3://logs/b/1".to_owned(), stored(line("R4", "RequestTimeTooSkewed") + "damaged\n")),
    ]);
    let trail = Events {
        answer: json!({"CloudTrailEvent": RECORD}).to_string() + "\n",
        ..Events::default()
    };
    let captured = json!({"sigdrift": 1, "code": "SignatureDoesNotMatch", "request_id": "L1"});
    let event = json!({
        "logStreamName": "2026/04/15/[7]abc", "timestamp": at("2026-04-15T07:45:00Z") * 1000,
        "message": captured.to_string(), "eventId": "1",
    });
    let logs = Events { answer: event.to_string() + "\n", ..Events::default() };
    Analyze { objects: Objects(objects), trail, logs, threads: 3 }
}

fn now() -> i64 {
    at("2026-04-15T09:00:00Z")
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn answered(function: &Analyze<Objects, Events, Events>, event: &Value) -> Value {
    let answer = function.invoke(&event.to_string(), now(), later()).unwrap();
    serde_json::from_str(&answer).unwrap()
}

fn refused(event: &str) -> String {
    function().invoke(event, now(), later()).unwrap_err().to_string()
}

fn problems(summary: &Value) -> Vec<(String, String)> {
    let sources = summary["sources"].as_array().unwrap().iter();
    let problems = sources.flat_map(|source| source["problems"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    problems.map(|problem| (text(&problem["object"]), text(&problem["reason"]))).collect()
}

#[test]
fn every_kind_of_source_goes_into_one_summary() {
    let function = function();
    let summary = answered(
        &function,
        &json!({
            "from": "2026-04-15T07:00:00Z", "to": "2026-04-15T08:00:00Z",
            "sources": ["s3://logs/a/", "cloudtrail", "cloudtrail:us-east-1", "logs:/aws/lambda/shop"],
            "group_by": ["endpoint"],
        }),
    );
    assert_eq!(
        summary["window"],
        json!({"from": "2026-04-15T07:00:00Z", "to": "2026-04-15T08:00:00Z"})
    );
    assert_eq!(summary["totals"]["by_code"], json!({"SignatureDoesNotMatch": 3}));
    let kinds: Vec<_> = summary["sources"].as_array().unwrap().iter().map(|s| &s["kind"]).collect();
    assert_eq!(kinds, ["s3-access-log", "cloudtrail", "captured-error"]);
    assert_eq!(summary["clusters"][0]["endpoint"], "media.s3.eu-west-1.amazonaws.com");
    assert!(summary["clusters"][0].get("region").is_none(), "it is not grouped by");
    assert!(summary["changes"][0]["what"].as_str().unwrap().starts_with("PutSecretValue"));
    assert_eq!(
        summary["left_out"],
        json!({"clusters": 0, "incidents": 0, "changes": 0, "problems": 0})
    );
    let span = Span { from: at("2026-04-15T07:00:00Z"), to: at("2026-04-15T08:00:00Z") };
    let mut asked = function.trail.asked.lock().unwrap().clone();
    asked.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(asked, [("cloudtrail".to_owned(), span), ("cloudtrail:us-east-1".to_owned(), span)]);
    assert_eq!(*function.logs.asked.lock().unwrap(), [("logs:/aws/lambda/shop".to_owned(), span)]);
}

#[test]
fn a_source_that_is_named_twice_is_read_once() {
    let function = function();
    let sources = ["s3://logs/a/1", "s3://logs/a/", "cloudtrail", "cloudtrail"];
    let summary = answered(&function, &json!({"from": "-2h", "sources": sources}));
    assert_eq!(summary["totals"]["failures"], 2);
    assert_eq!(function.trail.asked.lock().unwrap().len(), 1);
}

#[test]
fn without_a_window_objects_are_read_whole_and_events_not_at_all() {
    let summary = answered(&function(), &json!({"sources": ["s3://logs/"]}));
    assert_eq!(summary["totals"]["failures"], 3);
    assert_eq!(problems(&summary)[0].0, "s3://logs/b/1", "the damaged line is named");
    let told = refused(r#"{"sources":["s3://logs/","logs:/a"]}"#);
    assert!(told.starts_with("`from` is missing: of cloudtrail and of log groups"), "{told}");
}

#[test]
fn an_item_of_a_map_is_one_object() {
    // As a Distributed Map hands it over with an ItemSelector that adds the bucket.
    let item = json!({
        "Bucket": "logs", "Key": "a/1", "Size": 512, "Etag": "\"e\"", "LastModified": 1_776_240_000,
        "StorageClass": "STANDARD", "from": "2026-04-15T07:00:00Z", "group_by": ["region"],
    });
    let summary = answered(&function(), &item);
    assert_eq!(
        summary["totals"],
        json!({"requests": 2, "failures": 1, "by_code": {"SignatureDoesNotMatch": 1}})
    );
    assert_eq!(summary["clusters"][0]["region"], "eu-west-1");
}

#[test]
fn a_batch_of_a_map_is_one_summary() {
    let whole = json!({
        "BatchInput": {"Bucket": "logs", "from": "-2h", "to": "now", "group_by": []},
        "Items": [{"Key": "a/1"}, {"Key": "a/2", "Size": 1}, {"Key": "b/1", "Bucket": "logs"}],
    });
    let summary = answered(&function(), &whole);
    assert_eq!(summary["totals"]["failures"], 3);
    assert_eq!(summary["window"]["to"], "2026-04-15T09:00:00Z");
    let of_items = json!({"Items": [
        {"Bucket": "logs", "Key": "a/1", "from": "-2h"}, {"Bucket": "logs", "Key": "a/2", "from": "-2h"},
    ]});
    assert_eq!(answered(&function(), &of_items)["totals"]["failures"], 2);
}

#[test]
fn a_wrong_event_is_told_by_its_member() {
    for (event, expected) in [
        ("", "the event is no JSON"),
        ("[]", "the event is no JSON object"),
        ("{}", "`sources` has to be a list of at least one of s3://bucket/prefix, cloudtrail"),
        (r#"{"sources":[]}"#, "`sources` has to be a list of at least one"),
        (r#"{"sources":"s3://logs/"}"#, "`sources` has to be a list"),
        (r#"{"sources":["s3://logs/",7]}"#, "`sources[1]` is no text"),
        (r#"{"sources":["s3:/logs"]}"#, "`sources[0]` is wrong: `s3:/logs` is no source"),
        (
            r#"{"sources":["s3://logs/"],"from":"today"}"#,
            "`from` is `today`, which is no moment: write",
        ),
        (r#"{"sources":["s3://logs/"],"to":7}"#, "`to` is no text"),
        (r#"{"sources":["s3://logs/"],"from":"now","to":"-1h"}"#, "`from` must lie before `to`"),
        (
            r#"{"sources":["cloudtrail"],"from":"2030-01-01T00:00:00Z"}"#,
            "`from` lies in the future",
        ),
        (
            r#"{"sources":["s3://logs/"],"group_by":["ip"]}"#,
            "`group_by[0]` is wrong: `ip` is no dimension",
        ),
        (r#"{"sources":["s3://logs/"],"until":"now"}"#, "`until` is not known: there are from, to"),
        (r#"{"Key":"a"}"#, "`Bucket` is missing"),
        (r#"{"Key":7,"Bucket":"logs"}"#, "`Key` is no text"),
        (r#"{"Key":"a","Bucket":"x/../y"}"#, "`Bucket` is no name of a bucket"),
        (r#"{"Items":[]}"#, "`Items` has to be a list of at least one item"),
        (r#"{"Items":[{"Key":"a","Bucket":"logs"},{"Key":"b"}]}"#, "`Items[1].Bucket` is missing"),
        (r#"{"Items":["a"]}"#, "`Items[0]` is no object"),
        (r#"{"Items":[{"Key":"a"}],"BatchInput":"logs"}"#, "`BatchInput` is no object"),
        (
            r#"{"Items":[{"Key":"a","from":"-1h"}],"BatchInput":{"Bucket":"logs","from":"-2h"}}"#,
            "`Items[0].from` is another one than before it",
        ),
    ] {
        let told = refused(event);
        assert!(told.contains(expected), "{event}: {told}");
    }
}

#[test]
fn what_cannot_be_read_is_a_problem_and_nothing_at_all_a_failure() {
    let mut function = function();
    function.objects.0.insert("s3://logs/a/3".to_owned(), Stored::Throttled);
    function.logs.is_denied = true;
    let event = json!({"from": "-2h", "sources": ["s3://logs/a/", "logs:/app", "s3://other/"]});
    let summary = answered(&function, &event);
    assert_eq!(summary["totals"]["failures"], 2);
    let problems: BTreeMap<_, _> = problems(&summary).into_iter().collect();
    assert!(problems["s3://logs/a/3"].starts_with("the service is asked too often"));
    assert!(problems["logs:/app"].starts_with("access denied"), "{problems:?}");
    assert!(problems["s3://other/"].contains("there is no object under it"));
    let event = json!({"from": "-2h", "sources": ["s3://logs/a/3", "logs:/app"]}).to_string();
    let failure = function.invoke(&event, now(), later()).unwrap_err();
    assert!(matches!(failure, Failure::Refused { others: 1, .. }), "{failure}");
    assert!(failure.to_string().starts_with("nothing could be read: cannot read "), "{failure}");
}

#[test]
fn what_there_was_no_time_for_is_said() {
    let mut function = function();
    function.threads = 1;
    function.objects.0.insert("s3://logs/a/0".to_owned(), Stored::Endless);
    let event = json!({"from": "-2h", "sources": ["s3://logs/a/", "logs:/app"]}).to_string();
    let start = Instant::now();
    let answer = function.invoke(&event, now(), start + Duration::from_millis(300)).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "it stops in time");
    let summary: Value = serde_json::from_str(&answer).unwrap();
    assert!(summary["totals"]["failures"].as_u64().unwrap() > 2, "what was read counts");
    let problems = problems(&summary);
    for name in ["s3://logs/a/0", "logs:/app"] {
        let (_, reason) = problems.iter().find(|(object, _)| object == name).unwrap();
        assert!(reason.contains("there was no time left to read it"), "{reason}");
    }
}

#[test]
fn what_the_event_history_does_not_hold_is_said() {
    let function = function();
    let summary = answered(&function, &json!({"from": "-100d", "sources": ["cloudtrail"]}));
    assert_eq!(summary["changes"].as_array().unwrap().len(), 1);
    let (object, reason) = &problems(&summary)[0];
    assert!(object == "cloudtrail" && reason.contains("holds 90 days"), "{object}: {reason}");
    let event = json!({"from": "-100d", "to": "-95d", "sources": ["cloudtrail"]});
    assert_eq!(problems(&answered(&function, &event)).len(), 1);
    assert_eq!(function.trail.asked.lock().unwrap().len(), 1, "the second was not asked for");
}

#[test]
fn an_answer_has_room_in_what_asked_for_it() {
    let mut function = function();
    let lines: String = (0..600)
        .map(|number| {
            let minute = number % 60;
            let line = line_at(
                &format!("15/Apr/2026:07:{minute:02}:03"),
                &format!("M{number}"),
                "SignatureDoesNotMatch",
            );
            line.replace("app/shop-1", &format!("app/shop-{number}"))
        })
        .collect();
    function.objects.0.insert("s3://logs/m".to_owned(), Stored::Bytes(lines.into_bytes()));
    let item = json!({"Bucket": "logs", "Key": "m"}).to_string();
    let answer = function.invoke(&item, now(), later()).unwrap();
    assert!(answer.len() < 256 << 10, "{}", answer.len());
    let summary: Value = serde_json::from_str(&answer).unwrap();
    let left_out = summary["left_out"]["clusters"].as_u64().unwrap();
    let told = summary["clusters"].as_array().unwrap().len() as u64;
    assert!(left_out > 0 && told > 0 && told + left_out == 600, "{told} and {left_out}");
    assert_eq!(summary["totals"]["failures"], 600, "the sums are of all");
    let direct = answered(&function, &json!({"sources": ["s3://logs/m"]}));
    assert_eq!(direct["left_out"]["clusters"], 0);
}
