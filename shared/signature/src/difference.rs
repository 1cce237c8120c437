//! In which parts two canonical requests differ.

use crate::canonical_request::CanonicalRequest;

/// One part in which two canonical requests differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `method`, `path`, `query`, `header:<name>`, `signed-headers` or `payload`.
    pub part: String,
    /// What the signer had; `None` where it had no such header.
    pub signed: Option<String>,
    /// What the verifier had.
    pub verified: Option<String>,
}

/// Every part in which the signer's and the verifier's canonical requests differ.
#[must_use]
pub fn differences(
    signed: &CanonicalRequest<'_>,
    verified: &CanonicalRequest<'_>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |part: &str, signed: Option<&str>, verified: Option<&str>| {
        if signed != verified {
            found.push(Difference {
                part: part.to_owned(),
                signed: signed.map(str::to_owned),
                verified: verified.map(str::to_owned),
            });
        }
    };
    compare("method", Some(&signed.method), Some(&verified.method));
    compare("path", Some(&signed.path), Some(&verified.path));
    compare("query", Some(&signed.query), Some(&verified.query));
    for (name, theirs) in &signed.headers {
        let other = verified
            .headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_ref());
        compare(&format!("header:{name}"), Some(theirs), other);
    }
    for (name, ours) in &verified.headers {
        if !signed.headers.iter().any(|(other, _)| other == name) {
            compare(&format!("header:{name}"), None, Some(ours));
        }
    }
    compare("signed-headers", Some(&signed.signed_headers), Some(&verified.signed_headers));
    compare("payload", Some(&signed.payload), Some(&verified.payload));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "PUT\n/a%20b\nx-id=PutObject\naccept-encoding:zstd\nhost:b.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD";

    fn differ(change: (&str, &str)) -> Vec<Difference> {
        let verified = SIGNED.replace(change.0, change.1);
        differences(
            &CanonicalRequest::parse(SIGNED).unwrap(),
            &CanonicalRequest::parse(&verified).unwrap(),
        )
    }

    #[test]
    fn every_part_that_differs_is_named() {
        for (change, part) in [
            (("zstd", "gzip"), "header:accept-encoding"),
            (("PUT\n", "POST\n"), "method"),
            (("/a%20b", "/a+b"), "path"),
            (("x-id=PutObject", ""), "query"),
            (("host:b.s3", "host:c.s3"), "header:host"),
            (("UNSIGNED-PAYLOAD", "e3b0"), "payload"),
        ] {
            let found = differ(change);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].part, part);
        }
        assert_eq!(differ(("zzz", "")), []);
    }

    #[test]
    fn a_header_that_one_side_lacks_is_shown_as_nothing() {
        let found = differ(("accept-encoding:zstd\n", ""));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].signed.as_deref(), found[0].verified.as_deref()),
            (Some("zstd"), None)
        );
    }
}
