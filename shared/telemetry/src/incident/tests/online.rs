//! Detection as logs arrive: what is remembered, and what is said when.

use std::collections::BTreeSet;

use super::traffic::{BEGIN, FAILS, SUCCEEDS, Story};
use super::{at, quiet};
use crate::incident::{Alert, IncidentState, Occasion, Settings, State, detect};
use crate::time::{Minute, start_of};

/// The alerts of each minute, as a person would get them.
pub fn watch(
    story: &Story,
    state: &mut State,
    minutes: impl IntoIterator<Item = Minute>,
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

pub fn incident() -> Story {
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
fn where_logs_show_failures_alone_nothing_failed_since_the_first_detection() {
    let fails = |minutes| Story::default().with(minutes, 4, "media", "shop-2", "10.0.0.2", FAILS);
    let said = watch(&fails(400..420), &mut State::default(), (0..1).chain(398..420));
    assert_eq!(occasions(&said), [(406, Occasion::Opened)]);
    // Logs of the traffic that begin then do not tell what was before.
    let both = fails(400..420).with(400..420, 1, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    assert_eq!(watch(&both, &mut State::default(), (0..1).chain(398..420)), []);
}

#[test]
fn an_incident_does_not_stay_open_for_want_of_logs() {
    const HOUR: Minute = 60;
    let fails = || Story::default().with(400..420, 4, "media", "shop-2", "10.0.0.2", FAILS);
    let traffic = fails().with(300..420, 1, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    // Logs of failures alone are silent where nothing fails: they are late by three hours at most.
    for (story, late) in [(fails(), 3 * HOUR), (traffic, 24 * HOUR)] {
        let mut state = State::default();
        watch(&story, &mut state, (0..1).chain(398..421));
        let mut after = |minutes: Minute| {
            watch(&story, &mut state, [420 + minutes]);
            let told = state.incidents().next().unwrap();
            (told.state, told.recovering_since.clone(), told.resolved_without_proof)
        };
        let back = Some(at(420));
        assert_eq!(after(late), (IncidentState::Open, None, false));
        assert_eq!(after(late + 5), (IncidentState::Recovering, back.clone(), false));
        assert_eq!(after(late + 24 * HOUR), (IncidentState::Resolved, back, true));
    }
}

#[test]
fn what_grows_tenfold_is_told_again() {
    let story = incident().with(130..140, 120, "media", "shop-2", "10.0.0.2", FAILS);
    let said = watch(&story, &mut State::default(), 100..142);
    assert_eq!(occasions(&said), [(123, Occasion::Opened), (131, Occasion::Grew)]);
}

#[test]
fn what_is_found_at_its_endpoint_first_and_then_in_its_clusters_is_told_once() {
    let mut story = quiet();
    for number in 0..5 {
        let (version, address) = (format!("app{number}-2"), format!("10.0.1.{number}"));
        story = story.with(120..150, 2, "media", &version, &address, FAILS);
        story = story.with(151..160, 1, "media", &version, &address, SUCCEEDS);
    }
    let mut state = State::default();
    let said = watch(&story, &mut state, 118..160);
    assert_eq!(occasions(&said), [(123, Occasion::Opened), (155, Occasion::Resolved)]);
    let incidents: Vec<_> = state.incidents().collect();
    assert_eq!((incidents.len(), incidents[0].failures, incidents[0].clusters), (1, 300, 5));
    assert_eq!(incidents[0].id, said[0].1.incident_id);
}

#[test]
fn two_that_turn_out_to_be_one_both_end() {
    let late = |minutes| Story::default().with(minutes, 10, "media", "b-1", "10.0.0.3", FAILS);
    let both = quiet().with(120..150, 10, "media", "a-1", "10.0.0.2", FAILS);
    let both = both.with(151..160, 2, "media", "a-1", "10.0.0.2", SUCCEEDS);
    let mut both = both.with(151..160, 2, "media", "b-1", "10.0.0.3", SUCCEEDS);
    let number = |sent: &mut super::traffic::Sent| sent.number += 100_000;
    let mut at_once = late(128..150);
    at_once.0.iter_mut().for_each(number);
    both.0.extend(at_once.0);
    let mut state = State::default();
    let mut said = watch(&both, &mut state, 118..140);
    assert_eq!(state.incidents().count(), 2);
    let mut later = late(122..128);
    later.0.iter_mut().for_each(|sent| sent.number += 200_000);
    both.0.extend(later.0);
    said.extend(watch(&both, &mut state, 140..160));
    assert_eq!(state.incidents().count(), 1, "they began within five minutes at one endpoint");
    let of = |occasion| {
        let of = said.iter().filter(|(_, alert)| alert.occasion == occasion);
        let mut ids: Vec<&str> = of.map(|(_, alert)| alert.incident_id.as_str()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(of(Occasion::Opened).len(), 2);
    assert_eq!(of(Occasion::Resolved), of(Occasion::Opened));
}

#[test]
fn what_comes_back_after_an_end_that_was_too_old_to_be_told_is_told() {
    let story = Story::default().with(0..800, 1, "thumbs", "shop-1", "10.0.0.1", SUCCEEDS);
    let story = story.with(120..160, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let story = story.with(640..641, 2, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let story = story.with(680..720, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let mut state = State::default();
    let minutes = (118..126).chain(166..170).chain(300..302).chain(640..650).chain(680..690);
    let said = watch(&story, &mut state, minutes);
    assert_eq!(occasions(&said), [(123, Occasion::Opened), (683, Occasion::Opened)]);
    assert!(said[1].1.subject.contains("OPEN AGAIN"), "{}", said[1].1.subject);
    let told: Vec<u64> = state.incidents().map(|incident| incident.failures).collect();
    assert_eq!(told, [400 + 90], "those that are not remembered any more count");
}

#[test]
fn an_end_that_late_records_take_back_is_taken_back() {
    let mut state = State::default();
    let said = watch(&incident(), &mut state, 118..150);
    assert_eq!(occasions(&said), [(123, Occasion::Opened), (145, Occasion::Resolved)]);
    let late = |minutes| incident().with(minutes, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let healed = |story: Story| story.with(170..180, 2, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let said = watch(&healed(late(140..170)), &mut state, 150..180);
    assert_eq!(occasions(&said), [(150, Occasion::Opened), (175, Occasion::Resolved)]);
    let subject = &said[0].1.subject;
    assert!(subject.starts_with("[sigdrift] OPEN AGAIN: "), "{subject}");
    assert!(said[0].1.text.starts_with("Request signatures fail again at "), "{}", said[0].1.text);
    // It is over all the same if it was by the time that they arrive.
    let mut state = State::default();
    watch(&incident(), &mut state, 118..150);
    assert_eq!(watch(&late(140..146), &mut state, 155..180), []);
}

#[test]
fn what_lasts_for_most_of_a_day_is_told_once_and_counted_whole() {
    let story = Story::default().with(0..1000, 1, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    let story = story.with(120..940, 4, "media", "shop-2", "10.0.0.2", FAILS);
    let story = story.with(120..940, 1, "media", "shop-2", "10.0.0.3", SUCCEEDS);
    let story = story.with(200..201, 5, "media", "shop-2", "10.0.0.2", FAILS);
    let story = story.with(941..950, 1, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let mut state = State::default();
    let said = watch(&story, &mut state, (100..980).step_by(20));
    let told: Vec<Occasion> = said.iter().map(|(_, alert)| alert.occasion).collect();
    assert_eq!(told, [Occasion::Opened, Occasion::Resolved]);
    let incident = state.incidents().next().unwrap();
    assert_eq!((incident.failures, incident.peak_per_minute), (4 * 820 + 5, 9.0));
    assert_eq!(incident.failure_rate, Some(0.8));
    assert_eq!(incident.per_minute.len(), 240);
    // The logs of it are not at hand any more.
    let before = incident.clone();
    watch(&story, &mut state, [1200]);
    let after = state.incidents().next().unwrap();
    assert_eq!((after.requests, after.failures), (before.requests, before.failures));
    assert_eq!((after.failure_rate, &after.per_minute), (Some(0.8), &before.per_minute));
}

#[test]
fn an_incident_goes_on_though_nobody_looked_for_five_hours() {
    let story = Story::default().with(0..640, 1, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    let story = story.with(120..600, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let story = story.with(601..620, 2, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    for (last, down) in [(126, 20), (140, 300), (170, 300)] {
        let minutes = (118..last).chain(last + down..last + down + 5).chain(600..610);
        let said = watch(&story, &mut State::default(), minutes);
        assert_eq!(occasions(&said), [(123, Occasion::Opened), (605, Occasion::Resolved)]);
    }
}

#[test]
fn more_incidents_than_are_remembered_are_told_once_each() {
    let mut story = Story::default().with(0..124, 1, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    for number in 0..520 {
        let (bucket, version) = (format!("bucket{number}"), format!("app{number}-2"));
        let each = if number == 519 { 12 } else { 10 };
        let before = story.0.len();
        story = story.with(120..123, each, &bucket, &version, "10.0.0.2", FAILS);
        // Of many that begin at once, more than a few in one region would be one.
        for sent in &mut story.0[before..] {
            sent.endpoint = sent.endpoint.replace("eu-west-1", &format!("eu-west-{}", number / 3));
        }
    }
    let mut state = State::default();
    let said = watch(&story, &mut state, 123..126);
    let mut ids: Vec<&str> = said.iter().map(|(_, alert)| alert.incident_id.as_str()).collect();
    assert!(said[..20].iter().any(|(_, alert)| alert.text.contains("bucket519")), "most first");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((said.len(), ids.len()), (60, 60));
    assert_eq!(state.incidents().count(), 500);
}

#[test]
fn of_very_many_clusters_of_one_incident_some_are_remembered_and_it_is_told_once() {
    let mut story = quiet();
    for number in 0..4_000 {
        let minute = 120 + number % 20;
        let version = format!("{}{number}-1", "v".repeat(200));
        story = story.with(minute..minute + 1, 1, "media", &version, "10.0.0.2", FAILS);
    }
    let mut state = State::default();
    let said = watch(&story, &mut state, [125, 139, 140, 141, 230]);
    assert_eq!(occasions(&said).len(), 1, "{:?}", occasions(&said));
    assert_eq!(state.incidents().next().map(|incident| incident.failures), Some(4_000));
    let remembered = state.incidents.iter().flat_map(|known| &known.runs);
    assert_eq!(remembered.map(|kept| kept.members.len()).max(), Some(1_000));
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

#[test]
fn its_end_stays_where_it_was_found_when_it_is_settled() {
    let story = quiet().with(49..54, 12, "media", "shop-2", "10.0.0.2", FAILS);
    // With the first of these the rate is back; the second comes later.
    let story = story.with(58..60, 1, "media", "shop-2", "10.0.0.2", FAILS);
    let story = story.with(60..400, 2, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let mut state = State::default();
    let ends = (70..400).map(|minute| {
        watch(&story, &mut state, [minute]);
        let incident = state.incidents().next().unwrap();
        (incident.recovering_since.clone(), incident.failures)
    });
    assert_eq!(ends.collect::<BTreeSet<_>>(), BTreeSet::from([(Some(at(59)), 61)]));
}
