//! One line of an S3 server access log, split into its fields.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>. Fields are separated by
//! single spaces; three of them (Request-URI, referer, user agent) stand in quotes and may hold
//! spaces and, unescaped, quotes. So the line is read from both ends: the Request-URI ends at the
//! first quote that closes a protocol and stands before a status, the user agent at the last quote
//! that stands before a version id and a host id. AWS appends fields over the years; what follows
//! the known ones is counted and left alone.

use memchr::{memchr, memchr_iter, memmem, memrchr_iter};

use super::marks::Marked;
use crate::time::parse_access_log_time;

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
/// So many fields a line has at least in which another begins behind the user agent.
const OF_TWO: usize = 2 * FEWEST - 2;

/// A line's fields, borrowed from it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// What the line is part of.
    text: &'a [u8],
    /// Where in the text each field begins and ends: both 0 for a field that is not there.
    starts: [u32; KNOWN],
    ends: [u32; KNOWN],
    count: usize,
    /// Where the line ends.
    end: u32,
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
    /// Something else stands where a field with known values stands.
    #[error("field {0} is none that stands there: some before it are missing, or too many")]
    Misplaced(usize),
    /// Another line begins in it.
    #[error("field {0} holds the beginning of another line: a line end is missing")]
    Another(usize),
}

impl<'a> Line<'a> {
    /// Splits a line, given without its line end.
    ///
    /// # Errors
    /// When it is not a line of an S3 access log; the error names the field.
    pub fn split(line: &'a [u8]) -> Result<Self, LineError> {
        let mut cursor = Cursor::of(line);
        cursor.tokens(2)?;
        cursor.time()?;
        cursor.tokens(5)?;
        cursor.request_uri()?;
        cursor.tokens(6)?;
        cursor.referer_and_user_agent()?;
        cursor.tail()?;
        let line = cursor.line;
        let status = line.raw(Field::Status);
        if status != b"-" && !status.iter().all(u8::is_ascii_digit) {
            return Err(LineError::NoStatus);
        }
        if let Some(field) = line.another() {
            return Err(LineError::Another(field));
        }
        match line.misplaced() {
            Some(field) => Err(LineError::Misplaced(field as usize + 1)),
            None => Ok(line),
        }
    }

    /// Splits a line whose separators are marked already, if it is as regular as nearly all are;
    /// [`Line::split`] finds the same fields in it.
    #[must_use]
    pub fn of_marks(block: &'a [u8], marked: &Marked<'_>) -> Option<Self> {
        if !marked.is_plain {
            return None;
        }
        // Behind the second space the time begins, and the third stands in it.
        let count = marked.separators.len().checked_sub(1)?;
        if count <= Field::SignatureVersion as usize || count >= OF_TWO {
            return None;
        }
        let mut ends = [0; KNOWN + 1];
        let known = marked.separators.len().min(ends.len());
        ends[..known].copy_from_slice(&marked.separators[..known]);
        let mut line = Self::empty(block);
        line.count = count;
        line.end = place(marked.end);
        line.starts[0] = place(marked.start);
        line.ends[..2].copy_from_slice(&ends[..2]);
        line.ends[2..].copy_from_slice(&ends[3..]);
        for (start, before) in line.starts[1..3].iter_mut().zip(&ends) {
            *start = before + 1;
        }
        for (start, before) in line.starts[3..].iter_mut().zip(&ends[3..]) {
            *start = before + 1;
        }
        for absent in count..KNOWN {
            (line.starts[absent], line.ends[absent]) = (0, 0);
        }
        let is_regular =
            line.strip_time() && line.strip_quotes(marked.quotes) && line.misplaced().is_none();
        is_regular.then_some(line)
    }

    fn empty(text: &'a [u8]) -> Self {
        Self { text, starts: [0; KNOWN], ends: [0; KNOWN], count: 0, end: 0 }
    }

    /// Takes the brackets off the time, if it has them where times have them.
    fn strip_time(&mut self) -> bool {
        // As in `[06/Feb/2019:00:00:38 +0000]`.
        let is_one = matches!(self.raw(Field::Time).as_array::<28>(), Some([b'[', inside @ .., b']'])
            if inside.iter().fold(true, |all, byte| all & (*byte != b']')));
        self.strip(Field::Time);
        is_one
    }

    /// Takes the quotes off the quoted fields, if the line has no other quotes and goes on as
    /// lines do behind each of these.
    fn strip_quotes(&mut self, quotes: u32) -> bool {
        let mut stripped = 0;
        for field in [Field::RequestUri, Field::Referer, Field::UserAgent] {
            match self.raw(field) {
                [b'"', .., b'"'] => {
                    self.strip(field);
                    stripped += 2;
                }
                b"-" => {}
                _ => return false,
            }
        }
        let is_status = match self.raw(Field::Status) {
            b"-" => true,
            [a, b, c] => [a, b, c].iter().all(|byte| byte.is_ascii_digit()),
            _ => false,
        };
        stripped == quotes && is_status && closes_protocol(self.raw(Field::RequestUri))
    }

    /// The first of the fields with known values that is none of those that stand there. Where a field
    /// before them is missing or too many, the host would be taken from another one.
    fn misplaced(&self) -> Option<Field> {
        let begins = |field, with: &[u8]| {
            let start = self.raw(field).get(..with.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(with))
        };
        let has = |field, is_one: bool| is_one || matches!(self.raw(field), b"" | b"-");
        let auth = self.raw(Field::AuthType);
        let checks = [
            // The time of another line.
            (Field::RequestId, !begins_time(self.raw(Field::RequestId))),
            (Field::Operation, !begins_time(self.raw(Field::Operation))),
            (Field::SignatureVersion, begins(Field::SignatureVersion, b"SigV")),
            (Field::AuthType, auth.iter().all(u8::is_ascii_alphabetic)),
            (Field::Host, !begins(Field::Host, b"TLSv1")),
            (
                Field::TlsVersion,
                begins(Field::TlsVersion, b"TLSv") || begins(Field::TlsVersion, b"SSLv"),
            ),
        ];
        checks.into_iter().find(|(field, is_one)| !has(*field, *is_one)).map(|(field, _)| field)
    }

    /// The number of the field in which another line begins, where a line end is missing: then a time in
    /// brackets and a quote stand in a quoted field, or a time behind all fields that are known.
    fn another(&self) -> Option<usize> {
        let quoted = [Field::RequestUri, Field::Referer, Field::UserAgent];
        let in_quotes = quoted.into_iter().find(|field| {
            let text = self.raw(*field);
            memchr(b'"', text).is_some() && holds_time(text)
        });
        let behind = self.ends[Field::UserAgent as usize]..self.end;
        let behind = self.count >= OF_TWO
            && holds_time(&self.text[behind.start as usize..behind.end as usize]);
        in_quotes
            .map(|field| field as usize + 1)
            .or_else(|| behind.then_some(Field::UserAgent as usize + 2))
    }

    fn strip(&mut self, field: Field) {
        self.starts[field as usize] += 1;
        self.ends[field as usize] -= 1;
    }

    /// A field as it stands in the line, without quotes; `-` and absent fields are `None`.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&'a [u8]> {
        let bytes = self.raw(field);
        (!bytes.is_empty() && bytes != b"-").then_some(bytes)
    }

    /// A field as it stands in the line: `-` when it is unknown, empty when the line ends before it.
    #[must_use]
    pub fn raw(&self, field: Field) -> &'a [u8] {
        &self.text[self.starts[field as usize] as usize..self.ends[field as usize] as usize]
    }

    /// Everything from the signature version to the end of the line, as it stands there.
    #[must_use]
    pub fn signing(&self) -> &'a [u8] {
        let first = Field::SignatureVersion as usize;
        if self.count <= first {
            return b"";
        }
        &self.text[self.starts[first] as usize..self.end as usize]
    }

    /// How many fields the line has, unknown ones at its end included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Two lines are the same when their fields are, wherever they stand.
impl PartialEq for Line<'_> {
    fn eq(&self, other: &Self) -> bool {
        let fields = |line: &Self| {
            std::array::from_fn::<_, KNOWN, _>(|place| {
                &line.text[line.starts[place] as usize..line.ends[place] as usize]
            })
        };
        self.count == other.count
            && self.signing() == other.signing()
            && fields(self) == fields(other)
    }
}

struct Cursor<'a> {
    line: Line<'a>,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn of(line: &'a [u8]) -> Self {
        let mut empty = Line::empty(line);
        empty.end = place(line.len());
        Self { line: empty, rest: line }
    }

    /// Notes where in what is left the next field begins and ends, as far as fields are known.
    fn push(&mut self, start: usize, end: usize) {
        let before = self.line.text.len() - self.rest.len();
        if self.line.count < KNOWN {
            self.line.starts[self.line.count] = place(before + start);
            self.line.ends[self.line.count] = place(before + end);
        }
        self.line.count += 1;
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
            Some(_) => Err(LineError::Unclosed(self.line.count)),
        }
    }

    /// Reads fields that hold no space and stand before another field.
    fn tokens(&mut self, how_many: usize) -> Result<(), LineError> {
        for _ in 0..how_many {
            let end = memchr(b' ', self.rest).ok_or(LineError::TooFewFields(self.line.count))?;
            if end == 0 {
                return Err(LineError::Empty(self.line.count + 1));
            }
            self.push(0, end);
            self.rest = &self.rest[end + 1..];
        }
        Ok(())
    }

    fn time(&mut self) -> Result<(), LineError> {
        let inner = self.rest.strip_prefix(b"[").ok_or(LineError::NoTime)?;
        let end = memchr(b']', inner).ok_or(LineError::NoTime)?;
        self.push(1, 1 + end);
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
                self.push(1, 1 + quote);
                return self.advance(quote + 2);
            }
            fallback.get_or_insert(quote);
        }
        let quote = fallback.ok_or(LineError::Unclosed(Field::RequestUri as usize + 1))?;
        self.push(1, 1 + quote);
        self.advance(quote + 2)
    }

    fn referer_and_user_agent(&mut self) -> Result<(), LineError> {
        if self.rest.starts_with(b"\"") {
            let before_quoted = end_before(self.rest, b" \"");
            let end = before_quoted
                .or_else(|| end_before(self.rest, b" - "))
                .ok_or(LineError::Unclosed(Field::Referer as usize + 1))?;
            self.push(1, end);
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
        self.push(1, end);
        self.advance(end + 1)
    }

    fn last_token(&mut self) -> Result<(), LineError> {
        let end = memchr(b' ', self.rest).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(LineError::TooFewFields(self.line.count));
        }
        self.push(0, end);
        self.advance(end)
    }

    /// Reads what follows the user agent, to the end of the line, however many fields there are.
    fn tail(&mut self) -> Result<(), LineError> {
        if self.rest.is_empty() {
            return Err(LineError::TooFewFields(self.line.count));
        }
        loop {
            let end = memchr(b' ', self.rest);
            let length = end.unwrap_or(self.rest.len());
            if length == 0 {
                return Err(LineError::Empty(self.line.count + 1));
            }
            self.push(0, length);
            let Some(end) = end else { return Ok(()) };
            self.rest = &self.rest[end + 1..];
        }
    }
}

/// Whether a field is what stands before the space in `[06/Feb/2019:00:00:38 +0000]`.
fn begins_time(field: &[u8]) -> bool {
    matches!(field, [b'[', b'0'..=b'9', b'0'..=b'9', b'/', ..])
}

/// Whether a time in brackets stands in `text`, as it does in every line: ` [06/Feb/2019:00:00:38 +0000] `.
fn holds_time(text: &[u8]) -> bool {
    memmem::find_iter(text, b" [").any(|at| {
        let (inside, behind) = (text.get(at + 2..at + 28), text.get(at + 28..at + 30));
        behind == Some(b"] ") && inside.is_some_and(|time| parse_access_log_time(time).is_some())
    })
}

/// Lines are far shorter than 4 GiB.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
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
    let Some(version_id) = memchr(b' ', text).filter(|end| *end > 0) else { return false };
    let text = &text[version_id + 1..];
    let Some(host_id) = memchr(b' ', text).filter(|end| *end > 0) else { return false };
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
