//! A browser's upload: the policy that a form carries, and whether the secret signed it.

use jiff::Timestamp;
use sigdrift_signature::HttpRequest;
use sigdrift_signature::post::{self, Policy, PostForm, Proof, SignedPolicy};
use sigdrift_signature::redact;
use sigdrift_signature::secret::Secret;

use super::Answer;
use crate::args::CanonicalOptions;
use crate::exit::Failure;
use crate::input;
use crate::signing_time::SigningTime;

/// What the policy of a form is signed with; nothing if the request is no form with a policy.
pub fn answer(
    request: &HttpRequest,
    secret: &Secret,
    options: &CanonicalOptions,
) -> Option<Result<Answer, Failure>> {
    if !post::is_form(request) {
        return None;
    }
    let unusable = |error| input::unusable(&options.request, error);
    let form = match PostForm::of(request) {
        Ok(form) if form.has_policy() => form,
        // Some other form: it is signed as any request is.
        Ok(_) => return None,
        Err(error) => return Some(Err(unusable(error))),
    };
    Some(form.signed().map(|signed| of(&form, signed, secret, options)).map_err(unusable))
}

fn of(
    form: &PostForm,
    mut signed: SignedPolicy,
    secret: &Secret,
    options: &CanonicalOptions,
) -> Answer {
    let mut notes = Vec::new();
    let own = redact::credential(signed.access_key_id().unwrap_or_default()).into_owned();
    let is_of_key =
        options.access_key.as_deref().is_none_or(|told| signed.access_key_id() == Some(told));
    if let Some(told) = options.access_key.as_ref().filter(|_| !is_of_key) {
        notes.push(format!("the form is signed with {own}, not with {told}"));
    }
    notes.extend(rescoped(&mut signed, options));
    let is_signed = signed.is_signed_by(secret);
    let is_version_4a = signed.revealed_signature(secret).is_none();
    if is_version_4a {
        notes.push(
            "it is signed by Signature Version 4A: its signature is not verified, since that takes the public key"
                .to_owned(),
        );
    } else if !signed.has_signature() {
        notes.push("the signature of the form cannot be read".to_owned());
    } else if options.verify && !is_signed {
        notes.insert(0, "the secret makes another signature than the form carries".to_owned());
    }
    notes.extend(of_policy(form, &signed, options));
    Answer {
        signature: signed.revealed_signature(secret),
        verified: (options.verify && !is_version_4a).then_some(is_signed && is_of_key),
        string_to_sign: signed.policy,
        notes,
        ..Answer::default()
    }
}

/// What the verifier believes: its own region and service, of which the form may know nothing.
fn rescoped(signed: &mut SignedPolicy, options: &CanonicalOptions) -> Vec<String> {
    let Some(scope) = signed.scope() else { return Vec::new() };
    let region = options.region.as_deref().unwrap_or(scope.region);
    let service = options.service.as_deref().unwrap_or(scope.service);
    let notes = [("region", scope.region, region), ("service", scope.service, service)]
        .into_iter()
        .filter(|(_, own, told)| own != told)
        .map(|(what, own, told)| format!("the form is signed for {what} {own}, not for {told}"))
        .collect();
    let rescoped = format!(
        "{}/{}/{region}/{service}/{}",
        signed.access_key_id().unwrap_or_default(),
        scope.date,
        scope.terminator
    );
    if let Proof::Version4 { credential, .. } = &mut signed.proof {
        *credential = rescoped;
    }
    notes
}

/// What S3 would refuse the form for, whatever its signature is worth.
fn of_policy(form: &PostForm, signed: &SignedPolicy, options: &CanonicalOptions) -> Vec<String> {
    let policy = match Policy::parse(&signed.policy) {
        Ok(policy) => policy,
        Err(error) => return vec![error.to_string()],
    };
    let mut notes = Vec::new();
    let now = options.time.unwrap_or_else(SigningTime::now).0;
    if let Some(end) =
        Timestamp::from_second(policy.expires_at).ok().filter(|_| policy.is_expired_at(now))
    {
        notes.push(format!("the policy ended at {end}"));
    }
    let unmet = policy.unmet(form);
    if !unmet.is_empty() {
        notes.push(
            "S3 refuses the form by authorization (AccessDenied, Invalid according to Policy), which says nothing about its signature:".to_owned(),
        );
        notes.extend(unmet.iter().map(ToString::to_string));
    }
    notes
}
