//! The metrics of `detect`.

use sigdrift_aws::metrics::{Metrics, Unit};
use sigdrift_telemetry::incident::{Incident, IncidentState};
use sigdrift_telemetry::time::{Minute, start_of};

/// How many minutes ahead of this clock a record may be: beyond, it tells nothing of how late it is.
pub const EARLY: Minute = 5;

/// What a detection saw.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// How many incidents are open.
    pub open: usize,
    /// The newest minute that the logs of the last hours tell of.
    pub newest: Option<Minute>,
}

/// How many incidents are open: those that recover are not.
pub fn open(incidents: &[Incident]) -> usize {
    incidents.iter().filter(|incident| incident.state == IncidentState::Open).count()
}

/// The line. Only a detection that did everything is alive.
pub fn line(seen: &Seen, is_done: bool, now: i64) -> String {
    let mut metrics = Metrics::default().with("OpenIncidents", Unit::Count, seen.open);
    if let Some(newest) = seen.newest {
        let lag = now - start_of(newest.saturating_add(1));
        metrics = metrics.with("DetectionLag", Unit::Seconds, lag.max(0));
    }
    if is_done {
        metrics = metrics.with("Heartbeat", Unit::Count, 1);
    }
    metrics.line(now * 1000)
}
