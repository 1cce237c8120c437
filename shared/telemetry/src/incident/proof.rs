//! Whether what failed succeeds again: the proof that an incident is over.
//!
//! A signature is accepted if the request succeeds or is refused for authorization instead. Which
//! requests prove it depends on what told the failing ones from the others: if nearly all with
//! these values failed, any of them does, and any of a newer version of the same application; if
//! others with the same values succeeded all along (one shard fails), only those of the addresses
//! that failed do. So it is with requests whose key or version is known where that of the failing ones
//! is not, or the other way round: they may be anyone's.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::run::Run;
use super::subject::Subject;
use crate::deploy::app_of;
use crate::dimension::Dimension;
use crate::marker::Markers;
use crate::request::Outcome;
use crate::summary::failure::marked_version;
use crate::tally::{Series, SeriesId, Tally, TextId, Texts, ValueIds, short_hash};
use crate::time::{Minute, minute_of, start_of};

/// Up to this share of accepted requests, what fails counts as failing always.
const HARDLY: f64 = 0.05;

/// How long before an incident a version must have been seen to be an older one, in minutes.
pub const OLDER: Minute = 60;
/// How many addresses and versions are remembered.
const REMEMBERED: usize = 256;

/// The signed traffic of a tally, by what became of it.
pub struct Accepted<'a> {
    /// What was read.
    pub tally: &'a Tally,
    /// Its texts, with the versions of markers.
    pub texts: &'a Texts,
    /// Deploy markers.
    pub markers: &'a Markers,
    by_endpoint: OnceCell<HashMap<TextId, Vec<SeriesId>>>,
}

/// What tells the failing requests of a cluster from others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witnessed {
    /// The versions that were there before.
    pub older: BTreeSet<String>,
    /// Whether others with the same values succeeded meanwhile.
    pub mixed: bool,
    /// Hashes of the addresses that failed.
    pub addresses: BTreeSet<u32>,
}

/// How a request's version relates to the one that fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Same,
    Newer,
    /// Not known to be another's, but only its address can tell.
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
    /// What tells the failing requests from others.
    pub witnessed: Witnessed,
}

/// A series of a place with its counts by the minute.
type Place<'a> = (SeriesId, &'a Series, Vec<(Minute, u64)>);

impl<'a> Accepted<'a> {
    /// The traffic of a tally.
    #[must_use]
    pub fn new(tally: &'a Tally, texts: &'a Texts, markers: &'a Markers) -> Self {
        Self { tally, texts, markers, by_endpoint: OnceCell::new() }
    }

    /// What the traffic with a cluster's values shows, given its failures during its runs, and what
    /// was witnessed when the logs of its beginning were at hand, if they are not any more.
    #[must_use]
    pub fn shown(
        &self,
        subject: &Subject,
        runs: &[Run],
        failures: u64,
        known: Option<&Witnessed>,
    ) -> Shown {
        let Some(start) = runs.iter().map(|run| run.start).min() else { return Shown::default() };
        let is_during = |minute: Minute| {
            runs.iter().any(|run| minute >= run.start && run.end.is_none_or(|end| minute < end))
        };
        let place = self.place(subject);
        let mut shown = Shown::default();
        let mut witnessed = known.cloned().unwrap_or_default();
        if known.is_none() {
            witnessed.older = self.versions_before(&place, start);
        }
        let mut accepted_during = 0;
        let mut minutes = Vec::new();
        let mut relations: HashMap<SeriesId, Version> = HashMap::new();
        // Where some traffic shows the key, what shows none is another's.
        let is_keyed = place.iter().any(|(_, series, _)| self.is_of_key(series, subject));
        for (id, series, counts) in &place {
            let is_accepted = matches!(series.outcome, Outcome::Succeeded | Outcome::Denied);
            for (minute, count) in counts.iter().filter(|(minute, _)| *minute >= start) {
                let version = self.version(series, *minute);
                let failing = subject.get(Dimension::Deploy);
                let mut relation = if subject.is_grouped_by(Dimension::Deploy) {
                    relation(version, failing, &witnessed.older)
                } else {
                    Version::Same
                };
                let is_of_key = self.is_of_key(series, subject);
                let is_alike =
                    relation == Version::Same && (is_of_key || failing.is_some() || !is_keyed);
                // Whose key signed is not known: the version tells, or else the address.
                if !is_of_key && failing.is_none() {
                    relation = Version::OfTheApp;
                }
                if is_alike && is_during(*minute) {
                    *shown.others.get_or_insert(0) += count;
                    accepted_during += if is_accepted { *count } else { 0 };
                }
                if is_accepted {
                    relations.insert(*id, relation);
                    if matches!(relation, Version::Same | Version::Newer) {
                        minutes.push(*minute);
                    }
                }
            }
        }
        witnessed.addresses.extend(self.addresses(subject, &is_during));
        while witnessed.addresses.len() > REMEMBERED {
            witnessed.addresses.pop_last();
        }
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = accepted_during as f64 / (failures + accepted_during).max(1) as f64;
        witnessed.mixed = known.map_or(share > HARDLY, |known| known.mixed);
        let addresses = &witnessed.addresses;
        if !witnessed.mixed || addresses.is_empty() {
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
        shown.witnessed = witnessed;
        shown
    }

    /// The traffic of the endpoint and the key of a cluster, as far as both are known, without the
    /// requests whose signature failed.
    fn place(&self, subject: &Subject) -> Vec<Place<'_>> {
        let by_endpoint = self.by_endpoint.get_or_init(|| {
            let mut places: HashMap<TextId, Vec<SeriesId>> = HashMap::new();
            for (id, series, _) in self.tally.series().iter() {
                if series.traffic.is_some() && series.outcome != Outcome::SignatureFailed {
                    places.entry(series.values[Dimension::Endpoint as usize]).or_default().push(id);
                }
            }
            places
        });
        let ids: Vec<SeriesId> = match subject.get(Dimension::Endpoint) {
            None => by_endpoint.values().flatten().copied().collect(),
            Some(endpoint) => self
                .texts
                .known(endpoint)
                .and_then(|id| by_endpoint.get(&id))
                .cloned()
                .unwrap_or_default(),
        };
        let key = subject.get(Dimension::Key);
        let table = self.tally.series();
        ids.into_iter()
            .filter_map(|id| Some((id, table.get(id)?, table.counts_of(id)?)))
            .filter(|(_, series, _)| {
                let own = series.values[Dimension::Key as usize];
                key.is_none() || own == TextId::NONE || self.texts.get(own) == key
            })
            .collect()
    }

    /// Whether requests show the key of a cluster, or neither shows one, or keys do not matter.
    fn is_of_key(&self, series: &Series, subject: &Subject) -> bool {
        let own = self.texts.get(series.values[Dimension::Key as usize]);
        !subject.is_grouped_by(Dimension::Key) || own == subject.get(Dimension::Key)
    }

    fn version(&self, series: &Series, minute: Minute) -> Option<&str> {
        let time = start_of(minute) + 59;
        let marked = marked_version(&series.values, series.carrier, time, self.markers, self.texts);
        self.texts.get(marked.unwrap_or(series.values[Dimension::Deploy as usize]))
    }

    /// The versions that requests had shortly before a minute.
    fn versions_before(&self, place: &[Place<'_>], start: Minute) -> BTreeSet<String> {
        let before = place.iter().flat_map(|(_, series, counts)| {
            let cells = counts.iter().map(|(minute, _)| *minute);
            let cells = cells.filter(|minute| *minute < start && *minute + OLDER >= start);
            cells.filter_map(|minute| self.version(series, minute))
        });
        before.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().take(REMEMBERED).collect()
    }

    /// The addresses whose requests failed in the runs.
    fn addresses(&self, subject: &Subject, is_during: &dyn Fn(Minute) -> bool) -> BTreeSet<u32> {
        let wanted = [Dimension::Endpoint, Dimension::Key, Dimension::Deploy].map(|dimension| {
            (dimension, subject.get(dimension).map(|text| self.texts.known(text)))
        });
        let agrees = |values: &ValueIds| {
            wanted.iter().all(|(dimension, wanted)| {
                let id = values[*dimension as usize];
                id == TextId::NONE || wanted.is_none_or(|wanted| wanted == Some(id))
            })
        };
        let Some(code) = self.texts.known(&subject.code) else { return BTreeSet::new() };
        let all = self.tally.rows().map(|(_, row)| row);
        all.filter(|row| {
            row.code == code
                && row.remote_ip != TextId::NONE
                && agrees(&row.values)
                && row.time.is_some_and(|time| is_during(minute_of(time)))
        })
        .filter_map(|row| self.texts.get(row.remote_ip))
        .map(|address| short_hash(address.as_bytes()))
        .collect()
    }
}

fn relation(version: Option<&str>, failing: Option<&str>, older: &BTreeSet<String>) -> Version {
    match (version, failing) {
        (None, None) => Version::Same,
        (Some(_), None) => Version::OfTheApp,
        (Some(version), Some(failing)) if version == failing => Version::Same,
        (Some(version), Some(failing)) if app_of(version) == app_of(failing) => {
            if older.contains(version) { Version::OfTheApp } else { Version::Newer }
        }
        _ => Version::Other,
    }
}
