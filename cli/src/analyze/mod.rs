//! `sigdrift analyze`: logs in, summary out.

#[cfg_attr(not(feature = "aws"), path = "no_cloud.rs")]
mod cloud;
mod deploys;
mod detection;
mod inputs;
mod kept;
mod progress;
mod report;
mod work;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::thread;

use sigdrift_telemetry::incident::Settings;
use sigdrift_telemetry::store::{Get, List, PutIfAbsent};
use sigdrift_telemetry::summary::{Question, Source, Summary, explain_detection, summarize_with};
use sigdrift_telemetry::tally::Tally;
use sigdrift_telemetry::time::Window;

use self::cloud::Cloud;
use self::inputs::Inputs;
use self::progress::Progress;
use crate::args::AnalyzeOptions;
use crate::exit::{Exit, Failure};
use crate::terminal;

/// Runs the command.
pub fn run(options: &AnalyzeOptions) -> Result<Exit, Failure> {
    let question = question(options)?;
    let detection = detection::read(options.detection.as_deref())?;
    let of_store = options.store.iter().find(|path| inputs::is_bucket(path));
    let cloud = match options.paths.iter().find(|path| inputs::is_cloud(path)).or(of_store) {
        Some(path) => Some(Cloud::open(path, options, question.window)?),
        None => None,
    };
    let threads = match options.threads {
        Some(threads) => usize::from(threads),
        None => thread::available_parallelism().map_or(1, usize::from),
    };
    let inputs = Inputs::of(&options.paths, options.store.as_deref(), cloud.as_ref());
    if inputs.found.is_empty() && !options.paths.is_empty() {
        return Err(Failure::Usage(nothing_readable(&inputs, &options.paths)));
    }
    let is_store_alone = options.paths.is_empty();
    let reading = Reading { question: &question, detection: &detection, threads };
    let tally = match (&options.store, &cloud) {
        (None, _) => {
            let progress = Progress::new(inputs.bytes());
            let tally = work::read_all(inputs, threads, &progress);
            progress.end();
            tally
        }
        (Some(path), Some(cloud)) if inputs::is_bucket(path) => {
            reading.through(&cloud.store(path)?, inputs, is_store_alone)?
        }
        (Some(path), _) => {
            let store = kept::folder(path, is_store_alone)?;
            reading.through(&store, inputs, is_store_alone)?
        }
    };
    let mut summary = summarize_with(&tally, &question, &detection, threads);
    summary.notes.extend(summary.unjudged.take());
    if options.explain_detection {
        summary.detection = Some(explain_detection(&tally, &question, &detection));
    }
    print(&summary, options)?;
    let exit = match exit(&summary.sources) {
        Exit::Done | Exit::PartlyUnreadable
            if options.fail_on_incident && !summary.incidents.is_empty() =>
        {
            Exit::No
        }
        exit => exit,
    };
    // The process ends, and with it all that this would free piece by piece.
    std::mem::forget(summary);
    std::mem::forget(tally);
    Ok(exit)
}

/// What is read for.
struct Reading<'a> {
    question: &'a Question,
    detection: &'a Settings,
    threads: usize,
}

impl Reading<'_> {
    /// Reads inputs through a store, or, where none are named, the store alone.
    fn through(
        &self,
        store: &(impl PutIfAbsent + List + Get),
        inputs: Inputs,
        is_store_alone: bool,
    ) -> Result<Tally, Failure> {
        if is_store_alone {
            return self.store(store);
        }
        let progress = Progress::new(inputs.bytes());
        let tally = kept::read_all(inputs, store, self.threads, &progress);
        progress.end();
        tally
    }

    /// Reads what a store holds of the window and of the hours before it; and of the days before it
    /// where there is an incident, for what fails at its hour every day is none.
    fn store(&self, store: &(impl List + Get)) -> Result<Tally, Failure> {
        let Self { question, detection, threads } = *self;
        let read = |history| kept::read_store(store, &question.window, history, threads);
        let tally = read(detection.history())?;
        let is_all = question.window.from.is_none();
        if is_all || summarize_with(&tally, question, detection, threads).incidents.is_empty() {
            return Ok(tally);
        }
        read(detection.days())
    }
}

fn question(options: &AnalyzeOptions) -> Result<Question, Failure> {
    let now = jiff::Timestamp::now().as_second();
    let from = options.from.map(|moment| moment.seconds(now));
    let to = options.to.map(|moment| moment.seconds(now));
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(Failure::Usage("--from must lie before --to".to_owned()));
    }
    let mut group_by = options.group_by.clone();
    group_by.sort_unstable();
    group_by.dedup();
    let markers = match &options.deploys {
        Some(path) => deploys::read(path)?,
        None => Default::default(),
    };
    Ok(Question { window: Window::new(from, to), group_by, markers })
}

fn nothing_readable(inputs: &Inputs, paths: &[PathBuf]) -> String {
    let mut told = if inputs.unreadable.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        format!("there is no file in {}", paths.join(", "))
    } else {
        "nothing could be read".to_owned()
    };
    let summary = inputs.unreadable.iter().flat_map(|report| {
        report.problems().map(|problem| format!("\n  {}: {}", problem.object, problem.reason))
    });
    told.extend(summary);
    terminal::safe_lines(&told)
}

fn print(summary: &Summary<'_>, options: &AnalyzeOptions) -> Result<(), Failure> {
    if options.json {
        // Standard output by itself is written line by line, and this has a line for each value.
        let mut out = BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
        serde_json::to_writer_pretty(&mut out, summary).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        return Ok(out.flush()?);
    }
    let mut out = anstream::stdout().lock();
    out.write_all(report::render(summary, terminal::width()).as_bytes())?;
    Ok(out.flush()?)
}

fn exit(sources: &[Source]) -> Exit {
    let unreadable: u64 = sources.iter().map(|source| source.unreadable).sum();
    let was_read = |source: &Source| source.kind.is_some() || source.objects > source.unreadable;
    if unreadable == 0 {
        Exit::Done
    } else if sources.iter().any(was_read) {
        Exit::PartlyUnreadable
    } else {
        Exit::Failed
    }
}
