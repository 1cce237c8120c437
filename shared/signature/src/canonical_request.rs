//! A canonical request: taken apart from its text, or made of a request.
//!
//! Method, path, query, headers, a blank line, the names of the signed headers and the payload line:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::borrow::Cow;

use crate::http::HttpRequest;
use crate::secret::{EMPTY_SHA256, sha256_hex};
use crate::uri::{PathRules, canonical_query};

/// Instead of a hash: the payload is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The parts of a canonical request.
#[derive(Clone, PartialEq, Eq)]
pub struct CanonicalRequest<'a> {
    /// The HTTP method.
    pub method: Cow<'a, str>,
    /// The canonical path.
    pub path: Cow<'a, str>,
    /// The canonical query.
    pub query: Cow<'a, str>,
    /// Header names and values, as they stand.
    pub headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Whether a blank line stands behind the headers, as it has to. Some signers forget it.
    pub blank_line: bool,
    /// The list of signed headers.
    pub signed_headers: Cow<'a, str>,
    /// The payload line.
    pub payload: Cow<'a, str>,
}

/// Why a text is not a canonical request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the canonical request: {expected} expected")]
pub struct CanonicalRequestError {
    line: usize,
    expected: &'static str,
}

impl<'a> CanonicalRequest<'a> {
    /// Takes a canonical request apart.
    ///
    /// # Errors
    /// When a part is missing, or something stands behind the payload line, be it a line end alone;
    /// the error names the line.
    pub fn parse(text: &'a str) -> Result<Self, CanonicalRequestError> {
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let mut read = 0;
        let mut next = |expected| {
            read += 1;
            lines.next().ok_or(CanonicalRequestError { line: read, expected })
        };
        let method = next("a method")?;
        let path = next("a path")?;
        let query = next("a query")?;
        let mut headers = Vec::new();
        let mut list = None;
        loop {
            let line = next("a header or a blank line")?;
            match line.split_once(':') {
                Some((name, value)) => headers.push((Cow::Borrowed(name), Cow::Borrowed(value))),
                None if line.is_empty() => break,
                None if !headers.is_empty() && is_header_list(line) => {
                    list = Some(line);
                    break;
                }
                None => {
                    return Err(CanonicalRequestError {
                        line: headers.len() + 4,
                        expected: "a header `name:value`",
                    });
                }
            }
        }
        let blank_line = list.is_none();
        let signed_headers = match list {
            Some(list) => list,
            None => next("the signed headers")?,
        };
        let payload = next("a payload line")?;
        // What follows is hashed too: a text with it is another text.
        if lines.next().is_some() {
            return Err(CanonicalRequestError { line: read + 1, expected: "nothing more" });
        }
        Ok(Self {
            method: Cow::Borrowed(method),
            path: Cow::Borrowed(path),
            query: Cow::Borrowed(query),
            headers,
            blank_line,
            signed_headers: Cow::Borrowed(signed_headers),
            payload: Cow::Borrowed(payload),
        })
    }

    /// Takes apart what is left of one that was cut: whatever part is missing is empty.
    #[must_use]
    pub fn parse_start(text: &'a str) -> Self {
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).trim());
        let mut next = || Cow::Borrowed(lines.next().unwrap_or(""));
        let (method, path, query) = (next(), next(), next());
        // The last line may be cut anywhere: it is not read.
        let rest: Vec<&str> = lines.collect();
        let whole = rest.len().saturating_sub(1);
        let headers = rest[..whole].iter().map_while(|line| line.split_once(':'));
        Self {
            method,
            path,
            query,
            headers: headers
                .map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value.trim())))
                .collect(),
            blank_line: true,
            signed_headers: Cow::Borrowed(""),
            payload: Cow::Borrowed(""),
        }
    }

    /// Its text: what is hashed.
    #[must_use]
    pub fn text(&self) -> String {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        let mut out = String::with_capacity(
            self.method.len()
                + self.path.len()
                + self.query.len()
                + headers
                + self.signed_headers.len()
                + self.payload.len()
                + 6,
        );
        for line in [&self.method, &self.path, &self.query] {
            out.push_str(line);
            out.push('\n');
        }
        for (name, value) in &self.headers {
            out.push_str(name);
            out.push(':');
            out.push_str(value);
            out.push('\n');
        }
        if self.blank_line {
            out.push('\n');
        }
        out.push_str(&self.signed_headers);
        out.push('\n');
        out.push_str(&self.payload);
        out
    }

    /// The value of a header, its name compared without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }

    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> CanonicalRequest<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        CanonicalRequest {
            method: own(self.method),
            path: own(self.path),
            query: own(self.query),
            headers: self
                .headers
                .into_iter()
                .map(|(name, value)| (own(name), own(value)))
                .collect(),
            blank_line: self.blank_line,
            signed_headers: own(self.signed_headers),
            payload: own(self.payload),
        }
    }
}

impl CanonicalRequest<'static> {
    /// Makes the canonical request of a request, over the headers named in `signed`, as a verifier
    /// does: names in lower case, in the order of the list, a header that is not there empty. The
    /// signature's own parameter is left out of the query.
    #[must_use]
    pub fn of<'n>(
        request: &HttpRequest,
        signed: impl IntoIterator<Item = &'n str>,
        rules: PathRules,
        payload: &str,
    ) -> Self {
        let headers: Vec<(Cow<'static, str>, Cow<'static, str>)> = signed
            .into_iter()
            .map(|name| {
                let value = request.canonical_header(name).unwrap_or_default();
                let value = if name.eq_ignore_ascii_case("host") {
                    without_default_port(value)
                } else {
                    value
                };
                (Cow::Owned(name.to_owned()), Cow::Owned(value))
            })
            .collect();
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_ref()).collect();
        Self {
            method: Cow::Owned(request.method.clone()),
            path: Cow::Owned(rules.canonical(&request.path)),
            query: Cow::Owned(canonical_query(&request.query, &["X-Amz-Signature"])),
            signed_headers: Cow::Owned(names.join(";")),
            blank_line: true,
            payload: Cow::Owned(payload.to_owned()),
            headers,
        }
    }
}

/// The payload line that a body gives.
#[must_use]
pub fn payload_of(body: &[u8]) -> String {
    if body.is_empty() { EMPTY_SHA256.to_owned() } else { sha256_hex(body) }
}

/// Whether a line may be the last of a canonical request.
#[must_use]
pub fn is_payload(line: &str) -> bool {
    crate::string_to_sign::is_hash(line) || is_payload_marker(line)
}

/// Whether a payload line is a word instead of a hash.
#[must_use]
pub fn is_payload_marker(line: &str) -> bool {
    line == UNSIGNED_PAYLOAD || (line.starts_with("STREAMING-") && line.len() < 64)
}

/// Whether a line may be the list of signed headers.
#[must_use]
pub fn is_header_list(line: &str) -> bool {
    !line.is_empty()
        && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~;".contains(&b))
}

fn without_default_port(host: String) -> String {
    let bare = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80"));
    match bare {
        Some(bare) if !bare.contains(':') => bare.to_owned(),
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "PUT\n/a%20b\nx-id=PutObject\naccept-encoding:zstd\nhost:b.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD";

    fn error(text: &str) -> String {
        CanonicalRequest::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn takes_a_canonical_request_apart() {
        let Ok(request) = CanonicalRequest::parse(SIGNED) else { panic!() };
        assert_eq!(
            (&*request.method, &*request.path, &*request.query),
            ("PUT", "/a%20b", "x-id=PutObject")
        );
        assert_eq!(request.header("Accept-Encoding"), Some("zstd"));
        assert_eq!(
            (&*request.signed_headers, &*request.payload),
            ("accept-encoding;host", "UNSIGNED-PAYLOAD")
        );
        assert_eq!(request.text(), SIGNED);
        assert_eq!(
            error("PUT\n/\n\nhost:a\n"),
            "line 6 of the canonical request: the signed headers expected"
        );
        assert_eq!(
            error("PUT\n/\n\nhost a\n"),
            "line 4 of the canonical request: a header `name:value` expected"
        );
    }

    #[test]
    fn what_stands_behind_the_payload_line_is_no_part_of_it() {
        for more in ["\n", "\n\n", "\nx"] {
            assert_eq!(
                error(&format!("{SIGNED}{more}")),
                "line 9 of the canonical request: nothing more expected"
            );
        }
    }

    #[test]
    fn a_forgotten_blank_line_is_seen() {
        let text = SIGNED.replace("\n\n", "\n");
        let Ok(request) = CanonicalRequest::parse(&text) else { panic!() };
        assert!(!request.blank_line);
        assert_eq!(request.text(), text);
    }

    #[test]
    fn is_made_of_a_request_as_a_verifier_makes_it() {
        let raw = b"PUT /a b?x-id=PutObject&X-Amz-Signature=0 HTTP/1.1\r\nHOST: b.s3.eu-west-1.amazonaws.com:443\r\nAccept-Encoding:  zstd \r\n\r\n";
        let Ok(request) = HttpRequest::parse(raw) else { panic!() };
        let made = CanonicalRequest::of(
            &request,
            ["accept-encoding", "host"],
            PathRules::S3,
            UNSIGNED_PAYLOAD,
        );
        assert_eq!(made.text(), SIGNED);
        let dropped = CanonicalRequest::of(&request, ["range"], PathRules::S3, UNSIGNED_PAYLOAD);
        assert_eq!(dropped.header("range"), Some(""));
    }
}
