//! The failures of one series by the minute, with sums over any span of time.

use crate::time::Minute;

/// Counts by minute. Minutes without failures are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    cells: Vec<(Minute, u32)>,
    /// Of the cells up to the end of each block. There may be very many series, and sums of each cell would
    /// take more room than the cells.
    sums: Vec<Sums>,
}

/// Counts added up, and their squares.
type Sums = (u64, u64);

/// So many cells are a block. Those of a part that are in no whole block are added up when their sum is asked for.
const BLOCK: usize = 8;

fn with((sum, squares): Sums, (_, count): &(Minute, u32)) -> Sums {
    let count = u64::from(*count);
    (sum.saturating_add(count), squares.saturating_add(count.saturating_mul(count)))
}

impl Counts {
    /// Counts in any order; those of one minute add up.
    #[must_use]
    pub fn new(mut cells: Vec<(Minute, u32)>) -> Self {
        cells.retain(|(_, count)| *count > 0);
        if !cells.is_sorted_by(|(a, _), (b, _)| a < b) {
            cells.sort_unstable();
            cells.dedup_by(|(minute, count), (first, sum)| {
                let is_same = minute == first;
                *sum = sum.saturating_add(if is_same { *count } else { 0 });
                is_same
            });
        }
        cells.shrink_to_fit();
        let mut sums = Vec::with_capacity(cells.len() / BLOCK);
        let mut all = Sums::default();
        for block in cells.chunks_exact(BLOCK) {
            all = block.iter().fold(all, with);
            sums.push(all);
        }
        Self { cells, sums }
    }

    /// The minutes that have failures, ascending, with how many.
    #[must_use]
    pub fn cells(&self) -> &[(Minute, u32)] {
        &self.cells
    }

    /// All failures.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.all().all_sums().0
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Part<'_> {
        Part { counts: self, start: 0, end: self.cells.len() }
    }

    /// Those from `from` up to, not including, `to`.
    #[must_use]
    pub fn part(&self, from: Minute, to: Minute) -> Part<'_> {
        self.all().part(from, to)
    }

    /// The minutes from `from` up to, not including, `to` that have failures.
    #[must_use]
    pub fn between(&self, from: Minute, to: Minute) -> &[(Minute, u32)] {
        self.part(from, to).cells()
    }

    /// The failures from `from` up to, not including, `to`.
    #[must_use]
    pub fn sum(&self, from: Minute, to: Minute) -> u64 {
        self.all().sums(from, to).0
    }
}

/// A part of the counts: what lies in it is quicker to find than in all of them.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    counts: &'a Counts,
    /// The places of its cells.
    start: usize,
    end: usize,
}

impl<'a> Part<'a> {
    /// Those from `from` up to, not including, `to`.
    #[must_use]
    pub fn part(self, from: Minute, to: Minute) -> Self {
        let cells = self.cells();
        let start = cells.partition_point(|(minute, _)| *minute < from);
        let length = cells[start..].partition_point(|(minute, _)| *minute < to);
        let start = self.start + start;
        Self { start, end: start + length, ..self }
    }

    /// Its minutes, ascending, with how many failures.
    #[must_use]
    pub fn cells(self) -> &'a [(Minute, u32)] {
        &self.counts.cells[self.start..self.end]
    }

    /// The failures from `from` up to, not including, `to`, and the sum of the squares of the minutes.
    #[must_use]
    pub fn sums(self, from: Minute, to: Minute) -> Sums {
        self.part(from, to).all_sums()
    }

    /// All its failures, and the sum of the squares of the minutes.
    fn all_sums(self) -> Sums {
        let Counts { cells, sums } = self.counts;
        let (first, last) = (self.start.div_ceil(BLOCK), self.end / BLOCK);
        if first >= last {
            return self.cells().iter().fold(Sums::default(), with);
        }
        let before = first.checked_sub(1).map_or(Sums::default(), |block| sums[block]);
        let until = sums[last - 1];
        let blocks = (until.0 - before.0, until.1 - before.1);
        let others = cells[self.start..first * BLOCK].iter().chain(&cells[last * BLOCK..self.end]);
        others.fold(blocks, with)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_part_is_added_up(
            cells in proptest::collection::vec((0..90_u32, 1..9_u32), 0..9 * BLOCK),
            (from, to) in (0..100_u32, 0..100_u32),
            (inner, end) in (0..100_u32, 0..100_u32),
        ) {
            let counts = Counts::new(cells.clone());
            let sum = |from, to| {
                let own = cells.iter().filter(|(at, _)| (from..to).contains(at));
                own.map(|(_, count)| u64::from(*count)).sum::<u64>()
            };
            prop_assert_eq!(counts.total(), sum(0, 100));
            prop_assert_eq!(counts.sum(from, to), sum(from, to));
            let part = counts.part(from, to);
            prop_assert_eq!(part.sums(inner, end).0, sum(from.max(inner), to.min(end)));
            let squares = part.cells().iter().map(|(_, count)| u64::from(*count).pow(2)).sum();
            prop_assert_eq!(part.sums(0, 100), (sum(from, to), squares));
        }
    }

    #[test]
    fn spans_are_added_up_without_their_end() {
        let counts = Counts::new(vec![(7, 2), (5, 1), (7, 1), (9, 0), (20, 4)]);
        assert_eq!(counts.cells(), [(5, 1), (7, 3), (20, 4)]);
        assert_eq!(counts.all().sums(5, 20), (4, 10));
        assert_eq!(counts.part(6, 20).sums(0, 100), (3, 9));
        assert_eq!((counts.sum(6, 7), counts.sum(0, 100), counts.sum(9, 8)), (0, 8, 0));
        assert_eq!(counts.between(6, 21), [(7, 3), (20, 4)]);
        assert_eq!(Counts::default().sum(0, 9), 0);
    }
}
