//! How surely the cause of the cluster that fails most is that of the whole incident.
//!
//! Clusters are one incident because they share what a cause travels by: that makes one cause of all of
//! them likely, and no more. What is proven is proven of the failures that show it.

use std::collections::BTreeSet;

use sigdrift_signature::Cause;
use sigdrift_signature::cause::{Confidence, Evidence, EvidenceKind};

use crate::dimension::Dimension;
use crate::summary::Cluster;

/// By what clusters are told apart, the plainest first.
const APART: [Dimension; 4] =
    [Dimension::Endpoint, Dimension::Key, Dimension::Deploy, Dimension::Region];
/// How many values are named of which a cause is surer.
const NAMED: usize = 3;

/// The cause of an incident of so many failures, given the clusters that are looked at closely, most
/// failures first. `others_say` tells whether the failures of all other clusters say a cause themselves.
pub(super) fn of_all(
    close: &[Cluster],
    failures: u64,
    others_say: impl FnOnce(&Cause) -> bool,
) -> Option<Cause> {
    let first = close.first()?;
    let own = &first.cause;
    if own.confidence() <= Confidence::Likely {
        return Some(own.clone());
    }
    let is_it = |cluster: &&Cluster| {
        let told = &cluster.cause;
        (told.cause, &told.component) == (own.cause, &own.component)
    };
    let (sure, unsure): (Vec<&Cluster>, Vec<&Cluster>) = close
        .iter()
        .partition(|cluster| is_it(cluster) && cluster.cause.confidence() >= own.confidence());
    let sum = |clusters: &[&Cluster]| clusters.iter().map(|cluster| cluster.failures).sum::<u64>();
    // What is told apart by nothing that is known may be of the same kind, as within a cluster.
    let is_another = |cluster: &&&Cluster| {
        apart_by(first, cluster).is_some()
            || cluster.code != first.code
            || cluster.cause.confidence() >= Confidence::Strong
    };
    let others: Vec<&Cluster> = unsure.iter().filter(is_another).copied().collect();
    let nameless = sum(&unsure) - sum(&others);
    let of_others = others.iter().map(|other| match is_it(other) {
        true => other.cause.confidence(),
        false => Confidence::Likely,
    });
    let mut most = of_others.min().unwrap_or(own.confidence());
    if sum(&sure) <= nameless || !others_say(own) {
        most = Confidence::Likely;
    }
    if most >= own.confidence() {
        return Some(own.clone());
    }
    let mut told = own.clone().at_most(most);
    let apart = others.iter().find_map(|other| apart_by(first, other));
    let values = sure.iter().filter_map(|cluster| cluster.values.get(apart?));
    let named: BTreeSet<&str> = values.collect();
    let named = named.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    let whose = if named.is_empty() { named } else { format!(" ({named})") };
    let (sure, proven, others) = (sum(&sure), own.confidence().name(), told.confidence().name());
    let detail =
        format!("{proven} of {sure} of {failures} failures{whose}, {others} of the others");
    told.evidence.insert(0, Evidence::new(EvidenceKind::Statistic, detail));
    Some(told)
}

/// A dimension in which both have a value, and not the same.
fn apart_by(one: &Cluster, other: &Cluster) -> Option<Dimension> {
    APART.into_iter().find(|dimension| {
        let values = one.values.get(*dimension).zip(other.values.get(*dimension));
        values.is_some_and(|(one, other)| one != other)
    })
}
