//! What there is to read in AWS, as users name it.

use std::fmt;
use std::str::FromStr;

use crate::events::{LogGroup, NotALogGroup, TrailAddress};
use crate::objects::{Address, AddressError};

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Log objects: `s3://bucket/prefix`.
    Objects(Address),
    /// CloudTrail's event history: `cloudtrail`, or of another region `cloudtrail:us-east-1`.
    Trail(TrailAddress),
    /// A log group: `logs:/log/group`.
    Logs(LogGroup),
}

const TRAIL: &str = "cloudtrail";

/// Why a text names nothing to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It is written as an object's address, and is none.
    #[error(transparent)]
    Objects(#[from] AddressError),
    /// It is written as a log group, and is none.
    #[error(transparent)]
    Logs(#[from] NotALogGroup),
    /// What should be a region is none.
    #[error("`{0}` names no region: write cloudtrail, or a region as in cloudtrail:us-east-1")]
    Region(String),
    /// It is written as nothing known.
    #[error("`{0}` is no source: there are s3://bucket/prefix, cloudtrail and logs:/log/group")]
    Unknown(String),
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if text.starts_with("s3://") {
            return Ok(Self::Objects(text.parse()?));
        }
        if let Some(group) = text.strip_prefix("logs:") {
            return Ok(Self::Logs(group.parse()?));
        }
        let rest = text.strip_prefix(TRAIL);
        let rest = rest.ok_or_else(|| SourceError::Unknown(text.to_owned()))?;
        if rest.is_empty() || rest == ":" {
            return Ok(Self::Trail(TrailAddress::default()));
        }
        let region = rest.strip_prefix(':').ok_or_else(|| SourceError::Unknown(text.to_owned()))?;
        let is_region = |region: &str| {
            // It becomes part of a host name.
            let is_allowed =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=32).contains(&region.len())
                && region.bytes().all(is_allowed)
                && !region.starts_with('-')
                && !region.ends_with('-')
        };
        match is_region(region) {
            true => Ok(Self::Trail(TrailAddress { region: Some(region.to_owned()) })),
            false => Err(SourceError::Region(text.to_owned())),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Objects(address) => address.fmt(f),
            Self::Trail(address) => address.fmt(f),
            Self::Logs(group) => group.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_as_it_is_written() {
        for text in [
            "s3://logs/AWSLogs/",
            "cloudtrail",
            "cloudtrail:us-east-1",
            "logs:/aws/lambda/checkout",
            "logs:group#1",
        ] {
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_trail_may_be_told_from_a_folder_by_its_colon() {
        assert_eq!("cloudtrail:".parse(), Ok(Source::Trail(TrailAddress::default())));
    }

    #[test]
    fn what_is_no_source_is_told() {
        for (text, expected) in [
            ("s3:///a", "names no bucket"),
            ("logs:", "is no name of a log group"),
            ("logs:a b", "is no name of a log group"),
            ("cloudtrail:evil.example/", "names no region"),
            ("cloudtrails", "is no source: there are s3://"),
            ("", "is no source"),
        ] {
            let told = text.parse::<Source>().unwrap_err().to_string();
            assert!(told.contains(expected), "{text}: {told}");
        }
    }
}
