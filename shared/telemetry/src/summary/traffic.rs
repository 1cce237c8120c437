//! The signed traffic beside the failures, as far as a log shows it whole, each request once.

use std::borrow::Cow;
use std::ops::Range;

use hashbrown::{HashMap, HashSet};

use super::failure::{Failure, marked_version, may_be_marked};
use super::repeats::{Repeats, take_failed, take_repeats};
use crate::dimension::Dimension;
use crate::grouped::Grouped;
use crate::marker::Markers;
use crate::request::Outcome;
use crate::source::Traffic;
use crate::tally::{Cells, Seen, Series, SeriesId, Sighting, Tally, TextId, Texts, ValueIds};
use crate::time::{Minute, Window, start_of};

/// Requests with the same values and outcome.
#[derive(Clone, Debug)]
pub struct Portion<'t> {
    /// What counts them: all their values but the version are its own.
    series: &'t Series,
    /// The traffic that they belong to.
    pub traffic: Traffic,
    /// Their deploy version.
    version: TextId,
    /// The first minute in which there is one, in the window or before.
    pub first: Minute,
    /// How many there are in the window.
    pub count: u64,
}

impl Portion<'_> {
    /// What became of them.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.series.outcome
    }

    /// Their values.
    #[must_use]
    pub fn values(&self) -> ValueIds {
        let mut values = self.series.values;
        values[Dimension::Deploy as usize] = self.version;
        values
    }

    /// Whether it was a deploy marker that named their version.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.version != self.series.values[Dimension::Deploy as usize]
    }

    /// Their value in a dimension.
    #[must_use]
    pub fn value(&self, dimension: Dimension) -> TextId {
        match dimension {
            Dimension::Deploy => self.version,
            _ => self.series.values[dimension as usize],
        }
    }
}

/// The signed requests whose signature did not fail.
#[derive(Clone, Debug, Default)]
pub struct SignedTraffic<'t> {
    /// All of them, by values and outcome.
    pub portions: Vec<Portion<'t>>,
    sample: Sample<'t>,
    /// Of every series, where its portions begin: one for each version that it shows.
    starts: Vec<u32>,
    /// The portions of each endpoint.
    by_endpoint: HashMap<(Traffic, TextId), Vec<u32>>,
    /// The portions of each access key id.
    by_key: HashMap<TextId, Vec<u32>>,
    /// Requests that both S3's and CloudTrail's traffic show, by their portions in the two.
    pub shared: HashMap<(usize, usize), u64>,
    /// How often requests of a series were seen again in a minute, in the sample.
    repeats: Repeats,
    /// Which share of the requests the sample has.
    share: f64,
    /// Requests that are failures of the other traffic.
    counted_as_failures: u64,
    /// Whether duplicates had to be estimated from a sample.
    pub is_estimated: bool,
}

/// The sample, each request once, by portion and minute.
#[derive(Clone, Debug, Default)]
struct Sample<'t> {
    seen: Cow<'t, [Seen]>,
    /// The place of each among all that were seen.
    places: Grouped<u32>,
}

/// The part of the sample that belongs to a portion.
#[derive(Clone, Copy, Debug)]
pub struct Sampled<'a> {
    seen: &'a [Seen],
    places: &'a [u32],
}

impl<'a> Sampled<'a> {
    /// The requests, minutes ascending.
    pub fn iter(self) -> impl ExactSizeIterator<Item = &'a Seen> {
        self.places.iter().map(move |place| &self.seen[*place as usize])
    }

    /// The requests from the first up to the last minute, both included.
    #[must_use]
    pub fn between(self, first: Minute, last: Minute) -> Self {
        let minute = |place: &u32| self.seen[*place as usize].sighting.minute;
        let start = self.places.partition_point(|place| minute(place) < first);
        let end = self.places.partition_point(|place| minute(place) <= last);
        Self { places: self.places.get(start..end).unwrap_or_default(), ..self }
    }
}

impl<'t> Sample<'t> {
    fn at(&self, portion: usize) -> Sampled<'_> {
        Sampled { seen: &self.seen, places: self.places.of(portion) }
    }
}

impl<'t> SignedTraffic<'t> {
    /// How many of a series' requests of a minute a log shows that are counted already.
    #[must_use]
    pub fn repeated(&self, series: SeriesId, minute: Minute) -> u64 {
        self.repeats.get(&(series, minute)).map_or(0, |count| scaled(*count, self.share))
    }

    /// The traffic of a tally in a window, with deploy versions from markers where no better carrier
    /// names one. The texts hold the markers' versions too.
    #[must_use]
    pub fn of(
        tally: &'t Tally,
        window: &Window,
        markers: &Markers,
        failures: &mut [Failure<'_>],
        texts: &Texts,
    ) -> Self {
        let share = tally.sample().share();
        let sample = tally.sample().sorted();
        let mut counts = vec![true; sample.len()];
        let (mut repeats, counted_as_failures) =
            take_failed(tally, &sample, &mut counts, window, markers, failures, texts);
        for (seen, counts) in sample.iter().zip(&mut counts) {
            *counts &= window.holds(seen.sighting.minute);
        }
        take_repeats(tally, &sample, &mut counts, texts, &mut repeats);
        let mut found =
            Self { is_estimated: share < 1.0 && !repeats.is_empty(), ..Self::default() };
        // Most series are one portion.
        found.portions.reserve_exact(tally.series().count());
        found.starts.reserve_exact(tally.series().count() + 1);
        let repeated: HashSet<SeriesId> = repeats.keys().map(|(id, _)| *id).collect();
        for (id, series, cells) in tally.series().iter() {
            let start = found.portions.len();
            found.starts.push(number(start));
            let Some(traffic) = series.traffic else { continue };
            if series.outcome == Outcome::SignatureFailed {
                continue;
            }
            // All of it has one version, and none of it was counted twice.
            if !repeated.contains(&id) && !may_be_marked(series.carrier, markers) {
                found.portions.extend(whole_portion(traffic, series, cells, window));
                continue;
            }
            for (minute, count) in cells.counts() {
                let version = version_at(series, minute, markers, texts);
                let place =
                    found.portion(start..found.portions.len(), version).unwrap_or_else(|| {
                        let first = minute;
                        found.portions.push(Portion { series, traffic, version, first, count: 0 });
                        found.portions.len() - 1
                    });
                if window.holds(minute) {
                    let repeated = repeats.get(&(id, minute)).copied().unwrap_or(0);
                    found.portions[place].count += count.saturating_sub(scaled(repeated, share));
                }
            }
        }
        found.starts.push(number(found.portions.len()));
        found.counted_as_failures = scaled(counted_as_failures, share);
        (found.repeats, found.share) = (repeats, share);
        // Asked anew each time: a list of the answers would be as large as the sample's places.
        let portion_of = |seen: &Seen| {
            let Sighting { series: id, minute, .. } = seen.sighting;
            let series = tally.series().get(id)?;
            found.portion(found.of_series(id), version_at(series, minute, markers, texts))
        };
        let mut shared = HashMap::new();
        let mut rest = counts.as_slice();
        for of_one in sample.chunk_by(|a, b| a.sighting.request == b.sighting.request) {
            let counts;
            (counts, rest) = rest.split_at(of_one.len());
            if of_one.len() < 2 {
                continue;
            }
            let counted = of_one.iter().zip(counts).filter(|(_, counts)| **counts);
            let of_request: Vec<usize> = counted.filter_map(|(seen, _)| portion_of(seen)).collect();
            let portions = &found.portions;
            let in_traffic = |traffic| {
                let portions = of_request.iter().map(move |place| (*place, &portions[*place]));
                portions.filter(move |(_, of)| of.traffic == traffic).map(|(place, _)| place)
            };
            for pair in in_traffic(Traffic::S3).zip(in_traffic(Traffic::CloudTrail)) {
                *shared.entry(pair).or_default() += 1;
            }
        }
        let counted = (0..).zip(&*sample).zip(&counts).filter(|(_, counts)| **counts);
        let placed = counted.filter_map(|((place, seen), _)| Some((portion_of(seen)?, place)));
        let mut places = Grouped::new(placed, found.portions.len());
        places.sort_by_key(|place: &u32| (sample[*place as usize].sighting.minute, *place));
        found.sample = Sample { seen: sample, places };
        found.is_estimated |= share < 1.0 && (counted_as_failures > 0 || !shared.is_empty());
        found.shared = shared;
        for count in found.shared.values_mut() {
            *count = scaled(*count, share);
        }
        for (place, portion) in (0..).zip(&found.portions) {
            let endpoint = portion.value(Dimension::Endpoint);
            found.by_endpoint.entry((portion.traffic, endpoint)).or_default().push(place);
            let key = portion.value(Dimension::Key);
            if key > TextId::OVERFLOW {
                found.by_key.entry(key).or_default().push(place);
            }
        }
        found
    }

    /// The portions of a series.
    fn of_series(&self, id: SeriesId) -> Range<usize> {
        let at = |place: usize| self.starts.get(place).map_or(0, |start| *start as usize);
        at(id as usize)..at(id as usize + 1)
    }

    /// The sample of a series.
    pub fn seen_of(&self, id: SeriesId) -> impl Iterator<Item = &Seen> {
        self.of_series(id).flat_map(|portion| self.sample.at(portion).iter())
    }

    /// Which of these portions, those of one series, has this version.
    fn portion(&self, of: Range<usize>, version: TextId) -> Option<usize> {
        let is_it = |portion: &Portion<'_>| portion.version == version;
        self.portions[of.clone()].iter().rposition(is_it).map(|at| of.start + at)
    }

    fn at_place(&self, place: usize) -> (&Portion<'t>, Sampled<'_>) {
        (&self.portions[place], self.sample.at(place))
    }

    /// The portions of an endpoint, each with its part of the sample.
    pub fn at(
        &self,
        traffic: Traffic,
        endpoint: TextId,
    ) -> impl Iterator<Item = (&Portion<'t>, Sampled<'_>)> {
        let places = self.by_endpoint.get(&(traffic, endpoint));
        places.into_iter().flatten().map(|place| self.at_place(*place as usize))
    }

    /// The portions of an access key id wherever it was used, each with its part of the sample.
    pub fn of_key(&self, key: TextId) -> impl Iterator<Item = (&Portion<'t>, Sampled<'_>)> {
        let places = self.by_key.get(&key);
        places.into_iter().flatten().map(|place| self.at_place(*place as usize))
    }

    /// How many requests there are, each once.
    #[must_use]
    pub fn requests(&self) -> u64 {
        let all: u64 = self.portions.iter().map(|portion| portion.count).sum();
        all.saturating_sub(self.shared.values().sum::<u64>() + self.counted_as_failures)
    }
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The version of the requests that a series counts in a minute.
fn version_at(series: &Series, minute: Minute, markers: &Markers, texts: &Texts) -> TextId {
    let time = start_of(minute) + 59;
    let marked = marked_version(&series.values, series.carrier, time, markers, texts);
    marked.unwrap_or(series.values[Dimension::Deploy as usize])
}

/// The one portion of a series whose requests all have its own version, each counted once.
fn whole_portion<'t>(
    traffic: Traffic,
    series: &'t Series,
    cells: &Cells,
    window: &Window,
) -> Option<Portion<'t>> {
    let (first, count) = cells.as_written().fold((None, 0), |(first, sum), (minute, count)| {
        let first = first.map_or(minute, |first: Minute| first.min(minute));
        (Some(first), sum + if window.holds(minute) { count } else { 0 })
    });
    let version = series.values[Dimension::Deploy as usize];
    first.map(|first| Portion { series, traffic, version, first, count })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate from a sample; exact while the share is 1"
)]
fn scaled(count: u64, share: f64) -> u64 {
    if share >= 1.0 { count } else { (count as f64 / share).round() as u64 }
}
