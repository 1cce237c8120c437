//! What clients and proxies do to a URL before it arrives: raw characters get encoded, dots and
//! slashes get resolved. A presigned URL does not survive that.

use super::Finding;

type Row = (fn(&str) -> bool, &'static str, &'static str);

const ENCODE: &str =
    "percent-encode every byte of the key but A-Z a-z 0-9 - . _ ~ / before presigning";
const ANOTHER_KEY: &str = "choose another key, or make sure that nothing on the way resolves paths";

/// What to look for in the path, what is told of it, and the fix; in the order of telling.
const FORMS: &[Row] = &[
    (
        |path| !path.is_ascii(),
        "characters beyond ASCII stand raw in its path, and clients encode them differently",
        ENCODE,
    ),
    (
        |path| path.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}']),
        "raw characters in its path are no part of a URL, and clients encode them differently",
        ENCODE,
    ),
    (|path| path.contains('+'), "a raw `+` in its path is taken for a space by some", ENCODE),
    (has_bad_escape, "a `%` in its path is followed by no two hexadecimal digits", ENCODE),
    (|path| path.contains("//"), "many proxies merge the `//` in its path", ANOTHER_KEY),
    (has_dots, "browsers and proxies resolve the dots in its path", ANOTHER_KEY),
];

pub(super) fn findings(url: &str, path: &str) -> Vec<Finding> {
    let found = FORMS.iter().filter(|(is_there, _, _)| is_there(path));
    let mut findings: Vec<Finding> =
        found.map(|(_, told, fix)| Finding::warning("path", *told, *fix)).collect();
    if url.contains('#') {
        let fix = "percent-encode `#` as %23 before presigning";
        findings.push(Finding::warning("path", "what follows its `#` is never sent", fix));
    }
    findings
}

fn has_dots(path: &str) -> bool {
    path.to_ascii_lowercase().replace("%2e", ".").split('/').any(|part| part == "." || part == "..")
}

fn has_bad_escape(path: &str) -> bool {
    let digits = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count();
    path.split('%').skip(1).any(|rest| digits(rest) < 2)
}
