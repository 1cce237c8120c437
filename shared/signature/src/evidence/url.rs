//! Presigned URLs anywhere in a text.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use super::blocks::METHODS;
use super::layout::{floor, line_of};
use crate::http::HttpRequest;

/// A URL is no longer than this.
const LONGEST: usize = 64 * 1024;

/// A presigned URL, and whether the text tells its method.
pub(super) struct Found {
    /// The request that it stands for.
    pub request: HttpRequest,
    /// Whether the text tells the method. Without, it is GET, which is what opening a URL does.
    pub is_method_told: bool,
    /// Where the URL ends.
    pub end: usize,
}

/// What ends a URL in a text.
const ENDS: &[char] =
    &[' ', '\t', '\n', '\r', '"', '\'', '<', '>', '`', '|', '{', '}', '^', '(', ')', '\u{7f}'];

/// The absolute URL around the signing parameter at `at`.
#[must_use]
pub(super) fn around(text: &str, at: usize) -> Option<Found> {
    let reach = floor_back(text, at, LONGEST);
    let before = &text[reach..at];
    let start = reach
        + before
            .rfind(ENDS)
            .map_or(0, |end| end + before[end..].chars().next().map_or(1, char::len_utf8));
    let start = start + text[start..at].rfind("http")?;
    let rest = floor(&text[start..], LONGEST);
    let mut end = rest.find(ENDS).unwrap_or(rest.len());
    // In a literal, an escaped quote or line end ends it too.
    for escape in ["\\n", "\\r", "\\\"", "\\'", "\\t"] {
        end = end.min(rest.find(escape).unwrap_or(end));
    }
    let raw = rest[..end].trim_end_matches(['.', ',', ';', ']', '*', '\\']);
    let plain = super::escape::unescape(raw);
    let plain =
        if plain.contains("&amp;") { super::escape::unescape_entities(&plain) } else { plain };
    let method = method_before(text, start).or_else(|| method_behind(&text[start + end..]));
    let request = HttpRequest::of_url(method.unwrap_or("GET"), &plain).ok()?;
    Some(Found { request, is_method_told: method.is_some(), end: start + end })
}

fn floor_back(text: &str, at: usize, length: usize) -> usize {
    let mut start = at.saturating_sub(length);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    start
}

/// Options of curl that tell a method.
const OPTIONS: &[(&str, &str)] = &[
    ("--upload-file", "PUT"),
    (" -T ", "PUT"),
    (" -I ", "HEAD"),
    ("--head", "HEAD"),
    (" -d ", "POST"),
    ("--data", "POST"),
];

/// The method that the line tells before the URL.
fn method_before(text: &str, start: usize) -> Option<&'static str> {
    let line = text[floor_back(text, start, 400)..start].rsplit('\n').next().unwrap_or_default();
    let words = || line.split(|c: char| !c.is_ascii_alphabetic()).rev().take(8);
    METHODS
        .iter()
        .find(|method| words().any(|word| word == **method))
        .or_else(|| {
            OPTIONS.iter().find(|(option, _)| line.contains(option)).map(|(_, method)| method)
        })
        .copied()
        .or_else(|| line.contains("curl ").then_some("GET"))
}

/// The method that the line tells behind the URL: `-X PUT`, `method: 'PUT'`.
fn method_behind(after: &str) -> Option<&'static str> {
    let line = line_of(floor(after, 400));
    let told =
        ["-X ", "--request ", "method: '", "method: \"", "\"method\":\"", "method='", "method=\""];
    told.iter().find_map(|mark| {
        let rest = line.split_once(mark)?.1.trim_start_matches(['"', '\'']);
        METHODS.iter().find(|method| rest.starts_with(**method)).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://b.s3.eu-west-1.amazonaws.com/k%20a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260415T074207Z&X-Amz-Signature=00";

    #[test]
    fn a_url_that_ends_before_what_was_looked_for_is_not_one() {
        let found = crate::evidence::read(b"http://t\\nX-Amz-Credential=");
        assert!(found.cases.is_empty());
    }

    #[test]
    fn urls_are_found_wherever_they_stand() {
        for (text, method) in [
            (URL.to_owned(), None),
            (format!("curl -X PUT -T f '{URL}'"), Some("PUT")),
            (format!("Request(GET {URL})@1"), Some("GET")),
            (format!("{{\"url\":\"{}\"}}", URL.replace('/', "\\/").replace('&', "\\u0026")), None),
            (format!("<a href=\"{}\">", URL.replace('&', "&amp;")), None),
            (format!("axios.put(\"{URL}\\n\")"), None),
            (format!("fetch(\"{URL}\", {{ method: 'PUT' }})"), Some("PUT")),
        ] {
            let found = around(&text, text.find("X-Amz-Signature").unwrap()).unwrap();
            assert_eq!(
                found.request.header("host"),
                Some("b.s3.eu-west-1.amazonaws.com"),
                "{text}"
            );
            assert_eq!(found.request.path, "/k%20a");
            assert!(found.request.query.ends_with("&X-Amz-Signature=00"), "{text}");
            assert_eq!(
                found.is_method_told.then_some(found.request.method.as_str()),
                method,
                "{text}"
            );
        }
    }

    #[test]
    fn a_parameter_alone_is_no_url() {
        assert!(around("X-Amz-Signature=00", 0).is_none());
        assert!(around("é GET /k?X-Amz-Signature=00", 10).is_none());
    }
}
