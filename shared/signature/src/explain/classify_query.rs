//! What the difference between two canonical queries is.

use super::classify::Made;
use super::classify_path::{self, latin1};
use super::search::query::split;
use crate::cause::CauseId;
use crate::uri::decode;

/// Who can have made the difference, the signer's cause, and the parameter it is about.
#[must_use]
pub fn of(signed: &str, verified: &str) -> (Made, CauseId, Option<String>) {
    let (own, theirs) = (split(signed), split(verified));
    let sorted = |pairs: &[(String, String)]| {
        let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = pairs
            .iter()
            .map(|(name, value)| (decode(name).into_owned(), decode(value).into_owned()))
            .collect();
        pairs.sort();
        pairs
    };
    let raw = |pairs: &[(String, String)]| {
        let mut pairs = pairs.to_vec();
        pairs.sort();
        pairs
    };
    if raw(&own) == raw(&theirs) {
        // The same pairs: another order, or a bare name without `=`.
        let is_order = own != theirs;
        let cause = if is_order { CauseId::SignerQueryOrder } else { CauseId::SignerQueryEncoding };
        let bare = signed.split('&').find(|pair| !pair.is_empty() && !pair.contains('='));
        return (Made::BySigner, cause, bare.filter(|_| !is_order).map(str::to_owned));
    }
    let changed: Vec<&(String, String)> =
        theirs.iter().filter(|pair| !own.contains(pair)).collect();
    if sorted(&own) == sorted(&theirs) {
        // A verifier decodes and encodes: how it was written on the way cannot show.
        let component =
            if let [(name, _)] = changed.as_slice() { Some(name.clone()) } else { None };
        return (Made::BySigner, CauseId::SignerQueryEncoding, component);
    }
    let latin = |one: &str, other: &str| *latin1(one) == *decode(other);
    let is_other_charset = latin(signed, verified) || latin(verified, signed);
    if is_other_charset
        || plus(signed) == plus(verified)
        || fully(signed) == fully(verified)
        || loosely(&own, &theirs)
    {
        let component =
            if let [(name, _)] = changed.as_slice() { Some(name.clone()) } else { None };
        // A canonical query holds no `+`: who signed one did not encode.
        let made = if signed.contains('+') { Made::BySigner } else { Made::RatherBySigner };
        return (made, CauseId::SignerQueryEncoding, component);
    }
    let has = |pairs: &[(String, String)], name: &str| pairs.iter().any(|(known, _)| known == name);
    let added: Vec<&String> =
        theirs.iter().map(|(name, _)| name).filter(|name| !has(&own, name)).collect();
    let dropped: Vec<&String> =
        own.iter().map(|(name, _)| name).filter(|name| !has(&theirs, name)).collect();
    let component = match (added.as_slice(), dropped.as_slice(), changed.as_slice()) {
        ([name, ..], _, _) | ([], [name, ..], _) => Some((*name).clone()),
        ([], [], [(name, _), ..]) => Some(name.clone()),
        _ => None,
    };
    // A value is replaced on the way alone; a parameter may have been left out by the signer too.
    let is_presigned = has(&own, "X-Amz-Credential");
    let replaced = names(&own) == names(&theirs);
    let made = if replaced || is_presigned { Made::OnTheWay } else { Made::RatherOnTheWay };
    (made, CauseId::SignerQueryEncoding, component)
}

/// Whether the same parameters stand in an order that no way of encoding them leads to: neither the
/// verifier's, nor sorted as they are written, nor sorted as they are meant.
#[must_use]
pub fn is_disordered(signed: &str, verified: &str) -> bool {
    let meant = |pairs: &[(String, String)]| -> Vec<(Vec<u8>, Vec<u8>)> {
        let decoded = |text: &String| decode(text).into_owned();
        pairs.iter().map(|(name, value)| (decoded(name), decoded(value))).collect()
    };
    let own = split(signed);
    let (own_meant, theirs) = (meant(&own), meant(&split(verified)));
    let sorted = |pairs: &[(Vec<u8>, Vec<u8>)]| {
        let mut pairs = pairs.to_vec();
        pairs.sort();
        pairs
    };
    sorted(&own_meant) == sorted(&theirs)
        && own_meant != theirs
        && !own.is_sorted()
        && !own_meant.is_sorted()
}

/// The names, each as often as it stands there.
fn names(pairs: &[(String, String)]) -> Vec<&str> {
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Whether only characters differ that are ever encoded.
fn loosely(own: &[(String, String)], theirs: &[(String, String)]) -> bool {
    let plain = |text: &str| classify_path::plain(text);
    let sorted = |pairs: &[(String, String)]| {
        let mut pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| (plain(name), plain(value))).collect();
        pairs.sort();
        pairs
    };
    let is_empty = |(name, value): &(String, String)| {
        plain(name).is_empty() || plain(value).is_empty() && !value.is_empty()
    };
    sorted(own) == sorted(theirs) && !own.iter().chain(theirs).any(is_empty)
}

/// `+`, `%2B` and `%20` taken for one another.
fn plus(query: &str) -> String {
    query.replace("%2B", "%20").replace('+', "%20")
}

/// The pairs decoded twice, sorted.
fn fully(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let twice = |text: &str| percent_encoding::percent_decode(&decode(text)).collect::<Vec<u8>>();
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> =
        split(query).iter().map(|(name, value)| (twice(name), twice(value))).collect();
    pairs.sort();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_encoding_does_not_explain_is_a_second_mistake() {
        assert!(is_disordered("b=x/y&a=x+y", "a=x%2By&b=x%2Fy"));
        assert!(!is_disordered("a=x+y&b=x/y", "a=x%2By&b=x%2Fy"));
        // Sorted before they were encoded.
        assert!(!is_disordered("ab=&a{=", "a%7B=&ab="));
        assert!(!is_disordered("b=1&a=1", "a=1&b=2"));
    }

    #[test]
    fn kinds_are_told_apart() {
        use CauseId::{SignerQueryEncoding as Encoding, SignerQueryOrder as Order};
        for (signed, verified, made, by_signer, component) in [
            ("b=2&a=1", "a=1&b=2", Made::BySigner, Order, None),
            ("acl", "acl=", Made::BySigner, Encoding, Some("acl")),
            ("a=x/y", "a=x%2Fy", Made::BySigner, Encoding, Some("a")),
            ("a=x+y", "a=x%20y", Made::BySigner, Encoding, Some("a")),
            ("a=x%2By", "a=x%20y", Made::RatherBySigner, Encoding, Some("a")),
            ("a=x%2520y", "a=x%20y", Made::RatherBySigner, Encoding, Some("a")),
            ("a=1", "a=1&utm_source=x", Made::RatherOnTheWay, Encoding, Some("utm_source")),
            ("a=1&b=2", "a=1", Made::RatherOnTheWay, Encoding, Some("b")),
            ("a=1", "a=2", Made::OnTheWay, Encoding, Some("a")),
            ("a=1&b=1", "a=2&b=1", Made::OnTheWay, Encoding, Some("a")),
            // A signer that keeps one parameter of a name.
            ("a=2", "a=1&a=2", Made::RatherOnTheWay, Encoding, Some("a")),
            ("a=%E9", "a=%C3%A9", Made::RatherBySigner, Encoding, Some("a")),
            ("a=x%26y+z", "a=x&y%20z", Made::RatherOnTheWay, Encoding, Some("y%20z")),
            ("a=x%2Cy%2520z", "a=x%252Cy%2Bz", Made::RatherBySigner, Encoding, Some("a")),
            ("X-Amz-Credential=c", "X-Amz-Credential=c&x=1", Made::OnTheWay, Encoding, Some("x")),
        ] {
            let component = component.map(str::to_owned);
            assert_eq!(of(signed, verified), (made, by_signer, component), "{signed} {verified}");
        }
    }
}
