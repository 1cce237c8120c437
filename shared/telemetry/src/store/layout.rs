//! How objects in a store are named.
//!
//! ```text
//! segments/dt=2026-04-15/hour=07/<id>.json.gz            the segment of one source
//! segments/dt=2026-04-15/hour=07/replacing-<id>.json.gz  one that replaces others of that hour
//! segments/dt=2026-04-15/hour=day/replacing-<id>.json.gz one that replaces those of all its hours
//! segments/dt=2026-04-15/hour=07/partial-<id>.json.gz    what could be read of a source that could not be read
//! ```
//!
//! `dt` and `hour` are when the source was delivered, in UTC: what a log tells of is older.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};

use crate::segment::Segment;
use crate::tally::SourceId;

/// What every segment's name begins with.
pub const SEGMENTS: &str = "segments/";
const SUFFIX: &str = ".json.gz";

/// A day, or an hour of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// The day, in UTC.
    pub day: Date,
    /// The hour; `None` for what belongs to the day as a whole.
    pub hour: Option<u8>,
}

impl Partition {
    /// The hour that a time belongs to, in seconds since 1970. Times that no calendar has belong to
    /// the first hour of 1970.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let civil = Offset::UTC.to_datetime(time);
        Self { day: civil.date(), hour: Some(civil.hour().unsigned_abs()) }
    }

    /// The day that it belongs to.
    #[must_use]
    pub fn whole_day(self) -> Self {
        Self { hour: None, ..self }
    }

    /// When it begins, in seconds since 1970.
    #[must_use]
    pub fn start(self) -> i64 {
        let hour = i64::from(self.hour.unwrap_or(0));
        let midnight = self.day.at(0, 0, 0, 0);
        Offset::UTC.to_timestamp(midnight).map_or(0, Timestamp::as_second) + 3600 * hour
    }

    /// When it ends, in seconds since 1970.
    #[must_use]
    pub fn end(self) -> i64 {
        self.start() + if self.hour.is_some() { 3600 } else { 24 * 3600 }
    }

    /// What the names of its segments begin with.
    #[must_use]
    pub fn prefix(self) -> String {
        match self.hour {
            Some(hour) => format!("{}hour={hour:02}/", prefix_of_day(self.day)),
            None => format!("{}hour=day/", prefix_of_day(self.day)),
        }
    }
}

/// What the names of all segments of a day begin with, its hours' included.
#[must_use]
pub fn prefix_of_day(day: Date) -> String {
    format!("{SEGMENTS}dt={day}/")
}

/// The days that these times, in seconds since 1970, and all between them belong to.
pub fn days(from: i64, to: i64) -> impl Iterator<Item = Date> {
    let first = Partition::of(from).day;
    let last = Partition::of(to).day;
    first.series(Span::new().days(1)).take_while(move |day| *day <= last)
}

/// What a segment stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One source.
    Source,
    /// Other segments too: it is a rollup of them, or tells of a file that was shorter then.
    Replacing,
    /// A source that could not be read to its end. It counts as long as nothing else tells of that
    /// source.
    Partial,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Replacing, Self::Partial, Self::Source];

    /// What stands before the id in a name.
    fn mark(self) -> &'static str {
        match self {
            Self::Source => "",
            Self::Replacing => "replacing-",
            Self::Partial => "partial-",
        }
    }
}

/// Where a segment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Its partition.
    pub partition: Partition,
    /// What it stands for.
    pub kind: Kind,
    /// What tells it from any other.
    pub id: SourceId,
}

impl Place {
    /// The place of a segment in its partition.
    #[must_use]
    pub fn of(partition: Partition, segment: &Segment) -> Self {
        let kind = if segment.replaces.is_empty() { Kind::Source } else { Kind::Replacing };
        Self { partition, kind, id: segment.id() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}{SUFFIX}", self.partition.prefix(), self.kind.mark(), self.id)
    }
}

/// A name that is not a segment's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not named as a segment is")]
pub struct NotASegment;

impl FromStr for Place {
    type Err = NotASegment;

    fn from_str(name: &str) -> Result<Self, NotASegment> {
        let parts = || {
            let (partition, file) = name.strip_prefix(SEGMENTS)?.rsplit_once('/')?;
            let (day, hour) = partition.strip_prefix("dt=")?.split_once("/hour=")?;
            let hour = match hour {
                "day" => None,
                hour => Some(hour.parse::<u8>().ok().filter(|hour| *hour < 24)?),
            };
            let id = file.strip_suffix(SUFFIX)?;
            let mut kinds = Kind::ALL.into_iter();
            let (kind, id) = kinds.find_map(|kind| Some((kind, id.strip_prefix(kind.mark())?)))?;
            let partition = Partition { day: day.parse().ok()?, hour };
            Some(Self { partition, kind, id: id.parse().ok()? })
        };
        parts().filter(|place| place.to_string() == name).ok_or(NotASegment)
    }
}

/// When a log object was delivered, as its name tells: S3 ends the names of access logs with
/// `YYYY-mm-DD-HH-MM-SS-` and a unique string
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html>), and `CloudTrail` those of its files with
/// `_YYYYMMDDTHHmmZ_` and one
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html>).
#[must_use]
pub fn delivered(key: &str) -> Option<i64> {
    let file = key.rsplit('/').next().unwrap_or(key);
    let utc = |time: &str| time.parse::<Timestamp>().ok().map(Timestamp::as_second);
    let access_log = || {
        let (time, unique) = file.get(file.len().checked_sub(36)?..)?.split_at_checked(19)?;
        if !unique.starts_with('-') || !unique[1..].bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        let mut parts = time.split('-');
        let mut next =
            || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let (year, month, day) = (next()?, next()?, next()?);
        let (hour, minute, second) = (next()?, next()?, next()?);
        utc(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
    };
    let trail = || {
        let time = file.split('_').find(|part| part.len() == 14 && part.ends_with('Z'))?;
        let (day, rest) = time.split_once('T')?;
        utc(&format!("{day}T{}00Z", rest.strip_suffix('Z')?))
    };
    access_log().or_else(trail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::parse_rfc3339;

    #[test]
    fn names_are_read_as_they_are_written() {
        let id = SourceId([0xab; 32]);
        let time = parse_rfc3339("2026-04-15T07:42:00Z").unwrap();
        let place = Place { partition: Partition::of(time), kind: Kind::Source, id };
        let hex = "ab".repeat(32);
        assert_eq!(place.to_string(), format!("segments/dt=2026-04-15/hour=07/{hex}.json.gz"));
        let day = place.partition.whole_day();
        let rollup = Place { partition: day, kind: Kind::Replacing, id };
        let name = format!("segments/dt=2026-04-15/hour=day/replacing-{hex}.json.gz");
        assert_eq!((rollup.to_string(), name.parse()), (name, Ok(rollup)));
        assert_eq!((day.start(), day.end()), (time - 7 * 3600 - 42 * 60, day.start() + 86_400));
        assert_eq!(Partition::of(place.partition.end() - 1), place.partition);
        for wrong in [
            "",
            "segments/",
            "segments/dt=2026-04-15/hour=7/x.json.gz",
            &format!("segments/dt=2026-04-15/hour=24/{hex}.json.gz"),
            &format!("segments/dt=2026-04-31/hour=07/{hex}.json.gz"),
            &format!("segments/dt=2026-04-15/hour=7/{hex}.json.gz"),
            &format!("segments/dt=2026-04-15/hour=07/{hex}.json"),
            &format!("other/dt=2026-04-15/hour=07/{hex}.json.gz"),
        ] {
            assert_eq!(wrong.parse::<Place>(), Err(NotASegment), "{wrong}");
        }
    }

    #[test]
    fn delivery_times_are_read_from_names() {
        let at = |key| delivered(key).map(crate::time::rfc3339);
        let time = Some("2026-04-15T07:42:09Z".to_owned());
        assert_eq!(at("logs/2026-04-15-07-42-09-0123456789ABCDEF"), time);
        assert_eq!(
            at("111122223333/eu-west-1/media/2026/04/15/2026-04-15-07-42-09-0123456789ABCDEF"),
            time
        );
        assert_eq!(
            at(
                "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/04/15/111122223333_CloudTrail_eu-west-1_20260415T0740Z_Ab1.json.gz"
            ),
            Some("2026-04-15T07:40:00Z".to_owned())
        );
        for unknown in [
            "",
            "app.log",
            "é2026-04-15-07-42-09-0123456789ABCDE",
            "2026-13-45-07-42-09-0123456789ABCDEF",
        ] {
            assert_eq!(at(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_days_of_a_span_are_all_of_them() {
        let time = |text: &str| parse_rfc3339(text).unwrap();
        let days: Vec<_> =
            days(time("2026-02-27T23:59:59Z"), time("2026-03-01T00:00:00Z")).collect();
        let written: Vec<_> = days.iter().map(ToString::to_string).collect();
        assert_eq!(written, ["2026-02-27", "2026-02-28", "2026-03-01"]);
    }

    proptest! {
        #[test]
        fn every_time_has_a_partition_that_holds_it(seconds in 0..4_000_000_000_i64) {
            let partition = Partition::of(seconds);
            prop_assert!(partition.start() <= seconds && seconds < partition.end());
            let place = Place { partition, kind: Kind::Source, id: SourceId([7; 32]) };
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }
    }
}
