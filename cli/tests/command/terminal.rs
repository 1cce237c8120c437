//! What reaches a terminal: no colours unless they are wanted, and nothing that a log wrote to
//! command it.

use std::process::Command;

use crate::lines::{captured, event, json_record, marker, refused};
use crate::run::{Logs, code, sigdrift, text};

/// What a log may hold to command a terminal, as text and as it stands in JSON.
const COMMANDS: [&str; 6] =
    ["\u{1b}[2J", "\u{1b}]0;owned\u{7}", "\u{9b}31m", "\u{202e}", "\u{200f}", "\u{8}\u{8}\u{8}"];

/// Logs with such commands wherever a log has text, one file for each command.
fn hostile() -> Logs {
    let logs = Logs::new();
    for (number, command) in COMMANDS.into_iter().enumerate() {
        let quoted = serde_json::to_string(command).unwrap();
        let quoted = quoted.trim_matches('"');
        let percent: String = command.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let text = refused(&format!("T{number}"))
            .replace("shop-1", &format!("shop-{command}1"))
            .replace("Boto3", &format!("Boto3{command}"))
            .replace("REST.GET", &format!("REST{command}GET"))
            .replace("media.s3", &format!("me{command}dia.s3"))
            .replace("192.0.2.10", &format!("192.0.2.10{command}"))
            .replace("/k HTTP", &format!("/k?x-deploy=v{percent} HTTP"));
        let parameter = refused(&format!("P{number}"))
            .replace(" app/shop-1", "")
            .replace("/k HTTP", &format!("/k?x-deploy=v{percent} HTTP"));
        let record = json_record(&format!("J{number}"))
            .replace("shop-1", &format!("shop-{quoted}1"))
            .replace("SignatureDoesNotMatch", "InvalidToken")
            .replace("media", &format!("me{quoted}dia"));
        let error = captured(&format!("C{number}"))
            .replace("\"code\"", &format!("\"message\":\"Request has expired {quoted}\",\"deploy_version\":\"v{quoted}\",\"operation\":\"Get{quoted}\",\"code\""))
            .replace("SignatureDoesNotMatch", "AccessDenied")
            .replace("AKIAEXAMPLE", &format!("AKIA{quoted}"));
        let change = event(&format!("E{number}"))
            .replace("s3.amazonaws.com", "secretsmanager.amazonaws.com")
            .replace("GetObject", "PutSecretValue")
            .replace(
                "\"eventType\"",
                &format!("\"requestParameters\":{{\"secretId\":\"shop{quoted}\"}},\"eventType\""),
            )
            .replace(
                "\"type\":\"IAMUser\"",
                &format!("\"arn\":\"arn:aws:iam::111122223333:user/{quoted}\""),
            );
        logs.add(&format!("{number}/text"), format!("{text}{parameter}damaged {command}\n"));
        logs.add(&format!("{number}/json"), record + &format!("damaged {command}\n"));
        logs.add(&format!("{number}/captured"), error);
        logs.add(&format!("{number}/cloudtrail"), change + "\n");
        logs.add(&format!("{number}/named{command}"), "\u{1}\u{2}\u{3}\0".repeat(100));
    }
    logs
}

/// The characters that a terminal would obey.
fn obeyed(printed: &str) -> Vec<char> {
    printed
        .chars()
        .filter(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect()
}

#[test]
fn no_log_commands_the_terminal() {
    let logs = hostile();
    let deploys = logs.add("../deploys.jsonl", marker("2026-04-15T07:00:00Z", "v\\u001b[2J"));
    for arguments in [&[][..], &["--group-by", "endpoint,key,operation,client,deploy,bucket"]] {
        let end = sigdrift()
            .arg("analyze")
            .args(arguments)
            .arg("--deploys")
            .arg(&deploys)
            .arg(logs.path())
            .output()
            .unwrap();
        assert_eq!(code(&end), Some(3));
        for printed in [text(&end.stdout), text(&end.stderr)] {
            assert_eq!(obeyed(&printed), Vec::<char>::new(), "{printed}");
        }
    }
    std::fs::remove_file(deploys).unwrap();
}

#[test]
fn json_has_no_raw_control_characters() {
    let analyzed = hostile().analyzed(&[]);
    let raw: Vec<char> =
        analyzed.printed.chars().filter(|c| c.is_ascii_control() && *c != '\n').collect();
    assert_eq!(raw, Vec::<char>::new());
}

#[test]
fn errors_show_names_of_files_without_obeying_them() {
    let logs = Logs::new();
    let missing = logs.path().join("gone\u{1b}[2J");
    let end = sigdrift().arg("analyze").arg(&missing).output().unwrap();
    assert_eq!(code(&end), Some(2));
    assert_eq!(obeyed(&text(&end.stderr)), Vec::<char>::new());
    let deploys = logs.add("dep\u{1b}[2Jloys", "wrong \u{1b}[2J\n");
    logs.add("log", refused("A"));
    let end =
        sigdrift().arg("analyze").arg(logs.path()).arg("--deploys").arg(&deploys).output().unwrap();
    assert_eq!(code(&end), Some(2));
    assert_eq!(obeyed(&text(&end.stderr)), Vec::<char>::new(), "{}", text(&end.stderr));
}

#[test]
fn there_are_no_colours_without_a_terminal() {
    let logs = Logs::of(refused("A"));
    let end = sigdrift().arg("analyze").arg(logs.path()).output().unwrap();
    assert!(!end.stdout.contains(&0x1b) && !end.stderr.contains(&0x1b));
}

/// What the command prints to a terminal of so many columns, which `script` provides.
fn on_a_terminal(logs: &Logs, columns: usize, no_color: Option<&str>) -> String {
    let command = format!(
        "stty rows 24 cols {columns}; '{}' analyze '{}'",
        env!("CARGO_BIN_EXE_sigdrift"),
        logs.path().display()
    );
    let mut script = Command::new("script");
    script.args(["-qefc", &command, "/dev/null"]).env("TERM", "xterm-256color");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        script.env_remove(name);
    }
    script.envs(no_color.map(|value| ("NO_COLOR", value)));
    let end = script.stdin(std::process::Stdio::null()).output().unwrap();
    assert!(end.status.success(), "{}", text(&end.stderr));
    text(&end.stdout)
}

#[test]
fn no_color_is_obeyed_on_a_terminal() {
    let logs = Logs::of(refused("A").repeat(50));
    let plain = on_a_terminal(&logs, 80, Some("1"));
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    // An empty value is no request.
    assert_eq!(
        on_a_terminal(&logs, 80, Some("")).contains('\u{1b}'),
        on_a_terminal(&logs, 80, None).contains('\u{1b}')
    );
}

#[test]
fn output_is_as_wide_as_the_terminal() {
    // The endpoint and the version stand in one sentence, which is longer than any of these.
    let logs = Logs::of(refused("A").replace("shop-1", "shop-1-of-the-fifteenth-of-april"));
    let widest = |columns| {
        let printed = on_a_terminal(&logs, columns, Some("1"));
        printed.lines().map(|line| line.trim_end().chars().count()).max().unwrap()
    };
    let (narrow, usual, wide) = (widest(60), widest(80), widest(100));
    assert!(narrow <= 60 && usual <= 80 && wide <= 100, "{narrow} {usual} {wide}");
    assert!(usual > 60 && wide > 80, "{narrow} {usual} {wide}");
}
