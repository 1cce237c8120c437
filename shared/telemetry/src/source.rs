//! Where a record comes from: the kinds of log, and the place of a record in one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of log that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// S3 server access logs as text.
    S3AccessLog,
    /// S3 server access logs as JSON, as CloudWatch Logs holds them.
    S3AccessLogJson,
    /// CloudTrail records.
    #[serde(rename = "cloudtrail")]
    CloudTrail,
    /// Errors that an application captured with both sides' texts.
    CapturedError,
    /// Application logs in which a client printed an error.
    ApplicationLog,
}

impl SourceKind {
    /// Every kind, in the order in which one is believed before another when two saw one request:
    /// the server's own logs first.
    pub const ALL: [Self; 5] = [
        Self::S3AccessLog,
        Self::S3AccessLogJson,
        Self::CloudTrail,
        Self::CapturedError,
        Self::ApplicationLog,
    ];

    /// The public word, for example `s3-access-log`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::S3AccessLog => "s3-access-log",
            Self::S3AccessLogJson => "s3-access-log-json",
            Self::CloudTrail => "cloudtrail",
            Self::CapturedError => "captured-error",
            Self::ApplicationLog => "application-log",
        }
    }

    /// The traffic that this kind of log shows whole, failing and succeeding requests alike.
    #[must_use]
    pub fn traffic(self) -> Option<Traffic> {
        match self {
            Self::S3AccessLog | Self::S3AccessLogJson => Some(Traffic::S3),
            Self::CloudTrail => Some(Traffic::CloudTrail),
            Self::CapturedError | Self::ApplicationLog => None,
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A body of traffic that is counted once, whichever of its logs tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Traffic {
    /// What S3's access logs show, as text or JSON.
    S3,
    /// What CloudTrail shows.
    CloudTrail,
}

/// Where in an object a record or a problem stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The object as a whole.
    Whole,
    /// A line, counted from 1.
    Line(u64),
    /// An event of the log delivery that stands on a line, both counted from 1.
    Event {
        /// The line.
        line: u64,
        /// The number of the event.
        number: u64,
    },
    /// An element of an array, counted from 1, and the byte where it begins.
    Element {
        /// Its number, counted from 1.
        number: u64,
        /// The offset of its first byte in the decompressed object.
        byte: u64,
    },
    /// A byte offset in the decompressed object.
    Byte(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole object"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Event { line, number } => write!(f, "line {line}, event {number}"),
            Self::Element { number, byte } => write!(f, "record {number} (byte {byte})"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
        }
    }
}
