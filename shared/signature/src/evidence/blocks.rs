//! Canonical requests that stand in a text as blocks of lines, whatever stands before, between and
//! behind the lines.
//!
//! What they look like: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::layout::{Layout, separator};
use super::{MAX_HEADERS, MAX_TEXT};
use crate::canonical_request::{is_header_list, is_payload};
use crate::secret::{hex, sha256_hex};

/// The methods that a canonical request may begin with. Signers that write them in lower case are
/// read too.
pub(super) const METHODS: &[&str] = &["GET", "PUT", "POST", "HEAD", "DELETE", "PATCH", "OPTIONS"];

/// Lines that are tried at most when only a hash tells where a text ends.
const TRIED_LINES: usize = 300;
/// Bytes that are hashed at most for that.
const TRIED_BYTES: usize = 64 * 1024;

/// A text that was found.
pub(super) struct Block {
    /// The text.
    pub text: String,
    /// Where it ends in what was read; for a text within one line, where that line ends.
    pub end: usize,
    /// Whether its hash is one that is looked for.
    pub is_whole: bool,
}

/// The canonical request that begins with the method at `at`. `hashes` are those that the strings to
/// sign of the same text hold: they decide between readings.
#[must_use]
pub(super) fn canonical_request(
    text: &str,
    at: usize,
    method: usize,
    hashes: &HashSet<String>,
) -> Option<Block> {
    let separator = separator(&text[at + method..])?;
    let mut found: Option<Block> = None;
    for layout in Layout::readings(text, at, separator) {
        let Some(block) = read(text, at, method, &layout, hashes) else { continue };
        if block.is_whole {
            return Some(block);
        }
        found.get_or_insert(block);
    }
    found
}

fn read(
    whole: &str,
    at: usize,
    method: usize,
    layout: &Layout<'_>,
    hashes: &HashSet<String>,
) -> Option<Block> {
    let name = &whole[at..at + method];
    let line_end = at + super::layout::line_of(&whole[at..]).len();
    let by_form = by_form(name, layout.lines().skip(1)).map(|(text, last)| {
        let end = layout.end_of(last, whole).unwrap_or(line_end);
        (text, end)
    });
    if let Some((text, end)) = &by_form
        && hashes.contains(&sha256_hex(text.as_bytes()))
    {
        return Some(Block { text: text.clone(), end: *end, is_whole: true });
    }
    if let Some((text, last)) = by_hash(name, layout.lines().skip(1), hashes) {
        let end = layout.end_of(last, whole).unwrap_or(line_end);
        return Some(Block { text, end, is_whole: true });
    }
    by_form.map(|(text, end)| Block { text, end, is_whole: false })
}

/// Reads a canonical request by its form; gives it and the part of its last line that belongs to it.
fn by_form<'a>(
    method: &str,
    mut lines: impl Iterator<Item = &'a str>,
) -> Option<(String, &'a str)> {
    let path = lines.next().filter(|path| path.starts_with('/') || path.is_empty())?;
    let query = lines.next()?;
    let mut text = format!("{method}\n{path}\n{query}\n");
    let mut names: Vec<&str> = Vec::new();
    let list = loop {
        let line = lines.next()?;
        if line.is_empty() {
            text.push('\n');
            break lines.next()?;
        }
        match line.split_once(':') {
            Some((name, _)) if is_name(name) && names.len() < MAX_HEADERS => names.push(name),
            None if !names.is_empty() && is_header_list(line) => break line,
            _ => return None,
        }
        if text.len() + line.len() > MAX_TEXT {
            return None;
        }
        text.push_str(line);
        text.push('\n');
    };
    let listed: Vec<&str> = list.trim().split(';').collect();
    let fits = listed.len() == names.len()
        && listed.iter().zip(&names).all(|(listed, name)| listed.eq_ignore_ascii_case(name.trim()));
    if !is_header_list(list.trim()) || (!fits && !listed.contains(&"host")) {
        return None;
    }
    let last = lines.next()?;
    let payload = payload(last).or_else(|| fits.then(|| word(last)))?;
    text.push_str(list);
    text.push('\n');
    text.push_str(payload);
    Some((text, payload))
}

/// A canonical header's name. Signers that forget to trim or to lower-case it are read too.
fn is_name(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && !name.contains(';') && is_header_list(name)
}

/// The payload line that a line begins with.
fn payload(line: &str) -> Option<&str> {
    let word = word(line);
    is_payload(word).then_some(word)
}

/// The characters of hashes and payload markers that a line begins with.
pub(super) fn word(line: &str) -> &str {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+/=".contains(byte);
    &line[..line.as_bytes().iter().take_while(|byte| is_part(byte)).count()]
}

/// Reads a text that begins with `method` and whose hash is known, of whatever form: signers forget
/// lines, and write lines that do not belong there.
fn by_hash<'a>(
    method: &str,
    lines: impl Iterator<Item = &'a str>,
    hashes: &HashSet<String>,
) -> Option<(String, &'a str)> {
    if hashes.is_empty() {
        return None;
    }
    let mut text = method.to_owned();
    let mut hasher = Sha256::new_with_prefix(method);
    for line in lines.take(TRIED_LINES) {
        if text.len() + line.len() > TRIED_BYTES {
            return None;
        }
        let is_wanted = |hasher: &Sha256| hashes.contains(&hex(&hasher.clone().finalize()));
        hasher.update(b"\n");
        let before = hasher.clone();
        if is_wanted(&hasher) {
            text.push('\n');
            return Some((text, &line[..0]));
        }
        for part in [word(line), line] {
            let with = before.clone().chain_update(part);
            if is_wanted(&with) {
                text.push('\n');
                text.push_str(part);
                return Some((text, part));
            }
        }
        hasher.update(line);
        text.push('\n');
        text.push_str(line);
    }
    None
}

/// What is left of a canonical request that was cut or redacted, if it begins as one: its method, its
/// path and the lines that may follow.
#[must_use]
pub(super) fn partial(text: &str, at: usize, method: usize) -> Option<Block> {
    let separator = separator(&text[at + method..])?;
    let mut best: Option<Block> = None;
    for layout in Layout::readings(text, at, separator) {
        let mut lines = layout.lines().skip(1);
        let path = lines.next().filter(|path| path.starts_with('/') && !path.contains(' '))?;
        let mut kept = vec![&text[at..at + method], without_dots(path)];
        let mut last = path;
        for (number, line) in lines.take(MAX_HEADERS).enumerate() {
            let is_header = line.split_once(':').is_some_and(|(name, _)| is_name(name));
            let is_query = number == 0 && !line.contains(' ') && !line.starts_with(['[', '<', '`']);
            let is_list = line.contains(';') && is_header_list(line);
            if !(line.is_empty() || is_header || is_query || is_list) {
                break;
            }
            kept.push(without_dots(line));
            last = line;
        }
        let text_kept = kept.join("\n").trim_end().to_owned();
        let end = layout.end_of(last, text).unwrap_or(at + method);
        if best.as_ref().is_none_or(|best| best.text.len() < text_kept.len()) {
            best = Some(Block { text: text_kept, end, is_whole: false });
        }
    }
    best.filter(|block| block.text.len() > method + 2)
}

/// A line without what somebody wrote where he left something out.
fn without_dots(line: &str) -> &str {
    line.trim_end_matches(['`', '"', '\'']).trim_end_matches("...")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANONICAL: &str = "PUT\n/a%20b\nx-id=PutObject\nhost:b.s3.eu-west-1.amazonaws.com\nx-amz-date:20260415T074207Z\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD";

    fn found(text: &str) -> Option<String> {
        let at = text.find("PUT")?;
        canonical_request(text, at, 3, &HashSet::new()).map(|block| block.text)
    }

    #[test]
    fn what_stands_around_a_block_does_not_matter() {
        for text in [
            CANONICAL.to_owned(),
            format!("CanonicalRequest:\n{CANONICAL}\n2026-04-15 DEBUG next"),
            format!("AWS4 Canonical Request: '\"{CANONICAL}\"'"),
            format!("(enclosed in []) - [{CANONICAL}]"),
            CANONICAL.lines().map(|line| format!("> {line}\n")).collect(),
            CANONICAL.lines().map(|line| format!("{line}\r\n")).collect(),
            serde_json::json!({ "message": CANONICAL }).to_string(),
            serde_json::json!({ "a": serde_json::json!({ "b": CANONICAL }).to_string() })
                .to_string(),
            CANONICAL.replace('\n', "&#10;"),
            CANONICAL.replace('\n', "<br>"),
        ] {
            assert_eq!(found(&text).as_deref(), Some(CANONICAL), "{text}");
        }
    }

    #[test]
    fn a_request_line_is_no_canonical_request() {
        assert_eq!(found("PUT /a HTTP/1.1\nhost: b\n\n"), None);
        assert_eq!(found("PUT\n/a\n\nno header\n"), None);
        assert_eq!(found("PUT\n"), None);
    }

    #[test]
    fn a_text_of_no_form_is_read_by_its_hash() {
        let odd = "PUT\n/a\nhost:b\n\n\nhost\n";
        let hashes = HashSet::from([sha256_hex(odd.as_bytes())]);
        let block = canonical_request(&format!("{odd}x\ny"), 0, 3, &hashes).unwrap();
        assert!(block.is_whole);
        assert_eq!(block.text, odd);
    }
}
