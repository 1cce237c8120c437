//! Finds the canonical request in a text.

use sigdrift_signature::case::{Case, Texts};
use sigdrift_signature::verifier::Verifiable;
use sigdrift_signature::{CanonicalRequest, evidence};

/// Whose canonical request is wanted, where a text holds both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Signer,
    Verifier,
}

/// A canonical request, and what there is to know about how it was found.
pub struct Found {
    pub text: String,
    pub notes: Vec<String>,
}

/// The canonical request in `bytes`: the whole of it, or the one of the last request that it tells of.
pub fn canonical_request(bytes: &[u8], side: Side) -> Option<Found> {
    let text = String::from_utf8_lossy(bytes);
    if let Some(text) = bare(&text) {
        return Some(Found { text, notes: Vec::new() });
    }
    let cases = evidence::read(bytes).cases;
    let of_side = |case: &Case, wanted: Side| {
        let texts = if wanted == Side::Signer { &case.client } else { &case.server };
        let text = texts.canonical_request.as_ref()?.text.clone();
        Some(Found { text, notes: altered(texts) })
    };
    let other = if side == Side::Signer { Side::Verifier } else { Side::Signer };
    let found = |wanted| cases.iter().rev().find_map(|case| of_side(case, wanted));
    let made = || cases.iter().rev().find_map(of_request);
    let mut found = found(side).or_else(|| found(other)).or_else(made)?;
    if cases.len() > 1 {
        found.notes.push(format!("{} requests found, the last one is compared", cases.len()));
    }
    Some(found)
}

fn altered(texts: &Texts) -> Vec<String> {
    let told = "its canonical request does not have the hash in its string to sign: it was altered";
    if texts.is_intact() == Some(false) { vec![told.to_owned()] } else { Vec::new() }
}

/// The canonical request that a verifier makes of a signed request.
fn of_request(case: &Case) -> Option<Found> {
    let request = case.received.as_ref().or(case.sent.as_ref())?;
    let text = Verifiable::of(request, None).ok()?.canonical_request.text();
    Some(Found { text, notes: vec!["made of the request".to_owned()] })
}

/// A text that is a canonical request and nothing else, without what pasting adds: carriage returns,
/// empty lines around it, an indentation that all lines have.
fn bare(text: &str) -> Option<String> {
    let lines: Vec<&str> =
        text.lines().map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let is_blank = |line: &&str| line.trim().is_empty();
    let first = lines.iter().position(|line| !is_blank(line))?;
    let last = lines.iter().rposition(|line| !is_blank(line))?;
    let lines = &lines[first..=last];
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common =
        lines.iter().filter(|line| !is_blank(line)).map(|line| indent(line)).min().unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line.get(common..).unwrap_or("")).collect();
    let text = lines.join("\n");
    let read = CanonicalRequest::parse(&text).ok()?;
    let is_method = !read.method.is_empty() && read.method.bytes().all(|b| b.is_ascii_alphabetic());
    let is_whole = read.text().len() == text.len();
    let is_list = sigdrift_signature::canonical_request::is_header_list(&read.signed_headers);
    (is_method && is_whole && is_list && !read.path.contains(' ')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "GET\n/\n\nhost:a\n\nhost\nUNSIGNED-PAYLOAD";

    #[test]
    fn what_pasting_adds_is_taken_away() {
        for pasted in [
            TEXT.to_owned(),
            format!("{TEXT}\n"),
            format!("\n\n{TEXT}\n\n"),
            TEXT.replace('\n', "\r\n") + "\r\n",
            format!("    {}", TEXT.replace('\n', "\n    ")),
            format!("    {}", TEXT.replace('\n', "\n    ").replace("    \n", "\n")),
            format!("\t{}\n", TEXT.replace('\n', "\n\t")),
        ] {
            assert_eq!(bare(&pasted).as_deref(), Some(TEXT), "{pasted:?}");
        }
    }

    #[test]
    fn what_is_none_is_not_taken_for_one() {
        let log = format!("DEBUG x\n{TEXT}\nmore");
        for other in ["", "\n", "GET / HTTP/1.1\nHost: a\n\n", "a\nb\nc\nd\ne", &log] {
            assert_eq!(bare(other), None, "{other:?}");
        }
    }
}
