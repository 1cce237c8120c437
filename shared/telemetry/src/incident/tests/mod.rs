//! Incidents from requests to what is told of them.

mod laws;
mod online;
mod told;
mod traffic;

use self::traffic::{BEGIN, DENIED, FAILS, SUCCEEDS, Story};
use super::rule::Verdict;
use super::*;
use crate::time::{Minute, Window, rfc3339, start_of};

const END: Minute = 180;

/// Two hours of a little traffic, so that it is known what is usual.
fn quiet() -> Story {
    Story::default().with(0..END, 2, "media", "shop-1", "10.0.0.1", SUCCEEDS)
}

fn found(story: &Story) -> Vec<Incident> {
    find(&story.tally(), &Window::default(), &Settings::default())
}

fn at(minute: Minute) -> String {
    rfc3339(start_of(BEGIN + minute))
}

#[test]
fn ten_failures_a_minute_from_nothing_are_found_within_two_minutes() {
    let story = quiet().with(120..140, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let incidents = found(&story);
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    let incident = &incidents[0];
    assert_eq!(incident.started_at, at(120));
    assert!(incident.detected_at <= at(123), "{}", incident.detected_at);
    assert_eq!((incident.failures, incident.peak_per_minute), (200, 10.0));
    assert_eq!((incident.requests, incident.baseline_per_minute), (Some(200), 0.0));
}

#[test]
fn a_few_quiet_minutes_before_it_are_enough_and_none_are_not() {
    let story = || Story::default().with(0..40, 2, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    let late = story().with(5..25, 10, "media", "shop-2", "10.0.0.2", FAILS);
    assert_eq!(found(&late).len(), 1);
    assert_eq!(found(&late)[0].started_at, at(5));
    // What fails from the first minute on may be usual.
    assert_eq!(found(&story().with(0..40, 10, "media", "shop-2", "10.0.0.2", FAILS)), []);
}

#[test]
fn three_stray_failures_are_no_incident_and_nor_is_one_burst() {
    let stray = quiet().with(120..121, 1, "media", "shop-1", "10.0.0.1", FAILS);
    let stray = stray.with(123..125, 1, "media", "shop-1", "10.0.0.1", FAILS);
    assert_eq!(found(&stray), []);
    assert_eq!(found(&quiet().with(120..121, 60, "media", "shop-1", "10.0.0.1", FAILS)), []);
}

#[test]
fn a_steady_rate_is_usual_and_three_times_as_many_are_not() {
    let steady = quiet().with(0..END, 4, "media", "shop-1", "10.0.0.1", FAILS);
    assert_eq!(found(&steady), []);
    let incidents = found(&steady.with(120..150, 8, "media", "shop-1", "10.0.0.1", FAILS));
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].started_at, at(120));
    assert!((3.5..4.5).contains(&incidents[0].baseline_per_minute));
    assert_eq!(incidents[0].recovering_since, Some(at(150)));
}

#[test]
fn scanners_and_what_is_silenced_are_no_incident() {
    let mut story = quiet().with(120..140, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let id = found(&story)[0].cluster_ids[0].clone();
    for silence in [
        format!(r#"{{"silence":{{"clusters":["{id}"]}}}}"#),
        r#"{"silence":{"codes":["SignatureDoesNotMatch"]}}"#.to_owned(),
    ] {
        let settings = Settings::parse(&silence).unwrap();
        assert_eq!(find(&story.tally(), &Window::default(), &settings), [], "{silence}");
    }
    for sent in story.0.iter_mut().filter(|sent| sent.answer == FAILS) {
        sent.user_agent = "zgrab/0.x";
    }
    assert_eq!(found(&story), []);
}

#[test]
fn a_deploy_that_fails_at_three_endpoints_is_one_incident() {
    let mut story = quiet();
    for (place, bucket) in ["media", "thumbs", "invoices"].into_iter().enumerate() {
        let start = 120 + 4 * Minute::try_from(place).unwrap();
        story = story.with(start..150, 6, bucket, "shop-2", "10.0.0.2", FAILS);
    }
    let incidents = found(&story);
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!((incidents[0].clusters, incidents[0].cluster_ids.len()), (3, 3));
    assert_eq!(incidents[0].endpoints.len(), 3);
}

#[test]
fn what_has_nothing_in_common_but_the_minute_is_two_incidents() {
    let story = quiet().with(120..150, 6, "media", "shop-2", "10.0.0.2", FAILS);
    let story = story.with(120..150, 6, "thumbs", "resize-2", "10.0.0.3", FAILS);
    assert_eq!(found(&story).len(), 2);
}

#[test]
fn what_is_spread_thin_over_many_clusters_is_found_by_what_they_share() {
    let mut story = quiet();
    for version in 0..30 {
        for minute in (120..150).filter(|minute| minute % 6 == version % 6) {
            let version = format!("client{version}-1");
            let address = format!("10.0.1.{version}");
            story = story.with(minute..minute + 1, 1, "media", &version, &address, FAILS);
        }
    }
    let incidents = found(&story);
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].found_as, "endpoint media.s3.eu-west-1.amazonaws.com");
    assert_eq!((incidents[0].started_at.clone(), incidents[0].clusters), (at(120), 30));
}

#[test]
fn it_is_resolved_when_requests_like_those_that_failed_are_accepted() {
    let failing = || quiet().with(120..140, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let state = |story: &Story| {
        let incidents = found(story);
        assert_eq!(incidents.len(), 1);
        (incidents[0].state, incidents[0].resolved_at.clone())
    };
    // The old version was never broken: what it does proves nothing.
    assert_eq!(state(&failing()), (IncidentState::Recovering, None));
    let resolved = (IncidentState::Resolved, Some(at(146)));
    for (version, answer) in [("shop-2", SUCCEEDS), ("shop-2", DENIED), ("shop-3", SUCCEEDS)] {
        let healed = failing().with(145..150, 1, "media", version, "10.0.0.2", answer);
        assert_eq!(state(&healed), resolved, "{version} {answer:?}");
    }
    let elsewhere = failing().with(145..150, 1, "thumbs", "shop-2", "10.0.0.2", SUCCEEDS);
    assert_eq!(state(&elsewhere).0, IncidentState::Recovering);
    let other = failing().with(145..150, 1, "media", "shop-2", "10.0.0.2", (404, "NoSuchKey"));
    assert_eq!(state(&other).0, IncidentState::Recovering);
}

#[test]
fn a_shard_is_healed_by_its_own_requests_alone() {
    let story = || {
        let others = quiet().with(0..END, 5, "media", "shop-2", "10.0.0.9", SUCCEEDS);
        others.with(120..140, 10, "media", "shop-2", "10.0.0.2", FAILS)
    };
    assert_eq!(found(&story())[0].state, IncidentState::Recovering);
    let healed = story().with(145..150, 1, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    assert_eq!(found(&healed)[0].state, IncidentState::Resolved);
}

#[test]
fn what_comes_back_soon_is_the_same_incident() {
    let story = quiet().with(100..110, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let story = story.with(110..120, 1, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let story = story.with(130..140, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let incidents = found(&story);
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!((incidents[0].reopened, incidents[0].failures), (1, 200));
    assert_eq!(incidents[0].state, IncidentState::Recovering);
}

#[test]
fn a_flood_of_versions_blinds_nobody() {
    let mut story = quiet();
    for number in 0..3_000 {
        let minute = number % END;
        let version = format!("flood{number}-1");
        story = story.with(minute..minute + 1, 1, "media", &version, "10.9.9.9", FAILS);
    }
    let before = found(&story);
    let incidents = found(&story.with(120..140, 20, "thumbs", "shop-2", "10.0.0.2", FAILS));
    assert_eq!(incidents.len(), before.len() + 1);
    assert!(incidents.iter().any(|incident| incident.started_at == at(120)));
}

#[test]
fn it_is_explained_why_a_minute_was_no_incident() {
    let story = quiet().with(120..124, 1, "media", "shop-1", "10.0.0.1", FAILS);
    let question = crate::summary::Question::default();
    let tally = story.tally();
    let told = crate::summary::explain_detection(&tally, &question, &Settings::default());
    let verdicts: Vec<_> = told.series[0].minutes.iter().map(|minute| minute.verdict).collect();
    assert_eq!(verdicts, [explain::Why::Rule(Verdict::BelowFloor); 4]);
}
