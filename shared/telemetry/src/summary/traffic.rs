//! The signed traffic beside the failures, as far as a log shows it whole, each request once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use hashbrown::{HashMap, HashSet};

use super::failure::{Failure, Native, marked_version, may_be_marked, region_is_guess};
use crate::dimension::{COUNT, Dimension};
use crate::grouped::Grouped;
use crate::marker::Markers;
use crate::request::Outcome;
use crate::source::Traffic;
use crate::tally::{
    Cells, Seen, Series, SeriesId, Sighting, Tally, TextId, Texts, ValueIds, request_hash,
};
use crate::time::{Minute, Window, start_of};

/// Requests with the same values and outcome.
#[derive(Clone, Debug)]
pub struct Portion {
    /// The traffic that they belong to.
    pub traffic: Traffic,
    /// What became of them.
    pub outcome: Outcome,
    /// Their values.
    pub values: ValueIds,
    /// How many there are in the window.
    pub count: u64,
    /// The first minute in which there is one, in the window or before.
    pub first: Minute,
    /// Whether it was a deploy marker that named their version.
    pub is_marked: bool,
}

/// The signed requests whose signature did not fail.
#[derive(Clone, Debug, Default)]
pub struct SignedTraffic<'t> {
    /// All of them, by values and outcome.
    pub portions: Vec<Portion>,
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
        let at = |place: u32| &sample[place as usize];
        let mut sightings: Vec<u32> = (0..).take(sample.len()).collect();
        let (mut repeats, counted_as_failures) =
            take_failed(tally, &sample, &mut sightings, window, markers, failures, texts);
        sightings.retain(|place| window.holds(at(*place).sighting.minute));
        take_repeats(tally, &sample, &mut sightings, texts, &mut repeats);
        let mut found =
            Self { is_estimated: share < 1.0 && !repeats.is_empty(), ..Self::default() };
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
                let mut values = series.values;
                let time = start_of(minute) + 59;
                if let Some(version) = marked_version(&values, series.carrier, time, markers, texts)
                {
                    values[Dimension::Deploy as usize] = version;
                }
                let place =
                    found.portion(start..found.portions.len(), &values).unwrap_or_else(|| {
                        let outcome = series.outcome;
                        found.portions.push(Portion {
                            traffic,
                            outcome,
                            values,
                            count: 0,
                            first: minute,
                            is_marked: values != series.values,
                        });
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
        let portion_of = |place: u32| {
            let Sighting { series: id, minute, .. } = at(place).sighting;
            let series = tally.series().get(id)?;
            let mut values = series.values;
            let time = start_of(minute) + 59;
            if let Some(version) = marked_version(&values, series.carrier, time, markers, texts) {
                values[Dimension::Deploy as usize] = version;
            }
            found.portion(found.of_series(id), &values)
        };
        let mut shared = HashMap::new();
        let request = |place: u32| at(place).sighting.request;
        for of_one in sightings.chunk_by(|a, b| request(*a) == request(*b)) {
            if of_one.len() < 2 {
                continue;
            }
            let of_request: Vec<usize> =
                of_one.iter().filter_map(|place| portion_of(*place)).collect();
            let portions = &found.portions;
            let in_traffic = |traffic| {
                let portions = of_request.iter().map(move |place| (*place, &portions[*place]));
                portions.filter(move |(_, of)| of.traffic == traffic).map(|(place, _)| place)
            };
            for pair in in_traffic(Traffic::S3).zip(in_traffic(Traffic::CloudTrail)) {
                *shared.entry(pair).or_default() += 1;
            }
        }
        let placed = sightings.iter().filter_map(|place| Some((portion_of(*place)?, *place)));
        let mut places = Grouped::new(placed, found.portions.len());
        places.sort_by_key(|place| (at(*place).sighting.minute, *place));
        drop(sightings);
        found.sample = Sample { seen: sample, places };
        found.is_estimated |= share < 1.0 && (counted_as_failures > 0 || !shared.is_empty());
        found.shared = shared;
        for count in found.shared.values_mut() {
            *count = scaled(*count, share);
        }
        for (place, portion) in (0..).zip(&found.portions) {
            let endpoint = portion.values[Dimension::Endpoint as usize];
            found.by_endpoint.entry((portion.traffic, endpoint)).or_default().push(place);
            let key = portion.values[Dimension::Key as usize];
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

    /// Which of these portions, those of one series, has the version of these values.
    fn portion(&self, of: Range<usize>, values: &ValueIds) -> Option<usize> {
        let deploy = Dimension::Deploy as usize;
        let is_it = |portion: &Portion| portion.values[deploy] == values[deploy];
        self.portions[of.clone()].iter().rposition(is_it).map(|at| of.start + at)
    }

    fn at_place(&self, place: usize) -> (&Portion, Sampled<'_>) {
        (&self.portions[place], self.sample.at(place))
    }

    /// The portions of an endpoint, each with its part of the sample.
    pub fn at(
        &self,
        traffic: Traffic,
        endpoint: TextId,
    ) -> impl Iterator<Item = (&Portion, Sampled<'_>)> {
        let places = self.by_endpoint.get(&(traffic, endpoint));
        places.into_iter().flatten().map(|place| self.at_place(*place as usize))
    }

    /// The portions of an access key id wherever it was used, each with its part of the sample.
    pub fn of_key(&self, key: TextId) -> impl Iterator<Item = (&Portion, Sampled<'_>)> {
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

/// The one portion of a series whose requests all have its own version, each counted once.
fn whole_portion(
    traffic: Traffic,
    series: &Series,
    cells: &Cells,
    window: &Window,
) -> Option<Portion> {
    let (first, count) = cells.as_written().fold((None, 0), |(first, sum), (minute, count)| {
        let first = first.map_or(minute, |first: Minute| first.min(minute));
        (Some(first), sum + if window.holds(minute) { count } else { 0 })
    });
    let Series { outcome, values, .. } = *series;
    first.map(|first| Portion { traffic, outcome, values, count, first, is_marked: false })
}

type Repeats = HashMap<(SeriesId, Minute), u64>;

/// Takes out the requests that one log only calls refused and another knows to be a signature failure:
/// without the service's message the two look alike. They count as the failures that they are, and
/// the log that shows them shows the traffic that they belong to.
///
/// Where the failure belongs to another traffic already, this one keeps the request, and only the
/// total must not count it again: how many such there are comes second.
fn take_failed(
    tally: &Tally,
    sample: &[Seen],
    sightings: &mut Vec<u32>,
    window: &Window,
    markers: &Markers,
    failures: &mut [Failure<'_>],
    texts: &Texts,
) -> (Repeats, u64) {
    let mut repeats = Repeats::new();
    let mut counted_as_failures = HashSet::new();
    let mut by_request: Vec<(u64, usize)> = Vec::with_capacity(failures.len());
    for (place, failure) in failures.iter().enumerate() {
        let hash = failure.request_id.as_deref().and_then(|id| request_hash(id.as_bytes(), None));
        by_request.push((hash.unwrap_or_default(), place));
    }
    by_request.sort_unstable();
    let refused = |seen: &Seen| {
        let series = tally.series().get(seen.sighting.series)?;
        let traffic = series.traffic.filter(|_| series.outcome != Outcome::Succeeded)?;
        let request = seen.sighting.request;
        let start = by_request.partition_point(|(hash, _)| *hash < request);
        let of_one = by_request[start..].iter().take_while(move |(hash, _)| *hash == request);
        let places = of_one.map(|(_, place)| *place);
        Some((series, traffic, places))
    };
    // Of several records of one traffic the same one is taken, in whatever order they came.
    let mut natives: BTreeMap<usize, (bool, [String; COUNT], Native)> = BTreeMap::new();
    for seen in sightings.iter().map(|place| &sample[*place as usize]) {
        let Some((series, traffic, places)) = refused(seen) else { continue };
        for place in places.filter(|place| failures[*place].native().is_none()) {
            let time = failures[place].time().unwrap_or(start_of(seen.sighting.minute));
            let mut values = series.values;
            if let Some(id) = marked_version(&values, series.carrier, time, markers, texts) {
                values[Dimension::Deploy as usize] = id;
            }
            let shown = values.map(|id| texts.get(id).unwrap_or_default().to_owned());
            let native = (region_is_guess(&values, texts), shown, Native { traffic, values });
            let best = natives.entry(place).or_insert_with(|| native.clone());
            let rank = |(is_guess, shown, native): &(bool, [String; COUNT], Native)| {
                (native.traffic, *is_guess, shown.clone())
            };
            if rank(&native) < rank(best) {
                *best = native;
            }
        }
    }
    for (place, (_, _, native)) in natives {
        failures[place].set_native(native);
    }
    sightings.retain(|place| {
        let seen = &sample[*place as usize];
        let Some((_, traffic, places)) = refused(seen) else { return true };
        // CloudTrail's records of one request id are told apart by their events.
        let is_another = |event| event != 0 && event != seen.sighting.record;
        let mut places = places
            .filter(|place| traffic != Traffic::CloudTrail || !is_another(failures[*place].event));
        // In no failure, nothing is to be taken out.
        let Some(first) = places.next() else { return true };
        let is_native =
            |place: usize| failures[place].native().is_some_and(|n| n.traffic == traffic);
        if is_native(first) || places.any(is_native) {
            let Sighting { series, minute, .. } = seen.sighting;
            *repeats.entry((series, minute)).or_default() += u64::from(seen.times);
            return false;
        }
        if window.holds(seen.sighting.minute) {
            counted_as_failures.insert(seen.sighting.request);
        }
        true
    });
    (repeats, counted_as_failures.len() as u64)
}

/// Keeps every request once, and counts by series and minute how often it was counted besides.
/// Of two series that counted one request, the one with the smaller values keeps it, unless its
/// region is a guess.
fn take_repeats(
    tally: &Tally,
    sample: &[Seen],
    sightings: &mut Vec<u32>,
    texts: &Texts,
    repeats: &mut Repeats,
) {
    let at = |place: &u32| &sample[*place as usize];
    let traffic =
        |seen: &Seen| tally.series().get(seen.sighting.series).and_then(|series| series.traffic);
    let is_one = |a: &Seen, b: &Seen| {
        (a.sighting.request, a.sighting.record) == (b.sighting.request, b.sighting.record)
    };
    let records = sightings.chunk_by_mut(|a, b| is_one(at(a), at(b)));
    for of_one in records.filter(|of_one| of_one.len() > 1) {
        of_one.sort_by_cached_key(|place| {
            let text = |id| texts.get(id).unwrap_or_default().to_owned();
            let Seen { sighting, traits, .. } = at(place);
            let series = tally.series().get(sighting.series);
            let is_guess = series.is_some_and(|series| region_is_guess(&series.values, texts));
            let values = series.map(|series| series.values.map(text));
            let ids = [traits.tls, traits.signature_version, traits.key_encoding];
            let kind = series.and_then(|series| series.traffic);
            (kind, is_guess, sighting.minute, values, traits.address, ids.map(text))
        });
    }
    let mut last: Option<&Seen> = None;
    sightings.retain(|place| {
        let seen = at(place);
        let is_kept =
            !last.is_some_and(|last| is_one(last, seen) && traffic(last) == traffic(seen));
        last = Some(seen);
        let extra = u64::from(seen.times) - u64::from(is_kept);
        if extra > 0 {
            let Sighting { series, minute, .. } = seen.sighting;
            *repeats.entry((series, minute)).or_default() += extra;
        }
        is_kept
    });
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
