//! Arguments: wrong ones, groupings, markers, completions and manual pages.

use serde_json::Value;

use crate::lines::{accepted, captured, event, json_record, marker, refused};
use crate::run::{Logs, code, ended, sigdrift, text};

#[test]
fn wrong_arguments_end_with_2_and_say_why() {
    let logs = Logs::of(refused("A"));
    let path = logs.path().to_str().unwrap();
    for (arguments, part) in [
        (&["analyze"][..], "PATH"),
        (&["analyze", path, "--no-such-option"], "--no-such-option"),
        (&["analyze", path, "--group-by", "endpoint,colour"], "`colour` is no dimension"),
        (&["analyze", path, "--group-by", ""], "--group-by"),
        (&["analyze", path, "--from", "yesterday"], "--from"),
        (&["analyze", path, "--to", "2026-13-01T00:00:00Z"], "--to"),
        (
            &["analyze", path, "--from", "2026-04-15T08:00:00Z", "--to", "2026-04-15T07:00:00Z"],
            "--from",
        ),
        (
            &["analyze", path, "--from", "2026-04-15T08:00:00Z", "--to", "2026-04-15T08:00:00Z"],
            "--from",
        ),
        (&["analyze", path, "--threads", "0"], "--threads"),
        (&["analyze", path, "--threads", "many"], "--threads"),
        (&["analyze", path, "--deploys", "/nowhere/deploys.jsonl"], "/nowhere/deploys.jsonl"),
        (&["check"], "--url <URL>"),
        (&["explain", "-", "--error", "-"], "only one thing"),
        (&["explain", "-", "--url", "-"], "only one thing"),
        (&["no-such-command"], "no-such-command"),
        (&["completions", "no-such-shell"], "no-such-shell"),
        (&["man", "no-such-command"], "no-such-command"),
    ] {
        let end = ended(arguments);
        assert_eq!(code(&end), Some(2), "{arguments:?}");
        assert!(end.stdout.is_empty(), "{arguments:?}");
        assert!(text(&end.stderr).contains(part), "{arguments:?}: {}", text(&end.stderr));
    }
}

#[test]
fn a_cloud_source_says_how_to_get_it() {
    for arguments in [
        &["analyze", "s3://bucket/prefix"][..],
        &["analyze", "cloudtrail"],
        &["analyze", "cloudtrail:us-east-1"],
        &["analyze", "logs:/aws/lambda/checkout"],
        &["analyze", "--store", "s3://bucket/prefix"],
        &["analyze", "--store", "s3://bucket/prefix", "."],
    ] {
        let end = ended(arguments);
        assert_eq!(code(&end), Some(2), "{arguments:?}");
        assert!(text(&end.stderr).contains("--features aws"), "{}", text(&end.stderr));
    }
}

#[test]
fn a_folder_that_is_named_like_a_cloud_source_is_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cloudtrail", "logs:x"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("empty"), "").unwrap();
        let mut command = crate::run::sigdrift();
        let end = command.current_dir(&folder).args(["analyze", name]).output().unwrap();
        assert_eq!(code(&end), Some(0), "{}", text(&end.stderr));
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in ["analyze", "canonical", "check", "completions", "diff", "explain", "man"] {
        let end = ended([command, "--help"]);
        assert_eq!(code(&end), Some(0));
        let help = text(&end.stdout);
        assert!(
            help.contains("Example") && help.contains(&format!("sigdrift {command}")),
            "{help}"
        );
    }
    assert!(text(&ended(["--help"]).stdout).contains("Exit codes"));
    assert_eq!(code(&ended(["--version"])), Some(0));
}

#[test]
fn help_is_even_in_a_terminal_of_eighty_columns() {
    for command in ["analyze", "canonical", "check", "completions", "diff", "explain", "man"] {
        let behind_options = |columns: &str| {
            let mut run = crate::run::sigdrift();
            let end = run.env("COLUMNS", columns).args([command, "--help"]).output().unwrap();
            let help = text(&end.stdout).to_owned();
            let widest = help.lines().map(|line| line.chars().count()).max();
            assert!(widest <= columns.parse().ok(), "{help}");
            help.split("Print help\n").nth(1).unwrap().to_owned()
        };
        let narrow = behind_options("80");
        // A line of prose ends where there is no room for the next word.
        for pair in narrow.lines().collect::<Vec<_>>().windows(2) {
            let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
            let word = pair[1].split(' ').next().unwrap_or_default();
            if is_prose(pair[0]) && is_prose(pair[1]) {
                assert!(pair[0].chars().count() + 1 + word.chars().count() > 80, "{pair:#?}");
            }
        }
        let examples = |help: &str| help.split_once("\nExample").map(|(_, rest)| rest.to_owned());
        assert_eq!(examples(&narrow), examples(&behind_options("100")), "examples are not wrapped");
        assert!(examples(&narrow).is_some());
    }
}

#[test]
fn completions_and_manual_pages_are_printed() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let end = ended(["completions", shell]);
        assert_eq!(code(&end), Some(0), "{shell}");
        let script = text(&end.stdout);
        assert!(script.contains("sigdrift") && script.contains("group-by"), "{shell}");
    }
    for arguments in [&["man"][..], &["man", "analyze"], &["man", "completions"], &["man", "man"]] {
        let end = ended(arguments);
        assert_eq!(code(&end), Some(0), "{arguments:?}");
        assert!(text(&end.stdout).starts_with(".ie"), "{arguments:?}");
        // Words that are spread or divided are no commands to copy.
        assert!(text(&end.stdout).contains("\n.ad l\n.nh\n"), "{arguments:?}");
    }
    assert!(text(&ended(["man", "analyze"]).stdout).contains("deploys"));
}

const MEMBERS: [&str; 8] = [
    "endpoint",
    "access_key_id",
    "region",
    "deploy_version",
    "operation",
    "bucket",
    "auth",
    "client",
];

#[test]
fn clusters_have_the_dimensions_that_were_asked_for_and_no_others() {
    let logs = Logs::of(refused("A"));
    for (asked, members) in [
        ("endpoint", &["endpoint"][..]),
        ("key", &["access_key_id"]),
        ("deploy,region", &["region", "deploy_version"]),
        ("deploy_version,access_key_id", &["access_key_id", "deploy_version"]),
        ("client,auth,bucket,operation", &["operation", "bucket", "auth", "client"]),
        ("bucket,bucket", &["bucket"]),
    ] {
        let analyzed = logs.analyzed(&["--group-by", asked]);
        let cluster = analyzed.cluster();
        let present: Vec<&str> =
            MEMBERS.into_iter().filter(|name| cluster.get(name).is_some()).collect();
        assert_eq!(present, members, "{asked}");
        assert_eq!(cluster["code"], "SignatureDoesNotMatch");
    }
    let analyzed = logs.analyzed(&[]);
    let told = MEMBERS.map(|name| analyzed.cluster().get(name).cloned());
    let expected = ["media.s3.eu-west-1.amazonaws.com", "", "eu-west-1", "shop-1"]
        .map(|value| Some(if value.is_empty() { Value::Null } else { Value::from(value) }));
    assert_eq!(told[..4], expected);
    assert_eq!(told[4..], [None, None, None, None]);
}

#[test]
fn the_id_of_a_cluster_depends_on_its_values_alone() {
    let id = |logs: &Logs, arguments: &[&str]| logs.analyzed(arguments).cluster()["id"].clone();
    let one = Logs::of(refused("A"));
    let more = Logs::of(refused("B") + &refused("C") + &accepted("D"));
    assert_eq!(id(&one, &[]), id(&more, &[]));
    assert_eq!(
        id(&one, &["--group-by", "region,endpoint"]),
        id(&more, &["--group-by", "endpoint,region"])
    );
    assert_ne!(id(&one, &[]), id(&one, &["--group-by", "endpoint"]));
    let other = Logs::of(refused("A").replace("app/shop-1", "app/shop-2"));
    assert_ne!(id(&one, &[]), id(&other, &[]));
}

#[test]
fn a_wrong_line_of_markers_is_an_error_that_names_it() {
    let logs = Logs::of(refused("A"));
    let good = marker("2026-04-15T07:00:00Z", "v1");
    for wrong in [
        "{\"time\":\"2026-04-15T07:00:00Z\"",
        "deploy at seven",
        "{\"time\":\"at seven\",\"version\":\"v1\"}",
        "{\"time\":\"2026-04-15T07:00:00Z\"}",
        "{\"time\":\"2026-04-15T07:00:00Z\",\"version\":\"\"}",
        "{\"time\":\"2026-04-15T07:00:00Z\",\"version\":\"v1\",\"match\":{\"colour\":\"red\"}}",
        "{\"time\":\"2026-04-15T07:00:00Z\",\"version\":\"v1\",\"match\":{\"endpoint\":7}}",
    ] {
        let markers = Logs::of(format!("{good}\n{wrong}\n"));
        let path = markers.path().join("log");
        let end = sigdrift()
            .arg("analyze")
            .arg(logs.path())
            .arg("--deploys")
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(code(&end), Some(2), "{wrong}");
        let told = text(&end.stderr);
        assert!(told.contains("line 3") && told.contains(path.to_str().unwrap()), "{told}");
    }
}

#[test]
fn a_marker_names_the_version_where_nothing_better_does() {
    let nameless = refused("A").replace(" app/shop-1", "");
    let logs = Logs::of(nameless.clone() + &refused("B"));
    let deploys = Logs::of(
        marker("2026-04-15T07:00:00Z", "early")
            + &marker("2026-04-15T07:42:00Z", "now").replace(
                '}',
                ",\"match\":{\"endpoint\":\"MEDIA.s3.eu-west-1.amazonaws.com:443\"}}",
            )
            + &marker("2026-04-15T07:42:00Z", "elsewhere")
                .replace('}', ",\"match\":{\"bucket\":\"other\"}}")
            + &marker("2026-04-15T07:43:00Z", "late"),
    );
    let path = deploys.path().join("log");
    let analyzed = logs.analyzed(&["--deploys", path.to_str().unwrap(), "--group-by", "deploy"]);
    let clusters = analyzed.json["clusters"].as_array().unwrap();
    let mut versions: Vec<&str> =
        clusters.iter().map(|cluster| cluster["deploy_version"].as_str().unwrap()).collect();
    versions.sort_unstable();
    assert_eq!(versions, ["now", "shop-1"]);
    let changes: Vec<&str> = analyzed.json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["what"].as_str().unwrap())
        .collect();
    for version in ["early", "now", "elsewhere", "late"] {
        assert!(
            changes.iter().any(|what| what.starts_with(&format!("deploy {version}"))),
            "{changes:?}"
        );
    }
}

#[test]
fn one_request_in_every_kind_of_log_is_one() {
    let logs = Logs::new();
    logs.add("text", refused("A") + &refused("A"));
    logs.add("json", json_record("A"));
    logs.add("captured", captured("A"));
    logs.add(
        "cloudtrail",
        event("A")
            .replace("\"requestID\"", "\"errorCode\":\"SignatureDoesNotMatch\",\"requestID\"")
            + "\n",
    );
    let analyzed = logs.analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.requests(), analyzed.failures()), (Some(0), 1, 1));
    assert_eq!(analyzed.source(Some("s3-access-log")), Some([1, 2, 0, 0]));
    let cluster = analyzed.cluster();
    assert_eq!(cluster["access_key_id"], crate::lines::KEY_ID);
    assert_eq!(cluster["requests"], 1);
}
