//! The `sigdrift` command.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod analyze;
mod args;
mod canonical;
mod check;
mod diff;
mod exit;
mod explain;
mod input;
mod page;
mod shell;
mod side_by_side;
mod signing_time;
mod terminal;

use std::process::ExitCode;

use clap::Parser;
use sigdrift_telemetry::redact;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if error.use_stderr() => {
            // What stands in the wrong place may be a presigned URL.
            anstream::eprint!("{}", redact::mask(&error.render().ansi().to_string()));
            return exit::Exit::Failed.into();
        }
        Err(shown) => shown.exit(),
    };
    let ended = match args.command {
        Command::Analyze(options) => analyze::run(&options),
        Command::Canonical(options) => canonical::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Diff(options) => diff::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::man(command.as_deref()),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.tell();
            exit::Exit::Failed.into()
        }
    }
}
