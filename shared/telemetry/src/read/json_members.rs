//! Walks the members of one JSON object and the elements of one array, decoding nothing unasked.
//!
//! For records of which a few members are wanted: a [`Cursor`] stands before a value and can
//! [`Walk`]. A break inside an object or array that nobody walks is not seen.

use std::borrow::Cow;

use super::json_scan::Fault;
use super::json_tokens::{is_space, is_word, plain_run, word_end};

/// A place in JSON text, before a value.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Before the first value in `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether another member or element follows; passes over the comma before it, or the closing
    /// bracket.
    fn goes_on(&mut self, close: u8, first: &mut bool) -> Result<bool, Fault> {
        if self.peek()? == close {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// The name of a member, with its colon.
    fn name(&mut self) -> Result<Cow<'a, str>, Fault> {
        let byte = self.peek()?;
        let name = self.text()?.ok_or(Fault::Unexpected(byte))?;
        self.expect(b':')?;
        Ok(name)
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Result<u8, Fault> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(&byte) if is_space(byte) => self.at += 1,
                Some(&byte) => return Ok(byte),
                None => return Err(Fault::Truncated),
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Fault> {
        let byte = self.peek()?;
        if byte != wanted {
            return Err(Fault::Unexpected(byte));
        }
        self.at += 1;
        Ok(())
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> &'a str {
        let from = self.at;
        self.at += length;
        self.text.get(from..self.at).unwrap_or_default()
    }
}

/// A place before a value, from which a reader decodes the value, walks into it or passes over it.
pub trait Walk<'a>: Clone {
    /// Passes over the value, and gives it as it is written.
    ///
    /// # Errors
    /// If there is no value, or it breaks.
    fn value(&mut self) -> Result<&'a str, Fault>;

    /// Passes over the value, and gives the text of a string. `None` for a value of another type,
    /// and for a string with half a surrogate pair.
    ///
    /// # Errors
    /// If there is no value, or it breaks.
    fn text(&mut self) -> Result<Option<Cow<'a, str>>, Fault>;

    /// Walks into an object: `take` is given the name of each member while this stands before its
    /// value, and must pass over it. A value of another type is passed over. Names may come twice:
    /// as for most readers of JSON, the last one should count.
    ///
    /// # Errors
    /// If there is no value, it breaks, or `take` fails.
    fn object(
        &mut self,
        take: impl FnMut(&str, &mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault>;
}

impl<'a> Walk<'a> for Cursor<'a> {
    fn value(&mut self) -> Result<&'a str, Fault> {
        let first = self.peek()?;
        let rest = self.rest();
        let length = match first {
            b'"' => string_length(rest)?.0,
            b'{' | b'[' => bracketed_length(rest)?,
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let end = word_end(rest, 0);
                let word = rest.get(..end).unwrap_or_default();
                if is_word(word) { end } else { return Err(Fault::Word) }
            }
            _ => return Err(Fault::Unexpected(first)),
        };
        Ok(self.take(length))
    }

    fn text(&mut self) -> Result<Option<Cow<'a, str>>, Fault> {
        if self.peek()? != b'"' {
            return self.value().map(|_| None);
        }
        let (length, plain) = string_length(self.rest())?;
        let quoted = self.take(length);
        if plain {
            return Ok(quoted.get(1..length - 1).map(Cow::Borrowed));
        }
        Ok(decoded(quoted))
    }

    fn object(
        &mut self,
        mut take: impl FnMut(&str, &mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.peek()? != b'{' {
            return self.value().map(|_| ());
        }
        self.at += 1;
        let mut first = true;
        while self.goes_on(b'}', &mut first)? {
            let name = self.name()?;
            take(&name, self)?;
        }
        Ok(())
    }
}

/// The text of a string that has escapes, quotes around it; `None` if half a surrogate pair is
/// among them.
pub(super) fn decoded<'a>(quoted: &str) -> Option<Cow<'a, str>> {
    serde_json::from_str(quoted).ok().map(Cow::Owned)
}

/// The length of the string that `text` begins with, and whether it has no escapes.
fn string_length(text: &[u8]) -> Result<(usize, bool), Fault> {
    let mut at = 1;
    let mut plain = true;
    loop {
        at = plain_run(text, at);
        match text.get(at) {
            Some(b'"') => return Ok((at + 1, plain)),
            Some(b'\\') => {
                plain = false;
                at += 2;
            }
            Some(_) => return Err(Fault::ControlCharacter),
            None => return Err(Fault::Truncated),
        }
    }
}

/// The length of the object or array that `text` begins with: up to where as many brackets closed
/// as opened. What stands between them is not looked at.
fn bracketed_length(text: &[u8]) -> Result<usize, Fault> {
    let mut at = 0;
    let mut open = 0u32;
    loop {
        match text.get(at) {
            Some(b'"') => {
                at += string_length(text.get(at..).unwrap_or_default())?.0;
                continue;
            }
            Some(b'{' | b'[') => open += 1,
            Some(b'}' | b']') => {
                open -= 1;
                if open == 0 {
                    return Ok(at + 1);
                }
            }
            Some(_) => {}
            None => return Err(Fault::Truncated),
        }
        at += 1;
    }
}

/// A member: its name, decoded, and its value as it is written.
pub type Member<'a> = (Cow<'a, str>, &'a str);

/// The members of the object that `text` is, in their order; nothing if it is no object.
#[must_use]
pub fn members(text: &str) -> Members<'_> {
    Members(Items::new(text, b'{', b'}'))
}

/// The elements of the array that `text` is, as they are written; nothing if it is no array.
#[must_use]
pub fn elements(text: &str) -> Elements<'_> {
    Elements(Items::new(text, b'[', b']'))
}

/// The value of one member, `None` if the object has none of that name or breaks before it.
#[must_use]
pub fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let of_that_name = |(known, value): Member<'a>| (known == name).then_some(value);
    members(object).map_while(Result::ok).filter_map(of_that_name).last()
}

/// The value at a dotted path of members, `None` if a member on the way is missing or no object.
#[must_use]
pub fn at_path<'a>(object: &'a str, path: &str) -> Option<&'a str> {
    path.split('.').try_fold(object, member)
}

/// The text of a string value; `None` for a value of another type.
#[must_use]
pub fn text(value: &str) -> Option<Cow<'_, str>> {
    Cursor::new(value).text().ok().flatten()
}

/// The value of `true` and `false`, `None` for any other value.
#[must_use]
pub fn truth(value: &str) -> Option<bool> {
    value.parse().ok()
}

/// The members of an object; see [`members`]. Ends after the first fault.
#[derive(Clone, Debug)]
pub struct Members<'a>(Items<'a>);

/// The elements of an array; see [`elements`]. Ends after the first fault.
#[derive(Clone, Debug)]
pub struct Elements<'a>(Items<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(|cursor| Ok((cursor.name()?, cursor.value()?)))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<&'a str, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(Cursor::value)
    }
}

#[derive(Clone, Debug)]
struct Items<'a> {
    cursor: Cursor<'a>,
    close: u8,
    first: bool,
    done: bool,
}

impl<'a> Items<'a> {
    fn new(text: &'a str, open: u8, close: u8) -> Self {
        let mut cursor = Cursor::new(text);
        let done = cursor.expect(open).is_err();
        Self { cursor, close, first: true, done }
    }

    fn next<T>(
        &mut self,
        read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Fault>,
    ) -> Option<Result<T, Fault>> {
        if self.done {
            return None;
        }
        let next = match self.cursor.goes_on(self.close, &mut self.first) {
            Ok(true) => Some(read(&mut self.cursor)),
            Ok(false) => None,
            Err(fault) => Some(Err(fault)),
        };
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn members_come_in_order_with_their_bytes() {
        let found: Vec<_> = members(r#" { "a" : "x" , "b":{"c":[1,2]},"\u0064":null } "#)
            .map(Result::unwrap)
            .map(|(name, value)| (name.into_owned(), value))
            .collect();
        let expected: Vec<(String, &str)> =
            vec![("a".into(), "\"x\""), ("b".into(), r#"{"c":[1,2]}"#), ("d".into(), "null")];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_fault_ends_the_walk() {
        let mut walk = members(r#"{"a":1 "b":2}"#);
        assert!(walk.next().unwrap().is_ok());
        assert_eq!(walk.next(), Some(Err(Fault::Unexpected(b'"'))));
        assert_eq!(walk.next(), None);
        assert_eq!(members("[1]").next(), None);
        assert_eq!(members("").next(), None);
        assert_eq!(elements("[1,").map(|value| value.is_ok()).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn paths_lead_through_objects_only() {
        let object = r#"{"a":{"b":{"c":"x"}},"a2":["b"]}"#;
        assert_eq!(at_path(object, "a.b.c").and_then(text).as_deref(), Some("x"));
        assert_eq!(at_path(object, "a2.b"), None);
    }

    proptest! {
        #[test]
        fn elements_are_those_that_serde_json_sees(list in prop::collection::vec(
            prop_oneof![
                any::<String>().prop_map(Value::from),
                any::<i32>().prop_map(Value::from),
                Just(Value::Null),
                prop::collection::vec(any::<bool>(), 0..3).prop_map(Value::from),
            ],
            0..6,
        )) {
            let printed = serde_json::to_string_pretty(&list).unwrap();
            let found: Vec<Value> = elements(&printed)
                .map(|element| serde_json::from_str(element.unwrap()).unwrap())
                .collect();
            prop_assert_eq!(&found, &list);
            for (element, value) in elements(&printed).zip(&list) {
                let text = text(element.unwrap()).map(Cow::into_owned);
                prop_assert_eq!(text, value.as_str().map(str::to_owned));
            }
        }

        #[test]
        fn no_text_makes_a_walk_panic(json in "[\\[\\]{}:,\"a1\\\\ ]{0,20}") {
            for _ in members(&json) {}
            for _ in elements(&json) {}
        }
    }
}
