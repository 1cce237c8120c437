//! Where a request goes, in a form that a command of a shell may hold.
//!
//! All of it comes from logs: what is no host, region, service or bucket gives no target, and what a
//! URL may not hold is percent-encoded.

use std::fmt::Write;

use super::super::explanation::Request;
use crate::case::Case;
use crate::host::{Endpoint, EndpointKind, normalize};
use crate::uri::{canonical_query, decode, decode_query, is_s3_family};
use crate::{partition, redact};

/// A URL to be asked, and what to sign for there.
pub(super) struct Target {
    /// The host, with its port.
    pub host: String,
    /// The path, encoded.
    pub path: String,
    /// The query, encoded, without what signs it.
    pub query: String,
    /// The region that the host wants, or else the one that was signed for.
    pub region: String,
    /// The service, likewise.
    pub service: String,
}

impl Target {
    /// Where the signer sent a request, as far as it is known.
    pub(super) fn of(request: &Request, case: &Case) -> Option<Self> {
        let host = host(request, case)?;
        let endpoint = Endpoint::of(&host);
        if matches!(endpoint.kind, EndpointKind::S3MultiRegion | EndpointKind::S3Express) {
            // One takes version 4A alone, the other keys of a session.
            return None;
        }
        let told = case.answer.detail("Region").filter(|region| is_word(region));
        let region = endpoint.region.filter(|_| endpoint.region_is_explicit()).or(told);
        let region = region.or(request.region.as_deref()).filter(|region| is_word(region))?;
        let signed_for = request.service.as_deref();
        let is_s3 = |service: &str| is_s3_family(service);
        // Other services sign under names that their hosts do not show.
        let of_host = endpoint.service.filter(|service| is_s3(service));
        let service = of_host.or(signed_for).filter(|service| is_word(service))?;
        let (path, query) = path_and_query(case, request, is_s3(service))?;
        if signs(&path) {
            return None;
        }
        let mut target = Self {
            path: encoded(&path),
            query: unsigned(&query),
            region: region.to_owned(),
            service: service.to_owned(),
            host: host.clone(),
        };
        if endpoint.kind == EndpointKind::S3Website {
            let suffix = partition::suffix_of(&host)?;
            let bucket = endpoint.bucket.filter(|bucket| is_bucket(bucket))?;
            target.service = "s3".to_owned();
            target.host = format!("s3.{region}.{suffix}");
            target.path = format!("/{bucket}{}", target.path);
        }
        Some(target)
    }

    /// Its URL.
    pub(super) fn url(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("https://{}{}{mark}{}", self.host, self.path, self.query)
    }

    /// Whether a client would resolve dots in its path.
    pub(super) fn has_dots(&self) -> bool {
        self.path.split('/').any(|segment| segment == "." || segment == "..")
    }

    /// Whether its query names an action: of a service that takes them so, whatever the method.
    pub(super) fn names_action(&self) -> bool {
        let mut names = self.query.split('&').filter_map(|pair| pair.split('=').next());
        names.any(|name| name.eq_ignore_ascii_case("action"))
    }
}

/// The host that the signer meant.
pub(super) fn host(request: &Request, case: &Case) -> Option<String> {
    let sent = case.sent.as_ref().and_then(|sent| sent.header("host").map(str::to_owned));
    let signed = || {
        let text = case.client.canonical_request.as_ref()?;
        Some(text.parts()?.header("host")?.to_owned())
    };
    let host = sent.or_else(signed).or_else(|| request.host.clone())?;
    let host = normalize(&host).into_owned();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let begins = host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[');
    (begins && host.len() <= 255 && host.bytes().all(is_part)).then_some(host)
}

/// The path and the query as the signer sent them, or as a text has them that is made of them.
fn path_and_query(case: &Case, request: &Request, is_s3: bool) -> Option<(String, String)> {
    if let Some(sent) = &case.sent {
        return Some((sent.path.clone(), sent.query.clone()));
    }
    let texts = [&case.client, &case.server].into_iter();
    let text = texts.filter_map(|texts| texts.canonical_request.as_ref()?.parts()).next();
    if let Some(text) = text {
        // Services other than S3 encode the path once more.
        let path = match is_s3 {
            true => text.path.into_owned(),
            false => String::from_utf8(decode(&text.path).into_owned()).ok()?,
        };
        return Some((path, text.query.into_owned()));
    }
    if let Some(received) = &case.received {
        return Some((received.path.clone(), received.query.clone()));
    }
    let logged = case.logged.as_ref().and_then(|logged| logged.target.as_ref());
    if let Some((_, target)) = logged {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        return Some((path.to_owned(), query.to_owned()));
    }
    Some((request.path.clone()?, String::new()))
}

/// A path with what a URL may not hold encoded; what is encoded already stays.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        out.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/%:@+,=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What signs a URL: of version 4, of Google's form of it, of version 2.
const SIGNERS: &[&str] = &["x-amz-", "x-goog-", "awsaccesskeyid=", "googleaccessid=", "signature="];

/// Whether a text holds what signs a URL, whatever it was escaped or joined with.
fn signs(text: &str) -> bool {
    let once = decode_query(text);
    let twice = decode(&String::from_utf8_lossy(&once)).to_ascii_lowercase();
    let twice = String::from_utf8_lossy(&twice);
    SIGNERS.iter().any(|part| twice.contains(part))
}

/// A query without what signs it or is secret, in canonical form.
fn unsigned(query: &str) -> String {
    let is_version_2 = query.contains("AWSAccessKeyId=");
    let is_kept = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        !signs(pair)
            && redact::value(name, value) == value
            && !(is_version_2 && name.eq_ignore_ascii_case("expires"))
    };
    let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
    canonical_query(&kept.join("&"), &[])
}

/// Whether a text may be a region's or a service's name.
pub(super) fn is_word(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.len() <= 64
        && text.bytes().all(is_part)
}

/// Whether a text may be a bucket's name.
pub(super) fn is_bucket(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && (3..=255).contains(&text.len())
        && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_signs_a_url_is_left_out_of_it() {
        for (query, kept) in [
            ("X-Amz-Date=a&list-type=2&X-Amz-Signature=b&prefix=a%2Fb", "list-type=2&prefix=a%2Fb"),
            ("x%2Damz-security-token=t&uploads", "uploads="),
            ("AWSAccessKeyId=a&Expires=1&Signature=b&versionId=c", "versionId=c"),
            ("amp;X-Amz-Signature=a&to=https%3A%2F%2Fh%2F%3FX-Amz-Signature%3Da&b", "b="),
            ("prefix=signatures%2F", "prefix=signatures%2F"),
            ("Expires=1&a='$(b)'", "Expires=1&a=%27%24%28b%29%27"),
            ("", ""),
        ] {
            assert_eq!(unsigned(query), kept);
        }
    }

    #[test]
    fn what_a_url_may_not_hold_is_encoded() {
        assert_eq!(encoded("/a b/%20/é#?'"), "/a%20b/%20/%C3%A9%23%3F%27");
        assert_eq!(encoded("a"), "/a");
    }

    #[test]
    fn names_are_checked() {
        assert!(is_word("eu-west-1") && is_word("s3") && !is_word("-x") && !is_word("a b"));
        assert!(!is_word("*") && !is_word(""));
        assert!(is_bucket("my.bucket-1") && !is_bucket("--profile") && !is_bucket("a/b"));
    }
}
