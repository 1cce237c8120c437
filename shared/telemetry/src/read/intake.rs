//! Where readers put what they find in an object.

use std::fmt::Display;

use hashbrown::HashSet;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::s3_access_log::LineShapes;
use super::shapes::Shapes;
use super::texts_explained::TextsExplained;
use crate::change::Change;
use crate::request::Request;
use crate::source::{Place, SourceKind};
use crate::tally::{Limits, Report, SourceId, Tally};

/// A tally that is being filled, with what is known of the object that is read at present.
#[derive(Debug)]
pub struct Intake {
    pub(super) tally: Tally,
    pub(super) line_shapes: LineShapes,
    pub(super) trail_shapes: Shapes<8>,
    pub(super) texts_explained: TextsExplained,
    /// Of the part of an object that was read last, for the next one.
    pub(super) buffer: Vec<u8>,
    /// Which owners of keys the tally was told of already, as hashes.
    owners_told: HashSet<u64>,
    report: Report,
    object: u64,
}

/// How many owners are remembered; then all are forgotten, and told again.
const OWNERS: usize = 32_768;

impl Intake {
    /// An intake into an empty tally.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::into(Tally::new(limits))
    }

    /// An intake into a tally.
    #[must_use]
    pub fn into(tally: Tally) -> Self {
        Self {
            tally,
            line_shapes: LineShapes::default(),
            trail_shapes: Shapes::default(),
            texts_explained: TextsExplained::default(),
            buffer: Vec::new(),
            owners_told: HashSet::default(),
            report: Report::default(),
            object: 0,
        }
    }

    /// Begins an object, or a part of one. Its name is what the user calls it.
    pub(super) fn begin(&mut self, name: &str) {
        self.report = Report::new(name);
        self.object = xxh3_64(name.as_bytes());
    }

    /// Ends the object, and gives the report on it.
    pub(super) fn end(&mut self) -> Report {
        std::mem::take(&mut self.report)
    }

    /// Notes what kind of log the object's content shows it to be.
    pub(super) fn is_a(&mut self, kind: SourceKind) {
        self.report.kind.get_or_insert(kind);
    }

    /// The kind that the object was recognised to be.
    pub(super) fn kind(&self) -> Option<SourceKind> {
        self.report.kind
    }

    /// Takes in a request.
    pub(super) fn request(&mut self, request: &Request<'_>, place: &Place) {
        self.report.records += 1;
        self.tally.request(request, self.object, place);
    }

    /// Counts a record that is dealt with.
    pub(super) fn counted(&mut self) {
        self.report.records += 1;
    }

    /// Takes in a change event, beside the record that holds it.
    pub(super) fn change(&mut self, change: Change, event_id: &str) {
        self.tally.change(change, event_id);
    }

    /// Takes in who owns an access key id. To tell the tally once is enough.
    pub(super) fn principal(&mut self, access_key_id: &str, principal: &str) {
        let owned = xxh3_64(access_key_id.as_bytes());
        let hash = xxh3_64_with_seed(principal.as_bytes(), owned);
        if self.owners_told.len() >= OWNERS {
            self.owners_told.clear();
        }
        if self.owners_told.insert(hash) {
            self.tally.principal(access_key_id, principal);
        }
    }

    /// Counts something that is recognised and left out on purpose.
    pub(super) fn skip(&mut self) {
        self.report.skipped += 1;
    }

    /// Counts and names something unreadable.
    pub(super) fn unreadable(&mut self, place: Place, reason: impl Display) {
        self.report.unreadable(place, reason);
    }

    /// Counts more that is unreadable, where as many are named already as ever are.
    pub(super) fn unreadable_more(&mut self, count: u64) {
        self.report.unreadable += count;
    }

    /// Adds a finished report, and the identity of its source, to the tally.
    pub fn finish_source(&mut self, report: Report, id: Option<SourceId>) {
        self.tally.report(report);
        if let Some(id) = id {
            self.tally.source(id);
        }
    }

    /// The tally, brought down to its limits, and at rest.
    #[must_use]
    pub fn into_tally(self) -> Tally {
        let mut tally = self.into_part();
        tally.rest();
        tally
    }

    /// The tally, brought down to its limits, for others to be added to it.
    #[must_use]
    pub fn into_part(self) -> Tally {
        let Self { mut tally, line_shapes, trail_shapes, buffer, .. } = self;
        // What is only good for reading need not be there while something else takes room.
        drop((line_shapes, trail_shapes, buffer));
        tally.finish();
        tally
    }
}
