//! One signature failure, as one record tells it.

use std::num::NonZeroU64;
use std::sync::Arc;

use sigdrift_signature::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::record_id::RecordId;
use super::series::ValueIds;
use super::texts::{Adopting, TextId, Texts};
use crate::deploy::Carrier;
use crate::dimension::Dimension;
use crate::key_encoding::key_encoding;
use crate::redact::mask;
use crate::request::Request;
use crate::source::SourceKind;

/// What one record by itself says about the cause, briefly: there are many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Told {
    /// The cause.
    pub cause: CauseId,
    /// What may be claimed.
    pub confidence: Confidence,
    /// What else it may be, the likelier first.
    pub alternatives: [Option<CauseId>; 2],
    /// The kind of evidence.
    pub evidence: EvidenceKind,
    /// The evidence in words.
    pub detail: TextId,
    /// The component.
    pub component: TextId,
}

impl Told {
    fn new(cause: &Cause, texts: &mut Texts) -> Self {
        let evidence = cause.evidence.first();
        Self {
            cause: cause.cause,
            confidence: cause.confidence(),
            alternatives: [0, 1].map(|at| cause.alternatives.get(at).map(|other| other.cause)),
            evidence: evidence.map_or(EvidenceKind::Rule, |evidence| evidence.kind),
            detail: texts.id(evidence.map(|evidence| evidence.detail.as_str())),
            component: texts.id(cause.component.as_deref()),
        }
    }

    /// The whole diagnosis.
    #[must_use]
    pub fn cause(&self, texts: &Texts) -> Cause {
        let evidence = texts.get(self.detail).map(|detail| Evidence::new(self.evidence, detail));
        let mut cause = Cause::new(self.cause, self.confidence, evidence.into_iter().collect());
        cause.component = texts.get(self.component).map(str::to_owned);
        let others = self.alternatives.into_iter().flatten();
        others.fold(cause, |cause, other| cause.or(other, Confidence::Likely))
    }
}

/// A time in seconds since 1970 that may be unknown, in no more room than one that is known: there are many
/// rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(i64);

impl When {
    /// It is not known.
    pub const UNKNOWN: Self = Self(i64::MIN);

    /// The time, if it is known.
    #[must_use]
    pub fn seconds(self) -> Option<i64> {
        (self != Self::UNKNOWN).then_some(self.0)
    }
}

impl From<Option<i64>> for When {
    fn from(seconds: Option<i64>) -> Self {
        seconds.map_or(Self::UNKNOWN, Self)
    }
}

/// Where a failure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Values {
    /// The value in every dimension.
    pub ids: ValueIds,
    /// What carried the deploy version.
    pub carrier: Option<Carrier>,
}

/// In what way a request failed, without what is its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Manner {
    /// The error code.
    pub code: TextId,
    /// The region in the credential scope.
    pub signed_region: TextId,
    /// The HTTP method.
    pub method: TextId,
    /// The TLS version.
    pub tls: TextId,
    /// The signature version.
    pub signature_version: TextId,
    /// How the object key has to be encoded.
    pub key_encoding: TextId,
    /// What the record by itself says about the cause.
    pub told: Option<Told>,
}

/// A signature failure, as one record tells it. Texts are numbers in the tally's texts.
///
/// There are many rows, but few places where failures count and few manners of failing: rows share those.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The kind of log that tells it.
    pub kind: SourceKind,
    /// When the server received the request.
    pub when: When,
    /// What tells the record from others.
    pub id: RecordId,
    /// Where it counts.
    pub values: Arc<Values>,
    /// In what way it failed.
    pub manner: Arc<Manner>,
    /// The client's address.
    pub remote_ip: TextId,
    /// The whole user agent.
    pub user_agent: TextId,
    /// Hash of method, target and address, by which a retry is recognised.
    pub fingerprint: Option<NonZeroU64>,
}

impl Row {
    /// The row of a failed request.
    pub fn new(request: &Request<'_>, texts: &mut Texts) -> Self {
        let values = request.values();
        let mut ids = ValueIds::default();
        for dimension in Dimension::ALL {
            ids[dimension as usize] = texts.id(values.get(dimension));
        }
        let event = if request.kind == SourceKind::CloudTrail { request.record } else { 0 };
        let target = request.target.as_deref().map(|target| xxh3_64(target.as_bytes()));
        let fingerprint = target.zip(request.method.as_deref()).map(|(target, method)| {
            let mut hash = Xxh3::new();
            hash.update(&target.to_le_bytes());
            hash.update(method.as_bytes());
            hash.update(b" ");
            hash.update(request.remote_ip.as_deref().unwrap_or_default().as_bytes());
            NonZeroU64::new(hash.digest()).unwrap_or(NonZeroU64::MIN)
        });
        Self {
            kind: request.kind,
            when: request.time.into(),
            id: RecordId::new(request.request_id.as_deref(), event),
            values: Arc::new(Values { ids, carrier: values.carrier }),
            manner: Arc::new(Manner {
                code: texts.id(request.code.as_deref()),
                signed_region: texts.id(request.signed_region.as_deref()),
                method: texts.id(request.method.as_deref()),
                tls: texts.id(request.tls.as_deref()),
                signature_version: texts.id(request.signature_version.as_deref()),
                key_encoding: texts.id(request.key.as_deref().map(key_encoding)),
                told: request.reading().map(|cause| Told::new(&cause, texts)),
            }),
            remote_ip: texts.id(request.remote_ip.as_deref()),
            user_agent: texts.id(request.user_agent.as_deref().map(mask).as_deref()),
            fingerprint,
        }
    }

    /// When the server received the request, in seconds since 1970, if that is known.
    #[must_use]
    pub fn time(&self) -> Option<i64> {
        self.when.seconds()
    }

    /// The value in a dimension.
    #[must_use]
    pub fn value(&self, dimension: Dimension) -> TextId {
        self.values.ids[dimension as usize]
    }

    /// Gives it another deploy version.
    pub fn set_version(&mut self, version: TextId, carrier: Option<Carrier>) {
        let values = Arc::make_mut(&mut self.values);
        values.ids[Dimension::Deploy as usize] = version;
        values.carrier = carrier;
    }

    /// A hash of everything in it, the same in every tally.
    pub(super) fn content_hash(&self, texts: &Texts) -> u64 {
        let mut hash = Xxh3::new();
        let numbers = [
            self.kind as u64,
            self.time().map_or(0, i64::unsigned_abs),
            self.id.event(),
            self.values.carrier.map_or(0, |carrier| carrier as u64 + 1),
            self.fingerprint.map_or(0, NonZeroU64::get),
        ];
        for number in numbers.into_iter().chain(self.texts().map(|id| texts.content_hash(id))) {
            hash.update(&number.to_le_bytes());
        }
        hash.update(self.id.request_id_bytes().unwrap_or_default());
        let told = self.manner.told.map(|told| (told.cause, told.confidence, told.alternatives));
        hash.update(format!("{told:?}").as_bytes());
        hash.digest()
    }

    /// The hash that decides whether there is room for this row: the same for all records of one
    /// request, so that they stay or go together.
    #[must_use]
    pub fn sampling_hash(&self) -> u64 {
        self.id.request_id_bytes().map_or_else(|| self.identity(), xxh3_64)
    }

    /// Whether nothing but its place tells the record from others, which has to be noted then.
    #[must_use]
    pub fn needs_place(&self) -> bool {
        self.id == RecordId::new(None, 0)
    }

    /// What makes a second record of the same kind the same row: the request id with, in
    /// CloudTrail, the event id, or else the place.
    #[must_use]
    pub fn identity(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&[self.kind as u8]);
        hash.update(&self.id.event().to_le_bytes());
        hash.update(self.id.request_id_bytes().unwrap_or_default());
        hash.digest()
    }

    /// Of two rows with one identity the one with the smaller rank is kept: the one that knows
    /// more, and otherwise either, but the same whichever came first.
    #[must_use]
    pub fn rank(&self, texts: &Texts) -> (bool, bool, u64) {
        (self.values.carrier.is_none(), self.time().is_none(), self.content_hash(texts))
    }

    fn texts(&self) -> impl Iterator<Item = TextId> {
        let manner = &self.manner;
        self.values.ids.into_iter().chain([
            manner.code,
            manner.signed_region,
            manner.method,
            self.remote_ip,
            self.user_agent,
            manner.tls,
            manner.signature_version,
            manner.key_encoding,
            manner.told.map_or(TextId::NONE, |told| told.detail),
            manner.told.map_or(TextId::NONE, |told| told.component),
        ])
    }
}

impl Values {
    /// The same with the numbers that its texts have in another set.
    pub(super) fn adopted(self, texts: &mut Adopting<'_>) -> Self {
        Self { ids: self.ids.map(|id| texts.adopt(id)), ..self }
    }
}

impl Manner {
    /// The same with the numbers that its texts have in another set.
    pub(super) fn adopted(mut self, texts: &mut Adopting<'_>) -> Self {
        for id in [
            &mut self.code,
            &mut self.signed_region,
            &mut self.method,
            &mut self.tls,
            &mut self.signature_version,
            &mut self.key_encoding,
        ] {
            *id = texts.adopt(*id);
        }
        if let Some(told) = &mut self.told {
            told.detail = texts.adopt(told.detail);
            told.component = texts.adopt(told.component);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_small() {
        assert_eq!(size_of::<Row>(), 64);
    }

    #[test]
    fn any_time_is_known_but_the_one_that_says_otherwise() {
        for time in [None, Some(0), Some(-1), Some(i64::MAX), Some(i64::MIN + 1)] {
            assert_eq!(When::from(time).seconds(), time);
        }
    }
}
