//! One incident for one cause: which runs belong together.
//!
//! A deploy that fails at three endpoints is one incident with three clusters. Runs belong together
//! if they are of one cluster and come back soon, or if they begin while the incident goes on and
//! share what a cause travels by: the deploy version or the access key id, or, if they begin
//! together, the endpoint. Different causes that are surely known keep them apart. What begins at
//! once in one region, at more places than chance would have it, is one incident as well.

use std::collections::BTreeSet;

use sigdrift_signature::CauseId;

use super::course::{Course, IncidentState, course};
use super::run::Run;
use super::scene::{Found, Scene};
use super::settings::Settings;
use super::subject::{Part, Subject};
use crate::dimension::Dimension;
use crate::time::Minute;

/// A deploy or a key is rolled out for this many minutes at most after the last cluster began.
const ROLLOUT: Minute = 30;
/// Clusters that share no more than region and code begin within this many minutes.
const AT_ONCE: Minute = 1;

/// From how many incidents on that begin at once in one region with one code, it is no chance.
const OUTBREAK: usize = 4;
/// Error codes that say the same of one mistake, of signed headers and of presigned URLs.
const ALIKE: [&str; 2] = ["AuthorizationHeaderMalformed", "AuthorizationQueryParametersError"];

/// What merging asks about the traffic and the failures themselves.
pub trait Facts {
    /// The minutes in which requests of the kind that fails in these runs were accepted.
    fn proofs(&self, scene: &Scene, found: &[Found]) -> BTreeSet<Minute>;
    /// Told which incidents will be asked about next, so that all of that may be found out at once.
    fn look_ahead(&self, _scene: &Scene, _groups: &[Group]) {}
    /// The cause of a run with its component, where it is surely known.
    fn cause(&self, scene: &Scene, found: &Found) -> Option<(CauseId, Option<String>)>;
}

/// Runs that are one incident.
#[derive(Clone, Debug)]
pub struct Group {
    /// The runs, by start.
    pub found: Vec<Found>,
    /// When requests of the kind that fails were accepted.
    pub proofs: BTreeSet<Minute>,
    /// That of the first run whose cause is surely known; outside, whether it was asked for.
    cause: Option<SureCause>,
}

/// A cause with its component, where it is surely known.
type SureCause = Option<(CauseId, Option<String>)>;

impl Group {
    /// The course of the incident up to a minute.
    #[must_use]
    pub fn course(&self, horizon: Minute, settings: &Settings) -> Option<Course> {
        course(&self.runs(), &self.proofs, horizon, settings)
    }

    /// The runs alone.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        self.found.iter().map(|found| found.run).collect()
    }

    /// The places of its clusters, each once, in the order in which they began.
    #[must_use]
    pub fn members(&self) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        let all = self.found.iter().flat_map(|found| found.members.iter().copied());
        all.filter(|place| seen.insert(*place)).collect()
    }

    /// The first minute.
    #[must_use]
    pub fn start(&self) -> Minute {
        self.found.first().map_or(0, |found| found.run.start)
    }

    /// Asks for its cause, if nobody did: of an incident of several runs it was, as they came.
    fn ask_for_cause(&mut self, scene: &Scene, facts: &dyn Facts) {
        self.cause
            .get_or_insert_with(|| self.found.first().and_then(|first| facts.cause(scene, first)));
    }

    fn sure_cause(&self) -> Option<&(CauseId, Option<String>)> {
        self.cause.as_ref()?.as_ref()
    }

    fn goes_on_at(&self, minute: Minute) -> bool {
        self.found.iter().any(|found| found.run.end.is_none_or(|end| end >= minute))
    }
}

/// Puts runs, which are given by their start, together to incidents.
#[must_use]
pub fn merge(
    scene: &Scene,
    found: Vec<Found>,
    settings: &Settings,
    facts: &dyn Facts,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for found in found {
        let mut cause = None;
        let place = groups.iter_mut().rposition(|group| {
            belongs(group, &found, scene, settings, facts) && {
                group.ask_for_cause(scene, facts);
                let own = cause.get_or_insert_with(|| facts.cause(scene, &found));
                !is_another(group, own.as_ref(), &found, scene, settings)
                    || shares_cluster(group, &found)
            }
        });
        match place.and_then(|place| groups.get_mut(place)) {
            Some(group) => {
                group.found.push(found);
                // All before it were asked: each is asked once, for there may be very many.
                group.cause = Some(group.cause.take().flatten().or(cause.flatten()));
            }
            None => groups.push(Group { found: vec![found], proofs: BTreeSet::new(), cause }),
        }
    }
    join_outbreaks(&mut groups, scene, settings, facts);
    facts.look_ahead(scene, &groups);
    for group in &mut groups {
        group.proofs = facts.proofs(scene, &group.found);
    }
    groups
}

/// Whether a run has another cause than an incident, as far as that is surely known: both causes are
/// and differ, or one is and the other failures, with other error codes, do not have it. A version
/// that begins to fail may fail in several ways.
fn is_another(
    group: &Group,
    own: Option<&(CauseId, Option<String>)>,
    found: &Found,
    scene: &Scene,
    settings: &Settings,
) -> bool {
    match (group.sure_cause(), own) {
        (Some(known), Some(own)) => known != own,
        (None, None) => false,
        _ => {
            let subject = |place: &usize| &scene.watched[*place].subject;
            let together =
                found.run.start.saturating_sub(group.start()) <= settings.together_minutes;
            let says_the_same =
                |a: &str, b: &str| a == b || ALIKE.contains(&a) && ALIKE.contains(&b);
            let belongs = |known: &Subject, new: &Subject| {
                let version = known.get(Dimension::Deploy);
                says_the_same(&known.code, &new.code)
                    || together && version.is_some() && version == new.get(Dimension::Deploy)
            };
            let mut known = group.found.iter().flat_map(|known| &known.members).map(subject);
            !known.any(|known| found.members.iter().map(subject).any(|new| belongs(known, new)))
        }
    }
}

/// Makes one incident of many that begin at once in one region with one error code: different keys
/// and versions do not begin to fail in the same minute by chance.
fn join_outbreaks(groups: &mut Vec<Group>, scene: &Scene, settings: &Settings, facts: &dyn Facts) {
    let kind = |group: &Group| {
        let place = *group.found.first()?.members.first()?;
        let subject = &scene.watched.get(place)?.subject;
        Some((subject.get(Dimension::Region)?, &*subject.code))
    };
    let mut first = 0;
    while first < groups.len() {
        let (start, own) = (groups[first].start(), kind(&groups[first]));
        let since = |group: &Group| group.start().saturating_sub(start);
        let is_alike = |group: &Group| own.is_some() && kind(group) == own;
        let at_once =
            groups[first..].iter().filter(|group| is_alike(group) && since(group) <= AT_ONCE);
        if at_once.count() >= OUTBREAK {
            let later = groups.split_off(first + 1);
            let Some(whole) = groups.last_mut() else { return };
            whole.ask_for_cause(scene, facts);
            let mut apart = Vec::new();
            for mut group in later {
                let is_near = since(&group) <= settings.together_minutes && is_alike(&group);
                if is_near {
                    group.ask_for_cause(scene, facts);
                }
                let causes = whole.sure_cause().zip(group.sure_cause());
                let belongs = is_near && causes.is_none_or(|(a, b)| a == b);
                if belongs {
                    whole.found.extend(group.found);
                } else {
                    apart.push(group);
                }
            }
            whole.found.sort_by(|a, b| {
                (a.run.start, &a.part, &a.members).cmp(&(b.run.start, &b.part, &b.members))
            });
            groups.extend(apart);
        }
        first += 1;
    }
}

fn shares_cluster(group: &Group, found: &Found) -> bool {
    let mut known = group.found.iter().flat_map(|known| &known.members);
    known.any(|place| found.members.contains(place))
}

fn belongs(
    group: &mut Group,
    found: &Found,
    scene: &Scene,
    settings: &Settings,
    facts: &dyn Facts,
) -> bool {
    let comes_back = shares_cluster(group, found);
    if !comes_back && !is_alike(group, found, scene, settings) {
        return false;
    }
    if group.goes_on_at(found.run.start) {
        return true;
    }
    group.proofs = facts.proofs(scene, &group.found);
    let Some(course) = group.course(found.run.fired, settings) else { return false };
    match course.resolved.filter(|_| course.state == IncidentState::Resolved) {
        Some(resolved) => comes_back && found.run.start <= resolved + settings.reopen_minutes,
        None => true,
    }
}

/// Whether a run shares with an incident what a cause travels by.
fn is_alike(group: &Group, found: &Found, scene: &Scene, settings: &Settings) -> bool {
    let start = found.run.start;
    let last = group.found.iter().map(|known| known.run.start).max().unwrap_or(start);
    let since = start.saturating_sub(last);
    if since > ROLLOUT.max(settings.together_minutes) {
        return false;
    }
    let of = |place: &usize| &scene.watched[*place].subject;
    let known = group.found.iter().flat_map(|known| known.members.iter().map(of));
    let news: Vec<&Subject> = found.members.iter().map(of).collect();
    let together = start.saturating_sub(group.start()) <= settings.together_minutes;
    let at_once = start.saturating_sub(group.start()) <= AT_ONCE;
    let is_wide = matches!(found.part, Part::All | Part::Code(_) | Part::Region(_));
    known.into_iter().any(|known| {
        news.iter().any(|new| {
            let same = |dimension| {
                let value = known.get(dimension);
                value.is_some() && value == new.get(dimension)
            };
            let nameless =
                |dimension| known.get(dimension).is_none() && new.get(dimension).is_none();
            let alike = known.code == new.code && same(Dimension::Region);
            same(Dimension::Deploy)
                || same(Dimension::Key)
                || together && same(Dimension::Endpoint)
                || together && is_wide && alike
                || at_once && alike && nameless(Dimension::Deploy) && nameless(Dimension::Key)
        })
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::incident::gather::Gathered;

    /// Counts how often it is asked, and knows no cause.
    #[derive(Default)]
    struct Asked {
        causes: Cell<usize>,
        proofs: Cell<usize>,
    }

    impl Facts for Asked {
        fn proofs(&self, _: &Scene, _: &[Found]) -> BTreeSet<Minute> {
            self.proofs.set(self.proofs.get() + 1);
            BTreeSet::new()
        }

        fn cause(&self, _: &Scene, _: &Found) -> Option<(CauseId, Option<String>)> {
            self.causes.set(self.causes.get() + 1);
            None
        }
    }

    #[test]
    fn of_very_many_runs_each_is_asked_for_its_cause_once() {
        const RUNS: usize = 500;
        let subject = |number: usize| Subject {
            values: [
                (Dimension::Endpoint, format!("bucket-{number}.s3.eu-west-1.amazonaws.com")),
                (Dimension::Region, "eu-west-1".to_owned()),
                (Dimension::Deploy, "shop-2".to_owned()),
            ]
            .map(|(dimension, value)| (dimension, Some(value.into())))
            .into(),
            code: "SignatureDoesNotMatch".into(),
            overflow: false,
        };
        let cells = (0..RUNS).map(|number| (subject(number), vec![(1_000, 20)])).collect();
        let scene = Scene::of(Gathered { cells, newest: Some(1_100), ..Gathered::default() });
        let run = Run {
            start: 1_000,
            fired: 1_001,
            end: None,
            back: None,
            seen: 0.0,
            baseline: 0.1,
            dispersion: 2.0,
        };
        let found = (0..RUNS).map(|at| Found { part: Part::Cluster, run, members: vec![at] });
        let asked = Asked::default();
        let groups = merge(&scene, found.collect(), &Settings::default(), &asked);
        assert_eq!((groups.len(), groups[0].members().len()), (1, RUNS));
        assert!(asked.causes.get() <= RUNS, "{} causes of {RUNS} runs", asked.causes.get());
        assert!(asked.proofs.get() <= 2, "{} proofs of one incident", asked.proofs.get());
    }
}
