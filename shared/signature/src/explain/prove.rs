//! Proofs: the text that was signed, and the key that signed it, found by search.

use super::classify::findings;
use super::compare::{conclude, key_differs};
use super::keys::{Suspect, damaged, suspects};
use super::search::{self, Hit, Key, Material, Outcome, Target, Text};
use super::views::{Known, Stamp, View, Views};
use super::{Found, Question};
use crate::canonical_request::CanonicalRequest;
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::scope::Scope;
use crate::secret::{Secret, Signature, SigningKey};

/// Without a secret: which text has the hash in the signer's own string to sign?
pub fn with_hash(case: &Case, views: &Views, question: &Question<'_>, found: &mut Found) {
    let is_known = views.signed.as_ref().is_some_and(|view| view.known == Known::Fixed);
    let (Some(hash), Some(verified)) = (&views.signed_hash, &views.verified) else { return };
    if verified.known == Known::Cut {
        return;
    }
    let Some(target) = Target::hash(hash) else { return };
    let is_told = found.signed.is_some();
    if is_known || is_told || !views.is_one_attempt() {
        return;
    }
    let outcome = run(case, views, verified, &target, question);
    let said = "its SHA-256 is the hash in the client's own string to sign";
    take(case, views, verified, outcome, EvidenceKind::HashMatch, said, found);
}

/// With a secret: what did it sign?
pub fn with_secret(case: &Case, views: &Views, question: &Question<'_>, found: &mut Found) {
    let (Some(secret), Some(signature), Some(stamp)) =
        (question.secret, &views.signature, &views.stamp)
    else {
        return;
    };
    let Some(scope) = stamp.parts() else { return };
    if let Some(text) = views.string_to_sign(case) {
        if signs(secret, &scope, &text, signature) {
            found.cause = Some(right_secret(case, views));
            found.signed = views.verified.as_ref().map(|view| view.text.clone());
            return;
        }
        if let Some(cause) = other_key(views, secret, stamp, &text, signature, found) {
            found.cause = Some(cause);
            return;
        }
    }
    if let Some(text) = case.client.parsed().map(|text| text.text()) {
        let own = views.signed_stamp.as_ref().and_then(Stamp::parts).unwrap_or(scope);
        if signs(secret, &own, &text, signature) {
            let detail =
                "the secret and the client's own string to sign make the signature that was sent";
            let evidence = Evidence::new(EvidenceKind::SignatureMatch, detail);
            if let Some(cause) = &mut found.cause {
                cause.evidence.insert(0, evidence);
                return;
            }
        }
    }
    let Some(verified) = views.verified.as_ref().filter(|view| view.known > Known::Cut) else {
        return;
    };
    let keys = vec![Key::new(secret, &scope, &stamp.time)];
    let target = Target::Signature(signature.clone(), keys);
    let outcome = run(case, views, verified, &target, question);
    let said = "with the secret it makes exactly the signature that was sent";
    take(case, views, verified, outcome, EvidenceKind::SignatureMatch, said, found);
    if found.signed.is_none() {
        both(case, views, secret, &scope, signature, verified, found);
    }
}

fn signs(secret: &Secret, scope: &Scope<'_>, string_to_sign: &str, signature: &Signature) -> bool {
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
    if case.answer.code.is_none() {
        // Nothing says that the signature was what the service refused.
        return Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence(detail))
            .or(CauseId::ClockSkew, Confidence::Likely);
    }
    let is_temporary = views.access_key_id.as_deref().is_some_and(|id| id.starts_with("ASIA"));
    if is_temporary {
        return Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence(detail))
            .or(CauseId::ExpiredToken, Confidence::Likely);
    }
    Cause::new(CauseId::WrongSecret, Confidence::Proven, evidence(detail))
}

/// A damaged secret, another derivation or another scope, over the verifier's own text.
fn other_key(
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
    let hit = all.iter().find(|suspect| suspect.key.sign(hash.as_bytes()) == *signature);
    found.tried += all.len() as u64;
    found.signed = hit.and(views.verified.as_ref()).map(|view| view.text.clone());
    hit.map(|suspect| guilty(suspect, views))
}

fn guilty(suspect: &Suspect, views: &Views) -> Cause {
    let supposed = views.verified.as_ref().is_none_or(|view| view.known <= Known::Supposed);
    // Only what was sent is shown: a damaged key signed it all the same.
    let confidence =
        if supposed && !views.sent_by_signer { Confidence::Strong } else { Confidence::Proven };
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
    cause
}

/// A damaged secret over a text that was changed once.
fn both(
    case: &Case,
    views: &Views,
    secret: &Secret,
    scope: &Scope<'_>,
    signature: &Signature,
    verified: &View,
    found: &mut Found,
) {
    let Some(stamp) = &views.stamp else { return };
    let damaged: Vec<_> = damaged(secret, views.access_key_id.as_deref())
        .into_iter()
        .filter(|(component, _, _)| *component != Some("truncated"))
        .collect();
    let keys = damaged.iter().map(|(_, _, secret)| Key::new(secret, scope, &stamp.time)).collect();
    let target = Target::Signature(signature.clone(), keys);
    let text = Text::of(&verified.request);
    let edits = search::edits(&text, &verified.request, &Material::of(case, scope.service));
    let mut buffer = Vec::new();
    for edit in &edits {
        text.write(&[edit], &mut buffer);
        found.tried += damaged.len() as u64;
        if let Some((component, what, _)) =
            target.is_met_by(&buffer).and_then(|key| damaged.get(key))
        {
            let detail = format!(
                "{what} makes exactly the signature that was sent, if the text had {}",
                edit.what
            );
            let evidence = vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
            let mut cause = Cause::new(CauseId::SecretMalformed, Confidence::Strong, evidence);
            cause.component = component.map(str::to_owned);
            found.cause = Some(cause);
            return;
        }
    }
}

fn run(
    case: &Case,
    views: &Views,
    verified: &View,
    target: &Target,
    question: &Question<'_>,
) -> Outcome {
    let service = views
        .stamp
        .as_ref()
        .or(views.signed_stamp.as_ref())
        .and_then(|stamp| Some(stamp.parts()?.service.to_owned()));
    let material = Material::of(case, service.as_deref().unwrap_or("s3"));
    let text = Text::of(&verified.request);
    // The request as it was sent is the first thing to try.
    if let Some(sent) = &views.sent
        && let Some(key) = target.is_met_by(sent.text.as_bytes())
    {
        let hit = Hit {
            text: sent.text.clone().into_bytes(),
            what: vec!["the request as it was sent"],
            key,
        };
        return Outcome { hits: vec![hit], tried: 1, cut_short: false };
    }
    let edits = search::edits(&text, &verified.request, &material);
    let mut outcome = search::search(&text, &edits, target, &question.limits);
    if outcome.hits.is_empty() && !outcome.cut_short {
        outcome = from_sent(views, target, &material, question, outcome);
    }
    outcome
}

/// The same search from what was sent: the signer may have made a mistake, and the way another.
fn from_sent(
    views: &Views,
    target: &Target,
    material: &Material,
    question: &Question<'_>,
    before: Outcome,
) -> Outcome {
    let Some(sent) = views
        .sent
        .as_ref()
        .filter(|sent| views.verified.as_ref().is_some_and(|v| v.text != sent.text))
    else {
        return before;
    };
    let text = Text::of(&sent.request);
    let mut after = search::search(
        &text,
        &search::edits(&text, &sent.request, material),
        target,
        &question.limits,
    );
    after.tried += before.tried;
    after
}

/// Takes what a search found.
fn take(
    case: &Case,
    views: &Views,
    verified: &View,
    outcome: Outcome,
    kind: EvidenceKind,
    said: &str,
    found: &mut Found,
) {
    found.tried += outcome.tried;
    let Some(hit) = outcome.hits.first() else {
        let how = if outcome.cut_short {
            "the search was cut short"
        } else {
            "no single change and no pair of changes explains it"
        };
        found.notes.push(format!("{how} ({} texts tried)", outcome.tried));
        return;
    };
    let text = String::from_utf8_lossy(&hit.text).into_owned();
    let what = if hit.what.is_empty() {
        "what the verifier saw".to_owned()
    } else {
        hit.what.join(", and ")
    };
    let proof = Evidence::new(kind, format!("{what}: {said}"));
    found.signed = Some(text.clone());
    let Ok(signed) = CanonicalRequest::parse(&text) else {
        // Only a signer writes what is no canonical request.
        found.cause = Some(Cause::new(
            CauseId::SignerHeaderCanonicalization,
            Confidence::Proven,
            vec![proof],
        ));
        return;
    };
    let differences = findings(&signed, &verified.request, views.is_s3);
    let cause =
        conclude(&differences, Known::Fixed, verified.known.max(supposed_for(views)), views, kind);
    found.cause = match cause {
        Some(mut cause) => {
            cause.evidence.insert(0, proof);
            Some(cause)
        }
        // The very text that was verified: the key differs.
        None => {
            let mut cause = key_differs(case);
            cause.evidence.insert(0, proof);
            Some(cause)
        }
    };
    found.differences = differences;
    if outcome.hits.len() > 1 {
        found.notes.push(format!("{} different texts meet the same proof", outcome.hits.len()));
        if let Some(cause) = &mut found.cause {
            cause.confidence = cause.confidence.min(Confidence::Strong);
        }
    }
}

/// What was sent fixes what was signed wrongly, though nothing shows what was received.
fn supposed_for(views: &Views) -> Known {
    if views.verified.as_ref().is_some_and(|view| view.known == Known::Supposed) {
        Known::Fixed
    } else {
        Known::Altered
    }
}
