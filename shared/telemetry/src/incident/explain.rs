//! Why each minute of each series was or was not an incident's.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::rhythm::Rhythm;
use super::rule::{Before, Rule, Verdict};
use super::run::Run;
use super::scene::{Scene, Series};
use super::settings::Settings;
use crate::time::{Minute, Window, rfc3339, start_of};

/// How many series and how many minutes of each are told.
const SERIES: usize = 200;
const MINUTES: usize = 1_440;

/// Why minutes were or were not an incident's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// How much likelier than chance failures must be, as a natural logarithm.
    pub threshold: f64,
    /// Fewer failures within an hour are no incident.
    pub fewest_failures: u64,
    /// Failures of scanners and AWS's own writers, which are not looked at.
    pub noise: u64,
    /// The series with the most failures in the window.
    pub series: Vec<ExplainedSeries>,
    /// How many more series there are.
    pub more_series: usize,
}

/// A series and its minutes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedSeries {
    /// What it counts: a cluster, or what several have in common.
    pub series: String,
    /// The id of the cluster, if it is one.
    pub cluster_id: Option<String>,
    /// Its failures in the window, without those that a more particular series explains.
    pub failures: u64,
    /// Whether settings silence it.
    pub silenced: bool,
    /// The last minutes of the window that have failures.
    pub minutes: Vec<ExplainedMinute>,
    /// How many earlier minutes of the window have failures too: a shorter window tells of them.
    pub more_minutes: usize,
}

/// A minute, as judged by the window that says most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedMinute {
    /// The minute, RFC 3339.
    pub minute: String,
    /// Its failures.
    pub failures: u32,
    /// What it is.
    pub verdict: Why,
    /// The incident that it belongs to, whatever could be told of it in this minute.
    pub incident: Option<Belongs>,
    /// The window in minutes that ends with it.
    pub window: Minute,
    /// The failures in the window.
    pub observed: u64,
    /// The most failures that may be expected in it.
    pub expected: f64,
    /// How much likelier than chance, as a natural logarithm.
    pub score: f64,
}

/// The incident that a minute of a series belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Belongs {
    /// When it was found: the end of the minute in which the rule fired, RFC 3339.
    pub found_at: String,
    /// The series in which it was found: this one, or one of what it has in common with others.
    pub found_as: String,
}

/// What a minute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The incident goes on.
    InIncident,
    /// It belongs to what settings silence.
    Silenced,
    /// What the rule says.
    #[serde(untagged)]
    Rule(Verdict),
}

impl Why {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Rule(Verdict::Learning) => "too early in the logs to know what is usual",
            Self::Rule(Verdict::JustOver) => "too soon after the incident before",
            Self::Rule(Verdict::BelowFloor) => "too few",
            Self::Rule(Verdict::Chance) => "may be chance",
            Self::Rule(Verdict::Burst) => "bursts of a minute or two",
            Self::Rule(Verdict::UsualAtThisHour) => "usual at this hour",
            Self::Rule(Verdict::Fires) => "an incident is found",
            Self::InIncident => "the incident goes on",
            Self::Silenced => "silenced by settings",
        }
    }
}

/// A series as it is explained.
struct Subject<'s, 'a> {
    series: &'s Series<'a>,
    name: String,
    /// Its minutes in the window.
    cells: &'s [(Minute, u32)],
    /// The runs of what it has in common with others in which it fails, each with its series' name.
    shared: Vec<(Run, &'s str)>,
}

/// Explains all series of a scene that fail in a window.
#[must_use]
pub fn explain(scene: &Scene, window: &Window, settings: &Settings, noise: u64) -> Detection {
    let series = scene.series(settings);
    let names: Vec<String> = series.iter().map(|series| series.name(scene)).collect();
    let mut shared: BTreeMap<usize, Vec<(Run, &str)>> = BTreeMap::new();
    for (series, name) in series.iter().zip(&names).filter(|(series, _)| series.cluster.is_none()) {
        for run in &series.runs {
            for place in series.members_in(run) {
                shared.entry(place).or_default().push((*run, name));
            }
        }
    }
    let (from, to) = (window.from.unwrap_or(0), window.to.unwrap_or(Minute::MAX));
    let mut subjects: Vec<Subject<'_, '_>> = series
        .iter()
        .zip(&names)
        .map(|(series, name)| Subject {
            series,
            name: name.clone(),
            cells: series.counts.between(from, to),
            shared: series.cluster.and_then(|place| shared.remove(&place)).unwrap_or_default(),
        })
        .filter(|subject| !subject.cells.is_empty())
        .collect();
    subjects.sort_by_cached_key(|subject| (Reverse(subject.failures()), subject.name.clone()));
    let rule = settings.rule();
    Detection {
        threshold: rule.threshold,
        fewest_failures: rule.floor,
        noise,
        more_series: subjects.len().saturating_sub(SERIES),
        series: subjects.iter().take(SERIES).map(|of| of.explained(scene, &rule)).collect(),
    }
}

impl Subject<'_, '_> {
    fn failures(&self) -> u64 {
        self.cells.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    fn explained(&self, scene: &Scene, rule: &Rule) -> ExplainedSeries {
        let Self { series, name, cells, .. } = self;
        let more_minutes = cells.len().saturating_sub(MINUTES);
        let mut rhythm = Rhythm::default();
        let minutes = cells[more_minutes..].iter().map(|&(minute, failures)| {
            rhythm.look(&series.counts, scene.begin, minute);
            let before = before(&series.runs, minute);
            let judged = rule.judge(&series.counts, minute, scene.begin, before, &rhythm);
            let own = series.runs.iter().find(|run| holds(run, minute));
            let verdict = match judged.verdict {
                _ if series.silenced => Why::Silenced,
                _ if own.is_some_and(|run| run.fired < minute) => Why::InIncident,
                verdict => Why::Rule(verdict),
            };
            let of_others = self.shared.iter().find(|(run, _)| holds(run, minute));
            let belongs = own.map(|run| (run, name.as_str()));
            let belongs = belongs.or(of_others.map(|(run, name)| (run, *name)));
            ExplainedMinute {
                minute: rfc3339(start_of(minute)),
                failures,
                verdict,
                incident: belongs.map(|(run, name)| Belongs {
                    found_at: rfc3339(start_of(run.fired + 1)),
                    found_as: name.to_owned(),
                }),
                window: judged.window,
                observed: judged.observed,
                expected: hundredths(judged.expected),
                score: hundredths(judged.score),
            }
        });
        ExplainedSeries {
            series: name.clone(),
            cluster_id: series.cluster.map(|place| scene.watched[place].subject.id().to_string()),
            failures: self.failures(),
            silenced: series.silenced,
            minutes: minutes.collect(),
            more_minutes,
        }
    }
}

fn holds(run: &Run, minute: Minute) -> bool {
    run.start <= minute && run.end.is_none_or(|end| minute < end)
}

fn hundredths(number: f64) -> f64 {
    (100.0 * number.max(0.0)).round() / 100.0
}

/// The last run that was over before a minute.
fn before(runs: &[Run], minute: Minute) -> Option<Before> {
    runs.iter().filter_map(Run::before).rfind(|before| before.end <= minute)
}
