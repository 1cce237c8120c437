//! One failure, one error: what is printed several times is joined.

use std::collections::VecDeque;

use super::{
    LoggedError,
    found::{self, Found, Kind},
    limits::{NEAR_LINES, RECENT, SETTLED_LINES},
};

/// The newest failures. One is given out when enough lines have passed for its prints to be over;
/// its request id is remembered until [`RECENT`] others have followed.
#[derive(Default)]
pub(super) struct Join {
    recent: VecDeque<Failure>,
    /// The line at which the next failure is to be given out.
    due: Option<u64>,
}

struct Failure {
    request_id: Option<String>,
    last: u64,
    kinds: Vec<Kind>,
    error: Option<LoggedError>,
}

impl Join {
    /// Takes a print of a failure that ends with line `last`; gives out what it pushes aside.
    pub fn add(&mut self, found: Found, last: u64) -> Option<LoggedError> {
        let Found { error, kind, .. } = found;
        if let Some(failure) = self.recent.iter_mut().rev().find(|f| f.is_of(&error, kind, last)) {
            failure.last = last;
            failure.kinds.push(kind);
            failure.kinds.dedup();
            failure.request_id = failure.request_id.take().or_else(|| error.request_id.clone());
            if let Some(held) = &mut failure.error {
                found::merge(held, error);
            }
            return None;
        }
        let pushed = (self.recent.len() >= RECENT).then(|| self.recent.pop_front()).flatten();
        self.recent.push_back(Failure {
            request_id: error.request_id.clone(),
            last,
            kinds: vec![kind],
            error: Some(error),
        });
        self.due = self.due.or(Some(last + SETTLED_LINES));
        pushed.and_then(|failure| failure.error)
    }

    /// Whether [`Join::settled`] has something to give at this line.
    pub fn is_due(&self, number: u64) -> bool {
        self.due.is_some_and(|due| number >= due)
    }

    /// The failures whose prints are over at this line; all of them without a line.
    pub fn settled(&mut self, number: Option<u64>) -> Vec<LoggedError> {
        let over = |failure: &Failure| number.is_none_or(|n| failure.last + SETTLED_LINES <= n);
        let settled =
            self.recent.iter_mut().filter(|f| over(f)).filter_map(|f| f.error.take()).collect();
        let held = self.recent.iter().filter(|failure| failure.error.is_some());
        self.due = held.map(|failure| failure.last + SETTLED_LINES).min();
        settled
    }
}

impl Failure {
    /// Whether `error` is another print of this failure.
    fn is_of(&self, error: &LoggedError, kind: Kind, last: u64) -> bool {
        if let (Some(mine), Some(other)) = (&self.request_id, &error.request_id) {
            return mine == other;
        }
        let Some(mine) = &self.error else { return false };
        let agree = |mine: &Option<String>, other: &Option<String>| {
            mine.as_ref().zip(other.as_ref()).is_none_or(|(mine, other)| mine == other)
        };
        // The body alone does not tell which client printed it.
        let body = kind == Kind::Body || self.kinds.contains(&Kind::Body);
        let client = mine.client.zip(error.client).map_or(body, |(mine, other)| {
            mine == other || [mine, other].iter().all(|c| ["boto3", "aws-cli"].contains(c))
        });
        // Without ids only a print of a later kind, close by, is taken for the same failure.
        (kind == Kind::Repeat || self.kinds.iter().all(|mine| *mine < kind))
            && last.saturating_sub(self.last) <= NEAR_LINES
            && mine.time.zip(error.time).is_none_or(|(mine, other)| (mine - other).abs() <= 2)
            && mine.code == error.code
            && agree(&mine.message, &error.message)
            && agree(&mine.operation, &error.operation)
            && agree(&mine.service, &error.service)
            && client
    }
}
