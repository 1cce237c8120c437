//! Log records into signature failures, clusters and summaries. Pure: bytes in, summary out.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
pub mod change;
pub mod deploy;
pub mod dimension;
pub mod evidence;
mod grouped;
pub mod incident;
pub mod key_encoding;
pub mod marker;
mod minutes;
pub mod moment;
pub mod read;
pub mod redact;
pub mod request;
pub mod scanner;
pub mod segment;
pub mod source;
pub mod store;
pub mod summary;
pub mod tally;
pub mod time;
pub mod user_agent;
pub mod workers;
