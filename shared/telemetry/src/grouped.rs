//! Things that belong to numbered groups, those of each group together.

/// Things by the number of their group.
#[derive(Clone, Debug, Default)]
pub struct Grouped<T> {
    things: Vec<T>,
    /// Where those of each group end: a `u32`, for there are very many groups.
    ends: Vec<u32>,
}

impl<T: Copy + Default> Grouped<T> {
    /// Puts things together, which are given with the number of their group, below `groups`; those of
    /// one group stay in their order.
    pub fn new(things: impl Iterator<Item = (usize, T)> + Clone, groups: usize) -> Self {
        // Counts, then where each group begins, then, as it fills, where it ends.
        let mut ends = vec![0_u32; groups];
        for (group, _) in things.clone() {
            ends[group] += 1;
        }
        let mut all = 0;
        for end in &mut ends {
            all += std::mem::replace(end, all);
        }
        let mut grouped = vec![T::default(); all as usize];
        for (group, thing) in things {
            grouped[ends[group] as usize] = thing;
            ends[group] += 1;
        }
        Self { things: grouped, ends }
    }

    /// Those of a group.
    #[must_use]
    pub fn of(&self, group: usize) -> &[T] {
        let start = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.things[start as usize..self.ends[group] as usize]
    }

    /// Sorts those of each group.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K) {
        let mut start = 0;
        for end in &self.ends {
            self.things[start as usize..*end as usize].sort_unstable_by_key(&key);
            start = *end;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn groups_are_what_a_filter_finds(
            things in proptest::collection::vec((0..5_usize, any::<u8>()), 0..40),
        ) {
            let mut grouped = Grouped::new(things.iter().copied(), 5);
            let of = |group| {
                let own = things.iter().filter(move |(of, _)| *of == group);
                own.map(|(_, thing)| *thing).collect::<Vec<u8>>()
            };
            for group in 0..5 {
                prop_assert_eq!(grouped.of(group), of(group));
            }
            grouped.sort_by_key(|thing| *thing);
            for group in 0..5 {
                let mut sorted = of(group);
                sorted.sort_unstable();
                prop_assert_eq!(grouped.of(group), sorted);
            }
        }
    }
}
