//! Every form of event that invokes `ingest`: given this event, expect these tasks.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use sigdrift_aws::objects::Object;
use sigdrift_functions::event::{Fault, Invocation, Task, read};

fn object(bucket: &str, key: &str, version: Option<&str>, e_tag: &str, length: u64) -> Task {
    Task::Object(Object {
        bucket: bucket.into(),
        key: key.to_owned(),
        version_id: version.map(str::to_owned),
        e_tag: e_tag.to_owned(),
        length,
        // 2026-04-15T08:00:01Z, the time of every event made up here.
        modified: 1_776_240_001,
    })
}

/// As EventBridge writes it: the key is as it is.
fn object_created(key: &str) -> Value {
    json!({"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"Object Created",
        "source":"aws.s3","account":"111122223333","time":"2026-04-15T08:00:01Z","region":"eu-west-1",
        "resources":["arn:aws:s3:::logs"],
        "detail":{"version":"0","bucket":{"name":"logs"},
            "object":{"key":key,"size":7,"etag":"e1","sequencer":"0062E99A88DC407460"},
            "request-id":"N4N7GDK58NMKJ12R","requester":"svc:delivery.logs.amazonaws.com",
            "source-ip-address":"192.0.2.1","reason":"PutObject"}})
}

/// As S3 itself writes it: the key is encoded as in a form.
fn notification(version: &str, name: &str, key: &str) -> Value {
    json!({"Records":[{"eventVersion":version,"eventSource":"aws:s3","awsRegion":"eu-west-1",
        "eventTime":"2026-04-15T08:00:01.000Z","eventName":name,
        "s3":{"s3SchemaVersion":"1.0","bucket":{"name":"logs","arn":"arn:aws:s3:::logs"},
            "object":{"key":key,"size":7,"eTag":"e1","versionId":"v1","sequencer":"0055AED6DCD90281E5"}}}]})
}

fn in_sns(document: &Value) -> Value {
    json!({"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:eu-west-1:111122223333:t",
        "Message":document.to_string(),"Timestamp":"2026-04-15T08:00:02.000Z"})
}

fn in_queue(bodies: &[&str]) -> String {
    let record = |(number, body): (usize, &&str)| {
        json!({"messageId":format!("id-{number}"),
        "receiptHandle":"r","body":body,"attributes":{},"eventSource":"aws:sqs",
        "eventSourceARN":"arn:aws:sqs:eu-west-1:111122223333:q","awsRegion":"eu-west-1"})
    };
    json!({"Records":bodies.iter().enumerate().map(record).collect::<Vec<_>>()}).to_string()
}

fn logs(document: &Value) -> Value {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(document.to_string().as_bytes()).unwrap();
    json!({"awslogs":{"data":STANDARD.encode(packed.finish().unwrap())}})
}

fn single(event: &Value) -> Vec<Task> {
    match read(&event.to_string()).unwrap() {
        Invocation::Single(tasks) => tasks,
        Invocation::Batch(_) => panic!("a batch"),
    }
}

/// What each message of a batch asks for, or what is wrong with it.
fn batch(event: &str) -> Vec<Result<Vec<Task>, String>> {
    let Invocation::Batch(messages) = read(event).unwrap() else { panic!("no batch") };
    messages.into_iter().map(|message| message.tasks.map_err(|error| error.to_string())).collect()
}

#[test]
fn an_object_in_every_envelope() {
    let key = "a b+c/é%20";
    let encoded = "a+b%2Bc/%C3%A9%2520";
    let bridged = object_created(key);
    let notified = notification("2.1", "ObjectCreated:Put", encoded);
    let from_bridge = vec![object("logs", key, None, "e1", 7)];
    let from_s3 = vec![object("logs", key, Some("v1"), "e1", 7)];
    for (document, tasks) in [
        (bridged.clone(), &from_bridge),
        (notified.clone(), &from_s3),
        (in_sns(&bridged), &from_bridge),
        (in_sns(&notified), &from_s3),
        (in_sns(&in_sns(&notified)), &from_s3),
    ] {
        assert_eq!(&single(&document), tasks, "{document}");
        assert_eq!(batch(&in_queue(&[&document.to_string()])), [Ok(tasks.clone())], "{document}");
    }
}

#[test]
fn every_version_of_the_notification_that_is_compatible() {
    for version in ["2.0", "2.1", "2.2", "2.3", "2.4"] {
        let tasks = single(&notification(version, "ObjectCreated:CompleteMultipartUpload", "k"));
        assert_eq!(tasks, [object("logs", "k", Some("v1"), "e1", 7)], "{version}");
    }
    let event = notification("3.0", "ObjectCreated:Put", "k").to_string();
    assert!(
        matches!(read(&event).unwrap_err().fault(), Fault::Version(version) if version == "3.0")
    );
}

#[test]
fn what_announces_nothing_to_read() {
    let test = json!({"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-04-15T08:00:00.000Z",
        "Bucket":"logs","RequestId":"r","HostId":"h"});
    let control = json!({"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"",
        "logStream":"","subscriptionFilters":[],"logEvents":[]});
    for event in [
        test.clone(),
        in_sns(&test),
        notification("2.1", "ObjectRemoved:Delete", "k"),
        logs(&control),
    ] {
        assert_eq!(single(&event), [], "{event}");
    }
    assert_eq!(batch(&in_queue(&[&test.to_string()])), [Ok(Vec::new())]);
}

#[test]
fn an_invocation_that_failed_and_comes_back_from_the_dead_letters() {
    let bridged = object_created("k");
    let failed = json!({"version":"1.0","timestamp":"2026-04-15T08:10:00.000Z",
        "requestContext":{"requestId":"r","functionArn":"arn:aws:lambda:eu-west-1:111122223333:function:ingest:$LATEST",
            "condition":"RetriesExhausted","approximateInvokeCount":3},
        "requestPayload":bridged,
        "responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},
        "responsePayload":{"errorType":"e","errorMessage":"1 of 1 sources failed"}});
    let tasks = vec![object("logs", "k", None, "e1", 7)];
    assert_eq!(batch(&in_queue(&[&failed.to_string()])), [Ok(tasks)]);
    let mut bare = failed;
    bare.as_object_mut().unwrap().remove("requestPayload");
    assert!(read(&bare.to_string()).unwrap_err().to_string().contains("has no requestPayload"));
}

#[test]
fn log_events_of_a_subscription() {
    let tasks = single(&logs(&json!({"messageType":"DATA_MESSAGE","owner":"111122223333",
        "logGroup":"/aws/lambda/checkout","logStream":"2026/04/15/[7]ab","subscriptionFilters":["f"],
        "logEvents":[{"id":"1","timestamp":1_776_240_000_000_i64,"message":"SignatureDoesNotMatch"}]})));
    let [Task::LogEvents(envelope)] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!(envelope.log_group, "/aws/lambda/checkout");
    let event = envelope.events().next().unwrap().unwrap();
    assert_eq!((&*event.id, &*event.message), ("1", "SignatureDoesNotMatch"));
}

#[test]
fn a_cloudtrail_record_is_kept_as_it_was_written() {
    let record =
        r#"{"eventVersion":"1.11","eventName":"PutSecretValue", "number":12345678901234567890123}"#;
    for detail_type in ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"] {
        let event = format!(
            r#"{{"version":"0","id":"e-1","detail-type":"{detail_type}","source":"aws.secretsmanager","detail":{record}}}"#
        );
        let Invocation::Single(tasks) = read(&event).unwrap() else { panic!() };
        assert_eq!(
            tasks,
            [Task::ApiCall { event_id: "e-1".to_owned(), record: record.to_owned() }]
        );
    }
}

#[test]
fn a_deploy_marker() {
    let event = json!({"version":"0","id":"e-2","detail-type":"Deploy Marker","source":"sigdrift",
        "detail":{"time":"2026-04-15T07:39:00Z","version":"checkout-2026.04.15","match":{"endpoint":"media.example"}}});
    let tasks = single(&event);
    let [Task::Deploy { event_id, marker }] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!((event_id.as_str(), marker.version.as_str()), ("e-2", "checkout-2026.04.15"));
}

#[test]
fn a_message_that_cannot_be_read_is_named_and_the_others_are_read() {
    let good = object_created("k").to_string();
    let no_key =
        json!({"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"b"}}});
    let bad_key = notification("2.1", "ObjectCreated:Put", "%FF").to_string();
    let other = json!({"detail-type":"Object Deleted","source":"aws.s3","detail":{}}).to_string();
    let marker = json!({"id":"e","detail-type":"Deploy Marker","source":"sigdrift","detail":{"version":"v","time":"x"}});
    let mut deep = notification("2.1", "ObjectCreated:Put", "k");
    for _ in 0..5 {
        deep = in_sns(&deep);
    }
    let bodies = [
        &good,
        "hello",
        &no_key.to_string(),
        &bad_key,
        &other,
        &marker.to_string(),
        &deep.to_string(),
        "{\"a\\u001b\":1}",
        &in_sns(&json!("text")).to_string(),
        &good,
    ];
    let told = batch(&in_queue(&bodies));
    let expected = [
        "",
        "message id-1 is no JSON: ",
        "message id-2, an Object Created event, has no detail.object.key",
        "message id-3, an S3 notification, has a key that is not UTF-8 in record 1",
        "message id-4 is of no form that is read here: it is the EventBridge event `Object Deleted` of `aws.s3`",
        "message id-5, a deploy marker, has a detail that is",
        "message id-6, an SNS notification, is wrapped in more than 4 envelopes",
        "message id-7 is of no form that is read here: its members are `a\\u{1b}`",
        "message id-8 is of no form that is read here: it is no JSON object with members",
        "",
    ];
    assert_eq!(told.len(), expected.len());
    for (told, expected) in told.iter().zip(expected) {
        match told {
            Ok(tasks) => assert_eq!((tasks.len(), expected), (1, "")),
            Err(told) => assert!(!expected.is_empty() && told.starts_with(expected), "{told}"),
        }
    }
}

#[test]
fn a_batch_whose_failures_could_not_be_told_is_an_error_of_the_whole() {
    let event = r#"{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}"#;
    let error = read(event).unwrap_err();
    assert_eq!(error.to_string(), "the event is a batch whose record 1 has no messageId");
    let error = read("[").unwrap_err();
    assert!(matches!(error.fault(), Fault::Json(_)) && error.message_id().is_none());
}

/// The folder of the sample events that the crate `aws_lambda_events` ships.
fn samples() -> PathBuf {
    let cargo = |arguments: &[&str]| {
        let answer = Command::new(env!("CARGO")).args(arguments).output().expect("cargo runs");
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap()
    };
    // Packages for other platforms have not been fetched.
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata: Value = serde_json::from_str(&cargo(&[
        "metadata",
        "--format-version=1",
        "--offline",
        "--filter-platform",
        host,
        "--manifest-path",
        manifest,
    ]))
    .unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "aws_lambda_events").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.with_file_name("src").join("fixtures")
}

fn sample(name: &str) -> String {
    std::fs::read_to_string(samples().join(format!("example-{name}.json"))).unwrap()
}

#[test]
fn the_samples_of_the_forms_that_are_read() {
    let face = [Task::Object(Object {
        bucket: "sourcebucket".into(),
        key: "Happy Face.jpg".to_owned(),
        version_id: Some("version".to_owned()),
        e_tag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        length: 1024,
        modified: 0,
    })];
    for name in ["s3-event", "s3-event-with-decoded"] {
        let Invocation::Single(tasks) = read(&sample(name)).unwrap() else { panic!() };
        assert_eq!(tasks, face, "{name}");
        assert_eq!(batch(&in_queue(&[&sample(name)])), [Ok(face.to_vec())]);
    }
    let Invocation::Single(tasks) = read(&sample("cloudwatch_logs-event")).unwrap() else {
        panic!()
    };
    let [Task::LogEvents(envelope)] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!((&*envelope.log_group, envelope.events().count()), ("testLogGroup", 2));
    let told = batch(&sample("sqs-event"));
    assert!(
        told[0].as_ref().unwrap_err().starts_with("message MessageID_1 is no JSON"),
        "{told:?}"
    );
}

#[test]
fn no_other_sample_is_mistaken_for_something_to_read() {
    let read_ones = ["s3-event.json", "s3-event-with-decoded.json", "cloudwatch_logs-event.json"];
    let mut count = 0;
    for entry in std::fs::read_dir(samples()).unwrap() {
        let path = entry.unwrap().path();
        if read_ones.iter().any(|name| path.ends_with(format!("example-{name}"))) {
            continue;
        }
        let event = std::fs::read_to_string(&path).unwrap();
        count += 1;
        match read(&event) {
            Err(_) => {}
            Ok(Invocation::Batch(messages)) => {
                assert!(messages.iter().all(|message| message.tasks.is_err()), "{path:?}");
            }
            Ok(Invocation::Single(tasks)) => panic!("{path:?}: {tasks:?}"),
        }
    }
    assert!(count > 100, "{count} samples");
}

fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("Records".to_owned()),
        Just("eventSource".to_owned()),
        Just("aws:s3".to_owned()),
        Just("aws:sqs".to_owned()),
        Just("messageId".to_owned()),
        Just("body".to_owned()),
        Just("detail".to_owned()),
        Just("detail-type".to_owned()),
        Just("Object Created".to_owned()),
        Just("source".to_owned()),
        Just("aws.s3".to_owned()),
        Just("Type".to_owned()),
        Just("Notification".to_owned()),
        Just("Message".to_owned()),
        Just("awslogs".to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((word.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Puts another value somewhere into an event.
fn damage(event: &mut Value, path: &[usize], with: Value) {
    let Some((step, rest)) = path.split_first() else {
        *event = with;
        return;
    };
    match event {
        Value::Object(members) if !members.is_empty() => {
            let count = members.len();
            if let Some(member) = members.values_mut().nth(step % count) {
                damage(member, rest, with);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            let count = elements.len();
            damage(&mut elements[step % count], rest, with);
        }
        _ => *event = with,
    }
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(event in any_json(), cut in 0..200_usize) {
        let text = event.to_string();
        let _ = read(&text);
        let _ = read(&text.chars().take(cut).collect::<String>());
        prop_assert_eq!(batch(&in_queue(&[&text, &text])).len(), 2);
    }

    #[test]
    fn a_damaged_event_is_read_or_refused(
        which in 0..4_usize,
        path in proptest::collection::vec(0..8_usize, 0..6),
        with in any_json(),
    ) {
        let mut event = match which {
            0 => object_created("k"),
            1 => notification("2.1", "ObjectCreated:Put", "k"),
            2 => in_sns(&object_created("k")),
            _ => serde_json::from_str(&in_queue(&[&object_created("k").to_string()])).unwrap(),
        };
        damage(&mut event, &path, with);
        let _ = read(&event.to_string());
    }

    #[test]
    fn a_key_arrives_as_it_is_whichever_way_it_comes(key in "[^\u{0}]{1,40}") {
        let encoded: String = key.bytes().map(|byte| match byte {
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        }).collect();
        let bridged = single(&object_created(&key));
        let notified = single(&notification("2.3", "ObjectCreated:Copy", &encoded));
        prop_assert_eq!(bridged, vec![object("logs", &key, None, "e1", 7)]);
        prop_assert_eq!(notified, vec![object("logs", &key, Some("v1"), "e1", 7)]);
    }
}
