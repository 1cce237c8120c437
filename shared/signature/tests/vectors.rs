//! The official test suite: canonical request, string to sign and signature of every folder, in the
//! header form and in the query form, and the signed requests verified. Of version 4A the texts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod suite;

use sigdrift_signature::HttpRequest;
use sigdrift_signature::secret::Secret;
use sigdrift_signature::signer::{Signed, Signing};
use sigdrift_signature::uri::{PathEncoding, PathNormalization, PathRules};
use sigdrift_signature::verifier::Verifiable;

use crate::suite::{Vector, vectors, vectors_of};

fn request(vector: &Vector, name: &str) -> HttpRequest {
    let bytes = vector.file(name).unwrap();
    HttpRequest::parse(&bytes).unwrap_or_else(|error| panic!("{}/{name}: {error}", vector.name()))
}

/// How the suite wants the path: encoded once, normalised where the context says so.
fn rules(vector: &Vector) -> PathRules {
    let normalization = match vector.is("/normalize") {
        true => PathNormalization::Resolve,
        false => PathNormalization::Keep,
    };
    PathRules { encoding: PathEncoding::Once, normalization }
}

fn secret(vector: &Vector) -> Secret {
    Secret::new(vector.text("/credentials/secret_access_key"))
}

/// What we make of a folder's request, in the form that `form` names.
fn signed(vector: &Vector, form: &str) -> Signed {
    let (secret, time) = (secret(vector), vector.text("/timestamp").replace(['-', ':'], ""));
    let signing = Signing {
        access_key_id: vector.text("/credentials/access_key_id"),
        secret: &secret,
        session_token: vector.token(),
        token_is_signed: !vector.is("/omit_session_token"),
        region: vector.text("/region"),
        service: vector.text("/service"),
        time: &time,
        path: rules(vector),
        sign_body: vector.is("/sign_body"),
    };
    let request = request(vector, "request.txt");
    match form {
        "header" => signing.sign(&request),
        _ => signing.presign(&request, vector.expires()),
    }
}

#[test]
fn the_suite_has_the_folders_that_are_known() {
    let (with, without): (Vec<_>, Vec<_>) =
        vectors().into_iter().partition(suite::Vector::has_context);
    assert_eq!(with.len(), 38);
    let names: Vec<String> = without.iter().map(Vector::name).collect();
    assert_eq!(names, ["double-encode-path", "double-url-encode"]);
}

#[test]
fn every_request_is_signed_as_the_suite_says() {
    for vector in vectors().iter().filter(|vector| vector.has_context()) {
        for form in ["header", "query"] {
            let place = format!("{}, {form}", vector.name());
            let made = signed(vector, form);
            let expected = |what: &str| vector.artefact(&format!("{form}-{what}.txt"));
            assert_eq!(made.canonical_request.text(), expected("canonical-request"), "{place}");
            assert_eq!(made.string_to_sign, expected("string-to-sign"), "{place}");
            assert_eq!(made.signature.reveal(), expected("signature"), "{place}");
        }
    }
}

#[test]
fn what_is_added_to_a_request_is_what_the_suite_adds() {
    for vector in vectors().iter().filter(|vector| vector.has_context()) {
        let theirs = request(vector, "header-signed-request.txt");
        let ours = signed(vector, "header").authorization;
        assert_eq!(ours.as_deref(), theirs.header("authorization"), "{}", vector.name());
        let theirs = request(vector, "query-signed-request.txt");
        let ours = signed(vector, "query").presigned_query.unwrap();
        // The order of the parameters is free; those of the request itself stay as they were sent.
        let sorted = |query: &str| {
            let mut pairs: Vec<String> = query.split('&').map(str::to_owned).collect();
            pairs.sort();
            pairs
        };
        assert_eq!(sorted(&ours), sorted(&theirs.query), "{}", vector.name());
    }
}

#[test]
fn every_signed_request_verifies_and_none_with_another_secret() {
    for vector in vectors().iter().filter(|vector| vector.has_context()) {
        for form in ["header", "query"] {
            let mut received = request(vector, &format!("{form}-signed-request.txt"));
            if form == "query" && vector.is("/omit_session_token") {
                // The token was added after signing: whoever verifies has to take it away first.
                received.query = received
                    .query
                    .split('&')
                    .filter(|pair| !pair.starts_with("X-Amz-Security-Token="))
                    .collect::<Vec<_>>()
                    .join("&");
            }
            let place = format!("{}, {form}", vector.name());
            let read = Verifiable::of(&received, Some(rules(vector)))
                .unwrap_or_else(|error| panic!("{place}: {error}"));
            let expected = vector.artefact(&format!("{form}-string-to-sign.txt"));
            assert_eq!(read.string_to_sign(), expected, "{place}");
            assert!(read.is_signed_by(&secret(vector)), "{place}");
            assert!(!read.is_signed_by(&Secret::new("another")), "{place}");
        }
    }
}

/// Two folders have no context: they show how a path is encoded twice. What they hold does not
/// agree with itself (the first one's signed request is of another day than its canonical request,
/// the second one's secret is told nowhere), so that only the texts can be compared.
#[test]
fn the_folders_without_context_show_paths_that_are_encoded_twice() {
    for vector in vectors().iter().filter(|vector| !vector.has_context()) {
        let mut received = request(vector, "header-signed-request.txt");
        let expected = vector.artefact("header-canonical-request.txt");
        let name = vector.name();
        if name == "double-encode-path" {
            assert_eq!(received.header("x-amz-date"), Some("20150830T123600Z"));
            received.set_header("X-Amz-Date", "20210511T154045Z");
        }
        let read = Verifiable::of(&received, Some(PathRules::OTHER)).unwrap();
        assert_eq!(read.canonical_request.text(), expected, "{name}");
        if vector.file("header-string-to-sign.txt").is_some() {
            let expected = vector.artefact("header-string-to-sign.txt");
            assert_eq!(read.string_to_sign(), expected, "{name}");
        }
        assert_eq!(request(vector, "request.txt").path, received.path);
    }
}

#[test]
fn version_4a_has_the_same_canonical_request_and_a_string_to_sign_of_its_own() {
    let all = vectors_of("v4a");
    assert!(all.len() >= 38, "{}", all.len());
    for vector in all.iter().filter(|vector| vector.has_context()) {
        for form in ["header", "query"] {
            let place = format!("{}, {form}", vector.name());
            let mut received = request(vector, &format!("{form}-signed-request.txt"));
            if form == "query" && vector.is("/omit_session_token") {
                received.query = received
                    .query
                    .split('&')
                    .filter(|pair| !pair.starts_with("X-Amz-Security-Token="))
                    .collect::<Vec<_>>()
                    .join("&");
            }
            let read = Verifiable::of(&received, Some(rules(vector)))
                .unwrap_or_else(|error| panic!("{place}: {error}"));
            let expected = |what: &str| vector.artefact(&format!("{form}-{what}.txt"));
            assert_eq!(read.canonical_request.text(), expected("canonical-request"), "{place}");
            assert_eq!(read.string_to_sign(), expected("string-to-sign"), "{place}");
            assert_eq!(read.region_set.as_deref(), Some(vector.text("/region")), "{place}");
            assert!(read.scope().is_none() && !read.is_signed_by(&secret(vector)), "{place}");
        }
    }
}
