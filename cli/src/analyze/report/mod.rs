//! The summary as a person reads it: what fails and where in one sentence, the clusters, the cause
//! and the fix of the largest ones, what changed, and what could not be read.

mod details;
mod headline;
mod incidents;
mod noise;
mod numbers;
mod sources;
mod spark;
mod table;

use sigdrift_telemetry::summary::{Cluster, Summary};

use self::noise::Noise;
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
    let told = Told::of(summary.clusters.iter());
    headline::write(told.first.first(), summary, &clock, &mut page);
    incidents::write(summary, &clock, &mut page);
    table::write(&told.first, told.more, summary, &clock, &mut page);
    told.noise.write(&mut page);
    for (number, cluster) in (1..).zip(&told.first).take(EXPLAINED) {
        details::write(number, cluster, &mut page);
    }
    sources::write_changes(summary, &clock, &mut page);
    if let Some(detection) = &summary.detection {
        incidents::explain(detection, &clock, &mut page);
    }
    sources::write(summary, &mut page);
    page.into_text()
}

/// What is told of the clusters, of which there may be very many.
#[derive(Default)]
struct Told {
    /// The first, without noise.
    first: Vec<Cluster>,
    /// How many more there are.
    more: usize,
    noise: Noise,
}

impl Told {
    fn of(clusters: impl Iterator<Item = Cluster>) -> Self {
        let mut told = Self::default();
        for cluster in clusters {
            if cluster.contexts.iter().any(|context| context.is_noise()) {
                told.noise.add(&cluster);
            } else if told.first.len() < SHOWN {
                told.first.push(cluster);
            } else {
                told.more += 1;
            }
        }
        told
    }
}

#[cfg(test)]
mod tests;
