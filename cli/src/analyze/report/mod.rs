//! The summary as a person reads it: what fails and where in one sentence, the clusters, the cause
//! and the fix of the largest ones, what changed, and what could not be read.

mod details;
mod headline;
mod incidents;
mod numbers;
mod sources;
mod spark;
mod table;

use sigdrift_telemetry::summary::{Cluster, Summary};

use self::numbers::Clock;
use crate::page::Page;

/// How many clusters are shown in the table.
const SHOWN: usize = 10;
/// How many clusters are shown with their cause.
const EXPLAINED: usize = 3;

/// Writes the summary for a terminal of this many columns.
pub fn render(summary: &Summary<'_>, width: usize) -> String {
    let incidents = &summary.incidents;
    let starts = incidents.iter().map(|incident| incident.started_at.as_str());
    let ends = incidents.iter().filter_map(|incident| incident.resolved_at.as_deref());
    let clock = Clock::of(&summary.window).with(starts.chain(ends));
    let mut page = Page::new(width);
    let (noise, real): (Vec<Cluster>, Vec<Cluster>) = summary.clusters.iter().partition(is_noise);
    headline::write(real.first(), summary, &clock, &mut page);
    incidents::write(incidents, &real, &clock, &mut page);
    table::write(&real, SHOWN, summary, &clock, &mut page);
    table::write_noise(&noise, &mut page);
    for (number, cluster) in (1..).zip(&real).take(EXPLAINED) {
        details::write(number, cluster, &mut page);
    }
    sources::write_changes(summary, &clock, &mut page);
    if let Some(detection) = &summary.detection {
        incidents::explain(detection, &clock, &mut page);
    }
    sources::write(summary, &mut page);
    page.into_text()
}

/// Whether a cluster is scanners or AWS's own writers: marked, counted, and nobody's incident.
fn is_noise(cluster: &Cluster) -> bool {
    cluster.contexts.iter().any(|context| context.is_noise())
}

#[cfg(test)]
mod tests;
