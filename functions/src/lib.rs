//! The Lambda functions, and what they share: the events that invoke them, and the answer to a queue.
//!
//! A function is settings, adapters and one call into the shared crates; this library reads what it
//! is asked to do ([`event`], [`http`]) and tells the queue which messages to deliver again ([`batch`]).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod analyze;
pub mod batch;
mod bounded;
pub mod detect;
pub mod event;
pub mod http;
mod hurried;
pub mod ingest;
pub mod logging;
pub mod runtime;
pub mod settings;
pub mod state;
pub mod summary;
mod told;
