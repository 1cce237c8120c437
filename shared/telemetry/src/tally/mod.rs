//! What was read so far: rows for signature failures, counts for the other traffic, changes,
//! and reports on the sources.
//!
//! Tallies merge associatively and commutatively, and a source that a tally holds already is not
//! added again. Its size is bounded: rows beyond a limit become counts, values beyond a limit
//! become overflow, minutes become hours ([`series`]). Everything downstream is a function of a
//! tally and a window.

pub mod cells;
pub mod extent;
pub mod hash;
#[cfg(test)]
pub(crate) mod image;
pub mod limits;
mod merge;
mod pool;
pub mod record_id;
pub mod report;
pub mod restore;
pub mod row;
pub mod rows;
pub mod sample;
pub mod series;
pub mod shared_room;
pub mod source_id;
#[cfg(test)]
pub(crate) mod tests;
pub mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

pub use cells::Cells;
pub use extent::Resolution;
pub use hash::{request_hash, short_hash};
pub use limits::Limits;
pub use merge::Overlap;
pub use record_id::RecordId;
pub use report::{KindReport, Problem, Report};
pub use restore::{Restoring, Thresholds};
pub use row::{Manner, Row, Told, Values, When};
pub use rows::Rows;
pub use sample::{Sample, Seen, Sighting, Traits};
pub use series::{Counter, Series, SeriesId, SeriesLimits, SeriesTable, ValueIds};
pub use shared_room::SharedRoom;
pub use source_id::SourceId;
pub use texts::{Adopting, TextId, Texts};

use crate::change::Change;
use crate::dimension::Dimension;
use crate::key_encoding::key_encoding;
use crate::marker::Marker;
use crate::request::{Outcome, Request};
use crate::scanner::{is_probe, is_scanner};
use crate::source::{Place, SourceKind};
use crate::time::{Minute, minute_of};

/// A change event with what tells it from another with the same words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenChange {
    /// The change.
    pub change: Change,
    /// Hash of the event's id.
    pub event: u64,
}

/// Everything that was read.
#[derive(Clone, Debug)]
pub struct Tally {
    limits: Limits,
    texts: Texts,
    rows: Rows,
    /// Rows whose sampling hash is not below this are counted as series instead.
    row_threshold: u64,
    series: SeriesTable,
    sample: Sample,
    changes: BTreeSet<SeenChange>,
    changes_dropped: u64,
    markers: BTreeSet<Marker>,
    principals: BTreeMap<Box<str>, Box<str>>,
    /// Hashes of addresses that probed for what scanners probe for.
    probers: BTreeSet<u32>,
    reports: BTreeMap<Option<SourceKind>, KindReport>,
    sources: BTreeSet<SourceId>,
    texts_allowed: usize,
    generation: u32,
}

impl Default for Tally {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Tally {
    /// A tally of nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            texts: Texts::default(),
            rows: Rows::default(),
            row_threshold: u64::MAX,
            series: SeriesTable::new(limits.series),
            sample: Sample::new(limits.sample),
            changes: BTreeSet::new(),
            changes_dropped: 0,
            markers: BTreeSet::new(),
            principals: BTreeMap::new(),
            probers: BTreeSet::new(),
            reports: BTreeMap::new(),
            sources: BTreeSet::new(),
            texts_allowed: limits.text_bytes,
            generation: 0,
        }
    }

    /// A tally of nothing, which will be merged with others that share the room of its sample.
    #[must_use]
    pub fn beside_others(limits: Limits, room: Arc<SharedRoom>) -> Self {
        let mut tally = Self::new(limits);
        tally.sample.share_room(room);
        tally
    }

    /// Takes in one request, found at `place` of the object whose name hashes to `object`.
    pub fn request(&mut self, request: &Request<'_>, object: u64, place: &Place) {
        self.make_room();
        let outcome = request.outcome();
        // Whoever signs with a key that AWS knows is no scanner, whatever is asked for.
        let is_nobody = match outcome {
            Outcome::SignatureFailed => request.code.as_deref() == Some("InvalidAccessKeyId"),
            Outcome::Succeeded => false,
            _ => !request.is_signed(),
        };
        if is_nobody && let Some(address) = request.remote_ip.as_deref() {
            let target = request.target.as_deref().unwrap_or_default();
            self.probe(address, target, request.user_agent.as_deref().unwrap_or_default());
        }
        match outcome {
            Outcome::SignatureFailed => self.failure(request, object, place),
            outcome => self.other_traffic(request, outcome),
        }
    }

    /// Remembers the address of a request that did not succeed, if a scanner made it.
    pub fn probe(&mut self, address: &str, target: &str, user_agent: &str) {
        if is_probe(target) || is_scanner(user_agent) {
            self.add_prober(short_hash(address.as_bytes()));
        }
    }

    fn add_prober(&mut self, address: u32) {
        self.probers.insert(address);
        if self.probers.len() > self.limits.probers {
            self.probers.pop_last();
        }
    }

    /// Whether requests from this address were a scanner's.
    #[must_use]
    pub fn is_prober(&self, address: &str) -> bool {
        self.probers.contains(&short_hash(address.as_bytes()))
    }

    fn failure(&mut self, request: &Request<'_>, object: u64, place: &Place) {
        let mut row = Row::new(request, &mut self.texts);
        if row.needs_place() {
            let content = row.content_hash(&self.texts);
            let target = request.target.as_deref().unwrap_or_default();
            let place = format!("{object}/{place}/{content}/{target}");
            row.id = RecordId::new(None, xxh3_64(place.as_bytes()));
        }
        self.add_row(row);
        if self.rows.count() > 2 * self.limits.rows.max(1) {
            self.fold_rows();
        }
    }

    fn add_row(&mut self, row: Row) {
        if row.sampling_hash() >= self.row_threshold {
            return self.count_row(&row);
        }
        self.rows.keep(row, &self.texts);
    }

    fn count_row(&mut self, row: &Row) {
        let series = Series {
            traffic: row.kind.traffic(),
            outcome: Outcome::SignatureFailed,
            code: row.manner.code,
            values: row.values.ids,
            carrier: row.values.carrier,
        };
        let counter = self.counter(series);
        self.count(counter, row.time().map_or(0, minute_of));
    }

    fn fold_rows(&mut self) {
        if self.rows.count() <= self.limits.rows {
            return;
        }
        let mut hashes: Vec<u64> = self.rows.iter().map(Row::sampling_hash).collect();
        let (_, smallest_out, _) = hashes.select_nth_unstable(self.limits.rows);
        self.row_threshold = self.row_threshold.min(*smallest_out);
        for row in self.rows.take() {
            self.add_row(row);
        }
    }

    fn other_traffic(&mut self, request: &Request<'_>, outcome: Outcome) {
        let Some(counter) = self.counter_of(request, outcome) else { return };
        let Some(time) = request.time else { return };
        let minute = minute_of(time);
        self.count(counter, minute);
        let request_id = request.request_id.as_deref().unwrap_or_default();
        let own = (request.kind == SourceKind::CloudTrail).then_some(request.record);
        let Some(hash) = request_hash(request_id.as_bytes(), own) else { return };
        if self.sample.wants(hash) {
            let traits = Traits {
                address: short_hash(request.remote_ip.as_deref().unwrap_or_default().as_bytes()),
                tls: self.texts.id(request.tls.as_deref()),
                signature_version: self.texts.id(request.signature_version.as_deref()),
                key_encoding: self.texts.id(request.key.as_deref().map(key_encoding)),
            };
            let record = request.record;
            let series = counter.series;
            self.sample.add(Sighting { request: hash, record, series, minute }, traits);
        }
    }

    /// Where a signed request is counted, unless its signature failed. `None` for logs that do not
    /// show a whole traffic, and for requests without a signature.
    pub fn counter_of(&mut self, request: &Request<'_>, outcome: Outcome) -> Option<Counter> {
        let traffic = request.kind.traffic().filter(|_| request.is_signed())?;
        let values = request.values();
        let mut ids = ValueIds::default();
        for dimension in Dimension::ALL {
            ids[dimension as usize] = self.texts.id(values.get(dimension));
        }
        let series = Series {
            traffic: Some(traffic),
            outcome,
            code: TextId::NONE,
            values: ids,
            carrier: values.carrier,
        };
        Some(self.counter(series))
    }

    /// Counts one request.
    pub fn count(&mut self, counter: Counter, minute: Minute) {
        self.series.add(counter, minute, 1);
    }

    /// Whether the request with this [hash](request_hash) should be sighted too.
    #[must_use]
    pub fn wants_sighting(&self, hash: u64) -> bool {
        self.sample.wants(hash)
    }

    /// Keeps which request was counted.
    pub fn sight(&mut self, sighting: Sighting, traits: Traits) {
        self.sample.add(sighting, traits);
    }

    /// The number of a text in this tally.
    pub fn text_id(&mut self, text: Option<&str>) -> TextId {
        self.texts.id(text)
    }

    /// Changes whenever numbers of series and texts that were given out lose their meaning.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    fn counter(&mut self, series: Series) -> Counter {
        self.series.counter(series, &self.texts)
    }

    /// Makes room where a bound is passed. Called between records, since numbers change.
    pub fn make_room(&mut self) {
        if self.series.is_over_limit() {
            self.fold_series();
        }
        if self.texts.bytes() > self.texts_allowed {
            self.settle();
        }
    }

    fn forget_unused_texts(&mut self) {
        let old = std::mem::take(&mut self.texts);
        let mut texts = Adopting::new(&mut self.texts, &old);
        self.series.adopt(&mut texts);
        self.sample.adopt(&mut texts);
        self.rows.adopt(&mut texts);
        self.texts_allowed = self.limits.text_bytes.max(2 * self.texts.bytes());
        self.generation += 1;
    }

    fn fold_series(&mut self) {
        if let Some(numbers) = self.series.fold(&self.texts) {
            self.sample.renumber(&numbers);
            self.generation += 1;
        }
    }

    /// Takes in a change event.
    pub fn change(&mut self, change: Change, event_id: &str) {
        self.add_change(SeenChange { change, event: xxh3_64(event_id.as_bytes()) });
    }

    fn add_change(&mut self, change: SeenChange) {
        self.changes.insert(change);
        if self.changes.len() > self.limits.changes {
            self.changes.pop_last();
            self.changes_dropped += 1;
        }
    }

    /// Takes in a deploy marker.
    pub fn marker(&mut self, marker: Marker) {
        self.markers.insert(marker);
        if self.markers.len() > self.limits.changes {
            self.markers.pop_first();
            self.changes_dropped += 1;
        }
    }

    /// Takes in who owns an access key id.
    pub fn principal(&mut self, access_key_id: &str, principal: &str) {
        match self.principals.get_mut(access_key_id) {
            Some(known) if **known <= *principal => {}
            Some(known) => *known = principal.into(),
            None => {
                self.principals.insert(access_key_id.into(), principal.into());
                if self.principals.len() > self.limits.principals {
                    self.principals.pop_last();
                }
            }
        }
    }

    /// Takes in the report on an object.
    pub fn report(&mut self, report: Report) {
        self.reports.entry(report.kind).or_default().add(report);
    }

    /// Notes that a source is held.
    pub fn source(&mut self, id: SourceId) {
        self.sources.insert(id);
    }

    /// Brings everything down to its limits, and into an order in which it is quick to read.
    pub fn finish(&mut self) {
        self.series.tidy();
        self.settle();
        self.sample.leave_room();
    }

    /// Gives back the room that only taking in more would need.
    pub fn rest(&mut self) {
        self.series.rest();
        self.rows.rest();
    }

    /// Brings everything down to its limits.
    pub fn settle(&mut self) {
        self.fold_rows();
        self.fold_series();
        self.sample.thin();
        self.sample.shrink();
        if self.texts.bytes() > self.texts_allowed {
            self.forget_unused_texts();
        }
    }

    /// The texts that the numbers in rows and series stand for.
    #[must_use]
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The rows of signature failures, in no order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// Whether failures were more than there are rows for.
    #[must_use]
    pub fn rows_overflowed(&self) -> bool {
        self.row_threshold != u64::MAX
    }

    /// The counts.
    #[must_use]
    pub fn series(&self) -> &SeriesTable {
        &self.series
    }

    /// The sample of counted requests.
    #[must_use]
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// The last minute that has a failure or a count, of those that are no later than `latest`: a
    /// client's clock may be wrong.
    #[must_use]
    pub fn newest(&self, latest: Minute) -> Option<Minute> {
        let of_traffic = self.series.iter().flat_map(|(_, _, cells)| cells.counts());
        let of_traffic = of_traffic.map(|(minute, _)| minute);
        let of_failures = self.rows.iter().filter_map(|row| Some(minute_of(row.time()?)));
        of_traffic.chain(of_failures).filter(|minute| (1..=latest).contains(minute)).max()
    }

    /// The change events, by time.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().map(|seen| &seen.change)
    }

    /// The deploy markers, by time.
    pub fn markers(&self) -> impl Iterator<Item = &Marker> {
        self.markers.iter()
    }

    /// How many change events and deploy markers there was no room for.
    #[must_use]
    pub fn changes_dropped(&self) -> u64 {
        self.changes_dropped
    }

    /// Who owns an access key id, as far as CloudTrail told.
    #[must_use]
    pub fn owner_of(&self, access_key_id: &str) -> Option<&str> {
        self.principals.get(access_key_id).map(AsRef::as_ref)
    }

    /// What reading came to, by kind of log.
    #[must_use]
    pub fn reports(&self) -> &BTreeMap<Option<SourceKind>, KindReport> {
        &self.reports
    }
}
