//! Runs the command.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The command, without the environment's say in colours.
pub fn sigdrift() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigdrift"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// How the command ended with these arguments.
pub fn ended<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    sigdrift().args(arguments).output().unwrap()
}

/// How the command ended with bytes on standard input.
pub fn piped(command: &mut Command, input: &[u8]) -> Output {
    let mut running = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    running.stdin.take().unwrap().write_all(input).unwrap();
    running.wait_with_output().unwrap()
}

/// The exit code; a death by a signal is none.
pub fn code(output: &Output) -> Option<i32> {
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    output.status.code()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder of logs.
pub struct Logs {
    folder: TempDir,
}

impl Logs {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Logs of one file.
    pub fn of(content: impl AsRef<[u8]>) -> Self {
        let logs = Self::new();
        logs.add("log", content);
        logs
    }

    pub fn add(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What `analyze --json` makes of the folder.
    pub fn analyzed(&self, arguments: &[&str]) -> Analyzed {
        Analyzed::of(sigdrift().args(["analyze", "--json"]).args(arguments).arg(self.path()))
    }
}

/// What `analyze --json` answered.
pub struct Analyzed {
    pub code: Option<i32>,
    pub json: Value,
    pub printed: String,
}

impl Analyzed {
    pub fn of(command: &mut Command) -> Self {
        Self::from(&command.output().unwrap())
    }

    pub fn from(output: &Output) -> Self {
        let printed = text(&output.stdout);
        let json = serde_json::from_str(&printed)
            .unwrap_or_else(|error| panic!("{error}: {printed}{}", text(&output.stderr)));
        Self { code: code(output), json, printed }
    }

    /// With bytes on standard input.
    pub fn of_stdin(command: &mut Command, input: &[u8]) -> Self {
        Self::from(&piped(command, input))
    }

    /// Objects, records, skipped, unreadable of a kind of log; `None` is what is no log.
    pub fn source(&self, kind: Option<&str>) -> Option<[u64; 4]> {
        let sources = self.json["sources"].as_array().unwrap();
        let source = sources.iter().find(|source| source["kind"].as_str() == kind)?;
        Some(
            ["objects", "records", "skipped", "unreadable"]
                .map(|name| source[name].as_u64().unwrap()),
        )
    }

    /// Place and reason of every problem that is named.
    pub fn problems(&self) -> Vec<(String, String)> {
        let sources = self.json["sources"].as_array().unwrap();
        let problems = sources.iter().flat_map(|source| source["problems"].as_array().unwrap());
        let told = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
        problems.map(|problem| (told(problem, "where"), told(problem, "reason"))).collect()
    }

    pub fn requests(&self) -> u64 {
        self.json["totals"]["requests"].as_u64().unwrap()
    }

    pub fn failures(&self) -> u64 {
        self.json["totals"]["failures"].as_u64().unwrap()
    }

    /// The only cluster.
    pub fn cluster(&self) -> &Value {
        let clusters = self.json["clusters"].as_array().unwrap();
        assert_eq!(clusters.len(), 1, "{}", self.printed);
        &clusters[0]
    }
}
