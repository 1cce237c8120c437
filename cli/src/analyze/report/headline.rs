//! What fails, where and since when, in one sentence.

use sigdrift_telemetry::dimension::Dimension;
use sigdrift_telemetry::incident::{Incident, LikelyChange};
use sigdrift_telemetry::source::SourceKind;
use sigdrift_telemetry::summary::context::CHANGE_BEFORE_MINUTES;
use sigdrift_telemetry::summary::{Cluster, Summary};

use super::numbers::{Clock, count, percent, things};
use crate::page::{FAINT, Page, STRONG};

/// How many changes are told in the headline.
const CHANGES: usize = 2;

/// Writes the headline, given the cluster that matters most.
pub fn write(worst: Option<&Cluster>, summary: &Summary<'_>, clock: &Clock, page: &mut Page) {
    let totals = &summary.totals;
    let mut told = span(summary, clock);
    told.push_str(&things(totals.requests, "signed request", "signed requests"));
    told.push_str(", ");
    told.push_str(&things(totals.failures, "signature failure", "signature failures"));
    // Of logs that show failures alone nobody knows the share.
    let shows_traffic = |kind: SourceKind| kind.traffic().is_some();
    let is_known = summary.sources.iter().any(|of| of.kind.is_some_and(shows_traffic));
    if is_known && totals.requests > 0 && totals.failures > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let share = totals.failures as f64 / totals.requests as f64;
        told.push_str(&format!(" ({})", percent(share)));
    }
    page.paragraph(FAINT, &told);
    page.gap();
    match worst {
        Some(worst) => {
            page.paragraph(STRONG, &sentence(worst, clock));
            if let Some(told) = before(worst, summary, clock) {
                page.paragraph(STRONG, &told);
            }
        }
        None if totals.failures > 0 => {
            page.paragraph(STRONG, "Only scanners and AWS's own writers fail here: no incident.");
        }
        None => page.paragraph(STRONG, "No signature failures."),
    }
}

fn span(summary: &Summary<'_>, clock: &Clock) -> String {
    let (Some(from), Some(to)) = (&summary.window.from, &summary.window.to) else {
        return String::new();
    };
    let day = from.get(..10).unwrap_or_default();
    let (first, last) = (clock.time(Some(from)), clock.time(Some(to)));
    if first.len() == 5 {
        format!("{day}, {first} to {last} UTC: ")
    } else {
        format!("{first} to {last} UTC: ")
    }
}

/// `Shortly before: PutSecretValue … at 07:29.` The changes that fit the cluster's incident, or, if it
/// has none, the cluster.
fn before(cluster: &Cluster, summary: &Summary<'_>, clock: &Clock) -> Option<String> {
    let of_cluster = |incident: &&Incident| incident.cluster_ids.contains(&cluster.id);
    let fit = match summary.incidents.iter().find(of_cluster) {
        Some(incident) => incident.changes.clone(),
        None => summary.clusters.changes_before(cluster, CHANGE_BEFORE_MINUTES),
    };
    let mut told: Vec<&LikelyChange> = fit.iter().take(CHANGES).collect();
    told.sort_unstable_by_key(|change| (&change.time, &change.what));
    let told = told
        .into_iter()
        .map(|LikelyChange { time, what, .. }| format!("{what} at {}", clock.time(Some(time))));
    let told = told.collect::<Vec<_>>().join("; ");
    (!told.is_empty()).then(|| format!("Shortly before: {told}."))
}

/// `136 requests of checkout-2 to media… failed with SignatureDoesNotMatch from 07:42 to 07:56.`
fn sentence(cluster: &Cluster, clock: &Clock) -> String {
    let get = |dimension| cluster.values.get(dimension);
    let whose = get(Dimension::Deploy).or(get(Dimension::Key)).map(|who| format!(" of {who}"));
    let place =
        get(Dimension::Endpoint).or(get(Dimension::Bucket)).map(|place| format!(" to {place}"));
    let first = clock.time(cluster.first_seen.as_deref());
    let last = clock.time(cluster.last_seen.as_deref());
    let when = match (&cluster.first_seen, first == last) {
        (None, _) => String::new(),
        (Some(_), true) => format!(" at {first}"),
        (Some(_), false) => format!(" from {first} to {last}"),
    };
    let share = match (cluster.requests, cluster.failure_rate) {
        (Some(requests), Some(rate)) if requests > cluster.failures => {
            format!(", {} of {}", percent(rate), count(requests))
        }
        (Some(_), Some(_)) => ", all of them".to_owned(),
        _ => String::new(),
    };
    format!(
        "{}{}{} failed with {}{when}{share}.",
        things(cluster.failures, "request", "requests"),
        whose.unwrap_or_default(),
        place.unwrap_or_default(),
        cluster.code,
    )
}
