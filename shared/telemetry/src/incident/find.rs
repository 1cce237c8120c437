//! The incidents of a tally by itself, in event time: what `analyze` finds.

use std::collections::BTreeMap;

use super::merge::merge;
use super::record::Incident;
use super::scene::Scene;
use super::settings::Settings;
use super::tell::Witness;
use crate::summary::{Clusters, Question, summarize_with};
use crate::tally::Tally;
use crate::time::{Minute, Window};

/// The incidents of a tally that lie in a window with a part, by their start.
#[must_use]
pub fn find(tally: &Tally, window: &Window, settings: &Settings) -> Vec<Incident> {
    let question = Question { window: *window, ..Question::default() };
    summarize_with(tally, &question, settings).incidents
}

/// The incidents of what was counted.
#[must_use]
pub fn of(
    scene: &Scene,
    clusters: &Clusters<'_>,
    window: &Window,
    settings: &Settings,
) -> Vec<Incident> {
    let witness = Witness::new(clusters, settings, BTreeMap::new());
    let groups = merge(scene, scene.runs(settings), settings, &witness);
    let told = groups.iter().filter_map(|group| {
        let course = group.course(scene.horizon, settings)?;
        let ends = group.found.iter().map(|found| found.run.end.unwrap_or(Minute::MAX));
        let last = ends.max().unwrap_or(course.start).saturating_sub(1);
        let is_in = window.from.is_none_or(|from| last >= from)
            && window.to.is_none_or(|to| course.start < to);
        is_in.then(|| witness.tell(scene, group, &course, None))
    });
    told.collect()
}
