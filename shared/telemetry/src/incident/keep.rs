//! What is remembered from one detection to the next, within its bounds.
//!
//! Whatever logs hold, a state must stay shorter than what can be read back: one that cannot would
//! end detection.

use std::io::{self, Write};

use super::rhythm::Rhythm;
use super::scene::Scene;
use super::settings::Settings;
use super::state::{Kept, KeptRun, Remembered, State};
use super::subject::Subject;
use crate::time::{Minute, minute_of, parse_rfc3339};

/// How many clusters are remembered, and how long they are, written, with their minutes, in bytes.
const SERIES: usize = 50_000;
const SERIES_LENGTH: usize = 32 << 20;
/// How many incidents are remembered, how long they are, written, and how long one of them is.
pub(super) const INCIDENTS: usize = 500;
const INCIDENTS_LENGTH: usize = 20 << 20;
const INCIDENT_LENGTH: usize = 2 << 20;
/// How many runs of an incident are remembered, and how many clusters of a run.
const RUNS: usize = 2_000;
const MEMBERS: usize = 1_000;
/// How many minutes an incident is remembered after it was over: a week.
const REMEMBERED: Minute = 7 * 24 * 60;
/// How long before what is judged anew the end of a run may still move, in minutes.
const MOVES: Minute = 60;

/// Leaves out of the incidents what is not needed any more, and those for which there is no room.
pub(super) fn keep_incidents(state: &mut State, scene: &Scene, settings: &Settings) {
    // Incidents that can neither go on nor come back.
    let open_until = settings.reopen_minutes.max(settings.baseline_minutes);
    let resolved = |remembered: &Remembered| {
        remembered.incident.resolved_at.as_deref().and_then(parse_rfc3339).map(minute_of)
    };
    for remembered in &mut state.incidents {
        let over = resolved(remembered).map(|at| at.saturating_add(open_until));
        if over.is_some_and(|over| over < state.settled) {
            remembered.runs.clear();
            remembered.proofs.clear();
            remembered.witnessed.clear();
        }
        shorten(remembered, scene, state.settled);
    }
    let forgotten = state.settled.saturating_sub(REMEMBERED);
    state.incidents.retain(|remembered| {
        !remembered.runs.is_empty() || resolved(remembered).is_none_or(|at| at >= forgotten)
    });
    let mut by_worth: Vec<(bool, u64, Remembered)> = std::mem::take(&mut state.incidents)
        .into_iter()
        .map(|remembered| {
            // One that was told gives way only to one of twice its size: it would be told again.
            let told = u64::from(remembered.said.opened) + 1;
            let worth = remembered.incident.failures.saturating_mul(told);
            (!remembered.runs.is_empty(), worth, remembered)
        })
        .collect();
    by_worth.sort_by(|(a_goes_on, a, one), (b_goes_on, b, other)| {
        let place = |of: &Remembered| (of.incident.started_at.clone(), of.incident.id.clone());
        (b_goes_on, b).cmp(&(a_goes_on, a)).then_with(|| place(one).cmp(&place(other)))
    });
    by_worth.truncate(INCIDENTS);
    let mut length = 0_usize;
    by_worth.retain(|(_, _, remembered)| {
        length = length.saturating_add(written_length(remembered));
        length <= INCIDENTS_LENGTH
    });
    state.incidents = by_worth.into_iter().map(|(_, _, remembered)| remembered).collect();
    state.incidents.sort_by(|a, b| {
        (&a.incident.started_at, &a.incident.id).cmp(&(&b.incident.started_at, &b.incident.id))
    });
}

/// Makes an incident short enough to be remembered.
fn shorten(remembered: &mut Remembered, scene: &Scene, settled: Minute) {
    let Remembered { runs, proofs, .. } = remembered;
    // Of the proofs before what is judged anew only the first after each end counts.
    let since = settled.saturating_sub(MOVES);
    let mut needed: Vec<Minute> = proofs.iter().copied().filter(|at| *at >= since).collect();
    proofs.sort_unstable();
    needed.extend(runs.iter().filter_map(|kept| {
        let end = kept.run.end?;
        proofs.get(proofs.partition_point(|at| *at < end)).copied()
    }));
    needed.sort_unstable();
    needed.dedup();
    *proofs = needed;
    let mut extra = runs.len().saturating_sub(RUNS);
    let mut number = 0;
    runs.retain(|kept| {
        number += 1;
        let is_old = kept.run.end.is_some_and(|end| end < settled);
        let stays = extra == 0 || number == 1 || !is_old;
        extra -= usize::from(!stays);
        stays
    });
    for kept in runs.iter_mut() {
        strongest(kept, scene, MEMBERS);
    }
    let mut members = MEMBERS;
    while members > 1 && written_length(remembered) > INCIDENT_LENGTH {
        members /= 4;
        for kept in &mut remembered.runs {
            strongest(kept, scene, members.max(1));
        }
    }
}

/// Leaves those clusters of a run that fail most.
fn strongest(kept: &mut KeptRun, scene: &Scene, most: usize) {
    if kept.members.len() <= most {
        return;
    }
    let failures = |subject: &Subject| {
        scene.place(subject).map_or(0, |place| scene.failures(&[place], &kept.run))
    };
    kept.members.sort_by_cached_key(|subject| std::cmp::Reverse(failures(subject)));
    kept.members.truncate(most);
    kept.members.sort();
}

/// Puts the clusters into the state, with their failures from a minute on.
pub(super) fn keep_series(state: &mut State, scene: &Scene, oldest: Minute) {
    let mut series: Vec<(u64, Kept)> = Vec::new();
    for watched in &scene.watched {
        let cells = watched.counts.between(oldest, Minute::MAX);
        let mut rhythm: Rhythm = watched.rhythm.clone();
        rhythm.look(&watched.counts, scene.begin, state.settled);
        if !cells.is_empty() || !rhythm.is_empty() {
            let count = cells.iter().map(|(_, count)| u64::from(*count)).sum();
            let cells = Kept::packed(cells);
            series.push((count, Kept { subject: watched.subject.clone(), cells, rhythm }));
        }
    }
    let length: usize = series.iter().map(|(_, kept)| length_of(kept)).sum();
    if series.len() > SERIES || length > SERIES_LENGTH {
        series
            .sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.subject.cmp(&other.subject)));
        series.truncate(SERIES);
        let mut length = 0;
        series.retain(|(_, kept)| {
            length += length_of(kept);
            length <= SERIES_LENGTH
        });
        series.sort_by(|(_, a), (_, b)| a.subject.cmp(&b.subject));
    }
    state.series = series.into_iter().map(|(_, kept)| kept).collect();
}

/// How long a cluster is, written, at least about: numbers are taken for as long as they may be.
fn length_of(kept: &Kept) -> usize {
    let values = kept.subject.values.iter().filter_map(|(_, value)| value.as_deref());
    let texts: usize = values.chain([&*kept.subject.code]).map(escaped_length).sum();
    let digits = |number: &u32| number.checked_ilog10().map_or(2, |digits| digits as usize + 2);
    // The names of members take 120 bytes at most, an hour of a rhythm 40.
    120 + texts + kept.cells.iter().map(digits).sum::<usize>() + 40 * kept.rhythm.hours()
}

/// How long a text is in JSON.
fn escaped_length(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(byte).sum()
}

/// How long an incident is in JSON; as long as can be if it cannot be written.
fn written_length(remembered: &Remembered) -> usize {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, remembered).map_or(usize::MAX, |()| length.0)
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
