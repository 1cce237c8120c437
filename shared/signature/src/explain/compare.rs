//! Two texts of one request, compared: which cause their difference leaves, and how sure it is.

use super::Found;
use super::classify::{Finding, Made, findings};
use super::views::{Known, View, Views};
use super::words::shown;
use crate::case::Case;
use crate::cause::{Alternative, Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::evidence::client::is_official;
use crate::scope::Scope;
use crate::string_to_sign::StringToSign;

/// The signer's text against the verifier's, where both are shown.
pub fn signer_and_verifier(case: &Case, views: &Views, found: &mut Found) {
    let same_hash = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    if let (Some(own), Some(theirs)) = (case.client.parsed(), case.server.parsed()) {
        let is_same = own.time == theirs.time && own.scope == theirs.scope;
        if is_same && (own.algorithm != theirs.algorithm || own.hash != theirs.hash) {
            if same_hash(own.hash, theirs.hash) {
                found.cause = Some(written_otherwise(&own, &theirs));
                return;
            }
        } else if is_same {
            found.cause = Some(key_differs(case));
            found.signed =
                views.signed.as_ref().or(views.verified.as_ref()).map(|view| view.text.clone());
            return;
        }
        if own.time == theirs.time && own.scope != theirs.scope {
            found.cause = scope_differs(own.scope, theirs.scope);
            if found.cause.is_some() {
                return;
            }
        }
    }
    if !views.is_one_attempt() {
        return;
    }
    let (Some(signed), Some(verified)) = (&views.signed, &views.verified) else { return };
    if signed.known.min(verified.known) == Known::Cut {
        return;
    }
    if verified.known == Known::Supposed && !views.sent_by_signer {
        return;
    }
    let mut differences = findings(&signed.request, &verified.request, views.is_s3);
    if verified.known == Known::Supposed {
        // Beside what a client's log shows as sent, a body is not shown, and a verifier may pass over a port.
        differences.retain(|finding| {
            let is_port = finding.part == "header:host" && finding.made == Made::RatherOnTheWay;
            finding.part != "payload" && !is_port
        });
    }
    if differences.is_empty() {
        if views
            .signed_hash
            .as_ref()
            .zip(case.server.hash())
            .is_some_and(|(own, theirs)| *own != theirs)
        {
            found.cause = beyond_the_lines(signed, verified);
            found.signed = Some(signed.text.clone());
            return;
        }
        // Without a string to sign on both sides this is all that can be compared.
        if signed.known > Known::Altered && verified.known > Known::Supposed {
            found.cause = Some(match (&case.client.string_to_sign, &case.server.string_to_sign) {
                (Some(_), Some(_)) => key_differs(case),
                _ => text_is_same(case),
            });
            found.signed = Some(signed.text.clone());
        }
        return;
    }
    found.signed = Some(signed.text.clone());
    found.cause = conclude(&differences, signed.known, verified.known, views, EvidenceKind::Diff);
    found.differences = differences;
}

/// The request as it was sent against what was verified: who sent it has signed it, most likely.
pub fn sent_and_verified(views: &Views, found: &mut Found) {
    let (Some(sent), Some(verified)) = (&views.sent, &views.verified) else { return };
    if verified.known < Known::Shown {
        return;
    }
    let mut differences = findings(&sent.request, &verified.request, views.is_s3);
    if differences.iter().any(|finding| finding.part == "header:x-amz-date" && !finding.is_unsent())
    {
        // Nobody rewrites it on the way: these are two attempts.
        return;
    }
    // A log may leave headers out of what it shows as sent.
    differences.retain(|finding| !finding.is_unsent());
    // A body that is not shown says nothing about its hash.
    differences.retain(|finding| finding.part != "payload" || sent.known == Known::Fixed);
    if differences.is_empty() {
        return;
    }
    for finding in &mut differences {
        finding.made = Made::OnTheWay;
    }
    let known = sent.known.min(Known::Shown);
    found.cause = conclude(&differences, known, verified.known, views, EvidenceKind::Diff);
    found.differences = differences;
}

/// Client and server computed the same: what differs is the key.
pub fn key_differs(case: &Case) -> Cause {
    let detail = "client and server computed the same string to sign, so the keys differ";
    another_key(case, Confidence::Strong, detail)
}

/// The canonical requests are the same, and one side's string to sign is not shown.
fn text_is_same(case: &Case) -> Cause {
    let detail = "client and server computed the same canonical request: if their strings to sign are the same too, the keys differ";
    another_key(case, Confidence::Likely, detail)
}

fn another_key(case: &Case, confidence: Confidence, detail: &str) -> Cause {
    let evidence = vec![Evidence::new(EvidenceKind::Diff, detail)];
    let cause = Cause::new(CauseId::WrongSecret, confidence, evidence)
        .or(CauseId::SecretMalformed, Confidence::Likely);
    let is_official = case.client_name.as_deref().is_some_and(is_official);
    if is_official { cause } else { cause.or(CauseId::SignerKeyDerivation, Confidence::Likely) }
}

/// The same canonical request, and strings to sign that are not the same: the signer writes its own in
/// another way, for which the catalogue has no cause.
fn written_otherwise(own: &StringToSign<'_>, theirs: &StringToSign<'_>) -> Cause {
    let detail = if own.algorithm != theirs.algorithm {
        format!(
            "the client's string to sign names the algorithm {}, the server's {}",
            shown(Some(own.algorithm)),
            shown(Some(theirs.algorithm))
        )
    } else {
        "client and server have one hash in their strings to sign, in capitals at one of them"
            .to_owned()
    };
    let evidence = vec![Evidence::new(EvidenceKind::Diff, detail)];
    Cause::new(CauseId::Undetermined, Confidence::Unknown, evidence)
}

/// Texts that differ in their hashes, and in no line: what stands behind the last line is no part of a
/// canonical request.
fn beyond_the_lines(signed: &View, verified: &View) -> Option<Cause> {
    let is_longer = signed.text.strip_prefix(verified.text.as_str()).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_whitespace())
    });
    if !is_longer || signed.known.min(verified.known) < Known::Fixed {
        return None;
    }
    let detail = "the signer's canonical request has a line end behind its last line; its SHA-256 is the hash in the client's own string to sign";
    let evidence = vec![Evidence::new(EvidenceKind::HashMatch, detail)];
    Some(Cause::new(CauseId::SignerHeaderCanonicalization, Confidence::Proven, evidence))
}

/// The scope that was signed is not the one that was verified.
fn scope_differs(signed: &str, verified: &str) -> Option<Cause> {
    let (own, theirs) = (Scope::parse(signed)?, Scope::parse(verified)?);
    let parts = [
        (CauseId::WrongRegion, "region", own.region, theirs.region),
        (CauseId::WrongService, "service", own.service, theirs.service),
        (CauseId::SignerScopeDate, "date", own.date, theirs.date),
        (CauseId::MalformedAuthorization, "terminator", own.terminator, theirs.terminator),
    ];
    let mut differing = parts.iter().filter(|(_, _, own, theirs)| own != theirs);
    let (cause, component, own, theirs) = differing.next()?;
    let detail = format!(
        "the client signed for the {component} {}, the server verified for {}",
        shown(Some(own)),
        shown(Some(theirs))
    );
    let cause =
        Cause::new(*cause, Confidence::Strong, vec![Evidence::new(EvidenceKind::Diff, detail)]);
    Some(cause.with_component(*component))
}

/// What differences between a signed and a verified text leave, when the texts are known as given.
#[must_use]
pub fn conclude(
    differences: &[Finding],
    signed: Known,
    verified: Known,
    views: &Views,
    kind: EvidenceKind,
) -> Option<Cause> {
    let resolved: Vec<Resolved> =
        differences.iter().map(|finding| resolve(finding, views)).collect();
    let main = resolved.iter().min_by_key(|one| one.cause)?;
    let one_cause = resolved.iter().all(|one| one.cause == main.cause);
    // A bucket that moves between host and path shows in both.
    let moves_bucket =
        |one: &Resolved| matches!(one.cause, CauseId::HostChanged | CauseId::PathChanged);
    let one_place = one_cause || resolved.iter().all(moves_bucket);
    let confidence = if signed.min(verified) <= Known::Altered {
        Confidence::Likely
    } else if signed == Known::Fixed && verified == Known::Fixed && main.sure && one_cause {
        Confidence::Proven
    } else if one_place {
        Confidence::Strong
    } else {
        // Two texts that differ in two places do not differ in exactly one.
        Confidence::Likely
    };
    let told = differences.iter().map(|finding| Evidence::new(kind, words(finding)));
    let mut evidence: Vec<Evidence> = told.collect();
    if kind == EvidenceKind::Diff && signed.min(verified) == Known::Fixed {
        // The first is what summaries keep: the difference stands in it.
        let detail = format!(
            "{}; what was signed has the SHA-256 in its string to sign, and what was verified is whole",
            words(differences.first()?)
        );
        evidence.insert(0, Evidence::new(EvidenceKind::HashMatch, detail));
    }
    let mut cause = Cause::new(main.cause, confidence, evidence);
    cause.component.clone_from(&main.component);
    cause.evidence.extend(main.why.map(|why| Evidence::new(EvidenceKind::Diff, why)));
    let offered = resolved.iter().filter(|one| one.cause != main.cause).map(|one| Alternative {
        cause: one.cause,
        component: one.component.clone(),
        confidence: confidence.min(Confidence::Strong),
    });
    cause.alternatives.extend(offered);
    if confidence < Confidence::Proven && !main.sure {
        cause.alternatives.extend(main.other.map(|other| Alternative {
            cause: other,
            component: main.other_component.clone(),
            confidence: Confidence::Likely,
        }));
    }
    Some(cause)
}

/// A finding with who made it, as far as what was sent tells.
struct Resolved {
    cause: CauseId,
    component: Option<String>,
    /// Whether the evidence leaves this cause alone.
    sure: bool,
    other: Option<CauseId>,
    other_component: Option<String>,
    why: Option<&'static str>,
}

fn resolve(finding: &Finding, views: &Views) -> Resolved {
    let made = |cause, sure, other: Option<CauseId>, why| Resolved {
        cause,
        component: finding.component_of(cause),
        sure,
        other,
        other_component: other.and_then(|other| finding.component_of(other)),
        why,
    };
    let by_kind = || {
        let sure = matches!(finding.made, Made::OnTheWay | Made::BySigner);
        made(finding.cause(), sure, finding.alternative(), None)
    };
    let is_shown_apart = views.verified.as_ref().is_some_and(|view| view.known != Known::Supposed);
    let Some(sent) = views.sent.as_ref().filter(|_| views.sent_by_signer || is_shown_apart) else {
        return by_kind();
    };
    if finding.part == "payload" && sent.known != Known::Fixed {
        return by_kind();
    }
    let of = |view: &View| part(view, &finding.part);
    let sent = of(sent);
    let is = |text: &Option<String>| *text == sent;
    // The texts of the finding are masked: what they were is compared.
    let verified = views.verified.as_ref().and_then(of);
    let signed = finding.raw_signed.clone();
    match (is(&signed), is(&verified)) {
        (true, false) => made(
            finding.on_the_way,
            true,
            None,
            Some("what was sent is what was signed: it changed on the way"),
        ),
        (false, true) if finding.made == Made::OnTheWay || finding.is_emptied() => by_kind(),
        (false, true) => made(
            finding.by_signer,
            true,
            None,
            Some("what was sent is what was verified: the signer signed something else"),
        ),
        // It was neither: one thing happened before it was sent, and another after.
        _ if sent.is_some() && finding.made != Made::OnTheWay => {
            let cause = finding.cause();
            let both = [finding.on_the_way, finding.by_signer];
            made(cause, false, both.into_iter().find(|other| *other != cause), None)
        }
        _ => by_kind(),
    }
}

/// The text of a part, to be compared.
fn part(view: &View, part: &str) -> Option<String> {
    let request = &view.request;
    match part {
        "method" => Some(request.method.to_string()),
        "path" => Some(request.path.to_string()),
        "query" => Some(request.query.to_string()),
        "payload" => Some(request.payload.to_string()),
        "signed-headers" => Some(request.signed_headers.to_string()),
        header => request.header(header.strip_prefix("header:")?).map(str::to_owned),
    }
}

/// A difference as a sentence.
fn words(finding: &Finding) -> String {
    let part = match finding.part.split_once(':') {
        Some((_, name)) => format!("the header {name} as"),
        None => format!("the {} as", finding.part.replace('-', " ")),
    };
    format!(
        "the signer had {part} {}, the verifier had {}",
        shown(finding.signed.as_deref()),
        shown(finding.verified.as_deref())
    )
}
