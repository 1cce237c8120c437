//! Measures the rules of detection: false alarms of quiet series in a week, and how soon and how
//! surely planted incidents are found. The same seeds make the same table.

#[path = "../search/clock.rs"]
#[allow(dead_code)]
mod clock;
#[path = "../random.rs"]
#[allow(dead_code)]
mod random;
mod rules;
mod speed;
mod traffic;

use self::random::Random;
use self::rules::{Alarm, RULES};
use self::traffic::{DAY, Shape, dispersed, unit};

/// Quiet series: a name, and the shape of one of them.
type Quiet = (&'static str, fn(&mut Random) -> Shape);
/// Incidents: a name, the shape before, and failures a minute in the minutes since the start.
type Planted = (&'static str, Shape, fn(u32) -> f64);

const QUIET: &[Quiet] = &[
    ("very quiet: 0.001 to 0.02 a minute, Poisson", |random| {
        Shape::steady(between(0.001, 0.02, random), 1.0)
    }),
    ("quiet: 0.02 to 0.5, Poisson", |random| Shape::steady(between(0.02, 0.5, random), 1.0)),
    ("quiet: 0.02 to 0.5, variance 2 × mean", |random| {
        Shape::steady(between(0.02, 0.5, random), 2.0)
    }),
    ("steady: 1 to 8, variance 2 × mean", |random| Shape::steady(between(1.0, 8.0, random), 2.0)),
    ("bursts of 3 to 12 in a minute, six a day", |random| Shape {
        bursts: 6.0,
        ..Shape::steady(between(0.01, 0.1, random), 1.0)
    }),
    ("daily rhythm 1 : 8 about 0.1 to 5, variance 2 × mean", |random| Shape {
        daily: 8.0,
        ..Shape::steady(between(0.1, 5.0, random), 2.0)
    }),
    ("growing fourfold in the week from 0.1 to 4, variance 2 × mean", |random| Shape {
        growth: 4.0,
        ..Shape::steady(between(0.1, 4.0, random), 2.0)
    }),
    ("a job that fails every night, 5 a minute for ten minutes", |random| Shape {
        nightly: 5.0,
        ..Shape::steady(between(0.01, 0.1, random), 1.0)
    }),
];

const PLANTED: &[Planted] = &[
    ("nothing → 10", Shape::steady(0.0, 1.0), |_| 10.0),
    ("nothing → 3", Shape::steady(0.0, 1.0), |_| 3.0),
    ("nothing → 1", Shape::steady(0.0, 1.0), |_| 1.0),
    ("0.1 → 2, variance 2 × mean", Shape::steady(0.1, 2.0), |_| 2.0),
    ("4 → 12, Poisson", Shape::steady(4.0, 1.0), |_| 12.0),
    ("4 → 12, variance 2 × mean", Shape::steady(4.0, 2.0), |_| 12.0),
    ("4 → 8, variance 2 × mean", Shape::steady(4.0, 2.0), |_| 8.0),
    ("nothing → 20 in half an hour", Shape::steady(0.0, 1.0), |minute| {
        f64::from(minute.min(30)) * 20.0 / 30.0
    }),
    ("daily rhythm about 1, then 12", Shape { daily: 8.0, ..Shape::steady(1.0, 2.0) }, |_| 12.0),
    ("three stray failures (must not be found)", Shape::steady(0.0, 1.0), |minute| {
        if minute % 2 == 0 && minute < 6 { -1.0 } else { 0.0 }
    }),
];

/// How long a planted incident lasts, in minutes.
const LASTS: u32 = 60;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<usize>().ok());
    let series = arguments.next().flatten().unwrap_or(1000);
    let trials = arguments.next().flatten().unwrap_or(1000);
    println!("False alarms a week in 1,000 quiet series ({series} simulated)\n");
    header("series");
    for (place, (name, shape)) in QUIET.iter().enumerate() {
        let cells = RULES.iter().map(|(_, alarms)| {
            let mut random = Random::new(place as u64 + 1);
            let count: usize = (0..series)
                .map(|_| {
                    let shape = shape(&mut random);
                    alarms(&shape.counts(7 * DAY, &mut random)).len()
                })
                .sum();
            let share = count as f64 * 1000.0 / series as f64;
            if share > 0.0 && share < 10.0 { format!("{share:.1}") } else { format!("{share:.0}") }
        });
        row(name, cells);
    }
    println!(
        "\nPlanted incidents: found of all; delay after the first failing minute in minutes, median and 95 %; median \
         error of the start, where the rule tells one ({trials} trials)\n"
    );
    header("incident");
    for (place, planted) in PLANTED.iter().enumerate() {
        let cells = RULES.iter().map(|(_, alarms)| {
            let mut random = Random::new(1000 + place as u64);
            measured(planted, *alarms, trials, &mut random)
        });
        row(planted.0, cells);
    }
    println!("\n{}", speed::measured());
}

fn between(low: f64, high: f64, random: &mut Random) -> f64 {
    // Evenly by ratio: there are more quiet ones.
    low * (high / low).powf(unit(random))
}

fn header(what: &str) {
    let names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
    println!("| {what} | {} |", names.join(" | "));
    println!("| -- |{}", " -- |".repeat(names.len()));
}

fn row(name: &str, cells: impl Iterator<Item = String>) {
    println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

fn measured(
    planted: &Planted,
    alarms: fn(&[u32]) -> Vec<Alarm>,
    trials: usize,
    random: &mut Random,
) -> String {
    let (_, shape, rate) = planted;
    let (mut delays, mut errors) = (Vec::new(), Vec::new());
    for _ in 0..trials {
        let start = 9 * 60 + u32::try_from(random.below(60)).unwrap_or(0);
        let mut counts = shape.counts(start + LASTS, random);
        let mut first = None;
        for minute in 0..LASTS {
            let mean = rate(minute);
            let at = &mut counts[(start + minute) as usize];
            // Below zero: exactly as many, and not about as many.
            let more =
                if mean < 0.0 { -mean as u32 } else { dispersed(mean, shape.dispersion, random) };
            if mean != 0.0 {
                *at = more;
            }
            if more > 0 {
                first.get_or_insert(start + minute);
            }
        }
        let Some(first) = first else { continue };
        if let Some(alarm) = alarms(&counts).into_iter().find(|alarm| alarm.fired >= first) {
            delays.push(alarm.fired - first);
            errors.extend(alarm.start.map(|told| i64::from(told) - i64::from(first)));
        }
    }
    delays.sort_unstable();
    errors.sort_unstable();
    let at = |share: f64| delays.get((delays.len() as f64 * share) as usize).or(delays.last());
    let found = format!("{:.0} %", 100.0 * delays.len() as f64 / trials as f64);
    match (at(0.5), at(0.95)) {
        (Some(median), Some(most)) => {
            let error = errors.get(errors.len() / 2).map(|error| format!(", {error:+}"));
            format!("{found}: {median}, {most}{}", error.unwrap_or_default())
        }
        _ => found,
    }
}
