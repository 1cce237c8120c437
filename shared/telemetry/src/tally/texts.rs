//! Texts that repeat, kept once and named by a small number.

use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// The longest text that is kept, in bytes. What is longer is cut, and ends in `…` and a
/// hash.
pub const LONGEST: usize = 256;

/// What a text costs besides its bytes, about.
const BOOKKEEPING: usize = 24;

/// The number of a text in one [`Texts`], its highest byte first. Rows and series hold very many, and there
/// are never as many texts as three bytes can number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextId([u8; 3]);

impl TextId {
    /// No text: the value is unknown.
    pub const NONE: Self = Self([0; 3]);
    /// The value is one of those that a limit left no room for.
    pub const OVERFLOW: Self = Self([0, 0, 1]);
    const FIRST: usize = 2;

    /// The number itself.
    pub(super) fn number(self) -> u32 {
        let [high, middle, low] = self.0;
        u32::from_be_bytes([0, high, middle, low])
    }

    /// The number of the text at a place; none beyond the last that there is a number for.
    fn of_place(place: usize) -> Option<Self> {
        let [0, high, middle, low] = u32::try_from(place + Self::FIRST).ok()?.to_be_bytes() else {
            return None;
        };
        Some(Self([high, middle, low]))
    }

    /// The place of its text, if it has one.
    fn place(self) -> Option<usize> {
        (self.number() as usize).checked_sub(Self::FIRST)
    }
}

impl Hash for TextId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.number());
    }
}

/// A set of texts.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    texts: Vec<Box<str>>,
    bytes: usize,
    ids: HashTable<TextId>,
}

impl Texts {
    /// The number of a text, which is kept if it is new.
    pub fn id(&mut self, text: Option<&str>) -> TextId {
        let Some(text) = text else { return TextId::NONE };
        if text.len() > LONGEST {
            return self.id(Some(&cut(text)));
        }
        let hash = xxh3_64(text.as_bytes());
        if let Some(known) = self.find(hash, text) {
            return known;
        }
        let Some(id) = TextId::of_place(self.texts.len()) else { return TextId::OVERFLOW };
        self.texts.push(text.into());
        self.bytes += text.len() + BOOKKEEPING;
        let texts = &self.texts;
        self.ids.insert_unique(hash, id, |id| {
            let text = id.place().and_then(|place| texts.get(place));
            text.map_or(0, |text| xxh3_64(text.as_bytes()))
        });
        id
    }

    /// The number of a text, if it is kept here.
    #[must_use]
    pub fn known(&self, text: &str) -> Option<TextId> {
        if text.len() > LONGEST {
            return self.known(&cut(text));
        }
        self.find(xxh3_64(text.as_bytes()), text)
    }

    fn find(&self, hash: u64, text: &str) -> Option<TextId> {
        self.ids.find(hash, |id| self.get(*id) == Some(text)).copied()
    }

    /// The text of a number; none for unknown and overflow.
    #[must_use]
    pub fn get(&self, id: TextId) -> Option<&str> {
        self.texts.get(id.place()?).map(AsRef::as_ref)
    }

    /// About how much memory the texts take, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A hash of what a number stands for, the same in every set.
    #[must_use]
    pub fn content_hash(&self, id: TextId) -> u64 {
        match self.get(id) {
            Some(text) => xxh3_64(text.as_bytes()),
            None => u64::from(id.number()),
        }
    }
}

/// Turns the numbers that texts have in one set into those that they have in another. Each text is
/// looked up once, however often its number is met.
#[derive(Debug)]
pub struct Adopting<'a> {
    texts: &'a mut Texts,
    from: &'a Texts,
    /// By place in `from`, the number in `texts`.
    known: Vec<Option<TextId>>,
}

impl<'a> Adopting<'a> {
    /// From the numbers in `from` to those in `texts`, which takes in what it lacks.
    pub fn new(texts: &'a mut Texts, from: &'a Texts) -> Self {
        Self { known: vec![None; from.texts.len()], texts, from }
    }

    /// The number in the new set of the text that has the number `id` in the old one.
    pub fn adopt(&mut self, id: TextId) -> TextId {
        let Some(place) = id.place() else { return id };
        let Some(known) = self.known.get_mut(place) else { return TextId::NONE };
        *known.get_or_insert_with(|| self.texts.id(self.from.get(id)))
    }

    /// The new set.
    pub fn texts(&self) -> &Texts {
        self.texts
    }
}

/// The beginning of a long text, with a hash of the whole, so that two of them stay two.
fn cut(text: &str) -> String {
    let hash = format!("…{:08x}", xxh3_64(text.as_bytes()) >> 32);
    let room = LONGEST - hash.len();
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}{hash}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_has_one_number() {
        let mut texts = Texts::default();
        let a = texts.id(Some("a"));
        assert_eq!((texts.id(Some("a")), texts.get(a)), (a, Some("a")));
        assert_ne!(texts.id(Some("b")), a);
        assert_eq!((texts.known("a"), texts.known("c")), (Some(a), None));
        assert_eq!((texts.id(None), texts.get(TextId::OVERFLOW)), (TextId::NONE, None));
        let mut others = Texts::default();
        others.id(Some("z"));
        let adopted = Adopting::new(&mut others, &texts).adopt(a);
        assert_eq!(others.get(adopted), Some("a"));
        assert_eq!(others.content_hash(adopted), texts.content_hash(a));
    }

    #[test]
    fn numbers_are_in_order_and_come_to_an_end() {
        let last = (1 << 24) - 1 - TextId::FIRST;
        for place in [0, 1, 253, 254, 255, 65_533, 65_534, last] {
            let id = TextId::of_place(place).unwrap();
            assert_eq!((id.place(), id > TextId::OVERFLOW), (Some(place), true));
            assert!(place == 0 || TextId::of_place(place - 1) < Some(id));
        }
        assert_eq!((TextId::of_place(last + 1), TextId::OVERFLOW.place()), (None, None));
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let mut texts = Texts::default();
        let id = texts.id(Some(&"é".repeat(400)));
        let kept = texts.get(id).unwrap();
        assert!(kept.len() <= LONGEST && kept.contains("éé…"));
        assert_eq!(texts.known(&"é".repeat(400)), Some(id));
    }
}
