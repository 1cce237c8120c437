//! Why it is unknown what an event asks for.

use std::fmt;

use sigdrift_telemetry::marker::MarkerError;
use sigdrift_telemetry::read::log_envelope;

/// An event, or a message of a queue, that cannot be read.
#[derive(Debug)]
pub struct Error {
    message_id: Option<String>,
    form: Option<&'static str>,
    fault: Fault,
}

impl Error {
    pub(super) fn of_event(form: Option<&'static str>, fault: Fault) -> Self {
        Self { message_id: None, form, fault }
    }

    pub(super) fn of_message(id: &str, form: Option<&'static str>, fault: Fault) -> Self {
        Self { message_id: Some(id.to_owned()), form, fault }
    }

    /// The id of the message, where a queue delivered it.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message_id {
            Some(id) => write!(f, "message {}", id.escape_debug())?,
            None => f.write_str("the event")?,
        }
        if let Some(form) = self.form {
            write!(f, ", {form},")?;
        }
        write!(f, " {}", self.fault)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.fault)
    }
}

/// What is wrong with an event or a message.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is no JSON.
    #[error("is no JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// It is JSON of no form that is read.
    #[error("is of no form that is read here: {0}")]
    Unknown(String),
    /// It lacks something that every event of its form has.
    #[error("has no {member}{}", record.map(|number| format!(" in record {number}")).unwrap_or_default())]
    Missing {
        /// The dotted path of what is missing.
        member: &'static str,
        /// The number of the record that lacks it, counted from 1.
        record: Option<usize>,
    },
    /// It is of a version whose meaning is not known.
    #[error("is of version {0}, and only versions 2.x can be read")]
    Version(String),
    /// A key is not UTF-8 once it is decoded.
    #[error("has a key that is not UTF-8 in record {record}")]
    Key {
        /// The number of the record, counted from 1.
        record: usize,
    },
    /// The log events cannot be unpacked.
    #[error("cannot be unpacked: {0}")]
    LogEvents(#[source] log_envelope::Error),
    /// The deploy marker is none.
    #[error("has a detail that is {0}")]
    Marker(#[source] MarkerError),
    /// There is always another envelope inside the envelope.
    #[error("is wrapped in more than {0} envelopes")]
    TooDeep(usize),
    /// The queue's record has no id, so that its failure could not be told.
    #[error("is a batch whose record {number} has no messageId")]
    NoMessageId {
        /// The number of the record, counted from 1.
        number: usize,
    },
    /// The queue's record has no body.
    #[error("has no body")]
    NoBody,
}
