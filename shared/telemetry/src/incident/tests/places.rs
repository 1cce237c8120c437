//! What is shown at one of the places where an incident fails is told of that place.

use std::borrow::Cow;

use sigdrift_signature::CauseId;
use sigdrift_signature::cause::Confidence;

use super::traffic::Sent;
use super::*;
use crate::request::Request;
use crate::source::{Place, SourceKind};
use crate::tally::Tally;

/// What a service says that names the cause itself.
const WRONG_SERVICE: &str = "Credential should be scoped to correct service: 's3'.";

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// A version that fails in each minute so often at each of these buckets.
fn failing(buckets: &[(&str, u32)]) -> Story {
    buckets.iter().fold(quiet(), |story, (bucket, each)| {
        story.with(120..140, *each, bucket, "shop-2", "10.0.0.2", FAILS)
    })
}

/// The log of a story, and the errors that clients captured of those of its failures that are chosen. They
/// may tell the key.
fn captured(
    story: &Story,
    key: Option<&'static str>,
    is_captured: impl Fn(&Sent) -> bool,
) -> Tally {
    let mut tally = story.tally();
    for sent in story.0.iter().filter(|sent| sent.answer == FAILS && is_captured(sent)) {
        let mut request = Request::new(SourceKind::CapturedError);
        request.time = Some(start_of(sent.minute));
        request.code = Some(Cow::Borrowed(FAILS.1));
        request.request_id = Some(Cow::Owned(format!("{:016X}", sent.number)));
        request.access_key_id = key.map(Cow::Borrowed);
        request.message = Some(Cow::Borrowed(WRONG_SERVICE));
        tally.request(&request, 0, &Place::Line(1));
    }
    tally
}

fn only(tally: &Tally) -> Incident {
    let mut incidents = find(tally, &Window::default(), &Settings::default());
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    incidents.remove(0)
}

fn sureness(tally: &Tally) -> (CauseId, Confidence, String) {
    let told = only(tally).cause.unwrap();
    (told.cause, told.confidence, told.evidence[0].detail.clone())
}

/// What is known of the one incident when detection has looked at these minutes, each with the logs of the
/// three hours before it, of which some failures were captured.
fn detected(
    story: &Story,
    is_captured: impl Fn(&Sent) -> bool,
    minutes: impl IntoIterator<Item = Minute>,
) -> Incident {
    let mut state = State::default();
    for minute in minutes {
        let now = BEGIN + minute;
        let at_hand = |sent: &&Sent| sent.minute < now && sent.minute + 180 >= now;
        let at_hand = Story(story.0.iter().filter(at_hand).cloned().collect());
        let tally = captured(&at_hand, None, &is_captured);
        state = detect(&tally, &state, start_of(now), &Settings::default(), None).state;
    }
    let incidents: Vec<&Incident> = state.incidents().collect();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    incidents[0].clone()
}

#[test]
fn what_is_proven_at_one_endpoint_is_only_likely_at_another() {
    let story = failing(&[("media", 8), ("thumbs", 6)]);
    let told = captured(&story, None, |sent| sent.endpoint.starts_with("media"));
    let (cause, confidence, why) = sureness(&told);
    assert_eq!((cause, confidence), (CauseId::WrongService, Confidence::Likely));
    let told =
        "proven of 160 of 280 failures (media.s3.eu-west-1.amazonaws.com), likely of the others";
    assert_eq!(why, told);
    let (_, confidence, why) = sureness(&captured(&story, None, |_| true));
    assert_eq!(confidence, Confidence::Proven);
    assert!(why.contains(WRONG_SERVICE), "{why}");
}

#[test]
fn what_is_proven_at_many_endpoints_is_proven_if_it_is_at_all_of_them() {
    let names: Vec<String> = (0..30).map(|number| format!("bucket{number}")).collect();
    let story = failing(&names.iter().map(|bucket| (bucket.as_str(), 2)).collect::<Vec<_>>());
    assert_eq!(sureness(&captured(&story, None, |_| true)).1, Confidence::Proven);
    let most = captured(&story, None, |sent| !sent.endpoint.starts_with("bucket29"));
    assert_eq!(sureness(&most).1, Confidence::Likely);
}

#[test]
fn failures_that_nothing_tells_apart_are_of_the_cause_of_most() {
    let proven = |version: &str| {
        let story = failing(&[("media", 10)]);
        let story = story.with(120..140, 5, "media", version, "10.0.0.2", FAILS);
        let incident = only(&captured(&story, Some(KEY), |sent| {
            sent.version == "shop-2" && sent.number % 10 < 7
        }));
        let cause = incident.cause.unwrap();
        (incident.clusters, cause.cause, cause.confidence)
    };
    // Those that were not captured tell no key, so they are clusters of their own.
    assert_eq!(proven("shop-2"), (2, CauseId::WrongService, Confidence::Proven));
    assert_eq!(proven(""), (3, CauseId::WrongService, Confidence::Likely));
}

#[test]
fn what_is_accepted_in_one_cluster_is_told_of_that_cluster() {
    let story = || failing(&[("media", 8), ("thumbs", 6)]);
    let media = |story: Story| story.with(145..150, 1, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let told = |story: &Story| {
        let incident = only(&story.tally());
        let alert = Alert::new(Occasion::Resolved, &incident, None);
        let state = alert.text.lines().find(|line| line.starts_with("state")).unwrap();
        (incident.state, incident.accepted_cluster_ids, state.to_owned())
    };
    let (state, accepted, text) = told(&media(story()));
    assert_eq!((state, accepted.len()), (IncidentState::Resolved, 1));
    assert_eq!(accepted[0], only(&failing(&[("media", 8)]).tally()).cluster_ids[0]);
    assert!(text.contains("accepted in 1 of 2 clusters; it is not known of the others"), "{text}");
    let both = media(story()).with(145..150, 1, "thumbs", "shop-2", "10.0.0.2", SUCCEEDS);
    let (_, accepted, text) = told(&both);
    assert_eq!(accepted.len(), 2);
    assert!(text.ends_with("and requests like these are accepted"), "{text}");
    assert_eq!(told(&story()).1, [""; 0]);
}

#[test]
fn what_was_proven_of_the_first_failures_is_not_of_those_that_follow() {
    let sure = |incident: Incident| incident.cause.map(|cause| (cause.cause, cause.confidence));
    let of = |confidence| Some((CauseId::WrongService, confidence));
    // While the logs at hand show all of it, they tell.
    let story = failing(&[("media", 8)]);
    let first = |sent: &Sent| sent.minute < BEGIN + 126;
    assert_eq!(sure(detected(&story, first, [125])), of(Confidence::Proven));
    assert_eq!(sure(detected(&story, first, [125, 139])), of(Confidence::Likely));
    // Most of it is not all of it.
    let most = |sent: &Sent| sent.minute < BEGIN + 124;
    assert_eq!(sure(detected(&story, most, [125])), of(Confidence::Strong));
    // When they do not any more, what was known is, but not of what began since.
    let again =
        |story: Story, bucket, minutes| story.with(minutes, 8, bucket, "shop-2", "10.0.0.2", FAILS);
    let story = again(story, "media", 320..360);
    let first = |sent: &Sent| sent.minute < BEGIN + 200;
    assert_eq!(sure(detected(&story, first, [125, 139, 330])), of(Confidence::Proven));
    let story = again(story, "thumbs", 330..360);
    assert_eq!(sure(detected(&story, first, [125, 139, 330, 345])), of(Confidence::Likely));
}

#[test]
fn what_is_proven_now_is_not_of_what_the_logs_do_not_show_any_more() {
    let fails =
        |story: Story, bucket, minutes| story.with(minutes, 8, bucket, "shop-2", "10.0.0.2", FAILS);
    let story = fails(fails(quiet(), "media", 120..360), "thumbs", 120..150);
    let late = |sent: &Sent| sent.minute >= BEGIN + 160;
    let cause = detected(&story, late, [125, 150, 345]).cause.unwrap();
    assert_eq!((cause.cause, cause.confidence), (CauseId::WrongService, Confidence::Likely));
}

#[test]
fn what_was_accepted_stays_so_when_the_logs_do_not_show_it_any_more() {
    let story = failing(&[("media", 8), ("thumbs", 6)]);
    let story = story.with(145..150, 1, "media", "shop-2", "10.0.0.2", SUCCEEDS);
    let story = story.with(150..400, 1, "other", "etl-1", "10.0.0.9", SUCCEEDS);
    let told = |minutes: &[Minute]| detected(&story, |_| false, minutes.iter().copied());
    assert_eq!(told(&[125, 151]).accepted_cluster_ids.len(), 1);
    assert_eq!(told(&[125, 151, 390]).accepted_cluster_ids, told(&[125, 151]).accepted_cluster_ids);
    // Not so once it fails again.
    let again = story.clone().with(160..170, 8, "media", "shop-2", "10.0.0.2", FAILS);
    assert_eq!(detected(&again, |_| false, [125, 151, 165]).accepted_cluster_ids, [""; 0]);
}
