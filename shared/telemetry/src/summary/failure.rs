//! Signature failures: rows joined by request id, so that one seen by two sources counts once and
//! each source adds what the other does not know.

use std::num::NonZeroU64;

use sigdrift_signature::{Endpoint, EndpointKind};

use crate::deploy::Carrier;
use crate::dimension::Dimension;
use crate::marker::Markers;
use crate::source::Traffic;
use crate::tally::{Row, Tally, TextId, Texts, Told, ValueIds};

/// The values of a request as one body of traffic shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Native {
    /// The traffic.
    pub traffic: Traffic,
    /// The values, before any other source added to them.
    pub values: ValueIds,
}

/// One signature failure, or, where there was no room for single ones, several of one minute.
#[derive(Clone, Debug)]
pub struct Failure<'t> {
    /// How many it stands for: 1, unless rows were folded into counts.
    pub count: u64,
    /// When, in seconds since 1970.
    pub time: Option<i64>,
    /// Its request id.
    pub request_id: Option<&'t str>,
    /// Its error code.
    pub code: TextId,
    /// Its value in every dimension, from all sources together.
    pub values: ValueIds,
    /// Its values as the log of the whole traffic shows them; `None` where only errors were seen.
    pub native: Option<Native>,
    /// The region in the credential scope.
    pub signed_region: TextId,
    /// The HTTP method.
    pub method: TextId,
    /// The client's address.
    pub remote_ip: TextId,
    /// The user agent.
    pub user_agent: TextId,
    /// The TLS version.
    pub tls: TextId,
    /// The signature version.
    pub signature_version: TextId,
    /// How the object key has to be encoded.
    pub key_encoding: TextId,
    /// Equal for two failures of which the later repeats the earlier.
    pub fingerprint: Option<NonZeroU64>,
    /// The best that a single record says about its cause.
    pub told: Option<Told>,
    carrier: Option<Carrier>,
}

impl<'t> Failure<'t> {
    fn of(row: &'t Row) -> Self {
        Self {
            count: 1,
            time: row.time,
            request_id: row.request_id.as_deref(),
            code: row.code,
            values: row.values,
            native: row.kind.traffic().map(|traffic| Native { traffic, values: row.values }),
            signed_region: row.signed_region,
            method: row.method,
            remote_ip: row.remote_ip,
            user_agent: row.user_agent,
            tls: row.tls,
            signature_version: row.signature_version,
            key_encoding: row.key_encoding,
            fingerprint: row.fingerprint,
            told: row.told,
            carrier: row.carrier,
        }
    }

    /// Adds what another record of the same request knows. Records are given best first.
    fn enrich(&mut self, row: &'t Row, texts: &Texts) {
        let other = Self::of(row);
        let region = Dimension::Region as usize;
        if other.values[region] != TextId::NONE
            && region_is_guess(&self.values, texts)
            && !region_is_guess(&other.values, texts)
        {
            self.values[region] = other.values[region];
            self.native = other.native.or(self.native);
        }
        let fill = |mine: &mut TextId, theirs: TextId| {
            if *mine == TextId::NONE {
                *mine = theirs;
            }
        };
        let deploy = Dimension::Deploy as usize;
        let better_version = match (self.carrier, other.carrier) {
            (Some(mine), Some(theirs)) => theirs < mine,
            (mine, theirs) => mine.is_none() && theirs.is_some(),
        };
        if better_version {
            self.values[deploy] = other.values[deploy];
            self.carrier = other.carrier;
        }
        for (mine, theirs) in self.values.iter_mut().zip(other.values) {
            fill(mine, theirs);
        }
        for (mine, theirs) in [
            (&mut self.signed_region, other.signed_region),
            (&mut self.method, other.method),
            (&mut self.remote_ip, other.remote_ip),
            (&mut self.user_agent, other.user_agent),
            (&mut self.tls, other.tls),
            (&mut self.signature_version, other.signature_version),
            (&mut self.key_encoding, other.key_encoding),
        ] {
            fill(mine, theirs);
        }
        self.time = self.time.or(other.time);
        self.native = self.native.or(other.native);
        self.fingerprint = self.fingerprint.or(other.fingerprint);
        if other.told.map(|told| told.confidence) > self.told.map(|told| told.confidence) {
            self.told = other.told;
        }
    }

    /// The value in a dimension.
    #[must_use]
    pub fn value(&self, dimension: Dimension) -> TextId {
        self.values[dimension as usize]
    }
}

/// All failures of a tally, by time, with deploy versions from markers where no better carrier
/// names one.
#[must_use]
pub fn failures<'t>(tally: &'t Tally, markers: &Markers, texts: &mut Texts) -> Vec<Failure<'t>> {
    let mut alone = Vec::new();
    let mut named = Vec::new();
    for (identity, row) in tally.rows() {
        match row.request_id.as_deref() {
            Some(id) => named.push((id, row)),
            None => alone.push((identity, row)),
        }
    }
    alone.sort_unstable_by_key(|(identity, row)| (row.time, *identity));
    named.sort_unstable_by_key(|(id, row)| (*id, row.kind, row.event, row.digest));
    let mut all = Vec::with_capacity(alone.len() + named.len());
    all.extend(alone.iter().map(|(_, row)| Failure::of(row)));
    for of_one in named.chunk_by(|(a, _), (b, _)| a == b) {
        joined(of_one.iter().map(|(_, row)| *row), texts, &mut all);
    }
    all.extend(folded(tally));
    for failure in &mut all {
        apply_marker(failure, markers, texts);
    }
    all.sort_by_cached_key(|failure| (failure.time, failure.request_id));
    all
}

/// Joins the records of one request id. CloudTrail's are told apart by their events, so several of
/// them are several failures; everything else describes the first.
fn joined<'t>(rows: impl Iterator<Item = &'t Row>, texts: &Texts, all: &mut Vec<Failure<'t>>) {
    let first = all.len();
    let mut has_event = false;
    for row in rows {
        match all.get_mut(first) {
            Some(first) if row.event == 0 || !has_event => first.enrich(row, texts),
            _ => all.push(Failure::of(row)),
        }
        has_event |= row.event != 0;
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
    let failed = tally
        .series()
        .iter()
        .filter(|(_, series, _)| series.outcome == crate::request::Outcome::SignatureFailed);
    failed.flat_map(|(_, series, cells)| {
        cells.counts().into_iter().map(|(minute, count)| Failure {
            count,
            time: (minute > 0).then(|| crate::time::start_of(minute)),
            request_id: None,
            code: series.code,
            values: series.values,
            native: series.traffic.map(|traffic| Native { traffic, values: series.values }),
            signed_region: TextId::NONE,
            method: TextId::NONE,
            remote_ip: TextId::NONE,
            user_agent: TextId::NONE,
            tls: TextId::NONE,
            signature_version: TextId::NONE,
            key_encoding: TextId::NONE,
            fingerprint: None,
            told: None,
            carrier: series.carrier,
        })
    })
}

fn apply_marker(failure: &mut Failure<'_>, markers: &Markers, texts: &mut Texts) {
    let Some(time) = failure.time else { return };
    if let Some(id) = marked_version(&failure.values, failure.carrier, time, markers, texts) {
        failure.values[Dimension::Deploy as usize] = id;
        failure.carrier = Some(Carrier::Marker);
    }
    if let Some(native) = &mut failure.native
        && native.values[Dimension::Deploy as usize] == TextId::NONE
        && let Some(id) = marked_version(&native.values, None, time, markers, texts)
    {
        native.values[Dimension::Deploy as usize] = id;
    }
}

/// The version that a marker gives to values at a time, unless a better carrier names one.
pub fn marked_version(
    values: &ValueIds,
    carrier: Option<Carrier>,
    time: i64,
    markers: &Markers,
    texts: &mut Texts,
) -> Option<TextId> {
    if markers.is_empty() || carrier.is_some_and(|carrier| carrier <= Carrier::Marker) {
        return None;
    }
    let version = markers.in_force(time, |dimension| texts.get(values[dimension as usize]))?;
    let version = version.to_owned();
    Some(texts.id(Some(&version)))
}
