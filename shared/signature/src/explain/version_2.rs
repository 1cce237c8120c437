//! A request of version 2 that is refused: its string to sign as each side had it.
//!
//! Where the service takes version 4 only it says so, and that is read from its answer. Servers that
//! speak S3's protocol still compare signatures of version 2, and show the string that they signed.

use super::classify::{Finding, Made};
use super::damage::damaged;
use super::other_forms::is_mismatch;
use super::version_2_edits::{Text, search};
use super::views::Known;
use super::words::shown;
use super::{Found, Question};
use crate::case::{Case, Texts};
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::http::{HttpRequest, folded};
use crate::secret::Secret;
use crate::uri;
use crate::version_2::{Algorithm, Signature, Version2};

/// Names the cause where the request is signed by version 2 and its string to sign tells it; whether it
/// did.
pub(super) fn read(case: &Case, question: &Question<'_>, found: &mut Found) -> bool {
    let Some(seen) = Seen::of(case) else { return false };
    found.cause = question
        .secret
        .and_then(|secret| seen.with_secret(case, secret, found))
        .or_else(|| seen.compared(found));
    found.cause.is_some()
}

/// What is shown of a request of version 2.
struct Seen<'a> {
    /// The strings to sign that the verifier may have had; one, if it shows it.
    verified: Vec<String>,
    known: Known,
    /// The signer's own string to sign.
    signed: Option<String>,
    /// What the request as sent gives, where that is shown beside something else.
    sent: Vec<String>,
    signature: Option<Signature>,
    algorithm: Algorithm,
    access_key_id: Option<String>,
    requests: Vec<&'a HttpRequest>,
}

impl<'a> Seen<'a> {
    fn of(case: &'a Case) -> Option<Self> {
        let carried = |request: &Option<HttpRequest>| Version2::of(request.as_ref()?).ok();
        let (received, sent) = (carried(&case.received), carried(&case.sent));
        let stated = own_text(&case.server);
        let texts = |carried: &Version2| carried.strings_to_sign().map(str::to_owned).collect();
        let (verified, known): (Vec<String>, Known) = match (&stated, &received, &sent) {
            (Some(stated), _, _) => (vec![stated.clone()], Known::Shown),
            (None, Some(received), _) => (texts(received), Known::Fixed),
            (None, None, Some(sent)) => (texts(sent), Known::Supposed),
            (None, None, None) => return None,
        };
        let shown = received.as_ref().or(sent.as_ref());
        let signature = case
            .version_2_signature
            .clone()
            .or_else(|| shown.and_then(|carried| carried.signature.clone()));
        let algorithm = signature.as_ref().map(Signature::algorithm);
        Some(Self {
            signed: own_text(&case.client),
            sent: sent.as_ref().filter(|_| known > Known::Supposed).map(texts).unwrap_or_default(),
            algorithm: algorithm
                .or(shown.map(|carried| carried.algorithm))
                .unwrap_or(Algorithm::HmacSha1),
            access_key_id: case
                .access_key_id
                .clone()
                .or_else(|| shown.map(|carried| carried.access_key_id.clone())),
            requests: [&case.received, &case.sent].into_iter().flatten().collect(),
            verified,
            known,
            signature,
        })
    }

    fn signs(&self, secret: &Secret, text: &str) -> bool {
        self.signature.as_ref().is_some_and(|signature| {
            Signature::of(secret, self.algorithm, text.as_bytes()) == *signature
        })
    }

    /// What the secret signs of it.
    fn with_secret(&self, case: &Case, secret: &Secret, found: &mut Found) -> Option<Cause> {
        self.signature.as_ref()?;
        if self.verified.iter().any(|text| self.signs(secret, text)) {
            return Some(self.right_secret(case));
        }
        for (component, what, damaged) in damaged(secret, self.access_key_id.as_deref()) {
            found.tried += 1;
            if self.verified.iter().any(|text| self.signs(&damaged, text)) {
                let is_shown = self.known > Known::Supposed;
                let confidence = if is_shown { Confidence::Proven } else { Confidence::Strong };
                let detail = format!("{what} makes exactly the signature that was sent");
                let proof = vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
                let mut cause = Cause::new(CauseId::SecretMalformed, confidence, proof);
                cause.component = component.map(str::to_owned);
                return Some(cause);
            }
        }
        let own = self.signed.iter().chain(&self.sent).find(|text| self.signs(secret, text));
        let signed = own.cloned().or_else(|| {
            let is_signed = |text: &str| self.signs(secret, text);
            let (signed, tried) = search(self.verified.first()?, &self.requests, &is_signed);
            found.tried += tried;
            signed
        });
        let Some(signed) = signed else {
            found.notes.push(
                "the secret makes another signature, and no single change and no pair of changes of the string to sign explains the one that was sent"
                    .to_owned(),
            );
            return None;
        };
        let mut cause = self.differs(&signed, EvidenceKind::SignatureMatch, found)?;
        let detail =
            "over what the signer had, the secret makes exactly the signature that was sent";
        cause.evidence.insert(0, Evidence::new(EvidenceKind::SignatureMatch, detail));
        Some(cause)
    }

    /// The secret signs what the verifier saw, and the verifier refused it all the same.
    fn right_secret(&self, case: &Case) -> Cause {
        let evidence = |detail: &str| vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
        let whose = if self.known > Known::Supposed { "the server saw" } else { "was sent" };
        let detail =
            &format!("the secret makes exactly the signature that was sent, over what {whose}");
        if !is_mismatch(case) {
            // Nothing says that the signature was what the service refused, rather than its version.
            return Cause::new(CauseId::LegacySigv2, Confidence::Likely, evidence(detail))
                .or(CauseId::WrongSecret, Confidence::Likely)
                .or(CauseId::ClockSkew, Confidence::Likely);
        }
        if self.known == Known::Supposed {
            let detail = "the request as sent is signed rightly with this secret: it changed on the way, or the server has another secret for the key id";
            return Cause::new(CauseId::Undetermined, Confidence::Unknown, evidence(detail))
                .or(CauseId::WrongSecret, Confidence::Likely)
                .or(CauseId::HeaderChanged, Confidence::Likely);
        }
        if self.verified.len() > 1 {
            // The server may take the host for another bucket than the signer does.
            return Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence(detail))
                .or(CauseId::EndpointMismatch, Confidence::Likely);
        }
        let is_temporary = self.access_key_id.as_deref().is_some_and(|id| id.starts_with("ASIA"));
        if is_temporary {
            return Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence(detail))
                .or(CauseId::ExpiredToken, Confidence::Likely);
        }
        Cause::new(CauseId::WrongSecret, Confidence::Proven, evidence(detail))
    }

    /// Without a proof: the signer's text, or what was sent, against what the verifier had.
    fn compared(&self, found: &mut Found) -> Option<Cause> {
        if self.known == Known::Supposed {
            let (signed, sent) = (self.signed.as_ref()?, self.verified.first()?);
            return (!self.verified.contains(signed))
                .then(|| self.conclude(signed, sent, EvidenceKind::Diff, found))?;
        }
        if let Some(signed) = &self.signed {
            if self.verified.contains(signed) {
                return Some(key_differs());
            }
            return self.differs(signed, EvidenceKind::Diff, found);
        }
        let sent = self.sent.first().filter(|_| !self.agrees())?;
        self.differs(sent, EvidenceKind::Diff, found)
    }

    /// Whether what was sent gives what the verifier had.
    fn agrees(&self) -> bool {
        self.sent.iter().any(|sent| self.verified.contains(sent))
    }

    /// What the difference of what was signed from what was verified is.
    fn differs(&self, signed: &str, kind: EvidenceKind, found: &mut Found) -> Option<Cause> {
        let verified = self.verified.first()?;
        self.conclude(signed, verified, kind, found)
    }

    fn conclude(
        &self,
        signed: &str,
        verified: &str,
        kind: EvidenceKind,
        found: &mut Found,
    ) -> Option<Cause> {
        let differences = findings(signed, verified);
        let first = differences.first()?;
        let is_signed = kind == EvidenceKind::SignatureMatch;
        let of_sent = |text: &str| self.sent.iter().any(|sent| sent == text);
        // Who made it, as far as what was sent tells.
        let made = match (of_sent(signed), of_sent(verified)) {
            (true, false) => Made::OnTheWay,
            (false, true) if first.made != Made::OnTheWay => Made::BySigner,
            _ => first.made,
        };
        let (cause, other) = match made {
            Made::OnTheWay => (first.on_the_way, None),
            Made::BySigner => (first.by_signer, None),
            Made::RatherOnTheWay => (first.on_the_way, Some(first.by_signer)),
            Made::RatherBySigner => (first.by_signer, Some(first.on_the_way)),
        };
        let is_one = differences.len() == 1 && other.is_none();
        // Of several texts that the verifier may have had, another may differ in more.
        let is_proof =
            is_signed && is_one && self.known == Known::Fixed && self.verified.len() == 1;
        let confidence = if is_proof { Confidence::Proven } else { Confidence::Strong };
        let words = |finding: &Finding| {
            let detail = format!(
                "{}: the signer had {}, the verifier had {}",
                finding.part,
                shown(finding.signed.as_deref()),
                shown(finding.verified.as_deref())
            );
            Evidence::new(kind, detail)
        };
        let mut told = Cause::new(cause, confidence, differences.iter().map(words).collect());
        told.component.clone_from(&first.component);
        for other in other.into_iter().chain(differences[1..].iter().map(Finding::cause)) {
            let is_known = told.alternatives.iter().any(|known| known.cause == other);
            if other != cause && !is_known {
                told = told.or(other, Confidence::Likely);
            }
        }
        found.differences = differences;
        Some(told)
    }
}

/// Client and server computed the same: what differs is the key, and version 2 derives none.
fn key_differs() -> Cause {
    let detail = "client and server computed the same string to sign, so the keys differ";
    let evidence = vec![Evidence::new(EvidenceKind::Diff, detail)];
    Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence)
        .or(CauseId::SecretMalformed, Confidence::Likely)
}

/// One side's own string to sign, if it is one of version 2.
fn own_text(side: &Texts) -> Option<String> {
    let text = side.string_to_sign.as_deref()?;
    Text::parse(text).map(|text| text.write())
}

/// What every difference between two strings to sign is.
fn findings(signed: &str, verified: &str) -> Vec<Finding> {
    let (Some(one), Some(other)) = (Text::parse(signed), Text::parse(verified)) else {
        return of_protocol(signed, verified);
    };
    let mut found = Vec::new();
    if one.method != other.method {
        found.push(
            Finding::new("method", Made::OnTheWay, CauseId::MethodChanged, CauseId::MethodChanged)
                .showing(Some(&one.method), Some(&other.method)),
        );
    }
    for (name, signed, verified) in [
        ("content-md5", &one.content_md5, &other.content_md5),
        ("content-type", &one.content_type, &other.content_type),
        ("date", &one.date, &other.date),
    ] {
        found.extend(header(name, Some(signed), Some(verified)));
    }
    let names = one.headers.iter().chain(&other.headers).map(|(name, _)| name.as_str());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        found.extend(header(name, one.header(name), other.header(name)));
    }
    found.extend(resource(&one.resource, &other.resource));
    if found.is_empty() && signed != verified {
        let signer = CauseId::SignerHeaderCanonicalization;
        found.push(Finding::new("header order", Made::BySigner, signer, signer));
    }
    found
}

/// The differences of two strings to sign of the query protocol: method, host, path, query.
fn of_protocol(signed: &str, verified: &str) -> Vec<Finding> {
    let parts = [
        ("method", CauseId::MethodChanged),
        ("header:host", CauseId::HostChanged),
        ("path", CauseId::PathChanged),
        ("query", CauseId::QueryChanged),
    ];
    let lines = signed.split('\n').zip(verified.split('\n'));
    let differing = parts.into_iter().zip(lines).filter(|(_, (ours, theirs))| ours != theirs);
    let finding = |((part, cause), (ours, theirs)): ((&str, CauseId), (&str, &str))| {
        let mut finding =
            Finding::new(part, Made::OnTheWay, cause, cause).showing(Some(ours), Some(theirs));
        finding.component = (part == "query").then(|| lone_name(ours, theirs)).flatten();
        finding
    };
    differing.map(finding).collect()
}

/// The name of a parameter that stands in one query and not in the other.
fn lone_name(query: &str, other: &str) -> Option<String> {
    let is_in = |pair: &str, query: &str| query.split('&').any(|known| known == pair);
    let lone = other.split('&').find(|pair| !is_in(pair, query));
    let lone = lone.or_else(|| query.split('&').find(|pair| !is_in(pair, other)))?;
    lone.split('=').next().filter(|name| !name.is_empty()).map(str::to_owned)
}

/// A header, whether it stands by its name or in its place.
fn header(name: &str, signed: Option<&str>, verified: Option<&str>) -> Option<Finding> {
    if signed == verified {
        return None;
    }
    let is_there = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
    let is_same = folded(signed.unwrap_or_default()) == folded(verified.unwrap_or_default());
    let made = match (is_there(signed), is_there(verified)) {
        // Signers that ask the clock twice sign one time and send another.
        (true, true) if is_same || name.ends_with("date") => Made::RatherBySigner,
        (true, true) => Made::OnTheWay,
        // Beside an x-amz-date the date's place is empty, and signers forget it.
        (true, false) if name == "date" => Made::RatherBySigner,
        _ => Made::RatherOnTheWay,
    };
    let by_signer = CauseId::SignerHeaderCanonicalization;
    Some(
        Finding::new(&format!("header:{name}"), made, CauseId::HeaderChanged, by_signer)
            .of(name)
            .showing(signed, verified),
    )
}

/// The path, then the sub-resources.
fn resource(signed: &str, verified: &str) -> Vec<Finding> {
    let (path, query) = signed.split_once('?').unwrap_or((signed, ""));
    let (other_path, other_query) = verified.split_once('?').unwrap_or((verified, ""));
    let mut found = Vec::new();
    if path != other_path {
        let (made, component) = if uri::decode(path) == uri::decode(other_path) {
            (Made::RatherBySigner, "encoded")
        } else if other_path.ends_with(path) {
            (Made::RatherBySigner, "prefix-added")
        } else if path.ends_with(other_path) {
            (Made::RatherBySigner, "prefix-removed")
        } else if path.eq_ignore_ascii_case(other_path) {
            (Made::RatherOnTheWay, "case")
        } else {
            // Signer and server may take the host for different buckets.
            (Made::RatherOnTheWay, "other")
        };
        found.push(
            Finding::new("path", made, CauseId::PathChanged, CauseId::SignerPathEncoding)
                .of(component)
                .showing(Some(path), Some(other_path)),
        );
    }
    if query != other_query {
        let name = lone_name(query, other_query);
        // Signers leave out sub-resources that they do not know.
        let mut own = query.split('&').map(|pair| pair.split('=').next());
        let is_left_out = !own.any(|own| own == name.as_deref());
        let is_encoding = uri::decode(query) == uri::decode(other_query);
        let made = match is_left_out || is_encoding {
            true => Made::RatherBySigner,
            false => Made::OnTheWay,
        };
        let mut finding =
            Finding::new("query", made, CauseId::QueryChanged, CauseId::SignerQueryEncoding)
                .showing(Some(query), Some(other_query));
        finding.component = name;
        found.push(finding);
    }
    found
}
