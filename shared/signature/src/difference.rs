//! In which parts two canonical requests differ, and what that says when both were observed.

use crate::canonical_request::CanonicalRequest;
use crate::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};

/// One part in which two canonical requests differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `method`, `path`, `query`, `header:<name>`, `signed-headers` or `payload`.
    pub part: String,
    /// What the signer had; `None` where it had no such header.
    pub signed: Option<String>,
    /// What the verifier had.
    pub verified: Option<String>,
}

/// Every part in which the signer's and the verifier's canonical requests differ.
#[must_use]
pub fn differences(
    signed: &CanonicalRequest<'_>,
    verified: &CanonicalRequest<'_>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |part: &str, signed: Option<&str>, verified: Option<&str>| {
        if signed != verified {
            found.push(Difference {
                part: part.to_owned(),
                signed: signed.map(str::to_owned),
                verified: verified.map(str::to_owned),
            });
        }
    };
    compare("method", Some(&signed.method), Some(&verified.method));
    compare("path", Some(&signed.path), Some(&verified.path));
    compare("query", Some(&signed.query), Some(&verified.query));
    for (name, theirs) in &signed.headers {
        let other = verified
            .headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_ref());
        compare(&format!("header:{name}"), Some(theirs), other);
    }
    for (name, ours) in &verified.headers {
        if !signed.headers.iter().any(|(other, _)| other == name) {
            compare(&format!("header:{name}"), None, Some(ours));
        }
    }
    compare("signed-headers", Some(&signed.signed_headers), Some(&verified.signed_headers));
    compare("payload", Some(&signed.payload), Some(&verified.payload));
    found
}

/// The parts of a canonical request: the cause that a difference there is, and what else it may be.
const PARTS: &[(&str, CauseId, CauseId)] = &[
    ("method", CauseId::MethodChanged, CauseId::Undetermined),
    ("path", CauseId::PathChanged, CauseId::SignerPathEncoding),
    ("query", CauseId::QueryChanged, CauseId::SignerQueryEncoding),
    ("header:host", CauseId::HostChanged, CauseId::HeaderChanged),
    ("payload", CauseId::PayloadChanged, CauseId::SignerPayloadHash),
];

/// What the difference between the signer's and the verifier's canonical request says, when they
/// differ in one part: `strong`, since both texts were observed. Nothing when they differ in more.
#[must_use]
pub fn cause_of_difference(differences: &[Difference]) -> Option<Cause> {
    let [difference] = differences else { return None };
    let shown = |value: &Option<String>| {
        value.as_deref().map_or("nothing".to_owned(), |v| format!("`{v}`"))
    };
    let evidence = Evidence::new(
        EvidenceKind::Diff,
        format!(
            "the client signed {} {}, the server saw {}",
            difference.part.replace(':', " "),
            shown(&difference.signed),
            shown(&difference.verified)
        ),
    );
    if let Some((_, cause, alternative)) =
        PARTS.iter().find(|(part, _, _)| *part == difference.part)
    {
        let told = Cause::new(*cause, Confidence::Strong, vec![evidence]);
        return Some(match alternative {
            CauseId::Undetermined => told,
            other => told.or(*other, Confidence::Likely),
        });
    }
    let name = difference.part.strip_prefix("header:")?;
    Some(
        Cause::new(CauseId::HeaderChanged, Confidence::Strong, vec![evidence])
            .with_component(name)
            .or(CauseId::SignerHeaderCanonicalization, Confidence::Likely),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "PUT\n/a%20b\nx-id=PutObject\naccept-encoding:zstd\nhost:b.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD";

    fn differ(change: (&str, &str)) -> Vec<Difference> {
        let verified = SIGNED.replace(change.0, change.1);
        differences(
            &CanonicalRequest::parse(SIGNED).unwrap(),
            &CanonicalRequest::parse(&verified).unwrap(),
        )
    }

    #[test]
    fn one_difference_names_its_cause() {
        for (change, cause, component) in [
            (("zstd", "gzip"), CauseId::HeaderChanged, Some("accept-encoding")),
            (("PUT\n", "POST\n"), CauseId::MethodChanged, None),
            (("/a%20b", "/a+b"), CauseId::PathChanged, None),
            (("x-id=PutObject", ""), CauseId::QueryChanged, None),
            (("host:b.s3", "host:c.s3"), CauseId::HostChanged, None),
            (("UNSIGNED-PAYLOAD", "e3b0"), CauseId::PayloadChanged, None),
        ] {
            let told = cause_of_difference(&differ(change)).unwrap();
            assert_eq!((told.cause, told.component.as_deref()), (cause, component));
            assert_eq!(told.confidence, Confidence::Strong);
        }
    }

    #[test]
    fn no_difference_and_several_name_none() {
        assert_eq!(cause_of_difference(&differ(("zzz", ""))), None);
        let mut both = differ(("zstd", "gzip"));
        both.extend(differ(("PUT\n", "POST\n")));
        assert_eq!(cause_of_difference(&both), None);
    }
}
