//! Requests and answers as their heads stand in a log: a request line with headers, a status line
//! with headers, each line behind whatever the client's log puts there.
//!
//! curl's `> `, `< `; Go's dumps; Ruby's and Python's quoted heads; the wire log of Apache's client.

use super::MAX_HEADERS;
use super::blocks::METHODS;
use std::ops::Range;

use super::layout::{Layout, line_of, line_start, separator};
use crate::http::{Header, HttpRequest};
use crate::secret::sha256_hex;

/// The head of an answer.
#[derive(Default)]
pub(super) struct Response {
    /// The status.
    pub status: Option<u16>,
    /// Its headers.
    pub headers: Vec<Header>,
}

impl Response {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| header.value.trim())
    }
}

/// What stands where a text says `HTTP/`.
pub(super) enum Head {
    /// A signed request.
    Request(HttpRequest),
    /// An answer.
    Response(Response),
}

/// The head around the `HTTP/` at `at`, and where it ends.
#[must_use]
pub(super) fn head(text: &str, at: usize, may_be_unsigned: bool) -> Option<(Head, usize)> {
    let version = version(&text[at..])?;
    let after = &text[at + version..];
    if let Some(status) = status(after) {
        let is_quoted = after.starts_with(['"', '\'']);
        let headers = if is_quoted { Vec::new() } else { headers_of_answer(text, at) };
        let end = at + line_of(&text[at..]).len();
        return Some((Head::Response(Response { status: Some(status), headers }), end));
    }
    let (request, end) = request(text, at, version)?;
    let is_wanted = is_signed(&request) || may_be_unsigned && !request.headers.is_empty();
    is_wanted.then_some((Head::Request(request), end))
}

/// The length of `HTTP/1.1`, `HTTP/2`.
fn version(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("HTTP/")?;
    let length = digits.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    (1..=3).contains(&length).then_some(5 + length)
}

/// The status behind a version, or behind a quoted request line.
fn status(after: &str) -> Option<u16> {
    let digits = after.trim_start_matches(['"', '\'']).strip_prefix(' ')?;
    let status = digits.get(..3)?.parse().ok().filter(|status| (100..600).contains(status))?;
    digits.as_bytes().get(3).is_none_or(|byte| !byte.is_ascii_alphanumeric()).then_some(status)
}

/// What clients print before the status of an answer.
pub(super) const STATUS_MARKS: &[&str] =
    &["S3Error: ", "Response code: ", "response code: ", "Response status code: "];

/// The status behind one of these marks.
#[must_use]
pub(super) fn told_status(text: &str, at: usize) -> Option<Response> {
    let mark = STATUS_MARKS.iter().find(|mark| text[at..].starts_with(**mark))?;
    let digits = text[at + mark.len()..].get(..3)?;
    let status = digits.parse().ok().filter(|status| (200..600).contains(status))?;
    Some(Response { status: Some(status), headers: Vec::new() })
}

/// Whether a request shows anything of a signature.
#[must_use]
pub(super) fn is_signed(request: &HttpRequest) -> bool {
    request.headers.iter().any(|header| {
        header.name.eq_ignore_ascii_case("authorization")
            || header.name.to_ascii_lowercase().starts_with("x-amz-")
    }) || ["X-Amz-", "AWSAccessKeyId=", "X-Goog-", "GoogleAccessId="]
        .iter()
        .any(|parameter| request.query.contains(parameter))
}

/// Lines of a head that are looked at above one of its headers.
const ABOVE: usize = 200;

/// The request whose `Authorization` header's value stands at `at`, if its line is none of HTTP's:
/// `GET /path` alone, as traces of servers print it. Says too whether a server received it.
#[must_use]
pub(super) fn around_header(text: &str, at: usize) -> Option<(HttpRequest, Range<usize>, bool)> {
    let start = line_start(text, at);
    let own = &text[start..at];
    let shape = &own[..own.to_ascii_lowercase().rfind("authorization:")?];
    let mut first = start;
    for _ in 0..ABOVE {
        let before = line_start(text, first.checked_sub(1)?);
        let line = super::prefix::strip(&text[before..first - 1], shape)?;
        if let Some((from, method)) =
            METHODS.iter().find_map(|method| Some((method_in(line, method)?, method)))
        {
            let target = line[from + method.len()..].trim();
            let target = target.split(" HTTP/").next().unwrap_or(target);
            let mut request = HttpRequest::new(method, target);
            let lines = text[first..].split('\n').map(|line| super::prefix::strip(line, shape));
            let (found, last) = headers(lines.map_while(|line| line));
            request.headers = found;
            let end = last
                .map_or(first, |last| last.as_ptr() as usize - text.as_ptr() as usize + last.len());
            let above = before.checked_sub(1).map(|end| &text[line_start(text, end)..end]);
            let is_received = above.is_some_and(|line| line.contains("[REQUEST"));
            return is_signed(&request).then_some((request, before..end, is_received));
        }
        let (name, _) = clean(line).split_once(':')?;
        if !crate::canonical_request::is_header_list(name) {
            return None;
        }
        first = before;
    }
    None
}

fn headers_of_answer(text: &str, at: usize) -> Vec<Header> {
    let line = line_of(&text[at..]);
    let inline = ["\\r\\n", "\\n", "\\\\r\\\\n"].iter().filter_map(|end| line.find(end)).min();
    // Where each header has a literal of its own, its escapes end the line.
    let inline =
        inline.filter(|&end| !line[end..].trim_end_matches(['\\', 'r', 'n', '"', '\'']).is_empty());
    let from = at + inline.unwrap_or(line.len());
    let Some(separator) = separator(&text[from..]) else { return Vec::new() };
    let readings = Layout::readings(text, at, separator);
    let mut read: Vec<Vec<Header>> =
        readings.iter().map(|layout| headers(layout.lines().skip(1)).0).collect();
    // Python's http.client prints `header: Name: value` for each header of an answer.
    if let Some(rest) = text[at..].split_once('\n').map(|(_, rest)| rest) {
        let lines = rest.lines().map_while(|line| line.strip_prefix("header: "));
        read.push(headers(lines).0);
    }
    read.into_iter().max_by_key(Vec::len).unwrap_or_default()
}

/// The request whose line ends in the version at `at`.
fn request(text: &str, at: usize, version: usize) -> Option<(HttpRequest, usize)> {
    let start = line_start(text, at);
    let line = &text[start..at];
    let from = METHODS
        .iter()
        .filter_map(|method| method_in(line, method))
        .min()
        .map(|from| start + from)?;
    let after = &text[at + version..];
    let ending = suffix(after);
    let separator = separator(&after[ending..])?;
    let mut best: Option<(HttpRequest, usize)> = None;
    for layout in Layout::readings(text, from, separator) {
        let mut lines = layout.lines();
        let first = clean(lines.next()?);
        let Ok(mut request) = HttpRequest::parse(first.as_bytes()) else { continue };
        let (found, last) = headers(lines);
        let end = last.and_then(|last| layout.end_of(last, text));
        if found.iter().any(|header| header.name.eq_ignore_ascii_case("host")) {
            request.headers.clear();
        }
        request.headers.extend(found);
        request.body = end.and_then(|end| body(&request, text.get(end..)?));
        let is_better =
            best.as_ref().is_none_or(|(known, _)| known.headers.len() < request.headers.len());
        if is_better {
            best = Some((request, end.unwrap_or(at + line_of(&text[at..]).len())));
        }
    }
    best
}

/// Where a request line with this method begins within a line.
fn method_in(line: &str, method: &str) -> Option<usize> {
    let mut found = line.match_indices(method).filter(|(at, _)| {
        let before = line[..*at].bytes().next_back();
        let after = &line[at + method.len()..];
        before.is_none_or(|byte| !byte.is_ascii_alphanumeric())
            && (after.starts_with(" /") || after.starts_with(" http") || after.starts_with(" *"))
    });
    found.next().map(|(at, _)| at)
}

/// What wire logs print at the end of a line: `[\r][\n]"`.
fn suffix(after: &str) -> usize {
    let known = ["[\\r][\\n]\"", "[\\n]\""].iter().find(|end| after.starts_with(**end));
    known.map_or(0, |end| end.len())
}

fn clean(line: &str) -> &str {
    let ends = ["[\\r][\\n]\"", "[\\n]\"", "\\r\\n\"", "\\r\\n'", "\\n\""];
    ends.iter().find_map(|end| line.strip_suffix(end)).unwrap_or(line)
}

/// The headers up to the blank line or to what is none, and the last line that was read.
fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> (Vec<Header>, Option<&'a str>) {
    let mut headers = Vec::new();
    let mut last = None;
    for line in lines.take(MAX_HEADERS) {
        let plain = clean(line);
        if plain.trim().is_empty() {
            return (headers, Some(line));
        }
        let Some((name, value)) = plain.split_once(':') else { break };
        let is_name = crate::canonical_request::is_header_list(name) && !name.contains(';');
        // A time of day has a colon too.
        if !is_name || name.starts_with(|first: char| first.is_ascii_digit()) {
            break;
        }
        headers.push(Header { name: name.to_owned(), value: value.to_owned() });
        last = Some(line);
    }
    (headers, last)
}

/// The body behind a head, if its length and its hash say that it is all there.
fn body(request: &HttpRequest, after: &str) -> Option<Vec<u8>> {
    let length: usize = request.header("content-length")?.parse().ok()?;
    let hash = request.header("x-amz-content-sha256")?;
    let after = after.strip_prefix('\r').unwrap_or(after).strip_prefix('\n')?;
    let body = after.as_bytes().get(..length)?;
    (sha256_hex(body) == hash).then(|| body.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "GET /a?x=1 HTTP/1.1\nHost: b.example\nAuthorization: AWS4-HMAC-SHA256 x\nX-Amz-Date: 20261122T162220Z\n\n";

    fn request(text: &str) -> HttpRequest {
        let at = text.find("HTTP/").unwrap();
        match head(text, at, false) {
            Some((Head::Request(request), _)) => request,
            _ => panic!("{text}"),
        }
    }

    #[test]
    fn logs_show_requests_in_many_ways() {
        let each = |before: &str, after: &str| {
            HEAD.lines().map(|line| format!("{before}{line}{after}\n")).collect::<String>()
        };
        for text in [
            HEAD.to_owned(),
            HEAD.replace('\n', "\r\n"),
            each("> ", ""),
            each("15:25:13.502 DEBUG http-outgoing-1 >> \"", "[\\r][\\n]\""),
            format!("send: b'{}'", HEAD.replace('\n', "\\r\\n")),
            format!("2026/11/22 16:22:20 DEBUG : {HEAD}next"),
            format!("x=\"{}\" y", HEAD.replace('\n', "\\r\\n")),
        ] {
            let request = request(&text);
            assert_eq!((request.method.as_str(), request.query.as_str()), ("GET", "x=1"), "{text}");
            assert_eq!(request.header("host"), Some("b.example"), "{text}");
            assert_eq!(request.header("x-amz-date"), Some("20261122T162220Z"), "{text}");
        }
    }

    #[test]
    fn answers_tell_their_status_and_ids() {
        for text in [
            "< HTTP/1.1 403 Forbidden\n< x-amz-request-id: R\n<\n",
            "HTTP/2 403\nx-amz-request-id: R\n",
            "-> \"HTTP/1.1 403 Forbidden\\r\\n\"\n-> \"x-amz-request-id: R\\r\\n\"\n-> \"\\r\\n\"\n",
            "reply: 'HTTP/1.1 403 Forbidden\\r\\n'\nheader: x-amz-request-id: R\n",
        ] {
            let Some((Head::Response(answer), _)) = head(text, text.find("HTTP/").unwrap(), false)
            else {
                panic!("{text}")
            };
            assert_eq!(
                (answer.status, answer.header("x-amz-request-id")),
                (Some(403), Some("R")),
                "{text}"
            );
        }
        let text = "http://h:1 \"GET /x HTTP/1.1\" 403 2414\n";
        let found = head(text, text.find("HTTP/").unwrap(), false);
        assert!(matches!(found, Some((Head::Response(answer), _)) if answer.status == Some(403)));
    }

    #[test]
    fn a_servers_trace_shows_what_it_received() {
        let text = "[REQUEST s3.GetObject] [2019]\n10.0.0.1:9000 GET /b/k?x\nHost: h\nX-Amz-Date: d\nAuthorization: AWS4-HMAC-SHA256 Credential=a\nX-Real-Ip: i\n\n<BODY>";
        let at = text.find("AWS4").unwrap();
        let (request, _, is_received) = around_header(text, at).unwrap();
        assert_eq!((request.method.as_str(), request.query.as_str()), ("GET", "x"));
        assert_eq!((request.headers.len(), is_received), (4, true));
    }

    #[test]
    fn unsigned_requests_are_left() {
        assert!(head("GET / HTTP/1.1\nHost: a\n\n", 6, false).is_none());
    }
}
