//! It does not matter in which order logs are read, how they are divided, or how late they come.

use proptest::prelude::*;

use super::traffic::{BEGIN, FAILS, SUCCEEDS, Sent, add, tally};
use crate::incident::{Incident, Settings, State, detect, find};
use crate::tally::Tally;
use crate::time::{Minute, Window, start_of};

const MINUTES: Minute = 260;
/// How late a record may be, in minutes.
const LATEST: Minute = 60;

/// Background traffic and a few episodes of failures.
fn story() -> impl Strategy<Value = Vec<Sent>> {
    let background = proptest::collection::vec((0..MINUTES, 0..3_u8, 0..3_u8, 0..8_u8), 0..300);
    let episode = (20..MINUTES - 30, 1..40_u32, 1..14_u32, 0..3_u8, 0..3_u8, any::<bool>());
    let episodes = proptest::collection::vec(episode, 0..4);
    (background, episodes).prop_map(|(background, episodes)| {
        let mut all = Vec::new();
        let mut send = |minute: Minute, endpoint: u8, version: u8, answer| {
            all.push(Sent {
                minute: BEGIN + minute.min(MINUTES - 1),
                number: u32::try_from(all.len()).unwrap(),
                endpoint: format!("bucket{endpoint}.s3.eu-west-1.amazonaws.com"),
                version: format!("app{}-{version}", version % 2),
                address: format!("10.0.{endpoint}.{version}"),
                user_agent: "x/1",
                answer,
            });
        };
        send(0, 0, 0, SUCCEEDS);
        send(MINUTES - 1, 0, 0, SUCCEEDS);
        for (minute, endpoint, version, answer) in background {
            send(minute, endpoint, version, if answer == 0 { FAILS } else { SUCCEEDS });
        }
        for (start, length, rate, endpoint, version, heals) in episodes {
            for minute in start..start + length {
                for _ in 0..rate {
                    send(minute, endpoint, version, FAILS);
                }
            }
            if heals {
                for minute in start + length..start + length + 8 {
                    send(minute, endpoint, version, SUCCEEDS);
                }
            }
        }
        all
    })
}

fn found(tally: &Tally) -> Vec<Incident> {
    find(tally, &Window::default(), &Settings::default())
}

/// What must be the same however it was found: all but when it was found, the name that it got
/// when it was found first, and what only the logs of that time could tell.
fn image(incidents: &[Incident]) -> Vec<String> {
    let mut told: Vec<String> = incidents
        .iter()
        .map(|one| {
            let mut clusters = one.cluster_ids.clone();
            clusters.sort();
            format!(
                "{} {:?} {:?} {:?} {} {} {} {} {} {clusters:?}",
                one.started_at,
                one.state,
                one.recovering_since,
                one.resolved_at,
                one.resolved_without_proof,
                one.reopened,
                one.baseline_per_minute,
                one.peak_per_minute,
                one.failures,
            )
        })
        .collect();
    told.sort();
    told
}

proptest! {
    // A story takes long to tell: what fails is told as it stands if it does not get simpler in a minute.
    #![proptest_config(ProptestConfig {
        max_shrink_time: 60_000,
        ..ProptestConfig::with_cases(24)
    })]

    #[test]
    fn order_and_division_of_logs_do_not_matter(
        sent in story(),
        seed in any::<u64>(),
        parts in 1..5_usize,
    ) {
        let whole = found(&tally(&sent));
        let mut shuffled = sent.clone();
        shuffled.sort_by_key(|sent| crate::tally::short_hash(format!("{seed} {}", sent.number).as_bytes()));
        prop_assert_eq!(&found(&tally(&shuffled)), &whole);
        let mut merged = Tally::default();
        for part in 0..parts {
            let own = shuffled.iter().skip(part).step_by(parts);
            merged.merge(tally(own)).unwrap();
        }
        prop_assert_eq!(&found(&merged), &whole);
    }

    #[test]
    fn what_is_found_as_logs_arrive_is_what_is_found_all_at_once(
        sent in story(),
        seed in any::<u64>(),
        latest in prop_oneof![Just(0), 1..LATEST],
        step in 1..20_u32,
    ) {
        let late = |sent: &Sent| {
            crate::tally::short_hash(format!("{seed} {}", sent.number).as_bytes()) % (latest + 1)
        };
        let arrives = |sent: &Sent| sent.minute + late(sent);
        let mut state = State::default();
        let mut now = BEGIN;
        let end = BEGIN + MINUTES + LATEST;
        loop {
            now = (now + step).min(end);
            let seen: Vec<&Sent> = sent
                .iter()
                .filter(|sent| arrives(sent) < now && arrives(sent) + 180 >= now)
                .collect();
            let mut tally = Tally::default();
            add(&mut tally, seen);
            // The state goes through its written form each time.
            state = State::read(&state.write().unwrap()).unwrap();
            state = detect(&tally, &state, start_of(now), &Settings::default(), None).state;
            if now == end {
                break;
            }
        }
        let online: Vec<Incident> = state.incidents().cloned().collect();
        prop_assert_eq!(image(&online), image(&found(&tally(&sent))));
    }
}
