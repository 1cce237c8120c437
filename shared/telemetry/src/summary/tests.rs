//! What a summary counts, and what it says of sums that are not exact.

use std::borrow::Cow;

use super::{Question, without_incidents};
use crate::marker::{Marker, Markers};
use crate::request::Request;
use crate::source::{Place, SourceKind};
use crate::tally::{Limits, Tally};

/// A hundred requests, each told by logs of these kinds, of which a sample of so many tells which they were.
fn told_by(kinds: &[SourceKind], sample: usize) -> (u64, Vec<String>) {
    let mut tally = Tally::new(Limits { sample, ..Limits::default() });
    for (number, kind) in
        (0..100_u32).flat_map(|number| kinds.iter().map(move |kind| (number, kind)))
    {
        let mut request = Request::new(*kind);
        request.time = Some(1_776_238_920 + i64::from(number));
        request.request_id = Some(Cow::Owned(format!("{number:016X}")));
        request.host = Some(Cow::Borrowed("media.s3.eu-west-1.amazonaws.com"));
        request.signature_version = Some(Cow::Borrowed("SigV4"));
        request.status = Some(200);
        tally.request(&request, 0, &Place::Line(number.into()));
    }
    tally.finish();
    let question = Question::default();
    let summary = without_incidents(&tally, &question);
    (summary.totals.requests, summary.notes)
}

#[test]
fn it_is_said_when_requests_that_two_logs_show_are_told_by_a_sample() {
    use SourceKind::{CloudTrail, S3AccessLog, S3AccessLogJson};
    for kinds in [[S3AccessLog, CloudTrail], [S3AccessLog, S3AccessLogJson]] {
        assert_eq!(told_by(&kinds, 1_000), (100, vec![]), "{kinds:?}");
        let (_, notes) = told_by(&kinds, 60);
        assert!(notes.iter().any(|note| note.contains("an estimate")), "{kinds:?}: {notes:?}");
    }
    assert_eq!(told_by(&[S3AccessLog], 60), (100, vec![]));
}

#[test]
fn records_of_cloudtrail_are_told_apart_by_their_events() {
    let mut tally = Tally::default();
    let codes = [Some("InvalidSignatureException"), Some("AccessDenied"), Some("Throttling"), None];
    for (event, code) in (1..).zip(codes) {
        let mut request = Request::new(SourceKind::CloudTrail);
        request.time = Some(1_776_238_920);
        request.request_id = Some(Cow::Borrowed("one"));
        request.record = event;
        request.carries_signature = true;
        request.code = code.map(Cow::Borrowed);
        request.message = code.map(Cow::Borrowed);
        tally.request(&request, 0, &Place::Line(event));
    }
    let question = Question::default();
    let totals = without_incidents(&tally, &question).totals;
    assert_eq!((totals.requests, totals.failures), (4, 1));
}

#[test]
fn a_version_that_a_marker_alone_names_is_not_seen_in_the_traffic() {
    let mut tally = Tally::default();
    let mut send =
        |minute: u32, host: &'static str, agent: &'static str, code: Option<&'static str>| {
            let mut request = Request::new(SourceKind::S3AccessLog);
            request.time = Some(1_776_236_400 + i64::from(minute) * 60);
            request.host = Some(Cow::Borrowed(host));
            request.user_agent = Some(Cow::Borrowed(agent));
            request.auth = Some(Cow::Borrowed("AuthHeader"));
            request.code = code.map(Cow::Borrowed);
            tally.request(&request, 0, &Place::Line(minute.into()));
        };
    for minute in 0..60 {
        let agent = if minute < 30 { "x/1 app/shop-1" } else { "x/1 app/shop-3" };
        send(minute, "media.s3.eu-west-1.amazonaws.com", agent, None);
        let code = (minute % 2 == 0).then_some("SignatureDoesNotMatch");
        let at = if minute < 40 {
            "thumbs.s3.eu-west-1.amazonaws.com"
        } else {
            "rare.s3.eu-west-1.amazonaws.com"
        };
        send(minute, at, "x/1", code);
    }
    let marker = r#"{"time":"2026-04-15T07:00:00Z","version":"shop-2","match":{"endpoint":"rare.s3.eu-west-1.amazonaws.com"}}"#;
    let markers = Markers::new([Marker::parse(marker).unwrap()]);
    let question = Question { markers, ..Question::default() };
    let changes = without_incidents(&tally, &question).changes;
    let told: Vec<_> = changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(told, ["deploy shop-2 (marker)", "deploy shop-3 first seen in traffic"]);
}

#[test]
fn what_is_another_with_every_request_is_no_version() {
    let mut tally = Tally::default();
    for minute in 0..60_u32 {
        let shop = if minute < 30 { "shop-1" } else { "shop-2" };
        for app in [shop.to_owned(), format!("job-{minute}a"), format!("job-{minute}b")] {
            let mut request = Request::new(SourceKind::S3AccessLog);
            request.time = Some(1_776_236_400 + i64::from(minute) * 60);
            request.host = Some(Cow::Borrowed("media.s3.eu-west-1.amazonaws.com"));
            request.user_agent = Some(Cow::Owned(format!("x/1 app/{app}")));
            request.auth = Some(Cow::Borrowed("AuthHeader"));
            tally.request(&request, 0, &Place::Line(minute.into()));
        }
    }
    let question = Question::default();
    let summary = without_incidents(&tally, &question);
    let changes: Vec<&str> = summary.changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(changes, ["deploy shop-2 first seen in traffic"]);
    // Those of the first ten minutes are no changes anyway.
    assert!(
        summary.notes.iter().any(|note| note.starts_with("100 versions")),
        "{:?}",
        summary.notes
    );
}

#[test]
fn the_region_of_a_host_that_names_none_is_no_strong_evidence() {
    use sigdrift_signature::cause::{CauseId, Confidence};
    let told = |host: &'static str| {
        let mut request = Request::new(SourceKind::S3AccessLog);
        request.time = Some(1_776_238_920);
        request.host = Some(Cow::Borrowed(host));
        request.signed_region = Some(Cow::Borrowed("us-west-2"));
        request.code = Some(Cow::Borrowed("AuthorizationQueryParametersError"));
        request.status = Some(400);
        let mut tally = Tally::default();
        tally.request(&request, 0, &Place::Line(1));
        let question = Question::default();
        let cause = without_incidents(&tally, &question).clusters.iter().next().unwrap().cause;
        (cause.cause, cause.confidence())
    };
    let wrong_region = |sure| (CauseId::WrongRegion, sure);
    assert_eq!(told("media.s3.eu-west-1.amazonaws.com"), wrong_region(Confidence::Strong));
    assert_eq!(told("media.s3.amazonaws.com"), wrong_region(Confidence::Likely));
    let of_all = told("x.mrap.accesspoint.s3-global.amazonaws.com");
    assert_eq!(of_all, (CauseId::EndpointMismatch, Confidence::Likely));
}

#[test]
fn a_change_to_what_is_anothers_explains_no_failure() {
    use sigdrift_signature::cause::CauseId;

    use crate::change::{Change, ChangeKind};
    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
    let told = |kind: ChangeKind, region: &str, touches: &[&str]| {
        let mut tally = Tally::default();
        tally.principal(KEY, "arn:aws:iam::111122223333:user/alice");
        for number in 0..20_u32 {
            let mut request = Request::new(SourceKind::S3AccessLogJson);
            request.time = Some(1_776_238_920 + i64::from(number));
            request.host = Some(Cow::Borrowed("media.s3.eu-west-1.amazonaws.com"));
            request.access_key_id = Some(Cow::Borrowed(KEY));
            request.code = Some(Cow::Borrowed("SignatureDoesNotMatch"));
            tally.request(&request, 0, &Place::Line(number.into()));
        }
        let change = Change {
            time: 1_776_238_620,
            kind,
            what: "Something".to_owned(),
            who: None,
            region: Some(region.to_owned()),
            touches: touches.iter().map(|name| (*name).to_owned()).collect(),
        };
        tally.change(change, "event");
        let question = Question::default();
        without_incidents(&tally, &question).clusters.iter().next().unwrap().cause.cause
    };
    let (here, there) = ("eu-west-1", "us-west-2");
    assert_eq!(told(ChangeKind::Secret, here, &["shop/s3"]), CauseId::WrongSecret);
    assert_eq!(told(ChangeKind::Secret, there, &["shop/s3"]), CauseId::Undetermined);
    for (touches, expected) in [
        (&["AKIAI44QH8DHBEXAMPLE", "alice"][..], CauseId::WrongSecret),
        (&[KEY], CauseId::WrongSecret),
        (&["AKIAI44QH8DHBEXAMPLE", "bob"], CauseId::Undetermined),
    ] {
        assert_eq!(told(ChangeKind::Key, "us-east-1", touches), expected, "{touches:?}");
    }
}
