//! Reads S3 server access logs as text.
//!
//! Most lines are ordinary traffic, and ordinary traffic repeats: the same client reads the same
//! bucket with the same signature version. So what a line means is worked out once for each
//! shape of a line and then only counted. [`take_slowly`] is the simple version, which works out every
//! line; both give the same tally.

pub mod line;
mod marks;
mod shape;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};
use percent_encoding::percent_decode;
use sigdrift_signature::failure::{self, Standing};
use xxhash_rust::xxh3::xxh3_64;

use self::line::{Field, Line};
pub use self::shape::LineShapes;
use super::intake::Intake;
use crate::request::Request;
use crate::source::{Place, SourceKind};
use crate::time::parse_access_log_time;

/// Why a line could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It has not the fields of an access log line.
    #[error(transparent)]
    Line(#[from] line::LineError),
    /// Its time is none.
    #[error("field 3 is no time like [06/Feb/2019:00:00:38 +0000]")]
    Time,
    /// It is no text.
    #[error("holds a NUL byte")]
    Nul,
    /// It is no text.
    #[error("is not valid UTF-8")]
    Encoding,
}

/// Whether a line looks like one of an access log: three words and a time in brackets. Cheaper and
/// more forgiving than splitting it, so that a damaged log is still taken for one.
#[must_use]
pub fn looks_like(line: &[u8]) -> bool {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (Some(owner), Some(bucket), Some(rest)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    !owner.is_empty()
        && !bucket.is_empty()
        && rest.strip_prefix(b"[").is_some_and(|rest| {
            rest.get(..26).is_some_and(|time| parse_access_log_time(time).is_some())
        })
}

/// Takes in a block of whole lines, of which the first has the number `first_line`. Gives the
/// number of lines.
pub fn take(block: &[u8], first_line: u64, intake: &mut Intake) -> u64 {
    let mut marks = std::mem::take(&mut intake.line_shapes.marks);
    marks.find(block);
    let mut number = first_line;
    for marked in marks.lines() {
        let taken = match Line::of_marks(block, &marked) {
            Some(line) => take_line(&line, number, intake),
            None => take_irregular(&block[marked.start..marked.end], number, intake),
        };
        if let Err(reason) = taken {
            intake.unreadable(Place::Line(number), reason);
        }
        number += 1;
    }
    intake.line_shapes.marks = marks;
    number - first_line
}

/// Takes in a block line by line without shapes: the oracle of [`take`].
pub fn take_slowly(block: &[u8], first_line: u64, intake: &mut Intake) -> u64 {
    each_line(block, first_line, |line, number| {
        if line.is_empty() {
            return;
        }
        let place = Place::Line(number);
        let done = check_text(line).and_then(|()| request_of(&Line::split(line)?, &place, intake));
        if let Err(reason) = done {
            intake.unreadable(place, reason);
        }
    })
}

/// Takes in one line that stands somewhere else than in a log of its own.
pub(super) fn take_one(line: &str, place: &Place, intake: &mut Intake) {
    let split = Line::split(line.trim_ascii_end().as_bytes()).map_err(Unreadable::from);
    if let Err(reason) = split.and_then(|line| request_of(&line, place, intake)) {
        intake.unreadable(place.clone(), reason);
    }
}

fn request_of(line: &Line<'_>, place: &Place, intake: &mut Intake) -> Result<(), Unreadable> {
    intake.request(&request(line)?, place);
    Ok(())
}

fn each_line(block: &[u8], first_line: u64, mut then: impl FnMut(&[u8], u64)) -> u64 {
    let mut start = 0;
    let mut number = first_line;
    let last = (!block.ends_with(b"\n") && !block.is_empty()).then_some(block.len());
    for end in memchr_iter(b'\n', block).chain(last) {
        let line = &block[start..end];
        then(line.trim_ascii_end(), number);
        start = end + 1;
        number += 1;
    }
    number - first_line
}

fn check_text(line: &[u8]) -> Result<(), Unreadable> {
    if memchr(0, line).is_some() {
        return Err(Unreadable::Nul);
    }
    std::str::from_utf8(line).map(|_| ()).map_err(|_| Unreadable::Encoding)
}

fn take_irregular(text: &[u8], number: u64, intake: &mut Intake) -> Result<(), Unreadable> {
    // Editors and copying leave spaces behind a line.
    let text = text.trim_ascii_end();
    if text.is_empty() {
        return Ok(());
    }
    check_text(text)?;
    take_line(&Line::split(text)?, number, intake)
}

fn take_line(line: &Line<'_>, number: u64, intake: &mut Intake) -> Result<(), Unreadable> {
    if is_ordinary(line) && shape::count(line, intake)? {
        return Ok(());
    }
    request_of(line, &Place::Line(number), intake)
}

/// Whether a line is certainly no signature failure.
fn is_ordinary(line: &Line<'_>) -> bool {
    let Some(code) = line.get(Field::ErrorCode) else { return true };
    let standing = std::str::from_utf8(code).map_or(Standing::Unrelated, failure::standing);
    match standing {
        Standing::Unrelated => true,
        Standing::Failure => false,
        // An expired URL has a query, and signature version 2 stands in the line.
        Standing::DependsOnMessage => {
            code.starts_with(b"AccessDenied") && !line.raw(Field::RequestUri).contains(&b'?')
        }
    }
}

/// The request that a line tells of.
///
/// # Errors
/// When the line's time cannot be read.
pub fn request<'a>(line: &Line<'a>) -> Result<Request<'a>, Unreadable> {
    let time = parse_access_log_time(line.raw(Field::Time)).ok_or(Unreadable::Time)?;
    let text = |field| line.get(field).map(text_of);
    let mut request = Request::new(SourceKind::S3AccessLog);
    request.time = Some(time);
    request.request_id = text(Field::RequestId);
    request.record = record(line);
    request.host = text(Field::Host);
    request.bucket = text(Field::Bucket);
    request.operation = text(Field::Operation);
    request.key = text(Field::Key).map(|key| decode_key(&key).into_owned().into());
    request.status = text(Field::Status).and_then(|status| status.parse().ok());
    request.code = text(Field::ErrorCode);
    request.remote_ip = text(Field::RemoteIp);
    request.user_agent = text(Field::UserAgent);
    request.signature_version = text(Field::SignatureVersion);
    request.auth = text(Field::AuthType);
    request.tls = tls_version(line).map(text_of);
    request.logged_region = text(Field::SourceRegion);
    if let Some((method, target)) = line.get(Field::RequestUri).and_then(split_request_uri) {
        request.method = Some(text_of(method));
        request.target = Some(text_of(target));
    }
    Ok(request.with_query_credential())
}

/// Bytes as text. Nearly all are valid, and to see that takes little time beside replacing what is
/// not.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Method and target of a Request-URI: `GET /k?x=1 HTTP/1.1`.
fn split_request_uri(uri: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memchr(b' ', uri)?;
    let (method, rest) = (&uri[..space], &uri[space + 1..]);
    let end = memchr::memrchr(b' ', rest).filter(|end| rest[end + 1..].starts_with(b"HTTP/"));
    Some((method, &rest[..end.unwrap_or(rest.len())]))
}

/// What tells records of one request apart: the operation, and for a batch the key as well.
fn record(line: &Line<'_>) -> u64 {
    let operation = line.raw(Field::Operation);
    record_hash(operation, line.raw(Field::Key))
}

/// The same for either form of the log.
pub(super) fn record_hash(operation: &[u8], key: &[u8]) -> u64 {
    let hash = xxh3_64(operation);
    if operation.starts_with(b"BATCH.") { hash ^ xxh3_64(key).rotate_left(1) } else { hash }
}

/// The TLS version, which the documentation and the service write with different cases.
fn tls_version<'a>(line: &Line<'a>) -> Option<&'a [u8]> {
    let logged = line.get(Field::TlsVersion)?;
    const KNOWN: [&[u8]; 4] = [b"TLSv1.3", b"TLSv1.2", b"TLSv1.1", b"TLSv1"];
    Some(KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(logged)).unwrap_or(logged))
}

/// An object key as the client meant it. The log encodes it twice.
#[must_use]
pub fn decode_key(logged: &str) -> Cow<'_, str> {
    if memchr(b'%', logged.as_bytes()).is_none() {
        return Cow::Borrowed(logged);
    }
    let once: Cow<'_, [u8]> = percent_decode(logged.as_bytes()).into();
    let twice: Cow<'_, [u8]> = percent_decode(&once).into();
    Cow::Owned(String::from_utf8_lossy(&twice).into_owned())
}
