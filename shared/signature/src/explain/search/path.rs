//! Paths that may have been signed in place of the one that the verifier saw.
//!
//! One row per rewrite or signer bug: what it supposes, and the path that follows. To add one, add a
//! row; the table is tried alone and each row after each other.

use percent_encoding::percent_decode_str;

use super::material::Material;
use super::text::{Edit, Slot, Text};
use crate::canonical_request::CanonicalRequest;
use crate::uri::{decode, encode, encode_path, normalize};

/// A supposition about a path.
type Rewrite = (&'static str, fn(&str) -> Option<String>);

/// Usual first.
const REWRITES: &[Rewrite] = &[
    ("the path encoded once more", |path| Some(encode_path(path.as_bytes()))),
    ("the path encoded once less", decoded),
    ("the path normalised", |path| Some(normalize(path))),
    ("slashes merged", |path| Some(merged(path))),
    ("`!'()*` left as they are", |path| Some(unescaped(path, b"!'()*"))),
    ("`*` left as it is", |path| Some(unescaped(path, b"*"))),
    ("the characters left that encodeURI leaves", |path| {
        Some(unescaped(path, b";,/?:@&=+$#!'()*"))
    }),
    ("`:` and `@` left as they are", |path| Some(unescaped(path, b":@"))),
    ("`:` left as it is", |path| Some(unescaped(path, b":"))),
    ("`@` left as it is", |path| Some(unescaped(path, b"@"))),
    ("`,` left as it is", |path| Some(unescaped(path, b","))),
    ("`=` left as it is", |path| Some(unescaped(path, b"="))),
    ("`+` left as it is", |path| Some(unescaped(path, b"+"))),
    ("`'` left as it is", |path| Some(unescaped(path, b"'"))),
    ("`()` left as they are", |path| Some(unescaped(path, b"()"))),
    ("`[]{}|^` left as they are", |path| Some(unescaped(path, b"[]{}|^\\`\"<>"))),
    ("`&$;` left as they are", |path| Some(unescaped(path, b"&$;"))),
    ("every character left that a path may hold", |path| Some(unescaped(path, b"!$&'()*+,;=:@"))),
    ("`~` as %7E", |path| Some(path.replace('~', "%7E"))),
    ("`-._~` encoded too", |path| {
        Some(path.replace('-', "%2D").replace('.', "%2E").replace('_', "%5F").replace('~', "%7E"))
    }),
    ("a space as `+`", |path| Some(path.replace("%20", "+"))),
    ("a space as %2B", |path| Some(path.replace("%20", "%2B"))),
    ("`+` as a space", |path| Some(path.replace("%2B", "%20"))),
    ("spaces left as they are", |path| Some(path.replace("%20", " "))),
    ("non-ASCII characters left as they are", non_ascii_raw),
    ("non-ASCII characters in ISO 8859-1", latin1),
    ("lower-case hexadecimal digits", |path| Some(lower_hex(path))),
    ("slashes inside the path encoded", |path| {
        path.strip_prefix('/').map(|rest| format!("/{}", rest.replace('/', "%2F")))
    }),
    ("every slash encoded", |path| Some(path.replace('/', "%2F"))),
    ("%2F for a slash decoded", |path| Some(path.replace("%252F", "/").replace("%2F", "/"))),
    ("without the last slash", |path| path.strip_suffix('/').map(str::to_owned)),
    ("with a slash at the end", |path| Some(format!("{path}/"))),
    ("with two slashes at the start", |path| Some(format!("/{path}"))),
    ("without the first slash", |path| path.strip_prefix('/').map(str::to_owned)),
    ("without the first segment", |path| without_first(path, 1)),
    ("without the first two segments", |path| without_first(path, 2)),
    ("without the last segment", |path| {
        path.trim_end_matches('/').rsplit_once('/').map(|(rest, _)| rest.to_owned())
    }),
    ("in lower case", |path| Some(path.to_lowercase())),
    ("in upper case", |path| Some(path.to_uppercase())),
    ("the root alone", |_| Some("/".to_owned())),
    ("no path at all", |_| Some(String::new())),
];

/// Prefixes that gateways, stages and file systems put before a path.
const PREFIXES: &[&str] = &[
    "api", "prod", "dev", "test", "stage", "staging", "v1", "v2", "s3", "default", "latest",
    "proxy", "$default", "public", "static", "media", "files", "upload", "uploads", "cdn",
];

/// What the signer may have had for a path.
#[must_use]
pub fn edits(text: &Text, request: &CanonicalRequest<'_>, material: &Material) -> Vec<Edit> {
    let mut paths: Vec<(&'static str, String)> = Vec::new();
    for (what, rewrite) in REWRITES {
        paths.extend(rewrite(&request.path).map(|path| (*what, path)));
    }
    for shown in &material.paths {
        paths.push(("a path that the evidence shows", shown.clone()));
        paths.push(("a path that the evidence shows, encoded", encode_path(&decode(shown))));
        paths.push((
            "a path that the evidence shows, encoded once more",
            encode_path(shown.as_bytes()),
        ));
    }
    for bucket in &material.buckets {
        paths.push(("the bucket before the path", format!("/{bucket}{}", request.path)));
        let bare = request.path.strip_prefix(&format!("/{bucket}"));
        let bare = bare.map(|rest| if rest.is_empty() { "/" } else { rest });
        paths.extend(bare.map(|rest| ("the path without its bucket", rest.to_owned())));
    }
    let mut found: Vec<Edit> = Vec::new();
    for (what, path) in paths {
        add(&mut found, text.edit(what, [(Slot::Path, path.into_bytes())]));
    }
    for (what, path) in doubled(&request.path) {
        add(&mut found, text.edit(what, [(Slot::Path, path.into_bytes())]).map(Edit::alone));
    }
    add(&mut found, path_with_query(text, request));
    for prefix in PREFIXES {
        let path = format!("/{prefix}{}", request.path).into_bytes();
        add(
            &mut found,
            text.edit("a prefix before the path", [(Slot::Path, path)]).map(Edit::alone),
        );
    }
    for (what, path) in twice(&request.path) {
        add(&mut found, text.edit(what, [(Slot::Path, path.into_bytes())]).map(Edit::alone));
    }
    found
}

/// One rewrite after another: a path that was decoded and then normalised.
fn twice(path: &str) -> Vec<(&'static str, String)> {
    let mut paths = Vec::new();
    for (first, rewrite) in REWRITES {
        let Some(once) = rewrite(path).filter(|once| once != path) else { continue };
        paths.extend(
            REWRITES.iter().filter_map(|(_, again)| again(&once).map(|path| (*first, path))),
        );
    }
    paths
}

/// Slashes of which each may have stood there once to three times.
const MOST_SLASHES: usize = 5;
/// Slashes that are tried one by one, in a longer path.
const MOST_SINGLE: usize = 64;

/// Paths whose slashes may have been merged on the way.
fn doubled(path: &str) -> Vec<(&'static str, String)> {
    const WHAT: &str = "more than one slash where there is one";
    let count = path.matches('/').count();
    let with = |more: &dyn Fn(usize) -> usize| {
        let parts = path.split('/').enumerate();
        let text: String = parts
            .map(|(number, part)| match number.checked_sub(1) {
                Some(slash) => format!("{}{part}", "/".repeat(1 + more(slash))),
                None => part.to_owned(),
            })
            .collect();
        (WHAT, text)
    };
    if count <= MOST_SLASHES {
        // A digit of base three for each slash.
        let sets = 1..3_usize.pow(count as u32);
        return sets.map(|set| with(&|slash| set / 3_usize.pow(slash as u32) % 3)).collect();
    }
    let singles = (0..count.min(MOST_SINGLE)).flat_map(|at| [(at, 1), (at, 2)]);
    singles.map(|(at, more)| with(&|slash| if slash == at { more } else { 0 })).collect()
}

/// Adds an edit that none before it writes.
fn add(found: &mut Vec<Edit>, edit: Option<Edit>) {
    if let Some(edit) = edit.filter(|edit| !found.iter().any(|known| known.writes_same(edit))) {
        found.push(edit);
    }
}

fn path_with_query(text: &Text, request: &CanonicalRequest<'_>) -> Option<Edit> {
    if request.query.is_empty() {
        return None;
    }
    let query = request.query.strip_suffix('=').unwrap_or(&request.query);
    let whole = encode(format!("{}?{query}", request.path).as_bytes()).replace("%2F", "/");
    text.edit(
        "the query as part of the path",
        [(Slot::Path, whole.into_bytes()), (Slot::Query, Vec::new())],
    )
}

fn decoded(path: &str) -> Option<String> {
    percent_decode_str(path).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// `//` as `/`.
#[must_use]
pub fn merged(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

/// The escapes of these characters undone.
#[must_use]
pub fn unescaped(text: &str, characters: &[u8]) -> String {
    let mut out = text.to_owned();
    for &byte in characters {
        out = out.replace(&format!("%{byte:02X}"), char::from(byte).encode_utf8(&mut [0; 4]));
    }
    out
}

/// Escapes with lower-case digits.
#[must_use]
pub fn lower_hex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut left = 0;
    for c in text.chars() {
        if c == '%' {
            left = 2;
            out.push(c);
        } else if left > 0 {
            left -= 1;
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

/// Escaped bytes outside ASCII as characters.
#[must_use]
pub fn non_ascii_raw(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.chars().map(|c| if c.is_ascii() { escaped(c) } else { c.to_string() }).collect())
}

/// Characters outside ASCII as ISO 8859-1 writes them, escaped.
#[must_use]
pub fn latin1(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    let mut out = String::new();
    for c in decoded.chars() {
        if c.is_ascii() {
            out.push_str(&escaped(c));
        } else {
            out.push_str(&format!("%{:02X}", u8::try_from(u32::from(c)).ok()?));
        }
    }
    Some(out)
}

fn escaped(c: char) -> String {
    if c == '/' { "/".to_owned() } else { encode(c.encode_utf8(&mut [0; 4]).as_bytes()) }
}

fn without_first(path: &str, segments: usize) -> Option<String> {
    let mut rest = path.strip_prefix('/')?;
    for _ in 0..segments {
        rest = rest.split_once('/')?.1;
    }
    Some(format!("/{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed_instead(path: &str, wanted: &str) -> bool {
        let request = format!("GET\n{path}\n\nhost:b.s3.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD");
        let request = CanonicalRequest::parse(&request).unwrap_or_else(|error| panic!("{error}"));
        let text = Text::of(&request);
        let material = Material { buckets: vec!["b".to_owned()], ..Material::default() };
        let wanted = format!("\n{wanted}\n");
        edits(&text, &request, &material)
            .iter()
            .any(|edit| String::from_utf8_lossy(&text.text(&[edit])).contains(&wanted))
    }

    #[test]
    fn every_rewrite_is_tried() {
        for (verified, signed) in [
            ("/a%20b", "/a%2520b"),
            ("/a%2520b", "/a%20b"),
            ("/a%20b", "/a b"),
            ("/a%20b", "/a+b"),
            ("/a%2Bb", "/a%20b"),
            ("/a%2Bb", "/a+b"),
            ("/a//b", "/a/b"),
            ("/a/./b/../c", "/a/c"),
            ("/a~b", "/a%7Eb"),
            ("/a%28b%29%21", "/a(b)!"),
            ("/a%3Ab%40c", "/a:b@c"),
            ("/%C3%A9", "/é"),
            ("/%C3%A9", "/%E9"),
            ("/%C3%A9", "/%c3%a9"),
            ("/a/b/", "/a/b"),
            ("/a/b", "/a/b/"),
            ("/x/a", "/a"),
            ("/a", "/prod/a"),
            ("/a", "/b/a"),
            ("/b/a", "/a"),
            ("/A/b", "/a/b"),
            ("/a/b%20c", "/a%2Fb%20c"),
            ("/a//b%20c", "/a/b%2520c"),
        ] {
            assert!(signed_instead(verified, signed), "{verified} signed as {signed}");
        }
        assert!(!signed_instead("/a", "/z"));
    }

    #[test]
    fn nothing_is_tried_twice() {
        let request = CanonicalRequest::parse("GET\n/a%20b/c\n\nhost:h\n\nhost\nx")
            .unwrap_or_else(|e| panic!("{e}"));
        let text = Text::of(&request);
        let edits = edits(&text, &request, &Material::default());
        for (at, edit) in edits.iter().enumerate() {
            assert!(!edits[..at].iter().any(|other| other.writes_same(edit)));
        }
    }
}
