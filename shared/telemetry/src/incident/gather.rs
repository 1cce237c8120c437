//! Counts the failures of a tally by cluster and minute, without those that are nobody's incident.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use hashbrown::HashMap;

use super::settings::Silence;
use super::subject::Subject;
use crate::dimension::Dimension;
use crate::request::Outcome;
use crate::scanner::is_scanner;
use crate::summary::failure::Failure;
use crate::tally::{Resolution, Series, Tally, TextId, Texts, ValueIds};
use crate::time::{Minute, Window, minute_of, rfc3339, start_of};
use crate::user_agent::is_aws_internal;

/// How far a client's clock is believed beyond what is believed already, in minutes: logs of servers may be
/// at hand for other weeks than those of clients, but a clock that was never set is wrong by years.
const BELIEVED: Minute = 31 * 24 * 60;

/// Failures that clients tell by clocks that are not believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unbelieved {
    /// How many.
    pub failures: u64,
    /// The first minute, as their clocks have it.
    pub first: Minute,
    /// The last.
    pub last: Minute,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The first minute that any log shows, as far as its clock is believed; where logs show failures
    /// alone, that of the window that is asked for, if it begins before.
    pub begin: Option<Minute>,
    /// Whether logs show failures alone, so that nothing failed while they show nothing.
    pub failures_alone: bool,
    /// The last.
    pub newest: Option<Minute>,
    /// Failures that are nobody's incident.
    pub noise: u64,
    /// Failures of the window that are in no incident, because their clocks are not believed.
    pub unbelieved: Option<Unbelieved>,
    /// Minutes and failures of each cluster, in any order.
    pub cells: BTreeMap<Subject, Vec<(Minute, u32)>>,
}

/// Counts failures, of which some stand for several. The traffic is `shown` from one minute to another.
#[must_use]
pub fn gather(
    failures: &[Failure<'_>],
    shown: Option<(Minute, Minute)>,
    window: &Window,
    group_by: &[Dimension],
    tally: &Tally,
    texts: &Texts,
    silence: &Silence,
) -> Gathered {
    let is_failed = |series: &Series| series.outcome == Outcome::SignatureFailed;
    let mut gathered = Gathered {
        begin: shown.map(|(first, _)| first),
        newest: shown.map(|(_, last)| last),
        failures_alone: tally.series().iter().all(|(_, series, _)| is_failed(series)),
        ..Gathered::default()
    };
    let of_servers = failures.iter().filter(|failure| failure.kind.traffic().is_some());
    for time in of_servers.filter_map(|failure| failure.time()) {
        gathered.see(minute_of(time));
    }
    let shown = gathered.begin.zip(gathered.newest);
    let believed = shown.map(|shown| believed(shown, failures, window));
    let resolution = tally.series().resolution();
    let mut noise = Noise { silence, tally, texts, known: HashMap::new() };
    let mut by_key: HashMap<(ValueIds, TextId), Vec<(Minute, u32)>> = HashMap::new();
    for failure in failures {
        let Some(time) = failure.time() else { continue };
        let minute = minute_of(time);
        let is_believed = believed.as_ref().is_none_or(|believed| believed.contains(&minute));
        if is_believed {
            gathered.see(minute);
        }
        if noise.is(failure) {
            gathered.noise += failure.count();
            continue;
        }
        if !is_believed && window.holds(minute) {
            gathered.leave_out(minute, failure.count());
        }
        let mut values = ValueIds::default();
        for dimension in group_by {
            values[*dimension as usize] = failure.value(*dimension);
        }
        let cells = by_key.entry((values, failure.manner.code)).or_default();
        let count = u32::try_from(failure.count()).unwrap_or(u32::MAX);
        match cells.last_mut() {
            Some((last, sum)) if *last == minute => *sum = sum.saturating_add(count),
            // What is known by the hour alone began at no minute of it.
            _ if resolution != Resolution::Minutes && failure.count() > 1 => {
                cells.extend(spread(minute, count, resolution.minutes()));
            }
            _ => cells.push((minute, count)),
        }
    }
    let mut known: HashMap<TextId, Option<Arc<str>>> = HashMap::new();
    let mut shared =
        |id: TextId| known.entry(id).or_insert_with(|| texts.get(id).map(Arc::from)).clone();
    for ((values, code), cells) in by_key {
        let subject = Subject {
            values: group_by
                .iter()
                .map(|dimension| (*dimension, shared(values[*dimension as usize])))
                .collect(),
            code: shared(code).unwrap_or_default(),
            overflow: group_by.iter().any(|d| values[*d as usize] == TextId::OVERFLOW),
        };
        gathered.cells.entry(subject).or_default().extend(cells);
    }
    // Logs of failures are silent where nothing fails, so they begin when whoever asks says.
    if gathered.failures_alone
        && let Some((begin, from)) = gathered.begin.zip(window.from)
    {
        gathered.begin = Some(begin.min(from));
    }
    gathered
}

/// The minutes of clients that are believed, given the first and the last that servers show: those of the
/// window that is asked for too, and what follows on what is believed, however long the log goes on.
/// Failures are given by time.
fn believed(
    (first, last): (Minute, Minute),
    failures: &[Failure<'_>],
    window: &Window,
) -> RangeInclusive<Minute> {
    let asked = || window.from.into_iter().chain(window.to);
    let (first, last) = (asked().fold(first, Minute::min), asked().fold(last, Minute::max));
    let minutes = failures.iter().filter_map(|failure| failure.time()).map(minute_of);
    let first = minutes.clone().rev().fold(first, |first, minute| {
        if first.saturating_sub(minute) <= BELIEVED { first.min(minute) } else { first }
    });
    let last = minutes.fold(last, |last, minute| {
        if minute.saturating_sub(last) <= BELIEVED { last.max(minute) } else { last }
    });
    first..=last
}

/// A count over so many minutes from one on, evenly.
fn spread(first: Minute, count: u32, minutes: Minute) -> impl Iterator<Item = (Minute, u32)> {
    let until = move |at: Minute| u64::from(count) * u64::from(at) / u64::from(minutes);
    let of = move |at: Minute| u32::try_from(until(at + 1) - until(at)).unwrap_or(u32::MAX);
    (0..minutes).map(move |at| (first.saturating_add(at), of(at)))
}

impl Gathered {
    /// What is in no incident though it is in the window, in words.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let Unbelieved { failures, first, last } = self.unbelieved?;
        let (first, last) = (rfc3339(start_of(first)), rfc3339(start_of(last)));
        Some(format!(
            "no incident is looked for in what clients tell by their own clocks from {first} to {last} (failures: \
             {failures}), more than {} days from everything else that the logs tell: if these clocks are right, give a \
             window (--from, --to) about that time",
            BELIEVED / (24 * 60)
        ))
    }

    fn leave_out(&mut self, minute: Minute, failures: u64) {
        let left =
            self.unbelieved.unwrap_or(Unbelieved { failures: 0, first: minute, last: minute });
        self.unbelieved = Some(Unbelieved {
            failures: left.failures.saturating_add(failures),
            first: left.first.min(minute),
            last: left.last.max(minute),
        });
    }

    fn see(&mut self, minute: Minute) {
        if minute > 0 {
            self.begin = Some(self.begin.map_or(minute, |begin| begin.min(minute)));
            self.newest = Some(self.newest.map_or(minute, |newest| newest.max(minute)));
        }
    }
}

/// Tells what scanners and AWS's own writers send, each name and address once.
struct Noise<'a> {
    silence: &'a Silence,
    tally: &'a Tally,
    texts: &'a Texts,
    known: HashMap<(bool, TextId), bool>,
}

impl Noise<'_> {
    fn is(&mut self, failure: &Failure<'_>) -> bool {
        let Self { silence, tally, texts, known } = self;
        let mut of = |is_address: bool, id: TextId| {
            *known.entry((is_address, id)).or_insert_with(|| {
                texts.get(id).is_some_and(|text| match is_address {
                    true => silence.scanners && tally.is_prober(text),
                    false => {
                        silence.scanners && is_scanner(text)
                            || silence.aws_internal && is_aws_internal(text)
                    }
                })
            })
        };
        let client = failure.value(Dimension::Client);
        of(true, failure.remote_ip) || of(false, failure.user_agent) || of(false, client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_an_hour_is_spread_without_losing_any() {
        for (count, minutes) in [(7, 60), (60, 60), (1_000, 1_440), (u32::MAX, 60)] {
            let cells: Vec<(Minute, u32)> = spread(600, count, minutes).collect();
            assert_eq!(
                cells.iter().map(|(_, part)| u64::from(*part)).sum::<u64>(),
                u64::from(count)
            );
            let most = cells.iter().map(|(_, part)| *part).max();
            assert_eq!(most, Some(count.div_ceil(minutes)));
            let last = 600 + minutes - 1;
            assert_eq!((cells[0].0, cells.last().map(|cell| cell.0)), (600, Some(last)));
        }
    }
}
