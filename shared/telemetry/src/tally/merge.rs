//! Adding tallies up: in any order to the same, and no source twice.

use super::Tally;
use super::rows::Rows;
use super::texts::Adopting;

/// Two tallies hold some of the same sources, so that adding them would count those twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tallies share {shared} sources of {all}: add the sources one by one instead")]
pub struct Overlap {
    /// How many both hold.
    pub shared: usize,
    /// How many the added one holds.
    pub all: usize,
}

impl Tally {
    /// Adds another tally. One whose sources are all held already changes nothing.
    ///
    /// # Errors
    /// When only some of its sources are held: those cannot be told from the rest any more.
    pub fn merge(&mut self, other: Self) -> Result<(), Overlap> {
        let shared = other.sources.intersection(&self.sources).count();
        if shared > 0 {
            let all = other.sources.len();
            return if shared == all { Ok(()) } else { Err(Overlap { shared, all }) };
        }
        let mut texts = Adopting::new(&mut self.texts, &other.texts);
        let numbers = self.series.merge(other.series, &mut texts);
        self.sample.merge(other.sample, &numbers, &mut texts);
        let mut theirs = other.rows;
        theirs.adopt(&mut texts);
        let mut own = Rows::default();
        if other.row_threshold < self.row_threshold {
            self.row_threshold = other.row_threshold;
            own = std::mem::take(&mut self.rows);
        }
        for row in own.take().chain(theirs.take()) {
            self.add_row(row);
        }
        for change in other.changes {
            self.add_change(change);
        }
        for marker in other.markers {
            self.marker(marker);
        }
        self.changes_dropped += other.changes_dropped;
        for address in other.probers {
            self.add_prober(address);
        }
        for (key, principal) in &other.principals {
            self.principal(key, principal);
        }
        for (kind, report) in other.reports {
            self.reports.entry(kind).or_default().merge(report);
        }
        self.sources.extend(other.sources);
        self.settle();
        Ok(())
    }
}
