//! Whether what failed succeeds again: the proof that an incident is over.
//!
//! A signature is accepted if the request succeeds or is refused for authorization instead. Which
//! requests prove it depends on what told the failing ones from the others: if nearly all with
//! these values failed, any of them does, and any of a newer version of the same application; if
//! others with the same values succeeded all along (one shard fails), only those of the addresses
//! that failed do.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use super::run::Run;
use super::subject::Subject;
use crate::deploy::app_of;
use crate::dimension::Dimension;
use crate::marker::Markers;
use crate::request::Outcome;
use crate::summary::failure::marked_version;
use crate::tally::{Series, SeriesId, Tally, TextId, Texts, short_hash};
use crate::time::{Minute, minute_of, start_of};

/// Up to this share of accepted requests, what fails counts as failing always.
const HARDLY: f64 = 0.05;

/// The signed traffic of a tally, by what became of it.
#[derive(Clone, Copy)]
pub struct Accepted<'a> {
    /// What was read.
    pub tally: &'a Tally,
    /// Its texts, with the versions of markers.
    pub texts: &'a Texts,
    /// Deploy markers.
    pub markers: &'a Markers,
}

/// How a request's version relates to the one that fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Same,
    Newer,
    OfTheApp,
    Other,
}

/// What one cluster's traffic shows.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The minutes in which requests of the kind that fails were accepted.
    pub proofs: BTreeSet<Minute>,
    /// Signed requests with the cluster's values during its runs whose signature did not fail;
    /// `None` where no log shows the traffic.
    pub others: Option<u64>,
}

impl Accepted<'_> {
    /// What the traffic with a cluster's values shows, given its failures during its runs.
    #[must_use]
    pub fn shown(&self, subject: &Subject, runs: &[Run], failures: u64) -> Shown {
        let Some(start) = runs.iter().map(|run| run.start).min() else { return Shown::default() };
        let is_during = |minute: Minute| {
            runs.iter().any(|run| minute >= run.start && run.end.is_none_or(|end| minute < end))
        };
        let mut shown = Shown::default();
        let (mut accepted_during, mut minutes) = (0, Vec::new());
        let mut relations: HashMap<SeriesId, Version> = HashMap::new();
        let older = self.versions_before(subject, start);
        for (id, series, cells) in self.tally.series().iter() {
            if series.outcome == Outcome::SignatureFailed || !self.is_place(series, subject) {
                continue;
            }
            let is_accepted = matches!(series.outcome, Outcome::Succeeded | Outcome::Denied);
            for (minute, count) in cells.counts() {
                if minute < start {
                    continue;
                }
                let version = self.version(series, minute);
                let relation = relation(version, subject.get(Dimension::Deploy), &older);
                if relation == Version::Same && is_during(minute) {
                    *shown.others.get_or_insert(0) += count;
                    accepted_during += if is_accepted { count } else { 0 };
                }
                if is_accepted {
                    relations.insert(id, relation);
                    if matches!(relation, Version::Same | Version::Newer) {
                        minutes.push(minute);
                    }
                }
            }
        }
        let addresses = self.addresses(subject, &is_during);
        let all = (failures + accepted_during).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let is_mixed = accepted_during as f64 / all as f64 > HARDLY;
        if !is_mixed || addresses.is_empty() {
            shown.proofs.extend(minutes);
        }
        if !addresses.is_empty() {
            let of_addresses = self.tally.sample().iter().filter(|seen| {
                let relation = relations.get(&seen.sighting.series);
                seen.sighting.minute >= start
                    && addresses.contains(&seen.traits.address)
                    && relation.is_some_and(|relation| *relation != Version::Other)
            });
            shown.proofs.extend(of_addresses.map(|seen| seen.sighting.minute));
        }
        shown
    }

    /// Whether a series is of the endpoint and the key of a cluster, as far as both are known.
    fn is_place(&self, series: &Series, subject: &Subject) -> bool {
        let is = |dimension: Dimension, may_be_unknown: bool| {
            let id = series.values[dimension as usize];
            match subject.get(dimension) {
                None => true,
                Some(_) if may_be_unknown && id == TextId::NONE => true,
                Some(value) => self.texts.get(id) == Some(value),
            }
        };
        series.traffic.is_some() && is(Dimension::Endpoint, false) && is(Dimension::Key, true)
    }

    fn version(&self, series: &Series, minute: Minute) -> Option<&str> {
        let time = start_of(minute) + 59;
        let marked = marked_version(&series.values, series.carrier, time, self.markers, self.texts);
        self.texts.get(marked.unwrap_or(series.values[Dimension::Deploy as usize]))
    }

    /// The versions that requests at the cluster's place had before a minute.
    fn versions_before(&self, subject: &Subject, start: Minute) -> HashSet<&str> {
        let all = self.tally.series().iter();
        let mut versions = HashSet::new();
        for (_, series, cells) in all.filter(|(_, series, _)| self.is_place(series, subject)) {
            if let Some((first, _)) = cells.ends().filter(|(first, _)| *first < start) {
                versions.extend(self.version(series, first));
            }
        }
        versions
    }

    /// The addresses whose requests failed in the runs.
    fn addresses(&self, subject: &Subject, is_during: &dyn Fn(Minute) -> bool) -> HashSet<u32> {
        let agrees = |id: TextId, dimension: Dimension| {
            let value = subject.get(dimension);
            id == TextId::NONE || value.is_none() || self.texts.get(id) == value
        };
        let all = self.tally.rows().map(|(_, row)| row);
        all.filter(|row| {
            row.remote_ip != TextId::NONE
                && row.time.is_some_and(|time| is_during(minute_of(time)))
                && self.texts.get(row.code) == Some(subject.code.as_str())
                && [Dimension::Endpoint, Dimension::Key, Dimension::Deploy]
                    .iter()
                    .all(|dimension| agrees(row.values[*dimension as usize], *dimension))
        })
        .filter_map(|row| self.texts.get(row.remote_ip))
        .map(|address| short_hash(address.as_bytes()))
        .collect()
    }
}

fn relation(version: Option<&str>, failing: Option<&str>, older: &HashSet<&str>) -> Version {
    match (version, failing) {
        (_, None) => Version::Same,
        (Some(version), Some(failing)) if version == failing => Version::Same,
        (Some(version), Some(failing)) if app_of(version) == app_of(failing) => {
            if older.contains(version) { Version::OfTheApp } else { Version::Newer }
        }
        _ => Version::Other,
    }
}
