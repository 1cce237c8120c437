//! `sigdrift explain` on what is damaged, hostile or large: it ends soon.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::explain::rewritten;
use crate::run::{Logs, code, sigdrift, text};

/// How explaining one text ended, and that it ended soon.
fn soon(content: impl AsRef<[u8]>, most: u64) -> Output {
    let folder = Logs::of(content);
    let began = Instant::now();
    let end = sigdrift().arg("explain").arg(folder.path().join("log")).output().unwrap();
    assert!(matches!(code(&end), Some(0 | 2)), "{}", text(&end.stderr));
    assert!(began.elapsed() < Duration::from_secs(most), "{:?}", began.elapsed());
    assert!(end.stdout.len() < 64 << 10 && end.stderr.len() < 4 << 10);
    end
}

#[test]
fn damaged_and_hostile_texts_end_soon() {
    let (log, body) = rewritten();
    for end in [body.len() / 3, body.len() / 2, body.len() - 40] {
        soon(&body[..end], 20);
        soon(format!("{log}{}", &body[..end]), 20);
    }
    let laughs: String = (1..10)
        .map(|at| format!("<!ENTITY l{at} \"{}\">", format!("&l{};", at - 1).repeat(10)))
        .collect();
    let bomb = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE Error [<!ENTITY l0 \"lol\">{laughs}]><Error><Code>SignatureDoesNotMatch</Code><Message>&l9;</Message></Error>"
    );
    soon(bomb, 20);
    soon(body.replace("/k\n", "/%zz%%2%\u{0}%C3%28%\n"), 20);
    let headers: String = (0..5_000).map(|at| format!("x-h-{at:04}:{at}\n")).collect();
    let many = body.replace("host:media", &format!("{headers}host:media"));
    soon(&many, 40);
    soon("\u{0}\u{1}\u{ff}".repeat(1 << 16), 20);
}

#[test]
fn thousands_of_headers_on_both_sides_end_soon() {
    let (log, body) = rewritten();
    let headers: String = (0..5_000).map(|at| format!("x-h-{at:04}:{at}\n")).collect();
    let with = |text: &str| text.replace("host:media", &format!("{headers}host:media"));
    soon(with(&log) + &with(&body), 60);
}

#[test]
fn a_debug_log_of_50_megabytes_is_answered() {
    let (log, body) = rewritten();
    let line = "2026-04-15 07:42:00,100 - MainThread - urllib3.connectionpool - DEBUG - https://media.s3.eu-west-1.amazonaws.com:443 \"PUT /k HTTP/1.1\" 200 0\n";
    let half = line.repeat((25 << 20) / line.len());
    let end = soon(format!("{half}{log}{body}\n{half}"), 60);
    assert!(text(&end.stdout).starts_with("header-changed (accept-encoding), proven"));
}
