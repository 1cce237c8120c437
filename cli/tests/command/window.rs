//! `--from` and `--to`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::lines::{accepted, captured, refused};
use crate::run::{Analyzed, Logs};

/// One failure and one success a minute, 07:40 to 07:44.
fn five_minutes() -> Logs {
    let at = |line: String, minute| line.replace(":07:42:03", &format!(":07:{minute}:03"));
    Logs::of(
        (40..45)
            .map(|minute| {
                at(refused(&format!("F{minute}")), minute)
                    + &at(accepted(&format!("S{minute}")), minute)
            })
            .collect::<String>(),
    )
}

#[test]
fn the_start_belongs_to_the_window_and_the_end_does_not() {
    let logs = five_minutes();
    for (from, to, failures) in [
        (None, None, 5),
        (Some("2026-04-15T07:41:00Z"), None, 4),
        (None, Some("2026-04-15T07:43:00Z"), 3),
        (Some("2026-04-15T07:41:00Z"), Some("2026-04-15T07:43:00Z"), 2),
        // Whole minutes count.
        (Some("2026-04-15T07:41:59Z"), Some("2026-04-15T07:42:01Z"), 2),
        (Some("2026-04-15T09:41:00+02:00"), Some("2026-04-15T07:42:01Z"), 2),
        (Some("2026-04-16T00:00:00Z"), None, 0),
    ] {
        let mut arguments = Vec::new();
        arguments.extend(from.into_iter().flat_map(|time| ["--from", time]));
        arguments.extend(to.into_iter().flat_map(|time| ["--to", time]));
        let analyzed = logs.analyzed(&arguments);
        let found = (analyzed.code, analyzed.failures(), analyzed.requests());
        assert_eq!(found, (Some(0), failures, 2 * failures), "{arguments:?}");
        // What was read does not depend on the window.
        assert_eq!(analyzed.source(Some("s3-access-log")), Some([1, 10, 0, 0]));
        if failures > 0 {
            assert_eq!(analyzed.cluster()["requests"], 2 * failures);
            assert_eq!(analyzed.cluster()["per_minute"].as_array().unwrap().len() as u64, failures);
        }
    }
}

#[test]
fn the_window_is_told_as_asked_or_as_found() {
    let logs = five_minutes();
    let told = |arguments: &[&str]| {
        let window = logs.analyzed(arguments).json["window"].clone();
        (window["from"].as_str().unwrap().to_owned(), window["to"].as_str().unwrap().to_owned())
    };
    let of = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(told(&[]), of("2026-04-15T07:40:00Z", "2026-04-15T07:45:00Z"));
    let asked = ["--from", "2026-04-15T06:00:00Z", "--to", "2026-04-15T08:00:00Z"];
    assert_eq!(told(&asked), of("2026-04-15T06:00:00Z", "2026-04-15T08:00:00Z"));
    assert_eq!(told(&asked[..2]), of("2026-04-15T06:00:00Z", "2026-04-15T07:45:00Z"));
    // What lies after the end of the window does not move its beginning.
    let nothing = logs.analyzed(&["--to", "2026-04-15T07:42:00Z"]).json["window"].clone();
    assert_eq!(nothing["to"], "2026-04-15T07:42:00Z");
}

#[test]
fn a_window_may_be_told_from_now() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let at = |seconds: u64| {
        let record = captured(&format!("R{seconds}"));
        let out = std::process::Command::new("date")
            .args(["-u", "-d", &format!("@{seconds}"), "+%Y-%m-%dT%H:%M:%SZ"])
            .output()
            .unwrap();
        record.replace("2026-04-15T07:42:03Z", String::from_utf8(out.stdout).unwrap().trim())
    };
    let logs = Logs::of(at(now - 600) + &at(now - 7200) + &at(now - 3 * 86_400));
    for (from, failures) in
        [("-1h", 1), ("-30m", 1), ("-3h", 2), ("-7d", 3), ("-1w", 3), ("-90s", 0)]
    {
        assert_eq!(logs.analyzed(&["--from", from]).failures(), failures, "{from}");
        assert_eq!(logs.analyzed(&["--from", from, "--to", "now"]).failures(), failures, "{from}");
    }
    assert_eq!(logs.analyzed(&["--to", "-1h"]).failures(), 2);
}

#[test]
fn a_failure_without_a_time_counts_in_the_unlimited_window_only() {
    let logs = Logs::of("{\"sigdrift\":1,\"code\":\"SignatureDoesNotMatch\"}\n");
    assert_eq!(logs.analyzed(&[]).failures(), 1);
    assert!(logs.analyzed(&[]).cluster()["first_seen"].is_null());
    let notes = |analyzed: &Analyzed| analyzed.json["notes"].to_string();
    assert!(notes(&logs.analyzed(&[])).contains("1 failure was logged without a time"));
    let windowed = logs.analyzed(&["--from", "2026-04-15T00:00:00Z"]);
    assert_eq!(windowed.failures(), 0);
    assert!(notes(&windowed).contains("without a window that counts"));
}
