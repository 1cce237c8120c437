//! Where reading a damaged stream of JSON may go on: the next place where a value plausibly begins.

use super::json_scan::STREAMED;
use super::json_tokens::is_space;

/// How many bytes after an opening brace may be needed to see the name of its first member.
const LOOK_AHEAD: usize = 256;
/// How many bytes before an opening brace are looked at.
pub(super) const LOOK_BEHIND: usize = 64;
/// Names that records begin with as their services write them: known before any record was read.
const USUAL_NAMES: [&str; 5] =
    ["eventVersion", "EventId", "logStreamName", "schema_version_id", "sigdrift"];
/// How many names of first members are remembered.
const NAMES: usize = 8;

/// The names of the first members of the objects that came out last: what tells an object that
/// may begin a record from one inside a damaged record.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: Vec<Vec<u8>>,
    /// Whether any record showed its first name.
    pub(super) learned: bool,
    oldest: usize,
}

impl Names {
    /// Takes the first name of an object that came out, or of what there is of one.
    pub(super) fn remember(&mut self, object: &[u8]) {
        let FirstName::Whole(name, _) = first_name(object, 0) else { return };
        self.learned = true;
        if self.knows(name) {
            return;
        }
        if self.known.len() < NAMES {
            self.known.push(name.to_vec());
        } else if let Some(oldest) = self.known.get_mut(self.oldest) {
            *oldest = name.to_vec();
            self.oldest = (self.oldest + 1) % NAMES;
        }
    }

    fn knows(&self, name: &[u8]) -> bool {
        self.known.iter().rev().any(|known| known == name)
            || USUAL_NAMES.iter().any(|usual| usual.as_bytes() == name)
    }
}

enum FirstName<'a> {
    /// The name, and where its colon stands.
    Whole(&'a [u8], usize),
    /// The bytes end before the colon.
    Cut,
    None,
}

/// The name of the first member of the object whose brace stands at `at`, as written.
fn first_name(text: &[u8], at: usize) -> FirstName<'_> {
    let near = text.get(at..(at + LOOK_AHEAD).min(text.len())).unwrap_or_default();
    let cut = || if near.len() < LOOK_AHEAD { FirstName::Cut } else { FirstName::None };
    let after = |from: usize| {
        let rest = near.get(from..).unwrap_or_default();
        rest.iter().position(|byte| !is_space(*byte)).map(|spaces| from + spaces)
    };
    if near.first() != Some(&b'{') {
        return FirstName::None;
    }
    let Some(quote) = after(1) else { return cut() };
    if near.get(quote) != Some(&b'"') {
        return FirstName::None;
    }
    let rest = near.get(quote + 1..).unwrap_or_default();
    let Some(length) = memchr::memchr2(b'"', b'\\', rest) else { return cut() };
    let end = quote + 1 + length;
    if near.get(end) != Some(&b'"') {
        return FirstName::None;
    }
    let Some(colon) = after(end + 1) else { return cut() };
    match near.get(colon) {
        Some(b':') => FirstName::Whole(near.get(quote + 1..end).unwrap_or_default(), at + colon),
        _ => FirstName::None,
    }
}

/// Where reading may go on after damage.
pub(super) enum Resume {
    /// A value plausibly begins here; `true` if it is a top-level value whatever was open.
    At(usize, bool),
    /// Not before this position, which needs more bytes.
    From(usize),
    /// Nowhere: the input ended.
    Never,
}

/// The first position from `from` on where a value plausibly begins: an object whose first member
/// has a known name, an object that opens a streamed array, or a bracket that begins a line
/// outside of arrays. As long as no name was learned, a bracket that begins a line inside of them
/// also, and outside of them an object right behind another.
pub(super) fn resume(
    text: &[u8],
    from: usize,
    ended: bool,
    in_array: bool,
    names: &Names,
) -> Resume {
    let mut at = from;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(next) = memchr::memchr2(b'{', b'[', rest) else {
            return if ended { Resume::Never } else { Resume::From(text.len()) };
        };
        at += next;
        match first_name(text, at) {
            FirstName::Whole(name, colon) => {
                if STREAMED.iter().any(|streamed| streamed.as_bytes() == name) {
                    match next_token(text, colon + 1) {
                        Some(b'[') => return Resume::At(at, true),
                        None if !ended && text.len() <= colon + LOOK_AHEAD => {
                            return Resume::From(at);
                        }
                        _ => {}
                    }
                }
                if names.knows(name) {
                    return Resume::At(at, false);
                }
            }
            FirstName::Cut if !ended => return Resume::From(at),
            FirstName::Cut | FirstName::None => {}
        }
        let begins_line = at > 0 && text.get(at - 1) == Some(&b'\n');
        let plausible = match (in_array, names.learned) {
            (true, true) => false,
            (true, false) | (false, true) => begins_line,
            (false, false) => begins_line || is_joined(text, at),
        };
        if plausible {
            return Resume::At(at, false);
        }
        at += 1;
    }
}

fn next_token(text: &[u8], from: usize) -> Option<u8> {
    text.get(from..)?.iter().take(LOOK_AHEAD).copied().find(|byte| !is_space(*byte))
}

/// Whether a value seems to end right before `at`, with nothing but white space between.
fn is_joined(text: &[u8], at: usize) -> bool {
    let before = text.get(at.saturating_sub(LOOK_BEHIND)..at).unwrap_or_default();
    before.iter().rev().find(|byte| !is_space(**byte)) == Some(&b'}')
}
