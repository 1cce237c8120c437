//! The text that is searched from: a canonical request cut into slots, and edits that replace some.
//!
//! An edit says what the signer's canonical request had in place of the verifier's. Two edits that
//! touch different slots can be applied together, so that pairs cost no more than single ones.

use crate::canonical_request::CanonicalRequest;

/// A canonical request cut into slots. Each slot holds the line end that follows it.
#[derive(Clone)]
pub struct Text {
    pub(super) slots: Vec<Vec<u8>>,
    headers: usize,
}

/// Where a slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The method.
    Method,
    /// The path.
    Path,
    /// The query.
    Query,
    /// The line of a header, counted from 0.
    Header(usize),
    /// The blank line behind the headers.
    Blank,
    /// The list of signed headers.
    List,
    /// The payload line.
    Payload,
}

/// One thing that may have been signed instead.
#[derive(Clone, Debug)]
pub struct Edit {
    /// What it supposes: `the path encoded once more`.
    pub what: &'static str,
    /// The slots that it replaces, in their order, each with the line end that follows.
    pub(super) changes: Vec<(usize, Box<[u8]>)>,
    /// The same slots, one bit for each; slots 64 apart share one.
    places: u64,
    /// Whether it is tried with other edits too. What is rare enough is tried alone.
    pub in_pairs: bool,
}

impl Text {
    /// Cuts a canonical request.
    #[must_use]
    pub fn of(request: &CanonicalRequest<'_>) -> Self {
        let line = |text: &str| format!("{text}\n").into_bytes();
        let mut slots = vec![line(&request.method), line(&request.path), line(&request.query)];
        slots.extend(request.headers.iter().map(|(name, value)| line(&format!("{name}:{value}"))));
        slots.push(if request.blank_line { b"\n".to_vec() } else { Vec::new() });
        slots.push(line(&request.signed_headers));
        slots.push(request.payload.as_bytes().to_vec());
        Self { slots, headers: request.headers.len() }
    }

    fn place(&self, slot: Slot) -> usize {
        match slot {
            Slot::Method => 0,
            Slot::Path => 1,
            Slot::Query => 2,
            Slot::Header(number) => 3 + number,
            Slot::Blank => 3 + self.headers,
            Slot::List => 4 + self.headers,
            Slot::Payload => 5 + self.headers,
        }
    }

    /// An edit that replaces slots by other lines (without their line ends); an empty header line
    /// drops the header. `None` if it changes nothing.
    pub fn edit(
        &self,
        what: &'static str,
        changes: impl IntoIterator<Item = (Slot, Vec<u8>)>,
    ) -> Option<Edit> {
        let mut changes: Vec<(usize, Box<[u8]>)> = changes
            .into_iter()
            .map(|(slot, mut text)| {
                let is_dropped = matches!(slot, Slot::Header(_)) && text.is_empty();
                if !is_dropped && !matches!(slot, Slot::Payload | Slot::Blank) {
                    text.push(b'\n');
                }
                (self.place(slot), text.into_boxed_slice())
            })
            .filter(|(place, text)| self.slots.get(*place).is_some_and(|old| **old != **text))
            .collect();
        changes.sort_by_key(|(place, _)| *place);
        changes.dedup_by_key(|(place, _)| *place);
        let places = changes.iter().fold(0, |bits, (place, _)| bits | 1 << (place % 64));
        (!changes.is_empty()).then_some(Edit { what, changes, places, in_pairs: true })
    }

    /// An edit that replaces all header lines, and the list of their names, at once.
    pub fn edit_headers(
        &self,
        what: &'static str,
        lines: &[String],
        list: Option<String>,
    ) -> Option<Edit> {
        // As many lines as there are slots would not always do: all of them go into the first.
        let mut changes: Vec<(Slot, Vec<u8>)> =
            (0..self.headers).map(|number| (Slot::Header(number), Vec::new())).collect();
        changes.first_mut()?.1 = lines.join("\n").into_bytes();
        changes.extend(list.map(|list| (Slot::List, list.into_bytes())));
        let edit = self.edit(what, changes)?;
        (self.text(&[&edit]) != self.text(&[])).then_some(edit)
    }

    /// Writes the text with the edits into `out`, which is emptied first.
    pub fn write(&self, edits: &[&Edit], out: &mut Vec<u8>) {
        out.clear();
        for (place, slot) in self.slots.iter().enumerate() {
            let replaced = edits.iter().find_map(|edit| {
                edit.changes.iter().find(|(at, _)| *at == place).map(|(_, text)| text)
            });
            match replaced {
                Some(text) => out.extend_from_slice(text),
                None => out.extend_from_slice(slot),
            }
        }
    }

    /// The text with the edits.
    #[must_use]
    pub fn text(&self, edits: &[&Edit]) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(edits, &mut out);
        out
    }
}

impl Edit {
    /// The same edit, tried alone.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.in_pairs = false;
        self
    }

    /// Whether both edits can be applied together.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        // Almost all pairs are told apart by their bits.
        self.places & other.places == 0
            || !self
                .changes
                .iter()
                .any(|(place, _)| other.changes.iter().any(|(at, _)| at == place))
    }

    /// Whether both edits write the same.
    #[must_use]
    pub fn writes_same(&self, other: &Self) -> bool {
        self.changes == other.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "PUT\n/a\nb=1\nhost:h\nx-a:1\n\nhost;x-a\nUNSIGNED-PAYLOAD";

    fn text() -> Text {
        Text::of(&CanonicalRequest::parse(TEXT).unwrap_or_else(|error| panic!("{error}")))
    }

    fn shown(edits: &[&Edit]) -> String {
        String::from_utf8(text().text(edits)).unwrap()
    }

    #[test]
    fn edits_replace_slots_and_add_up() {
        let text = text();
        assert_eq!(shown(&[]), TEXT);
        let path = text.edit("", [(Slot::Path, b"/b".to_vec())]).unwrap();
        let header = text.edit("", [(Slot::Header(1), b"x-a:2".to_vec())]).unwrap();
        assert_eq!(shown(&[&path, &header]), TEXT.replace("/a", "/b").replace(":1", ":2"));
        assert!(path.fits(&header) && !path.fits(&path));
        assert!(text.edit("", [(Slot::Path, b"/a".to_vec())]).is_none());
    }

    #[test]
    fn the_whole_header_block_can_be_replaced() {
        let text = text();
        let lines = ["X-A:1".to_owned(), "Host:h".to_owned(), "more:1".to_owned()];
        let edit = text.edit_headers("", &lines, Some("x".to_owned())).unwrap();
        assert_eq!(
            shown(&[&edit]),
            TEXT.replace("host:h\nx-a:1\n", "X-A:1\nHost:h\nmore:1\n").replace("host;x-a", "x")
        );
        let blank = text.edit("", [(Slot::Blank, Vec::new())]).unwrap();
        assert_eq!(shown(&[&blank]), TEXT.replace("\n\n", "\n"));
    }
}
