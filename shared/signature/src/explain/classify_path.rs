//! What the difference between two canonical paths is.

use super::classify::Made;
use super::search::path::{lower_hex, merged};
use crate::uri::{decode, encode_path, normalize};

/// A kind of difference: its component, whether it applies, who can have made it at S3 and elsewhere.
struct Kind {
    /// What the signer did, if it is the signer's doing.
    component: &'static str,
    /// What happened on the way, if it happened there.
    on_the_way: &'static str,
    /// Signed, verified.
    applies: fn(&str, &str) -> bool,
    /// At S3, which takes a path as it is.
    at_s3: Made,
    /// At services that normalise and encode twice.
    elsewhere: Made,
}

use Made::{BySigner, OnTheWay, RatherBySigner, RatherOnTheWay};

/// The first that applies counts.
const KINDS: &[Kind] = &[
    Kind {
        component: "slash-merged",
        on_the_way: "slash-merged",
        applies: |s, v| merged(s) == v,
        at_s3: RatherOnTheWay,
        elsewhere: BySigner,
    },
    Kind {
        component: "slash-merged",
        on_the_way: "slash-merged",
        applies: |s, v| merged(v) == s,
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "dot-normalized",
        on_the_way: "dot-normalized",
        applies: |s, v| resolved(s) == v,
        at_s3: RatherOnTheWay,
        elsewhere: BySigner,
    },
    Kind {
        component: "dot-normalized",
        on_the_way: "dot-normalized",
        applies: |s, v| resolved(v) == s,
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "double-encoded",
        on_the_way: "decoded",
        applies: |s, v| encode_path(v.as_bytes()) == s,
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "encoded",
        on_the_way: "double-encoded",
        applies: |s, v| encode_path(s.as_bytes()) == v && s.contains('%'),
        at_s3: RatherOnTheWay,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "encoded",
        on_the_way: "decoded",
        applies: |s, v| same_bytes(s, v) && escapes(s) > escapes(v),
        at_s3: BySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "other",
        on_the_way: "other",
        applies: |s, v| same_bytes(s, v) && lower_hex(s) == lower_hex(v),
        at_s3: BySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "decoded",
        on_the_way: "encoded",
        applies: same_bytes,
        at_s3: BySigner,
        elsewhere: RatherBySigner,
    },
    // A canonical path holds no `+`: who signed one did not encode.
    Kind {
        component: "decoded",
        on_the_way: "decoded",
        applies: |s, v| plus(s) == plus(v) && s.contains('+'),
        at_s3: BySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "decoded",
        on_the_way: "decoded",
        applies: |s, v| plus(s) == plus(v),
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "encoded",
        on_the_way: "decoded",
        applies: |s, v| fully(s) == fully(v) && s.len() > v.len(),
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "encoded",
        on_the_way: "encoded",
        applies: |s, v| fully(s) == fully(v),
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "other",
        on_the_way: "other",
        applies: |s, v| *latin1(s) == *decode(v) || *latin1(v) == *decode(s),
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    // The signer took the query for a part of the path, or a hop decoded a `?` in the key.
    Kind {
        component: "other",
        on_the_way: "other",
        applies: |s, v| s.contains("%3F") && s.starts_with(v),
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "case",
        on_the_way: "case",
        applies: |s, v| s.to_lowercase() == v.to_lowercase(),
        at_s3: RatherOnTheWay,
        elsewhere: RatherOnTheWay,
    },
    // A signer that normalises loses the last slash; so does a hop before a server.
    Kind {
        component: "other",
        on_the_way: "other",
        applies: |s, v| s.trim_end_matches('/') == v,
        at_s3: RatherOnTheWay,
        elsewhere: RatherOnTheWay,
    },
    Kind {
        component: "other",
        on_the_way: "other",
        applies: |s, v| s.trim_end_matches('/') == v.trim_end_matches('/'),
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "other",
        on_the_way: "other",
        applies: |s, v| s.trim_start_matches('/') == v.trim_start_matches('/'),
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "other",
        on_the_way: "other",
        applies: |s, v| plain(s) == plain(v) && !plain(s).is_empty(),
        at_s3: RatherBySigner,
        elsewhere: RatherBySigner,
    },
    Kind {
        component: "prefix-added",
        on_the_way: "prefix-added",
        applies: |s, v| is_behind_a_prefix(s, v),
        at_s3: RatherOnTheWay,
        elsewhere: RatherOnTheWay,
    },
    Kind {
        component: "prefix-removed",
        on_the_way: "prefix-removed",
        applies: |s, v| is_behind_a_prefix(v, s),
        at_s3: RatherOnTheWay,
        elsewhere: RatherOnTheWay,
    },
    Kind {
        component: "bucket",
        on_the_way: "bucket",
        applies: |s, v| split(s).1 == split(v).1 && !split(s).1.is_empty(),
        at_s3: OnTheWay,
        elsewhere: OnTheWay,
    },
    Kind {
        component: "key",
        on_the_way: "key",
        applies: |s, v| split(s).0 == split(v).0,
        at_s3: OnTheWay,
        elsewhere: OnTheWay,
    },
];

/// What is told of a difference: who can have made it, what the signer did, and what happened on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who can have made it.
    pub made: Made,
    /// The component, if the signer made it.
    pub by_signer: &'static str,
    /// The component, if it was made on the way.
    pub on_the_way: &'static str,
}

/// What the difference is. `is_key`: the bucket stands in the host, so that the whole path is the key.
#[must_use]
pub fn of(signed: &str, verified: &str, is_s3: bool, is_key: bool) -> Told {
    let kind = KINDS.iter().find(|kind| (kind.applies)(signed, verified));
    let told = kind.map_or(
        Told { made: RatherOnTheWay, by_signer: "other", on_the_way: "other" },
        |kind| Told {
            made: if is_s3 { kind.at_s3 } else { kind.elsewhere },
            by_signer: kind.component,
            on_the_way: kind.on_the_way,
        },
    );
    // Where signer and verifier encode what stands in the request once more, one layer is theirs.
    let is_first_layer = !is_s3 && !decode(signed).contains(&b'%');
    if told.on_the_way == "double-encoded" && is_first_layer {
        return Told { on_the_way: "encoded", ..told };
    }
    // One within the other was cut by one side: that is no other key.
    let is_cut = signed.starts_with(verified) || verified.starts_with(signed);
    if is_key && (kind.is_none() || told.by_signer == "bucket") && !is_cut {
        return Told { by_signer: "key", on_the_way: "key", ..told };
    }
    told
}

/// A path with its dots resolved.
fn resolved(path: &str) -> String {
    normalize(path)
}

fn same_bytes(one: &str, other: &str) -> bool {
    decode(one) == decode(other)
}

fn escapes(path: &str) -> usize {
    path.matches('%').count()
}

/// `+`, `%2B` and `%20` taken for one another.
fn plus(path: &str) -> Vec<u8> {
    decode(&path.replace("%2B", "%20").replace('+', "%20")).into_owned()
}

/// The characters that nobody encodes, of what is left when everything is decoded.
pub(super) fn plain(text: &str) -> String {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric();
    fully(text).into_iter().filter(is_plain).map(char::from).collect()
}

/// Decoded until nothing is left to decode.
fn fully(path: &str) -> Vec<u8> {
    let mut path = decode(path).into_owned();
    for _ in 0..3 {
        path = percent_encoding::percent_decode(&path).collect();
    }
    path
}

/// The characters of a path as ISO 8859-1 writes them.
pub(super) fn latin1(path: &str) -> Vec<u8> {
    let decoded = decode(path);
    String::from_utf8_lossy(&decoded)
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect()
}

/// Whether `long` is `short` behind other segments.
fn is_behind_a_prefix(short: &str, long: &str) -> bool {
    let short = if short.starts_with('/') { short.to_owned() } else { format!("/{short}") };
    let rest = long
        .strip_suffix(short.as_str())
        .or_else(|| long.strip_suffix('/').filter(|_| short == "/"));
    rest.is_some_and(|prefix| !prefix.is_empty())
}

/// The first segment and the rest.
fn split(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_once('/').unwrap_or((path, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        for (signed, verified, s3, component) in [
            ("/a//b", "/a/b", RatherOnTheWay, "slash-merged"),
            ("/a/b", "/a//b", RatherBySigner, "slash-merged"),
            ("/a/./b", "/a/b", RatherOnTheWay, "dot-normalized"),
            ("/c", "/a/../c", RatherBySigner, "dot-normalized"),
            ("/a%2520b", "/a%20b", RatherBySigner, "double-encoded"),
            ("/a%20b", "/a%2520b", RatherOnTheWay, "encoded"),
            ("/a%7Eb", "/a~b", BySigner, "encoded"),
            ("/a(b)", "/a%28b%29", BySigner, "decoded"),
            ("/a b", "/a%20b", BySigner, "decoded"),
            ("/%c3%a9", "/%C3%A9", BySigner, "other"),
            ("/%E9", "/%C3%A9", RatherBySigner, "other"),
            ("/a+b", "/a%20b", BySigner, "decoded"),
            ("/a%2Bb", "/a%20b", RatherBySigner, "decoded"),
            ("/a%2520b%2Bc", "/a+b%20c", RatherBySigner, "other"),
            ("/a%3Fx%3D1", "/a", RatherBySigner, "other"),
            ("/B/k", "/b/k", RatherOnTheWay, "case"),
            ("/b/k/", "/b/k", RatherOnTheWay, "other"),
            ("/b/k", "/b/k/", RatherBySigner, "other"),
            ("/k", "/prod/k", RatherOnTheWay, "prefix-added"),
            ("/", "/prod/", RatherOnTheWay, "prefix-added"),
            ("/b/k", "/k", RatherOnTheWay, "prefix-removed"),
            ("/b/k", "/c/k", OnTheWay, "bucket"),
            ("/b/k", "/b/l", OnTheWay, "key"),
            ("/b/k", "/c/l", RatherOnTheWay, "other"),
        ] {
            let told = of(signed, verified, true, false);
            assert_eq!((told.made, told.by_signer), (s3, component), "{signed} {verified}");
        }
        let elsewhere = |signed, verified| {
            let told = of(signed, verified, false, false);
            (told.made, told.by_signer)
        };
        assert_eq!(elsewhere("/a//b", "/a/b"), (BySigner, "slash-merged"));
        assert_eq!(elsewhere("/a%20b", "/a%2520b"), (RatherBySigner, "encoded"));
    }

    #[test]
    fn what_happened_on_the_way_is_seen_from_what_was_signed() {
        for (signed, verified, component) in [
            ("/a%2520b", "/a%20b", "decoded"),
            ("/a%20b", "/a%2520b", "double-encoded"),
            ("/a%7Eb", "/a~b", "decoded"),
            ("/a(b)", "/a%28b%29", "encoded"),
            ("/a%252Fb", "/a/b", "decoded"),
            ("/a//b", "/a/b", "slash-merged"),
        ] {
            let told = of(signed, verified, true, false);
            assert_eq!(told.on_the_way, component, "{signed} {verified}");
        }
    }

    #[test]
    fn services_that_encode_twice_show_one_layer_more() {
        let told = |signed, verified| of(signed, verified, false, false).on_the_way;
        assert_eq!(told("/x%3Ay", "/x%253Ay"), "encoded");
        assert_eq!(told("/x%2520y", "/x%252520y"), "double-encoded");
    }

    #[test]
    fn the_whole_path_is_the_key_where_the_bucket_stands_in_the_host() {
        let told = |signed, verified, is_key| of(signed, verified, true, is_key).on_the_way;
        assert_eq!(told("/in/a.bin", "/out/z.bin", true), "key");
        assert_eq!(told("/in/a.bin", "/out/z.bin", false), "other");
        assert_eq!(told("/in/a.bin", "/out/a.bin", true), "key");
        assert_eq!(told("/in/a.bin", "/out/a.bin", false), "bucket");
        assert_eq!(told("/a/b", "/stage/a/b", true), "prefix-added");
    }
}
