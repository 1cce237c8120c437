//! How likely it is that a header does not arrive as it was signed.
//!
//! What AWS's SDKs leave out of signatures, and what proxies, content delivery networks and browsers
//! were seen to change: one table.

use serde::Serialize;

/// How risky it is to sign a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Seldom changed, and only by some: sign it where the service wants it.
    Low,
    /// Often changed on the way: sign it only if nothing stands between signer and service.
    High,
    /// Belongs to one connection or one hop: it is never to be signed.
    Never,
}

/// A row of the table: a name in lower case, or its beginning where it ends in `-`.
struct Row(&'static str, Risk, &'static str);

use Risk::{High, Low, Never};

const HOP: &str = "it belongs to one connection, and every hop may drop or set it";
const ADDED: &str = "proxies add to it or rewrite it";
const TRACE: &str = "tracing rewrites it at every hop";
const EDGE: &str = "content delivery networks set it themselves";
const BROWSER: &str = "browsers set it themselves, and scripts cannot";

const TABLE: &[Row] = &[
    Row("authorization", Never, "it carries the signature itself"),
    Row("connection", Never, HOP),
    Row("keep-alive", Never, HOP),
    Row("proxy-authenticate", Never, HOP),
    Row("proxy-authorization", Never, HOP),
    Row("proxy-connection", Never, HOP),
    Row("te", Never, HOP),
    Row("trailer", Never, HOP),
    Row("upgrade", Never, HOP),
    Row("http2-settings", Never, HOP),
    Row("transfer-encoding", Never, "intermediaries turn it into Content-Length"),
    Row("expect", Never, "S3 Transfer Acceleration, Lambda and many proxies drop it"),
    Row("user-agent", Never, "proxies, libraries and browsers change it"),
    Row("via", Never, ADDED),
    Row("forwarded", Never, ADDED),
    Row("x-forwarded-", Never, ADDED),
    Row("x-real-ip", Never, ADDED),
    Row("x-amzn-trace-id", Never, "load balancers and API Gateway rewrite it"),
    Row("x-amz-cf-id", Never, "CloudFront sets it"),
    Row("traceparent", Never, TRACE),
    Row("tracestate", Never, TRACE),
    Row("x-b3-", Never, TRACE),
    Row("x-request-id", Never, TRACE),
    Row("x-correlation-id", Never, TRACE),
    Row("cf-", Never, EDGE),
    Row("cdn-loop", Never, EDGE),
    Row("true-client-ip", Never, EDGE),
    Row("sec-", Never, BROWSER),
    Row(
        "accept-encoding",
        High,
        "Cloudflare, Google's front end and TLS-inspecting proxies rewrite it",
    ),
    Row("accept", High, "browsers and libraries set their own"),
    Row("accept-language", High, "browsers and libraries set their own"),
    Row("origin", High, BROWSER),
    Row("referer", High, BROWSER),
    Row("cookie", High, "proxies and browsers drop it or add to it"),
    Row("dnt", High, BROWSER),
    Row("priority", High, BROWSER),
    Row("range", High, "caching and TLS-inspecting proxies drop it"),
    Row("cache-control", High, "caches and browsers set their own"),
    Row("pragma", High, "caches and browsers set their own"),
    Row("if-modified-since", High, "caches add their own"),
    Row("if-none-match", High, "caches add their own"),
    Row("content-length", High, "it goes when a hop sends the body in chunks, or compresses it"),
    Row("date", High, "libraries and proxies set it when they send"),
    Row("content-type", Low, "browsers and libraries add a charset or a boundary"),
    Row(
        "content-encoding",
        Low,
        "a hop that compresses changes it, and aws-chunked is dropped from it",
    ),
    Row("content-md5", Low, "it no longer fits once a hop changes the body"),
    Row("amz-sdk-", Low, "it counts the attempts, so that a retry has to be signed again"),
    Row("x-amz-te", Low, "clients that do not know it do not send it"),
];

/// The risk of signing a header, with the reason in one sentence; nothing for a header that arrives
/// as it is sent, like `host` and most of those that begin with `x-amz-`.
#[must_use]
pub fn of_header(name: &str) -> Option<(Risk, &'static str)> {
    let name = name.to_ascii_lowercase();
    let fits = |known: &str| name == known || (known.ends_with('-') && name.starts_with(known));
    TABLE.iter().find(|Row(known, _, _)| fits(known)).map(|Row(_, risk, why)| (*risk, *why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::NEVER_SIGNED;

    #[test]
    fn what_is_never_signed_is_graded_so() {
        for name in NEVER_SIGNED {
            assert_eq!(of_header(name).map(|(risk, _)| risk), Some(Never), "{name}");
        }
    }

    #[test]
    fn headers_are_graded_in_whatever_case() {
        for (name, risk) in [
            ("Accept-Encoding", Some(High)),
            ("X-Forwarded-For", Some(Never)),
            ("content-type", Some(Low)),
            ("host", None),
            ("x-amz-date", None),
            ("x-amz-meta-accept", None),
            ("cf", None),
        ] {
            assert_eq!(of_header(name).map(|(risk, _)| risk), risk, "{name}");
        }
        assert!(Low < High && High < Never);
    }

    #[test]
    fn every_name_stands_once_and_in_lower_case() {
        for (number, Row(name, _, why)) in TABLE.iter().enumerate() {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(!why.ends_with('.'), "{why}");
            assert!(!TABLE[..number].iter().any(|Row(other, _, _)| other == name), "{name}");
        }
    }
}
