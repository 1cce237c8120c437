//! What a CloudWatch Logs subscription delivers: log events in base64 and gzip, unpacked within
//! bounds.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>

use std::borrow::Cow;
use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;

use super::json_members::{Elements, at_path, elements, member, members, text};
use super::json_scan::Fault;

/// How large an unpacked delivery may be, in bytes. The service packs about 1 MiB of base64.
pub const LARGEST: usize = 64 << 20;

/// Why a delivery cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event has no text at `awslogs.data`.
    #[error("the event has no awslogs.data")]
    NoData,
    /// The data is not base64.
    #[error("awslogs.data is not base64")]
    Base64(#[from] base64::DecodeError),
    /// The data is not gzip, or is cut off.
    #[error("awslogs.data is not gzip")]
    Gzip(#[from] io::Error),
    /// The data is larger than the limit once it is unpacked.
    #[error("the delivery is larger than {0} bytes unpacked")]
    TooLarge(usize),
    /// What was packed is not the JSON of a delivery.
    #[error("the delivery is not JSON")]
    Json(#[source] Fault),
    /// The delivery lacks a member that every delivery has.
    #[error("the delivery has no {0}")]
    Missing(&'static str),
    /// A log event in the delivery lacks what every log event has.
    #[error("log event {0} has no message or timestamp")]
    Event(usize),
}

/// What a delivery is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// It holds log events.
    Data,
    /// The service tries whether the destination can be reached: nothing to read.
    Control,
}

/// A delivery, unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What it is for.
    pub message: Message,
    /// The log group, empty in a control message.
    pub log_group: String,
    /// The log stream, empty in a control message.
    pub log_stream: String,
    /// The account that owns the log group.
    pub owner: Option<String>,
    /// The delivery as it was packed.
    json: String,
}

/// One log event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent<'a> {
    /// The event's id, the same in every delivery of it.
    pub id: Cow<'a, str>,
    /// When it was logged, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// What was logged.
    pub message: Cow<'a, str>,
}

impl Envelope {
    /// Unpacks the event that a function is invoked with: `{"awslogs":{"data":"…"}}`.
    ///
    /// # Errors
    /// If the data is missing, no base64, no gzip, larger than `largest` bytes, or no delivery.
    pub fn from_event(event: &str, largest: usize) -> Result<Self, Error> {
        let data = at_path(event, "awslogs.data").and_then(text).ok_or(Error::NoData)?;
        Self::from_data(&data, largest)
    }

    /// Unpacks the text of `awslogs.data`.
    ///
    /// # Errors
    /// As [`Envelope::from_event`].
    pub fn from_data(data: &str, largest: usize) -> Result<Self, Error> {
        let packed = STANDARD.decode(data.trim())?;
        Self::from_gzip(&packed, largest)
    }

    /// Unpacks gzip, as a stream of records delivers it.
    ///
    /// # Errors
    /// As [`Envelope::from_event`].
    pub fn from_gzip(packed: &[u8], largest: usize) -> Result<Self, Error> {
        let mut json = Vec::new();
        let mut decoder = MultiGzDecoder::new(packed).take(largest as u64 + 1);
        decoder.read_to_end(&mut json)?;
        if json.len() > largest {
            return Err(Error::TooLarge(largest));
        }
        let json = String::from_utf8(json).map_err(|_| Error::Json(Fault::NotUtf8))?;
        Self::from_json(&json)
    }

    /// Reads a delivery that is unpacked already.
    ///
    /// # Errors
    /// If it is no JSON object, or lacks its type, log group, log stream or log events.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        if let Some(fault) = members(json).find_map(Result::err) {
            return Err(Error::Json(fault));
        }
        let read = |name| member(json, name).and_then(text).map(Cow::into_owned);
        let has_events = member(json, "logEvents").is_some_and(|value| value.starts_with('['));
        match read("messageType").ok_or(Error::Missing("messageType"))?.as_str() {
            "CONTROL_MESSAGE" => Ok(Self {
                message: Message::Control,
                log_group: String::new(),
                log_stream: String::new(),
                owner: read("owner"),
                json: json.to_owned(),
            }),
            _ => Ok(Self {
                message: Message::Data,
                log_group: read("logGroup").ok_or(Error::Missing("logGroup"))?,
                log_stream: read("logStream").ok_or(Error::Missing("logStream"))?,
                owner: read("owner"),
                json: has_events.then(|| json.to_owned()).ok_or(Error::Missing("logEvents"))?,
            }),
        }
    }

    /// The log events in their order; one that lacks its message or timestamp is an error and the
    /// next ones follow.
    #[must_use]
    pub fn events(&self) -> Events<'_> {
        let events = match self.message {
            Message::Data => member(&self.json, "logEvents"),
            Message::Control => None,
        };
        Events { elements: elements(events.unwrap_or("[]")), index: 0 }
    }

    /// The delivery as it was packed: the JSON of a log like any other.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// The log events of a delivery; see [`Envelope::events`].
#[derive(Clone, Debug)]
pub struct Events<'a> {
    elements: Elements<'a>,
    index: usize,
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<LogEvent<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.elements.next()?;
        let index = self.index;
        self.index += 1;
        Some(match element {
            Ok(element) => log_event(element).ok_or(Error::Event(index)),
            Err(fault) => Err(Error::Json(fault)),
        })
    }
}

/// Reads one log event of a delivery, or one that `FilterLogEvents` or `GetLogEvents` answered:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html>.
/// An id that is missing is empty. `None` if it has no message or no timestamp.
#[must_use]
pub fn log_event(value: &str) -> Option<LogEvent<'_>> {
    let id = ["id", "eventId"].iter().find_map(|name| member(value, name)).and_then(text);
    Some(LogEvent {
        id: id.unwrap_or_default(),
        timestamp_ms: member(value, "timestamp")?.parse().ok()?,
        message: member(value, "message").and_then(text)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const DATA: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"/aws/lambda/checkout","logStream":"2026/04/15/[7]abc","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1440442987000,"message":"one \"quoted\"\n"},{"id":"2","message":"no time"},{"id":"3","timestamp":1440442987001,"message":"three"}]}"#;

    fn packed(text: &str) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    fn event(text: &str) -> String {
        format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode(packed(text)))
    }

    #[test]
    fn log_events_come_out_and_a_broken_one_is_an_error() {
        let envelope = Envelope::from_event(&event(DATA), LARGEST).unwrap();
        assert_eq!(envelope.message, Message::Data);
        assert_eq!(envelope.log_group, "/aws/lambda/checkout");
        assert_eq!(envelope.log_stream, "2026/04/15/[7]abc");
        let events: Vec<_> = envelope.events().collect();
        assert_eq!(events.len(), 3);
        let first = events[0].as_ref().unwrap();
        assert_eq!((first.id.as_ref(), first.timestamp_ms), ("1", 1_440_442_987_000));
        assert_eq!(first.message, "one \"quoted\"\n");
        assert!(matches!(events[1], Err(Error::Event(1))));
        assert_eq!(events[2].as_ref().unwrap().message, "three");
    }

    #[test]
    fn a_control_message_holds_nothing() {
        let text = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination"}]}"#;
        let envelope = Envelope::from_event(&event(text), LARGEST).unwrap();
        assert_eq!(envelope.message, Message::Control);
        assert_eq!(envelope.events().count(), 0);
    }

    #[test]
    fn what_is_no_delivery_is_named() {
        let read = |event: &str| Envelope::from_event(event, 1000).unwrap_err();
        assert!(matches!(read("{}"), Error::NoData));
        assert!(matches!(read(r#"{"awslogs":{"data":"%"}}"#), Error::Base64(_)));
        assert!(matches!(read(r#"{"awslogs":{"data":"aGVsbG8="}}"#), Error::Gzip(_)));
        assert!(matches!(read(&event(&" ".repeat(100_000))), Error::TooLarge(1000)));
        assert!(matches!(
            read(&event(r#"{"messageType":"DATA_MESSAGE"}"#)),
            Error::Missing("logGroup")
        ));
        assert!(matches!(read(&event(r#"{"messageType":"#)), Error::Json(Fault::Truncated)));
        let mut cut = packed(DATA);
        cut.truncate(cut.len() / 2);
        assert!(matches!(Envelope::from_gzip(&cut, LARGEST), Err(Error::Gzip(_))));
    }
}
