//! The failures of one series by the minute, with sums over any span of time.

use crate::time::Minute;

/// Counts by minute. Minutes without failures are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    cells: Vec<(Minute, u32)>,
    /// Of all cells before each place, and one more for all of them: counts and their squares.
    sums: Vec<(u64, u64)>,
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
        let mut sums = Vec::with_capacity(cells.len() + 1);
        let mut before = (0_u64, 0_u64);
        sums.push(before);
        for (_, count) in &cells {
            let count = u64::from(*count);
            before.0 = before.0.saturating_add(count);
            before.1 = before.1.saturating_add(count.saturating_mul(count));
            sums.push(before);
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
        self.sums.last().map_or(0, |(sum, _)| *sum)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Part<'_> {
        Part { cells: &self.cells, sums: &self.sums }
    }

    /// Those from `from` up to, not including, `to`.
    #[must_use]
    pub fn part(&self, from: Minute, to: Minute) -> Part<'_> {
        self.all().part(from, to)
    }

    /// The minutes from `from` up to, not including, `to` that have failures.
    #[must_use]
    pub fn between(&self, from: Minute, to: Minute) -> &[(Minute, u32)] {
        self.part(from, to).cells
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
    cells: &'a [(Minute, u32)],
    /// One more than there are cells, but none where there are no counts at all.
    sums: &'a [(u64, u64)],
}

impl<'a> Part<'a> {
    /// Those from `from` up to, not including, `to`.
    #[must_use]
    pub fn part(self, from: Minute, to: Minute) -> Self {
        let start = self.cells.partition_point(|(minute, _)| *minute < from);
        let rest = &self.cells[start..];
        let cells = &rest[..rest.partition_point(|(minute, _)| *minute < to)];
        let sums = self.sums.get(start..=start + cells.len()).unwrap_or_default();
        Self { cells, sums }
    }

    /// Its minutes, ascending, with how many failures.
    #[must_use]
    pub fn cells(self) -> &'a [(Minute, u32)] {
        self.cells
    }

    /// The failures from `from` up to, not including, `to`, and the sum of the squares of the minutes.
    #[must_use]
    pub fn sums(self, from: Minute, to: Minute) -> (u64, u64) {
        match self.part(from, to).sums {
            [before, .., all] => (all.0 - before.0, all.1 - before.1),
            _ => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
