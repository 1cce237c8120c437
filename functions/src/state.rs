//! What detection knows, as it stands in the store: `detect` writes it, `summary` reads it.

use sigdrift_telemetry::incident::State;
use sigdrift_telemetry::store::{Error, Get, read_bounded};

/// The object's name.
pub const NAME: &str = "state/detect.json";

/// Reads what detection knows; `None` where it never ran. The inner error says why it cannot be read.
///
/// # Errors
/// When the store cannot be asked.
pub fn read(store: &impl Get) -> Result<Option<Result<State, String>>, Error> {
    let Some(input) = store.get(NAME)? else { return Ok(None) };
    let bytes = read_bounded(input).map_err(|error| Error::new("read", NAME, error))?;
    Ok(Some(State::read(&bytes).map_err(|error| error.to_string())))
}

/// What detection knows, as it is to be written.
///
/// # Errors
/// When it cannot be written: then what is there stays.
pub fn written(state: &State) -> Result<Vec<u8>, Error> {
    state.write().map_err(|error| Error::new("write", NAME, error))
}
