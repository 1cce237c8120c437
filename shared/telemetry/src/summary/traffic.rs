//! The signed traffic beside the failures, as far as a log shows it whole, each request once.

use hashbrown::HashMap;

use super::failure::marked_version;
use crate::dimension::Dimension;
use crate::marker::Markers;
use crate::request::Outcome;
use crate::source::Traffic;
use crate::tally::{SeriesId, Sighting, Tally, TextId, Texts, Traits, ValueIds};
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
}

/// The signed requests whose signature did not fail.
#[derive(Clone, Debug, Default)]
pub struct SignedTraffic {
    /// All of them, by values and outcome.
    pub portions: Vec<Portion>,
    /// The sample, each request once, by portion.
    sample: Vec<Vec<(Minute, Traits)>>,
    /// The portions of each endpoint.
    by_endpoint: HashMap<(Traffic, TextId), Vec<usize>>,
    /// Requests that both S3's and CloudTrail's traffic show.
    pub in_both: u64,
    /// Whether duplicates had to be estimated from a sample.
    pub is_estimated: bool,
}

impl SignedTraffic {
    /// The traffic of a tally in a window, with deploy versions from markers where no better
    /// carrier names one.
    #[must_use]
    pub fn of(tally: &Tally, window: &Window, markers: &Markers, texts: &mut Texts) -> Self {
        let share = tally.sample().share();
        let mut sightings = tally.sample().sorted();
        sightings.retain(|(seen, _, _)| window.holds(seen.minute));
        let (kept, repeats) = split_repeats(tally, sightings, texts);
        let mut found =
            Self { is_estimated: share < 1.0 && !repeats.is_empty(), ..Self::default() };
        let mut portion_of = HashMap::<(SeriesId, TextId), usize>::new();
        for (id, series, cells) in tally.series().iter() {
            let Some(traffic) = series.traffic else { continue };
            if series.outcome == Outcome::SignatureFailed {
                continue;
            }
            let first = cells.first().map_or(Minute::MAX, |(minute, _)| *minute);
            for (minute, count) in cells {
                let mut values = series.values;
                let time = start_of(minute) + 59;
                if let Some(version) = marked_version(&values, series.carrier, time, markers, texts)
                {
                    values[Dimension::Deploy as usize] = version;
                }
                let place = *portion_of
                    .entry((id, values[Dimension::Deploy as usize]))
                    .or_insert_with(|| {
                        let outcome = series.outcome;
                        found.portions.push(Portion { traffic, outcome, values, count: 0, first });
                        found.portions.len() - 1
                    });
                if window.holds(minute) {
                    let repeated = repeats.get(&(id, minute)).copied().unwrap_or(0);
                    found.portions[place].count += count.saturating_sub(scaled(repeated, share));
                }
            }
        }
        found.in_both = scaled(in_both(tally, &kept), share);
        found.sample = vec![Vec::new(); found.portions.len()];
        for (seen, traits) in kept {
            let Some(series) = tally.series().get(seen.series) else { continue };
            let time = start_of(seen.minute) + 59;
            let version = marked_version(&series.values, series.carrier, time, markers, texts)
                .unwrap_or(series.values[Dimension::Deploy as usize]);
            if let Some(portion) = portion_of.get(&(seen.series, version)) {
                found.sample[*portion].push((seen.minute, traits));
            }
        }
        for (place, portion) in found.portions.iter().enumerate() {
            let endpoint = portion.values[Dimension::Endpoint as usize];
            found.by_endpoint.entry((portion.traffic, endpoint)).or_default().push(place);
        }
        found
    }

    /// The portions of an endpoint, each with its part of the sample.
    pub fn at(
        &self,
        traffic: Traffic,
        endpoint: TextId,
    ) -> impl Iterator<Item = (&Portion, &[(Minute, Traits)])> {
        let places = self.by_endpoint.get(&(traffic, endpoint));
        places
            .into_iter()
            .flatten()
            .map(|place| (&self.portions[*place], self.sample[*place].as_slice()))
    }

    /// How many requests there are, each once.
    #[must_use]
    pub fn requests(&self) -> u64 {
        let all: u64 = self.portions.iter().map(|portion| portion.count).sum();
        all.saturating_sub(self.in_both)
    }
}

type Repeats = HashMap<(SeriesId, Minute), u64>;

/// Keeps every request once, and counts by series and minute how often it was counted besides.
/// Of two series that counted one request, the one with the smaller values keeps it.
fn split_repeats(
    tally: &Tally,
    sightings: Vec<(Sighting, u32, Traits)>,
    texts: &Texts,
) -> (Vec<(Sighting, Traits)>, Repeats) {
    let mut kept = Vec::with_capacity(sightings.len());
    let mut repeats = Repeats::new();
    let traffic = |seen: &Sighting| tally.series().get(seen.series).and_then(|s| s.traffic);
    let mut of_one: Vec<(Sighting, u32, Traits)> = Vec::new();
    let mut sightings = sightings.into_iter().peekable();
    while let Some(first) = sightings.next() {
        of_one.clear();
        of_one.push(first);
        while let Some(next) = sightings
            .next_if(|next| next.0.request == first.0.request && next.0.record == first.0.record)
        {
            of_one.push(next);
        }
        if of_one.len() > 1 {
            of_one.sort_by_cached_key(|(seen, _, traits)| {
                let text = |id| texts.get(id).unwrap_or_default().to_owned();
                let values = tally.series().get(seen.series).map(|series| series.values.map(text));
                let ids = [traits.tls, traits.signature_version, traits.key_encoding];
                (traffic(seen), seen.minute, values, traits.address, ids.map(text))
            });
        }
        let mut last_traffic = None;
        for (place, (seen, times, traits)) in of_one.iter().enumerate() {
            let is_kept = place == 0 || traffic(seen) != last_traffic;
            last_traffic = traffic(seen);
            if is_kept {
                kept.push((*seen, *traits));
            }
            let extra = u64::from(*times) - u64::from(is_kept);
            if extra > 0 {
                *repeats.entry((seen.series, seen.minute)).or_default() += extra;
            }
        }
    }
    (kept, repeats)
}

/// How many requests of the sample both bodies of traffic show.
fn in_both(tally: &Tally, kept: &[(Sighting, Traits)]) -> u64 {
    let traffic = |seen: &Sighting| tally.series().get(seen.series).and_then(|s| s.traffic);
    kept.chunk_by(|a, b| a.0.request == b.0.request)
        .map(|of_one| {
            let count = |wanted| of_one.iter().filter(|(s, _)| traffic(s) == Some(wanted)).count();
            count(Traffic::S3).min(count(Traffic::CloudTrail)) as u64
        })
        .sum()
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
