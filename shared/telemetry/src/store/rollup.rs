//! Rollups: one segment in place of many, for a partition that is closed.

use super::choice::choose;
use super::window::{Range, merge, places};
use super::{Error, Get, List, Partition, Put, PutIfAbsent, put_in};
use crate::segment::{Privacy, Segment};
use crate::tally::Limits;

/// Writes one segment that replaces all others of a partition: of an hour, those delivered in it; of a
/// day, those of all its hours. What is delivered later stands beside it, until the next rollup.
///
/// Gives nothing if there is nothing to replace: no segment at all, or only one.
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
    places.retain(|place| place.partition == partition || partition.hour.is_none());
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
    put_in(store, &segment, partition, &Privacy::default()).map(Some)
}
