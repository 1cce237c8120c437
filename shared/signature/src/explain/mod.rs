//! From everything that is known about one failing request to its cause.
//!
//! Three kinds of evidence, strongest first: a search that proves which text was signed
//! ([`search`]), the difference between two observed texts ([`classify`]), and rules on what is
//! shown ([`answers`], [`rules`]). What was found is put into words by [`explanation`].

mod answered_otherwise;
pub mod answers;
pub mod classify;
mod classify_headers;
mod classify_path;
mod classify_query;
pub mod compare;
pub mod damage;
pub mod explanation;
mod given_key;
mod hits;
pub mod keys;
pub mod lint;
mod other_forms;
pub mod own_form;
mod padding;
mod post;
mod post_mistakes;
mod post_upload;
pub mod prove;
pub mod request_faults;
mod restored;
mod rivals;
pub mod rules;
mod rules_endpoint;
pub mod search;
pub mod steps;
mod version_2;
mod version_2_edits;
pub mod views;
pub mod words;

use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::failure::plain_code;
use crate::secret::Secret;

pub use explanation::Explanation;
pub use search::Limits;
use views::{Known, Views};

/// What is asked besides the case.
#[derive(Clone, Copy, Default)]
pub struct Question<'a> {
    /// The secret that its user believes in.
    pub secret: Option<&'a Secret>,
    /// How far a search goes.
    pub limits: Limits<'a>,
}

/// What was found so far: a cause, the differences that show it, and how much was tried.
#[derive(Default)]
pub struct Found {
    /// The diagnosis.
    pub cause: Option<Cause>,
    /// Where the signed and the verified text differ.
    pub differences: Vec<classify::Finding>,
    /// The text that was signed, if it is known.
    pub signed: Option<String>,
    /// Candidates that were tried.
    pub tried: u64,
    /// What was ruled out, and what stood in the way, in words.
    pub notes: Vec<String>,
    /// What the service refused, where that was not the signature: one sentence.
    pub refused: Option<String>,
}

/// Names the cause of a failing request, as far as the evidence allows.
#[must_use]
pub fn explain(case: &Case, question: &Question<'_>) -> Explanation {
    let views = Views::of(case);
    let mut found = Found::default();
    let of_refused;
    let (case, views) = if case.is_of_two_requests {
        found.notes.push(
            "the client's log shows another key id or signature than the refused request's: it is of another request, and set aside".to_owned(),
        );
        of_refused = case.without_client();
        (&of_refused, Views::of(&of_refused))
    } else {
        (case, views)
    };
    let told = answers::read(case).or_else(|| case.logged.as_ref()?.says.clone());
    let decides = |cause: &Cause| cause.confidence() >= Confidence::Strong;
    let is_body = case.answer.code.as_deref().map(plain_code) == Some("XAmzContentSHA256Mismatch");
    if told.as_ref().is_some_and(decides) {
        found.cause = told;
    } else if is_body {
        // The signature was accepted: what is left is the body.
        found.cause = request_faults::read(case).or(told);
    } else {
        mismatch(case, &views, question, &mut found);
        let is_open = |cause: &Option<Cause>| {
            cause.as_ref().is_none_or(|cause| cause.confidence() < Confidence::Likely)
        };
        // What the answer says weakly still says more than nothing.
        if is_open(&found.cause) {
            found.cause = told.or(found.cause.take());
        }
    }
    let cause = found.cause.take().unwrap_or_else(|| undetermined(case, &views, question));
    let cause = rivals::among_several(cause);
    Explanation::of(case, &views, cause, found, question.secret)
}

/// A signature that does not match.
fn mismatch(case: &Case, views: &Views, question: &Question<'_>, found: &mut Found) {
    if !views.is_one_attempt() {
        let note = "the client's texts and the server's are of different times: of two attempts";
        found.notes.push(note.to_owned());
    }
    if other_forms::read(case, question, found) {
        return;
    }
    if case.answer.code.is_none() {
        // Nothing says what the service refused: a fault that the request shows comes first.
        found.cause = request_faults::read(case).or_else(|| rules::certain(case, views));
        if found.cause.is_some() {
            return;
        }
    }
    if let Some(cause) = given_key::right_key(case, views, question) {
        found.cause = Some(cause);
        found.signed = views.verified.as_ref().map(|view| view.text.clone());
        return;
    }
    by_texts(case, views, question, found);
    prove::beside(case, views, question, found);
    let is_in_capitals = views.signature.as_ref().is_some_and(|one| !one.is_canonical());
    if is_in_capitals {
        // Services compare its digits as text: that is a fault by itself.
        found.cause = found
            .cause
            .take()
            .map(|cause| hits::also(cause, CauseId::MalformedAuthorization, None));
    }
}

/// What the texts of both sides, a hash and a secret tell, and rules where they do not.
fn by_texts(case: &Case, views: &Views, question: &Question<'_>, found: &mut Found) {
    compare::signer_and_verifier(case, views, found);
    if is_proven(found) {
        return;
    }
    prove::with_hash(case, views, question, found);
    if is_proven(found) {
        return;
    }
    prove::with_secret(case, views, question, found);
    if found.cause.is_none() {
        compare::sent_and_verified(views, found);
    }
    if found.cause.is_none() {
        found.cause = request_faults::read(case).or_else(|| rules::read(case, views));
    }
}

fn is_proven(found: &Found) -> bool {
    found.cause.as_ref().is_some_and(|cause| cause.confidence() == Confidence::Proven)
}

/// Nothing names the cause: what would settle it.
fn undetermined(case: &Case, views: &Views, question: &Question<'_>) -> Cause {
    if let Some(code) = answered_otherwise::code(case) {
        return answered_otherwise::cause(code, case);
    }
    let mut wanted = Vec::new();
    if views.verified.as_ref().is_none_or(|view| view.known <= Known::Supposed) {
        wanted.push("the service's error body with its canonical request, or the request as it was received");
    }
    if case.client.is_empty() {
        wanted.push("the canonical request that the client signed (its debug log)");
    }
    if question.secret.is_none() && views.signature.is_some() {
        wanted.push("the secret, in a file, to check signatures with");
    }
    let detail = match wanted.as_slice() {
        [] => "what is shown does not tell".to_owned(),
        wanted => format!("what would settle it: {}", wanted.join("; or ")),
    };
    Cause::new(
        CauseId::Undetermined,
        Confidence::Unknown,
        vec![Evidence::new(EvidenceKind::Rule, detail)],
    )
}
