//! x

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
pub mod change;
pub mod deploy;
pub mod dimension;
pub mod read;
pub mod request;
pub mod source;
pub mod tally;
pub mod time;
pub mod user_agent;
