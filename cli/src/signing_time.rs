//! The time of a signature, as users write it and as requests carry it.

use std::str::FromStr;

use jiff::Timestamp;
use sigdrift_telemetry::time::{parse_amz_date, parse_rfc3339, rfc3339};

/// A moment, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningTime(pub i64);

/// A text that is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write 2026-04-15T07:42:00Z or 20260415T074200Z")]
pub struct NoTime;

impl FromStr for SigningTime {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        parse_rfc3339(text).or_else(|| parse_amz_date(text)).map(Self).ok_or(NoTime)
    }
}

impl SigningTime {
    /// This moment.
    pub fn now() -> Self {
        Self(Timestamp::now().as_second())
    }

    /// `YYYYMMDDTHHMMSSZ`, as `X-Amz-Date` has it.
    pub fn amz(self) -> String {
        rfc3339(self.0).replace(['-', ':'], "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let time: SigningTime = "2015-08-30T12:36:00Z".parse().unwrap();
        assert_eq!(time.amz(), "20150830T123600Z");
        assert_eq!(time.amz().parse(), Ok(time));
        assert_eq!("2015-08-30T14:36:00+02:00".parse(), Ok(time));
        assert_eq!("noon".parse::<SigningTime>(), Err(NoTime));
    }
}
