//! Which requests were counted: all of them while they are few, a uniform sample beyond.
//!
//! Counts alone cannot tell that two logs counted the same request, nor how the successes at an
//! endpoint are spread over client addresses. So of every counted request whose hashed request id
//! lies below a threshold a sighting is kept. The threshold starts at the top (everything is kept,
//! everything is exact) and falls when there are too many; it is a function of what was seen and
//! not of its order, so samples merge in any order to the same result.

use hashbrown::HashMap;

use super::series::SeriesId;
use super::texts::{TextId, Texts};
use crate::time::Minute;

/// A counted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sighting {
    /// Hash of the request id.
    pub request: u64,
    /// Hash of what tells records of one request apart.
    pub record: u64,
    /// The series in which it was counted.
    pub series: SeriesId,
    /// The minute in which it was counted.
    pub minute: Minute,
}

/// What else is known of a counted request, for the contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Traits {
    /// Hash of the client's address.
    pub address: u32,
    /// The TLS version.
    pub tls: TextId,
    /// The signature version.
    pub signature_version: TextId,
    /// How the object key has to be encoded.
    pub key_encoding: TextId,
}

impl Traits {
    fn adopt(&mut self, texts: &mut Texts, from: &Texts) {
        for id in [&mut self.tls, &mut self.signature_version, &mut self.key_encoding] {
            *id = texts.adopt(from, *id);
        }
    }
}

/// The sample of a tally.
#[derive(Clone, Debug)]
pub struct Sample {
    limit: usize,
    threshold: u64,
    sightings: HashMap<(Sighting, Traits), u32>,
}

impl Sample {
    /// An empty sample of at most `limit` sightings.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, threshold: u64::MAX, sightings: HashMap::default() }
    }

    /// Whether a request with this hash is kept at present.
    #[must_use]
    pub fn wants(&self, request: u64) -> bool {
        request < self.threshold
    }

    /// The share of requests that is kept; 1 as long as all are.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact to the last bit")]
    pub fn share(&self) -> f64 {
        if self.threshold == u64::MAX { 1.0 } else { self.threshold as f64 / u64::MAX as f64 }
    }

    /// Keeps a sighting, if it is [wanted](Self::wants).
    pub fn add(&mut self, sighting: Sighting, traits: Traits) {
        self.add_times(sighting, 1, traits);
        if self.sightings.len() > 2 * self.limit.max(1) {
            self.thin();
        }
    }

    fn add_times(&mut self, sighting: Sighting, times: u32, traits: Traits) {
        if !self.wants(sighting.request) {
            return;
        }
        let sum = self.sightings.entry((sighting, traits)).or_default();
        *sum = sum.saturating_add(times);
    }

    /// Lowers the threshold until the limit holds.
    pub fn thin(&mut self) {
        if self.sightings.len() > self.limit {
            let mut hashes: Vec<u64> =
                self.sightings.keys().map(|(seen, _)| seen.request).collect();
            let (_, smallest_out, _) = hashes.select_nth_unstable(self.limit);
            self.threshold = *smallest_out;
            self.sightings.retain(|(seen, _), _| seen.request < self.threshold);
        }
    }

    /// Renumbers the series of all sightings.
    pub fn renumber(&mut self, numbers: &[SeriesId]) {
        let old = std::mem::take(&mut self.sightings);
        for ((mut sighting, traits), times) in old {
            sighting.series = numbers[sighting.series as usize];
            self.add_times(sighting, times, traits);
        }
    }

    /// Changes the numbers of all texts to those in another set.
    pub fn adopt(&mut self, texts: &mut Texts, from: &Texts) {
        let old = std::mem::take(&mut self.sightings);
        for ((sighting, mut traits), times) in old {
            traits.adopt(texts, from);
            self.add_times(sighting, times, traits);
        }
    }

    /// Adds another sample, whose series have the numbers `numbers` here.
    pub fn merge(&mut self, other: Self, numbers: &[SeriesId], texts: &mut Texts, from: &Texts) {
        self.threshold = self.threshold.min(other.threshold);
        let threshold = self.threshold;
        self.sightings.retain(|(seen, _), _| seen.request < threshold);
        for ((mut sighting, mut traits), times) in other.sightings {
            sighting.series = numbers[sighting.series as usize];
            traits.adopt(texts, from);
            self.add_times(sighting, times, traits);
        }
        if self.sightings.len() > 2 * self.limit.max(1) {
            self.thin();
        }
    }

    /// Every sighting with how often it was counted, in the order of its request.
    #[must_use]
    pub fn sorted(&self) -> Vec<(Sighting, u32, Traits)> {
        let mut all: Vec<_> =
            self.sightings.iter().map(|((seen, traits), times)| (*seen, *times, *traits)).collect();
        all.sort_unstable_by_key(|(seen, _, _)| *seen);
        all
    }
}
