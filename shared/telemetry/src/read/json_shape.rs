//! Tells from its own members what kind of thing a whole JSON value is.
//!
//! Only the members of the value itself count, in any order; what lies deeper says nothing.

use std::borrow::Cow;

use super::json_members::{Member, member, members, text};

/// The kinds of JSON value that logs and their envelopes are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A CloudTrail record, also of an Insights event:
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.
    CloudTrail,
    /// An EventBridge event around anything; see [`event_bridge`].
    EventBridge,
    /// What a CloudWatch Logs subscription delivers, `awslogs.data` still packed:
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>.
    Subscription,
    /// The same, unpacked: `messageType` and `logEvents`.
    SubscriptionData,
    /// One element of what `LookupEvents` answers; see [`lookup_event`].
    LookupEvent,
    /// One log event, as `FilterLogEvents` and `GetLogEvents` answer and as subscriptions hold.
    LogEvent,
    /// A CloudTrail digest file, which holds hashes of log files and no record:
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>.
    Digest,
    /// One record of an S3 event notification:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>.
    S3Notification,
    /// An error that an application captured: it says `sigdrift`.
    CapturedError,
    /// One S3 server access log record as CloudWatch Logs holds it.
    S3AccessLogJson,
    /// Anything else, values that are no object among them.
    Other,
}

/// A member that tells shapes apart: its name, and the bit that stands for it.
type Sign = (&'static str, u32);

const EVENT_VERSION: u32 = 1 << 0;
const EVENT_SOURCE: u32 = 1 << 1;
const EVENT_NAME: u32 = 1 << 2;
const EVENT_TIME: u32 = 1 << 3;
const INSIGHT: u32 = 1 << 4;
const FROM_S3: u32 = 1 << 5;
const DETAIL_TYPE: u32 = 1 << 6;
const DETAIL: u32 = 1 << 7;
const AWSLOGS: u32 = 1 << 8;
const MESSAGE_TYPE: u32 = 1 << 9;
const LOG_EVENTS: u32 = 1 << 10;
const CLOUDTRAIL_EVENT: u32 = 1 << 11;
const MESSAGE: u32 = 1 << 12;
const TIMESTAMP: u32 = 1 << 13;
const DIGEST_TIME: u32 = 1 << 14;
const DIGEST_FILES: u32 = 1 << 15;
const SIGDRIFT: u32 = 1 << 16;
const BUCKET_NAME: u32 = 1 << 17;
const ACCESS_FIELD: u32 = 1 << 18;
/// A member that a log event does not have.
const FOREIGN: u32 = 1 << 19;
/// A member that a log event may have and that says nothing else.
const OF_LOG_EVENT: u32 = 1 << 20;

const SIGNS: &[Sign] = &[
    ("eventVersion", EVENT_VERSION),
    ("eventSource", EVENT_SOURCE),
    ("eventName", EVENT_NAME),
    ("eventTime", EVENT_TIME),
    ("insightDetails", INSIGHT),
    ("detail-type", DETAIL_TYPE),
    ("detail", DETAIL),
    ("awslogs", AWSLOGS),
    ("messageType", MESSAGE_TYPE),
    ("logEvents", LOG_EVENTS),
    ("CloudTrailEvent", CLOUDTRAIL_EVENT),
    ("message", MESSAGE),
    ("timestamp", TIMESTAMP),
    ("id", OF_LOG_EVENT),
    ("eventId", OF_LOG_EVENT),
    ("ingestionTime", OF_LOG_EVENT),
    ("logStreamName", OF_LOG_EVENT),
    ("digestStartTime", DIGEST_TIME),
    ("digestEndTime", DIGEST_TIME),
    ("digestS3Bucket", DIGEST_FILES),
    ("logFiles", DIGEST_FILES),
    ("sigdrift", SIGDRIFT),
    ("bucket_name", BUCKET_NAME),
    ("request_uri", ACCESS_FIELD),
    ("http_status", ACCESS_FIELD),
    ("schema_version_id", ACCESS_FIELD),
    ("bucket_owner_id", ACCESS_FIELD),
];

/// What a shape needs, and what it must not have. The first that fits is taken.
const SHAPES: &[(Shape, u32, u32)] = &[
    (Shape::CapturedError, SIGDRIFT, 0),
    (Shape::EventBridge, DETAIL_TYPE | DETAIL, 0),
    (Shape::LookupEvent, CLOUDTRAIL_EVENT, 0),
    (Shape::Subscription, AWSLOGS, 0),
    (Shape::SubscriptionData, MESSAGE_TYPE | LOG_EVENTS, 0),
    (Shape::S3Notification, FROM_S3 | EVENT_NAME, 0),
    (Shape::CloudTrail, EVENT_SOURCE | EVENT_NAME | EVENT_TIME, FROM_S3),
    (Shape::CloudTrail, EVENT_VERSION | EVENT_SOURCE | EVENT_NAME, FROM_S3),
    (Shape::CloudTrail, EVENT_VERSION | EVENT_SOURCE | EVENT_TIME, FROM_S3),
    (Shape::CloudTrail, EVENT_VERSION | EVENT_NAME | EVENT_TIME, FROM_S3),
    (Shape::CloudTrail, EVENT_VERSION | EVENT_TIME | INSIGHT, FROM_S3),
    (Shape::Digest, DIGEST_TIME | DIGEST_FILES, 0),
    (Shape::S3AccessLogJson, BUCKET_NAME | ACCESS_FIELD, 0),
    (Shape::LogEvent, MESSAGE | TIMESTAMP, FOREIGN),
];

/// Members after which nothing else is looked at: a CloudTrail record, of which there are many.
const CERTAIN: u32 = EVENT_VERSION | EVENT_SOURCE | EVENT_TIME;

/// How CloudTrail's own files begin each record. Nothing else has such a version.
pub(super) const AS_CLOUDTRAIL_WRITES: &str = "{\"eventVersion\":\"1.";

/// The shape of a value. A value that breaks has the shape that its whole members show.
#[must_use]
pub fn shape(value: &str) -> Shape {
    if value.starts_with(AS_CLOUDTRAIL_WRITES) {
        return Shape::CloudTrail;
    }
    let mut seen = 0;
    for member in members(value).map_while(Result::ok) {
        seen |= sign(&member);
        if seen & CERTAIN == CERTAIN && seen & FROM_S3 == 0 {
            return Shape::CloudTrail;
        }
    }
    let fits = |(_, needs, lacks): &&(Shape, u32, u32)| seen & needs == *needs && seen & lacks == 0;
    SHAPES.iter().find(fits).map_or(Shape::Other, |(shape, ..)| *shape)
}

/// The bits of one member. A value of a type that the sign cannot have makes it foreign.
fn sign((name, value): &Member<'_>) -> u32 {
    let Some((_, bit)) = SIGNS.iter().find(|(known, _)| known == name) else {
        return FOREIGN;
    };
    let first = value.as_bytes().first().copied().unwrap_or_default();
    let fits = match *bit {
        TIMESTAMP => first.is_ascii_digit(),
        MESSAGE | CLOUDTRAIL_EVENT | DETAIL_TYPE | MESSAGE_TYPE => first == b'"',
        AWSLOGS | INSIGHT => first == b'{',
        LOG_EVENTS => first == b'[',
        EVENT_SOURCE if *value == "\"aws:s3\"" => return EVENT_SOURCE | FROM_S3 | FOREIGN,
        _ => true,
    };
    match *bit {
        _ if !fits => FOREIGN,
        MESSAGE | TIMESTAMP | OF_LOG_EVENT => *bit,
        bit => bit | FOREIGN,
    }
}

/// What EventBridge calls the events that hold a CloudTrail record:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html>.
pub const CLOUDTRAIL_DETAIL_TYPES: [&str; 4] = [
    "AWS API Call via CloudTrail",
    "AWS Console Sign In via CloudTrail",
    "AWS Service Event via CloudTrail",
    "AWS Insight via CloudTrail",
];

/// An EventBridge event: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBridge<'a> {
    /// The event's own id.
    pub id: Option<Cow<'a, str>>,
    /// Who sent it, for example `aws.s3`.
    pub source: Option<Cow<'a, str>>,
    /// What kind of event it is, for example `AWS API Call via CloudTrail`.
    pub detail_type: Cow<'a, str>,
    /// The event inside, as JSON.
    pub detail: &'a str,
}

impl EventBridge<'_> {
    /// Whether the event inside is a CloudTrail record.
    #[must_use]
    pub fn holds_cloudtrail(&self) -> bool {
        CLOUDTRAIL_DETAIL_TYPES.contains(&self.detail_type.as_ref())
    }
}

/// Opens an EventBridge event, `None` if the value is none.
#[must_use]
pub fn event_bridge(value: &str) -> Option<EventBridge<'_>> {
    let read = |name| member(value, name).and_then(text);
    Some(EventBridge {
        id: read("id"),
        source: read("source"),
        detail_type: read("detail-type")?,
        detail: member(value, "detail")?,
    })
}

/// The CloudTrail record, as JSON text, in an element of what `LookupEvents` answers:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html>.
#[must_use]
pub fn lookup_event(value: &str) -> Option<Cow<'_, str>> {
    member(value, "CloudTrailEvent").and_then(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLES: &[(Shape, &str)] = &[
        (
            Shape::CloudTrail,
            r#"{"eventVersion":"1.11","eventTime":"2026-04-15T07:42:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#,
        ),
        (
            Shape::CloudTrail,
            r#"{"eventVersion":"1.08","eventTime":"2026-04-15T07:42:00Z","eventType":"AwsCloudTrailInsight","insightDetails":{"eventName":"PutObject"}}"#,
        ),
        (
            Shape::CloudTrail,
            r#"{"eventTime":"2026-04-15T07:42:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","message":"x","timestamp":1}"#,
        ),
        (
            Shape::EventBridge,
            r#"{"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","detail":{"eventName":"x"}}"#,
        ),
        (Shape::Subscription, r#"{"awslogs":{"data":"H4sI"}}"#),
        (
            Shape::SubscriptionData,
            r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[]}"#,
        ),
        (
            Shape::LookupEvent,
            r#"{"EventId":"1","EventName":"x","CloudTrailEvent":"{\"eventVersion\":\"1.08\"}"}"#,
        ),
        (Shape::LogEvent, r#"{"id":"1","timestamp":1440442987000,"message":"x"}"#),
        (
            Shape::LogEvent,
            r#"{"logStreamName":"s","timestamp":1,"message":"x","ingestionTime":2,"eventId":"3"}"#,
        ),
        (
            Shape::Digest,
            r#"{"awsAccountId":"1","digestStartTime":"x","digestEndTime":"x","digestS3Bucket":"b","logFiles":[{"eventName":"x"}]}"#,
        ),
        (
            Shape::S3Notification,
            r#"{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"x","eventName":"ObjectCreated:Put","s3":{}}"#,
        ),
        (Shape::CapturedError, r#"{"sigdrift":1,"code":"SignatureDoesNotMatch","message":"x"}"#),
        (
            Shape::S3AccessLogJson,
            r#"{"schema_version_id":"V_1_0","bucket_name":"b","request_uri":"GET / HTTP/1.1","http_status":403}"#,
        ),
        (Shape::Other, r#"{"level":"error","message":"x","timestamp":1440442987000}"#),
        (Shape::Other, r#"{"message":"x","timestamp":"2026-04-15T07:42:00Z"}"#),
        (
            Shape::Other,
            r#"{"event":{"eventVersion":"1.11","eventTime":"x","eventSource":"s","eventName":"n","sigdrift":1}}"#,
        ),
        (Shape::Other, r#"{"eventName":"click","eventTime":1}"#),
        (Shape::Other, "[]"),
        (Shape::Other, "12"),
    ];

    /// The same object with its members in the opposite order.
    fn reversed(object: &str) -> String {
        let mut parts: Vec<String> = members(object)
            .map(Result::unwrap)
            .map(|(name, value)| format!("\"{name}\": {value}"))
            .collect();
        parts.reverse();
        format!("{{{}}}", parts.join(" , "))
    }

    #[test]
    fn members_tell_the_shape_in_any_order() {
        for (expected, example) in EXAMPLES {
            assert_eq!(shape(example), *expected, "{example}");
            if example.starts_with('{') {
                assert_eq!(shape(&reversed(example)), *expected, "reversed {example}");
            }
        }
    }

    #[test]
    fn wrappers_are_opened() {
        let (_, wrapper) = EXAMPLES[3];
        let event = event_bridge(wrapper).unwrap();
        assert!(event.holds_cloudtrail());
        assert_eq!(event.detail, r#"{"eventName":"x"}"#);
        assert_eq!(event_bridge("{}"), None);
        let (_, element) = EXAMPLES[6];
        assert_eq!(lookup_event(element).as_deref(), Some(r#"{"eventVersion":"1.08"}"#));
    }
}
