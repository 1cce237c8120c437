//! Times as logs print them before a line, and as JSON records hold them.

use jiff::{civil::DateTime, fmt::strtime::BrokenDownTime, tz::TimeZone};

use super::text::cap;

/// How far into a line its time may begin.
const REACH: usize = 64;

/// Times with a date as loggers print them, for
/// [`strtime`](https://docs.rs/jiff/latest/jiff/fmt/strtime/index.html).
const FORMATS: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S",
    "%d-%b-%Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "%a %b %d %H:%M:%S%.f %Y",
    "%a, %d %b %Y %H:%M:%S",
    "%y/%m/%d %H:%M:%S",
];

/// The time that stands near the start of a line, in Unix seconds. Without a zone it is UTC.
pub(super) fn of_line(line: &str) -> Option<i64> {
    let head = cap(line, REACH);
    if !has_clock(head) {
        return None;
    }
    let mut before = b' ';
    for (at, byte) in head.bytes().enumerate() {
        let starts = byte.is_ascii_digit() || byte.is_ascii_uppercase();
        if starts
            && !before.is_ascii_alphanumeric()
            && !b"-/.:".contains(&before)
            && let Some(time) = text(&line[at..])
        {
            return Some(time);
        }
        before = byte;
    }
    None
}

/// The time at the start of `text`, in Unix seconds.
pub(super) fn text(text: &str) -> Option<i64> {
    let text = cap(text, REACH);
    FORMATS.iter().find_map(|format| {
        let (parsed, taken) = BrokenDownTime::parse_prefix(format, text).ok()?;
        // A year of two digits is read by the last format only.
        let local = parsed.to_datetime().ok().filter(|local| local.year() > 1970)?;
        seconds(local, text.get(taken..).unwrap_or(""))
    })
}

/// A number as JSON records hold times: seconds, milli-, micro- or nanoseconds since 1970.
pub(super) fn number(value: f64) -> Option<i64> {
    // Bounds that keep the four units apart for the years 2001 to 2286.
    let seconds = match value {
        v if (1e9..1e10).contains(&v) => v,
        v if (1e12..1e13).contains(&v) => v / 1e3,
        v if (1e15..1e16).contains(&v) => v / 1e6,
        v if (1e18..1e19).contains(&v) => v / 1e9,
        _ => return None,
    };
    Some(seconds as i64)
}

/// Whether a clock time (`16:21:11`) stands near the start of a line.
pub(super) fn has_clock(line: &str) -> bool {
    let bytes = line.as_bytes();
    let bytes = &bytes[..bytes.len().min(REACH)];
    let mut from = 0;
    while let Some(found) = memchr::memchr(b':', &bytes[from..]) {
        let at = from + found;
        if is_clock(bytes, at) {
            return true;
        }
        from = at + 1;
    }
    false
}

/// Whether the colon at `at` is the first of `hh:mm:ss`.
fn is_clock(bytes: &[u8], at: usize) -> bool {
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_digit())
    };
    digit(at.checked_sub(1))
        && digit(Some(at + 1))
        && digit(Some(at + 2))
        && bytes.get(at + 3) == Some(&b':')
        && digit(Some(at + 4))
}

fn seconds(local: DateTime, after: &str) -> Option<i64> {
    let utc = local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some(utc - offset(after))
}

/// The zone offset, in seconds, that follows a time: `.123Z`, `,123 +0200`, `+02:00`.
fn offset(after: &str) -> i64 {
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let sign = match rest.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return 0,
    };
    let digits = rest[1..].replacen(':', "", 1);
    let number = |range: std::ops::Range<usize>| {
        digits
            .get(range)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse::<i64>().ok())
    };
    match (number(0..2), number(2..4)) {
        (Some(hours), Some(minutes)) if hours < 15 && minutes < 60 => {
            sign * (hours * 3600 + minutes * 60)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_a_line_are_read_in_the_forms_of_common_loggers() {
        let time = "2026-04-15T07:42:13Z".parse::<jiff::Timestamp>().unwrap().as_second();
        for line in [
            "2026-04-15T07:42:13.123Z\t8f4f2f5e-1b0e-4f52-9d63-0a0a6c4c1f10\tERROR\tx",
            "[ERROR] 2026-04-15T07:42:13.123Z 8f4f2f5e-1b0e-4f52-9d63-0a0a6c4c1f10 x",
            "2026-04-15 07:42:13,123 ERROR uploader x",
            "2026-04-15 09:42:13,123 +0200 ERROR x",
            "2026-04-15T02:42:13-05:00 host app[1]: x",
            "2026/04/15 07:42:13 ERROR : x",
            "2026/04/15 07:42:13 [error] 31#31: *1 x",
            "10.0.0.1 - - [15/Apr/2026:09:42:13 +0200] \"GET\"",
            "Apr 15, 2026 7:42:13 AM com.example.Upload run",
            "[Wed Apr 15 07:42:13.033000 2026] [proxy:error] x",
            "15-Apr-2026 07:42:13.123 SEVERE x",
            "26/04/15 07:42:13 ERROR Utils: x",
            "E, [2026-04-15T07:42:13.463251 #15556] ERROR -- : x",
            "<34>1 2026-04-15T07:42:13.003Z host su - ID47 - x",
            "time=\"2026-04-15T07:42:13Z\" level=error",
        ] {
            assert_eq!(of_line(line), Some(time), "{line}");
        }
        for line in
            ["Apr 15 07:42:13 host app: no year", "07:42:13 no date", "x", "9999-99-99 99:99:99"]
        {
            assert_eq!(of_line(line), None, "{line}");
        }
    }

    #[test]
    fn numbers_are_times_in_four_units() {
        for value in [1_776_238_933.5, 1_776_238_933_500.0, 1_776_238_933_500_000.0] {
            assert_eq!(number(value), Some(1_776_238_933));
        }
        assert_eq!(number(403.0), None);
    }
}
