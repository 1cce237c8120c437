//! The signing parameters of a presigned URL: whether they are all there and can be read.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Finding, SignedFor};
use crate::http::HttpRequest;
use crate::presigned::{LONGEST, Presigned};
use crate::scope::{CredentialScope, TERMINATOR};
use crate::secret::Signature;
use crate::string_to_sign::{ALGORITHM, ALGORITHM_V4A};

/// What is needed, and in which order AWS names it.
const NEEDED: &[&str] = &[
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

const AGAIN: &str = "presign the URL again, with an SDK, and pass it on unchanged";

/// What the parameters say.
pub(super) struct Read {
    pub findings: Vec<Finding>,
    /// Whether a signature of any version is there.
    pub is_signed: bool,
    /// What is signed, where a credential of version 4 can be read.
    pub signed: Option<Signed>,
    pub times: Times,
}

/// What a URL is signed with and for.
pub(super) struct Signed {
    pub access_key_id: String,
    /// Nothing in version 4A.
    region: Option<String>,
    region_set: String,
    pub service: String,
    pub signed_headers: Vec<String>,
    pub expires: Option<u64>,
}

impl Signed {
    pub fn signed_for(&self) -> SignedFor<'_> {
        match &self.region {
            Some(region) => SignedFor::Region(region),
            None => SignedFor::RegionSet(&self.region_set),
        }
    }
}

/// When a URL is valid, in seconds since 1970.
#[derive(Clone, Copy, Default)]
pub(super) struct Times {
    pub from: Option<i64>,
    pub until: Option<i64>,
}

pub(super) fn read(request: &HttpRequest, url: &str) -> Read {
    let mut read =
        Read { findings: Vec::new(), is_signed: true, signed: None, times: Times::default() };
    let presigned = Presigned::parse(&request.query);
    if presigned.credential.is_none() && presigned.v2_access_key_id.is_some() {
        read.findings.push(Finding::drift(
            "signature-version",
            "signed by Signature Version 2, which no region since 2014 takes",
            "presign with Signature Version 4 (boto3: Config(signature_version='s3v4'))",
        ));
        read.times.until = presigned.v2_expires_at;
        return read;
    }
    let missing: Vec<&str> =
        NEEDED.iter().copied().filter(|name| request.parameter(name).is_none()).collect();
    if !missing.is_empty() {
        read.is_signed = missing.len() < NEEDED.len();
        read.findings.push(of_missing(&missing, request, url));
    }
    if let Some(name) = NEEDED.iter().find(|name| count(request, name) > 1) {
        read.findings.push(Finding::drift(
            "parameters",
            format!("{name} is there more than once"),
            AGAIN,
        ));
    }
    let algorithm = request.parameter("X-Amz-Algorithm").unwrap_or(ALGORITHM.to_owned());
    if ![ALGORITHM, ALGORITHM_V4A].contains(&algorithm.as_str()) {
        let detail = format!("X-Amz-Algorithm is {algorithm}, not {ALGORITHM} or {ALGORITHM_V4A}");
        read.findings.push(Finding::drift("parameters", detail, AGAIN));
    }
    read.findings.extend(of_signature(request, &algorithm));
    let expires = request.parameter("X-Amz-Expires");
    read.findings.extend(expires.as_deref().and_then(of_expires));
    let expires = expires.and_then(|text| text.parse::<u64>().ok());
    let date = request.parameter("X-Amz-Date");
    read.times.from = date.as_deref().and_then(seconds);
    if let Some(date) = date.as_ref().filter(|_| read.times.from.is_none()) {
        let detail = format!("X-Amz-Date is {date}, not YYYYMMDDTHHMMSSZ");
        read.findings.push(Finding::drift("parameters", detail, AGAIN));
    }
    let lifetime = expires.and_then(|seconds| i64::try_from(seconds).ok());
    read.times.until =
        read.times.from.zip(lifetime).and_then(|(from, life)| from.checked_add(life));

    let Some(credential) = request.parameter("X-Amz-Credential") else { return read };
    let scope = match CredentialScope::parse(&credential) {
        Ok(scope) => scope,
        Err(_) if credential.contains("%2F") || credential.contains("%2f") => {
            let detail = "X-Amz-Credential is percent-encoded twice";
            read.findings.push(Finding::drift("parameters", detail, AGAIN));
            return read;
        }
        Err(error) => {
            read.findings.push(Finding::drift(
                "parameters",
                format!("X-Amz-Credential: {error}"),
                AGAIN,
            ));
            return read;
        }
    };
    read.findings.extend(of_scope(&scope, &algorithm, date.as_deref(), request));
    let headers = request.parameter("X-Amz-SignedHeaders").unwrap_or_default();
    read.signed = Some(Signed {
        access_key_id: scope.access_key_id.to_owned(),
        region: scope.region.map(str::to_owned),
        region_set: request.parameter("X-Amz-Region-Set").unwrap_or_default(),
        service: scope.service.to_owned(),
        signed_headers: headers
            .split(';')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        expires,
    });
    if read.findings.is_empty() {
        read.findings
            .push(Finding::ok("parameters", "all signing parameters are there and can be read"));
    }
    read
}

fn count(request: &HttpRequest, name: &str) -> usize {
    let names = request.query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    names.filter(|found| found.eq_ignore_ascii_case(name)).count()
}

/// Parameters that are not there, and what may have happened to them.
fn of_missing(missing: &[&str], request: &HttpRequest, url: &str) -> Finding {
    let (what, fix) = if request.query.contains("amp;X-Amz-") {
        ("its `&` are written `&amp;`, as in HTML or XML", "unescape the URL before using it")
    } else if url.contains('#') && url.contains("X-Amz-") {
        ("a `#` ends it before its query", "percent-encode the key before presigning: `#` is %23")
    } else if request.query.contains("X-Goog-") {
        ("it is signed for Google Cloud Storage", AGAIN)
    } else if missing.len() == NEEDED.len() {
        ("it is not presigned", AGAIN)
    } else {
        ("it was cut, or its query was changed", AGAIN)
    };
    let told = if missing.len() == NEEDED.len() {
        format!("the URL has no signing parameters: {what}")
    } else {
        format!("the URL has no {}: {what}", missing.join(", "))
    };
    Finding::drift("parameters", told, fix)
}

fn of_signature(request: &HttpRequest, algorithm: &str) -> Option<Finding> {
    let signature = request.parameter("X-Amz-Signature")?;
    if algorithm == ALGORITHM_V4A || Signature::of_hex(&signature).is_some() {
        return None;
    }
    let is_redacted = !signature.is_empty() && signature.bytes().all(|b| b"Xx*-".contains(&b));
    Some(if is_redacted {
        Finding::warning(
            "parameters",
            "the signature is redacted, as S3 does in its access logs",
            "give the URL as it was presigned, if that is what is to be checked",
        )
    } else {
        let detail = format!(
            "X-Amz-Signature has {} characters, not 64 hexadecimal digits",
            signature.len()
        );
        Finding::drift("parameters", detail, AGAIN)
    })
}

fn of_expires(text: &str) -> Option<Finding> {
    let detail = match text.parse::<u64>() {
        Ok(0) => "X-Amz-Expires is 0: the URL is never valid".to_owned(),
        Ok(seconds) if seconds > LONGEST => {
            format!("X-Amz-Expires is {seconds} s, more than seven days ({LONGEST} s)")
        }
        Ok(_) => return None,
        Err(_) => format!("X-Amz-Expires is {text}, not a number of seconds"),
    };
    Some(Finding::drift("expiry", detail, format!("presign for 1 to {LONGEST} seconds")))
}

fn of_scope(
    scope: &CredentialScope<'_>,
    algorithm: &str,
    date: Option<&str>,
    request: &HttpRequest,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut drift = |detail: String| findings.push(Finding::drift("parameters", detail, AGAIN));
    if scope.terminator != TERMINATOR {
        drift(format!("the credential ends in {}, not {TERMINATOR}", scope.terminator));
    }
    if let Some(day) = date.and_then(|date| date.get(..8)).filter(|day| *day != scope.date) {
        drift(format!("the credential is of {}, X-Amz-Date of {day}", scope.date));
    }
    let is_v4a = algorithm == ALGORITHM_V4A;
    if is_v4a && request.parameter("X-Amz-Region-Set").is_none() {
        drift("the URL has no X-Amz-Region-Set, which version 4A needs".to_owned());
    }
    if is_v4a != scope.region.is_none() {
        let told = if is_v4a { "names a region" } else { "names no region" };
        drift(format!("X-Amz-Algorithm is {algorithm}, but the credential {told}"));
    }
    findings
}

/// Seconds since 1970 of a `YYYYMMDDTHHMMSSZ`.
fn seconds(text: &str) -> Option<i64> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok().filter(|_| text.len() == 16)?;
    Some(TimeZone::UTC.to_timestamp(civil).ok()?.as_second())
}
