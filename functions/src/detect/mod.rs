//! `detect`: each minute, what of the last hours is an incident, and who has to be told.
//!
//! What is known stands in one object, which is replaced only if nobody else did. Its order is: state
//! with the alerts that are due, alerts, state without them. So a crash at any point repeats an alert
//! at worst. Who publishes holds a lease (`lease.rs`) meanwhile, so that two detections at once tell
//! everything once.

mod knowledge;
mod lease;
mod metrics;
mod publishing;

use std::time::Instant;

use sigdrift_aws::metrics::Emit;
use sigdrift_aws::topic::{self, Publish};
use sigdrift_telemetry::incident::{self, Settings};
use sigdrift_telemetry::store::{
    self, Get, List, PutIfAbsent, Range, Replace, Replaced, read_window, roll_up, turn,
};
use sigdrift_telemetry::tally::Limits;
use sigdrift_telemetry::time::minute_of;

use self::knowledge::Known;
use self::metrics::Seen;
use self::publishing::Published;
use crate::runtime::Moment;
use crate::state;

/// How long ago the oldest segments were delivered that are looked at: 3 hours. What is delivered later
/// than this after it happened counts in summaries and pages nobody.
const LOOKED_BACK: i64 = 3 * 3600;
/// How far ahead of this clock the clock may be by which something was delivered.
const AHEAD: i64 = 3600;
/// Where the objects lie that are read.
const READ: [&str; 2] = ["segments/", "markers/"];
/// How much time a rollup has to have, in seconds.
const ROLLUP: u64 = 20;

/// The function, with its ways to the outside.
#[derive(Debug)]
pub struct Detect<Store, Alerts, Metrics> {
    /// Holds segments and the state.
    pub store: Store,
    /// Takes alerts.
    pub alerts: Alerts,
    /// Takes metrics.
    pub metrics: Metrics,
    /// How incidents are found.
    pub settings: Settings,
    /// Where the summary answers, for the texts of alerts.
    pub link: Option<String>,
    /// How many segments are read at once.
    pub threads: usize,
}

/// How a detection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Everything was done.
    Done,
    /// Another detection was faster, and does it.
    Overtaken,
}

/// A detection that did not do everything.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store cannot be asked.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Alerts could not be published. They are pending, and the next detection publishes them.
    #[error("{pending} alerts are pending, since one could not be published: {error}")]
    Alerts {
        /// How many wait.
        pending: usize,
        /// Why the first of them does.
        #[source]
        error: topic::Error,
    },
}

impl<Store, Alerts, Metrics> Detect<Store, Alerts, Metrics>
where
    Store: List + Get + PutIfAbsent + Replace,
    Alerts: Publish,
    Metrics: Emit,
{
    /// Runs once.
    ///
    /// # Errors
    /// When the store cannot be asked, or an alert not be published. A rollup that fails is logged: its
    /// turn comes again.
    pub fn run(&self, moment: Moment) -> Result<Answer, Failure> {
        let answer = self.detect(moment)?;
        let left = moment.deadline.saturating_duration_since(Instant::now());
        if left.as_secs() >= ROLLUP {
            self.look_after_rollups(moment.now);
        }
        Ok(answer)
    }

    fn detect(&self, moment: Moment) -> Result<Answer, Failure> {
        let now = moment.now;
        let Known { state, version, bytes } = knowledge::read(&self.store, now)?;
        let range = Range { from: Some(now - LOOKED_BACK), to: Some(now + AHEAD) };
        let tally = read_window(&self.store, range, Limits::default(), self.threads)?;
        for problem in tally.reports().get(&None).into_iter().flat_map(|report| &report.problems) {
            // What logs held that could not be read was told when they were read.
            if READ.iter().any(|folder| problem.object.starts_with(folder)) {
                tracing::error!(
                    object = problem.object,
                    reason = problem.reason,
                    "not read: detection goes on without it"
                );
            }
        }
        let found = incident::detect(&tally, &state, now, &self.settings, self.link.as_deref());
        for alert in &found.alerts {
            tracing::info!(incident = %alert.incident_id, occasion = ?alert.occasion, "alert due");
        }
        let written = state::written(&found.state)?;
        if bytes.as_deref() != Some(written.as_slice()) {
            match self.store.replace(state::NAME, version.as_ref(), &written)? {
                Replaced::Done(_) => {}
                Replaced::Changed => {
                    tracing::info!("another detection was faster");
                    return Ok(Answer::Overtaken);
                }
            }
        }
        let published = match found.state.pending() {
            [] => Ok(Published::All),
            _ => publishing::publish(&self.store, &self.alerts, moment),
        };
        let newest = tally.newest(minute_of(now).saturating_add(metrics::EARLY));
        let seen = Seen { open: metrics::open(&found.incidents), newest };
        let is_done = matches!(published, Ok(Published::All));
        self.metrics.emit(&metrics::line(&seen, is_done, now));
        match published? {
            Published::All => Ok(Answer::Done),
            Published::ByAnother => Ok(Answer::Overtaken),
        }
    }

    fn look_after_rollups(&self, now: i64) {
        let partition = turn(now);
        match roll_up(&self.store, partition, Limits::default(), self.threads) {
            Ok(None) => {}
            Ok(Some(_)) => tracing::info!(partition = %partition.prefix(), "rolled up"),
            Err(error) => tracing::error!(%error, "cannot roll up: tried again in an hour"),
        }
    }
}
