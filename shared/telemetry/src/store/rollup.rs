//! Rollups: one segment in place of many, for a partition that is closed.

use super::choice::choose;
use super::layout::{Kind, Place};
use super::window::{Range, merge, places};
use super::{Error, Get, List, Partition, Put, PutIfAbsent, put_at};
use crate::segment::{Privacy, Segment};
use crate::tally::Limits;

const HOUR: i64 = 3600;
/// How long after its end an hour is rolled up: what is delivered in it is read by then.
const HOUR_RESTS: i64 = 2 * HOUR;
/// How long after its end a day is rolled up: its last hour is by then.
const DAY_RESTS: i64 = 3 * HOUR;
/// How many minutes of an hour have the turn of an hour; the others have that of a day.
const TURNS_OF_HOURS: i64 = 48;

/// The partition that a minute, given by a time in it in seconds since 1970, has to look after: each
/// of the last 48 hours that are closed has one minute in every hour, and so has each of the last 12
/// days. So whoever runs each minute rolls everything up, one partition at a time, and what fails has
/// its turn again an hour later, without a note of what was done.
#[must_use]
pub fn turn(now: i64) -> Partition {
    let minute = now.rem_euclid(HOUR) / 60;
    if minute < TURNS_OF_HOURS {
        Partition::of(now - HOUR_RESTS - (minute + 1) * HOUR)
    } else {
        let days_ago = minute - TURNS_OF_HOURS + 1;
        Partition::of(now - DAY_RESTS - days_ago * 24 * HOUR).whole_day()
    }
}

/// Writes one segment that replaces all others of a partition: of an hour, those delivered in it; of a
/// day, those of all its hours. What is delivered later stands beside it, until the day is rolled up.
/// What was not read whole stays as it is, since it may be read whole one day.
///
/// Gives nothing if there is nothing to do: it was rolled up before, or there is no segment at all, or
/// only one.
///
/// # Errors
/// When the store cannot be asked, or a segment cannot be read: a rollup without it would hide that.
pub fn roll_up(
    store: &(impl List + Get + PutIfAbsent),
    partition: Partition,
    limits: Limits,
    threads: usize,
) -> Result<Option<Put>, Error> {
    let range = Range { from: Some(partition.start()), to: Some(partition.end()) };
    let mut places = places(store, range)?;
    places.retain(|place| {
        (place.partition == partition || partition.hour.is_none()) && place.kind != Kind::Partial
    });
    let is_rollup = |place: &Place| place.partition == partition && place.kind == Kind::Replacing;
    if places.iter().any(is_rollup) {
        return Ok(None);
    }
    let choice = choose(store, places)?;
    if choice.chosen.len() < 2 {
        return Ok(None);
    }
    let (tally, mut unreadable) = merge(store, &choice, limits, threads)?;
    unreadable.extend(choice.unreadable);
    if let Some((place, reason)) = unreadable.into_iter().next() {
        return Err(Error::new("roll up", place, reason));
    }
    let mut replaces = choice.replaced;
    replaces.extend(choice.chosen.iter().map(|place| place.id));
    replaces.sort_unstable();
    replaces.dedup();
    let segment = Segment { name: partition.prefix(), replaces, tally };
    // What is private was hidden when its segment was written.
    put_at(store, Place::of(partition, &segment), &segment, &Privacy::default()).map(Some)
}
