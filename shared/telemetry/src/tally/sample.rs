//! Which requests were counted: all of them while they are few, a uniform sample beyond.
//!
//! Counts alone cannot tell that two logs counted the same request, nor how the successes at an
//! endpoint are spread over client addresses. So of every counted request whose hashed request id
//! lies below a threshold a sighting is kept. The threshold starts at the top (everything is kept,
//! everything is exact) and falls when there are too many; it is a function of what was seen and
//! not of its order, so samples merge in any order to the same result.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::series::SeriesId;
use super::shared_room::SharedRoom;
use super::texts::{Adopting, TextId};
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
    fn adopt(&mut self, texts: &mut Adopting<'_>) {
        for id in [&mut self.tls, &mut self.signature_version, &mut self.key_encoding] {
            *id = texts.adopt(*id);
        }
    }
}

/// A sighting with its traits, and how often it was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The request.
    pub sighting: Sighting,
    /// What else is known of it.
    pub traits: Traits,
    /// How many records told the same.
    pub times: u32,
}

/// The sample of a tally.
#[derive(Clone, Debug)]
pub struct Sample {
    limit: usize,
    threshold: u64,
    /// As they came. What was seen twice stands here twice until there are too many: to look for
    /// it at once would cost more than the whole sample.
    seen: Vec<Seen>,
    /// Where this is one of several samples that will be merged: their room.
    room: Option<Arc<SharedRoom>>,
    /// How many sightings the others know of.
    told: usize,
}

/// From so many sightings on there is memory for all that there will be: to move them ever again leaves
/// holes behind.
const MANY: usize = 4_096;
/// For this part of the limit the others are told at once.
const AT_ONCE: usize = 32;

impl Sample {
    /// An empty sample of at most `limit` sightings.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, threshold: u64::MAX, seen: Vec::new(), room: None, told: 0 }
    }

    /// Shares the room with the samples of others.
    pub(super) fn share_room(&mut self, room: Arc<SharedRoom>) {
        self.room = Some(room);
    }

    /// Leaves the shared room, so that its memory is given back when all have left.
    pub(super) fn leave_room(&mut self) {
        self.room = None;
    }

    /// Whether a request with this hash is kept at present.
    #[must_use]
    pub fn wants(&self, request: u64) -> bool {
        request < self.threshold
    }

    /// Below which hash a request is kept.
    pub(super) fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Takes over the threshold of another sample, into this one that is empty.
    pub(super) fn restore(&mut self, threshold: u64) {
        self.threshold = threshold;
    }

    /// Puts back what another sample kept.
    pub(super) fn put_back(&mut self, seen: Seen) {
        if self.wants(seen.sighting.request) {
            if self.seen.len() == MANY {
                self.seen.reserve_exact(self.most().saturating_sub(MANY));
            }
            self.seen.push(seen);
            self.tell_others();
            self.thin_if_many();
        }
    }

    /// The sightings in no order; what was seen twice may stand here twice.
    pub fn iter(&self) -> impl Iterator<Item = &Seen> + Clone {
        self.seen.iter()
    }

    /// The share of requests that is kept; 1 as long as all are.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact to the last bit")]
    pub fn share(&self) -> f64 {
        if self.threshold == u64::MAX { 1.0 } else { self.threshold as f64 / u64::MAX as f64 }
    }

    /// Keeps a sighting, if it is [wanted](Self::wants).
    pub fn add(&mut self, sighting: Sighting, traits: Traits) {
        self.put_back(Seen { sighting, traits, times: 1 });
    }

    /// More sightings than this do not come together before they are thinned out.
    fn most(&self) -> usize {
        self.limit.max(3) * 5 / 4 + 1
    }

    fn tell_others(&mut self) {
        let Some(room) = &self.room else { return };
        if self.seen.len().saturating_sub(self.told) <= self.limit / AT_ONCE {
            return;
        }
        let news = self.seen.iter().skip(self.told).map(|seen| seen.sighting.request);
        let threshold = room.tell(news);
        self.keep_below(threshold);
        self.told = self.seen.len();
    }

    fn keep_below(&mut self, threshold: u64) {
        if threshold < self.threshold {
            self.threshold = threshold;
            self.seen.retain(|seen| seen.sighting.request < threshold);
        }
    }

    fn thin_if_many(&mut self) {
        if self.seen.len() < self.most() {
            return;
        }
        // Nearly every request was seen once. By requests alone the threshold never comes out lower
        // than by sightings, and to sort them takes little of the time.
        let mut requests: Vec<u64> = self.seen.iter().map(|seen| seen.sighting.request).collect();
        requests.sort_unstable();
        requests.dedup();
        if let Some(smallest_out) = requests.get(self.limit) {
            self.keep_below(*smallest_out);
        }
        if self.seen.len() > self.limit + self.limit / 8 {
            self.thin();
        }
        self.told = self.told.min(self.seen.len());
    }

    /// Puts the sightings in order, and lowers the threshold until the limit holds.
    pub fn thin(&mut self) {
        if let Some(room) = &self.room {
            self.keep_below(room.threshold());
        }
        sort(&mut self.seen);
        if let Some(smallest_out) = self.seen.get(self.limit) {
            self.threshold = smallest_out.sighting.request;
            let kept = self.seen.partition_point(|seen| seen.sighting.request < self.threshold);
            self.seen.truncate(kept);
        }
        self.told = self.seen.len();
    }

    /// Gives back the memory that further sightings would need.
    pub fn shrink(&mut self) {
        self.seen.shrink_to_fit();
    }

    /// Renumbers the series of all sightings.
    pub fn renumber(&mut self, numbers: &[SeriesId]) {
        for seen in &mut self.seen {
            seen.sighting.series = numbers[seen.sighting.series as usize];
        }
    }

    /// Changes the numbers of all texts to those in another set.
    pub fn adopt(&mut self, texts: &mut Adopting<'_>) {
        for seen in &mut self.seen {
            seen.traits.adopt(texts);
        }
    }

    /// Adds another sample, whose series have the numbers `numbers` here.
    pub fn merge(&mut self, mut other: Self, numbers: &[SeriesId], texts: &mut Adopting<'_>) {
        other.renumber(numbers);
        other.adopt(texts);
        sort(&mut self.seen);
        sort(&mut other.seen);
        // What there will be no room for goes first, so that the two never need more.
        self.threshold = self.threshold.min(other.threshold).min(self.end_with(&other));
        for seen in [&mut self.seen, &mut other.seen] {
            seen.truncate(seen.partition_point(|seen| seen.sighting.request < self.threshold));
        }
        self.seen.append(&mut other.seen);
        // Of two lists in order this is one merge, which a sort that moves less would not see.
        self.seen.sort_by(order);
        add_up(&mut self.seen);
    }

    /// The first request for which there is no room beside another sample; both are in order.
    fn end_with(&self, other: &Self) -> u64 {
        let (mut mine, mut theirs) = (self.seen.iter().peekable(), other.seen.iter().peekable());
        let both = std::iter::from_fn(|| match (mine.peek(), theirs.peek()) {
            (Some(a), Some(b)) => match order(a, b) {
                Ordering::Less => mine.next(),
                Ordering::Equal => mine.next().and(theirs.next()),
                Ordering::Greater => theirs.next(),
            },
            (Some(_), None) => mine.next(),
            (None, _) => theirs.next(),
        });
        both.map(|seen| seen.sighting.request).nth(self.limit).unwrap_or(u64::MAX)
    }

    /// Every sighting once, in the order of its request.
    #[must_use]
    pub fn sorted(&self) -> Cow<'_, [Seen]> {
        if self.seen.is_sorted_by(|a, b| order(a, b) == Ordering::Less) {
            return Cow::Borrowed(&self.seen);
        }
        let mut sorted = self.seen.clone();
        sort(&mut sorted);
        Cow::Owned(sorted)
    }
}

/// By request, and by all else only where that is the same, which it hardly ever is.
fn order(a: &Seen, b: &Seen) -> Ordering {
    let by_request = a.sighting.request.cmp(&b.sighting.request);
    by_request.then_with(|| (a.sighting, a.traits).cmp(&(b.sighting, b.traits)))
}

/// Sorts sightings, and adds up those of the same.
fn sort(seen: &mut Vec<Seen>) {
    seen.sort_unstable_by(order);
    add_up(seen);
}

/// Adds up sightings of the same, which are neighbours.
fn add_up(seen: &mut Vec<Seen>) {
    seen.dedup_by(|next, first| {
        let is_same = order(next, first) == Ordering::Equal;
        if is_same {
            first.times = first.times.saturating_add(next.times);
        }
        is_same
    });
}
