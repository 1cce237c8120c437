//! Evidence that holds more than it should, less, or of two requests: what it still tells, and what it
//! does not.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod failing;

use failing::{SECRET, TIME, hash_alone, refused, request, signature, to_sign, told, whole};
use sigdrift_signature::case::{CanonicalText, Case};
use sigdrift_signature::explain::{Explanation, Question, explain};
use sigdrift_signature::secret::{EMPTY_SHA256, sha256_hex};
use sigdrift_signature::{CauseId, Confidence, HttpRequest, Scope, Secret, Signature, SigningKey};

use CauseId as C;
use Confidence::{Likely, Proven, Strong, Unknown};

const ENOUGH: u64 = 100_000;
const HOST: &str = "b.s3.eu-west-1.amazonaws.com";

fn text(path: &str, more: &[(&str, &str)]) -> String {
    let mut headers =
        vec![("host", HOST), ("x-amz-content-sha256", EMPTY_SHA256), ("x-amz-date", TIME)];
    for (name, value) in more {
        headers.retain(|(known, _)| known != name);
        headers.push((name, value));
    }
    headers.sort_unstable();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    format!("GET\n{path}\n\n{lines}\n{names}\n{EMPTY_SHA256}")
}

fn encoded(value: &str) -> String {
    text("/k", &[("accept-encoding", value)])
}

fn short(told: &Explanation) -> (CauseId, Confidence) {
    (told.cause, told.confidence)
}

fn component(told: &Explanation) -> (CauseId, Option<&str>) {
    (told.cause, told.component.as_deref())
}

#[test]
fn what_stands_around_a_secret_is_not_what_the_signer_lost() {
    let plain = text("/k", &[]);
    let case = refused(&plain, &plain);
    for given in [
        format!("aws_secret_access_key = {SECRET}"),
        format!("AKIAIOSFODNN7EXAMPLE,{SECRET}"),
        format!("AKIAIOSFODNN7EXAMPLE\n{SECRET}"),
        format!("\u{feff}{SECRET}"),
        format!("{SECRET}\u{a0}"),
        format!("{SECRET}\n"),
        format!("{SECRET} "),
        format!("\"{SECRET}\""),
        format!("{SECRET}A"),
    ] {
        let explained = told(&case, Some(&given), ENOUGH);
        assert_eq!(short(&explained), (C::WrongSecret, Strong), "{given}");
        assert_eq!(explained.alternatives[0].cause, C::SecretMalformed, "{given}");
        assert!(!format!("{explained:?}").contains(SECRET));
    }
    // The whole secret was given, and the signer has lost its end.
    let mut case = refused(&plain, &plain);
    case.signature = Some(signature(&SECRET[..38], &plain));
    assert_eq!(
        component(&told(&case, Some(SECRET), ENOUGH)),
        (C::SecretMalformed, Some("truncated"))
    );
}

#[test]
fn the_secret_within_what_was_given_finds_what_was_signed() {
    let case = refused(&encoded("identity"), &encoded("gzip"));
    let explained = told(&case, Some(&format!("\"{SECRET}\"")), ENOUGH);
    assert_eq!(component(&explained), (C::HeaderChanged, Some("accept-encoding")));
}

#[test]
fn a_signature_in_capitals_is_no_sign_of_a_wrong_secret() {
    let in_capitals =
        |signed: &str| Signature::of_hex(&signature(SECRET, signed).reveal().to_uppercase());
    let plain = text("/k", &[]);
    let mut case = refused(&plain, &plain);
    case.signature = in_capitals(&plain);
    let explained = told(&case, Some(SECRET), ENOUGH);
    assert_eq!(short(&explained), (C::MalformedAuthorization, Strong));
    assert!(!format!("{explained:?}").contains(&in_capitals(&plain).unwrap().reveal()));
    // Beside a change it is a second fault.
    let mut case = refused(&encoded("identity"), &encoded("gzip"));
    case.signature = in_capitals(&encoded("identity"));
    let explained = told(&case, Some(SECRET), ENOUGH);
    assert_eq!(short(&explained), (C::HeaderChanged, Strong));
    assert!(explained.alternatives.iter().any(|other| other.cause == C::MalformedAuthorization));
}

#[test]
fn a_log_with_another_key_id_or_signature_is_of_another_request() {
    let log = |id: &str, signed: &str| Case {
        client: whole(&encoded("identity")),
        access_key_id: Some(id.to_owned()),
        signature: Some(signature(SECRET, signed)),
        ..Case::default()
    };
    let (own, other) = ("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE");
    let with = |log: Case| {
        let mut case = refused(&encoded("identity"), &encoded("gzip"));
        case.access_key_id = Some(own.to_owned());
        case.merge(log);
        told(&case, None, ENOUGH)
    };
    assert_eq!(short(&with(log(own, &encoded("identity")))), (C::HeaderChanged, Proven));
    for log in [log(other, &encoded("identity")), log(own, &encoded("br"))] {
        let explained = with(log);
        assert!(explained.confidence < Strong, "{explained:?}");
        assert!(explained.notes.iter().any(|note| note.contains("another request")));
    }
    // A key id that somebody masked says nothing.
    let masked = with(log("AKIAXXXXXXXXXXXXXXXX", &encoded("identity")));
    assert_eq!(short(&masked), (C::HeaderChanged, Proven));
}

#[test]
fn a_damaged_secret_is_told_beside_a_change_that_the_texts_show() {
    let mut case = refused(&encoded("identity"), &encoded("gzip"));
    case.client = whole(&encoded("identity"));
    case.signature = Some(signature(&format!("{SECRET}\n"), &encoded("identity")));
    let explained = told(&case, Some(SECRET), ENOUGH);
    assert_eq!(short(&explained), (C::HeaderChanged, Strong));
    let other = &explained.alternatives[0];
    assert_eq!(
        (other.cause, other.component.as_deref()),
        (C::SecretMalformed, Some("trailing-newline"))
    );
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::HeaderChanged, Proven));
}

#[test]
fn keys_differ_only_where_all_of_the_strings_to_sign_is_the_same() {
    let plain = text("/k", &[]);
    let mut case = refused(&plain, &plain);
    case.client = whole(&plain);
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::WrongSecret, Strong));
    let hash = sha256_hex(plain.as_bytes());
    for (from, to) in
        [("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA-256"), (hash.as_str(), &hash.to_uppercase())]
    {
        case.client.string_to_sign = Some(to_sign(&plain).replace(from, to));
        assert_eq!(short(&told(&case, None, ENOUGH)), (C::Undetermined, Unknown), "{to}");
    }
    // The canonical requests are the same, and nothing shows the rest of what the client signed.
    case.client.string_to_sign = None;
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::WrongSecret, Likely));
}

#[test]
fn a_line_end_behind_the_last_line_is_the_signers() {
    let plain = text("/k", &[]);
    let signed = format!("{plain}\n");
    let mut case = refused(&signed, &plain);
    assert_eq!(
        short(&told(&case, Some(SECRET), ENOUGH)),
        (C::SignerHeaderCanonicalization, Proven)
    );
    case.client = whole(&signed);
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::SignerHeaderCanonicalization, Proven));
    case.client = hash_alone(&signed);
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::SignerHeaderCanonicalization, Proven));
}

#[test]
fn what_somebody_masked_is_put_right_from_the_other_sides_text() {
    let verified = encoded("gzip");
    let mut case = refused(&encoded("identity"), &verified);
    case.client = whole(&encoded("identity"));
    for mask in ["mybucket", "[REDACTED]", "*****"] {
        let masked = verified.replace("host:b.", &format!("host:{mask}.")).replace("/k", "/KEY");
        case.server.canonical_request = Some(CanonicalText::found(masked));
        let explained = told(&case, None, ENOUGH);
        assert_eq!(short(&explained), (C::HeaderChanged, Proven), "{mask}");
        assert_eq!(explained.diff.len(), 1, "{mask}");
    }
}

#[test]
fn two_texts_that_differ_in_two_places_leave_no_one_cause() {
    let mut case = refused(&encoded("identity"), &encoded("gzip").replace("GET\n", "POST\n"));
    case.client = whole(&encoded("identity"));
    let explained = told(&case, None, ENOUGH);
    assert_eq!(explained.confidence, Likely);
    assert!(!explained.alternatives.is_empty());
}

#[test]
fn a_signature_of_version_4a_is_what_a_multi_region_access_point_takes() {
    let verified =
        text("/k", &[("host", "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com")]);
    let mut case = refused(&text("/other", &[]), &verified);
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::EndpointMismatch, Strong));
    let v4a = to_sign(&verified).replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
    case.server.string_to_sign = Some(v4a.replace("/eu-west-1", ""));
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::Undetermined, Unknown));
}

#[test]
fn a_scope_that_does_not_fit_its_host_is_seen_for_every_service() {
    let headers = |host: &'static str| [("host", host), ("x-amz-date", TIME)];
    for (host, cause) in [
        ("sqs.eu-west-1.amazonaws.com", C::WrongService),
        ("bedrock-runtime.eu-west-1.amazonaws.com", C::WrongService),
        ("search-x-abc.eu-west-1.es.amazonaws.com", C::WrongService),
        ("sqs.eu-central-1.amazonaws.com", C::WrongRegion),
        ("sts.amazonaws.com", C::WrongRegion),
    ] {
        let case = Case { sent: Some(request("GET", "/", &headers(host))), ..Case::default() };
        assert_eq!(short(&told(&case, None, ENOUGH)), (cause, Strong), "{host}");
    }
    // One that compared signatures has taken the name in the scope.
    let at = "email.eu-west-1.amazonaws.com";
    let verified = text("/", &[("host", at)]);
    let mut case = refused("another", &verified);
    case.server.string_to_sign = Some(to_sign(&verified).replace("/s3/", "/email/"));
    assert_eq!(told(&case, None, ENOUGH).cause, C::Undetermined);
    // Nothing tells which service stands behind an example's host.
    let headers = headers("example.amazonaws.com");
    let case = Case { sent: Some(request("GET", "/", &headers)), ..Case::default() };
    assert!(![C::WrongService, C::WrongRegion].contains(&told(&case, None, ENOUGH).cause));
}

#[test]
fn slashes_that_were_merged_are_found_again() {
    for signed in ["/a//b", "//a/b", "/a///b", "//a//b", "/a///b//"] {
        let end = if signed.ends_with('/') { "/" } else { "" };
        let case = refused(&text(signed, &[]), &text(&format!("/a/b{end}"), &[]));
        let explained = told(&case, Some(SECRET), ENOUGH);
        assert_eq!(component(&explained), (C::PathChanged, Some("slash-merged")), "{signed}");
    }
}

#[test]
fn what_happened_on_the_way_is_named_and_not_what_was_signed() {
    for (signed, verified, kind) in [
        ("/a%2520b", "/a%20b", "decoded"),
        ("/a%20b", "/a%2520b", "double-encoded"),
        ("/in/a.bin", "/out/z.bin", "key"),
    ] {
        let mut case = refused(&text(signed, &[]), &text(verified, &[]));
        case.client = whole(&text(signed, &[]));
        let headers =
            [("host", HOST), ("x-amz-content-sha256", EMPTY_SHA256), ("x-amz-date", TIME)];
        case.sent = Some(request("GET", signed, &headers));
        assert_eq!(component(&told(&case, None, ENOUGH)), (C::PathChanged, Some(kind)), "{signed}");
    }
}

#[test]
fn names_and_blanks_around_a_stated_hash_are_no_other_hash() {
    let verified = text("/k", &[]);
    for signed in [
        verified
            .replace("host:", "Host:")
            .replace("x-amz-content-sha256:", "X-Amz-Content-Sha256:"),
        verified.replace("x-amz-content-sha256:", "x-amz-content-sha256: "),
    ] {
        let mut case = refused(&signed, &verified);
        case.client = whole(&signed);
        let explained = told(&case, None, ENOUGH);
        assert_eq!(short(&explained), (C::SignerHeaderCanonicalization, Proven), "{signed}");
    }
}

#[test]
fn a_key_that_was_derived_for_another_region_is_stale() {
    let plain = text("/k", &[]);
    let mut case = refused(&plain, &plain);
    let scope = Scope::new(&TIME[..8], "us-east-1", "s3");
    let key = SigningKey::derive(&Secret::new(SECRET), &scope);
    case.signature = Some(key.sign(to_sign(&plain).as_bytes()));
    let explained = told(&case, Some(SECRET), ENOUGH);
    assert_eq!(component(&explained), (C::SignerKeyDerivation, Some("stale-key")));
}

#[test]
fn what_is_masked_or_left_out_of_a_pasted_request_accuses_nobody() {
    let request = |headers: &str| {
        format!(
            "GET /k HTTP/1.1\nHost: media.s3.eu-west-1.amazonaws.com\n{headers}Authorization: AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE000000001/20260415/eu-west-1/s3/aws4_request, SignedHeaders=host;user-agent;x-amz-content-sha256;x-amz-date, Signature={}\n\n",
            "0".repeat(64)
        )
    };
    for headers in [
        // A mask is no value.
        "User-Agent: x\nX-Amz-Content-Sha256: XXXXXXXXXXXX\nX-Amz-Date: 20260415T074200Z\n",
        // A part of a request lacks more than the date.
        "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\n",
    ] {
        let sent = HttpRequest::parse(request(headers).as_bytes()).unwrap();
        let case = Case { sent: Some(sent), ..Case::default() };
        let told = explain(&case, &Question::default());
        assert!(told.confidence < Confidence::Strong, "{headers}: {told:?}");
    }
}
