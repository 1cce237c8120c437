//! What the texts of both sides say about the cause of a failure, where a record holds them.

use std::collections::HashMap;

use sigdrift_signature::case::{Case, Texts};
use sigdrift_signature::cause::{Cause, Confidence, Evidence, EvidenceKind};
use sigdrift_signature::explain::{Limits, Question, explain};
use xxhash_rust::xxh3::Xxh3;

use crate::redact::mask;

/// Bytes of one text at most. Services take no headers that would make a longer one.
const TEXT: usize = 64 * 1024;
/// Bytes that a search hashes for one failure at most.
const HASHED: usize = 8 * 1024 * 1024;
/// Candidates that a search tries for one failure at most: every single change, few pairs.
const CANDIDATES: usize = 10_000;
/// Failures whose causes are remembered; then all are forgotten.
const REMEMBERED: usize = 1_024;

/// Explains failures by their texts, each text once: an attempt that is repeated blindly is
/// captured again and again.
#[derive(Debug, Default)]
pub struct TextsExplained {
    causes: HashMap<u128, Option<Cause>>,
}

impl TextsExplained {
    /// The cause that the texts of a case leave, if they leave one. What its answer says by itself is
    /// not repeated here.
    pub fn cause(&mut self, case: &Case) -> Option<Cause> {
        if case.server.is_empty() || longest(case) > TEXT {
            return None;
        }
        let hash = hash(case);
        if let Some(known) = self.causes.get(&hash) {
            return known.clone();
        }
        if self.causes.len() >= REMEMBERED {
            self.causes.clear();
        }
        let cause = explained(case);
        self.causes.insert(hash, cause.clone());
        cause
    }
}

fn explained(case: &Case) -> Option<Cause> {
    let candidates = (HASHED / longest(case).max(1)).min(CANDIDATES);
    let limits = Limits { candidates: candidates as u64, ..Limits::default() };
    let mut cause = explain(case, &Question { secret: None, limits }).to_cause();
    let told_by = cause.evidence.first().map_or(EvidenceKind::Rule, |evidence| evidence.kind);
    let by_texts = match told_by {
        EvidenceKind::Diff | EvidenceKind::HashMatch => cause.confidence() >= Confidence::Likely,
        // Weaker rules know less than the circumstances of the whole cluster.
        EvidenceKind::Rule => cause.confidence() >= Confidence::Strong,
        _ => false,
    };
    for evidence in &mut cause.evidence {
        *evidence = Evidence::new(evidence.kind, mask(&evidence.detail));
    }
    by_texts.then_some(cause)
}

/// The length of the longest text.
fn longest(case: &Case) -> usize {
    let of_side = |side: &Texts| {
        let canonical = side.canonical_request.as_ref().map_or(0, |found| found.text.len());
        canonical.max(side.string_to_sign.as_ref().map_or(0, String::len))
    };
    let target = case.sent.as_ref().map_or(0, |sent| sent.path.len() + sent.query.len());
    of_side(&case.client).max(of_side(&case.server)).max(target)
}

/// A hash of everything that an explanation is made of. Times and ids of answers are not among it.
fn hash(case: &Case) -> u128 {
    let mut hash = Xxh3::new();
    let mut add = |text: Option<&str>| {
        hash.update(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hash.update(text.unwrap_or_default().as_bytes());
    };
    for side in [&case.client, &case.server] {
        let canonical = side.canonical_request.as_ref();
        add(canonical.map(|found| found.text.as_str()));
        add(canonical.and_then(|found| found.vouched).map(|ok| if ok { "ok" } else { "no" }));
        add(side.string_to_sign.as_deref());
        add(side.canonical_request_sha256.as_deref());
    }
    add(case.answer.code.as_deref());
    add(case.answer.message.as_deref());
    add(case.access_key_id.as_deref());
    add(case.client_name.as_deref());
    if let Some(sent) = &case.sent {
        for part in [&sent.method, &sent.path, &sent.query] {
            add(Some(part));
        }
        for header in &sent.headers {
            add(Some(&header.name));
            add(Some(&header.value));
        }
    }
    hash.digest128()
}

#[cfg(test)]
mod tests;
