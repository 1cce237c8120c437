//! Versions that the failing one took the place of. When such a one is back, the deploy was rolled back,
//! and what it does tells of the requests that failed; one that went on beside the failing one tells
//! nothing.

use std::collections::BTreeMap;

use super::proof::OLDER;
use super::run::Run;
use crate::time::Minute;

/// For at least so many minutes of a run there must be no request of it.
const SHORTEST: u32 = 5;
/// And so many requests must be missing by what there was before: else it may be chance.
const MISSING: u32 = 8;

/// From which minute on an older version is gone, if it is: given its requests by the minute, those of
/// the hour before the runs among them.
pub(super) fn gone_since(
    requests: &BTreeMap<Minute, u64>,
    runs: &[Run],
    horizon: Minute,
) -> Option<Minute> {
    let start = runs.iter().map(|run| run.start).min()?;
    let before: u64 = requests.range(start.saturating_sub(OLDER)..start).map(|(_, n)| *n).sum();
    let expected = u64::from(OLDER) * u64::from(MISSING);
    let needed = u32::try_from(expected.div_ceil(before.max(1))).unwrap_or(u32::MAX).max(SHORTEST);
    runs.iter().find_map(|run| {
        let end = run.end.unwrap_or(horizon.saturating_add(1)).max(run.start);
        let mut gap = run.start;
        for at in requests.range(run.start..end).map(|(at, _)| *at).chain([end]) {
            if at.saturating_sub(gap) >= needed {
                return Some(gap + needed);
            }
            gap = at.saturating_add(1);
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(start: Minute, end: Option<Minute>) -> Run {
        Run { start, fired: start + 1, end, seen: 0.0, baseline: 0.1, dispersion: 2.0 }
    }

    #[test]
    fn what_was_often_there_and_is_not_any_more_is_gone() {
        let requests = |each: u64, minutes: &[std::ops::Range<Minute>]| {
            let minutes = minutes.iter().cloned().flatten();
            minutes.map(|minute| (minute, each)).collect::<BTreeMap<_, _>>()
        };
        let often = requests(2, &[40..103, 120..140]);
        assert_eq!(gone_since(&often, &[run(100, Some(120))], 200), Some(108));
        assert_eq!(gone_since(&often, &[run(100, None)], 110), Some(108));
        assert_eq!(gone_since(&often, &[run(100, None)], 106), None);
        // It may have been chance for the first run, and not for the second.
        let twice = [run(100, Some(106)), run(145, Some(170))];
        assert_eq!(gone_since(&often, &twice, 200), Some(150));
        let seldom = BTreeMap::from([(50, 1), (80, 1), (130, 1)]);
        assert_eq!(gone_since(&seldom, &[run(100, Some(120))], 200), None);
        assert_eq!(gone_since(&seldom, &[run(100, Some(420))], 500), Some(371));
        assert_eq!(gone_since(&BTreeMap::new(), &[run(100, Some(160))], 200), None);
        assert_eq!(gone_since(&often, &[], 200), None);
    }
}
