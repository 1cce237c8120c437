//! What is told of incidents besides their minutes, from the logs as AWS writes them.

use std::fmt::Write;

use sigdrift_signature::{CauseId, Confidence};

use crate::dimension::Dimension;
use crate::incident::{Incident, IncidentState};
use crate::marker::{Marker, Markers};
use crate::read::intake::Intake;
use crate::read::object;
use crate::summary::{Question, summarize};
use crate::tally::Limits;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const OTHER_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
const FAILS: &str = "403 SignatureDoesNotMatch";
const SUCCEEDS: &str = "200 -";
/// The minute in which it begins to fail, after an hour of usual traffic.
const BEGIN: u32 = 60;

/// A presigned request.
#[derive(Clone, Copy)]
struct Sent<'a> {
    bucket: &'a str,
    key: &'a str,
    version: &'a str,
    client: &'a str,
    object: &'a str,
    answer: &'a str,
}

const USUAL: Sent<'static> = Sent {
    bucket: "media",
    key: KEY,
    version: "shop-1",
    client: "Boto3/1.43.11",
    object: "a.bin",
    answer: SUCCEEDS,
};
const FAILING: Sent<'static> = Sent { answer: FAILS, ..USUAL };

/// Logs of 15 April 2026 from 12:00 on.
#[derive(Default)]
struct Logs {
    access: String,
    trail: Vec<String>,
    markers: Vec<Marker>,
    number: u32,
}

/// The time of a minute after 12:00, as CloudTrail and markers write it.
fn at(minute: u32, second: u32) -> String {
    format!("2026-04-15T{:02}:{:02}:{second:02}Z", 12 + minute / 60, minute % 60)
}

impl Logs {
    /// One request a minute from each of some addresses.
    fn sent(
        mut self,
        minutes: std::ops::Range<u32>,
        addresses: std::ops::Range<u32>,
        sent: Sent<'_>,
    ) -> Self {
        for minute in minutes {
            for address in addresses.clone() {
                self.number += 1;
                let Sent { bucket, key, version, client, object, answer } = sent;
                // Signed in headers, of which a log shows no key.
                let (signed, auth) = match key {
                    "" => (String::new(), "AuthHeader"),
                    _ => (
                        format!(
                            "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={key}%2F20260415%2Feu-west-1%2Fs3%2F\
                             aws4_request&X-Amz-Expires=900&n={}",
                            self.number
                        ),
                        "QueryString",
                    ),
                };
                let app =
                    if version.is_empty() { "-".to_owned() } else { format!("app/{version}") };
                let (hour, minute, second) = (12 + minute / 60, minute % 60, 5 + self.number % 50);
                writeln!(
                    self.access,
                    "owner {bucket} [15/Apr/2026:{hour}:{minute:02}:{second:02} +0000] 10.0.0.{address} - {:016X} \
                     REST.GET.OBJECT {object} \"GET /{object}{signed} HTTP/1.1\" {answer} 1 - 5 3 \"-\" \
                     \"{client} {app}\" - host SigV4 TLS_AES_128_GCM_SHA256 {auth} \
                     {bucket}.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1",
                    self.number
                )
                .unwrap();
            }
        }
        self
    }

    fn changed(mut self, at: &str, source: &str, name: &str, parameters: &str) -> Self {
        self.number += 1;
        self.trail.push(format!(
            r#"{{"eventVersion":"1.11","eventTime":"{at}","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","requestParameters":{parameters},"eventID":"{}","readOnly":false,"eventType":"AwsApiCall"}}"#,
            self.number
        ));
        self
    }

    fn rotated(self, minute: u32) -> Self {
        let secret = r#"{"secretId":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/key-AbCdEf"}"#;
        self.changed(&at(minute, 0), "secretsmanager", "PutSecretValue", secret)
    }

    fn marked(mut self, at: &str, version: &str) -> Self {
        let json = format!(r#"{{"time":"{at}","version":"{version}"}}"#);
        self.markers.push(Marker::parse(&json).unwrap());
        self
    }

    fn incidents(&self) -> Vec<Incident> {
        self.incidents_by(&Dimension::DEFAULT)
    }

    fn incidents_by(&self, group_by: &[Dimension]) -> Vec<Incident> {
        let mut intake = Intake::new(Limits::default());
        let trail = format!(r#"{{"Records":[{}]}}"#, self.trail.join(","));
        for (name, log) in [("access", &self.access), ("trail", &trail)] {
            let report = object::read(name, log.as_bytes(), &mut intake);
            intake.finish_source(report, None);
        }
        let markers = Markers::new(self.markers.iter().cloned());
        let group_by = group_by.to_vec();
        let (tally, question) =
            (intake.into_tally(), Question { markers, group_by, ..Question::default() });
        summarize(&tally, &question).incidents
    }

    fn incident(&self) -> Incident {
        let mut incidents = self.incidents();
        assert_eq!(incidents.len(), 1, "{incidents:?}");
        incidents.remove(0)
    }
}

/// An hour of usual traffic.
fn usual() -> Logs {
    Logs::default().sent(0..BEGIN, 1..7, USUAL)
}

fn cause(incident: &Incident) -> (CauseId, Confidence) {
    let told = incident.cause.as_ref().unwrap();
    (told.cause, told.confidence)
}

fn changes(incident: &Incident) -> Vec<&str> {
    let changes = incident.changes.iter();
    changes.map(|change| change.what.split(' ').next().unwrap()).collect()
}

const WRONG_SECRET: (CauseId, Confidence) = (CauseId::WrongSecret, Confidence::Likely);
const UNDETERMINED: (CauseId, Confidence) = (CauseId::Undetermined, Confidence::Unknown);

#[test]
fn a_key_that_fails_everywhere_after_a_rotation_has_the_wrong_secret() {
    let function = r#"{"functionName":"arn:aws:lambda:eu-west-1:111122223333:function:reports"}"#;
    let logs = usual().rotated(BEGIN - 4).changed(
        &at(BEGIN - 1, 0),
        "lambda",
        "UpdateFunctionCode20150331v2",
        function,
    );
    let incident = logs.sent(BEGIN..BEGIN + 20, 1..7, FAILING).incident();
    assert_eq!((cause(&incident), changes(&incident)), (WRONG_SECRET, vec!["PutSecretValue"]));
    // The deploy of another application is no evidence for it either.
    let evidence = &incident.cause.unwrap().evidence;
    assert!(!evidence.iter().any(|told| told.detail.contains("reports")), "{evidence:?}");
}

#[test]
fn workers_that_fail_after_a_rotation_while_others_with_the_key_succeed_have_the_wrong_secret() {
    let logs = usual().rotated(BEGIN - 4).sent(BEGIN..BEGIN + 20, 1..4, USUAL);
    let incident = logs.sent(BEGIN..BEGIN + 20, 4..7, FAILING).incident();
    assert_eq!(cause(&incident), WRONG_SECRET);
    // If they succeed meanwhile themselves, their secret is the right one.
    let elsewhere = Sent { bucket: "thumbs", ..USUAL };
    let logs = usual().rotated(BEGIN - 4).sent(BEGIN..BEGIN + 20, 4..7, elsewhere);
    let incident = logs.sent(BEGIN..BEGIN + 20, 4..7, FAILING).incident();
    assert_eq!(cause(&incident), UNDETERMINED);
}

#[test]
fn a_shard_that_succeeds_elsewhere_with_its_key_has_the_right_secret() {
    let logs = || {
        let others = usual().sent(BEGIN..BEGIN + 40, 1..6, USUAL);
        others.sent(BEGIN..BEGIN + 40, 6..7, FAILING)
    };
    assert_eq!(cause(&logs().incident()), WRONG_SECRET);
    let logs = logs().sent(BEGIN..BEGIN + 40, 6..7, Sent { bucket: "thumbs", ..USUAL });
    assert_eq!(cause(&logs.incident()), (CauseId::HeaderChanged, Confidence::Likely));
}

#[test]
fn a_version_that_fails_since_its_deploy_fails_alone_though_no_other_is_left() {
    let new = Sent { version: "shop-2", ..FAILING };
    let logs = || usual().rotated(BEGIN - 20).sent(BEGIN..BEGIN + 20, 1..7, new);
    let incident = logs().incident();
    assert_eq!(cause(&incident), UNDETERMINED);
    assert_eq!(incident.only, ["one deploy only"]);
    assert_eq!(incident.changes[0].what, "deploy shop-2 first seen in traffic");
    assert!(incident.contexts.contains(&"one-deploy".to_owned()));
    // Where the old version fails too, it is not the new one's doing.
    for incident in logs().sent(BEGIN..BEGIN + 20, 7..9, FAILING).incidents() {
        assert!(!incident.only.contains(&"one deploy only".to_owned()), "{incident:?}");
    }
}

#[test]
fn a_marker_behind_the_first_traffic_of_its_version_hides_nothing() {
    let new = Sent { version: "shop-2", ..FAILING };
    let logs = usual().sent(BEGIN..BEGIN + 20, 1..7, new);
    let late = logs.marked(&at(BEGIN + 3, 0), "shop-2").incident();
    assert_eq!(late.changes.len(), 1, "{:?}", late.changes);
    assert_eq!(late.changes[0].what, "deploy shop-2 first seen in traffic");
    // One in time tells of it by itself.
    let logs = usual().sent(BEGIN..BEGIN + 20, 1..7, new);
    let in_time = logs.marked(&at(BEGIN - 1, 0), "shop-2").incident();
    assert_eq!(in_time.changes.len(), 1, "{:?}", in_time.changes);
    assert_eq!(in_time.changes[0].what, "deploy shop-2 (marker)");
}

#[test]
fn a_cause_that_is_overtaken_by_another_is_another_incident() {
    let logs = usual().sent(BEGIN..BEGIN + 20, 1..7, FAILING);
    let gone = Sent { answer: "403 InvalidAccessKeyId", ..FAILING };
    let logs = logs.sent(BEGIN + 20..BEGIN + 40, 1..7, gone);
    let incidents = logs.sent(BEGIN + 40..BEGIN + 60, 1..7, USUAL).incidents();
    let causes: Vec<_> = incidents.iter().map(cause).collect();
    assert_eq!(causes, [UNDETERMINED, (CauseId::UnknownAccessKey, Confidence::Proven)]);
    assert!(incidents.iter().all(|incident| incident.state == IncidentState::Resolved));
}

#[test]
fn a_clock_and_a_signature_that_fail_at_one_endpoint_are_two_incidents() {
    let skewed =
        Sent { key: OTHER_KEY, version: "etl-1", answer: "403 RequestTimeTooSkewed", ..FAILING };
    let logs = usual().sent(BEGIN..BEGIN + 20, 1..7, FAILING);
    assert_eq!(logs.sent(BEGIN..BEGIN + 20, 7..12, skewed).incidents().len(), 2);
}

#[test]
fn what_begins_at_once_at_many_places_is_one_incident_and_at_three_no_more_than_chance() {
    let failing = |places: u32| {
        (0..places).fold(usual(), |logs, place| {
            let (bucket, key) = (format!("bucket{place}"), format!("AKIA{place:016}"));
            let version = format!("app{place}x-1");
            let sent = Sent { bucket: &bucket, key: &key, version: &version, ..FAILING };
            logs.sent(BEGIN..BEGIN + 20, 10 * place..10 * place + 5, sent)
        })
    };
    assert_eq!(failing(3).incidents().len(), 3);
    let incident = failing(6).incident();
    assert_eq!((incident.clusters, incident.endpoints.len(), incident.remote_ips), (6, 6, 30));
}

#[test]
fn it_is_told_what_alone_fails() {
    let others = || usual().sent(BEGIN..BEGIN + 20, 1..7, USUAL);
    let browser = "Mozilla/5.0 (X11; Linux)";
    for (failing, only) in [
        (Sent { object: "a+b.bin", ..FAILING }, vec!["keys with `+` only"]),
        (Sent { client: "Boto3/1.40.1", ..FAILING }, vec!["client Boto3/1.40.1 only"]),
        (Sent { client: browser, ..FAILING }, vec!["browsers or a CDN only"]),
    ] {
        let incident = others().sent(BEGIN..BEGIN + 20, 1..7, failing).incident();
        assert_eq!(incident.only, only);
    }
    // Browsers that fail where browsers succeed are told apart by something else.
    let logs = Logs::default().sent(0..BEGIN + 20, 1..7, Sent { client: browser, ..USUAL });
    let failing = Sent { client: browser, ..FAILING };
    assert_eq!(logs.sent(BEGIN..BEGIN + 20, 1..7, failing).incident().only, [""; 0]);
    // Of two keys that fail neither fails alone, whichever fails more often.
    let third = Sent { key: "AKIAJ77777777EXAMPLE", ..USUAL };
    let logs = Logs::default().sent(0..BEGIN + 20, 1..7, third);
    let logs = logs.sent(BEGIN..BEGIN + 20, 10..16, FAILING);
    let two = logs.sent(BEGIN..BEGIN + 20, 20..24, Sent { key: OTHER_KEY, ..FAILING }).incident();
    assert_eq!((two.access_key_ids.len(), two.remote_ips), (2, 10));
    assert!(!two.only.iter().any(|only| only.starts_with("key")), "{:?}", two.only);
}

#[test]
fn requests_that_may_be_anyones_prove_nothing() {
    let nameless = Sent { version: "", ..USUAL };
    let unsigned = Sent { key: "", version: "", ..USUAL };
    for (own, other) in [
        // A key that fails, and requests whose key no log shows.
        (nameless, Sent { key: "", version: "nightly-3", ..USUAL }),
        (nameless, unsigned),
        // Requests that show nothing, and those of another application or with a key.
        (unsigned, Sent { key: "", version: "nightly-3", ..USUAL }),
        (unsigned, nameless),
    ] {
        let logs = || {
            let logs = Logs::default().sent(0..BEGIN, 1..7, own);
            logs.sent(BEGIN..BEGIN + 20, 1..7, Sent { answer: FAILS, ..own })
        };
        let after = BEGIN + 25..BEGIN + 40;
        let incident = logs().sent(after.clone(), 20..25, other).incident();
        assert_eq!(incident.state, IncidentState::Recovering, "{incident:?}");
        for healed in [logs().sent(after.clone(), 1..7, other), logs().sent(after, 20..25, own)] {
            assert_eq!(healed.incident().state, IncidentState::Resolved);
        }
    }
}

#[test]
fn what_clusters_are_not_told_apart_by_does_not_matter() {
    let logs = usual().sent(BEGIN..BEGIN + 20, 1..4, Sent { key: OTHER_KEY, ..USUAL });
    let logs = logs.sent(BEGIN..BEGIN + 20, 4..7, Sent { version: "shop-2", ..FAILING });
    let by_endpoint = &logs.incidents_by(&[Dimension::Endpoint])[0];
    assert_eq!((by_endpoint.failures, by_endpoint.requests), (60, Some(120)));
    assert_eq!(logs.incident().requests, Some(60));
}
