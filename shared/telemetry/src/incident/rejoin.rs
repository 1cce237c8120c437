//! The scene of a detection: what the logs at hand show, joined with what is remembered of those before.

use std::collections::BTreeMap;

use super::counts::Counts;
use super::detect::LATE;
use super::gather::Gathered;
use super::rhythm::Rhythm;
use super::run::Run;
use super::scene::{Found, Scene, Watched};
use super::settings::Settings;
use super::state::State;
use super::subject::{Part, Subject};
use crate::time::{Minute, minute_of};

/// How far in the future a record may lie, in minutes: beyond, its clock is wrong.
pub(super) const EARLY: Minute = 1;

/// What the tally shows, joined with what is remembered.
pub(super) fn scene(state: &mut State, gathered: Gathered, now: i64, settings: &Settings) -> Scene {
    let latest = minute_of(now).saturating_add(EARLY);
    let since = *state.since.get_or_insert(minute_of(now));
    let begin = gathered.begin.filter(|begin| *begin <= latest);
    let begin = begin.map(|begin| if gathered.failures_alone { begin.min(since) } else { begin });
    let newest = gathered.newest.map_or(0, |newest| newest.min(latest));
    if state.begin.is_none() {
        state.settled = begin.unwrap_or(0);
    }
    // Logs of long ago say nothing of whether there was history before what is judged now.
    state.begin = [state.begin, begin].into_iter().flatten().min();
    state.newest = state.newest.max(newest);
    state.shows_traffic |= !gathered.failures_alone;
    // Logs of failures alone are silent where nothing fails. Where others are, something may be wrong with
    // them, but with nothing new for longer than any proof may take, an incident is over all the same.
    let silence = if state.shows_traffic { settings.unproven_hours * 60 } else { LATE };
    let horizon = state.newest.max(minute_of(now).saturating_sub(silence));
    let oldest = oldest(state.settled, settings);
    let mut watched: BTreeMap<Subject, Watched> = BTreeMap::new();
    for kept in std::mem::take(&mut state.series) {
        let counts = Counts::new(kept.cells());
        let new =
            Watched { subject: kept.subject.clone(), counts, rhythm: kept.rhythm, last: None };
        watched.insert(kept.subject, new);
    }
    for (subject, cells) in gathered.cells {
        let seen = Counts::new(cells);
        let cells = seen.between(oldest, latest.saturating_add(1));
        if cells.is_empty() {
            continue;
        }
        let entry = watched.entry(subject.clone()).or_insert_with(|| Watched {
            subject,
            counts: Counts::default(),
            rhythm: Rhythm::default(),
            last: None,
        });
        entry.counts = higher(&entry.counts, cells);
    }
    for run in state.incidents.iter().flat_map(|incident| &incident.runs) {
        for subject in &run.members {
            watched.entry(subject.clone()).or_insert_with(|| Watched {
                subject: subject.clone(),
                counts: Counts::default(),
                rhythm: Rhythm::default(),
                last: None,
            });
        }
    }
    let mut scene = Scene {
        begin: state.begin.unwrap_or(horizon),
        from: state.settled,
        horizon,
        watched: watched.into_values().collect(),
        last: BTreeMap::new(),
        over: Vec::new(),
    };
    carry(&mut scene, state);
    scene
}

/// Of each minute the higher count.
fn higher(own: &Counts, cells: &[(Minute, u32)]) -> Counts {
    let mut joined: BTreeMap<Minute, u32> = own.cells().iter().copied().collect();
    for (minute, count) in cells {
        let sum = joined.entry(*minute).or_default();
        *sum = (*sum).max(*count);
    }
    Counts::new(joined.into_iter().collect())
}

/// Puts the runs that began before what is judged into the scene.
fn carry(scene: &mut Scene, state: &State) {
    let settled = scene.from;
    for kept in state.incidents.iter().flat_map(|incident| &incident.runs) {
        if kept.run.fired >= settled {
            continue;
        }
        // Whether one is over that was not by then is judged anew.
        let is_over = kept.run.is_over_before(settled);
        let run = if is_over { kept.run } else { kept.run.going_on() };
        let members: Vec<usize> =
            kept.members.iter().filter_map(|subject| scene.place(subject)).collect();
        match (&kept.part, members.first()) {
            (Part::Cluster, Some(place)) => later(&mut scene.watched[*place].last, run),
            (part, _) => {
                let mut last = scene.last.get(part).copied();
                later(&mut last, run);
                scene.last.extend(last.map(|run| (part.clone(), run)));
            }
        }
        if is_over {
            scene.over.push(Found { part: kept.part.clone(), run, members });
        }
    }
}

fn later(last: &mut Option<Run>, run: Run) {
    if last.is_none_or(|last| last.start < run.start) {
        *last = Some(run);
    }
}

/// The first minute whose failures are still needed.
pub(super) fn oldest(settled: Minute, settings: &Settings) -> Minute {
    settled.saturating_sub(settings.history())
}
