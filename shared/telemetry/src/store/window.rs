//! Reading what a store holds of a window.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::choice::{Choice, GONE, choose};
use super::layout::{self, Partition, Place, SEGMENTS, days};
use super::{Error, Get, List, markers};
use crate::segment;
use crate::source;
use crate::tally::{Limits, Report, Tally};
use crate::time::{Window, start_of};
use crate::workers;

/// How long after its last record a log may be delivered and is still looked for: 24 hours.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html> promises no more than "a few hours" for most.
const LATEST_DELIVERY: i64 = 24 * 3600;

/// A shorter range is listed hour by hour, since a day may have many segments.
const LISTED_BY_HOUR: i64 = 6 * 3600;
/// A longer range is not listed day by day: that would ask for more days than a store may have.
const LISTED_BY_DAY: i64 = 366 * 24 * 3600;

/// When the segments to read were delivered, in seconds since 1970; an end that is absent is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The first moment.
    pub from: Option<i64>,
    /// The moment after the last.
    pub to: Option<i64>,
}

impl Range {
    /// Everything that may tell of a window: what was delivered from its start on until 24 hours after
    /// its end.
    #[must_use]
    pub fn of(window: &Window) -> Self {
        let to = window.to.map(|to| start_of(to).saturating_add(LATEST_DELIVERY));
        Self { from: window.from.map(start_of), to }
    }

    /// Whether some of a partition lies in it. A whole day that only partly does is left to its hours.
    fn holds(&self, partition: Partition) -> bool {
        let (start, end) = (partition.start(), partition.end());
        match partition.hour {
            Some(_) => {
                self.from.is_none_or(|from| end > from) && self.to.is_none_or(|to| start < to)
            }
            None => {
                self.from.is_none_or(|from| start >= from) && self.to.is_none_or(|to| end <= to)
            }
        }
    }
}

/// Reads all segments that were delivered in a range, and the deploy markers that were in force when
/// it begins. What cannot be read is reported in the tally.
///
/// # Errors
/// When the store cannot be asked.
pub fn read_window(
    store: &(impl List + Get),
    range: Range,
    limits: Limits,
    threads: usize,
) -> Result<Tally, Error> {
    let places = places(store, range)?;
    let mut choice = choose(store, places)?;
    let (mut tally, mut unreadable) = merge(store, &choice, limits, threads)?;
    unreadable.append(&mut choice.unreadable);
    let mut unreadable: Vec<_> =
        unreadable.into_iter().map(|(place, reason)| (place.to_string(), reason)).collect();
    if let Some(from) = range.from {
        let (markers, damaged) = markers::in_force(store, from)?;
        markers.into_iter().for_each(|marker| tally.marker(marker));
        unreadable.extend(damaged);
    }
    for (name, reason) in unreadable {
        let mut report = Report::new(name);
        report.unreadable(source::Place::Whole, reason);
        tally.report(report);
    }
    Ok(tally)
}

/// The segments that were delivered in a range.
pub(super) fn places(store: &impl List, range: Range) -> Result<Vec<Place>, Error> {
    let mut places = Vec::new();
    let mut found = |name: String| {
        let place = name.parse::<Place>().ok();
        places.extend(place.filter(|place| range.holds(place.partition)));
    };
    match (range.from, range.to) {
        (Some(from), Some(to)) if to.saturating_sub(from) <= LISTED_BY_HOUR => {
            let mut hour = Partition::of(from);
            while hour.start() < to {
                store.list(&hour.prefix(), &mut found)?;
                hour = Partition::of(hour.end());
            }
        }
        (Some(from), Some(to)) if to.saturating_sub(from) < LISTED_BY_DAY => {
            for day in days(from, to) {
                store.list(&layout::prefix_of_day(day), &mut found)?;
            }
        }
        _ => store.list(SEGMENTS, &mut found)?,
    }
    Ok(places)
}

/// The sum of the chosen segments, and those that could not be read.
pub(super) fn merge(
    store: &impl Get,
    choice: &Choice,
    limits: Limits,
    threads: usize,
) -> Result<(Tally, Vec<(Place, String)>), Error> {
    let next = AtomicUsize::new(0);
    let worker = |_| -> Result<(Tally, Vec<(Place, String)>), Error> {
        let mut tally = Tally::new(limits);
        let mut unreadable = Vec::new();
        while let Some(place) = choice.chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            let read = match store.get(&place.to_string())? {
                Some(input) => segment::read(input, limits).map_err(|error| error.to_string()),
                None => Err(GONE.to_owned()),
            };
            let added = read.and_then(|read| tally.merge(read.tally).map_err(|e| e.to_string()));
            if let Err(reason) = added {
                unreadable.push((*place, reason));
            }
        }
        Ok((tally, unreadable))
    };
    let threads = threads.clamp(1, choice.chosen.len().max(1));
    let results = workers::run(threads, worker);
    let mut all = Tally::new(limits);
    let mut unreadable = Vec::new();
    for result in results {
        let (tally, failed) = result?;
        unreadable.extend(failed);
        // Every source is chosen once, so that no two of these tallies share one.
        let merged = all.merge(tally);
        debug_assert!(merged.is_ok());
    }
    Ok((all, unreadable))
}
