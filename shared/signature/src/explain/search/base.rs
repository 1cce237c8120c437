//! A text that many candidates differ from in one edit each, hashed up to every block once: what stands
//! before the edit is not hashed again.

use sha2::{Digest, Sha256};

use super::text::{Edit, Text};

/// Bytes that SHA-256 takes at once.
const BLOCK: usize = 64;

/// A text, where its slots begin, and the state of its hash before every block.
pub struct Base {
    bytes: Vec<u8>,
    /// One more than there are slots: the last is the end.
    starts: Vec<usize>,
    states: Vec<Sha256>,
}

impl Base {
    /// A text with an edit, or with none.
    #[must_use]
    pub fn of(text: &Text, edit: Option<&Edit>) -> Self {
        let mut base = Self { bytes: Vec::new(), starts: vec![0], states: Vec::new() };
        for (place, slot) in text.slots.iter().enumerate() {
            let replaced = edit.and_then(|edit| edit.changes.iter().find(|(at, _)| *at == place));
            base.bytes.extend_from_slice(replaced.map_or(slot, |(_, text)| text));
            base.starts.push(base.bytes.len());
        }
        let mut state = Sha256::new();
        for block in base.bytes.chunks(BLOCK) {
            base.states.push(state.clone());
            state.update(block);
        }
        base.states.push(state);
        base
    }

    /// The SHA-256 of the text with one edit more, one that fits. `rest` is room to write in.
    #[must_use]
    pub fn hash_with(&self, edit: &Edit, rest: &mut Vec<u8>) -> [u8; 32] {
        rest.clear();
        let start = edit.changes.first().map_or(0, |(place, _)| self.starts[*place]);
        let block = start / BLOCK;
        let mut written = block * BLOCK;
        for (place, text) in &edit.changes {
            rest.extend_from_slice(&self.bytes[written..self.starts[*place]]);
            rest.extend_from_slice(text);
            written = self.starts[*place + 1];
        }
        rest.extend_from_slice(&self.bytes[written..]);
        let mut state = self.states[block].clone();
        state.update(&rest);
        state.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical_request::CanonicalRequest;
    use crate::explain::search::{Material, edits};

    const LONG: &str = "PUT\n/a%20b/%C3%A9/c\nx=1&y=%20\naccept-encoding:gzip\ncontent-type:text/plain\nhost:b.s3.amazonaws.com\nx-amz-date:20260415T074213Z\n\naccept-encoding;content-type;host;x-amz-date\nUNSIGNED-PAYLOAD";

    #[test]
    fn hashes_as_if_the_whole_text_were_written() {
        let request = CanonicalRequest::parse(LONG).unwrap_or_else(|error| panic!("{error}"));
        let text = Text::of(&request);
        let edits = edits(&text, &request, &Material::default());
        let mut room = Vec::new();
        let mut pairs = 0;
        for edit in &edits {
            let hash = Base::of(&text, None).hash_with(edit, &mut room);
            assert_eq!(hash, *Sha256::digest(text.text(&[edit])), "{}", edit.what);
        }
        for (at, first) in edits.iter().enumerate() {
            let base = Base::of(&text, Some(first));
            for second in edits[..at].iter().filter(|second| first.fits(second)) {
                let hash = base.hash_with(second, &mut room);
                let whole = text.text(&[second, first]);
                assert_eq!(hash, *Sha256::digest(whole), "{}, {}", first.what, second.what);
                pairs += 1;
            }
        }
        assert!(pairs > 5_000, "{pairs}");
    }
}
