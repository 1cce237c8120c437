//! Which segments are read when some replace others.

use std::collections::HashSet;

use super::layout::{Kind, Place};
use super::{Error, Get};
use crate::segment::{self, Outline};
use crate::tally::SourceId;

/// The segments to read, and those of which nothing can be told.
#[derive(Debug, Default)]
pub struct Choice {
    /// Each tells of sources of which no other of them tells.
    pub chosen: Vec<Place>,
    /// What they replace.
    pub replaced: Vec<SourceId>,
    /// Those that cannot be read, with the reason.
    pub unreadable: Vec<(Place, String)>,
}

/// Chooses among segments so that every source that any of them tells of is told of once. Of two that
/// tell of the same source, the one that replaces more.
///
/// # Errors
/// When the store cannot be asked.
pub fn choose(store: &impl Get, mut places: Vec<Place>) -> Result<Choice, Error> {
    // The order in which a store lists names must not matter.
    places.sort_unstable();
    places.dedup();
    let mut choice = Choice::default();
    let mut replacing: Vec<(Place, Outline)> = Vec::new();
    for place in places.iter().filter(|place| place.kind == Kind::Replacing) {
        match outline(store, place)? {
            Ok(outline) => replacing.push((*place, outline)),
            Err(reason) => choice.unreadable.push((*place, reason)),
        }
    }
    replacing.sort_by_key(|(place, outline)| (std::cmp::Reverse(outline.replaces.len()), *place));
    let mut told: HashSet<SourceId> = HashSet::new();
    for (place, outline) in replacing {
        if told.contains(&place.id) || outline.sources.iter().any(|source| told.contains(source)) {
            continue;
        }
        told.insert(place.id);
        told.extend(outline.sources);
        told.extend(&outline.replaces);
        choice.replaced.extend(outline.replaces);
        choice.chosen.push(place);
    }
    // A source that was delivered twice has a segment in each of two partitions.
    for kind in [Kind::Source, Kind::Partial] {
        for place in places.iter().filter(|place| place.kind == kind) {
            if told.insert(place.id) {
                choice.chosen.push(*place);
            }
        }
    }
    Ok(choice)
}

fn outline(store: &impl Get, place: &Place) -> Result<Result<Outline, String>, Error> {
    Ok(match store.get(&place.to_string())? {
        Some(input) => segment::outline(input).map_err(|error| error.to_string()),
        None => Err(GONE.to_owned()),
    })
}

/// What is said of a segment that was listed and is not there.
pub const GONE: &str = "is gone: it was deleted while the store was being read";
