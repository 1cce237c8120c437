//! The same work by several threads at once, each taking the next piece until none is left.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
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

/// Does `work` for every number below `count` on so many threads, and hands what each came to to `take` on
/// this one, in the order of the numbers, at once, so that never many more than `ahead` wait for it.
///
/// # Errors
/// The first that `take` gives; nothing is handed to it any more then.
pub fn in_order<T: Send, E>(
    threads: usize,
    count: usize,
    ahead: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    if threads <= 1 || count <= 1 {
        return (0..count).try_for_each(|number| take(work(number)));
    }
    let next = AtomicUsize::new(0);
    let claim = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count);
    let (done, waiting) = mpsc::sync_channel::<(usize, T)>(ahead);
    thread::scope(|scope| {
        // Gone at the end of this scope, so that nobody waits for room in it for ever.
        let waiting = waiting;
        for _ in 1..threads.min(count) {
            let done = done.clone();
            let (claim, work) = (&claim, &work);
            scope.spawn(move || {
                while let Some(number) = claim() {
                    if done.send((number, work(number))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let mut early = BTreeMap::new();
        for number in 0..count {
            let own = loop {
                if let Some(own) = early.remove(&number) {
                    break own;
                }
                // What others did is taken before this thread does more, unless too much waits already.
                let came = waiting.try_recv().ok();
                let came = came.or_else(|| {
                    let claimed = (early.len() < ahead).then(&claim).flatten();
                    claimed.map(|number| (number, work(number)))
                });
                // None comes any more only if another thread panicked, which the scope tells.
                let Some((number, one)) = came.or_else(|| waiting.recv().ok()) else {
                    return Ok(());
                };
                early.insert(number, one);
            };
            take(own)?;
        }
        Ok(())
    })
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
    fn what_each_came_to_is_handed_on_in_order() {
        for (threads, count, ahead) in [(0, 3, 1), (1, 3, 1), (2, 0, 1), (2, 1, 1), (3, 1000, 4)] {
            let mut taken = Vec::new();
            let work = |number: usize| {
                if number.is_multiple_of(97) {
                    thread::yield_now();
                }
                number * number
            };
            let all = in_order(threads, count, ahead, work, |one| {
                taken.push(one);
                Ok::<(), ()>(())
            });
            assert_eq!(all, Ok(()));
            assert_eq!(taken, (0..count).map(|number| number * number).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_ends_it() {
        for threads in [1, 2, 5] {
            let mut taken = 0;
            let ended = in_order(
                threads,
                1000,
                2,
                |number| number,
                |number| {
                    taken += 1;
                    if number == 7 { Err("full") } else { Ok(()) }
                },
            );
            assert_eq!((ended, taken), (Err("full"), 8));
        }
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_of_another_thread_goes_on() {
        let main = thread::current().id();
        let work = |_| assert!(thread::current().id() == main, "not this one");
        // This thread alone would do all before another began, unless it waits for it.
        let wait = |()| {
            thread::sleep(std::time::Duration::from_millis(1));
            Ok::<(), ()>(())
        };
        let _ = in_order(2, 10_000, 1, work, wait);
    }

    #[test]
    fn what_each_came_to_stands_in_its_place() {
        for (threads, count) in [(0, 3), (1, 3), (2, 0), (2, 1), (3, 1000)] {
            let squares: Vec<usize> = (0..count).map(|number| number * number).collect();
            assert_eq!(map(threads, count, |number| number * number), squares);
        }
    }
}
