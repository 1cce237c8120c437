//! What a hit of a search proves: a text that was signed, and what its difference from the verified
//! text leaves.

use super::Found;
use super::classify::{Finding, findings};
use super::compare::{conclude, key_differs};
use super::padding::MORE_THAN_A_SECRET;
use super::search::{Hit, Outcome};
use super::views::{Known, View, Views};
use crate::canonical_request::CanonicalRequest;
use crate::case::Case;
use crate::cause::{Alternative, Cause, CauseId, Confidence, Evidence, EvidenceKind};

/// Takes what a search found.
pub(super) fn take(
    case: &Case,
    views: &Views,
    verified: &View,
    outcome: Outcome,
    kind: EvidenceKind,
    found: &mut Found,
) {
    found.tried += outcome.tried;
    let Some((first, others)) = outcome.hits.split_first() else {
        let how = if outcome.cut_short {
            "the search was cut short"
        } else {
            "no single change and no pair of changes explains it"
        };
        found.notes.push(format!("{how} ({} texts tried)", outcome.tried));
        return;
    };
    let (cause, differences) = judged(case, views, verified, first, kind);
    let Some(mut cause) = cause else { return };
    for other in others {
        let told = judged(case, views, verified, other, kind).0;
        let (id, component) = told.map_or((cause.cause, None), |told| (told.cause, told.component));
        cause = also(cause, id, component);
        cause.evidence.push(proof(other, kind));
    }
    if !others.is_empty() {
        found.notes.push(format!("{} different texts meet the same proof", outcome.hits.len()));
    }
    // The first key is of what was given as it stands, the others are of what stands within it.
    if kind == EvidenceKind::SignatureMatch && first.key > 0 {
        found.notes.push(MORE_THAN_A_SECRET.to_owned());
    }
    found.signed = Some(String::from_utf8_lossy(&first.text).into_owned());
    found.cause = Some(cause);
    found.differences = differences;
}

/// What a hit proves: that this text was signed.
fn proof(hit: &Hit, kind: EvidenceKind) -> Evidence {
    let said = match kind {
        EvidenceKind::HashMatch => "its SHA-256 is the hash in the client's own string to sign",
        _ => "with the secret it makes exactly the signature that was sent",
    };
    let what = match hit.what.as_slice() {
        [] => "what the verifier saw".to_owned(),
        what => what.join(", and "),
    };
    Evidence::new(kind, format!("{what}: {said}"))
}

/// The cause that a hit leaves, and the differences that show it.
pub(super) fn judged(
    case: &Case,
    views: &Views,
    verified: &View,
    hit: &Hit,
    kind: EvidenceKind,
) -> (Option<Cause>, Vec<Finding>) {
    let proof = proof(hit, kind);
    // What was sent fixes what was signed wrongly, though nothing shows what was received.
    let known = if verified.known == Known::Supposed { Known::Fixed } else { verified.known };
    // A text with a line more or less is read as another request: only what is written as it was read
    // is one.
    let text = std::str::from_utf8(&hit.text).ok();
    let signed = text
        .and_then(|text| Some((text, CanonicalRequest::parse(text).ok()?)))
        .filter(|(text, request)| request.text() == *text);
    let Some((_, signed)) = signed else {
        return (Some(unreadable(verified, known, hit, proof)), Vec::new());
    };
    let differences = findings(&signed, &verified.request, views.is_s3);
    let Some(mut cause) = conclude(&differences, Known::Fixed, known, views, kind) else {
        return (Some(same_text(case, verified, kind, proof)), differences);
    };
    cause.evidence.insert(0, proof);
    let is_unsure =
        |finding: &Finding| finding.part.starts_with("header:") || finding.part == "payload";
    if verified.known == Known::Supposed
        && views.sent_is_logged
        && differences.iter().any(is_unsure)
    {
        cause = cause.at_most(Confidence::Strong);
    }
    (Some(cause), differences)
}

/// Only a signer writes what is no canonical request. Where it begins to differ is where it went
/// wrong.
fn unreadable(verified: &View, known: Known, hit: &Hit, proof: Evidence) -> Cause {
    let theirs = verified.text.as_bytes();
    let same = theirs.iter().zip(&hit.text).take_while(|(one, other)| one == other).count();
    let cause = match theirs[..same].iter().filter(|&&byte| byte == b'\n').count() {
        _ if same == theirs.len() => CauseId::SignerHeaderCanonicalization,
        1 => CauseId::SignerPathEncoding,
        2 => CauseId::SignerQueryEncoding,
        _ if !theirs[same..].contains(&b'\n') => CauseId::SignerPayloadHash,
        _ => CauseId::SignerHeaderCanonicalization,
    };
    let confidence = match known {
        Known::Fixed if hit.what.len() == 1 => Confidence::Proven,
        Known::Cut | Known::Altered => Confidence::Likely,
        _ => Confidence::Strong,
    };
    Cause::new(cause, confidence, vec![proof])
}

/// What was signed is what stands there as verified.
fn same_text(case: &Case, verified: &View, kind: EvidenceKind, proof: Evidence) -> Cause {
    if verified.known <= Known::Supposed {
        // Nothing shows what was verified: what was sent, or a text that its own string to sign
        // contradicts, is the signer's.
        return Cause::new(CauseId::Undetermined, Confidence::Unknown, vec![proof])
            .or(CauseId::WrongSecret, Confidence::Likely)
            .or(CauseId::HeaderChanged, Confidence::Likely);
    }
    let mut cause = match kind {
        EvidenceKind::HashMatch => key_differs(case),
        _ => Cause::new(CauseId::WrongSecret, Confidence::Strong, Vec::new()),
    };
    cause.evidence.insert(0, proof);
    cause
}

/// A cause with another that the same proof bears out: neither is proven then.
pub(super) fn also(cause: Cause, other: CauseId, component: Option<String>) -> Cause {
    let mut cause = cause.at_most(Confidence::Strong);
    let confidence = cause.confidence();
    cause.alternatives.push(Alternative { cause: other, component, confidence });
    cause
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{CanonicalText, Texts};
    use crate::secret::sha256_hex;

    const VERIFIED: &str = "PUT\n/k\n\naccept-encoding:gzip\nhost:b.s3.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD";

    fn taken(hits: &[(&str, &str)]) -> Found {
        let hash = sha256_hex(VERIFIED.as_bytes());
        let string = format!(
            "AWS4-HMAC-SHA256\n20260415T074213Z\n20260415/eu-west-1/s3/aws4_request\n{hash}"
        );
        let server = Texts {
            canonical_request: Some(CanonicalText::found(VERIFIED)),
            string_to_sign: Some(string),
            canonical_request_sha256: None,
        };
        let case = Case { server, ..Case::default() };
        let views = Views::of(&case);
        let hits = hits.iter().map(|(from, to)| Hit {
            text: VERIFIED.replace(from, to).into_bytes(),
            what: vec!["another text"],
            key: 0,
        });
        let outcome = Outcome { hits: hits.collect(), tried: 2, cut_short: false };
        let mut found = Found::default();
        let verified = views.verified.clone().unwrap();
        take(&case, &views, &verified, outcome, EvidenceKind::HashMatch, &mut found);
        found
    }

    #[test]
    fn one_text_is_proven_and_two_are_both_told() {
        let encoding = ("gzip", "identity");
        let one = taken(&[encoding]).cause.unwrap();
        assert_eq!((one.cause, one.confidence()), (CauseId::HeaderChanged, Confidence::Proven));
        let two = taken(&[encoding, ("PUT", "POST")]);
        assert!(two.notes[0].contains("2 different texts"), "{:?}", two.notes);
        let two = two.cause.unwrap();
        assert_eq!((two.cause, two.confidence()), (CauseId::HeaderChanged, Confidence::Strong));
        assert_eq!(two.alternatives[0].cause, CauseId::MethodChanged);
        let kind = |evidence: &&Evidence| evidence.kind == EvidenceKind::HashMatch;
        assert!(two.evidence.iter().filter(kind).count() >= 2);
        // Two texts that leave one cause are two texts still.
        let same = taken(&[encoding, ("gzip", "br")]).cause.unwrap();
        assert_eq!((same.cause, same.confidence()), (CauseId::HeaderChanged, Confidence::Strong));
    }
}
