//! What detection knows from one minute to the next, as one object that is written as JSON.
//!
//! Its size is bounded: clusters that fail least are forgotten first, minutes older than what tells
//! the usual are dropped, and so are incidents that are long over.

use serde::{Deserialize, Serialize};

use super::alert::{Alert, Occasion};
use super::proof::Witnessed;
use super::record::Incident;
use super::rhythm::Rhythm;
use super::run::Run;
use super::subject::{Part, Subject};
use crate::time::Minute;

/// The version of the format that is written. Older ones are read.
const VERSION: u32 = 1;

/// What detection knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The version of the format.
    version: u32,
    /// The first minute that any log showed.
    #[serde(default)]
    pub(super) begin: Option<Minute>,
    /// The last minute that any log showed.
    #[serde(default)]
    pub(super) newest: Minute,
    /// Before this minute nothing is judged any more.
    #[serde(default)]
    pub(super) settled: Minute,
    #[serde(default)]
    pub(super) series: Vec<Kept>,
    #[serde(default)]
    pub(super) incidents: Vec<Remembered>,
    #[serde(default)]
    pub(super) pending: Vec<Alert>,
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
    #[serde(default)]
    pub(super) said: Said,
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

/// Why a state cannot be read.
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
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: VERSION,
            begin: None,
            newest: 0,
            settled: 0,
            series: Vec::new(),
            incidents: Vec::new(),
            pending: Vec::new(),
        }
    }
}

impl State {
    /// Reads a state.
    ///
    /// # Errors
    /// When it is damaged, or a newer program wrote it.
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
        Ok(Self { version: VERSION, ..state })
    }

    /// The state as JSON.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        // Names of members are texts and numbers are finite, so that this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
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
