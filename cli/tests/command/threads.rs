//! The number of threads changes nothing, though a large log is divided among them.

use std::fmt::Write;

use crate::lines::{HOST_ID, OWNER, json_record};
use crate::run::{Logs, ended, text};

/// An access log of more than 40 MB with clients, versions, failures, repeats and damage.
fn large_log() -> String {
    let mut log = String::with_capacity(46 << 20);
    let mut number = 0_u64;
    while log.len() < 42 << 20 {
        number += 1;
        let n = number % 60_000;
        let (code, status) = if n.is_multiple_of(97) {
            ("SignatureDoesNotMatch", 403)
        } else if n.is_multiple_of(89) {
            ("AccessDenied", 403)
        } else {
            ("-", 200)
        };
        let query = if n.is_multiple_of(5) {
            format!(
                "?X-Amz-Credential=AKIAEXAMPLE{:09}%2F20260415%2F{}%2Fs3%2Faws4_request&X-Amz-Signature=XXXX",
                n % 7,
                if n.is_multiple_of(2) { "eu-west-1" } else { "us-east-1" }
            )
        } else {
            String::new()
        };
        writeln!(
            log,
            "{OWNER} media [15/Apr/2026:{:02}:{:02}:{:02} +0000] 192.0.2.{} - {n:016X} REST.GET.OBJECT k{} \
             \"GET /k{}{query} HTTP/1.1\" {status} {code} 243 - 7 - \"-\" \"Boto3/1.43.{} app/shop-{}\" - {HOST_ID} SigV4 \
             TLS_AES_128_GCM_SHA256 {} b{}.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1",
            n / 3600 % 24, n / 60 % 60, n % 60, n % 50, n % 11, n % 11, n % 3, n % 4,
            if n.is_multiple_of(5) { "QueryString" } else { "AuthHeader" }, n % 6,
        )
        .unwrap();
        if number.is_multiple_of(5001) {
            log.push_str("damaged\n");
        }
    }
    log
}

#[test]
fn one_thread_and_several_give_the_same_json() {
    let logs = Logs::new();
    let large = logs.add("large.log", large_log());
    for number in 0..20 {
        logs.add(&format!("small/{number}"), json_record(&format!("J{number}")).repeat(3));
    }
    let printed = |threads| {
        let end = ended(["analyze", "--json", "--threads", threads, logs.path().to_str().unwrap()]);
        assert_eq!(end.status.code(), Some(3));
        text(&end.stdout)
    };
    let one = printed("1");
    let told: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert!(told["totals"]["failures"].as_u64().unwrap() > 500);
    assert!(told["sources"][0]["unreadable"].as_u64().unwrap() > 10);
    assert!(std::fs::metadata(large).unwrap().len() > 40 << 20);
    for threads in ["2", "4", "4", "16"] {
        // Not assert_eq: the difference would be megabytes.
        assert!(one == printed(threads), "{threads} threads");
    }
}

#[test]
fn a_tie_is_broken_in_the_same_way_in_any_order() {
    let record = |id: &str, region: &str| {
        format!(
            r#"{{"sigdrift":1,"code":"SignatureDoesNotMatch","request_id":"{id}","time":"2026-04-15T07:42:00Z","client":{{"string_to_sign":"AWS4-HMAC-SHA256\n20260415T074200Z\n20260415/{region}/s3/aws4_request\naa"}}}}"#
        )
    };
    let logs = Logs::new();
    let one = logs.add("one", record("R1", "us-east-1"));
    let two = logs.add("two", record("R2", "ap-southeast-4"));
    let printed = |paths: [&std::path::PathBuf; 2]| {
        let [first, second] = paths.map(|path| path.to_str().unwrap());
        text(&ended(["analyze", "--json", "--threads", "1", first, second]).stdout)
    };
    assert_eq!(printed([&one, &two]), printed([&two, &one]));
}
