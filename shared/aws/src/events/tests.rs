//! What is asked for, and what comes out, page by page.

use std::io::{self, Read};

use serde_json::{Value, json};
use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::object;
use sigdrift_telemetry::source::SourceKind;
use sigdrift_telemetry::tally::{Limits, Report};

use super::*;
use crate::testing::Server;

const SPAN: Span = Span { from: 1_776_238_920, to: 1_776_242_520 };

fn record(id: u32) -> Value {
    let record = json!({
        "eventVersion": "1.11", "eventTime": "2026-04-15T07:42:00Z", "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets", "awsRegion": "eu-west-1", "eventID": format!("{id:08}-0000-4000-8000-000000000000"),
        "requestID": format!("R{id}"), "eventType": "AwsApiCall",
        "userIdentity": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    });
    json!({"EventId": id.to_string(), "EventName": "ListBuckets", "CloudTrailEvent": record.to_string()})
}

fn line(stream: &str, number: i64) -> Value {
    json!({
        "logStreamName": stream, "timestamp": SPAN.from * 1000 + number, "ingestionTime": 1,
        "message": format!("{stream} {number} \"quoted\"\n"), "eventId": number.to_string(),
    })
}

fn trail<T>(server: &Server, read: impl FnOnce(&mut dyn Read) -> T) -> T {
    read(&mut Trail::new(&server.connection()).look_up(&TrailAddress::default(), SPAN))
}

fn logs<T>(server: &Server, read: impl FnOnce(&mut dyn Read) -> T) -> T {
    let group = "/app/checkout".parse().unwrap();
    read(&mut Logs::new(&server.connection()).filter(&group, SPAN))
}

fn read(input: &mut dyn Read) -> Report {
    object::read("it", input, &mut Intake::new(Limits::default()))
}

fn lines(input: &mut dyn Read) -> Vec<Value> {
    let mut text = String::new();
    input.read_to_string(&mut text).unwrap();
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn refused(input: &mut dyn Read) -> String {
    let error: io::Error = input.read(&mut [0; 100]).unwrap_err();
    error.get_ref().unwrap().downcast_ref::<Error>().unwrap().to_string()
}

#[test]
fn the_event_history_is_read_to_its_last_page() {
    let server = Server::with([
        (200, json!({"Events": [record(1), record(2)], "NextToken": "a"})),
        (200, json!({"Events": [], "NextToken": "b"})),
        (200, json!({"Events": [record(3)]})),
    ]);
    let report = trail(&server, read);
    assert_eq!((report.kind, report.records), (Some(SourceKind::CloudTrail), 3), "{report:?}");
    assert_eq!(report.unreadable, 0, "{report:?}");
    let asked = server.asked();
    let tokens: Vec<_> = asked.iter().map(|asked| asked.body["NextToken"].as_str()).collect();
    assert_eq!(tokens, [None, Some("a"), Some("b")]);
    for asked in &asked {
        assert_eq!(asked.body["MaxResults"], 50);
        assert_eq!(asked.body["StartTime"], json!(SPAN.from));
        assert_eq!(
            asked.body["EndTime"],
            json!(SPAN.to - 1),
            "what happened at the end is not asked for"
        );
    }
}

#[test]
fn an_event_without_its_record_is_counted() {
    let mut bare = record(1);
    bare.as_object_mut().unwrap().remove("CloudTrailEvent");
    let server = Server::with([(200, json!({"Events": [bare, record(2)]}))]);
    let report = trail(&server, read);
    assert_eq!((report.records, report.unreadable), (1, 1), "{report:?}");
}

#[test]
fn log_events_come_with_their_streams_kept_together() {
    let server = Server::with([
        (200, json!({"events": [line("b", 1), line("a", 2), line("b", 3)], "nextToken": "t"})),
        (200, json!({"events": [], "nextToken": "u"})),
        (200, json!({"events": [line("a", 4)], "searchedLogStreams": []})),
    ]);
    let lines = logs(&server, lines);
    let told: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        ["a 2 \"quoted\"\n", "b 1 \"quoted\"\n", "b 3 \"quoted\"\n", "a 4 \"quoted\"\n"]
    );
    assert_eq!(lines[0]["logStreamName"], "a");
    assert_eq!(lines[0]["timestamp"], SPAN.from * 1000 + 2);
    let asked = server.asked();
    assert_eq!(asked[0].body["logGroupName"], "/app/checkout");
    assert_eq!(asked[0].body["startTime"], SPAN.from * 1000);
    assert_eq!(asked[0].body["endTime"], SPAN.to * 1000 - 1);
    assert_eq!(asked[2].body["nextToken"], "u");
}

#[test]
fn a_throttled_page_is_asked_for_again() {
    let throttled = (400, json!({"__type": "ThrottlingException", "message": "Rate exceeded"}));
    let server = Server::with([
        (200, json!({"Events": [record(1)], "NextToken": "a"})),
        throttled,
        (503, json!({"__type": "ServiceUnavailableException"})),
        (200, json!({"Events": [record(2)]})),
    ]);
    let report = trail(&server, read);
    assert_eq!((report.records, report.unreadable, server.left()), (2, 0, 0), "{report:?}");
}

#[test]
fn what_came_before_an_error_is_read_and_the_error_is_told() {
    let server = Server::with([
        (200, json!({"Events": [record(1)], "NextToken": "a"})),
        (400, json!({"__type": "InvalidNextTokenException", "message": "no"})),
    ]);
    let report = trail(&server, read);
    assert_eq!((report.records, report.unreadable), (1, 1));
    let told = &report.problems().next().unwrap().reason;
    assert!(told.contains("cannot read cloudtrail in eu-west-1"), "{told}");
    assert!(told.contains("400 InvalidNextTokenException: no"), "{told}");
}

#[test]
fn an_error_says_what_to_do() {
    let denied =
        || Server::with([(400, json!({"__type": "AccessDeniedException", "Message": "no"}))]);
    let told = trail(&denied(), refused);
    assert!(
        told.contains("access denied") && told.contains("it needs cloudtrail:LookupEvents"),
        "{told}"
    );
    let told = logs(&denied(), refused);
    assert!(told.starts_with("cannot read logs:/app/checkout: access denied"), "{told}");
    assert!(told.contains("logs:FilterLogEvents on the log group (and kms:Decrypt"), "{told}");
    let missing = (400, json!({"__type": "ResourceNotFoundException", "message": "no"}));
    let told = logs(&Server::with([missing]), refused);
    assert!(
        told.contains("no such log group in eu-west-1: `aws logs describe-log-groups`"),
        "{told}"
    );
    let stranger = (400, json!({"__type": "UnrecognizedClientException", "message": "no"}));
    let told = logs(&Server::with([stranger]), refused);
    assert!(told.contains("credentials were refused (UnrecognizedClientException)"), "{told}");
}
