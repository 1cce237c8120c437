//! The rule of the detector beside the field's others, each with the figures usual for it.

use sigdrift_telemetry::incident::counts::Counts;
use sigdrift_telemetry::incident::rhythm::Rhythm;
use sigdrift_telemetry::incident::rule::{Rule, score};
use sigdrift_telemetry::incident::run::{Span, look};

/// After an alarm a rule without an end of its own is silent for this many minutes.
const SILENT: usize = 60;
/// How many minutes the others look back at.
const LOOKBACK: usize = 120;
/// Below this many failures in the minutes that it looks at no rule fires.
const FLOOR: u32 = 8;

/// An alarm: when, and since when as far as the rule tells.
#[derive(Clone, Copy, Debug)]
pub struct Alarm {
    /// The minute in which it fired.
    pub fired: u32,
    /// The minute in which it says that it began.
    pub start: Option<u32>,
}

/// A rule by name: from counts by the minute to alarms.
pub type Named = (&'static str, fn(&[u32]) -> Vec<Alarm>);

/// Every rule that is compared.
pub const RULES: &[Named] = &[
    ("normal (chosen)", |counts| own(counts, &own_rule())),
    ("high", |counts| own(counts, &Rule { threshold: 10.0, ..own_rule() })),
    ("low", |counts| own(counts, &Rule { threshold: 17.0, ..own_rule() })),
    ("as Poisson", |counts| own(counts, &Rule { dispersion: 1.01, ..own_rule() })),
    ("CUSUM", |counts| cusum(counts, 1.0)),
    ("CUSUM, twice the limit", |counts| cusum(counts, 2.0)),
    ("EARS C2", ears),
    ("one minute's tail", farrington),
    ("burn rate", burn_rate),
];

fn own_rule() -> Rule {
    sigdrift_telemetry::incident::settings::Settings::default().rule()
}

fn own(counts: &[u32], rule: &Rule) -> Vec<Alarm> {
    let horizon = u32::try_from(counts.len()).unwrap_or(u32::MAX);
    let cells = (0..horizon).zip(counts.iter().copied()).collect();
    let span = Span { begin: 0, from: 0, horizon, last: None };
    let found = look(&Counts::new(cells), &span, rule, &Rhythm::default());
    found.runs.iter().map(|run| Alarm { fired: run.fired, start: Some(run.start) }).collect()
}

/// The alarms of a rule that judges each minute by the minutes before it.
fn each(counts: &[u32], mut fires: impl FnMut(usize) -> bool) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    let mut silent_until = LOOKBACK;
    for minute in 0..counts.len() {
        let fired = fires(minute);
        if fired && minute >= silent_until {
            silent_until = minute + SILENT;
            alarms.push(Alarm { fired: u32::try_from(minute).unwrap_or(u32::MAX), start: None });
        }
    }
    alarms
}

fn mean(counts: &[u32]) -> f64 {
    f64::from(counts.iter().sum::<u32>()) / counts.len().max(1) as f64
}

/// The minutes before `minute`, without the last few, which may belong to what begins.
fn before(counts: &[u32], minute: usize, lag: usize, length: usize) -> &[u32] {
    let end = minute.saturating_sub(lag);
    &counts[end.saturating_sub(length)..end]
}

/// Page's cumulative sums, set to find a doubling.
fn cusum(counts: &[u32], dispersion: f64) -> Vec<Alarm> {
    let mut sum = 0.0_f64;
    each(counts, |minute| {
        let usual = mean(before(counts, minute, 10, LOOKBACK)).max(1.0 / LOOKBACK as f64);
        let reference = usual / 2.0_f64.ln();
        sum = (sum + f64::from(counts[minute]) - reference).max(0.0);
        let limit = dispersion * 13.0 / 2.0_f64.ln();
        let fires = sum > limit.max(f64::from(FLOOR));
        if fires {
            sum = 0.0;
        }
        fires
    })
}

/// The Early Aberration Reporting System's C2: above the mean by three standard deviations, the
/// last two minutes left out.
fn ears(counts: &[u32]) -> Vec<Alarm> {
    each(counts, |minute| {
        let past = before(counts, minute, 2, 28);
        let mean = mean(past);
        let squares: f64 = past.iter().map(|count| (f64::from(*count) - mean).powi(2)).sum();
        let deviation = (squares / 27.0).sqrt().max(0.2);
        counts[minute] >= FLOOR && f64::from(counts[minute]) > mean + 3.0 * deviation
    })
}

/// The tail of one minute against what two hours make one expect.
fn farrington(counts: &[u32]) -> Vec<Alarm> {
    each(counts, |minute| {
        let usual = mean(before(counts, minute, 0, LOOKBACK)).max(1.0 / LOOKBACK as f64);
        counts[minute] >= FLOOR && score(u64::from(counts[minute]), usual, 2.0) > 12.0
    })
}

/// Five times what is usual in both a short and a long window.
fn burn_rate(counts: &[u32]) -> Vec<Alarm> {
    each(counts, |minute| {
        let usual = mean(before(counts, minute, 60, 6 * 60)).max(0.02);
        let short = before(counts, minute + 1, 0, 5);
        let long = before(counts, minute + 1, 0, 60);
        short.iter().sum::<u32>() >= FLOOR && mean(short) > 2.0 * usual && mean(long) > 1.2 * usual
    })
}
