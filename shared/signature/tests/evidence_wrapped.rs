//! Texts are read back exactly however a log wraps them, and no text is too odd to be read.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use proptest::prelude::*;
use sigdrift_signature::evidence;
use sigdrift_signature::secret::sha256_hex;

/// How a text gets into a log: the label before it, then what is done to its lines.
type Wrap = fn(&str) -> String;

const WRAPS: &[(&str, Wrap)] = &[
    ("as it is", |text| format!("CanonicalRequest:\n{text}\nnext line")),
    ("with CRLF", |text| format!("canonical request:\r\n{}\r\n", text.replace('\n', "\r\n"))),
    ("quoted by >", |text| lines(text, |_, line| format!("> {line}"))),
    ("behind bars", |text| lines(text, |_, line| format!("web-1  | {line}"))),
    ("indented", |text| lines(text, |_, line| format!("        {line}"))),
    ("behind tabs", |text| lines(text, |_, line| format!("\t\t{line}"))),
    ("behind times", |text| {
        lines(text, |number, line| {
            format!("2026-04-15T07:42:{:02}.{number}Z stderr F {line}", number % 60)
        })
    }),
    ("behind levels", |text| {
        lines(text, |number, line| format!("12:00:{:02} DEBUG: {line}", number % 60))
    }),
    ("between quotes", |text| format!("canonical request is '{text}'\n")),
    ("between double quotes", |text| format!("AWS4 Canonical Request: '\"{text}\"\n")),
    ("between brackets", |text| format!("Canonical request (enclosed in []) - [{text}]\n")),
    ("escaped", |text| format!("canonical request: \"{}\"\n", text.replace('\n', "\\n"))),
    ("escaped with returns", |text| {
        format!("canonical request: {}\n", text.replace('\n', "\\r\\n"))
    }),
    ("escaped twice", |text| format!("canonical request: {}\n", text.replace('\n', "\\\\n"))),
    ("as JSON", |text| {
        serde_json::json!({ "level": "debug", "canonicalRequest": text }).to_string()
    }),
    ("as JSON within JSON", |text| {
        let inner = serde_json::json!({ "msg": format!("CanonicalRequest:\n{text}") }).to_string();
        serde_json::json!({ "log": { "line": inner } }).to_string()
    }),
    ("as joined literals", |text| {
        let all: Vec<String> = text.split('\n').map(|line| format!("'{line}\\n'")).collect();
        format!("  canonicalRequest: {},\n", all.join(" +\n    ")).replace("\\n',", "',")
    }),
    ("as Python's literals", |text| {
        let all: Vec<String> = text.split('\n').map(|line| format!("'{line}\\n'")).collect();
        format!("('CANONICAL REQUEST = '\n {})\n", all.join("\n ")).replace("\\n')", "')")
    }),
    ("with entities", |text| {
        format!("<td>canonical request: {}</td>\n", text.replace('\n', "&#10;"))
    }),
];

fn lines(text: &str, each: fn(usize, &str) -> String) -> String {
    let all: Vec<String> = text.split('\n').enumerate().map(|(at, line)| each(at, line)).collect();
    format!("{}\n", all.join("\n"))
}

prop_compose! {
    fn canonical_request()(
        method in "GET|PUT|POST|DELETE|HEAD",
        path in "(/[a-zA-Z0-9._~%-]{1,12}){1,4}/?",
        query in "(|[a-z-]{1,8}=[A-Za-z0-9%._~-]{0,12}(&[a-z]{1,8}=[A-Za-z0-9%]{0,8}){0,3})",
        values in proptest::collection::btree_map("[a-z][a-z0-9-]{0,15}", "[A-Za-z0-9/+=.,;_()-]([A-Za-z0-9/+=.,;_() -]{0,30}[A-Za-z0-9/+=.,;_()-])?", 1..8),
        payload in "[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    ) -> String {
        let mut headers = values;
        headers.insert("host".to_owned(), "media.s3.eu-west-1.amazonaws.com".to_owned());
        headers.insert("x-amz-date".to_owned(), "20260415T074213Z".to_owned());
        let list: Vec<&str> = headers.keys().map(String::as_str).collect();
        let block: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        format!("{method}\n{path}\n{query}\n{block}\n{}\n{payload}", list.join(";"))
    }
}

proptest! {
    #[test]
    fn a_canonical_request_is_read_back_exactly(canonical in canonical_request(), wrap in 0..WRAPS.len()) {
        let (name, wrap) = WRAPS[wrap];
        let log = wrap(&canonical);
        let cases = evidence::read(log.as_bytes()).cases;
        let found = cases.first().and_then(|case| case.client.canonical_request.as_ref());
        prop_assert_eq!(found.map(|text| text.text.as_str()), Some(canonical.as_str()), "{}: {}", name, log);
    }

    #[test]
    fn a_string_to_sign_proves_it(canonical in canonical_request(), wrap in 0..WRAPS.len()) {
        let hash = sha256_hex(canonical.as_bytes());
        let to_sign = format!("AWS4-HMAC-SHA256\n20260415T074213Z\n20260415/eu-west-1/s3/aws4_request\n{hash}");
        let (name, wrap) = WRAPS[wrap];
        let log = format!("{}\nString to sign:\n{to_sign}\n", wrap(&canonical));
        let cases = evidence::read(log.as_bytes()).cases;
        prop_assert_eq!(cases.first().and_then(|case| case.client.is_intact()), Some(true), "{}: {}", name, log);
    }

    #[test]
    fn an_answer_is_read_back_exactly(canonical in canonical_request(), damage in 0..5usize) {
        let hash = sha256_hex(canonical.as_bytes());
        let to_sign = format!("AWS4-HMAC-SHA256\n20260415T074213Z\n20260415/eu-west-1/s3/aws4_request\n{hash}");
        let shown = canonical.replace('&', "&amp;");
        let body = format!("<Error><Code>SignatureDoesNotMatch</Code><StringToSign>{to_sign}</StringToSign><CanonicalRequest>{shown}</CanonicalRequest></Error>");
        let body = match damage {
            0 => body,
            1 => body.replace('\n', "\r\n"),
            2 => body.replace('\n', " "),
            3 => serde_json::json!({ "body": body }).to_string(),
            _ => body.replace('\n', "\n    "),
        };
        let found = evidence::error_body(body.as_bytes());
        let server = &found.cases[0].server;
        prop_assert_eq!(server.is_intact(), Some(true), "{}", body);
        prop_assert_eq!(&server.canonical_request.as_ref().unwrap().text, &canonical);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = evidence::read(&bytes);
    }

    #[test]
    fn no_pile_of_pieces_panics(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let _ = evidence::read(text.as_bytes());
    }
}

/// Pieces of which odd texts are made.
const PIECES: &[&str] = &[
    "GET",
    "\n",
    "\\n",
    "\\\\n",
    "/",
    "'",
    "\"",
    "\\\"",
    "<Error>",
    "</Error>",
    "<Code>",
    "&lt;Error&gt;",
    "\\u003cError\\u003e",
    "{",
    "}",
    "[",
    ":",
    ": ",
    "AWS4-HMAC-SHA256",
    " Credential=a/b/c/d/e",
    " HTTP/1.1",
    "HTTP/1.1 403",
    "host:a",
    "host",
    ";",
    "é",
    "\u{1b}[31m",
    "> ",
    "| ",
    " +\n '",
    "StringToSign",
    "CanonicalRequestBytes",
    "47 45 ",
    "https://a/?X-Amz-Signature=",
    "curl ",
    "The Canonical String for this request should have been",
    "The String-to-Sign should have been",
    "SignatureDoesNotMatch",
    "\r\n",
    "\\r\\n",
    "Authorization: ",
    "&#10;",
    "%0A",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "AWSPreparedRequest method=GET, url=http://a/, headers={'a': b'",
];
