//! Which values are over-represented among a cluster's failures against the successes at its
//! endpoint.
//!
//! Shares of small samples mislead, so a value counts only if the lower end of the Wilson interval
//! of its share among failures lies above the upper end of the one among successes (95%).

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use serde::Serialize;

use super::failure::Failure;
use super::traffic::{Portion, Sampled, SignedTraffic};
use crate::dimension::Dimension;
use crate::request::Outcome;
use crate::source::Traffic;
use crate::tally::{Seen, TextId, Texts, short_hash};
use crate::time::minute_of;

/// How many values are told for one cluster.
const TOLD: usize = 6;

/// One over-represented value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contrast {
    /// What kind of value: a dimension, or `address`, `tls`, `signature-version`, `key-encoding`.
    pub dimension: &'static str,
    /// The value.
    pub value: String,
    /// The share of the cluster's failures that have it.
    pub failing_share: f64,
    /// The share of the signed successes at its endpoint that have it.
    pub succeeding_share: f64,
}

type ValueOf = fn(&Failure<'_>) -> TextId;

/// The values beside the dimensions that are compared: their names and where a failure has them.
const TRAITS: [(&str, ValueOf); 3] = [
    ("tls", |failure| failure.manner.tls),
    ("signature-version", |failure| failure.manner.signature_version),
    ("key-encoding", |failure| failure.manner.key_encoding),
];

/// The successes at the endpoints of a cluster, counted by value.
#[derive(Debug, Default)]
pub struct Successes {
    /// All of them.
    pub total: u64,
    by_value: HashMap<(Dimension, TextId), u64>,
    sampled: u64,
    by_trait: HashMap<(usize, TextId), u64>,
    by_address: HashMap<u32, u64>,
}

impl Successes {
    /// Counts the successes at these [`places`].
    #[must_use]
    pub fn at(places: &[(Traffic, TextId)], traffic: &SignedTraffic<'_>) -> Self {
        let mut found = Self::default();
        for (portion, sample) in places.iter().flat_map(|(of, at)| traffic.at(*of, *at)) {
            if portion.outcome() == Outcome::Succeeded {
                found.add(portion, sample);
            }
        }
        found
    }

    fn add(&mut self, portion: &Portion<'_>, sample: Sampled<'_>) {
        self.total += portion.count;
        for dimension in Dimension::ALL {
            let value = portion.value(dimension);
            *self.by_value.entry((dimension, value)).or_default() += portion.count;
        }
        for Seen { traits, .. } in sample.iter() {
            self.sampled += 1;
            let values = [traits.tls, traits.signature_version, traits.key_encoding];
            for (place, value) in values.into_iter().enumerate() {
                *self.by_trait.entry((place, value)).or_default() += 1;
            }
            *self.by_address.entry(traits.address).or_default() += 1;
        }
    }

    /// How many have a value in a dimension.
    #[must_use]
    pub fn with(&self, dimension: Dimension, value: TextId) -> u64 {
        self.by_value.get(&(dimension, value)).copied().unwrap_or(0)
    }
}

/// The successes at the endpoints of a cluster while it failed, as far as the sample tells: all of
/// them while it holds every request. Between the first and the last failure, by portion.
fn meanwhile<'a>(
    failures: &[Failure<'_>],
    traffic: &'a SignedTraffic<'a>,
) -> impl Iterator<Item = (&'a Portion<'a>, Sampled<'a>)> {
    let times = || failures.iter().filter_map(|failure| failure.time()).map(minute_of);
    let span = times().min().zip(times().max());
    let places = span.map(|_| places(failures)).unwrap_or_default();
    let (first, last) = span.unwrap_or_default();
    places
        .into_iter()
        .flat_map(|(of, at)| traffic.at(of, at))
        .filter(|(portion, _)| portion.outcome() == Outcome::Succeeded)
        .map(move |(portion, sample)| (portion, sample.between(first, last)))
}

/// How many successes an address had while a cluster failed, among those with the values `only`,
/// and how many other addresses had one.
#[must_use]
pub fn successes_of_address(
    failures: &[Failure<'_>],
    traffic: &SignedTraffic<'_>,
    only: &[(Dimension, TextId)],
    address: &str,
) -> (u64, usize) {
    let address = short_hash(address.as_bytes());
    let mut own = 0;
    let mut others = HashSet::new();
    for (portion, sample) in meanwhile(failures, traffic) {
        let is_alike = |(d, value): &(Dimension, TextId)| portion.value(*d) == *value;
        if !only.iter().all(is_alike) {
            continue;
        }
        for Seen { traits, .. } in sample.iter() {
            if traits.address == address {
                own += 1;
            } else {
                others.insert(traits.address);
            }
        }
    }
    (own, others.len())
}

/// How many successes the addresses that fail had with a key, wherever it was used, while a cluster
/// failed, and how many other addresses had one.
#[must_use]
pub fn successes_of_key(
    failures: &[Failure<'_>],
    traffic: &SignedTraffic<'_>,
    key: TextId,
    texts: &Texts,
) -> (u64, usize) {
    let times = || failures.iter().filter_map(|failure| failure.time()).map(minute_of);
    let Some((first, last)) = times().min().zip(times().max()) else { return (0, 0) };
    let failing = addresses(failures, texts);
    let (mut own, mut others) = (0, HashSet::new());
    let accepted =
        traffic.of_key(key).filter(|(portion, _)| portion.outcome() == Outcome::Succeeded);
    for Seen { traits, .. } in accepted.flat_map(|(_, sample)| sample.between(first, last).iter()) {
        if failing.contains(&traits.address) {
            own += 1;
        } else {
            others.insert(traits.address);
        }
    }
    (own, others.len())
}

/// How many successes the addresses that fail had at the endpoints of a cluster while it failed;
/// `None` where the addresses are not seen.
#[must_use]
pub fn successes_of_those_that_fail(
    failures: &[Failure<'_>],
    traffic: &SignedTraffic<'_>,
    texts: &Texts,
) -> Option<u64> {
    let failing = addresses(failures, texts);
    let seen = meanwhile(failures, traffic).flat_map(|(_, sample)| sample.iter());
    let own = seen.filter(|seen| failing.contains(&seen.traits.address)).count();
    (!failing.is_empty()).then_some(own as u64)
}

/// Hashes of the addresses that fail.
fn addresses(failures: &[Failure<'_>], texts: &Texts) -> HashSet<u32> {
    let addresses: HashSet<TextId> = failures.iter().map(|failure| failure.remote_ip).collect();
    let addresses = addresses.into_iter().filter_map(|address| texts.get(address));
    addresses.map(|address| short_hash(address.as_bytes())).collect()
}

/// How many successes a version had while a cluster failed, and how many all others together.
#[must_use]
pub fn successes_of_version(
    failures: &[Failure<'_>],
    traffic: &SignedTraffic<'_>,
    version: TextId,
) -> (u64, u64) {
    let (mut own, mut others) = (0, 0);
    for (portion, sample) in meanwhile(failures, traffic) {
        let is_own = portion.value(Dimension::Deploy) == version;
        *(if is_own { &mut own } else { &mut others }) += sample.iter().len() as u64;
    }
    (own, others)
}

/// The endpoints where failures were seen, in the traffic that shows those failures.
#[must_use]
pub fn places(failures: &[Failure<'_>]) -> Vec<(Traffic, TextId)> {
    let places: BTreeSet<_> = failures
        .iter()
        .filter_map(Failure::native)
        .map(|native| (native.traffic, native.values[Dimension::Endpoint as usize]))
        .filter(|(_, endpoint)| *endpoint > TextId::OVERFLOW)
        .collect();
    places.into_iter().collect()
}

/// The over-represented values of a cluster, the most telling first.
#[must_use]
pub fn contrast(failures: &[Failure<'_>], successes: &Successes, texts: &Texts) -> Vec<Contrast> {
    let mut found: Vec<(f64, Contrast)> = Vec::new();
    let mut compare =
        |name, counts: HashMap<TextId, u64>, all: u64, of: &dyn Fn(TextId) -> (u64, u64)| {
            for (value, failing) in counts {
                let Some(text) = texts.get(value) else { continue };
                let (succeeding, total) = of(value);
                let (failing_lower, _) = wilson(failing, all);
                let (_, succeeding_upper) = wilson(succeeding, total);
                if total > 0 && failing_lower > succeeding_upper {
                    let told = Contrast {
                        dimension: name,
                        value: text.to_owned(),
                        failing_share: rounded(share(failing, all)),
                        succeeding_share: rounded(share(succeeding, total)),
                    };
                    found.push((failing_lower - succeeding_upper, told));
                }
            }
        };
    // Only what the same log shows of both sides can be compared.
    let native: Vec<&Failure<'_>> = failures.iter().filter(|f| f.native().is_some()).collect();
    let all: u64 = native.iter().map(|failure| failure.count()).sum();
    let count_by = |value: &dyn Fn(&Failure<'_>) -> TextId| {
        let mut counts = HashMap::<TextId, u64>::new();
        for failure in &native {
            *counts.entry(value(failure)).or_default() += failure.count();
        }
        counts
    };
    for dimension in Dimension::ALL {
        let value =
            |f: &Failure<'_>| f.native().map_or(TextId::NONE, |n| n.values[dimension as usize]);
        compare(dimension.name(), count_by(&value), all, &|value| {
            (successes.with(dimension, value), successes.total)
        });
    }
    for (place, (name, value)) in TRAITS.into_iter().enumerate() {
        compare(name, count_by(&value), all, &|value| {
            let with = successes.by_trait.get(&(place, value)).copied().unwrap_or(0);
            (with, successes.sampled)
        });
    }
    compare("address", count_by(&|failure| failure.remote_ip), all, &|value| {
        let hash = short_hash(texts.get(value).unwrap_or_default().as_bytes());
        (successes.by_address.get(&hash).copied().unwrap_or(0), successes.sampled)
    });
    found.sort_by(|(a, told_a), (b, told_b)| {
        b.total_cmp(a)
            .then_with(|| (told_a.dimension, &told_a.value).cmp(&(told_b.dimension, &told_b.value)))
    });
    found.into_iter().take(TOLD).map(|(_, told)| told).collect()
}

/// A part of a whole, from 0 to 1; 0 of nothing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share need not be exact to the last bit")]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A share as it is shown.
#[must_use]
pub fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// The Wilson interval of a share at 95%.
#[expect(clippy::cast_precision_loss, reason = "an interval need not be exact to the last bit")]
fn wilson(part: u64, whole: u64) -> (f64, f64) {
    if whole == 0 {
        return (0.0, 1.0);
    }
    let (n, p, z) = (whole as f64, share(part, whole), 1.96_f64);
    let centre = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_failures_prove_little() {
        let (lower, upper) = wilson(2, 2);
        assert!(lower < 0.4 && upper > 0.99);
        let (lower, _) = wilson(200, 200);
        assert!(lower > 0.97);
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }
}
