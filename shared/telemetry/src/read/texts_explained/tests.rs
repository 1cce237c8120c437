//! Given the texts of both sides in a log, expect this cause of its cluster.

use serde_json::json;
use sigdrift_signature::cause::{Cause, CauseId, Confidence};
use sigdrift_signature::redact::masked;
use sigdrift_signature::secret::sha256_hex;

use crate::read::intake::Intake;
use crate::read::object;
use crate::summary::{Question, summarize};
use crate::tally::Limits;

const TOKEN: &str = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ";
const MESSAGE: &str = "The request signature we calculated does not match the signature you \
     provided. Check your key and signing method.";

/// A canonical request with its string to sign.
#[derive(Clone)]
struct Side {
    canonical: String,
    string: String,
}

fn side(encoding: &str) -> Side {
    of_canonical(format!(
        "GET\n/k\n\naccept-encoding:{encoding}\nhost:b.s3.eu-west-1.amazonaws.com\n\
         x-amz-date:20260415T074207Z\nx-amz-security-token:{TOKEN}\n\n\
         accept-encoding;host;x-amz-date;x-amz-security-token\nUNSIGNED-PAYLOAD"
    ))
}

fn of_canonical(canonical: String) -> Side {
    let hash = sha256_hex(canonical.as_bytes());
    let string =
        format!("AWS4-HMAC-SHA256\n20260415T074207Z\n20260415/eu-west-1/s3/aws4_request\n{hash}");
    Side { canonical, string }
}

impl Side {
    /// As it is captured: the token masked, the hash of what it was before.
    fn captured(&self, ok: Option<bool>) -> serde_json::Value {
        let canonical = self.canonical.replace(TOKEN, &masked(TOKEN));
        json!({"canonical_request": canonical, "string_to_sign": self.string, "canonical_request_ok": ok})
    }
}

/// A text whose hash nothing tells.
fn of_unknown(side: &Side) -> serde_json::Value {
    json!({"canonical_request": side.canonical.replace(TOKEN, &masked(TOKEN))})
}

fn captured(client: serde_json::Value, server: serde_json::Value) -> String {
    let error = json!({"sigdrift": 1, "time": "2026-04-15T07:42:07Z", "code": "SignatureDoesNotMatch",
        "message": MESSAGE, "access_key_id": "ASIAEXAMPLE", "client": client, "server": server});
    format!("{error}\n")
}

/// The log of botocore, with the body of the error behind what it signed.
fn botocore(client: &Side, server: &Side) -> String {
    let now = "2026-04-15 09:42:07,548";
    let literal = |text: &str| text.replace('\n', "\\n");
    format!(
        "{now} botocore.auth [DEBUG] CanonicalRequest:\n{}\n\
         {now} botocore.auth [DEBUG] StringToSign:\n{}\n\
         {now} botocore.parsers [DEBUG] Response body:\n\
         b'<?xml version=\"1.0\" encoding=\"UTF-8\"?>\\n<Error><Code>SignatureDoesNotMatch</Code>\
         <Message>{MESSAGE}</Message><AWSAccessKeyId>ASIAEXAMPLE</AWSAccessKeyId>\
         <StringToSign>{}</StringToSign><CanonicalRequest>{}</CanonicalRequest>\
         <RequestId>R1</RequestId><HostId>h</HostId></Error>'\n",
        client.canonical,
        client.string,
        literal(&server.string),
        literal(&server.canonical),
    )
}

/// The cause of the one cluster that a log makes.
fn cause(log: &str) -> Cause {
    let mut intake = Intake::new(Limits::default());
    let report = object::read("a.log", log.as_bytes(), &mut intake);
    intake.finish_source(report, None);
    let (tally, question) = (intake.into_tally(), Question::default());
    let mut clusters: Vec<_> = summarize(&tally, &question).clusters.iter().collect();
    assert_eq!(clusters.len(), 1, "{log}");
    clusters.remove(0).cause
}

fn short(cause: &Cause) -> (CauseId, Option<&str>, Confidence) {
    (cause.cause, cause.component.as_deref(), cause.confidence())
}

const ENCODING: Option<&str> = Some("accept-encoding");

#[test]
fn two_captured_texts_prove_what_differs() {
    let plain = |encoding| of_canonical(side(encoding).canonical.replace(TOKEN, "t"));
    let (signed, verified) = (plain("identity"), plain("gzip"));
    let log = captured(signed.captured(Some(true)), verified.captured(Some(true)));
    let told = cause(&log);
    assert_eq!(short(&told), (CauseId::HeaderChanged, ENCODING, Confidence::Proven));
    assert!(told.evidence[0].detail.contains("`identity`"), "{told:?}");
    // Whoever wrote it need not say what the texts show themselves.
    let log = captured(signed.captured(None), verified.captured(None));
    assert_eq!(short(&cause(&log)), (CauseId::HeaderChanged, ENCODING, Confidence::Proven));
}

#[test]
fn masked_texts_prove_as_much_as_their_writer_vouches_for() {
    let (signed, verified) = (side("identity"), side("gzip"));
    let told = |one, other| cause(&captured(signed.captured(one), verified.captured(other)));
    let proven = told(Some(true), Some(true));
    assert_eq!(short(&proven), (CauseId::HeaderChanged, ENCODING, Confidence::Proven));
    for (one, other) in
        [(Some(true), Some(false)), (Some(false), Some(true)), (None, Some(true)), (None, None)]
    {
        assert!(told(one, other).confidence() < Confidence::Proven, "{one:?} {other:?}");
    }
}

#[test]
fn what_is_vouched_for_and_was_altered_proves_nothing() {
    let mut altered = of_canonical(side("identity").canonical.replace(TOKEN, "t"));
    altered.canonical = altered.canonical.replace("identity", "br");
    let verified = of_canonical(side("gzip").canonical.replace(TOKEN, "t"));
    let log = captured(altered.captured(Some(true)), verified.captured(Some(true)));
    assert!(cause(&log).confidence() < Confidence::Proven);
}

#[test]
fn a_proof_of_few_is_no_proof_of_all() {
    let (signed, verified) = (side("identity"), side("gzip"));
    let proven = captured(signed.captured(Some(true)), verified.captured(Some(true)));
    let shown = captured(signed.captured(Some(false)), verified.captured(Some(true)));
    assert_eq!(cause(&proven.repeat(2)).confidence(), Confidence::Proven);
    let told = cause(&format!("{proven}{}", shown.repeat(2)));
    assert_eq!(short(&told), (CauseId::HeaderChanged, ENCODING, Confidence::Likely));
    let told = cause(&format!("{}{shown}", proven.repeat(2)));
    assert_eq!(short(&told), (CauseId::HeaderChanged, ENCODING, Confidence::Strong));
    let unchecked = captured(of_unknown(&signed), verified.captured(Some(true)));
    let told = cause(&format!("{proven}{}", unchecked.repeat(2)));
    assert_eq!(short(&told), (CauseId::HeaderChanged, ENCODING, Confidence::Strong));
}

#[test]
fn equal_strings_to_sign_leave_the_key() {
    let log = captured(side("gzip").captured(Some(true)), side("gzip").captured(Some(true)));
    let told = cause(&log);
    assert_eq!(short(&told), (CauseId::WrongSecret, None, Confidence::Strong));
    let others: Vec<CauseId> = told.alternatives.iter().map(|other| other.cause).collect();
    assert_eq!(others, [CauseId::SecretMalformed, CauseId::SignerKeyDerivation]);
    let told = cause(&botocore(&side("gzip"), &side("gzip")));
    assert_eq!(short(&told), (CauseId::WrongSecret, None, Confidence::Strong));
}

#[test]
fn a_hash_alone_proves_the_text_that_was_signed() {
    let of = |encoding| of_canonical(side(encoding).canonical.replace(TOKEN, "t"));
    let client = json!({"string_to_sign": of("identity").string});
    let told = cause(&captured(client, of("gzip").captured(Some(true))));
    assert_eq!(short(&told), (CauseId::HeaderChanged, ENCODING, Confidence::Proven));
}

#[test]
fn a_debug_log_with_the_error_body_behind_it_proves_what_differs() {
    let told = cause(&botocore(&side("identity"), &side("gzip")));
    assert_eq!(short(&told), (CauseId::HeaderChanged, ENCODING, Confidence::Proven));
    assert!(!format!("{told:?}").contains(&TOKEN[..20]));
    // A text that somebody edited is not what was signed.
    let mut edited = side("identity");
    edited.canonical = edited.canonical.replace("identity", "br");
    assert!(cause(&botocore(&edited, &side("gzip"))).confidence() < Confidence::Proven);
}

#[test]
fn the_texts_of_two_requests_are_not_compared() {
    let (a, b) = (side("identity"), of_canonical(side("identity").canonical.replace("/k", "/l")));
    let log = botocore(&a, &a).replace(
        "2026-04-15 09:42:07,548 botocore.parsers",
        &format!(
            "2026-04-15 09:42:07,548 botocore.auth [DEBUG] CanonicalRequest:\n{}\n\
             2026-04-15 09:42:07,548 botocore.auth [DEBUG] StringToSign:\n{}\n\
             2026-04-15 09:42:07,548 botocore.parsers",
            b.canonical, b.string
        ),
    );
    assert_eq!(short(&cause(&log)), (CauseId::WrongSecret, None, Confidence::Strong));
}

#[test]
fn a_denial_is_not_made_a_failure_by_its_texts() {
    let log = captured(side("gzip").captured(Some(true)), side("gzip").captured(Some(true)))
        .replace("SignatureDoesNotMatch", "AccessDenied")
        .replace(MESSAGE, "Access Denied");
    let mut intake = Intake::new(Limits::default());
    let report = object::read("a.log", log.as_bytes(), &mut intake);
    intake.finish_source(report, None);
    assert!(summarize(&intake.into_tally(), &Question::default()).clusters.is_empty());
}
