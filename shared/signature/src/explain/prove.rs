//! Proofs: the text that was signed, and the key that signed it, found by search.

use super::damage::damaged;
use super::given_key::{other_key, signs};
use super::hits::{also, judged, take};
use super::keys::suspects;
use super::padding;
use super::search::{self, Edit, Hit, Key, Material, Outcome, Target, Text};
use super::views::{Known, Stamp, View, Views};
use super::{Found, Question};
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::secret::Secret;

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
    take(case, views, verified, outcome, EvidenceKind::HashMatch, found);
}

/// With another secret, or another text: what was signed?
pub fn with_secret(case: &Case, views: &Views, question: &Question<'_>, found: &mut Found) {
    let (Some(secret), Some(signature), Some(stamp)) =
        (question.secret, &views.signature, &views.stamp)
    else {
        return;
    };
    let Some(scope) = stamp.parts() else { return };
    if let Some(text) = views.string_to_sign(case)
        && let Some(cause) = other_key(views, secret, stamp, &text, signature, found)
    {
        found.cause = Some(cause);
        found.differences.clear();
        return;
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
    let inner = padding::inner(secret);
    let keys = [secret].into_iter().chain(&inner);
    let keys = keys.map(|secret| Key::new(secret, &scope, &stamp.time)).collect();
    let target = Target::Signature(signature.clone(), keys);
    let outcome = run(case, views, verified, &target, question);
    take(case, views, verified, outcome, EvidenceKind::SignatureMatch, found);
    if found.signed.is_none() {
        both(case, views, secret, verified, question, found);
    }
}

/// Over the string to sign that the client shows, another key than the given secret's made the
/// signature: what differs between the texts is not the only fault then.
pub fn beside(case: &Case, views: &Views, question: &Question<'_>, found: &mut Found) {
    let (Some(secret), Some(signature)) = (question.secret, &views.signature) else { return };
    let Some(text) = case.client.parsed() else { return };
    let Some(scope) = text.scope() else { return };
    if found.cause.is_none() || signs(secret, &scope, &text.text(), signature) {
        return;
    }
    let all = suspects(secret, &scope, text.time, views.access_key_id.as_deref(), &[]);
    found.tried += all.len() as u64;
    let hash = text.hash.as_bytes();
    let Some(guilty) = all.iter().find(|suspect| suspect.key.sign(hash) == *signature) else {
        return;
    };
    let is_another = |cause: &mut Cause| cause.cause != guilty.cause;
    if let Some(cause) = found.cause.take_if(is_another) {
        let detail = format!(
            "{} makes the signature that was sent, over the client's own string to sign",
            guilty.what
        );
        let mut cause = also(cause, guilty.cause, guilty.component.map(str::to_owned));
        cause.evidence.push(Evidence::new(EvidenceKind::SignatureMatch, detail));
        found.cause = Some(cause);
    }
}

/// A damaged secret over a text that was changed once.
fn both(
    case: &Case,
    views: &Views,
    secret: &Secret,
    verified: &View,
    question: &Question<'_>,
    found: &mut Found,
) {
    let (Some(stamp), Some(signature)) = (&views.stamp, &views.signature) else { return };
    let Some(scope) = stamp.parts() else { return };
    let damaged: Vec<_> = damaged(secret, views.access_key_id.as_deref())
        .into_iter()
        .filter(|(component, _, _)| *component != Some("truncated"))
        .collect();
    let keys = damaged.iter().map(|(_, _, secret)| Key::new(secret, &scope, &stamp.time)).collect();
    let target = Target::Signature(signature.clone(), keys);
    let text = Text::of(&verified.request);
    let edits = search::edits(&text, &verified.request, &Material::of(case, scope.service));
    let edits: Vec<_> = edits.into_iter().map(Edit::alone).collect();
    let outcome = search::search(&text, &edits, &target, &question.limits);
    found.tried += outcome.tried;
    let Some(hit) = outcome.hits.first() else { return };
    let Some((component, what, _)) = damaged.get(hit.key) else { return };
    let condition = match hit.what.first() {
        Some(edit) => format!(", if the text had {edit}"),
        None => String::new(),
    };
    let detail = format!("{what} makes exactly the signature that was sent{condition}");
    let evidence = vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
    // Two things went wrong at once: neither is the one cause.
    let mut cause = Cause::new(CauseId::SecretMalformed, Confidence::Strong, evidence);
    cause.component = component.map(str::to_owned);
    let (other, differences) = judged(case, views, verified, hit, EvidenceKind::SignatureMatch);
    if let Some(other) = other.filter(|other| !hit.what.is_empty() && other.cause != cause.cause) {
        cause = also(cause, other.cause, other.component);
    }
    found.cause = Some(cause);
    found.differences = differences;
    found.signed = Some(String::from_utf8_lossy(&hit.text).into_owned());
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
