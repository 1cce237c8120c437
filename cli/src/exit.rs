//! How the command ends: its exit codes, and errors that end it.

use std::io;
use std::process::ExitCode;

use sigdrift_telemetry::redact;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: a check answered no.
    No,
    /// 2: bad usage, nothing readable, or the result could not be written.
    Failed,
    /// 3: finished, but part of the input was unreadable.
    PartlyUnreadable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::No => Self::from(1),
            Exit::Failed => Self::from(2),
            Exit::PartlyUnreadable => Self::from(3),
        }
    }
}

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command was asked for something that it cannot do.
    #[error("{0}")]
    Usage(String),
    /// A file that was named could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file could be read, but not used.
    #[error("{path}: {why}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong with it, and where.
        why: String,
    },
    /// The result could not be written.
    #[error("cannot write the result: {0}")]
    Write(#[from] io::Error),
}

impl Failure {
    /// Tells the user, unless it was the user who closed the pipe.
    pub fn tell(&self) {
        if !matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            // A URL that was taken for a file may hold a session token.
            let told = format!("sigdrift: {self}");
            anstream::eprintln!("{}", redact::mask(&told));
        }
    }
}
