//! How finely time is kept: by the minute, until there are too many minutes of too many series.
//!
//! Whether there are must not depend on the order in which records came. The counts that are kept at
//! a time would be the wrong measure: they become fewer again when series are folded. So what is
//! measured is what there would be without folding, which only ever grows; and since that cannot be
//! kept, a part of it is, chosen by hash: some hours of each series, with all their minutes.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use crate::time::Minute;

/// How finely time is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// Every minute by itself.
    #[default]
    Minutes,
    /// Counts are those of the hour that begins there.
    Hours,
    /// Counts are those of the day that begins there.
    Days,
}

impl Resolution {
    /// Over how many minutes one count is.
    #[must_use]
    pub fn minutes(self) -> Minute {
        match self {
            Self::Minutes => 1,
            Self::Hours => 60,
            Self::Days => 24 * 60,
        }
    }

    /// The minute under which a minute is counted.
    #[must_use]
    pub fn start(self, minute: Minute) -> Minute {
        minute - minute % self.minutes()
    }

    fn coarser(self) -> Self {
        match self {
            Self::Minutes => Self::Hours,
            Self::Hours | Self::Days => Self::Days,
        }
    }
}

/// What tells series apart here, the same in every tally.
pub type SeriesHash = u32;

/// From about so many minutes of series on, a part of them is enough to tell how many there are.
const EXACT: usize = 4096;
/// Spreads numbers that follow each other evenly: 2⁶⁴ divided by the golden ratio.
const SPREADING: u64 = 0x9e37_79b9_7f4a_7c15;

/// Over how many minutes of how many series there is something to count.
#[derive(Clone, Debug)]
pub struct Extent {
    resolution: Resolution,
    /// Hours of series whose hash is not above this are in the part.
    highest: u64,
    /// How many minutes of series there may be in the part.
    limit: usize,
    /// The part: a series and a minute, in one number. Nothing, once days are counted.
    part: HashSet<u64>,
}

impl Extent {
    /// Nothing yet, of at most about `limit` minutes of series, or hours.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let halvings = (limit / EXACT).checked_ilog2().unwrap_or(0);
        Self {
            resolution: Resolution::Minutes,
            highest: u64::MAX >> halvings,
            limit: limit >> halvings,
            part: HashSet::new(),
        }
    }

    /// How finely time is kept.
    #[must_use]
    pub fn resolution(&self) -> Resolution {
        self.resolution
    }

    fn is_in_part(&self, series: SeriesHash, minute: Minute) -> bool {
        joined(series, minute / 60).wrapping_mul(SPREADING) <= self.highest
    }

    /// Takes note of a minute in which requests of a series were counted. Whether time is kept less
    /// finely from here on.
    pub fn note(&mut self, series: SeriesHash, minute: Minute) -> bool {
        if !self.is_in_part(series, minute) || self.resolution == Resolution::Days {
            return false;
        }
        self.part.insert(joined(series, self.resolution.start(minute)));
        self.part.len() > self.limit && self.give_way()
    }

    /// Keeps time as coarsely as this, and still more so where that is too much. Whether it was kept
    /// more finely before.
    fn coarsen(&mut self, resolution: Resolution) -> bool {
        let before = self.resolution;
        self.resolution = resolution;
        let part = std::mem::take(&mut self.part);
        self.part = match resolution {
            Resolution::Minutes => part,
            Resolution::Hours => part.into_iter().map(|noted| coarse(noted, resolution)).collect(),
            Resolution::Days => HashSet::new(),
        };
        if self.part.len() > self.limit {
            self.give_way();
        }
        self.resolution > before
    }

    /// Keeps time less finely, whatever was noted. Whether that was possible.
    pub fn give_way(&mut self) -> bool {
        self.coarsen(self.resolution.coarser())
    }

    /// Adds what another took note of. Whether time is kept less finely from here on.
    pub fn merge(&mut self, other: Self) -> bool {
        self.part.extend(other.part);
        let resolution = self.resolution.max(other.resolution);
        self.coarsen(resolution)
    }

    /// What was noted, as numbers without meaning elsewhere, ascending.
    #[must_use]
    pub fn noted(&self) -> Vec<u64> {
        let mut noted: Vec<u64> = self.part.iter().copied().collect();
        noted.sort_unstable();
        noted
    }

    /// Puts back what was [noted](Self::noted), and how finely time was kept.
    pub fn put_back(&mut self, resolution: Resolution, noted: &[u64]) {
        self.part.extend(noted);
        self.coarsen(resolution);
    }
}

fn joined(series: SeriesHash, minute: Minute) -> u64 {
    u64::from(series) << 32 | u64::from(minute)
}

fn coarse(noted: u64, resolution: Resolution) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the minute is the lower half")]
    let minute = noted as Minute;
    noted - u64::from(minute - resolution.start(minute))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    /// The minutes in which each of so many series is counted: `dense` of them one after another.
    fn note(extent: &mut Extent, series: u32, minutes: u32, dense: u32) -> bool {
        let hash = |number: u32| xxh3_64(&number.to_le_bytes()) as u32;
        let all = (0..series).flat_map(|series| (0..minutes).map(move |minute| (series, minute)));
        let at = |series, minute| hash(series) % 500_000 + minute % dense + minute / dense * 1700;
        let too_far = all.map(|(series, minute)| extent.note(hash(series), at(series, minute)));
        too_far.fold(false, |any, one| any | one)
    }

    #[test]
    fn few_are_counted_exactly() {
        let (mut enough, mut too_few) = (Extent::new(6000), Extent::new(5999));
        assert!(!note(&mut enough, 60, 100, 7));
        assert!(note(&mut too_few, 60, 100, 7));
        assert!(!note(&mut enough, 60, 100, 7), "they are the same");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn many_are_told_by_a_part(series in 1..3000_u32, dense in 1..1440_u32) {
            let all = 600_000;
            let minutes = all / series;
            // Not the few minutes that are left over, when divided.
            let exact = (series * minutes) as usize;
            prop_assert!(!note(&mut Extent::new(exact * 3 / 2), series, minutes, dense));
            prop_assert!(note(&mut Extent::new(exact * 2 / 3), series, minutes, dense));
        }
    }
}
