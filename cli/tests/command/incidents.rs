//! The incidents of the example, and what the command does about incidents.

use std::path::Path;

use serde_json::Value;
use sigdrift_telemetry::incident::{Settings, State, detect};
use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::object;
use sigdrift_telemetry::tally::{Limits, Tally};
use sigdrift_telemetry::time::parse_rfc3339;

use crate::run::{Analyzed, Logs, code, sigdrift, text};

fn example() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/checkout-incident")
}

fn incidents(arguments: &[&str]) -> Vec<Value> {
    let mut command = sigdrift();
    let told = Analyzed::of(command.args(["analyze", "--json"]).args(arguments).arg(example()));
    told.json["incidents"].as_array().unwrap().clone()
}

#[test]
fn the_example_has_its_two_incidents_and_none_of_its_noise() {
    let told: Vec<_> = incidents(&[])
        .iter()
        .map(|incident| {
            let endpoints = incident["endpoints"].as_array().unwrap().clone();
            let change = incident["changes"][0]["what"].as_str().unwrap();
            let words = [
                &endpoints[0],
                &incident["started_at"],
                &incident["recovering_since"],
                &incident["state"],
                &incident["cause"]["cause"],
                &incident["cause"]["confidence"],
            ];
            let mut words = words.map(|word| word.as_str().unwrap().to_owned()).to_vec();
            words.push(change.split(' ').next().unwrap().to_owned());
            assert_eq!(endpoints.len(), 1);
            words.join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "thumbs.s3.eu-west-1.amazonaws.com 2026-04-15T07:30:00Z 2026-04-15T08:05:00Z resolved \
             wrong-secret likely PutSecretValue",
            "media.s3.eu-west-1.amazonaws.com 2026-04-15T07:42:00Z 2026-04-15T07:57:00Z resolved \
             header-changed proven deploy",
        ]
    );
    let deploy = &incidents(&[])[1];
    let changes: Vec<_> =
        deploy["changes"].as_array().unwrap().iter().map(|c| c["what"].as_str().unwrap()).collect();
    assert_eq!(changes.len(), 2);
    assert!(changes[1].starts_with("UpdateFunctionCode20150331v2"), "{changes:?}");
    assert_eq!((deploy["failures"].as_u64(), deploy["retries"].as_u64()), (Some(136), Some(40)));
    assert_eq!(deploy["cause"]["component"], "accept-encoding");
}

#[test]
fn a_window_shows_the_incidents_that_lie_in_it() {
    let early = incidents(&["--to", "2026-04-15T07:40:00Z"]);
    assert_eq!(early.len(), 1);
    assert_eq!(early[0]["started_at"], "2026-04-15T07:30:00Z");
    assert_eq!(incidents(&["--to", "2026-04-15T07:30:00Z"]), Vec::<Value>::new());
}

#[test]
fn an_incident_fails_the_command_if_asked_to() {
    let end = |arguments: &[&str]| {
        let end = sigdrift().arg("analyze").args(arguments).arg(example()).output().unwrap();
        code(&end)
    };
    assert_eq!(end(&[]), Some(0));
    assert_eq!(end(&["--fail-on-incident"]), Some(1));
    assert_eq!(end(&["--fail-on-incident", "--to", "2026-04-15T07:30:00Z"]), Some(0));
    let settings = Logs::new();
    let path = settings.add("quiet.json", r#"{"silence":{"codes":["SignatureDoesNotMatch"]}}"#);
    let path = path.to_str().unwrap();
    assert_eq!(end(&["--fail-on-incident", "--detection", path]), Some(0));
    // What is unreadable besides does not hide it.
    let damaged = settings.add("damaged.gz", [0x1f, 0x8b, 8, 0, 0]);
    assert_eq!(end(&["--fail-on-incident", damaged.to_str().unwrap()]), Some(1));
}

#[test]
fn wrong_settings_are_refused_with_what_is_wrong() {
    let settings = Logs::new();
    let path = settings.add("d.json", r#"{"quiet_minutes":0}"#);
    let end = sigdrift()
        .args(["analyze", "--detection", path.to_str().unwrap()])
        .arg(example())
        .output()
        .unwrap();
    assert_eq!(code(&end), Some(2));
    let told = text(&end.stderr);
    assert!(
        told.contains("`quiet_minutes` is 0; it may be a whole number from 1 to 240"),
        "{told}"
    );
}

#[test]
fn it_is_explained_why_minutes_were_or_were_not_an_incident() {
    let mut command = sigdrift();
    command.args(["analyze", "--json", "--explain-detection"]).arg(example());
    let told = Analyzed::of(&mut command);
    let series = told.json["detection"]["series"].as_array().unwrap();
    let media = &series[0];
    assert!(media["series"].as_str().unwrap().contains("media.s3.eu-west-1.amazonaws.com"));
    let minutes = media["minutes"].as_array().unwrap();
    assert_eq!(minutes[0]["verdict"], "below-floor");
    assert!(minutes.iter().any(|minute| minute["verdict"] == "fires"));
    assert_eq!(minutes.last().unwrap()["verdict"], "in-incident");
    assert!(minutes.iter().all(|minute| minute["incident"]["found_at"] == "2026-04-15T07:46:00Z"));
    assert_eq!(told.json["detection"]["noise"], 12);
    let end = sigdrift().args(["analyze", "--explain-detection"]).arg(example()).output().unwrap();
    let printed = text(&end.stdout);
    assert!(
        printed.contains("Detection\n") && printed.contains("an incident is found"),
        "{printed}"
    );
}

/// Everything that the example's logs tell.
fn read_example() -> Tally {
    let mut intake = Intake::new(Limits::default());
    let mut paths: Vec<_> = walkdir::WalkDir::new(example())
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    paths.sort();
    for path in paths {
        let file = std::fs::File::open(&path).unwrap();
        let report = object::read(&path.display().to_string(), file, &mut intake);
        intake.finish_source(report, None);
    }
    intake.into_tally()
}

#[test]
fn the_alert_of_the_example_is_as_the_documentation_shows_it() {
    let documentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/detection.md");
    let documentation = std::fs::read_to_string(documentation).unwrap();
    let tally = read_example();
    let now = parse_rfc3339("2026-04-15T07:46:00Z").unwrap();
    let settings = Settings::default();
    let detected =
        detect(&tally, &State::default(), now, &settings, Some("https://sigdrift.example.com"));
    let alert = detected.alerts.iter().find(|alert| alert.subject.contains("media")).unwrap();
    for shown in [&alert.subject, &alert.text, &alert.sms] {
        assert!(documentation.contains(shown.trim_end()), "not in docs/detection.md:\n{shown}");
    }
}
