//! Deploy markers by what they match and when, so that those in force at a time are found without
//! reading all that was delivered before it.
//!
//! ```text
//! markers/<a hash of what it matches>/2026-04-15T07:39:00Z-<a hash of the version>.json
//! ```

use std::collections::BTreeMap;
use std::io::Read;

use super::{Error, Get, List, Put, PutIfAbsent};
use crate::marker::Marker;
use crate::tally::SourceId;
use crate::time::{parse_rfc3339, rfc3339};

/// What the name of every marker begins with.
const MARKERS: &str = "markers/";
/// The longest marker that is read, in bytes.
const LONGEST: u64 = 64 << 10;
/// How much of a hash stands in a name, in characters.
const HASH: usize = 16;

/// Puts a deploy marker where windows that begin after it find it.
///
/// # Errors
/// When it is unknown whether it is there.
pub fn put_marker(store: &impl PutIfAbsent, marker: &Marker) -> Result<Put, Error> {
    store.put_if_absent(&name(marker), marker.json().as_bytes())
}

fn name(marker: &Marker) -> String {
    let of = |texts: Vec<&[u8]>| SourceId::of(texts).to_string()[..HASH].to_owned();
    let matches = marker.matches.iter();
    let matches = matches.flat_map(|(name, value)| [name.name().as_bytes(), value.as_bytes()]);
    let (matches, version) = (of(matches.collect()), of(vec![marker.version.as_bytes()]));
    format!("{MARKERS}{matches}/{}-{version}.json", rfc3339(marker.time))
}

/// When a marker took effect, and which others it competes with.
fn parts(name: &str) -> Option<(&str, i64)> {
    let (matches, rest) = name.strip_prefix(MARKERS)?.split_once('/')?;
    let (time, _) = rest.strip_suffix(".json")?.rsplit_once('-')?;
    Some((matches, parse_rfc3339(time)?))
}

/// A marker that cannot be read: its name, and why.
type Damaged = (String, String);

/// The markers that are in force at a time, in seconds since 1970: of those that match the same, the
/// last ones.
///
/// # Errors
/// When the store cannot be asked.
pub(super) fn in_force(
    store: &(impl List + Get),
    time: i64,
) -> Result<(Vec<Marker>, Vec<Damaged>), Error> {
    let mut last: BTreeMap<String, (i64, Vec<String>)> = BTreeMap::new();
    store.list(MARKERS, &mut |name| {
        let Some((matches, set)) = parts(&name).filter(|(_, set)| *set <= time) else { return };
        let (newest, names) = last.entry(matches.to_owned()).or_insert((set, Vec::new()));
        if set > *newest {
            (*newest, *names) = (set, vec![name]);
        } else if set == *newest {
            names.push(name);
        }
    })?;
    let (mut markers, mut damaged) = (Vec::new(), Vec::new());
    for name in last.into_values().flat_map(|(_, names)| names) {
        // Who deleted it wants it in force no more.
        let Some(input) = store.get(&name)? else { continue };
        match read(input) {
            Ok(marker) => markers.push(marker),
            Err(reason) => damaged.push((name, reason)),
        }
    }
    Ok((markers, damaged))
}

fn read(input: impl Read) -> Result<Marker, String> {
    let mut text = String::new();
    let read = input.take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| error.to_string())?;
    Marker::parse(&text).map_err(|error| error.to_string())
}
