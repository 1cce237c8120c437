//! Moments as users write them: RFC 3339, `now`, or a span before now.

use std::str::FromStr;

use crate::time::parse_rfc3339;

/// A moment, absolute or relative to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Seconds since 1970.
    At(i64),
    /// Seconds before now.
    Ago(i64),
}

/// A text that is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write 2026-04-15T07:42:00Z, now, or a span before now like -90s, -30m, -2h, -7d, -1w")]
pub struct NoMoment;

/// Units of a span, in seconds.
const UNITS: [(char, i64); 5] =
    [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 7 * 86_400)];

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        if text == "now" {
            return Ok(Self::Ago(0));
        }
        if let Some(span) = text.strip_prefix('-') {
            let (_, seconds) =
                UNITS.into_iter().find(|(unit, _)| span.ends_with(*unit)).ok_or(NoMoment)?;
            let number: i64 = span[..span.len() - 1].parse().map_err(|_| NoMoment)?;
            let ago = number.checked_mul(seconds).filter(|ago| *ago >= 0).ok_or(NoMoment)?;
            return Ok(Self::Ago(ago));
        }
        parse_rfc3339(text).map(Self::At).ok_or(NoMoment)
    }
}

impl Moment {
    /// The moment in seconds since 1970, at a time `now` in the same.
    #[must_use]
    pub fn seconds(self, now: i64) -> i64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Ago(ago) => now.saturating_sub(ago),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_users_write() {
        assert_eq!("-2h".parse(), Ok(Moment::Ago(7200)));
        assert_eq!("-7d".parse(), Ok(Moment::Ago(604_800)));
        assert_eq!("now".parse(), Ok(Moment::Ago(0)));
        assert_eq!("2026-04-15T07:42:00Z".parse(), Ok(Moment::At(1_776_238_920)));
        for wrong in ["yesterday", "-2", "-h", "--2h", "-99999999999999999w", "-2é"] {
            assert_eq!(wrong.parse::<Moment>(), Err(NoMoment), "{wrong}");
        }
    }
}
