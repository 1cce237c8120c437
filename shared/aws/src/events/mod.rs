//! Events that AWS keeps itself and answers with page by page: CloudTrail's event history, and the log
//! events of a group. Both come out as JSON lines, which `sigdrift_telemetry::read::object` reads, and
//! never is more than a page of them in memory.

mod error;
mod logs;
mod pages;
#[cfg(test)]
mod tests;
mod trail;

use std::io::Read;

pub use error::{Error, Reason};
pub use logs::{LogGroup, Logs, NotALogGroup};
pub use trail::{TooOld, Trail, TrailAddress};

/// A span of time in seconds since 1970: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first second.
    pub from: i64,
    /// The second after the last.
    pub to: i64,
}

/// Looks up events of CloudTrail's event history. Needs `cloudtrail:LookupEvents`.
pub trait LookUpEvents {
    /// The management events of a span, the newest first, a JSON object a line. They are asked for
    /// while they are read. The reader's errors hold an [`Error`].
    fn look_up(&self, address: &TrailAddress, span: Span) -> impl Read + Send;
}

/// Reads the log events of a group. Needs `logs:FilterLogEvents` on it.
pub trait FilterLogs {
    /// All log events of a span, a JSON object a line. They are asked for while they are read. The
    /// reader's errors hold an [`Error`].
    fn filter(&self, group: &LogGroup, span: Span) -> impl Read + Send;
}
