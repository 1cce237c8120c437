//! One source, read into a segment.

use std::time::Instant;

use sigdrift_aws::objects::{Object, ReadObject, Reason};
use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::json_members::{member, text};
use sigdrift_telemetry::read::log_envelope::Envelope;
use sigdrift_telemetry::read::object;
use sigdrift_telemetry::segment::Segment;
use sigdrift_telemetry::source::Place;
use sigdrift_telemetry::store::layout;
use sigdrift_telemetry::tally::{Limits, Report, SourceId, Tally};
use sigdrift_telemetry::time::parse_rfc3339;

use crate::event::Task;
use crate::hurried::{End, Hurried};

/// Why a source that takes too long is put aside.
pub const TOO_SLOW: &str = "it takes longer to read than one invocation may last";

/// How reading a source ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It was read to its end.
    Whole,
    /// It can never be read, and why.
    Hopeless(String),
    /// It cannot be read now, and why.
    Failed(String),
    /// There was no time left for it.
    OutOfTime,
}

/// A source that was read.
#[derive(Debug)]
pub struct Read {
    /// What it tells; of a hopeless one, that it could not be read.
    pub segment: Segment,
    /// When it was delivered, in seconds since 1970.
    pub delivered: i64,
    /// How reading it ended.
    pub reading: Reading,
}

/// What a person calls a source.
pub fn name(task: &Task) -> String {
    match task {
        Task::Object(object) => object.to_string(),
        Task::LogEvents(envelope) => format!("logs:{}:{}", envelope.log_group, envelope.log_stream),
        Task::ApiCall { event_id, .. } => format!("cloudtrail:{event_id}"),
        Task::Deploy { event_id, .. } => format!("deploy:{event_id}"),
    }
}

/// Reads a source.
pub fn read(task: &Task, objects: &impl ReadObject, now: i64, deadline: Instant) -> Read {
    let mut intake = Intake::new(Limits::default());
    let name = name(task);
    let (id, delivered, reading) = match task {
        Task::Object(found) => {
            let reading = read_object(found, &name, objects, &mut intake, deadline);
            let modified = if found.modified > 0 { found.modified } else { now };
            (found.source_id(), layout::delivered(&found.key).unwrap_or(modified), reading)
        }
        Task::LogEvents(envelope) => {
            let report = object::read(&name, envelope.json().as_bytes(), &mut intake);
            // Not the clock: a redelivery has to find the segment where it is.
            let newest = envelope.events().filter_map(Result::ok).map(|event| event.timestamp_ms);
            let delivered = newest.max().map_or(now, |newest| newest.div_euclid(1000));
            (id_of(envelope), delivered, ended(report, End::Itself, &mut intake))
        }
        Task::ApiCall { event_id, record } => {
            let report = object::read(&name, record.as_bytes(), &mut intake);
            let told = member(record, "eventTime").and_then(text);
            let delivered = told.and_then(|time| parse_rfc3339(&time)).unwrap_or(now);
            (
                id_of_event("cloudtrail", event_id),
                delivered,
                ended(report, End::Itself, &mut intake),
            )
        }
        Task::Deploy { event_id, marker } => {
            return Read {
                segment: Segment {
                    name,
                    replaces: Vec::new(),
                    tally: marked(marker, id_of_event("deploy", event_id)),
                },
                delivered: marker.time,
                reading: Reading::Whole,
            };
        }
    };
    let mut tally = intake.into_tally();
    tally.source(id);
    if let Reading::Hopeless(reason) = &reading
        && tally.reports().is_empty()
    {
        let mut report = Report::new(&name);
        report.unreadable(Place::Whole, reason);
        tally.report(report);
    }
    Read { segment: Segment { name, replaces: Vec::new(), tally }, delivered, reading }
}

fn read_object(
    found: &Object,
    name: &str,
    objects: &impl ReadObject,
    intake: &mut Intake,
    deadline: Instant,
) -> Reading {
    let body = match objects.open(found) {
        Ok(body) => body,
        Err(error) => {
            let reason = error.reason().to_string();
            return match error.reason() {
                // What it is now, another event tells.
                Reason::Gone | Reason::Changed | Reason::Archived { .. } => {
                    Reading::Hopeless(reason)
                }
                _ => Reading::Failed(reason),
            };
        }
    };
    let mut body = Hurried::new(body, deadline, TOO_SLOW);
    let report = object::read(name, &mut body, intake);
    ended(report, body.end, intake)
}

fn ended(report: Report, end: End, intake: &mut Intake) -> Reading {
    let first = report.problems().next().map(|problem| problem.reason.clone());
    let is_none = report.kind.is_none() && report.unreadable > 0;
    let reading = match end {
        End::OutOfTime => Reading::OutOfTime,
        End::Broken => Reading::Failed(first.unwrap_or_default()),
        End::Itself if is_none => Reading::Hopeless(first.unwrap_or_default()),
        End::Itself => Reading::Whole,
    };
    intake.finish_source(report, None);
    reading
}

fn marked(marker: &sigdrift_telemetry::marker::Marker, id: SourceId) -> Tally {
    let mut tally = Tally::default();
    tally.marker(marker.clone());
    tally.source(id);
    tally
}

/// What tells a delivery of log events from any other: where they were logged, and their ids.
fn id_of(envelope: &Envelope) -> SourceId {
    let ids: Vec<String> =
        envelope.events().filter_map(Result::ok).map(|event| event.id.into_owned()).collect();
    let places = ["logs", &envelope.log_group, &envelope.log_stream];
    SourceId::of(places.into_iter().chain(ids.iter().map(String::as_str)).map(str::as_bytes))
}

fn id_of_event(kind: &str, event_id: &str) -> SourceId {
    SourceId::of([kind, event_id].map(str::as_bytes))
}
