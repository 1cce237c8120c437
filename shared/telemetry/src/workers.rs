//! The same work by several threads at once, each taking the next piece until none is left.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Runs `work` on so many threads, of which this is one, and gives what each came to.
///
/// # Panics
/// If one of them does: a panic is a bug, and goes on as one.
pub fn run<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    if threads <= 1 {
        return vec![work()];
    }
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(&work)).collect();
        let own = work();
        let joined = others.into_iter().map(thread::ScopedJoinHandle::join);
        let theirs = joined.map(|end| end.unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(theirs).collect()
    })
}

/// Does `work` for every number below `count` on so many threads, and gives what each came to, in the
/// order of the numbers.
pub fn map<T: Send>(threads: usize, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 || count <= 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = run(threads.min(count), || {
        let numbers = std::iter::from_fn(|| {
            Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count)
        });
        numbers.map(|number| (number, work(number))).collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_taken_once() {
        for threads in [0, 1, 2, 5] {
            let next = AtomicUsize::new(0);
            let sums = run(threads, || {
                let pieces = std::iter::from_fn(|| {
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|piece| *piece <= 1000)
                });
                pieces.sum::<usize>()
            });
            assert_eq!((sums.len(), sums.iter().sum::<usize>()), (threads.max(1), 500_500));
        }
    }

    #[test]
    fn what_each_came_to_stands_in_its_place() {
        for (threads, count) in [(0, 3), (1, 3), (2, 0), (2, 1), (3, 1000)] {
            let squares: Vec<usize> = (0..count).map(|number| number * number).collect();
            assert_eq!(map(threads, count, |number| number * number), squares);
        }
    }
}
