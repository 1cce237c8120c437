//! What an invocation of `ingest` asks to read.
//!
//! An event is a batch of a queue's messages, or is one message itself. A message is a document of
//! one of the forms in `forms.rs`, perhaps inside SNS. To read another kind of event, add a row there.

mod error;
mod forms;

use serde::de::IgnoredAny;
use sigdrift_aws::objects::Object;
use sigdrift_telemetry::marker::Marker;
use sigdrift_telemetry::read::json_members::{elements, member, text};
use sigdrift_telemetry::read::log_envelope::Envelope;

pub use error::{Error, Fault};

/// An invocation.
#[derive(Debug)]
pub enum Invocation {
    /// Messages of a queue, which wants to know of each whether it is dealt with.
    Batch(Vec<Message>),
    /// One event; the invocation fails with it.
    Single(Vec<Task>),
}

/// A message of a queue.
#[derive(Debug)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// What it asks to read, or why that is unknown. What a message announces may be nothing to
    /// read at all, such as a test event.
    pub tasks: Result<Vec<Task>, Error>,
}

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// A log object. Its length is 0 if the event does not tell it.
    Object(Object),
    /// Log events.
    LogEvents(Envelope),
    /// A CloudTrail record.
    ApiCall {
        /// The id of the event that carried it.
        event_id: String,
        /// The record, as it was written.
        record: String,
    },
    /// A deploy marker.
    Deploy {
        /// The id of the event that carried it.
        event_id: String,
        /// The marker.
        marker: Marker,
    },
}

/// Reads the event that a function is invoked with.
///
/// # Errors
/// If it is no JSON, has none of the forms, or lacks something that its form has. In a batch, only
/// what leaves a message without an id is an error of the whole.
pub fn read(event: &str) -> Result<Invocation, Error> {
    validate(event).map_err(|fault| Error::of_event(None, fault))?;
    let Some(records) = queue_records(event) else {
        return tasks(event)
            .map(Invocation::Single)
            .map_err(|(form, fault)| Error::of_event(form, fault));
    };
    let mut messages = Vec::new();
    for (index, record) in elements(records).map_while(Result::ok).enumerate() {
        let id = member(record, "messageId")
            .and_then(text)
            .filter(|id| !id.is_empty())
            .ok_or_else(|| Error::of_event(None, Fault::NoMessageId { number: index + 1 }))?;
        let tasks = message_tasks(record);
        let tasks = tasks.map_err(|(form, fault)| Error::of_message(&id, form, fault));
        messages.push(Message { id: id.into_owned(), tasks });
    }
    Ok(Invocation::Batch(messages))
}

/// The records of a queue's batch: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.
fn queue_records(event: &str) -> Option<&str> {
    let records = member(event, "Records")?;
    let first = elements(records).next()?.ok()?;
    let source = member(first, "eventSource").and_then(text)?;
    (source == "aws:sqs").then_some(records)
}

/// A fault, with the form in which it was found.
type Found = (Option<&'static str>, Fault);

fn message_tasks(record: &str) -> Result<Vec<Task>, Found> {
    let body = member(record, "body").and_then(text).ok_or((None, Fault::NoBody))?;
    validate(&body).map_err(|fault| (None, fault))?;
    tasks(&body)
}

fn tasks(document: &str) -> Result<Vec<Task>, Found> {
    forms::read(document, 0)
}

fn validate(document: &str) -> Result<(), Fault> {
    serde_json::from_str::<IgnoredAny>(document).map(|_| ()).map_err(Fault::Json)
}
