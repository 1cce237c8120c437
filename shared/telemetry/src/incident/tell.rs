//! Tells everything of an incident: what fails, how much, why, and what changed before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashSet;
use sha2::{Digest, Sha256};
use sigdrift_signature::cause::Confidence;
use sigdrift_signature::{Cause, CauseId};

use super::alone::Alone;
use super::course::Course;
use super::earlier::Earlier;
use super::merge::{Facts, Group};
use super::proof::{Accepted, Shown, Witnessed};
use super::ranking::{Case, LikelyChange, rank};
use super::record::{Incident, LikelyCause};
use super::run::Run;
use super::scene::{Found, Scene};
use super::settings::Settings;
use super::subject::{Part, Subject};
use super::sureness;
use crate::change::Change;
use crate::dimension::Dimension;
use crate::minutes::Minutes;
use crate::summary::{Cluster, Clusters};
use crate::time::{Minute, parse_rfc3339, rfc3339, start_of};
use crate::workers;

/// How many clusters and values are told.
const CLUSTERS: usize = 100;
pub(super) const VALUES: usize = 20;
/// How many clusters are looked at closely.
const CLOSELY: usize = 20;
/// How many minutes are told.
pub(super) const MINUTES: usize = 240;

/// What the failures and the traffic themselves tell.
pub struct Witness<'a> {
    clusters: &'a Clusters<'a>,
    settings: &'a Settings,
    accepted: Accepted<'a>,
    /// What was witnessed of clusters, by the start of the incident, whose beginning the logs at
    /// hand do not show any more.
    known: BTreeMap<(&'a Subject, Minute), &'a Witnessed>,
    shown: Mutex<BTreeMap<(usize, Spans), Arc<Shown>>>,
}

/// From when to when a cluster fails.
type Spans = Vec<(Minute, Option<Minute>)>;

impl<'a> Witness<'a> {
    /// What is told by these clusters, with what was witnessed before.
    #[must_use]
    pub fn new(
        clusters: &'a Clusters<'a>,
        settings: &'a Settings,
        known: BTreeMap<(&'a Subject, Minute), &'a Witnessed>,
    ) -> Self {
        let shown = Mutex::default();
        Self { clusters, settings, accepted: clusters.accepted(), known, shown }
    }
}

impl Facts for Witness<'_> {
    fn proofs(&self, scene: &Scene, found: &[Found]) -> BTreeSet<Minute> {
        let mut proofs = Minutes::default();
        for place in self.closely(found) {
            proofs.add(&self.shown(scene, place, found).proofs);
        }
        proofs.ascending().collect()
    }

    fn look_ahead(&self, scene: &Scene, groups: &[Group]) {
        let closely = groups.iter().map(|group| (group, self.closely(&group.found)));
        let asked: Vec<(&Group, usize)> = closely
            .flat_map(|(group, places)| places.into_iter().map(move |place| (group, place)))
            .collect();
        workers::map(self.clusters.threads(), asked.len(), |at| {
            let (group, place) = asked[at];
            self.shown(scene, place, &group.found);
        });
    }

    fn cause(&self, scene: &Scene, found: &Found) -> Option<(CauseId, Option<String>)> {
        let place = *found.members.first()?;
        let cluster = self.cluster(&scene.watched[place].subject, &[found.run])?;
        let is_sure = cluster.cause.confidence() >= Confidence::Strong;
        is_sure.then_some((cluster.cause.cause, cluster.cause.component))
    }
}

impl Witness<'_> {
    /// The clusters that are looked at.
    fn closely(&self, found: &[Found]) -> BTreeSet<usize> {
        found.iter().flat_map(|found| found.members.iter().copied()).take(CLOSELY).collect()
    }

    /// What is to be remembered of the clusters of an incident.
    #[must_use]
    pub fn witnessed(&self, scene: &Scene, found: &[Found]) -> Vec<(Subject, Witnessed)> {
        let places = self.closely(found).into_iter();
        places
            .map(|place| {
                let shown = self.shown(scene, place, found);
                (scene.watched[place].subject.clone(), shown.witnessed.clone())
            })
            .collect()
    }

    fn shown(&self, scene: &Scene, place: usize, found: &[Found]) -> Arc<Shown> {
        let runs = runs_of(place, found);
        let spans: Spans = runs.iter().map(|run| (run.start, run.end)).collect();
        let key = (place, spans);
        let known = || self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shown) = known().get(&key) {
            return Arc::clone(shown);
        }
        let failures = runs.iter().map(|run| scene.failures(&[place], run)).sum();
        let subject = &scene.watched[place].subject;
        let start = runs.iter().map(|run| run.start).min().unwrap_or(0);
        let before = self.known.get(&(subject, start)).copied();
        let shown = Arc::new(self.accepted.shown(subject, &runs, failures, scene.horizon, before));
        known().insert(key, Arc::clone(&shown));
        shown
    }

    /// A cluster, as far as its failures belong to these runs.
    fn cluster(&self, subject: &Subject, runs: &[Run]) -> Option<Cluster> {
        let (first, last) = span(runs)?;
        self.clusters.between(subject.id(), first, last)
    }

    /// Everything told of an incident, with what the logs at hand do not tell any more as it was
    /// told before.
    #[must_use]
    pub fn tell(
        &self,
        scene: &Scene,
        group: &Group,
        course: &Course,
        earlier: Option<&Earlier<'_>>,
    ) -> Incident {
        let members = group.members();
        let mut counts: Vec<(usize, u64)> = members
            .iter()
            .map(|place| {
                let runs = runs_of(*place, &group.found);
                (*place, runs.iter().map(|run| scene.failures(&[*place], run)).sum())
            })
            .collect();
        let per_minute = per_minute(scene, group, &members);
        let failures = per_minute.values().sum();
        counts.sort_by_key(|(place, count)| (std::cmp::Reverse(*count), *place));
        let close: Vec<Cluster> = counts
            .iter()
            .take(CLOSELY)
            .filter_map(|(place, _)| {
                self.cluster(&scene.watched[*place].subject, &runs_of(*place, &group.found))
            })
            .collect();
        let mut others = None;
        for (place, _) in counts.iter().take(CLOSELY) {
            if let Some(count) = self.shown(scene, *place, &group.found).others {
                *others.get_or_insert(0) += count;
            }
        }
        let has_traffic =
            others.is_some() || close.iter().any(|cluster| cluster.requests.is_some());
        let requests = has_traffic.then(|| failures + others.unwrap_or(0));
        let subjects: Vec<&Subject> =
            members.iter().map(|place| &scene.watched[*place].subject).collect();
        let values = |dimension: Dimension| {
            distinct(subjects.iter().filter_map(|subject| subject.get(dimension)))
        };
        let times = |time: fn(&Cluster) -> Option<&str>| close.iter().filter_map(time);
        let first_failure = times(|cluster| cluster.first_seen.as_deref()).min();
        let last_failure = times(|cluster| cluster.last_seen.as_deref()).max();
        let minute = |minute: Minute| rfc3339(start_of(minute));
        // Of clusters whose failures the logs at hand do not show any more nothing is known.
        let are_shown = close.len() == counts.len().min(CLOSELY);
        let further = counts.iter().skip(CLOSELY).map(|(place, _)| *place);
        let cause = sureness::of_all(&close, failures, |cause| {
            are_shown && self.all_say(scene, group, further, cause)
        });
        let alone = Alone {
            close: &close,
            keys: values(Dimension::Key).len(),
            versions: values(Dimension::Deploy).len(),
            is_all: close.len() == members.len(),
        };
        let mut told = Incident {
            id: id(group, scene),
            state: course.state,
            cluster_ids: subjects.iter().take(CLUSTERS).map(|s| s.id().to_string()).collect(),
            clusters: members.len(),
            started_at: minute(course.start),
            detected_at: minute(course.fired + 1),
            recovering_since: course.back.map(minute),
            resolved_at: course.resolved.map(minute),
            resolved_without_proof: course.without_proof,
            accepted_cluster_ids: self.accepted(scene, group, course),
            reopened: course.reopened,
            found_as: found_as(group),
            endpoints: values(Dimension::Endpoint),
            access_key_ids: values(Dimension::Key),
            regions: values(Dimension::Region),
            deploy_versions: values(Dimension::Deploy),
            codes: distinct(subjects.iter().map(|subject| &*subject.code)),
            baseline_per_minute: thousandths(baseline(group)),
            peak_per_minute: per_minute.values().copied().max().unwrap_or(0) as f64,
            failures,
            requests,
            failure_rate: requests.map(|all| thousandths(failures as f64 / all.max(1) as f64)),
            retries: close.iter().map(|cluster| cluster.retries).sum(),
            remote_ips: self.addresses(scene, group, &counts),
            first_failure_at: first_failure.map(str::to_owned),
            last_failure_at: last_failure.map(str::to_owned),
            per_minute: per_minute
                .iter()
                .skip(per_minute.len().saturating_sub(MINUTES))
                .map(|(at, count)| (minute(*at), *count))
                .collect(),
            contexts: alone.contexts().iter().map(|context| context.name().to_owned()).collect(),
            only: alone.told(),
            cause: cause.as_ref().map(LikelyCause::from),
            changes: Vec::new(),
        };
        told.changes = self.changes(&told, &subjects, &close);
        if let Some(earlier) = earlier {
            let shown = per_minute.range(earlier.shown_from..).map(|(_, count)| count).sum();
            let shown = (
                course.start >= earlier.shown_from,
                shown,
                has_traffic.then_some(others.unwrap_or(0)),
            );
            earlier.add_to(&mut told, shown);
        }
        told
    }

    /// The ids of the clusters of which requests are accepted again since the rate is back.
    fn accepted(&self, scene: &Scene, group: &Group, course: &Course) -> Vec<String> {
        let Some(back) = course.back else { return Vec::new() };
        let closely = self.closely(&group.found);
        let is_accepted = |place: &usize| {
            let shown = || self.shown(scene, *place, &group.found);
            closely.contains(place)
                && shown().proofs.clone().ascending().any(|minute| minute >= back)
        };
        let accepted = group.members().into_iter().filter(is_accepted);
        accepted.map(|place| scene.watched[place].subject.id().to_string()).collect()
    }

    /// Whether the failures of all these clusters say a cause themselves.
    fn all_say(
        &self,
        scene: &Scene,
        group: &Group,
        places: impl Iterator<Item = usize>,
        cause: &Cause,
    ) -> bool {
        let ids: HashSet<_> = places.map(|place| scene.watched[place].subject.id()).collect();
        let span = span(&group.runs());
        ids.is_empty() || span.is_some_and(|span| self.clusters.all_say(&ids, span, cause))
    }

    /// How many client addresses fail in the clusters that are looked at closely.
    fn addresses(&self, scene: &Scene, group: &Group, counts: &[(usize, u64)]) -> usize {
        let of_clusters = counts.iter().take(CLOSELY).filter_map(|(place, _)| {
            let (first, last) = span(&runs_of(*place, &group.found))?;
            let id = scene.watched[*place].subject.id();
            Some(self.clusters.addresses(id, first, last))
        });
        of_clusters.flatten().collect::<HashSet<_>>().len()
    }

    fn changes(
        &self,
        incident: &Incident,
        subjects: &[&Subject],
        close: &[Cluster],
    ) -> Vec<LikelyChange> {
        let first = incident.first_failure_at.as_deref().unwrap_or(&incident.started_at);
        let Some(first) = parse_rfc3339(first) else { return Vec::new() };
        let dimensions =
            [Dimension::Endpoint, Dimension::Key, Dimension::Deploy, Dimension::Region];
        let [endpoints, keys, versions, regions] = dimensions.map(|dimension| {
            let values = subjects.iter().filter_map(|subject| subject.get(dimension));
            values.take(VALUES).collect::<Vec<_>>()
        });
        let owners = close.iter().filter_map(|cluster| cluster.principal.as_deref());
        let names = endpoints.into_iter().chain(keys).chain(versions.iter().copied());
        let case = Case {
            first,
            names: names.chain(owners).collect(),
            versions,
            regions,
            cause: incident.cause.as_ref().map(|cause| cause.cause),
        };
        let changes: Vec<&Change> = self.clusters.changes().iter().collect();
        rank(&changes, &case, self.settings.change_minutes)
    }
}

/// From when to when there are runs, the end not included.
fn span(runs: &[Run]) -> Option<(i64, i64)> {
    let first = runs.iter().map(|run| run.start).min()?;
    let last = runs.iter().map(|run| run.end.unwrap_or(Minute::MAX)).max()?;
    Some((start_of(first), start_of(last)))
}

/// The runs in which a cluster fails.
fn runs_of(place: usize, found: &[Found]) -> Vec<Run> {
    found.iter().filter(|found| found.members.contains(&place)).map(|found| found.run).collect()
}

/// The failures of an incident by the minute: those of each cluster in its runs, each once.
pub(super) fn per_minute(scene: &Scene, group: &Group, members: &[usize]) -> BTreeMap<Minute, u64> {
    let mut sums = BTreeMap::new();
    for place in members {
        let mut own: BTreeMap<Minute, u32> = BTreeMap::new();
        for run in runs_of(*place, &group.found) {
            let end = run.end.unwrap_or(Minute::MAX);
            own.extend(scene.watched[*place].counts.between(run.start, end).iter().copied());
        }
        for (minute, count) in own {
            *sums.entry(minute).or_default() += u64::from(count);
        }
    }
    sums
}

/// The failures a minute before: of each series its first run's.
fn baseline(group: &Group) -> f64 {
    let mut seen = BTreeSet::new();
    let firsts = group.found.iter().filter(|found| seen.insert((&found.part, &found.members)));
    firsts.map(|found| found.run.seen).sum()
}

fn id(group: &Group, scene: &Scene) -> String {
    let Some(first) = group.found.first() else { return String::new() };
    let whose = match (&first.part, first.members.first()) {
        (Part::Cluster, Some(place)) => scene.watched[*place].subject.id().to_string(),
        (part, _) => part.words(),
    };
    let hash = Sha256::digest(format!("{whose} {}", first.run.start).as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn found_as(group: &Group) -> String {
    let parts: BTreeSet<&Part> = group.found.iter().map(|found| &found.part).collect();
    match parts.first() {
        Some(part) if parts.len() == 1 && **part != Part::Cluster => part.words(),
        _ if group.members().len() > 1 => "several clusters".to_owned(),
        _ => Part::Cluster.words(),
    }
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    values.filter(|value| seen.insert(*value)).take(VALUES).map(str::to_owned).collect()
}

pub(super) fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
