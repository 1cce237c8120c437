//! Adapters to AWS. Nothing is decided here: each adapter does one thing for the crates that decide,
//! behind a trait that names the one permission it needs.
//!
//! [`Connection`] is how to reach AWS; [`objects`] lists and reads log objects in S3, and keeps a store
//! there; [`topic`] publishes messages. The adapters
//! block, because the readers do; a runtime of their own waits for the network behind them.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod connection;
mod fault;
mod http;
pub mod metrics;
pub mod objects;
pub mod topic;

pub use connection::{Connection, ConnectionError, Settings};
pub use fault::Fault;
