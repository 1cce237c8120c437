//! The forms that a message can have, each with how it is recognised and read.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use sigdrift_aws::objects::Object;
use sigdrift_telemetry::marker::Marker;
use sigdrift_telemetry::read::json_members::{at_path, elements, member, members, text};
use sigdrift_telemetry::read::log_envelope::{self, Envelope};
use sigdrift_telemetry::time::parse_rfc3339;

use super::{Fault, Found, Task, validate};

/// How many envelopes there may be around a document.
const DEEPEST: usize = 4;

struct Form {
    /// What it is called, after "message …,".
    name: &'static str,
    /// Whether a document is of this form.
    fits: fn(&str) -> bool,
    /// What the document asks to read.
    read: Read,
}

enum Read {
    /// What the document itself asks to read.
    Tasks(fn(&str) -> Result<Vec<Task>, Fault>),
    /// The documents that it wraps.
    Wrapped(fn(&str) -> Result<Vec<Cow<'_, str>>, Fault>),
}

const FORMS: &[Form] = &[
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    Form {
        name: "an Object Created event",
        fits: |event| is_bridged(event, Some("aws.s3"), "Object Created"),
        read: Read::Tasks(object_created),
    },
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    Form {
        name: "an S3 notification",
        fits: |event| first_record_has(event, "eventSource", "aws:s3"),
        read: Read::Tasks(notification),
    },
    Form {
        name: "an S3 test event",
        fits: |event| has(event, "Event", "s3:TestEvent"),
        read: Read::Tasks(|_| Ok(Vec::new())),
    },
    // https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    Form {
        name: "an SNS notification",
        fits: |event| has(event, "Type", "Notification"),
        read: Read::Wrapped(|event| Ok(vec![required(event, "Message", None)?])),
    },
    // https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    Form {
        name: "an SNS delivery",
        fits: |event| first_record_has(event, "EventSource", "aws:sns"),
        read: Read::Wrapped(|event| {
            records(event).map(|(number, record)| required(record, "Sns.Message", number)).collect()
        }),
    },
    // https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    Form {
        name: "a failed invocation",
        fits: |event| at_path(event, "requestContext.condition").is_some(),
        read: Read::Wrapped(|event| {
            let payload = member(event, "requestPayload");
            Ok(vec![
                payload.ok_or(Fault::Missing { member: "requestPayload", record: None })?.into(),
            ])
        }),
    },
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    Form {
        name: "a CloudWatch Logs delivery",
        fits: |event| member(event, "awslogs").is_some(),
        read: Read::Tasks(log_events),
    },
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    Form {
        name: "a CloudTrail API call",
        fits: |event| is_bridged(event, None, "AWS API Call via CloudTrail"),
        read: Read::Tasks(api_call),
    },
    Form {
        name: "a CloudTrail service event",
        fits: |event| is_bridged(event, None, "AWS Service Event via CloudTrail"),
        read: Read::Tasks(api_call),
    },
    Form {
        name: "a deploy marker",
        fits: |event| is_bridged(event, Some("sigdrift"), "Deploy Marker"),
        read: Read::Tasks(deploy_marker),
    },
];

/// What a document asks to read that stands inside so many envelopes.
pub(super) fn read(document: &str, depth: usize) -> Result<Vec<Task>, Found> {
    let Some(form) = FORMS.iter().find(|form| (form.fits)(document)) else {
        return Err((None, Fault::Unknown(looks(document))));
    };
    let found = |fault| (Some(form.name), fault);
    match form.read {
        Read::Tasks(read) => read(document).map_err(found),
        Read::Wrapped(_) if depth == DEEPEST => Err(found(Fault::TooDeep(DEEPEST))),
        Read::Wrapped(unwrap) => {
            let mut tasks = Vec::new();
            for inner in unwrap(document).map_err(found)? {
                validate(&inner).map_err(found)?;
                tasks.extend(read(&inner, depth + 1)?);
            }
            Ok(tasks)
        }
    }
}

fn object_created(event: &str) -> Result<Vec<Task>, Fault> {
    let optional = |path| at_path(event, path).and_then(text).map(Cow::into_owned);
    Ok(vec![Task::Object(Object {
        bucket: required(event, "detail.bucket.name", None)?.as_ref().into(),
        key: required(event, "detail.object.key", None)?.into_owned(),
        version_id: optional("detail.object.version-id").filter(|version| is_version(version)),
        e_tag: required(event, "detail.object.etag", None)?.into_owned(),
        length: length(event, "detail.object.size"),
        modified: time(event, "time"),
    })])
}

fn notification(event: &str) -> Result<Vec<Task>, Fault> {
    let mut tasks = Vec::new();
    for (number, record) in records(event) {
        let version = required(record, "eventVersion", number)?;
        if version.split('.').next() != Some("2") {
            return Err(Fault::Version(short(&version)));
        }
        // Of other events, such as a removal, there is nothing to read.
        if !required(record, "eventName", number)?.starts_with("ObjectCreated:") {
            continue;
        }
        let optional = |path| at_path(record, path).and_then(text).map(Cow::into_owned);
        tasks.push(Task::Object(Object {
            bucket: required(record, "s3.bucket.name", number)?.as_ref().into(),
            key: form_decoded(&required(record, "s3.object.key", number)?)
                .ok_or(Fault::Key { record: number.unwrap_or(1) })?,
            version_id: optional("s3.object.versionId").filter(|version| is_version(version)),
            e_tag: required(record, "s3.object.eTag", number)?.into_owned(),
            length: length(record, "s3.object.size"),
            modified: time(record, "eventTime"),
        }));
    }
    Ok(tasks)
}

fn log_events(event: &str) -> Result<Vec<Task>, Fault> {
    let envelope = Envelope::from_event(event, log_envelope::LARGEST).map_err(Fault::LogEvents)?;
    Ok(match envelope.message {
        log_envelope::Message::Data => vec![Task::LogEvents(envelope)],
        log_envelope::Message::Control => Vec::new(),
    })
}

fn api_call(event: &str) -> Result<Vec<Task>, Fault> {
    let event_id = required(event, "id", None)?.into_owned();
    let record = detail(event)?.to_owned();
    Ok(vec![Task::ApiCall { event_id, record }])
}

fn deploy_marker(event: &str) -> Result<Vec<Task>, Fault> {
    let event_id = required(event, "id", None)?.into_owned();
    let marker = Marker::parse(detail(event)?).map_err(Fault::Marker)?;
    Ok(vec![Task::Deploy { event_id, marker }])
}

fn detail(event: &str) -> Result<&str, Fault> {
    member(event, "detail")
        .filter(|detail| detail.starts_with('{'))
        .ok_or(Fault::Missing { member: "detail", record: None })
}

fn is_bridged(event: &str, source: Option<&str>, detail_type: &str) -> bool {
    has(event, "detail-type", detail_type) && source.is_none_or(|name| has(event, "source", name))
}

fn has(object: &str, name: &str, wanted: &str) -> bool {
    member(object, name).and_then(text).is_some_and(|value| value == wanted)
}

fn first_record_has(event: &str, name: &str, wanted: &str) -> bool {
    records(event).next().is_some_and(|(_, record)| has(record, name, wanted))
}

/// The records of an event, with their numbers.
fn records(event: &str) -> impl Iterator<Item = (Option<usize>, &str)> {
    let records = elements(member(event, "Records").unwrap_or_default());
    records.map_while(Result::ok).enumerate().map(|(index, record)| (Some(index + 1), record))
}

fn required<'a>(
    event: &'a str,
    member: &'static str,
    record: Option<usize>,
) -> Result<Cow<'a, str>, Fault> {
    at_path(event, member)
        .and_then(text)
        .filter(|value| !value.is_empty())
        .ok_or(Fault::Missing { member, record })
}

fn length(event: &str, path: &str) -> u64 {
    at_path(event, path).and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// A time, in seconds since 1970; 0 if the event does not tell it.
fn time(event: &str, path: &str) -> i64 {
    let time = at_path(event, path).and_then(text);
    time.and_then(|time| parse_rfc3339(&time)).unwrap_or(0)
}

/// Objects written while a bucket kept no versions have the version `null`, which says nothing.
fn is_version(version: &str) -> bool {
    !version.is_empty() && version != "null"
}

/// A key as notifications write it: like a form, with `+` for a space.
fn form_decoded(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

/// What a document of no known form looks like, within bounds.
fn looks(document: &str) -> String {
    let told = |name| member(document, name).and_then(text).map(|value| short(&value));
    if let Some(detail_type) = told("detail-type") {
        let source = told("source").unwrap_or_default();
        return format!("it is the EventBridge event `{detail_type}` of `{source}`");
    }
    let first = records(document).next();
    let source = first.and_then(|(_, record)| {
        ["eventSource", "EventSource"].iter().find_map(|name| member(record, name).and_then(text))
    });
    if let Some(source) = source {
        return format!("its records come from `{}`", short(&source));
    }
    let names = members(document).map_while(Result::ok).take(5);
    let names: Vec<String> = names.map(|(name, _)| format!("`{}`", short(&name))).collect();
    match names.is_empty() {
        true => "it is no JSON object with members".to_owned(),
        false => format!("its members are {}", names.join(", ")),
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
