//! A browser's upload that is refused: the policy that was signed, sent and received.
//!
//! Who signs a policy seldom sends it: a server signs, and a browser sends. A form that does not meet
//! its policy is refused by authorization, which says nothing about its signature.

use super::other_forms::{form, is_mismatch};
use super::post_upload::{Forms, Upload};
use super::words::quotable;
use super::{Found, Question};
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::failure::plain_code;
use crate::post::{Policy, PostForm, is_form};

/// Names the cause where the request is a form with a policy; whether it did.
pub(super) fn read(case: &Case, question: &Question<'_>, found: &mut Found) -> bool {
    let forms = (form(&case.sent), form(&case.received));
    let seen = forms.1.as_ref().or(forms.0.as_ref());
    if let Some(refusal) = refusal(case) {
        refused(case, refusal, seen, found);
        return true;
    }
    // A service that compared signatures could read them.
    if !is_mismatch(case)
        && let Some(cause) = unreadable(case, &forms)
    {
        found.cause = Some(cause);
        return true;
    }
    let Some(upload) = Upload::of(case, &forms) else { return false };
    found.notes.extend(upload.standing(case, seen));
    let proven = question.secret.and_then(|secret| upload.with_secret(case, secret, seen, found));
    let cause = proven
        .or_else(|| upload.changed(&forms))
        .or_else(|| upload.scope_fault(case))
        .or_else(|| upload.key_differs(case));
    found.cause = Some(cause.unwrap_or_else(|| upload.undetermined(question)));
    true
}

/// Why a policy was refused, as far as the answer tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Expired,
    Unmet,
}

/// What S3 says of a form that does not meet its policy.
fn refusal(case: &Case) -> Option<Refusal> {
    let code = plain_code(case.answer.code.as_deref()?);
    let message = case.answer.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    let is_said = code == "AccessDenied" && message.contains("invalid according to policy");
    if is_said && message.contains("policy expired") {
        return Some(Refusal::Expired);
    }
    (is_said || code == "InvalidPolicyDocument").then_some(Refusal::Unmet)
}

fn refused(case: &Case, refusal: Refusal, form: Option<&PostForm>, found: &mut Found) {
    let message = quotable(case.answer.message.as_deref().unwrap_or_default());
    let said = Evidence::new(EvidenceKind::ServiceMessage, format!("the service said: {message}"));
    let policy = form.and_then(|form| Policy::parse(form.field("policy")?).ok());
    let mut evidence = vec![said];
    let mut rule = |detail: String| evidence.push(Evidence::new(EvidenceKind::Rule, detail));
    match refusal {
        Refusal::Expired => {
            if let Some(end) = policy.and_then(|policy| moment(policy.expires_at)) {
                rule(format!("the policy ends at {end}"));
            }
            found.cause = Some(Cause::new(CauseId::UrlExpired, Confidence::Proven, evidence));
        }
        Refusal::Unmet => {
            let unmet = policy.zip(form).map(|(policy, form)| policy.unmet(form));
            unmet.into_iter().flatten().for_each(|unmet| rule(unmet.to_string()));
            rule("the form does not meet its policy, which is authorization: make the policy and the form's fields agree".to_owned());
            found.cause = Some(Cause::new(CauseId::Undetermined, Confidence::Unknown, evidence));
            found.refused = Some(
                "The form was refused since it does not meet its own policy: that is authorization, and says nothing against its signature."
                    .to_owned(),
            );
        }
    }
}

/// A time as it is told.
pub(super) fn moment(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

/// A form that does not carry what it has to.
fn unreadable(case: &Case, (sent, received): &Forms) -> Option<Cause> {
    let told = |cause, detail: String| {
        Cause::new(cause, Confidence::Strong, vec![Evidence::new(EvidenceKind::Rule, detail)])
    };
    let error = match (received, &case.received, sent) {
        (Some(received), _, _) => received.signed().err(),
        // What was sent says that this is one of ours.
        (None, Some(request), Some(_)) if is_form(request) => {
            PostForm::of(request).and_then(|form| form.signed()).err()
        }
        (None, None, Some(sent)) => sent.signed().err(),
        _ => None,
    }?;
    let was_whole = sent.as_ref().is_some_and(|sent| sent.signed().is_ok());
    Some(if was_whole {
        let detail = format!("what was sent is whole, what was received is not: {error}");
        told(CauseId::PayloadChanged, detail)
    } else {
        told(CauseId::MalformedAuthorization, error.to_string())
    })
}
