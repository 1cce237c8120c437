//! Rules that read a wrong secret from who fails with a key and who does not.

use sigdrift_signature::cause::{Cause, CauseId, Confidence, EvidenceKind};

use super::{Cluster, is_mismatch, likely, likely_changes};
use crate::change::{Change, ChangeKind};
use crate::dimension::Dimension;
use crate::summary::context::{Circumstances, changes_before, hardly, one_shard};
use crate::summary::contrast::{successes_of_key, successes_of_those_that_fail};
use crate::summary::failure::Failure;
use crate::tally::TextId;
use crate::time::rfc3339;

/// One address fails where others with the same key succeed: its secret is an old one, unless it
/// succeeds elsewhere itself.
pub fn stale_shard(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    if !is_mismatch(cluster.code) {
        return None;
    }
    let about = cluster.about;
    let (address, others) = one_shard(about)?;
    let key = known_key(about);
    let same = match key.and_then(|key| about.texts.get(key)) {
        Some(key) => format!("with the same key id {key}"),
        None => "of the same version".to_owned(),
    };
    let s = if others == 1 { "" } else { "es" };
    let told =
        format!("only {address} fails; {others} other address{s} {same} succeeded at the endpoint");
    let own = key.map(|key| successes_of_key(about.failures, about.traffic, key, about.texts).0);
    let total = about.failures.iter().map(Failure::count).sum();
    if own.is_some_and(|own| !hardly(own, total)) {
        // Its secret is the right one.
        let told = format!("{told}, and so did requests of {address} with it elsewhere");
        return Some(
            likely(CauseId::HeaderChanged, EvidenceKind::Statistic, told)
                .or(CauseId::HostChanged, Confidence::Likely)
                .or(CauseId::PathChanged, Confidence::Likely)
                .or(CauseId::WrongSecret, Confidence::Likely),
        );
    }
    Some(
        likely(CauseId::WrongSecret, EvidenceKind::Statistic, told)
            .or(CauseId::SecretMalformed, Confidence::Likely)
            .or(CauseId::HeaderChanged, Confidence::Likely),
    )
}

/// The first access key id that is known.
fn known_key(about: &Circumstances<'_, '_>) -> Option<TextId> {
    let keys = about.failures.iter().map(|failure| failure.value(Dimension::Key));
    keys.into_iter().find(|key| *key > TextId::OVERFLOW)
}

/// Whether a change may have given the key that fails another secret: not one to what is stored in another
/// region, and not one to another's key.
fn may_replace_secret(change: &Change, cluster: &Cluster<'_, '_>) -> bool {
    let about = cluster.about;
    let key = known_key(about).and_then(|key| about.texts.get(key));
    let touches = |name: &str| change.touches.iter().any(|touched| touched == name);
    match change.kind {
        ChangeKind::Secret => {
            let regions = change.region.as_deref().zip(cluster.region);
            regions.is_none_or(|(changed, failing)| changed == failing)
        }
        // A new key beside an old one may bring its secret to the old one's id.
        ChangeKind::Key => key.is_none_or(|key| {
            let owner = about.tally.owner_of(key).and_then(|owner| owner.rsplit('/').next());
            touches(key) || owner.is_none_or(touches)
        }),
        _ => false,
    }
}

/// A secret or a key was changed shortly before, and none that fails succeeds with it meanwhile.
pub fn rotated_secret(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    let about = cluster.about;
    if !is_mismatch(cluster.code) {
        return None;
    }
    let changes =
        likely_changes(cluster, CauseId::WrongSecret, |change| may_replace_secret(change, cluster));
    let change = changes.first()?;
    // What fails since its own deploy is the deploy's, whatever was rotated before.
    let versions = about.failures.iter().map(|failure| failure.value(Dimension::Deploy));
    let version = versions.filter_map(|version| about.texts.get(version)).next();
    let is_deployed = changes_before(about).any(|deploy| {
        deploy.kind == ChangeKind::Deploy
            && rfc3339(deploy.time) >= change.time
            && deploy.touches.iter().any(|touched| Some(touched.as_str()) == version)
    });
    if is_deployed {
        return None;
    }
    let total = about.failures.iter().map(Failure::count).sum();
    let meanwhile = match known_key(about) {
        Some(key) => {
            let (own, others) = successes_of_key(about.failures, about.traffic, key, about.texts);
            let knows_addresses = about.failures.iter().any(|f| f.remote_ip != TextId::NONE);
            if !hardly(own, total) || others > 0 && !knows_addresses {
                return None;
            }
            match others {
                0 => "no request of this key id is seen to succeed meanwhile".to_owned(),
                others => format!(
                    "this key id succeeds meanwhile from {others} other address{}, and from none that fails",
                    if others == 1 { "" } else { "es" }
                ),
            }
        }
        // Which secret signed is not seen, so it must be one that is called like what fails.
        None => {
            change.touches.as_ref()?;
            let own = successes_of_those_that_fail(about.failures, about.traffic, about.texts)?;
            if !hardly(own, total) {
                return None;
            }
            "of the addresses that fail no request succeeds meanwhile".to_owned()
        }
    };
    let detail = format!("{meanwhile}, after {} at {}", change.what, change.time);
    Some(
        likely(CauseId::WrongSecret, EvidenceKind::Rule, detail)
            .or(CauseId::SecretMalformed, Confidence::Likely),
    )
}
