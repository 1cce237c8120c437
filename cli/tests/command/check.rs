//! `sigdrift check`: exit codes, JSON, and that a URL's signature and token are never shown.

use std::process::Output;

use serde_json::Value;

use crate::run::{code, ended, piped, sigdrift, text};

const SIGNATURE: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e71234";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEPLANTEDtokenPLANTEDtokenPLANTEDtoken";
const AT: [&str; 2] = ["--now", "2026-04-15T07:42:00Z"];

fn url() -> String {
    format!(
        "https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLE000000001%2F20260415%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260415T070000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token={TOKEN}&X-Amz-Signature={SIGNATURE}"
    )
}

fn checked(arguments: &[&str]) -> (Option<i32>, Value) {
    let end = ended([&["check", "--json"], arguments].concat());
    let json = serde_json::from_slice(&end.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&end.stderr)));
    (code(&end), json)
}

fn of_endpoint<'a>(host: &'a str, region: &'a str, service: &'a str) -> [&'a str; 6] {
    ["--endpoint", host, "--region", region, "--service", service]
}

#[test]
fn an_endpoint_ends_with_0_or_1() {
    let host = "https://media.s3.eu-west-1.amazonaws.com";
    let (code, json) = checked(&of_endpoint(host, "eu-west-1", "s3"));
    assert_eq!((code, &json["ok"]), (Some(0), &Value::Bool(true)));
    let (code, json) = checked(&of_endpoint(host, "us-east-1", "s3"));
    assert_eq!((code, &json["ok"]), (Some(1), &Value::Bool(false)));
    let finding = &json["findings"][0];
    let members: Vec<&String> = finding.as_object().unwrap().keys().collect();
    assert_eq!(members, ["check", "detail", "fix", "level"]);
    assert_eq!((&finding["check"], &finding["level"]), (&"region".into(), &"drift".into()));
    // A warning is no drift.
    let (code, json) = checked(&of_endpoint("b.s3-accelerate.amazonaws.com", "eu-west-1", "s3"));
    assert_eq!((code, &json["findings"][0]["level"]), (Some(0), &"warning".into()));
    let mut arguments = of_endpoint(host, "eu-west-1", "s3").to_vec();
    arguments.extend(["--signed-headers", "host;via"]);
    assert!(checked(&arguments).1.to_string().contains("via is never to be signed"));
}

#[test]
fn a_presigned_url_ends_with_0_or_1() {
    let (code, json) = checked(&[&["--url", &url(), "--method", "GET"], &AT[..]].concat());
    assert_eq!((code, &json["ok"]), (Some(0), &Value::Bool(true)), "{json}");
    let (code, json) =
        checked(&["--url", &url(), "--now", "2026-04-15T08:00:01Z", "--method", "GET"]);
    assert_eq!((code, &json["ok"]), (Some(1), &Value::Bool(false)), "{json}");
    assert!(json.to_string().contains("expired 1 s ago"));
}

fn from_stdin(input: &[u8]) -> Output {
    piped(sigdrift().args(["check", "--url", "-"]).args(AT), input)
}

#[test]
fn a_url_may_come_from_standard_input() {
    let end = from_stdin(format!("{}\n", url()).as_bytes());
    assert_eq!(code(&end), Some(0), "{}", text(&end.stderr));
    assert!(text(&end.stdout).contains("valid for another 18 min"));
    for (input, told) in [
        (&b"https://h/\xff"[..], "no UTF-8"),
        (b"", "`https://host/path?"),
        (b"/k?X-Amz-Signature=0", "`https://host/path?"),
        (b"https://a/\nhttps://b/", "several lines"),
    ] {
        let end = from_stdin(input);
        assert_eq!(code(&end), Some(2), "{}", text(&end.stdout));
        assert!(text(&end.stderr).contains(told), "{}", text(&end.stderr));
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    for (arguments, told) in [
        (&["check"][..], "--endpoint"),
        (&["check", "--endpoint", "https://h"], "--region"),
        (&["check", "--url", "https://h/", "--endpoint", "https://h"], "--endpoint"),
        (&["check", "--url", "https://h/", "--region", "eu-west-1"], "--endpoint"),
        (&["check", "--url", "https://h/", "--now", "noon"], "2026-04-15T07:42:00Z"),
        (&["check", "--endpoint", "", "--region", "r", "--service", "s"], "host name expected"),
    ] {
        let end = ended(arguments);
        assert_eq!(code(&end), Some(2), "{arguments:?}: {}", text(&end.stdout));
        assert!(text(&end.stderr).contains(told), "{arguments:?}: {}", text(&end.stderr));
    }
}

/// What an option says of the one way of asking would be passed over in the other.
#[test]
fn an_option_of_the_other_question_is_refused() {
    let url = url();
    let of_host = of_endpoint("b.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3");
    for (question, options) in [
        (
            &["--url", &url][..],
            &["--region=us-east-1", "--service=sqs", "--signed-headers=host"][..],
        ),
        (&of_host[..], &["--method=PUT", "--now=2026-04-15T07:42:00Z"]),
    ] {
        for option in options {
            let end = ended([&["check"], question, &[option]].concat());
            assert_eq!(code(&end), Some(2), "{option}");
            assert!(text(&end.stderr).contains("cannot be used with"), "{}", text(&end.stderr));
        }
    }
}

#[test]
fn neither_signature_nor_token_is_shown_however_the_url_is_damaged() {
    let whole = url();
    let long = format!("{whole}{}", "a".repeat(100_000));
    let changes: [(&str, &str); 10] = [
        ("", ""),
        ("&X-Amz-Signature=", "&Signature="),
        ("&X-Amz-Signature=", ""),
        ("X-Amz-SignedHeaders=host&X-Amz-Security-Token=", "X-Amz-SignedHeaders="),
        ("20260415T070000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=", ""),
        ("ASIAEXAMPLE000000001%2F20260415", TOKEN),
        ("b.s3.eu-west-1.amazonaws.com/k?", ""),
        ("X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=", "X-Amz-Expires="),
        ("&", "&amp;"),
        ("%2Fs3%2F", "%2F"),
    ];
    let mut damaged: Vec<String> =
        changes.iter().map(|(from, to)| whole.replace(from, to)).collect();
    damaged[0].clone_from(&whole);
    damaged.push(long);
    for url in damaged {
        for json in [&["check"][..], &["check", "--json"]] {
            let end = piped(sigdrift().args(json).args(["--url", "-"]), url.as_bytes());
            for printed in [text(&end.stdout), text(&end.stderr)] {
                for planted in [SIGNATURE, TOKEN] {
                    let part = &planted[20..36];
                    assert!(!printed.contains(part), "{part} is shown of {url}: {printed}");
                }
            }
        }
    }
}

#[test]
fn nothing_in_a_url_commands_the_terminal() {
    let end = from_stdin(url().replace("b.s3", "b\u{1b}[2J.s3").as_bytes());
    assert!(!end.stdout.contains(&0x1b) && !end.stderr.contains(&0x1b));
    let end = from_stdin("https://h/?".repeat(1 << 20).as_bytes());
    assert_eq!(code(&end), Some(1));
    assert!(end.stdout.len() < 10_000);
}
