//! Watches all series: the clusters, and what they have in common as far as no cluster by itself
//! explains it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::counts::Counts;
use super::gather::Gathered;
use super::rhythm::Rhythm;
use super::run::{Run, Seen, Span, Spans, look};
use super::settings::Settings;
use super::subject::{PARENTS, Part, Subject};
use crate::time::Minute;
use crate::workers;

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

impl Watched {
    /// Whether settings do not silence it.
    #[must_use]
    pub fn is_heard(&self, settings: &Settings) -> bool {
        let silence = &settings.silence;
        !silence.codes.iter().any(|code| **code == *self.subject.code)
            && (silence.clusters.is_empty()
                || !silence.clusters.contains(&self.subject.id().to_string()))
    }
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

/// A series as it was watched.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// What it counts.
    pub part: Part,
    /// The place of the cluster, if it is one.
    pub cluster: Option<usize>,
    /// Its failures, without those that a more particular series explains.
    pub counts: Cow<'a, Counts>,
    /// Whether settings silence it.
    pub silenced: bool,
    /// Its runs.
    pub runs: Vec<Run>,
    /// The clusters that fail in each run, if it is no cluster itself.
    members: Vec<(Run, Vec<usize>)>,
}

impl Series<'_> {
    /// The clusters that fail in one of its runs.
    pub(super) fn members_in(&self, run: &Run) -> Vec<usize> {
        let of_run = self.members.iter().find(|(known, _)| known == run);
        let members = of_run.map(|(_, members)| members.clone());
        members.unwrap_or_else(|| self.cluster.into_iter().collect())
    }

    /// In words.
    #[must_use]
    pub fn name(&self, scene: &Scene) -> String {
        let Some(place) = self.cluster else { return self.part.words() };
        scene.watched[place].subject.words()
    }
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

    /// The runs of all series, by their start, looked for on so many threads.
    #[must_use]
    pub fn runs(&self, settings: &Settings, threads: usize) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        self.watch(settings, threads, |series| {
            found.extend(series.runs.iter().map(|run| Found {
                part: series.part.clone(),
                run: *run,
                members: series.members_in(run),
            }));
        });
        self.strongest(found)
    }

    /// All series with their runs, those that settings silence included.
    #[must_use]
    pub fn series(&self, settings: &Settings) -> Vec<Series<'_>> {
        let mut all = Vec::new();
        self.watch(settings, 1, |series| all.push(series));
        all
    }

    /// Watches the clusters, then what they have in common, the more particular first.
    fn watch<'a>(&'a self, settings: &Settings, threads: usize, mut each: impl FnMut(Series<'a>)) {
        let rule = settings.rule();
        // Of each cluster, the spans that runs explain.
        let mut explained: Vec<Spans> = vec![Spans::new(); self.watched.len()];
        for over in &self.over {
            let span = (over.run.start, over.run.end.unwrap_or(Minute::MAX));
            over.members.iter().for_each(|place| explained[*place].push(span));
        }
        // What is silent is not watched, by itself or as a part of others.
        let heard: Vec<bool> =
            self.watched.iter().map(|watched| watched.is_heard(settings)).collect();
        let seen = workers::map(threads, self.watched.len(), |place| {
            let watched = &self.watched[place];
            let is_watched = heard[place]
                && (watched.last.is_some() || watched.counts.total() >= settings.fewest_failures);
            if is_watched {
                look(&watched.counts, &self.span(watched.last), &rule, &watched.rhythm)
            } else {
                Seen::default()
            }
        });
        for ((place, watched), Seen { runs, usual }) in self.watched.iter().enumerate().zip(seen) {
            explained[place]
                .extend(runs.iter().map(|run| (run.start, run.end.unwrap_or(Minute::MAX))));
            // What a cluster does every night is no news of what it shares with others either.
            explained[place].extend(usual);
            each(Series {
                part: Part::Cluster,
                cluster: Some(place),
                counts: Cow::Borrowed(&watched.counts),
                silenced: !heard[place],
                runs,
                members: Vec::new(),
            });
        }
        for parent in PARENTS {
            let mut children: BTreeMap<Part, Vec<usize>> = BTreeMap::new();
            for (place, watched) in self.watched.iter().enumerate() {
                if heard[place]
                    && let Some(part) = parent(&watched.subject)
                {
                    children.entry(part).or_default().push(place);
                }
            }
            children.retain(|_, children| children.len() > 1);
            // What one part explains is nothing to another of its kind: they have no cluster in common.
            let children: Vec<(Part, Vec<usize>)> = children.into_iter().collect();
            let seen = workers::map(threads, children.len(), |at| {
                let (part, children) = &children[at];
                let left = self.left(children, &explained);
                let last = self.last.get(part).copied();
                if last.is_none() && left.total() < settings.fewest_failures {
                    return None;
                }
                let Seen { runs, usual } = look(&left, &self.span(last), &rule, &Rhythm::default());
                let members = runs.iter().map(|run| {
                    let span = (run.start, run.end.unwrap_or(Minute::MAX));
                    let fails = |place: &usize| {
                        let cells = self.watched[*place].counts.between(span.0, span.1);
                        cells.iter().any(|(minute, _)| !is_in(&explained[*place], *minute))
                    };
                    (*run, children.iter().copied().filter(fails).collect::<Vec<usize>>())
                });
                let members: Vec<(Run, Vec<usize>)> = members.collect();
                Some((left, runs, usual, members))
            });
            for ((part, children), seen) in children.into_iter().zip(seen) {
                let Some((left, runs, usual, members)) = seen else { continue };
                for (run, places) in &members {
                    let span = (run.start, run.end.unwrap_or(Minute::MAX));
                    places.iter().for_each(|place| explained[*place].push(span));
                }
                for place in children {
                    explained[place].extend(&usual);
                }
                let counts = Cow::Owned(left);
                each(Series { part, cluster: None, counts, silenced: false, runs, members });
            }
        }
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
