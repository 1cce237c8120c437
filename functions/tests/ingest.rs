//! `ingest` as it is invoked: given this event and these objects, expect these segments and metrics.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sigdrift_aws::Fault;
use sigdrift_aws::objects::{self, Object, ReadObject, Reason};
use sigdrift_functions::ingest::{Answer, Ingest, Own};
use sigdrift_telemetry::segment::Privacy;
use sigdrift_telemetry::store::{Range, read_window};
use sigdrift_telemetry::summary::{Question, summarize};
use sigdrift_telemetry::tally::Limits;

use crate::common::{Capability, Emitted, Store, line};

/// 2026-04-15T08:00:05Z.
const NOW: i64 = 1_776_240_005;

/// What becomes of an object when it is read.
#[derive(Clone)]
enum Stored {
    Bytes(Vec<u8>),
    Gone,
    Throttled,
    BreaksOffAfter(Vec<u8>),
    Endless,
}

/// Objects in memory.
#[derive(Default)]
struct Objects(BTreeMap<String, Stored>);

struct Breaking(Cursor<Vec<u8>>, Object);

impl Read for Breaking {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => {
                let reason =
                    Fault::NoAnswer { server: "S3".to_owned(), source: "cut".into() }.into();
                Err(std::io::Error::other(objects::Error::of_reading(&self.1, reason)))
            }
            read => Ok(read),
        }
    }
}

/// A log that goes on for ever.
struct Endless(Vec<u8>, usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.0.len() - self.1);
        buffer[..length].copy_from_slice(&self.0[self.1..self.1 + length]);
        self.1 = (self.1 + length) % self.0.len();
        Ok(length)
    }
}

impl ReadObject for Objects {
    fn open(&self, object: &Object) -> Result<impl Read + Send, objects::Error> {
        let refused = |reason| Err(objects::Error::of_reading(object, reason));
        let body: Box<dyn Read + Send> = match self.0.get(&object.key).cloned() {
            Some(Stored::Bytes(bytes)) => Box::new(Cursor::new(bytes)),
            Some(Stored::BreaksOffAfter(bytes)) => {
                Box::new(Breaking(Cursor::new(bytes), object.clone()))
            }
            Some(Stored::Endless) => {
                Box::new(Endless(line("R1", "SignatureDoesNotMatch").into_bytes(), 0))
            }
            Some(Stored::Throttled) => {
                return refused(Fault::Throttled { code: "SlowDown".to_owned() }.into());
            }
            Some(Stored::Gone) | None => return refused(Reason::Gone),
        };
        Ok(body)
    }
}

/// The only quarantine record.
fn quarantined(store: &Store) -> Value {
    let names = store.names("quarantine/");
    assert_eq!(names.len(), 1, "{names:?}");
    serde_json::from_slice(&store.bytes(&names[0]).unwrap()).unwrap()
}

/// What the store tells of everything.
fn summary(store: &Store) -> Value {
    let tally = read_window(store, Range::default(), Limits::default(), 1).unwrap();
    serde_json::to_value(summarize(&tally, &Question::default())).unwrap()
}

type Function = Ingest<Objects, Store, Emitted>;

fn ingest(objects: &[(&str, Stored)]) -> Function {
    Ingest {
        objects: Objects(
            objects.iter().map(|(key, stored)| ((*key).to_owned(), stored.clone())).collect(),
        ),
        store: Store::default(),
        metrics: Emitted::default(),
        privacy: Privacy::default(),
        own: Own {
            bucket: "store".to_owned(),
            prefix: "sigdrift/".to_owned(),
            log_group: Some("/sigdrift/s/ingest".to_owned()),
        },
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn created(key: &str) -> Value {
    json!({"version":"0","id":"17793124","detail-type":"Object Created","source":"aws.s3",
        "time":"2026-04-15T08:00:01Z","region":"eu-west-1",
        "detail":{"version":"0","bucket":{"name":"logs"},
            "object":{"key":key,"size":7,"etag":"e1"},"reason":"PutObject"}})
}

/// A delivery of one log event.
fn logs(group: &str, message: &str) -> Value {
    let delivery = json!({"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":group,
        "logStream":"s","subscriptionFilters":["f"],
        "logEvents":[{"id":"1","timestamp":1_776_238_923_000_i64,"message":message}]});
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut gzip, delivery.to_string().as_bytes()).unwrap();
    json!({"awslogs":{"data":STANDARD.encode(gzip.finish().unwrap())}})
}

fn batch(bodies: &[Value]) -> String {
    let records = bodies.iter().enumerate().map(|(number, body)| {
        json!({"messageId":format!("m{number}"),"eventSource":"aws:sqs","body":body.to_string()})
    });
    json!({"Records": records.collect::<Vec<_>>()}).to_string()
}

/// The ids of the messages to deliver again.
fn failed(function: &Function, event: &str) -> Vec<String> {
    let Answer::Batch(answer) = function.invoke(event, NOW, soon()).unwrap() else { panic!() };
    answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

fn reconciles(metrics: &Emitted) {
    let fates = ["SegmentsWritten", "SegmentsPresent", "ObjectsQuarantined", "ObjectsFailed"];
    let fates: u64 = fates.iter().map(|name| metrics.sum(name)).sum();
    assert_eq!(metrics.sum("ObjectsReceived"), fates);
    assert_eq!(metrics.balance("ObjectsUnaccounted"), 0);
    let lines = metrics.0.lock().unwrap();
    let received: i64 = lines[0]["ObjectsReceived"].as_i64().unwrap();
    assert_eq!(lines[0]["ObjectsUnaccounted"], received, "told before anything is read");
}

fn bytes(text: &str) -> Stored {
    Stored::Bytes(text.as_bytes().to_vec())
}

#[test]
fn an_object_becomes_a_segment_and_metrics_and_a_redelivery_neither() {
    let log = line("R1", "SignatureDoesNotMatch") + &line("R2", "-") + &line("R3", "ExpiredToken");
    let key = "2026-04-15-07-59-58-0123456789ABCDEF";
    let function = ingest(&[(key, bytes(&log))]);
    let event = batch(&[created(key)]);
    assert!(failed(&function, &event).is_empty());
    let names = function.store.names("");
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(names[0].starts_with("segments/dt=2026-04-15/hour=07/"), "{names:?}");
    assert_eq!(summary(&function.store)["totals"]["failures"], 2);
    assert_eq!(function.metrics.sum("SignatureFailures"), 2);
    assert_eq!(function.metrics.sum("SignedRequests"), 3);
    // 07:43 is the end of the last minute, 08:00:05 is now.
    assert_eq!(function.metrics.sum("IngestLag"), 17 * 60 + 5);
    let before = function.metrics.count("SignedRequests");
    assert!(failed(&function, &event).is_empty());
    assert_eq!(function.metrics.count("SignedRequests"), before, "metrics at most once");
    assert_eq!(
        (function.metrics.sum("SegmentsWritten"), function.metrics.sum("SegmentsPresent")),
        (1, 1)
    );
    assert_eq!(summary(&function.store)["totals"]["failures"], 2);
    reconciles(&function.metrics);
}

#[test]
fn each_code_region_and_cause_is_a_dimension_and_nothing_else() {
    let log = line("R1", "SignatureDoesNotMatch") + &line("R3", "ExpiredToken");
    let function = ingest(&[("a", bytes(&log))]);
    failed(&function, &batch(&[created("a")]));
    let lines = function.metrics.0.lock().unwrap().clone();
    let of_failures: Vec<_> =
        lines.iter().filter(|line| line.get("SignatureFailures").is_some()).collect();
    assert_eq!(of_failures.len(), 2, "{lines:?}");
    for line in of_failures {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "SigDrift");
        assert_eq!(directive["Dimensions"], json!([[], ["Code"], ["Region"], ["Cause"]]));
        assert_eq!(line["Region"], "eu-west-1");
    }
    assert!(lines.iter().any(|line| line["Cause"] == "expired-token"), "{lines:?}");
}

#[test]
fn one_bad_message_fails_alone() {
    let function = ingest(&[
        ("good", bytes(&line("R1", "SignatureDoesNotMatch"))),
        ("busy", Stored::Throttled),
        ("cut", Stored::BreaksOffAfter(line("R2", "SignatureDoesNotMatch").into_bytes())),
    ]);
    let event = batch(&[created("good"), created("busy"), created("cut"), json!({"what":"else"})]);
    assert_eq!(failed(&function, &event), ["m1", "m2", "m3"]);
    // Half an object is no segment: it is read again from its start.
    assert_eq!(function.store.names("").len(), 1);
    assert_eq!(function.metrics.sum("ObjectsFailed"), 2);
    reconciles(&function.metrics);
}

#[test]
fn what_can_never_be_read_is_quarantined_and_counted() {
    for (stored, reason) in [
        (Stored::Gone, "deleted"),
        (bytes("\0\u{1}\u{2}binary\0\0"), "neither text nor gzip"),
        (Stored::Bytes([0x1f, 0x8b, 8, 0, 1, 2].to_vec()), "gzip"),
    ] {
        let function = ingest(&[("odd", stored)]);
        let event = batch(&[created("odd")]);
        assert!(failed(&function, &event).is_empty(), "{reason}");
        let record = quarantined(&function.store);
        assert!(record["reason"].as_str().unwrap().contains(reason), "{record}");
        assert_eq!((&record["bucket"], &record["key"]), (&json!("logs"), &json!("odd")));
        assert_eq!(record["replay"], "sigdrift analyze 's3://logs/odd'");
        assert_eq!(function.metrics.sum("ObjectsQuarantined"), 1);
        assert_eq!(function.metrics.sum("UnreadableRecords"), 1);
        assert_eq!(summary(&function.store)["sources"][0]["unreadable"], 1);
        reconciles(&function.metrics);
    }
}

#[test]
fn a_few_bad_lines_are_recorded_and_the_rest_counts() {
    let token = "X-Amz-Security-Token=SECRETTOKEN1234567890";
    let log = format!("{}damaged {token}\n", line("R1", "SignatureDoesNotMatch"));
    let function = ingest(&[("mixed", bytes(&log))]);
    assert!(failed(&function, &batch(&[created("mixed")])).is_empty());
    let record = quarantined(&function.store);
    assert_eq!(
        (&record["unreadable"], &record["problems"][0]["where"]),
        (&json!(1), &json!("line 2"))
    );
    assert!(!record.to_string().contains("SECRETTOKEN"), "{record}");
    assert_eq!(function.metrics.sum("SegmentsWritten"), 1);
    assert_eq!(summary(&function.store)["totals"]["failures"], 1);
    reconciles(&function.metrics);
}

#[test]
fn an_object_without_end_is_put_aside_when_it_had_the_time_for_itself() {
    let function = ingest(&[("endless", Stored::Endless), ("good", bytes(&line("R1", "-")))]);
    let deadline = || Instant::now() + Duration::from_millis(200);
    let both = batch(&[created("endless"), created("good")]);
    let Answer::Batch(answer) = function.invoke(&both, NOW, deadline()).unwrap() else { panic!() };
    // What came behind it had no time, and comes again.
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(answer.batch_item_failures[0].item_identifier, "m1");
    let record = quarantined(&function.store);
    assert!(record["reason"].as_str().unwrap().contains("longer to read than one invocation"));
    assert!(failed(&function, &batch(&[created("good")])).is_empty());
    reconciles(&function.metrics);
}

#[test]
fn what_was_put_aside_as_too_slow_is_counted_whole_when_a_replay_has_the_time() {
    let key = "2026-04-15-07-59-58-0123456789ABCDEF";
    let mut function = ingest(&[(key, Stored::Endless)]);
    let event = batch(&[created(key)]);
    let hurried = Instant::now() + Duration::from_millis(200);
    function.invoke(&event, NOW, hurried).unwrap();
    assert_eq!(summary(&function.store)["sources"][0]["unreadable"], 1);
    let log = line("R1", "SignatureDoesNotMatch") + &line("R2", "SignatureDoesNotMatch");
    function.objects.0.insert(key.to_owned(), bytes(&log));
    assert!(failed(&function, &event).is_empty());
    let told = summary(&function.store);
    assert_eq!(told["totals"]["failures"], 2, "{told}");
    assert_eq!(told["sources"][0]["unreadable"], 0, "{told}");
}

#[test]
fn a_marker_is_in_force_in_windows_that_begin_after_it() {
    let function = ingest(&[(
        "2026-04-15-07-59-58-0123456789ABCDEF",
        bytes(&line("R1", "ExpiredToken").replace("app/shop-1", "")),
    )]);
    let marker = json!({"id":"e2","detail-type":"Deploy Marker","source":"sigdrift",
        "time":"2026-04-01T07:39:00Z","detail":{"time":"2026-04-01T07:40:00Z","version":"v9"}});
    function.invoke(&marker.to_string(), NOW, soon()).unwrap();
    failed(&function, &batch(&[created("2026-04-15-07-59-58-0123456789ABCDEF")]));
    let range = Range { from: Some(NOW - 3600), to: Some(NOW) };
    let tally = read_window(&function.store, range, Limits::default(), 1).unwrap();
    let told = serde_json::to_value(summarize(&tally, &Question::default())).unwrap();
    assert_eq!(told["clusters"][0]["deploy_version"], "v9", "{told}");
}

#[test]
fn a_store_that_is_down_fails_the_message_and_nothing_is_lost() {
    let function = ingest(&[("a", bytes(&line("R1", "SignatureDoesNotMatch")))]);
    function.store.breaks(Some(Capability::Put));
    let event = batch(&[created("a")]);
    assert_eq!(failed(&function, &event), ["m0"]);
    assert_eq!(function.metrics.sum("SignatureFailures"), 0);
    function.store.breaks(None);
    assert!(failed(&function, &event).is_empty());
    assert_eq!(function.metrics.sum("SignatureFailures"), 1);
    reconciles(&function.metrics);
}

#[test]
fn what_it_wrote_itself_is_not_read() {
    let function = ingest(&[("sigdrift/segments/a", bytes(&line("R1", "SignatureDoesNotMatch")))]);
    let mut own = created("sigdrift/segments/a");
    own["detail"]["bucket"]["name"] = json!("store");
    assert!(failed(&function, &batch(&[own.clone()])).is_empty());
    let logged = logs("/sigdrift/s/ingest", &line("R2", "SignatureDoesNotMatch"));
    assert!(function.invoke(&logged.to_string(), NOW, soon()).is_ok());
    assert!(function.store.names("").is_empty());
    assert!(function.metrics.0.lock().unwrap().is_empty());
    // Another key of that bucket is a log like any other, and gone here.
    own["detail"]["object"]["key"] = json!("logs/a");
    assert!(failed(&function, &batch(&[own])).is_empty());
    assert_eq!(function.metrics.sum("ObjectsQuarantined"), 1);
}

#[test]
fn log_events_api_calls_and_markers_become_segments_too() {
    let function = ingest(&[]);
    let record = json!({"schema_version_id":"V_1_0","bucket_name":"media","request_time":"2026-04-15T07:42:03.000Z",
        "request_id":"R9","operation":"REST.GET.OBJECT","key_name":"k","request_uri":"GET /k HTTP/1.1","http_status":403,
        "error_code":"SignatureDoesNotMatch","user_agent":"x","signature_version":"SigV4",
        "authentication_type":"AuthHeader","host_header":"media.s3.eu-west-1.amazonaws.com"});
    let logs = logs("/aws/vendedlogs/s3/media", &record.to_string());
    let call = json!({"id":"e1","detail-type":"AWS API Call via CloudTrail","source":"aws.lambda",
        "time":"2026-04-15T07:39:00Z","detail":{"eventVersion":"1.11","eventID":"c1","requestID":"q1",
            "eventTime":"2026-04-15T07:39:00Z","eventSource":"lambda.amazonaws.com","awsRegion":"eu-west-1",
            "eventName":"UpdateFunctionCode20150331v2","userIdentity":{"type":"IAMUser"},
            "requestParameters":{"functionName":"checkout"},"eventType":"AwsApiCall"}});
    let marker = json!({"id":"e2","detail-type":"Deploy Marker","source":"sigdrift",
        "time":"2026-04-15T07:39:00Z","detail":{"time":"2026-04-15T07:40:00Z","version":"v9"}});
    // A redelivery may come hours later.
    for now in [NOW, NOW + 7200] {
        for event in [&logs, &call, &marker] {
            let answer = function.invoke(&event.to_string(), now, soon()).unwrap();
            assert!(matches!(answer, Answer::Done));
        }
    }
    let told = summary(&function.store);
    assert_eq!(told["totals"]["failures"], 1, "{told}");
    assert_eq!(told["clusters"][0]["deploy_version"], "v9", "{told}");
    let changes: Vec<_> = told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["what"].as_str().unwrap())
        .collect();
    assert!(changes[0].starts_with("UpdateFunctionCode20150331v2"), "{changes:?}");
    assert!(changes[1].starts_with("deploy v9"), "{changes:?}");
    assert_eq!(function.metrics.sum("SegmentsPresent"), 3);
    assert!(function.invoke("{\"no\":1}", NOW, soon()).is_err());
}
