//! Detection again and again, as logs arrive.
//!
//! Every call joins what the tally shows with what the state remembers: of each minute the higher
//! count, so that records that arrive late are added and none is counted twice. What is younger
//! than [`LATE`] is judged anew each time, so that late records change an incident and do not make
//! a second one, and in the end the same is found as by [`find`](super::find()) all at once. What is
//! older is settled: a replay of last month changes nothing.

use std::collections::BTreeMap;

use super::alert::{Alert, Occasion};
use super::counts::Counts;
use super::course::IncidentState;
use super::gather::Gathered;
use super::merge::{Facts, Group, merge};
use super::proof::{OLDER, Witnessed};
use super::record::Incident;
use super::rhythm::Rhythm;
use super::run::{BACK, LONGEST_BEGINNING, Run};
use super::scene::{Found, Scene, Watched};
use super::settings::Settings;
use super::state::{Kept, KeptRun, Remembered, Said, State};
use super::subject::{Part, Subject};
use super::tell::Witness;
use crate::summary::{Question, ground};
use crate::tally::Tally;
use crate::time::{Minute, Window, minute_of, parse_rfc3339, rfc3339, start_of};

use std::collections::BTreeSet;

use sigdrift_signature::CauseId;
use sigdrift_signature::cause::Confidence;

/// How long records may be late and still count, in minutes.
pub const LATE: Minute = 180;
/// How far in the future a record may lie, in minutes: beyond, its clock is wrong.
const EARLY: Minute = 1;
/// The longest window of the rule, in minutes.
const LONGEST_WINDOW: Minute = 60;
/// How many clusters are remembered, and how many minutes of them all.
const SERIES: usize = 50_000;
const CELLS: usize = 4_000_000;
/// How many incidents are remembered, and how many days after they were over.
const INCIDENTS: usize = 500;
const REMEMBERED: Minute = 7 * 24 * 60;
/// How many alerts are made at once; the others follow in the next minute.
const ALERTS: usize = 20;
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
    let mut known: Vec<Option<Remembered>> =
        std::mem::take(&mut state.incidents).into_iter().map(Some).collect();
    let mut alerts = Vec::new();
    // With nothing new for longer than any proof may take, an incident is over all the same.
    let silence = settings.unproven_hours * 60;
    let horizon = scene.horizon.max(minute_of(now).saturating_sub(silence));
    for group in &groups {
        let Some(course) = group.course(horizon, settings) else { continue };
        let is_this = |known: &Option<Remembered>| {
            known.as_ref().is_some_and(|known| is_same(known, group, &scene))
        };
        // What several clusters had in common goes on as the first of them that is an incident itself.
        let is_of_this = |known: &Option<Remembered>| {
            known.as_ref().is_some_and(|known| {
                shares_failures(known, group, &scene)
                    && !groups.iter().any(|other| is_same(known, other, &scene))
            })
        };
        let place = known.iter().position(is_this).or_else(|| known.iter().position(is_of_this));
        let before = place.and_then(|place| known.get_mut(place));
        let before = before.and_then(Option::take);
        // What several had in common counted more than this one.
        let own = before.as_ref().filter(|before| is_same(before, group, &scene));
        let mut incident = witness.tell(&scene, group, &course, own.map(|own| &own.incident));
        let said = match before {
            Some(before) => {
                // What was told by this name and at this time stays.
                incident.id = before.incident.id;
                incident.detected_at = before.incident.detected_at;
                before.said
            }
            None => {
                incident.detected_at = rfc3339(now);
                Said::default()
            }
        };
        let runs = group.found.iter().map(|found| KeptRun {
            part: found.part.clone(),
            members: found.members.iter().map(|at| scene.watched[*at].subject.clone()).collect(),
            run: found.run,
        });
        let proofs = group.proofs.range(course.start..).copied();
        let mut remembered = Remembered {
            incident,
            runs: runs.collect(),
            proofs: proofs.collect(),
            witnessed: witness.witnessed(&scene, &group.found),
            said,
        };
        let newest = last_failure(&scene, group);
        let is_recent = now - start_of(newest) <= i64::from(settings.alert_max_age) * 3600;
        if is_recent && alerts.len() < ALERTS {
            alerts.extend(due(&mut remembered, link));
        }
        state.incidents.push(remembered);
    }
    for left in known.into_iter().flatten() {
        // One that was judged anew and is not found any more was none: late records show it.
        let is_settled = left.runs.is_empty();
        // Or it turned out to be a part of another, which goes on.
        let is_part = groups.iter().any(|group| shares_failures(&left, group, &scene));
        if is_settled {
            state.incidents.push(left);
        } else if left.said.opened && !left.said.resolved && !is_part {
            let mut incident = left.incident;
            incident.state = IncidentState::Resolved;
            incident.resolved_at = Some(rfc3339(now));
            incident.resolved_without_proof = true;
            alerts.push(Alert::new(Occasion::Resolved, &incident, link));
        }
    }
    keep(&mut state, &scene, settings);
    for alert in &alerts {
        state.sent(&alert.incident_id, alert.occasion);
        state.pending.push(alert.clone());
    }
    let incidents = state.incidents().cloned().collect();
    Detected { state, incidents, alerts }
}

/// What the tally shows, joined with what is remembered.
fn scene(state: &mut State, gathered: Gathered, now: i64, settings: &Settings) -> Scene {
    let latest = minute_of(now).saturating_add(EARLY);
    let begin = gathered.begin.filter(|begin| *begin <= latest);
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
    settled.saturating_sub(settings.baseline_minutes + LONGEST_WINDOW + LONGEST_BEGINNING)
}

/// Whether an incident that is remembered is the one that these runs make.
fn is_same(known: &Remembered, group: &Group, scene: &Scene) -> bool {
    shares(known, group, scene, |kept, found| kept == found)
}

/// Whether an incident that is remembered and these runs have failures of clusters in common.
fn shares_failures(known: &Remembered, group: &Group, scene: &Scene) -> bool {
    shares(known, group, scene, |_, _| true)
}

/// Whether runs of parts that go together overlap and have a cluster in common.
fn shares(
    known: &Remembered,
    group: &Group,
    scene: &Scene,
    go_together: impl Fn(&Part, &Part) -> bool,
) -> bool {
    known.runs.iter().any(|kept| {
        group.found.iter().any(|found| {
            let overlaps = kept.run.start <= found.run.end.unwrap_or(Minute::MAX)
                && found.run.start <= kept.run.end.unwrap_or(Minute::MAX);
            overlaps
                && go_together(&kept.part, &found.part)
                && found.members.iter().any(|at| kept.members.contains(&scene.watched[*at].subject))
        })
    })
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
    let Remembered { incident, said, .. } = remembered;
    let is_proven =
        incident.cause.as_ref().is_some_and(|cause| cause.confidence == Confidence::Proven);
    let is_over = incident.state == IncidentState::Resolved;
    let came_back = said.resolved && incident.reopened > said.reopened && !is_over;
    let mut occasions = Vec::new();
    if !said.opened || came_back {
        occasions.push(Occasion::Opened);
        *said = Said {
            opened: true,
            proven: is_proven,
            resolved: is_over,
            peak: incident.peak_per_minute,
            reopened: incident.reopened,
        };
    }
    if incident.peak_per_minute >= GREW * said.peak.max(1.0) {
        occasions.push(Occasion::Grew);
        said.peak = incident.peak_per_minute;
    }
    if is_proven && !said.proven {
        occasions.push(Occasion::Proven);
        said.proven = true;
    }
    if is_over && !said.resolved {
        occasions.push(Occasion::Resolved);
        (said.resolved, said.reopened) = (true, incident.reopened);
    }
    occasions.into_iter().map(|occasion| Alert::new(occasion, incident, link)).collect()
}

/// Puts into the state what the next detection needs, within its bounds.
fn keep(state: &mut State, scene: &Scene, settings: &Settings) {
    state.settled = state.settled.max(state.newest.saturating_sub(LATE));
    let oldest = oldest(state.settled, settings);
    // Incidents that can neither go on nor come back.
    let open_until = settings.reopen_minutes.max(settings.baseline_minutes);
    for remembered in &mut state.incidents {
        let resolved = remembered.incident.resolved_at.as_deref().and_then(parse_rfc3339);
        let over = resolved.map(|at| minute_of(at).saturating_add(open_until));
        if over.is_some_and(|over| over < state.settled) {
            remembered.runs.clear();
            remembered.proofs.clear();
            remembered.witnessed.clear();
        }
    }
    let forgotten = state.settled.saturating_sub(REMEMBERED);
    state.incidents.retain(|remembered| {
        let resolved = remembered.incident.resolved_at.as_deref().and_then(parse_rfc3339);
        !remembered.runs.is_empty() || resolved.is_none_or(|at| minute_of(at) >= forgotten)
    });
    state.incidents.sort_by(|a, b| {
        (&a.incident.started_at, &a.incident.id).cmp(&(&b.incident.started_at, &b.incident.id))
    });
    while state.incidents.len() > INCIDENTS {
        let over = state.incidents.iter().position(|remembered| remembered.runs.is_empty());
        state.incidents.remove(over.unwrap_or(0));
    }
    let mut series: Vec<(u64, Kept)> = Vec::new();
    for watched in &scene.watched {
        let cells = watched.counts.between(oldest, Minute::MAX);
        let mut rhythm = watched.rhythm.clone();
        rhythm.look(&watched.counts, scene.begin, state.settled);
        if !cells.is_empty() || !rhythm.is_empty() {
            let count = cells.iter().map(|(_, count)| u64::from(*count)).sum();
            let cells = Kept::packed(cells);
            series.push((count, Kept { subject: watched.subject.clone(), cells, rhythm }));
        }
    }
    let size =
        |series: &[(u64, Kept)]| series.iter().map(|(_, kept)| kept.cells.len() / 2).sum::<usize>();
    if series.len() > SERIES || size(&series) > CELLS {
        series
            .sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.subject.cmp(&other.subject)));
        series.truncate(SERIES);
        let mut cells = 0;
        series.retain(|(_, kept)| {
            cells += kept.cells.len() / 2;
            cells <= CELLS
        });
        series.sort_by(|(_, a), (_, b)| a.subject.cmp(&b.subject));
    }
    state.series = series.into_iter().map(|(_, kept)| kept).collect();
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
