//! Watches all series: the clusters, and what they have in common as far as no cluster by itself
//! explains it.

use std::collections::BTreeMap;

use super::counts::Counts;
use super::gather::Gathered;
use super::rhythm::Rhythm;
use super::run::{Run, Span, runs};
use super::settings::Settings;
use super::subject::{PARENTS, Part, Subject};
use crate::time::Minute;

/// Runs beyond this many are left out, those with the fewest failures first.
const MOST_RUNS: usize = 2_000;

/// A cluster that is watched.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The cluster.
    pub subject: Subject,
    /// Its failures.
    pub counts: Counts,
    /// What is usual at the hours of a day.
    pub rhythm: Rhythm,
    /// Its last run that began before the scene.
    pub last: Option<Run>,
}

/// Everything that is watched.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The first minute of any log.
    pub begin: Minute,
    /// The first minute that is judged.
    pub from: Minute,
    /// The last minute that the logs reach.
    pub horizon: Minute,
    /// The clusters, sorted.
    pub watched: Vec<Watched>,
    /// The last runs of what clusters have in common that began before the scene.
    pub last: BTreeMap<Part, Run>,
    /// The runs that were over before the scene.
    pub over: Vec<Found>,
}

/// A run, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What the series counts.
    pub part: Part,
    /// The run.
    pub run: Run,
    /// The clusters that fail in it: their places in the scene.
    pub members: Vec<usize>,
}

impl Scene {
    /// Everything that was counted, from the first minute to the last.
    #[must_use]
    pub fn of(gathered: Gathered) -> Self {
        let begin = gathered.begin.unwrap_or(0);
        let cells = gathered.cells.into_iter();
        Self {
            begin,
            from: begin,
            horizon: gathered.newest.unwrap_or(begin),
            watched: cells
                .map(|(subject, cells)| Watched {
                    subject,
                    counts: Counts::new(cells),
                    rhythm: Rhythm::default(),
                    last: None,
                })
                .collect(),
            last: BTreeMap::new(),
            over: Vec::new(),
        }
    }

    /// The place of a cluster.
    #[must_use]
    pub fn place(&self, subject: &Subject) -> Option<usize> {
        self.watched.binary_search_by(|watched| watched.subject.cmp(subject)).ok()
    }

    fn span(&self, last: Option<Run>) -> Span {
        Span { begin: self.begin, from: self.from, horizon: self.horizon, last }
    }

    /// The runs of all series, by their start.
    #[must_use]
    pub fn runs(&self, settings: &Settings) -> Vec<Found> {
        let rule = settings.rule();
        let mut found: Vec<Found> = Vec::new();
        // What is silent is not watched, by itself or as a part of others.
        let heard: Vec<bool> =
            self.watched.iter().map(|watched| is_heard(watched, settings)).collect();
        // Of each cluster, the spans that runs explain.
        let mut explained: Vec<Vec<(Minute, Minute)>> = vec![Vec::new(); self.watched.len()];
        for over in &self.over {
            let span = (over.run.start, over.run.end.unwrap_or(Minute::MAX));
            over.members.iter().for_each(|place| explained[*place].push(span));
        }
        for (place, watched) in self.watched.iter().enumerate().filter(|(place, _)| heard[*place]) {
            if watched.last.is_none() && watched.counts.total() < settings.fewest_failures {
                continue;
            }
            for run in runs(&watched.counts, &self.span(watched.last), &rule, &watched.rhythm) {
                explained[place].push((run.start, run.end.unwrap_or(Minute::MAX)));
                found.push(Found { part: Part::Cluster, run, members: vec![place] });
            }
        }
        for parent in PARENTS {
            let mut children: BTreeMap<Part, Vec<usize>> = BTreeMap::new();
            for (place, watched) in
                self.watched.iter().enumerate().filter(|(place, _)| heard[*place])
            {
                if let Some(part) = parent(&watched.subject) {
                    children.entry(part).or_default().push(place);
                }
            }
            children.retain(|_, children| children.len() > 1);
            for (part, children) in children {
                let left = self.left(&children, &explained);
                let last = self.last.get(&part).copied();
                if last.is_none() && left.total() < settings.fewest_failures {
                    continue;
                }
                for run in runs(&left, &self.span(last), &rule, &Rhythm::default()) {
                    let (from, to) = (run.start, run.end.unwrap_or(Minute::MAX));
                    let members = children.iter().copied().filter(|place| {
                        let cells = self.watched[*place].counts.between(from, to);
                        cells.iter().any(|(minute, _)| !is_in(&explained[*place], *minute))
                    });
                    let members: Vec<usize> = members.collect();
                    for place in &members {
                        explained[*place].push((from, to));
                    }
                    found.push(Found { part: part.clone(), run, members });
                }
            }
        }
        self.strongest(found)
    }

    /// What the runs of these clusters do not explain.
    fn left(&self, children: &[usize], explained: &[Vec<(Minute, Minute)>]) -> Counts {
        let cells = children.iter().flat_map(|place| {
            let cells = self.watched[*place].counts.cells().iter().copied();
            cells.filter(|(minute, _)| !is_in(&explained[*place], *minute))
        });
        Counts::new(cells.collect())
    }

    fn strongest(&self, mut found: Vec<Found>) -> Vec<Found> {
        if found.len() > MOST_RUNS {
            let failures = |found: &Found| self.failures(&found.members, &found.run);
            found.sort_by_cached_key(|found| {
                (
                    std::cmp::Reverse(failures(found)),
                    found.run.start,
                    found.members.first().copied(),
                )
            });
            found.truncate(MOST_RUNS);
        }
        found.sort_by(|a, b| {
            (a.run.start, &a.part, &a.members).cmp(&(b.run.start, &b.part, &b.members))
        });
        found
    }

    /// The failures of some clusters in a run.
    #[must_use]
    pub fn failures(&self, members: &[usize], run: &Run) -> u64 {
        let end = run.end.unwrap_or(Minute::MAX);
        members.iter().map(|place| self.watched[*place].counts.sum(run.start, end)).sum()
    }
}

fn is_in(spans: &[(Minute, Minute)], minute: Minute) -> bool {
    spans.iter().any(|(from, to)| (*from..*to).contains(&minute))
}

fn is_heard(watched: &Watched, settings: &Settings) -> bool {
    let silence = &settings.silence;
    !silence.codes.contains(&watched.subject.code)
        && (silence.clusters.is_empty()
            || !silence.clusters.contains(&watched.subject.id().to_string()))
}
