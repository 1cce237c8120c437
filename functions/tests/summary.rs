//! `summary` as it is invoked: given this store and this request, expect this answer.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigdrift_functions::summary::Summary;
use sigdrift_telemetry::incident::{Settings, State, detect};
use sigdrift_telemetry::store::{Range, read_window};
use sigdrift_telemetry::tally::Limits;

use crate::common::{Capability, Store, at, line, line_at};

const NOW: &str = "2026-04-15T08:00:05Z";

/// An answer: its status and headers, and the JSON of its body.
struct Answer {
    status: i64,
    headers: Value,
    body: Value,
    length: usize,
}

fn event(method: &str, target: &str, body: Option<&str>) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    json!({"version":"2.0","routeKey":"$default","rawPath":path,"rawQueryString":query,
        "headers":{"host":"abc.execute-api.eu-west-1.amazonaws.com"},
        "requestContext":{"accountId":"111122223333","apiId":"abc","stage":"$default",
            "requestId":"r","time":"15/Apr/2026:08:00:05 +0000","timeEpoch":1_776_240_005_000_i64,
            "http":{"method":method,"path":path,"protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":"curl/8"}},
        "body":body,"isBase64Encoded":false})
}

fn asked(function: &Summary<Store>, event: Value) -> Answer {
    let event: ApiGatewayV2httpRequest = serde_json::from_value(event).unwrap();
    let answer = serde_json::to_value(function.answer(&event, at(NOW))).unwrap();
    let text = answer["body"].as_str().unwrap();
    Answer {
        status: answer["statusCode"].as_i64().unwrap(),
        headers: answer["headers"].clone(),
        body: serde_json::from_str(text).unwrap(),
        length: answer.to_string().len(),
    }
}

fn get(function: &Summary<Store>, target: &str) -> Answer {
    asked(function, event("GET", target, None))
}

fn explain(function: &Summary<Store>, body: &str) -> Answer {
    asked(function, event("POST", "/explain", Some(body)))
}

fn function() -> Summary<Store> {
    Summary { store: Store::default(), threads: 2 }
}

/// A store that holds two failures and a success from 07:42, and a failure from the day before.
fn filled() -> Summary<Store> {
    let function = function();
    let log = line("R1", "SignatureDoesNotMatch") + &line("R2", "-") + &line("R3", "ExpiredToken");
    function.store.deliver("a", &log, at("2026-04-15T07:50:00Z"));
    let old = line_at("14/Apr/2026:07:42:03", "R4", "SignatureDoesNotMatch");
    function.store.deliver("b", &old, at("2026-04-14T08:20:00Z"));
    function
}

fn error(answer: &Answer) -> (i64, &str, &str) {
    let told = &answer.body["error"];
    (answer.status, told["code"].as_str().unwrap(), told["message"].as_str().unwrap())
}

#[test]
fn a_summary_is_that_of_the_last_day_where_nothing_else_is_asked() {
    let answer = get(&filled(), "/summary");
    assert_eq!(answer.status, 200);
    let told = answer.body;
    assert_eq!(told["window"], json!({"from":"2026-04-14T08:00:00Z","to":"2026-04-15T08:01:00Z"}));
    assert_eq!(told["totals"]["failures"], 2);
    assert_eq!(told["totals"]["requests"], 3);
    assert_eq!(told["clusters"].as_array().unwrap().len(), 2);
    assert_eq!(told["clusters"][0]["endpoint"], "media.s3.eu-west-1.amazonaws.com");
    assert_eq!(told["left_out"], json!({"clusters":0,"incidents":0,"changes":0,"problems":0}));
    for member in ["sources", "incidents", "changes", "notes"] {
        assert!(told[member].is_array(), "{member}: {told}");
    }
}

#[test]
fn answers_are_json_that_nobody_keeps() {
    for target in ["/summary", "/nothing", "/summary?from=x", "/healthz"] {
        let headers = get(&filled(), target).headers;
        assert_eq!(headers["content-type"], "application/json", "{target}");
        assert_eq!(headers["cache-control"], "no-store", "{target}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{target}");
    }
}

#[test]
fn the_window_is_written_as_the_command_takes_it() {
    let function = filled();
    let failures = |query: &str| {
        let answer = get(&function, &format!("/summary?{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        answer.body["totals"]["failures"].as_u64().unwrap()
    };
    assert_eq!(failures("from=-2d"), 3);
    assert_eq!(failures("from=-10m&to=now"), 0);
    assert_eq!(failures("from=2026-04-15T07:42:00Z&to=2026-04-15T07:43:00Z"), 2);
    assert_eq!(failures("from=2026-04-15T09:42:00%2B02:00&to=2026-04-15T09:43:00+02:00"), 2);
    assert_eq!(failures("to=2026-04-14T09:00:00Z"), 1, "a day before its end");
    assert_eq!(failures("from=1970-01-01T00:00:00Z"), 3);
    assert_eq!(failures("from=&to=&group_by=&code=&limit="), 2);
}

#[test]
fn clusters_are_grouped_filtered_and_limited_as_asked() {
    let function = filled();
    let told = get(&function, "/summary?group_by=bucket,operation&from=-2d").body;
    let cluster = &told["clusters"][0];
    assert_eq!(
        (&cluster["bucket"], &cluster["operation"]),
        (&json!("media"), &json!("REST.GET.OBJECT"))
    );
    assert_eq!((&cluster["failures"], cluster.get("endpoint")), (&json!(2), None));
    let told = get(&function, "/summary?code=ExpiredToken").body;
    assert_eq!(told["clusters"].as_array().unwrap().len(), 1);
    assert_eq!(told["clusters"][0]["code"], "ExpiredToken");
    assert_eq!(told["totals"]["failures"], 2, "the totals are those of the window");
    assert_eq!(told["left_out"]["clusters"], 0, "what was not asked for is not left out");
    let told = get(&function, "/summary?limit=1").body;
    assert_eq!(told["clusters"].as_array().unwrap().len(), 1);
    assert_eq!(told["left_out"]["clusters"], 1);
}

#[test]
fn a_parameter_that_cannot_be_used_is_named() {
    for (target, name, why) in [
        ("/summary?from=yesterday", "from", "2026-04-15T07:42:00Z, now, or a span"),
        ("/summary?to=2026-13-01T00:00:00Z", "to", "is no moment"),
        ("/summary?from=now&to=-1h", "from", "before `to`"),
        ("/summary?group_by=endpoint,version", "group_by", "`version` is no dimension"),
        ("/summary?limit=-1", "limit", "0 to 1000"),
        ("/summary?limit=1001", "limit", "0 to 1000"),
        ("/summary?since=-2h", "since", "there are from, to, group_by, code, limit"),
        ("/summary?from=-2h&from=-3h", "from", "twice"),
        ("/clusters/0000000000000000?code=x", "code", "there are from, to, group_by"),
        ("/healthz?secret=x", "secret", "there is none here"),
    ] {
        let answer = get(&function(), target);
        let (status, code, message) = error(&answer);
        assert_eq!((status, code), (400, "bad-parameter"), "{target}");
        assert!(
            message.contains(&format!("`{name}`")) && message.contains(why),
            "{target}: {message}"
        );
    }
}

#[test]
fn what_is_not_there_and_what_is_not_allowed_are_told_apart() {
    for target in ["/", "/nothing", "/clusters/", "/clusters/a/b", "/summary/"] {
        assert_eq!(error(&get(&function(), target)).0, 404, "{target}");
    }
    for (method, target, allowed) in
        [("POST", "/summary", "GET"), ("DELETE", "/clusters/a", "GET"), ("GET", "/explain", "POST")]
    {
        let answer = asked(&function(), event(method, target, None));
        assert_eq!(error(&answer).0, 405, "{method} {target}");
        assert_eq!(answer.headers["allow"], allowed);
    }
}

#[test]
fn a_cluster_is_found_by_the_id_that_the_summary_gives_it() {
    let function = filled();
    let told = get(&function, "/summary").body;
    for cluster in told["clusters"].as_array().unwrap() {
        let id = cluster["id"].as_str().unwrap();
        let mut found = get(&function, &format!("/clusters/{id}")).body;
        assert_eq!(found["window"], told["window"]);
        assert_eq!(found["incidents"], json!([]));
        found.as_object_mut().unwrap().retain(|name, _| name != "window" && name != "incidents");
        assert_eq!(&found, cluster);
        let elsewhere = get(&function, &format!("/clusters/{id}?from=-1m"));
        let (status, code, message) = error(&elsewhere);
        assert_eq!((status, code), (404, "not-found"));
        assert!(message.contains(id) && message.contains("from 2026-04-15T07:59:00Z"), "{message}");
    }
}

/// What detection knew at 07:50 of failures that began at 07:40.
fn detected(function: &Summary<Store>) -> State {
    let mut log = String::new();
    for minute in 0..50 {
        let code = if minute < 40 { "-" } else { "SignatureDoesNotMatch" };
        for number in 0..10 {
            let time = format!("15/Apr/2026:07:{minute:02}:{number:02}");
            log += &line_at(&time, &format!("I{minute}-{number}"), code);
        }
    }
    let now = at("2026-04-15T07:50:00Z");
    function.store.deliver("spike", &log, now);
    let tally = read_window(&function.store, Range::default(), Limits::default(), 1).unwrap();
    detect(&tally, &State::default(), now, &Settings::default(), None).state
}

#[test]
fn incidents_are_those_that_detection_knows() {
    let function = function();
    let state = detected(&function);
    let ids = |target: &str| {
        let answer = get(&function, target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        let incidents = answer.body["incidents"].as_array().unwrap().clone();
        incidents
            .iter()
            .map(|incident| incident["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Until detection ran, the logs alone tell.
    assert_eq!(ids("/incidents"), Vec::<String>::new());
    assert_eq!(ids("/summary").len(), 1);
    function.store.set("state/detect.json", &state.write().unwrap());
    let known = ids("/incidents");
    assert_eq!(known.len(), 1);
    for target in [
        "/incidents?state=open",
        "/incidents?state=open,resolved",
        "/summary",
        "/summary?from=-15m",
    ] {
        assert_eq!(ids(target), known, "{target}");
    }
    for target in ["/incidents?state=resolved", "/summary?to=2026-04-15T07:40:00Z"] {
        assert_eq!(ids(target), Vec::<String>::new(), "{target}");
    }
    let told = get(&function, "/incidents").body;
    let incident = &told["incidents"][0];
    assert_eq!(
        (&incident["state"], &incident["started_at"]),
        (&json!("open"), &json!("2026-04-15T07:40:00Z"))
    );
    let cluster = incident["cluster_ids"][0].as_str().unwrap();
    assert_eq!(ids(&format!("/clusters/{cluster}")), known);
    let unknown = get(&function, "/incidents?state=closed");
    assert_eq!(error(&unknown).0, 400);
}

#[test]
fn what_detection_knows_and_nobody_can_read_is_said() {
    let function = filled();
    function.store.set("state/detect.json", b"{\"version\":1,");
    let answer = get(&function, "/incidents");
    assert_eq!((error(&answer).0, error(&answer).1), (503, "store-unreadable"));
    let told = get(&function, "/summary");
    assert_eq!(told.status, 200);
    assert!(
        told.body["notes"].to_string().contains("state of detection cannot be read"),
        "{}",
        told.body
    );
    function.store.breaks(Some(Capability::Get));
    assert_eq!(error(&get(&function, "/incidents")).1, "store-unavailable");
}

#[test]
fn a_store_that_cannot_be_asked_is_no_empty_store() {
    let function = filled();
    for broken in [Capability::List, Capability::Get] {
        function.store.breaks(Some(broken));
        for target in ["/summary", "/clusters/0000000000000000"] {
            let answer = get(&function, target);
            let (status, code, message) = error(&answer);
            assert_eq!((status, code), (503, "store-unavailable"), "{target}");
            assert!(!message.contains("segments/"), "{message}");
        }
    }
    function.store.breaks(Some(Capability::List));
    assert_eq!(error(&get(&function, "/healthz")).0, 503);
}

#[test]
fn a_damaged_segment_is_named_and_the_others_are_told() {
    let function = filled();
    let name = format!("segments/dt=2026-04-15/hour=07/{}.json.gz", "09".repeat(32));
    function.store.set(&name, b"no gzip");
    let told = get(&function, "/summary").body;
    assert_eq!(told["totals"]["failures"], 2);
    let source = &told["sources"].as_array().unwrap().iter().find(|s| s["kind"].is_null()).unwrap();
    assert_eq!(
        (&source["unreadable"], &source["problems"][0]["object"]),
        (&json!(1), &json!(name))
    );
}

#[test]
fn health_tells_the_age_of_the_newest_segment() {
    let told = get(&filled(), "/healthz").body;
    assert_eq!(told["status"], "ok");
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["newest_segment"], json!({"hour":"2026-04-15T07:00:00Z","age_seconds":5}));
    assert_eq!(get(&function(), "/healthz").body["newest_segment"], Value::Null);
}

#[test]
fn an_answer_stays_below_what_lambda_passes_on() {
    let function = function();
    // A thousand clusters, each with failures in many minutes.
    let mut log = String::new();
    for number in 0..99_000 {
        let minute = number / 1000;
        let time = format!("15/Apr/2026:{:02}:{:02}:03", minute / 60, minute % 60);
        log += &line_at(&time, &format!("R{number}"), "SignatureDoesNotMatch")
            .replace("media.s3", &format!("b{}.s3", number % 1000));
    }
    function.store.deliver("many", &log, at("2026-04-15T07:50:00Z"));
    let answer = get(&function, "/summary?limit=1000");
    assert_eq!(answer.status, 200);
    assert!(answer.length < 6_000_000, "{}", answer.length);
    let told = answer.body["clusters"].as_array().unwrap().len() as u64;
    let left_out = answer.body["left_out"]["clusters"].as_u64().unwrap();
    assert_eq!(told + left_out, 1000);
    assert!(left_out > 0 && told > 0, "{told} told in {} bytes", answer.length);
}

const CAPTURED: &str = r#"{"sigdrift":1,"time":"2026-04-15T07:42:07Z","code":"SignatureDoesNotMatch","request_id":"R1",
 "server":{"canonical_request":"PUT\n/k\n\naccept-encoding:gzip\nhost:media.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD","canonical_request_ok":true},
 "client":{"canonical_request":"PUT\n/k\n\naccept-encoding:identity\nhost:media.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD","canonical_request_ok":true}}"#;

#[test]
fn a_captured_error_and_an_error_body_are_explained() {
    let answer = explain(&function(), CAPTURED);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["cause"], "header-changed");
    assert_eq!(answer.body["component"], "accept-encoding");
    let body = "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>";
    let mut encoded = event("POST", "/explain", Some(&STANDARD.encode(body)));
    encoded["isBase64Encoded"] = json!(true);
    for answer in [explain(&function(), body), asked(&function(), encoded)] {
        assert_eq!(
            (&answer.body["cause"], &answer.body["confidence"]),
            (&json!("expired-token"), &json!("proven"))
        );
    }
}

#[test]
fn what_cannot_be_explained_is_refused_with_the_reason() {
    for body in ["", "hello", "[1,2,3]"] {
        let answer = explain(&function(), body);
        let (status, code, message) = error(&answer);
        assert_eq!((status, code), (400, "bad-body"), "{body}");
        assert!(message.contains("send a captured error"), "{message}");
    }
    let large = "x".repeat((1 << 20) + 1);
    let answer = explain(&function(), &large);
    assert_eq!((error(&answer).0, error(&answer).1), (413, "too-large"));
    let mut broken = event("POST", "/explain", Some("*"));
    broken["isBase64Encoded"] = json!(true);
    assert_eq!(error(&asked(&function(), broken)).1, "bad-body");
    let secret = asked(&function(), event("POST", "/explain?secret=x", Some(CAPTURED)));
    assert_eq!(error(&secret).1, "bad-parameter");
}

#[test]
fn no_token_and_no_signature_comes_back() {
    let token = "IQoJb3JpZ2luX2VjEXAMPLETOKEN0123456789";
    let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message><AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId>\
         <SignatureProvided>{signature}</SignatureProvided><CanonicalRequest>GET\n/k\n\nhost:b.s3.amazonaws.com\n\
         x-amz-security-token:{token}\n\nhost;x-amz-security-token\nUNSIGNED-PAYLOAD</CanonicalRequest></Error>"
    );
    let answer = explain(&function(), &body);
    assert_eq!(answer.status, 200);
    let told = answer.body.to_string();
    assert!(!told.contains(token) && !told.contains(signature), "{told}");
}
