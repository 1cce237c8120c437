//! Completion scripts and manual pages, both made from the argument parser.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::exit::{Exit, Failure};

/// Prints a completion script.
pub fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "sigdrift", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}

/// Prints the manual page of the program, or of one of its commands.
pub fn man(command: Option<&str>) -> Result<Exit, Failure> {
    let mut page = Args::command();
    page.build();
    if let Some(name) = command {
        let found = page.find_subcommand(name).cloned();
        page = found.ok_or_else(|| {
            Failure::Usage(format!("there is no command `{name}`; `sigdrift --help` lists them"))
        })?;
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    std::io::stdout().write_all(as_typed(&String::from_utf8_lossy(&text)).as_bytes())?;
    Ok(Exit::Done)
}

/// A page whose words are neither spread over the line nor divided: it shows commands to copy.
fn as_typed(page: &str) -> String {
    let mut lines: Vec<&str> = page.lines().collect();
    if let Some(title) = lines.iter().position(|line| line.starts_with(".TH ")) {
        lines.splice(title + 1..title + 1, [".ad l", ".nh"]);
    }
    lines.join("\n") + "\n"
}
