//! The signed requests that the failures of a cluster are compared with.

use hashbrown::{HashMap, HashSet};

use super::failure::Failure;
use super::traffic::SignedTraffic;
use crate::dimension::Dimension;
use crate::source::Traffic;
use crate::tally::ValueIds;

/// The values of a request in the dimensions that are grouped by, and nothing in the others.
pub(super) type GroupKey = ValueIds;

/// These values as a key.
pub(super) fn group_key(values: &ValueIds, group_by: &[Dimension]) -> GroupKey {
    let mut key = GroupKey::default();
    for dimension in group_by {
        key[*dimension as usize] = values[*dimension as usize];
    }
    key
}

/// All signed requests, failed or not, by the values that their traffic shows.
#[derive(Clone, Debug)]
pub struct Requests {
    by_key: HashMap<(Traffic, GroupKey), u64>,
    /// Requests that both bodies of traffic show, with their values in S3's and in CloudTrail's.
    in_both: HashMap<(GroupKey, GroupKey), u64>,
}

impl Requests {
    /// Counts the requests of all traffic, given the failures among them.
    #[must_use]
    pub fn count(
        failures: &[Failure<'_>],
        traffic: &SignedTraffic<'_>,
        group_by: &[Dimension],
    ) -> Self {
        let mut by_key = HashMap::<(Traffic, GroupKey), u64>::new();
        for portion in &traffic.portions {
            let key = (portion.traffic, group_key(&portion.values(), group_by));
            *by_key.entry(key).or_default() += portion.count;
        }
        for failure in failures {
            if let Some(native) = failure.native() {
                let key = (native.traffic, group_key(&native.values, group_by));
                *by_key.entry(key).or_default() += failure.count();
            }
        }
        let mut in_both = HashMap::new();
        for ((in_s3, in_trail), count) in &traffic.shared {
            let key = |portion: &usize| group_key(&traffic.portions[*portion].values(), group_by);
            *in_both.entry((key(in_s3), key(in_trail))).or_default() += count;
        }
        Self { by_key, in_both }
    }

    /// The requests that a cluster's failures are compared with: those with the values that its
    /// failures have in the log of the whole traffic, and the failures that no such log shows.
    /// `None` where no such log shows any.
    #[must_use]
    pub fn beside(&self, failures: &[Failure<'_>], group_by: &[Dimension]) -> Option<u64> {
        let keys: HashSet<(Traffic, GroupKey)> = failures
            .iter()
            .filter_map(Failure::native)
            .map(|native| (native.traffic, group_key(&native.values, group_by)))
            .collect();
        if keys.is_empty() {
            return None;
        }
        let unseen = failures.iter().filter(|failure| failure.native().is_none());
        let unseen: u64 = unseen.map(Failure::count).sum();
        let all: u64 = keys.iter().filter_map(|key| self.by_key.get(key)).sum();
        let of = |traffic| keys.iter().filter(move |(of, _)| *of == traffic).map(|(_, key)| key);
        let twice: u64 = of(Traffic::S3)
            .flat_map(|a| of(Traffic::CloudTrail).map(move |b| (*a, *b)))
            .filter_map(|pair| self.in_both.get(&pair))
            .sum();
        Some(unseen + all.saturating_sub(twice))
    }
}
