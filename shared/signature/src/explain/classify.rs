//! What a difference between the text that was signed and the text that was verified is: a change on
//! the way, a signer's mistake, or something that either may have made.

use std::fmt;

use super::classify_headers;
use super::classify_path;
use super::classify_query;
use super::own_form;
use crate::canonical_request::{CanonicalRequest, is_payload_marker};
use crate::cause::CauseId;
use crate::host::{Endpoint, normalize};
use crate::redact;
use crate::secret::EMPTY_SHA256;
use crate::string_to_sign::is_hash;

/// Who can have made a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Only a change between signing and verifying.
    OnTheWay,
    /// Only the signer.
    BySigner,
    /// Either; the change on the way is likelier.
    RatherOnTheWay,
    /// Either; the signer is likelier.
    RatherBySigner,
}

/// One difference, and what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// `method`, `path`, `query`, `header:<name>`, `signed-headers` or `payload`.
    pub part: String,
    /// Who can have made it.
    pub made: Made,
    /// The cause, if it was changed on the way.
    pub on_the_way: CauseId,
    /// The cause, if the signer made it.
    pub by_signer: CauseId,
    /// The component, as the contract names it.
    pub component: Option<String>,
    /// The component if it was changed on the way, where that is another: what was decoded on the way
    /// is encoded in what was signed.
    pub component_on_the_way: Option<String>,
    /// What was signed, as it may be shown.
    pub signed: Option<String>,
    /// What was verified, as it may be shown.
    pub verified: Option<String>,
    /// What was signed, to be compared; never to be shown.
    pub(super) raw_signed: Option<String>,
}

impl fmt::Debug for Finding {
    /// Shows what may be shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, made, component, signed, verified, .. } = self;
        write!(f, "{part} {made:?} {component:?}: {signed:?} {verified:?}")
    }
}

impl Finding {
    pub(super) fn new(part: &str, made: Made, on_the_way: CauseId, by_signer: CauseId) -> Self {
        Self {
            part: part.to_owned(),
            made,
            on_the_way,
            by_signer,
            component: None,
            component_on_the_way: None,
            signed: None,
            verified: None,
            raw_signed: None,
        }
    }

    pub(super) fn of(mut self, component: impl Into<String>) -> Self {
        self.component = Some(component.into());
        self
    }

    pub(super) fn showing(mut self, signed: Option<&str>, verified: Option<&str>) -> Self {
        let name = self.part.strip_prefix("header:").unwrap_or("").to_owned();
        let shown = |text: &str| match self.part.as_str() {
            "query" => redact::query(text),
            _ => redact::value(&name, text).into_owned(),
        };
        self.raw_signed = signed.map(str::to_owned);
        self.signed = signed.map(shown);
        self.verified = verified.map(shown);
        self
    }

    /// Whether nothing but the session token was left out of what was signed.
    fn lacks_token(&self) -> bool {
        let is_token = self.component.as_deref().is_some_and(redact::is_token);
        let signed = self.raw_signed.as_deref().unwrap_or("").to_lowercase();
        is_token && !signed.contains("x-amz-security-token")
    }

    /// Whether it is a header that the other side does not show.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.part.starts_with("header:") && self.raw_signed.as_deref().unwrap_or("").is_empty()
    }

    /// Whether it is a header that the verifier had without a value.
    #[must_use]
    pub fn is_emptied(&self) -> bool {
        self.part.starts_with("header:") && self.verified.as_deref() == Some("")
    }

    /// Whether the name or the blanks around a value differ, and not the value.
    fn states_the_same(&self) -> bool {
        let value = |text: &str| text.rsplit(':').next().unwrap_or("").trim().to_owned();
        let signed = self.raw_signed.as_deref().map(value);
        signed.is_some() && signed == self.verified.as_deref().map(value)
    }

    /// The component, if this is the cause.
    #[must_use]
    pub fn component_of(&self, cause: CauseId) -> Option<String> {
        let on_the_way = self.component_on_the_way.clone().filter(|_| cause == self.on_the_way);
        on_the_way.or_else(|| self.component.clone())
    }

    /// The likelier cause.
    #[must_use]
    pub fn cause(&self) -> CauseId {
        match self.made {
            Made::OnTheWay | Made::RatherOnTheWay => self.on_the_way,
            Made::BySigner | Made::RatherBySigner => self.by_signer,
        }
    }

    /// The other cause, where either can be.
    #[must_use]
    pub fn alternative(&self) -> Option<CauseId> {
        match self.made {
            Made::OnTheWay | Made::BySigner => None,
            Made::RatherOnTheWay => Some(self.by_signer),
            Made::RatherBySigner => Some(self.on_the_way),
        }
        .filter(|other| *other != self.cause())
    }
}

/// What every difference between the signed and the verified text is.
#[must_use]
pub fn findings(
    signed: &CanonicalRequest<'_>,
    verified: &CanonicalRequest<'_>,
    is_s3: bool,
) -> Vec<Finding> {
    let mut found = Vec::new();
    if signed.method != verified.method {
        let is_case = signed.method.eq_ignore_ascii_case(&verified.method);
        let made = if is_case { Made::RatherBySigner } else { Made::OnTheWay };
        let by_signer =
            if is_case { CauseId::SignerHeaderCanonicalization } else { CauseId::MethodChanged };
        found.push(
            Finding::new(
                "method",
                if is_case { Made::RatherOnTheWay } else { made },
                CauseId::MethodChanged,
                by_signer,
            )
            .showing(Some(&signed.method), Some(&verified.method)),
        );
    }
    if signed.path != verified.path {
        let has_bucket = |request: &CanonicalRequest<'_>| {
            let host = request.header("host").map(|host| normalize(host.trim()).into_owned());
            host.is_some_and(|host| Endpoint::of(&host).bucket.is_some())
        };
        let is_key = has_bucket(signed) && has_bucket(verified);
        let told = classify_path::of(&signed.path, &verified.path, is_s3, is_key);
        let mut finding =
            Finding::new("path", told.made, CauseId::PathChanged, CauseId::SignerPathEncoding)
                .of(told.by_signer)
                .showing(Some(&signed.path), Some(&verified.path));
        finding.component_on_the_way = Some(told.on_the_way.to_owned());
        found.push(finding);
    }
    if signed.query != verified.query {
        let (made, by_signer, component) = classify_query::of(&signed.query, &verified.query);
        let mut finding = Finding::new("query", made, CauseId::QueryChanged, by_signer)
            .showing(Some(&signed.query), Some(&verified.query));
        finding.component = component;
        let is_encoding = finding.by_signer == CauseId::SignerQueryEncoding;
        if is_encoding && classify_query::is_disordered(&signed.query, &verified.query) {
            let order = CauseId::SignerQueryOrder;
            let another = Finding::new("query", Made::BySigner, CauseId::QueryChanged, order);
            found.push(another.showing(Some(&signed.query), Some(&verified.query)));
        }
        found.push(finding);
    }
    found.extend(classify_headers::of(signed, verified));
    if signed.payload != verified.payload {
        found.push(
            Finding::new(
                "payload",
                payload(&signed.payload, &verified.payload),
                CauseId::PayloadChanged,
                CauseId::SignerPayloadHash,
            )
            .showing(Some(&signed.payload), Some(&verified.payload)),
        );
    }
    let mut found = together(found);
    own_form::weigh(&mut found, signed, verified, is_s3);
    found
}

/// Findings of which one is the consequence of another are one.
fn together(mut found: Vec<Finding>) -> Vec<Finding> {
    let has = |part: &str| found.iter().any(|finding| finding.part == part);
    if has("payload") {
        // The stated hash and the length of a body change with it.
        found.retain(|finding| {
            !["header:x-amz-content-sha256", "header:content-length", "header:content-md5"]
                .contains(&finding.part.as_str())
        });
    } else if let Some(stated) = found
        .iter_mut()
        .find(|finding| finding.part == "header:x-amz-content-sha256" && !finding.states_the_same())
    {
        stated.on_the_way = CauseId::PayloadChanged;
        stated.by_signer = CauseId::SignerPayloadHash;
        stated.component = None;
        stated.made = Made::RatherBySigner;
    }
    if found.len() > 1 {
        // Some services want the token added behind the signature: that is no fault beside another.
        found.retain(|finding| !finding.lacks_token());
    }
    let is_layout = |finding: &Finding| {
        finding.by_signer == CauseId::SignerHeaderCanonicalization && finding.made == Made::BySigner
    };
    let layouts = found.iter().filter(|finding| is_layout(finding)).count();
    if layouts > 1 {
        // One bug in writing headers shows in many of them.
        let mut kept = false;
        found.retain_mut(|finding| {
            if !is_layout(finding) {
                return true;
            }
            if !kept {
                finding.component = None;
            }
            !std::mem::replace(&mut kept, true)
        });
    }
    found
}

fn payload(signed: &str, verified: &str) -> Made {
    if is_hash(signed) && is_hash(verified) && signed.bytes().any(|b| b.is_ascii_uppercase()) {
        // In capitals it was signed wrongly; of another body it may have changed besides.
        let is_of_same = signed.eq_ignore_ascii_case(verified);
        return if is_of_same { Made::BySigner } else { Made::RatherBySigner };
    }
    let is_plain = |line: &str| is_hash(line) && !line.bytes().any(|b| b.is_ascii_uppercase());
    if !is_plain(signed) && !is_payload_marker(signed) {
        // No correct signer writes such a line.
        Made::BySigner
    } else if signed == EMPTY_SHA256 || is_payload_marker(signed) || is_payload_marker(verified) {
        Made::RatherBySigner
    } else {
        Made::RatherOnTheWay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIED: &str = "PUT\n/a%20b\nx=1\naccept-encoding:gzip\nhost:b.s3.amazonaws.com\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-meta-a:b c\n\naccept-encoding;host;x-amz-content-sha256;x-amz-meta-a\nUNSIGNED-PAYLOAD";

    fn told(changes: &[(&str, &str)]) -> Vec<(CauseId, Option<String>, Made)> {
        let signed = changes.iter().fold(VERIFIED.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let parse = |text| CanonicalRequest::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let found = findings(&parse(&signed), &parse(VERIFIED), true);
        found.into_iter().map(|f| (f.cause(), f.component, f.made)).collect()
    }

    #[test]
    fn each_part_has_its_cause() {
        use CauseId as C;
        for (from, to, cause, component, made) in [
            ("PUT\n", "POST\n", C::MethodChanged, None, Made::OnTheWay),
            (
                "encoding:gzip",
                "encoding:identity",
                C::HeaderChanged,
                Some("accept-encoding"),
                Made::OnTheWay,
            ),
            ("b c", "b  c", C::SignerHeaderCanonicalization, Some("x-amz-meta-a"), Made::BySigner),
            (
                "x-amz-meta-a:",
                "X-Amz-Meta-A:",
                C::SignerHeaderCanonicalization,
                Some("x-amz-meta-a"),
                Made::BySigner,
            ),
            ("host:b.s3", "host:c.s3", C::HostChanged, None, Made::OnTheWay),
            ("b c", "d", C::HeaderChanged, Some("x-amz-meta-a"), Made::OnTheWay),
            // One of several headers of a name.
            ("b c", "b c,d", C::HeaderChanged, Some("x-amz-meta-a"), Made::RatherOnTheWay),
            (
                "encoding:gzip",
                "encoding:gzip,gzip(gfe)",
                C::HeaderChanged,
                Some("accept-encoding"),
                Made::OnTheWay,
            ),
            (".com\n", ".com:443\n", C::HostChanged, None, Made::RatherOnTheWay),
            ("x=1", "", C::QueryChanged, Some("x"), Made::RatherOnTheWay),
            (
                "/a%20b",
                "/a%2520b",
                C::SignerPathEncoding,
                Some("double-encoded"),
                Made::RatherBySigner,
            ),
            ("\n\naccept", "\naccept", C::SignerHeaderCanonicalization, None, Made::BySigner),
            ("UNSIGNED-PAYLOAD", EMPTY_SHA256, C::SignerPayloadHash, None, Made::RatherBySigner),
        ] {
            let component = component.map(str::to_owned);
            assert_eq!(told(&[(from, to)]), [(cause, component, made)], "{from} {to}");
        }
        assert_eq!(told(&[]), []);
    }

    #[test]
    fn a_hash_in_capitals_is_one_mistake_and_of_another_body_perhaps_a_second() {
        let hash = EMPTY_SHA256.to_uppercase();
        assert_eq!(payload(&hash, EMPTY_SHA256), Made::BySigner);
        assert_eq!(payload(&hash, &"ab".repeat(32)), Made::RatherBySigner);
    }

    #[test]
    fn consequences_are_one_finding() {
        assert_eq!(
            told(&[
                ("accept-encoding:", "Accept-Encoding:"),
                ("x-amz-meta-a:", "X-Amz-Meta-A:"),
                ("host:", "Host:")
            ])
            .len(),
            1
        );
        assert_eq!(told(&[("PUT", "POST"), ("x=1", "x=2")]).len(), 2);
    }

    #[test]
    fn a_masked_token_is_the_same_token() {
        let text = |token: &str| {
            format!(
                "GET\n/\n\nhost:h\nx-amz-security-token:{token}\n\nhost;x-amz-security-token\n{EMPTY_SHA256}"
            )
        };
        let (raw, masked, other) = (text("abc"), text(&redact::masked("abc")), text("xyz"));
        let parse = |text| CanonicalRequest::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(findings(&parse(&raw), &parse(&masked), true), []);
        let found = findings(&parse(&raw), &parse(&other), true);
        assert!(!format!("{found:?}").contains("abc"));
    }
}
