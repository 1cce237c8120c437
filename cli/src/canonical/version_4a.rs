//! Signature Version 4A: the texts of a request, whose signature no shared secret makes.

use sigdrift_signature::HttpRequest;
use sigdrift_signature::authorization::{Authorization, Version};
use sigdrift_signature::verifier::Verifiable;

use super::{Answer, hash, names, rules};
use crate::args::CanonicalOptions;
use crate::exit::Failure;
use crate::input;

/// The texts of the request, if it is signed by version 4A.
pub fn answer(
    request: &HttpRequest,
    options: &CanonicalOptions,
) -> Option<Result<Answer, Failure>> {
    let authorization = Authorization::of(request).ok()?;
    let service = options.service.as_deref().or(authorization.scope().map(|scope| scope.service));
    let rules = rules(service.unwrap_or_default(), options);
    let texts = |read: Verifiable| {
        let canonical_request = read.canonical_request.text();
        let regions =
            read.region_set.as_deref().unwrap_or("no region: X-Amz-Region-Set is missing");
        Answer {
            canonical_request_sha256: Some(hash(&canonical_request)),
            canonical_request: Some(canonical_request),
            string_to_sign: read.string_to_sign(),
            signed_headers: names(&read.authorization.signed_headers),
            notes: vec![
                format!("it is signed by Signature Version 4A, for {regions}"),
                "its signature is not verified: it takes the public key that belongs to the secret"
                    .to_owned(),
            ],
            ..Answer::default()
        }
    };
    (authorization.version == Version::V4a).then(|| {
        Verifiable::of(request, Some(rules))
            .map(texts)
            .map_err(|error| input::unusable(&options.request, error))
    })
}
