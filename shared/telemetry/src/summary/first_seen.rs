//! Deploy versions that the traffic itself shows for the first time.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use sigdrift_signature::CauseId;

use super::failure::Failure;
use super::traffic::SignedTraffic;
use crate::change::{Change, ChangeKind};
use crate::deploy::{Carrier, app_of};
use crate::dimension::Dimension;
use crate::tally::Texts;
use crate::time::{Minute, minute_of, start_of};

/// A version is new only after this many minutes of its application without it.
const MINUTES_WITHOUT: Minute = 10;

/// An application that shows more new versions than this within an hour deploys none of them: it writes
/// something else where a version stands.
const MOST_AN_HOUR: usize = 60;
/// More than this are not told in all, as of the changes that logs report.
const MOST: usize = 10_000;

/// Whether the time of a failure is that of a client whose clock the server refused.
fn is_by_a_wrong_clock(failure: &Failure<'_>) -> bool {
    failure.native().is_none()
        && failure.manner.told.is_some_and(|told| told.cause == CauseId::ClockSkew)
}

/// The versions that appeared after a while of traffic of the same application without them, and how many more
/// did than are told: there are too many to be deploys.
#[must_use]
pub fn first_seen(
    failures: &[Failure<'_>],
    traffic: &SignedTraffic<'_>,
    texts: &Texts,
) -> (Vec<Change>, usize) {
    let deploy = Dimension::Deploy as usize;
    let endpoint = Dimension::Endpoint as usize;
    let of_traffic = traffic.portions.iter();
    let of_traffic =
        of_traffic.map(|portion| (portion.first, portion.values(), portion.is_marked()));
    let of_failures = failures.iter().filter(|failure| !is_by_a_wrong_clock(failure));
    let of_failures = of_failures.filter_map(|failure| {
        let is_marked = failure.values.carrier == Some(Carrier::Marker);
        Some((minute_of(failure.time()?), failure.values.ids, is_marked))
    });
    let mut first_of_version: BTreeMap<&str, (Minute, &str)> = BTreeMap::new();
    let mut first_of_app: BTreeMap<&str, Minute> = BTreeMap::new();
    for (minute, values, is_marked) in of_traffic.chain(of_failures) {
        let Some(version) = texts.get(values[deploy]) else { continue };
        // What a marker says of the traffic is not seen in it.
        if !is_marked {
            let place = texts.get(values[endpoint]).unwrap_or_default();
            let seen = first_of_version.entry(version).or_insert((minute, place));
            *seen = (*seen).min((minute, place));
        }
        let app = first_of_app.entry(app_of(version)).or_insert(minute);
        *app = (*app).min(minute);
    }
    first_of_version.retain(|version, (minute, _)| {
        first_of_app.get(app_of(version)).is_some_and(|app| app + MINUTES_WITHOUT <= *minute)
    });
    let hour = |version, minute: Minute| (app_of(version), minute / 60);
    let mut in_hour: HashMap<(&str, Minute), usize> = HashMap::new();
    for (version, (minute, _)) in &first_of_version {
        *in_hour.entry(hour(version, *minute)).or_default() += 1;
    }
    let all = first_of_version.len();
    let told: Vec<Change> = first_of_version
        .into_iter()
        .filter(|(version, (minute, _))| in_hour[&hour(version, *minute)] <= MOST_AN_HOUR)
        .take(MOST)
        .map(|(version, (minute, place))| Change {
            time: start_of(minute),
            kind: ChangeKind::Deploy,
            what: format!("deploy {version} first seen in traffic"),
            who: None,
            region: None,
            touches: [version, place]
                .iter()
                .filter(|t| !t.is_empty())
                .map(|t| (*t).to_owned())
                .collect(),
        })
        .collect();
    let left_out = all - told.len();
    (told, left_out)
}
