//! Signature failures: rows joined by request id, so that one seen by two sources counts once and
//! each source adds what the other does not know.

use std::ops::Deref;
use std::sync::Arc;

use sigdrift_signature::{Endpoint, EndpointKind};

use crate::deploy::Carrier;
use crate::dimension::Dimension;
use crate::marker::Markers;
use crate::request::Outcome;
use crate::source::{SourceKind, Traffic};
use crate::tally::{Manner, RecordId, Row, Series, Tally, TextId, Texts, ValueIds, Values};
use crate::time::{Minute, minute_of, start_of};

/// The values of a request as one body of traffic shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Native {
    /// The traffic.
    pub traffic: Traffic,
    /// The values, before any other source added to them.
    pub values: ValueIds,
}

impl Native {
    fn of(row: &Row) -> Option<Self> {
        row.kind.traffic().map(|traffic| Self { traffic, values: row.values.ids })
    }
}

/// One signature failure, or, where there was no room for single ones, several of one minute. It
/// reads like the one row that all its records make together.
///
/// There may be very many, and most are told by one record alone: such a one only points to its
/// row.
#[derive(Clone, Debug)]
pub struct Failure<'t>(Told<'t>);

#[derive(Clone, Debug)]
enum Told<'t> {
    ByOneRecord(&'t Row),
    Otherwise(Box<Joined>),
}

/// What several records tell together, or one together with a marker, or counts alone.
#[derive(Clone, Debug)]
struct Joined {
    row: Row,
    count: u64,
    native: Option<Native>,
}

impl Deref for Failure<'_> {
    type Target = Row;

    fn deref(&self) -> &Row {
        match &self.0 {
            Told::ByOneRecord(row) => row,
            Told::Otherwise(joined) => &joined.row,
        }
    }
}

impl<'t> Failure<'t> {
    fn of(row: &'t Row) -> Self {
        Self(Told::ByOneRecord(row))
    }

    /// How many it stands for: 1, unless rows were folded into counts.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.0 {
            Told::ByOneRecord(_) => 1,
            Told::Otherwise(joined) => joined.count,
        }
    }

    /// Its values as the log of the whole traffic shows them; `None` where only errors were seen.
    #[must_use]
    pub fn native(&self) -> Option<Native> {
        match &self.0 {
            Told::ByOneRecord(row) => Native::of(row),
            Told::Otherwise(joined) => joined.native,
        }
    }

    /// Says how a log of the whole traffic shows it, and in which minute: the server's clock is believed
    /// before a client's. Tells whether that is another time.
    pub fn set_native(&mut self, native: Native, minute: Minute) -> bool {
        let is_moved = minute > 0 && self.time().map(minute_of) != Some(minute);
        self.change(|joined| {
            joined.native = Some(native);
            if is_moved {
                joined.row.when = Some(start_of(minute)).into();
            }
        });
        is_moved
    }

    /// Gives it the version of the marker that is in force now that its time is another.
    pub fn mark_anew(&mut self, markers: &Markers, texts: &Texts) {
        if self.values.carrier == Some(Carrier::Marker) {
            self.change(|joined| joined.row.set_version(TextId::NONE, None));
        }
        apply_marker(self, markers, texts);
    }

    /// What failures are ordered by: their time, and then whatever tells them apart.
    fn order(&self) -> (Option<i64>, Option<&[u8]>, u64) {
        (self.time(), self.id.request_id_bytes(), self.id.event())
    }

    fn change(&mut self, change: impl FnOnce(&mut Joined)) {
        let row = match &mut self.0 {
            Told::Otherwise(joined) => return change(joined),
            Told::ByOneRecord(row) => *row,
        };
        let mut joined = Joined { row: row.clone(), count: 1, native: Native::of(row) };
        change(&mut joined);
        self.0 = Told::Otherwise(Box::new(joined));
    }
}

impl Joined {
    /// Failures of one minute for whose rows there was no room.
    fn folded(series: &Series, minute: Minute, count: u64) -> Self {
        let row = Row {
            // Any that shows this traffic: which of them it was is not known any more.
            kind: match series.traffic {
                Some(Traffic::S3) => SourceKind::S3AccessLog,
                Some(Traffic::CloudTrail) => SourceKind::CloudTrail,
                None => SourceKind::CapturedError,
            },
            when: (minute > 0).then(|| start_of(minute)).into(),
            id: RecordId::new(None, 0),
            values: Arc::new(Values { ids: series.values, carrier: series.carrier }),
            manner: Arc::new(Manner { code: series.code, ..Manner::default() }),
            remote_ip: TextId::NONE,
            user_agent: TextId::NONE,
            fingerprint: None,
        };
        Self { native: Native::of(&row), row, count }
    }

    /// Adds what another record of the same request knows. Records are given best first.
    fn enrich(&mut self, other: &Row, texts: &Texts) {
        let row = &mut self.row;
        let native = Native::of(other);
        let values = Arc::make_mut(&mut row.values);
        let region = Dimension::Region as usize;
        if other.value(Dimension::Region) != TextId::NONE
            && region_is_guess(&values.ids, texts)
            && !region_is_guess(&other.values.ids, texts)
        {
            values.ids[region] = other.values.ids[region];
            self.native = native.or(self.native);
        }
        let deploy = Dimension::Deploy as usize;
        let better_version = match (values.carrier, other.values.carrier) {
            (Some(mine), Some(theirs)) => theirs < mine,
            (mine, theirs) => mine.is_none() && theirs.is_some(),
        };
        if better_version {
            values.ids[deploy] = other.values.ids[deploy];
            values.carrier = other.values.carrier;
        }
        let fill = |mine: &mut TextId, theirs: TextId| {
            if *mine == TextId::NONE {
                *mine = theirs;
            }
        };
        for (mine, theirs) in values.ids.iter_mut().zip(other.values.ids) {
            fill(mine, theirs);
        }
        let (manner, others) = (Arc::make_mut(&mut row.manner), *other.manner);
        for (mine, theirs) in [
            (&mut manner.signed_region, others.signed_region),
            (&mut manner.method, others.method),
            (&mut row.remote_ip, other.remote_ip),
            (&mut row.user_agent, other.user_agent),
            (&mut manner.tls, others.tls),
            (&mut manner.signature_version, others.signature_version),
            (&mut manner.key_encoding, others.key_encoding),
        ] {
            fill(mine, theirs);
        }
        if others.told.map(|told| told.confidence) > manner.told.map(|told| told.confidence) {
            manner.told = others.told;
        }
        row.when = row.time().or(other.time()).into();
        row.fingerprint = row.fingerprint.or(other.fingerprint);
        self.native = self.native.or(native);
    }

    /// Gives it the version of the marker in force, where no better carrier names one.
    fn mark(&mut self, version: Option<TextId>, native: Option<TextId>) {
        if let Some(version) = version {
            self.row.set_version(version, Some(Carrier::Marker));
        }
        if let (Some(own), Some(version)) = (&mut self.native, native) {
            own.values[Dimension::Deploy as usize] = version;
        }
    }
}

/// All failures of a tally, by time, with deploy versions from markers where no better carrier
/// names one. The texts hold the markers' versions too.
#[must_use]
pub fn failures<'t>(tally: &'t Tally, markers: &Markers, texts: &Texts) -> Vec<Failure<'t>> {
    // Hashes are compared sooner than the texts that they are of.
    let mut rows: Vec<(u64, &Row)> = tally.rows().map(|row| (row.sampling_hash(), row)).collect();
    rows.sort_unstable_by(|(hash_a, a), (hash_b, b)| {
        let (of_a, of_b) = (a.id.request_id_bytes(), b.id.request_id_bytes());
        hash_a.cmp(hash_b).then_with(|| of_a.cmp(&of_b)).then_with(|| match of_a {
            None => (a.time(), a.identity()).cmp(&(b.time(), b.identity())),
            Some(_) => (a.kind, a.id.event()).cmp(&(b.kind, b.id.event())),
        })
    });
    let mut all = Vec::with_capacity(rows.len());
    let is_one = |(_, a): &(u64, &Row), (_, b): &(u64, &Row)| {
        a.id.request_id_bytes().is_some() && a.id.request_id_bytes() == b.id.request_id_bytes()
    };
    for of_one in rows.chunk_by(is_one) {
        joined(of_one.iter().map(|(_, row)| *row), texts, &mut all);
    }
    drop(rows);
    all.extend(folded(tally));
    if !markers.is_empty() {
        for failure in &mut all {
            apply_marker(failure, markers, texts);
        }
    }
    sort(&mut all);
    all
}

/// Sorts failures by time.
pub fn sort(failures: &mut [Failure<'_>]) {
    failures.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
}

/// Joins the records of one request id. CloudTrail's are told apart by their events, so several of
/// them are several failures; everything else describes the first.
fn joined<'t>(rows: impl Iterator<Item = &'t Row>, texts: &Texts, all: &mut Vec<Failure<'t>>) {
    let first = all.len();
    let mut has_event = false;
    for row in rows {
        match all.get_mut(first) {
            Some(first) if row.id.event() == 0 || !has_event => {
                first.change(|joined| joined.enrich(row, texts));
            }
            _ => all.push(Failure::of(row)),
        }
        has_event |= row.id.event() != 0;
    }
}

/// Whether the region of these values is only the one that a global host name belongs to.
#[must_use]
pub fn region_is_guess(values: &ValueIds, texts: &Texts) -> bool {
    let text = |dimension: Dimension| texts.get(values[dimension as usize]);
    text(Dimension::Endpoint).is_some_and(|host| {
        let endpoint = Endpoint::of(host);
        endpoint.kind == EndpointKind::S3Global && endpoint.region == text(Dimension::Region)
    })
}

/// The failures for whose rows there was no room.
fn folded(tally: &Tally) -> impl Iterator<Item = Failure<'_>> {
    let all = tally.series().iter();
    all.filter(|(_, series, _)| series.outcome == Outcome::SignatureFailed).flat_map(
        |(_, series, cells)| {
            cells.counts().into_iter().map(|(minute, count)| {
                Failure(Told::Otherwise(Box::new(Joined::folded(series, minute, count))))
            })
        },
    )
}

fn apply_marker(failure: &mut Failure<'_>, markers: &Markers, texts: &Texts) {
    let Some(time) = failure.time() else { return };
    let version = marked_version(&failure.values.ids, failure.values.carrier, time, markers, texts);
    let native = failure
        .native()
        .filter(|native| native.values[Dimension::Deploy as usize] == TextId::NONE)
        .and_then(|native| marked_version(&native.values, None, time, markers, texts));
    if version.is_some() || native.is_some() {
        failure.change(|joined| joined.mark(version, native));
    }
}

/// Whether a marker may name the version, because no better carrier does.
#[inline]
pub fn may_be_marked(carrier: Option<Carrier>, markers: &Markers) -> bool {
    !markers.is_empty() && carrier.is_none_or(|carrier| carrier > Carrier::Marker)
}

/// The version that a marker gives to values at a time, unless a better carrier names one.
#[inline]
pub fn marked_version(
    values: &ValueIds,
    carrier: Option<Carrier>,
    time: i64,
    markers: &Markers,
    texts: &Texts,
) -> Option<TextId> {
    if !may_be_marked(carrier, markers) {
        return None;
    }
    let version = markers.in_force(time, |dimension| texts.get(values[dimension as usize]))?;
    texts.known(version)
}
