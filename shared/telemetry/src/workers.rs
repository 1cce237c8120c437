//! The same work by several threads at once, each taking the next piece until none is left.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

/// Runs `work` on so many threads, of which this is the first, and gives what each came to. Each is told
/// which of them it is, from 0.
///
/// # Panics
/// If one of them does: a panic is a bug, and goes on as one.
pub fn run<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 {
        return vec![work(0)];
    }
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = (1..threads).map(|which| scope.spawn(move || work(which))).collect();
        let own = work(0);
        let joined = others.into_iter().map(thread::ScopedJoinHandle::join);
        let theirs = joined.map(|end| end.unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(theirs).collect()
    })
}

/// The numbers below a count, shared out among threads. Each has a run of them for itself, which it takes in
/// order; when that is done it helps with the last of whichever has the most left.
#[derive(Debug)]
pub struct Shares(Vec<Mutex<Range<usize>>>);

impl Shares {
    /// Shares the numbers below `count` out among so many threads.
    #[must_use]
    pub fn new(count: usize, threads: usize) -> Self {
        let threads = threads.max(1);
        let (each, more) = (count / threads, count % threads);
        let start = |which: usize| which * each + which.min(more);
        Self((0..threads).map(|which| Mutex::new(start(which)..start(which + 1))).collect())
    }

    /// The next number for a thread; none when all are taken.
    pub fn next(&self, thread: usize) -> Option<usize> {
        let own = self.0.get(thread).and_then(|share| left(share).next());
        own.or_else(|| self.help())
    }

    fn help(&self) -> Option<usize> {
        loop {
            let lengths = self.0.iter().map(|share| (left(share).len(), share));
            let (_, most) = lengths.max_by_key(|(length, _)| *length).filter(|(l, _)| *l > 0)?;
            // Others may have taken it meanwhile.
            if let Some(last) = left(most).next_back() {
                return Some(last);
            }
        }
    }
}

fn left(share: &Mutex<Range<usize>>) -> MutexGuard<'_, Range<usize>> {
    share.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work` for every number below `count` on so many threads, and gives what each came to, in the
/// order of the numbers.
pub fn map<T: Send>(threads: usize, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 || count <= 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = run(threads.min(count), |_| {
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
            let sums = run(threads, |_| {
                let pieces = std::iter::from_fn(|| {
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|piece| *piece <= 1000)
                });
                pieces.sum::<usize>()
            });
            assert_eq!((sums.len(), sums.iter().sum::<usize>()), (threads.max(1), 500_500));
        }
    }

    #[test]
    fn what_is_shared_out_is_taken_once_and_a_share_in_order() {
        for (threads, count) in [(0, 3), (1, 3), (2, 0), (2, 1), (3, 1000), (7, 5)] {
            let shares = Shares::new(count, threads);
            let taken = run(threads, |which| {
                std::iter::from_fn(|| shares.next(which)).collect::<Vec<usize>>()
            });
            let mut all = taken.concat();
            all.sort_unstable();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
        let shares = Shares::new(10, 2);
        let alone: Vec<usize> = std::iter::from_fn(|| shares.next(1)).collect();
        assert_eq!(alone, [5, 6, 7, 8, 9, 4, 3, 2, 1, 0]);
        assert_eq!(shares.next(0), None);
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
