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
