//! The clusters, a few lines each.

use sigdrift_telemetry::dimension::Dimension;
use sigdrift_telemetry::summary::{Cluster, Summary};

use super::numbers::{Clock, count, percent, things};
use super::spark;
use crate::page::{FAINT, Page, STRONG};

/// Writes the first clusters, and how many more there are.
pub fn write(
    clusters: &[Cluster],
    more: usize,
    summary: &Summary<'_>,
    clock: &Clock,
    page: &mut Page,
) {
    if clusters.is_empty() {
        return;
    }
    page.gap();
    let time = clock.width();
    let first = clock.time(summary.window.from.as_deref());
    let last = clock.time(summary.window.to.as_deref());
    let before = 25 + 2 * time;
    let columns = page.width().saturating_sub(before).clamp(10, 50);
    let axis = format!("{first}{:>width$}", last, width = columns.saturating_sub(first.len()));
    let head = format!(" #  failures   rate  {:<time$}  {:<time$}  {axis}", "first", "last");
    page.line(&head);
    for (number, cluster) in (1..).zip(clusters) {
        let rate = cluster.failure_rate.map_or("?".to_owned(), percent);
        let line = spark::line(&cluster.per_minute, &summary.window, columns);
        let row = format!(
            "{number:>2}  {:>8}  {rate:>5}  {:<time$}  {:<time$}  {line}",
            count(cluster.failures),
            clock.time(cluster.first_seen.as_deref()),
            clock.time(cluster.last_seen.as_deref()),
        );
        page.line(&row);
        page.labelled("    ", STRONG, &place(cluster));
        page.labelled("    ", FAINT, &who(cluster));
    }
    if more > 0 {
        let more = things(more as u64, "more cluster", "more clusters");
        page.labelled("    ", FAINT, &format!("and {more}: --json shows them all"));
    }
}

/// Where a cluster fails, or, if it is not made of endpoints, what of it is known.
pub fn place(cluster: &Cluster) -> String {
    let get = |dimension| cluster.values.get(dimension);
    let first = cluster.values.0.first().map_or(Dimension::Endpoint, |(dimension, _)| *dimension);
    let known = cluster.values.0.iter().find_map(|(_, value)| value.as_deref());
    let known = if first == Dimension::Endpoint { get(Dimension::Endpoint) } else { known };
    let mut told = known.map_or_else(|| format!("{first} unknown"), str::to_owned);
    if cluster.overflow {
        told = "everything beyond the limits".to_owned();
    }
    if let Some(region) = get(Dimension::Region).filter(|region| !told.contains(region)) {
        told.push_str(&format!(" ({region})"));
    }
    told
}

/// What fails there: the code, and every other value that is known.
fn who(cluster: &Cluster) -> String {
    let place = place(cluster);
    let shown_already = [Dimension::Endpoint, Dimension::Region];
    let values =
        cluster.values.0.iter().filter(|(dimension, _)| !shown_already.contains(dimension));
    let known = values.filter_map(|(_, value)| value.as_deref()).filter(|value| *value != place);
    let signed_for = cluster
        .signed_region
        .as_deref()
        .filter(|signed| {
            cluster.values.get(Dimension::Region).is_some_and(|region| region != *signed)
        })
        .map(|signed| format!("signed for {signed}"));
    [cluster.code.as_str()]
        .into_iter()
        .chain(known)
        .map(str::to_owned)
        .chain(signed_for)
        .collect::<Vec<_>>()
        .join(" · ")
}
