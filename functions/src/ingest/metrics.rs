//! The metrics of `ingest`.

use std::collections::BTreeMap;

use sigdrift_aws::metrics::{Metrics, Unit};
use sigdrift_telemetry::dimension::Dimension;
use sigdrift_telemetry::segment::Segment;
use sigdrift_telemetry::summary::{Question, without_incidents};
use sigdrift_telemetry::time::parse_rfc3339;

use super::Fate;

/// What stands for an unknown value in a dimension.
const UNKNOWN: &str = "unknown";

/// The line that says how many sources an invocation is about to read, unless there are none. It is written before
/// the first is read, so that an invocation that never comes to its end is missed: `ObjectsUnaccounted` goes up by what
/// is received and down by what became of it, so that its sum over an hour is what was never heard of again.
pub fn received(sources: usize, now: i64) -> Option<String> {
    let metrics = Metrics::default().with("ObjectsReceived", Unit::Count, sources).with(
        "ObjectsUnaccounted",
        Unit::Count,
        sources,
    );
    (sources > 0).then(|| metrics.line(now * 1000))
}

/// What an invocation came to: each source that was received was written, present, quarantined or failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    written: u64,
    present: u64,
    quarantined: u64,
    failed: u64,
}

impl Delivery {
    /// Counts a source.
    pub fn count(&mut self, fate: Fate) {
        *match fate {
            Fate::Written => &mut self.written,
            Fate::Present => &mut self.present,
            Fate::Quarantined => &mut self.quarantined,
            Fate::Failed => &mut self.failed,
        } += 1;
    }

    /// Whether no source was counted yet.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The line, unless there was nothing to read.
    pub fn line(&self, now: i64) -> Option<String> {
        let Self { written, present, quarantined, failed } = *self;
        if self.is_empty() {
            return None;
        }
        let told = i64::try_from(written + present + quarantined + failed).unwrap_or(i64::MAX);
        let metrics = Metrics::default()
            .with("ObjectsUnaccounted", Unit::Count, -told)
            .with("SegmentsWritten", Unit::Count, written)
            .with("SegmentsPresent", Unit::Count, present)
            .with("ObjectsQuarantined", Unit::Count, quarantined)
            .with("ObjectsFailed", Unit::Count, failed);
        Some(metrics.line(now * 1000))
    }
}

/// The lines for a segment that was created.
pub fn lines(segment: &Segment, now: i64) -> Vec<String> {
    let question = Question::default();
    let summary = without_incidents(&segment.tally, &question);
    let unreadable: u64 = summary.sources.iter().map(|source| source.unreadable).sum();
    let mut totals = Metrics::default()
        .with("SignedRequests", Unit::Count, summary.totals.requests)
        .with("UnreadableRecords", Unit::Count, unreadable)
        .told("Source", segment.name.as_str());
    let newest = summary.window.to.as_deref().and_then(parse_rfc3339);
    if let Some(newest) = newest {
        // The window ends a minute after its last record at most.
        totals = totals.with("IngestLag", Unit::Seconds, (now - newest).max(0));
    }
    let mut lines = vec![totals.line(now * 1000)];
    let mut sums: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    for cluster in summary.clusters.iter() {
        let region = cluster.values.0.iter().find(|(of, _)| *of == Dimension::Region);
        let region = region.and_then(|(_, region)| region.as_deref());
        let region = region.unwrap_or(UNKNOWN).to_owned();
        let key = (cluster.code.to_string(), region, cluster.cause.cause.name().to_owned());
        *sums.entry(key).or_default() += cluster.failures;
    }
    if sums.is_empty() {
        lines.push(Metrics::default().with("SignatureFailures", Unit::Count, 0).line(now * 1000));
    }
    for ((code, region, cause), failures) in sums {
        let metrics = Metrics::default()
            .with("SignatureFailures", Unit::Count, failures)
            .by("Code", code)
            .by("Region", region)
            .by("Cause", cause)
            .told("Source", segment.name.as_str());
        lines.push(metrics.line(now * 1000));
    }
    lines
}
