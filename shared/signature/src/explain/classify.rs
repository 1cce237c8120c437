//! What a difference between the text that was signed and the text that was verified is: a change on
//! the way, a signer's mistake, or something that either may have made.

use std::borrow::Cow;
use std::fmt;

use super::classify_path;
use super::classify_query;
use crate::canonical_request::{CanonicalRequest, is_payload_marker};
use crate::cause::CauseId;
use crate::http::folded;
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
        let (made, component) = classify_path::of(&signed.path, &verified.path, is_s3);
        found.push(
            Finding::new("path", made, CauseId::PathChanged, CauseId::SignerPathEncoding)
                .of(component)
                .showing(Some(&signed.path), Some(&verified.path)),
        );
    }
    if signed.query != verified.query {
        let (made, by_signer, component) = classify_query::of(&signed.query, &verified.query);
        let mut finding = Finding::new("query", made, CauseId::QueryChanged, by_signer)
            .showing(Some(&signed.query), Some(&verified.query));
        finding.component = component;
        found.push(finding);
    }
    found.extend(headers(signed, verified));
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
    together(found)
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
    } else if let Some(stated) =
        found.iter_mut().find(|finding| finding.part == "header:x-amz-content-sha256")
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

fn headers(signed: &CanonicalRequest<'_>, verified: &CanonicalRequest<'_>) -> Vec<Finding> {
    let layout = |part: &str| {
        Finding::new(
            part,
            Made::BySigner,
            CauseId::HeaderChanged,
            CauseId::SignerHeaderCanonicalization,
        )
    };
    let mut found = Vec::new();
    for (name, value) in &verified.headers {
        let part = format!("header:{}", name.to_lowercase());
        let theirs: Vec<&(Cow<'_, str>, Cow<'_, str>)> =
            signed.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).collect();
        match theirs.as_slice() {
            [] => found.push(layout(&part).of(name.to_lowercase()).showing(None, Some(value))),
            [(other, own)] => {
                if same_value(name, own, value) {
                    if other != name {
                        found.push(layout(&part).of(name.to_lowercase()).showing(
                            Some(&format!("{other}:{own}")),
                            Some(&format!("{name}:{value}")),
                        ));
                    }
                } else {
                    found.push(header(name, own, value));
                }
            }
            [_, _, ..] => {
                let own = theirs.iter().map(|(_, own)| own.as_ref()).collect::<Vec<_>>().join("\n");
                found.push(layout(&part).of(name.to_lowercase()).showing(Some(&own), Some(value)));
            }
        }
    }
    for (name, value) in &signed.headers {
        if !verified.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            let part = format!("header:{}", name.to_lowercase());
            found.push(layout(&part).of(name.to_lowercase()).showing(Some(value), None));
        }
    }
    if found.is_empty() {
        let names = |request: &CanonicalRequest<'_>| {
            request.headers.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>().join(";")
        };
        let (own, theirs) = (names(signed), names(verified));
        if own != theirs || signed.blank_line != verified.blank_line {
            let blank = |request: &CanonicalRequest<'_>, names: String| {
                if request.blank_line { names } else { format!("{names} (no blank line)") }
            };
            found.push(
                layout("signed-headers")
                    .showing(Some(&blank(signed, own)), Some(&blank(verified, theirs))),
            );
        } else if signed.signed_headers != verified.signed_headers {
            found.push(
                layout("signed-headers")
                    .showing(Some(&signed.signed_headers), Some(&verified.signed_headers)),
            );
        }
    }
    found
}

/// Whether two values of a header are the same, a session token masked on one side included.
fn same_value(name: &str, one: &str, other: &str) -> bool {
    one == other
        || (redact::is_token(name)
            && !one.is_empty()
            && redact::masked(one) == redact::masked(other))
}

/// A header that both sides have, with other values.
fn header(name: &str, signed: &str, verified: &str) -> Finding {
    let lower = name.to_lowercase();
    let part = format!("header:{lower}");
    let layout = CauseId::SignerHeaderCanonicalization;
    let finding = |made, on_the_way| {
        Finding::new(&part, made, on_the_way, layout)
            .of(lower.clone())
            .showing(Some(signed), Some(verified))
    };
    let squeezed = |value: &str| value.split_whitespace().collect::<String>();
    if folded(signed) == verified {
        // A correct signer folds spaces: nothing on the way can unfold them.
        return finding(Made::BySigner, CauseId::HeaderChanged);
    }
    if lower == "host" {
        let mut finding = finding(host(signed.trim(), verified.trim()), CauseId::HostChanged);
        finding.component = None;
        return finding;
    }
    if verified.is_empty() && !signed.trim().is_empty() {
        // Dropped on the way, or listed and never sent: the same cause.
        return finding(Made::RatherOnTheWay, CauseId::HeaderChanged);
    }
    if squeezed(signed) == squeezed(verified) || signed.eq_ignore_ascii_case(verified) {
        return finding(Made::RatherOnTheWay, CauseId::HeaderChanged);
    }
    if signed.is_empty() {
        return finding(Made::RatherOnTheWay, CauseId::HeaderChanged);
    }
    if !signed.is_ascii() || !verified.is_ascii() {
        return finding(Made::RatherBySigner, CauseId::HeaderChanged);
    }
    finding(Made::OnTheWay, CauseId::HeaderChanged)
}

/// Another name can only be a change; a port or the case of letters can be the signer's doing too.
fn host(signed: &str, verified: &str) -> Made {
    let name = |host: &str| host.rsplit_once(':').map_or(host, |(name, _)| name).to_lowercase();
    if name(signed) == name(verified) { Made::RatherOnTheWay } else { Made::OnTheWay }
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
