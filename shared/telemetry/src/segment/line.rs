//! The lines of a segment. Columns are named as in the public JSON; an unknown value is absent.
//!
//! Times are RFC 3339; minutes are counted from 1970 on; hashes are hex, since JSON's numbers are
//! not exact beyond 2⁵³.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sigdrift_signature::cause::{CauseId, Confidence, EvidenceKind};

use crate::change::ChangeKind;
use crate::deploy::Carrier;
use crate::request::Outcome;
use crate::source::{Place, SourceKind, Traffic};
use crate::tally::{Resolution, SourceId};
use crate::time::Minute;

/// A text that may be borrowed from the line.
pub type Text<'a> = Option<Cow<'a, str>>;

/// Any line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "kebab-case")]
pub enum Line<'a> {
    #[serde(borrow)]
    Segment(Header<'a>),
    Failure(Box<Failure<'a>>),
    Traffic(Box<Counts<'a>>),
    Change(Change<'a>),
    DeployMarker(DeployMarker<'a>),
    KeyOwner(KeyOwner<'a>),
    Scanner(Scanner),
    Source(Source<'a>),
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Header<'a> {
    pub version: u32,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    pub sources: Vec<SourceId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<SourceId>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub limited: Limited,
}

/// What limits did to the tally; a member is absent where they did nothing.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limited {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures_below: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_below: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints_below: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_below: Option<Hash>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub resolution: Resolution,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extent: Vec<Hash>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub changes_dropped: u64,
}

/// A signature failure.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure<'a> {
    /// For those who query segments: it is worked out from the request id and the event.
    pub identity: Hash,
    pub kind: SourceKind,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub time: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub request_id: Text<'a>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub event: Hash,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub code: Text<'a>,
    #[serde(borrow, flatten)]
    pub values: Values<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub signed_region: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub method: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub user_agent: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub tls: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub signature_version: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub key_encoding: Text<'a>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub fingerprint: Hash,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told<'a>>,
}

/// A request's value in every dimension.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Values<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub endpoint: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub region: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub deploy_version: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub operation: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub bucket: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub auth: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub client: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Carrier>,
    /// Names of the columns whose values a limit left no room for.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub overflow: Vec<Cow<'a, str>>,
}

/// What one record by itself says about the cause.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told<'a> {
    pub cause: CauseId,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub component: Text<'a>,
    pub confidence: Confidence,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<CauseId>,
    pub evidence: EvidenceKind,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub detail: Text<'a>,
}

/// Counts of signed requests with the same values, and a sample of these requests.
#[derive(Debug, Serialize, Deserialize)]
pub struct Counts<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    pub outcome: Outcome,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub code: Text<'a>,
    #[serde(borrow, flatten)]
    pub values: Values<'a>,
    /// Each a minute and how many.
    pub counts: Vec<(Minute, u64)>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub sample: Vec<Seen<'a>>,
}

/// A counted request of the sample.
#[derive(Debug, Serialize, Deserialize)]
pub struct Seen<'a>(
    /// The minute.
    pub Minute,
    /// Hash of the request id.
    pub Hash,
    /// Hash of what tells records of one request apart.
    pub Hash,
    /// How many records told the same.
    pub u32,
    /// Hash of the client's address.
    pub Hash,
    /// The TLS version.
    #[serde(borrow)]
    pub Text<'a>,
    /// The signature version.
    #[serde(borrow)]
    pub Text<'a>,
    /// How the object key has to be encoded.
    #[serde(borrow)]
    pub Text<'a>,
);

/// A change event.
#[derive(Debug, Serialize, Deserialize)]
pub struct Change<'a> {
    #[serde(borrow)]
    pub time: Cow<'a, str>,
    pub kind: ChangeKind,
    #[serde(borrow)]
    pub what: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub who: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub region: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<Cow<'a, str>>,
    pub event: Hash,
}

/// A deploy marker, as a line of `--deploys` writes it.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeployMarker<'a> {
    #[serde(borrow)]
    pub time: Cow<'a, str>,
    #[serde(borrow)]
    pub version: Cow<'a, str>,
    #[serde(default, rename = "match", skip_serializing_if = "BTreeMap::is_empty")]
    pub matches: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

/// Who owns an access key id.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeyOwner<'a> {
    #[serde(borrow)]
    pub access_key_id: Cow<'a, str>,
    #[serde(borrow)]
    pub principal: Cow<'a, str>,
}

/// The address of a scanner, as a hash.
#[derive(Debug, Serialize, Deserialize)]
pub struct Scanner {
    pub address: Hash,
}

/// What reading the logs of one kind came to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Source<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<SourceKind>,
    pub objects: u64,
    pub records: u64,
    pub skipped: u64,
    pub unreadable: u64,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem<'a>>,
}

/// Something that could not be read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Problem<'a> {
    #[serde(borrow)]
    pub object: Cow<'a, str>,
    pub place: Place,
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
}

/// 64 bits in hex.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hash(pub u64);

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
