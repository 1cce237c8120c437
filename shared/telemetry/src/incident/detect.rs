//! Detection again and again, as logs arrive.
//!
//! Every call joins what the tally shows with what the state remembers: of each minute the higher
//! count, so that records that arrive late are added and none is counted twice. What is younger
//! than [`LATE`] is judged anew each time, so that late records change an incident and do not make
//! a second one, and in the end the same is found as by [`find`](super::find()) all at once. What is
//! older is settled: a replay of last month changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::alert::{Alert, Occasion};
use super::course::{Course, IncidentState};
use super::due::{fall_due, of_all_names};
use super::earlier::{Earlier, Gone};
use super::keep::{keep_incidents, keep_series};
use super::merge::{Group, merge};
use super::recognize::{Recognized, recognize};
use super::record::Incident;
use super::rejoin::{EARLY, oldest, scene};
use super::remembering::{Remembering, unseen};
use super::scene::Scene;
use super::settings::Settings;
use super::state::{KeptRun, Remembered, Said, State};
use super::tell::{Witness, per_minute};
use crate::summary::{Question, ground};
use crate::tally::Tally;
use crate::time::{Minute, Window, minute_of, rfc3339};

/// How long records may be late and still count, in minutes.
pub const LATE: Minute = 180;

/// What came of a detection.
#[derive(Clone, Debug)]
pub struct Detected {
    /// What to remember. The new alerts are pending in it.
    pub state: State,
    /// The incidents that are remembered, by their start.
    pub incidents: Vec<Incident>,
    /// The alerts that are due now.
    pub alerts: Vec<Alert>,
}

/// Finds what began, changed and ended. `now` is the wall clock in seconds since 1970; `link` is
/// where the summary endpoint answers, for the texts of alerts.
#[must_use]
pub fn detect(
    tally: &Tally,
    state: &State,
    now: i64,
    settings: &Settings,
    link: Option<&str>,
) -> Detected {
    // What lies in the future is not told either.
    let latest = minute_of(now).saturating_add(EARLY);
    let window = Window { from: None, to: Some(latest.saturating_add(1)) };
    let question = Question { window, ..Question::default() };
    let ground = ground(tally, &question, settings, 1);
    let remembered = state.incidents.clone();
    let mut state = state.clone();
    let scene = scene(&mut state, ground.gathered, now, settings);
    // From here on the logs at hand show everything.
    let shown_from = scene.from.max(minute_of(now).saturating_sub(LATE));
    let shown_from = if shown_from <= scene.begin { 0 } else { shown_from };
    let witness = Witness::new(&ground.clusters, settings, unseen(&remembered, shown_from));
    let mut found = scene.over.clone();
    found.extend(scene.runs(settings, 1));
    found.sort_by(|a, b| {
        (a.run.start, &a.part, &a.members).cmp(&(b.run.start, &b.part, &b.members))
    });
    let facts = Remembering { witness: &witness, known: &remembered, shown_from };
    let groups = merge(&scene, found, settings, &facts);
    let kept_from = oldest(state.settled, settings);
    state.settled = state.settled.max(state.newest.saturating_sub(LATE));
    let next_kept_from = oldest(state.settled, settings);
    let Recognized { known, left } =
        recognize(std::mem::take(&mut state.incidents), &groups, &scene);
    let mut telling = Telling {
        scene: &scene,
        witness: &witness,
        now,
        shown_from,
        kept: (kept_from, next_kept_from),
        told_before: state.told_before,
        ids: remembered.iter().map(|one| one.incident.id.clone()).collect(),
    };
    let mut newest = BTreeMap::new();
    for (group, before) in groups.iter().zip(known) {
        let Some(course) = group.course(scene.horizon, settings) else { continue };
        let told = telling.remembered(group, &course, before);
        newest.insert(told.incident.id.clone(), last_failure(&scene, group));
        state.incidents.push(told);
    }
    let mut alerts = Vec::new();
    for left in left {
        // One that was judged anew and is not found any more was none: late records show it.
        let is_settled = left.runs.is_empty();
        if is_settled {
            state.incidents.push(left);
        } else if left.said.opened && !left.said.resolved {
            let mut incident = left.incident;
            incident.state = IncidentState::Resolved;
            incident.resolved_at = Some(rfc3339(now));
            incident.resolved_without_proof = true;
            alerts.extend(of_all_names(Occasion::Resolved, &incident, &left.names, link));
        }
    }
    keep_incidents(&mut state, &scene, settings);
    keep_series(&mut state, &scene, next_kept_from);
    let alerts = fall_due(alerts, &mut state, &newest, now, settings, link);
    // What logs tell later than this is news.
    state.told_before = None;
    let incidents = state.incidents().cloned().collect();
    Detected { state, incidents, alerts }
}

/// What it takes to tell an incident again, or for the first time.
struct Telling<'a> {
    scene: &'a Scene,
    witness: &'a Witness<'a>,
    now: i64,
    /// From here on the logs at hand show everything.
    shown_from: Minute,
    /// The first minute whose failures were kept, and the first whose failures will be.
    kept: (Minute, Minute),
    /// What began before was told before there was a state.
    told_before: Option<Minute>,
    /// The ids that are taken.
    ids: BTreeSet<String>,
}

impl Telling<'_> {
    /// An incident as it is to be remembered, given what is remembered of it.
    fn remembered(
        &mut self,
        group: &Group,
        course: &Course,
        before: Option<Remembered>,
    ) -> Remembered {
        let Self { scene, witness, shown_from, kept: (kept_from, next_kept_from), .. } = *self;
        let earlier = before.as_ref().map(|before| Earlier {
            incident: &before.incident,
            gone: before.gone,
            kept_from,
            shown_from,
        });
        let mut incident = witness.tell(scene, group, course, earlier.as_ref());
        let (mut gone, said, names) = match before {
            Some(before) => {
                // What was told by this name and at this time stays.
                incident.id = before.incident.id;
                incident.detected_at = before.incident.detected_at;
                (before.gone, before.said, before.names)
            }
            None => {
                incident.detected_at = rfc3339(self.now);
                while !self.ids.insert(incident.id.clone()) {
                    incident.id = another_id(&incident.id);
                }
                let was_told = self.told_before.is_some_and(|before| course.fired < before);
                let said = if was_told { Said::of(&incident) } else { Said::default() };
                (Gone::default(), said, Vec::new())
            }
        };
        for (_, count) in per_minute(scene, group, &group.members()).range(..next_kept_from) {
            gone.failures = gone.failures.saturating_add(*count);
            gone.peak = gone.peak.max(*count);
        }
        let runs = group.found.iter().map(|found| KeptRun {
            part: found.part.clone(),
            members: found.members.iter().map(|at| scene.watched[*at].subject.clone()).collect(),
            run: found.run,
        });
        Remembered {
            incident,
            runs: runs.collect(),
            proofs: group.proofs.range(course.start..).copied().collect(),
            witnessed: witness.witnessed(scene, &group.found),
            gone,
            said,
            names,
        }
    }
}

/// Another id, for an incident whose own was told of another one.
fn another_id(id: &str) -> String {
    let hash = Sha256::digest(format!("{id} again").as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn last_failure(scene: &Scene, group: &Group) -> Minute {
    let of_runs = group.found.iter().map(|found| {
        let end = found.run.end.unwrap_or(Minute::MAX);
        let last = found.members.iter().filter_map(|place| {
            scene.watched[*place].counts.between(found.run.start, end).last().map(|cell| cell.0)
        });
        last.max().unwrap_or(found.run.fired)
    });
    of_runs.max().unwrap_or(0)
}
