//! Verifies the signature that a request carries.

use std::fmt::Display;

use sigdrift_signature::HttpRequest;
use sigdrift_signature::authorization::Form;
use sigdrift_signature::canonical_request::{is_payload_marker, payload_of};
use sigdrift_signature::scope::{CredentialScope, Scope};
use sigdrift_signature::secret::{Secret, SigningKey};
use sigdrift_signature::verifier::Verifiable;

use super::{Answer, hash, names, rules};
use crate::args::CanonicalOptions;
use crate::exit::Failure;
use crate::input;

/// Verifies the request as the service would that its scope names, or the options.
pub fn answer(
    mut request: HttpRequest,
    secret: &Secret,
    options: &CanonicalOptions,
) -> Result<Answer, Failure> {
    let unusable = |why: &dyn Display| input::unusable(&options.request, why);
    if options.omit_session_token {
        // It was added after signing; among the headers, only those that are listed count.
        request.query = without(&request.query, "X-Amz-Security-Token");
    }
    if options.sign_body && request.header("x-amz-content-sha256").is_none() {
        let body = payload_of(request.body.as_deref().unwrap_or_default());
        request.set_header("x-amz-content-sha256", body);
    }
    let sent = Verifiable::of(&request, None).map_err(|error| unusable(&error))?;
    let credential = sent
        .authorization
        .scope()
        .map(owned)
        .ok_or_else(|| unusable(&"the request names no credential scope"))?;
    let service = options.service.as_deref().unwrap_or(&credential.service);
    let region = options.region.as_deref().unwrap_or(&credential.region);
    let mut read = Verifiable::of(&request, Some(rules(service, options)))
        .map_err(|error| unusable(&error))?;
    let scope =
        Scope { date: &credential.date, region, service, terminator: &credential.terminator };
    // What the verifier believes: its own region and service, of which the request may know nothing.
    read.authorization.credential = format!("{}/{}", credential.access_key_id, scope.text());
    let string_to_sign = read.string_to_sign();
    let signature = SigningKey::derive(secret, &scope).sign(string_to_sign.as_bytes()).reveal();
    let is_signed = read.is_signed_by(secret);
    let is_of_key =
        options.access_key.as_ref().is_none_or(|told| *told == credential.access_key_id);
    let mut notes = notes(&request, &read, &credential, options);
    if !is_signed && read.authorization.signature.is_some() {
        notes.insert(0, "the secret makes another signature than the request carries".to_owned());
    }
    let canonical_request = read.canonical_request.text();
    let list = &read.authorization.signed_headers;
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}, SignedHeaders={list}, Signature={signature}",
        read.authorization.credential
    );
    let presigned =
        format!("{}&X-Amz-Signature={signature}", without(&request.query, "X-Amz-Signature"));
    let is_header = read.authorization.form == Form::Header;
    Ok(Answer {
        canonical_request_sha256: Some(hash(&canonical_request)),
        canonical_request: Some(canonical_request),
        verified: Some(is_signed && is_of_key),
        string_to_sign,
        signed_headers: names(list),
        authorization: is_header.then_some(authorization),
        presigned_query: (!is_header).then_some(presigned),
        signature: Some(signature),
        notes,
    })
}

/// A credential that outlives the request it stood in.
struct Credential {
    access_key_id: String,
    date: String,
    region: String,
    service: String,
    terminator: String,
}

fn owned(scope: CredentialScope<'_>) -> Credential {
    Credential {
        access_key_id: scope.access_key_id.to_owned(),
        date: scope.date.to_owned(),
        region: scope.region.unwrap_or_default().to_owned(),
        service: scope.service.to_owned(),
        terminator: scope.terminator.to_owned(),
    }
}

/// What a service would refuse besides a wrong signature, or what makes the answer what it is.
fn notes(
    request: &HttpRequest,
    read: &Verifiable,
    credential: &Credential,
    options: &CanonicalOptions,
) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(told) =
        options.access_key.as_ref().filter(|told| **told != credential.access_key_id)
    {
        notes.push(format!(
            "the request is signed with {}, not with {told}",
            credential.access_key_id
        ));
    }
    for (what, told, signed) in [
        ("region", &options.region, &credential.region),
        ("service", &options.service, &credential.service),
    ] {
        if let Some(told) = told.as_ref().filter(|told| *told != signed) {
            notes.push(format!("the request is signed for {what} {signed}, not for {told}"));
        }
    }
    if read.authorization.signature.is_none() {
        notes.push("the signature of the request is not 64 hexadecimal digits".to_owned());
    }
    if let Some(time) = options.time.filter(|time| time.amz() != read.time) {
        notes.push(format!("the request is of {}; --time {} is not used", read.time, time.amz()));
    }
    let payload = &*read.canonical_request.payload;
    let body = payload_of(request.body.as_deref().unwrap_or_default());
    if !is_payload_marker(payload) && payload != body {
        notes.push(format!("the body's SHA-256 is {body}, the request states {payload}"));
    }
    notes
}

/// A query without a parameter, everything else as it stands.
fn without(query: &str, name: &str) -> String {
    let is_other =
        |pair: &&str| !pair.split('=').next().is_some_and(|found| found.eq_ignore_ascii_case(name));
    query.split('&').filter(is_other).collect::<Vec<_>>().join("&")
}
