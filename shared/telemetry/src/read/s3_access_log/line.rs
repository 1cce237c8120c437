//! One line of an S3 server access log, split into its fields.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>. Fields are separated by
//! single spaces; three of them (Request-URI, referer, user agent) stand in quotes and may hold
//! spaces and, unescaped, quotes. So the line is read from both ends: the Request-URI ends at the
//! first quote that closes a protocol and stands before a status, the user agent at the last quote
//! that stands before a version id and a host id. AWS appends fields over the years; what follows
//! the known ones is counted and left alone.

use memchr::{memchr, memchr_iter, memrchr_iter};

use super::find_space::find_space;

/// The fields, in the order of the line. `Field::Bucket as usize` is its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are AWS's own and the page above describes them")]
pub enum Field {
    BucketOwner,
    Bucket,
    Time,
    RemoteIp,
    Requester,
    RequestId,
    Operation,
    Key,
    RequestUri,
    Status,
    ErrorCode,
    BytesSent,
    ObjectSize,
    TotalTime,
    TurnAroundTime,
    Referer,
    UserAgent,
    VersionId,
    HostId,
    SignatureVersion,
    CipherSuite,
    AuthType,
    Host,
    TlsVersion,
    AccessPoint,
    AclRequired,
    SourceRegion,
}

/// How many fields are known today.
pub const KNOWN: usize = 27;
/// How many fields the oldest lines have.
pub const FEWEST: usize = 18;

/// A line's fields, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    fields: [&'a [u8]; KNOWN],
    count: usize,
    signing: &'a [u8],
}

/// Why a line is not one of an S3 access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The line ends early.
    #[error("has {0} fields where an S3 access log line has at least 18")]
    TooFewFields(usize),
    /// The third field is not `[time zone]`.
    #[error("field 3 is not a time in brackets")]
    NoTime,
    /// A quoted field does not end.
    #[error("the quoted field {0} does not end")]
    Unclosed(usize),
    /// The status is neither a number nor `-`.
    #[error("field 10 is not an HTTP status")]
    NoStatus,
    /// Two spaces in a row, or a space at the end.
    #[error("field {0} is empty")]
    Empty(usize),
}

impl<'a> Line<'a> {
    /// Splits a line, given without its line end.
    ///
    /// # Errors
    /// When it is not a line of an S3 access log; the error names the field.
    pub fn split(line: &'a [u8]) -> Result<Self, LineError> {
        let mut cursor = Cursor { rest: line, fields: [b""; KNOWN], count: 0, signing: b"" };
        cursor.tokens(2)?;
        cursor.time()?;
        cursor.tokens(5)?;
        cursor.request_uri()?;
        cursor.tokens(6)?;
        cursor.referer_and_user_agent()?;
        cursor.tail()?;
        let line = Self { fields: cursor.fields, count: cursor.count, signing: cursor.signing };
        let status = line.fields[Field::Status as usize];
        if status != b"-" && !status.iter().all(u8::is_ascii_digit) {
            return Err(LineError::NoStatus);
        }
        Ok(line)
    }

    /// A field as it stands in the line, without quotes; `-` and absent fields are `None`.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&'a [u8]> {
        let bytes = self.fields[field as usize];
        (!bytes.is_empty() && bytes != b"-").then_some(bytes)
    }

    /// A field as it stands in the line: `-` when it is unknown, empty when the line ends before it.
    #[must_use]
    pub fn raw(&self, field: Field) -> &'a [u8] {
        self.fields[field as usize]
    }

    /// Everything from the signature version to the end of the line, as it stands there.
    #[must_use]
    pub fn signing(&self) -> &'a [u8] {
        self.signing
    }

    /// How many fields the line has, unknown ones at its end included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
    fields: [&'a [u8]; KNOWN],
    count: usize,
    signing: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn push(&mut self, field: &'a [u8]) {
        self.fields[self.count] = field;
        self.count += 1;
    }

    /// Drops the field that was just read, and the space behind it, from what is left.
    fn advance(&mut self, end: usize) -> Result<(), LineError> {
        match self.rest.get(end) {
            None => {
                self.rest = b"";
                Ok(())
            }
            Some(b' ') => {
                self.rest = &self.rest[end + 1..];
                Ok(())
            }
            Some(_) => Err(LineError::Unclosed(self.count)),
        }
    }

    /// Reads fields that hold no space and stand before another field.
    fn tokens(&mut self, how_many: usize) -> Result<(), LineError> {
        for _ in 0..how_many {
            let end = find_space(self.rest).ok_or(LineError::TooFewFields(self.count))?;
            if end == 0 {
                return Err(LineError::Empty(self.count + 1));
            }
            self.push(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
        }
        Ok(())
    }

    fn time(&mut self) -> Result<(), LineError> {
        let inner = self.rest.strip_prefix(b"[").ok_or(LineError::NoTime)?;
        let end = memchr(b']', inner).ok_or(LineError::NoTime)?;
        self.push(&inner[..end]);
        self.advance(end + 2)
    }

    fn request_uri(&mut self) -> Result<(), LineError> {
        let Some(inner) = self.rest.strip_prefix(b"\"") else {
            return self.tokens(1);
        };
        let mut fallback = None;
        for quote in memchr_iter(b'"', inner) {
            if !is_before_status(&inner[quote + 1..]) {
                continue;
            }
            if closes_protocol(&inner[..quote]) {
                self.push(&inner[..quote]);
                return self.advance(quote + 2);
            }
            fallback.get_or_insert(quote);
        }
        let quote = fallback.ok_or(LineError::Unclosed(Field::RequestUri as usize + 1))?;
        self.push(&inner[..quote]);
        self.advance(quote + 2)
    }

    fn referer_and_user_agent(&mut self) -> Result<(), LineError> {
        if self.rest.starts_with(b"\"") {
            let before_quoted = end_before(self.rest, b" \"");
            let end = before_quoted
                .or_else(|| end_before(self.rest, b" - "))
                .ok_or(LineError::Unclosed(Field::Referer as usize + 1))?;
            self.push(&self.rest[1..end]);
            self.advance(end + 1)?;
        } else {
            self.tokens(1)?;
        }
        if self.rest.starts_with(b"\"") { self.quoted_user_agent() } else { self.last_token() }
    }

    /// Ends at the last quote behind which the line goes on as lines do.
    fn quoted_user_agent(&mut self) -> Result<(), LineError> {
        let last = |matches: fn(&[u8]) -> bool| {
            memrchr_iter(b'"', self.rest).find(|&at| at > 0 && matches(&self.rest[at + 1..]))
        };
        let end = last(is_full_tail)
            .or_else(|| last(is_short_tail))
            .ok_or(LineError::Unclosed(Field::UserAgent as usize + 1))?;
        self.push(&self.rest[1..end]);
        self.advance(end + 1)
    }

    fn last_token(&mut self) -> Result<(), LineError> {
        let end = find_space(self.rest).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(LineError::TooFewFields(self.count));
        }
        self.push(&self.rest[..end]);
        self.advance(end)
    }

    /// Reads what follows the user agent, to the end of the line, however many fields there are.
    fn tail(&mut self) -> Result<(), LineError> {
        if self.rest.is_empty() {
            return Err(LineError::TooFewFields(self.count));
        }
        let mut rest = self.rest;
        loop {
            let end = find_space(rest);
            let field = &rest[..end.unwrap_or(rest.len())];
            if field.is_empty() {
                return Err(LineError::Empty(self.count + 1));
            }
            if let Some(place) = self.fields.get_mut(self.count) {
                *place = field;
            }
            self.count += 1;
            let Some(end) = end else { return Ok(()) };
            rest = &rest[end + 1..];
            if self.count == Field::SignatureVersion as usize {
                self.signing = rest;
            }
        }
    }
}

/// Where the quoted field at the start of `text` ends, if `next` follows it.
fn end_before(text: &[u8], next: &[u8]) -> Option<usize> {
    memchr_iter(b'"', &text[1..]).map(|at| at + 1).find(|&at| text[at + 1..].starts_with(next))
}

/// Whether `text`, what follows a quote, begins with a status field.
fn is_before_status(text: &[u8]) -> bool {
    match text {
        [b' ', b'-', b' ', ..] => true,
        [b' ', a, b, c, b' ', ..] => [a, b, c].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// Whether a Request-URI ends as one does: with the protocol, or it is only `-`.
fn closes_protocol(uri: &[u8]) -> bool {
    let protocol = uri.len().saturating_sub(b" HTTP/1.1".len());
    uri == b"-" || uri[protocol..].starts_with(b" HTTP/")
}

/// Whether `text`, what follows a quote, goes on with a version id, a host id and a signature
/// version.
fn is_full_tail(text: &[u8]) -> bool {
    let Some(text) = text.strip_prefix(b" ") else { return false };
    let Some(version_id) = find_space(text).filter(|end| *end > 0) else { return false };
    let text = &text[version_id + 1..];
    let Some(host_id) = find_space(text).filter(|end| *end > 0) else { return false };
    let text = &text[host_id + 1..];
    let is_version = text.starts_with(b"SigV") || text == b"-" || text.starts_with(b"- ");
    // A quote among the fields that are known today would be the user agent's own.
    is_version
        && memchr(b'"', text).is_none_or(|quote| {
            memchr_iter(b' ', &text[..quote]).count() >= KNOWN - Field::SignatureVersion as usize
        })
}

/// The same for lines of the oldest layouts, which end with the version id or the host id.
fn is_short_tail(text: &[u8]) -> bool {
    let Some(text) = text.strip_prefix(b" ") else { return false };
    let tokens = memchr_iter(b' ', text).count() + 1;
    tokens <= 2 && !text.is_empty() && !text.contains(&b'"')
}
