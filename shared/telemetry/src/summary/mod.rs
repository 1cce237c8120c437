//! The summary: a function of a tally and a window.

pub mod cluster;
pub mod clusters;
pub mod context;
pub mod contrast;
pub mod failure;
pub mod first_seen;
mod notes;
pub mod reading;
mod repeats;
pub mod requests;
#[cfg(test)]
mod tests;
pub mod traffic;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use cluster::{Cluster, Example};
pub use clusters::Clusters;
pub use context::Context;
pub use contrast::Contrast;

use self::failure::Failure;
use self::traffic::SignedTraffic;
use crate::change::{Change, ChangeKind};
use crate::dimension::Dimension;
use crate::incident::gather::{Gathered, gather};
use crate::incident::scene::Scene;
use crate::incident::{self, Detection, Incident, Settings};
use crate::marker::Markers;
use crate::source::SourceKind;
use crate::tally::{KindReport, Tally, Texts};
use crate::time::{Minute, Window, minute_of, rfc3339, start_of};

/// How long after its deploy marker a version may come to be seen in the traffic.
const ROLLOUT_SECONDS: i64 = 30 * 60;

/// What a summary is asked for.
#[derive(Clone, Debug)]
pub struct Question {
    /// The minutes that count.
    pub window: Window,
    /// The dimensions that clusters are made of; the error code always is one more.
    pub group_by: Vec<Dimension>,
    /// Deploy markers.
    pub markers: Markers,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            window: Window::default(),
            group_by: Dimension::DEFAULT.to_vec(),
            markers: Markers::default(),
        }
    }
}

/// The summary of a window, as people and programs read it.
#[derive(Debug, Serialize)]
pub struct Summary<'t> {
    /// The window: as asked for, else from the first to the last signature failure or request.
    pub window: Span,
    /// What reading came to, by kind of log.
    pub sources: Vec<Source>,
    /// Sums over the window.
    pub totals: Totals,
    /// The clusters, most failures first.
    pub clusters: Clusters<'t>,
    /// The incidents that lie in the window with a part, by their start.
    pub incidents: Vec<Incident>,
    /// Change events in the window, by time.
    pub changes: Vec<ShownChange>,
    /// Why each minute was or was not an incident's, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detection: Option<Detection>,
    /// What is not exact in this summary and why, in words.
    pub notes: Vec<String>,
    /// What is no incident only because the logs do not go back far enough, in words: a note where
    /// these logs are all that is known.
    #[serde(skip)]
    pub unjudged: Option<String>,
}

/// A span of time, RFC 3339; the end does not belong to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first moment.
    pub from: Option<String>,
    /// The moment after the last.
    pub to: Option<String>,
}

/// What reading the logs of one kind came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The kind of log; `None` for what is no log.
    pub kind: Option<SourceKind>,
    /// Objects read.
    pub objects: u64,
    /// Records in them, before any joining.
    pub records: u64,
    /// Records left out on purpose.
    pub skipped: u64,
    /// Lines, records and objects that could not be read.
    pub unreadable: u64,
    /// The first of these.
    pub problems: Vec<ShownProblem>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownProblem {
    /// The object.
    pub object: String,
    /// Where in it.
    #[serde(rename = "where")]
    pub place: String,
    /// Why.
    pub reason: String,
}

/// Sums over the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Requests that carried a signature.
    pub requests: u64,
    /// Those whose signature failed.
    pub failures: u64,
    /// The failures by error code.
    pub by_code: BTreeMap<String, u64>,
}

/// A change event, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownChange {
    /// When, RFC 3339.
    pub time: String,
    /// What kind of change.
    pub kind: ChangeKind,
    /// What was done, beginning with the event's name or `deploy` and the version.
    pub what: String,
    /// Who did it, where known.
    pub who: Option<String>,
    /// Where, where known.
    pub region: Option<String>,
}

/// Makes the summary.
#[must_use]
pub fn summarize<'t>(tally: &'t Tally, question: &'t Question) -> Summary<'t> {
    summarize_with(tally, question, &Settings::default(), 1)
}

/// Makes the summary, with incidents as these settings find them, on so many threads.
#[must_use]
pub fn summarize_with<'t>(
    tally: &'t Tally,
    question: &'t Question,
    settings: &Settings,
    threads: usize,
) -> Summary<'t> {
    let (mut summary, gathered) = without_incidents_of(tally, question, settings, threads);
    let window = &question.window;
    summary.notes.extend(gathered.left_out());
    let scene = Scene::of(gathered);
    let found = if *window == Window::default() {
        incident::find::of(&scene, &summary.clusters, window, settings)
    } else {
        // What is told of an incident is told of all of it, however little of it lies in the window.
        let always = Question { window: Window::default(), ..question.clone() };
        let clusters = ground(tally, &always, settings, threads).clusters;
        incident::find::of(&scene, &clusters, window, settings)
    };
    summary.incidents = found.incidents;
    summary.unjudged = found.unjudged;
    summary
}

/// Makes the summary without its incidents, for those who know them already or have no use for them:
/// to find them takes as long as all the rest.
#[must_use]
pub fn without_incidents<'t>(tally: &'t Tally, question: &'t Question) -> Summary<'t> {
    without_incidents_of(tally, question, &Settings::default(), 1).0
}

fn without_incidents_of<'t>(
    tally: &'t Tally,
    question: &'t Question,
    settings: &Settings,
    threads: usize,
) -> (Summary<'t>, Gathered) {
    let Ground { gathered, totals, span, notes, clusters } =
        ground(tally, question, settings, threads);
    let in_window = |change: &&Change| question.window.holds(minute_of(change.time));
    let summary = Summary {
        window: span,
        sources: tally.reports().iter().map(|(kind, report)| shown_source(*kind, report)).collect(),
        totals,
        incidents: Vec::new(),
        unjudged: None,
        detection: None,
        changes: clusters.changes().iter().filter(in_window).map(shown_change).collect(),
        notes,
        clusters,
    };
    (summary, gathered)
}

/// Why each minute was or was not an incident's.
#[must_use]
pub fn explain_detection(tally: &Tally, question: &Question, settings: &Settings) -> Detection {
    let gathered = ground(tally, question, settings, 1).gathered;
    let noise = gathered.noise;
    incident::explain::explain(&Scene::of(gathered), &question.window, settings, noise)
}

/// What summaries and incidents are made from.
pub(crate) struct Ground<'t> {
    /// The failures of all time by cluster and minute, without noise.
    pub(crate) gathered: Gathered,
    totals: Totals,
    span: Span,
    notes: Vec<String>,
    /// The clusters of the window.
    pub(crate) clusters: Clusters<'t>,
}

/// Joins failures, counts traffic, and groups. What is made of it then has so many threads.
pub(crate) fn ground<'t>(
    tally: &'t Tally,
    question: &'t Question,
    settings: &Settings,
    threads: usize,
) -> Ground<'t> {
    let Question { window, group_by, markers } = question;
    // A marker that was asked with and is held as well is one marker.
    let markers: BTreeSet<_> = markers.iter().chain(tally.markers()).cloned().collect();
    let markers = Markers::new(markers);
    let mut texts = Cow::Borrowed(tally.texts());
    for marker in markers.iter() {
        texts.to_mut().id(Some(&marker.version));
    }
    let mut failures = failure::failures(tally, &markers, &texts);
    let traffic = SignedTraffic::of(tally, window, &markers, &mut failures, &texts);
    let (changes, left_out) = changes(tally, &markers, &failures, &traffic, &texts);
    let shown = tally.series().ends();
    let gathered = gather(&failures, shown, window, group_by, tally, &texts, &settings.silence);
    let timeless = failures.iter().filter(|failure| failure.time().is_none());
    let timeless = timeless.map(Failure::count).sum();
    failures.retain(|failure| window.holds_time(failure.time()));
    let mut totals = Totals::default();
    for failure in &failures {
        totals.failures += failure.count();
        let code = texts.get(failure.manner.code).unwrap_or_default();
        *totals.by_code.entry(code.to_owned()).or_default() += failure.count();
    }
    totals.requests = traffic.requests() + totals.failures;
    Ground {
        totals,
        span: span(shown, window, &failures),
        notes: notes::notes(tally, &traffic, &gathered, window, timeless, left_out),
        clusters: Clusters::of(failures, group_by, traffic, changes, markers, tally, texts)
            .on_threads(threads),
        gathered,
    }
}

/// Every change there is: those that CloudTrail recorded, the markers, and the versions that the
/// traffic shows for the first time unless a marker told of them by then; with how many of these are left out.
fn changes(
    tally: &Tally,
    markers: &Markers,
    failures: &[Failure<'_>],
    traffic: &SignedTraffic<'_>,
    texts: &Texts,
) -> (Vec<Change>, usize) {
    let mut all: Vec<Change> = tally.changes().cloned().collect();
    all.extend(markers.iter().map(|marker| Change {
        time: marker.time,
        kind: ChangeKind::Deploy,
        what: format!("deploy {} (marker)", marker.version),
        who: None,
        region: marker.matches.get(&Dimension::Region).cloned(),
        touches: marker.matches.values().cloned().chain([marker.version.clone()]).collect(),
    }));
    let (seen, left_out) = first_seen::first_seen(failures, traffic, texts);
    // A marker that is written when the deploy is done comes behind the traffic of its first part.
    // One that is long before is not when the traffic changed.
    let marked = |change: &Change| {
        let tells_of = |time: i64| {
            minute_of(time) <= minute_of(change.time) && change.time - time <= ROLLOUT_SECONDS
        };
        markers
            .iter()
            .any(|marker| tells_of(marker.time) && change.touches.contains(&marker.version))
    };
    all.extend(seen.into_iter().filter(|change| !marked(change)));
    all.sort();
    (all, left_out)
}

fn shown_change(change: &Change) -> ShownChange {
    ShownChange {
        time: rfc3339(change.time),
        kind: change.kind,
        what: change.what.clone(),
        who: change.who.clone(),
        region: change.region.clone(),
    }
}

fn shown_source(kind: Option<SourceKind>, report: &KindReport) -> Source {
    let problems = report.problems.iter().map(|problem| ShownProblem {
        object: problem.object.clone(),
        place: problem.place.to_string(),
        reason: problem.reason.clone(),
    });
    Source {
        kind,
        objects: report.objects,
        records: report.records,
        skipped: report.skipped,
        unreadable: report.unreadable,
        problems: problems.collect(),
    }
}

/// The window as asked for; an open end is closed at the first or last minute that was counted, of the
/// traffic (`shown`) or of failures.
fn span(shown: Option<(Minute, Minute)>, window: &Window, failures: &[Failure<'_>]) -> Span {
    let of_traffic = shown.into_iter().flat_map(|(first, last)| [first, last]);
    let of_failures = failures.iter().filter_map(|failure| Some(minute_of(failure.time()?)));
    let minutes = of_traffic.chain(of_failures).filter(|minute| *minute > 0);
    let (first, last) = minutes.fold((None, None), |(first, last), minute| {
        (
            Some(first.map_or(minute, |first: u32| first.min(minute))),
            Some(last.map_or(minute, |last: u32| last.max(minute))),
        )
    });
    // A window that is open at its end and begins behind all logs is empty, and not backwards.
    let end = last.map(|last: u32| last.saturating_add(1).max(window.from.unwrap_or(0)));
    Span {
        from: window.from.or(first).map(|minute| rfc3339(start_of(minute))),
        to: window.to.or(end).map(|minute| rfc3339(start_of(minute))),
    }
}
