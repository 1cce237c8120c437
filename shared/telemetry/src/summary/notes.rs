//! What is not exact in a summary and why, in words.

use super::traffic::SignedTraffic;
use crate::incident::gather::Gathered;
use crate::source::SourceKind;
use crate::tally::{Resolution, Tally};
use crate::time::{Minute, Window, rfc3339, start_of};

/// What a summary has to say of itself. `timeless` is how many of all failures tell no time, `versions_left_out`
/// how many first sightings of versions are no changes.
pub(super) fn notes(
    tally: &Tally,
    traffic: &SignedTraffic<'_>,
    gathered: &Gathered,
    window: &Window,
    timeless: u64,
    versions_left_out: usize,
) -> Vec<String> {
    let mut notes = Vec::new();
    if is_text_alone(tally) {
        notes.push(
            "no line was recognised as a record of a log: all of it was read as the text of an application, in which \
             no client of AWS printed an error"
                .to_owned(),
        );
    }
    let at = |minute: Minute| rfc3339(start_of(minute));
    if let Some(newest) = gathered.newest.filter(|newest| window.from > Some(*newest)) {
        let newest = at(newest);
        notes.push(format!("the logs end at {newest}, before the window: they tell nothing of it"));
    }
    if let (Some(begin), Some(to)) = (gathered.begin, window.to)
        && to <= begin
    {
        let begin = at(begin);
        notes.push(format!("the logs begin at {begin}, after the window: they tell nothing of it"));
    }
    if timeless > 0 {
        let failures = if timeless == 1 { "failure was" } else { "failures were" };
        let so = if *window == Window::default() {
            "whether that is an incident cannot be told"
        } else {
            "without a window that counts, within one it does not"
        };
        notes.push(format!(
            "{timeless} {failures} logged without a time (or without its year): {so}"
        ));
    }
    if tally.rows_overflowed() {
        notes.push(
            "there were more failures than are kept one by one: the others are counted by minute, without their \
             retries, addresses and joins"
                .to_owned(),
        );
    }
    if tally.series().resolution() != Resolution::Minutes {
        let kept = if tally.series().resolution() == Resolution::Hours { "hour" } else { "day" };
        notes.push(format!(
            "the traffic spans too long to be kept by the minute: it is counted by the {kept}, so the edges of a \
             window are not exact for it"
        ));
    }
    if traffic.is_estimated {
        notes.push(
            "requests that several logs show were counted once by an estimate from a sample of them".to_owned(),
        );
    }
    if tally.changes_dropped() > 0 {
        notes.push(format!(
            "{} change events were left out: there are too many",
            tally.changes_dropped()
        ));
    }
    if versions_left_out > 0 {
        notes.push(format!(
            "{versions_left_out} versions that the traffic shows for the first time are not told as deploys: there \
             are too many"
        ));
    }
    notes
}

/// Whether there was text and nothing else, and nothing in it: a log of an unknown kind looks so.
fn is_text_alone(tally: &Tally) -> bool {
    let reports = tally.reports();
    reports.contains_key(&Some(SourceKind::ApplicationLog))
        && reports.values().all(|report| report.records == 0 && report.unreadable == 0)
}
