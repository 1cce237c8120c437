//! Which incident that is remembered is the one that runs make now.
//!
//! The same failures may be found as something else a minute later: an endpoint's first, then those
//! of its clusters, each by itself, or two incidents as one. Whoever was told of an incident is not
//! told of it by another name.

use std::collections::BTreeMap;

use super::merge::Group;
use super::run::Run;
use super::scene::Scene;
use super::state::{Remembered, Said};
use crate::time::Minute;

/// How many other names of one incident are remembered.
const NAMES: usize = 100;

/// What became of the incidents that are remembered.
pub(super) struct Recognized {
    /// By group, what is known of its incident.
    pub(super) known: Vec<Option<Remembered>>,
    /// Those that are in no group.
    pub(super) left: Vec<Remembered>,
}

/// How an incident and a group agree; the closer the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// They have a run of one series at one time.
    Series,
    /// A cluster fails in both at one time.
    Cluster,
}

/// Gives each incident to the group that is it. Those that became one are one: that of which
/// somebody was told, by its name.
pub(super) fn recognize(known: Vec<Remembered>, groups: &[Group], scene: &Scene) -> Recognized {
    let best = best(&known, groups, scene);
    let mut found = Recognized { known: groups.iter().map(|_| None).collect(), left: Vec::new() };
    for (place, remembered) in known.into_iter().enumerate() {
        let slot = best.get(&place).and_then(|(_, group)| found.known.get_mut(*group));
        match slot {
            Some(slot) => {
                let joined = match slot.take() {
                    Some(other) => join(other, remembered),
                    None => remembered,
                };
                *slot = Some(joined);
            }
            None => found.left.push(remembered),
        }
    }
    found
}

/// By place of an incident, the group that is most like it.
fn best(
    known: &[Remembered],
    groups: &[Group],
    scene: &Scene,
) -> BTreeMap<usize, (Likeness, usize)> {
    let mut by_cluster: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (place, remembered) in known.iter().enumerate() {
        for (number, kept) in remembered.runs.iter().enumerate() {
            for cluster in kept.members.iter().filter_map(|subject| scene.place(subject)) {
                by_cluster.entry(cluster).or_default().push((place, number));
            }
        }
    }
    let mut best: BTreeMap<usize, (Likeness, usize)> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        for found in &group.found {
            let candidates = found.members.iter().filter_map(|at| by_cluster.get(at)).flatten();
            for (place, run) in candidates {
                let kept = &known[*place].runs[*run];
                if !overlap(&kept.run, &found.run) {
                    continue;
                }
                let is_same = kept.part == found.part;
                let likeness = if is_same { Likeness::Series } else { Likeness::Cluster };
                let entry = best.entry(*place).or_insert((likeness, number));
                *entry = (*entry).min((likeness, number));
            }
        }
    }
    best
}

fn overlap(one: &Run, other: &Run) -> bool {
    one.start <= other.end.unwrap_or(Minute::MAX) && other.start <= one.end.unwrap_or(Minute::MAX)
}

/// One of two that became one.
fn join(one: Remembered, other: Remembered) -> Remembered {
    // Whoever waits for the end of one keeps waiting for that one.
    let rank = |said: &Said| (said.opened && !said.resolved, said.opened);
    let (mut own, joined) =
        if rank(&one.said) >= rank(&other.said) { (one, other) } else { (other, one) };
    own.said.peak = own.said.peak.max(joined.said.peak);
    own.said.proven |= joined.said.proven;
    own.gone.failures = own.gone.failures.saturating_add(joined.gone.failures);
    own.gone.peak = own.gone.peak.max(joined.gone.peak);
    own.proofs.extend(joined.proofs);
    own.runs.extend(joined.runs);
    own.witnessed.extend(joined.witnessed);
    if joined.said.opened && !joined.said.resolved {
        own.names.push(joined.incident.id);
    }
    own.names.extend(joined.names);
    own.names.truncate(NAMES);
    own
}
