//! The file of settings of detection.

use std::fs;
use std::path::Path;

use sigdrift_telemetry::incident::Settings;

use crate::exit::Failure;

/// Reads settings; without a file the defaults.
pub fn read(path: Option<&Path>) -> Result<Settings, Failure> {
    let Some(path) = path else { return Ok(Settings::default()) };
    let name = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|source| Failure::Read { path: name.clone(), source })?;
    Settings::parse(&text).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}
