//! Requests of the sample that are counted besides: as failures, or by another record.
//!
//! Which of the sample counts is told by one mark for each of its places: lists of places would be as long as
//! the sample, though most of it counts.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::failure::{self, Failure, Native, marked_version, region_is_guess};
use crate::dimension::{COUNT, Dimension};
use crate::marker::Markers;
use crate::request::Outcome;
use crate::source::Traffic;
use crate::tally::{Seen, SeriesId, Sighting, Tally, Texts, request_hash};
use crate::time::{Minute, Window, minute_of, start_of};

/// How often requests of a series were counted besides in a minute, in the sample.
pub(super) type Repeats = HashMap<(SeriesId, Minute), u64>;

/// Takes out the requests that one log only calls refused and another knows to be a signature failure:
/// without the service's message the two look alike. They count as the failures that they are, and
/// the log that shows them shows the traffic that they belong to.
///
/// Where the failure belongs to another traffic already, this one keeps the request, and only the
/// total must not count it again: how many such there are comes second.
pub(super) fn take_failed(
    tally: &Tally,
    sample: &[Seen],
    counts: &mut [bool],
    window: &Window,
    markers: &Markers,
    failures: &mut [Failure<'_>],
    texts: &Texts,
) -> (Repeats, u64) {
    let mut repeats = Repeats::new();
    let mut counted_as_failures = HashSet::new();
    let mut by_request: Vec<(u64, usize)> = Vec::new();
    for (place, failure) in failures.iter().enumerate() {
        let hash = failure.id.request_id().and_then(|id| request_hash(id.as_bytes(), None));
        // The others cannot be in the sample.
        if let Some(hash) = hash.filter(|hash| tally.sample().wants(*hash)) {
            by_request.push((hash, place));
        }
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
    let mut natives: BTreeMap<usize, (bool, [String; COUNT], Minute, Native)> = BTreeMap::new();
    for seen in sample {
        let Some((series, traffic, places)) = refused(seen) else { continue };
        for place in places.filter(|place| failures[*place].native().is_none()) {
            let minute = seen.sighting.minute;
            let time =
                failures[place].time().filter(|time| minute == 0 || minute_of(*time) == minute);
            let time = time.unwrap_or(start_of(minute));
            let mut values = series.values;
            if let Some(id) = marked_version(&values, series.carrier, time, markers, texts) {
                values[Dimension::Deploy as usize] = id;
            }
            let shown = values.map(|id| texts.get(id).unwrap_or_default().to_owned());
            let is_guess = region_is_guess(&values, texts);
            let native = (is_guess, shown, minute, Native { traffic, values });
            let best = natives.entry(place).or_insert_with(|| native.clone());
            let rank = |(is_guess, shown, minute, native): &(bool, [String; COUNT], _, Native)| {
                (native.traffic, *is_guess, shown.clone(), *minute)
            };
            if rank(&native) < rank(best) {
                *best = native;
            }
        }
    }
    let mut is_moved = false;
    for (place, (_, _, minute, native)) in natives {
        if failures[place].set_native(native, minute) {
            failures[place].mark_anew(markers, texts);
            is_moved = true;
        }
    }
    for (seen, counts) in sample.iter().zip(counts) {
        let Some((_, traffic, places)) = refused(seen) else { continue };
        // CloudTrail's records of one request id are told apart by their events.
        let is_another = |event| event != 0 && event != seen.sighting.record;
        let mut places = places.filter(|place| {
            traffic != Traffic::CloudTrail || !is_another(failures[*place].id.event())
        });
        // In no failure, nothing is to be taken out.
        let Some(first) = places.next() else { continue };
        let is_native =
            |place: usize| failures[place].native().is_some_and(|n| n.traffic == traffic);
        if is_native(first) || places.any(is_native) {
            let Sighting { series, minute, .. } = seen.sighting;
            *repeats.entry((series, minute)).or_default() += u64::from(seen.times);
            *counts = false;
        } else if window.holds(seen.sighting.minute) {
            counted_as_failures.insert(seen.sighting.request);
        }
    }
    if is_moved {
        failure::sort(failures);
    }
    (repeats, counted_as_failures.len() as u64)
}

/// Keeps every request once, and counts by series and minute how often it was counted besides.
/// Of two series that counted one request, the one with the smaller values keeps it, unless its
/// region is a guess.
pub(super) fn take_repeats(
    tally: &Tally,
    sample: &[Seen],
    counts: &mut [bool],
    texts: &Texts,
    repeats: &mut Repeats,
) {
    let traffic =
        |seen: &Seen| tally.series().get(seen.sighting.series).and_then(|series| series.traffic);
    let is_one = |a: &Seen, b: &Seen| {
        (a.sighting.request, a.sighting.record) == (b.sighting.request, b.sighting.record)
    };
    let mut again = |seen: &Seen, times: u32| {
        if times > 0 {
            let Sighting { series, minute, .. } = seen.sighting;
            *repeats.entry((series, minute)).or_default() += u64::from(times);
        }
    };
    let mut rest = counts;
    for of_one in sample.chunk_by(is_one) {
        let counts;
        (counts, rest) = rest.split_at_mut(of_one.len());
        // Nearly all are told by one record.
        if let ([seen], [true]) = (of_one, &*counts) {
            again(seen, seen.times - 1);
            continue;
        }
        let mut places: Vec<usize> = (0..of_one.len()).filter(|place| counts[*place]).collect();
        places.sort_by_cached_key(|place| {
            let text = |id| texts.get(id).unwrap_or_default().to_owned();
            let Seen { sighting, traits, .. } = &of_one[*place];
            let series = tally.series().get(sighting.series);
            let is_guess = series.is_some_and(|series| region_is_guess(&series.values, texts));
            let values = series.map(|series| series.values.map(text));
            let ids = [traits.tls, traits.signature_version, traits.key_encoding];
            let kind = series.and_then(|series| series.traffic);
            (kind, is_guess, sighting.minute, values, traits.address, ids.map(text))
        });
        let mut last = None;
        for place in places {
            let seen = &of_one[place];
            let is_first = last.replace(traffic(seen)) != Some(traffic(seen));
            counts[place] = is_first;
            again(seen, seen.times - u32::from(is_first));
        }
    }
}
