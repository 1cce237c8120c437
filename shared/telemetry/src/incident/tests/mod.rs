//! Incidents from requests to what is told of them.

mod clients;
mod laws;
mod online;
mod places;
mod rollback;
mod told;
mod traffic;
mod written_state;

use self::traffic::{BEGIN, DENIED, FAILS, SUCCEEDS, Story};
use super::rule::Verdict;
use super::*;
use crate::summary::Question;
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
    // The fewer they are, the more it takes, but what follows them is no part of what is usual.
    let later = story().with(3..40, 10, "media", "shop-2", "10.0.0.2", FAILS);
    assert_eq!(found(&later)[0].started_at, at(3));
    assert!(found(&later)[0].detected_at <= at(12), "{}", found(&later)[0].detected_at);
    // What fails from the first minute on may be usual.
    assert_eq!(found(&story().with(0..40, 10, "media", "shop-2", "10.0.0.2", FAILS)), []);
}

#[test]
fn more_minutes_to_learn_from_delay_nothing_once_they_are_over() {
    let steady = || Story::default().with(0..END, 1, "media", "shop-1", "10.0.0.1", FAILS);
    let story = steady().with(120..140, 10, "media", "shop-1", "10.0.0.1", FAILS);
    for learning in [8, 60, 110] {
        let settings = Settings { learning_minutes: learning, ..Settings::default() };
        let incidents = find(&story.tally(), &Window::default(), &settings);
        assert_eq!(incidents.len(), 1, "{learning}");
        assert_eq!(incidents[0].started_at, at(120), "{learning}");
    }
    let settings = Settings { learning_minutes: 150, ..Settings::default() };
    assert_eq!(find(&story.tally(), &Window::default(), &settings), []);
}

#[test]
fn what_fails_from_the_first_minutes_on_is_named_as_not_judged() {
    let note = |story: &Story, settings: &Settings| {
        let (tally, question) = (story.tally(), Question::default());
        crate::summary::summarize_with(&tally, &question, settings, 1).unjudged
    };
    let quiet = || Story::default().with(0..40, 2, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    let failing = quiet().with(0..40, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let told = note(&failing, &Settings::default()).unwrap();
    assert!(told.contains("media.s3.eu-west-1.amazonaws.com · eu-west-1 · shop-2"), "{told}");
    assert!(told.contains("Logs from before 2026-04-15T06:00:00Z"), "{told}");
    // What is found, or silent, or too little, is not.
    let found = quiet().with(3..40, 10, "media", "shop-2", "10.0.0.2", FAILS);
    assert_eq!(note(&found, &Settings::default()), None);
    let silence = Settings::parse(r#"{"silence":{"codes":["SignatureDoesNotMatch"]}}"#).unwrap();
    assert_eq!(note(&failing, &silence), None);
    let few = quiet().with(0..7, 1, "media", "shop-2", "10.0.0.2", FAILS);
    assert_eq!(note(&few, &Settings::default()), None);
}

#[test]
fn logs_of_failures_alone_begin_where_the_window_does() {
    let failing = Story::default().with(60..90, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let from = |story: &Story, minute: Minute| {
        let window = Window { from: Some(BEGIN + minute), to: None };
        find(&story.tally(), &window, &Settings::default())
    };
    assert_eq!(found(&failing), []);
    assert_eq!(from(&failing, 0)[0].started_at, at(60));
    assert_eq!(from(&failing, 70), []);
    // Where logs show the traffic, they say themselves when they begin.
    let both = failing.with(60..90, 2, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    assert_eq!(from(&both, 0), []);
}

#[test]
fn an_incident_is_told_whole_in_every_window_until_it_is_resolved() {
    let story = quiet().with(120..140, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let healed = story.clone().with(150..151, 2, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let told = |story: &Story, from: Minute, to: Minute| {
        let window = Window { from: Some(BEGIN + from), to: Some(BEGIN + to) };
        find(&story.tally(), &window, &Settings::default())
    };
    for story in [&story, &healed] {
        let whole = found(story);
        for (from, to) in [(0, END), (130, 135), (138, END), (145, END)] {
            assert_eq!(told(story, from, to), whole, "{from} to {to}");
        }
        assert_eq!(told(story, 0, 120), []);
    }
    assert_eq!(found(&healed)[0].resolved_at, Some(at(151)));
    assert_eq!(told(&healed, 151, END), []);
    assert_eq!(told(&story, 151, END)[0].state, IncidentState::Recovering);
    // Of a time that no log shows, nothing is known.
    assert_eq!(told(&story, END + 60, END + 120), []);
}

#[test]
fn a_window_that_no_log_shows_is_named() {
    let notes = |from: Option<Minute>, to: Option<Minute>| {
        let of = |minute: Option<Minute>| minute.map(|minute| BEGIN + minute);
        let window = Window { from: of(from), to: of(to) };
        let (tally, question) = (quiet().tally(), Question { window, ..Question::default() });
        crate::summary::summarize(&tally, &question).notes.join(" ")
    };
    assert!(notes(Some(END + 1), None).contains("the logs end at 2026-04-15T08:59:00Z, before"));
    assert!(notes(None, Some(0)).contains("the logs begin at 2026-04-15T06:00:00Z, after"));
    assert_eq!(notes(Some(END - 1), None), "");
    assert_eq!(notes(None, Some(1)), "");
}

#[test]
fn what_one_cluster_does_every_night_is_no_news_of_what_it_shares() {
    const DAY: Minute = 24 * 60;
    let mut story = Story::default();
    for day in 0..7 {
        let job = day * DAY + 200;
        story = story.with(job..job + 10, 6, "nightly", "job-1", "10.0.0.3", FAILS);
        for hour in 0..24 {
            let minute = day * DAY + hour * 60;
            story = story.with(minute..minute + 1, 1, "media", "shop-1", "10.0.0.1", FAILS);
        }
    }
    let incidents = found(&story);
    let told: Vec<_> = incidents.iter().map(|incident| &incident.found_as).collect();
    assert_eq!(told, ["one cluster"]);
    assert!(incidents[0].last_failure_at < Some(at(3 * DAY)), "{incidents:?}");
    // More than that is.
    let worse = story.with(6 * DAY + 200..6 * DAY + 210, 10, "nightly", "job-1", "10.0.0.3", FAILS);
    assert_eq!(found(&worse).len(), 2);
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
fn a_request_that_two_logs_show_is_one_request() {
    let story = quiet().with(120..140, 3, "media", "shop-1", "10.0.0.2", FAILS);
    let mut tally = story.tally();
    traffic::add(&mut tally, &story.0);
    let incidents = find(&tally, &Window::default(), &Settings::default());
    assert_eq!((incidents[0].failures, incidents[0].requests), (60, Some(100)));
    assert_eq!(incidents[0].failure_rate, Some(0.6));
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
    let question = Question::default();
    let tally = story.tally();
    let told = crate::summary::explain_detection(&tally, &question, &Settings::default());
    let verdicts: Vec<_> = told.series[0].minutes.iter().map(|minute| minute.verdict).collect();
    assert_eq!(verdicts, [explain::Why::Rule(Verdict::BelowFloor); 4]);
}

#[test]
fn it_is_explained_what_the_window_shows() {
    let story = quiet().with(20..24, 1, "media", "shop-1", "10.0.0.1", FAILS);
    let story = story.with(100..104, 2, "thumbs", "shop-1", "10.0.0.1", FAILS);
    let tally = story.tally();
    let told = |from: Minute, to: Minute| {
        let window = Window { from: Some(BEGIN + from), to: Some(BEGIN + to) };
        let question = Question { window, ..Question::default() };
        let told = crate::summary::explain_detection(&tally, &question, &Settings::default());
        let clusters = told.series.into_iter().filter(|series| series.cluster_id.is_some());
        clusters.map(|series| (series.failures, series.minutes.len())).collect::<Vec<_>>()
    };
    assert_eq!(told(0, END), [(8, 4), (4, 4)]);
    assert_eq!(told(21, 24), [(3, 3)]);
    assert_eq!(told(24, 100), []);
    assert_eq!(told(102, END), [(4, 2)]);
}

#[test]
fn a_minute_says_which_incident_it_belongs_to() {
    let mut story = quiet();
    for key in 0..3 {
        let version = format!("client{key}-1");
        story = story.with(120..130, 1, "media", &version, "10.0.0.7", FAILS);
    }
    let question = Question::default();
    let tally = story.tally();
    let told = crate::summary::explain_detection(&tally, &question, &Settings::default());
    let shared = "endpoint media.s3.eu-west-1.amazonaws.com";
    let found_at = |series: &explain::ExplainedSeries, place: usize| {
        let incident = series.minutes[place].incident.as_ref();
        incident.map(|incident| (incident.found_as.clone(), incident.found_at.clone()))
    };
    let endpoint = told.series.iter().find(|series| series.series == shared).unwrap();
    let fired = endpoint.minutes.iter().find(|m| m.verdict == explain::Why::Rule(Verdict::Fires));
    let place = fired.unwrap().minute.clone();
    let fired = (120..130).find(|minute| at(*minute) == place).unwrap();
    assert!(fired > 120);
    // Its first minutes too, and those of the clusters that by themselves are none.
    for series in &told.series {
        assert_eq!(found_at(series, 0), Some((shared.to_owned(), at(fired + 1))), "{series:?}");
    }
    let stray = quiet().with(120..121, 1, "media", "shop-1", "10.0.0.1", FAILS).tally();
    let told = crate::summary::explain_detection(&stray, &question, &Settings::default());
    assert_eq!(found_at(&told.series[0], 0), None);
}
