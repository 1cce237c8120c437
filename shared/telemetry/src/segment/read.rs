//! Reading a segment.

use std::io::{self, BufRead, BufReader, Read};
use std::num::NonZeroU64;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::line::{Counts, Failure, Hash, Header, Line, Seen, Source, Text, Told, Values};
use super::{Segment, VERSION};
use crate::change::Change;
use crate::dimension::Dimension;
use crate::marker::Marker;
use crate::tally::report::{KindReport, Problem};
use crate::tally::{
    self, Limits, Manner, RecordId, Restoring, Row, SeenChange, Series, Sighting, SourceId, TextId,
    Thresholds, Traits, ValueIds,
};
use crate::time::parse_rfc3339;

/// The longest line that is read, in bytes: the sample of one series is the longest that is written,
/// and its limit keeps it far below this.
const LONGEST_LINE: u64 = 64 << 20;

/// Why a segment cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes cannot be had, or are not whole.
    #[error("line {line} cannot be read: {error}")]
    Io {
        /// The line, counted from 1.
        line: u64,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A line is not one of a segment's.
    #[error("line {line} is none of a segment: {error}")]
    Line {
        /// The line, counted from 1.
        line: u64,
        /// Why.
        #[source]
        error: serde_json::Error,
    },
    /// A time is none.
    #[error("line {line} has the time `{}`, which is none", time.escape_debug())]
    Time {
        /// The line, counted from 1.
        line: u64,
        /// What stands there.
        time: String,
    },
    /// A line has no end within reason.
    #[error("line {0} is longer than any line of a segment")]
    TooLong(u64),
    /// The first line is not the header.
    #[error("begins with no header, as every segment does")]
    NoHeader,
    /// It was written by a later version.
    #[error(
        "has version {0} of the format, and this sigdrift reads versions up to {VERSION}: update it"
    )]
    Version(u32),
}

/// Reads a segment into a tally with these limits.
///
/// # Errors
/// When it is damaged, or of a later version than is known here.
pub fn read(input: impl Read, limits: Limits) -> Result<Segment, Error> {
    let mut lines = Lines::new(input);
    let header = lines.header()?;
    let mut restoring = Restoring::new(limits, &thresholds(&header));
    for source in &header.sources {
        restoring.source(*source);
    }
    let (name, replaces) = (header.name.into_owned(), header.replaces);
    while let Some(line) = lines.next()? {
        let taken = take(line, &mut restoring);
        taken.map_err(|NoTime(time)| Error::Time { line: lines.number, time })?;
    }
    Ok(Segment { name, replaces, tally: restoring.finish() })
}

/// What a segment stands for, by its first line.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The sources that it tells of.
    pub sources: Vec<SourceId>,
    /// The segments that it replaces.
    pub replaces: Vec<SourceId>,
}

/// Reads no more of a segment than what it stands for.
///
/// # Errors
/// As [`read`] does of the first line.
pub fn outline(input: impl Read) -> Result<Outline, Error> {
    let mut lines = Lines::new(input);
    let Header { sources, replaces, .. } = lines.header()?;
    Ok(Outline { sources, replaces })
}

/// The lines of a segment.
struct Lines<R: Read> {
    input: BufReader<MultiGzDecoder<R>>,
    text: String,
    /// The line that was read last, counted from 1.
    number: u64,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        let input = BufReader::with_capacity(64 << 10, MultiGzDecoder::new(input));
        Self { input, text: String::new(), number: 0 }
    }

    fn header(&mut self) -> Result<Header<'_>, Error> {
        match self.next()? {
            Some(Line::Segment(header)) if header.version > VERSION => {
                Err(Error::Version(header.version))
            }
            Some(Line::Segment(header)) => Ok(header),
            _ => Err(Error::NoHeader),
        }
    }

    fn next(&mut self) -> Result<Option<Line<'_>>, Error> {
        self.number += 1;
        self.text.clear();
        let line = self.number;
        let read = self.input.by_ref().take(LONGEST_LINE).read_line(&mut self.text);
        let length = read.map_err(|error| Error::Io { line, error })?;
        if length as u64 == LONGEST_LINE && !self.text.ends_with('\n') {
            return Err(Error::TooLong(line));
        }
        if length == 0 {
            return Ok(None);
        }
        serde_json::from_str(&self.text).map(Some).map_err(|error| Error::Line { line, error })
    }
}

fn thresholds(header: &Header<'_>) -> Thresholds {
    let below = |hash: Option<Hash>| hash.map_or(u64::MAX, |hash| hash.0);
    let limited = &header.limited;
    Thresholds {
        rows: below(limited.failures_below),
        series: [below(limited.series_below), below(limited.endpoints_below)],
        sample: below(limited.sample_below),
        resolution: limited.resolution,
        extent: limited.extent.iter().map(|noted| noted.0).collect(),
        changes_dropped: limited.changes_dropped,
    }
}

/// What should be a time and is none.
struct NoTime(String);

fn time(text: &str) -> Result<i64, NoTime> {
    parse_rfc3339(text).ok_or_else(|| NoTime(text.chars().take(40).collect()))
}

fn take(line: Line<'_>, restoring: &mut Restoring) -> Result<(), NoTime> {
    match line {
        // Two segments written into one file are still all that they hold.
        Line::Segment(header) => header.sources.iter().for_each(|id| restoring.source(*id)),
        Line::Failure(failure) => failure_row(&failure, restoring)?,
        Line::Traffic(counts) => series(&counts, restoring),
        Line::Change(change) => {
            let time = time(&change.time)?;
            let owned = |text: Text<'_>| text.map(std::borrow::Cow::into_owned);
            let event = change.event.0;
            let touches = change.touches.into_iter().map(std::borrow::Cow::into_owned).collect();
            let change = Change {
                time,
                kind: change.kind,
                what: change.what.into_owned(),
                who: owned(change.who),
                region: owned(change.region),
                touches,
            };
            restoring.change(SeenChange { change, event });
        }
        Line::DeployMarker(marker) => {
            let matches = marker.matches.into_iter().filter_map(|(name, value)| {
                // A dimension of a later version matches nothing that is known here.
                Some((name.parse().ok()?, value.into_owned()))
            });
            let (time, version) = (time(&marker.time)?, marker.version.into_owned());
            restoring.marker(Marker { time, version, matches: matches.collect() });
        }
        Line::KeyOwner(owner) => restoring.principal(&owner.access_key_id, &owner.principal),
        Line::Scanner(scanner) => restoring.prober(short(scanner.address)),
        Line::Source(source) => restoring.report(source.kind, report(source)),
    }
    Ok(())
}

fn failure_row(failure: &Failure<'_>, restoring: &mut Restoring) -> Result<(), NoTime> {
    let mut row = Row {
        kind: failure.kind,
        when: failure.time.as_deref().map(time).transpose()?.into(),
        id: RecordId::new(failure.request_id.as_deref(), failure.event.0),
        values: Arc::new(tally::Values {
            ids: values(&failure.values, restoring),
            carrier: failure.values.carrier,
        }),
        manner: Arc::new(Manner {
            code: restoring.text(failure.code.as_deref()),
            signed_region: restoring.text(failure.signed_region.as_deref()),
            method: restoring.text(failure.method.as_deref()),
            tls: restoring.text(failure.tls.as_deref()),
            signature_version: restoring.text(failure.signature_version.as_deref()),
            key_encoding: restoring.text(failure.key_encoding.as_deref()),
            told: failure.told.as_ref().map(|told| told_of(told, restoring)),
        }),
        remote_ip: restoring.text(failure.remote_ip.as_deref()),
        user_agent: restoring.text(failure.user_agent.as_deref()),
        fingerprint: NonZeroU64::new(failure.fingerprint.0),
    };
    if row.needs_place() {
        // In version 1 the place was part of the identity alone.
        row.id = RecordId::new(None, failure.identity.0);
    }
    restoring.row(row);
    Ok(())
}

fn told_of(told: &Told<'_>, restoring: &mut Restoring) -> tally::Told {
    let mut alternatives = told.alternatives.iter().copied();
    tally::Told {
        cause: told.cause,
        confidence: told.confidence,
        alternatives: [alternatives.next(), alternatives.next()],
        evidence: told.evidence,
        detail: restoring.text(told.detail.as_deref()),
        component: restoring.text(told.component.as_deref()),
    }
}

fn series(counts: &Counts<'_>, restoring: &mut Restoring) {
    let series = Series {
        traffic: counts.traffic,
        outcome: counts.outcome,
        code: restoring.text(counts.code.as_deref()),
        values: values(&counts.values, restoring),
        carrier: counts.values.carrier,
    };
    let counter = restoring.series(series);
    for (minute, count) in &counts.counts {
        restoring.count(counter, *minute, *count);
    }
    for Seen(minute, request, record, times, address, tls, signature_version, key_encoding) in
        &counts.sample
    {
        let traits = Traits {
            address: short(*address),
            tls: restoring.text(tls.as_deref()),
            signature_version: restoring.text(signature_version.as_deref()),
            key_encoding: restoring.text(key_encoding.as_deref()),
        };
        let (request, record, series) = (request.0, record.0, counter.series);
        let minute = *minute;
        restoring.seen(Sighting { request, record, series, minute }, traits, *times);
    }
}

fn values(values: &Values<'_>, restoring: &mut Restoring) -> ValueIds {
    let mut ids = ValueIds::default();
    for dimension in Dimension::ALL {
        let text = match dimension {
            Dimension::Endpoint => &values.endpoint,
            Dimension::Key => &values.access_key_id,
            Dimension::Region => &values.region,
            Dimension::Deploy => &values.deploy_version,
            Dimension::Operation => &values.operation,
            Dimension::Bucket => &values.bucket,
            Dimension::Auth => &values.auth,
            Dimension::Client => &values.client,
        };
        ids[dimension as usize] =
            match values.overflow.iter().any(|name| name == dimension.member()) {
                true => TextId::OVERFLOW,
                false => restoring.text(text.as_deref()),
            };
    }
    ids
}

fn report(source: Source<'_>) -> KindReport {
    let problems = source.problems.into_iter().map(|problem| Problem {
        object: problem.object.into_owned(),
        place: problem.place,
        reason: problem.reason.into_owned(),
    });
    KindReport {
        objects: source.objects,
        records: source.records,
        skipped: source.skipped,
        unreadable: source.unreadable,
        problems: problems.collect(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "such a hash was written from 32 bits")]
fn short(hash: Hash) -> u32 {
    hash.0 as u32
}
