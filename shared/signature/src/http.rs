//! An HTTP request as it stands on the wire, or as somebody pasted it.

use std::borrow::Cow;

use crate::uri;

/// Header lines that are read at most.
const MAX_HEADERS: usize = 10_000;

/// A header field, its name and value as sent. Bytes that are no UTF-8 are read as ISO 8859-1.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The name, in the case that it was sent in.
    pub name: String,
    /// The value, without the line end; folded lines are joined by a line feed.
    pub value: String,
}

/// A request. It may hold a session token and a signature, so that it cannot be printed whole.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method as sent.
    pub method: String,
    /// The path as it stands in the request line, before the `?`.
    pub path: String,
    /// The query as it stands in the request line, behind the `?`; empty without one.
    pub query: String,
    /// The headers in the order in which they were sent.
    pub headers: Vec<Header>,
    /// The body. `None` where it is not shown, which is not the same as an empty one.
    pub body: Option<Vec<u8>>,
}

/// Why a text is no HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the request: {problem}")]
pub struct HttpError {
    line: usize,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("a request line `METHOD /path HTTP/1.1` expected")]
    RequestLine,
    #[error("a header `name: value` expected")]
    Header,
    #[error("a URL `https://host/path` expected")]
    Url,
    #[error("more than {MAX_HEADERS} headers")]
    TooMany,
}

impl HttpRequest {
    /// Reads a request as sent or received. Lines may end in LF or CRLF, headers may be folded, the
    /// target may hold raw spaces and UTF-8, an absolute target gives the Host if there is none, and
    /// the blank line at the end may be missing. A body longer than `Content-Length` is cut to it.
    ///
    /// # Errors
    /// When a line is not what stands there; the error names the line and never quotes it.
    pub fn parse(bytes: &[u8]) -> Result<Self, HttpError> {
        let mut lines = Lines { rest: bytes, number: 0 };
        let first = loop {
            let line = lines.next().ok_or(HttpError { line: 1, problem: Problem::RequestLine })?;
            if !line.is_empty() {
                break text(line);
            }
        };
        let (method, target) = request_line(&first)
            .ok_or(HttpError { line: lines.number, problem: Problem::RequestLine })?;
        let mut request = Self::new(method, "/");
        let host = request.set_target(target);
        let mut ended = false;
        while let Some(line) = lines.next() {
            if line.is_empty() {
                ended = true;
                break;
            }
            request
                .add_header_line(&text(line))
                .map_err(|p| HttpError { line: lines.number, problem: p })?;
        }
        if let Some(host) = host.filter(|_| request.header("host").is_none()) {
            request.headers.insert(0, Header { name: "Host".to_owned(), value: host });
        }
        request.body = Some(if ended { request.body_in(lines.rest) } else { Vec::new() });
        Ok(request)
    }

    /// A request for `target` without headers, its body not shown.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// The request that a URL stands for, with its Host and nothing else.
    ///
    /// # Errors
    /// When it is no absolute URL.
    pub fn of_url(method: &str, url: &str) -> Result<Self, HttpError> {
        let mut request = Self::new(method, "/");
        let host = request.set_target(url.trim());
        let host = host.ok_or(HttpError { line: 1, problem: Problem::Url })?;
        request.headers.push(Header { name: "Host".to_owned(), value: host });
        Ok(request)
    }

    /// The value of the first header with this name, in whatever case, as sent.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| header.value.trim())
    }

    /// Sets a header in place of those with the same name.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
        self.headers.push(Header { name: name.to_owned(), value: value.into() });
    }

    /// The canonical value of a header: the values of all with this name, trimmed, with runs of
    /// white space folded into one space, joined by commas. `None` if there is none.
    #[must_use]
    pub fn canonical_header(&self, name: &str) -> Option<String> {
        let mut out: Option<String> = None;
        for header in self.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)) {
            let value = folded(&header.value);
            match &mut out {
                None => out = Some(value.into_owned()),
                Some(joined) => {
                    joined.push(',');
                    joined.push_str(&value);
                }
            }
        }
        out
    }

    /// The value of a query parameter, decoded; names are compared without regard to case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let found = self.query.split('&').find_map(|pair| {
            let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        found.map(|value| String::from_utf8_lossy(&uri::decode(value)).into_owned())
    }

    /// Takes path and query from a target; gives the host of an absolute one.
    fn set_target(&mut self, target: &str) -> Option<String> {
        let absolute = target.split_once("://").filter(|(scheme, _)| {
            ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        });
        let (host, target) = match absolute {
            Some((_, rest)) => {
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                let host = rest[..end].rsplit_once('@').map_or(&rest[..end], |(_, host)| host);
                (Some(host).filter(|host| !host.is_empty()), &rest[end..])
            }
            None => (None, target),
        };
        let target = target.split_once('#').map_or(target, |(target, _)| target);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        path.clone_into(&mut self.path);
        query.clone_into(&mut self.query);
        if self.path.is_empty() {
            self.path.push('/');
        }
        host.map(str::to_owned)
    }

    fn add_header_line(&mut self, line: &str) -> Result<(), Problem> {
        if line.starts_with([' ', '\t']) {
            let last = self.headers.last_mut().ok_or(Problem::Header)?;
            last.value.push('\n');
            last.value.push_str(line);
            return Ok(());
        }
        let (name, value) = line.split_once(':').ok_or(Problem::Header)?;
        if name.is_empty() || name.contains([' ', '\t', '/']) {
            return Err(Problem::Header);
        }
        if self.headers.len() == MAX_HEADERS {
            return Err(Problem::TooMany);
        }
        self.headers.push(Header { name: name.to_owned(), value: value.to_owned() });
        Ok(())
    }

    /// The body in what follows the blank line.
    fn body_in(&self, rest: &[u8]) -> Vec<u8> {
        let coding = self.header("transfer-encoding").unwrap_or("").to_ascii_lowercase();
        if coding.ends_with("chunked")
            && let Some(body) = dechunked(rest)
        {
            return body;
        }
        let length = self.header("content-length").and_then(|text| text.parse::<usize>().ok());
        rest[..length.unwrap_or(rest.len()).min(rest.len())].to_vec()
    }
}

/// A header value trimmed and with runs of white space folded into one space.
#[must_use]
pub fn folded(value: &str) -> Cow<'_, str> {
    let value = value.trim_matches([' ', '\t', '\n', '\r']);
    let is_clean = !value.contains(['\t', '\n', '\r']) && !value.contains("  ");
    if is_clean {
        return Cow::Borrowed(value);
    }
    let words = value.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty());
    Cow::Owned(words.collect::<Vec<_>>().join(" "))
}

/// Method and target of a request line. The target may hold spaces.
fn request_line(line: &str) -> Option<(&str, &str)> {
    let (method, rest) = line.trim_end().split_once([' ', '\t'])?;
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let named = !method.is_empty() && method.len() <= 32 && method.bytes().all(is_token);
    let target = match rest.rsplit_once([' ', '\t']) {
        Some((target, version)) if version.starts_with("HTTP/") => target,
        _ => rest,
    };
    let target = target.trim();
    let starts = target.starts_with('/') || target.contains("://") || target == "*";
    (named && starts).then_some((method, target))
}

fn text(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(line.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// The lines of a request's head; `rest` is what follows them.
struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest);
        let line = &self.rest[..end.unwrap_or(self.rest.len())];
        self.rest = end.map_or(&[][..], |end| &self.rest[end + 1..]);
        self.number += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// A body out of its chunks, RFC 9112 section 7.1; `None` if they are cut or broken.
fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = memchr::memchr(b'\n', rest)?;
        let line = std::str::from_utf8(&rest[..end]).ok()?.trim();
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[end + 1..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = &rest[size..];
        rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        rest = rest.strip_prefix(b"\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> HttpRequest {
        HttpRequest::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[test]
    fn reads_what_people_paste() {
        let request = read("GET /a b?x=1&y=ü HTTP/1.1\r\nHost:h\r\nMy-H:a\r\n  b\r\n\r\nbody");
        assert_eq!((request.path.as_str(), request.query.as_str()), ("/a b", "x=1&y=ü"));
        assert_eq!(request.canonical_header("my-h").as_deref(), Some("a b"));
        assert!(request.body.as_deref() == Some(b"body"));
        let request = read("PUT https://user@h:9000/k HTTP/1.1\nA: 1\nA: 2");
        assert_eq!(request.header("host"), Some("h:9000"));
        assert_eq!(request.canonical_header("a").as_deref(), Some("1,2"));
        assert!(request.body.as_deref() == Some(b""));
        assert_eq!(read("GET /?acl").parameter("ACL").as_deref(), Some(""));
        assert_eq!(read("GET /?a=b%2Fc#f").parameter("a").as_deref(), Some("b/c"));
    }

    #[test]
    fn a_body_ends_where_its_length_says() {
        assert!(read("PUT / HTTP/1.1\nContent-Length: 2\n\nab\n").body.unwrap() == b"ab");
        let chunked =
            "PUT / HTTP/1.1\nTransfer-Encoding: chunked\n\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert!(read(chunked).body.unwrap() == b"abcde");
    }

    #[test]
    fn says_where_it_is_none() {
        for (text, told) in [
            ("", "line 1 of the request: a request line `METHOD /path HTTP/1.1` expected"),
            ("hello", "line 1 of the request: a request line `METHOD /path HTTP/1.1` expected"),
            (
                "GET / HTTP/1.1\nHost: a\nnonsense\n",
                "line 3 of the request: a header `name: value` expected",
            ),
        ] {
            let error = HttpRequest::parse(text.as_bytes()).err().unwrap();
            assert_eq!(error.to_string(), told);
        }
        assert!(HttpRequest::of_url("GET", "/no/host").is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), head in "GET /[ -~]{0,20} HTTP/1.1\r?\n") {
            let _ = HttpRequest::parse(&bytes);
            let mut request = head.into_bytes();
            request.extend(bytes);
            let _ = HttpRequest::parse(&request);
        }
    }
}
