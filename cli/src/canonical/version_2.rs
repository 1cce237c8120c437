//! Signature Version 2: the string to sign of a request that carries one, and whether the secret
//! signed it.

use sigdrift_signature::HttpRequest;
use sigdrift_signature::redact;
use sigdrift_signature::secret::Secret;
use sigdrift_signature::version_2::{Form, Signature, Version2, Version2Error};

use super::Answer;
use crate::args::CanonicalOptions;
use crate::exit::Failure;
use crate::input;

/// What the request's signature of version 2 is over; nothing if it carries none.
pub fn answer(
    request: &HttpRequest,
    secret: &Secret,
    options: &CanonicalOptions,
) -> Option<Result<Answer, Failure>> {
    match Version2::of(request) {
        Ok(read) => Some(Ok(of(&read, secret, options))),
        Err(Version2Error::Missing) => None,
        Err(error) => Some(Err(input::unusable(&options.request, error))),
    }
}

fn of(read: &Version2, secret: &Secret, options: &CanonicalOptions) -> Answer {
    let signed = read.signed_by(secret);
    let text = signed.unwrap_or(read.string_to_sign());
    let signature = Signature::of(secret, read.algorithm, text.as_bytes()).reveal();
    let mut notes = vec![format!(
        "it is signed by Signature Version 2 ({}), which has no canonical request",
        read.algorithm.name()
    )];
    let told = options.access_key.as_ref().filter(|told| **told != read.access_key_id);
    if let Some(told) = told {
        let own = redact::credential(&read.access_key_id);
        notes.push(format!("the request is signed with {own}, not with {told}"));
    }
    if read.signature.is_none() {
        notes.push("the signature of the request is not the base64 of 20 or 32 bytes".to_owned());
    } else if signed.is_none() && options.verify {
        notes.insert(0, "the secret makes another signature than the request carries".to_owned());
    }
    let others = read.strings_to_sign().count() - 1;
    if signed.is_none() && others > 0 {
        notes.push(
            "the host is none of AWS's: if it names a bucket, the string to sign names it too"
                .to_owned(),
        );
    }
    Answer {
        string_to_sign: text.to_owned(),
        authorization: (read.form == Form::Header)
            .then(|| format!("AWS {}:{signature}", read.access_key_id)),
        signature: Some(signature),
        verified: options.verify.then_some(signed.is_some() && told.is_none()),
        notes,
        ..Answer::default()
    }
}
