//! Queries that may have been signed in place of the one that the verifier saw.

use super::material::Material;
use super::path::{latin1, lower_hex, non_ascii_raw, unescaped};
use super::text::{Edit, Slot, Text};
use crate::canonical_request::CanonicalRequest;
use crate::uri::{decode, decode_query, encode};

/// A supposition about how a name or a value is written.
type Rewrite = (&'static str, fn(&str) -> Option<String>);

/// Usual first. Each is tried on all values, on all names and values, and on each pair alone.
const REWRITES: &[Rewrite] = &[
    ("a space as `+`", |text| Some(text.replace("%20", "+"))),
    ("`/` left as it is", |text| Some(unescaped(text, b"/"))),
    ("`=` left as it is", |text| Some(unescaped(text, b"="))),
    ("`*` left as it is", |text| Some(unescaped(text, b"*"))),
    ("`'` left as it is", |text| Some(unescaped(text, b"'"))),
    ("`!'()*` left as they are", |text| Some(unescaped(text, b"!'()*"))),
    ("`:` left as it is", |text| Some(unescaped(text, b":"))),
    ("`,` left as it is", |text| Some(unescaped(text, b","))),
    ("`;` left as it is", |text| Some(unescaped(text, b";"))),
    ("`@` left as it is", |text| Some(unescaped(text, b"@"))),
    ("`{}[]` left as they are", |text| Some(unescaped(text, b"{}[]|^\"<>"))),
    ("`+` left as it is", |text| Some(unescaped(text, b"+"))),
    ("the characters left that encodeURI leaves", |text| {
        Some(unescaped(text, b";,/?:@&=+$#!'()*"))
    }),
    ("the characters left that a query may hold", |text| Some(unescaped(text, b"/?:@!$'()*,;"))),
    ("nothing encoded", |text| String::from_utf8(decode(text).into_owned()).ok()),
    ("encoded twice", |text| Some(encode(text.as_bytes()))),
    ("`~` as %7E", |text| Some(text.replace('~', "%7E"))),
    ("lower-case hexadecimal digits", |text| Some(lower_hex(text))),
    ("a space as %2B", |text| Some(text.replace("%20", "%2B"))),
    ("`+` as a space", |text| Some(text.replace("%2B", "%20"))),
    ("non-ASCII characters left as they are", non_ascii_raw),
    ("non-ASCII characters in ISO 8859-1", |text| {
        latin1(text).map(|text| text.replace('/', "%2F"))
    }),
];

/// Parameters that are appended to links, and that a signer never saw.
const TRACKERS: &[&str] = &[
    "utm_",
    "fbclid",
    "gclid",
    "mc_cid",
    "mc_eid",
    "_ga",
    "msclkid",
    "ref",
    "cb",
    "_",
    "v",
    "t",
    "ts",
    "nocache",
    "cachebuster",
    "bust",
];

/// Values that clients add after, or leave out before, signing.
const X_ID: &[&str] = &[
    "GetObject",
    "PutObject",
    "DeleteObject",
    "HeadObject",
    "ListObjects",
    "ListObjectsV2",
    "UploadPart",
    "CopyObject",
    "ListBuckets",
    "DeleteObjects",
    "CompleteMultipartUpload",
    "CreateMultipartUpload",
    "AbortMultipartUpload",
];

/// Lifetimes that presigned URLs usually get, in seconds.
const LIFETIMES: &[&str] = &[
    "60", "120", "300", "600", "900", "1200", "1800", "3600", "7200", "10800", "14400", "21600",
    "43200", "86400", "172800", "259200", "604800", "604799",
];

const PERMUTED: &str = "the parameters in another order";

type Pairs = Vec<(String, String)>;

/// What the signer may have had for a query.
#[must_use]
pub fn edits(text: &Text, request: &CanonicalRequest<'_>, material: &Material) -> Vec<Edit> {
    let pairs = split(&request.query);
    let mut queries: Vec<(&'static str, String)> = Vec::new();
    orders(&pairs, material, &mut queries);
    for (what, rewrite) in REWRITES {
        queries.extend(rewritten(&pairs, |_, value| rewrite(value)).map(|query| (*what, query)));
        let both = |text: &str| rewrite(text);
        queries.extend(rewritten_both(&pairs, both).map(|query| (*what, query)));
    }
    queries.push(("bare names without `=`", bare(&pairs, |_| true)));
    parameters(&pairs, &mut queries);
    for shown in &material.queries {
        queries.push(("a query that the evidence shows", shown.clone()));
        queries.push((
            "a query that the evidence shows, encoded and sorted",
            crate::uri::canonical_query(shown, &["X-Amz-Signature"]),
        ));
    }
    let mut found: Vec<Edit> = Vec::new();
    for (what, query) in queries {
        let edit = text.edit(what, [(Slot::Query, query.into_bytes())]);
        let edit = edit.map(|edit| if what == PERMUTED { edit.alone() } else { edit });
        found.extend(edit.filter(|edit| !found.iter().any(|known| known.writes_same(edit))));
    }
    found
}

/// Other orders of the same parameters.
fn orders(pairs: &Pairs, material: &Material, queries: &mut Vec<(&'static str, String)>) {
    for shown in &material.queries {
        let sent: Pairs = split(shown)
            .into_iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("X-Amz-Signature"))
            .map(|(name, value)| (encode(&decode_query(&name)), encode(&decode_query(&value))))
            .collect();
        queries.push(("the parameters in the order in which they were sent", join(&sent)));
        let mut by_value = sent;
        by_value.reverse();
        queries.push(("the parameters in the reverse order", join(&by_value)));
    }
    let sorted = |what, compare: fn(&(String, String), &(String, String)) -> std::cmp::Ordering| {
        let mut sorted = pairs.clone();
        sorted.sort_by(compare);
        (what, join(&sorted))
    };
    queries.push(sorted("the parameters in the reverse order", |a, b| b.cmp(a)));
    queries.push(sorted("the parameters sorted without regard to case", |a, b| {
        (a.0.to_lowercase(), &a.1).cmp(&(b.0.to_lowercase(), &b.1))
    }));
    queries.push(sorted("the parameters sorted as `name=value`", |a, b| {
        format!("{}={}", a.0, a.1).cmp(&format!("{}={}", b.0, b.1))
    }));
    queries.push(sorted("the parameters sorted before they were encoded", |a, b| {
        (decode(&a.0), decode(&a.1)).cmp(&(decode(&b.0), decode(&b.1)))
    }));
    queries.push(sorted("the parameters sorted by name alone, values reversed", |a, b| {
        (&a.0, &b.1).cmp(&(&b.0, &a.1))
    }));
    let (own, others): (Pairs, Pairs) =
        pairs.iter().cloned().partition(|(name, _)| name.starts_with("X-Amz-"));
    queries.push(("the signing parameters first", join(&[own.clone(), others.clone()].concat())));
    queries.push(("the signing parameters last", join(&[others, own].concat())));
    // A few parameters can be tried in every order.
    if (2..=5).contains(&pairs.len()) {
        permuted(&mut pairs.clone(), 0, &mut |order| {
            queries.push((PERMUTED, join(order)));
        });
    }
}

fn permuted(pairs: &mut Pairs, from: usize, each: &mut dyn FnMut(&Pairs)) {
    if from == pairs.len() {
        return each(pairs);
    }
    for other in from..pairs.len() {
        pairs.swap(from, other);
        permuted(pairs, from + 1, each);
        pairs.swap(from, other);
    }
}

/// Parameters left out, added, or with other values.
fn parameters(pairs: &Pairs, queries: &mut Vec<(&'static str, String)>) {
    let without = |left_out: &dyn Fn(&str) -> bool| {
        join(&pairs.iter().filter(|(name, _)| !left_out(name)).cloned().collect::<Pairs>())
    };
    let tracks = |name: &str| {
        TRACKERS.iter().any(|known| {
            name == *known || (known.ends_with('_') && known.len() > 1 && name.starts_with(known))
        })
    };
    queries.push(("without the parameters that track a link", without(&tracks)));
    for (name, _) in pairs {
        queries.push(("one parameter less", without(&|other| other == name)));
        queries.push(("one bare name without `=`", bare(pairs, |other| other == name)));
    }
    let is_signing = |name: &str| name.to_ascii_lowercase().starts_with("x-amz-");
    queries.push(("the signing parameters alone", without(&|name| !is_signing(name))));
    queries.push(("without the session token", without(&|name| crate::redact::is_token(name))));
    queries.push(("no query at all", String::new()));
    for (name, _) in pairs {
        for (what, rewrite) in REWRITES {
            queries.extend(
                rewritten(pairs, |other, value| {
                    if other == name { rewrite(value) } else { Some(value.to_owned()) }
                })
                .map(|query| (*what, query)),
            );
        }
    }
    let with = |name: &str, value: &str| {
        let mut more: Pairs = pairs.iter().filter(|(known, _)| known != name).cloned().collect();
        more.push((name.to_owned(), value.to_owned()));
        more.sort();
        join(&more)
    };
    for value in X_ID {
        queries.push(("with the parameter `x-id`", with("x-id", value)));
    }
    if pairs.iter().any(|(name, _)| name == "X-Amz-Expires") {
        for value in LIFETIMES {
            queries.push(("another lifetime", with("X-Amz-Expires", value)));
        }
        queries.push((
            "with `X-Amz-Content-Sha256`",
            with("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
        ));
    }
}

/// The parameters of a query as it stands.
#[must_use]
pub fn split(query: &str) -> Pairs {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn join(pairs: &Pairs) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

fn bare(pairs: &Pairs, which: impl Fn(&str) -> bool) -> String {
    let written = pairs.iter().map(|(name, value)| {
        if value.is_empty() && which(name) { name.clone() } else { format!("{name}={value}") }
    });
    written.collect::<Vec<_>>().join("&")
}

fn rewritten(pairs: &Pairs, rewrite: impl Fn(&str, &str) -> Option<String>) -> Option<String> {
    let pairs = pairs.iter().map(|(name, value)| Some((name.clone(), rewrite(name, value)?)));
    Some(join(&pairs.collect::<Option<Pairs>>()?))
}

fn rewritten_both(pairs: &Pairs, rewrite: impl Fn(&str) -> Option<String>) -> Option<String> {
    let pairs = pairs.iter().map(|(name, value)| Some((rewrite(name)?, rewrite(value)?)));
    Some(join(&pairs.collect::<Option<Pairs>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed_instead(query: &str, raw: &str, wanted: &str) -> bool {
        let request = format!("GET\n/\n{query}\nhost:h\n\nhost\nUNSIGNED-PAYLOAD");
        let request = CanonicalRequest::parse(&request).unwrap_or_else(|error| panic!("{error}"));
        let text = Text::of(&request);
        let material = Material { queries: vec![raw.to_owned()], ..Material::default() };
        let wanted = format!("GET\n/\n{wanted}\nhost");
        edits(&text, &request, &material)
            .iter()
            .any(|edit| String::from_utf8_lossy(&text.text(&[edit])).starts_with(&wanted))
    }

    #[test]
    fn every_rewrite_is_tried() {
        for (verified, raw, signed) in [
            ("a=1&b=2", "b=2&a=1", "b=2&a=1"),
            ("a=1&b=2&utm_source=x&utm_medium=y", "", "a=1&b=2"),
            ("acl=", "acl", "acl"),
            ("a=x%20y", "", "a=x+y"),
            ("a=x%2Fy&b=%2F", "", "a=x/y&b=%2F"),
            ("a%2Fb=x%2Fy", "", "a/b=x/y"),
            ("a=1&c=3", "", "a=1"),
            ("a=1", "", ""),
            ("a=1", "", "a=1&x-id=GetObject"),
            ("B=1&a=2", "", "a=2&B=1"),
            ("X-Amz-Expires=60&a=1", "", "X-Amz-Expires=3600&a=1"),
            ("a=%C3%A9", "", "a=é"),
        ] {
            assert!(signed_instead(verified, raw, signed), "{verified} signed as {signed}");
        }
        assert!(!signed_instead("a=1", "", "z=1"));
    }
}
