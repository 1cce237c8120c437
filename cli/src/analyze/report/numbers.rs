//! Numbers, shares and times as people write them.

use sigdrift_telemetry::summary::Span;
use sigdrift_telemetry::time::parse_rfc3339;

/// A number with its thousands parted: `1,148`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut told = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// A number of things: `1 address`, `3 addresses`.
pub fn things(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A share as a percentage. What is not all is never shown as 100%, nor what is something as 0%.
pub fn percent(share: f64) -> String {
    match 100.0 * share {
        p if p > 99.0 && share < 1.0 => ">99%".to_owned(),
        p if p < 1.0 && share > 0.0 => "<1%".to_owned(),
        p => format!("{p:.0}%"),
    }
}

/// How times are shown: with their day only where the window has more than one.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The day of the window, in days since 1970, where it has one.
    day: Option<i64>,
    shows_day: bool,
}

impl Clock {
    /// The clock of a window.
    pub fn of(window: &Span) -> Self {
        let first = window.from.as_deref().and_then(day);
        // The end does not belong to the window.
        let last =
            window.to.as_deref().and_then(parse_rfc3339).map(|at| (at - 1).div_euclid(86_400));
        Self { day: first, shows_day: first != last }
    }

    /// The same clock, for other times besides, which may be of another day.
    pub fn with<'t>(self, mut times: impl Iterator<Item = &'t str>) -> Self {
        Self { shows_day: self.shows_day || times.any(|time| day(time) != self.day), ..self }
    }

    /// The width of a time, in columns.
    pub fn width(self) -> usize {
        if self.shows_day { 11 } else { 5 }
    }

    /// A time of RFC 3339, to the minute.
    pub fn time(self, rfc3339: Option<&str>) -> String {
        let Some(time) = rfc3339 else { return "?".to_owned() };
        let from = if self.shows_day { 5 } else { 11 };
        time.get(from..16).unwrap_or(time).replace('T', " ")
    }
}

/// The day of a time of RFC 3339, in days since 1970.
fn day(rfc3339: &str) -> Option<i64> {
    parse_rfc3339(rfc3339).map(|at| at.div_euclid(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([count(7), count(1148), count(1_234_567)], ["7", "1,148", "1,234,567"]);
        assert_eq!(
            [percent(1.0), percent(0.9999), percent(0.233), percent(0.0004), percent(0.0)],
            ["100%", ">99%", "23%", "<1%", "0%"]
        );
        assert_eq!(
            [things(1, "address", "addresses"), things(3, "address", "addresses")],
            ["1 address", "3 addresses"]
        );
    }

    #[test]
    fn the_day_is_shown_where_there_are_several() {
        let span =
            |from: &str, to: &str| Span { from: Some(from.to_owned()), to: Some(to.to_owned()) };
        let one = Clock::of(&span("2026-04-15T00:00:00Z", "2026-04-16T00:00:00Z"));
        assert_eq!(one.time(Some("2026-04-15T07:42:13Z")), "07:42");
        let two = Clock::of(&span("2026-04-15T00:00:00Z", "2026-04-16T00:01:00Z"));
        assert_eq!(two.time(Some("2026-04-15T07:42:13Z")), "04-15 07:42");
        assert_eq!(two.time(None), "?");
        // An incident may have begun on the day before the window.
        let with = |time| one.with([time].into_iter()).time(Some("2026-04-15T07:42:13Z"));
        assert_eq!(with("2026-04-15T23:59:00Z"), "07:42");
        assert_eq!(with("2026-04-14T23:59:00Z"), "04-15 07:42");
    }
}
