//! Writing a segment.

use std::borrow::Cow;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::line::{
    Change, Counts, DeployMarker, Failure, Hash, Header, KeyOwner, Limited, Line, Problem, Scanner,
    Seen, Source, Text, Told, Values,
};
use super::{Privacy, Segment, VERSION};
use crate::deploy::Carrier;
use crate::dimension::Dimension;
use crate::tally::{self, Row, Tally, TextId, Thresholds, ValueIds};
use crate::time::rfc3339;

/// Writes a segment, as compressed lines of JSON. The same segment gives the same bytes, whatever
/// the order in which it was read.
///
/// # Errors
/// Only those of `out`.
pub fn write<W: Write>(segment: &Segment, privacy: &Privacy, out: W) -> io::Result<W> {
    let mut writer =
        Writer { out: GzEncoder::new(out, Compression::default()), tally: &segment.tally, privacy };
    writer.header(segment)?;
    writer.failures()?;
    writer.traffic()?;
    writer.rest()?;
    writer.out.finish()
}

struct Writer<'t, W: Write> {
    out: GzEncoder<W>,
    tally: &'t Tally,
    privacy: &'t Privacy,
}

impl<'t, W: Write> Writer<'t, W> {
    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }

    fn header(&mut self, segment: &Segment) -> io::Result<()> {
        self.line(&Line::Segment(Header {
            version: VERSION,
            name: Cow::Borrowed(&segment.name),
            sources: self.tally.sources().copied().collect(),
            replaces: segment.replaces.clone(),
            limited: limited(&self.tally.thresholds()),
        }))
    }

    fn failures(&mut self) -> io::Result<()> {
        let mut rows: Vec<_> = self.tally.rows().collect();
        rows.sort_by_cached_key(|row| (row.time(), row.identity()));
        for row in rows {
            self.line(&Line::Failure(Box::new(self.failure(row))))?;
        }
        Ok(())
    }

    fn failure(&self, row: &'t Row) -> Failure<'t> {
        let Row { values, manner, .. } = row;
        Failure {
            identity: Hash(row.identity()),
            kind: row.kind,
            time: row.time().map(|time| Cow::Owned(rfc3339(time))),
            request_id: row.id.request_id().map(Cow::Borrowed),
            event: Hash(row.id.event()),
            code: self.text(manner.code),
            values: self.values(&values.ids, values.carrier),
            signed_region: self.text(manner.signed_region),
            method: self.text(manner.method),
            remote_ip: self.privacy.address(self.tally.texts().get(row.remote_ip)),
            user_agent: self.privacy.user_agent(self.tally.texts().get(row.user_agent)),
            tls: self.text(manner.tls),
            signature_version: self.text(manner.signature_version),
            key_encoding: self.text(manner.key_encoding),
            fingerprint: Hash(row.fingerprint.map_or(0, std::num::NonZeroU64::get)),
            told: manner.told.as_ref().map(|told| self.told(told)),
        }
    }

    fn told(&self, told: &tally::Told) -> Told<'t> {
        Told {
            cause: told.cause,
            component: self.text(told.component),
            confidence: told.confidence,
            alternatives: told.alternatives.into_iter().flatten().collect(),
            evidence: told.evidence,
            detail: self.privacy.detail(told.evidence, self.tally.texts().get(told.detail)),
        }
    }

    fn traffic(&mut self) -> io::Result<()> {
        let sample = self.tally.sample().sorted();
        let mut seen: Vec<_> = sample.iter().collect();
        seen.sort_by_key(|seen| seen.sighting.series);
        let mut seen = seen.as_slice();
        let mut lines = Vec::new();
        for (id, series, cells) in self.tally.series().iter() {
            let ours = seen.partition_point(|seen| seen.sighting.series <= id);
            let (of_series, rest) = seen.split_at(ours);
            seen = rest;
            if cells.entries() == 0 && of_series.is_empty() {
                continue;
            }
            lines.push(Counts {
                traffic: series.traffic,
                outcome: series.outcome,
                code: self.text(series.code),
                values: self.values(&series.values, series.carrier),
                counts: cells.counts(),
                sample: of_series.iter().map(|seen| self.seen(seen)).collect(),
            });
        }
        // Numbers of series depend on the order of reading; what is written must not.
        let mut lines: Vec<Vec<u8>> = lines
            .into_iter()
            .map(|counts| serde_json::to_vec(&Line::Traffic(Box::new(counts))))
            .collect::<Result<_, _>>()?;
        lines.sort_unstable();
        for line in lines {
            self.out.write_all(&line)?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn seen(&self, seen: &tally::Seen) -> Seen<'t> {
        let (sighting, traits) = (&seen.sighting, &seen.traits);
        Seen(
            sighting.minute,
            Hash(sighting.request),
            Hash(sighting.record),
            seen.times,
            Hash(u64::from(traits.address)),
            self.text(traits.tls),
            self.text(traits.signature_version),
            self.text(traits.key_encoding),
        )
    }

    fn rest(&mut self) -> io::Result<()> {
        for seen in self.tally.seen_changes() {
            let change = &seen.change;
            self.line(&Line::Change(Change {
                time: Cow::Owned(rfc3339(change.time)),
                kind: change.kind,
                what: Cow::Borrowed(&change.what),
                who: change.who.as_deref().map(Cow::Borrowed),
                region: change.region.as_deref().map(Cow::Borrowed),
                touches: change.touches.iter().map(|touched| Cow::from(touched.as_str())).collect(),
                event: Hash(seen.event),
            }))?;
        }
        for marker in self.tally.markers() {
            let matches = marker.matches.iter();
            let matches = matches.map(|(dimension, value)| (dimension.member(), value.as_str()));
            self.line(&Line::DeployMarker(DeployMarker {
                time: Cow::Owned(rfc3339(marker.time)),
                version: Cow::Borrowed(&marker.version),
                matches: matches.map(|(name, value)| (name.into(), value.into())).collect(),
            }))?;
        }
        for (access_key_id, principal) in self.tally.principals() {
            let (access_key_id, principal) =
                (Cow::Borrowed(access_key_id), Cow::Borrowed(principal));
            self.line(&Line::KeyOwner(KeyOwner { access_key_id, principal }))?;
        }
        for address in self.tally.probers() {
            self.line(&Line::Scanner(Scanner { address: Hash(u64::from(address)) }))?;
        }
        for (kind, report) in self.tally.reports() {
            let problems = report.problems.iter().map(|problem| Problem {
                object: Cow::Borrowed(&problem.object),
                place: problem.place.clone(),
                reason: self.privacy.reason(&problem.reason),
            });
            let source = Source {
                kind: *kind,
                objects: report.objects,
                records: report.records,
                skipped: report.skipped,
                unreadable: report.unreadable,
                problems: problems.collect(),
            };
            self.line(&Line::Source(source))?;
        }
        Ok(())
    }

    fn text(&self, id: TextId) -> Text<'t> {
        self.tally.texts().get(id).map(Cow::Borrowed)
    }

    fn values(&self, ids: &ValueIds, carrier: Option<Carrier>) -> Values<'t> {
        let text = |dimension: Dimension| self.text(ids[dimension as usize]);
        let is_overflow = |dimension: &Dimension| ids[*dimension as usize] == TextId::OVERFLOW;
        let overflow = Dimension::ALL.into_iter().filter(is_overflow);
        Values {
            endpoint: text(Dimension::Endpoint),
            access_key_id: text(Dimension::Key),
            region: text(Dimension::Region),
            deploy_version: text(Dimension::Deploy),
            operation: text(Dimension::Operation),
            bucket: text(Dimension::Bucket),
            auth: text(Dimension::Auth),
            client: text(Dimension::Client),
            carrier,
            overflow: overflow.map(|dimension| Cow::Borrowed(dimension.member())).collect(),
        }
    }
}

fn limited(thresholds: &Thresholds) -> Limited {
    let below = |threshold: u64| (threshold != u64::MAX).then_some(Hash(threshold));
    let [series, endpoints] = thresholds.series;
    Limited {
        failures_below: below(thresholds.rows),
        series_below: below(series),
        endpoints_below: below(endpoints),
        sample_below: below(thresholds.sample),
        resolution: thresholds.resolution,
        extent: thresholds.extent.iter().map(|noted| Hash(*noted)).collect(),
        changes_dropped: thresholds.changes_dropped,
    }
}
