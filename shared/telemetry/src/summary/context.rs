//! What stands beside a cause: amplifiers and circumstances, never the cause itself.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use serde::Serialize;

use super::contrast::{Successes, share, successes_of_address, successes_of_version};
use super::failure::Failure;
use super::traffic::SignedTraffic;
use crate::change::{Change, ChangeKind};
use crate::dimension::Dimension;
use crate::scanner::is_scanner;
use crate::tally::{Tally, TextId, Texts};
use crate::time::{Minute, minute_of};
use crate::user_agent::{is_aws_internal, is_browser_or_cdn};

/// How long before its first failure a change may have been, in seconds, to be told.
const CHANGE_BEFORE_SECONDS: i64 = 60 * CHANGE_BEFORE_MINUTES as i64;
/// The same in minutes.
pub const CHANGE_BEFORE_MINUTES: u32 = 30;
/// How long before its first failure the deploy of a version may have been, in seconds, for the
/// version to fail from its deploy on.
const SINCE_DEPLOY_SECONDS: i64 = 10 * 60;
/// From how many failures on one address or one version is a pattern.
const PATTERN: u64 = 3;
/// Up to this share of successes, what fails counts as failing always.
const HARDLY: f64 = 0.05;

/// A circumstance of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Context {
    /// The same signed request is sent again and again.
    BlindRetries,
    /// One address fails where others with the same key or version succeed.
    OneShard,
    /// One deploy version fails where others succeed.
    OneDeploy,
    /// A change shortly before the first failure.
    ChangeBefore,
    /// A browser or a content delivery network sends the requests.
    BrowserOrCdn,
    /// An internet scanner.
    Scanner,
    /// One of AWS's own writers.
    AwsInternal,
}

impl Context {
    /// The public word, for example `one-shard`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BlindRetries => "blind-retries",
            Self::OneShard => "one-shard",
            Self::OneDeploy => "one-deploy",
            Self::ChangeBefore => "change-before",
            Self::BrowserOrCdn => "browser-or-cdn",
            Self::Scanner => "scanner",
            Self::AwsInternal => "aws-internal",
        }
    }

    /// Whether a cluster in this context is nobody's incident.
    #[must_use]
    pub fn is_noise(self) -> bool {
        matches!(self, Self::Scanner | Self::AwsInternal)
    }
}

/// Everything that contexts are told from.
pub struct Circumstances<'a, 't> {
    /// The cluster's failures, by time.
    pub failures: &'a [Failure<'t>],
    /// The signed traffic.
    pub traffic: &'a SignedTraffic<'a>,
    /// The successes at the cluster's endpoints.
    pub successes: &'a Successes,
    /// How many of the failures repeat an earlier one.
    pub retries: u64,
    /// The changes, by time.
    pub changes: &'a [Change],
    /// The versions that fail, of all clusters.
    pub failing: &'a FailingVersions,
    /// What was read.
    pub tally: &'a Tally,
    /// The texts.
    pub texts: &'a Texts,
}

/// From when to when each version fails at each endpoint, and how often.
#[derive(Clone, Debug, Default)]
pub struct FailingVersions(HashMap<TextId, HashMap<TextId, (Minute, Minute, u64)>>);

impl FailingVersions {
    /// Those of all failures.
    #[must_use]
    pub fn of(failures: &[Failure<'_>]) -> Self {
        let mut found = Self::default();
        for failure in failures {
            let Some(minute) = failure.time().map(minute_of) else { continue };
            let at = found.0.entry(failure.value(Dimension::Endpoint)).or_default();
            let span = at.entry(failure.value(Dimension::Deploy)).or_insert((minute, minute, 0));
            *span = (span.0.min(minute), span.1.max(minute), span.2 + failure.count());
        }
        found
    }

    /// Whether another version, or requests without one, fail beside a version's failures.
    fn is_another_beside(&self, failures: &[Failure<'_>], version: TextId) -> bool {
        let endpoints: BTreeSet<TextId> =
            failures.iter().map(|failure| failure.value(Dimension::Endpoint)).collect();
        endpoints.into_iter().filter_map(|endpoint| self.0.get(&endpoint)).any(|versions| {
            let Some((first, last, _)) = versions.get(&version) else { return false };
            versions.iter().any(|(other, (begin, end, count))| {
                *other != version && *count >= PATTERN && begin <= last && end >= first
            })
        })
    }
}

/// The contexts of a cluster.
#[must_use]
pub fn contexts(about: &Circumstances<'_, '_>) -> Vec<Context> {
    let total: u64 = about.failures.iter().map(|failure| failure.count()).sum();
    // Most failures of a cluster have the user agent in common.
    let mut user_agents: HashMap<TextId, u64> = HashMap::new();
    for failure in about.failures {
        *user_agents.entry(failure.user_agent).or_default() += failure.count();
    }
    let most = |test: &dyn Fn(&str) -> bool| {
        let such = user_agents.iter().filter(|(id, _)| about.texts.get(**id).is_some_and(test));
        2 * such.map(|(_, count)| count).sum::<u64>() > total
    };
    let is_prober = |failure: &&Failure<'_>| {
        about.texts.get(failure.remote_ip).is_some_and(|address| about.tally.is_prober(address))
    };
    let probes: u64 = about.failures.iter().filter(is_prober).map(|failure| failure.count()).sum();
    [
        (Context::BlindRetries, about.retries >= 2 && 10 * about.retries >= total),
        (Context::OneShard, one_shard(about).is_some()),
        (Context::OneDeploy, one_deploy(about).is_some()),
        (Context::ChangeBefore, changes_before(about).next().is_some()),
        (Context::BrowserOrCdn, most(&is_browser_or_cdn)),
        (Context::Scanner, most(&is_scanner) || 2 * probes > total),
        (Context::AwsInternal, most(&is_aws_internal)),
    ]
    .into_iter()
    .filter_map(|(context, holds)| holds.then_some(context))
    .collect()
}

/// The one address that fails while others with the same key, or else the same version, succeed;
/// with the number of those others.
#[must_use]
pub fn one_shard<'a>(about: &Circumstances<'a, '_>) -> Option<(&'a str, usize)> {
    let (first, rest) = about.failures.split_first()?;
    let total: u64 = about.failures.iter().map(|failure| failure.count()).sum();
    let address = about.texts.get(first.remote_ip)?;
    if total < PATTERN || rest.iter().any(|failure| failure.remote_ip != first.remote_ip) {
        return None;
    }
    let native = first.native()?;
    let alike: Vec<(Dimension, TextId)> = [Dimension::Key, Dimension::Deploy]
        .into_iter()
        .map(|dimension| (dimension, native.values[dimension as usize]))
        .filter(|(_, value)| *value > TextId::OVERFLOW)
        .collect();
    if alike.is_empty() {
        return None;
    }
    let (own, others) = successes_of_address(about.failures, about.traffic, &alike, address);
    (others > 0 && hardly(own, total)).then_some((address, others))
}

/// Whether successes are so few beside the failures that they may lie before or after them in the
/// same minute.
pub(super) fn hardly(successes: u64, failures: u64) -> bool {
    share(successes, successes + failures) <= HARDLY
}

/// The one version that fails at endpoints where others succeed meanwhile, or succeeded until it was
/// deployed.
#[must_use]
pub fn one_deploy<'a>(about: &Circumstances<'a, '_>) -> Option<&'a str> {
    let deploy = Dimension::Deploy;
    let mut versions = about.failures.iter().map(|failure| failure.value(deploy));
    let version = versions.next()?;
    let total: u64 = about.failures.iter().map(|failure| failure.count()).sum();
    if total < PATTERN || versions.any(|other| other != version) {
        return None;
    }
    let (own, others) = successes_of_version(about.failures, about.traffic, version);
    let name = about.texts.get(version).filter(|_| hardly(own, total))?;
    (others >= PATTERN || fails_since_its_deploy(about, version, name)).then_some(name)
}

/// Whether a version fails from its deploy on, alone, at endpoints where others succeeded: a deploy
/// that replaces everything at once leaves no other to succeed meanwhile.
fn fails_since_its_deploy(about: &Circumstances<'_, '_>, version: TextId, name: &str) -> bool {
    let first = about.failures.iter().find_map(|failure| failure.time()).unwrap_or_default();
    let is_its_deploy = |change: &Change| {
        change.kind == ChangeKind::Deploy
            && first - change.time <= SINCE_DEPLOY_SECONDS
            && change.touches.iter().any(|touched| touched == name)
    };
    let own = about.successes.with(Dimension::Deploy, version);
    about.successes.total.saturating_sub(own) >= PATTERN
        && changes_before(about).any(is_its_deploy)
        && !about.failing.is_another_beside(about.failures, version)
}

/// The changes shortly before the first failure, the latest first.
pub fn changes_before<'a>(
    about: &Circumstances<'a, '_>,
) -> impl Iterator<Item = &'a Change> + use<'a> {
    let first = about.failures.iter().find_map(|failure| failure.time());
    let changes = about.changes;
    changes.iter().rev().filter(move |change| {
        first.is_some_and(|first| (first - CHANGE_BEFORE_SECONDS..=first).contains(&change.time))
    })
}
