//! Lines that mean the same, recognised by their bytes.
//!
//! Two lines have one shape when they agree, byte for byte, in every field that decides in which
//! series they count. Then only the minute has to be read of the second one.

use hashbrown::{HashMap, HashTable};
use memchr::{memchr, memchr_iter};
use xxhash_rust::xxh3::xxh3_64;

use super::line::{Field, Line};
use super::{Unreadable, decode_key, record, request, split_request_uri};
use crate::deploy;
use crate::read::intake::Intake;
use crate::request::{Outcome, key_encoding, outcome_of};
use crate::tally::{SeriesId, Sighting, TextId, Traits, request_hash, short_hash};
use crate::time::{Minute, minute_of, parse_access_log_time};
use crate::user_agent;

/// How many shapes are remembered; then all are forgotten and learnt anew.
const REMEMBERED: usize = 32_768;

/// The shapes that were met, and what they count in.
#[derive(Debug, Default)]
pub struct Shapes {
    known: HashMap<Shape, Meaning>,
    buckets: Numbers,
    operations: Numbers,
    signings: Numbers,
    credentials: Numbers,
    versions: Numbers,
    user_agents: Numbers,
    /// User agents of one client and one application version mean the same. There are many more
    /// user agents than that, browsers' above all.
    user_agent_meanings: Numbers,
    meaning_of_user_agent: Vec<u32>,
    /// The generation of the tally in which the numbers are good.
    generation: u32,
    last_minute: LastMinute,
}

/// Texts, numbered in the order in which they came.
#[derive(Debug, Default)]
struct Numbers {
    known: HashTable<(u64, Box<[u8]>, u32)>,
}

impl Numbers {
    /// The number of a text, and whether it is new.
    fn of(&mut self, text: &[u8]) -> (u32, bool) {
        let hash = xxh3_64(text);
        let is_it = |(other, bytes, _): &(u64, Box<[u8]>, u32)| *other == hash && **bytes == *text;
        if let Some((_, _, number)) = self.known.find(hash, is_it) {
            return (*number, false);
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        self.known.insert_unique(hash, (hash, text.into(), number), |(hash, _, _)| *hash);
        (number, true)
    }
}

/// What decides in which series a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Shape {
    bucket: u32,
    operation: u32,
    signing: u32,
    credential: u32,
    version: u32,
    user_agent: u32,
    outcome: Outcome,
    has_signature: bool,
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
    let minute = intake.shapes.last_minute.of(line.raw(Field::Time))?;
    if is_certainly_unsigned(line) {
        if outcome(line) != Outcome::Succeeded {
            probe(line, intake);
        }
        intake.counted();
        return Ok(true);
    }
    let Some(shape) = intake.shapes.of(line, intake.tally.generation()) else { return Ok(false) };
    let meaning = match intake.shapes.known.get(&shape) {
        Some(meaning) => *meaning,
        None => learn(line, intake)?,
    };
    intake.counted();
    let Some(series) = meaning.counts_in else {
        if shape.outcome != Outcome::Succeeded {
            probe(line, intake);
        }
        return Ok(true);
    };
    intake.tally.count(series, minute);
    let request_id = line.get(Field::RequestId).unwrap_or_default();
    if let Some(hash) = request_hash(request_id, record(line))
        && intake.tally.wants_sighting(hash)
    {
        let key = line.get(Field::Key).map(String::from_utf8_lossy);
        let key = key.as_deref().map(decode_key);
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

fn probe(line: &Line<'_>, intake: &mut Intake) {
    let text = |field| line.get(field).map(String::from_utf8_lossy);
    let Some(address) = text(Field::RemoteIp) else { return };
    let target = line.get(Field::RequestUri).and_then(split_request_uri).map(|(_, target)| target);
    let target = String::from_utf8_lossy(target.unwrap_or_default());
    intake.tally.probe(&address, &target, &text(Field::UserAgent).unwrap_or_default());
}

/// A signature stands in a header, of which the log tells, or in the query.
fn is_certainly_unsigned(line: &Line<'_>) -> bool {
    line.get(Field::SignatureVersion).is_none()
        && line.get(Field::AuthType).is_none()
        && memchr(b'?', line.raw(Field::RequestUri)).is_none()
}

fn learn(line: &Line<'_>, intake: &mut Intake) -> Result<Meaning, Unreadable> {
    intake.tally.make_room();
    let request = request(line)?;
    let meaning = Meaning {
        counts_in: intake.tally.series_of(&request, request.outcome()),
        tls: intake.tally.text_id(request.tls.as_deref()),
        signature_version: intake.tally.text_id(request.signature_version.as_deref()),
    };
    if let Some(shape) = intake.shapes.of(line, intake.tally.generation()) {
        intake.shapes.known.insert(shape, meaning);
    }
    Ok(meaning)
}

impl Shapes {
    /// The shape of a line, good in one generation of the tally. `None` when the line names more
    /// than one credential or version.
    fn of(&mut self, line: &Line<'_>, generation: u32) -> Option<Shape> {
        if self.generation != generation || self.is_full() {
            *self = Self { generation, last_minute: self.last_minute, ..Self::default() };
        }
        let query = Query::of(line.raw(Field::RequestUri))?;
        Some(Shape {
            bucket: self.buckets.of(line.raw(Field::Bucket)).0,
            operation: self.operations.of(line.raw(Field::Operation)).0,
            signing: self.signings.of(line.signing()).0,
            credential: self.credentials.of(query.credential).0,
            version: self.versions.of(query.version).0,
            user_agent: self.user_agent(line.raw(Field::UserAgent)),
            outcome: outcome(line),
            has_signature: query.has_signature,
        })
    }

    fn is_full(&self) -> bool {
        let texts = [
            &self.buckets,
            &self.operations,
            &self.signings,
            &self.credentials,
            &self.versions,
            &self.user_agents,
        ];
        self.known.len() >= REMEMBERED
            || texts.iter().any(|numbers| numbers.known.len() >= REMEMBERED)
    }

    fn user_agent(&mut self, bytes: &[u8]) -> u32 {
        let (number, is_new) = self.user_agents.of(bytes);
        if is_new {
            let text = String::from_utf8_lossy(bytes);
            let client = user_agent::client(&text).unwrap_or_default();
            let meaning = format!("{client}\n{}", user_agent::app_id(&text).unwrap_or_default());
            let (meaning, _) = self.user_agent_meanings.of(meaning.as_bytes());
            self.meaning_of_user_agent.push(meaning);
        }
        self.meaning_of_user_agent[number as usize]
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
