//! The same work by several threads at once, each taking the next piece until none is left.

use std::panic::resume_unwind;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

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
}
