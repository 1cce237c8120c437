//! Rules on the host name: whether the scope that was signed for is the one that it wants.

use super::keys::SERVICES;
use super::rules::{Facts, Told, told};
use super::words::shown;
use crate::cause::{CauseId, Confidence};
use crate::host::{Endpoint, EndpointKind};
use crate::{partition, signing_name};

pub(super) fn region_of_host(facts: &Facts<'_>) -> Option<Told> {
    let (scope, endpoint) = (facts.scope?, Endpoint::of(facts.host.as_deref()?));
    let region = match endpoint.region.filter(|_| endpoint.region_is_explicit()) {
        // That of a multi-region access point is a set.
        Some("*") => return None,
        Some(region) => region,
        None => home_of(&endpoint, facts.host.as_deref()?)?,
    };
    if region == scope.region || scope.region.is_empty() {
        return None;
    }
    let why = format!(
        "it was signed for the region {}, the host is in `{region}`",
        shown(Some(scope.region))
    );
    told(CauseId::WrongRegion, Some("region"), Confidence::Strong, why)
}

/// The region of the one endpoint of a global service.
fn home_of(endpoint: &Endpoint<'_>, host: &str) -> Option<&'static str> {
    let label = endpoint.service.filter(|_| endpoint.kind == EndpointKind::Service)?;
    known_names(label).filter(|_| endpoint.region.is_none())?;
    Some(signing_name::global_region(partition::of_global_host(host)?, label))
}

/// What is signed for at a host with this label, if it is the label of a service that is known: under
/// the names of AWS stand examples and customers' hosts too.
fn known_names(label: &str) -> Option<Vec<&str>> {
    let is_known = signing_name::is_renamed(label) || SERVICES.contains(&label);
    signing_name::of_label(label).filter(|_| is_known)
}

pub(super) fn service_of_host(facts: &Facts<'_>) -> Option<Told> {
    let (scope, endpoint) = (facts.scope?, Endpoint::of(facts.host.as_deref()?));
    let service = endpoint.service?;
    // Many services sign under another name than their host shows.
    let names = match endpoint.kind {
        EndpointKind::Service => known_names(service)?,
        _ => vec![service],
    };
    // A service that came as far as comparing signatures has taken its own name in the scope.
    let is_taken = !facts.case.server.is_empty() && scope.service == service;
    if names.contains(&scope.service) || is_taken {
        return None;
    }
    let why = format!(
        "it was signed for the service {}, the host is of `{service}`",
        shown(Some(scope.service))
    );
    told(CauseId::WrongService, Some("service"), Confidence::Strong, why)
}

pub(super) fn kind_of_endpoint(facts: &Facts<'_>) -> Option<Told> {
    let endpoint = Endpoint::of(facts.host.as_deref()?);
    let why = match endpoint.kind {
        EndpointKind::S3Website => "a website endpoint takes no signature",
        EndpointKind::S3MultiRegion if !facts.is_version_4a => {
            "a multi-region access point takes Signature Version 4A only"
        }
        _ => return None,
    };
    told(CauseId::EndpointMismatch, None, Confidence::Strong, why.to_owned())
}
