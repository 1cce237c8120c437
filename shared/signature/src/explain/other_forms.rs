//! Signatures that are over no canonical request: of version 2, and of a form's policy. And those that
//! no shared secret makes: of version 4A.

use super::views::Stamp;
use super::{Found, Question, post, version_2};
use crate::authorization::{Authorization, Version};
use crate::case::Case;
use crate::failure::plain_code;
use crate::http::HttpRequest;
use crate::post::{PostForm, Proof, SignedPolicy, is_form};
use crate::redact;
use crate::string_to_sign::ALGORITHM_V4A;
use crate::version_2::Version2;

/// Names the cause where the request is signed in one of these forms; whether it did.
pub(super) fn read(case: &Case, question: &Question<'_>, found: &mut Found) -> bool {
    if is_version_4a(case) {
        found.notes.push(
            "it is signed by Signature Version 4A: its texts are compared, and its signature is not verified, since that takes a public key".to_owned(),
        );
        return false;
    }
    post::read(case, question, found) || version_2::read(case, question, found)
}

/// Whether the service says that it compared signatures: another refusal says nothing of them.
pub(super) fn is_mismatch(case: &Case) -> bool {
    let code = case.answer.code.as_deref().map(plain_code).unwrap_or_default();
    let message = case.answer.message.as_deref().unwrap_or_default();
    ["SignatureDoesNotMatch", "InvalidSignature", "InvalidSignatureException"].contains(&code)
        || message.contains("signature we calculated does not match")
}

fn requests(case: &Case) -> impl Iterator<Item = &HttpRequest> {
    [&case.received, &case.sent].into_iter().flatten()
}

fn is_version_4a(case: &Case) -> bool {
    let carried = requests(case).find_map(|request| Authorization::of(request).ok());
    let texts = [&case.server.string_to_sign, &case.client.string_to_sign];
    carried.is_some_and(|carried| carried.version == Version::V4a)
        || texts.into_iter().flatten().any(|text| text.starts_with(ALGORITHM_V4A))
}

/// The form with a policy that a request sends.
pub(super) fn form(request: &Option<HttpRequest>) -> Option<PostForm> {
    let form = PostForm::of(request.as_ref().filter(|request| is_form(request))?).ok()?;
    form.has_policy().then_some(form)
}

fn policies(case: &Case) -> impl Iterator<Item = SignedPolicy> {
    [&case.received, &case.sent].into_iter().filter_map(|request| form(request)?.signed().ok())
}

/// Time and scope that a form is signed with.
pub(super) fn stamp(case: &Case) -> Option<Stamp> {
    let signed = policies(case).next()?;
    let scope = signed.scope()?.text();
    let Proof::Version4 { time, .. } = signed.proof else { return None };
    Some(Stamp { time, scope })
}

/// The access key id that a form or a signature of version 2 names.
pub(super) fn access_key_id(case: &Case) -> Option<String> {
    let of_form = policies(case).find_map(|signed| signed.access_key_id().map(str::to_owned));
    of_form.or_else(|| {
        requests(case).find_map(|request| Some(Version2::of(request).ok()?.access_key_id))
    })
}

/// What such requests hold that may not be shown: tokens and signatures.
pub(super) fn secrets(case: &Case) -> Vec<String> {
    let mut secrets: Vec<String> = Vec::new();
    for form in [&case.received, &case.sent].into_iter().filter_map(form) {
        let is_hidden = |name: &str| {
            redact::is_secret(name)
                || ["x-amz-signature", "signature"].iter().any(|own| name.eq_ignore_ascii_case(own))
        };
        secrets.extend(
            form.fields().filter(|(name, _)| is_hidden(name)).map(|(_, value)| value.to_owned()),
        );
    }
    let carried = requests(case).filter_map(|request| Version2::of(request).ok()?.signature);
    secrets.extend(carried.chain(case.version_2_signature.clone()).map(|carried| carried.reveal()));
    secrets
}
