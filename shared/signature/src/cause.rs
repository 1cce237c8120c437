//! The cause catalogue: every diagnosis names one of these ids, how sure it is, and why.
//!
//! The ids are public. They stand in JSON, metrics and alerts, so they never change.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One row of the catalogue.
struct Entry {
    id: CauseId,
    name: &'static str,
    /// What happened, as half a sentence that follows "the signature fails because".
    what: &'static str,
    fix: &'static str,
    avoid: &'static str,
}

macro_rules! catalogue {
    ($($variant:ident $name:literal $what:literal $fix:literal $avoid:literal)*) => {
        /// What made a signature fail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum CauseId {
            $(
                #[doc = concat!("`", $name, "`: ", $what, ".")]
                $variant,
            )*
        }

        const CATALOGUE: &[Entry] = &[
            $(Entry { id: CauseId::$variant, name: $name, what: $what, fix: $fix, avoid: $avoid },)*
        ];
    };
}

catalogue! {
    MethodChanged "method-changed"
        "it was signed for one HTTP method and sent with another"
        "presign for the method that is used, and keep proxies from rewriting it"
        "retrying"
    HostChanged "host-changed"
        "the Host that the verifier saw is not the one that was signed"
        "sign with the final outbound host, or switch host rewriting off in the proxy"
        "rotating keys"
    PathChanged "path-changed"
        "the path was decoded, re-encoded, merged or prefixed between signing and verifying"
        "pass the raw path through the proxy, or sign at the last hop"
        "changing IAM policies"
    QueryChanged "query-changed"
        "query parameters were added, dropped or altered after signing"
        "leave the query alone, or sign it with the extra parameter"
        "rotating keys"
    HeaderChanged "header-changed"
        "a signed header was rewritten or dropped on the way, or an unsigned x-amz header was added"
        "do not sign headers that a hop changes, and send exactly the signed value"
        "rotating keys or widening IAM policies"
    PayloadChanged "payload-changed"
        "the body that arrived is not the body that was hashed"
        "sign after the last transformation of the body"
        "switching payload signing off without knowing who changes the body"
    SignerPathEncoding "signer-path-encoding"
        "the signer encodes the path in its own way"
        "encode each path segment once for S3 and twice for other services, with upper-case hex"
        "renaming objects one by one"
    SignerQueryEncoding "signer-query-encoding"
        "the signer encodes query parameters in its own way"
        "percent-encode names and values strictly, a space as %20, and write `name=` for a bare name"
        "dropping the parameter"
    SignerQueryOrder "signer-query-order"
        "the signer does not sort the query by encoded name and value"
        "sort parameters by encoded name, then by value"
        "reordering the URL by hand"
    SignerHeaderCanonicalization "signer-header-canonicalization"
        "the signer writes header names or values differently from the canonical form"
        "lower-case and sort names, trim values and fold inner spaces"
        "removing headers until it works"
    SignerPayloadHash "signer-payload-hash"
        "the signer's payload hash is not the one that the service expects"
        "hash the bytes that are sent, or use UNSIGNED-PAYLOAD only where the service takes it"
        "turning verification off"
    SignerKeyDerivation "signer-key-derivation"
        "the signing key is derived wrongly or taken from a stale cache"
        "derive date, region, service and `aws4_request` in that order from `AWS4` + secret, as raw bytes"
        "rotating keys"
    SignerScopeDate "signer-scope-date"
        "the date in the credential scope is not the UTC day of the request"
        "take the scope's date from X-Amz-Date, in UTC"
        "changing the clock's time zone"
    WrongSecret "wrong-secret"
        "the secret in use is not the one that AWS holds for this key id"
        "reload the current secret where it fails (restart or redeploy that worker), and check which environment it reads"
        "retrying, or widening IAM policies: authorization has not begun"
    SecretMalformed "secret-malformed"
        "the right secret or key id is damaged where it is read"
        "read the secret without a trailing newline, quotes or URL-encoding"
        "rotating keys: the next one is damaged in the same way"
    UnknownAccessKey "unknown-access-key"
        "AWS does not know the access key id"
        "find where this key id is configured and replace it with an active one of the same partition"
        "widening IAM policies: there is no identity to widen"
    ExpiredToken "expired-token"
        "the session token is expired, invalid, missing, or of other credentials"
        "refresh temporary credentials before they expire, and keep key, secret and token together"
        "creating long-lived keys"
    WrongRegion "wrong-region"
        "the region in the credential scope is not the one of the endpoint or bucket"
        "sign for the region that the endpoint belongs to"
        "rotating keys"
    WrongService "wrong-service"
        "the service in the credential scope is not the one of the endpoint"
        "sign with the endpoint's signing name"
        "rotating keys"
    EndpointMismatch "endpoint-mismatch"
        "this kind of endpoint wants other signing than it got"
        "use the endpoint that the bucket or resource belongs to, and sign for it"
        "changing bucket policies"
    ClockSkew "clock-skew"
        "it was signed too far from the server's time"
        "synchronise the clock, and sign just before sending"
        "rotating keys"
    UrlExpired "url-expired"
        "the presigned URL was used after its time"
        "issue the URL later or for longer, and request it again instead of retrying"
        "making the bucket public"
    LegacySigv2 "legacy-sigv2"
        "it was signed with Signature Version 2 where version 4 is required"
        "upgrade the client or switch it to signature version 4"
        "creating new keys"
    MalformedAuthorization "malformed-authorization"
        "the Authorization header or the signing parameters cannot be read, or one is missing"
        "send all parts: Credential, SignedHeaders, Signature and the date"
        "retrying"
    Undetermined "undetermined"
        "the evidence does not tell"
        "capture one failing request with its error body, and compare the canonical requests"
        "rotating keys or widening IAM policies on a guess"
}

impl CauseId {
    /// Every cause, in the catalogue's order.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(|entry| entry.id)
    }

    fn entry(self) -> &'static Entry {
        // The enum and the table come from one macro, in one order.
        &CATALOGUE[self as usize]
    }

    /// The public id, for example `header-changed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What happened, as half a sentence without a full stop.
    #[must_use]
    pub fn what(self) -> &'static str {
        self.entry().what
    }

    /// What to do.
    #[must_use]
    pub fn fix(self) -> &'static str {
        self.entry().fix
    }

    /// The wrong fix that people try first.
    #[must_use]
    pub fn avoid(self) -> &'static str {
        self.entry().avoid
    }
}

impl fmt::Display for CauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for CauseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for CauseId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::all().find(|cause| cause.name() == name).ok_or_else(|| {
            serde::de::Error::custom(format_args!("`{}` is no cause", name.escape_debug()))
        })
    }
}

/// How sure a diagnosis is, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Nothing can honestly be claimed; goes only with [`CauseId::Undetermined`].
    Unknown,
    /// The best explanation among several, from rules or statistics.
    Likely,
    /// Two observed texts differ in exactly this place, or a deterministic rule leaves one reading.
    Strong,
    /// Fixed by cryptography, or the service's own words.
    Proven,
}

impl Confidence {
    /// The public word, for example `likely`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Likely => "likely",
            Self::Strong => "strong",
            Self::Proven => "proven",
        }
    }
}

/// What kind of observation supports a diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// A text hashes to the value in the client's own string to sign.
    HashMatch,
    /// A key and a text make exactly the signature that was provided.
    SignatureMatch,
    /// The service said so.
    ServiceMessage,
    /// Two observed texts were compared.
    Diff,
    /// A rule on observed fields.
    Rule,
    /// Counts over many requests.
    Statistic,
}

impl EvidenceKind {
    /// Whether it can carry a proof: cryptography, or the service's own words.
    #[must_use]
    pub fn can_prove(self) -> bool {
        matches!(self, Self::HashMatch | Self::SignatureMatch | Self::ServiceMessage)
    }
}

/// One observation, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What kind of observation it is.
    pub kind: EvidenceKind,
    /// The observation, one sentence without secrets.
    pub detail: String,
}

impl Evidence {
    /// An observation of a kind.
    pub fn new(kind: EvidenceKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

/// Another cause that the evidence does not exclude.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alternative {
    /// The cause.
    pub cause: CauseId,
    /// Its component, if one is known.
    pub component: Option<String>,
    /// What may be claimed for it.
    pub confidence: Confidence,
}

/// A diagnosis: one cause with its evidence, its fix and the wrong fix to avoid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The cause.
    pub cause: CauseId,
    /// The header, query parameter, kind of path change or scope part, if one is known.
    pub component: Option<String>,
    /// Set through [`Cause::new`] and [`Cause::at_most`] alone.
    confidence: Confidence,
    /// What led to it, strongest first.
    pub evidence: Vec<Evidence>,
    /// What else it could be.
    pub alternatives: Vec<Alternative>,
    /// What to do.
    pub fix: Cow<'static, str>,
    /// The wrong fix to avoid.
    pub avoid: Cow<'static, str>,
}

impl Cause {
    /// A diagnosis with the catalogue's fix. [`CauseId::Undetermined`] and
    /// [`Confidence::Unknown`] go only together, and nothing is [`Confidence::Proven`] without
    /// evidence that [can prove](EvidenceKind::can_prove), whatever was asked for.
    #[must_use]
    pub fn new(cause: CauseId, confidence: Confidence, evidence: Vec<Evidence>) -> Self {
        let is_proof = evidence.iter().any(|evidence| evidence.kind.can_prove());
        let (cause, confidence) = match (cause, confidence) {
            (CauseId::Undetermined, _) | (_, Confidence::Unknown) => {
                (CauseId::Undetermined, Confidence::Unknown)
            }
            (cause, Confidence::Proven) if !is_proof => (cause, Confidence::Strong),
            told => told,
        };
        Self {
            cause,
            component: None,
            confidence,
            evidence,
            alternatives: Vec::new(),
            fix: Cow::Borrowed(cause.fix()),
            avoid: Cow::Borrowed(cause.avoid()),
        }
    }

    /// What may be claimed.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// The same diagnosis, claiming no more than this. What may not be claimed at all is
    /// [`CauseId::Undetermined`], which only [`Cause::new`] makes: the least here is likely.
    #[must_use]
    pub fn at_most(mut self, most: Confidence) -> Self {
        self.confidence = self.confidence.min(most.max(Confidence::Likely));
        self
    }

    /// The same diagnosis for a component.
    #[must_use]
    pub fn with_component(mut self, component: impl Into<String>) -> Self {
        self.component = Some(component.into());
        self
    }

    /// The same diagnosis with a cause that is not excluded.
    #[must_use]
    pub fn or(mut self, cause: CauseId, confidence: Confidence) -> Self {
        self.alternatives.push(Alternative { cause, component: None, confidence });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_stands_at_its_own_place_in_the_table() {
        for (place, cause) in CauseId::all().enumerate() {
            assert_eq!(cause as usize, place);
            let written = serde_json::to_value(cause).unwrap();
            assert_eq!(written, cause.name());
            assert_eq!(serde_json::from_value::<CauseId>(written).unwrap(), cause);
            assert!(
                !cause.what().ends_with('.')
                    && !cause.fix().is_empty()
                    && !cause.avoid().is_empty()
            );
        }
        assert_eq!(CauseId::all().count(), 25);
    }

    #[test]
    fn unknown_goes_only_with_undetermined() {
        let told = Cause::new(CauseId::WrongSecret, Confidence::Unknown, vec![]);
        assert_eq!((told.cause, told.confidence), (CauseId::Undetermined, Confidence::Unknown));
        let told = Cause::new(CauseId::Undetermined, Confidence::Proven, vec![]);
        assert_eq!(told.confidence, Confidence::Unknown);
        assert_eq!(told.at_most(Confidence::Likely).confidence, Confidence::Unknown);
    }

    #[test]
    fn nothing_is_proven_without_a_proof() {
        use EvidenceKind as E;
        for (kind, confidence) in [
            (E::HashMatch, Confidence::Proven),
            (E::SignatureMatch, Confidence::Proven),
            (E::ServiceMessage, Confidence::Proven),
            (E::Diff, Confidence::Strong),
            (E::Rule, Confidence::Strong),
            (E::Statistic, Confidence::Strong),
        ] {
            let evidence = vec![Evidence::new(kind, "")];
            let told = Cause::new(CauseId::HostChanged, Confidence::Proven, evidence);
            assert_eq!(told.confidence, confidence, "{kind:?}");
        }
        let none = Cause::new(CauseId::HostChanged, Confidence::Proven, vec![]);
        assert_eq!(none.confidence, Confidence::Strong);
    }
}
