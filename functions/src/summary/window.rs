//! `GET /summary` and `GET /clusters/{id}`: what the store tells of a window.

use serde::Serialize;
use serde_json::value::RawValue;
use sigdrift_telemetry::incident::Incident;
use sigdrift_telemetry::store::{Get, List, Range, read_window};
use sigdrift_telemetry::summary::{self as telemetry, Cluster, Question, Span};
use sigdrift_telemetry::tally::{Limits, Tally};

use super::parameters::Parameters;
use super::{Summary, incidents};
use crate::bounded::Bounded;
use crate::http::Refusal;
use crate::told::{self, Room};

/// The room for the incidents of one cluster in an answer, in bytes.
const INCIDENTS: usize = 1 << 20;
/// How many incidents are told of one cluster.
const OF_CLUSTER: usize = 10;

/// A cluster as it is answered.
#[derive(Debug, Serialize)]
struct OneCluster<'s> {
    #[serde(flatten)]
    cluster: Cluster,
    incidents: Vec<Box<RawValue>>,
    window: &'s Span,
}

impl<Store: List + Get> Summary<Store> {
    pub(super) fn summary(&self, query: &[(String, String)], now: i64) -> Result<String, Refusal> {
        let parameters = Parameters::of(query, &["from", "to", "group_by", "code", "limit"])?;
        let question = question(&parameters, now)?;
        let (codes, limit) = (parameters.codes(), parameters.limit()?);
        let tally = self.read(&question)?;
        let mut summary = telemetry::without_incidents(&tally, &question);
        summary.incidents = self.incidents(&tally, &question, &mut summary.notes)?;
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
        let mut summary = telemetry::without_incidents(&tally, &question);
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
        let mut incidents = self.incidents(&tally, &question, &mut summary.notes)?;
        incidents.retain(|incident| incident.cluster_ids.contains(&cluster.id));
        let incidents = Bounded::of(incidents.iter().rev(), OF_CLUSTER, INCIDENTS)?.told;
        Ok(serde_json::to_string(&OneCluster { cluster, incidents, window: &summary.window })?)
    }

    /// The incidents of a window as detection knows them, or, where it does not, as the logs of the
    /// window by themselves show them.
    fn incidents(
        &self,
        tally: &Tally,
        question: &Question,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Incident>, Refusal> {
        let found = || telemetry::summarize(tally, question).incidents;
        match incidents::known(&self.store) {
            Ok(Some(mut known)) => {
                known.retain(|incident| incidents::lies_in(incident, &question.window));
                Ok(known)
            }
            Ok(None) => Ok(found()),
            // The rest of the summary is as good as ever.
            Err(Refusal::Unreadable(why)) => {
                notes.push(format!("incidents are as the logs of this window show them: {why}"));
                Ok(found())
            }
            Err(refusal) => Err(refusal),
        }
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
