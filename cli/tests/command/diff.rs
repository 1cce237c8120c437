//! `sigdrift diff`: bare canonical requests, logs that hold them, JSON, and masked session tokens.

use std::process::Output;

use serde_json::{Value, json};

use crate::run::{Logs, code, ended, piped, sigdrift, text};

const TOKEN: &str = "IQoJb3JpZ2luX2VjEPLANTEDtokenPLANTEDtokenPLANTEDtoken";
const SIGNATURE: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e71234";
const SIGNED: &str = "PUT\n/k\nx-id=PutObject\naccept-encoding:identity\nhost:media.s3.eu-west-1.amazonaws.com\nx-amz-date:20260415T074200Z\n\naccept-encoding;host;x-amz-date\nUNSIGNED-PAYLOAD";

/// How comparing two texts ended.
fn compared(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>, arguments: &[&str]) -> Output {
    let folder = Logs::new();
    let (a, b) = (folder.add("a", a), folder.add("b", b));
    sigdrift().arg("diff").args(arguments).args([a, b]).output().unwrap()
}

fn answered(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> (Option<i32>, Value) {
    let end = compared(a, b, &["--json"]);
    let json = serde_json::from_slice(&end.stdout);
    (code(&end), json.unwrap_or_else(|error| panic!("{error}: {}", text(&end.stderr))))
}

#[test]
fn the_same_ends_with_0_however_it_was_pasted() {
    let indented = format!("    {}\n\n", SIGNED.replace('\n', "\n    "));
    for pasted in [SIGNED.to_owned(), SIGNED.replace('\n', "\r\n") + "\r\n", indented] {
        let (code, json) = answered(SIGNED, &pasted);
        assert_eq!((code, &json["same"], &json["diff"]), (Some(0), &json!(true), &json!([])));
        assert_eq!(json["a_sha256"], json["b_sha256"]);
    }
    assert!(text(&compared(SIGNED, SIGNED, &[]).stdout).ends_with("They are the same.\n"));
}

#[test]
fn every_part_that_differs_is_named() {
    for (change, part, signed, verified) in [
        (("PUT", "POST"), "method", "PUT", "POST"),
        (("/k", "/K"), "path", "/k", "/K"),
        (("PutObject", "GetObject"), "query", "x-id=PutObject", "x-id=GetObject"),
        (("identity", "gzip"), "header:accept-encoding", "identity", "gzip"),
        (("UNSIGNED-PAYLOAD", "aa"), "payload", "UNSIGNED-PAYLOAD", "aa"),
        (("Z\n\n", "Z\n"), "blank-line", "there", "missing"),
    ] {
        let (code, json) = answered(SIGNED, SIGNED.replacen(change.0, change.1, 1));
        let expected = json!([{ "part": part, "signed": signed, "verified": verified }]);
        assert_eq!((code, &json["same"], &json["diff"]), (Some(1), &json!(false), &expected));
        assert_ne!(json["a_sha256"], json["b_sha256"]);
    }
    let dropped = SIGNED.replace("accept-encoding:identity\n", "").replace("accept-encoding;", "");
    let (_, json) = answered(SIGNED, dropped);
    assert_eq!(json["diff"][0]["verified"], Value::Null);
    assert_eq!(json["diff"][1]["part"], "signed-headers");
    let order = SIGNED.replace(
        "PUT\n/k\nx-id=PutObject\naccept-encoding:identity\nhost:media.s3.eu-west-1.amazonaws.com",
        "PUT\n/k\nx-id=PutObject\nhost:media.s3.eu-west-1.amazonaws.com\naccept-encoding:identity",
    );
    assert_eq!(answered(SIGNED, order).1["diff"][0]["part"], "header-order");
}

#[test]
fn people_see_carets_below_what_differs() {
    let end = compared(SIGNED, SIGNED.replace("identity", "gzip"), &[]);
    assert_eq!(code(&end), Some(1));
    let page = text(&end.stdout);
    assert!(
        page.contains(
            "accept-encoding:identity               │ accept-encoding:gzip\n                ^^^^^^^^               │                 ^^^^\n"
        ),
        "{page}"
    );
    assert!(page.ends_with("They differ in one part: header accept-encoding.\n"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
}

/// The error body of S3 for a canonical request.
fn body(canonical_request: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided. Check your key and signing method.</Message><AWSAccessKeyId>AKIAEXAMPLE000000001</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256\n20260415T074200Z\n20260415/eu-west-1/s3/aws4_request\n{}</StringToSign><SignatureProvided>{SIGNATURE}</SignatureProvided><CanonicalRequest>{}</CanonicalRequest><RequestId>R1</RequestId></Error>",
        sha256(canonical_request),
        canonical_request.replace('&', "&amp;")
    )
}

/// The hash of a text, as the command itself tells it.
fn sha256(canonical_request: &str) -> String {
    answered(canonical_request, canonical_request).1["a_sha256"].as_str().unwrap().to_owned()
}

/// What botocore prints when it signs.
fn debug_log(canonical_request: &str) -> String {
    format!(
        "2026-04-15 07:42:00,101 botocore.auth [DEBUG] Calculating signature using v4 auth.\n2026-04-15 07:42:00,101 botocore.auth [DEBUG] CanonicalRequest:\n{canonical_request}\n2026-04-15 07:42:00,101 botocore.auth [DEBUG] StringToSign:\nAWS4-HMAC-SHA256\n20260415T074200Z\n20260415/eu-west-1/s3/aws4_request\n{}\n2026-04-15 07:42:00,101 botocore.auth [DEBUG] Signature:\n{SIGNATURE}\n",
        sha256(canonical_request)
    )
}

#[test]
fn logs_and_error_bodies_hold_canonical_requests_too() {
    let verified = SIGNED.replace("identity", "gzip");
    let expected =
        json!([{ "part": "header:accept-encoding", "signed": "identity", "verified": "gzip" }]);
    let (code, json) = answered(debug_log(SIGNED), body(&verified));
    assert_eq!((code, &json["diff"]), (Some(1), &expected));
    assert_eq!(answered(SIGNED, body(&verified)).1["diff"], expected);
    // One log that holds both is compared with itself.
    let both = debug_log(SIGNED) + &body(&verified);
    let folder = Logs::of(&both);
    let log = folder.path().join("log");
    let end = sigdrift().args(["diff", "--json"]).args([&log, &log]).output().unwrap();
    let json: Value = serde_json::from_slice(&end.stdout).unwrap();
    assert_eq!(json["diff"], expected);
    let end = piped(sigdrift().args(["diff", "--json", "-", "-"]), both.as_bytes());
    assert_eq!(serde_json::from_slice::<Value>(&end.stdout).unwrap()["diff"], expected);
}

#[test]
fn neither_token_nor_signature_is_shown() {
    let with = |token: &str| {
        SIGNED
            .replace(
                "x-id=PutObject",
                &format!("X-Amz-Security-Token={token}&X-Amz-Signature={SIGNATURE}"),
            )
            .replace("\n\naccept", &format!("\nx-amz-security-token:{token}\n\naccept"))
    };
    let other = with(&TOKEN.replace("PLANTED", "OTHERED"));
    for arguments in [&[][..], &["--json"]] {
        for (a, b) in [(with(TOKEN), other.clone()), (debug_log(&with(TOKEN)), body(&other))] {
            let end = compared(a, b, arguments);
            assert_eq!(code(&end), Some(1));
            for printed in [text(&end.stdout), text(&end.stderr)] {
                for part in [&TOKEN[4..16], "PLANTEDtoken", "OTHEREDtoken", &SIGNATURE[..16]] {
                    assert!(!printed.contains(part), "{part}: {printed}");
                }
            }
            assert!(text(&end.stdout).contains("{sha256:"));
        }
    }
    // A captured error holds the mask: it is the same token.
    let (_, json) = answered(with(TOKEN), with(TOKEN));
    assert_eq!(json["same"], true);
    let (_, json) = answered(with(TOKEN), &other);
    let masked = json["diff"][1]["signed"].as_str().unwrap().to_owned();
    assert!(masked.starts_with("{sha256:"), "{json}");
    let (code, json) = answered(with(TOKEN), with(&masked));
    assert_eq!((code, &json["same"]), (Some(0), &json!(true)), "{json}");
}

#[test]
fn what_cannot_be_read_ends_with_2() {
    for (a, told) in [("", "no canonical request"), ("hello\nworld\n", "no canonical request")] {
        let end = compared(a, SIGNED, &[]);
        assert_eq!(code(&end), Some(2));
        assert!(end.stdout.is_empty() && text(&end.stderr).contains(told), "{}", text(&end.stderr));
    }
    assert_eq!(code(&ended(["diff", "/nowhere/a", "/nowhere/b"])), Some(2));
    assert_eq!(code(&ended(["diff", "/nowhere/a"])), Some(2));
}

#[test]
fn large_inputs_end_soon() {
    let began = std::time::Instant::now();
    let noise = "2026-04-15 07:42:00 DEBUG nothing of interest, again and again\n".repeat(50 << 14);
    let end = compared(
        format!("{noise}{}", debug_log(SIGNED)),
        body(&SIGNED.replace("identity", "gzip")),
        &[],
    );
    assert_eq!(code(&end), Some(1), "{}", text(&end.stderr));
    assert_eq!(code(&compared(&noise[..1 << 20], SIGNED, &[])), Some(2));
    let headers: String = (0..5_000).map(|at| format!("x-{at:04}:1\n")).collect();
    let many = SIGNED.replace("host:", &format!("{headers}host:"));
    let end = compared(&many, many.replace("x-2500:1", "x-2500:2"), &[]);
    assert!(code(&end) == Some(1) && end.stdout.len() < 5_000);
    let end = compared(SIGNED, SIGNED.replace("/k", &format!("/{}", "k".repeat(1 << 20))), &[]);
    assert!(code(&end) == Some(1) && end.stdout.len() < 5_000, "{}", end.stdout.len());
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn nothing_in_a_text_commands_the_terminal() {
    let hostile = SIGNED.replace("identity", "\u{1b}[2J\u{202e}");
    let end = compared(SIGNED, hostile, &[]);
    assert_eq!(code(&end), Some(1));
    let printed = text(&end.stdout);
    assert!(!printed.contains(['\u{1b}', '\u{202e}']), "{printed:?}");
}
