//! Lines that mean the same, recognised by their bytes.
//!
//! Two lines have one shape when they agree, byte for byte, in every field that decides in which
//! series they count. Then only the minute has to be read of the second one.

use memchr::{memchr, memchr_iter};

use super::line::{Field, Line};
use super::marks::Marks;
use super::{Unreadable, decode_key, record, request, split_request_uri, text_of};
use crate::deploy;
use crate::key_encoding::key_encoding;
use crate::read::intake::Intake;
use crate::read::shapes::{Meaning, Shapes};
use crate::request::{Outcome, outcome_of};
use crate::tally::{Sighting, Traits, request_hash, short_hash};
use crate::time::{Minute, minute_of, parse_access_log_time};

/// The shapes of access log lines.
#[derive(Debug, Default)]
pub struct LineShapes {
    shapes: Shapes<5>,
    pub(super) marks: Marks,
    last_minute: LastMinute,
}

/// Counts a line that is no signature failure. Whether it could: a line that is odd enough has to
/// be worked out by itself.
///
/// # Errors
/// When the line's time cannot be read.
pub(super) fn count(line: &Line<'_>, intake: &mut Intake) -> Result<bool, Unreadable> {
    let minute = intake.line_shapes.last_minute.of(line.raw(Field::Time))?;
    if is_certainly_unsigned(line) {
        if outcome(line) != Outcome::Succeeded {
            probe(line, intake);
        }
        intake.counted();
        return Ok(true);
    }
    let outcome = outcome(line);
    let Some(parts) = Parts::of(line, outcome) else { return Ok(false) };
    let generation = intake.tally.generation();
    let shape =
        intake.line_shapes.shapes.shape(generation, parts.texts, parts.user_agent, parts.flags);
    let meaning = match intake.line_shapes.shapes.meaning(&shape) {
        Some(meaning) => meaning,
        None => learn(line, &parts, intake)?,
    };
    intake.counted();
    let Some(counter) = meaning.counts_in else {
        if outcome != Outcome::Succeeded {
            probe(line, intake);
        }
        return Ok(true);
    };
    intake.tally.count(counter, minute);
    let request_id = line.get(Field::RequestId).unwrap_or_default();
    if let Some(hash) = request_hash(request_id, None)
        && intake.tally.wants_sighting(hash)
    {
        let key = line.get(Field::Key).map(text_of);
        let key = key.as_deref().map(decode_key);
        let traits = Traits {
            address: short_hash(line.get(Field::RemoteIp).unwrap_or_default()),
            tls: meaning.tls,
            signature_version: meaning.signature_version,
            key_encoding: intake.tally.text_id(key.as_deref().map(key_encoding)),
        };
        let (record, series) = (record(line), counter.series);
        let sighting = Sighting { request: hash, record, series, minute };
        intake.tally.sight(sighting, traits);
    }
    Ok(true)
}

fn probe(line: &Line<'_>, intake: &mut Intake) {
    let text = |field| line.get(field).map(text_of);
    let Some(address) = text(Field::RemoteIp) else { return };
    let target = line.get(Field::RequestUri).and_then(split_request_uri).map(|(_, target)| target);
    let target = text_of(target.unwrap_or_default());
    intake.tally.probe(&address, &target, &text(Field::UserAgent).unwrap_or_default());
}

/// A signature stands in a header, of which the log tells, or in the query.
fn is_certainly_unsigned(line: &Line<'_>) -> bool {
    line.get(Field::SignatureVersion).is_none()
        && line.get(Field::AuthType).is_none()
        && memchr(b'?', line.raw(Field::RequestUri)).is_none()
}

fn learn(line: &Line<'_>, parts: &Parts<'_>, intake: &mut Intake) -> Result<Meaning, Unreadable> {
    intake.tally.make_room();
    let request = request(line)?;
    let meaning = Meaning::of(&request, request.outcome(), &mut intake.tally);
    let shapes = &mut intake.line_shapes.shapes;
    let shape = shapes.shape(intake.tally.generation(), parts.texts, parts.user_agent, parts.flags);
    shapes.remember(shape, meaning);
    Ok(meaning)
}

/// What of a line decides in which series it counts.
struct Parts<'a> {
    texts: [&'a [u8]; 5],
    user_agent: &'a [u8],
    flags: [u8; 2],
}

impl<'a> Parts<'a> {
    /// `None` when the line names more than one credential or version.
    fn of(line: &Line<'a>, outcome: Outcome) -> Option<Self> {
        let query = Query::of(line.raw(Field::RequestUri))?;
        Some(Self {
            texts: [
                line.raw(Field::Bucket),
                line.raw(Field::Operation),
                line.signing(),
                query.credential,
                query.version,
            ],
            user_agent: line.raw(Field::UserAgent),
            flags: [outcome as u8, u8::from(query.has_signature)],
        })
    }
}

/// The parameters of a query that decide where a request counts, as they stand there.
#[derive(Default)]
struct Query<'a> {
    credential: &'a [u8],
    version: &'a [u8],
    has_signature: bool,
}

impl<'a> Query<'a> {
    fn of(uri: &'a [u8]) -> Option<Self> {
        let mut found = Self::default();
        if memchr(b'?', uri).is_none() {
            return Some(found);
        }
        let Some((_, target)) = split_request_uri(uri) else { return Some(found) };
        let Some(mark) = memchr(b'?', target) else { return Some(found) };
        let query = &target[mark + 1..];
        let mut start = 0;
        for end in memchr_iter(b'&', query).chain([query.len()]) {
            let pair = &query[start..end];
            start = end + 1;
            match pair {
                [b'x' | b'X', b'-', rest @ ..] if starts_with(rest, b"amz-") => {
                    if starts_with(rest, b"amz-credential=") {
                        set_once(&mut found.credential, pair)?;
                    } else if starts_with(rest, b"amz-signature") {
                        found.has_signature = true;
                    }
                }
                [b'x' | b'X', b'-', ..] => {
                    let text = std::str::from_utf8(pair).ok()?;
                    if deploy::query_parameter(text).is_some() {
                        set_once(&mut found.version, pair)?;
                    }
                }
                _ if pair.starts_with(b"AWSAccessKeyId=") => set_once(&mut found.credential, pair)?,
                _ if pair.starts_with(b"Signature") => found.has_signature = true,
                _ => {}
            }
        }
        Some(found)
    }
}

fn starts_with(text: &[u8], lower_case: &[u8]) -> bool {
    text.get(..lower_case.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower_case))
}

fn set_once<'a>(part: &mut &'a [u8], value: &'a [u8]) -> Option<()> {
    if !part.is_empty() {
        return None;
    }
    *part = value;
    Some(())
}

fn outcome(line: &Line<'_>) -> Outcome {
    let code = line.get(Field::ErrorCode).map(|code| std::str::from_utf8(code).unwrap_or("?"));
    let status = line.raw(Field::Status);
    let status = status.iter().try_fold(0_u16, |sum, byte| {
        byte.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u16::from(byte - b'0')))
    });
    outcome_of(code, status)
}

/// The minute of the line before: most lines are of the same.
#[derive(Clone, Copy, Debug, Default)]
struct LastMinute {
    /// `06/Feb/2019:00:00`
    text: [u8; 17],
    minute: Minute,
}

impl LastMinute {
    fn of(&mut self, time: &[u8]) -> Result<Minute, Unreadable> {
        if let [b':', b'0'..=b'5', b'0'..=b'9', zone @ ..] =
            time.get(self.text.len()..).unwrap_or_default()
            && zone == b" +0000"
            && time.starts_with(&self.text)
        {
            return Ok(self.minute);
        }
        let minute = parse_access_log_time(time).map(minute_of).ok_or(Unreadable::Time)?;
        if time.ends_with(b" +0000")
            && let Some(text) = time.first_chunk()
        {
            *self = Self { text: *text, minute };
        }
        Ok(minute)
    }
}
