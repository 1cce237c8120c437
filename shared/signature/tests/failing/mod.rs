//! A failing request made of two canonical requests: the one that was signed, and the one that was
//! verified.

use sigdrift_signature::case::{CanonicalText, Case, Texts};
use sigdrift_signature::cause::EvidenceKind;
use sigdrift_signature::explain::{Explanation, Limits, Question, explain};
use sigdrift_signature::secret::sha256_hex;
use sigdrift_signature::{CauseId, Confidence, HttpRequest, Scope, Secret, Signature, SigningKey};

pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub const TIME: &str = "20260415T074213Z";
const REGION: &str = "eu-west-1";

/// The string to sign of a text.
pub fn to_sign(text: &str) -> String {
    let scope = Scope::new(&TIME[..8], REGION, "s3").text();
    format!("AWS4-HMAC-SHA256\n{TIME}\n{scope}\n{}", sha256_hex(text.as_bytes()))
}

/// The signature that a secret makes of a text.
pub fn signature(secret: &str, text: &str) -> Signature {
    let key = SigningKey::derive(&Secret::new(secret), &Scope::new(&TIME[..8], REGION, "s3"));
    key.sign(to_sign(text).as_bytes())
}

/// A text with its string to sign.
pub fn whole(text: &str) -> Texts {
    Texts { canonical_request: Some(CanonicalText::found(text)), ..hash_alone(text) }
}

/// The string to sign of a text that is not shown.
pub fn hash_alone(text: &str) -> Texts {
    Texts { string_to_sign: Some(to_sign(text)), ..Texts::default() }
}

/// The refusal of a request that was signed as one text and verified as another.
pub fn refused(signed: &str, verified: &str) -> Case {
    let mut case = Case {
        server: whole(verified),
        signature: Some(signature(SECRET, signed)),
        access_key_id: Some("AKIDEXAMPLE".to_owned()),
        ..Case::default()
    };
    case.answer.code = Some("SignatureDoesNotMatch".to_owned());
    case
}

/// A request in the header form.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> HttpRequest {
    let mut request = HttpRequest::new(method, target);
    request.body = Some(Vec::new());
    for (name, value) in headers {
        request.set_header(name, *value);
    }
    let names = headers.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>().join(";");
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{}/{REGION}/s3/aws4_request, SignedHeaders={names}, Signature={}",
        &TIME[..8],
        "0".repeat(64)
    );
    request.set_header("Authorization", authorization);
    request
}

/// What is told, with a secret or without one.
pub fn told(case: &Case, secret: Option<&str>, candidates: u64) -> Explanation {
    let secret = secret.map(Secret::new);
    let limits = Limits { candidates, ..Limits::default() };
    let told = explain(case, &Question { secret: secret.as_ref(), limits });
    let shows_proof = told.evidence.iter().any(|evidence| {
        use EvidenceKind::{HashMatch, ServiceMessage, SignatureMatch};
        matches!(evidence.kind, HashMatch | ServiceMessage | SignatureMatch)
    });
    assert!(told.confidence < Confidence::Proven || shows_proof, "{told:?}");
    assert!(told.confidence != Confidence::Likely || !told.alternatives.is_empty(), "{told:?}");
    assert_eq!(
        told.confidence == Confidence::Unknown,
        told.cause == CauseId::Undetermined,
        "{told:?}"
    );
    told
}
