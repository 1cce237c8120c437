//! What detection knows from one minute to the next, as one object that is written as JSON.
//!
//! Its size is bounded (`keep.rs`): clusters that fail least are forgotten first, minutes older than
//! what tells the usual are dropped, and so are incidents that are long over. What is read may be
//! anything: numbers that no detection writes are refused, so that none overflows.

use serde::{Deserialize, Serialize};
use sigdrift_signature::cause::Confidence;

use super::alert::{Alert, Occasion};
use super::course::IncidentState;
use super::earlier::Gone;
use super::proof::Witnessed;
use super::record::Incident;
use super::rhythm::Rhythm;
use super::run::Run;
use super::subject::{Part, Subject};
use crate::store::MAX_LENGTH;
use crate::time::{Minute, minute_of};

/// The version of the format that is written. Older ones are read.
const VERSION: u32 = 1;
/// The last minute of the year 9999: no clock and no log tells of a later one.
const LAST: Minute = 4_223_371_679;
/// By how many minutes clocks may differ.
const AHEAD: Minute = 5;
/// No rate is higher than this.
const HIGHEST: f64 = 1e15;

/// What detection knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The version of the format.
    version: u32,
    /// The minute of the first detection.
    #[serde(default)]
    pub(super) since: Option<Minute>,
    /// The first minute that any log showed; where logs show failures alone, that of the first
    /// detection, if it was before.
    #[serde(default)]
    pub(super) begin: Option<Minute>,
    /// The last minute that any log showed.
    #[serde(default)]
    pub(super) newest: Minute,
    /// Whether logs ever showed more than failures.
    #[serde(default)]
    pub(super) shows_traffic: bool,
    /// Before this minute nothing is judged any more.
    #[serde(default)]
    pub(super) settled: Minute,
    #[serde(default)]
    pub(super) series: Vec<Kept>,
    #[serde(default)]
    pub(super) incidents: Vec<Remembered>,
    #[serde(default)]
    pub(super) pending: Vec<Alert>,
    /// What was found before this minute was told by a detection of which nothing else is known.
    /// Only the first detection after it asks this.
    #[serde(skip)]
    pub(super) told_before: Option<Minute>,
}

/// A cluster and its failures of the last hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) subject: Subject,
    /// Minutes and failures in turn, each minute told from the one before.
    pub(super) cells: Vec<u32>,
    #[serde(default, skip_serializing_if = "Rhythm::is_new")]
    pub(super) rhythm: Rhythm,
}

/// An incident with what it was made from and what was said of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub(super) incident: Incident,
    /// Its runs; none once it is closed for good.
    #[serde(default)]
    pub(super) runs: Vec<KeptRun>,
    /// When requests of its kind were accepted.
    #[serde(default)]
    pub(super) proofs: Vec<Minute>,
    /// What tells its failing requests from others, by cluster.
    #[serde(default)]
    pub(super) witnessed: Vec<(Subject, Witnessed)>,
    /// Its failures that are not remembered any more.
    #[serde(default)]
    pub(super) gone: Gone,
    #[serde(default)]
    pub(super) said: Said,
    /// The ids of those that were told as incidents of their own and turned out to be this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) names: Vec<String>,
}

/// A run and whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptRun {
    pub(super) part: Part,
    pub(super) members: Vec<Subject>,
    pub(super) run: Run,
}

/// What alerts said of an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    pub(super) opened: bool,
    pub(super) proven: bool,
    pub(super) resolved: bool,
    /// The peak that was told last.
    pub(super) peak: f64,
    pub(super) reopened: u32,
}

impl Said {
    /// What is said if everything is said of an incident as it is.
    pub(super) fn of(incident: &Incident) -> Self {
        let confidence = incident.cause.as_ref().map(|cause| cause.confidence);
        Self {
            opened: true,
            proven: confidence == Some(Confidence::Proven),
            resolved: incident.state == IncidentState::Resolved,
            peak: incident.peak_per_minute,
            reopened: incident.reopened,
        }
    }
}

impl Remembered {
    /// Notes what nobody is told because it is too old for that: that it is over. Should it come back,
    /// that is news.
    pub(super) fn pass_over(&mut self) {
        if self.said.opened && self.incident.state == IncidentState::Resolved {
            self.said.resolved = true;
            self.said.reopened = self.incident.reopened;
            self.names.clear();
        }
    }
}

/// Why a state cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It is damaged, or no state.
    #[error("the state of detection cannot be read: {0}; remove it to begin anew")]
    Json(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error(
        "the state of detection has format {0}, and this program reads up to {VERSION}: update it"
    )]
    Newer(u32),
    /// Numbers in it are none that a detection writes.
    #[error("the state of detection cannot be read: {0} out of range; remove it to begin anew")]
    OutOfRange(&'static str),
    /// The clock by which it was written was ahead, or this one is behind.
    #[error(
        "the state of detection is of {by} minutes from now: a clock is or was wrong; remove it to begin anew"
    )]
    Ahead {
        /// How many minutes.
        by: Minute,
    },
    /// It cannot be written.
    #[error("the state of detection cannot be written: {0}")]
    Unwritable(#[source] serde_json::Error),
    /// It would be too long to be read back.
    #[error("the state of detection cannot be written: it has {0} bytes, more than can be read")]
    TooLong(usize),
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: VERSION,
            since: None,
            begin: None,
            newest: 0,
            shows_traffic: false,
            settled: 0,
            series: Vec::new(),
            incidents: Vec::new(),
            pending: Vec::new(),
            told_before: None,
        }
    }
}

impl State {
    /// A state that knows nothing, where an earlier one was lost at `now`, in seconds since 1970: what
    /// was to be found `minutes` before was told by it.
    #[must_use]
    pub fn anew(now: i64, minutes: Minute) -> Self {
        Self { told_before: Some(minute_of(now).saturating_sub(minutes)), ..Self::default() }
    }

    /// Reads a state.
    ///
    /// # Errors
    /// When it is damaged, holds numbers that no detection writes, or a newer program wrote it.
    pub fn read(bytes: &[u8]) -> Result<Self, StateError> {
        #[derive(Deserialize)]
        struct Format {
            version: u32,
        }
        let format: Format = serde_json::from_slice(bytes)?;
        if format.version > VERSION {
            return Err(StateError::Newer(format.version));
        }
        let state: Self = serde_json::from_slice(bytes)?;
        state.check()?;
        Ok(Self { version: VERSION, ..state })
    }

    /// Whether it can be gone on from at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// When everything that could be judged now is settled already: by it nothing would be found.
    pub fn check_clock(&self, now: i64) -> Result<(), StateError> {
        match self.settled.saturating_sub(minute_of(now)) {
            0..=AHEAD => Ok(()),
            by => Err(StateError::Ahead { by }),
        }
    }

    /// The state as JSON.
    ///
    /// # Errors
    /// When it cannot be written, or would be too long to be read back.
    pub fn write(&self) -> Result<Vec<u8>, StateError> {
        let written = serde_json::to_vec(self).map_err(StateError::Unwritable)?;
        match written.len() as u64 <= MAX_LENGTH {
            true => Ok(written),
            false => Err(StateError::TooLong(written.len())),
        }
    }

    /// Whether all numbers are ones that a detection writes.
    fn check(&self) -> Result<(), StateError> {
        let of_state = self.since.into_iter().chain(self.begin).chain([self.newest, self.settled]);
        let of_cells = self.series.iter().map(|kept| kept.last());
        let of_proofs = self.incidents.iter().flat_map(|known| known.proofs.iter().copied());
        let minutes = of_state.chain(of_cells).chain(of_proofs);
        if minutes.max().is_some_and(|minute| minute > LAST) {
            return Err(StateError::OutOfRange("a minute is"));
        }
        if !self.series.iter().all(|kept| kept.rhythm.is_sound(LAST)) {
            return Err(StateError::OutOfRange("a rhythm is"));
        }
        let is_rate = |rate: f64| (0.0..=HIGHEST).contains(&rate);
        let mut runs = self.incidents.iter().flat_map(|known| &known.runs).map(|kept| kept.run);
        let is_run = |run: Run| {
            run.start <= run.fired
                && run.fired <= LAST
                && run.end.is_none_or(|end| run.fired < end && end <= LAST)
                && [run.seen, run.baseline, run.dispersion].into_iter().all(is_rate)
        };
        if !runs.all(is_run) {
            return Err(StateError::OutOfRange("a run is"));
        }
        let mut rates = self.incidents.iter().flat_map(|known| {
            let Incident { baseline_per_minute, peak_per_minute, failure_rate, .. } =
                known.incident;
            [baseline_per_minute, peak_per_minute, failure_rate.unwrap_or(0.0), known.said.peak]
        });
        let gone = self.incidents.iter().map(|known| known.gone);
        let mut counts = gone.flat_map(|gone| [gone.failures, gone.peak]);
        match rates.all(is_rate) && counts.all(|count| is_rate(count as f64)) {
            true => Ok(()),
            false => Err(StateError::OutOfRange("a rate is")),
        }
    }

    /// The incidents, by their start.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.iter().map(|remembered| &remembered.incident)
    }

    /// The alerts that are not sent yet, the oldest first.
    #[must_use]
    pub fn pending(&self) -> &[Alert] {
        &self.pending
    }

    /// Puts the alerts of an incident behind those of all others.
    pub fn put_last(&mut self, incident_id: &str) {
        self.pending.sort_by_key(|alert| alert.incident_id == incident_id);
    }

    /// Notes that an alert was sent.
    pub fn sent(&mut self, incident_id: &str, occasion: Occasion) {
        self.pending.retain(|alert| alert.incident_id != incident_id || alert.occasion != occasion);
    }
}

impl Kept {
    /// The minutes with their failures.
    pub(super) fn cells(&self) -> Vec<(Minute, u32)> {
        let mut minute: Minute = 0;
        let pairs = self.cells.chunks_exact(2);
        pairs
            .map(|pair| {
                minute = minute.saturating_add(pair[0]);
                (minute, pair[1])
            })
            .collect()
    }

    /// The last minute.
    fn last(&self) -> Minute {
        let steps = self.cells.chunks_exact(2).map(|pair| pair[0]);
        steps.fold(0, Minute::saturating_add)
    }

    /// Minutes, ascending, as they are kept.
    pub(super) fn packed(cells: &[(Minute, u32)]) -> Vec<u32> {
        let mut last = 0;
        let both = cells.iter().flat_map(|(minute, count)| {
            let step = minute - last;
            last = *minute;
            [step, *count]
        });
        both.collect()
    }
}
