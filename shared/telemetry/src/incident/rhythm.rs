//! What is usual at an hour of the day, once there are some days of it.
//!
//! A job that fails every night at three is no news. Of every hour the highest sum of ten minutes
//! is kept for a week; usual is the median over the days, which one bad day does not move.

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use crate::time::Minute;

/// Over how many minutes failures are added up.
const SPAN: Minute = 10;
/// Smaller sums are not kept: they are below every floor.
const LEAST: u64 = 5;
/// How many days are kept.
const DAYS: u32 = 7;
/// The same in minutes.
pub(super) const KEPT: Minute = DAYS * 24 * HOUR;
/// With fewer days nothing is usual.
const FEWEST_DAYS: u32 = 3;
/// Up to how many times the usual is usual.
const ALLOWED: u64 = 2;

const HOUR: Minute = 60;

/// The highest sums of the hours before, of one series.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Hours since 1970 and their highest sums, ascending.
    peaks: Vec<(u32, u64)>,
    /// The first hour that was looked at, in hours since 1970.
    since: Option<u32>,
}

impl Rhythm {
    /// Looks at the hours up to the one that a minute belongs to, which is not over yet.
    pub fn look(&mut self, counts: &Counts, begin: Minute, minute: Minute) {
        let now = minute / HOUR;
        let first = *self.since.get_or_insert(begin / HOUR);
        let next = self.peaks.last().map_or(first, |(hour, _)| hour + 1);
        let oldest = now.saturating_sub(DAYS * 24);
        let cells = counts.between(next.max(oldest) * HOUR, now * HOUR);
        for of_hour in cells.chunk_by(|(a, _), (b, _)| a / HOUR == b / HOUR) {
            let sums = of_hour.iter().map(|(at, _)| sum_to(counts, *at));
            let (peak, hour) = (sums.max().unwrap_or(0), of_hour[0].0 / HOUR);
            if peak >= LEAST {
                self.peaks.push((hour, peak));
            }
        }
        self.peaks.retain(|(hour, _)| *hour >= oldest);
    }

    /// Whether the failures of the ten minutes up to this one are usual at this hour.
    #[must_use]
    pub fn is_usual(&self, counts: &Counts, minute: Minute) -> bool {
        let Some(since) = self.since else { return false };
        let hour = minute / HOUR;
        let days = (hour.saturating_sub(since) / 24).min(DAYS);
        if days < FEWEST_DAYS {
            return false;
        }
        let mut peaks: Vec<u64> = (1..=days).map(|day| self.at(hour - 24 * day)).collect();
        peaks.sort_unstable();
        let usual = peaks[peaks.len() / 2];
        usual >= LEAST && sum_to(counts, minute) <= ALLOWED * usual
    }

    fn at(&self, hour: u32) -> u64 {
        let found = self.peaks.binary_search_by_key(&hour, |(hour, _)| *hour);
        found.map_or(0, |place| self.peaks[place].1)
    }

    /// Whether nothing is known yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.peaks.is_empty() && self.since.is_none()
    }

    /// How many hours are kept.
    #[must_use]
    pub fn hours(&self) -> usize {
        self.peaks.len()
    }

    /// Whether it can be one that was kept: hours up to the one of `last`, ascending, and sums that
    /// can be reckoned with.
    #[must_use]
    pub fn is_sound(&self, last: Minute) -> bool {
        let hours = self.peaks.iter().map(|(hour, _)| *hour).chain(self.since);
        self.peaks.is_sorted_by(|(a, _), (b, _)| a < b)
            && hours.max().is_none_or(|hour| hour <= last / HOUR)
            && self.peaks.iter().all(|(_, peak)| *peak <= u64::MAX / ALLOWED)
    }

    /// Whether no hour had enough to be kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.peaks.is_empty()
    }
}

/// The failures of the ten minutes up to a minute.
fn sum_to(counts: &Counts, minute: Minute) -> u64 {
    counts.sum((minute + 1).saturating_sub(SPAN), minute + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Minute = 24 * HOUR;

    #[test]
    fn what_comes_every_night_is_usual_after_three_of_them() {
        let nightly = |days: u32| {
            (0..days).flat_map(|day| (180..190).map(move |at| (day * DAY + at, 8))).collect()
        };
        for (days, usual) in [(2, false), (3, false), (4, true), (6, true)] {
            let counts = Counts::new(nightly(days));
            let now = (days - 1) * DAY + 189;
            let mut rhythm = Rhythm::default();
            rhythm.look(&counts, 0, now);
            assert_eq!(rhythm.is_usual(&counts, now), usual, "{days} days");
        }
    }

    #[test]
    fn one_bad_day_makes_nothing_usual_and_more_than_usual_is_not() {
        let mut cells: Vec<_> = (180..190).map(|at| (2 * DAY + at, 50)).collect();
        cells.extend((180..190).map(|at| (5 * DAY + at, 50)));
        let counts = Counts::new(cells);
        let mut rhythm = Rhythm::default();
        rhythm.look(&counts, 0, 5 * DAY + 189);
        assert!(!rhythm.is_usual(&counts, 5 * DAY + 189));
    }
}
