//! Taking a tally apart so that it can be written down, and putting it together again.

use super::extent::Resolution;
use super::report::KindReport;
use super::sample::{Seen, Sighting, Traits};
use super::series::{Counter, Series};
use super::texts::TextId;
use super::{Limits, Row, SeenChange, SourceId, Tally};
use crate::marker::Marker;
use crate::source::SourceKind;
use crate::time::Minute;

/// What a tally's limits did to it. Below `u64::MAX` a threshold says that there was not room for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Failures whose hash is not below this are counted in series.
    pub rows: u64,
    /// Series whose hash is not below this are folded, once and twice.
    pub series: [u64; 2],
    /// Requests whose hash is not below this are not in the sample.
    pub sample: u64,
    /// How finely time is kept.
    pub resolution: Resolution,
    /// Where series are folded or time is coarse, what tells [how far](super::extent) the counts
    /// reached before.
    pub extent: Vec<u64>,
    /// How many change events were left out.
    pub changes_dropped: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            rows: u64::MAX,
            series: [u64::MAX; 2],
            sample: u64::MAX,
            resolution: Resolution::Minutes,
            extent: Vec::new(),
            changes_dropped: 0,
        }
    }
}

impl Tally {
    /// What the limits did to it.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        let series = self.series.thresholds();
        let resolution = self.series.resolution();
        let is_limited = series != [u64::MAX; 2] || resolution != Resolution::Minutes;
        Thresholds {
            rows: self.row_threshold,
            series,
            sample: self.sample.threshold(),
            resolution,
            extent: if is_limited { self.series.extent().noted() } else { Vec::new() },
            changes_dropped: self.changes_dropped,
        }
    }

    /// The change events, by time, each with what tells it from others.
    pub fn seen_changes(&self) -> impl Iterator<Item = &SeenChange> {
        self.changes.iter()
    }

    /// Who owns which access key id.
    pub fn principals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.principals.iter().map(|(key, principal)| (&**key, &**principal))
    }

    /// Hashes of the addresses of scanners.
    pub fn probers(&self) -> impl Iterator<Item = u32> {
        self.probers.iter().copied()
    }

    /// The sources that it holds.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = &SourceId> {
        self.sources.iter()
    }
}

/// A tally that is put together from what another one held.
#[derive(Debug)]
pub struct Restoring {
    tally: Tally,
    /// How far the counts reach is known already.
    is_extent_known: bool,
}

impl Restoring {
    /// An empty tally to which limits did this before. It keeps to its own limits from here on.
    #[must_use]
    pub fn new(limits: Limits, thresholds: &Thresholds) -> Self {
        let mut tally = Tally::new(limits);
        tally.row_threshold = thresholds.rows;
        tally.series.restore(thresholds.series, thresholds.resolution, &thresholds.extent);
        tally.sample.restore(thresholds.sample);
        tally.changes_dropped = thresholds.changes_dropped;
        Self { tally, is_extent_known: !thresholds.extent.is_empty() }
    }

    /// The number of a text.
    pub fn text(&mut self, text: Option<&str>) -> TextId {
        self.tally.text_id(text)
    }

    /// Puts a failure back.
    pub fn row(&mut self, row: Row) {
        self.tally.add_row(row);
    }

    /// Puts a series back; its counts and sightings follow.
    pub fn series(&mut self, series: Series) -> Counter {
        self.tally.counter(series)
    }

    /// Puts counts of a minute back.
    pub fn count(&mut self, counter: Counter, minute: Minute, mut count: u64) {
        while count > 0 {
            let part = u32::try_from(count).unwrap_or(u32::MAX);
            if self.is_extent_known {
                self.tally.series.put_back(counter.series, minute, part);
            } else {
                self.tally.series.add(counter, minute, part);
            }
            count -= u64::from(part);
        }
    }

    /// Puts a sighting back.
    pub fn seen(&mut self, sighting: Sighting, traits: Traits, times: u32) {
        self.tally.sample.put_back(Seen { sighting, traits, times });
    }

    /// Puts a change event back.
    pub fn change(&mut self, change: SeenChange) {
        self.tally.add_change(change);
    }

    /// Puts a deploy marker back.
    pub fn marker(&mut self, marker: Marker) {
        self.tally.marker(marker);
    }

    /// Puts the owner of a key back.
    pub fn principal(&mut self, access_key_id: &str, principal: &str) {
        self.tally.principal(access_key_id, principal);
    }

    /// Puts the address of a scanner back.
    pub fn prober(&mut self, address: u32) {
        self.tally.add_prober(address);
    }

    /// Puts back what reading the logs of one kind came to.
    pub fn report(&mut self, kind: Option<SourceKind>, report: KindReport) {
        self.tally.reports.entry(kind).or_default().merge(report);
    }

    /// Notes that a source is held.
    pub fn source(&mut self, id: SourceId) {
        self.tally.source(id);
    }

    /// The tally, within its limits.
    #[must_use]
    pub fn finish(mut self) -> Tally {
        self.tally.settle();
        self.tally
    }
}
