//! `GET /summary` and `GET /clusters/{id}`: what the store tells of a window.

use serde::Serialize;
use serde_json::value::RawValue;
use sigdrift_telemetry::store::{Get, List, Range, read_window};
use sigdrift_telemetry::summary::{self as telemetry, Cluster, Question, Source, Span, Totals};
use sigdrift_telemetry::tally::{Limits, Tally};

use super::Summary;
use super::bounded::Bounded;
use super::parameters::Parameters;
use crate::http::Refusal;

/// The room for clusters and for changes in an answer, in bytes. The rest is small by itself.
const CLUSTERS: usize = 4 << 20;
const CHANGES: usize = 1 << 20;

/// A summary as it is answered: as `analyze --json` writes it, except that it may leave something out
/// and says so.
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
}

/// A cluster as it is answered.
#[derive(Debug, Serialize)]
struct OneCluster<'s> {
    #[serde(flatten)]
    cluster: Cluster,
    window: &'s Span,
}

impl<Store: List + Get> Summary<Store> {
    pub(super) fn summary(&self, query: &[(String, String)], now: i64) -> Result<String, Refusal> {
        let parameters = Parameters::of(query, &["from", "to", "group_by", "code", "limit"])?;
        let question = question(&parameters, now)?;
        let (codes, limit) = (parameters.codes(), parameters.limit()?);
        let tally = self.read(&question)?;
        let telemetry::Summary { window, sources, totals, mut clusters, incidents, changes, notes } =
            telemetry::summarize(&tally, &question);
        if !codes.is_empty() {
            clusters.retain_codes(&codes);
        }
        let clusters = Bounded::of(clusters.iter(), limit, CLUSTERS)?;
        let incidents = Bounded::of(incidents.iter(), usize::MAX, CHANGES)?;
        let changes = Bounded::of(changes.iter(), usize::MAX, CHANGES)?;
        let told = Told {
            window: &window,
            sources: &sources,
            totals: &totals,
            clusters: &clusters.told,
            incidents: &incidents.told,
            changes: &changes.told,
            notes: &notes,
            left_out: LeftOut {
                clusters: clusters.left_out,
                incidents: incidents.left_out,
                changes: changes.left_out,
            },
        };
        Ok(serde_json::to_string(&told)?)
    }

    pub(super) fn cluster(
        &self,
        id: &str,
        query: &[(String, String)],
        now: i64,
    ) -> Result<String, Refusal> {
        let parameters = Parameters::of(query, &["from", "to", "group_by"])?;
        let question = question(&parameters, now)?;
        let tally = self.read(&question)?;
        let summary = telemetry::summarize(&tally, &question);
        let cluster = summary.clusters.find(id).ok_or_else(|| {
            let at = |end: &Option<String>| end.as_deref().unwrap_or("the beginning").to_owned();
            let id: String = id.chars().take(32).collect();
            Refusal::NotFound(format!(
                "no cluster `{id}` failed from {} to {}: ask for another window with `from` and `to`, or with the \
                 `group_by` that it was found with",
                at(&summary.window.from),
                at(&summary.window.to)
            ))
        })?;
        Ok(serde_json::to_string(&OneCluster { cluster, window: &summary.window })?)
    }

    fn read(&self, question: &Question) -> Result<Tally, Refusal> {
        let range = Range::of(&question.window);
        Ok(read_window(&self.store, range, Limits::default(), self.threads)?)
    }
}

fn question(parameters: &Parameters<'_>, now: i64) -> Result<Question, Refusal> {
    Ok(Question {
        window: parameters.window(now)?,
        group_by: parameters.group_by()?,
        ..Question::default()
    })
}
