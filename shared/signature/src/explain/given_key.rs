//! What a secret that is given proves over the verifier's own text: that it signed it, or that a key
//! made of it in another way did.

use super::hits::also;
use super::keys::{Suspect, suspects};
use super::padding;
use super::search::query::split;
use super::views::{Known, Stamp, Views};
use super::{Found, Question};
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::failure::{is_failure, plain_code};
use crate::redact;
use crate::scope::Scope;
use crate::secret::{Secret, Signature, SigningKey};

/// With a secret that signs the very text that was verified: what was signed is not in question then,
/// whatever else is shown.
#[must_use]
pub fn right_key(case: &Case, views: &Views, question: &Question<'_>) -> Option<Cause> {
    let (secret, signature) = (question.secret?, views.signature.as_ref()?);
    let scope = views.stamp.as_ref()?.parts()?;
    let text = views.string_to_sign(case)?;
    let cause = if signs(secret, &scope, &text, signature) {
        right_secret(case, views)
    } else {
        let inner = padding::inner(secret);
        inner.iter().find(|inner| signs(inner, &scope, &text, signature))?;
        // Whether the server holds it with what stands around it, nothing tells.
        let cause = right_secret(case, views).at_most(Confidence::Strong);
        let mut cause = cause.or(CauseId::SecretMalformed, Confidence::Likely);
        cause.evidence.push(Evidence::new(EvidenceKind::Rule, padding::MORE_THAN_A_SECRET));
        cause
    };
    Some(if signature.is_canonical() { cause } else { in_capitals(&cause) })
}

/// A signature that is right but for its digits, which services compare as text.
fn in_capitals(cause: &Cause) -> Cause {
    let detail = "the secret makes the signature that was sent, but its digits were sent in capitals: services compare them as text";
    let evidence = vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
    let cause_told = Cause::new(CauseId::MalformedAuthorization, Confidence::Strong, evidence);
    if cause.cause == CauseId::WrongSecret {
        cause_told.or(CauseId::WrongSecret, Confidence::Likely)
    } else {
        cause_told
    }
}

/// Whether a secret makes a signature of a string to sign.
pub(super) fn signs(
    secret: &Secret,
    scope: &Scope<'_>,
    string_to_sign: &str,
    signature: &Signature,
) -> bool {
    SigningKey::derive(secret, scope).sign(string_to_sign.as_bytes()) == *signature
}

/// The secret signs what the verifier saw, and the verifier refused it all the same.
fn right_secret(case: &Case, views: &Views) -> Cause {
    let detail = "the secret makes exactly the signature that was sent, over what the server saw";
    let evidence = |detail: &str| vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
    let is_supposed = views.verified.as_ref().is_none_or(|view| view.known <= Known::Supposed);
    if is_supposed && !views.sent_is_all_there_is() {
        return Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence(detail));
    }
    if is_supposed {
        let detail = "the request as sent is signed rightly with this secret: it changed on the way, or the server has another secret for the key id";
        return Cause::new(CauseId::Undetermined, Confidence::Unknown, evidence(detail))
            .or(CauseId::WrongSecret, Confidence::Likely)
            .or(CauseId::HeaderChanged, Confidence::Likely);
    }
    match refusal(case) {
        Refusal::Mismatch if is_temporary(views) => {
            Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence(detail))
                .or(CauseId::ExpiredToken, Confidence::Likely)
        }
        Refusal::Mismatch => Cause::new(CauseId::WrongSecret, Confidence::Proven, evidence(detail)),
        Refusal::Unsaid => Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence(detail))
            .or(CauseId::ClockSkew, Confidence::Likely),
        Refusal::Other => {
            let detail = "the secret makes the signature that was sent, and the service's answer is not about a signature that does not match";
            Cause::new(CauseId::Undetermined, Confidence::Unknown, evidence(detail))
                .or(CauseId::WrongSecret, Confidence::Likely)
        }
    }
}

/// What an answer that names no cause refused.
enum Refusal {
    /// The signature, since it does not match.
    Mismatch,
    /// Something about the signature, or nothing says what.
    Unsaid,
    /// Something else: permission, or a thing that is not there.
    Other,
}

/// Codes that say that a signature does not match, and nothing else.
const MISMATCHES: &[&str] =
    &["SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature"];

fn refusal(case: &Case) -> Refusal {
    let message = case.answer.message.as_deref();
    let says = |words: &str| message.is_some_and(|text| text.to_ascii_lowercase().contains(words));
    let code = case.answer.code.as_deref().map(plain_code);
    if code.is_some_and(|code| MISMATCHES.contains(&code))
        || says("signature we calculated does not match")
    {
        return Refusal::Mismatch;
    }
    match code {
        Some(code) if !is_failure(code, message) => Refusal::Other,
        _ => Refusal::Unsaid,
    }
}

/// Whether temporary credentials signed: their token may be of another session.
fn is_temporary(views: &Views) -> bool {
    let by_id = views.access_key_id.as_deref().is_some_and(|id| id.starts_with("ASIA"));
    let by_token = views.verified.as_ref().is_some_and(|view| {
        let headers = &view.request.headers;
        headers.iter().any(|(name, _)| redact::is_token(name))
            || split(&view.request.query).iter().any(|(name, _)| redact::is_token(name))
    });
    by_id || by_token
}

/// A damaged secret, another derivation or another scope, over the verifier's own text.
pub(super) fn other_key(
    views: &Views,
    secret: &Secret,
    stamp: &Stamp,
    string_to_sign: &str,
    signature: &Signature,
    found: &mut Found,
) -> Option<Cause> {
    let scope = stamp.parts()?;
    let hash = string_to_sign.rsplit('\n').next()?;
    let regions: Vec<&str> =
        views.signed_stamp.iter().filter_map(|own| Some(own.parts()?.region)).collect();
    let all = suspects(secret, &scope, &stamp.time, views.access_key_id.as_deref(), &regions);
    found.tried += all.len() as u64;
    let mut hits = all.iter().filter(|suspect| suspect.key.sign(hash.as_bytes()) == *signature);
    let first = hits.next()?;
    let mut cause = guilty(first, views, secret);
    for other in hits.filter(|other| other.cause != first.cause) {
        cause = also(cause, other.cause, other.component.map(str::to_owned));
        found.notes.push(format!("{} makes the same signature", other.what));
    }
    found.signed = views.verified.as_ref().map(|view| view.text.clone());
    Some(cause)
}

/// Whether a secret holds characters that AWS puts in none: it was damaged where it was read from.
fn is_damaged(secret: &Secret) -> bool {
    !secret.bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"/+=".contains(b))
}

fn guilty(suspect: &Suspect, views: &Views, secret: &Secret) -> Cause {
    let supposed = views.verified.as_ref().is_none_or(|view| view.known <= Known::Supposed);
    let is_secret = suspect.cause == CauseId::SecretMalformed;
    // Where only a URL is shown, it may have been altered. And if the secret that was given is the
    // damaged one, the signer had it right.
    let is_open = supposed && !views.sent_by_signer || is_secret && is_damaged(secret);
    let confidence = if is_open { Confidence::Strong } else { Confidence::Proven };
    let detail = format!("{} makes exactly the signature that was sent", suspect.what);
    let detail = match suspect.cause {
        CauseId::SecretMalformed | CauseId::SignerKeyDerivation => detail,
        _ => format!(
            "{}: with that, the secret makes exactly the signature that was sent",
            suspect.what
        ),
    };
    let evidence = vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
    let mut cause = Cause::new(suspect.cause, confidence, evidence);
    cause.component = suspect.component.map(str::to_owned);
    if is_secret && is_damaged(secret) {
        cause = cause.or(CauseId::WrongSecret, Confidence::Likely);
    }
    cause
}
