//! `sigdrift canonical`: the official vectors through the command, verifying, and bad requests.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::run::{Logs, code, piped, sigdrift, text};
use crate::suite::{Vector, vectors};

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A folder with a request and a secret.
struct Case {
    folder: Logs,
    request: PathBuf,
    secret: PathBuf,
}

impl Case {
    fn of(request: impl AsRef<[u8]>) -> Self {
        let folder = Logs::new();
        let request = folder.add("request", request);
        let secret = folder.add("secret", format!("{SECRET}\n"));
        Self { folder, request, secret }
    }

    fn ended(&self, arguments: &[&str]) -> Output {
        let mut command = sigdrift();
        command.arg("canonical").arg("--request").arg(&self.request);
        command.arg("--secret-file").arg(&self.secret).args(arguments).output().unwrap()
    }

    /// What signing for S3 answers.
    fn signed(&self, arguments: &[&str]) -> Value {
        let s3 = ["--json", "--region", "us-east-1", "--service", "s3", "--access-key", KEY_ID];
        let end = self.ended(&[&s3, arguments].concat());
        assert_eq!(code(&end), Some(0), "{}", text(&end.stderr));
        serde_json::from_slice(&end.stdout).unwrap()
    }

    /// The answer to `--verify`, with its exit code.
    fn verified(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let end = self.ended(&[&["--verify", "--json"], arguments].concat());
        let answer = serde_json::from_slice(&end.stdout);
        (code(&end), answer.unwrap_or_else(|error| panic!("{error}: {}", text(&end.stderr))))
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let end = self.ended(arguments);
        assert_eq!(code(&end), Some(2), "{arguments:?}: {}", text(&end.stdout));
        assert!(end.stdout.is_empty());
        text(&end.stderr)
    }
}

/// The options that a folder of the suite asks for.
fn options(vector: &Vector, folder: &Logs) -> Vec<String> {
    let mut told: Vec<String> = [
        ("--region", vector.text("/region")),
        ("--service", vector.text("/service")),
        ("--access-key", vector.text("/credentials/access_key_id")),
        ("--time", vector.text("/timestamp")),
        ("--double-encode", "false"),
        ("--normalize-path", if vector.is("/normalize") { "true" } else { "false" }),
    ]
    .into_iter()
    .flat_map(|(name, value)| [name.to_owned(), value.to_owned()])
    .collect();
    if let Some(token) = vector.token() {
        let path = folder.add("token", format!("{token}\n"));
        told.extend(["--session-token-file".to_owned(), path.display().to_string()]);
    }
    for (asked, option) in
        [("/omit_session_token", "--omit-session-token"), ("/sign_body", "--sign-body")]
    {
        if vector.is(asked) {
            told.push(option.to_owned());
        }
    }
    told
}

#[test]
fn every_official_vector_is_signed_and_verified() {
    let mut folders = 0;
    for vector in vectors().iter().filter(|vector| vector.has_context()) {
        folders += 1;
        let folder = Logs::new();
        let secret = folder.add("secret", vector.text("/credentials/secret_access_key"));
        let run = |request: &str, more: &[String]| {
            let request = folder.add("request", vector.file(request).unwrap());
            let mut command = sigdrift();
            command.args(["canonical", "--json", "--request"]).arg(request);
            command.arg("--secret-file").arg(&secret).args(more);
            let end = command.output().unwrap();
            assert_eq!(code(&end), Some(0), "{}: {}", vector.name(), text(&end.stderr));
            serde_json::from_slice::<Value>(&end.stdout).unwrap()
        };
        for form in ["header", "query"] {
            let mut asked = options(vector, &folder);
            if form == "query" {
                asked.extend(["--presign".to_owned(), format!("--expires={}", vector.expires())]);
            }
            let answer = run("request.txt", &asked);
            let place = format!("{}, {form}", vector.name());
            for (member, file) in [
                ("canonical_request", "canonical-request"),
                ("string_to_sign", "string-to-sign"),
                ("signature", "signature"),
            ] {
                let expected = vector.artefact(&format!("{form}-{file}.txt"));
                assert_eq!(answer[member], expected, "{place}, {member}");
            }
            assert_eq!(answer["verified"], Value::Null);
            assert_eq!(answer["authorization"].is_string(), form == "header", "{place}");
            assert_eq!(answer["presigned_query"].is_string(), form == "query", "{place}");

            asked.push("--verify".to_owned());
            let answer = run(&format!("{form}-signed-request.txt"), &asked);
            assert_eq!(answer["verified"], true, "{place}");
            assert_eq!(answer["signature"], vector.artefact(&format!("{form}-signature.txt")));
        }
    }
    assert_eq!(folders, 38);
}

const GET: &str = "GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nRange: bytes=0-9\r\nX-Amz-Date: 20130524T000000Z\r\n\r\n";

/// The request with what the command says belongs to it.
fn with_authorization(answer: &Value) -> String {
    let hash = answer["canonical_request"].as_str().unwrap().rsplit('\n').next().unwrap();
    GET.replace(
        "\r\n\r\n",
        &format!(
            "\r\nx-amz-content-sha256: {hash}\r\nAuthorization: {}\r\n\r\n",
            answer["authorization"].as_str().unwrap()
        ),
    )
}

#[test]
fn the_documented_example_is_signed_for_people_and_for_machines() {
    let case = Case::of(GET);
    let answer = case.signed(&["--sign-body"]);
    let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "authorization",
            "canonical_request",
            "canonical_request_sha256",
            "presigned_query",
            "signature",
            "signed_headers",
            "string_to_sign",
            "verified"
        ]
    );
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    assert_eq!(answer["signature"], signature);
    assert_eq!(
        answer["canonical_request_sha256"],
        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"
    );
    assert_eq!(
        answer["signed_headers"],
        json!(["host", "range", "x-amz-content-sha256", "x-amz-date"])
    );
    let end = case.ended(&[
        "--sign-body",
        "--region",
        "us-east-1",
        "--service",
        "s3",
        "--access-key",
        KEY_ID,
    ]);
    let page = text(&end.stdout);
    for part in
        ["Canonical request  sha256 7344ae5b", "  range:bytes=0-9\n", "String to sign", signature]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("erified") && !page.contains(SECRET));
}

#[test]
fn verifying_says_yes_or_no_with_its_exit_code() {
    let signed = with_authorization(&Case::of(GET).signed(&["--sign-body"]));
    let right = Case::of(&signed);
    assert_eq!(right.verified(&[]).0, Some(0));
    assert_eq!(right.verified(&["--access-key", KEY_ID]).1["verified"], true);
    for arguments in [
        &["--access-key", "AKIAEXAMPLE000000001"][..],
        &["--region", "eu-west-1"],
        &["--service", "s3express"],
    ] {
        let (code, answer) = right.verified(arguments);
        assert_eq!((code, &answer["verified"]), (Some(1), &json!(false)), "{arguments:?}");
    }
    for (from, to) in [("bytes=0-9", "bytes=0-8"), ("/test.txt", "/Test.txt"), ("GET", "HEAD")] {
        assert_eq!(Case::of(signed.replace(from, to)).verified(&[]).0, Some(1), "{to}");
    }
    let end = Case::of(signed.replace("bytes=0-9", "bytes=0-8")).ended(&["--verify"]);
    assert!(text(&end.stdout).contains("Not verified:\n  the secret makes another signature"));
    assert!(text(&right.ended(&["--verify"]).stdout).contains("\nVerified"));
}

#[test]
fn a_presigned_url_verifies_for_its_method_only() {
    let answer = Case::of(GET).signed(&["--presign", "--expires", "60"]);
    let query = answer["presigned_query"].as_str().unwrap();
    assert_eq!(
        answer["canonical_request"].as_str().unwrap().rsplit('\n').next(),
        Some("UNSIGNED-PAYLOAD")
    );
    let get = GET.replace("/test.txt", &format!("/test.txt?{query}"));
    assert_eq!(Case::of(&get).verified(&[]).0, Some(0));
    assert_eq!(Case::of(get.replace("GET", "PUT")).verified(&[]).0, Some(1));
    // Presigning again replaces what was added.
    assert_eq!(Case::of(&get).signed(&["--presign", "--expires", "60"]), answer);
}

#[test]
fn a_url_that_would_last_too_long_is_told_of() {
    for (seconds, is_told) in [("0", true), ("1", false), ("604800", false), ("604801", true)] {
        let s3 = ["--region", "us-east-1", "--service", "s3", "--access-key", KEY_ID];
        let end = Case::of(GET).ended(&[&s3[..], &["--presign", "--expires", seconds]].concat());
        let told = text(&end.stdout).contains("valid for 1 to 604800 seconds");
        assert_eq!((code(&end), told), (Some(0), is_told), "{seconds}");
    }
}

#[test]
fn a_request_may_come_from_standard_input_and_names_its_time() {
    let case = Case::of("");
    let mut command = sigdrift();
    command.args(["canonical", "--json", "--request", "-", "--region", "us-east-1"]);
    command.args(["--service", "s3", "--access-key", KEY_ID, "--sign-body", "--secret-file"]);
    let end = piped(command.arg(&case.secret), GET.as_bytes());
    let answer: Value = serde_json::from_slice(&end.stdout).unwrap();
    assert!(answer["string_to_sign"].as_str().unwrap().contains("\n20130524T000000Z\n"));
    let told = Case::of(GET).signed(&["--time", "2026-04-15T07:42:00Z"]);
    assert!(told["canonical_request"].as_str().unwrap().contains("x-amz-date:20260415T074200Z"));
    let now = Case::of("GET / HTTP/1.1\nHost: h\n").signed(&[]);
    assert!(now["string_to_sign"].as_str().unwrap().contains("\n20"));
}

#[test]
fn a_path_is_encoded_and_normalised_as_asked() {
    let case = Case::of("GET /a//b/../c%20d e HTTP/1.1\nHost: h\n");
    for (arguments, path) in [
        (&[][..], "/a//b/../c%20d%20e"),
        (&["--normalize-path", "true"], "/a/c%20d%20e"),
        (&["--double-encode", "true"], "/a//b/../c%2520d%20e"),
        (&["--service", "execute-api"], "/a/c%2520d%20e"),
    ] {
        let mut all = vec!["--json", "--region", "us-east-1", "--access-key", KEY_ID];
        if !arguments.contains(&"--service") {
            all.extend(["--service", "s3"]);
        }
        let end = case.ended(&[&all, arguments].concat());
        let answer: Value = serde_json::from_slice(&end.stdout).unwrap();
        let found = answer["canonical_request"].as_str().unwrap().lines().nth(1);
        assert_eq!(found, Some(path), "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    let s3 = ["--region", "us-east-1", "--service", "s3", "--access-key", KEY_ID];
    for (request, told) in [
        ("", "line 1 of the request: a request line `METHOD /path HTTP/1.1` expected"),
        ("Host: h\nRange: x\n", "line 1 of the request"),
        ("GET / HTTP/1.1\nHost: h\nno header\n", "line 3 of the request: a header"),
        ("GET / HTTP/1.1\nHost: h\nX-Amz-Date: yesterday\n", "its X-Amz-Date is not"),
    ] {
        let case = Case::of(request);
        let error = case.refused(&s3);
        assert!(error.contains(told) && error.contains("request: "), "{error}");
    }
    for (request, told) in [
        (GET.to_owned(), "neither an Authorization header nor signing parameters"),
        (
            GET.replace("Range: bytes=0-9", "Authorization: AWS AKID"),
            "the Authorization header: `:SIGNATURE` is missing",
        ),
        (GET.replace("Range: bytes=0-9", "Authorization: Bearer x"), "`AWS4-HMAC-SHA256` expected"),
        (
            GET.replace("/test.txt", "/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20130524%2Fs3%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=00"),
            "a credential of version 4 has five parts",
        ),
    ] {
        let error = Case::of(request).refused(&["--verify"]);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn missing_files_and_options_are_named() {
    let case = Case::of(GET);
    let s3 = ["--region", "us-east-1", "--service", "s3", "--access-key", KEY_ID];
    assert!(case.refused(&[]).contains("--region"));
    assert!(case.refused(&s3[..4]).contains("--access-key"));
    assert!(case.refused(&[&s3[..], &["--presign"]].concat()).contains("--expires"));
    assert!(
        case.refused(&[&s3[..], &["--time", "noon"]].concat()).contains("2026-04-15T07:42:00Z")
    );
    assert!(case.refused(&[&s3[..], &["--normalize-path", "maybe"]].concat()).contains("maybe"));
    let with = |request: &Path, secret: &Path| {
        let mut command = sigdrift();
        command.arg("canonical").args(s3).arg("--request").arg(request);
        let end = command.arg("--secret-file").arg(secret).output().unwrap();
        assert_eq!(code(&end), Some(2));
        text(&end.stderr)
    };
    assert!(with(Path::new("/nowhere/request"), &case.secret).contains("/nowhere/request"));
    assert!(with(&case.request, Path::new("/nowhere/secret")).contains("/nowhere/secret"));
    let empty = case.folder.add("empty", "\n");
    assert!(with(&case.request, &empty).contains("a secret access key expected"));
    assert!(with(Path::new("-"), Path::new("-")).contains("only one"));
    let folder = case.folder.path();
    assert!(with(folder, &case.secret).contains("cannot read"));
}

#[test]
fn large_and_peculiar_requests_end_soon() {
    let began = std::time::Instant::now();
    let headers: String = (0..5_000).map(|number| format!("x-h-{number}: {number}\n")).collect();
    let answer = Case::of(format!("GET / HTTP/1.1\nHost: h\n{headers}\n")).signed(&[]);
    assert_eq!(answer["signed_headers"].as_array().unwrap().len(), 5_002);
    let answer = Case::of("GET /%zz%%2?%=%&&%zz HTTP/1.1\nHost: h\n").signed(&[]);
    let lines = answer["canonical_request"].as_str().unwrap();
    assert!(lines.starts_with("GET\n/%25zz%25%252\n%25=%25&%25zz=\n"), "{lines}");
    let s3 = ["--region", "us-east-1", "--service", "s3", "--access-key", KEY_ID];
    let error = Case::of("a line of a log\n".repeat(50 << 16)).refused(&s3);
    assert!(error.contains("line 1 of the request"), "{error}");
    let error = Case::of("GET / HTTP/1.1\n".to_owned() + &"a: b\n".repeat(10 << 20)).refused(&s3);
    assert!(error.contains("more than 10000 headers"), "{error}");
    let body = "PUT / HTTP/1.1\nHost: h\n\n".to_owned() + &"b".repeat(50 << 20);
    Case::of(body).signed(&[]);
    let error = Case::of("x".repeat(65 << 20)).refused(&s3);
    assert!(error.contains("larger than 64 MiB"), "{error}");
    assert!(began.elapsed().as_secs() < 60);
}

/// No part of the secret, 8 characters or more, whole or as base64 or hexadecimal digits.
fn shows_nothing_of(secret: &str, printed: &str) {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [secret.to_owned(), hex, secret.replace('/', "%2F")] {
        for start in 0..=form.len() - 8 {
            let part = &form[start..start + 8];
            assert!(!printed.contains(part), "{part} is shown: {printed}");
        }
    }
}

#[test]
fn the_secret_is_never_printed() {
    let signed = with_authorization(&Case::of(GET).signed(&["--sign-body"]));
    let s3 = ["--region", "us-east-1", "--service", "s3", "--access-key", KEY_ID];
    for (request, arguments) in [
        (GET, &s3[..]),
        (GET, &[&s3[..], &["--json"]].concat()),
        (GET, &[&s3[..], &["--presign", "--expires", "60"]].concat()),
        (&signed, &["--verify"]),
        (&signed, &["--verify", "--json", "--region", "eu-west-1"]),
        ("no request", &s3),
        (GET, &["--verify"]),
    ] {
        let end = Case::of(request).ended(arguments);
        shows_nothing_of(SECRET, &text(&end.stdout));
        shows_nothing_of(SECRET, &text(&end.stderr));
    }
    // Given in the wrong place, as a request or as a session token, it is not quoted either.
    let case = Case::of(SECRET);
    shows_nothing_of(SECRET, &case.refused(&s3));
    let token = case.folder.add("token", format!("{SECRET}\n{SECRET}"));
    let case = Case::of(GET);
    let all = [&s3[..], &["--session-token-file", token.to_str().unwrap()]].concat();
    shows_nothing_of(SECRET, &case.refused(&all));
}

#[test]
fn nothing_that_a_request_holds_commands_the_terminal() {
    let case = Case::of("GET /\u{1b}[2J HTTP/1.1\nHost: h\u{1b}]0;x\u{7}\n");
    let end = case.ended(&["--region", "us-east-1", "--service", "s3", "--access-key", KEY_ID]);
    assert_eq!(code(&end), Some(0));
    assert!(!end.stdout.contains(&0x1b) && !end.stdout.contains(&7));
}
