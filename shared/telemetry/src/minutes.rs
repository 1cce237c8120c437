//! Sets of minutes.

use std::collections::BTreeMap;

use crate::time::Minute;

/// How many minutes are told by the bits of one number.
const BLOCK: Minute = u64::BITS;

/// A set of minutes. They may be put in very often: the same minutes again for each of thousands of
/// series, of which most follow on one another.
#[derive(Clone, Debug, Default)]
pub struct Minutes {
    /// The block that was put in last, and its bits.
    open: (Minute, u64),
    blocks: BTreeMap<Minute, u64>,
}

impl Minutes {
    /// Puts a minute in.
    pub fn insert(&mut self, minute: Minute) {
        if minute / BLOCK != self.open.0 {
            self.close();
            self.open = (minute / BLOCK, 0);
        }
        self.open.1 |= 1 << (minute % BLOCK);
    }

    fn close(&mut self) {
        let (block, bits) = self.open;
        if bits != 0 {
            *self.blocks.entry(block).or_default() |= bits;
        }
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts those of another set in.
    pub fn add(&mut self, other: &Self) {
        self.close();
        self.open.1 = 0;
        for (block, bits) in other.blocks.iter().chain([(&other.open.0, &other.open.1)]) {
            *self.blocks.entry(*block).or_default() |= bits;
        }
    }

    /// All of them, ascending.
    pub fn ascending(mut self) -> impl Iterator<Item = Minute> {
        self.close();
        let of_block = |(block, bits): (Minute, u64)| {
            (0..BLOCK).filter(move |at| bits >> at & 1 == 1).map(move |at| block * BLOCK + at)
        };
        self.blocks.into_iter().flat_map(of_block)
    }
}

impl Extend<Minute> for Minutes {
    fn extend<I: IntoIterator<Item = Minute>>(&mut self, minutes: I) {
        minutes.into_iter().for_each(|minute| self.insert(minute));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_those_of_a_set(
            minutes in proptest::collection::vec(prop_oneof![0..200_u32, any::<u32>()], 0..60),
        ) {
            let set: BTreeSet<Minute> = minutes.iter().copied().collect();
            let mut all = Minutes::default();
            all.extend(minutes);
            prop_assert!(all.ascending().eq(set));
        }

        #[test]
        fn two_sets_become_one(
            parts in proptest::collection::vec(proptest::collection::vec(0..300_u32, 0..20), 2..4),
        ) {
            let set: BTreeSet<Minute> = parts.iter().flatten().copied().collect();
            let mut all = Minutes::default();
            for part in &parts {
                let mut own = Minutes::default();
                own.extend(part.iter().copied());
                all.add(&own);
            }
            let last = parts.last().and_then(|part| part.first()).copied();
            all.extend(last);
            prop_assert!(all.clone().ascending().eq(set));
            all.clear();
            prop_assert_eq!(all.ascending().count(), 0);
        }
    }
}
