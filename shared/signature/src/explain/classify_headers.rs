//! What the difference between two sides' canonical headers is.

use std::borrow::Cow;

use super::classify::{Finding, Made};
use crate::canonical_request::CanonicalRequest;
use crate::cause::CauseId;
use crate::http::folded;
use crate::redact;
use crate::risk::{self, Risk};

/// What every difference between the headers of two canonical requests is, their list included.
pub(super) fn of(signed: &CanonicalRequest<'_>, verified: &CanonicalRequest<'_>) -> Vec<Finding> {
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
    if is_part_of_list(&lower, signed, verified) {
        return finding(Made::RatherOnTheWay, CauseId::HeaderChanged);
    }
    finding(Made::OnTheWay, CauseId::HeaderChanged)
}

/// Whether one value is some of the other's elements, in whatever order: a signer may have signed one
/// of several headers of a name. Headers that hops are known to add to are not among these.
fn is_part_of_list(name: &str, one: &str, other: &str) -> bool {
    let elements = |value: &str| value.split(',').map(|part| part.trim().to_owned()).collect();
    let (one, other): (Vec<String>, Vec<String>) = (elements(one), elements(other));
    let (few, mut many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let is_in = |part: &String| many.iter().position(|known| known == part);
    let all_are_in = few.len() < many.len() && few.iter().all(|part| is_in(part).is_some());
    many.sort();
    let mut sorted = few.clone();
    sorted.sort();
    many.len() > 1
        && (all_are_in || sorted == many)
        && risk::of_header(name).is_none_or(|(risk, _)| risk == Risk::Low)
}

/// Another name can only be a change; a port or the case of letters can be the signer's doing too.
fn host(signed: &str, verified: &str) -> Made {
    let name = |host: &str| host.rsplit_once(':').map_or(host, |(name, _)| name).to_lowercase();
    if name(signed) == name(verified) { Made::RatherOnTheWay } else { Made::OnTheWay }
}
