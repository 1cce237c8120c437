//! Reads evidence: whatever people have of a failing request, found in whatever text it stands in.
//!
//! What a text is, is told by what stands in it. Error bodies, canonical requests, strings to sign,
//! requests and answers are looked for anywhere, behind prefixes, within quotes and escapes; what
//! belongs to one request becomes one [`Case`]. Texts within an answer are the verifier's, the others
//! the signer's: a server's text is never taken for the client's.

mod answer;
mod assemble;
mod attempts;
mod belonging;
mod blocks;
mod captured;
pub mod client;
mod document;
mod dump;
mod escape;
mod http_block;
mod json_body;
mod layout;
mod members;
mod mention;
mod merge;
mod objects;
mod piece;
mod prefix;
mod reflow;
mod repair;
mod restore;
mod scan;
mod service_message;
mod signed_texts;
mod to_sign;
mod trigger;
mod url;
mod xml;

use std::fmt;

use crate::case::Case;
use crate::http::HttpRequest;
use crate::post::PostForm;

pub use captured::{CapturedError, captured_error};
pub use merge::{Relation, refused_of};

/// A canonical request or a string to sign is no longer than this.
const MAX_TEXT: usize = 1 << 20;
/// A body is no longer than this.
const MAX_BODY: usize = 8 << 20;
/// Headers or elements that are read of one request or body.
const MAX_HEADERS: usize = 5_000;
/// Cases that are given at most.
const MAX_CASES: usize = 64;

/// What was found in a text.
#[derive(Default)]
pub struct Found {
    /// The requests that it tells of, in its order; at most 64, the last ones. If any failed for its
    /// signature, only such are given.
    pub cases: Vec<Case>,
    /// How many others it tells of.
    pub left_out: usize,
    /// What could not be read or is not what it should be. Nothing of the text is quoted.
    pub problems: Vec<String>,
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("cases", &self.cases.len())
            .field("left_out", &self.left_out)
            .field("problems", &self.problems)
            .finish()
    }
}

/// What a text tells, whatever it is: a pasted body, a client's debug log, captured errors, a raw
/// request, a presigned URL, or a longer log with any of these in it.
#[must_use]
pub fn read(text: &[u8]) -> Found {
    read_as(text, Whose::Anybody, None)
}

/// What a text tells of the request that a case is about, wherever it stands in a text of any length:
/// what fits the case is kept before all else, whether or not it is said to have failed.
#[must_use]
pub fn read_about(text: &[u8], about: &Case) -> Found {
    read_as(text, Whose::Anybody, Some(about))
}

/// What the answer of a service tells, with or without its HTTP head. Texts in it are the verifier's.
#[must_use]
pub fn error_body(text: &[u8]) -> Found {
    read_as(text, Whose::Server, None)
}

/// What a client's debug log tells. Texts in it are the signer's, but for those within an answer.
#[must_use]
pub fn client_log(text: &[u8]) -> Found {
    read_as(text, Whose::Anybody, None)
}

/// Whose texts they are that nothing labels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Server,
    Anybody,
}

fn read_as(bytes: &[u8], whose: Whose, about: Option<&Case>) -> Found {
    if let Some(case) = raw_request(bytes) {
        return Found { cases: vec![case], ..Found::default() };
    }
    let text = document::text(bytes);
    let captured = document::captured(&text, about);
    if !captured.cases.is_empty() {
        return captured;
    }
    let mut scan = scan::Scan::of(&text);
    if whose == Whose::Server {
        scan::claim_for_server(&mut scan.pieces);
    }
    let mut problems = scan.problems;
    let (cases, left_out) = assemble::cases(scan.pieces, scan.client, about);
    problems.sort();
    problems.dedup();
    problems.truncate(32);
    Found { cases, left_out, problems }
}

/// A file that is one raw HTTP request and nothing else: its body is read to the byte.
fn raw_request(bytes: &[u8]) -> Option<Case> {
    let first = bytes.iter().position(|byte| !b"\r\n".contains(byte))?;
    let line = &bytes[first..];
    let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len()).min(64 * 1024)];
    let line = String::from_utf8_lossy(line);
    let method = line.split([' ', '\t']).next()?;
    let is_request = blocks::METHODS.contains(&method)
        && line.split_once([' ', '\t'])?.1.trim_start().starts_with(['/', 'h', '*']);
    let has_version = line.trim_end().rsplit([' ', '\t']).next()?.starts_with("HTTP/");
    if !is_request || !has_version || memchr::memmem::find(bytes, b"\nHTTP/").is_some() {
        return None;
    }
    let request = HttpRequest::parse(bytes).ok()?;
    let tells = |part: &[u8]| memchr::memmem::find(request.body.as_deref()?, part);
    // A form carries its own signing parameters in its body.
    let is_upload = PostForm::of(&request).is_ok_and(|form| form.has_policy());
    if is_upload {
        return Some(assemble::completed(Case { sent: Some(request), ..Case::default() }));
    }
    if tells(b"AWS4-HMAC").or_else(|| tells(b"<Error>")).or_else(|| tells(b"< HTTP/")).is_some() {
        return None;
    }
    let case = Case { sent: Some(request), ..Case::default() };
    Some(assemble::completed(case))
}
