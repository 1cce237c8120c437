//! Quarantine records: what of a source could not be read, why, and how to read it again.

use serde::Serialize;
use sigdrift_telemetry::redact::quotable;
use sigdrift_telemetry::segment::{Privacy, Segment};
use sigdrift_telemetry::store::{Error, Partition, PutIfAbsent};
use sigdrift_telemetry::time::rfc3339;

use super::source::Reading;
use crate::event::Task;

/// What the names of quarantine records begin with.
pub const QUARANTINE: &str = "quarantine/";
/// How many problems a record names.
const NAMED: usize = 10;

/// A record.
#[derive(Debug, Serialize)]
struct Record<'a> {
    version: u32,
    time: String,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e_tag: Option<&'a str>,
    segment: String,
    reason: String,
    unreadable: u64,
    problems: Vec<Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
}

/// Something that could not be read.
#[derive(Debug, Serialize)]
struct Problem {
    #[serde(rename = "where")]
    place: String,
    reason: String,
}

/// Keeps a record of what could not be read, if anything. Tells whether that is the whole source.
///
/// # Errors
/// When it is unknown whether the record is there.
pub fn keep(
    store: &impl PutIfAbsent,
    task: &Task,
    segment: &Segment,
    reading: &Reading,
    (now, delivered): (i64, i64),
    privacy: &Privacy,
) -> Result<bool, Error> {
    let hopeless = match reading {
        Reading::Hopeless(reason) => Some(reason.as_str()),
        _ => None,
    };
    let reports = segment.tally.reports().values();
    let unreadable: u64 = reports.clone().map(|report| report.unreadable).sum();
    if hopeless.is_none() && unreadable == 0 {
        return Ok(false);
    }
    let shown = |reason: &str| if privacy.keys { "(hidden)".to_owned() } else { quotable(reason) };
    let problems = reports.flat_map(|report| &report.problems).take(NAMED);
    let object = match task {
        Task::Object(object) => Some(object),
        _ => None,
    };
    let record = Record {
        version: 1,
        time: rfc3339(now),
        source: &segment.name,
        bucket: object.map(|object| &*object.bucket),
        key: object.map(|object| object.key.as_str()),
        version_id: object.and_then(|object| object.version_id.as_deref()),
        e_tag: object.map(|object| object.e_tag.as_str()),
        segment: segment.id().to_string(),
        reason: hopeless.map_or_else(|| "parts of it cannot be read".to_owned(), shown),
        unreadable,
        problems: problems
            .map(|problem| Problem {
                place: problem.place.to_string(),
                reason: shown(&problem.reason),
            })
            .collect(),
        replay: object.map(|object| format!("sigdrift analyze '{object}'")),
    };
    let day = Partition::of(delivered).day;
    let name = format!("{QUARANTINE}dt={day}/{}.json", segment.id());
    let bytes = serde_json::to_vec(&record).map_err(|error| Error::new("write", &name, error))?;
    store.put_if_absent(&name, &bytes)?;
    Ok(hopeless.is_some())
}
