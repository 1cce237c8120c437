//! Times as logs write them, minutes, and the window of an analysis.
//!
//! Inside this crate a time is `i64` seconds since 1970-01-01T00:00:00Z, and a minute is `u32`
//! minutes since then, so that nothing here knows a clock or a time zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Minutes since 1970.
pub type Minute = u32;

/// The minute that a time belongs to. Times before 1970 belong to minute 0.
#[must_use]
pub fn minute_of(seconds: i64) -> Minute {
    u32::try_from(seconds.div_euclid(60).max(0)).unwrap_or(u32::MAX)
}

/// The first second of a minute.
#[must_use]
pub fn start_of(minute: Minute) -> i64 {
    i64::from(minute) * 60
}

/// A time as RFC 3339 in UTC: `2026-04-15T07:42:00Z`.
#[must_use]
pub fn rfc3339(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// Reads RFC 3339, with or without a fraction; without an offset it is taken as UTC.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    if let Some(seconds) = parse_plain(text.as_bytes()) {
        return Some(seconds);
    }
    let text = text.trim();
    text.parse::<Timestamp>().map(|time| time.as_second()).ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
    })
}

/// Reads the form of RFC 3339 that AWS's logs have: `2026-04-15T07:42:00Z`.
fn parse_plain(text: &[u8]) -> Option<i64> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let fixed = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
    if fixed.iter().any(|&(at, byte)| text[at] != byte) {
        return None;
    }
    let digit = |at: usize| text[at].is_ascii_digit().then(|| text[at] as i8 - b'0' as i8);
    let pair = |at| Some(10 * digit(at)? + digit(at + 1)?);
    let year = 100 * i16::from(pair(0)?) + i16::from(pair(2)?);
    let (month, day) = (pair(5)?, pair(8)?);
    let (hour, minute, second) = (pair(11)?, pair(14)?, pair(17)?);
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(Offset::UTC.to_timestamp(civil).ok()?.as_second())
}

/// Reads the compact form of `X-Amz-Date`: `20260415T074200Z`.
#[must_use]
pub fn parse_amz_date(text: &str) -> Option<i64> {
    if text.len() != 16 || text.as_bytes()[8] != b'T' || text.as_bytes()[15] != b'Z' {
        return None;
    }
    text.parse::<Timestamp>().map(|time| time.as_second()).ok()
}

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Reads the time of access logs, `06/Feb/2019:00:00:38 +0000`, without its brackets.
#[must_use]
pub fn parse_access_log_time(text: &[u8]) -> Option<i64> {
    let text: &[u8; 26] = text.try_into().ok()?;
    let fixed = [(2, b'/'), (6, b'/'), (11, b':'), (14, b':'), (17, b':'), (20, b' ')];
    if fixed.iter().any(|&(at, byte)| text[at] != byte) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        text[range]
            .iter()
            .try_fold(0_i16, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i16::from(b - b'0')))
    };
    let small = |range| number(range).and_then(|n| i8::try_from(n).ok());
    let month = MONTHS.iter().position(|name| name[..] == text[3..6])?;
    let civil = DateTime::new(
        number(7..11)?,
        i8::try_from(month + 1).ok()?,
        small(0..2)?,
        small(12..14)?,
        small(15..17)?,
        small(18..20)?.min(59),
        0,
    )
    .ok()?;
    let east = match text[21] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let offset = east * (i64::from(number(22..24)?) * 3600 + i64::from(number(24..26)?) * 60);
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second() - offset)
}

/// The span of an analysis in whole minutes: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first minute, or everything before.
    pub from: Option<Minute>,
    /// The minute after the last, or everything after.
    pub to: Option<Minute>,
}

impl Window {
    /// The window of whole minutes that holds all seconds from `from` up to, not including, `to`.
    #[must_use]
    pub fn new(from: Option<i64>, to: Option<i64>) -> Self {
        Self { from: from.map(minute_of), to: to.map(|to| minute_of(to.saturating_add(59))) }
    }

    /// Whether a minute belongs to the window.
    #[must_use]
    pub fn holds(&self, minute: Minute) -> bool {
        self.from.is_none_or(|from| minute >= from) && self.to.is_none_or(|to| minute < to)
    }

    /// Whether a time belongs to the window. An unknown time belongs only to the unlimited one.
    #[must_use]
    pub fn holds_time(&self, seconds: Option<i64>) -> bool {
        match seconds {
            Some(seconds) => self.holds(minute_of(seconds)),
            None => self.from.is_none() && self.to.is_none(),
        }
    }
}

/// How long something lasted, to two or three digits: `90 s`, `58 minutes`, `30 hours`, `12 days`.
#[must_use]
pub fn lasting(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} minutes", seconds / MINUTE),
        7_200..172_800 => format!("{} hours", seconds / HOUR),
        _ => format!("{} days", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_access_log_times() {
        let time = parse_access_log_time(b"06/Feb/2019:00:00:38 +0000").unwrap();
        assert_eq!(rfc3339(time), "2019-02-06T00:00:38Z");
        let east = parse_access_log_time(b"06/Feb/2019:02:00:38 +0200").unwrap();
        assert_eq!(time, east);
        for wrong in
            ["06/Feb/2019:00:00:38", "31/Feb/2019:00:00:38 +0000", "06/Foo/2019:00:00:38 +0000"]
        {
            assert_eq!(parse_access_log_time(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn plain_times_are_read_as_any_others(
            text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z",
            odd in proptest::option::weighted(0.2, (0..20_usize, "[ -~]")),
        ) {
            let mut text = text;
            if let Some((at, odd)) = odd {
                text.replace_range(at..=at, &odd);
            }
            if let Some(seconds) = parse_plain(text.as_bytes()) {
                let expected: Timestamp = text.parse().unwrap();
                proptest::prop_assert_eq!(seconds, expected.as_second());
            }
        }
    }

    #[test]
    fn reads_amz_dates_and_rfc3339() {
        assert_eq!(parse_amz_date("20260415T074200Z"), parse_rfc3339("2026-04-15T07:42:00.000Z"));
        assert_eq!(
            parse_rfc3339("2026-04-15T09:42:00+02:00"),
            parse_rfc3339("2026-04-15 07:42:00")
        );
        assert!(parse_plain(b"2026-04-15T07:42:00Z").is_some());
        assert_eq!(parse_plain(b"2026-02-30T07:42:00Z"), None);
        assert_eq!(parse_amz_date("2026-04-15T074200"), None);
        assert_eq!(parse_amz_date("20261315T074200Z"), None);
    }

    #[test]
    fn a_window_is_widened_to_whole_minutes_and_excludes_its_end() {
        let at = |text| parse_rfc3339(text).unwrap();
        let window =
            Window::new(Some(at("2026-04-15T07:42:30Z")), Some(at("2026-04-15T07:44:01Z")));
        assert!(window.holds_time(Some(at("2026-04-15T07:42:00Z"))));
        assert!(window.holds_time(Some(at("2026-04-15T07:44:59Z"))));
        assert!(!window.holds_time(Some(at("2026-04-15T07:45:00Z"))));
        assert!(!window.holds_time(None) && Window::default().holds_time(None));
        let whole = Window::new(None, Some(at("2026-04-15T07:44:00Z")));
        assert!(!whole.holds_time(Some(at("2026-04-15T07:44:00Z"))));
    }

    #[test]
    fn a_span_is_told_to_the_digits_that_matter() {
        let told = [30, 119, 120, 7_199, 7_200, 172_799, 172_800, 40 * 86_400].map(lasting);
        let expected = [
            "30 s",
            "119 s",
            "2 minutes",
            "119 minutes",
            "2 hours",
            "47 hours",
            "2 days",
            "40 days",
        ];
        assert_eq!(told, expected);
    }
}
