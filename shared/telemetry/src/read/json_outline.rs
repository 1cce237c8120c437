//! The outline of a JSON object, traced in one pass: where every name and value in it begins and
//! ends.
//!
//! What `json_scan` and `json_members` do in two passes with more patience: an object that is cut
//! off, damaged or in any way unusual has no outline. Where there is one, the object is whole and
//! keeps the grammar, and walking it touches no byte that is not asked for.

use std::borrow::Cow;

use super::json_members::{Walk, decoded};
use super::json_scan::Fault;
use super::json_tokens::{Escaped, escape, is_space, is_word, plain_run, word_end};

/// Where a name or a value stands. Positions are bytes from the start of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// The first byte of a value; of a name the first behind its quote.
    from: u32,
    /// The byte behind the value; of a name its closing quote.
    to: u32,
    /// The number of the first mark behind the value and all that is in it. While the value is
    /// open, the number of the one around it.
    after: u32,
    /// Whether it is a string without escapes.
    plain: bool,
}

/// Names and values of one object in the order in which they begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    marks: Vec<Mark>,
    line_ends: u64,
}

impl Outline {
    /// Traces the object that `text` begins with, and gives its length. `None` if it has more than
    /// `deepest` brackets open at once, if a name or what is no string goes on to the end of
    /// `text`, if a name has escapes, or if it is no whole object.
    pub fn trace(&mut self, text: &[u8], deepest: u32) -> Option<usize> {
        self.marks.clear();
        let is_small = u32::try_from(text.len()).is_ok();
        if !is_small || text.first() != Some(&b'{') {
            return None;
        }
        let mut tracer = Tracer { text, at: 0, marks: &mut self.marks, line_ends: 0 };
        let length = tracer.value(deepest);
        self.line_ends = tracer.line_ends;
        length
    }

    /// How many lines end within the object.
    #[must_use]
    pub fn line_ends(&self) -> u64 {
        self.line_ends
    }

    /// A walk through the object, which `text` must begin with.
    #[must_use]
    pub fn walk<'a>(&'a self, text: &'a str) -> Outlined<'a> {
        Outlined { text, marks: &self.marks, at: 0 }
    }
}

struct Tracer<'t> {
    text: &'t [u8],
    at: usize,
    marks: &'t mut Vec<Mark>,
    line_ends: u64,
}

impl Tracer<'_> {
    /// Traces the value that begins here, and gives where it ends.
    fn value(&mut self, deepest: u32) -> Option<usize> {
        let mut depth = 0;
        // The innermost open value: the number of its mark, and whether it is an object.
        let mut around = 0;
        let mut in_object = false;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                open @ (b'{' | b'[') => {
                    if depth == deepest {
                        return None;
                    }
                    depth += 1;
                    self.mark(self.at, self.at, around, false);
                    around = self.marks.len() as u32 - 1;
                    in_object = open == b'{';
                    self.at += 1;
                    if self.peek()? != closing(in_object) {
                        if in_object {
                            self.name()?;
                        }
                        continue;
                    }
                }
                _ => self.word()?,
            }
            // A value ends here, and so may those around it.
            loop {
                let byte = self.peek()?;
                self.at += 1;
                if byte == b',' {
                    if in_object {
                        self.name()?;
                    }
                    break;
                }
                if byte != closing(in_object) {
                    return None;
                }
                let after = self.marks.len() as u32;
                let closed = self.marks.get_mut(around as usize)?;
                around = std::mem::replace(&mut closed.after, after);
                closed.to = self.at as u32;
                depth -= 1;
                if depth == 0 {
                    return Some(self.at);
                }
                let first = self.marks.get(around as usize)?.from as usize;
                in_object = self.text.get(first) == Some(&b'{');
            }
        }
    }

    fn name(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        let from = self.at + 1;
        let to = plain_run(self.text, from);
        if self.text.get(to) != Some(&b'"') {
            return None;
        }
        self.mark(from, to, self.marks.len() as u32 + 1, true);
        self.at = to + 1;
        let colon = self.peek()?;
        self.at += 1;
        (colon == b':').then_some(())
    }

    fn string(&mut self) -> Option<()> {
        let from = self.at;
        let mut to = plain_run(self.text, from + 1);
        let is_plain = self.text.get(to) == Some(&b'"');
        while self.text.get(to) != Some(&b'"') {
            let Some(b'\\') = self.text.get(to) else { return None };
            let Escaped::Whole(length) = escape(self.text, to) else { return None };
            to = plain_run(self.text, to + length);
        }
        self.at = to + 1;
        self.mark(from, self.at, self.marks.len() as u32 + 1, is_plain);
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let from = self.at;
        self.at = word_end(self.text, from);
        let is_whole = is_word(self.text.get(from..self.at)?);
        self.mark(from, self.at, self.marks.len() as u32 + 1, false);
        is_whole.then_some(())
    }

    fn mark(&mut self, from: usize, to: usize, after: u32, plain: bool) {
        self.marks.push(Mark { from: from as u32, to: to as u32, after, plain });
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(&byte) if is_space(byte) => {
                    self.line_ends += u64::from(byte == b'\n');
                    self.at += 1;
                }
                byte => return byte.copied(),
            }
        }
    }
}

fn closing(of_object: bool) -> u8 {
    if of_object { b'}' } else { b']' }
}

/// A walk along an [`Outline`].
#[derive(Clone, Debug)]
pub struct Outlined<'a> {
    text: &'a str,
    marks: &'a [Mark],
    at: usize,
}

impl<'a> Outlined<'a> {
    fn next(&self) -> Result<Mark, Fault> {
        self.marks.get(self.at).copied().ok_or(Fault::Truncated)
    }

    fn between(&self, from: u32, to: u32) -> &'a str {
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }
}

impl<'a> Walk<'a> for Outlined<'a> {
    fn value(&mut self) -> Result<&'a str, Fault> {
        let mark = self.next()?;
        self.at = mark.after as usize;
        Ok(self.between(mark.from, mark.to))
    }

    fn text(&mut self) -> Result<Option<Cow<'a, str>>, Fault> {
        let mark = self.next()?;
        self.at = mark.after as usize;
        if mark.plain {
            return Ok(Some(Cow::Borrowed(self.between(mark.from + 1, mark.to - 1))));
        }
        let value = self.between(mark.from, mark.to);
        Ok(if value.starts_with('"') { decoded(value) } else { None })
    }

    fn object(
        &mut self,
        mut take: impl FnMut(&str, &mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mark = self.next()?;
        if self.text.as_bytes().get(mark.from as usize) != Some(&b'{') {
            self.at = mark.after as usize;
            return Ok(());
        }
        self.at += 1;
        while self.at < mark.after as usize {
            let name = self.next()?;
            self.at += 1;
            take(self.between(name.from, name.to), self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::json_members::Cursor;
    use super::super::json_scan::{DEEPEST, Scan, Step};
    use super::*;
    use proptest::prelude::*;

    /// Everything that a walk meets, in its order.
    fn met<'a>(walk: &mut impl Walk<'a>) -> Result<Vec<String>, Fault> {
        let mut met = Vec::new();
        walk.object(|name, walk| {
            let value = walk.clone().value()?;
            met.push(format!("{name} = {value} = {:?}", walk.clone().text()?));
            met.extend(self::met(walk)?);
            Ok(())
        })?;
        Ok(met)
    }

    /// Objects, and what looks like some.
    fn nearly_json() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            4 => Just("\"a\""),
            2 => Just("\"bc\\u00e9\\n\""),
            1 => Just("\"\\x\""),
            1 => Just("\"\u{e9}\t\""),
            4 => Just(":"),
            4 => Just(","),
            3 => Just("{"),
            3 => Just("}"),
            2 => Just("["),
            2 => Just("]"),
            1 => Just(" \n"),
            2 => Just("-1.5e3"),
            1 => Just("01"),
            1 => Just("null"),
        ];
        let soup = prop::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat());
        prop_oneof![1 => soup, 3 => object()]
    }

    /// Whole objects, some with a byte taken out.
    fn object() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[ -~]{0,20}".prop_map(serde_json::Value::from),
            any::<i32>().prop_map(serde_json::Value::from),
            any::<bool>().prop_map(serde_json::Value::from),
        ];
        let value = leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                prop::collection::btree_map("[a-z]{0,10}", inner, 0..5)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        });
        (value, any::<bool>(), prop::option::weighted(0.3, any::<prop::sample::Index>())).prop_map(
            |(value, is_pretty, damage)| {
                let object = serde_json::json!({ "a": value });
                let mut text = object.to_string();
                if is_pretty {
                    text = serde_json::to_string_pretty(&object).unwrap();
                }
                if let Some(at) = damage {
                    text.remove(at.index(text.len()));
                }
                text
            },
        )
    }

    #[test]
    fn an_object_ends_where_its_bracket_closes() {
        let mut outline = Outline::default();
        assert_eq!(outline.trace(br#"{"a":[1,{"b":"}"}]},{"#, DEEPEST), Some(19));
        assert_eq!(outline.trace(b"{}", DEEPEST), Some(2));
        assert_eq!(outline.trace(br#"{"a":1"#, DEEPEST), None);
        assert_eq!(outline.trace(br#"{"a":{"b":{}}}"#, 2), None);
        assert_eq!(outline.trace(b"[]", DEEPEST), None);
    }

    proptest! {
        #[test]
        fn an_outline_says_what_the_scan_and_the_cursor_say(text in nearly_json()) {
            let mut outline = Outline::default();
            let mut scan = Scan::new(DEEPEST);
            let scanned = scan.run(text.as_bytes(), true);
            match outline.trace(text.as_bytes(), DEEPEST) {
                Some(length) => {
                    prop_assert_eq!(scanned, Step::Complete(length));
                    prop_assert_eq!(scan.blemish(), None);
                    let line_ends = text[..length].matches('\n').count() as u64;
                    prop_assert_eq!(outline.line_ends(), line_ends);
                    let text = &text[..length];
                    prop_assert_eq!(met(&mut outline.walk(text)), met(&mut Cursor::new(text)));
                }
                None => prop_assert!(
                    !matches!(scanned, Step::Complete(_))
                        || scan.blemish().is_some()
                        || text.contains('\\')
                        || !text.starts_with('{'),
                    "{text} has no outline"
                ),
            }
        }
    }
}
