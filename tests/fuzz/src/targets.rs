//! What each target does with its input, and what must hold whatever the input is.

use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sigdrift_signature::case::Case;
use sigdrift_signature::check;
use sigdrift_signature::evidence::{self, Found};
use sigdrift_signature::explain::{self, Limits, Question};
use sigdrift_signature::post::{Policy, PostForm};
use sigdrift_signature::uri::PathRules;
use sigdrift_signature::verifier::Verifiable;
use sigdrift_signature::version_2::{RestText, Version2};
use sigdrift_signature::{
    Authorization, CanonicalRequest, CredentialScope, Endpoint, HttpRequest, Presigned, Scope,
    Secret, StringToSign,
};

/// Every target by its name.
pub const ALL: &[(&str, fn(&[u8]))] = &[
    ("http", http),
    ("url", url),
    ("authorization", authorization),
    ("scope", scope),
    ("presigned", presigned),
    ("canonical_request", canonical_request),
    ("string_to_sign", string_to_sign),
    ("version_2", version_2),
    ("version_2_text", version_2_text),
    ("post_form", post_form),
    ("post_policy", post_policy),
    ("upload", upload),
    ("host", host),
    ("check", check),
    ("evidence", evidence),
    ("error_body", error_body),
    ("client_log", client_log),
    ("captured_error", captured_error),
    ("explain", explain),
];

/// Parsers of text get the text up to where the input stops being one.
fn text(data: &[u8]) -> &str {
    match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&data[..error.valid_up_to()]).unwrap_or_default(),
    }
}

fn http(data: &[u8]) {
    match HttpRequest::parse(data) {
        Ok(request) => use_of(&request),
        Err(error) => said(&error),
    }
}

fn url(data: &[u8]) {
    match HttpRequest::of_url("GET", text(data)) {
        Ok(request) => use_of(&request),
        Err(error) => said(&error),
    }
}

/// An error can be told.
fn said(error: &dyn std::error::Error) {
    assert!(!error.to_string().is_empty());
}

/// Whatever is made of a request once it is read.
fn use_of(request: &HttpRequest) {
    for header in &request.headers {
        black_box(request.canonical_header(&header.name));
    }
    black_box(request.parameter("X-Amz-Date"));
    match Authorization::of(request) {
        Ok(authorization) => {
            black_box(authorization.scope());
        }
        Err(error) => said(&error),
    }
    for rules in [None, Some(PathRules::of_service("s3")), Some(PathRules::of_service("iam"))] {
        match Verifiable::of(request, rules) {
            Ok(verifiable) => {
                black_box(verifiable.string_to_sign());
                black_box(verifiable.is_signed_by(&Secret::new(*b"secret")));
            }
            Err(error) => said(&error),
        }
    }
}

fn authorization(data: &[u8]) {
    match Authorization::parse(text(data)) {
        Ok(authorization) => {
            black_box(authorization.scope());
            authorization.signed_names().for_each(|name| assert!(text(data).contains(name)));
        }
        Err(error) => said(&error),
    }
}

fn scope(data: &[u8]) {
    let text = text(data);
    if let Some(scope) = Scope::parse(text) {
        assert_eq!(scope.text(), text);
    }
    match CredentialScope::parse(text) {
        Ok(credential) => {
            black_box(credential.scope());
        }
        Err(error) => said(&error),
    }
}

fn presigned(data: &[u8]) {
    black_box(Presigned::parse(text(data)).is_signed());
}

fn canonical_request(data: &[u8]) {
    let text = text(data);
    match CanonicalRequest::parse(text) {
        // Carriage returns are left out.
        Ok(request) => assert!(text.contains('\r') || text == request.text()),
        Err(error) => said(&error),
    }
}

fn string_to_sign(data: &[u8]) {
    let text = text(data);
    match StringToSign::parse(text) {
        Ok(parsed) => {
            black_box(parsed.scope());
            // Blank lines behind it are left out, and so are carriage returns.
            assert!(text.contains('\r') || text.starts_with(&parsed.text()));
        }
        Err(error) => said(&error),
    }
}

/// A request of version 2, in any of its forms.
fn version_2(data: &[u8]) {
    let Ok(request) = HttpRequest::parse(data) else { return };
    match Version2::of(&request) {
        Ok(read) => {
            assert!(read.strings_to_sign().next() == Some(read.string_to_sign()));
            black_box(read.signed_by(&Secret::new(*b"secret")).is_some());
        }
        Err(error) => said(&error),
    }
}

fn version_2_text(data: &[u8]) {
    let text = text(data);
    match RestText::parse(text) {
        // Blank lines behind it are left out, and so are carriage returns.
        Ok(parsed) => assert!(text.contains('\r') || text.starts_with(&parsed.text())),
        Err(error) => said(&error),
    }
}

/// The body of a form whose boundary is `B`.
fn post_form(data: &[u8]) {
    let mut request = HttpRequest::new("POST", "/bucket");
    request.set_header("Content-Type", "multipart/form-data; boundary=B");
    request.set_header("Host", "s3.example");
    request.body = Some(data.to_vec());
    match PostForm::of(&request) {
        Ok(form) => use_of_form(&form),
        Err(error) => said(&error),
    }
}

fn use_of_form(form: &PostForm) {
    match form.signed() {
        Ok(signed) => {
            black_box(signed.is_signed_by(&Secret::new(*b"secret")));
        }
        Err(error) => said(&error),
    }
    if let Some(Ok(policy)) = form.field("policy").map(Policy::parse) {
        for unmet in policy.unmet(form) {
            assert!(!unmet.to_string().is_empty());
        }
    }
}

/// The JSON of a policy, and the base64 of one.
fn post_policy(data: &[u8]) {
    let form = PostForm::of_fields(vec![("key".to_owned(), "user/a".to_owned())]);
    for text in [text(data).to_owned(), STANDARD.encode(data)] {
        match Policy::parse(&text) {
            Ok(policy) => {
                black_box(policy.unmet(&form).len());
            }
            Err(error) => said(&error),
        }
    }
}

/// A form that was sent and refused, explained.
fn upload(data: &[u8]) {
    let Ok(request) = HttpRequest::parse(data) else { return };
    let secret = Secret::new(*b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let limits = Limits { candidates: 500, ..Limits::default() };
    for code in [None, Some("SignatureDoesNotMatch"), Some("AccessDenied")] {
        let mut case = Case { received: Some(request.clone()), ..Case::default() };
        case.answer.code = code.map(str::to_owned);
        case.answer.message = code.map(|_| "Invalid according to Policy: x".to_owned());
        black_box(explain::explain(&case, &Question { secret: Some(&secret), limits }));
    }
}

fn host(data: &[u8]) {
    let host = text(data);
    let normal = sigdrift_signature::host::normalize(host);
    let endpoint = Endpoint::of(&normal);
    black_box(endpoint.region_is_explicit());
    for part in [endpoint.region, endpoint.service, endpoint.bucket].into_iter().flatten() {
        assert!(!part.is_empty());
    }
    black_box(Endpoint::of(host).region_is_explicit());
}

/// Lines: the URL, the region, the service, the signed headers.
fn check(data: &[u8]) {
    const NOON: i64 = 1_795_348_800;
    let mut lines = text(data).split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (url, region, service, headers) = (line(), line(), line(), line());
    let headers: Vec<&str> = headers.split(';').collect();
    for findings in [
        check::presigned(url, None, NOON),
        check::presigned(url, Some("PUT"), i64::MAX),
        check::configuration(url, region, service, &headers),
    ] {
        match findings {
            Ok(findings) => {
                black_box(check::is_ok(&findings));
            }
            Err(error) => said(&error),
        }
    }
}

fn evidence(data: &[u8]) {
    told(&evidence::read(data));
}

fn error_body(data: &[u8]) {
    told(&evidence::error_body(data));
}

fn client_log(data: &[u8]) {
    told(&evidence::client_log(data));
}

fn told(found: &Found) {
    assert!(found.cases.len() <= 64 && found.problems.len() <= 32);
    for case in &found.cases {
        for texts in [&case.server, &case.client] {
            black_box((texts.hash(), texts.parsed().is_some(), texts.is_intact()));
        }
    }
}

fn captured_error(data: &[u8]) {
    match evidence::captured_error(text(data)) {
        Ok(case) => {
            black_box(case.server.is_intact());
        }
        Err(error) => said(&error),
    }
}

fn explain(data: &[u8]) {
    let secret = Secret::new(*b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let limits = Limits { candidates: 500, ..Limits::default() };
    for case in evidence::read(data).cases.iter().take(2) {
        for secret in [None, Some(&secret)] {
            black_box(explain::explain(case, &Question { secret, limits }));
        }
    }
}
