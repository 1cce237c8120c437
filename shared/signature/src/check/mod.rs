//! Checks a signing configuration, or a presigned URL, before it is used: what will be refused, and
//! what may be. Offline, and without the secret.

mod credentials;
mod endpoint;
mod expiry;
mod method;
mod parameters;
mod signed_headers;
mod url_form;

use serde::Serialize;

pub use self::endpoint::{SignedFor, Target};
use crate::host;
use crate::http::{HttpError, HttpRequest};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// May fail, depending on what this check cannot see.
    Warning,
    /// Will be refused.
    Drift,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check: `endpoint`, `region`, `service`, `bucket`, `parameters`, `signature-version`,
    /// `credentials`, `expiry`, `method`, `signed-headers` or `path`.
    pub check: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What was found, with the values that it is about; never a signature or a session token.
    pub detail: String,
    /// What to do; nothing where all is well.
    pub fix: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, detail: detail.into(), fix: None }
    }

    fn warning(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, detail: detail.into(), fix: Some(fix.into()) }
    }

    fn drift(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, level: Level::Drift, detail: detail.into(), fix: Some(fix.into()) }
    }
}

/// Whether nothing was found that will be refused.
#[must_use]
pub fn is_ok(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.level < Level::Drift)
}

/// Checks whether requests to an endpoint are signed for what it wants. `signed_headers` are the
/// names of the headers that will be signed, as far as they are known.
///
/// # Errors
/// When `url` is no URL.
pub fn configuration(
    url: &str,
    region: &str,
    service: &str,
    signed_headers: &[&str],
) -> Result<Vec<Finding>, HttpError> {
    let url = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    let request = HttpRequest::of_url("GET", &url)?;
    let host = host::normalize(request.header("host").unwrap_or_default()).into_owned();
    let mut findings = Target {
        host: &host,
        is_https: !url.to_ascii_lowercase().starts_with("http:"),
        path: &request.path,
        signed_for: SignedFor::of(region),
        service,
    }
    .findings();
    findings.extend(signed_headers::of_configuration(signed_headers));
    Ok(told(findings))
}

/// Checks a presigned URL, as of `now` in seconds since 1970, for use with `method` if that is known.
///
/// # Errors
/// When `url` is no URL.
pub fn presigned(url: &str, method: Option<&str>, now: i64) -> Result<Vec<Finding>, HttpError> {
    let request = HttpRequest::of_url(method.unwrap_or("GET"), url)?;
    let host = host::normalize(request.header("host").unwrap_or_default()).into_owned();
    let read = parameters::read(&request, url);
    let mut findings = read.findings;
    if let Some(signed) = &read.signed {
        let target = Target {
            host: &host,
            is_https: !url.trim().to_ascii_lowercase().starts_with("http:"),
            path: &request.path,
            signed_for: signed.signed_for(),
            service: &signed.service,
        };
        findings.extend(target.findings());
        findings.extend(credentials::findings(&request, signed));
        findings.extend(signed_headers::of_url(&request, signed));
    }
    findings.extend(expiry::findings(&read.times, now));
    if read.is_signed {
        findings.extend(method::findings(&request, method));
        findings.extend(url_form::findings(url, &request.path));
    }
    Ok(told(findings))
}

fn told(mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut findings {
        finding.detail = may_be_told(&finding.detail);
        finding.fix = finding.fix.as_deref().map(may_be_told);
    }
    findings
}

/// What is told of a damaged URL must not tell the signature or the token that slipped out of its
/// place: long runs of the characters that those are written with are left out, and whatever is very
/// long is cut.
fn may_be_told(text: &str) -> String {
    const LONGEST_WORD: usize = 36;
    const LONGEST: usize = 400;
    let is_opaque = |c: char| c.is_ascii_alphanumeric() || "+/=%_".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if out.len() > LONGEST {
            out.push('…');
            break;
        }
        let end = rest.find(|c| !is_opaque(c)).unwrap_or(rest.len()).max(c.len_utf8());
        let (word, after) = rest.split_at(end);
        out.push_str(if word.len() < LONGEST_WORD { word } else { "…" });
        rest = after;
    }
    out
}
