//! Clusters: failures with the same values and error code, with everything told of them.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use sha2::{Digest, Sha256};
use sigdrift_signature::Cause;

use super::Question;
use super::context::{Circumstances, Context, contexts};
use super::contrast::{Contrast, Successes, contrast, places, rounded, share};
use super::failure::Failure;
use super::reading;
use super::traffic::SignedTraffic;
use crate::change::Change;
use crate::dimension::Dimension;
use crate::source::Traffic;
use crate::tally::{Tally, TextId, Texts, ValueIds};
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

/// The values of a request in the dimensions that are grouped by.
type GroupKey = Vec<TextId>;

fn group_key(values: &ValueIds, group_by: &[Dimension]) -> GroupKey {
    group_by.iter().map(|dimension| values[*dimension as usize]).collect()
}

/// All signed requests, failed or not, by the values that their traffic shows.
struct Requests {
    by_key: HashMap<(Traffic, GroupKey), u64>,
    /// Requests that both bodies of traffic show, with their values in S3's and in CloudTrail's.
    in_both: HashMap<(GroupKey, GroupKey), u64>,
}

impl Requests {
    fn count(
        failures: &[Failure<'_>],
        traffic: &SignedTraffic<'_>,
        group_by: &[Dimension],
    ) -> Self {
        let mut by_key = HashMap::<(Traffic, GroupKey), u64>::new();
        for portion in &traffic.portions {
            let key = (portion.traffic, group_key(&portion.values, group_by));
            *by_key.entry(key).or_default() += portion.count;
        }
        for failure in failures {
            if let Some(native) = failure.native {
                let key = (native.traffic, group_key(&native.values, group_by));
                *by_key.entry(key).or_default() += failure.count;
            }
        }
        let mut in_both = HashMap::new();
        for ((in_s3, in_trail), count) in &traffic.shared {
            let key = |portion: &usize| group_key(&traffic.portions[*portion].values, group_by);
            *in_both.entry((key(in_s3), key(in_trail))).or_default() += count;
        }
        Self { by_key, in_both }
    }

    /// The requests that a cluster's failures are compared with: those with the values that its
    /// failures have in the log of the whole traffic, and the failures that no such log shows.
    fn beside(&self, failures: &[&Failure<'_>], group_by: &[Dimension]) -> Option<u64> {
        let keys: HashSet<(Traffic, GroupKey)> = failures
            .iter()
            .filter_map(|failure| failure.native)
            .map(|native| (native.traffic, group_key(&native.values, group_by)))
            .collect();
        if keys.is_empty() {
            return None;
        }
        let unseen = failures.iter().filter(|failure| failure.native.is_none());
        let unseen: u64 = unseen.map(|failure| failure.count).sum();
        let all: u64 = keys.iter().filter_map(|key| self.by_key.get(key)).sum();
        let of = |traffic| keys.iter().filter(move |(of, _)| *of == traffic).map(|(_, key)| key);
        let twice: u64 = of(Traffic::S3)
            .flat_map(|a| of(Traffic::CloudTrail).map(move |b| (a.clone(), b.clone())))
            .filter_map(|pair| self.in_both.get(&pair))
            .sum();
        Some(unseen + all.saturating_sub(twice))
    }
}

/// The clusters of a window, most failures first.
#[must_use]
pub fn clusters(
    failures: &[Failure<'_>],
    traffic: &SignedTraffic<'_>,
    changes: &[Change],
    question: &Question,
    tally: &Tally,
    texts: &Texts,
) -> Vec<Cluster> {
    let group_by = &question.group_by;
    let requests = Requests::count(failures, traffic, group_by);
    let mut groups: HashMap<(GroupKey, TextId), Vec<&Failure<'_>>> = HashMap::new();
    for failure in failures {
        let key = (group_key(&failure.values, group_by), failure.code);
        groups.entry(key).or_default().push(failure);
    }
    // Most clusters share their endpoint with others.
    let mut successes_at: HashMap<Vec<(Traffic, TextId)>, Successes> = HashMap::new();
    let mut found: Vec<Cluster> = groups
        .into_iter()
        .map(|((key, code), failures)| {
            let values = group_by
                .iter()
                .zip(&key)
                .map(|(dimension, id)| (*dimension, texts.get(*id).map(str::to_owned)));
            let values = GroupValues(values.collect());
            let overflow = key.contains(&TextId::OVERFLOW);
            let code = texts.get(code).unwrap_or_default();
            let count: u64 = failures.iter().map(|failure| failure.count).sum();
            let requests = requests.beside(&failures, group_by);
            let retries = retries(&failures);
            let places = places(&failures);
            let successes = successes_at
                .entry(places.clone())
                .or_insert_with(|| Successes::at(&places, traffic));
            let about = Circumstances {
                failures: &failures,
                traffic,
                successes,
                retries,
                changes,
                tally,
                texts,
            };
            let signed_region = most_common(&failures, texts, |failure| failure.signed_region);
            let contexts = contexts(&about);
            let contrast = contrast(&failures, successes, texts);
            let one = |dimension| one_value(&failures, dimension).and_then(|id| texts.get(id));
            let cause = reading::read(&reading::Cluster {
                code,
                endpoint: one(Dimension::Endpoint),
                region: one(Dimension::Region),
                signed_region,
                about: &about,
                contexts: &contexts,
                contrast: &contrast,
            });
            let times = || failures.iter().filter_map(|failure| failure.time);
            Cluster {
                id: id(&values, code, overflow),
                signed_region: signed_region.map(str::to_owned),
                overflow,
                failures: count,
                requests,
                failure_rate: requests.map(|requests| rounded(share(count, requests))),
                first_seen: times().min().map(rfc3339),
                last_seen: times().max().map(rfc3339),
                remote_ips: distinct(&failures, |failure| failure.remote_ip),
                user_agents: distinct(&failures, |failure| failure.user_agent),
                retries,
                per_minute: per_minute(&failures),
                principal: one(Dimension::Key)
                    .and_then(|key| tally.owner_of(key))
                    .map(str::to_owned),
                contexts,
                cause,
                contrast,
                examples: examples(&failures, texts),
                code: code.to_owned(),
                values,
            }
        })
        .collect();
    found.sort_unstable_by(|a, b| {
        b.failures
            .cmp(&a.failures)
            .then_with(|| (&a.first_seen, &a.id).cmp(&(&b.first_seen, &b.id)))
    });
    found
}

/// The id of a cluster: the same for the same values and code, wherever and whenever it is made.
fn id(values: &GroupValues, code: &str, overflow: bool) -> String {
    let named: BTreeMap<&str, Option<&str>> =
        values.0.iter().map(|(dimension, value)| (dimension.member(), value.as_deref())).collect();
    let told = format!("{named:?} {code} {overflow}");
    let hash = Sha256::digest(told.as_bytes());
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many failures repeat an earlier one: the same method, target and address, at most five
/// minutes later. The failures are given by time.
fn retries(failures: &[&Failure<'_>]) -> u64 {
    let mut last = HashMap::new();
    let mut count = 0;
    for failure in failures {
        if let Some((fingerprint, time)) = failure.fingerprint.zip(failure.time) {
            let before = last.insert(fingerprint, time);
            count += u64::from(before.is_some_and(|before| time - before <= RETRY_SECONDS));
        }
    }
    count
}

fn per_minute(failures: &[&Failure<'_>]) -> Vec<(Minute, u64)> {
    let mut minutes = BTreeMap::new();
    for failure in failures {
        if let Some(time) = failure.time {
            *minutes.entry(minute_of(time)).or_default() += failure.count;
        }
    }
    minutes.into_iter().collect()
}

fn with_times<S: Serializer>(counts: &[(Minute, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(counts.iter().map(|(minute, n)| (rfc3339(start_of(*minute)), n)))
}

fn distinct(failures: &[&Failure<'_>], value: impl Fn(&Failure<'_>) -> TextId) -> usize {
    let values: HashSet<TextId> = failures.iter().map(|failure| value(failure)).collect();
    values.iter().filter(|id| **id != TextId::NONE).count()
}

fn one_value(failures: &[&Failure<'_>], dimension: Dimension) -> Option<TextId> {
    let (first, rest) = failures.split_first()?;
    let value = first.value(dimension);
    rest.iter().all(|failure| failure.value(dimension) == value).then_some(value)
}

/// The text that most failures have; of several, the first in the alphabet.
fn most_common<'t>(
    failures: &[&Failure<'_>],
    texts: &'t Texts,
    value: impl Fn(&Failure<'_>) -> TextId,
) -> Option<&'t str> {
    let mut counts = BTreeMap::<&str, u64>::new();
    for failure in failures {
        if let Some(text) = texts.get(value(failure)) {
            *counts.entry(text).or_default() += failure.count;
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(text, _)| text)
}

fn examples(failures: &[&Failure<'_>], texts: &Texts) -> Vec<Example> {
    let text = |id| texts.get(id).map(str::to_owned);
    failures
        .iter()
        .filter(|failure| failure.count == 1)
        .take(EXAMPLES)
        .map(|failure| Example {
            time: failure.time.map(rfc3339),
            method: text(failure.method),
            operation: text(failure.value(Dimension::Operation)),
            request_id: failure.request_id.map(str::to_owned),
            user_agent: text(failure.user_agent),
        })
        .collect()
}
