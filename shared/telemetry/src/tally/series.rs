//! Counts of requests per minute, one series for each combination of values.
//!
//! Three bounds keep the size constant, and each is a function of *what* was counted, never of the
//! order in which it came, so that tallies merge in any order to the same result:
//! - of too many combinations those with the smallest hashes stay, the others are folded into one
//!   combination per endpoint and region whose other values read "overflow";
//! - of too many endpoints and regions the same, into one combination of overflow alone;
//! - of too many minutes, minutes become hours, then days ([`Extent`] says when).

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::cells::Cells;
use super::extent::{Extent, Resolution, SeriesHash};
use super::texts::{Adopting, TextId, Texts};
use crate::deploy::Carrier;
use crate::dimension::{COUNT, Dimension};
use crate::request::Outcome;
use crate::source::Traffic;
use crate::time::Minute;

/// The number of a series in one [`SeriesTable`].
pub type SeriesId = u32;

/// A request's value in every dimension, as numbers in a [`Texts`].
pub type ValueIds = [TextId; COUNT];

/// A combination of values that is counted by the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// The traffic that the counts belong to; `None` for logs that show only errors.
    pub traffic: Option<Traffic>,
    /// What became of these requests.
    pub outcome: Outcome,
    /// The error code of failures that are counted here because there was no room for their rows.
    pub code: TextId,
    /// The values.
    pub values: ValueIds,
    /// What carried the deploy version.
    pub carrier: Option<Carrier>,
}

/// How much is folded away in a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fold {
    Nothing,
    AllButEndpointAndRegion,
    Everything,
}

impl Series {
    fn fold(&self) -> Fold {
        match (self.values[Dimension::Endpoint as usize], self.values[Dimension::Key as usize]) {
            (TextId::OVERFLOW, _) => Fold::Everything,
            (_, TextId::OVERFLOW) => Fold::AllButEndpointAndRegion,
            _ => Fold::Nothing,
        }
    }

    /// Whether values of this series were folded away.
    #[must_use]
    pub fn is_overflow(&self) -> bool {
        self.fold() != Fold::Nothing
    }

    fn folded_once_more(mut self) -> Self {
        let keep: &[Dimension] = match self.fold() {
            Fold::Nothing => &[Dimension::Endpoint, Dimension::Region],
            _ => &[],
        };
        for dimension in Dimension::ALL {
            if !keep.contains(&dimension) {
                self.values[dimension as usize] = TextId::OVERFLOW;
            }
        }
        self.carrier = None;
        self
    }

    /// A hash over the series, given what stands for each of its texts.
    fn hash(&self, of_text: impl Fn(TextId) -> u64) -> u64 {
        let mut content = [0_u8; 8 * (COUNT + 2)];
        let ids = self.values.iter().chain([&self.code]);
        for (place, id) in content.chunks_exact_mut(8).zip(ids) {
            place.copy_from_slice(&of_text(*id).to_le_bytes());
        }
        let rest = &mut content[8 * (COUNT + 1)..];
        rest[0] = self.traffic.map_or(0, |traffic| traffic as u8 + 1);
        rest[1] = self.outcome as u8;
        rest[2] = self.carrier.map_or(0, |carrier| carrier as u8 + 1);
        xxh3_64(&content)
    }

    /// The same in every tally.
    fn content_hash(&self, texts: &Texts) -> u64 {
        self.hash(|id| texts.content_hash(id))
    }

    /// Good in one tally only, and quicker.
    fn number_hash(&self) -> u64 {
        self.hash(|id| u64::from(id.number()))
    }

    /// The same series with the numbers that its texts have in another set.
    fn adopted(mut self, texts: &mut Adopting<'_>) -> Self {
        self.code = texts.adopt(self.code);
        for value in &mut self.values {
            *value = texts.adopt(*value);
        }
        self
    }
}

/// Where requests with the same values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// In the counts of this series.
    pub series: SeriesId,
    /// What tells these requests from others that are counted there too, where series are folded.
    unfolded: SeriesHash,
}

/// How many series and how many counts are kept.
#[derive(Clone, Copy, Debug)]
pub struct SeriesLimits {
    /// Combinations of values.
    pub series: usize,
    /// Counts, over all combinations of values that there are, by minute, hour or day. About.
    pub cells: usize,
}

/// Room is made for so many series at least.
const FEW: usize = 16;

/// All series of a tally.
#[derive(Clone, Debug)]
pub struct SeriesTable {
    limits: SeriesLimits,
    series: Vec<Series>,
    counts: Vec<Cells>,
    /// Of all series, or of none where the table is at [rest](SeriesTable::rest).
    places: HashTable<SeriesId>,
    /// Series of each fold whose hash is not below this are folded further.
    thresholds: [u64; 2],
    extent: Extent,
    /// Counts, those of the same minute of a series included.
    cells: usize,
    /// So many counts are too many: those of the same minute have to be added up.
    most_cells: usize,
}

impl SeriesTable {
    /// An empty table.
    #[must_use]
    pub fn new(limits: SeriesLimits) -> Self {
        Self {
            limits,
            series: Vec::new(),
            counts: Vec::new(),
            places: HashTable::new(),
            thresholds: [u64::MAX; 2],
            extent: Extent::new(limits.cells),
            cells: 0,
            most_cells: 2 * limits.cells,
        }
    }

    /// How finely time is kept.
    #[must_use]
    pub fn resolution(&self) -> Resolution {
        self.extent.resolution()
    }

    /// Below which hash a series is not folded, once and twice.
    pub(super) fn thresholds(&self) -> [u64; 2] {
        self.thresholds
    }

    /// How far the counts reach.
    pub(super) fn extent(&self) -> &Extent {
        &self.extent
    }

    /// Takes over what limits did to another table, into this one that is empty.
    pub(super) fn restore(&mut self, thresholds: [u64; 2], resolution: Resolution, noted: &[u64]) {
        self.thresholds = thresholds;
        self.extent.put_back(resolution, noted);
    }

    /// Every series with its counts.
    pub fn iter(&self) -> impl Iterator<Item = (SeriesId, &Series, &Cells)> {
        let all = self.series.iter().zip(&self.counts);
        (0..).zip(all).map(|(id, (series, cells))| (id, series, cells))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.series.len()
    }

    /// A series by its number.
    #[must_use]
    pub fn get(&self, id: SeriesId) -> Option<&Series> {
        self.series.get(id as usize)
    }

    /// The counts of a series.
    #[must_use]
    pub fn cells(&self, id: SeriesId) -> Option<&Cells> {
        self.counts.get(id as usize)
    }

    /// The first and the last minute that has a count, of those that are known.
    #[must_use]
    pub fn ends(&self) -> Option<(Minute, Minute)> {
        let minutes = self.counts.iter().flat_map(Cells::as_written).map(|(minute, _)| minute);
        minutes.filter(|minute| *minute > 0).fold(None, |ends, minute| {
            let (first, last) = ends.unwrap_or((minute, minute));
            Some((first.min(minute), last.max(minute)))
        })
    }

    /// Where requests of a series are counted.
    pub fn counter(&mut self, series: Series, texts: &Texts) -> Counter {
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is one too")]
        let unfolded = series.content_hash(texts) as SeriesHash;
        Counter { series: self.id(series, texts), unfolded }
    }

    /// The number of a series, or of what it is folded into.
    pub fn id(&mut self, series: Series, texts: &Texts) -> SeriesId {
        if self.places.is_empty() {
            self.note_places();
        }
        let hash = series.number_hash();
        let all = &self.series;
        if let Some(id) = self.places.find(hash, |id| all[*id as usize] == series) {
            return *id;
        }
        let fold = series.fold();
        if fold != Fold::Everything && series.content_hash(texts) >= self.thresholds[fold as usize]
        {
            return self.id(series.folded_once_more(), texts);
        }
        let id = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        if self.series.len() == self.series.capacity() {
            // Twice the room would be more than is ever needed, for as long as it takes to read on.
            let more = (self.series.len() / 4).max(FEW);
            self.series.reserve_exact(more);
            self.counts.reserve_exact(more);
        }
        self.series.push(series);
        self.counts.push(Cells::default());
        let all = &self.series;
        self.places.insert_unique(hash, id, |id| all[*id as usize].number_hash());
        id
    }

    fn note_places(&mut self) {
        let all = &self.series;
        let hash = |id: &SeriesId| all[*id as usize].number_hash();
        for (id, _) in (0..).zip(all) {
            self.places.insert_unique(hash(&id), id, hash);
        }
    }

    /// Whether the table has grown so far that [`fold`](Self::fold) is due.
    #[must_use]
    pub fn is_over_limit(&self) -> bool {
        self.series.len() > 2 * self.limits.series.max(1)
    }

    /// Counts requests of a minute.
    pub fn add(&mut self, counter: Counter, minute: Minute, count: u32) {
        if self.extent.note(counter.unfolded, minute) {
            self.compact();
        }
        self.put_back(counter.series, minute, count);
    }

    /// Counts requests of a minute again, of which the [extent](Self::extent) tells already.
    pub(super) fn put_back(&mut self, id: SeriesId, minute: Minute, count: u32) {
        let minute = self.resolution().start(minute);
        let Some(cells) = self.counts.get_mut(id as usize) else { return };
        let before = cells.entries();
        cells.add(minute, count);
        self.cells += cells.entries() - before;
        self.compact_if_many();
    }

    /// Gives back the room that only more series would need.
    pub fn rest(&mut self) {
        self.series.shrink_to_fit();
        self.counts.shrink_to_fit();
        self.places = HashTable::new();
    }

    /// Writes every minute of every series once, in order, so that reading the counts takes no sorting.
    pub fn tidy(&mut self) {
        self.counts.iter_mut().for_each(Cells::tidy);
        self.cells = self.counts.iter().map(Cells::entries).sum();
    }

    /// Counts every minute of a series in one place.
    fn compact(&mut self) {
        let minutes = self.resolution().minutes();
        self.counts.iter_mut().for_each(|cells| cells.compact(minutes));
        self.cells = self.counts.iter().map(Cells::entries).sum();
    }

    fn compact_if_many(&mut self) {
        if self.cells > self.most_cells {
            self.compact();
            // Only logs whose authors know the hash have so many counts that are not noted.
            while self.cells > 2 * self.limits.cells && self.extent.give_way() {
                self.compact();
            }
            self.most_cells = 2 * self.cells.max(self.limits.cells);
        }
    }

    /// Folds series until the limits hold. Gives the new number of every old one, if any changed.
    pub fn fold(&mut self, texts: &Texts) -> Option<Vec<SeriesId>> {
        if self.series.len() <= self.limits.series && self.thresholds == [u64::MAX; 2] {
            return None;
        }
        let mut numbers = self.rebuild(texts);
        // What the first fold gives up counts towards the second.
        for fold in [Fold::Nothing, Fold::AllButEndpointAndRegion] {
            let mut hashes: Vec<u64> = self
                .series
                .iter()
                .filter(|series| series.fold() == fold)
                .map(|series| series.content_hash(texts))
                .collect();
            if hashes.len() > self.limits.series {
                let (_, smallest_out, _) = hashes.select_nth_unstable(self.limits.series);
                self.thresholds[fold as usize] = *smallest_out;
                let moved = self.rebuild(texts);
                for number in &mut numbers {
                    *number = moved[*number as usize];
                }
            }
        }
        Some(numbers)
    }

    /// Changes the numbers of all texts to those in another set.
    pub fn adopt(&mut self, texts: &mut Adopting<'_>) {
        for series in &mut self.series {
            *series = series.adopted(texts);
        }
        self.rebuild(texts.texts());
    }

    fn rebuild(&mut self, texts: &Texts) -> Vec<SeriesId> {
        let mut rebuilt = Self::new(self.limits);
        rebuilt.thresholds = self.thresholds;
        rebuilt.extent = std::mem::replace(&mut self.extent, Extent::new(0));
        let old =
            std::mem::take(&mut self.series).into_iter().zip(std::mem::take(&mut self.counts));
        let numbers = old.map(|(series, cells)| rebuilt.take(series, cells, texts)).collect();
        *self = rebuilt;
        numbers
    }

    fn take(&mut self, series: Series, mut cells: Cells, texts: &Texts) -> SeriesId {
        if self.resolution() != Resolution::Minutes {
            cells.compact(self.resolution().minutes());
        }
        let id = self.id(series, texts);
        if let Some(counts) = self.counts.get_mut(id as usize) {
            let before = counts.entries();
            counts.append(cells);
            self.cells += counts.entries() - before;
        }
        self.compact_if_many();
        id
    }

    /// Adds all counts of another table. Gives the number here of every series there.
    pub fn merge(&mut self, other: Self, texts: &mut Adopting<'_>) -> Vec<SeriesId> {
        for (threshold, theirs) in self.thresholds.iter_mut().zip(other.thresholds) {
            *threshold = (*threshold).min(theirs);
        }
        if self.extent.merge(other.extent) {
            self.compact();
        }
        let both = other.series.into_iter().zip(other.counts);
        both.map(|(series, cells)| {
            let series = series.adopted(texts);
            self.take(series, cells, texts.texts())
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn succeeded(region: TextId) -> Series {
        let mut values = ValueIds::default();
        values[Dimension::Region as usize] = region;
        Series {
            traffic: None,
            outcome: Outcome::Succeeded,
            code: TextId::NONE,
            values,
            carrier: None,
        }
    }

    #[test]
    fn the_ends_are_those_of_all_series_and_of_known_minutes() {
        let (mut table, mut texts) =
            (SeriesTable::new(SeriesLimits { series: 10, cells: 100 }), Texts::default());
        assert_eq!(table.ends(), None);
        let regions = [texts.id(Some("eu-west-1")), texts.id(Some("us-east-1"))];
        let [one, other] = regions.map(|region| table.counter(succeeded(region), &texts));
        table.add(one, 0, 1);
        assert_eq!(table.ends(), None);
        for (counter, minute) in [(one, 70), (one, 50), (other, 0), (other, 90), (other, 60)] {
            table.add(counter, minute, 1);
        }
        assert_eq!(table.ends(), Some((50, 90)));
    }

    #[test]
    fn counts_that_are_made_to_look_few_are_bounded_too() {
        let limits = SeriesLimits { series: 10, cells: 10_000 };
        let mut table = SeriesTable::new(limits);
        let counter = table.counter(succeeded(TextId::NONE), &Texts::default());
        for minute in 0..100_000 {
            let mut noted = Extent::new(limits.cells);
            noted.note(counter.unfolded, minute);
            if noted.noted().is_empty() {
                table.add(counter, minute, 1);
            }
        }
        assert!(table.extent().noted().is_empty());
        assert_eq!(table.resolution(), Resolution::Hours);
        assert!(table.cells <= 2 * limits.cells);
    }
}
