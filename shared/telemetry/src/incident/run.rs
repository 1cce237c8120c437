//! Runs: from when to when a series fails more than usual.

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::rhythm::Rhythm;
use super::rule::{Before, Judged, LONGEST_WINDOW, Level, Rule, Verdict};
use crate::time::Minute;

/// Over how many minutes the rate must be back before a run is over.
pub const BACK: Minute = 5;
/// How far before the minute in which the rule fired a run may have begun.
pub const LONGEST_BEGINNING: Minute = 120;

/// A run of one series.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The first minute with a failure of the run.
    pub start: Minute,
    /// The minute in which the rule fired.
    pub fired: Minute,
    /// The first minute after its last failure; `None` while it goes on.
    pub end: Option<Minute>,
    /// The minute at which the rate was back, which showed that it is over.
    #[serde(default)]
    pub back: Option<Minute>,
    /// Failures a minute before it.
    pub seen: f64,
    /// The most failures a minute that may have been usual before it.
    pub baseline: f64,
    /// The ratio of variance to mean before.
    pub dispersion: f64,
}

impl Run {
    /// The level before it.
    #[must_use]
    pub fn level(&self) -> Level {
        Level { rate: self.baseline, dispersion: self.dispersion }
    }

    /// What a later minute is judged by, once the run is over.
    #[must_use]
    pub fn before(&self) -> Option<Before> {
        Some(Before { end: self.end?, level: self.level() })
    }

    /// Whether it was over before this minute, whatever comes later.
    #[must_use]
    pub fn is_over_before(&self, minute: Minute) -> bool {
        // A run that was remembered without that minute was shown to be over by then at the latest.
        let latest = self.end.map(|end| end.saturating_add(BACK - 1));
        self.back.or(latest).is_some_and(|back| back < minute)
    }

    /// The same while it goes on.
    #[must_use]
    pub fn going_on(self) -> Self {
        Self { end: None, back: None, ..self }
    }

    /// Finds its end, if it is over at one of the minutes from `from` up to, not including, `to`.
    fn end_before(&mut self, counts: &Counts, from: Minute, to: Minute) {
        // Once the window is empty, it stays empty until the next failure.
        let last = to.min(from.saturating_add(BACK + 1));
        self.back = (from.max(self.fired + 1)..last).find(|minute| self.is_back(counts, *minute));
        let usual = self.seen + 2.0 * (self.dispersion * self.seen).sqrt();
        self.end = self.back.map(|back| {
            let cells = counts.between(self.start, back + 1).iter();
            let above = cells.rev().find(|(_, count)| f64::from(*count) > usual);
            above.map_or(self.fired, |(minute, _)| *minute).max(self.fired) + 1
        });
    }

    /// Whether the failures of the minutes up to this one are no more than usual. One stray
    /// failure is.
    fn is_back(&self, counts: &Counts, minute: Minute) -> bool {
        let expected = self.seen * f64::from(BACK);
        let allowed = 1.0 + expected + 2.0 * (self.dispersion * expected).sqrt();
        let sum = counts.sum((minute + 1).saturating_sub(BACK), minute + 1);
        sum <= allowed as u64
    }
}

/// From when to when a series is watched, and what is known from before.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first minute of any log.
    pub begin: Minute,
    /// The first minute that is judged.
    pub from: Minute,
    /// The last minute that the logs reach.
    pub horizon: Minute,
    /// The last run that began before `from`.
    pub last: Option<Run>,
}

/// Spans of minutes; the ends do not belong to them.
pub type Spans = Vec<(Minute, Minute)>;

/// A series as it was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The runs, by time. That which began before the span comes first, if it went on in it.
    pub runs: Vec<Run>,
    /// The minutes that would be a run's if they were not usual at their hour.
    pub usual: Spans,
}

/// Looks at a series.
#[must_use]
pub fn look(counts: &Counts, span: &Span, rule: &Rule, rhythm: &Rhythm) -> Seen {
    let mut found = Vec::new();
    let mut rhythm = rhythm.clone();
    let mut usual = usual_before(counts, span, rule, &rhythm);
    let mut open = span.last.filter(|run| run.end.is_none());
    let mut before = span.last.and_then(|run| run.before());
    let mut looked_at = span.from;
    for &(minute, _) in counts.between(span.from, span.horizon.saturating_add(1)) {
        if let Some(run) = &mut open {
            run.end_before(counts, looked_at, minute);
            if run.end.is_none() {
                looked_at = minute;
                continue;
            }
            before = run.before();
            found.push(*run);
            open = None;
        }
        looked_at = minute;
        // No window that ends here holds enough, whatever is usual.
        let end = minute.saturating_add(1);
        if counts.sum(end.saturating_sub(LONGEST_WINDOW), end) < rule.floor {
            continue;
        }
        rhythm.look(counts, span.begin, minute);
        let judged = rule.judge(counts, minute, span.begin, before, &rhythm);
        let earliest = before.map_or(span.begin, |before| before.end);
        if judged.verdict == Verdict::UsualAtThisHour {
            usual.push((start_of(counts, minute, &judged, earliest), minute + 1));
        }
        if judged.verdict == Verdict::Fires {
            let start = start_of(counts, minute, &judged, earliest);
            let level = rule.level(counts.all(), start, span.begin, before).unwrap_or(judged.level);
            let level = if level.rate > judged.level.rate { judged.level } else { level };
            open = Some(Run {
                start,
                fired: minute,
                end: None,
                back: None,
                seen: seen_before(counts, start, span.begin.max(earliest), rule),
                baseline: millionths(level.rate),
                dispersion: millionths(level.dispersion),
            });
            looked_at = minute + 1;
        }
    }
    if let Some(mut run) = open {
        run.end_before(counts, looked_at, span.horizon.saturating_add(1));
        found.push(run);
    }
    Seen { runs: found, usual: joined(usual) }
}

/// What was usual in the minutes before the span that say what is usual in it.
fn usual_before(counts: &Counts, span: &Span, rule: &Rule, rhythm: &Rhythm) -> Spans {
    if rhythm.is_empty() {
        return Spans::new();
    }
    let first = span.from.saturating_sub(rule.lookback + LONGEST_WINDOW);
    let cells = counts.between(first, span.from).iter();
    let spans = cells.filter_map(|&(minute, _)| {
        let judged = rule.judge(counts, minute, span.begin, None, rhythm);
        let is_usual = judged.verdict == Verdict::UsualAtThisHour;
        is_usual.then(|| (start_of(counts, minute, &judged, span.begin), minute + 1))
    });
    spans.collect()
}

/// The same minutes in as few spans as possible, ascending.
fn joined(mut spans: Spans) -> Spans {
    spans.sort_unstable();
    let mut joined = Spans::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Failures a minute before a run.
fn seen_before(counts: &Counts, start: Minute, earliest: Minute, rule: &Rule) -> f64 {
    let from = start.saturating_sub(rule.lookback).max(earliest).min(start);
    #[expect(clippy::cast_precision_loss, reason = "counts of failures are far below 2^52")]
    let sum = counts.sum(from, start) as f64;
    millionths(sum / f64::from((start - from).max(1)))
}

/// A number that is written and read back as it is.
fn millionths(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// The minute in which a run that was found in a window began: that from which on the failures are
/// likeliest to be the run's and those before it likeliest to be usual.
fn start_of(counts: &Counts, fired: Minute, judged: &Judged, earliest: Minute) -> Minute {
    #[expect(clippy::cast_precision_loss, reason = "counts of failures are far below 2^52")]
    let rate = judged.observed as f64 / f64::from(judged.window.max(1));
    let usual = judged.level.rate.clamp(1e-3, rate / 1.5);
    let (gain, cost) = ((rate / usual).ln(), rate - usual);
    let from = earliest.max(fired.saturating_sub(LONGEST_BEGINNING));
    let (mut start, mut best, mut sum, mut last) = (fired, f64::NEG_INFINITY, 0.0, fired + 1);
    for &(minute, count) in counts.between(from, fired + 1).iter().rev() {
        sum += f64::from(count) * gain - f64::from(last - minute) * cost;
        last = minute;
        if sum > best {
            (start, best) = (minute, sum);
        }
    }
    start
}
