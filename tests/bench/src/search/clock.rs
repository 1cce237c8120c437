//! CPU time, since the machine does other work too.

use std::time::Instant;

/// The CPU seconds of this thread that some work takes once, done several times; seconds on the clock
/// where Linux does not tell.
pub fn cpu_seconds(times: usize, work: impl Fn()) -> f64 {
    let (clock, before) = (Instant::now(), on_cpu());
    (0..times).for_each(|_| work());
    let seconds = match (before, on_cpu()) {
        (Some(before), Some(after)) => (after - before) as f64 / 1e9,
        _ => clock.elapsed().as_secs_f64(),
    };
    seconds / times as f64
}

/// Nanoseconds that this thread has run.
fn on_cpu() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok()
}

/// The middle one.
pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
