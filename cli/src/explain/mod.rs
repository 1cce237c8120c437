//! `sigdrift explain`: from the evidence of one failing request to its cause.

mod gather;
mod print;

use std::io::Write;
use std::time::{Duration, Instant};

use sigdrift_signature::explain::{Explanation, Limits, Question};

use crate::args::ExplainOptions;
use crate::exit::{Exit, Failure};
use crate::{input, terminal};

/// Runs the command.
pub fn run(options: &ExplainOptions) -> Result<Exit, Failure> {
    gather::check_stdin(options)?;
    let secret = options.secret_file.as_deref().map(input::secret).transpose()?;
    let evidence = gather::gather(options)?;
    let started = Instant::now();
    let longest = Duration::from_secs_f64(options.search_time);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let stop = || started.elapsed() > longest;
    let limits = Limits { threads, stop: &stop, ..Limits::default() };
    let question = Question { secret: secret.as_ref(), limits };
    let mut told = evidence.explain(&question, jiff::Timestamp::now().as_second());
    told.searched.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    write(&told, options)?;
    Ok(Exit::Done)
}

fn write(told: &Explanation, options: &ExplainOptions) -> Result<(), Failure> {
    if options.json {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, told).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        return Ok(());
    }
    let mut out = anstream::stdout().lock();
    out.write_all(print::render(told, terminal::width()).as_bytes())?;
    Ok(())
}
