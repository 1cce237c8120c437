//! The counts of one series by minute, in little memory.
//!
//! A month of minutes of thousands of series has to fit, and most counts are small. So they are
//! written one behind the other: how many minutes after the last one, and how many requests. A few
//! requests a few minutes later take one byte, dozens within hours two bytes, anything else a byte
//! that says so and two variable-length numbers. Logs are nearly in order; a minute that comes back is simply written
//! again, and [`Cells::counts`] adds it up.

use crate::time::Minute;

/// Counts by minute.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// The minute that is being counted.
    open: (Minute, u32),
    /// The minute that was written last.
    last: Minute,
    /// Entries that are written: a `u32`, for there are very many series.
    entries: u32,
    written: Vec<u8>,
}

impl Cells {
    /// Adds to a minute.
    pub fn add(&mut self, minute: Minute, count: u32) {
        let (open, sum) = self.open;
        if open == minute
            && let Some(sum) = sum.checked_add(count)
        {
            self.open.1 = sum;
            return;
        }
        self.write();
        self.open = (minute, count);
    }

    fn write(&mut self) {
        let (minute, count) = self.open;
        if count > 0 {
            let step = i64::from(minute) - i64::from(self.last);
            push_entry(&mut self.written, step, u64::from(count));
            self.last = minute;
            self.entries += 1;
        }
    }

    /// How many entries there are, those of the same minute included.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries as usize + usize::from(self.open.1 > 0)
    }

    /// The counts, minutes ascending.
    #[must_use]
    pub fn counts(&self) -> Vec<(Minute, u64)> {
        let mut counts = Vec::with_capacity(self.entries());
        counts.extend(self.as_written());
        if !counts.is_sorted_by(|(a, _), (b, _)| a < b) {
            // This sort is quick with what was put together from a few that were in order.
            counts.sort_by_key(|(minute, _)| *minute);
            counts.dedup_by(|(minute, count), (first, sum)| {
                let is_same = minute == first;
                *sum += if is_same { *count } else { 0 };
                is_same
            });
        }
        counts
    }

    /// The counts in the order in which they came; a minute may stand here several times.
    pub fn as_written(&self) -> impl Iterator<Item = (Minute, u64)> {
        let mut minute = 0_i64;
        let mut rest = self.written.as_slice();
        let written = std::iter::from_fn(move || {
            let (step, count) = pull_entry(&mut rest)?;
            minute += step;
            Some((u32::try_from(minute).unwrap_or(0), count))
        });
        let (minute, count) = self.open;
        written.chain((count > 0).then_some((minute, u64::from(count))))
    }

    /// Adds all counts of another.
    pub fn append(&mut self, other: Self) {
        if self.entries() == 0 {
            *self = other;
            return;
        }
        self.write();
        let mut rest = other.written.as_slice();
        if let Some((step, count)) = pull_entry(&mut rest) {
            // The first minute is told from 0 there and from the last minute here.
            push_entry(&mut self.written, step - i64::from(self.last), count);
            self.written.extend_from_slice(rest);
            self.last = other.last;
        }
        self.entries += other.entries;
        self.open = other.open;
    }

    /// Writes every minute once, in order, and keeps no room for more.
    pub fn tidy(&mut self) {
        if self.as_written().is_sorted_by(|(a, _), (b, _)| a < b) {
            self.written.shrink_to_fit();
        } else {
            self.compact(1);
        }
    }

    /// Writes every minute once, rounded down to a multiple of `minutes`.
    pub fn compact(&mut self, minutes: Minute) {
        let mut compact = Self::default();
        for (minute, mut count) in self.counts() {
            while count > 0 {
                let part = u32::try_from(count).unwrap_or(u32::MAX);
                compact.add(minute - minute % minutes, part);
                count -= u64::from(part);
            }
        }
        compact.written.shrink_to_fit();
        *self = compact;
    }
}

/// In a byte that is a whole entry, the highest count and the longest step, both from 1.
const BRIEF_COUNT: u64 = 8;
const BRIEF_STEP: i64 = 16;
/// In two bytes that are, the highest count, from 1, and the steps: some go back.
const SHORT_COUNT: u64 = 64;
const SHORT_STEPS: std::ops::Range<i64> = -64..444;
/// Marks the first of two bytes.
const SHORT: u8 = 0x80;
/// The byte before an entry that is written out. Those steps leave it free.
const AT_LENGTH: u8 = 0xff;
/// The most bytes of an entry that hardly any exceeds: a count below 2^14, a step of a day and more.
const LONGEST_ENTRY: usize = 6;

#[expect(clippy::cast_possible_truncation, reason = "small by what was asked")]
fn push_entry(bytes: &mut Vec<u8>, step: i64, count: u64) {
    // There are very many series, so room for more is made in small steps.
    if bytes.capacity() - bytes.len() < LONGEST_ENTRY {
        bytes.reserve_exact(LONGEST_ENTRY.max(bytes.len() / 4));
    }
    let beyond_one = count.wrapping_sub(1);
    if (1..=BRIEF_STEP).contains(&step) && beyond_one < BRIEF_COUNT {
        bytes.push(((step - 1).cast_unsigned() * BRIEF_COUNT + beyond_one) as u8);
    } else if SHORT_STEPS.contains(&step) && beyond_one < SHORT_COUNT {
        let step = (step - SHORT_STEPS.start).cast_unsigned();
        let [high, low] = ((step * SHORT_COUNT + beyond_one) as u16).to_be_bytes();
        bytes.extend([SHORT | high, low]);
    } else {
        bytes.push(AT_LENGTH);
        push(bytes, zigzag(step));
        push(bytes, count);
    }
}

fn pull_entry(bytes: &mut &[u8]) -> Option<(i64, u64)> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    if *first == AT_LENGTH {
        return Some((unzigzag(pull(bytes)?), pull(bytes)?));
    }
    let (number, counts, first_step) = if *first < SHORT {
        (u64::from(*first), BRIEF_COUNT, 1)
    } else {
        let (low, rest) = rest.split_first()?;
        *bytes = rest;
        (u64::from(u16::from_be_bytes([*first & !SHORT, *low])), SHORT_COUNT, SHORT_STEPS.start)
    };
    Some(((number / counts).cast_signed() + first_step, number % counts + 1))
}

/// Small steps either way become small numbers.
fn zigzag(step: i64) -> u64 {
    (step.cast_unsigned() << 1) ^ (step >> 63).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn pull(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_add_up_in_any_order(
            added in proptest::collection::vec((any::<u32>(), 1_u32..), 0..40),
            minutes in 1_u32..1500,
        ) {
            let mut cells = Cells::default();
            let mut sums = BTreeMap::<u32, u64>::new();
            let mut coarse = BTreeMap::<u32, u64>::new();
            for (minute, count) in &added {
                cells.add(*minute, *count);
                *sums.entry(*minute).or_default() += u64::from(*count);
                *coarse.entry(minute - minute % minutes).or_default() += u64::from(*count);
            }
            prop_assert_eq!(cells.counts(), sums.into_iter().collect::<Vec<_>>());
            cells.compact(minutes);
            prop_assert_eq!(cells.counts(), coarse.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn an_entry_of_any_length_is_read_as_it_was_written(
            entries in proptest::collection::vec(
                (prop_oneof![-70..450_i64, -(1_i64 << 33)..1 << 33], prop_oneof![1..70_u64, any::<u64>()]),
                0..40,
            ),
        ) {
            let mut bytes = Vec::new();
            entries.iter().for_each(|(step, count)| push_entry(&mut bytes, *step, *count));
            let mut rest = bytes.as_slice();
            let read: Vec<_> = std::iter::from_fn(|| pull_entry(&mut rest)).collect();
            prop_assert_eq!(read, entries);
        }

        #[test]
        fn counts_may_be_added_one_by_one_or_all_together(
            added in proptest::collection::vec((any::<u32>(), 1_u32..), 0..40),
            cut in 0..40_usize,
        ) {
            let mut parts = [Cells::default(), Cells::default()];
            let mut whole = Cells::default();
            for (place, (minute, count)) in added.iter().enumerate() {
                parts[usize::from(place >= cut)].add(*minute, *count);
                whole.add(*minute, *count);
            }
            let [mut first, second] = parts;
            first.append(second);
            prop_assert_eq!(first.counts(), whole.counts());
            first.add(7, 1);
            whole.add(7, 1);
            prop_assert_eq!(first.counts(), whole.counts());
        }
    }
}
