//! What is read of each file in `tests/evidence`, whose README says which are recordings of real
//! clients and which were rebuilt.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;

use proptest::prelude::*;
use sigdrift_signature::case::{Case, Texts, Vendor};
use sigdrift_signature::evidence;
use sigdrift_signature::secret::sha256_hex;

/// What is known of one side's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Nothing.
    No,
    /// A string to sign without a canonical request.
    ToSign,
    /// A canonical request that nothing proves.
    Shown,
    /// Texts that belong together.
    Whole,
    /// Texts that do not.
    Altered,
}

use Side::{Altered, No, Shown, ToSign, Whole};

struct Expected {
    file: &'static str,
    code: Option<&'static str>,
    client: Option<&'static str>,
    theirs: Side,
    ours: Side,
    sent: Option<&'static str>,
}

const fn expect(
    file: &'static str,
    code: Option<&'static str>,
    client: Option<&'static str>,
    theirs: Side,
    ours: Side,
    sent: Option<&'static str>,
) -> Expected {
    Expected { file, code, client, theirs, ours, sent }
}

const MISMATCH: Option<&str> = Some("SignatureDoesNotMatch");

/// The first case of each file: code, client, the server's texts, the client's texts, method sent.
const FILES: &[Expected] = &[
    expect("recorded/aws-cli-debug.log", MISMATCH, Some("aws-cli"), Whole, Whole, Some("GET")),
    expect("recorded/aws4.log", None, None, No, Whole, None),
    expect("recorded/awscurl.log", MISMATCH, Some("awscurl"), Whole, Whole, Some("GET")),
    expect("recorded/boto3-debug.log", MISMATCH, Some("boto3"), Whole, Whole, Some("PUT")),
    expect(
        "recorded/boto3-sigv2.log",
        Some("InvalidRequest"),
        Some("boto3"),
        No,
        ToSign,
        Some("PUT"),
    ),
    expect("recorded/curl.log", MISMATCH, Some("curl"), Whole, No, Some("GET")),
    expect("recorded/go-v1-debug.log", MISMATCH, Some("aws-sdk-go"), Whole, Whole, Some("PUT")),
    expect("recorded/js-v3.log", MISMATCH, Some("aws-sdk-js"), Whole, No, None),
    expect("recorded/minio-py.log", MISMATCH, Some("minio-py"), No, No, Some("GET")),
    expect("recorded/rclone-1.60-dump.log", MISMATCH, Some("rclone"), No, No, Some("GET")),
    expect("recorded/rclone-1.75-dump.log", MISMATCH, Some("rclone"), No, No, Some("GET")),
    expect("recorded/rust.log", MISMATCH, Some("aws-sdk-rust"), Whole, No, None),
    expect("recorded/s3cmd-debug.log", MISMATCH, Some("s3cmd"), No, Shown, Some("GET")),
    expect("recorded/s3cmd-put.log", MISMATCH, Some("s3cmd"), Whole, Shown, Some("PUT")),
    expect("rebuilt/api-gateway.json", None, None, Whole, No, None),
    expect("rebuilt/botocore-retry.log", MISMATCH, Some("botocore"), Whole, Whole, None),
    expect("rebuilt/captured.log", MISMATCH, Some("boto3"), Whole, Whole, Some("GET")),
    expect("rebuilt/ceph.xml", MISMATCH, None, No, No, None),
    expect("rebuilt/crt.log", None, Some("aws-crt"), No, Whole, None),
    expect("rebuilt/curl-8.log", MISMATCH, Some("curl"), Whole, Whole, Some("GET")),
    expect("rebuilt/docker.json", None, None, No, Whole, None),
    expect("rebuilt/dynamodb.json", Some("InvalidSignatureException"), None, No, No, None),
    expect("rebuilt/ec2.xml", Some("AuthFailure"), None, No, No, None),
    expect("rebuilt/expired-token.xml", Some("ExpiredToken"), None, No, No, None),
    expect("rebuilt/go-json.log", MISMATCH, None, Whole, No, None),
    expect("rebuilt/google.xml", MISMATCH, None, Whole, No, None),
    expect("rebuilt/java-v1.log", MISMATCH, Some("aws-sdk-java"), No, Whole, None),
    expect("rebuilt/java-v2.log", MISMATCH, Some("aws-sdk-java"), No, Whole, None),
    expect("rebuilt/kubernetes.log", MISMATCH, None, No, Whole, None),
    expect("rebuilt/minio.xml", MISMATCH, None, No, No, None),
    expect("rebuilt/node-wrapper.log", None, None, No, Whole, None),
    expect("rebuilt/presigned.txt", Some("AccessDenied"), None, No, No, Some("PUT")),
    expect("rebuilt/python-logging.log", None, None, No, Whole, None),
    expect("rebuilt/r2.xml", MISMATCH, None, Whole, No, None),
    expect("rebuilt/radosgw.log", None, None, ToSign, No, None),
    expect("rebuilt/request.http", None, None, No, No, Some("PUT")),
    expect("rebuilt/rust-trace.log", MISMATCH, Some("aws-sdk-rust"), No, Whole, None),
    expect("rebuilt/s3-blanks.xml", MISMATCH, None, Whole, No, None),
    expect("rebuilt/s3-cut.xml", MISMATCH, None, Altered, No, None),
    expect("rebuilt/s3-entities.html", MISMATCH, None, Whole, No, None),
    expect("rebuilt/s3-pretty.xml", MISMATCH, None, Whole, No, None),
    expect("rebuilt/s3-quoted.txt", MISMATCH, None, Whole, No, None),
    expect("rebuilt/s3-wrapped.json", MISMATCH, None, Whole, No, None),
    expect("rebuilt/s3.xml", MISMATCH, None, Whole, No, None),
    expect("rebuilt/selling-partner.json", Some("InvalidSignature"), None, Whole, No, None),
    expect("rebuilt/sqs.xml", MISMATCH, None, Whole, No, None),
    expect("rebuilt/wire.log", None, None, No, No, Some("POST")),
];

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evidence");
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn first(name: &str) -> Case {
    evidence::read(&file(name))
        .cases
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("{name}: no case"))
}

fn side(texts: &Texts) -> Side {
    match (texts.is_intact(), &texts.canonical_request, &texts.string_to_sign) {
        (Some(true), ..) => Whole,
        (Some(false), ..) => Altered,
        (None, Some(_), _) => Shown,
        (None, None, Some(_)) => ToSign,
        (None, None, None) => No,
    }
}

#[test]
fn every_file_is_read_as_expected() {
    for expected in FILES {
        let case = first(expected.file);
        let name = expected.file;
        assert_eq!(case.answer.code.as_deref(), expected.code, "code of {name}");
        assert_eq!(case.client_name.as_deref(), expected.client, "client of {name}");
        assert_eq!(side(&case.server), expected.theirs, "server's texts of {name}");
        assert_eq!(side(&case.client), expected.ours, "client's texts of {name}");
        let sent = case.sent.as_ref().map(|request| request.method.as_str());
        assert_eq!(sent, expected.sent, "request of {name}");
    }
}

#[test]
fn every_file_is_expected() {
    for folder in ["recorded", "rebuilt"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evidence").join(folder);
        for entry in std::fs::read_dir(path).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(FILES.iter().any(|expected| expected.file == name), "{name}");
        }
    }
}

#[test]
fn the_server_is_never_taken_for_the_client() {
    for name in ["recorded/curl.log", "recorded/js-v3.log", "recorded/rust.log", "rebuilt/sqs.xml"]
    {
        for case in evidence::read(&file(name)).cases {
            assert!(case.client.is_empty(), "{name}");
        }
    }
    let case = first("rebuilt/curl-8.log");
    let (ours, theirs) = (case.client.canonical_request, case.server.canonical_request);
    assert!(ours.unwrap().text.contains("accept-encoding:identity"));
    assert!(theirs.unwrap().text.contains("accept-encoding:gzip"));
    for case in evidence::error_body(&file("recorded/aws4.log")).cases {
        assert!(case.client.is_empty() && !case.server.is_empty());
    }
}

#[test]
fn several_requests_give_several_cases() {
    let cases = evidence::client_log(&file("rebuilt/botocore-retry.log")).cases;
    assert_eq!(cases.len(), 2);
    for case in &cases {
        let time = |texts: &Texts| texts.parsed().unwrap().time.to_owned();
        assert_eq!(time(&case.server), time(&case.client));
    }
    assert_eq!(evidence::read(&file("recorded/go-v1-debug.log")).cases.len(), 2);
    assert_eq!(evidence::read(&file("recorded/js-v3.log")).cases.len(), 3);
}

/// What botocore logs of a request that was signed this many seconds after midnight.
fn logged(second: usize) -> String {
    let time = format!("20260415T{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60);
    let canonical = format!(
        "GET\n/k{second}\n\nhost:b.s3.eu-west-1.amazonaws.com\nx-amz-date:{time}\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD"
    );
    let hash = sha256_hex(canonical.as_bytes());
    format!(
        "botocore.auth [DEBUG] CanonicalRequest:\n{canonical}\nbotocore.auth [DEBUG] StringToSign:\nAWS4-HMAC-SHA256\n{time}\n20260415/eu-west-1/s3/aws4_request\n{hash}\nbotocore.auth [DEBUG] Signature:\n{hash}\nbotocore.parsers [DEBUG] Response headers: {{}}\n"
    )
}

#[test]
fn a_request_is_found_wherever_it_stands_in_a_long_log() {
    let log: String = (0..3_000).map(logged).collect();
    for second in [0, 1_500, 2_999] {
        let about = evidence::read(logged(second).as_bytes()).cases.remove(0);
        let about = Case { server: about.client, ..Case::default() };
        let found = evidence::read_about(log.as_bytes(), &about);
        assert_eq!((found.cases.len(), found.left_out), (64, 2_936));
        let fits = |case: &&Case| about.relation(case) == evidence::Relation::SameText;
        assert_eq!(found.cases.iter().filter(fits).count(), 1, "{second}");
    }
    let last = evidence::read(log.as_bytes()).cases.pop().unwrap();
    assert!(last.client.canonical_request.unwrap().text.starts_with("GET\n/k2999\n"));
}

#[test]
fn a_captured_error_is_found_among_many() {
    let line = |number: usize| {
        format!(
            "{{\"sigdrift\":1,\"time\":\"2026-04-15T07:42:07Z\",\"code\":\"SignatureDoesNotMatch\",\"request_id\":\"R{number}\"}}\n"
        )
    };
    let log: String = (0..200).map(line).collect();
    let about = evidence::read(line(3).as_bytes()).cases.remove(0);
    let found = evidence::read_about(log.as_bytes(), &about);
    let ids: Vec<&str> =
        found.cases.iter().filter_map(|case| case.answer.request_id.as_deref()).collect();
    assert_eq!((ids.len(), found.left_out, ids[0], ids[63]), (64, 136, "R3", "R199"));
}

#[test]
fn a_signature_behind_its_label_tells_requests_of_one_second_apart() {
    let one = evidence::read(logged(1).as_bytes()).cases.remove(0);
    let other = logged(1).replace("Signature:\n", "Signature:\n0");
    let other = evidence::read(other.as_bytes()).cases.remove(0);
    assert_eq!(one.relation(&one), evidence::Relation::Same);
    assert_eq!(one.relation(&other), evidence::Relation::OtherSignature);
}

#[test]
fn labels_without_members_are_read_in_bounded_time() {
    let log = "botocore.auth [DEBUG] CanonicalRequest:\nno more of it a:b c:d e:f\n".repeat(40_000);
    let began = std::time::Instant::now();
    assert!(evidence::read(log.as_bytes()).cases.is_empty());
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn answers_tell_whose_they_are_and_what_else_they_know() {
    for (name, vendor) in [
        ("rebuilt/s3.xml", Vendor::S3),
        ("rebuilt/r2.xml", Vendor::R2),
        ("rebuilt/google.xml", Vendor::Google),
        ("rebuilt/minio.xml", Vendor::Minio),
        ("rebuilt/ceph.xml", Vendor::Ceph),
        ("rebuilt/sqs.xml", Vendor::Aws),
        ("rebuilt/dynamodb.json", Vendor::Aws),
    ] {
        assert_eq!(first(name).answer.vendor, Some(vendor), "{name}");
    }
    let case = first("rebuilt/presigned.txt");
    assert_eq!(case.answer.detail("ServerTime"), Some("2026-04-15T08:00:00Z"));
    let case = first("rebuilt/expired-token.xml");
    assert!(case.answer.echoes_token && !format!("{:?}", case.answer).contains("PLANTED"));
    assert_eq!(first("rebuilt/sqs.xml").answer.status, Some(403));
    assert!(first("rebuilt/request.http").sent.unwrap().body.as_deref() == Some(b"a\r\nbc"));
}

#[test]
fn nothing_secret_is_printed() {
    let secrets = ["0f1e2d3c4b5a69788796a5b4c3d2e1f0", "PLANTEDTOKEN", "FwoGZXca"];
    for expected in FILES {
        let found = evidence::read(&file(expected.file));
        let printed = format!("{found:?} {:?}", found.cases);
        for secret in secrets {
            assert!(!printed.contains(secret), "{}", expected.file);
        }
        for problem in &found.problems {
            assert!(problem.len() < 200, "{problem}");
        }
    }
}

proptest! {
    #[test]
    fn no_cut_or_change_of_a_file_panics(
        file_number in 0..FILES.len(), from in 0.0..1.0f64, to in 0.0..1.0f64, at in 0.0..1.0f64, byte in any::<u8>(),
    ) {
        let mut bytes = file(FILES[file_number].file);
        let place = |part: f64| (bytes.len() as f64 * part) as usize;
        let (from, to, at) = (place(from), place(to), place(at));
        bytes[at] = byte;
        let _ = evidence::read(&bytes[from.min(to)..from.max(to)]);
        let _ = evidence::error_body(&bytes[from.min(to)..]);
    }
}
