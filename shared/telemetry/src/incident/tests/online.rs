//! Detection as logs arrive: what is remembered, and what is said when.

use super::traffic::{BEGIN, FAILS, SUCCEEDS, Story};
use super::{at, quiet};
use crate::incident::{Alert, IncidentState, Occasion, Settings, State, detect};
use crate::time::{Minute, start_of};

/// The alerts of each minute, as a person would get them.
fn watch(
    story: &Story,
    state: &mut State,
    minutes: std::ops::Range<Minute>,
) -> Vec<(Minute, Alert)> {
    let mut said = Vec::new();
    for minute in minutes {
        let now = BEGIN + minute;
        let seen = story.0.iter().filter(|sent| sent.minute < now && sent.minute + 180 >= now);
        let tally = super::traffic::tally(seen);
        let detected = detect(
            &tally,
            state,
            start_of(now),
            &Settings::default(),
            Some("https://example.com/"),
        );
        *state = detected.state;
        for alert in state.pending().to_vec() {
            state.sent(&alert.incident_id, alert.occasion);
            said.push((minute, alert));
        }
        assert!(state.pending().is_empty());
    }
    said
}

fn incident() -> Story {
    let story = quiet().with(120..140, 10, "media", "shop-2", "10.0.0.2", FAILS);
    story.with(141..160, 2, "media", "shop-2", "10.0.0.2", SUCCEEDS)
}

fn occasions(said: &[(Minute, Alert)]) -> Vec<(Minute, Occasion)> {
    said.iter().map(|(minute, alert)| (*minute, alert.occasion)).collect()
}

#[test]
fn it_is_told_once_when_it_opens_and_once_when_it_is_over() {
    let mut state = State::default();
    let said = watch(&incident(), &mut state, 100..180);
    assert_eq!(occasions(&said), [(123, Occasion::Opened), (145, Occasion::Resolved)]);
    let incidents: Vec<_> = state.incidents().collect();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].detected_at, at(123));
    assert_eq!(incidents[0].resolved_at, Some(at(145)));
}

#[test]
fn what_grows_tenfold_is_told_again() {
    let story = incident().with(130..140, 120, "media", "shop-2", "10.0.0.2", FAILS);
    let said = watch(&story, &mut State::default(), 100..142);
    assert_eq!(occasions(&said), [(123, Occasion::Opened), (131, Occasion::Grew)]);
}

#[test]
fn an_alert_stays_pending_until_it_is_sent() {
    let tally = incident().tally();
    let now = start_of(BEGIN + 130);
    let first = detect(&tally, &State::default(), now, &Settings::default(), None);
    assert_eq!((first.alerts.len(), first.state.pending()), (1, first.alerts.as_slice()));
    let mut next = detect(&tally, &first.state, now + 60, &Settings::default(), None);
    assert_eq!((next.alerts.len(), next.state.pending()), (0, first.alerts.as_slice()));
    next.state.sent(&first.alerts[0].incident_id, Occasion::Opened);
    assert!(next.state.pending().is_empty());
}

#[test]
fn logs_of_last_month_page_nobody() {
    let now = start_of(BEGIN + 30 * 24 * 60);
    let old = detect(&incident().tally(), &State::default(), now, &Settings::default(), None);
    assert!(old.alerts.is_empty());
    assert!(old.incidents.iter().all(|incident| incident.state == IncidentState::Resolved));
    // Nor where detection has long been running: nothing of it changes.
    let later = |story: Story| {
        let mut story = story;
        story.0.iter_mut().for_each(|sent| sent.minute += 30 * 24 * 60);
        story
    };
    let running = detect(
        &later(quiet()).tally(),
        &State::default(),
        now + 180 * 60,
        &Settings::default(),
        None,
    );
    let both = Story([incident().0, later(quiet()).0].concat());
    let after = detect(&both.tally(), &running.state, now + 180 * 60, &Settings::default(), None);
    assert_eq!((after.incidents.len(), after.alerts.len()), (0, 0));
}

#[test]
fn a_day_that_arrives_at_once_is_told_as_it_ended() {
    let story = incident().with(180..1000, 2, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let now = start_of(BEGIN + 400);
    let first = detect(&story.tally(), &State::default(), now, &Settings::default(), None);
    assert_eq!(first.incidents.len(), 1);
    assert_eq!(first.incidents[0].state, IncidentState::Resolved);
    assert_eq!(first.alerts.len(), 1);
    assert!(first.alerts[0].text.contains("resolved"), "{}", first.alerts[0].text);
}

#[test]
fn a_clock_that_runs_backwards_or_far_ahead_opens_nothing_twice() {
    let tally = incident().tally();
    let at = |minute: Minute| start_of(BEGIN + minute);
    let settings = Settings::default();
    let first = detect(&tally, &State::default(), at(150), &settings, None);
    let back = detect(&tally, &first.state, at(60), &settings, None);
    assert_eq!((back.incidents.len(), back.alerts.len()), (1, 0));
    // A record from the future does not settle the present.
    let future = incident().with(100_000..100_001, 1, "media", "shop-2", "10.0.0.2", FAILS);
    let fresh = detect(&future.tally(), &State::default(), at(150), &settings, None);
    assert_eq!(fresh.incidents.len(), 1);
}

#[test]
fn a_state_is_read_back_and_half_of_one_is_an_error() {
    let mut state = State::default();
    watch(&incident(), &mut state, 120..130);
    let written = state.write();
    assert_eq!(State::read(&written).unwrap(), state);
    for cut in [0, 1, written.len() / 2, written.len() - 1] {
        assert!(State::read(&written[..cut]).is_err(), "{cut}");
    }
    assert_eq!(State::read(br#"{"version":0}"#).unwrap(), State::default());
    let newer = State::read(br#"{"version":99,"what":1}"#).unwrap_err();
    assert!(newer.to_string().contains("format 99"), "{newer}");
}

#[test]
fn an_alert_says_what_where_since_when_and_why_and_nothing_of_a_log_breaks_it() {
    let said = watch(&incident(), &mut State::default(), 100..130);
    let alert = &said[0].1;
    assert!(alert.subject.starts_with("[sigdrift] OPEN: "), "{}", alert.subject);
    for told in [
        "media.s3.eu-west-1.amazonaws.com",
        "shop-2",
        "up to 10 a minute, 0 before",
        "avoid  ",
        "https://example.com/clusters/",
    ] {
        assert!(alert.text.contains(told), "{told}: {}", alert.text);
    }
    let mut story = incident();
    for sent in story.0.iter_mut().filter(|sent| sent.version == "shop-2") {
        sent.endpoint =
            format!("m\u{e9}\r\nBcc: x\u{202e}{}.s3.eu-west-1.amazonaws.com", "y".repeat(300));
    }
    let said = watch(&story, &mut State::default(), 100..130);
    let alert = &said[0].1;
    assert!(alert.subject.len() < 100 && alert.sms.len() <= 140, "{alert:?}");
    for text in [&alert.subject, &alert.sms] {
        assert!(text.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{text:?}");
    }
    assert!(alert.text.lines().all(|line| !line.starts_with("Bcc") && line.chars().count() < 900));
    assert!(!alert.text.contains('\u{202e}'));
    let json: serde_json::Value = serde_json::from_str(&alert.json).unwrap();
    assert_eq!(json["incident"]["id"], alert.incident_id.as_str());
}

#[test]
fn a_name_that_is_too_long_takes_no_room_from_what_else_is_told() {
    let mut story = quiet();
    for place in 0..30 {
        let bucket = format!("{place}-{}", "very-long-bucket-".repeat(4));
        story = story.with(120..140, 6, &bucket, "shop-2", "10.0.0.2", FAILS);
    }
    let said = watch(&story, &mut State::default(), 100..130);
    let alert = &said[0].1;
    for text in [&alert.subject, &alert.sms] {
        assert!(text.contains("... and at least 19 more since "), "{text}");
        assert!(text.contains(" UTC"), "{text}");
    }
    assert!(
        alert.text.contains(", at least 17 more; deploy shop-2; 30 clusters"),
        "{}",
        alert.text
    );
}

#[test]
fn what_turns_out_to_be_a_part_of_another_incident_is_not_told_to_be_over() {
    let mut story = quiet();
    for (place, each) in [10, 10, 10, 3].into_iter().enumerate() {
        let (bucket, version) = (format!("bucket{place}"), format!("app{place}x-1"));
        story = story.with(120..150, each, &bucket, &version, "10.0.0.2", FAILS);
    }
    let mut state = State::default();
    let said = occasions(&watch(&story, &mut state, 100..145));
    assert!(said.iter().all(|(_, occasion)| *occasion == Occasion::Opened), "{said:?}");
    assert_eq!(state.incidents().count(), 1);
}

#[test]
fn what_clusters_had_in_common_goes_on_as_one_of_them_and_is_not_told_to_be_over() {
    let mut story = quiet();
    for place in 0..3 {
        let (bucket, version) = (format!("bucket{place}"), format!("app{place}x-1"));
        story = story.with(120..150, 10, &bucket, &version, "10.0.0.2", FAILS);
    }
    let mut state = State::default();
    let said = occasions(&watch(&story, &mut state, 100..145));
    assert_eq!(said, [(122, Occasion::Opened), (123, Occasion::Opened), (123, Occasion::Opened)]);
    let peaks: Vec<f64> = state.incidents().map(|incident| incident.peak_per_minute).collect();
    assert_eq!(peaks, [10.0; 3]);
}
