//! How long a minute's detection takes over 20,000 clusters, and how much memory.

use std::borrow::Cow;
use std::fs;

use sigdrift_telemetry::incident::{Settings, State, detect};
use sigdrift_telemetry::request::Request;
use sigdrift_telemetry::source::{Place, SourceKind};
use sigdrift_telemetry::tally::Tally;

use crate::clock::cpu_seconds;
use crate::random::Random;

const CLUSTERS: usize = 20_000;
/// The three hours that `detect` reads.
const MINUTES: usize = 180;
/// The first second: 15 April 2026, 06:00 UTC.
const BEGIN: i64 = 1_776_232_800;

/// Time and memory of a detection that knows nothing yet, and of the next.
pub fn measured() -> String {
    let tally = tally();
    let settings = Settings::default();
    let now = BEGIN + 60 * i64::try_from(MINUTES).unwrap_or(0);
    let once = |state: &State, now: i64| {
        let state = State::read(&state.write().unwrap_or_default()).unwrap_or_default();
        detect(&tally, &state, now, &settings, None)
    };
    let timed = |state: &State, now: i64| {
        let seconds = cpu_seconds(1, || drop(once(state, now)));
        (1000.0 * seconds, once(state, now))
    };
    let (first, detected) = timed(&State::default(), now);
    let (second, again) = timed(&detected.state, now + 60);
    format!(
        "20,000 clusters, three hours, one incident: {first:.0} ms of CPU time for the first minute, {second:.0} ms \
         for the next, with the state read and written; {} incidents; a state of {} KiB; at most {} MiB of memory",
        again.incidents.len(),
        again.state.write().map_or(0, |written| written.len()) >> 10,
        peak_memory() >> 10,
    )
}

/// Every cluster fails five times; one fails ten times a minute at the end.
fn tally() -> Tally {
    let mut tally = Tally::default();
    let mut random = Random::new(20_000);
    let quiet = (0..5 * CLUSTERS).map(|at| (at % CLUSTERS, random.below(MINUTES)));
    let quiet: Vec<(usize, usize)> = quiet.collect();
    let planted = (0..100).map(|at| (CLUSTERS, MINUTES - 1 - at / 10));
    for (number, (cluster, minute)) in quiet.into_iter().chain(planted).enumerate() {
        let mut request = Request::new(SourceKind::S3AccessLog);
        request.time = Some(BEGIN + 60 * i64::try_from(minute).unwrap_or(0));
        request.request_id = Some(Cow::Owned(format!("{number:016X}")));
        request.host =
            Some(Cow::Owned(format!("bucket{}.s3.eu-west-1.amazonaws.com", cluster / 10)));
        request.remote_ip = Some(Cow::Borrowed("10.0.0.1"));
        request.user_agent = Some(Cow::Owned(format!("x/1 app/shop{}-1", cluster % 10)));
        request.signature_version = Some(Cow::Borrowed("SigV4"));
        request.status = Some(403);
        request.code = Some(Cow::Borrowed("SignatureDoesNotMatch"));
        tally.request(&request, 0, &Place::Line(number as u64 + 1));
    }
    tally
}

/// The most memory that the process had, in KiB, where Linux tells.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let digits = line.and_then(|line| line.split_whitespace().next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
