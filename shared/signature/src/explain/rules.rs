//! Rules on what is shown of a request, for evidence that proves nothing.

use super::views::{Known, Views};
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};

/// What the rules leave.
#[must_use]
pub fn read(_case: &Case, views: &Views) -> Option<Cause> {
    let verified = views.verified.as_ref()?;
    if verified.known == Known::Altered {
        return None;
    }
    let empty = verified.request.headers.iter().find(|(_, value)| value.is_empty())?;
    let detail = format!("the signed header {} is empty at the server", empty.0);
    let evidence = vec![Evidence::new(EvidenceKind::Rule, detail)];
    Some(
        Cause::new(CauseId::HeaderChanged, Confidence::Strong, evidence)
            .with_component(empty.0.to_string()),
    )
}
