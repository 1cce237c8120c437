//! `sigdrift explain`: each kind of evidence, and what cannot be read.

use serde_json::{Value, json};
use sigdrift_signature::HttpRequest;
use sigdrift_signature::secret::{Secret, sha256_hex};
use sigdrift_signature::signer::{Signed, Signing};
use sigdrift_signature::uri::PathRules;

use crate::lines;
use crate::run::{Logs, code, ended, piped, sigdrift, text};

pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const TIME: &str = "20260415T074200Z";
const SCOPE: &str = "20260415/eu-west-1/s3/aws4_request";
pub(crate) const HOST: &str = "media.s3.eu-west-1.amazonaws.com";

fn signing<'a>(key_id: &'a str, secret: &'a Secret) -> Signing<'a> {
    Signing {
        access_key_id: key_id,
        secret,
        session_token: None,
        token_is_signed: true,
        region: "eu-west-1",
        service: "s3",
        time: TIME,
        path: PathRules::S3,
        sign_body: true,
    }
}

/// A request as a client with this secret sends it, and what it computed.
pub(crate) fn signed_with(key_id: &str, secret: &str) -> (String, Signed) {
    let mut request = HttpRequest::new("PUT", "/k?x-id=PutObject");
    request.set_header("Host", HOST);
    request.set_header("Accept-Encoding", "identity");
    request.body = Some(b"hello".to_vec());
    let secret = Secret::new(secret);
    let signed = signing(key_id, &secret).sign(&request);
    let raw = format!(
        "PUT /k?x-id=PutObject HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: identity\r\n\
         X-Amz-Date: {TIME}\r\nx-amz-content-sha256: {}\r\nAuthorization: {}\r\n\
         Content-Length: 5\r\n\r\nhello",
        sha256_hex(b"hello"),
        signed.authorization.as_deref().unwrap()
    );
    (raw, signed)
}

fn string_to_sign(canonical: &str) -> String {
    format!("AWS4-HMAC-SHA256\n{TIME}\n{SCOPE}\n{}", sha256_hex(canonical.as_bytes()))
}

/// What S3 answers about this canonical request.
pub(crate) fn body_for(canonical: &str, key_id: &str, signature: &str) -> String {
    let escaped = canonical.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided. Check your key and signing method.</Message><AWSAccessKeyId>{key_id}</AWSAccessKeyId><StringToSign>{}</StringToSign><SignatureProvided>{signature}</SignatureProvided><CanonicalRequest>{escaped}</CanonicalRequest><RequestId>4442587FB7D0A2F9</RequestId><HostId>abc</HostId></Error>",
        string_to_sign(canonical)
    )
}

/// What botocore logs at debug level.
pub(crate) fn log_of(canonical: &str, signature: &str) -> String {
    let head = |what: &str| {
        format!("2026-04-15 07:42:00,123 - MainThread - botocore.auth - DEBUG - {what}:\n")
    };
    format!(
        "2026-04-15 07:42:00,122 - MainThread - botocore.auth - DEBUG - Calculating signature using v4 auth.\n{}{canonical}\n{}{}\n{}{signature}\n",
        head("CanonicalRequest"),
        head("StringToSign"),
        string_to_sign(canonical),
        head("Signature"),
    )
}

/// A request whose header was rewritten on the way: the client's log and the service's answer.
pub(crate) fn rewritten() -> (String, String) {
    let (_, signed) = signed_with(KEY_ID, SECRET);
    let (own, signature) = (signed.canonical_request.text(), signed.signature.reveal());
    (log_of(&own, &signature), body_for(&own.replace("identity", "gzip"), KEY_ID, &signature))
}

pub(crate) fn answered(arguments: &[&str]) -> Value {
    let end = ended([&["explain", "--json"], arguments].concat());
    assert_eq!(code(&end), Some(0), "{}", text(&end.stderr));
    serde_json::from_slice(&end.stdout).unwrap()
}

pub(crate) fn told(answer: &Value) -> (&str, Option<&str>, &str) {
    let member = |name: &str| answer[name].as_str();
    (member("cause").unwrap(), member("component"), member("confidence").unwrap())
}

/// The answer about files in a folder, each behind its option; no option is a bare file.
pub(crate) fn explained(files: &[(&str, &str)]) -> Value {
    let folder = Logs::new();
    let mut arguments = Vec::new();
    for (number, (option, content)) in files.iter().enumerate() {
        let path = folder.add(&format!("file-{number}"), content);
        arguments.extend([(*option).to_owned(), path.display().to_string()]);
    }
    arguments.retain(|argument| !argument.is_empty());
    answered(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn refused(arguments: &[&str]) -> String {
    let end = ended([&["explain"], arguments].concat());
    assert_eq!(code(&end), Some(2), "{arguments:?}: {}", text(&end.stdout));
    assert!(end.stdout.is_empty());
    text(&end.stderr)
}

#[test]
fn the_answer_alone_proves_nothing() {
    let (_, signed) = signed_with(KEY_ID, "another secret");
    let canonical = signed.canonical_request.text().replace("accept-encoding:identity\n", "");
    let canonical = canonical.replace("accept-encoding;", "");
    let body = body_for(&canonical, KEY_ID, &signed.signature.reveal());
    let answer = explained(&[("--error", &body)]);
    assert_eq!(told(&answer), ("undetermined", None, "unknown"));
    assert!(answer["evidence"][0]["detail"].as_str().unwrap().contains("what would settle it"));
}

#[test]
fn the_answer_and_the_log_prove_what_was_changed() {
    let (log, body) = rewritten();
    let expected = ("header-changed", Some("accept-encoding"), "proven");
    for files in [
        [("--error", body.as_str()), ("--client", log.as_str())],
        [("", body.as_str()), ("", log.as_str())],
        [("", log.as_str()), ("", body.as_str())],
    ] {
        let answer = explained(&files);
        assert_eq!(told(&answer), expected);
        assert_eq!(
            answer["diff"],
            json!([{"part": "header:accept-encoding", "signed": "identity", "verified": "gzip"}])
        );
    }
}

#[test]
fn the_json_has_the_members_of_the_contract() {
    let (log, body) = rewritten();
    let answer = explained(&[("", &log), ("", &body)]);
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        members(&answer),
        [
            "alternatives",
            "avoid",
            "cause",
            "component",
            "confidence",
            "contexts",
            "diff",
            "evidence",
            "fix",
            "next_steps",
            "notes",
            "request",
            "searched",
            "summary"
        ]
    );
    assert_eq!(members(&answer["evidence"][0]), ["detail", "kind"]);
    assert_eq!(members(&answer["searched"]), ["elapsed_ms", "hypotheses"]);
    let names = ["accept-encoding", "host", "x-amz-content-sha256", "x-amz-date"];
    assert_eq!(
        answer["request"],
        json!({
            "method": "PUT", "host": HOST, "path": "/k", "access_key_id": KEY_ID,
            "region": "eu-west-1", "service": "s3", "signed_headers": names,
            "signed_at": "2026-04-15T07:42:00Z", "request_id": "4442587FB7D0A2F9"
        })
    );
}

#[test]
fn what_was_sent_and_received_is_compared() {
    let (sent, _) = signed_with(KEY_ID, SECRET);
    let received = sent.replace(&format!("Host: {HOST}"), "Host: 10.0.0.7:8080");
    let answer = explained(&[("--sent", &sent), ("--received", &received)]);
    assert_eq!(told(&answer).0, "host-changed", "{answer}");
    let answer =
        explained(&[("--sent", &sent), ("--received", &received), ("--secret-file", SECRET)]);
    assert_eq!((told(&answer).0, told(&answer).2), ("host-changed", "proven"), "{answer}");
}

#[test]
fn a_damaged_secret_is_proven() {
    for (used, component) in
        [(format!("{SECRET}\n"), "trailing-newline"), (format!("\"{SECRET}\""), "quotes")]
    {
        let (_, signed) = signed_with(KEY_ID, &used);
        let canonical = signed.canonical_request.text();
        let body = body_for(&canonical, KEY_ID, &signed.signature.reveal());
        let answer = explained(&[("--error", &body), ("--secret-file", SECRET)]);
        assert_eq!(told(&answer), ("secret-malformed", Some(component), "proven"));
    }
}

#[test]
fn a_url_used_with_another_method_is_found() {
    let secret = Secret::new(SECRET);
    let signer = signing(KEY_ID, &secret);
    let signer = Signing { sign_body: false, ..signer };
    let mut request = HttpRequest::new("PUT", "/k");
    request.set_header("Host", HOST);
    let signed = signer.presign(&request, 900);
    let query = signed.presigned_query.unwrap();
    let url = format!("https://{HOST}/k?{query}");
    let folder = Logs::new();
    let path = folder.add("secret", format!("{SECRET}\n"));
    let path = path.to_str().unwrap();
    let answer = answered(&["--url", &url, "--method", "POST", "--secret-file", path]);
    assert_eq!(told(&answer).0, "method-changed", "{answer}");
    // A URL may come from standard input, so that it stays out of the list of processes.
    let mut command = sigdrift();
    command.args(["explain", "--json", "--url", "-", "--method", "POST", "--secret-file", path]);
    let end = piped(&mut command, format!("{url}\n").as_bytes());
    let from_input: Value = serde_json::from_slice(&end.stdout).unwrap();
    assert_eq!(told(&from_input), told(&answer));
    let error = refused(&["--url", "k?X-Amz-Signature=abc"]);
    assert!(error.contains("absolute URL") && !error.contains("abc"), "{error}");
}

#[test]
fn a_line_of_an_access_log_is_evidence() {
    let line = lines::access_log(
        "4442587FB7D0A2F9",
        "\"GET /k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/20260415/us-east-1/s3/aws4_request&X-Amz-Date=20260415T074200Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=XXXXXXXXXX HTTP/1.1\" 403 SignatureDoesNotMatch",
        "QueryString",
    );
    let line = line + &lines::accepted("4442587FB7D0A2FA");
    for option in ["--access-log", ""] {
        let answer = explained(&[(option, &line)]);
        assert_eq!(answer["request"]["method"], "GET");
        assert_eq!(answer["request"]["host"], HOST);
        assert_eq!(told(&answer), ("wrong-region", Some("region"), "strong"));
    }
    let folder = Logs::of("no line of a log\n");
    let path = folder.path().join("log");
    let error = refused(&["--access-log", path.to_str().unwrap()]);
    assert!(error.contains("no line of an S3 server access log"), "{error}");
}

#[test]
fn standard_input_is_read() {
    let (log, body) = rewritten();
    let both = format!(
        "{log}2026-04-15 07:42:00,200 - MainThread - botocore.parsers - DEBUG - Response body:\nb'{body}'\n"
    );
    let end = piped(sigdrift().args(["explain", "--json", "-"]), both.as_bytes());
    let answer: Value = serde_json::from_slice(&end.stdout).unwrap();
    assert_eq!(told(&answer), ("header-changed", Some("accept-encoding"), "proven"));
}

#[test]
fn people_see_the_difference_and_what_to_do() {
    let (log, body) = rewritten();
    let folder = Logs::new();
    let (log, body) = (folder.add("debug.log", log), folder.add("body.xml", body));
    let end = sigdrift().arg("explain").args([&log, &body]).output().unwrap();
    let page = text(&end.stdout);
    assert!(page.starts_with("header-changed (accept-encoding), proven\n"), "{page}");
    let row = "accept-encoding:identity               │ accept-encoding:gzip\n                ^^^^^^^^               │                 ^^^^\n";
    assert!(page.contains(row), "{page}");
    for part in [
        "\nbecause   ",
        "\ndo        ",
        "\navoid     ",
        "\nconfirm with\n",
        "\nrequest   PUT media",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains('\u{1b}'), "{page}");
    for columns in [60, 80, 100] {
        let mut command = sigdrift();
        let end = command.env("COLUMNS", columns.to_string()).arg("explain").args([&log, &body]);
        let page = text(&end.output().unwrap().stdout);
        // An address cannot be broken.
        let lines = page.lines().filter(|line| !line.contains("https://"));
        let longest = lines.map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= columns, "{longest}: {page}");
    }
}

#[test]
fn nothing_that_evidence_holds_commands_the_terminal() {
    let (log, body) = rewritten();
    let hostile = |text: &str| text.replace("x-id=PutObject", "x-id=\u{1b}[2J\u{202e}");
    let folder = Logs::new();
    let (log, body) = (folder.add("log", hostile(&log)), folder.add("body", hostile(&body)));
    let end = sigdrift().arg("explain").args([log, body]).output().unwrap();
    let page = text(&end.stdout);
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'), "{page}");
}

#[test]
fn bad_usage_says_what_to_do() {
    assert!(refused(&[]).contains("name a file, `-` for standard input"));
    assert!(refused(&["/nowhere/body.xml"]).contains("cannot read /nowhere/body.xml"));
    let folder = Logs::new();
    let empty = folder.add("empty", "");
    let empty = empty.to_str().unwrap();
    for option in ["", "--error", "--client", "--sent", "--received", "--access-log"] {
        let arguments = [option, empty];
        let arguments = &arguments[usize::from(option.is_empty())..];
        let error = refused(arguments);
        assert!(error.contains("empty: "), "{error}");
    }
    let secret = folder.add("secret", "\n");
    let error = refused(&["--secret-file", secret.to_str().unwrap(), empty]);
    assert!(error.contains("a secret access key expected"), "{error}");
    let (_, body) = rewritten();
    let body = folder.add("body", body);
    let error = refused(&["--secret-file", "/nowhere/secret", body.to_str().unwrap()]);
    assert!(error.contains("/nowhere/secret"), "{error}");
}

#[test]
fn an_answer_that_is_no_signature_failure_is_told_as_such() {
    for (code, told) in [
        ("AccessDenied", "it accepted the signature"),
        ("NoSuchKey", "answered NoSuchKey, which is no signature failure"),
    ] {
        let body = format!("<Error><Code>{code}</Code><Message>No</Message></Error>");
        let end = piped(sigdrift().args(["explain", "--json", "-"]), body.as_bytes());
        let explained: Value = serde_json::from_slice(&end.stdout).unwrap();
        assert_eq!(explained["cause"], "undetermined");
        assert!(explained["summary"].as_str().unwrap().contains(told), "{explained}");
        // What would tell more of a signature tells nothing of this.
        assert_eq!(explained["evidence"][0]["detail"], "the service said: No");
        assert_eq!(explained["avoid"], "changing secrets, clocks or signers");
        assert_eq!(explained["next_steps"], json!([]));
    }
}

#[test]
fn of_two_raw_requests_nobody_knows_which_was_received() {
    let (raw, _) = signed_with(KEY_ID, SECRET);
    let logs = Logs::new();
    let sent = logs.add("sent.http", &raw);
    let received = logs.add("received.http", raw.replace("identity", "gzip"));
    let notes = |second| {
        let end = sigdrift().args(["explain", "--json"]).arg(&sent).arg(second).output().unwrap();
        let told: Value = serde_json::from_slice(&end.stdout).unwrap();
        told["notes"].to_string()
    };
    assert!(notes(&received).contains("only with --sent and --received"), "{}", notes(&received));
    let again = logs.add("again.http", &raw);
    assert_eq!(notes(&again), "[]");
}

#[test]
fn a_file_that_holds_more_than_the_secret_is_told() {
    let (_, body) = rewritten();
    let logs = Logs::new();
    let body = logs.add("body.xml", body);
    let notes = |secret: String| {
        let secret = logs.add("secret", secret);
        let mut command = sigdrift();
        command.args(["explain", "--json"]).arg(&body).arg("--secret-file").arg(secret);
        let told: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        assert_eq!(told["cause"], "header-changed", "{told}");
        told["notes"].to_string()
    };
    assert!(!notes(SECRET.to_owned()).contains("more than a secret"));
    assert!(notes(format!("\"{SECRET}\"\n")).contains("more than a secret"));
}

#[test]
fn packed_evidence_says_so() {
    let (_, body) = rewritten();
    let logs = Logs::new();
    let packed = logs.add("body.xml.gz", lines::gzip(body.as_bytes()));
    for option in ["--error", "--client", "--sent"] {
        let error = refused(&[option, packed.to_str().unwrap()]);
        assert!(error.contains("it is packed with gzip: unpack it first"), "{error}");
    }
}

#[test]
fn a_method_that_nobody_told_is_no_evidence() {
    let server = "PUT\n/k\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE000000001%2F20260415%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260415T074200Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host\nhost:media.s3.eu-west-1.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD";
    let query = server.lines().nth(2).unwrap();
    let logs = Logs::new();
    let body = logs.add(
        "body.xml",
        format!(
            "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{}</CanonicalRequest></Error>",
            server.replace('&', "&amp;")
        ),
    );
    let url = format!(
        "https://media.s3.eu-west-1.amazonaws.com/k?{query}&X-Amz-Signature={}",
        "0".repeat(64)
    );
    let explained = |more: &[&str]| {
        let mut command = sigdrift();
        command.args(["explain", "--json", "--url", "-", "--error"]).arg(&body).args(more);
        let end = piped(&mut command, url.as_bytes());
        let told: Value = serde_json::from_slice(&end.stdout).unwrap();
        told["cause"].as_str().unwrap().to_owned()
    };
    assert_ne!(explained(&[]), "method-changed");
    assert_eq!(explained(&["--method", "GET"]), "method-changed");
}
