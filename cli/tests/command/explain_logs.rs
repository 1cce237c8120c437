//! `sigdrift explain` on logs: lines of other loggers, captured errors, long logs of many requests,
//! logs that hide what was signed, and what it says to do next.

use serde_json::{Value, json};
use sigdrift_signature::secret::sha256_hex;

use crate::explain::{
    HOST, KEY_ID, SECRET, TIME, answered, body_for, explained, log_of, rewritten, signed_with, told,
};
use crate::run::{Logs, piped, sigdrift};

const REWRITTEN: (&str, Option<&str>, &str) = ("header-changed", Some("accept-encoding"), "proven");

/// A captured error of a request whose header was rewritten on the way.
fn captured() -> Value {
    let (_, signed) = signed_with(KEY_ID, SECRET);
    let text = |canonical: &str| {
        let hash = sha256_hex(canonical.as_bytes());
        json!({
            "canonical_request": canonical, "canonical_request_ok": true,
            "string_to_sign": format!("AWS4-HMAC-SHA256\n{TIME}\n20260415/eu-west-1/s3/aws4_request\n{hash}"),
        })
    };
    let own = signed.canonical_request.text();
    json!({
        "sigdrift": 1, "time": "2026-04-15T07:42:07Z", "code": "SignatureDoesNotMatch",
        "access_key_id": KEY_ID, "request_id": "4442587FB7D0A2F9",
        "server": text(&own.replace("identity", "gzip")), "client": text(&own),
    })
}

#[test]
fn a_captured_error_is_read_with_its_time() {
    let (line, pretty) = (captured().to_string(), format!("{:#}", captured()));
    for content in [
        line.clone(),
        format!("2026-04-15 07:42:07 ERROR {line}\n"),
        format!(
            "{{\"time\":\"2026-04-15T07:42:06Z\",\"msg\":\"up\"}}\n{line}\n{{\"time\":\"2026-04-15T07:42:08Z\",\"msg\":\"down\"}}\n"
        ),
        pretty.clone(),
    ] {
        for option in ["", "--error", "--client"] {
            assert_eq!(told(&explained(&[(option, &content)])), REWRITTEN, "{option} {content}");
        }
        let end = piped(sigdrift().args(["explain", "--json", "-"]), content.as_bytes());
        assert_eq!(told(&serde_json::from_slice(&end.stdout).unwrap()), REWRITTEN, "{content}");
    }
}

#[test]
fn what_loggers_with_a_time_write_is_read() {
    let (log, body) = rewritten();
    for line in [
        json!({"time": "2026-04-15T07:42:07.123Z", "level": "ERROR", "msg": "upload", "err": body}),
        json!({"time": "2026-04-15T07:42:07+02:00", "level": "error", "http": {"answer": body}}),
        json!({"request_time": "2026-04-15T07:42:07Z", "body": body}),
    ] {
        let answer = explained(&[("", &line.to_string()), ("", &log)]);
        assert_eq!(told(&answer), REWRITTEN, "{line}");
    }
}

/// What botocore logs of another request of the same client, this many seconds later.
fn other(second: usize) -> String {
    let (_, signed) = signed_with(KEY_ID, SECRET);
    let time = format!("20260415T08{:02}{:02}Z", second / 60, second % 60);
    let own = signed.canonical_request.text().replace(TIME, &time);
    let own = own.replace("PUT\n/k\n", &format!("PUT\n/other-{second}\n"));
    log_of(&own, &sha256_hex(own.as_bytes())).replace(TIME, &time)
}

#[test]
fn the_request_in_question_is_found_in_a_long_log() {
    let (log, body) = rewritten();
    let others: Vec<String> = (0..1_500).map(other).collect();
    for place in [0, 70, 1_499] {
        let long = others[..place].concat() + &log + &others[place..].concat();
        for files in [
            [("--error", body.as_str()), ("--client", long.as_str())],
            [("", long.as_str()), ("", body.as_str())],
        ] {
            let answer = explained(&files);
            assert_eq!(told(&answer), REWRITTEN, "{place}");
            assert!(answer["notes"].to_string().contains("1501 requests found"), "{answer}");
        }
    }
}

#[test]
fn another_request_is_not_compared() {
    let (_, body) = rewritten();
    let of_others = (0..70).map(other).collect::<String>();
    for log in [other(1), of_others] {
        let answer = explained(&[("--error", &body), ("--client", &log)]);
        assert_eq!(answer["diff"], json!([]), "{answer}");
        assert!(answer["notes"].to_string().contains("another request"), "{answer}");
    }
}

#[test]
fn a_dump_that_hides_the_authorization_shows_what_was_sent() {
    let (_, body) = rewritten();
    let hash = sha256_hex(b"hello");
    let dump = |time: &str, hidden: &str| {
        format!(
            "2026/04/15 07:42:00 DEBUG : HTTP REQUEST (req 0xc0003f8000)\n2026/04/15 07:42:00 DEBUG : PUT /k?x-id=PutObject HTTP/1.1\nHost: {HOST}\nUser-Agent: rclone/v1.75.2\nAccept-Encoding: identity\nX-Amz-Date: {time}\nX-Amz-Content-Sha256: {hash}\n{hidden}\n2026/04/15 07:42:00 DEBUG : >>>>\n"
        )
    };
    let explained = |dump: &str| explained(&[("--error", &body), ("--client", dump)]);
    for hidden in ["Authorization: XXXX\n", ""] {
        let answer = explained(&dump(TIME, hidden));
        assert_eq!(
            told(&answer),
            ("header-changed", Some("accept-encoding"), "strong"),
            "{answer}"
        );
        // Of another second it says nothing of this request.
        let answer = explained(&dump("20260415T080000Z", hidden));
        assert_eq!((told(&answer).2, &answer["diff"]), ("likely", &json!([])), "{answer}");
    }
}

#[test]
fn commands_survive_the_masking_of_what_labels_a_secret() {
    let (_, signed) = signed_with(KEY_ID, "another secret");
    let body = body_for(&signed.canonical_request.text(), KEY_ID, &signed.signature.reveal());
    let folder = Logs::new();
    let body = folder.add("body.xml", body);
    let file = format!("export AWS_SECRET_ACCESS_KEY=\"{SECRET}\"\n");
    let secret = folder.add("secret", file);
    let path = |path: &std::path::Path| path.display().to_string();
    let answer = answered(&["--error", &path(&body), "--secret-file", &path(&secret)]);
    let steps = answer["next_steps"].to_string();
    assert!(steps.contains("$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"), "{steps}");
    assert!(!steps.contains("{sha256:"), "{steps}");
}

#[test]
fn what_was_given_is_not_asked_for() {
    let (sent, _) = signed_with(KEY_ID, SECRET);
    let received = sent.replace("identity", "gzip");
    let answer = explained(&[("--sent", &sent), ("--received", &received)]);
    assert!(!answer["next_steps"].to_string().contains("sigdrift explain"), "{answer}");
    let answer = explained(&[("--sent", &sent)]);
    assert!(answer["next_steps"].to_string().contains("sigdrift explain --error"), "{answer}");
}

#[test]
fn a_url_that_is_over_says_so() {
    let url = "https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20200830%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20200830T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00";
    let answer = answered(&["--url", url]);
    let notes = answer["notes"].to_string();
    assert!(notes.contains("the URL ended at 2020-08-30T00:01:00Z"), "{answer}");
}
