//! The whole reader, over the logs of real and rebuilt clients (`fixtures/application_log`).

use std::{fmt::Write as _, fs, path::PathBuf};

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use expected::TABLE;

mod expected;

/// What S3 says of a wrong signature, and what the other services say.
const SAID: &[(&str, &str)] = &[
    (
        "(as S3)",
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method.",
    ),
    (
        "(as others)",
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. \
         Consult the service documentation for details.",
    ),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/application_log")
}

fn fixture(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn read(text: &str) -> Vec<LoggedError> {
    read_with(ApplicationLog::new(), text)
}

fn read_with(mut log: ApplicationLog, text: &str) -> Vec<LoggedError> {
    let mut all = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        all.extend(log.line(number, line));
    }
    all.extend(log.finish());
    all
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Every field that an error has, in one line; of the long texts the first digits of their hash.
fn shown(error: &LoggedError) -> String {
    let mut out = format!("{} {}", error.line, error.code);
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(out, " {name}={value}");
        }
    };
    let brief = |text: &Option<String>| text.as_ref().map(|text| hash(text)[..8].to_owned());
    let time = error.time.map(|time| jiff::Timestamp::from_second(time).unwrap().to_string());
    field("client", error.client.map(str::to_owned));
    field("time", time);
    field("status", error.status.map(|status| status.to_string()));
    field("service", error.service.clone());
    field("operation", error.operation.clone());
    field("region", error.region.clone());
    field("key", error.access_key_id.clone());
    field("request", error.request_id.clone());
    field("host_id", error.host_id.clone());
    field("host", error.host.clone());
    field("method", error.method.clone());
    field("url", error.url.clone());
    field("canonical", brief(&error.canonical_request));
    field("string", brief(&error.string_to_sign));
    field("client_canonical", brief(&error.client_canonical_request));
    field("client_string", brief(&error.client_string_to_sign));
    field("agent", error.user_agent.clone());
    let said = |message: &str| {
        let short = SAID.iter().find(|(_, words)| *words == message).map_or(message, |row| row.0);
        short.to_owned()
    };
    field("message", error.message.as_deref().map(said));
    out
}

#[test]
fn each_log_gives_the_errors_that_its_client_met() {
    for (name, expected) in TABLE {
        let found: Vec<String> = read(&fixture(name)).iter().map(shown).collect();
        assert_eq!(found, *expected, "{name}");
    }
    let mut listed: Vec<&str> = TABLE.iter().map(|row| row.0).collect();
    listed.sort_unstable();
    let files = fs::read_dir(folder()).unwrap().map(|f| f.unwrap().file_name().into_string());
    let mut files: Vec<String> =
        files.map(Result::unwrap).filter(|f| f.ends_with(".log")).collect();
    files.sort_unstable();
    assert_eq!(listed, files, "each fixture stands in the table");
}

/// What no table can get wrong: a string to sign ends with the hash of its canonical request.
#[test]
fn canonical_requests_are_read_to_the_byte() {
    let mut checked = 0;
    for (name, _) in TABLE {
        for error in read(&fixture(name)) {
            let service = (&error.canonical_request, &error.string_to_sign);
            let client = (&error.client_canonical_request, &error.client_string_to_sign);
            for (request, string) in [service, client] {
                let (Some(request), Some(string)) = (request, string) else { continue };
                // A masked token changes the hash.
                if !request.contains("{sha256:") {
                    assert_eq!(string.lines().last(), Some(hash(request).as_str()), "{name}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 12, "{checked}");
}

#[test]
fn windows_line_ends_change_nothing() {
    for (name, expected) in TABLE {
        let text = fixture(name).replace('\n', "\r\n");
        let mut log = ApplicationLog::new();
        let mut all = Vec::new();
        for (number, line) in (1..).zip(text.split('\n')) {
            all.extend(log.line(number, line));
        }
        all.extend(log.finish());
        assert_eq!(all.iter().map(shown).collect::<Vec<_>>(), *expected, "{name}");
    }
}

/// Logs of many clients in one file: none takes lines of another, or an error for its own.
/// As `tracing` and `zerolog` colour what they write to a terminal.
#[test]
fn colours_change_nothing() {
    let plain = "2026-04-15T07:20:13.000000Z ERROR app: put failed: SignatureDoesNotMatch: \
                 The request signature we calculated does not match the signature you provided. \
                 aws_request_id: R0000001";
    let coloured = plain
        .replacen("2026-04-15T07:20:13.000000Z", "\x1b[2m2026-04-15T07:20:13.000000Z\x1b[0m", 1)
        .replacen("ERROR", "\x1b[31mERROR\x1b[0m", 1)
        .replacen("Signature", "\x1b[1mSignature\x1b[0m", 1)
        .replacen("aws_request_id", "\x1b[3maws_request_id\x1b[0m\x1b[2m", 1);
    let found = read(&coloured);
    assert_eq!(found, read(plain));
    assert_eq!(found[0].time, Some(1_776_237_613));
}

#[test]
fn errors_are_found_alike_in_a_mixed_log() {
    let mut expected = Vec::new();
    let mut all = String::new();
    for (name, _) in TABLE {
        let before = all.lines().count() as u64;
        let text = fixture(name);
        expected.extend(read(&text).into_iter().map(|e| (before + e.line, e.code, e.request_id)));
        all.push_str(&text);
    }
    let mut found: Vec<_> =
        read(&all).into_iter().map(|e| (e.line, e.code, e.request_id)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn no_session_token_and_no_signature_gets_out() {
    let mut seen = 0;
    for (name, _) in TABLE {
        let text = fixture(name);
        let secrets: Vec<&str> = planted(&text);
        seen += secrets.len();
        let out = format!("{:?}", read(&text));
        for secret in secrets {
            assert!(!out.contains(secret), "{name}: {secret}");
            assert!(!out.contains(&secret[..secret.len() / 2]), "{name}: {secret}");
        }
    }
    assert!(seen > 20, "{seen}");
}

/// The session tokens and signatures in a log.
fn planted(text: &str) -> Vec<&str> {
    let names = [
        "x-amz-security-token:",
        "X-Amz-Security-Token': b'",
        "<Token-0>",
        "Signature=",
        "<SignatureProvided>",
        "SignatureProvided: '",
        "\"SignatureProvided\":\"",
        "Signature:\n",
    ];
    names
        .iter()
        .flat_map(|name| text.match_indices(name).map(move |(at, _)| &text[at + name.len()..]))
        .map(|rest| {
            let in_value = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
            &rest[..rest.find(|c| !in_value(c)).unwrap_or(rest.len())]
        })
        .filter(|value| value.len() > 12)
        .collect()
}

#[test]
fn two_failures_without_ids_stay_two_and_one_with_an_id_is_one() {
    let line =
        "ERROR An error occurred (SignatureDoesNotMatch) when calling the GetObject operation: no";
    assert_eq!(read(&format!("{line}\n{line}")).len(), 2);
    let line = "x SignatureDoesNotMatch: no\n\tstatus code: 403, request id: A1, host id: b";
    assert_eq!(read(&format!("{line}\n{line}")).len(), 1);
    // Also when the first has long been given out.
    let gap = "ordinary\n".repeat(500);
    assert_eq!(read(&format!("{line}\n{gap}{line}")).len(), 1);
}

#[test]
fn what_stands_between_operation_and_words_is_none_of_either() {
    let line = "An error occurred (SignatureDoesNotMatch) when calling the PutObject operation \
                (reached max retries: 4): Signature expired: 20260415T074200Z is now earlier than x";
    let found = read(line);
    assert_eq!(found[0].operation.as_deref(), Some("PutObject"));
    let told = found[0].message.as_deref().unwrap();
    assert!(told.starts_with("Signature expired: 2026"), "{told}");
}

#[test]
fn a_debug_log_in_json_shows_what_the_client_signed() {
    let request = format!("GET\\n/a\\n\\nhost:h\\n\\nhost\\n{}", hash(""));
    let text = format!(
        "{{\"level\":\"debug\",\"message\":\"CanonicalRequest:\\n{request}\"}}\n\
         {{\"level\":\"error\",\"message\":\"An error occurred (SignatureDoesNotMatch) \
         when calling the GetObject operation: no\"}}"
    );
    let found = read(&text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].client_canonical_request, Some(request.replace("\\n", "\n")));
    assert_eq!(found[0].host.as_deref(), Some("h"));
}

#[test]
fn the_reader_itself_shows_nothing_of_what_it_read() {
    let mut log = ApplicationLog::new();
    log.line(1, "SignatureDoesNotMatch: x-amz-security-token:SECRET");
    assert!(!format!("{log:?}").contains("SECRET"));
}

#[test]
fn an_error_is_given_out_while_the_log_goes_on() {
    let mut log = ApplicationLog::new();
    assert_eq!(log.line(1, "ERROR x SignatureDoesNotMatch: no"), []);
    let found: Vec<_> = (2..1000).flat_map(|number| log.line(number, "INFO fine")).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(log.finish(), []);
}

#[test]
fn long_and_deep_input_is_read_in_time_and_memory() {
    let code = "An error occurred (SignatureDoesNotMatch) when calling the GetObject operation: x ";
    let inputs = [
        "a".repeat(1 << 20) + " " + code,
        code.repeat((1 << 20) / code.len()),
        "code: Some(\"AccessDenied\") ".repeat(1 << 15) + code,
        "<Error><Code>".repeat(1 << 16) + "SignatureDoesNotMatch",
        "<Error><Code>SignatureDoesNotMatch</Code><Message>".repeat(1 << 14),
        "CanonicalRequest: 'SignatureDoesNotMatch ".repeat(1 << 14),
        "The Canonical String for this request should have been '' ".repeat(1 << 14) + code,
        "The Canonical String for this request should have been ".to_owned() + &"'".repeat(1 << 20),
        "{\"a\":".repeat(1 << 16) + "\"SignatureDoesNotMatch\"" + &"}".repeat(1 << 16),
        "[".repeat(1 << 18) + "{\"code\":\"SignatureDoesNotMatch\"}",
        "{\"code\":\"SignatureDoesNotMatch\",\"message\":\"".to_owned()
            + &"\\\\".repeat(1 << 19)
            + "\"}",
        "SignatureDoesNotMatch: &amp;&#x41;\\".repeat(1 << 15),
        "<Error>SignatureDoesNotMatch\n".to_owned()
            + &"at com.example.A.b(A.java:1)\n".repeat(1 << 16),
        ("CanonicalRequest:\nGET\n".to_owned() + &"a:b\n".repeat(1 << 8)).repeat(1 << 6),
        "x-amz-security-token:".repeat(1 << 15) + code,
        "Signature=a Signature=".repeat(1 << 14) + code,
        "(Service: S3, Status Code: 403, Request ID: ".repeat(1 << 14) + code,
        "message: The request signature we calculated does not match ".repeat(1 << 14),
    ];
    for input in inputs {
        let begun = std::time::Instant::now();
        let found = read(&input);
        let size = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        for error in &found {
            assert!(size(&error.message) <= limits::MESSAGE);
            assert!(size(&error.canonical_request) <= limits::CANONICAL);
            assert!(size(&error.url) <= limits::MESSAGE);
        }
        // Far above what linear work takes even unoptimised, far below what quadratic would.
        let taken = begun.elapsed();
        assert!(taken.as_secs() < 60, "{taken:?}: {}", cap(&input, 60));
    }
}

/// Parts of logs, to be put together at random.
fn part() -> impl Strategy<Value = String> {
    let lines: Vec<String> = TABLE
        .iter()
        .flat_map(|(name, _)| fixture(name).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    prop_oneof![
        8 => proptest::sample::select(lines.clone()),
        2 => (proptest::sample::select(lines), any::<proptest::sample::Index>()).prop_map(
            |(line, at)| {
                let mut at = at.index(line.len() + 1);
                while !line.is_char_boundary(at) {
                    at -= 1;
                }
                line[at..].to_owned()
            }
        ),
        1 => "[ -~]{0,60}",
        1 => "(\\{\"|\\}|'|\"|\\\\|<Error>|</|: |Some\\(|\\+ |\\(|&#x|x-amz-security-token:){0,9}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_it_panic(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20)) {
        let mut log = ApplicationLog::new();
        for (number, line) in (1..).zip(&lines) {
            log.line(number, &String::from_utf8_lossy(line));
            // The recognisers behind the prefilter as well.
            extract::all(&String::from_utf8_lossy(line), 0);
        }
        log.finish();
    }

    #[test]
    fn no_shuffled_log_makes_it_panic_and_the_slow_search_reads_the_same(
        lines in prop::collection::vec(part(), 0..40)
    ) {
        let text = lines.join("\n");
        let slow = ApplicationLog { needs_work: trigger::is_in_slowly, ..ApplicationLog::new() };
        prop_assert_eq!(read(&text), read_with(slow, &text));
    }

    #[test]
    fn a_line_that_the_prefilter_lets_go_holds_no_error(line in part()) {
        if !trigger::is_in(&line) {
            prop_assert!(extract::all(&line, 0).is_empty());
            prop_assert!(record::of_line(&line).is_none_or(|(found, _)| found.is_empty()));
        }
    }
}
