//! The headers that are signed: which of them a hop or a browser changes, and which ones whoever
//! uses a URL has to send.

use super::Finding;
use super::parameters::Signed;
use crate::http::HttpRequest;
use crate::risk::{self, Risk};

const CHECK: &str = "signed-headers";

/// The headers that a client is set up to sign.
pub(super) fn of_configuration(names: &[&str]) -> Vec<Finding> {
    if names.is_empty() {
        return Vec::new();
    }
    let mut findings = without_host(names.iter().copied());
    findings.extend(risky(names.iter().copied()));
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "no hop is known to change any of them"));
    }
    findings
}

/// The signed headers of a presigned URL.
pub(super) fn of_url(request: &HttpRequest, signed: &Signed) -> Vec<Finding> {
    let names = || signed.signed_headers.iter().map(String::as_str);
    let mut findings = without_host(names());
    if names().any(|name| name.bytes().any(|b| b.is_ascii_uppercase()))
        || !signed.signed_headers.is_sorted()
    {
        findings.push(Finding::drift(
            CHECK,
            "X-Amz-SignedHeaders is not a sorted list of names in lower case",
            "presign the URL with an SDK",
        ));
    }
    findings.extend(risky(names()));
    let graded: Vec<&str> = names()
        .filter(|name| risk::of_header(name).is_some_and(|(risk, _)| risk > Risk::Low))
        .collect();
    let to_send: Vec<&str> = names()
        .filter(|name| !name.eq_ignore_ascii_case("host") && !graded.contains(name))
        .collect();
    if !to_send.is_empty() {
        let in_query: Vec<&str> =
            to_send.iter().copied().filter(|name| request.parameter(name).is_some()).collect();
        let beside = if in_query.is_empty() {
            String::new()
        } else {
            format!("; {} in the query as well does not stand for the header", in_query.join(", "))
        };
        findings.push(Finding::warning(
            CHECK,
            format!(
                "whoever uses the URL has to send {} with the value that was signed, which the URL does not show{beside}",
                to_send.join(", ")
            ),
            "tell its user header and value, or presign without it",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "host is the only header that is signed"));
    }
    findings
}

fn without_host<'n>(mut names: impl Iterator<Item = &'n str>) -> Vec<Finding> {
    if names.any(|name| name.eq_ignore_ascii_case("host")) {
        return Vec::new();
    }
    vec![Finding::drift(CHECK, "host is not signed", "sign host: AWS refuses a request without it")]
}

fn risky<'n>(names: impl Iterator<Item = &'n str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in names {
        let Some((risk, why)) = risk::of_header(name) else { continue };
        let (told, fix) = match risk {
            Risk::Low => continue,
            Risk::High => {
                ("is often changed on the way", "do not sign it, or send it past every proxy")
            }
            Risk::Never => ("is never to be signed", "leave it out of what is signed"),
        };
        findings.push(Finding::warning(CHECK, format!("{name} {told}: {why}"), fix));
    }
    findings
}
