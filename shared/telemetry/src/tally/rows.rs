//! The rows of signature failures, one for each identity.
//!
//! They stand in a list, and a small table tells where: a table of the rows themselves would be a
//! quarter empty, and twice as large for a moment whenever it grows.

use hashbrown::HashTable;

use super::row::Row;
use super::texts::Adopting;

/// Rows by what identifies them.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    rows: Vec<(u64, Row)>,
    places: HashTable<u32>,
}

impl Rows {
    /// Keeps a row. Of two with one identity, that with the smaller rank.
    pub fn keep(&mut self, identity: u64, row: Row) {
        let rows = &mut self.rows;
        // Identities are hashes already.
        if let Some(place) = self.places.find(identity, |at| rows[*at as usize].0 == identity) {
            let (_, kept) = &mut rows[*place as usize];
            if row.rank() < kept.rank() {
                *kept = row;
            }
            return;
        }
        let Ok(place) = u32::try_from(rows.len()) else { return };
        rows.push((identity, row));
        self.places.insert_unique(identity, place, |at| rows[*at as usize].0);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// All of them with what identifies them, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Row)> {
        self.rows.iter().map(|(identity, row)| (*identity, row))
    }

    /// Takes all of them out.
    pub fn take(&mut self) -> impl Iterator<Item = (u64, Row)> + use<> {
        std::mem::take(self).rows.into_iter()
    }

    /// Changes the numbers of all texts to those in another set.
    pub fn adopt(&mut self, texts: &mut Adopting<'_>) {
        for (_, row) in &mut self.rows {
            row.adopt(texts);
        }
    }
}
