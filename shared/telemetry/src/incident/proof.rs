//! Whether what failed succeeds again: the proof that an incident is over.
//!
//! A signature is accepted if the request succeeds or is refused for authorization instead. Which
//! requests prove it depends on what told the failing ones from the others: if nearly all with
//! these values failed, any of them does, and any of a newer version of the same application; if
//! others with the same values succeeded all along (one shard fails), only those of the addresses
//! that failed do. So it is with requests whose key or version is known where that of the failing ones
//! is not, or the other way round: they may be anyone's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::replaced::gone_since;
use super::run::Run;
use super::subject::Subject;
use crate::deploy::app_of;
use crate::dimension::Dimension;
use crate::marker::Markers;
use crate::minutes::Minutes;
use crate::request::Outcome;
use crate::source::Traffic;
use crate::summary::failure::{marked_version, may_be_marked};
use crate::summary::traffic::SignedTraffic;
use crate::tally::{Cells, Series, SeriesId, Tally, TextId, Texts, ValueIds, short_hash};
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
    /// Its traffic, each request once.
    pub traffic: &'a SignedTraffic<'a>,
    /// Its texts, with the versions of markers.
    pub texts: &'a Texts,
    /// Deploy markers.
    pub markers: &'a Markers,
    by_endpoint: OnceLock<HashMap<TextId, Vec<SeriesId>>>,
    /// The minutes of which S3's own log tells anything.
    logged_by_s3: OnceLock<Vec<Minute>>,
    /// And those of which CloudTrail does.
    logged_by_cloudtrail: OnceLock<Vec<Minute>>,
}

/// What tells the failing requests of a cluster from others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witnessed {
    /// The versions that were there before.
    pub older: BTreeSet<String>,
    /// Those of them that the failing one took the place of, and the minute from which on they were gone.
    #[serde(default)]
    pub replaced: BTreeMap<String, Minute>,
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
    pub proofs: Minutes,
    /// Signed requests with the cluster's values during its runs whose signature did not fail;
    /// `None` where no log shows the traffic.
    pub others: Option<u64>,
    /// What tells the failing requests from others.
    pub witnessed: Witnessed,
}

/// A series of a place with its counts by the minute.
type Place<'a> = (SeriesId, &'a Series, &'a Cells);

impl<'a> Accepted<'a> {
    /// The traffic of a tally.
    #[must_use]
    pub fn new(
        tally: &'a Tally,
        traffic: &'a SignedTraffic<'a>,
        texts: &'a Texts,
        markers: &'a Markers,
    ) -> Self {
        let (by_endpoint, logged_by_s3, logged_by_cloudtrail) = Default::default();
        Self { tally, traffic, texts, markers, by_endpoint, logged_by_s3, logged_by_cloudtrail }
    }

    /// What the traffic with a cluster's values shows, given its failures during its runs, and what
    /// was witnessed when the logs of its beginning were at hand, if they are not any more.
    #[must_use]
    pub fn shown(
        &self,
        subject: &Subject,
        runs: &[Run],
        failures: u64,
        horizon: Minute,
        known: Option<&Witnessed>,
    ) -> Shown {
        let Some(start) = runs.iter().map(|run| run.start).min() else { return Shown::default() };
        let is_during = |minute: Minute| {
            runs.iter().any(|run| minute >= run.start && run.end.is_none_or(|end| minute < end))
        };
        let failing = subject.get(Dimension::Deploy);
        let place = self.place(subject);
        let mut shown = Shown::default();
        let mut witnessed = known.cloned().unwrap_or_default();
        if known.is_none() {
            witnessed.older = self.versions_before(&place, start);
            witnessed.replaced = self.replaced(&place, runs, horizon, failing, &witnessed.older);
        }
        let is_versioned = subject.is_grouped_by(Dimension::Deploy);
        // S3's own log shows all of its requests; CloudTrail may show some of them again.
        let mut others: HashMap<Traffic, (u64, u64)> = HashMap::new();
        // The series whose requests were accepted and are of the kind that fails.
        let mut kin = Vec::new();
        // Where some traffic shows the key, what shows none is another's.
        let is_keyed = place.iter().any(|(_, series, _)| self.is_of_key(series, subject));
        for (id, series, cells) in place.iter().copied() {
            let is_accepted = matches!(series.outcome, Outcome::Succeeded | Outcome::Denied);
            let is_of_key = self.is_of_key(series, subject);
            let (mut last, mut is_kin) = (None, false);
            for (minute, count) in cells.counts().into_iter().filter(|(at, _)| *at >= start) {
                // Only a marker gives a series another version from one minute on.
                let version = self.version(series, minute);
                let mut relation = match last {
                    Some((of, relation)) if of == version => relation,
                    _ if is_versioned => {
                        relation(self.texts.get(version), failing, &witnessed.older)
                    }
                    _ => Version::Same,
                };
                last = Some((version, relation));
                let is_back =
                    |version| witnessed.replaced.get(version).is_some_and(|at| *at <= minute);
                if self.texts.get(version).is_some_and(is_back) {
                    relation = Version::Newer;
                }
                let is_alike =
                    relation == Version::Same && (is_of_key || failing.is_some() || !is_keyed);
                // Whose key signed is not known: the version tells, or else the address.
                if !is_of_key && failing.is_none() {
                    relation = Version::OfTheApp;
                }
                if is_alike
                    && is_during(minute)
                    && let Some(traffic) = series.traffic
                {
                    let count = count.saturating_sub(self.traffic.repeated(id, minute));
                    let (all, accepted) = others.entry(traffic).or_default();
                    *all += count;
                    *accepted += if is_accepted { count } else { 0 };
                }
                is_kin = is_accepted && relation != Version::Other;
                if is_accepted && matches!(relation, Version::Same | Version::Newer) {
                    shown.proofs.insert(minute);
                }
            }
            kin.extend(is_kin.then_some(id));
        }
        witnessed.addresses.extend(self.addresses(subject, &is_during));
        while witnessed.addresses.len() > REMEMBERED {
            witnessed.addresses.pop_last();
        }
        let of = [Traffic::S3, Traffic::CloudTrail].iter().find_map(|kind| others.get(kind));
        shown.others = of.map(|(all, _)| *all);
        let accepted_during = of.map_or(0, |(_, accepted)| *accepted);
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = accepted_during as f64 / (failures + accepted_during).max(1) as f64;
        witnessed.mixed = known.map_or(share > HARDLY, |known| known.mixed);
        let addresses = &witnessed.addresses;
        if witnessed.mixed && !addresses.is_empty() {
            shown.proofs.clear();
        }
        if !addresses.is_empty() {
            let seen = kin.iter().flat_map(|id| self.traffic.seen_of(*id));
            let own = seen.filter(|seen| addresses.contains(&seen.traits.address));
            shown.proofs.extend(own.map(|seen| seen.sighting.minute).filter(|at| *at >= start));
        }
        shown.witnessed = witnessed;
        shown
    }

    /// The traffic of the endpoint, the key and the application of a cluster, as far as they are
    /// known, without the requests whose signature failed.
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
            .filter_map(|id| Some((id, table.get(id)?, table.cells(id)?)))
            .filter(|(_, series, _)| {
                let own = series.values[Dimension::Key as usize];
                key.is_none() || own == TextId::NONE || self.texts.get(own) == key
            })
            .filter(|(_, series, _)| self.may_run(series, subject.get(Dimension::Deploy)))
            .collect()
    }

    /// Whether requests of a series may run the application of a version.
    fn may_run(&self, series: &Series, version: Option<&str>) -> bool {
        let is_same_app = |version| {
            let own = self.texts.get(series.values[Dimension::Deploy as usize]);
            own.is_some_and(|own| app_of(own) == app_of(version))
        };
        version.is_none_or(|version| {
            may_be_marked(series.carrier, self.markers) || is_same_app(version)
        })
    }

    /// Whether requests show the key of a cluster, or neither shows one, or keys do not matter.
    fn is_of_key(&self, series: &Series, subject: &Subject) -> bool {
        let own = self.texts.get(series.values[Dimension::Key as usize]);
        !subject.is_grouped_by(Dimension::Key) || own == subject.get(Dimension::Key)
    }

    fn version(&self, series: &Series, minute: Minute) -> TextId {
        let time = start_of(minute) + 59;
        let marked = marked_version(&series.values, series.carrier, time, self.markers, self.texts);
        marked.unwrap_or(series.values[Dimension::Deploy as usize])
    }

    /// The versions that requests had shortly before a minute.
    fn versions_before(&self, place: &[Place<'_>], start: Minute) -> BTreeSet<String> {
        let mut found: BTreeSet<TextId> = BTreeSet::new();
        for (_, series, cells) in place {
            let own = series.values[Dimension::Deploy as usize];
            let is_one = !may_be_marked(series.carrier, self.markers);
            if is_one && (own == TextId::NONE || found.contains(&own)) {
                continue;
            }
            let minutes = cells.as_written().map(|(minute, _)| minute);
            let minutes = minutes.filter(|minute| *minute < start && *minute + OLDER >= start);
            let versions = minutes.map(|minute| self.version(series, minute));
            found.extend(versions.take(if is_one { 1 } else { usize::MAX }));
        }
        let versions = found.into_iter().filter_map(|version| self.texts.get(version));
        versions.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().take(REMEMBERED).collect()
    }

    /// The versions of these that the failing one took the place of.
    fn replaced(
        &self,
        place: &[Place<'_>],
        runs: &[Run],
        horizon: Minute,
        failing: Option<&str>,
        older: &BTreeSet<String>,
    ) -> BTreeMap<String, Minute> {
        let Some(failing) = failing else { return BTreeMap::new() };
        let is_replaceable = |version: &str| {
            version != failing && app_of(version) == app_of(failing) && older.contains(version)
        };
        let mut requests: HashMap<TextId, (Traffic, Vec<(Minute, u32)>)> = HashMap::new();
        for (_, series, cells) in place {
            let Some(traffic) = series.traffic else { continue };
            let own = self.texts.get(series.values[Dimension::Deploy as usize]);
            if !may_be_marked(series.carrier, self.markers) && !own.is_some_and(is_replaceable) {
                continue;
            }
            // Only a marker gives a series another version from one minute on.
            let mut last = None;
            for (minute, count) in cells.as_written() {
                let version = self.version(series, minute);
                let is_it = match last {
                    Some((of, is_it)) if of == version => is_it,
                    _ => self.texts.get(version).is_some_and(is_replaceable),
                };
                last = Some((version, is_it));
                if is_it {
                    let of_version = requests.entry(version);
                    let (of, minutes) = of_version.or_insert_with(|| (traffic, Vec::new()));
                    // S3's own log shows all of its requests.
                    *of = traffic.min(*of);
                    minutes.push((minute, u32::try_from(count).unwrap_or(u32::MAX)));
                }
            }
        }
        let gone = requests.into_iter().filter_map(|(version, (traffic, minutes))| {
            let logged = self.logged(traffic);
            let gone = gone_since(&Counts::new(minutes), logged, runs, horizon)?;
            Some((self.texts.get(version)?.to_owned(), gone))
        });
        gone.collect()
    }

    /// The minutes, ascending, of which a log of the whole traffic tells anything.
    fn logged(&self, traffic: Traffic) -> &[Minute] {
        let logged = match traffic {
            Traffic::S3 => &self.logged_by_s3,
            Traffic::CloudTrail => &self.logged_by_cloudtrail,
        };
        logged.get_or_init(|| {
            let all = self.tally.series().iter();
            let counted = all
                .filter(|(_, series, _)| series.traffic == Some(traffic))
                .flat_map(|(_, _, cells)| cells.as_written().map(|(minute, _)| minute));
            let failed = self.tally.rows().filter(|row| row.kind.traffic() == Some(traffic));
            let failed = failed.filter_map(|row| row.time()).map(minute_of);
            let mut logged = Minutes::default();
            logged.extend(counted.chain(failed));
            logged.ascending().collect()
        })
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
        let all = self.tally.rows();
        all.filter(|row| {
            row.manner.code == code
                && row.remote_ip != TextId::NONE
                && agrees(&row.values.ids)
                && row.time().is_some_and(|time| is_during(minute_of(time)))
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
