//! Who can have made a difference, seen from what was signed: a correct signer writes canonical forms
//! and nothing else.
//!
//! A signed text that is canonical may have been signed rightly and changed on the way, however odd
//! the verifier's text is. One that is not canonical was signed wrongly, whatever the way did.

use super::classify::{Finding, Made};
use super::lint::{self, Mistake};
use crate::canonical_request::CanonicalRequest;
use crate::cause::CauseId;

/// Takes back what the signed text does not bear out.
pub fn weigh(
    found: &mut [Finding],
    signed: &CanonicalRequest<'_>,
    verified: &CanonicalRequest<'_>,
    is_s3: bool,
) {
    // A verifier whose own text is not normalised takes paths as they come, as S3 does.
    let mistakes = lint::mistakes(signed, is_s3 || !lint::is_normalized(&verified.path));
    for finding in found {
        let is_wrong = mistakes.iter().any(|mistake| is_about(finding, mistake));
        finding.made = match (finding.made, is_wrong) {
            (Made::BySigner, false) | (Made::RatherOnTheWay, true) => Made::RatherBySigner,
            (Made::OnTheWay, true) => Made::RatherOnTheWay,
            (made, _) => made,
        };
    }
}

/// Whether a mistake is in the part that a finding is about.
fn is_about(finding: &Finding, (cause, component, _): &Mistake) -> bool {
    match finding.part.as_str() {
        "method" => false,
        "path" => *cause == CauseId::SignerPathEncoding,
        "query" => matches!(cause, CauseId::SignerQueryEncoding | CauseId::SignerQueryOrder),
        "payload" => *cause == CauseId::SignerPayloadHash,
        part => {
            let name = part.strip_prefix("header:");
            *cause == CauseId::SignerHeaderCanonicalization
                && (component.is_none() || name.is_none() || component.as_deref() == name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::classify::findings;
    use super::*;
    use crate::secret::EMPTY_SHA256;

    fn made(signed: [&str; 3], verified: [&str; 3], is_s3: bool) -> Vec<Made> {
        let text = |[path, query, value]: [&str; 3]| {
            format!("GET\n{path}\n{query}\nhost:h\nx-a:{value}\n\nhost;x-a\n{EMPTY_SHA256}")
        };
        let (signed, verified) = (text(signed), text(verified));
        let parse = |text| CanonicalRequest::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let found = findings(&parse(&signed), &parse(&verified), is_s3);
        found.into_iter().map(|finding| finding.made).collect()
    }

    #[test]
    fn a_canonical_text_may_have_been_signed_rightly() {
        // A hop decoded it, before a server that takes paths as they come.
        assert_eq!(made(["/a%28b", "", "1"], ["/a(b", "", "1"], true), [Made::RatherBySigner]);
        assert_eq!(made(["/a(b", "", "1"], ["/a%28b", "", "1"], true), [Made::BySigner]);
        // A server that does not sort.
        assert_eq!(
            made(["/", "a=1&b=2", "1"], ["/", "b=2&a=1", "1"], true),
            [Made::RatherBySigner]
        );
        assert_eq!(made(["/", "b=2&a=1", "1"], ["/", "a=1&b=2", "1"], true), [Made::BySigner]);
        // Where paths are normalised, nobody signs dots rightly; at S3 they are part of a key.
        assert_eq!(made(["/a/..", "", "1"], ["/", "", "1"], false), [Made::BySigner]);
        assert_eq!(made(["/a/..", "", "1"], ["/", "", "1"], true), [Made::RatherOnTheWay]);
        let prefixed = made(["//a//b", "", "1"], ["/stage//a//b", "", "1"], false);
        assert_eq!(prefixed, [Made::RatherOnTheWay], "this verifier does not normalise");
    }

    #[test]
    fn what_is_not_canonical_was_signed_wrongly_at_least() {
        assert_eq!(made(["/", "", "1  2"], ["/", "", "3"], true), [Made::RatherOnTheWay]);
        assert_eq!(made(["/", "", "1 2"], ["/", "", "3"], true), [Made::OnTheWay]);
        assert_eq!(
            made(["/k/%2F", "", "1"], ["/stage/k/%2F", "", "1"], true),
            [Made::RatherBySigner]
        );
    }
}
