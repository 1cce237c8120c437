//! Error bodies in XML: S3's `<Error>`, the query protocol's `<ErrorResponse>` and EC2's
//! `<Response>`, whole or cut off, on one line or several, as they are or as a string literal.

use memchr::memmem;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    LoggedError,
    found::{Found, Kind, signature_error},
    keys::{self, Field},
    limits::{CANONICAL, FINDINGS, MESSAGE, SHORT},
    text::{cap, entities, with_line_ends},
};

/// How far behind the error its request id may stand (`</Error><RequestId>`).
const TAIL: usize = 300;

/// The signature errors whose bodies stand in `text`.
pub(super) fn bodies(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut from = 0;
    let mut bodies = 0;
    while let Some(start) = find(text, from, "<Error").filter(|_| bodies < FINDINGS) {
        bodies += 1;
        let end = find(text, start, "</Error>").unwrap_or(text.len());
        let next = find(text, start, "<?xml").unwrap_or(text.len());
        let end = end.min(next);
        all.extend(body(&text[start..end], cap(&text[end..], TAIL)));
        from = end.max(start + 1);
    }
    all
}

fn body(body: &str, tail: &str) -> Option<Found> {
    let mut error = LoggedError::default();
    let mut code = None;
    let mut message = None;
    for (name, content) in elements(body) {
        let Some(field) = keys::field(name) else { continue };
        let limit = match field {
            Field::CanonicalRequest | Field::StringToSign => CANONICAL,
            Field::Message => MESSAGE,
            _ => SHORT,
        };
        let content = entities(cap(content, limit));
        match field {
            Field::Code if code.is_none() => code = Some(content),
            Field::Message if message.is_none() => message = Some(content),
            Field::CanonicalRequest | Field::StringToSign => {
                keys::put(&mut error, field, &with_line_ends(&content), false);
            }
            _ => keys::put(&mut error, field, &content, false),
        }
    }
    for (name, content) in elements(tail) {
        if let Some(field @ (Field::RequestId | Field::HostId)) = keys::field(name) {
            keys::put(&mut error, field, content, false);
        }
    }
    error.signature = element(body, "SignatureProvided").map(|text| xxh3_64(text.as_bytes()));
    // Only S3 and what is compatible with it answers with these two.
    if error.host_id.is_some() || body.contains("<StringToSignBytes>") {
        error.service = error.service.or_else(|| Some("s3".to_owned()));
    }
    let found = signature_error(error, &code?, message.as_deref())?;
    Some(Found { error: found, kind: Kind::Body, certain: true })
}

/// The content of the first element of this name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

/// The elements with known names and plain text, in order. Stops where a tag is never closed.
fn elements(xml: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = find(xml, from, "<")? + 1;
            let rest = &xml[start..];
            let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?];
            from = start + name.len();
            if name.is_empty() || keys::field(name).is_none() || !xml[from..].starts_with('>') {
                continue;
            }
            let content = &xml[from + 1..];
            let end = memmem::find(content.as_bytes(), format!("</{name}>").as_bytes())?;
            from += 1 + end + name.len() + 3;
            return Some((name, &content[..end]));
        }
    })
}

fn find(text: &str, from: usize, word: &str) -> Option<usize> {
    memmem::find(&text.as_bytes()[from..], word.as_bytes()).map(|at| from + at)
}

/// Whether a body begins in `line` and does not end there.
pub(super) fn is_left_open(line: &str) -> bool {
    // PHP prints the body from the next line on.
    if line.ends_with("` response:") {
        return true;
    }
    let begins = |word| memmem::rfind(line.as_bytes(), word);
    match (begins(b"<Error>"), begins(b"</Error>")) {
        (Some(start), Some(end)) => end < start,
        (Some(_), None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_three_protocols_are_read() {
        for xml in [
            "<Error><Code>SignatureDoesNotMatch</Code><Message>a &amp; b</Message><RequestId>R1</RequestId></Error>",
            "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>a &amp; b</Message></Error>\n<RequestId>R1</RequestId></ErrorResponse>",
            "<Response><Errors><Error><Code>SignatureDoesNotMatch</Code><Message>a &amp; b</Message></Error></Errors><RequestID>R1</RequestID></Response>",
        ] {
            let found = bodies(&format!("x {xml} y"));
            assert_eq!(found.len(), 1, "{xml}");
            assert_eq!(found[0].error.request_id.as_deref(), Some("R1"));
            assert_eq!(found[0].error.message.as_deref(), Some("a & b"));
        }
    }

    #[test]
    fn a_body_that_is_cut_off_gives_what_it_still_shows() {
        let found =
            bodies("<?xml?><Error><Code>InvalidAccessKeyId</Code><Message>The AWS Acc (trunc");
        assert_eq!(found[0].error.code, "InvalidAccessKeyId");
        assert_eq!(found[0].error.message, None);
        assert!(
            bodies("<Error><Code>AccessDenied</Code><Message>Access Denied</Message>").is_empty()
        );
    }
}
