//! What an envelope tells of the messages in it.

use std::borrow::Cow;

use crate::deploy::function_version;
use crate::request::Request;

/// What surrounds a record: nothing for a record in a file of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// When the message was logged, in seconds since 1970.
    pub time: Option<i64>,
    /// The function version that the log stream's name tells.
    pub function_version: Option<String>,
    /// How many envelopes are around it.
    pub depth: u8,
}

/// How many envelopes may be in one another.
const DEEPEST: u8 = 4;

impl Context {
    /// The context of a message of a log stream.
    #[must_use]
    pub fn within(&self, log_stream: Option<&str>, time: Option<i64>) -> Self {
        let version = log_stream.and_then(function_version).map(str::to_owned);
        Self {
            time: time.or(self.time),
            function_version: version.or_else(|| self.function_version.clone()),
            depth: self.depth + 1,
        }
    }

    /// Whether one more envelope would be too many.
    #[must_use]
    pub fn is_too_deep(&self) -> bool {
        self.depth >= DEEPEST
    }

    /// Adds to a request what only its surroundings tell.
    pub fn complete(&self, request: &mut Request<'_>) {
        request.time = request.time.or(self.time);
        if request.function_version.is_none() {
            request.function_version = self.function_version.clone().map(Cow::Owned);
        }
    }
}
