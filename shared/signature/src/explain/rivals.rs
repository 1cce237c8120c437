//! What else can have made a failure whose cause is only likely: the best of several names the others.

use crate::cause::{Cause, CauseId, Confidence};

use CauseId as C;

/// A cause, and what looks the same where nothing tells them apart.
const RIVALS: &[(CauseId, &[CauseId])] = &[
    (C::MethodChanged, &[C::WrongSecret]),
    (C::HostChanged, &[C::SignerHeaderCanonicalization, C::WrongSecret]),
    (C::PathChanged, &[C::SignerPathEncoding, C::WrongSecret]),
    (C::QueryChanged, &[C::SignerQueryEncoding, C::WrongSecret]),
    (C::HeaderChanged, &[C::SignerHeaderCanonicalization, C::WrongSecret]),
    (C::PayloadChanged, &[C::SignerPayloadHash, C::WrongSecret]),
    (C::SignerPathEncoding, &[C::PathChanged, C::WrongSecret]),
    (C::SignerQueryEncoding, &[C::QueryChanged, C::WrongSecret]),
    (C::SignerQueryOrder, &[C::QueryChanged, C::WrongSecret]),
    (C::SignerHeaderCanonicalization, &[C::HeaderChanged, C::WrongSecret]),
    (C::SignerPayloadHash, &[C::PayloadChanged, C::WrongSecret]),
    (C::SignerKeyDerivation, &[C::WrongSecret]),
    (C::SignerScopeDate, &[C::ClockSkew]),
    (C::WrongSecret, &[C::SecretMalformed]),
    (C::SecretMalformed, &[C::WrongSecret]),
    (C::UnknownAccessKey, &[C::ExpiredToken]),
    (C::ExpiredToken, &[C::HeaderChanged]),
    (C::WrongRegion, &[C::EndpointMismatch]),
    (C::WrongService, &[C::EndpointMismatch]),
    (C::EndpointMismatch, &[C::WrongRegion]),
    (C::ClockSkew, &[C::SignerScopeDate]),
    (C::UrlExpired, &[C::ClockSkew]),
    (C::LegacySigv2, &[C::MalformedAuthorization]),
    // A hop that drops or rewrites the header leaves nothing to read.
    (C::MalformedAuthorization, &[C::HeaderChanged]),
];

/// A likely cause with its rivals, if it names none; any other as it is.
#[must_use]
pub fn among_several(mut cause: Cause) -> Cause {
    if cause.confidence() != Confidence::Likely || !cause.alternatives.is_empty() {
        return cause;
    }
    let id = cause.cause;
    let rivals = RIVALS.iter().filter(|(known, _)| *known == id).flat_map(|(_, rivals)| *rivals);
    for rival in rivals {
        cause = cause.or(*rival, Confidence::Likely);
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_rival() {
        for id in CauseId::all().filter(|id| *id != C::Undetermined) {
            let of = |confidence| among_several(Cause::new(id, confidence, Vec::new()));
            assert!(!of(Confidence::Likely).alternatives.is_empty(), "{id:?}");
            assert!(of(Confidence::Strong).alternatives.is_empty(), "{id:?}");
            assert!(of(Confidence::Likely).alternatives.iter().all(|other| other.cause != id));
        }
    }
}
