//! What earlier detections knew.

use sigdrift_telemetry::incident::{State, StateError};
use sigdrift_telemetry::store::{Error, PutIfAbsent, Replace, Version};
use sigdrift_telemetry::tally::SourceId;
use sigdrift_telemetry::time::Minute;

use crate::state::NAME;

/// What was to be found longer ago than this was told by the detection before, in minutes.
const NEW: Minute = 10;

/// What was known, and what the store holds of it.
#[derive(Debug)]
pub struct Known {
    /// What was known; nothing at first.
    pub state: State,
    /// The version of the object, if there is one.
    pub version: Option<Version>,
    /// What it holds.
    pub bytes: Option<Vec<u8>>,
}

/// Reads what was known at `now`, in seconds since 1970. What cannot be read, or gone on from, is kept
/// under another name, and detection begins anew: whoever has to know of what was found a while ago was
/// told before.
///
/// # Errors
/// When the store cannot be asked.
pub fn read(store: &(impl Replace + PutIfAbsent), now: i64) -> Result<Known, Error> {
    let Some(held) = store.read(NAME)? else {
        return Ok(Known { state: State::default(), version: None, bytes: None });
    };
    let state = match usable(&held.bytes, now) {
        Ok(state) => state,
        Err(error) => {
            let kept = format!("state/unreadable-{}.json", SourceId::of([held.bytes.as_slice()]));
            store.put_if_absent(&kept, &held.bytes)?;
            tracing::error!(%error, kept, "{NAME} cannot be read: detection begins anew");
            State::anew(now, NEW)
        }
    };
    Ok(Known { state, version: Some(held.version), bytes: Some(held.bytes) })
}

fn usable(bytes: &[u8], now: i64) -> Result<State, StateError> {
    let state = State::read(bytes)?;
    state.check_clock(now)?;
    Ok(state)
}
