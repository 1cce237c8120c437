//! The report of a small summary, as text.

use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::object;
use sigdrift_telemetry::summary::{Question, summarize};
use sigdrift_telemetry::tally::Limits;

use super::*;

fn report(log: &str) -> String {
    let mut intake = Intake::new(Limits::default());
    let report = object::read("a.log", log.as_bytes(), &mut intake);
    intake.finish_source(report, None);
    let (tally, question) = (intake.into_tally(), Question::default());
    let summary = summarize(&tally, &question);
    anstream::adapter::strip_str(&render(&summary, 80)).to_string()
}

fn line(second: u32, status: &str, user_agent: &str) -> String {
    format!(
        "o b [15/Apr/2026:07:42:{second:02} +0000] 192.0.2.1 - REQUEST{second:09} REST.GET.OBJECT k \"GET /k HTTP/1.1\" \
         {status} 9 - 1 - \"-\" \"{user_agent}\" - - SigV4 - AuthHeader b.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1\n"
    )
}

#[test]
fn the_first_sentence_says_what_fails() {
    let log: String = (0..5).map(|s| line(s, "403 SignatureDoesNotMatch", "x/1 app/c-2")).collect();
    let text = report(&(log + &line(9, "200 -", "x/1 app/c-2")));
    assert!(text.starts_with(
        "2026-04-15, 07:42 to 07:43 UTC: 6 signed requests, 5 signature failures (83%)\n"
    ));
    assert!(text.contains(
        "5 requests of c-2 to b.s3.eu-west-1.amazonaws.com failed with\nSignatureDoesNotMatch at 07:42, 83% of 6.\n"
    ));
    assert!(text.lines().all(|line| textwrap::core::display_width(line) <= 80), "{text}");
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let text = report(&line(1, "403 SignatureDoesNotMatch", "x/\u{1b}]0;owned\u{7} app/c\u{9b}2"));
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}

#[test]
fn without_failures_it_says_so() {
    assert!(report(&line(1, "200 -", "x/1")).contains("No signature failures."));
    assert!(report("").contains("Read 0 records in 1 object (no log)."));
}
