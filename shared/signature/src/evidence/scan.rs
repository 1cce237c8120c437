//! The readers, each tried where a text may hold what it reads.

use std::collections::BTreeMap;

use super::answer::{self, Notation};
use super::http_block::{self, Head};
use super::layout::line_of;
use super::piece::{Kind, Piece, Side};
use super::service_message::MESSAGES;
use super::trigger::{self, Trigger};
use super::{dump, mention, service_message, url, xml};
use crate::failure::find_code;

/// In a text up to this size, a request matters though nothing in it is signed.
const SMALL: usize = 64 * 1024;
/// What it costs to try a reader, in bytes read.
const ATTEMPT: usize = 256;
/// Pieces that are kept at most.
const MAX_PIECES: usize = 200_000;
/// How deep texts within texts are read.
pub(super) const MAX_DEPTH: usize = 4;

/// What a text was found to hold.
#[derive(Default)]
pub(super) struct Scan {
    /// The pieces, in their order.
    pub pieces: Vec<Piece>,
    /// What is wrong with some.
    pub problems: Vec<String>,
    /// The first client of the table that the text names.
    pub client: Option<usize>,
    /// Bytes that may still be read again.
    budget: usize,
}

impl Scan {
    /// Reads a whole text.
    pub(super) fn of(text: &str) -> Self {
        let budget = text.len().saturating_mul(8).saturating_add(32 << 20);
        let mut scan = Self { budget, ..Self::default() };
        scan.read(text, None, 0);
        scan.pieces.sort_by_key(|piece| piece.at);
        if scan.budget == 0 || scan.pieces.len() >= MAX_PIECES {
            scan.problems.push(
                "the text holds more than is read at once: a part of it was left out".to_owned(),
            );
        }
        scan
    }

    /// Reads a text; one within another stands at `place` in it.
    pub(super) fn read(&mut self, text: &str, place: Option<usize>, depth: usize) {
        let (found, client) = trigger::find(text);
        self.client = self.client.into_iter().chain(client).min();
        let mut pass = Pass { scan: self, text, place, depth, taken: BTreeMap::new() };
        pass.json(&found);
        pass.each(&found, &[Trigger::Xml], Pass::xml);
        pass.each(&found, &[Trigger::Appended], Pass::appended);
        pass.members(&found);
        pass.each(&found, &[Trigger::Head], Pass::head);
        pass.each(&found, &[Trigger::Status], Pass::status);
        pass.each(&found, &[Trigger::Dump], Pass::dump);
        pass.signed_texts(&found);
        pass.each(&found, &[Trigger::SignedHeaders], Pass::signed_headers);
        pass.each(&found, &[Trigger::Signature], Pass::signature);
        pass.each(&found, &[Trigger::Url], Pass::url);
        pass.each(&found, &[Trigger::Message, Trigger::Code], Pass::mention);
        if depth == 0 && pass.scan.pieces.is_empty() && text.len() <= SMALL {
            pass.fragment();
        }
    }

    /// Takes from what may still be read again; whether there was enough.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        let is_enough = self.budget >= bytes && self.pieces.len() < MAX_PIECES;
        self.budget = if is_enough { self.budget - bytes } else { 0 };
        is_enough
    }
}

/// One pass over one text.
pub(super) struct Pass<'s, 't> {
    pub(super) scan: &'s mut Scan,
    pub(super) text: &'t str,
    pub(super) place: Option<usize>,
    pub(super) depth: usize,
    /// Where what was read begins and ends.
    taken: BTreeMap<usize, usize>,
}

impl Pass<'_, '_> {
    /// Keeps a piece.
    pub(super) fn push(&mut self, at: usize, kind: Kind) {
        self.scan.pieces.push(Piece { at: self.place.unwrap_or(at), kind });
    }

    /// Says that a range was read.
    pub(super) fn take(&mut self, start: usize, end: usize) {
        let known = self.taken.entry(start).or_insert(end);
        *known = end.max(*known);
    }

    /// The ranges read that begin before a place; they do not nest deeply, so that the last few
    /// decide.
    fn before(&self, at: usize) -> impl Iterator<Item = usize> {
        self.taken.range(..=at).rev().take(8).map(|(_, end)| *end)
    }

    /// Whether what stands here was read.
    pub(super) fn is_taken(&self, at: usize) -> bool {
        self.before(at).any(|end| at < end)
    }

    /// Takes from what may still be read again; whether there was enough.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        self.scan.spend(bytes)
    }

    /// Tries a reader wherever one of these triggers is, and nothing was read yet.
    fn each(
        &mut self,
        found: &[(usize, Trigger)],
        wanted: &[Trigger],
        read: fn(&mut Self, usize) -> Option<()>,
    ) {
        for (at, trigger) in found {
            if wanted.contains(trigger) && !self.is_taken(*at) {
                if !self.spend(ATTEMPT) {
                    return;
                }
                let _ = read(self, *at);
            }
        }
    }

    fn xml(&mut self, at: usize) -> Option<()> {
        let body = xml::body(self.text, at)?;
        if !self.scan.spend(body.end - at) {
            return None;
        }
        let root = body.root.as_deref();
        let is_plain = root.is_none_or(|root| root == "Error");
        let mut elements = body.elements;
        if let Some(root) = root.filter(|root| root.ends_with("Exception")) {
            elements.push(("Code".to_owned(), root.to_owned()));
        }
        let notation = Notation::Xml { is_plain };
        let case = answer::case(&elements, notation, &mut self.scan.problems);
        let case = case.or_else(|| unrelated(&elements, root));
        if let Some(name) = body.cut_in {
            self.scan.problems.push(format!("an answer is cut within its {name}"));
        }
        self.take(at, body.end);
        self.push(at, Kind::Answer(Box::new(case?)));
        Some(())
    }

    fn appended(&mut self, at: usize) -> Option<()> {
        let (texts, end, problem) = service_message::appended(self.text, at);
        if !self.scan.spend(end - at) {
            return None;
        }
        self.scan.problems.extend(problem.map(str::to_owned));
        // The message and its code stand before it.
        let mut from = at.saturating_sub(600);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let before = &self.text[from..at];
        let sentence = before.rfind(MESSAGES[3].0).map(|found| from + found);
        let mut case = sentence
            .and_then(|sentence| mention::read(self.text, sentence, 0))
            .map(|mention| mention.case)
            .unwrap_or_default();
        case.answer.code = case.answer.code.or_else(|| {
            let behind = &self.text[end..super::layout::floor(&self.text[end..], 400).len() + end];
            let code = find_code(before).or_else(|| find_code(behind));
            code.map(|(_, code)| code.to_owned())
        });
        case.answer.vendor = Some(crate::case::Vendor::Aws);
        case.server = texts;
        self.take(sentence.unwrap_or(at), end);
        self.push(at, Kind::Answer(Box::new(case)));
        Some(())
    }

    fn head(&mut self, at: usize) -> Option<()> {
        let (head, end) = http_block::head(self.text, at, self.text.len() <= SMALL)?;
        if !self.scan.spend(end.saturating_sub(at)) {
            return None;
        }
        let kind = match head {
            Head::Request(request) => {
                self.take(at, end);
                Kind::Request(Box::new(request), true)
            }
            Head::Response(response) => Kind::Response(response),
        };
        self.push(at, kind);
        Some(())
    }

    fn status(&mut self, at: usize) -> Option<()> {
        let response = http_block::told_status(self.text, at)?;
        self.push(at, Kind::Response(response));
        Some(())
    }

    fn dump(&mut self, at: usize) -> Option<()> {
        let line = line_of(&self.text[at..]).len();
        if !self.scan.spend(line) {
            return None;
        }
        let (request, end) = dump::request(self.text, at)?;
        self.take(at, end);
        self.push(at, Kind::Request(Box::new(request), true));
        Some(())
    }

    fn url(&mut self, at: usize) -> Option<()> {
        let found = url::around(self.text, at)?;
        // One that ends before `at` is not around it.
        if found.end < at || !self.scan.spend(found.end - at) {
            return None;
        }
        self.take(at, found.end);
        self.push(at, Kind::Request(Box::new(found.request), found.is_method_told));
        Some(())
    }

    fn mention(&mut self, at: usize) -> Option<()> {
        let from = self.before(at).filter(|end| *end <= at).max();
        let mention = mention::read(self.text, at, from.unwrap_or(0))?;
        if !self.scan.spend(mention.end.saturating_sub(at)) {
            return None;
        }
        self.take(at, mention.end);
        self.push(at, Kind::Mention(Box::new(mention.case), mention.is_code_alone));
        Some(())
    }
}

/// An answer that is no signature failure, but the answer of a request all the same.
fn unrelated(elements: &[(String, String)], root: Option<&str>) -> Option<crate::case::Case> {
    let code = elements.iter().find(|(name, _)| name == "Code").map(|(_, code)| code.trim())?;
    let is_code = code.len() < 100 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut case = crate::case::Case::default();
    case.answer.code = Some(code.to_owned()).filter(|_| is_code && root.is_some());
    let value = |wanted: &str| {
        elements.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.trim().to_owned())
    };
    case.answer.message = value("Message").filter(|message| message.len() < 4096);
    case.answer.request_id = value("RequestId");
    case.answer.code.is_some().then_some(case)
}

/// Whose texts they are that nothing labels, in a text that is the service's answer alone.
pub(super) fn claim_for_server(pieces: &mut [Piece]) {
    for piece in pieces {
        if let Kind::Canonical(_, side) | Kind::Partial(_, side) | Kind::ToSign(_, side) =
            &mut piece.kind
        {
            *side = Side::Server;
        }
    }
}
