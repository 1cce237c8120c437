//! The built command, as its users meet it: exit codes, `analyze --json`, and what it never prints.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arguments;
mod canonical;
mod check;
mod damaged;
mod diff;
mod explain;
mod explain_bounds;
mod explain_logs;
mod explain_secrecy;
mod files;
mod forms;
mod incidents;
mod lines;
mod peculiar_lines;
mod readme;
mod run;
mod secrecy;
mod store;
#[path = "../../../shared/signature/tests/suite/mod.rs"]
mod suite;
mod terminal;
mod threads;
mod window;
