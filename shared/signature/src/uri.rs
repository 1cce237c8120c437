//! Percent-encoding and path normalisation as Signature Version 4 wants them.
//!
//! Unreserved characters stand as they are, everything else is `%XX` with upper-case hex, a space is
//! `%20`: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// What is encoded in a query's names and values: everything but the unreserved characters.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is encoded in a path: the same, but slashes stay.
const PATH: &AsciiSet = &STRICT.remove(b'/');

/// A name or a value of a query, or anything in which a slash is encoded too.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, STRICT).to_string()
}

/// A path whose slashes stay.
#[must_use]
pub fn encode_path(bytes: &[u8]) -> String {
    percent_encode(bytes, PATH).to_string()
}

/// The bytes behind a percent-encoded text. What is no valid escape stands for itself.
#[must_use]
pub fn decode(text: &str) -> Cow<'_, [u8]> {
    percent_decode_str(text).into()
}

/// The bytes behind a percent-encoded text of a query, in which `+` is a space.
#[must_use]
pub fn decode_query(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        Cow::Owned(percent_decode_str(&text.replace('+', " ")).collect())
    } else {
        decode(text)
    }
}

/// How often a canonical path is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathEncoding {
    /// Once: the bytes behind the path as sent are encoded. S3 and its relatives.
    Once,
    /// Twice: the path as sent, encoded already, is encoded again. Every other service.
    Twice,
}

/// Whether `.`, `..` and empty segments are resolved in a canonical path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathNormalization {
    /// They stay: an S3 key may hold them.
    Keep,
    /// They are resolved as RFC 3986 section 5.2.4 says. Every service but S3.
    Resolve,
}

/// How a service wants its canonical path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathRules {
    /// How often it is encoded.
    pub encoding: PathEncoding,
    /// Whether dot segments and double slashes are resolved.
    pub normalization: PathNormalization,
}

/// The signing names of S3 and its relatives: encoded once, not normalised.
const S3_FAMILY: &[&str] = &["s3", "s3-object-lambda", "s3-outposts", "s3express"];

/// Whether a signing name belongs to S3 or one of its relatives.
#[must_use]
pub fn is_s3_family(service: &str) -> bool {
    S3_FAMILY.contains(&service)
}

impl PathRules {
    /// S3's rules: encoded once, kept as it is.
    pub const S3: Self =
        Self { encoding: PathEncoding::Once, normalization: PathNormalization::Keep };
    /// Every other service's: encoded twice, normalised.
    pub const OTHER: Self =
        Self { encoding: PathEncoding::Twice, normalization: PathNormalization::Resolve };

    /// The rules of a service, by its signing name.
    #[must_use]
    pub fn of_service(service: &str) -> Self {
        if is_s3_family(service) { Self::S3 } else { Self::OTHER }
    }

    /// The canonical form of a path as it stands in a request line.
    #[must_use]
    pub fn canonical(self, path: &str) -> String {
        let path = match self.normalization {
            PathNormalization::Keep => Cow::Borrowed(path),
            PathNormalization::Resolve => Cow::Owned(normalize(path)),
        };
        let path = if path.is_empty() { Cow::Borrowed("/") } else { path };
        match self.encoding {
            PathEncoding::Once => encode_path(&decode(&path)),
            PathEncoding::Twice => encode_path(path.as_bytes()),
        }
    }
}

/// A path without `.`, `..` and empty segments, by RFC 3986 section 5.2.4 and with slashes merged.
#[must_use]
pub fn normalize(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let is_folder = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    let mut out = String::with_capacity(path.len());
    for segment in &kept {
        out.push('/');
        out.push_str(segment);
    }
    if out.is_empty() || is_folder {
        out.push('/');
    }
    out
}

/// The canonical form of a query as it stands in a request line, without the parameters `left_out`
/// (compared without regard to case): names and values encoded, sorted by name, then by value.
#[must_use]
pub fn canonical_query(query: &str, left_out: &[&str]) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| !left_out.iter().any(|out| name.eq_ignore_ascii_case(out)))
        .map(|(name, value)| (encode(&decode_query(name)), encode(&decode_query(value))))
        .collect();
    pairs.sort();
    let mut out = String::with_capacity(query.len());
    for (name, value) in &pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_follow_their_services_rules() {
        for (raw, s3, other) in [
            ("/", "/", "/"),
            ("", "/", "/"),
            ("/a b", "/a%20b", "/a%20b"),
            ("/a%20b", "/a%20b", "/a%2520b"),
            ("/a%7Eb~", "/a~b~", "/a%257Eb~"),
            ("/a//b/../c/.", "/a//b/../c/.", "/a/c/"),
            ("//example//", "//example//", "/example/"),
            ("/ሴ", "/%E1%88%B4", "/%E1%88%B4"),
            ("/a+b:@!", "/a%2Bb%3A%40%21", "/a%2Bb%3A%40%21"),
            ("/100%", "/100%25", "/100%25"),
        ] {
            assert_eq!(PathRules::S3.canonical(raw), s3, "{raw} for S3");
            assert_eq!(PathRules::OTHER.canonical(raw), other, "{raw} for others");
        }
    }

    #[test]
    fn queries_are_sorted_by_encoded_name_then_value() {
        assert_eq!(
            canonical_query("b=2&a=2&a=1&acl&c=x y+z%2b", &[]),
            "a=1&a=2&acl=&b=2&c=x%20y%20z%2B"
        );
        assert_eq!(canonical_query("X-Amz-Signature=ab&x=1", &["x-amz-signature"]), "x=1");
        assert_eq!(canonical_query("a-b=1&a=2&aa=3", &[]), "a=2&a-b=1&aa=3");
        assert_eq!(canonical_query("", &[]), "");
        assert_eq!(canonical_query("a==b", &[]), "a=%3Db");
    }

    proptest! {
        #[test]
        fn a_canonical_form_is_its_own_canonical_form(path in "/[ -~é]{0,40}", query in "[ -~é]{0,40}") {
            let once = PathRules::S3.canonical(&path);
            prop_assert_eq!(PathRules::S3.canonical(&once), once.clone());
            let query = canonical_query(&query, &[]);
            prop_assert_eq!(canonical_query(&query, &[]), query);
            let clean = normalize(&path);
            prop_assert_eq!(normalize(&clean), clean);
        }
    }
}
