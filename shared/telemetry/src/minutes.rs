//! Minutes, each once.

use std::collections::BTreeMap;

use crate::time::Minute;

/// How many minutes are told by the bits of one number.
const BLOCK: Minute = u64::BITS;

/// These minutes ascending, each once. They may come very often: the same minutes again for each of
/// thousands of series, of which most follow on one another.
#[must_use]
pub fn distinct(minutes: impl Iterator<Item = Minute>) -> Vec<Minute> {
    let mut blocks: BTreeMap<Minute, u64> = BTreeMap::new();
    let (mut block, mut bits) = (0, 0_u64);
    for minute in minutes {
        if minute / BLOCK != block {
            *blocks.entry(block).or_default() |= bits;
            (block, bits) = (minute / BLOCK, 0);
        }
        bits |= 1 << (minute % BLOCK);
    }
    *blocks.entry(block).or_default() |= bits;
    let of_block = |(block, bits): (Minute, u64)| {
        (0..BLOCK).filter(move |at| bits >> at & 1 == 1).map(move |at| block * BLOCK + at)
    };
    blocks.into_iter().flat_map(of_block).collect()
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
            prop_assert_eq!(distinct(minutes.into_iter()), set.into_iter().collect::<Vec<_>>());
        }
    }
}
