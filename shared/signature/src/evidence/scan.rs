//! One pass over a text for whatever may begin a piece of evidence, and the readers tried there.

use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::answer::{self, Notation};
use super::blocks::{self, METHODS};
use super::http_block::{self, Head};
use super::layout::{line_of, line_start, separator};
use super::piece::{Kind, Piece, Side, side};
use super::service_message::{CANONICAL, MESSAGES, TO_SIGN};
use super::{client, dump, json_body, members, mention, service_message, url, xml};
use crate::authorization::Authorization;
use crate::failure::find_code;
use crate::secret::Signature;

/// What a place in a text may be the start of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    Xml,
    Appended,
    Member,
    Code,
    Message,
    Head,
    Dump,
    Url,
    ToSign,
    Method(usize),
    Client(usize),
}

/// Element names that begin a body, or a part of one.
const TAGS: &[&str] = &[
    "Error",
    "Code>",
    "StringToSign",
    "CanonicalRequest",
    "Message>",
    "InvalidSignatureException",
    "UnrecognizedClientException",
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "AccessDeniedException",
    "ExpiredTokenException",
    "HeadersNotSigned",
    "RequestTime",
];

/// Names of members that only errors have.
const MEMBERS: &[&str] =
    &["CanonicalRequest", "StringToSign", "SignatureProvided", "__type", "ErrorXML"];

/// Codes are looked for by these parts of them.
const CODES: &[&str] = &[
    "SignatureDoesNotMatch",
    "InvalidSignature",
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "RequestTimeTooSkewed",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "ExpiredToken",
    "InvalidToken",
    "RequestExpired",
    "XAmzContentSHA256Mismatch",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingSecurityHeader",
    "(AccessDenied)",
    "(InvalidRequest)",
    "PermanentRedirect",
    "TemporaryRedirect",
];

const URLS: &[&str] = &["X-Amz-Signature=", "X-Amz-Credential=", "AWSAccessKeyId="];

struct Finder {
    automaton: AhoCorasick,
    triggers: Vec<Trigger>,
}

static FINDER: LazyLock<Option<Finder>> = LazyLock::new(|| {
    let mut table: Vec<(String, Trigger)> = Vec::new();
    for opening in xml::OPENINGS {
        table.extend(TAGS.iter().map(|tag| (format!("{opening}{tag}"), Trigger::Xml)));
    }
    let mut add = |texts: &[&str], trigger: Trigger| {
        table.extend(texts.iter().map(|text| ((*text).to_owned(), trigger)));
    };
    add(&[CANONICAL, TO_SIGN], Trigger::Appended);
    add(MEMBERS, Trigger::Member);
    add(CODES, Trigger::Code);
    add(&["HTTP/1.", "HTTP/2"], Trigger::Head);
    add(dump::MARKS, Trigger::Dump);
    add(URLS, Trigger::Url);
    add(&["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"], Trigger::ToSign);
    for (message, _) in MESSAGES {
        add(&[message], Trigger::Message);
    }
    for method in METHODS {
        add(&[method, &method.to_ascii_lowercase()], Trigger::Method(method.len()));
    }
    for (mark, number) in client::marks() {
        add(&[mark], Trigger::Client(number));
    }
    let (texts, triggers): (Vec<_>, Vec<_>) = table.into_iter().unzip();
    let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(texts).ok()?;
    Some(Finder { automaton, triggers })
});

/// Pieces that are kept at most.
const MAX_PIECES: usize = 4_000;
/// How deep texts within texts are read.
const MAX_DEPTH: usize = 4;

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
    fn read(&mut self, text: &str, place: Option<usize>, depth: usize) {
        let Some(finder) = FINDER.as_ref() else { return };
        let mut found: Vec<(usize, Trigger)> = Vec::new();
        for hit in finder.automaton.find_overlapping_iter(text) {
            match finder.triggers[hit.pattern().as_usize()] {
                Trigger::Client(number) => {
                    self.client = Some(self.client.map_or(number, |known| known.min(number)));
                }
                Trigger::Method(length) if !begins_block(text, hit.start(), length) => {}
                trigger => found.push((hit.start(), trigger)),
            }
        }
        found.sort_by_key(|(at, _)| *at);
        let mut pass = Pass { scan: self, text, place, depth, taken: Vec::new() };
        pass.json(&found);
        pass.each(&found, &[Trigger::Xml], Pass::xml);
        pass.each(&found, &[Trigger::Appended], Pass::appended);
        pass.members(&found);
        pass.each(&found, &[Trigger::Head], Pass::head);
        pass.each(&found, &[Trigger::Dump], Pass::dump);
        pass.blocks(&found);
        pass.each(&found, &[Trigger::Url], Pass::url);
        pass.each(&found, &[Trigger::Message, Trigger::Code], Pass::mention);
    }

    /// Takes from what may still be read again; whether there was enough.
    fn spend(&mut self, bytes: usize) -> bool {
        let is_enough = self.budget >= bytes && self.pieces.len() < MAX_PIECES;
        self.budget = if is_enough { self.budget - bytes } else { 0 };
        is_enough
    }
}

/// Whether a method stands where a canonical request may begin: a word of its own, with a line end
/// behind it.
fn begins_block(text: &str, at: usize, length: usize) -> bool {
    let before = text.as_bytes()[..at].last();
    // The `n` of an escaped line end is no letter of a word.
    let is_escape = at >= 2 && text.as_bytes()[at - 2] == b'\\';
    let is_word = before.is_some_and(|byte| byte.is_ascii_alphanumeric()) && !is_escape;
    let after = &text.as_bytes()[at + length..];
    let may_end = after.first().is_some_and(|byte| b"\n\r\\%&< \t".contains(byte));
    let is_blank = matches!(after, [b' ' | b'\t', second, ..] if !b" \t\r\n".contains(second));
    !is_word && may_end && !is_blank
}

/// One pass over one text.
struct Pass<'s, 't> {
    scan: &'s mut Scan,
    text: &'t str,
    place: Option<usize>,
    depth: usize,
    /// What was read already, in no order.
    taken: Vec<(usize, usize)>,
}

impl Pass<'_, '_> {
    fn push(&mut self, at: usize, kind: Kind) {
        self.scan.pieces.push(Piece { at: self.place.unwrap_or(at), kind });
    }

    fn take(&mut self, start: usize, end: usize) {
        let at = self.taken.partition_point(|(known, _)| *known <= start);
        self.taken.insert(at, (start, end));
    }

    fn is_taken(&self, at: usize) -> bool {
        let before = self.taken.partition_point(|(start, _)| *start <= at);
        // Ranges do not nest deeply: the few before decide.
        self.taken[..before].iter().rev().take(8).any(|(_, end)| at < *end)
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
                if self.scan.pieces.len() >= MAX_PIECES || self.scan.budget == 0 {
                    return;
                }
                let _ = read(self, *at);
            }
        }
    }

    /// Objects around triggers: one a line, or one over several lines.
    fn json(&mut self, found: &[(usize, Trigger)]) {
        let (mut tried, mut searched) = (0, 0);
        for (at, trigger) in found {
            if matches!(trigger, Trigger::Method(_)) || self.is_taken(*at) {
                continue;
            }
            let starts = opening_braces(self.text, *at, searched);
            searched = line_start(self.text, *at);
            for start in starts {
                if start < tried {
                    continue;
                }
                tried = tried.max(start + 1);
                let line = line_of(&self.text[start..]).len();
                if !self.scan.spend(line) {
                    return;
                }
                let Some((value, end)) = json_body::value(self.text, start) else { continue };
                if end <= *at || !self.scan.spend(end - start) {
                    continue;
                }
                tried = end;
                self.take(start, end);
                self.json_value(start, &value);
                break;
            }
        }
    }

    fn json_value(&mut self, at: usize, value: &serde_json::Value) {
        let mut problems = Vec::new();
        for told in json_body::told(value, &mut problems) {
            match told {
                json_body::Told::Case(case) => self.push(at, Kind::Answer(case)),
                json_body::Told::Request(request) => {
                    self.push(at, Kind::Request(Box::new(request), true));
                }
                json_body::Told::Text(name, text) if self.depth < MAX_DEPTH => {
                    let is_telling = FINDER.as_ref().is_some_and(|f| f.automaton.is_match(&text));
                    if is_telling && self.scan.spend(text.len()) {
                        // The member's name is the text's label.
                        let labelled = format!("{name}:\n{text}");
                        let place = self.place.unwrap_or(at);
                        self.scan.read(&labelled, Some(place), self.depth + 1);
                    }
                }
                json_body::Told::Text(..) => {}
            }
        }
        self.scan.problems.append(&mut problems);
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

    /// Lists of members around what only errors have.
    fn members(&mut self, found: &[(usize, Trigger)]) {
        let mut end_of_last = 0;
        for (at, trigger) in found {
            let is_wanted = matches!(trigger, Trigger::Member | Trigger::Code);
            if !is_wanted || *at < end_of_last || self.is_taken(*at) {
                continue;
            }
            let mut start = at.saturating_sub(4 * 1024).max(end_of_last);
            while !self.text.is_char_boundary(start) {
                start += 1;
            }
            let window = super::layout::floor(&self.text[start..], 64 * 1024);
            let window = super::layout::bounded(match window.len() {
                65_500.. => &self.text[start..],
                _ => window,
            });
            if !self.scan.spend(window.len()) {
                return;
            }
            end_of_last = self.groups(start, *at, window).max(at + 1);
        }
    }

    /// Members that follow each other closely are of one error; gives where the one around `at` ends.
    fn groups(&mut self, start: usize, at: usize, window: &str) -> usize {
        let mut group: Vec<members::Member> = Vec::new();
        let mut all = members::members(window);
        all.retain(|member| !self.is_taken(start + member.at));
        for member in all {
            let is_next = group.last().is_none_or(|last| {
                member.at.saturating_sub(last.end) < 1_500
                    && group.iter().all(|known| {
                        known.name != member.name
                            || known.value == member.value
                            || answer::meaning(&known.name) == Some(answer::Meaning::Detail)
                    })
            });
            if !is_next {
                if self.is_around(&group, start, at) {
                    break;
                }
                group.clear();
            }
            group.push(member);
        }
        if !self.is_around(&group, start, at) {
            return at + 1;
        }
        let elements: Vec<(String, String)> =
            group.iter().map(|member| (member.name.clone(), member.value.clone())).collect();
        let (first, last) = (group[0].at + start, group[group.len() - 1].end + start);
        let is_error = elements.iter().any(|(name, _)| {
            use answer::Meaning::{Code, Message, Signature};
            matches!(answer::meaning(name), Some(Code | Message | Signature))
        });
        if !is_error {
            return last;
        }
        let Some(case) = answer::case(&elements, Notation::Members, &mut self.scan.problems) else {
            return last;
        };
        self.take(first, last);
        self.push(first, Kind::Answer(Box::new(case)));
        last
    }

    fn is_around(&self, group: &[members::Member], start: usize, at: usize) -> bool {
        let ends = group.first().zip(group.last());
        ends.is_some_and(|(first, last)| first.at + start <= at && at < last.end + start)
    }

    fn head(&mut self, at: usize) -> Option<()> {
        let (head, end) = http_block::head(self.text, at)?;
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
        if !self.scan.spend(found.end - at) {
            return None;
        }
        self.take(at, found.end);
        self.push(at, Kind::Request(Box::new(found.request), found.is_method_told));
        Some(())
    }

    fn mention(&mut self, at: usize) -> Option<()> {
        let from = self.taken.iter().map(|(_, end)| *end).filter(|end| *end <= at).max();
        let mention = mention::read(self.text, at, from.unwrap_or(0))?;
        if !self.scan.spend(mention.end.saturating_sub(at)) {
            return None;
        }
        self.take(at, mention.end);
        self.push(at, Kind::Mention(Box::new(mention.case), mention.is_code_alone));
        Some(())
    }

    /// Canonical requests and strings to sign, the latter first: their hashes decide how the former
    /// are read.
    fn blocks(&mut self, found: &[(usize, Trigger)]) {
        let mut hashes = HashSet::new();
        for (at, _) in found.iter().filter(|(_, trigger)| *trigger == Trigger::ToSign) {
            if self.is_taken(*at) || !self.scan.spend(64) {
                continue;
            }
            if let Some(block) = blocks::string_to_sign(self.text, *at) {
                if let Some(hash) = block.text.rsplit('\n').next() {
                    hashes.insert(hash.to_ascii_lowercase());
                }
                let side = side(self.text, *at);
                self.push(*at, Kind::ToSign(block.text, side));
            } else {
                self.authorization(*at);
            }
        }
        let mut end = 0;
        for (at, trigger) in found {
            let Trigger::Method(length) = *trigger else { continue };
            if *at < end || self.is_taken(*at) {
                continue;
            }
            let Some(separator) = separator(&self.text[at + length..]) else { continue };
            let is_inline = separator != super::layout::Separator::LineEnd;
            let cost = if is_inline { line_of(&self.text[*at..]).len() } else { 256 };
            if !self.scan.spend(cost) {
                return;
            }
            let block = blocks::canonical_request(self.text, *at, length, &hashes);
            if let Some(block) = block {
                self.scan.spend(block.text.len());
                end = if is_inline { at + length } else { block.end };
                let side = side(self.text, *at);
                self.push(*at, Kind::Canonical(block.text, side));
            }
        }
    }

    /// An `Authorization` header's value by itself.
    fn authorization(&mut self, at: usize) {
        let line = super::layout::floor(line_of(&self.text[at..]), 8 * 1024);
        if !line.get(16..).is_some_and(|rest| rest.contains("Credential=")) {
            return;
        }
        let end = line.find(['"', '\'', '\\', '}', '<']).unwrap_or(line.len());
        let (access_key_id, signature) = match Authorization::parse(&line[..end]) {
            Ok(read) => {
                let id = read.scope().map(|scope| scope.access_key_id.to_owned());
                (id, read.signature)
            }
            Err(_) => {
                let id = line.split("Credential=").nth(1).and_then(|rest| rest.split('/').next());
                let hex = line.split("Signature=").nth(1).and_then(|rest| rest.get(..64));
                (id.map(str::to_owned), hex.and_then(Signature::of_hex))
            }
        };
        let access_key_id = access_key_id.filter(|id| answer::is_key_id(id));
        if access_key_id.is_some() || signature.is_some() {
            self.push(at, Kind::Authorization { access_key_id, signature });
        }
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

/// Where an object that holds `at` may begin: the braces of its line before it, or a line above that
/// begins with one.
/// What stands before `searched` was looked at already.
fn opening_braces(text: &str, at: usize, searched: usize) -> Vec<usize> {
    let start = line_start(text, at);
    let line = &text.as_bytes()[start..at];
    let may_open = |at: usize| {
        let after = text.as_bytes()[at + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
        after.is_some_and(|byte| b"\"{[".contains(byte))
    };
    let braces = line.iter().enumerate().filter(|(_, byte)| b"{[".contains(byte));
    let mut starts: Vec<usize> =
        braces.map(|(offset, _)| start + offset).filter(|&at| may_open(at)).take(3).collect();
    if starts.is_empty() {
        let mut above = start;
        for _ in 0..200 {
            if above <= searched {
                break;
            }
            let begin = line_start(text, above - 1);
            if matches!(text.as_bytes()[begin], b'{' | b'[') && may_open(begin) {
                starts.push(begin);
                break;
            }
            above = begin;
        }
    }
    starts
}

/// Whose texts they are that nothing labels, in a text that is the service's answer alone.
pub(super) fn claim_for_server(pieces: &mut [Piece]) {
    for piece in pieces {
        if let Kind::Canonical(_, side) | Kind::ToSign(_, side) = &mut piece.kind {
            *side = Side::Server;
        }
    }
}
