//! The rows of signature failures, one for each identity.
//!
//! They stand in pieces of one size, and a small table tells where: a table of the rows themselves would be a
//! quarter empty, and one list would be there twice for a moment whenever it grows.

use hashbrown::HashTable;

use super::pool::Pool;
use super::row::{Manner, Row, Values};
use super::texts::{Adopting, Texts};

/// How many rows a piece has room for.
const PIECE: usize = 256;

/// Rows by what identifies them.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// All but the last are full.
    pieces: Vec<Vec<Row>>,
    /// Of all rows, or of none where they are at [rest](Rows::rest).
    places: HashTable<u32>,
    shared: Shared,
}

/// What rows share.
#[derive(Clone, Debug, Default)]
struct Shared {
    values: Pool<Values>,
    manners: Pool<Manner>,
}

impl Rows {
    /// Keeps a row, whose texts are numbers in `texts`. Of two with one identity, that with the smaller rank.
    pub fn keep(&mut self, mut row: Row, texts: &Texts) {
        if self.places.is_empty() && !self.pieces.is_empty() {
            for row in self.take() {
                self.keep(row, texts);
            }
        }
        row.values = self.shared.values.share(&row.values);
        row.manner = self.shared.manners.share(&row.manner);
        let pieces = &mut self.pieces;
        // Identities are hashes already.
        let identity = row.identity();
        let is_it = |at: &u32| at_place(pieces, *at).is_some_and(|row| row.identity() == identity);
        if let Some(at) = self.places.find(identity, is_it).copied() {
            let kept = pieces.get_mut(at as usize / PIECE);
            if let Some(kept) = kept.and_then(|piece| piece.get_mut(at as usize % PIECE))
                && row.rank(texts) < kept.rank(texts)
            {
                *kept = row;
            }
            return;
        }
        let Ok(place) = u32::try_from(self.places.len()) else { return };
        match pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(row),
            _ => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(row);
                pieces.push(piece);
            }
        }
        let hash = |at: &u32| at_place(pieces, *at).map_or(0, Row::identity);
        self.places.insert_unique(identity, place, hash);
    }

    /// Gives back the room that only further rows would need.
    pub fn rest(&mut self) {
        self.places = HashTable::new();
        self.shared = Shared::default();
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    /// All of them, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.pieces.iter().flatten()
    }

    /// Takes all of them out.
    pub fn take(&mut self) -> impl Iterator<Item = Row> + use<> {
        std::mem::take(self).pieces.into_iter().flatten()
    }

    /// Changes the numbers of all texts to those in another set.
    pub fn adopt(&mut self, texts: &mut Adopting<'_>) {
        let mut shared = Shared::default();
        for row in self.pieces.iter_mut().flatten() {
            row.values = shared.values.share(&row.values.adopted(texts));
            row.manner = shared.manners.share(&row.manner.adopted(texts));
            row.remote_ip = texts.adopt(row.remote_ip);
            row.user_agent = texts.adopt(row.user_agent);
        }
        self.shared = shared;
    }
}

fn at_place(pieces: &[Vec<Row>], at: u32) -> Option<&Row> {
    pieces.get(at as usize / PIECE)?.get(at as usize % PIECE)
}
