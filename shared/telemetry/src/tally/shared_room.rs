//! The room that the samples of several threads have together.
//!
//! Each thread has a sample of its own, and in the end they become one, in which there is room for as much
//! as in each of them. So none need keep what all of them together have no room for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The room of samples that will be merged into one.
#[derive(Debug)]
pub struct SharedRoom {
    /// For how many requests there is room.
    limit: usize,
    threshold: AtomicU64,
    /// The requests below the threshold that were told, in no order, some of them twice.
    requests: Mutex<Vec<u64>>,
}

impl SharedRoom {
    /// Room for so many requests.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, threshold: AtomicU64::new(u64::MAX), requests: Mutex::default() }
    }

    /// Below which hash there is room for a request. What was seen decides it, and not by whom: it is never
    /// below that of one sample of all that was told.
    #[must_use]
    pub fn threshold(&self) -> u64 {
        self.threshold.load(Ordering::Relaxed)
    }

    /// Takes in the hashes of requests that were seen. Gives the threshold.
    pub fn tell(&self, requests: impl Iterator<Item = u64>) -> u64 {
        let mut all = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(requests);
        if all.len() > self.limit.max(3) * 5 / 4 {
            all.sort_unstable();
            all.dedup();
            if let Some(smallest_out) = all.get(self.limit) {
                self.threshold.fetch_min(*smallest_out, Ordering::Relaxed);
            }
            all.truncate(self.limit);
        }
        self.threshold()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_comes_down_to_what_there_is_room_for_and_not_below() {
        let room = SharedRoom::new(10);
        assert_eq!(room.tell([5, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5].into_iter()), u64::MAX);
        let numbers: Vec<u64> = (1..=100).rev().collect();
        for told in numbers.chunks(7) {
            room.tell(told.iter().copied());
        }
        let told_again = room.tell(1..=100);
        assert_eq!((room.threshold(), told_again), (11, 11));
    }
}
