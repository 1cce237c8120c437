//! `analyze`: raw logs of a window in, their summary out. Nothing is kept.

mod reading;
pub mod request;

use std::time::Instant;

use sigdrift_aws::events::{FilterLogs, LookUpEvents};
use sigdrift_aws::objects::{ListObjects, ReadObject};
use sigdrift_telemetry::summary::summarize;

use self::reading::Collected;
use crate::told;

/// The function, with its ways to the outside.
#[derive(Debug)]
pub struct Analyze<Objects, Trail, Logs> {
    /// Lists and reads log objects.
    pub objects: Objects,
    /// Looks up CloudTrail's event history.
    pub trail: Trail,
    /// Reads log groups.
    pub logs: Logs,
    /// How many sources are read at once.
    pub threads: usize,
}

/// An invocation without an answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The event asks for nothing that can be read.
    #[error(transparent)]
    Event(#[from] request::Error),
    /// No service gave anything, so that no summary would be better than this one.
    #[error("nothing could be read: {first}{}", more(*.others))]
    Refused {
        /// What stood in the way first.
        first: String,
        /// How often something did besides.
        others: usize,
    },
    /// The summary cannot be written.
    #[error("cannot write the summary: {0}")]
    Answer(#[from] serde_json::Error),
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    }
}

impl<Objects, Trail, Logs> Analyze<Objects, Trail, Logs>
where
    Objects: ListObjects + ReadObject + Sync,
    Trail: LookUpEvents + Sync,
    Logs: FilterLogs + Sync,
{
    /// Answers an event with a summary as JSON. Reading ends at the deadline; what was not read until
    /// then is named among the problems of the sources. The time is in seconds since 1970.
    ///
    /// # Errors
    /// When the event is wrong, or nothing could be read at all: then a later attempt may do better.
    pub fn invoke(&self, event: &str, now: i64, deadline: Instant) -> Result<String, Failure> {
        let request = request::read(event, now)?;
        let Collected { tally, answered, refused } = self.read(&request.sources, now, deadline);
        let others = refused.len().saturating_sub(1);
        if let Some(first) = refused.into_iter().next().filter(|_| answered == 0) {
            return Err(Failure::Refused { first, others });
        }
        tracing::info!(sources = request.sources.len(), answered, "logs read");
        Ok(told::tell(summarize(&tally, &request.question), request.room)?)
    }
}
