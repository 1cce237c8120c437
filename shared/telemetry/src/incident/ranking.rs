//! Which change made it: the changes before an incident, the likeliest first.
//!
//! Three things speak for a change: how shortly before the first failure it was, whether it
//! touches what fails (the same key, bucket, function, version, region), and how plausible it makes
//! the cause.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use sigdrift_signature::CauseId;

use crate::change::{Change, ChangeKind};
use crate::deploy::app_of;
use crate::time::rfc3339;

/// How many changes are shown with an incident.
const SHOWN: usize = 3;
/// After this many seconds a change is half as likely to be it.
const HALF_LIFE: f64 = 15.0 * 60.0;
/// A change that fits less than this is not shown, nor one far behind the best.
const LEAST: f64 = 0.15;
const FAR_BEHIND: f64 = 0.2;
/// What a change counts that was made elsewhere: in another region or account.
const ELSEWHERE: f64 = 0.3;
/// What a change counts that was made to something of the kind that fails, but to another one.
const TO_ANOTHER: f64 = 0.4;
/// The region where IAM, CloudFront and Route 53 record their changes.
const GLOBAL: &str = "us-east-1";

/// A change before an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LikelyChange {
    /// When, RFC 3339.
    pub time: String,
    /// What kind of thing changed.
    pub kind: ChangeKind,
    /// What was done, beginning with the event's name or `deploy` and the version.
    pub what: String,
    /// Who did it, where known.
    pub who: Option<String>,
    /// How many seconds before the first failure it was.
    pub seconds_before: i64,
    /// What fails and was touched by it, where there is such a thing.
    pub touches: Option<String>,
}

/// What is known of an incident.
#[derive(Clone, Debug, Default)]
pub struct Case<'a> {
    /// The time of the first failure.
    pub first: i64,
    /// The names that fail: endpoints, keys, deploy versions, buckets, owners of keys.
    pub names: Vec<&'a str>,
    /// The deploy versions alone.
    pub versions: Vec<&'a str>,
    /// The regions.
    pub regions: Vec<&'a str>,
    /// The cause.
    pub cause: Option<CauseId>,
}

/// The changes that fit, best first.
#[must_use]
pub fn rank(changes: &[&Change], case: &Case<'_>, within_minutes: u32) -> Vec<LikelyChange> {
    let earliest = case.first - 60 * i64::from(within_minutes);
    let failing = Failing::of(case);
    let latest = latest_deploys(changes, case);
    let mut fit: Vec<(f64, Option<&str>, &Change)> = changes
        .iter()
        .copied()
        .filter(|change| (earliest..=case.first).contains(&change.time))
        .map(|change| {
            let (mut touch, touched) = touch(change, case, &failing);
            if fails_without(change, &latest, case) {
                touch = touch.min(1.0);
            }
            let age = (case.first - change.time) as f64;
            let time = 0.5_f64.powf(age / HALF_LIFE);
            (time * touch * plausibility(case.cause, change.kind), touched, change)
        })
        .filter(|(score, ..)| *score >= LEAST)
        .collect();
    fit.sort_by(|(a, _, one), (b, _, other)| {
        b.total_cmp(a).then_with(|| other.time.cmp(&one.time)).then_with(|| one.cmp(other))
    });
    let best = fit.first().map_or(0.0, |(score, ..)| *score);
    // One deploy may have a marker for each of its endpoints.
    let mut told = BTreeSet::new();
    fit.into_iter()
        .filter(|(score, ..)| *score >= FAR_BEHIND * best)
        .filter(|(.., change)| told.insert((change.time, &change.what, &change.who)))
        .take(SHOWN)
        .map(|(_, touched, change)| LikelyChange {
            time: rfc3339(change.time),
            kind: change.kind,
            what: change.what.clone(),
            who: change.who.clone(),
            seconds_before: case.first - change.time,
            touches: touched.map(str::to_owned),
        })
        .collect()
}

/// What fails, taken apart once for all changes.
struct Failing<'a> {
    /// The applications of the versions, those with a name.
    apps: HashSet<&'a str>,
    /// Whole parts of endpoints, versions and principals, and the applications that they may name.
    parts: HashSet<&'a str>,
}

impl<'a> Failing<'a> {
    fn of(case: &Case<'a>) -> Self {
        let apps = case.versions.iter().map(|version| app_of(version));
        let parts = case.names.iter().flat_map(|name| name.split(['.', '/', ':', '@']));
        Self {
            apps: apps.filter(|app| !app.is_empty()).collect(),
            parts: parts.flat_map(|part| [part, app_of(part)]).collect(),
        }
    }

    /// Whether a name stands in what fails, as a whole.
    fn names(&self, name: &str) -> bool {
        is_word(name) && (self.apps.contains(name) || self.parts.contains(name))
    }
}

/// How much a change has to do with what fails, and with what of it.
fn touch<'a>(change: &'a Change, case: &Case<'_>, failing: &Failing<'_>) -> (f64, Option<&'a str>) {
    // A version is its application's business, wherever else it is seen.
    if let Some(version) = deployed_version(change).filter(|_| !case.versions.is_empty()) {
        return match case.versions.iter().find(|failing| **failing == version) {
            Some(_) => (3.0, Some(version)),
            None if failing.apps.contains(app_of(version)) => (1.0, None),
            None => (TO_ANOTHER, None),
        };
    }
    let names = |touched: &&String| case.names.contains(&touched.as_str());
    if let Some(touched) = change.touches.iter().find(names) {
        return (3.0, Some(touched));
    }
    let place = if is_elsewhere(change, case) { ELSEWHERE } else { 1.0 };
    if let Some(touched) = change.touches.iter().find(|touched| failing.names(last_name(touched))) {
        return (2.5 * place, Some(touched));
    }
    (if is_of_another(change, case, failing) { TO_ANOTHER * place } else { place }, None)
}

/// Whether a change deployed a version, and another that was there already fails as well.
fn fails_without(change: &Change, latest: &HashMap<&str, i64>, case: &Case<'_>) -> bool {
    let Some(version) = deployed_version(change) else { return false };
    let is_later = |other: &str| latest.get(other).is_some_and(|time| *time >= change.time);
    case.versions.iter().any(|failing| *failing != version && !is_later(failing))
}

/// When each of the failing versions was deployed last. Looked up for every change, of which there may be many.
fn latest_deploys<'a>(changes: &[&'a Change], case: &Case<'_>) -> HashMap<&'a str, i64> {
    let mut latest = HashMap::new();
    for change in changes {
        let version = deployed_version(change).filter(|version| case.versions.contains(version));
        if let Some(version) = version {
            let time = latest.entry(version).or_insert(change.time);
            *time = change.time.max(*time);
        }
    }
    latest
}

/// The version that a marker or the traffic tells of, which a change made in AWS does not name.
fn deployed_version(change: &Change) -> Option<&str> {
    let told = change.what.strip_prefix("deploy ")?;
    let versions = change.touches.iter().filter(|touched| told.starts_with(touched.as_str()));
    versions.max_by_key(|version| version.len()).map(String::as_str)
}

/// Whether a change was made in another region, or in another account than that of the keys.
fn is_elsewhere(change: &Change, case: &Case<'_>) -> bool {
    let is_global = |region: &str| {
        region == GLOBAL
            && matches!(change.kind, ChangeKind::Key | ChangeKind::Policy | ChangeKind::Endpoint)
    };
    let is_here = |region: &str| case.regions.contains(&region) || is_global(region);
    let other_region =
        !case.regions.is_empty() && change.region.as_deref().is_some_and(|region| !is_here(region));
    let mut owners = case.names.iter().filter_map(|name| account(name)).peekable();
    let mut touched = change.touches.iter().filter_map(|touched| account(touched));
    let other_account = owners.peek().is_some()
        && touched.next().is_some_and(|account| owners.all(|owner| owner != account));
    other_region || other_account
}

/// The account in an ARN.
fn account(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("arn:")?;
    rest.split(':').nth(3).filter(|account| !account.is_empty())
}

/// Whether a change that touches nothing that fails was made to something of its kind: what is
/// deployed of another application, or an end to another key.
fn is_of_another(change: &Change, case: &Case<'_>, failing: &Failing<'_>) -> bool {
    match change.kind {
        ChangeKind::Deploy | ChangeKind::Config => {
            !change.touches.is_empty() && failing.apps.iter().any(|app| is_word(app))
        }
        ChangeKind::Key => {
            let is_key = |name: &str| name.starts_with("AKIA") || name.starts_with("ASIA");
            // A new key never is one that failed before.
            !change.what.starts_with("CreateAccessKey")
                && change.touches.iter().any(|touched| is_key(touched))
                && case.names.iter().any(|name| is_key(name))
        }
        ChangeKind::Secret | ChangeKind::Endpoint | ChangeKind::Policy => false,
    }
}

fn is_word(name: &str) -> bool {
    name.len() >= 3
}

/// The name of a thing within its ARN or path: `thumbs` of
/// `arn:aws:secretsmanager:eu-west-1:111122223333:secret:thumbs/s3-key-a1B2c3`.
fn last_name(touched: &str) -> &str {
    let name = touched.rsplit(':').next().unwrap_or(touched);
    name.trim_start_matches('/').split('/').next().unwrap_or(name)
}

/// How plausible a kind of change makes a cause.
fn plausibility(cause: Option<CauseId>, kind: ChangeKind) -> f64 {
    use ChangeKind::{Config, Deploy, Endpoint, Key, Policy, Secret};
    let [deploy, secret, key, endpoint, policy, config] = match cause {
        Some(CauseId::WrongSecret | CauseId::SecretMalformed) => [0.7, 2.0, 1.5, 0.2, 0.1, 0.8],
        Some(CauseId::UnknownAccessKey) => [0.7, 1.5, 2.0, 0.2, 0.2, 0.8],
        Some(CauseId::ExpiredToken) => [0.8, 1.2, 1.2, 0.2, 0.8, 0.8],
        Some(
            CauseId::MethodChanged
            | CauseId::HostChanged
            | CauseId::PathChanged
            | CauseId::QueryChanged
            | CauseId::HeaderChanged
            | CauseId::PayloadChanged,
        ) => [1.5, 0.1, 0.1, 2.0, 0.1, 1.0],
        Some(
            CauseId::SignerPathEncoding
            | CauseId::SignerQueryEncoding
            | CauseId::SignerQueryOrder
            | CauseId::SignerHeaderCanonicalization
            | CauseId::SignerPayloadHash
            | CauseId::SignerScopeDate
            | CauseId::LegacySigv2
            | CauseId::MalformedAuthorization,
        ) => [2.0, 0.1, 0.1, 0.5, 0.1, 0.8],
        Some(CauseId::SignerKeyDerivation) => [1.5, 1.5, 1.0, 0.1, 0.1, 0.5],
        Some(CauseId::WrongRegion | CauseId::WrongService | CauseId::EndpointMismatch) => {
            [1.5, 0.1, 0.2, 1.5, 0.1, 1.5]
        }
        Some(CauseId::ClockSkew | CauseId::UrlExpired) => [0.8, 0.2, 0.2, 0.3, 0.1, 0.8],
        // Deploys are frequent and rotations rare, and no policy makes a signature wrong.
        Some(CauseId::Undetermined) | None => [1.0, 1.3, 1.0, 1.0, 0.1, 0.6],
    };
    match kind {
        Deploy => deploy,
        Secret => secret,
        Key => key,
        Endpoint => endpoint,
        Policy => policy,
        Config => config,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: i64, kind: ChangeKind, touches: &[&str]) -> Change {
        let touches: Vec<String> = touches.iter().map(|name| (*name).to_owned()).collect();
        let what = format!("{kind:?} {}", touches.join(" "));
        let region = Some("eu-west-1".to_owned());
        Change { time: 10_000 - before, kind, what, who: None, region, touches }
    }

    fn best<'a>(case: &Case<'a>, changes: &[Change]) -> Vec<String> {
        let changes: Vec<&Change> = changes.iter().collect();
        rank(&changes, case, 60).into_iter().map(|change| change.what).collect()
    }

    #[test]
    fn a_deploy_that_several_endpoints_have_a_marker_of_is_told_once() {
        let marker = |endpoint: &str| Change {
            what: "deploy shop-2 (marker)".to_owned(),
            ..change(60, ChangeKind::Deploy, &["shop-2", endpoint])
        };
        let changes =
            [marker("a"), marker("b"), marker("c"), change(30, ChangeKind::Secret, &["k"])];
        let case = Case { first: 10_000, versions: vec!["shop-2"], ..Case::default() };
        assert_eq!(best(&case, &changes), ["deploy shop-2 (marker)", "Secret k"]);
    }

    #[test]
    fn a_change_that_touches_what_fails_and_fits_the_cause_comes_first() {
        use ChangeKind::*;
        let changes = [
            change(60, Deploy, &["unrelated"]),
            change(300, Secret, &["arn:aws:secretsmanager:eu-west-1:1:secret:thumbs/s3-key"]),
            change(120, Policy, &["elsewhere"]),
            change(7_000, Secret, &["thumbs"]),
            change(-5, Secret, &["thumbs"]),
        ];
        let case = Case {
            first: 10_000,
            names: vec!["thumbs.s3.eu-west-1.amazonaws.com", "thumbs-7.2.0"],
            versions: vec!["thumbs-7.2.0"],
            regions: vec!["eu-west-1"],
            cause: Some(CauseId::WrongSecret),
        };
        let told = best(&case, &changes);
        assert!(told[0].starts_with("Secret arn:"), "{told:?}");
        assert!(!told.iter().any(|what| what.starts_with("Policy")), "{told:?}");
        assert_eq!(rank(&[&changes[1]], &case, 60)[0].seconds_before, 300);
    }

    #[test]
    fn a_deploy_of_the_application_and_a_new_endpoint_are_told_by_the_cause() {
        use ChangeKind::*;
        let function = change(180, Deploy, &["arn:aws:lambda:eu-west-1:1:function:checkout"]);
        let edge = change(200, Endpoint, &["E123"]);
        let mut case = Case {
            first: 10_000,
            names: vec!["media.s3.eu-west-1.amazonaws.com", "checkout-2"],
            versions: vec!["checkout-2"],
            regions: vec!["eu-west-1"],
            cause: Some(CauseId::HeaderChanged),
        };
        let changes = [function, edge];
        assert!(best(&case, &changes)[0].starts_with("Deploy"));
        case.versions.clear();
        case.names.truncate(1);
        case.cause = Some(CauseId::HostChanged);
        assert!(best(&case, &changes)[0].starts_with("Endpoint"));
        assert!(best(&Case { first: 9_000, ..case }, &changes).is_empty());
    }

    #[test]
    fn an_unrelated_deploy_does_not_hide_the_rotation_before_it() {
        use ChangeKind::*;
        let secret = |before| {
            change(before, Secret, &["arn:aws:secretsmanager:eu-west-1:1:secret:prod-AbCdEf"])
        };
        let deploy = change(60, Deploy, &["arn:aws:lambda:eu-west-1:1:function:reports"]);
        for cause in [Some(CauseId::WrongSecret), Some(CauseId::Undetermined)] {
            for (names, versions) in [
                (vec!["media.s3.eu-west-1.amazonaws.com"], vec![]),
                (vec!["media.s3.eu-west-1.amazonaws.com", "shop-1"], vec!["shop-1"]),
            ] {
                let case =
                    Case { first: 10_000, names, versions, regions: vec!["eu-west-1"], cause };
                let told = best(&case, &[deploy.clone(), secret(240)]);
                assert!(told[0].starts_with("Secret"), "{cause:?} {told:?}");
            }
        }
    }

    #[test]
    fn what_changed_elsewhere_or_of_another_comes_behind_or_is_left_out() {
        use ChangeKind::*;
        let arn = |region: &str, account: &str| {
            let name = format!("arn:aws:secretsmanager:{region}:{account}:secret:shop/key-AbCdEf");
            Change { region: Some(region.to_owned()), ..change(300, Secret, &[&name]) }
        };
        let case = |cause| Case {
            first: 10_000,
            names: vec![
                "media.s3.eu-west-1.amazonaws.com",
                "AKIAIOSFODNN7EXAMPLE",
                "shop-2",
                "arn:aws:iam::111122223333:user/shop",
            ],
            versions: vec!["shop-2"],
            regions: vec!["eu-west-1"],
            cause: Some(cause),
        };
        let wrong_secret = case(CauseId::WrongSecret);
        let mine = arn("eu-west-1", "111122223333");
        let others = [arn("us-west-2", "111122223333"), arn("eu-west-1", "444455556666")];
        for other in others {
            let told = best(&wrong_secret, &[other.clone(), mine.clone()]);
            assert_eq!(told[0], mine.what, "{told:?}");
        }
        // Another application's version is none of this one's business.
        let own = change(60, Deploy, &["shop-2"]);
        let mut other = change(60, Deploy, &["etl-3", "media.s3.eu-west-1.amazonaws.com"]);
        other.what = "deploy etl-3 first seen in traffic".to_owned();
        let undetermined = case(CauseId::Undetermined);
        assert_eq!(best(&undetermined, &[other, own.clone()]), [own.what]);
        // Nor is a deploy what the version before it fails of, as one after it may.
        let both = Case { versions: vec!["shop-1", "shop-2"], ..case(CauseId::HostChanged) };
        let mut own = change(300, Deploy, &["shop-2"]);
        own.what = "deploy shop-2 first seen in traffic".to_owned();
        let edge = change(200, Endpoint, &["E123"]);
        assert_eq!(best(&both, &[own.clone(), edge.clone()])[0], edge.what);
        let mut first = change(310, Deploy, &["shop-1"]);
        first.what = "deploy shop-1 first seen in traffic".to_owned();
        assert_eq!(best(&both, &[first.clone(), own.clone(), edge])[0], first.what);
        // Another key was deleted; a new one was made of the same user.
        let unknown = case(CauseId::UnknownAccessKey);
        let gone = change(120, Key, &["AKIAI44QH8DHBEXAMPLE", "reports"]);
        let mut new = change(600, Key, &["AKIAI44QH8DHBEXAMPLE", "shop"]);
        new.what = "CreateAccessKey AKIAI44QH8DHBEXAMPLE shop".to_owned();
        assert_eq!(best(&unknown, &[gone, new.clone()])[0], new.what);
        // A bucket's policy makes no signature wrong.
        let policy = change(30, Policy, &["media"]);
        let deploy = change(600, Deploy, &["shop-2"]);
        assert_eq!(best(&undetermined, &[policy, deploy.clone()]), [deploy.what]);
    }
}
