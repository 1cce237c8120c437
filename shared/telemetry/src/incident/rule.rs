//! The test by which a minute is an incident's or not.
//!
//! A generalised likelihood ratio test over windows that end in the minute: of each window the
//! failures are compared with what the minutes before it make one expect. Both are counts with a
//! variance of a multiple of their mean (negative binomial), so that small counts, empty baselines
//! and bursts are judged by what they are. How the rule and its figures were chosen stands in
//! `docs/detection.md`.

use serde::Serialize;

use super::counts::{Counts, Part};
use super::rhythm::Rhythm;
use crate::time::Minute;

/// The windows that end in the minute that is judged.
const WINDOWS: &[Window] = &[
    Window { minutes: 2, ratio: 1.5, more: 6.0, bursts: 1 },
    Window { minutes: 3, ratio: 1.5, more: 0.0, bursts: 2 },
    Window { minutes: 4, ratio: 1.5, more: 0.0, bursts: 2 },
    Window { minutes: 5, ratio: 1.5, more: 0.0, bursts: 2 },
    Window { minutes: 7, ratio: 1.5, more: 0.0, bursts: 2 },
    Window { minutes: 10, ratio: 1.6, more: 0.0, bursts: 3 },
    Window { minutes: 14, ratio: 1.7, more: 0.0, bursts: 3 },
    Window { minutes: 20, ratio: 1.8, more: 0.0, bursts: 3 },
    Window { minutes: 30, ratio: 2.0, more: 0.0, bursts: 4 },
    Window { minutes: LONGEST_WINDOW, ratio: 3.0, more: 0.0, bursts: 5 },
];

/// The longest of them, in minutes.
pub const LONGEST_WINDOW: Minute = 60;

/// A window and what it takes in it.
struct Window {
    minutes: Minute,
    /// How many times what is expected there must be: what is slow must be higher, or a daily
    /// rhythm would look like an incident.
    ratio: f64,
    /// How much the score must be above the threshold.
    more: f64,
    /// Without this many of its minutes there must still be more than is expected: a client that
    /// retries makes a burst, and now and then a few.
    bursts: usize,
}

/// The shorter span of the two that tell what is usual, in minutes: what has risen for long is
/// usual.
const LATELY: Minute = 30;
/// How many standard deviations above what was seen the usual may be.
const UNSURE: f64 = 1.4;
/// So many minutes without a failure say what is usual, in minutes.
const UNTOUCHED: Minute = 3;
/// How many times as much as they say may still be usual.
const DOUBT: f64 = 2.0;
/// The dispersion is not believed to be more than this.
const MOST_DISPERSED: f64 = 30.0;
/// From how many failures on their dispersion can be told.
const TELLING: u64 = 20;

/// The figures of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// How much likelier than chance, as a natural logarithm, failures must be.
    pub threshold: f64,
    /// Fewer failures in a window are no incident.
    pub floor: u64,
    /// The least ratio of variance to mean that is reckoned with.
    pub dispersion: f64,
    /// How many minutes before a window make its expectation.
    pub lookback: Minute,
    /// With fewer minutes of logs before a window nothing is judged.
    pub learning: Minute,
}

/// What is usual, per minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Failures a minute.
    pub rate: f64,
    /// The ratio of their variance to their mean.
    pub dispersion: f64,
}

/// What was usual before a run that ended, which stands for the minutes of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before {
    /// The first minute after the run.
    pub end: Minute,
    /// What was usual before it.
    pub level: Level,
}

/// Why a minute is or is not an incident's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The logs do not go back far enough to know what is usual.
    Learning,
    /// The run before it is hardly over.
    JustOver,
    /// Too few failures, whatever is usual.
    BelowFloor,
    /// They may be chance.
    Chance,
    /// Nearly all of them in one minute or two: bursts, as a retrying client makes them.
    Burst,
    /// As many as on other days at this hour.
    UsualAtThisHour,
    /// An incident.
    Fires,
}

/// A minute as judged, by the window that says most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The window in minutes that ends in this minute; 0 if none could be judged.
    pub window: Minute,
    /// The failures in it.
    pub observed: u64,
    /// The failures to be expected in it.
    pub expected: f64,
    /// How much likelier than chance, as a natural logarithm.
    pub score: f64,
    /// What is usual.
    pub level: Level,
}

impl Rule {
    /// Judges a minute of a series. `begin` is the first minute of any log, `before` the last run
    /// of the series that ended, if there was one.
    #[must_use]
    pub fn judge(
        &self,
        counts: &Counts,
        minute: Minute,
        begin: Minute,
        before: Option<Before>,
        rhythm: &Rhythm,
    ) -> Judged {
        let level = Level { rate: 0.0, dispersion: self.dispersion };
        // Before its first run a series is judged as soon as there are logs enough.
        let mut best = Judged {
            verdict: if before.is_some() { Verdict::JustOver } else { Verdict::Learning },
            window: 0,
            observed: 0,
            expected: 0.0,
            score: f64::NEG_INFINITY,
            level,
        };
        let end = minute.saturating_add(1);
        let longest = counts.part(end.saturating_sub(LONGEST_WINDOW), end);
        let known = counts.part(end.saturating_sub(LONGEST_WINDOW + self.lookback), end);
        for window in WINDOWS {
            let start = end.saturating_sub(window.minutes);
            let (observed, _) = longest.sums(start, end);
            // Most windows hold too little, whatever is usual.
            if observed < self.floor && best.verdict >= Verdict::BelowFloor {
                continue;
            }
            // A longer one may begin where nothing had failed yet, which says more.
            let Some(level) = self.level(known, start, begin, before) else { continue };
            let expected = level.rate * f64::from(window.minutes);
            let score = score(observed, expected, level.dispersion);
            let verdict = if observed < self.floor {
                Verdict::BelowFloor
            } else if score < self.threshold + window.more
                || as_f64(observed) < window.ratio * expected
            {
                Verdict::Chance
            } else if are_bursts(longest.part(start, end).cells(), expected, window.bursts) {
                Verdict::Burst
            } else {
                Verdict::Fires
            };
            if (verdict, score) > (best.verdict, best.score) {
                let window = window.minutes;
                best = Judged { verdict, window, observed, expected, score, level };
            }
        }
        if best.verdict == Verdict::Fires && rhythm.is_usual(counts, minute) {
            best.verdict = Verdict::UsualAtThisHour;
        }
        best
    }

    /// What is usual before `start`; `None` where too little is known.
    #[must_use]
    pub fn level(
        &self,
        counts: Part<'_>,
        start: Minute,
        begin: Minute,
        before: Option<Before>,
    ) -> Option<Level> {
        let spans = [self.lookback, LATELY.min(self.lookback)];
        let levels = spans.map(|span| self.level_of(counts, start, span, begin, before));
        let [long, short] = levels;
        let (long, short) = (long?, short?);
        Some(Level { rate: long.rate.max(short.rate), dispersion: long.dispersion })
    }

    /// What is usual by the minutes of one span before `start`.
    fn level_of(
        &self,
        counts: Part<'_>,
        start: Minute,
        span: Minute,
        begin: Minute,
        before: Option<Before>,
    ) -> Option<Level> {
        let from = start.saturating_sub(span).max(begin);
        let Some(before) = before.filter(|before| before.end > from) else {
            let seen = counts.sums(from, start);
            // Where nothing failed so far, a few minutes say as much.
            let enough = if seen.0 == 0 { self.learning.min(UNTOUCHED) } else { self.learning };
            let known = start.checked_sub(begin).filter(|known| *known >= enough)?;
            let level = self.seen(seen, f64::from(start.checked_sub(from)?));
            let doubt = if known < self.learning { DOUBT } else { 1.0 };
            return Some(Level { rate: doubt * level.rate, ..level });
        };
        // The minutes of the run are as those before it.
        let minutes = f64::from(start.checked_sub(before.end)?);
        let (sum, squares) = counts.sums(before.end, start);
        let seen = self.dispersion_of(sum, squares, minutes);
        let share = minutes / f64::from(span);
        Some(Level {
            rate: as_f64(sum) / f64::from(span) + before.level.rate * (1.0 - share),
            dispersion: seen.max(before.level.dispersion),
        })
    }

    /// The most that may be usual where so many failures were seen in some minutes.
    fn seen(&self, (sum, squares): (u64, u64), minutes: f64) -> Level {
        let dispersion = self.dispersion_of(sum, squares, minutes);
        let count = as_f64(sum) + 1.0;
        Level { rate: (count + UNSURE * (dispersion * count).sqrt()) / minutes, dispersion }
    }

    /// The ratio of variance to mean over some minutes, where it can be told.
    fn dispersion_of(&self, sum: u64, squares: u64, minutes: f64) -> f64 {
        if sum < TELLING || minutes < 1.0 {
            return self.dispersion;
        }
        let mean = as_f64(sum) / minutes;
        let variance = as_f64(squares) / minutes - mean * mean;
        (variance / mean).clamp(self.dispersion, MOST_DISPERSED)
    }
}

/// Whether without the highest minutes there is no more in a window than is expected.
fn are_bursts(cells: &[(Minute, u32)], expected: f64, bursts: usize) -> bool {
    let mut highest: Vec<u32> = cells.iter().map(|(_, count)| *count).collect();
    highest.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
    let sum = |counts: &[u32]| counts.iter().map(|count| f64::from(*count)).sum::<f64>();
    let rest = highest.get(bursts..).unwrap_or_default();
    sum(rest)
        < (0.1 * sum(&highest)).max(expected * rest.len() as f64 / highest.len().max(1) as f64)
}

/// The logarithm of how much likelier `observed` is from its own mean than from `expected`, both
/// negative binomial with a variance of `dispersion` times the mean; 0 where there is no more than
/// expected.
#[must_use]
pub fn score(observed: u64, expected: f64, dispersion: f64) -> f64 {
    let observed = as_f64(observed);
    if observed <= expected || expected <= 0.0 {
        return 0.0;
    }
    // The number of failures that a negative binomial waits for.
    let size = expected / (dispersion - 1.0).max(0.01);
    observed * (observed * (size + expected) / (expected * (size + observed))).ln()
        - size * ((size + observed) / (size + expected)).ln()
}

#[expect(clippy::cast_precision_loss, reason = "counts of failures are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
