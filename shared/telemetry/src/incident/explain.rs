//! Why each minute of each series was or was not an incident's.

use serde::Serialize;

use super::counts::Counts;
use super::rhythm::Rhythm;
use super::rule::{Before, Verdict};
use super::run::Run;
use super::scene::{Scene, Series};
use super::settings::Settings;
use crate::time::{Minute, rfc3339, start_of};

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
    /// The series with the most failures.
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
    /// Its failures, without those that a more particular series explains.
    pub failures: u64,
    /// Whether settings silence it.
    pub silenced: bool,
    /// The last day's minutes that have failures.
    pub minutes: Vec<ExplainedMinute>,
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
    /// The window in minutes that ends with it.
    pub window: Minute,
    /// The failures in the window.
    pub observed: u64,
    /// The most failures that may be expected in it.
    pub expected: f64,
    /// How much likelier than chance, as a natural logarithm.
    pub score: f64,
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

/// Explains all series of a scene.
#[must_use]
pub fn explain(scene: &Scene, settings: &Settings, noise: u64) -> Detection {
    let mut series = scene.series(settings);
    series.sort_by_cached_key(|series| {
        (std::cmp::Reverse(series.counts.total()), series.name(scene))
    });
    let more_series = series.len().saturating_sub(SERIES);
    series.truncate(SERIES);
    let rule = settings.rule();
    Detection {
        threshold: rule.threshold,
        fewest_failures: rule.floor,
        noise,
        series: series.iter().map(|series| explained(series, scene, settings)).collect(),
        more_series,
    }
}

fn explained(series: &Series<'_>, scene: &Scene, settings: &Settings) -> ExplainedSeries {
    ExplainedSeries {
        series: series.name(scene),
        cluster_id: series.cluster.map(|place| scene.watched[place].subject.id().to_string()),
        failures: series.counts.total(),
        silenced: series.silenced,
        minutes: minutes(series, scene, settings),
    }
}

fn minutes(series: &Series<'_>, scene: &Scene, settings: &Settings) -> Vec<ExplainedMinute> {
    let rule = settings.rule();
    let counts: &Counts = &series.counts;
    let mut rhythm = Rhythm::default();
    let first = counts.cells().len().saturating_sub(MINUTES);
    let cells = counts.cells()[first..].iter();
    cells
        .map(|&(minute, failures)| {
            rhythm.look(counts, scene.begin, minute);
            let before = before(&series.runs, minute);
            let judged = rule.judge(counts, minute, scene.begin, before, &rhythm);
            let goes_on = series
                .runs
                .iter()
                .any(|run| run.fired < minute && run.end.is_none_or(|end| minute < end));
            let verdict = match judged.verdict {
                _ if series.silenced => Why::Silenced,
                _ if goes_on => Why::InIncident,
                verdict => Why::Rule(verdict),
            };
            let hundredths = |number: f64| (100.0 * number.max(0.0)).round() / 100.0;
            ExplainedMinute {
                minute: rfc3339(start_of(minute)),
                failures,
                verdict,
                window: judged.window,
                observed: judged.observed,
                expected: hundredths(judged.expected),
                score: hundredths(judged.score),
            }
        })
        .collect()
}

/// The last run that was over before a minute.
fn before(runs: &[Run], minute: Minute) -> Option<Before> {
    runs.iter().filter_map(Run::before).rfind(|before| before.end <= minute)
}
