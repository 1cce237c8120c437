//! Adapters to AWS. Nothing is decided here: each adapter does one thing for the crates that decide,
//! behind a trait that names the one permission it needs.
//!
//! [`Connection`] is how to reach AWS; [`objects`] lists and reads log objects in S3, and keeps a store
//! there; [`events`] reads CloudTrail's event history and the events of log groups; [`topic`] publishes
//! messages. The adapters block, because the readers do; a runtime of their own waits for the network
//! behind them.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod brief;
mod connection;
pub mod events;
mod fault;
mod http;
pub mod metrics;
pub mod objects;
mod source;
#[cfg(test)]
mod testing;
pub mod topic;

pub use brief::Brief;
pub use connection::{Connection, ConnectionError, Settings};
pub use fault::Fault;
pub use source::{Source, SourceError};
