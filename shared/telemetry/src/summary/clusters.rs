//! All clusters of a window. What is told of one is worked out when it is asked for: told of all
//! at once it would be larger than everything that it is told from.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::{HashMap, HashSet};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use sigdrift_signature::Cause;

use super::cluster::{self, Cluster, ClusterId};
use super::context::{Circumstances, FailingVersions};
use super::contrast::{Successes, places};
use super::failure::Failure;
use super::reading::said_by_records;
use super::requests::{GroupKey, Requests, group_key};
use super::traffic::SignedTraffic;
use crate::change::Change;
use crate::dimension::Dimension;
use crate::incident::proof::Accepted;
use crate::incident::ranking::{Case, LikelyChange, rank};
use crate::marker::Markers;
use crate::source::Traffic;
use crate::tally::{Tally, TextId, Texts};
use crate::time::parse_rfc3339;
use crate::workers;

/// So many of them are told before they are written: told of all at once they would take more room than
/// everything else.
const AHEAD: usize = 32;

/// The clusters of a window, most failures first.
#[derive(Debug)]
pub struct Clusters<'t> {
    /// Those of one cluster stand together, by time.
    failures: Vec<Failure<'t>>,
    groups: Vec<Group>,
    group_by: &'t [Dimension],
    requests: Requests,
    traffic: SignedTraffic<'t>,
    changes: Vec<Change>,
    failing: FailingVersions,
    markers: Markers,
    tally: &'t Tally,
    texts: Cow<'t, Texts>,
    /// How many threads may tell them.
    threads: usize,
    /// Those that were asked for: most clusters share their endpoint with others.
    successes: Mutex<SuccessesAt>,
}

type SuccessesAt = HashMap<Vec<(Traffic, TextId)>, Arc<Successes>>;

/// What a cluster is found by, and what decides its rank.
#[derive(Clone, Debug)]
struct Group {
    /// Its failures' places.
    failures: Range<usize>,
    count: u64,
    first_seen: Option<i64>,
    id: ClusterId,
}

impl<'t> Clusters<'t> {
    /// Groups failures, which are given by time.
    pub(super) fn of(
        mut failures: Vec<Failure<'t>>,
        group_by: &'t [Dimension],
        traffic: SignedTraffic<'t>,
        changes: Vec<Change>,
        markers: Markers,
        tally: &'t Tally,
        texts: Cow<'t, Texts>,
    ) -> Self {
        let requests = Requests::count(&failures, &traffic, group_by);
        let failing = FailingVersions::of(&failures);
        let mut numbers: HashMap<(GroupKey, TextId), u32> = HashMap::new();
        // It keeps the order of equals.
        failures.sort_by_cached_key(|failure| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(key(failure, group_by)).or_insert(next)
        });
        drop(numbers);
        let mut groups = Vec::new();
        let mut start = 0;
        for of_one in failures.chunk_by(|a, b| key(a, group_by) == key(b, group_by)) {
            let end = start + of_one.len();
            groups.push(Group {
                failures: start..end,
                count: of_one.iter().map(Failure::count).sum(),
                first_seen: of_one.iter().filter_map(|failure| failure.time()).min(),
                id: ClusterId::of(&of_one[0], group_by, &texts),
            });
            start = end;
        }
        groups.sort_unstable_by_key(|group| (Reverse(group.count), group.first_seen, group.id));
        let successes = Mutex::default();
        Self {
            failures,
            groups,
            group_by,
            requests,
            traffic,
            changes,
            failing,
            markers,
            tally,
            texts,
            threads: 1,
            successes,
        }
    }

    /// The same, told by so many threads.
    #[must_use]
    pub(super) fn on_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// How many threads may tell them.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Leaves out those with another error code than these.
    pub fn retain_codes(&mut self, codes: &[String]) {
        let code = |group: &Group| self.texts.get(self.failures[group.failures.start].manner.code);
        let is_kept =
            |group: &Group| code(group).is_some_and(|code| codes.iter().any(|kept| kept == code));
        self.groups = self.groups.iter().filter(|group| is_kept(group)).cloned().collect();
    }

    /// Tells the one of this id, if there is one.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Cluster> {
        self.groups.iter().find(|group| group.id.to_string() == id).map(|group| self.whole(group))
    }

    /// Tells them, one after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cluster> {
        self.groups.iter().map(|group| self.whole(group))
    }

    fn whole(&self, group: &Group) -> Cluster {
        self.cluster(group, &self.failures[group.failures.clone()])
    }

    /// One cluster, as far as its failures lie between two times, the second not included. `None`
    /// where there are none.
    #[must_use]
    pub fn between(&self, id: ClusterId, from: i64, to: i64) -> Option<Cluster> {
        let (group, failures) = self.part(id, from, to)?;
        Some(self.cluster(group, failures))
    }

    /// The client addresses of a cluster's failures between two times, the second not included.
    #[must_use]
    pub fn addresses(&self, id: ClusterId, from: i64, to: i64) -> HashSet<TextId> {
        let part = self.part(id, from, to).map(|(_, failures)| failures).unwrap_or_default();
        part.iter().map(|failure| failure.remote_ip).filter(|ip| *ip != TextId::NONE).collect()
    }

    /// The failures of a cluster between two times, if there are any.
    fn part(&self, id: ClusterId, from: i64, to: i64) -> Option<(&Group, &[Failure<'t>])> {
        let group = self.groups.iter().find(|group| group.id == id)?;
        Some((group, self.within(group, from, to))).filter(|(_, failures)| !failures.is_empty())
    }

    /// The failures of a group between two times.
    fn within(&self, group: &Group, from: i64, to: i64) -> &[Failure<'t>] {
        let all = &self.failures[group.failures.clone()];
        let start = all.partition_point(|failure| failure.time().is_none_or(|time| time < from));
        let end = all.partition_point(|failure| failure.time().is_none_or(|time| time < to));
        all.get(start..end).unwrap_or_default()
    }

    /// Whether the failures of all these clusters between two times, the second not included, say a cause
    /// themselves, as surely.
    pub(crate) fn all_say(
        &self,
        ids: &HashSet<ClusterId>,
        (from, to): (i64, i64),
        cause: &Cause,
    ) -> bool {
        let says = |group: &&Group| {
            let told = said_by_records(self.within(group, from, to), &self.texts);
            told.is_some_and(|told| {
                (told.cause, &told.component) == (cause.cause, &cause.component)
                    && told.confidence() >= cause.confidence()
            })
        };
        let asked = self.groups.iter().filter(|group| ids.contains(&group.id));
        asked.filter(says).count() == ids.len()
    }

    /// The signed traffic whose signatures were accepted.
    pub(crate) fn accepted(&self) -> Accepted<'_> {
        Accepted::new(self.tally, &self.traffic, &self.texts, &self.markers)
    }

    /// The changes in so many minutes before a cluster began to fail that fit it, best first.
    #[must_use]
    pub fn changes_before(&self, cluster: &Cluster, minutes: u32) -> Vec<LikelyChange> {
        let first = cluster.first_seen.as_deref().and_then(parse_rfc3339);
        let Some(first) = first else { return Vec::new() };
        let value = |dimension| cluster.values.get(dimension);
        let names = [Dimension::Endpoint, Dimension::Key, Dimension::Deploy].map(value);
        let case = Case {
            first,
            names: names.into_iter().chain([cluster.principal.as_deref()]).flatten().collect(),
            versions: value(Dimension::Deploy).into_iter().collect(),
            regions: value(Dimension::Region).into_iter().collect(),
            cause: Some(cluster.cause.cause),
        };
        rank(&self.changes.iter().collect::<Vec<_>>(), &case, minutes)
    }

    /// Every change that is known, by time.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn cluster(&self, group: &Group, failures: &[Failure<'_>]) -> Cluster {
        let successes = self.successes(failures);
        let about = Circumstances {
            failures,
            traffic: &self.traffic,
            successes: &successes,
            retries: cluster::retries(failures),
            changes: &self.changes,
            failing: &self.failing,
            tally: self.tally,
            texts: &self.texts,
        };
        let requests = self.requests.beside(failures, self.group_by);
        Cluster::of(group.id, self.group_by, requests, &about)
    }

    /// The successes at the endpoints of failures.
    fn successes(&self, failures: &[Failure<'_>]) -> Arc<Successes> {
        let places = places(failures);
        let known = || self.successes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(successes) = known().get(&places) {
            return Arc::clone(successes);
        }
        // Two threads may both count them, to the same; neither waits for the other.
        let successes = Arc::new(Successes::at(&places, &self.traffic));
        Arc::clone(known().entry(places).or_insert(successes))
    }
}

impl Serialize for Clusters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut told = serializer.serialize_seq(Some(self.len()))?;
        workers::in_order(
            self.threads,
            self.len(),
            AHEAD,
            |at| self.whole(&self.groups[at]),
            |cluster| told.serialize_element(&cluster),
        )?;
        told.end()
    }
}

/// What the failures of one cluster have in common.
fn key(failure: &Failure<'_>, group_by: &[Dimension]) -> (GroupKey, TextId) {
    (group_key(&failure.values.ids, group_by), failure.manner.code)
}
