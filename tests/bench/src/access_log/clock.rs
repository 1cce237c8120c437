//! The day of the log: which second it is after which share of the lines, and how times are written.

use std::io::{self, Write};

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The second of the day after this share of the traffic: nights are quiet.
pub fn second_after(share: f64) -> i64 {
    let turn = std::f64::consts::TAU * share;
    #[expect(clippy::cast_possible_truncation, reason = "a day has few seconds")]
    let second = ((share + 0.09 * turn.sin()) * DAY as f64) as i64;
    second.clamp(0, DAY - 1)
}

/// As the access log writes it.
pub fn write_log_time(out: &mut Vec<u8>, second: i64) -> io::Result<()> {
    let (h, m, s) = clock(second);
    write!(out, "[15/Apr/2026:{h:02}:{m:02}:{s:02} +0000]")
}

/// As signatures write it. Seconds before the day belong to the day before.
pub fn write_amz_date(out: &mut Vec<u8>, second: i64) -> io::Result<()> {
    let day = if second < 0 { 14 } else { 15 };
    let (h, m, s) = clock(second.rem_euclid(DAY));
    write!(out, "202604{day}T{h:02}{m:02}{s:02}Z")
}

fn clock(second: i64) -> (i64, i64, i64) {
    (second / 3600, second / 60 % 60, second % 60)
}
