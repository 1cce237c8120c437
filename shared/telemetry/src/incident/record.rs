//! An incident, as people and programs read it.

use serde::{Deserialize, Serialize};
use sigdrift_signature::CauseId;
use sigdrift_signature::cause::{Cause, Confidence, EvidenceKind};

pub use super::course::IncidentState;
pub use super::ranking::LikelyChange;

/// An incident: failures of one cause that were more than usual. Times are RFC 3339.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Depends on the values of the cluster that began and on the minute in which it began.
    pub id: String,
    /// What it is in now.
    pub state: IncidentState,
    /// The clusters that fail, in the order in which they began; the first hundred.
    pub cluster_ids: Vec<String>,
    /// How many clusters fail.
    pub clusters: usize,
    /// The first minute that has a failure of it.
    pub started_at: String,
    /// When it was found: by `detect`, or, in an analysis, the end of the minute in which the rule
    /// fired.
    pub detected_at: String,
    /// Since when the rate is back, where it is.
    pub recovering_since: Option<String>,
    /// When it was resolved.
    pub resolved_at: Option<String>,
    /// Whether nothing showed that the requests succeed again.
    pub resolved_without_proof: bool,
    /// Those of its clusters of which requests are accepted again since the rate is back.
    #[serde(default)]
    pub accepted_cluster_ids: Vec<String>,
    /// How often it came back after it was resolved.
    pub reopened: u32,
    /// What was found to fail: one cluster, or what several have in common.
    pub found_as: String,
    /// The endpoints; the first twenty, as of all values below.
    pub endpoints: Vec<String>,
    /// The access key ids.
    pub access_key_ids: Vec<String>,
    /// The regions.
    pub regions: Vec<String>,
    /// The deploy versions.
    pub deploy_versions: Vec<String>,
    /// The error codes.
    pub codes: Vec<String>,
    /// Failures a minute before.
    pub baseline_per_minute: f64,
    /// The most failures in a minute.
    pub peak_per_minute: f64,
    /// Failures.
    pub failures: u64,
    /// Signed requests with the same values meanwhile, where a log shows them.
    pub requests: Option<u64>,
    /// Failures in requests.
    pub failure_rate: Option<f64>,
    /// Failures that repeat an earlier one.
    pub retries: u64,
    /// How many client addresses fail.
    pub remote_ips: usize,
    /// When the first request failed.
    pub first_failure_at: Option<String>,
    /// When the last did.
    pub last_failure_at: Option<String>,
    /// Minutes with failures and how many; the last 240.
    pub per_minute: Vec<(String, u64)>,
    /// What stands beside the cause, as in a cluster.
    pub contexts: Vec<String>,
    /// What alone fails, in words.
    pub only: Vec<String>,
    /// The cause of the cluster with the most failures, from the failures of this incident, and no
    /// surer than it is of the other clusters.
    pub cause: Option<LikelyCause>,
    /// The changes before it that fit, best first.
    pub changes: Vec<LikelyChange>,
}

impl Incident {
    /// In how many of its clusters requests are accepted again, if it is so in some of them and not
    /// known of all.
    #[must_use]
    pub fn accepted_share(&self) -> Option<(usize, usize)> {
        let accepted = self.accepted_cluster_ids.len();
        (0 < accepted && accepted < self.clusters).then_some((accepted, self.clusters))
    }
}

/// A cause, with what led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LikelyCause {
    /// The cause.
    pub cause: CauseId,
    /// Its component, if one is known.
    pub component: Option<String>,
    /// What may be claimed.
    pub confidence: Confidence,
    /// What led to it, strongest first.
    pub evidence: Vec<Observation>,
    /// What to do.
    pub fix: String,
    /// The wrong fix to avoid.
    pub avoid: String,
}

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// What kind of observation it is.
    pub kind: EvidenceKind,
    /// The observation, in words.
    pub detail: String,
}

impl From<&Cause> for LikelyCause {
    fn from(cause: &Cause) -> Self {
        let evidence = cause.evidence.iter();
        Self {
            cause: cause.cause,
            component: cause.component.clone(),
            confidence: cause.confidence(),
            evidence: evidence
                .map(|told| Observation { kind: told.kind, detail: told.detail.clone() })
                .collect(),
            fix: cause.fix.to_string(),
            avoid: cause.avoid.to_string(),
        }
    }
}
