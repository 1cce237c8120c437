//! `GET /summary` and `GET /clusters/{id}`: what the store tells of a window.

use serde::Serialize;
use sigdrift_telemetry::store::{Get, List, Range, read_window};
use sigdrift_telemetry::summary::{self as telemetry, Cluster, Question, Span};
use sigdrift_telemetry::tally::{Limits, Tally};

use super::Summary;
use super::parameters::Parameters;
use crate::http::Refusal;
use crate::told::{self, Room};

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
        let mut summary = telemetry::summarize(&tally, &question);
        if !codes.is_empty() {
            summary.clusters.retain_codes(&codes);
        }
        Ok(told::tell(summary, Room { most_clusters: limit, ..Room::LAMBDA })?)
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
