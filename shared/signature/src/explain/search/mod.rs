//! Searches for the text that was signed: every single change of the verifier's text, then pairs.
//!
//! A hit is a proof of the text: its SHA-256 is the hash in the signer's own string to sign, or its
//! HMAC under the given secret is the signature that was sent.

mod base;
pub mod guesses;
pub mod headers;
pub mod hosts;
pub mod material;
pub mod path;
pub mod payload;
pub mod query;
pub mod target;
pub mod text;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

pub use material::Material;
pub use target::{Key, Target};
pub use text::{Edit, Text};

use crate::canonical_request::CanonicalRequest;
use base::Base;

/// How far a search goes.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Candidates that are tried at most.
    pub candidates: u64,
    /// Threads that pairs are tried on.
    pub threads: usize,
    /// Asked now and then: whether to stop, since the time is up.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Default for Limits<'_> {
    fn default() -> Self {
        Self { candidates: 20_000_000, threads: 1, stop: &|| false }
    }
}

/// A text that was signed, proven.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The text.
    pub text: Vec<u8>,
    /// What was supposed to find it, one or two suppositions.
    pub what: Vec<&'static str>,
    /// Which of the target's keys signed it; 0 where the target is a hash.
    pub key: usize,
}

/// How a search ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The texts that were found. More than one of them only if two really have one hash, or two keys
    /// sign.
    pub hits: Vec<Hit>,
    /// How many candidates were tried.
    pub tried: u64,
    /// Whether it ended before everything was tried.
    pub cut_short: bool,
}

/// Candidates between two questions whether to stop.
const ASK_EVERY: u64 = 4096;
/// Pairs that make a second thread worth its start.
const WORTH_A_THREAD: usize = 20_000;

/// Tries the text itself, every edit, and every pair of edits that fit together. Stops after the
/// first of these three that finds something.
#[must_use]
pub fn search(text: &Text, edits: &[Edit], target: &Target, limits: &Limits<'_>) -> Outcome {
    let run = Run {
        text,
        pairable: edits.iter().filter(|edit| edit.in_pairs).collect(),
        target,
        limits,
        tried: AtomicU64::new(0),
        stopped: AtomicBool::new(false),
    };
    let mut buffer = Vec::new();
    let mut hits = Vec::new();
    run.try_itself(&mut hits);
    if hits.is_empty() {
        let base = Base::of(text, None);
        for edit in edits {
            if run.is_over() {
                break;
            }
            run.try_edit(&base, edit, None, &mut buffer, &mut hits);
        }
    }
    if hits.is_empty() && !run.is_over() {
        hits = run.pairs();
    }
    // Two edits may write the same text.
    hits.sort_by(|a, b| (a.key, &a.text, a.what.len()).cmp(&(b.key, &b.text, b.what.len())));
    hits.dedup_by(|a, b| (a.key, &a.text) == (b.key, &b.text));
    Outcome { hits, tried: run.tried.into_inner(), cut_short: run.stopped.into_inner() }
}

struct Run<'a> {
    text: &'a Text,
    pairable: Vec<&'a Edit>,
    target: &'a Target,
    limits: &'a Limits<'a>,
    tried: AtomicU64,
    stopped: AtomicBool,
}

impl Run<'_> {
    fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn try_itself(&self, hits: &mut Vec<Hit>) {
        self.count(1);
        let text = self.text.text(&[]);
        if let Some(key) = self.target.is_met_by(&text) {
            hits.push(Hit { text, what: Vec::new(), key });
        }
    }

    /// Tries an edit of a base, which is the text with `first`.
    fn try_edit(
        &self,
        base: &Base,
        edit: &Edit,
        first: Option<&Edit>,
        buffer: &mut Vec<u8>,
        hits: &mut Vec<Hit>,
    ) {
        self.count(1);
        if let Some(key) = self.target.is_met_by_hash(&base.hash_with(edit, buffer)) {
            let edits: Vec<&Edit> = [edit].into_iter().chain(first).collect();
            let what = edits.iter().map(|edit| edit.what).collect();
            hits.push(Hit { text: self.text.text(&edits), what, key });
        }
    }

    /// Counts candidates, and looks now and then whether to go on.
    fn count(&self, more: u64) {
        let before = self.tried.fetch_add(more, Ordering::Relaxed);
        let asked = before / ASK_EVERY != (before + more) / ASK_EVERY;
        if before + more >= self.limits.candidates || (asked && (self.limits.stop)()) {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    fn pairs(&self) -> Vec<Hit> {
        let count = self.pairable.len() * self.pairable.len() / 2;
        let threads = if count < WORTH_A_THREAD { 1 } else { self.limits.threads.max(1) };
        if threads == 1 {
            return self.pairs_of(0, 1);
        }
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|number| scope.spawn(move || self.pairs_of(number, threads)))
                .collect();
            // A worker has nothing to panic about; one that did has found nothing.
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
        })
    }

    /// The pairs whose first edit is every `step`th from `start` on: the usual come first on every
    /// thread.
    fn pairs_of(&self, start: usize, step: usize) -> Vec<Hit> {
        let mut buffer = Vec::new();
        let mut hits = Vec::new();
        for (at, first) in self.pairable.iter().enumerate().skip(start).step_by(step) {
            let base = Base::of(self.text, Some(first));
            for second in &self.pairable[..at] {
                if self.is_over() {
                    return hits;
                }
                if first.fits(second) {
                    self.try_edit(&base, second, Some(first), &mut buffer, &mut hits);
                }
            }
        }
        hits
    }
}

/// Everything that may have been signed in place of a verifier's canonical request.
#[must_use]
pub fn edits(text: &Text, request: &CanonicalRequest<'_>, material: &Material) -> Vec<Edit> {
    let mut all = headers::methods(text, request);
    all.extend(hosts::edits(text, request, material));
    all.extend(path::edits(text, request, material));
    all.extend(query::edits(text, request, material));
    all.extend(headers::edits(text, request, material));
    all.extend(headers::blocks(text, request, material));
    all.extend(payload::edits(text, request, material));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::sha256_hex;

    const VERIFIED: &str = "PUT\n/a%20b\nx=1\naccept-encoding:gzip\nhost:b.s3.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD";

    fn found(signed: &str, limits: &Limits<'_>) -> Outcome {
        let request = CanonicalRequest::parse(VERIFIED).unwrap_or_else(|error| panic!("{error}"));
        let text = Text::of(&request);
        let edits = edits(&text, &request, &Material::default());
        let target = Target::hash(&sha256_hex(signed.as_bytes())).unwrap();
        search(&text, &edits, &target, limits)
    }

    #[test]
    fn finds_one_change_and_two() {
        let one = VERIFIED.replace("encoding:gzip", "encoding:identity");
        for signed in [VERIFIED.to_owned(), one.clone(), one.replace("a%20b", "a%2520b")] {
            for threads in [1, 2] {
                let outcome = found(&signed, &Limits { threads, ..Limits::default() });
                assert_eq!(outcome.hits.len(), 1, "{signed}");
                assert_eq!(outcome.hits[0].text, signed.as_bytes());
                assert!(!outcome.cut_short && outcome.tried > 0);
            }
        }
        assert!(found("something else", &Limits::default()).hits.is_empty());
    }

    #[test]
    fn stops_when_it_has_to() {
        let outcome = found("something else", &Limits { candidates: 10, ..Limits::default() });
        assert!(outcome.cut_short && outcome.tried <= 11);
        let outcome = found("something else", &Limits { stop: &|| true, ..Limits::default() });
        assert!(outcome.cut_short);
    }
}
