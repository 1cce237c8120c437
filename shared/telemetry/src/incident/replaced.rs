//! Versions that the failing one took the place of. When such a one is back, the deploy was rolled back,
//! and what it does tells of the requests that failed; one that went on beside the failing one tells
//! nothing.

use std::ops::Range;

use super::counts::Counts;
use super::proof::OLDER;
use super::run::Run;
use crate::time::Minute;

/// For at least so many minutes of a run there must be no request of it.
const SHORTEST: u32 = 5;
/// And so many requests must be missing by what there was before: else it may be chance.
const MISSING: u32 = 8;

/// And so many times as long as it was silent before: it may work now and then.
const LONGER: u32 = 3;

/// From which minute on an older version is gone, if it is: given its requests by the minute, those of
/// the hour before the runs among them, and the minutes, ascending, of which the log that shows them tells
/// anything. Others do not count: there is a hole in the log.
pub(super) fn gone_since(
    requests: &Counts,
    logged: &[Minute],
    runs: &[Run],
    horizon: Minute,
) -> Option<Minute> {
    let start = runs.iter().map(|run| run.start).min()?;
    let hour = start.saturating_sub(OLDER)..start;
    let before = requests.sum(hour.start, hour.end);
    let expected = u64::from(OLDER) * u64::from(MISSING);
    let missing = u32::try_from(expected.div_ceil(before.max(1))).unwrap_or(u32::MAX);
    let silence = silence(requests, &hour).saturating_mul(LONGER);
    let needed = missing.max(silence).max(SHORTEST);
    let until = usize::try_from(needed).unwrap_or(usize::MAX) - 1;
    runs.iter().find_map(|run| {
        let end = run.end.unwrap_or(horizon.saturating_add(1)).max(run.start);
        let mut gap = run.start;
        for at in requests.between(run.start, end).iter().map(|(at, _)| *at).chain([end]) {
            let first = logged.partition_point(|minute| *minute < gap);
            let gone = logged.get(first.saturating_add(until)).filter(|gone| **gone < at);
            if let Some(gone) = gone {
                return Some(gone.saturating_add(1));
            }
            gap = at.saturating_add(1);
        }
        None
    })
}

/// For how many minutes at most there was no request in a span, or up to the first in it.
fn silence(requests: &Counts, span: &Range<Minute>) -> u32 {
    let earlier = requests.between(0, span.start).last().map(|(at, _)| *at);
    let within = requests.between(span.start, span.end).iter().map(|(at, _)| *at).chain([span.end]);
    let mut last = earlier;
    let gaps = within.filter_map(|at| Some(at.saturating_sub(last.replace(at)?.saturating_add(1))));
    gaps.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(start: Minute, end: Option<Minute>) -> Run {
        Run { start, fired: start + 1, end, back: None, seen: 0.0, baseline: 0.1, dispersion: 2.0 }
    }

    #[test]
    fn what_was_often_there_and_is_not_any_more_is_gone() {
        let requests = |each: u32, minutes: &[Range<Minute>]| {
            let minutes = minutes.iter().cloned().flatten();
            Counts::new(minutes.map(|minute| (minute, each)).collect())
        };
        let all = (0..600).collect::<Vec<Minute>>();
        let gone_since = |requests: &Counts, runs: &[Run], horizon| {
            super::gone_since(requests, &all, runs, horizon)
        };
        let often = requests(2, &[40..103, 120..140]);
        assert_eq!(gone_since(&often, &[run(100, Some(120))], 200), Some(108));
        assert_eq!(gone_since(&often, &[run(100, None)], 110), Some(108));
        assert_eq!(gone_since(&often, &[run(100, None)], 106), None);
        // It may have been chance for the first run, and not for the second.
        let twice = [run(100, Some(106)), run(145, Some(170))];
        assert_eq!(gone_since(&often, &twice, 200), Some(150));
        let seldom = Counts::new(vec![(50, 1), (80, 1), (130, 1)]);
        assert_eq!(gone_since(&seldom, &[run(100, Some(120))], 200), None);
        assert_eq!(gone_since(&seldom, &[run(100, Some(420))], 500), Some(371));
        assert_eq!(gone_since(&Counts::default(), &[run(100, Some(160))], 200), None);
        assert_eq!(gone_since(&often, &[], 200), None);
    }

    #[test]
    fn what_works_now_and_then_is_not_gone_between() {
        let batches = |every: usize, number: usize| {
            let begins = (0..300).step_by(every).take(number);
            let minutes = begins.flat_map(|begin| begin..begin + 2);
            Counts::new(minutes.map(|minute| (minute, 30)).collect())
        };
        let all = (0..600).collect::<Vec<Minute>>();
        for every in [10, 25, 55] {
            let first = u32::try_from(every).unwrap() * 3;
            let beside = run(first, Some(first + 30));
            assert_eq!(gone_since(&batches(every, 300), &all, &[beside], 400), None, "{every}");
        }
        // Three times as long as ever between them, it is.
        assert_eq!(gone_since(&batches(10, 10), &all, &[run(100, Some(130))], 400), Some(124));
    }

    #[test]
    fn where_the_log_has_a_hole_nothing_is_gone() {
        let often = Counts::new((0..100).map(|minute| (minute, 3)).collect());
        let over = [run(100, Some(120))];
        let logged = |hole: Range<Minute>| {
            (0..200).filter(move |minute| !hole.contains(minute)).collect::<Vec<Minute>>()
        };
        assert_eq!(gone_since(&often, &logged(100..120), &over, 200), None);
        assert_eq!(gone_since(&often, &logged(103..119), &over, 200), None);
        assert_eq!(gone_since(&often, &logged(103..110), &over, 200), Some(112));
        assert_eq!(gone_since(&often, &[], &over, 200), None);
    }
}
