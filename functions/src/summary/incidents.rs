//! `GET /incidents`, and the incidents of a window.

use serde_json::json;
use sigdrift_telemetry::incident::{Incident, IncidentState};
use sigdrift_telemetry::store::Get;
use sigdrift_telemetry::time::{Window, minute_of, parse_rfc3339};

use super::parameters::Parameters;
use crate::bounded::Bounded;
use crate::http::Refusal;
use crate::state;

/// The room for incidents in an answer, in bytes.
const ROOM: usize = 4 << 20;

const STATES: [(&str, IncidentState); 3] = [
    ("open", IncidentState::Open),
    ("recovering", IncidentState::Recovering),
    ("resolved", IncidentState::Resolved),
];

/// Answers the request.
pub fn incidents(store: &impl Get, query: &[(String, String)]) -> Result<String, Refusal> {
    let parameters = Parameters::of(query, &["state"])?;
    let states = parameters.get("state").map(states).transpose()?;
    let mut incidents = known(store)?.unwrap_or_default();
    incidents
        .retain(|incident| states.as_ref().is_none_or(|states| states.contains(&incident.state)));
    let told = Bounded::of(incidents.iter().rev(), usize::MAX, ROOM)?;
    Ok(json!({"incidents": told.told, "left_out": {"incidents": told.left_out}}).to_string())
}

fn states(told: &str) -> Result<Vec<IncidentState>, Refusal> {
    let state = |word: &str| {
        let known = STATES.iter().find(|(name, _)| *name == word.trim());
        let why = format!("names `{word}`; there are open, recovering, resolved");
        known.map(|(_, state)| *state).ok_or_else(|| Refusal::parameter("state", why))
    };
    told.split(',').map(state).collect()
}

/// The incidents that detection knows of, by their start; none where it never ran.
///
/// # Errors
/// When the store cannot be asked, or what detection knows cannot be read.
pub fn known(store: &impl Get) -> Result<Option<Vec<Incident>>, Refusal> {
    let known = state::read(store)?.transpose().map_err(Refusal::Unreadable)?;
    Ok(known.map(|state| state.incidents().cloned().collect()))
}

/// Whether some of an incident lies in a window.
pub fn lies_in(incident: &Incident, window: &Window) -> bool {
    let minute = |time: &str| parse_rfc3339(time).map(minute_of);
    let began = minute(&incident.started_at);
    let over = incident.resolved_at.as_deref().and_then(minute);
    let before_its_end = window.to.is_none_or(|to| began.is_none_or(|began| began < to));
    let after_its_start = window.from.is_none_or(|from| over.is_none_or(|over| over > from));
    before_its_end && after_its_start
}
