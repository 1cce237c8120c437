//! The incidents, a few lines each, and why minutes were or were not an incident's.

use std::cmp::Reverse;

use sigdrift_telemetry::incident::explain::{ExplainedMinute, ExplainedSeries, Why};
use sigdrift_telemetry::incident::rule::Verdict;
use sigdrift_telemetry::incident::{Detection, Incident, IncidentState};
use sigdrift_telemetry::summary::{Clusters, Summary};

use super::numbers::{Clock, things};
use super::{details, table};
use crate::page::{FAINT, Page, STRONG};

/// How many incidents are shown, and how many values and changes of one.
const SHOWN: usize = 10;
const VALUES: usize = 3;
const CHANGES: usize = 2;
/// How many series are explained, and how many lines of each.
const SERIES: usize = 10;
const LINES: usize = 40;

/// Writes the incidents, by their start. If there are too many, those that go on and the latest of
/// the others are shown.
pub fn write(summary: &Summary<'_>, clock: &Clock, page: &mut Page) {
    let incidents = &summary.incidents;
    if incidents.is_empty() {
        return;
    }
    page.gap();
    page.paragraph(STRONG, if incidents.len() == 1 { "Incident" } else { "Incidents" });
    let mut shown: Vec<(usize, &Incident)> = incidents.iter().enumerate().collect();
    shown.sort_by_key(|(place, incident)| (incident.state != IncidentState::Open, Reverse(*place)));
    shown.truncate(SHOWN);
    shown.sort_by_key(|(place, _)| *place);
    if incidents.len() > SHOWN {
        let more =
            things((incidents.len() - SHOWN) as u64, "earlier incident", "earlier incidents");
        page.labelled("    ", FAINT, &format!("{more}: --json shows them all"));
    }
    for (_, incident) in shown {
        let start = clock.time(Some(&incident.started_at));
        let label = format!("    {start}  ");
        page.labelled(&label, STRONG, &headline(incident, &summary.clusters));
        let indent = " ".repeat(label.len());
        page.labelled(&indent, anstyle::Style::new(), &course(incident, clock));
        for change in incident.changes.iter().take(CHANGES) {
            let who = change.who.as_deref().map(|who| format!(" by {who}")).unwrap_or_default();
            let when = clock.time(Some(&change.time));
            page.labelled(&indent, FAINT, &format!("after {}{who} at {when}", change.what));
        }
    }
}

/// `media.s3.eu-west-1.amazonaws.com: header-changed (accept-encoding), proven`
fn headline(incident: &Incident, clusters: &Clusters<'_>) -> String {
    let kinds = [
        &incident.endpoints,
        &incident.deploy_versions,
        &incident.access_key_ids,
        &incident.regions,
    ];
    let values = kinds.into_iter().find(|values| !values.is_empty());
    let mut place = match values {
        Some(values) => values.iter().take(VALUES).cloned().collect::<Vec<_>>().join(", "),
        None => {
            let first = incident.cluster_ids.iter().find_map(|id| clusters.find(id));
            first.map_or_else(|| incident.codes.join(", "), |cluster| table::place(&cluster))
        }
    };
    if values.is_some_and(|values| values.len() > VALUES) {
        place.push_str(", …");
    }
    let Some(told) = &incident.cause else { return place };
    let title = details::title(told.cause, told.component.as_deref(), told.confidence);
    format!("{place}: {title}")
}

fn course(incident: &Incident, clock: &Clock) -> String {
    let time = |time: &Option<String>| clock.time(time.as_deref());
    let state = match incident.state {
        IncidentState::Open => "open when the logs end".to_owned(),
        IncidentState::Recovering => {
            format!("recovering since {}", time(&incident.recovering_since))
        }
        IncidentState::Resolved if incident.resolved_without_proof => {
            format!("resolved at {}, without proof", time(&incident.resolved_at))
        }
        IncidentState::Resolved => {
            let at = time(&incident.resolved_at);
            let of = incident.accepted_share();
            let of = of.map(|(some, all)| format!(", with proof of {some} of {all} clusters"));
            format!("resolved at {at}{}", of.unwrap_or_default())
        }
    };
    let number = |number: f64| {
        if number.fract() == 0.0 || number >= 10.0 {
            format!("{number:.0}")
        } else {
            format!("{number:.1}")
        }
    };
    let clusters = match incident.clusters {
        0 | 1 => String::new(),
        clusters => format!(" in {clusters} clusters"),
    };
    let again = match incident.reopened {
        0 => String::new(),
        times => format!(", came back {}", things(times.into(), "time", "times")),
    };
    format!(
        "{}{clusters}, up to {} a minute ({} before); found at {}, {state}{again}",
        things(incident.failures, "failure", "failures"),
        number(incident.peak_per_minute),
        number(incident.baseline_per_minute),
        clock.time(Some(&incident.detected_at)),
    )
}

/// Writes why minutes were or were not an incident's, minutes of one verdict together.
pub fn explain(detection: &Detection, clock: &Clock, page: &mut Page) {
    page.gap();
    page.paragraph(STRONG, "Detection");
    let told = format!(
        "An incident is what scores {} (more within two minutes), has {} failures within an hour, is well \
         above what is expected, and no burst; {} of scanners and AWS's own writers not looked at.",
        detection.threshold,
        detection.fewest_failures,
        things(detection.noise, "failure", "failures"),
    );
    page.paragraph(FAINT, &told);
    for series in detection.series.iter().take(SERIES) {
        page.gap();
        let id = series.cluster_id.as_ref().map(|id| format!(" (cluster {id})"));
        let told = format!(
            "{}{}: {}",
            series.series,
            id.unwrap_or_default(),
            things(series.failures, "failure", "failures")
        );
        page.labelled("    ", STRONG, &told);
        explain_series(series, detection.threshold, clock, page);
    }
    let more = detection.more_series + detection.series.len().saturating_sub(SERIES);
    if more > 0 {
        page.gap();
        let more = things(more as u64, "more series", "more series");
        page.labelled("    ", FAINT, &format!("and {more}: --json shows the first 200"));
    }
}

fn explain_series(series: &ExplainedSeries, threshold: f64, clock: &Clock, page: &mut Page) {
    let spans: Vec<&[ExplainedMinute]> = series
        .minutes
        .chunk_by(|a, b| a.verdict == b.verdict && a.incident == b.incident)
        .collect();
    let hidden = spans.len().saturating_sub(LINES);
    if hidden > 0 || series.more_minutes > 0 {
        let earlier = spans[..hidden].iter().map(|span| span.len()).sum::<usize>();
        let earlier = things((earlier + series.more_minutes) as u64, "minute", "minutes");
        let told = format!("{earlier} with failures before: --from and --to show them");
        page.labelled("    ", FAINT, &told);
    }
    for span in &spans[hidden..] {
        let (Some(first), Some(last)) = (span.first(), span.last()) else { continue };
        let from = clock.time(Some(&first.minute));
        let to = clock.time(Some(&last.minute));
        let width = 4 + 2 * clock.width();
        let when = if from == to { from } else { format!("{from} to {to}") };
        let failures = span.iter().map(|minute| u64::from(minute.failures)).sum();
        let failures = things(failures, "failure", "failures");
        let best = span.iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap_or(last);
        let why = why(best, &series.series, threshold, clock);
        page.labelled(&format!("    {when:<width$}  "), FAINT, &format!("{failures}: {why}"));
    }
}

/// Why a minute was or was not an incident's.
fn why(minute: &ExplainedMinute, series: &str, threshold: f64, clock: &Clock) -> String {
    let words = match minute.verdict {
        // It scores enough and yet is none.
        Why::Rule(Verdict::Chance) if minute.score >= threshold => {
            "too little above what is expected"
        }
        verdict => verdict.words(),
    };
    let has_figures = match minute.verdict {
        Why::Rule(Verdict::Learning | Verdict::JustOver) | Why::Silenced | Why::InIncident => false,
        Why::Rule(_) => true,
    };
    if !has_figures {
        return words.to_owned();
    }
    let belongs = match &minute.incident {
        Some(incident) if minute.verdict != Why::Rule(Verdict::Fires) => {
            let found = clock.time(Some(&incident.found_at));
            if incident.found_as == series {
                format!("of the incident found at {found}, by itself ")
            } else {
                format!("of the incident found at {found} in {}, by itself ", incident.found_as)
            }
        }
        _ => String::new(),
    };
    let ExplainedMinute { observed, window, expected, score, .. } = minute;
    format!(
        "{belongs}{words}: {observed} in {window} min, {expected} expected at most, score {score}"
    )
}
