//! One cluster's cause: what leads to it, what to do, and what not to do.

use sigdrift_signature::{CauseId, Confidence};
use sigdrift_telemetry::summary::{Cluster, Context};

use super::numbers::{percent, things};
use crate::page::{FAINT, Page, STRONG};

/// How many pieces of evidence are shown.
const EVIDENCE: usize = 4;
/// How many over-represented values are shown.
const CONTRASTS: usize = 3;

/// Writes the cause of the cluster with this number.
pub fn write(number: usize, cluster: &Cluster, page: &mut Page) {
    let cause = &cluster.cause;
    page.gap();
    let title = title(cause.cause, cause.component.as_deref(), cause.confidence());
    page.labelled(&format!("{number:>2}  "), STRONG, &title);
    if cause.cause != CauseId::Undetermined {
        page.labelled("    ", FAINT, &format!("{}.", cause.cause.what()));
    }
    let mut label = "because ";
    for evidence in cause.evidence.iter().take(EVIDENCE) {
        row(label, &evidence.detail, page);
        label = "";
    }
    label = "contrast";
    for told in cluster.contrast.iter().take(CONTRASTS) {
        let detail = format!(
            "{} {}: {} of the failures, {} of the successes here",
            told.dimension,
            told.value,
            percent(told.failing_share),
            percent(told.succeeding_share)
        );
        row(label, &detail, page);
        label = "";
    }
    if !cluster.contexts.is_empty() {
        let contexts: Vec<String> =
            cluster.contexts.iter().map(|context| context_words(*context, cluster)).collect();
        row("also", &contexts.join(", "), page);
    }
    if !cause.alternatives.is_empty() {
        let others: Vec<&str> = cause.alternatives.iter().map(|other| other.cause.name()).collect();
        row("or else", &others.join(", "), page);
    }
    row("do", &cause.fix, page);
    row("avoid", &cause.avoid, page);
}

/// `header-changed (accept-encoding), proven`. How sure it is that nothing is known need not be told.
pub fn title(cause: CauseId, component: Option<&str>, confidence: Confidence) -> String {
    let component = component.map(|component| format!(" ({component})")).unwrap_or_default();
    match cause {
        CauseId::Undetermined => format!("{cause}{component}"),
        _ => format!("{cause}{component}, {}", confidence.name()),
    }
}

fn row(label: &str, text: &str, page: &mut Page) {
    page.labelled(&format!("    {label:<8}  "), anstyle::Style::new(), text);
}

fn context_words(context: Context, cluster: &Cluster) -> String {
    match context {
        Context::BlindRetries => things(cluster.retries, "blind retry", "blind retries"),
        Context::OneShard => "one address only".to_owned(),
        Context::OneDeploy => "one deploy only".to_owned(),
        Context::ChangeBefore => "a change shortly before".to_owned(),
        Context::BrowserOrCdn => "a browser or CDN sends them".to_owned(),
        Context::Scanner => "a scanner".to_owned(),
        Context::AwsInternal => "one of AWS's own writers".to_owned(),
    }
}
