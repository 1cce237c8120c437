//! What was told of an incident while the logs at hand still showed it.

use serde::{Deserialize, Serialize};
use sigdrift_signature::cause::{Confidence, EvidenceKind};

use super::record::{Incident, LikelyCause, Observation};
use super::tell::{MINUTES, thousandths};
use crate::time::{Minute, minute_of, parse_rfc3339};

/// Failures of an incident in minutes that are not remembered any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Gone {
    /// How many.
    pub(super) failures: u64,
    /// The most in one minute.
    pub(super) peak: u64,
}

/// What is known of an incident from before.
pub struct Earlier<'a> {
    /// As it was told last.
    pub(super) incident: &'a Incident,
    /// What is not remembered any more.
    pub(super) gone: Gone,
    /// The first minute that is remembered.
    pub(super) kept_from: Minute,
    /// The first minute that the logs at hand show whole.
    pub(super) shown_from: Minute,
}

/// What the logs at hand show of an incident: whether all of it, and of what they show the failures
/// and, where they show the traffic, the other requests.
pub(super) type Shown = (bool, u64, Option<u64>);

impl Earlier<'_> {
    /// Adds what the logs at hand do not tell any more.
    pub(super) fn add_to(&self, told: &mut Incident, shown: Shown) {
        let known = self.incident;
        self.add_cause(told, shown.0);
        self.add_accepted(told);
        if told.changes.is_empty() {
            told.changes.clone_from(&known.changes);
        }
        let firsts = [&told.first_failure_at, &known.first_failure_at];
        told.first_failure_at = firsts.into_iter().flatten().min().cloned();
        let lasts = [&told.last_failure_at, &known.last_failure_at];
        told.last_failure_at = lasts.into_iter().flatten().max().cloned();
        told.retries = told.retries.max(known.retries);
        told.remote_ips = told.remote_ips.max(known.remote_ips);
        self.add_counts(told);
        self.add_traffic(told, shown);
    }

    /// What was known of its cause is known still, of what failed then: as surely only if nothing else fails
    /// since and the logs at hand do not show the whole, or they would tell.
    fn add_cause(&self, told: &mut Incident, is_whole: bool) {
        let known = self.incident;
        let mut cause = known.cause.clone();
        let is_new = |id: &String| !known.cluster_ids.contains(id);
        if let Some(cause) = cause.as_mut().filter(|cause| cause.confidence > Confidence::Likely)
            && (is_whole || told.cluster_ids.iter().any(is_new))
        {
            let sure = cause.confidence.name();
            let detail = format!("{sure} of what failed at first, likely of the others");
            cause.evidence.insert(0, Observation { kind: EvidenceKind::Statistic, detail });
            cause.confidence = Confidence::Likely;
        }
        let knows = |cause: &Option<LikelyCause>| {
            let confidence = cause.as_ref().map(|cause| cause.confidence);
            confidence.filter(|confidence| *confidence > Confidence::Unknown)
        };
        if told.cause.is_none() || knows(&cause) > knows(&told.cause) {
            told.cause = cause;
            told.contexts.clone_from(&known.contexts);
            told.only.clone_from(&known.only);
        }
    }

    /// What was accepted since the rate is back has been, though the logs at hand do not show it any more.
    fn add_accepted(&self, told: &mut Incident) {
        let known = self.incident;
        if told.recovering_since.is_none() || known.recovering_since < told.recovering_since {
            return;
        }
        for id in &known.accepted_cluster_ids {
            if !told.accepted_cluster_ids.contains(id) {
                told.accepted_cluster_ids.push(id.clone());
            }
        }
    }

    fn add_counts(&self, told: &mut Incident) {
        told.failures = told.failures.saturating_add(self.gone.failures);
        told.peak_per_minute = told.peak_per_minute.max(self.gone.peak as f64);
        let is_gone = |minute: &str| {
            parse_rfc3339(minute).is_some_and(|time| minute_of(time) < self.kept_from)
        };
        let gone = self.incident.per_minute.iter().filter(|(minute, _)| is_gone(minute)).cloned();
        let mut all: Vec<(String, u64)> = gone.collect();
        all.append(&mut told.per_minute);
        told.per_minute = all.split_off(all.len().saturating_sub(MINUTES));
    }

    /// The share of the traffic that fails, by what is shown of it, or as it was told where nothing is.
    fn add_traffic(&self, told: &mut Incident, (is_whole, failures, others): Shown) {
        if is_whole {
            return;
        }
        let known = self.incident;
        let seen = others.filter(|others| failures + others > 0);
        let share = match seen {
            Some(others) => Some(failures as f64 / (failures.saturating_add(others)) as f64),
            None => known.failure_rate,
        };
        told.failure_rate = share.map(thousandths);
        told.requests = match share {
            _ if seen.is_none() && told.failures == known.failures => known.requests,
            Some(share) if share > 0.0 => Some((told.failures as f64 / share).round() as u64),
            _ => known.requests,
        };
    }
}
