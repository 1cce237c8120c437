//! What may be called proven, and what may not: evidence that contradicts itself, that shows less than
//! it seems to, or that two causes explain.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod failing;

use failing::{SECRET, TIME, hash_alone, refused, request, signature, to_sign, told, whole};
use sigdrift_signature::case::{CanonicalText, Case};
use sigdrift_signature::explain::Explanation;
use sigdrift_signature::secret::EMPTY_SHA256;
use sigdrift_signature::{CauseId, Confidence};

use CauseId as C;
use Confidence::{Likely, Proven, Strong, Unknown};

/// The cause and what is claimed.
fn short(told: &Explanation) -> (CauseId, Confidence) {
    (told.cause, told.confidence)
}

const ENOUGH: u64 = 100_000;

fn text(method: &str, path: &str, query: &str, more: &[(&str, &str)]) -> String {
    let mut headers = vec![
        ("host", "b.s3.eu-west-1.amazonaws.com"),
        ("x-amz-content-sha256", EMPTY_SHA256),
        ("x-amz-date", TIME),
    ];
    for (name, value) in more {
        headers.retain(|(known, _)| known != name);
        headers.push((name, value));
    }
    headers.sort_unstable();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{EMPTY_SHA256}")
}

fn plain() -> String {
    text("GET", "/k", "", &[])
}

#[test]
fn a_text_that_is_no_canonical_request_is_blamed_on_the_part_that_went_wrong() {
    let verified = text("GET", "/a%0Ab", "", &[]);
    let signed = verified.replace("%0A", "\n");
    let mut case = refused(&signed, &verified);
    case.client = hash_alone(&signed);
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::SignerPathEncoding, Proven));
    case.client = Default::default();
    assert_eq!(short(&told(&case, Some(SECRET), ENOUGH)), (C::SignerPathEncoding, Proven));
    // The server's text is not what the server hashed: somebody altered it.
    case.server.string_to_sign = Some(to_sign("another"));
    assert_eq!(short(&told(&case, Some(SECRET), ENOUGH)), (C::SignerPathEncoding, Likely));
}

#[test]
fn an_altered_text_proves_nothing_even_where_a_search_hits() {
    let verified = text("GET", "/k", "", &[("accept-encoding", "gzip")]);
    let signed = text("GET", "/k", "", &[("accept-encoding", "identity")]);
    let mut case = refused(&signed, &verified);
    case.client = hash_alone(&signed);
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::HeaderChanged, Proven));
    case.server.string_to_sign = Some(to_sign("another"));
    for secret in [None, Some(SECRET)] {
        assert_eq!(short(&told(&case, secret, ENOUGH)), (C::HeaderChanged, Likely));
    }
    // Nobody checked it at all.
    case.server.string_to_sign = None;
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::HeaderChanged, Strong));
}

#[test]
fn a_secret_that_signs_what_the_server_saw_outweighs_texts_of_another_request() {
    // The log of a client that sent two requests in one second, and the refusal of the other.
    let (logged, verified) = (text("GET", "/a/k1", "", &[]), text("GET", "/a/k2", "", &[]));
    let mut case = refused(&verified, &verified);
    case.client = whole(&logged);
    assert_eq!(short(&told(&case, Some(SECRET), ENOUGH)), (C::WrongSecret, Proven));
}

#[test]
fn a_right_signature_proves_a_wrong_secret_only_where_a_mismatch_was_the_refusal() {
    let told_of = |code: Option<&str>, message: Option<&str>, id: &str, text: &str| {
        let mut case = refused(text, text);
        case.answer.code = code.map(str::to_owned);
        case.answer.message = message.map(str::to_owned);
        case.access_key_id = Some(id.to_owned());
        short(&told(&case, Some(SECRET), ENOUGH))
    };
    let (akia, asia) = ("AKIDEXAMPLE", "ASIAEXAMPLE");
    let mismatch = Some("SignatureDoesNotMatch");
    assert_eq!(told_of(mismatch, None, akia, &plain()), (C::WrongSecret, Proven));
    assert_eq!(told_of(mismatch, None, asia, &plain()), (C::WrongSecret, Strong));
    // Temporary credentials show by their token too.
    let with_token = text("GET", "/k", "", &[("x-amz-security-token", "token")]);
    assert_eq!(told_of(mismatch, None, akia, &with_token), (C::WrongSecret, Strong));
    let in_query = text("GET", "/k", "X-Amz-Security-Token=token", &[]);
    assert_eq!(told_of(mismatch, None, akia, &in_query), (C::WrongSecret, Strong));
    // Permission, or nothing said, or something else about the signature.
    let denied = told_of(Some("AccessDenied"), Some("Access Denied"), akia, &plain());
    assert_eq!(denied, (C::Undetermined, Unknown));
    assert_eq!(told_of(Some("NoSuchKey"), None, akia, &plain()), (C::Undetermined, Unknown));
    assert_eq!(told_of(None, None, akia, &plain()), (C::WrongSecret, Strong));
    assert_eq!(
        told_of(Some("IncompleteSignature"), None, akia, &plain()),
        (C::WrongSecret, Strong)
    );
    assert_eq!(told_of(Some("RequestExpired"), None, akia, &plain()), (C::WrongSecret, Strong));
}

#[test]
fn the_signers_own_text_is_not_taken_for_the_verifiers() {
    // What was sent is what was signed, and nothing shows what arrived.
    let headers = [
        ("host", "b.s3.eu-west-1.amazonaws.com"),
        ("x-amz-content-sha256", EMPTY_SHA256),
        ("x-amz-date", TIME),
    ];
    let mut case = Case {
        sent: Some(request("GET", "/k", &headers)),
        client: hash_alone(&plain()),
        ..Case::default()
    };
    case.answer.code = Some("SignatureDoesNotMatch".to_owned());
    let explained = told(&case, None, ENOUGH);
    assert_eq!(short(&explained), (C::Undetermined, Unknown));
    assert!(explained.evidence[0].detail.contains("SHA-256"), "{explained:?}");
    // The client's text, pasted where the server's should stand: the server's hash is another.
    let mut case = refused(&plain(), &plain());
    case.server.string_to_sign = Some(to_sign("what the server saw"));
    case.client = hash_alone(&plain());
    for secret in [None, Some(SECRET)] {
        assert_eq!(short(&told(&case, secret, ENOUGH)), (C::Undetermined, Unknown));
    }
}

#[test]
fn what_either_side_can_make_is_proven_only_with_the_request_as_sent() {
    // A signer that keeps one parameter of a name, or a hop that adds one.
    let verified = text("GET", "/k", "a=1&a=2", &[]);
    let signed = text("GET", "/k", "a=2", &[]);
    let mut case = refused(&signed, &verified);
    case.client = whole(&signed);
    let open = told(&case, None, ENOUGH);
    assert_eq!(short(&open), (C::QueryChanged, Strong));
    assert!(open.alternatives.iter().any(|other| other.cause == C::SignerQueryEncoding));
    let headers = [
        ("host", "b.s3.eu-west-1.amazonaws.com"),
        ("x-amz-content-sha256", EMPTY_SHA256),
        ("x-amz-date", TIME),
    ];
    case.sent = Some(request("GET", "/k?a=1&a=2", &headers));
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::SignerQueryEncoding, Proven));
    case.sent = Some(request("GET", "/k?a=2", &headers));
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::QueryChanged, Proven));
    // Neither the signed nor the verified one was sent: two things happened.
    case.sent = Some(request("GET", "/k?a=1", &headers));
    assert!(told(&case, None, ENOUGH).confidence < Proven);
}

#[test]
fn one_of_several_headers_may_be_all_that_was_signed() {
    let verified = text("GET", "/k", "", &[("x-amz-meta-a", "1,2")]);
    let signed = text("GET", "/k", "", &[("x-amz-meta-a", "2")]);
    let mut case = refused(&signed, &verified);
    case.client = whole(&signed);
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::HeaderChanged, Strong));
}

#[test]
fn a_secret_that_is_damaged_itself_accuses_nobody() {
    let mut case = refused(&plain(), &plain());
    let told_of = |case: &Case, secret: &str| short(&told(case, Some(secret), ENOUGH));
    // The signer had it right: what was given has a space behind it, or quotes around it.
    assert_eq!(told_of(&case, &format!("{SECRET} ")), (C::WrongSecret, Strong));
    assert_eq!(told_of(&case, &format!("\"{SECRET}\"")), (C::WrongSecret, Strong));
    case.signature = Some(signature(&format!("{SECRET} "), &plain()));
    assert_eq!(told_of(&case, SECRET), (C::SecretMalformed, Proven));
}

#[test]
fn a_wrong_secret_and_a_search_that_is_stopped_prove_nothing() {
    let case = refused(&plain(), &text("PUT", "/other", "", &[]));
    assert_eq!(short(&told(&case, Some("another"), ENOUGH)), (C::Undetermined, Unknown));
    let few = told(&case, Some(SECRET), 10);
    assert_eq!(few.cause, C::Undetermined);
    // Every known damage of the key, and ten texts for each search.
    assert!(few.searched.hypotheses < 1_000, "{}", few.searched.hypotheses);
}

#[test]
fn a_damaged_secret_and_a_changed_text_are_both_reported() {
    let verified = text("GET", "/k", "", &[("accept-encoding", "gzip")]);
    let signed = text("GET", "/k", "", &[("accept-encoding", "identity")]);
    let mut case = refused(&signed, &verified);
    case.signature = Some(signature(&format!("{SECRET}\n"), &signed));
    let explained = told(&case, Some(SECRET), ENOUGH);
    assert_eq!(short(&explained), (C::SecretMalformed, Strong));
    assert_eq!(explained.alternatives[0].cause, C::HeaderChanged);
    assert_eq!(explained.diff[0].part, "header:accept-encoding");
}

#[test]
fn a_received_request_that_the_server_contradicts_is_not_what_it_verified() {
    let headers = [
        ("accept-encoding", "gzip"),
        ("host", "b.s3.eu-west-1.amazonaws.com"),
        ("x-amz-content-sha256", EMPTY_SHA256),
        ("x-amz-date", TIME),
    ];
    let signed = text("GET", "/k", "", &[("accept-encoding", "identity")]);
    let mut case = refused(&signed, &text("GET", "/k", "", &[("accept-encoding", "br")]));
    case.server.string_to_sign = None;
    case.client = whole(&signed);
    case.received = Some(request("GET", "/k", &headers));
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::HeaderChanged, Strong));
    case.server.canonical_request = None;
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::HeaderChanged, Proven));
}

#[test]
fn what_was_redacted_is_no_difference_to_build_on() {
    let signed = text("GET", "/k", "", &[("x-amz-meta-a", "mail")]);
    let mut case = refused(&signed, &text("GET", "/k", "", &[("x-amz-meta-a", "[REDACTED]")]));
    case.client = whole(&signed);
    case.server.string_to_sign = None;
    assert_eq!(short(&told(&case, None, ENOUGH)), (C::HeaderChanged, Likely));
}

#[test]
fn a_masked_token_hides_no_difference_and_makes_none() {
    let with = |token: &str, encoding: &str| {
        text("GET", "/k", "", &[("accept-encoding", encoding), ("x-amz-security-token", token)])
    };
    let masked = sigdrift_signature::redact::masked("secret-token");
    let vouched = |text: &str, is_whole| CanonicalText {
        text: text.to_owned(),
        rebuilt: false,
        vouched: Some(is_whole),
    };
    let (signed, verified) = (with("secret-token", "identity"), with("secret-token", "gzip"));
    let mut case = refused(&signed, &verified);
    case.client = hash_alone(&signed);
    case.client.canonical_request = Some(vouched(&with(&masked, "identity"), true));
    case.server.canonical_request = Some(vouched(&with(&masked, "gzip"), true));
    let explained = told(&case, None, ENOUGH);
    assert_eq!(short(&explained), (C::HeaderChanged, Proven));
    assert_eq!(explained.component.as_deref(), Some("accept-encoding"));
    // The same token masked on one side alone is no difference.
    case.client = whole(&verified);
    let equal = told(&case, None, ENOUGH);
    assert_eq!(short(&equal), (C::WrongSecret, Strong));
    assert!(!format!("{equal:?}").contains("secret-token"));
    // A writer that found the text altered before masking it proves nothing.
    case.client = whole(&signed);
    case.server.canonical_request = Some(vouched(&with(&masked, "gzip"), false));
    assert!(told(&case, None, ENOUGH).confidence < Proven);
}

#[test]
fn a_clients_log_of_what_it_sent_may_lack_what_its_library_added() {
    let signed = text("GET", "/k", "", &[("host", "b.s3.eu-west-1.amazonaws.com:8443")]);
    let headers = [
        ("host", "b.s3.eu-west-1.amazonaws.com"),
        ("x-amz-content-sha256", EMPTY_SHA256),
        ("x-amz-date", TIME),
    ];
    let case = Case {
        sent: Some(request("GET", "/k", &headers)),
        client: hash_alone(&signed),
        ..Case::default()
    };
    assert!(told(&case, None, ENOUGH).confidence < Proven);
}
