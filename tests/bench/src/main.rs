//! Writes a log to measure on: the same arguments write the same bytes.
//!
//! `corpus access-log --bytes 1GB --out FILE [--seed 1]`: one day of S3 server access log lines.
//! The CloudTrail files come from `cloudtrail_corpus.py`, next to this package's manifest.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access_log;
mod random;

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: corpus access-log --bytes N[kB|MB|GB] --out FILE [--seed N]";

/// What to write, and where.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    bytes: u64,
    seed: u64,
    out: PathBuf,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(order) = parse(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match write(&order) {
        Ok(lines) => {
            eprintln!("{}: {lines} lines", order.out.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", order.out.display());
            ExitCode::from(2)
        }
    }
}

/// Writes beside the file and renames, so that a file which is there is whole.
fn write(order: &Order) -> io::Result<u64> {
    let mut unfinished = order.out.clone().into_os_string();
    unfinished.push(".unfinished");
    let mut out = File::create(&unfinished)?;
    let lines = access_log::write(order.bytes, order.seed, &mut out)?;
    out.flush()?;
    std::fs::rename(&unfinished, &order.out)?;
    Ok(lines)
}

fn parse(arguments: &[String]) -> Option<Order> {
    let (kind, options) = arguments.split_first()?;
    if kind != "access-log" || options.len() % 2 != 0 {
        return None;
    }
    let (mut bytes, mut seed, mut out) = (None, 1, None);
    for pair in options.chunks_exact(2) {
        match pair[0].as_str() {
            "--bytes" => bytes = Some(size(&pair[1])?),
            "--seed" => seed = pair[1].parse().ok()?,
            "--out" => out = Some(PathBuf::from(&pair[1])),
            _ => return None,
        }
    }
    Some(Order { bytes: bytes?, seed, out: out? })
}

/// `1GB` is 1,000,000,000 bytes.
fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_in_any_order() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let order = Order { bytes: 1_000_000_000, seed: 7, out: "a.log".into() };
        assert_eq!(
            parse(&words("access-log --out a.log --seed 7 --bytes 1GB")).as_ref(),
            Some(&order)
        );
        for wrong in ["access-log --out a.log", "access-log --bytes 1GiB --out a", "other --seed 1"]
        {
            assert_eq!(parse(&words(wrong)), None, "{wrong}");
        }
    }
}
