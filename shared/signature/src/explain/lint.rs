//! What is no canonical form in a text that a signer signed: mistakes that show without the other
//! side's text.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use crate::canonical_request::{CanonicalRequest, is_payload};
use crate::cause::CauseId;
use crate::http::folded;

/// A mistake: its cause, the component, and what it is.
pub type Mistake = (CauseId, Option<String>, String);

/// The mistakes in a signed text, by S3's rules for paths or by those of all other services.
#[must_use]
pub fn mistakes(request: &CanonicalRequest<'_>, is_s3: bool) -> Vec<Mistake> {
    let mut found = Vec::new();
    headers(request, &mut found);
    query(request, &mut found);
    path(request, is_s3, &mut found);
    if !is_payload(&request.payload) {
        let cause = (
            CauseId::SignerPayloadHash,
            None,
            "the payload line is neither a SHA-256 nor one of the words that may stand for it"
                .to_owned(),
        );
        found.push(cause);
    } else if request.payload.bytes().any(|b| b.is_ascii_uppercase())
        && crate::string_to_sign::is_hash(&request.payload)
    {
        found.push((
            CauseId::SignerPayloadHash,
            None,
            "the payload hash is in upper case".to_owned(),
        ));
    }
    found
}

fn headers(request: &CanonicalRequest<'_>, found: &mut Vec<Mistake>) {
    const CAUSE: CauseId = CauseId::SignerHeaderCanonicalization;
    for (name, value) in &request.headers {
        if name.bytes().any(|b| b.is_ascii_uppercase()) {
            found.push((
                CAUSE,
                Some(name.to_lowercase()),
                format!("the header name `{name}` is not in lower case"),
            ));
        } else if folded(value) != value.as_ref() {
            let what = format!("the value of {name} has spaces around it, or several in a row");
            found.push((CAUSE, Some(name.to_string()), what));
        }
    }
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_ref()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    if sorted != names {
        found.push((CAUSE, None, "the headers are not sorted by name".to_owned()));
    }
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        found.push((
            CAUSE,
            Some(pair[0].to_owned()),
            format!("the header {} stands there twice", pair[0]),
        ));
    }
    if !request.blank_line {
        found.push((CAUSE, None, "the blank line behind the headers is missing".to_owned()));
    }
    let listed: Vec<&str> = request.signed_headers.split(';').collect();
    if listed != names && sorted == names {
        found.push((
            CAUSE,
            None,
            "the list of signed headers is not the headers above it".to_owned(),
        ));
    }
}

fn query(request: &CanonicalRequest<'_>, found: &mut Vec<Mistake>) {
    let pairs: Vec<&str> = request.query.split('&').filter(|pair| !pair.is_empty()).collect();
    let mut sorted: Vec<(&str, &str)> =
        pairs.iter().map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
    let as_signed = sorted.clone();
    sorted.sort_unstable();
    if sorted != as_signed {
        found.push((
            CauseId::SignerQueryOrder,
            None,
            "the query is not sorted by name, then value".to_owned(),
        ));
    }
    if let Some(bare) = pairs.iter().find(|pair| !pair.contains('=')) {
        found.push((
            CauseId::SignerQueryEncoding,
            Some((*bare).to_owned()),
            format!("the bare name `{bare}` has no `=`"),
        ));
    } else if let Some((name, _)) =
        as_signed.iter().find(|(name, value)| !is_encoded(name) || !is_encoded(value))
    {
        let what = format!("the parameter `{name}` is not percent-encoded as it has to be");
        found.push((CauseId::SignerQueryEncoding, Some((*name).to_owned()), what));
    }
}

fn path(request: &CanonicalRequest<'_>, is_s3: bool, found: &mut Vec<Mistake>) {
    if is_s3 && request.path.contains("%2F") {
        let what = "a slash in the path is encoded".to_owned();
        found.push((CauseId::SignerPathEncoding, None, what));
    } else if !is_s3 && !is_normalized(&request.path) {
        let what = "the path is not normalised".to_owned();
        found.push((CauseId::SignerPathEncoding, None, what));
    } else if !request.path.split('/').all(is_encoded) {
        let what = "the path is not percent-encoded as it has to be".to_owned();
        found.push((CauseId::SignerPathEncoding, None, what));
    } else if !request.path.starts_with('/') {
        found.push((
            CauseId::SignerPathEncoding,
            None,
            "the path does not begin with a slash".to_owned(),
        ));
    }
}

/// Whether a path holds no `.`, no `..`, and nothing empty but before its first and behind its last
/// slash.
#[must_use]
pub fn is_normalized(path: &str) -> bool {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    inner.is_empty() && path.len() < 2
        || inner.split('/').all(|segment| !["", ".", ".."].contains(&segment))
}

/// Whether a text holds unreserved characters and escapes in upper case alone.
fn is_encoded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let is_upper =
            |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b));
        at += match byte {
            b'%' if is_upper(bytes.get(at + 1)) && is_upper(bytes.get(at + 2)) => {
                let hex = std::str::from_utf8(&bytes[at + 1..at + 3]).unwrap_or("");
                let decoded = u8::from_str_radix(hex, 16).unwrap_or(0);
                // An unreserved character is never escaped.
                if decoded.is_ascii_alphanumeric() || b"-._~".contains(&decoded) {
                    return false;
                }
                3
            }
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => 1,
            _ => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::EMPTY_SHA256;

    fn told(text: &str) -> Vec<CauseId> {
        let request = CanonicalRequest::parse(text).unwrap_or_else(|error| panic!("{error}"));
        mistakes(&request, true).into_iter().map(|(cause, _, _)| cause).collect()
    }

    #[test]
    fn mistakes_are_seen_and_nothing_else() {
        use CauseId as C;
        let right =
            format!("GET\n/a%20b/c~\na=%2F&b=\nhost:h\nx-a:1 2\n\nhost;x-a\n{EMPTY_SHA256}");
        assert_eq!(told(&right), []);
        for (from, to, cause) in [
            ("x-a:1 2", "x-a:1  2", C::SignerHeaderCanonicalization),
            ("x-a:1 2", "x-a: 1 2", C::SignerHeaderCanonicalization),
            ("host:h\nx-a:1 2\n", "x-a:1 2\nhost:h\n", C::SignerHeaderCanonicalization),
            ("\n\nhost", "\nhost", C::SignerHeaderCanonicalization),
            ("a=%2F&b=", "b=&a=%2F", C::SignerQueryOrder),
            ("%2F", "/", C::SignerQueryEncoding),
            ("b=", "b", C::SignerQueryEncoding),
            ("/a%20b", "/a b", C::SignerPathEncoding),
            ("c~", "c%7E", C::SignerPathEncoding),
            ("/a%20b", "/a%2fb", C::SignerPathEncoding),
            ("/a%20b", "/a%2Fb", C::SignerPathEncoding),
            ("e3b0c44298", "E3B0C44298", C::SignerPayloadHash),
        ] {
            assert_eq!(told(&right.replace(from, to)), [cause], "{from} {to}");
        }
    }

    #[test]
    fn paths_are_normalised_everywhere_but_at_s3() {
        let is_wrong = |path: &str, is_s3| {
            let text = format!("GET\n{path}\n\nhost:h\n\nhost\n{EMPTY_SHA256}");
            let request = CanonicalRequest::parse(&text).unwrap_or_else(|error| panic!("{error}"));
            !mistakes(&request, is_s3).is_empty()
        };
        for path in ["/a/..", "/./a", "/a/../b", "//", "/a//b", "/."] {
            assert!(is_wrong(path, false) && !is_wrong(path, true), "{path}");
        }
        for path in ["/", "/a", "/a/", "/a/b/", "/..a"] {
            assert!(!is_wrong(path, false) && !is_wrong(path, true), "{path}");
        }
    }
}
