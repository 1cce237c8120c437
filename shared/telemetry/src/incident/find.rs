//! The incidents of a tally by itself, in event time: what `analyze` finds.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::merge::{Group, merge};
use super::record::Incident;
use super::scene::Scene;
use super::settings::Settings;
use super::tell::Witness;
use crate::summary::{Clusters, Question, summarize_with};
use crate::tally::Tally;
use crate::time::{Minute, Window, rfc3339, start_of};
use crate::workers;

/// How many clusters are named that fail from the first minutes on.
const NAMED: usize = 3;

/// The incidents of a tally that lie in a window with a part, by their start.
#[must_use]
pub fn find(tally: &Tally, window: &Window, settings: &Settings) -> Vec<Incident> {
    let question = Question { window: *window, ..Question::default() };
    summarize_with(tally, &question, settings, 1).incidents
}

/// What is found in what was counted.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// The incidents that lie in the window with a part, by their start.
    pub incidents: Vec<Incident>,
    /// What is no incident only because the logs do not go back far enough, in words.
    pub unjudged: Option<String>,
}

/// The incidents of what was counted.
#[must_use]
pub fn of(
    scene: &Scene,
    clusters: &Clusters<'_>,
    window: &Window,
    settings: &Settings,
) -> Findings {
    let threads = clusters.threads();
    let witness = Witness::new(clusters, settings, BTreeMap::new());
    let groups = merge(scene, scene.runs(settings, threads), settings, &witness);
    let told = workers::map(threads, groups.len(), |place| {
        let group = groups.get(place)?;
        let course = group.course(scene.horizon, settings)?;
        // It lies in a window until it is resolved, as far as the logs tell.
        let is_in = window.from.is_none_or(|from| {
            from <= scene.horizon && course.resolved.is_none_or(|resolved| from < resolved)
        }) && window.to.is_none_or(|to| course.start < to);
        is_in.then(|| witness.tell(scene, group, &course, None))
    });
    let unjudged = unjudged(scene, &groups, window, settings);
    Findings { incidents: told.into_iter().flatten().collect(), unjudged }
}

/// Names the clusters of a window that fail from the first minutes of the logs on without being an
/// incident there.
fn unjudged(
    scene: &Scene,
    groups: &[Group],
    window: &Window,
    settings: &Settings,
) -> Option<String> {
    let learnt = scene.begin.saturating_add(settings.learning_minutes);
    let runs = groups.iter().flat_map(|group| &group.found);
    let judged: BTreeSet<usize> = runs
        .filter(|found| found.run.start < learnt)
        .flat_map(|found| found.members.iter().copied())
        .collect();
    let fails_at_first = |place: &usize| {
        let watched = &scene.watched[*place];
        watched.counts.sum(scene.begin, learnt) >= settings.fewest_failures
            && watched.is_heard(settings)
            && watched.counts.sum(window.from.unwrap_or(0), window.to.unwrap_or(Minute::MAX)) > 0
            && !judged.contains(place)
    };
    let mut places: Vec<usize> = (0..scene.watched.len()).filter(fails_at_first).collect();
    places.sort_by_key(|place| Reverse(scene.watched[*place].counts.total()));
    let names = places.iter().take(NAMED).map(|place| scene.watched[*place].subject.words());
    let names = names.collect::<Vec<_>>().join("; ");
    let more = match places.len().saturating_sub(NAMED) {
        0 if names.is_empty() => return None,
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let begin = rfc3339(start_of(scene.begin));
    Some(format!(
        "what fails from the first minutes of the logs on is taken for usual, and would be an incident only if it \
         became far more: {names}{more}. Logs from before {begin} would tell whether it is usual, or, if these show \
         failures alone, a window (--from) that begins before"
    ))
}
