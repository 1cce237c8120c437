//! What `ingest` does not read: what it writes itself, since each would make another.

use crate::event::Task;

/// Where this function writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The bucket of the store.
    pub bucket: String,
    /// What keys of the store begin with: nothing, if the whole bucket is the store.
    pub prefix: String,
    /// The log group of the function, where it is known.
    pub log_group: Option<String>,
}

impl Own {
    /// Whether this function wrote what a task asks to read.
    #[must_use]
    pub fn wrote(&self, task: &Task) -> bool {
        match task {
            Task::Object(object) => {
                *object.bucket == *self.bucket && object.key.starts_with(&self.prefix)
            }
            Task::LogEvents(envelope) => {
                self.log_group.as_deref() == Some(envelope.log_group.as_str())
            }
            Task::ApiCall { .. } | Task::Deploy { .. } => false,
        }
    }
}
