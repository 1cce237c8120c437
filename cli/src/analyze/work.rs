//! Reading all inputs with several threads.
//!
//! Files are shared out one by one, large access logs in parts, so that one large file keeps all
//! threads busy. Each thread fills a tally of its own; tallies add up to the same in any order.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::object::{self, Division};
use sigdrift_telemetry::source::Place;
use sigdrift_telemetry::tally::{Limits, Report, SharedRoom, Tally};
use sigdrift_telemetry::workers::{self, Shares};

use super::inputs::{Input, Inputs};
use super::progress::Progress;

/// Access logs are divided into parts of this many bytes: small, since at the end one thread waits
/// for the part of another, and yet large beside what two parts both read.
const PART: u64 = 4 << 20;
/// How much of a file is looked at to tell whether it may be divided.
const SNIFFED: u64 = 64 << 10;

/// A piece of work.
#[derive(Clone, Copy, Debug)]
struct Task {
    /// Its place among the inputs.
    input: usize,
    /// Its part of the input: where it begins and how long it is; the whole without one.
    part: Option<(u64, u64)>,
}

/// What became of a task.
struct Done {
    task: usize,
    report: Report,
    lines: u64,
}

/// Reads all inputs into one tally.
pub fn read_all(inputs: Inputs, threads: usize, progress: &Progress) -> Tally {
    let tasks = tasks(&inputs.found, threads);
    let threads = threads.min(tasks.len());
    // Logs go by time, and so do the parts of each thread, and their tallies one behind the other: counts
    // that come in order need no sorting.
    let shares = Shares::new(tasks.len(), threads);
    let limits = Limits::default();
    let room = (threads > 1).then(|| Arc::new(SharedRoom::new(limits.sample)));
    let worker = |thread| {
        let mut intake = Intake::into(match &room {
            Some(room) => Tally::beside_others(limits, Arc::clone(room)),
            None => Tally::new(limits),
        });
        let mut done = Vec::new();
        while let Some(number) = shares.next(thread) {
            let task = tasks[number];
            let (report, lines) =
                read_task(&inputs.found[task.input], task.part, &mut intake, progress);
            done.push(Done { task: number, report, lines });
        }
        // Each thread brings its own tally down to its limits, so that less is left for one.
        (intake.into_part(), done)
    };
    let mut results = workers::run(threads, worker);
    let mut done: Vec<Done> =
        results.iter_mut().flat_map(|(_, done)| std::mem::take(done)).collect();
    done.sort_by_key(|done| done.task);
    let mut tallies = results.into_iter().map(|(tally, _)| tally);
    let mut tally = tallies.next().unwrap_or_default();
    for other in tallies {
        // Sources are noted below, once for each, so that no two of these tallies share one.
        let merged = tally.merge(other);
        debug_assert!(merged.is_ok());
    }
    tally.rest();
    for report in inputs.unreadable {
        tally.report(report);
    }
    for report in whole_reports(done, &tasks, &inputs.found) {
        tally.report(report);
    }
    for id in inputs.found.iter().filter_map(Input::id) {
        tally.source(id);
    }
    tally
}

fn tasks(inputs: &[Input], threads: usize) -> Vec<Task> {
    let mut tasks = Vec::new();
    for (input, found) in inputs.iter().enumerate() {
        match found {
            Input::File { path, length, .. }
                if threads > 1 && *length > 2 * PART && may_divide(path) =>
            {
                let starts = (0..*length).step_by(usize::try_from(PART).unwrap_or(usize::MAX));
                tasks.extend(starts.map(|start| {
                    // A file that grows meanwhile is read to its end by its last part.
                    let is_last = start + PART >= *length;
                    let part = Some((start, if is_last { u64::MAX - start } else { PART }));
                    Task { input, part }
                }));
            }
            _ => tasks.push(Task { input, part: None }),
        }
    }
    tasks
}

fn may_divide(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(SNIFFED).read_to_end(&mut start));
    read.is_ok() && object::division(&start) == Division::ByLines
}

/// What the user calls an input.
pub fn name(input: &Input) -> String {
    match input {
        Input::Stdin => "-".to_owned(),
        Input::File { path, .. } => path.display().to_string(),
        Input::Remote(remote) => remote.name(),
    }
}

/// Reads a whole input.
pub fn read_input(input: &Input, intake: &mut Intake, progress: &Progress) -> Report {
    read_task(input, None, intake, progress).0
}

fn read_task(
    input: &Input,
    part: Option<(u64, u64)>,
    intake: &mut Intake,
    progress: &Progress,
) -> (Report, u64) {
    let name = name(input);
    progress.begin(&name);
    let done = match (input, part) {
        (Input::Stdin, _) => Ok(read_whole(&name, io::stdin().lock(), intake, progress)),
        (Input::Remote(remote), _) => {
            remote.open().map(|body| read_whole(&name, body, intake, progress))
        }
        (Input::File { path, .. }, None) => {
            File::open(path).map(|file| read_whole(&name, file, intake, progress))
        }
        (Input::File { path, .. }, Some((start, length))) => File::open(path)
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(start.saturating_sub(1)))?;
                Ok(file)
            })
            .map(|file| object::read_part(&name, progress.watch(file), start == 0, length, intake)),
    };
    done.unwrap_or_else(|error| {
        let mut report = Report::new(name);
        report.unreadable(Place::Whole, error);
        (report, 0)
    })
}

fn read_whole(
    name: &str,
    input: impl Read,
    intake: &mut Intake,
    progress: &Progress,
) -> (Report, u64) {
    (object::read(name, progress.watch(input), intake), 0)
}

/// The reports on whole inputs: those on parts, in their order, put together.
fn whole_reports(done: Vec<Done>, tasks: &[Task], inputs: &[Input]) -> Vec<Report> {
    let mut reports: Vec<Option<(Report, u64)>> = inputs.iter().map(|_| None).collect();
    for Done { task, report, lines } in done {
        match &mut reports[tasks[task].input] {
            Some((whole, before)) => {
                whole.append(report, *before);
                *before += lines;
            }
            empty => *empty = Some((report, lines)),
        }
    }
    reports.into_iter().flatten().map(|(report, _)| report).collect()
}
