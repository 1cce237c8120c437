//! Records that mean the same, recognised by their bytes.
//!
//! Most records are ordinary traffic, and ordinary traffic repeats: the same client reads the same
//! bucket with the same key. Two records have one shape when they agree, byte for byte, in every
//! field that decides in which series they count; what a shape means is worked out once.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::request::{Outcome, Request};
use crate::tally::{Counter, Tally, TextId};
use crate::user_agent;

/// How many shapes, and texts of one field, are remembered; then all are forgotten and learnt anew.
const REMEMBERED: usize = 32_768;

/// The number of a text in its field; there are no more than are remembered.
type Number = u16;
/// The number of an empty text.
const EMPTY: Number = Number::MAX;

/// A shape: the numbers of its texts, of its user agent's meaning, and two flags of the reader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape<const N: usize> {
    texts: [Number; N],
    user_agent: Number,
    flags: [u8; 2],
}

/// What all records of one shape have in common.
#[derive(Clone, Copy, Debug)]
pub struct Meaning {
    /// `None` for traffic that is not signed and so not counted.
    pub counts_in: Option<Counter>,
    /// The TLS version.
    pub tls: TextId,
    /// The signature version.
    pub signature_version: TextId,
}

impl Meaning {
    /// Works out what a request means that is no signature failure.
    pub fn of(request: &Request<'_>, outcome: Outcome, tally: &mut Tally) -> Self {
        Self {
            counts_in: tally.counter_of(request, outcome),
            tls: tally.text_id(request.tls.as_deref()),
            signature_version: tally.text_id(request.signature_version.as_deref()),
        }
    }
}

/// The shapes that were met, of records that are told apart by `N` texts and a user agent.
#[derive(Debug)]
pub struct Shapes<const N: usize> {
    known: Meanings<N>,
    texts: [Numbers; N],
    user_agents: Numbers,
    /// User agents of one client and one application version mean the same. There are many more
    /// user agents than that, browsers' above all.
    meanings: Numbers,
    meaning_of_user_agent: Vec<Number>,
    /// The generation of the tally in which the numbers are good.
    generation: u32,
}

impl<const N: usize> Default for Shapes<N> {
    fn default() -> Self {
        Self {
            known: Meanings::default(),
            texts: std::array::from_fn(|_| Numbers::default()),
            user_agents: Numbers::default(),
            meanings: Numbers::default(),
            meaning_of_user_agent: Vec::new(),
            generation: 0,
        }
    }
}

impl<const N: usize> Shapes<N> {
    /// The shape of these texts, good in one generation of the tally.
    pub fn shape(
        &mut self,
        generation: u32,
        texts: [&[u8]; N],
        user_agent: &[u8],
        flags: [u8; 2],
    ) -> Shape<N> {
        if self.generation != generation || self.is_full() {
            *self = Self { generation, ..Self::default() };
        }
        let mut numbers = [0; N];
        for ((number, known), text) in numbers.iter_mut().zip(&mut self.texts).zip(texts) {
            // Most records leave some fields empty.
            *number = if text.is_empty() { EMPTY } else { known.of(text).0 };
        }
        Shape { texts: numbers, user_agent: self.user_agent(user_agent), flags }
    }

    /// What a shape means, if that is known.
    pub fn meaning(&self, shape: &Shape<N>) -> Option<Meaning> {
        self.known.of(shape)
    }

    /// Remembers what a shape means.
    pub fn remember(&mut self, shape: Shape<N>, meaning: Meaning) {
        self.known.add(shape, meaning);
    }

    fn is_full(&self) -> bool {
        let numbers = self.texts.iter().chain([&self.user_agents]);
        self.known.all.len() >= REMEMBERED
            || numbers.into_iter().any(|n| n.known.len() >= REMEMBERED)
    }

    fn user_agent(&mut self, bytes: &[u8]) -> Number {
        let (number, is_new) = self.user_agents.of(bytes);
        if is_new {
            let text = String::from_utf8_lossy(bytes);
            let client = user_agent::client(&text).unwrap_or_default();
            let meaning = format!("{client}\n{}", user_agent::app_id(&text).unwrap_or_default());
            let (meaning, _) = self.meanings.of(meaning.as_bytes());
            self.meaning_of_user_agent.push(meaning);
        }
        self.meaning_of_user_agent[usize::from(number)]
    }
}

/// For so many shapes more there is room at least, when there is no more.
const FEW: usize = 64;

/// What shapes mean. A table of small numbers says where it stands: a table of the meanings themselves would
/// be half empty whenever it has grown.
#[derive(Debug)]
struct Meanings<const N: usize> {
    all: Vec<(Shape<N>, Meaning)>,
    places: HashTable<Number>,
    hasher: DefaultHashBuilder,
}

impl<const N: usize> Default for Meanings<N> {
    fn default() -> Self {
        let (all, places, hasher) = Default::default();
        Self { all, places, hasher }
    }
}

impl<const N: usize> Meanings<N> {
    fn of(&self, shape: &Shape<N>) -> Option<Meaning> {
        let hash = self.hasher.hash_one(shape);
        let place = self.places.find(hash, |place| self.all[usize::from(*place)].0 == *shape)?;
        Some(self.all[usize::from(*place)].1)
    }

    /// Adds a shape that is new.
    fn add(&mut self, shape: Shape<N>, meaning: Meaning) {
        let Ok(place) = Number::try_from(self.all.len()) else { return };
        if self.all.len() == self.all.capacity() {
            self.all.reserve_exact((self.all.len() / 4).max(FEW));
        }
        self.all.push((shape, meaning));
        let hash = |place: &Number| self.hasher.hash_one(self.all[usize::from(*place)].0);
        self.places.insert_unique(self.hasher.hash_one(shape), place, hash);
    }
}

/// Texts, numbered in the order in which they came.
#[derive(Debug, Default)]
struct Numbers {
    known: HashTable<(Box<[u8]>, Number)>,
    hasher: DefaultHashBuilder,
}

impl Numbers {
    /// The number of a text, and whether it is new.
    fn of(&mut self, text: &[u8]) -> (Number, bool) {
        let hash = self.hasher.hash_one(text);
        if let Some((_, number)) = self.known.find(hash, |(known, _)| **known == *text) {
            return (*number, false);
        }
        let number = Number::try_from(self.known.len()).unwrap_or(EMPTY);
        let hasher = &self.hasher;
        self.known.insert_unique(hash, (text.into(), number), |(text, _)| hasher.hash_one(&**text));
        (number, true)
    }
}
