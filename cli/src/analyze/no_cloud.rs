//! What stands for the cloud in a build that reads local files only.

use std::io;
use std::path::Path;

use sigdrift_telemetry::store::Folder;
use sigdrift_telemetry::tally::SourceId;
use sigdrift_telemetry::time::Window;

use crate::args::AnalyzeOptions;
use crate::exit::Failure;

/// There is no way to the cloud.
#[derive(Debug)]
pub enum Cloud {}

impl Cloud {
    /// Says how to get a build that can read the path.
    pub fn open(path: &Path, _: &AnalyzeOptions, _: Window) -> Result<Self, Failure> {
        Err(Failure::Usage(format!(
            "{} is in the cloud, and this build reads local files only: \
             build with `cargo build --release --features aws`",
            path.display()
        )))
    }

    /// Never called.
    pub fn list(&self, _: &Path, _: impl FnMut(Remote)) -> Result<(), String> {
        match *self {}
    }

    /// Never called.
    pub fn store(&self, _: &Path) -> Result<Folder, Failure> {
        match *self {}
    }
}

/// There is nothing to read.
#[derive(Clone, Debug)]
pub enum Remote {}

impl Remote {
    /// Never called.
    pub fn name(&self) -> String {
        match *self {}
    }

    /// Never called.
    pub fn length(&self) -> u64 {
        match *self {}
    }

    /// Never called.
    pub fn identity(&self) -> Option<(SourceId, i64)> {
        match *self {}
    }

    /// Never called.
    pub fn open(&self) -> io::Result<io::Empty> {
        match *self {}
    }
}
