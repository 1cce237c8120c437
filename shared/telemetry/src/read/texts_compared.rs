//! What two observed texts, the client's and the server's, say about the cause.

use sigdrift_signature::canonical_request::CanonicalRequest;
use sigdrift_signature::cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
use sigdrift_signature::difference::{cause_of_difference, differences};

/// A canonical request with its string to sign, as one side has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side<'a> {
    /// The canonical request.
    pub canonical_request: Option<&'a str>,
    /// The string to sign.
    pub string_to_sign: Option<&'a str>,
    /// Whether the writer found that the two belong together; `false` says that one was altered.
    pub is_whole: Option<bool>,
}

/// The cause that the comparison of both sides leaves, if it leaves one.
#[must_use]
pub fn compare(client: Side<'_>, server: Side<'_>) -> Option<Cause> {
    if let (Some(ours), Some(theirs)) = (client.string_to_sign, server.string_to_sign)
        && ours.trim() == theirs.trim()
    {
        let detail = "client and server have the same string to sign, so the key differs";
        let evidence = vec![Evidence::new(EvidenceKind::Diff, detail)];
        return Some(
            Cause::new(CauseId::WrongSecret, Confidence::Strong, evidence)
                .or(CauseId::SecretMalformed, Confidence::Likely),
        );
    }
    if [client.is_whole, server.is_whole].contains(&Some(false)) {
        return None;
    }
    let signed = CanonicalRequest::parse(client.canonical_request?).ok()?;
    let verified = CanonicalRequest::parse(server.canonical_request?).ok()?;
    cause_of_difference(&differences(&signed, &verified))
}

/// The region in the credential scope of a string to sign.
#[must_use]
pub fn signed_region(string_to_sign: &str) -> Option<&str> {
    let scope = string_to_sign.lines().nth(2)?.trim();
    let mut parts = scope.split('/');
    let (_date, region, _service, terminator) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (terminator == "aws4_request" && parts.next().is_none() && !region.is_empty()).then_some(region)
}

/// The value of the host header in a canonical request.
#[must_use]
pub fn signed_host(canonical_request: &str) -> Option<&str> {
    canonical_request.lines().find_map(|line| line.strip_prefix("host:")).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Texts {
        canonical_request: String,
        string_to_sign: String,
    }

    fn texts(encoding: &str, hash: &str) -> Texts {
        Texts {
            canonical_request: format!(
                "PUT\n/k\n\naccept-encoding:{encoding}\nhost:b.example\n\naccept-encoding;host\nUNSIGNED-PAYLOAD"
            ),
            string_to_sign: format!(
                "AWS4-HMAC-SHA256\n20260415T074200Z\n20260415/eu-west-1/s3/aws4_request\n{hash}"
            ),
        }
    }

    fn side(texts: &Texts, is_whole: bool) -> Side<'_> {
        Side {
            canonical_request: Some(&texts.canonical_request),
            string_to_sign: Some(&texts.string_to_sign),
            is_whole: Some(is_whole),
        }
    }

    #[test]
    fn both_sides_are_compared_and_altered_texts_are_not() {
        let (ours, theirs) = (texts("zstd", "aa"), texts("gzip", "bb"));
        let client = side(&ours, true);
        let told = compare(client, side(&theirs, true)).unwrap();
        assert_eq!(
            (told.cause, told.component.as_deref()),
            (CauseId::HeaderChanged, Some("accept-encoding"))
        );
        assert_eq!(told.confidence, Confidence::Strong);
        assert_eq!(compare(client, side(&theirs, false)), None);
        assert_eq!(compare(client, client).unwrap().cause, CauseId::WrongSecret);
    }

    #[test]
    fn texts_tell_region_and_host() {
        let texts = texts("gzip", "aa");
        assert_eq!(signed_region(&texts.string_to_sign), Some("eu-west-1"));
        assert_eq!(signed_region("AWS4-HMAC-SHA256\nx\n20260415/s3/aws4_request\naa"), None);
        assert_eq!(signed_host(&texts.canonical_request), Some("b.example"));
    }
}
