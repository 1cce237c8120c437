//! A canonical request that was altered after it was written, put right again from the other side's
//! text: what the two share is in both, and the hash says which of their differences are real.

use std::borrow::Cow;

use crate::canonical_request::CanonicalRequest;
use crate::secret::sha256_hex;

/// Parts that differ at most: every set of them is tried.
const MOST_PARTS: usize = 10;

/// The text whose hash is `hash`, with some parts of `altered` replaced by those of `other`.
#[must_use]
pub fn restored(
    altered: &CanonicalRequest<'static>,
    other: &CanonicalRequest<'static>,
    hash: &str,
) -> Option<CanonicalRequest<'static>> {
    if altered.headers.len() != other.headers.len() {
        return None;
    }
    let differing: Vec<usize> = (0..5 + other.headers.len())
        .filter(|&part| get(altered, part) != get(other, part))
        .collect();
    if differing.len() > MOST_PARTS {
        return None;
    }
    (1_u32..1 << differing.len()).find_map(|set| {
        let mut text = altered.clone();
        let chosen = differing.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0);
        chosen.for_each(|(_, &part)| take(&mut text, other, part));
        sha256_hex(text.text().as_bytes()).eq_ignore_ascii_case(hash).then_some(text)
    })
}

type Part<'a> = (Option<&'a str>, &'a str);

/// Method, path, query, list and payload; then each header.
fn get<'a>(request: &'a CanonicalRequest<'_>, part: usize) -> Part<'a> {
    match part {
        0 => (None, request.method.as_ref()),
        1 => (None, request.path.as_ref()),
        2 => (None, request.query.as_ref()),
        3 => (None, request.signed_headers.as_ref()),
        4 => (None, request.payload.as_ref()),
        header => request
            .headers
            .get(header - 5)
            .map_or((None, ""), |(name, value)| (Some(name.as_ref()), value.as_ref())),
    }
}

fn take(text: &mut CanonicalRequest<'static>, from: &CanonicalRequest<'static>, part: usize) {
    let set = |to: &mut Cow<'static, str>, from: &Cow<'static, str>| to.clone_from(from);
    match part {
        0 => set(&mut text.method, &from.method),
        1 => set(&mut text.path, &from.path),
        2 => set(&mut text.query, &from.query),
        3 => set(&mut text.signed_headers, &from.signed_headers),
        4 => set(&mut text.payload, &from.payload),
        header => {
            if let (Some(to), Some(from)) =
                (text.headers.get_mut(header - 5), from.headers.get(header - 5))
            {
                to.clone_from(from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUE: &str = "PUT\n/k\n\naccept-encoding:gzip\nhost:b.s3.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD";

    fn parse(text: &str) -> CanonicalRequest<'static> {
        CanonicalRequest::parse(text).unwrap_or_else(|error| panic!("{error}")).into_owned()
    }

    #[test]
    fn what_was_masked_is_told_from_what_differs() {
        let masked = parse(&TRUE.replace("host:b.", "host:*****.").replace("/k", "/XXXX"));
        let signed = parse(&TRUE.replace("gzip", "identity"));
        let hash = sha256_hex(TRUE.as_bytes());
        assert_eq!(
            restored(&masked, &signed, &hash).map(|found| found.text()).as_deref(),
            Some(TRUE)
        );
        // What the other side does not show either cannot be put right.
        let other = parse(&TRUE.replace("host:b.", "host:c."));
        assert!(restored(&masked, &other, &hash).is_none());
    }
}
