//! What earlier detections knew.

use sigdrift_telemetry::incident::{Detected, State};
use sigdrift_telemetry::store::{Error, PutIfAbsent, Replace, Version};
use sigdrift_telemetry::tally::SourceId;
use sigdrift_telemetry::time::parse_rfc3339;

use crate::state::NAME;

/// An incident that began longer ago than this was known to the detection before, in seconds.
const NEW: i64 = 10 * 60;

/// What was known, and what the store holds of it.
#[derive(Debug)]
pub struct Known {
    /// What was known; nothing at first.
    pub state: State,
    /// The version of the object, if there is one.
    pub version: Option<Version>,
    /// What it holds.
    pub bytes: Option<Vec<u8>>,
    /// Whether something was known that cannot be read any more.
    pub forgot: bool,
}

/// Reads what was known. What cannot be read is kept under another name, and detection begins anew.
///
/// # Errors
/// When the store cannot be asked.
pub fn read(store: &(impl Replace + PutIfAbsent)) -> Result<Known, Error> {
    let Some(held) = store.read(NAME)? else {
        return Ok(Known { state: State::default(), version: None, bytes: None, forgot: false });
    };
    let (state, forgot) = match State::read(&held.bytes) {
        Ok(state) => (state, false),
        Err(error) => {
            let kept = format!("state/unreadable-{}.json", SourceId::of([held.bytes.as_slice()]));
            store.put_if_absent(&kept, &held.bytes)?;
            tracing::error!(%error, kept, "{NAME} cannot be read: detection begins anew");
            (State::default(), true)
        }
    };
    Ok(Known { state, version: Some(held.version), bytes: Some(held.bytes), forgot })
}

/// Takes back the alerts of incidents that began a while ago: whoever has to know of them was told
/// before what was known was lost.
pub fn withhold_old_alerts(found: &mut Detected, now: i64) {
    let is_new = |id: &str| {
        let mut incidents = found.incidents.iter();
        let began = incidents.find(|incident| incident.id == id);
        let began = began.and_then(|incident| parse_rfc3339(&incident.started_at));
        began.is_some_and(|began| now - began <= NEW)
    };
    let (due, withheld): (Vec<_>, Vec<_>) =
        found.alerts.iter().cloned().partition(|alert| is_new(&alert.incident_id));
    for alert in withheld {
        tracing::warn!(incident = %alert.incident_id, occasion = ?alert.occasion, "alert withheld: it was sent before");
        found.state.sent(&alert.incident_id, alert.occasion);
    }
    found.alerts = due;
}
