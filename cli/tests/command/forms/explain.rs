//! `explain` of forms, of version 2 and of version 4A.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigdrift_signature::secret::{Secret, SigningKey};
use sigdrift_signature::version_2::{Algorithm, Signature};
use sigdrift_signature::{HttpRequest, PostForm, Scope};

use super::{Checked, FORM, KEY_ID, SECRET, SIGNATURE, form, policy};
use crate::run::{Logs, code, sigdrift, text};

/// The documented form, its signature made of another text.
fn signing(secret: &str, text: &[u8]) -> String {
    let scope = Scope::new("20151229", "us-east-1", "s3");
    let signed = SigningKey::derive(&Secret::new(secret), &scope).sign(text).reveal();
    form(SIGNATURE, &signed)
}

/// S3's body for a signature that does not match.
fn mismatch(string_to_sign: &str, signature: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided. Check your key and signing method.</Message><AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId><StringToSign>{string_to_sign}</StringToSign><SignatureProvided>{signature}</SignatureProvided><RequestId>R</RequestId><HostId>H</HostId></Error>"
    )
}

fn denied(message: &str) -> String {
    format!(
        "<Error><Code>AccessDenied</Code><Message>{message}</Message><RequestId>R</RequestId><HostId>H</HostId></Error>"
    )
}

/// What `explain` says of these pieces of evidence: option and content.
fn explained(evidence: &[(&str, &str)]) -> Value {
    let folder = Logs::new();
    let mut command = sigdrift();
    command.args(["explain", "--json"]);
    for (option, content) in evidence {
        command.arg(option).arg(folder.add(option.trim_start_matches('-'), content));
    }
    let end = command.output().unwrap();
    assert_eq!(code(&end), Some(0), "{}", text(&end.stderr));
    let printed = text(&end.stdout);
    for (_, content) in evidence.iter().filter(|(option, _)| *option == "--secret-file") {
        assert!(!printed.contains(content), "{printed}");
    }
    serde_json::from_str(&printed).unwrap()
}

fn told(answer: &Value) -> (&str, Option<&str>, &str) {
    let text = |name: &str| answer[name].as_str();
    (text("cause").unwrap(), text("component"), text("confidence").unwrap())
}

#[test]
fn the_secret_of_a_refused_form_is_checked_against_the_policy() {
    let body = mismatch(&policy(), SIGNATURE);
    // What the server signed is what the secret signs: it holds another. Its answer shows the policy
    // alone, not the credential that it verified it by.
    for (evidence, confidence) in
        [(&[("--received", FORM)][..], "proven"), (&[("--sent", FORM)], "strong"), (&[], "strong")]
    {
        let mut all = evidence.to_vec();
        all.extend([("--error", body.as_str()), ("--secret-file", SECRET)]);
        let answer = explained(&all);
        assert_eq!(told(&answer), ("wrong-secret", None, confidence), "{answer}");
        assert_eq!(answer["request"]["access_key_id"], KEY_ID);
    }
    let answer = explained(&[("--sent", FORM), ("--error", &body), ("--secret-file", SECRET)]);
    assert_eq!(answer["request"]["region"], "us-east-1");
    assert_eq!(answer["request"]["signed_at"], "2015-12-29T00:00:00Z");
    // A refusal that says nothing of signatures is no wrong secret.
    let other = denied("Access Denied");
    let answer = explained(&[("--received", FORM), ("--error", &other), ("--secret-file", SECRET)]);
    assert_eq!(told(&answer), ("undetermined", None, "unknown"), "{answer}");
    // With nothing of the verifier's shown, that proves nothing.
    let answer = explained(&[
        ("--sent", FORM),
        (
            "--error",
            "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided.</Message></Error>",
        ),
        ("--secret-file", SECRET),
    ]);
    assert_eq!(told(&answer), ("undetermined", None, "unknown"), "{answer}");
    // Without the secret neither.
    let answer = explained(&[("--received", FORM), ("--error", &body)]);
    assert_eq!(told(&answer), ("undetermined", None, "unknown"), "{answer}");
    assert!(answer.to_string().contains("the secret, in a file"));
}

#[test]
fn a_policy_signed_wrongly_is_told_how() {
    let policy = policy();
    let document = STANDARD.decode(&policy).unwrap();
    for (received, cause) in [
        (
            signing(&format!("{SECRET}\n"), policy.as_bytes()),
            ("secret-malformed", Some("trailing-newline"), "proven"),
        ),
        (signing(SECRET, &document), ("signer-payload-hash", None, "proven")),
        (
            signing(SECRET, format!("{policy}\n").as_bytes()),
            ("signer-payload-hash", None, "strong"),
        ),
        (signing("another", policy.as_bytes()), ("undetermined", None, "unknown")),
    ] {
        let signature = PostForm::of(&HttpRequest::parse(received.as_bytes()).unwrap()).unwrap();
        let body = mismatch(&policy, signature.field("x-amz-signature").unwrap());
        let answer =
            explained(&[("--received", &received), ("--error", &body), ("--secret-file", SECRET)]);
        assert_eq!(told(&answer), cause, "{answer}");
    }
    let region = form("/us-east-1/s3", "/eu-west-1/s3");
    let answer = explained(&[
        ("--received", &region),
        ("--error", &mismatch(&policy, SIGNATURE)),
        ("--secret-file", SECRET),
    ]);
    assert_eq!(told(&answer), ("wrong-region", Some("region"), "proven"), "{answer}");
}

#[test]
fn a_policy_that_changed_on_the_way_is_told() {
    let policy = policy();
    let other = STANDARD.encode(
        String::from_utf8(STANDARD.decode(&policy).unwrap()).unwrap().replace("user1", "user2"),
    );
    let received = form(&policy, &other);
    let body = mismatch(&other, SIGNATURE);
    let both = [("--sent", FORM), ("--received", &received), ("--error", &body)];
    assert_eq!(told(&explained(&both)), ("payload-changed", None, "strong"));
    let with_secret = [&both[..], &[("--secret-file", SECRET)]].concat();
    let answer = explained(&with_secret);
    assert_eq!(told(&answer), ("payload-changed", None, "proven"), "{answer}");
    // The answer's string to sign stands for what was received.
    let answer = explained(&[("--sent", FORM), ("--error", &body), ("--secret-file", SECRET)]);
    assert_eq!(told(&answer), ("payload-changed", None, "strong"), "{answer}");
    // A form of another attempt has another signature.
    let attempt = received.replace(SIGNATURE, &"0".repeat(64));
    let two = [("--sent", FORM), ("--received", &attempt), ("--secret-file", SECRET)];
    assert_eq!(told(&explained(&two)), ("payload-changed", None, "strong"));
    let lost = form("name=\"X-Amz-Signature\"", "name=\"lost\"");
    let answer = explained(&[("--sent", FORM), ("--received", &lost)]);
    assert_eq!(told(&answer), ("payload-changed", None, "strong"), "{answer}");
    let answer = explained(&[("--sent", &lost)]);
    assert_eq!(told(&answer), ("malformed-authorization", None, "strong"), "{answer}");
}

#[test]
fn a_form_that_does_not_meet_its_policy_is_authorization() {
    let other = form("public-read", "private");
    let body = denied(
        "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$acl\", \"public-read\"]",
    );
    let answer = explained(&[("--sent", &other), ("--error", &body), ("--secret-file", SECRET)]);
    assert_eq!(told(&answer), ("undetermined", None, "unknown"));
    let summary = answer["summary"].as_str().unwrap();
    assert!(summary.contains("authorization") && !summary.contains("does not tell"), "{summary}");
    let printed = answer["evidence"].to_string();
    assert!(
        printed.contains("wants `acl` to be `public-read`, the form has `private`"),
        "{printed}"
    );
    let answer = explained(&[("--error", &body)]);
    assert!(answer["summary"].as_str().unwrap().contains("authorization"), "{answer}");
    let expired = denied("Invalid according to Policy: Policy expired.");
    let answer = explained(&[("--sent", FORM), ("--error", &expired)]);
    assert_eq!(told(&answer), ("url-expired", None, "proven"));
    assert!(answer["evidence"].to_string().contains("the policy ends at 2015-12-30T12:00:00Z"));
}

#[test]
fn no_part_of_a_forms_token_is_shown() {
    const TOKEN: &str = "PLANTED/token+that/nobody=should=see";
    let document = format!(
        "{{\"expiration\":\"2030-01-01T00:00:00Z\",\"conditions\":[{{\"bucket\":\"other\"}},{{\"x-amz-security-token\":\"{TOKEN}\"}}]}}"
    );
    let policy_field = STANDARD.encode(document);
    let request = form(&policy(), &policy_field).replace(
        "name=\"x-amz-meta-tag\"\r\n\r\n",
        &format!("name=\"x-amz-security-token\"\r\n\r\n{TOKEN}"),
    );
    let body = denied(&format!(
        "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$x-amz-security-token\", \"{TOKEN}\"]"
    ));
    for evidence in [
        &[("--sent", request.as_str())][..],
        &[("--sent", &request), ("--error", &body)],
        &[
            ("--received", &request),
            ("--error", &mismatch(&policy_field, SIGNATURE)),
            ("--secret-file", SECRET),
        ],
    ] {
        let printed = explained(evidence).to_string();
        assert!(
            !printed.contains("PLANTED") && !printed.contains(&policy_field[..40]),
            "{printed}"
        );
        assert!(!printed.contains(&SIGNATURE[..16]), "{printed}");
    }
    let (_, _, said) = Checked::of(&request, SECRET).answer(&["--verify"]);
    assert!(!said.contains("PLANTED"), "{said}");
}

/// A request of version 2 that the secret signs as it stands.
fn of_version_2(content_type: &str, signed: &str) -> String {
    let signature = Signature::of(&Secret::new(SECRET), Algorithm::HmacSha1, signed.as_bytes());
    format!(
        "PUT /bucket/key HTTP/1.1\nHost: 127.0.0.1:9000\nContent-Type: {content_type}\nDate: Tue, 27 Mar 2007 21:15:45 +0000\n\
         Authorization: AWS {KEY_ID}:{}\n\n",
        signature.reveal()
    )
}

fn signed_type(content_type: &str) -> String {
    format!("PUT\n\n{content_type}\nTue, 27 Mar 2007 21:15:45 +0000\n/bucket/key")
}

fn provided(text: &str) -> String {
    Signature::of(&Secret::new(SECRET), Algorithm::HmacSha1, text.as_bytes()).reveal()
}

#[test]
fn version_2_is_compared_with_what_the_server_signed() {
    let plain = signed_type("application/octet-stream");
    let verified = signed_type("application/octet-stream; boundary=----b98b484efce0");
    let body = mismatch(&verified, &provided(&plain));
    // The signature fixes what was signed; a pasted body fixes nothing.
    let answer = explained(&[("--error", &body), ("--secret-file", SECRET)]);
    assert_eq!(told(&answer), ("header-changed", Some("content-type"), "strong"), "{answer}");
    assert_eq!(answer["evidence"][0]["kind"], "signature-match");
    assert_eq!(answer["diff"][0]["signed"], "application/octet-stream");
    // What was received fixes what was verified.
    let received = of_version_2("application/octet-stream; boundary=----b98b484efce0", &plain);
    let short = "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided.</Message></Error>";
    let answer =
        explained(&[("--received", &received), ("--error", short), ("--secret-file", SECRET)]);
    assert_eq!(told(&answer), ("header-changed", Some("content-type"), "proven"), "{answer}");
    let sent = of_version_2("application/octet-stream", &plain);
    let answer = explained(&[("--sent", &sent), ("--error", &body)]);
    assert_eq!(told(&answer), ("header-changed", Some("content-type"), "strong"), "{answer}");
}

#[test]
fn a_host_that_may_name_a_bucket_proves_nothing() {
    let signed = signed_type("text/plain");
    let of = |content_type: &str| {
        of_version_2(content_type, &signed).replace("127.0.0.1:9000", "b.example.com")
    };
    let short = mismatch("", "");
    for (received, cause) in [
        (of("text/html"), ("header-changed", Some("content-type"), "strong")),
        (of("text/plain"), ("wrong-secret", None, "strong")),
    ] {
        let evidence = [("--received", received.as_str()), ("--error", &short)];
        let answer = explained(&[&evidence[..], &[("--secret-file", SECRET)]].concat());
        assert_eq!(told(&answer), cause, "{answer}");
    }
}

#[test]
fn the_secret_of_version_2_is_checked() {
    let text = signed_type("text/plain");
    let answer =
        explained(&[("--error", &mismatch(&text, &provided(&text))), ("--secret-file", SECRET)]);
    assert_eq!(told(&answer), ("wrong-secret", None, "proven"), "{answer}");
    let damaged = Secret::new(format!("{SECRET} "));
    let signature = Signature::of(&damaged, Algorithm::HmacSha1, text.as_bytes()).reveal();
    let answer = explained(&[("--error", &mismatch(&text, &signature)), ("--secret-file", SECRET)]);
    assert_eq!(told(&answer), ("secret-malformed", Some("trailing-space"), "proven"), "{answer}");
    // The signer wrote the date in its usual place, beside an x-amz-date.
    let verified = "PUT\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:15:45 +0000\n/bucket/key";
    let signed = "PUT\n\n\nTue, 27 Mar 2007 21:15:45 +0000\nx-amz-date:Tue, 27 Mar 2007 21:15:45 +0000\n/bucket/key";
    let answer = explained(&[
        ("--error", &mismatch(verified, &provided(signed))),
        ("--secret-file", SECRET),
    ]);
    assert_eq!(
        told(&answer),
        ("signer-header-canonicalization", Some("date"), "strong"),
        "{answer}"
    );
    // Nothing that is known makes this signature.
    let answer = explained(&[
        ("--error", &mismatch(&text, &provided("something else"))),
        ("--secret-file", SECRET),
    ]);
    assert_ne!(answer["confidence"], "proven", "{answer}");
}

#[test]
fn version_2_where_version_4_is_wanted_is_said_so() {
    let request = of_version_2("text/plain", &signed_type("text/plain"));
    let body = "<Error><Code>InvalidRequest</Code><Message>The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.</Message><RequestId>R</RequestId><HostId>H</HostId></Error>";
    let answer = explained(&[("--sent", &request), ("--error", body), ("--secret-file", SECRET)]);
    assert_eq!(told(&answer), ("legacy-sigv2", None, "proven"), "{answer}");
    let answer = explained(&[("--sent", &request)]);
    assert_eq!(told(&answer), ("legacy-sigv2", None, "likely"), "{answer}");
}

#[test]
fn texts_of_version_4a_are_compared() {
    let head = |range: &str| {
        format!(
            "GET /k HTTP/1.1\nHost: mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com\nRange: {range}\n\
             X-Amz-Date: 20150830T123600Z\nX-Amz-Region-Set: *\nx-amz-content-sha256: UNSIGNED-PAYLOAD\n\
             Authorization: AWS4-ECDSA-P256-SHA256 Credential={KEY_ID}/20150830/s3/aws4_request, \
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date;x-amz-region-set, Signature=3045022100\n\n"
        )
    };
    let answer = explained(&[
        ("--sent", &head("bytes=0-9")),
        ("--received", &head("bytes=0-8")),
        ("--secret-file", SECRET),
    ]);
    assert_eq!(told(&answer), ("header-changed", Some("range"), "strong"), "{answer}");
    assert!(answer["notes"].to_string().contains("Version 4A"), "{answer}");
    assert_eq!(
        (&answer["request"]["region"], &answer["request"]["service"]),
        (&Value::Null, &json!("s3"))
    );
    // A multi-region access point wants this version: that is no fault.
    let answer = explained(&[("--sent", &head("bytes=0-9"))]);
    assert_ne!(answer["cause"], "endpoint-mismatch", "{answer}");
}
