//! What clients tell by their own clocks, beside what servers tell.

use super::*;
use crate::request::Request;
use crate::source::{Place, SourceKind};
use crate::tally::Tally;

#[test]
fn a_client_whose_clock_is_wrong_ends_no_incident_and_begins_no_logs() {
    let story = quiet().with(120..180, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let open = found(&story);
    assert_eq!((open.len(), open[0].state), (1, IncidentState::Open));
    for years in [-20_i64, 10] {
        let mut tally = story.tally();
        capture(&mut tally, start_of(BEGIN) + years * 365 * 86_400, 1, None);
        assert_eq!(find(&tally, &Window::default(), &Settings::default()), open, "{years}");
    }
}

#[test]
fn what_clients_tell_is_judged_however_old_the_logs_of_servers_are() {
    let of_client = |days: std::ops::Range<i64>, window: Window| {
        let mut tally = quiet().tally();
        let last = days.end - 1;
        for day in days {
            let time = start_of(BEGIN) + day * 86_400;
            let bad = (0..20).map(|minute| (time + minute * 60, 8));
            let alone = std::iter::once((time, 1));
            for (time, count) in if day == last { bad.collect() } else { alone.collect::<Vec<_>>() }
            {
                (0..count).for_each(|number| capture(&mut tally, time, number, Some("shop-2")));
            }
        }
        let incidents = find(&tally, &window, &Settings::default());
        let started = incidents.into_iter().map(|incident| incident.started_at);
        (started.collect::<Vec<_>>(), vec![rfc3339(start_of(BEGIN) + last * 86_400)])
    };
    for days in [2..3, 20..21, 20..90] {
        let (found, expected) = of_client(days, Window::default());
        assert_eq!(found, expected);
    }
    // Who asks for a day knows that it was.
    let from = start_of(BEGIN) + 89 * 86_400;
    let (found, expected) = of_client(90..91, Window::new(Some(from), None));
    assert_eq!(found, expected);
}

#[test]
fn what_is_in_no_incident_for_its_clock_is_named() {
    let day = |days: i64| start_of(BEGIN) + days * 86_400;
    let notes = |window: Window| {
        let mut tally = quiet().tally();
        (0..8).for_each(|number| capture(&mut tally, day(45), number, Some("shop-2")));
        (0..2).for_each(|number| capture(&mut tally, day(46), number, Some("shop-2")));
        let question = Question { window, ..Question::default() };
        let settings = Settings::default();
        crate::summary::summarize_with(&tally, &question, &settings, 1).notes.join(" ")
    };
    let told = notes(Window::default());
    let expected = "from 2026-05-30T06:00:00Z to 2026-05-31T06:00:00Z (failures: 10)";
    assert!(told.contains(expected), "{told}");
    let until_then = Window::new(None, Some(day(45) + 60));
    assert_eq!(notes(until_then), "", "who asks for that day knows that it was");
    assert_eq!(notes(Window::new(Some(day(0)), Some(day(1)))), "");
}

#[test]
fn the_servers_clock_is_believed_before_a_clients() {
    // S3's log does not say why it refuses; the error that the client captured does, at another time.
    let story = quiet().with(120..140, 8, "media", "shop-2", "10.0.0.2", DENIED);
    let mut tally = story.tally();
    for sent in story.0.iter().filter(|sent| sent.answer == DENIED) {
        let mut captured = Request::new(SourceKind::CapturedError);
        captured.time = Some(start_of(sent.minute) - 90 * 60);
        captured.code = Some("AccessDenied".into());
        captured.message =
            Some("There were headers present in the request which were not signed".into());
        captured.request_id = Some(format!("{:016X}", sent.number).into());
        tally.request(&captured, 0, &Place::Line(1));
    }
    let incidents = find(&tally, &Window::default(), &Settings::default());
    let told: Vec<_> = incidents.iter().map(|told| (&*told.started_at, told.failures)).collect();
    assert_eq!(told, [(&*at(120), 160)]);
    // So it is in a window that a client's clock knows nothing of.
    let window = Window { from: Some(BEGIN + 100), to: Some(BEGIN + 130) };
    let question = Question { window, ..Question::default() };
    let totals = crate::summary::summarize(&tally, &question).totals;
    assert_eq!((totals.failures, totals.requests), (80, 80 + 60));
}

#[test]
fn a_clock_that_the_server_refused_tells_of_no_deploy() {
    let story = quiet().with(120..140, 8, "media", "shop-2", "10.0.0.2", FAILS);
    let deploys = |code: &str| {
        let mut tally = story.tally();
        let mut captured = Request::new(SourceKind::CapturedError);
        captured.time = Some(start_of(BEGIN) - 5 * 3600);
        captured.code = Some(code.to_owned().into());
        captured.user_agent = Some("x/1 app/shop-2".into());
        tally.request(&captured, 0, &Place::Line(1));
        let changes = crate::summary::summarize(&tally, &Question::default()).changes;
        changes.into_iter().map(|change| (change.time, change.what)).collect::<Vec<_>>()
    };
    let told = |minute: Minute, version: &str| {
        vec![(at(minute), format!("deploy {version} first seen in traffic"))]
    };
    assert_eq!(deploys("RequestTimeTooSkewed"), told(120, "shop-2"));
    // Nothing speaks against one that failed for another reason.
    assert_eq!(deploys("SignatureDoesNotMatch"), told(0, "shop-1"));
}

/// An error that a client of a version captured.
pub fn capture(tally: &mut Tally, time: i64, number: u64, version: Option<&str>) {
    let mut captured = Request::new(SourceKind::CapturedError);
    captured.time = Some(time);
    captured.code = Some("SignatureDoesNotMatch".into());
    captured.host = Some("media.s3.eu-west-1.amazonaws.com".into());
    captured.request_id = Some(format!("{time:X}-{number}").into());
    captured.user_agent = version.map(|version| format!("x/1 app/{version}").into());
    tally.request(&captured, 0, &Place::Line(1));
}
