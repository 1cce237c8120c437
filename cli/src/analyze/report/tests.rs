//! The report of a small summary, as text.

use sigdrift_signature::{CauseId, Confidence};
use sigdrift_telemetry::dimension::Dimension;
use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::object;
use sigdrift_telemetry::summary::{Question, summarize};
use sigdrift_telemetry::tally::Limits;

use super::details::title;
use super::*;

fn report(log: &str) -> String {
    report_by(log, &Dimension::DEFAULT)
}

fn report_by(log: &str, group_by: &[Dimension]) -> String {
    let mut intake = Intake::new(Limits::default());
    let report = object::read("a.log", log.as_bytes(), &mut intake);
    intake.finish_source(report, None);
    let tally = intake.into_tally();
    let question = Question { group_by: group_by.to_vec(), ..Question::default() };
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
fn how_sure_it_is_is_told_of_what_is_known_alone() {
    let text = report(&line(1, "403 SignatureDoesNotMatch", "x/1"));
    assert!(text.contains("\n 1  undetermined\n"), "{text}");
    let told = title(CauseId::HeaderChanged, Some("range"), Confidence::Likely);
    assert_eq!(told, "header-changed (range), likely");
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

/// Some days of traffic with an incident of five minutes every three hours, from half past two on.
fn incidents(number: u32) -> String {
    let mut log = String::new();
    let mut send = |minute: u32, second: u32, status: &str| {
        let (day, hour, minute) = (15 + minute / 1440, minute / 60 % 24, minute % 60);
        let time = format!("{day}/Apr/2026:{hour:02}:{minute:02}:{second:02}");
        let line = line(second, status, "x/1");
        let line = line.replace(&format!("15/Apr/2026:07:42:{second:02}"), &time);
        log.push_str(&line.replace("REQUEST", &format!("R{day}{hour:02}{minute:02}")));
    };
    for minute in 0..180 * number {
        match minute % 180 {
            150..155 => {
                (0..10).for_each(|second| send(minute, second, "403 SignatureDoesNotMatch"))
            }
            _ => send(minute, 0, "200 -"),
        }
    }
    log
}

#[test]
fn of_many_incidents_the_latest_are_shown() {
    let text = report(&incidents(12));
    let told = text.split("Incidents\n").nth(1).unwrap();
    assert!(told.starts_with("    2 earlier incidents: --json shows them all\n"), "{told}");
    assert!(!told.contains("04-15 05:30") && told.contains("04-15 08:30"), "{told}");
    assert!(told.contains("04-16 11:30"), "{told}");
}

#[test]
fn an_incident_is_named_by_what_its_cluster_is_made_of() {
    let place = |by: &[Dimension]| {
        let text = report_by(&incidents(1), by);
        let told = text.split("Incident\n").nth(1).unwrap().trim();
        told.trim_start_matches("02:30").trim().split(':').next().unwrap().to_owned()
    };
    assert_eq!(place(&Dimension::DEFAULT), "b.s3.eu-west-1.amazonaws.com");
    assert_eq!(place(&[Dimension::Bucket]), "b");
    assert_eq!(place(&[Dimension::Key]), "key unknown");
    assert_eq!(place(&[Dimension::Key, Dimension::Operation]), "REST.GET.OBJECT");
}

#[test]
fn of_how_many_clusters_an_end_is_proven_is_told() {
    let log = incidents(1).replace("x/1", "x/1 app/c-2");
    let failing = log.lines().filter(|line| line.contains(" 403 "));
    let elsewhere: String = failing
        .map(|line| format!("{}\n", line.replace(" b.s3.", " c.s3.").replace(" R15", " S15")))
        .collect();
    let told = |log: &str| {
        let words: Vec<String> = report(log).split_whitespace().map(str::to_owned).collect();
        words.join(" ")
    };
    let both = told(&(log.clone() + &elsewhere));
    assert!(both.contains("resolved at 02:40, with proof of 1 of 2 clusters"), "{both}");
    let one = told(&log);
    assert!(one.contains("resolved at 02:40") && !one.contains("with proof of"), "{one}");
}
