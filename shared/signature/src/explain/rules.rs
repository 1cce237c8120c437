//! Rules on what is shown of a request, for evidence that proves nothing.
//!
//! One row per rule: the first that applies decides, and those behind it that name another cause
//! become alternatives. To add one, add a row.

use super::lint;
use super::rules_endpoint::{kind_of_endpoint, region_of_host, service_of_host};
use super::views::{Known, Views};
use super::words::shown;
use crate::canonical_request::{CanonicalRequest, UNSIGNED_PAYLOAD};
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::host::{Endpoint, normalize};
use crate::presigned::Presigned;
use crate::scope::{CredentialScope, Scope};
use crate::string_to_sign::{ALGORITHM_V4A, is_hash};
use crate::uri::is_s3_family;

/// What a rule looks at.
pub(super) struct Facts<'a> {
    pub(super) case: &'a Case,
    /// The verifier's canonical request, or what stands for it.
    verified: Option<&'a CanonicalRequest<'static>>,
    /// The signer's, and whether its hash proves it whole.
    signed: Option<(&'a CanonicalRequest<'static>, bool)>,
    pub(super) scope: Option<Scope<'a>>,
    time: Option<&'a str>,
    access_key_id: Option<&'a str>,
    pub(super) host: Option<String>,
    pub(super) is_version_4a: bool,
}

/// What a rule leaves: the cause, its component, what may be claimed, and why.
pub(super) struct Told {
    cause: CauseId,
    component: Option<String>,
    confidence: Confidence,
    why: String,
}

pub(super) fn told(
    cause: CauseId,
    component: Option<&str>,
    confidence: Confidence,
    why: String,
) -> Option<Told> {
    Some(Told { cause, component: component.map(str::to_owned), confidence, why })
}

type Rule = fn(&Facts<'_>) -> Option<Told>;

/// Those that leave one reading first.
const RULES: &[Rule] = &[
    signer_mistake,
    scope_date,
    region_of_host,
    service_of_host,
    kind_of_endpoint,
    header_list,
    edge_in_accept_encoding,
    emptied_header,
    key_id_form,
    unfolded_value,
    stated_hash,
    payload_unsigned,
    payload_of_nothing,
    body_in_query,
    host_of_another,
    path_encoded_twice,
    path_characters,
    accept_encoding,
    hop_header,
    content_type_of_version_2,
];

/// Those that a service refuses a request for before it compares signatures.
const CERTAIN: &[Rule] =
    &[scope_date, region_of_host, service_of_host, kind_of_endpoint, header_list];

/// What the rules leave that hold whatever the signature is worth.
#[must_use]
pub fn certain(case: &Case, views: &Views) -> Option<Cause> {
    apply(CERTAIN, case, views)
}

/// What the rules leave.
#[must_use]
pub fn read(case: &Case, views: &Views) -> Option<Cause> {
    apply(RULES, case, views)
}

fn apply(rules: &[Rule], case: &Case, views: &Views) -> Option<Cause> {
    let stamp = views.stamp.as_ref().or(views.signed_stamp.as_ref());
    let verified = views.verified.as_ref();
    let is_altered = verified.is_some_and(|view| view.known <= Known::Altered);
    let logged = case.logged.as_ref().and_then(|logged| logged.host.clone());
    let target = case.logged.as_ref().and_then(|logged| logged.target.as_ref());
    let query =
        target.and_then(|(_, target)| target.split_once('?')).map_or("", |(_, query)| query);
    let presigned = Presigned::parse(query);
    let credential =
        presigned.credential.as_deref().and_then(|text| CredentialScope::parse(text).ok());
    let facts = Facts {
        case,
        verified: verified.map(|view| &view.request),
        signed: views
            .signed
            .as_ref()
            .filter(|view| view.known > Known::Cut)
            .map(|view| (&view.request, view.known == Known::Fixed)),
        scope: stamp
            .and_then(|stamp| stamp.parts())
            .or_else(|| credential.and_then(|scope| scope.scope())),
        time: stamp.map(|stamp| stamp.time.as_str()).or(presigned.date.as_deref()),
        access_key_id: views.access_key_id.as_deref(),
        is_version_4a: stamp.is_some_and(|stamp| stamp.algorithm() == ALGORITHM_V4A),
        host: verified
            .and_then(|view| {
                view.request.header("host").map(|host| normalize(host.trim()).into_owned())
            })
            .or_else(|| logged.map(|host| normalize(&host).into_owned())),
    };
    let mut all = rules.iter().filter_map(|rule| rule(&facts));
    let first = all.next()?;
    let confidence =
        if is_altered { first.confidence.min(Confidence::Likely) } else { first.confidence };
    let evidence = vec![Evidence::new(EvidenceKind::Rule, first.why)];
    let mut cause = Cause::new(first.cause, confidence, evidence);
    cause.component = first.component;
    for other in all {
        let known = cause.alternatives.iter().any(|known| known.cause == other.cause);
        if other.cause != first.cause && !known && confidence < Confidence::Strong {
            cause = cause.or(other.cause, Confidence::Likely);
        }
    }
    Some(cause)
}

/// What the signer's own text shows of its mistakes.
fn signer_mistake(facts: &Facts<'_>) -> Option<Told> {
    let (signed, is_whole) = facts.signed?;
    let is_s3 = facts.scope.is_none_or(|scope| is_s3_family(scope.service));
    let mut mistakes = lint::mistakes(signed, is_s3).into_iter();
    // A text that nothing proves may have been retyped: a hash in it most easily.
    let mistake = mistakes.find(|(cause, _, _)| is_whole || *cause != CauseId::SignerPayloadHash);
    let (cause, component, what) = mistake?;
    let confidence = if is_whole { Confidence::Strong } else { Confidence::Likely };
    told(cause, component.as_deref(), confidence, format!("in what the client signed, {what}"))
}

fn scope_date(facts: &Facts<'_>) -> Option<Told> {
    let (scope, time) = (facts.scope?, facts.time?);
    let day = time.get(..8).filter(|day| day.bytes().all(|b| b.is_ascii_digit()))?;
    if scope.date == day {
        return None;
    }
    let why = format!("the scope is of the day {}, the request of {day}", shown(Some(scope.date)));
    told(CauseId::SignerScopeDate, Some("date"), Confidence::Strong, why)
}

fn header_list(facts: &Facts<'_>) -> Option<Told> {
    let names: Vec<&str> = facts.verified?.signed_headers.split(';').collect();
    let why = if names.iter().any(|name| name.bytes().any(|b| b.is_ascii_uppercase())) {
        "the list of signed headers is not in lower case"
    } else if names.windows(2).any(|pair| pair[0] == pair[1]) {
        "the list of signed headers names one twice"
    } else if !names.is_sorted() {
        "the list of signed headers is not sorted"
    } else {
        return None;
    };
    told(CauseId::SignerHeaderCanonicalization, None, Confidence::Strong, why.to_owned())
}

/// Google's front end signs its name into what it rewrites.
fn edge_in_accept_encoding(facts: &Facts<'_>) -> Option<Told> {
    let value =
        facts.verified?.header("accept-encoding").filter(|value| value.contains("(gfe)"))?;
    let why = format!(
        "Google's front end has appended itself to the signed accept-encoding: {}",
        shown(Some(value))
    );
    told(CauseId::HeaderChanged, Some("accept-encoding"), Confidence::Strong, why)
}

/// Headers that some clients sign empty and send empty.
const EMPTY_BY_HABIT: &[&str] = &["content-type", "content-md5", "date", "x-amz-content-sha256"];

fn emptied_header(facts: &Facts<'_>) -> Option<Told> {
    let empty =
        |name: &&str| facts.verified.is_some_and(|request| request.header(name) == Some(""));
    let names: Vec<&str> =
        facts.verified?.headers.iter().map(|(name, _)| name.as_ref()).filter(empty).collect();
    if names.len() > 1 && names.iter().any(|name| name.eq_ignore_ascii_case("x-amz-date")) {
        // No service comes as far as comparing signatures without it: only a part is shown.
        return None;
    }
    let certain =
        names.iter().find(|name| !EMPTY_BY_HABIT.contains(&name.to_ascii_lowercase().as_str()));
    let name = certain.or(names.first())?;
    let why = format!(
        "the signed header {name} is empty at the server: it was dropped on the way, or never sent"
    );
    if crate::redact::is_token(name) {
        return told(CauseId::ExpiredToken, None, Confidence::Likely, why);
    }
    let confidence = if certain.is_some() { Confidence::Strong } else { Confidence::Likely };
    told(CauseId::HeaderChanged, Some(&name.to_ascii_lowercase()), confidence, why)
}

fn key_id_form(facts: &Facts<'_>) -> Option<Told> {
    let id = facts.access_key_id?;
    if id.trim() == id && !id.contains(['"', '\'', '%']) {
        return None;
    }
    let why = "the access key id holds characters that no key id has".to_owned();
    told(CauseId::SecretMalformed, None, Confidence::Strong, why)
}

fn payload_unsigned(facts: &Facts<'_>) -> Option<Told> {
    let service = facts.scope?.service;
    if is_s3_family(service) || facts.verified?.payload != UNSIGNED_PAYLOAD {
        return None;
    }
    let why = format!(
        "the payload is {UNSIGNED_PAYLOAD}, which S3 takes and {} does not",
        shown(Some(service))
    );
    told(CauseId::SignerPayloadHash, None, Confidence::Likely, why)
}

fn payload_of_nothing(facts: &Facts<'_>) -> Option<Told> {
    let request = facts.verified?;
    let length = request.header("content-length")?.trim().parse::<u64>().ok()?;
    if length == 0 || request.payload != crate::secret::EMPTY_SHA256 {
        return None;
    }
    let why = format!("the hash of an empty body stands beside a body of {length} bytes");
    told(CauseId::SignerPayloadHash, None, Confidence::Likely, why)
}

/// Three times, that is: twice encoded a key may be sent on purpose.
fn path_encoded_twice(facts: &Facts<'_>) -> Option<Told> {
    let path = &facts.verified?.path;
    let is_s3 = facts.scope.is_none_or(|scope| is_s3_family(scope.service));
    let hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    let twice = path
        .match_indices("%2525")
        .any(|(at, _)| hex(path.as_bytes().get(at + 5)) && hex(path.as_bytes().get(at + 6)));
    if !is_s3 || !twice {
        return None;
    }
    let why = format!("the path is encoded over and over: {}", shown(Some(path)));
    told(CauseId::SignerPathEncoding, Some("double-encoded"), Confidence::Likely, why)
}

fn accept_encoding(facts: &Facts<'_>) -> Option<Told> {
    let value = facts.verified?.header("accept-encoding")?;
    // What S3's own SDKs sign, and what nobody rewrites to.
    if value == "identity" || value.is_empty() {
        return None;
    }
    let why = format!(
        "accept-encoding is signed, which content delivery networks rewrite; the server saw {}",
        shown(Some(value))
    );
    told(CauseId::HeaderChanged, Some("accept-encoding"), Confidence::Likely, why)
}

/// Signed headers that a hop changes or drops.
const HOP_HEADERS: &[&str] = &[
    "connection",
    "te",
    "transfer-encoding",
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-real-ip",
    "x-amzn-trace-id",
    "keep-alive",
    "upgrade",
    "cdn-loop",
];

fn hop_header(facts: &Facts<'_>) -> Option<Told> {
    let request = facts.verified?;
    let name = HOP_HEADERS.iter().find(|name| request.header(name).is_some())?;
    let why = format!(
        "{name} is signed, which hops change; the server saw {}",
        shown(request.header(name))
    );
    told(CauseId::HeaderChanged, Some(name), Confidence::Likely, why)
}

/// Hosts that no client signs for this verifier.
fn host_of_another(facts: &Facts<'_>) -> Option<Told> {
    let host = facts.verified?.header("host").map(str::trim).filter(|host| !host.is_empty())?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_s3 = facts.scope.is_some_and(|scope| is_s3_family(scope.service));
    let why = if host.contains("://") {
        "the host holds a scheme"
    } else if host.ends_with(":443") || host.ends_with(":80") {
        "the host holds a default port, which signers leave out"
    } else if is_s3 && name.ends_with(".cloudfront.net") {
        "the host is a distribution's, which forwarded its own name"
    } else if facts.case.answer.code.is_some()
        && !name.contains('.')
        && name != "localhost"
        && name.len() > 1
    {
        "no client outside calls a server so"
    } else {
        return None;
    };
    let why = format!("the server saw the host {}: {why}", shown(Some(host)));
    told(CauseId::HostChanged, None, Confidence::Likely, why)
}

/// A verifier that does not fold spaces shows what the signer had to fold.
fn unfolded_value(facts: &Facts<'_>) -> Option<Told> {
    let is_unfolded = |value: &str| value.trim().contains("  ") || value.contains('\t');
    let (name, _) = facts.verified?.headers.iter().find(|(_, value)| is_unfolded(value))?;
    let why = format!(
        "the value of {name} holds several spaces in a row, which signers fold and verifiers may not"
    );
    told(CauseId::SignerHeaderCanonicalization, Some(name), Confidence::Likely, why)
}

/// Services other than S3 hash the body themselves: beside it stands what the client stated.
fn stated_hash(facts: &Facts<'_>) -> Option<Told> {
    let request = facts.verified?;
    let stated = request.header("x-amz-content-sha256")?.trim();
    if !is_hash(stated)
        || !is_hash(&request.payload)
        || stated.eq_ignore_ascii_case(&request.payload)
    {
        return None;
    }
    let why = "the hash that the client states is not the one that the server computed of the body"
        .to_owned();
    told(CauseId::SignerPayloadHash, None, Confidence::Likely, why)
}

/// A body that was sent as a form is taken for parameters.
fn body_in_query(facts: &Facts<'_>) -> Option<Told> {
    let query = &facts.verified?.query;
    if !query.starts_with("%3C") && !query.starts_with("%7B") {
        return None;
    }
    let why = "the query begins with the body: it was sent as a form, and taken for parameters"
        .to_owned();
    told(CauseId::QueryChanged, None, Confidence::Likely, why)
}

/// Characters that signers of services other than S3 encode too often, or too seldom.
const ODD_IN_PATH: &[&str] = &["%2A", "%2C", "%21", "%27", "%28", "%29", "%25252A", "%252C"];

fn path_characters(facts: &Facts<'_>) -> Option<Told> {
    let path = &facts.verified?.path;
    let is_s3 = facts.scope.is_none_or(|scope| is_s3_family(scope.service))
        && !facts.host.as_deref().is_some_and(|host| {
            Endpoint::of(host).service.is_some_and(|service| !is_s3_family(service))
        });
    let odd = ODD_IN_PATH.iter().find(|odd| path.contains(**odd))?;
    if is_s3 && facts.scope.is_some() {
        return None;
    }
    let why = format!(
        "the path holds {odd}: signers differ in how they encode that character, and how often"
    );
    told(CauseId::SignerPathEncoding, None, Confidence::Likely, why)
}

/// The string of version 2 holds the content type that arrived; HTTP clients set one by themselves.
fn content_type_of_version_2(facts: &Facts<'_>) -> Option<Told> {
    let text = facts.case.server.string_to_sign.as_deref()?;
    let mut lines = text.lines();
    let method = lines.next()?.trim();
    let is_v2 =
        method.len() <= 7 && !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase());
    let kind = lines.nth(1).map(str::trim).filter(|kind| is_v2 && kind.contains('/'))?;
    let why = format!(
        "the content type {} arrived: HTTP clients set or complete one by themselves",
        shown(Some(kind))
    );
    told(CauseId::HeaderChanged, Some("content-type"), Confidence::Likely, why)
}
