//! Detection again and again, as logs arrive.
//!
//! Every call joins what the tally shows with what the state remembers: of each minute the higher
//! count, so that records that arrive late are added and none is counted twice. What is younger
//! than [`LATE`] is judged anew each time, so that late records change an incident and do not make
//! a second one, and in the end the same is found as by [`find`](super::find()) all at once. What is
//! older is settled: a replay of last month changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use sigdrift_signature::CauseId;
use sigdrift_signature::cause::Confidence;

use super::alert::{Alert, Occasion};
use super::counts::Counts;
use super::course::IncidentState;
use super::earlier::{Earlier, Gone};
use super::gather::Gathered;
use super::keep::{keep_incidents, keep_series};
use super::merge::{Facts, Group, merge};
use super::proof::{OLDER, Witnessed};
use super::recognize::{Recognized, recognize};
use super::record::Incident;
use super::rhythm::Rhythm;
use super::run::{BACK, Run};
use super::scene::{Found, Scene, Watched};
use super::settings::Settings;
use super::state::{KeptRun, Remembered, Said, State};
use super::subject::{Part, Subject};
use super::tell::{Witness, per_minute};
use crate::summary::{Question, ground};
use crate::tally::Tally;
use crate::time::{Minute, Window, minute_of, rfc3339, start_of};

/// How long records may be late and still count, in minutes.
pub const LATE: Minute = 180;
/// How far in the future a record may lie, in minutes: beyond, its clock is wrong.
const EARLY: Minute = 1;
/// How many alerts are made at once, and how many may wait to be sent; the others follow later.
const ALERTS: usize = 20;
const WAITING: usize = 100;
/// An incident that grew this many times is told again.
const GREW: f64 = 10.0;

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
    let ground = ground(tally, &question, settings);
    let remembered = state.incidents.clone();
    let mut state = state.clone();
    let scene = scene(&mut state, ground.gathered, now, settings);
    // From here on the logs at hand show everything.
    let shown_from = scene.from.max(minute_of(now).saturating_sub(LATE));
    let shown_from = if shown_from <= scene.begin { 0 } else { shown_from };
    let witness = Witness::new(&ground.clusters, settings, unseen(&remembered, shown_from));
    let mut found = scene.over.clone();
    found.extend(scene.runs(settings));
    found.sort_by(|a, b| {
        (a.run.start, &a.part, &a.members).cmp(&(b.run.start, &b.part, &b.members))
    });
    let facts = Remembering { witness: &witness, known: &remembered, shown_from };
    let groups = merge(&scene, found, settings, &facts);
    let kept_from = oldest(state.settled, settings);
    state.settled = state.settled.max(state.newest.saturating_sub(LATE));
    let next_kept_from = oldest(state.settled, settings);
    let mut ids: BTreeSet<String> = remembered.iter().map(|one| one.incident.id.clone()).collect();
    let Recognized { known, left } =
        recognize(std::mem::take(&mut state.incidents), &groups, &scene);
    // With nothing new for longer than any proof may take, an incident is over all the same.
    let silence = settings.unproven_hours * 60;
    let horizon = scene.horizon.max(minute_of(now).saturating_sub(silence));
    let mut newest = BTreeMap::new();
    for (group, before) in groups.iter().zip(known) {
        let Some(course) = group.course(horizon, settings) else { continue };
        let earlier = before.as_ref().map(|before| Earlier {
            incident: &before.incident,
            gone: before.gone,
            kept_from,
            shown_from,
        });
        let mut incident = witness.tell(&scene, group, &course, earlier.as_ref());
        let (mut gone, said, names) = match before {
            Some(before) => {
                // What was told by this name and at this time stays.
                incident.id = before.incident.id;
                incident.detected_at = before.incident.detected_at;
                (before.gone, before.said, before.names)
            }
            None => {
                incident.detected_at = rfc3339(now);
                while !ids.insert(incident.id.clone()) {
                    incident.id = another_id(&incident.id);
                }
                let was_told = state.told_before.is_some_and(|before| course.fired < before);
                let said = if was_told { Said::of(&incident) } else { Said::default() };
                (Gone::default(), said, Vec::new())
            }
        };
        let members = group.members();
        for (_, count) in per_minute(&scene, group, &members).range(..next_kept_from) {
            gone.failures = gone.failures.saturating_add(*count);
            gone.peak = gone.peak.max(*count);
        }
        let runs = group.found.iter().map(|found| KeptRun {
            part: found.part.clone(),
            members: found.members.iter().map(|at| scene.watched[*at].subject.clone()).collect(),
            run: found.run,
        });
        let proofs = group.proofs.range(course.start..).copied();
        newest.insert(incident.id.clone(), last_failure(&scene, group));
        state.incidents.push(Remembered {
            incident,
            runs: runs.collect(),
            proofs: proofs.collect(),
            witnessed: witness.witnessed(&scene, &group.found),
            gone,
            said,
            names,
        });
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
    let is_recent = |remembered: &Remembered| {
        let newest = newest.get(&remembered.incident.id);
        newest.is_some_and(|newest| {
            now.saturating_sub(start_of(*newest)) <= i64::from(settings.alert_max_age) * 3600
        })
    };
    // Those that fail most are told first.
    let mut by_failures: Vec<&mut Remembered> = state.incidents.iter_mut().collect();
    by_failures.sort_by_key(|remembered| std::cmp::Reverse(remembered.incident.failures));
    for remembered in by_failures {
        let has_room = alerts.len() < ALERTS && alerts.len() + state.pending.len() < WAITING;
        if !is_recent(remembered) {
            remembered.pass_over();
        } else if has_room {
            alerts.extend(due(remembered, link));
        }
    }
    for alert in &alerts {
        state.sent(&alert.incident_id, alert.occasion);
        state.pending.push(alert.clone());
    }
    // What logs tell later than this is news.
    state.told_before = None;
    let incidents = state.incidents().cloned().collect();
    Detected { state, incidents, alerts }
}

/// Another id, for an incident whose own was told of another one.
fn another_id(id: &str) -> String {
    let hash = Sha256::digest(format!("{id} again").as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What the tally shows, joined with what is remembered.
fn scene(state: &mut State, gathered: Gathered, now: i64, settings: &Settings) -> Scene {
    let latest = minute_of(now).saturating_add(EARLY);
    let since = *state.since.get_or_insert(minute_of(now));
    let begin = gathered.begin.filter(|begin| *begin <= latest);
    let begin = begin.map(|begin| if gathered.failures_alone { begin.min(since) } else { begin });
    let newest = gathered.newest.map_or(0, |newest| newest.min(latest));
    if state.begin.is_none() {
        state.settled = begin.unwrap_or(0);
    }
    // Logs of long ago say nothing of whether there was history before what is judged now.
    let horizon = state.newest.max(newest);
    state.begin = [state.begin, begin].into_iter().flatten().min();
    state.newest = horizon;
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
        let end = kept.run.end.filter(|end| end.saturating_add(BACK) <= settled);
        let run = Run { end, ..kept.run };
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
        if end.is_some() {
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
fn oldest(settled: Minute, settings: &Settings) -> Minute {
    settled.saturating_sub(settings.history())
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

/// The alerts that are due of an incident, which are noted as said.
fn due(remembered: &mut Remembered, link: Option<&str>) -> Vec<Alert> {
    let Remembered { incident, said, names, .. } = remembered;
    let now = Said::of(incident);
    let came_back = said.resolved && incident.reopened > said.reopened && !now.resolved;
    let mut alerts = Vec::new();
    if !said.opened || came_back {
        alerts.push(Alert::new(Occasion::Opened, incident, link));
        *said = now.clone();
    }
    if incident.peak_per_minute >= GREW * said.peak.max(1.0) {
        alerts.push(Alert::new(Occasion::Grew, incident, link));
        said.peak = incident.peak_per_minute;
    }
    if now.proven && !said.proven {
        alerts.push(Alert::new(Occasion::Proven, incident, link));
        said.proven = true;
    }
    if now.resolved && !said.resolved {
        alerts.extend(of_all_names(Occasion::Resolved, incident, names, link));
        names.clear();
        (said.resolved, said.reopened) = (true, incident.reopened);
    }
    alerts
}

/// An alert of an incident, and the same for those that turned out to be it.
fn of_all_names(
    occasion: Occasion,
    incident: &Incident,
    names: &[String],
    link: Option<&str>,
) -> Vec<Alert> {
    let others = names.iter().map(|id| Incident { id: id.clone(), ..incident.clone() });
    let mut alerts = vec![Alert::new(occasion, incident, link)];
    alerts.extend(others.map(|other| Alert::new(occasion, &other, link)));
    alerts
}

/// What was witnessed of clusters in incidents whose beginning lies before what the logs show.
fn unseen(known: &[Remembered], shown_from: Minute) -> BTreeMap<(&Subject, Minute), &Witnessed> {
    let mut unseen = BTreeMap::new();
    if shown_from == 0 {
        return unseen;
    }
    for remembered in known {
        for (subject, witnessed) in &remembered.witnessed {
            let own = remembered.runs.iter().filter(|kept| kept.members.contains(subject));
            if let Some(start) = own.map(|kept| kept.run.start).min()
                && start < shown_from.saturating_add(OLDER)
            {
                unseen.insert((subject, start), witnessed);
            }
        }
    }
    unseen
}

/// What the tally tells together with what was told before.
struct Remembering<'a> {
    witness: &'a Witness<'a>,
    known: &'a [Remembered],
    shown_from: Minute,
}

impl Remembering<'_> {
    fn known<'a>(
        &'a self,
        scene: &'a Scene,
        found: &'a [Found],
    ) -> impl Iterator<Item = &'a Remembered> {
        self.known.iter().filter(move |known| {
            known.runs.iter().any(|kept| {
                found.iter().any(|found| {
                    found.part == kept.part
                        && found.run.start == kept.run.start
                        && found
                            .members
                            .first()
                            .is_some_and(|at| kept.members.contains(&scene.watched[*at].subject))
                })
            })
        })
    }
}

impl Facts for Remembering<'_> {
    fn proofs(&self, scene: &Scene, found: &[Found]) -> BTreeSet<Minute> {
        let mut proofs = self.witness.proofs(scene, found);
        let known = self.known(scene, found).flat_map(|known| known.proofs.iter().copied());
        proofs.extend(known.filter(|minute| *minute < self.shown_from));
        proofs
    }

    fn cause(&self, scene: &Scene, found: &Found) -> Option<(CauseId, Option<String>)> {
        self.witness.cause(scene, found).or_else(|| {
            let known = self.known(scene, std::slice::from_ref(found));
            let cause = known.filter_map(|known| known.incident.cause.as_ref());
            let mut sure = cause.filter(|cause| cause.confidence >= Confidence::Strong);
            sure.next().map(|cause| (cause.cause, cause.component.clone()))
        })
    }
}
