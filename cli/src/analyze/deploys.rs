//! The file of deploy markers.

use std::fs;
use std::path::Path;

use sigdrift_telemetry::marker::{Marker, Markers};

use crate::exit::Failure;

/// Reads deploy markers, one JSON object a line. A wrong line is an error: a marker that is missing
/// would put failures under the wrong version.
pub fn read(path: &Path) -> Result<Markers, Failure> {
    let name = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|source| Failure::Read { path: name.clone(), source })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let markers: Result<Vec<Marker>, Failure> = lines
        .map(|(number, line)| {
            Marker::parse(line)
                .map_err(|error| Failure::Usage(format!("{name}, line {}: {error}", number + 1)))
        })
        .collect();
    Ok(Markers::new(markers?))
}
