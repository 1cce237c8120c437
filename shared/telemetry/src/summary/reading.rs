//! A first cause for a cluster, by reading: what its records say themselves, else what the
//! decision rules make of its circumstances. Never `proven` from circumstances.

mod credentials;

use std::collections::BTreeMap;

use sigdrift_signature::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use sigdrift_signature::{Endpoint, EndpointKind};

use self::credentials::{rotated_secret, stale_shard};
use super::context::{CHANGE_BEFORE_MINUTES, Circumstances, Context, changes_before, one_deploy};
use super::contrast::Contrast;
use super::failure::Failure;
use crate::change::Change;
use crate::dimension::Dimension;
use crate::incident::ranking::{Case, LikelyChange, rank};
use crate::request::Outcome;
use crate::tally::{Texts, Told};

/// What a cluster is read from.
pub struct Cluster<'a, 't> {
    /// The error code.
    pub code: &'a str,
    /// The endpoint, if the cluster has one.
    pub endpoint: Option<&'a str>,
    /// The region of the endpoint.
    pub region: Option<&'a str>,
    /// The region that most of the failures were signed for.
    pub signed_region: Option<&'a str>,
    /// Its circumstances.
    pub about: &'a Circumstances<'a, 't>,
    /// Its contexts.
    pub contexts: &'a [Context],
    /// Its contrast.
    pub contrast: &'a [Contrast],
}

/// A rule: a reading, if the rule applies.
type Rule = fn(&Cluster<'_, '_>) -> Option<Cause>;

/// The rules for failures whose records do not say their cause, in the order of their weight.
const RULES: &[Rule] = &[
    every_region,
    malformed_scope,
    other_region,
    takes_no_signature,
    hash_mismatch,
    stale_shard,
    rotated_secret,
    key_with_odd_characters,
    browser_in_the_path,
    deploy_at_one_endpoint,
    deploy_everywhere,
];

/// The best that can be told of a cluster.
#[must_use]
pub fn read(cluster: &Cluster<'_, '_>) -> Cause {
    let mut told = said_by_records(cluster.about.failures, cluster.about.texts)
        .or_else(|| RULES.iter().find_map(|rule| rule(cluster)))
        .unwrap_or_else(|| undetermined(cluster));
    for change in likely_changes(cluster, told.cause, |_| true).into_iter().take(2) {
        told.evidence.push(Evidence::new(
            EvidenceKind::Rule,
            format!("{} s before the first failure: {}", change.seconds_before, change.what),
        ));
    }
    told
}

/// The changes shortly before the first failure that fit the cluster and a cause, best first.
fn likely_changes(
    cluster: &Cluster<'_, '_>,
    cause: CauseId,
    is_meant: impl Fn(&Change) -> bool,
) -> Vec<LikelyChange> {
    let about = cluster.about;
    let changes: Vec<&Change> = changes_before(about).filter(|change| is_meant(change)).collect();
    let Some(first) = about.failures.iter().find_map(|failure| failure.time()) else {
        return Vec::new();
    };
    let of_first = |dimension| {
        let values = about.failures.iter().map(|failure| failure.value(dimension));
        values.filter_map(|value| about.texts.get(value)).next()
    };
    let [key, version] = [Dimension::Key, Dimension::Deploy].map(of_first);
    let owner = key.and_then(|key| about.tally.owner_of(key));
    let case = Case {
        first,
        names: [cluster.endpoint, key, version, owner].into_iter().flatten().collect(),
        versions: version.into_iter().collect(),
        regions: cluster.region.into_iter().collect(),
        cause: Some(cause),
    };
    rank(&changes, &case, CHANGE_BEFORE_MINUTES)
}

/// The cause that most records name themselves, if most name one.
pub(super) fn said_by_records(failures: &[Failure<'_>], texts: &Texts) -> Option<Cause> {
    let mut by_cause: BTreeMap<(CauseId, Option<&str>), (u64, Told)> = BTreeMap::new();
    let mut by_confidence: BTreeMap<Confidence, u64> = BTreeMap::new();
    let mut silent = 0;
    for failure in failures {
        match failure.manner.told.filter(|told| told.cause != CauseId::Undetermined) {
            Some(told) => {
                let (count, best) =
                    by_cause.entry((told.cause, texts.get(told.component))).or_insert((0, told));
                *count += failure.count();
                *by_confidence.entry(told.confidence).or_insert(0) += failure.count();
                if told.confidence > best.confidence {
                    *best = told;
                }
            }
            None => silent += failure.count(),
        }
    }
    let said: u64 = by_cause.values().map(|(count, _)| count).sum();
    let (_, (count, best)) = by_cause.iter().max_by_key(|(_, (count, _))| *count)?;
    if 2 * count <= said {
        return None;
    }
    let mut told = best.cause(texts);
    // What some records prove of themselves is proven of them, and not of the others.
    let surely =
        |sure: Confidence| by_confidence.range(sure..).map(|(_, count)| count).sum::<u64>();
    let sure = if surely(Confidence::Proven) == silent + said && *count == said {
        Confidence::Proven
    } else if *count == said && 2 * surely(Confidence::Strong) > said + silent {
        Confidence::Strong
    } else {
        Confidence::Likely
    };
    told = told.at_most(sure);
    if silent + said > 1 {
        told.evidence.push(Evidence::new(
            EvidenceKind::Statistic,
            format!("{count} of {} failures say this themselves", silent + said),
        ));
    }
    let named = told.cause;
    for (other, _) in by_cause.keys().filter(|(other, _)| *other != named) {
        told = told.or(*other, Confidence::Likely);
    }
    Some(told)
}

fn likely(cause: CauseId, kind: EvidenceKind, detail: String) -> Cause {
    Cause::new(cause, Confidence::Likely, vec![Evidence::new(kind, detail)])
}

fn is_mismatch(code: &str) -> bool {
    matches!(code, "SignatureDoesNotMatch" | "InvalidSignatureException" | "InvalidSignature")
}

fn signed_for_another_region(cluster: &Cluster<'_, '_>) -> Option<String> {
    let (signed, region) = cluster.signed_region.zip(cluster.region)?;
    // A multi-Region access point is in none.
    (signed != region && region != "*")
        .then(|| format!("signed for {signed}, but the endpoint is in {region}"))
}

fn malformed_scope(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    if !matches!(cluster.code, "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError")
    {
        return None;
    }
    if let Some(detail) = signed_for_another_region(cluster) {
        // A bucket behind a global host may be in another region than the host is.
        let kind = cluster.endpoint.map(|endpoint| Endpoint::of(endpoint).kind);
        let is_global = kind == Some(EndpointKind::S3Global);
        let sure = if is_global { Confidence::Likely } else { Confidence::Strong };
        let evidence = vec![Evidence::new(EvidenceKind::Rule, detail)];
        return Some(
            Cause::new(CauseId::WrongRegion, sure, evidence)
                .with_component("region")
                .or(CauseId::EndpointMismatch, Confidence::Likely),
        );
    }
    if cluster.signed_region.is_some() && cluster.signed_region == cluster.region {
        return Some(
            likely(
                CauseId::MalformedAuthorization,
                EvidenceKind::Rule,
                format!(
                    "the service answered {}, and the signed region is the endpoint's",
                    cluster.code
                ),
            )
            .or(CauseId::SignerScopeDate, Confidence::Likely)
            .or(CauseId::WrongService, Confidence::Likely),
        );
    }
    Some(
        likely(
            CauseId::WrongRegion,
            EvidenceKind::Rule,
            format!(
                "the service answered {}, which it mostly says of a wrong region",
                cluster.code
            ),
        )
        .or(CauseId::MalformedAuthorization, Confidence::Likely)
        .or(CauseId::WrongService, Confidence::Likely)
        .or(CauseId::SignerScopeDate, Confidence::Likely),
    )
}

fn other_region(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    if !is_mismatch(cluster.code) {
        return None;
    }
    let detail = signed_for_another_region(cluster)?;
    let told = likely(CauseId::WrongRegion, EvidenceKind::Rule, detail).with_component("region");
    Some(
        told.or(CauseId::HostChanged, Confidence::Likely)
            .or(CauseId::EndpointMismatch, Confidence::Likely),
    )
}

fn every_region(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    let signed = cluster.signed_region.filter(|signed| *signed != "*")?;
    (cluster.region == Some("*")).then(|| {
        let detail =
            format!("signed for {signed}, but the endpoint takes signatures for all regions");
        likely(CauseId::EndpointMismatch, EvidenceKind::Rule, detail)
            .or(CauseId::WrongRegion, Confidence::Likely)
    })
}

fn takes_no_signature(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    let kind = Endpoint::of(cluster.endpoint?).kind;
    (kind == EndpointKind::S3Website).then(|| {
        likely(
            CauseId::EndpointMismatch,
            EvidenceKind::Rule,
            "a website endpoint takes no signed requests".to_owned(),
        )
    })
}

fn hash_mismatch(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    (cluster.code == "XAmzContentSHA256Mismatch").then(|| {
        let detail =
            "the service hashed another body than the client; its error body holds both hashes";
        Cause::new(
            CauseId::Undetermined,
            Confidence::Unknown,
            vec![Evidence::new(EvidenceKind::ServiceMessage, detail)],
        )
        .or(CauseId::SignerPayloadHash, Confidence::Likely)
        .or(CauseId::PayloadChanged, Confidence::Likely)
    })
}

fn key_with_odd_characters(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    let odd = cluster
        .contrast
        .iter()
        .find(|told| told.dimension == "key-encoding" && told.value != "plain")
        .filter(|told| told.failing_share > 0.9 && is_mismatch(cluster.code))?;
    let told = likely(
        CauseId::SignerPathEncoding,
        EvidenceKind::Statistic,
        format!(
            "{:.0}% of the failing object keys hold {} characters, {:.0}% of the succeeding ones",
            100.0 * odd.failing_share,
            odd.value,
            100.0 * odd.succeeding_share
        ),
    );
    Some(told.or(CauseId::PathChanged, Confidence::Likely))
}

fn browser_in_the_path(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    if !is_mismatch(cluster.code) || !cluster.contexts.contains(&Context::BrowserOrCdn) {
        return None;
    }
    Some(
        likely(
            CauseId::HeaderChanged,
            EvidenceKind::Rule,
            "browsers or a delivery network send these requests, and they change what was signed"
                .to_owned(),
        )
        .or(CauseId::MethodChanged, Confidence::Likely)
        .or(CauseId::PathChanged, Confidence::Likely)
        .or(CauseId::QueryChanged, Confidence::Likely),
    )
}

/// How many requests of the failing version succeeded at other endpoints.
fn successes_elsewhere(cluster: &Cluster<'_, '_>, version: &str) -> u64 {
    let about = cluster.about;
    let portions = about.traffic.portions.iter().filter(|portion| {
        portion.outcome() == Outcome::Succeeded
            && about.texts.get(portion.value(Dimension::Deploy)) == Some(version)
            && about.texts.get(portion.value(Dimension::Endpoint)) != cluster.endpoint
    });
    portions.map(|portion| portion.count).sum()
}

fn deploy_at_one_endpoint(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    let version = one_deploy(cluster.about).filter(|_| is_mismatch(cluster.code))?;
    let elsewhere = successes_elsewhere(cluster, version);
    if elsewhere == 0 {
        return None;
    }
    Some(
        likely(
            CauseId::HeaderChanged,
            EvidenceKind::Statistic,
            format!(
                "{version} fails at this endpoint alone: {elsewhere} of its requests succeeded at others, so its \
                 secret and signer work, and something changes its requests on this way"
            ),
        )
        .or(CauseId::HostChanged, Confidence::Likely)
        .or(CauseId::PathChanged, Confidence::Likely)
        .or(CauseId::QueryChanged, Confidence::Likely),
    )
}

fn deploy_everywhere(cluster: &Cluster<'_, '_>) -> Option<Cause> {
    let version = one_deploy(cluster.about).filter(|_| is_mismatch(cluster.code))?;
    let detail = format!(
        "only {version} fails, and nothing of it succeeds meanwhile: compare what that deploy changed at the request \
         boundary (endpoint, signer, SDK version, secret, proxy)"
    );
    let mut told = Cause::new(
        CauseId::Undetermined,
        Confidence::Unknown,
        vec![Evidence::new(EvidenceKind::Statistic, detail)],
    );
    for other in [
        CauseId::HeaderChanged,
        CauseId::WrongSecret,
        CauseId::HostChanged,
        CauseId::SignerHeaderCanonicalization,
    ] {
        told = told.or(other, Confidence::Likely);
    }
    Some(told)
}

fn undetermined(cluster: &Cluster<'_, '_>) -> Cause {
    let detail = format!(
        "what was logged shows no more of {}; the error body of one failing request, or a captured error, would",
        cluster.code
    );
    Cause::new(
        CauseId::Undetermined,
        Confidence::Unknown,
        vec![Evidence::new(EvidenceKind::Rule, detail)],
    )
}

#[cfg(test)]
mod tests {
    use sigdrift_signature::{CauseId, Confidence};

    use crate::read::intake::Intake;
    use crate::read::object;
    use crate::summary::{Question, summarize};
    use crate::tally::Limits;

    /// The cause of the one cluster that captured errors with these messages make.
    fn told(messages: &[&str]) -> (CauseId, Confidence) {
        let line = |message: &&str| {
            format!(
                "{{\"sigdrift\":1,\"code\":\"InvalidSignatureException\",\"message\":\"{message}\"}}\n"
            )
        };
        let log: String = messages.iter().map(line).collect();
        let mut intake = Intake::new(Limits::default());
        let report = object::read("a.log", log.as_bytes(), &mut intake);
        intake.finish_source(report, None);
        let (tally, question) = (intake.into_tally(), Question::default());
        let clusters: Vec<_> = summarize(&tally, &question).clusters.iter().collect();
        assert_eq!(clusters.len(), 1);
        (clusters[0].cause.cause, clusters[0].cause.confidence())
    }

    #[test]
    fn what_few_records_say_is_not_proven_of_all() {
        let service = "Credential should be scoped to correct service: 's3'.";
        let date = "Date in Credential scope does not match 20260415.";
        assert_eq!(told(&[service, service]), (CauseId::WrongService, Confidence::Proven));
        assert_eq!(told(&[service, "no", "no"]), (CauseId::WrongService, Confidence::Likely));
        assert_eq!(told(&[service, service, date]), (CauseId::WrongService, Confidence::Likely));
    }
}
