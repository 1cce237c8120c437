//! A summary as functions answer it: as `analyze --json` writes it, except that it may leave something
//! out and says so.

use serde::Serialize;
use serde_json::value::RawValue;
use sigdrift_telemetry::summary::{ShownProblem, Source, Span, Summary, Totals};

use crate::bounded::Bounded;

/// How much of each list there is room for. The rest of a summary is small by itself.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// The most clusters.
    pub most_clusters: usize,
    /// For clusters, in bytes.
    pub clusters: usize,
    /// For incidents and for changes, each, in bytes.
    pub others: usize,
    /// The most problems that are named of each kind of log. All are counted.
    pub problems: usize,
}

impl Room {
    /// What Lambda passes on: 6 MB.
    pub const LAMBDA: Self =
        Self { most_clusters: usize::MAX, clusters: 4 << 20, others: 512 << 10, problems: 50 };
    /// What Step Functions takes as the output of a state: 256 KiB
    /// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).
    pub const STATE: Self =
        Self { most_clusters: usize::MAX, clusters: 128 << 10, others: 24 << 10, problems: 5 };
}

#[derive(Debug, Serialize)]
struct Told<'s> {
    window: &'s Span,
    sources: &'s [Source],
    totals: &'s Totals,
    clusters: &'s [Box<RawValue>],
    incidents: &'s [Box<RawValue>],
    changes: &'s [Box<RawValue>],
    notes: &'s [String],
    left_out: LeftOut,
}

/// How much of each list is not told.
#[derive(Debug, Serialize)]
struct LeftOut {
    clusters: usize,
    incidents: usize,
    changes: usize,
    problems: usize,
}

/// Writes a summary as far as there is room for it.
///
/// # Errors
/// When it cannot be written.
pub fn tell(summary: Summary<'_>, room: Room) -> serde_json::Result<String> {
    // How incidents were found is asked for on a command line only.
    let Summary {
        window,
        mut sources,
        totals,
        clusters,
        incidents,
        changes,
        mut notes,
        unjudged,
        detection: _,
    } = summary;
    notes.extend(unjudged);
    let clusters = Bounded::of(clusters.iter(), room.most_clusters, room.clusters)?;
    let incidents = Bounded::of(incidents.iter(), usize::MAX, room.others)?;
    let changes = Bounded::of(changes.iter(), usize::MAX, room.others)?;
    let left_out = LeftOut {
        clusters: clusters.left_out,
        incidents: incidents.left_out,
        changes: changes.left_out,
        problems: sources
            .iter_mut()
            .map(|source| shorten(&mut source.problems, room.problems))
            .sum(),
    };
    serde_json::to_string(&Told {
        window: &window,
        sources: &sources,
        totals: &totals,
        clusters: &clusters.told,
        incidents: &incidents.told,
        changes: &changes.told,
        notes: &notes,
        left_out,
    })
}

/// Keeps the first, and gives how many that were not.
fn shorten(problems: &mut Vec<ShownProblem>, most: usize) -> usize {
    let left_out = problems.len().saturating_sub(most);
    problems.truncate(most);
    left_out
}
