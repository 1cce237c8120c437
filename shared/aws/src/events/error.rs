//! Why events could not be read, and what to do about it.

use crate::Fault;

/// Events that could not be read. The text names what was being read, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {place}: {reason}")]
pub struct Error {
    /// What was being read.
    pub place: String,
    /// What stood in the way.
    #[source]
    pub reason: Reason,
}

/// What stood in the way of events.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// There is no such log group.
    #[error(
        "there is no such log group in {region}: `aws logs describe-log-groups{profile}` lists them"
    )]
    NoSuchGroup {
        /// The region that was asked.
        region: String,
        /// ` --profile NAME`, where one is used.
        profile: String,
    },
    /// The service refers from a page to that page.
    #[error("the service answers with the same page again and again: run again")]
    SamePage,
    /// What stands in the way says nothing of these events.
    #[error(transparent)]
    Service(#[from] Fault),
}
