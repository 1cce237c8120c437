//! Lines that mean the same, recognised by their bytes.
//!
//! Two lines have one shape when they agree, byte for byte, in every field that decides in which
//! series they count. Then only the minute has to be read of the second one.

use hashbrown::HashTable;
use memchr::{memchr, memchr_iter};
use xxhash_rust::xxh3::xxh3_64;

use super::line::{Field, Line};
use super::{Unreadable, decode_key, record, request, split_request_uri};
use crate::deploy;
use crate::read::intake::Intake;
use crate::request::{Outcome, key_encoding, outcome_of};
use crate::tally::{SeriesId, Sighting, TextId, Traits, request_hash, short_hash};
use crate::time::{Minute, minute_of, parse_access_log_time};

/// How many shapes are remembered; then all are forgotten and learnt anew.
const REMEMBERED: usize = 32_768;

/// The shapes that were met, and what they count in.
#[derive(Debug, Default)]
pub struct Shapes {
    known: HashTable<Known>,
    /// The generation of the tally in which the numbers are good.
    generation: u32,
    last_minute: LastMinute,
}

#[derive(Debug)]
struct Known {
    hash: u64,
    bytes: Box<[u8]>,
    meaning: Meaning,
}

/// What all lines of one shape have in common.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    /// `None` for traffic that is not signed and so not counted.
    counts_in: Option<SeriesId>,
    tls: TextId,
    signature_version: TextId,
}

/// Counts a line that is no signature failure. Whether it could: a line that is odd enough has to
/// be worked out by itself.
///
/// # Errors
/// When the line's time cannot be read.
pub(super) fn count(line: &Line<'_>, intake: &mut Intake) -> Result<bool, Unreadable> {
    let Some(shape) = Shape::of(line) else { return Ok(false) };
    let minute = intake.shapes.last_minute.of(line.raw(Field::Time))?;
    let meaning = match intake.shapes.find(&shape, intake.tally.generation()) {
        Some(meaning) => meaning,
        None => learn(&shape, line, intake)?,
    };
    intake.counted();
    let Some(series) = meaning.counts_in else { return Ok(true) };
    intake.tally.count(series, minute);
    let request_id = line.get(Field::RequestId).unwrap_or_default();
    if let Some(hash) = request_hash(request_id, record(line))
        && intake.tally.wants_sighting(hash)
    {
        let key = line.get(Field::Key).map(|key| decode_key(&String::from_utf8_lossy(key)));
        let traits = Traits {
            address: short_hash(line.get(Field::RemoteIp).unwrap_or_default()),
            tls: meaning.tls,
            signature_version: meaning.signature_version,
            key_encoding: intake.tally.text_id(key.as_deref().map(key_encoding)),
        };
        let sighting = Sighting { request: hash, record: record(line), series, minute };
        intake.tally.sight(sighting, traits);
    }
    Ok(true)
}

fn learn(shape: &Shape<'_>, line: &Line<'_>, intake: &mut Intake) -> Result<Meaning, Unreadable> {
    intake.tally.make_room();
    let request = request(line)?;
    let meaning = Meaning {
        counts_in: intake.tally.series_of(&request, request.outcome()),
        tls: intake.tally.text_id(request.tls.as_deref()),
        signature_version: intake.tally.text_id(request.signature_version.as_deref()),
    };
    intake.shapes.remember(shape, intake.tally.generation(), meaning);
    Ok(meaning)
}

impl Shapes {
    fn find(&self, shape: &Shape<'_>, generation: u32) -> Option<Meaning> {
        if self.generation != generation {
            return None;
        }
        let hash = shape.hash();
        self.known
            .find(hash, |known| known.hash == hash && shape.is(&known.bytes))
            .map(|known| known.meaning)
    }

    fn remember(&mut self, shape: &Shape<'_>, generation: u32, meaning: Meaning) {
        if self.generation != generation || self.known.len() >= REMEMBERED {
            self.known.clear();
            self.generation = generation;
        }
        let hash = shape.hash();
        let known = Known { hash, bytes: shape.bytes(), meaning };
        self.known.insert_unique(hash, known, |known| known.hash);
    }
}

/// The fields of a line that make its shape.
struct Shape<'a> {
    parts: [&'a [u8]; 6],
    outcome: Outcome,
    has_signature: bool,
}

impl<'a> Shape<'a> {
    /// `None` when the line names more than one credential or version.
    fn of(line: &Line<'a>) -> Option<Self> {
        let mut shape = Self {
            parts: [
                line.raw(Field::Bucket),
                line.raw(Field::Operation),
                line.raw(Field::UserAgent),
                line.signing(),
                b"",
                b"",
            ],
            outcome: outcome(line),
            has_signature: false,
        };
        let uri = line.raw(Field::RequestUri);
        if memchr(b'?', uri).is_some()
            && let Some((_, target)) = split_request_uri(uri)
            && let Some(mark) = memchr(b'?', target)
        {
            shape.take_query(&target[mark + 1..])?;
        }
        Some(shape)
    }

    /// Takes in the parameters that decide where a request counts.
    fn take_query(&mut self, query: &'a [u8]) -> Option<()> {
        let mut start = 0;
        for end in memchr_iter(b'&', query).chain([query.len()]) {
            let pair = &query[start..end];
            start = end + 1;
            match pair {
                [b'x' | b'X', b'-', rest @ ..] if starts_with(rest, b"amz-") => {
                    if starts_with(rest, b"amz-credential=") {
                        set_once(&mut self.parts[4], pair)?;
                    } else if starts_with(rest, b"amz-signature") {
                        self.has_signature = true;
                    }
                }
                [b'x' | b'X', b'-', ..] => {
                    let text = std::str::from_utf8(pair).ok()?;
                    if deploy::query_parameter(text).is_some() {
                        set_once(&mut self.parts[5], pair)?;
                    }
                }
                _ if pair.starts_with(b"AWSAccessKeyId=") => set_once(&mut self.parts[4], pair)?,
                _ if pair.starts_with(b"Signature") => self.has_signature = true,
                _ => {}
            }
        }
        Some(())
    }

    fn flags(&self) -> [u8; 2] {
        [self.outcome as u8, u8::from(self.has_signature)]
    }

    fn hash(&self) -> u64 {
        let flags = u64::from(u16::from_le_bytes(self.flags()));
        self.parts.iter().fold(flags, |hash, part| {
            (hash ^ xxh3_64(part)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
        })
    }

    fn is(&self, bytes: &[u8]) -> bool {
        let Some(mut rest) = bytes.strip_prefix(&self.flags()) else { return false };
        for part in self.parts {
            // The texts hold no line feed, so it can stand between them.
            match rest.strip_prefix(part) {
                Some([b'\n', after @ ..]) => rest = after,
                _ => return false,
            }
        }
        rest.is_empty()
    }

    fn bytes(&self) -> Box<[u8]> {
        let parts = self.parts.iter().flat_map(|part| part.iter().copied().chain([b'\n']));
        self.flags().into_iter().chain(parts).collect()
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
#[derive(Debug, Default)]
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
