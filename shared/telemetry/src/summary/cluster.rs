//! A cluster: failures with the same values and error code, with everything told of them.

use std::collections::BTreeMap;
use std::fmt;

use hashbrown::{HashMap, HashSet};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use sha2::{Digest, Sha256};
use sigdrift_signature::Cause;

use super::context::{Circumstances, Context, contexts};
use super::contrast::{Contrast, contrast, rounded, share};
use super::failure::Failure;
use super::reading;
use crate::dimension::Dimension;
use crate::tally::{TextId, Texts};
use crate::time::{Minute, minute_of, rfc3339, start_of};

/// A failure repeats an earlier one that is at most this many seconds older.
const RETRY_SECONDS: i64 = 5 * 60;
/// How many failures are shown as examples.
const EXAMPLES: usize = 3;

/// A cluster of signature failures.
#[derive(Clone, Debug, Serialize)]
pub struct Cluster {
    /// Depends on the values and the code alone.
    pub id: String,
    /// The value in each dimension that was grouped by; `None` is unknown.
    #[serde(flatten)]
    pub values: GroupValues,
    /// The error code.
    pub code: String,
    /// The region that most of the failures were signed for, where it is seen.
    pub signed_region: Option<String>,
    /// Whether values were left out here because there were too many.
    pub overflow: bool,
    /// Failures, each once.
    pub failures: u64,
    /// Signed requests with the same values; `None` where no log shows the traffic.
    pub requests: Option<u64>,
    /// Failures in requests.
    pub failure_rate: Option<f64>,
    /// The first failure in the window.
    pub first_seen: Option<String>,
    /// The last failure in the window.
    pub last_seen: Option<String>,
    /// How many client addresses were seen.
    pub remote_ips: usize,
    /// How many user agents were seen.
    pub user_agents: usize,
    /// Failures that repeat an earlier one.
    pub retries: u64,
    /// Minutes with failures and how many; written as RFC 3339.
    #[serde(serialize_with = "with_times")]
    pub per_minute: Vec<(Minute, u64)>,
    /// Who owns the access key id, where CloudTrail told.
    pub principal: Option<String>,
    /// What stands beside the cause.
    pub contexts: Vec<Context>,
    /// The cause.
    pub cause: Cause,
    /// Over-represented values.
    pub contrast: Vec<Contrast>,
    /// A few of the failures.
    pub examples: Vec<Example>,
}

/// The values of a cluster in the dimensions that were grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupValues(pub Vec<(Dimension, Option<String>)>);

impl GroupValues {
    /// The value in a dimension, if it is known and was grouped by.
    #[must_use]
    pub fn get(&self, dimension: Dimension) -> Option<&str> {
        self.0.iter().find(|(other, _)| *other == dimension)?.1.as_deref()
    }
}

impl Serialize for GroupValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (dimension, value) in &self.0 {
            map.serialize_entry(dimension.member(), value)?;
        }
        map.end()
    }
}

/// One failure of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// When.
    pub time: Option<String>,
    /// The HTTP method.
    pub method: Option<String>,
    /// The operation, as the log names it.
    pub operation: Option<String>,
    /// The server's request id.
    pub request_id: Option<String>,
    /// The user agent.
    pub user_agent: Option<String>,
}

/// What a cluster is called: the same for the same values and code, wherever and whenever it is
/// made. The beginning of a hash of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId([u8; 8]);

impl ClusterId {
    /// The id of the cluster that a failure belongs to.
    #[must_use]
    pub fn of(failure: &Failure<'_>, group_by: &[Dimension], texts: &Texts) -> Self {
        let values = group_by
            .iter()
            .map(|dimension| (dimension.member(), texts.get(failure.value(*dimension))));
        let code = texts.get(failure.manner.code).unwrap_or_default();
        Self::of_values(values, code, is_overflow(failure, group_by))
    }

    /// The id of the cluster with these values by member, whose failures have this code.
    #[must_use]
    pub fn of_values<'a>(
        values: impl Iterator<Item = (&'a str, Option<&'a str>)>,
        code: &str,
        overflow: bool,
    ) -> Self {
        let named: BTreeMap<&str, Option<&str>> = values.collect();
        let told = format!("{named:?} {code} {overflow}");
        let hash: [u8; 32] = Sha256::digest(told.as_bytes()).into();
        Self(std::array::from_fn(|place| hash[place]))
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn is_overflow(failure: &Failure<'_>, group_by: &[Dimension]) -> bool {
    group_by.iter().any(|dimension| failure.value(*dimension) == TextId::OVERFLOW)
}

impl Cluster {
    /// Everything told of a cluster, which has at least one failure, with the number of requests
    /// that it is compared with.
    pub(super) fn of(
        id: ClusterId,
        group_by: &[Dimension],
        requests: Option<u64>,
        about: &Circumstances<'_, '_>,
    ) -> Self {
        let Circumstances { failures, texts, tally, .. } = *about;
        let first = &failures[0];
        let text = |id| texts.get(id).map(str::to_owned);
        let values = group_by.iter().map(|dimension| (*dimension, text(first.value(*dimension))));
        let code = texts.get(first.manner.code).unwrap_or_default();
        let count = failures.iter().map(Failure::count).sum();
        let signed_region = most_common(failures, texts, |failure| failure.manner.signed_region);
        let contexts = contexts(about);
        let contrast = contrast(failures, about.successes, texts);
        let one = |dimension| one_value(failures, dimension).and_then(|id| texts.get(id));
        let cause = reading::read(&reading::Cluster {
            code,
            endpoint: one(Dimension::Endpoint),
            region: one(Dimension::Region),
            signed_region,
            about,
            contexts: &contexts,
            contrast: &contrast,
        });
        let times = || failures.iter().filter_map(|failure| failure.time());
        let owner = one(Dimension::Key).and_then(|key| tally.owner_of(key));
        Self {
            id: id.to_string(),
            values: GroupValues(values.collect()),
            code: code.to_owned(),
            signed_region: signed_region.map(str::to_owned),
            overflow: is_overflow(first, group_by),
            failures: count,
            requests,
            failure_rate: requests.map(|requests| rounded(share(count, requests))),
            first_seen: times().min().map(rfc3339),
            last_seen: times().max().map(rfc3339),
            remote_ips: distinct(failures, |failure| failure.remote_ip),
            user_agents: distinct(failures, |failure| failure.user_agent),
            retries: about.retries,
            per_minute: per_minute(failures),
            principal: owner.map(str::to_owned),
            contexts,
            cause,
            contrast,
            examples: examples(failures, texts),
        }
    }
}

/// How many failures repeat an earlier one: the same method, target and address, at most five
/// minutes later. The failures are given by time.
pub(super) fn retries(failures: &[Failure<'_>]) -> u64 {
    let mut last = HashMap::new();
    let mut count = 0;
    for failure in failures {
        if let Some((fingerprint, time)) = failure.fingerprint.zip(failure.time()) {
            let before = last.insert(fingerprint, time);
            count += u64::from(before.is_some_and(|before| time - before <= RETRY_SECONDS));
        }
    }
    count
}

fn per_minute(failures: &[Failure<'_>]) -> Vec<(Minute, u64)> {
    let mut minutes = BTreeMap::new();
    for failure in failures {
        if let Some(time) = failure.time() {
            *minutes.entry(minute_of(time)).or_default() += failure.count();
        }
    }
    minutes.into_iter().collect()
}

fn with_times<S: Serializer>(counts: &[(Minute, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(counts.iter().map(|(minute, n)| (rfc3339(start_of(*minute)), n)))
}

fn distinct(failures: &[Failure<'_>], value: impl Fn(&Failure<'_>) -> TextId) -> usize {
    let values: HashSet<TextId> = failures.iter().map(value).collect();
    values.iter().filter(|id| **id != TextId::NONE).count()
}

fn one_value(failures: &[Failure<'_>], dimension: Dimension) -> Option<TextId> {
    let (first, rest) = failures.split_first()?;
    let value = first.value(dimension);
    rest.iter().all(|failure| failure.value(dimension) == value).then_some(value)
}

/// The text that most failures have; of several, the first in the alphabet.
fn most_common<'t>(
    failures: &[Failure<'_>],
    texts: &'t Texts,
    value: impl Fn(&Failure<'_>) -> TextId,
) -> Option<&'t str> {
    let mut counts = BTreeMap::<&str, u64>::new();
    for failure in failures {
        if let Some(text) = texts.get(value(failure)) {
            *counts.entry(text).or_default() += failure.count();
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(text, _)| text)
}

fn examples(failures: &[Failure<'_>], texts: &Texts) -> Vec<Example> {
    let text = |id| texts.get(id).map(str::to_owned);
    failures
        .iter()
        .filter(|failure| failure.count() == 1)
        .take(EXAMPLES)
        .map(|failure| Example {
            time: failure.time().map(rfc3339),
            method: text(failure.manner.method),
            operation: text(failure.value(Dimension::Operation)),
            request_id: failure.id.request_id().map(str::to_owned),
            user_agent: text(failure.user_agent),
        })
        .collect()
}
