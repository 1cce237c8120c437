//! An upload of a form as each side had it, and what its policy's signature is worth.

use super::keys::suspects;
use super::other_forms::is_mismatch;
use super::post::moment;
use super::post_mistakes::mistakes;
use super::views::Known;
use super::words::shown;
use super::{Found, Question};
use crate::authorization::Version;
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use crate::host::{Endpoint, normalize};
use crate::post::{Condition, Policy, PostForm, Proof, SignedPolicy};
use crate::secret::Secret;

/// The forms that were sent and received, as far as they are shown.
pub(super) type Forms = (Option<PostForm>, Option<PostForm>);

/// An upload, as far as it is shown.
pub(super) struct Upload {
    /// The policy that the verifier had, with what it verified it by.
    verified: SignedPolicy,
    known: Known,
    /// What was sent, where that is shown beside what the verifier had.
    sent: Option<SignedPolicy>,
}

impl Upload {
    pub(super) fn of(case: &Case, (sent, received): &Forms) -> Option<Self> {
        let signed = |form: &Option<PostForm>| form.as_ref()?.signed().ok();
        let (sent, received) = (signed(sent), signed(received));
        let stated = case.server.string_to_sign.as_deref().map(str::trim);
        let stated = stated.filter(|text| Policy::parse(text).is_ok());
        // White space in it is a pasted body's.
        let is_stated =
            |policy: &str| stated.is_none_or(|stated| squeezed(stated) == squeezed(policy));
        let whole =
            |known: SignedPolicy, text: &str| SignedPolicy { policy: text.to_owned(), ..known };
        let (verified, known) = match (received, &sent, stated) {
            (Some(received), _, _) if is_stated(&received.policy) => (received, Known::Fixed),
            (None, Some(sent), Some(_)) if is_stated(&sent.policy) => {
                (provided(case, sent), Known::Shown)
            }
            (Some(received), _, Some(stated)) => (whole(received, stated), Known::Shown),
            (None, Some(sent), Some(stated)) => (whole(provided(case, sent), stated), Known::Shown),
            (None, Some(sent), None) => (sent.clone(), Known::Supposed),
            (_, None, Some(stated)) => (of_answer(case, stated)?, Known::Shown),
            (_, _, None) => return None,
        };
        let sent = sent.filter(|_| known > Known::Supposed);
        Some(Self { verified, known, sent })
    }

    /// Whether a form would be refused for what it says, as notes.
    pub(super) fn standing(&self, case: &Case, form: Option<&PostForm>) -> Vec<String> {
        let policy = match Policy::parse(&self.verified.policy) {
            Ok(policy) => policy,
            Err(error) => return vec![error.to_string()],
        };
        let mut notes = Vec::new();
        let now = case.answer.detail("ServerTime").and_then(super::answers::time_of);
        let now = now.or_else(|| case.logged.as_ref()?.time);
        if let Some(end) =
            now.filter(|now| policy.is_expired_at(*now)).and_then(|_| moment(policy.expires_at))
        {
            notes.push(format!("the policy had ended, at {end}"));
        }
        let unmet = form.map(|form| policy.unmet(form)).unwrap_or_default();
        notes.extend(unmet.iter().map(|unmet| {
            format!("{unmet}: S3 refuses that by authorization, whatever the signature is worth")
        }));
        notes
    }

    /// What the secret signs of it.
    pub(super) fn with_secret(
        &self,
        case: &Case,
        secret: &Secret,
        form: Option<&PostForm>,
        found: &mut Found,
    ) -> Option<Cause> {
        if !self.verified.has_signature() {
            return None;
        }
        if self.verified.is_signed_by(secret) {
            return Some(self.right_secret(case, form, found));
        }
        let proof = |detail: String| vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
        if let Some(sent) = self.sent.as_ref().filter(|sent| sent.is_signed_by(secret)) {
            // Of two attempts each has its own signature.
            let is_one = sent.has_signature_of(&self.verified);
            let confidence = if is_one { self.at_most() } else { Confidence::Strong };
            let detail = "the secret and the form as it was sent make exactly the signature that was sent: the form changed on the way";
            return Some(Cause::new(CauseId::PayloadChanged, confidence, proof(detail.to_owned())));
        }
        let sure =
            if self.known > Known::Supposed { Confidence::Proven } else { Confidence::Strong };
        if let Some((cause, component, what)) = self.other_key(secret, found) {
            let detail =
                format!("{what}: with that, the policy has exactly the signature that was sent");
            // Another scope may be the form's: only what was received shows that.
            let is_of_key =
                [CauseId::SecretMalformed, CauseId::SignerKeyDerivation].contains(&cause);
            let confidence = if is_of_key { sure } else { self.at_most() };
            let mut told = Cause::new(cause, confidence, proof(detail));
            told.component = component.map(str::to_owned);
            return Some(told);
        }
        for mistake in mistakes(&self.verified) {
            found.tried += 1;
            if self.verified.is_signature_of(secret, &mistake.text) {
                let detail = format!(
                    "{} was signed: with the secret it has exactly the signature that was sent",
                    mistake.what
                );
                let only = mistake.is_signers;
                let confidence = if only { sure } else { Confidence::Strong };
                let cause = Cause::new(CauseId::SignerPayloadHash, confidence, proof(detail));
                return Some(if only {
                    cause
                } else {
                    cause.or(CauseId::PayloadChanged, Confidence::Likely)
                });
            }
        }
        found.notes.push(
            "the secret makes another signature of the policy, and no known mistake explains the one that was sent"
                .to_owned(),
        );
        None
    }

    /// A damaged secret, another derivation or another scope, over the verifier's own policy.
    fn other_key(
        &self,
        secret: &Secret,
        found: &mut Found,
    ) -> Option<(CauseId, Option<&'static str>, String)> {
        let policy = self.verified.policy.as_bytes();
        match &self.verified.proof {
            Proof::Version4 { signature, time, version: Version::V4, .. } => {
                let (scope, signature) = (self.verified.scope()?, signature.as_ref()?);
                let all = suspects(secret, &scope, time, self.verified.access_key_id(), &[]);
                found.tried += all.len() as u64;
                let hits = all.into_iter().filter(|one| one.key.sign_bytes(policy) == *signature);
                // A policy names no scope itself: the key of another scope is that scope's.
                let hit = hits.min_by_key(|one| one.cause == CauseId::SignerKeyDerivation)?;
                Some((hit.cause, hit.component, hit.what))
            }
            Proof::Version4 { .. } => None,
            Proof::Version2 { access_key_id, .. } => {
                let all = super::damage::damaged(secret, Some(access_key_id));
                found.tried += all.len() as u64;
                let mut all = all.into_iter();
                let (component, what, _) =
                    all.find(|(_, _, damaged)| self.verified.is_signed_by(damaged))?;
                Some((CauseId::SecretMalformed, component, what))
            }
        }
    }

    /// The secret signs the policy that the verifier had, and it was refused all the same.
    fn right_secret(&self, case: &Case, form: Option<&PostForm>, found: &mut Found) -> Cause {
        let evidence = |detail: &str| vec![Evidence::new(EvidenceKind::SignatureMatch, detail)];
        let detail = "the secret makes exactly the signature that was sent, over the policy that the server saw";
        if self.known == Known::Supposed && is_mismatch(case) {
            let detail = "the form as sent is signed rightly with this secret: it changed on the way, or the server has another secret for the key id";
            return Cause::new(CauseId::Undetermined, Confidence::Unknown, evidence(detail))
                .or(CauseId::WrongSecret, Confidence::Likely)
                .or(CauseId::PayloadChanged, Confidence::Likely);
        }
        if !is_mismatch(case) {
            let detail = "the form is signed rightly with this secret, and nothing shows that the service refused its signature";
            let unmet = form.is_some_and(|form| {
                Policy::parse(&self.verified.policy)
                    .is_ok_and(|policy| !policy.unmet(form).is_empty())
            });
            if unmet {
                found.refused = Some(
                    "The form is signed rightly, and does not meet its own policy: that is authorization, not a signature failure."
                        .to_owned(),
                );
            }
            return Cause::new(CauseId::Undetermined, Confidence::Unknown, evidence(detail))
                .or(CauseId::WrongSecret, Confidence::Likely);
        }
        let id = self.verified.access_key_id().unwrap_or_default();
        if id.starts_with("ASIA") {
            return Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence(detail))
                .or(CauseId::ExpiredToken, Confidence::Likely);
        }
        let cause = Cause::new(CauseId::WrongSecret, self.at_most(), evidence(detail));
        // Beside the policy, the answer shows none of the fields that it is verified by.
        if self.known == Known::Fixed {
            cause
        } else {
            cause.or(CauseId::PayloadChanged, Confidence::Likely)
        }
    }

    /// What may be claimed where another field of the form may have changed on the way.
    fn at_most(&self) -> Confidence {
        if self.known == Known::Fixed { Confidence::Proven } else { Confidence::Strong }
    }

    /// What was sent is not what the verifier had.
    pub(super) fn changed(&self, (sent, received): &Forms) -> Option<Cause> {
        let own = self.sent.as_ref()?;
        let mut fields = Vec::new();
        if own.policy != self.verified.policy {
            fields.push("policy");
        }
        if let (Some(sent), Some(received)) = (sent, received) {
            let others = [
                "x-amz-signature",
                "x-amz-credential",
                "x-amz-date",
                "x-amz-algorithm",
                "AWSAccessKeyId",
                "signature",
            ];
            fields.extend(others.iter().filter(|name| sent.field(name) != received.field(name)));
        }
        let detail = |name: &&str| {
            let detail = format!("the field `{name}` that arrived is not the one that was sent");
            Evidence::new(EvidenceKind::Diff, detail)
        };
        let evidence: Vec<Evidence> = fields.iter().map(detail).collect();
        (!evidence.is_empty())
            .then(|| Cause::new(CauseId::PayloadChanged, Confidence::Strong, evidence))
    }

    /// A scope that S3 refuses, whatever the signature is worth.
    pub(super) fn scope_fault(&self, case: &Case) -> Option<Cause> {
        let Proof::Version4 { time, .. } = &self.verified.proof else { return None };
        let scope = self.verified.scope()?;
        let request = case.received.as_ref().or(case.sent.as_ref());
        let host = request.and_then(|request| request.header("host")).unwrap_or_default();
        let host = normalize(host);
        let endpoint = Endpoint::of(&host);
        let day = time.get(..8).unwrap_or(time);
        let region = endpoint.region.filter(|_| endpoint.region_is_explicit());
        let (cause, component, why) = if scope.date != day {
            let of = shown(Some(scope.date));
            (
                CauseId::SignerScopeDate,
                "date",
                format!("the scope is of the day {of}, the form of {}", shown(Some(day))),
            )
        } else if scope.service != "s3" {
            let service = shown(Some(scope.service));
            (
                CauseId::WrongService,
                "service",
                format!("it was signed for the service {service}, and only S3 takes forms"),
            )
        } else if let Some(region) = region.filter(|region| *region != scope.region) {
            let own = shown(Some(scope.region));
            (
                CauseId::WrongRegion,
                "region",
                format!("it was signed for the region {own}, the host is in `{region}`"),
            )
        } else {
            return None;
        };
        let evidence = vec![Evidence::new(EvidenceKind::Rule, why)];
        Some(Cause::new(cause, Confidence::Strong, evidence).with_component(component))
    }

    /// The policy arrived as it was sent: who signed it signed another, or with another key.
    pub(super) fn key_differs(&self, case: &Case) -> Option<Cause> {
        self.sent.as_ref().filter(|_| is_mismatch(case))?;
        let detail = "the policy arrived as it was sent: it was signed with another key, or another text was signed";
        let evidence = vec![Evidence::new(EvidenceKind::Diff, detail)];
        Some(
            Cause::new(CauseId::WrongSecret, Confidence::Likely, evidence)
                .or(CauseId::SecretMalformed, Confidence::Likely)
                .or(CauseId::SignerPayloadHash, Confidence::Likely),
        )
    }

    pub(super) fn undetermined(&self, question: &Question<'_>) -> Cause {
        let mut wanted = Vec::new();
        if self.known == Known::Supposed {
            wanted.push("the service's error body, or the form as it was received");
        }
        if question.secret.is_none() && self.verified.has_signature() {
            wanted.push("the secret, in a file, to check the policy's signature with");
        }
        let detail = match wanted.as_slice() {
            [] => "what is shown does not tell".to_owned(),
            wanted => format!("what would settle it: {}", wanted.join("; or ")),
        };
        let evidence = vec![Evidence::new(EvidenceKind::Rule, detail)];
        Cause::new(CauseId::Undetermined, Confidence::Unknown, evidence)
    }
}

/// What was sent, with the signature that the answer says was provided.
fn provided(case: &Case, sent: &SignedPolicy) -> SignedPolicy {
    let mut provided = sent.clone();
    match &mut provided.proof {
        Proof::Version4 { signature, .. } if case.signature.is_some() => {
            signature.clone_from(&case.signature);
        }
        Proof::Version2 { signature, .. } if case.version_2_signature.is_some() => {
            signature.clone_from(&case.version_2_signature);
        }
        _ => {}
    }
    provided
}

fn squeezed(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

/// What an error body alone tells: the policy, the signature, and the credential that the policy wants.
fn of_answer(case: &Case, policy: &str) -> Option<SignedPolicy> {
    let read = Policy::parse(policy).ok()?;
    let wanted = |name: &str| {
        read.conditions.iter().find_map(|condition| match condition {
            Condition::Is { field, value } if field == name => Some(value.clone()),
            _ => None,
        })
    };
    let proof = match (wanted("x-amz-credential"), &case.version_2_signature) {
        (Some(credential), _) => Proof::Version4 {
            version: Version::V4,
            credential,
            time: wanted("x-amz-date").unwrap_or_default(),
            signature: case.signature.clone(),
        },
        (None, signature) => Proof::Version2 {
            access_key_id: case.access_key_id.clone()?,
            signature: signature.clone(),
        },
    };
    Some(SignedPolicy { policy: policy.to_owned(), proof })
}
