//! Where a text shows what was signed: canonical requests, strings to sign, `Authorization` values.

use std::collections::HashSet;

use super::layout::{Separator, floor, line_of, separator};
use super::piece::{Kind, Side, side};
use super::scan::Pass;
use super::trigger::Trigger;
use super::{answer, blocks, http_block, to_sign};
use crate::authorization::Authorization;
use crate::canonical_request::is_header_list;
use crate::secret::Signature;

/// What stands before the signature that a client computed: botocore's label, curl's.
pub(super) const SIGNATURE_MARKS: &[&str] = &["Signature:\n", "aws_sigv4: Signature - "];

/// In a text up to this size, what was cut is worth reading without a label.
const SMALL: usize = 64 * 1024;

impl Pass<'_, '_> {
    /// Strings to sign, then canonical requests: the hashes of the former decide how the latter are
    /// read.
    pub(super) fn signed_texts(&mut self, found: &[(usize, Trigger)]) {
        let mut hashes = HashSet::new();
        for (at, _) in found.iter().filter(|(_, trigger)| *trigger == Trigger::ToSign) {
            if self.is_taken(*at) || !self.spend(64) {
                continue;
            }
            if let Some(block) = to_sign::version_4(self.text, *at) {
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
            let is_inline = separator != Separator::LineEnd;
            let cost = if is_inline { line_of(&self.text[*at..]).len().max(512) } else { 512 };
            if !self.spend(cost) {
                return;
            }
            let Some((ends, kind)) = self.text_of(*at, length, &hashes) else { continue };
            end = if is_inline { at + length } else { ends };
            self.push(*at, kind);
        }
    }

    /// The text that begins with a method, of whatever version, whole or cut.
    fn text_of(
        &mut self,
        at: usize,
        method: usize,
        hashes: &HashSet<String>,
    ) -> Option<(usize, Kind)> {
        let side = side(self.text, at);
        if let Some(block) = blocks::canonical_request(self.text, at, method, hashes) {
            self.spend(block.text.len());
            return Some((block.end, Kind::Canonical(block.text, side)));
        }
        if let Some(block) = to_sign::version_2(self.text, at, method) {
            return Some((block.end, Kind::ToSign(block.text, side)));
        }
        let is_worth = side != Side::Unsaid || self.text.len() <= SMALL;
        let block = is_worth.then(|| blocks::partial(self.text, at, method))??;
        Some((block.end, Kind::Partial(block.text, side)))
    }

    /// An `Authorization` header: the request around it, or its value by itself.
    fn authorization(&mut self, at: usize) {
        let line = floor(line_of(&self.text[at..]), 8 * 1024);
        if !line.get(16..).is_some_and(|rest| rest.contains("Credential=")) {
            return;
        }
        if let Some((request, range, is_received)) = http_block::around_header(self.text, at) {
            self.take(range.start, range.end);
            let request = Box::new(request);
            let kind =
                if is_received { Kind::Received(request) } else { Kind::Request(request, true) };
            self.push(range.start, kind);
            return;
        }
        let end = line.find(['"', '\'', '\\', '}', '<']).unwrap_or(line.len());
        let value = &line[..end];
        let part = |name: &str| {
            let rest = value.split_once(name)?.1;
            let end = rest.find([',', ' ', '`']).unwrap_or(rest.len());
            Some(rest[..end].to_owned()).filter(|part| !part.is_empty())
        };
        let read = Authorization::parse(value).ok();
        let credential = part("Credential=");
        let (id, scope) = match credential.as_deref().and_then(|text| text.split_once('/')) {
            Some((id, scope)) => (Some(id.to_owned()), Some(scope.to_owned())),
            None => (None, None),
        };
        self.push(
            at,
            Kind::Authorization {
                access_key_id: id.filter(|id| answer::is_key_id(id)),
                signature: match read {
                    Some(read) => read.signature,
                    None => part("Signature=").as_deref().and_then(Signature::of_hex),
                },
                signed_headers: part("SignedHeaders=").filter(|list| is_header_list(list)),
                scope: scope.filter(|scope| scope.len() <= 128 && scope.contains('/')),
            },
        );
    }

    /// The canonical headers of a request, if a short text is nothing else.
    pub(super) fn fragment(&mut self) {
        let lines = self.text.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.filter(|line| !line.starts_with("```")).take(100).collect();
        let is_header = |line: &&str| {
            line.split_once(':').is_some_and(|(name, value)| {
                is_header_list(name)
                    && !name.bytes().any(|byte| byte.is_ascii_uppercase())
                    && !value.starts_with(' ')
            })
        };
        let holds = |name: &str| lines.iter().any(|line| line.starts_with(name));
        if (3..100).contains(&lines.len())
            && lines.iter().all(is_header)
            && holds("host:")
            && holds("x-amz-")
        {
            self.push(0, Kind::Partial(lines.join("\n"), Side::Server));
        }
    }

    /// A signature behind its label.
    pub(super) fn signature(&mut self, at: usize) -> Option<()> {
        let mark = SIGNATURE_MARKS.iter().find(|mark| self.text[at..].starts_with(**mark))?;
        let line = line_of(&self.text[at + mark.len()..]).trim();
        let signature = Some(Signature::of_hex(line.get(..64)?)?);
        let kind = Kind::Authorization {
            access_key_id: None,
            signature,
            signed_headers: None,
            scope: None,
        };
        self.push(at, kind);
        Some(())
    }

    /// A list of signed headers by itself.
    pub(super) fn signed_headers(&mut self, at: usize) -> Option<()> {
        let rest = self.text[at..].strip_prefix("SignedHeaders=")?;
        let is_parameter = self.text[..at].ends_with('-') || self.text.len() > SMALL;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_;".contains(byte);
        let end = rest.as_bytes().iter().take(4096).take_while(|byte| is_part(byte)).count();
        let list = rest.get(..end).filter(|list| !is_parameter && list.contains("host"))?;
        self.push(
            at,
            Kind::Authorization {
                access_key_id: None,
                signature: None,
                signed_headers: Some(list.to_owned()),
                scope: None,
            },
        );
        Some(())
    }
}
