//! How far reading is, on standard error, when someone is there to see it.

use std::io::{self, IsTerminal, Read};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const KNOWN_SIZE: &str =
    "{percent:>3}% {bar:24} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left  {wide_msg}";
const UNKNOWN_SIZE: &str = "{spinner} {bytes}, {bytes_per_sec}  {wide_msg}";

/// A progress bar, which shows only on a terminal and only if the work takes a moment.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for this many bytes; 0 if that is unknown.
    pub fn new(bytes: u64) -> Self {
        let is_seen = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let target = if is_seen {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        let (bar, template) = match bytes {
            0 => (ProgressBar::with_draw_target(None, target), UNKNOWN_SIZE),
            bytes => (ProgressBar::with_draw_target(Some(bytes), target), KNOWN_SIZE),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar }
    }

    /// Names what is read now.
    pub fn begin(&self, name: &str) {
        if !self.bar.is_hidden() {
            self.bar.set_message(crate::terminal::safe(name).into_owned());
        }
    }

    /// Counts the bytes that are read through the reader that it gives.
    pub fn watch<R: Read>(&self, input: R) -> Watched<'_, R> {
        Watched { input, progress: self }
    }

    /// Counts bytes that need not be read.
    pub fn pass(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// A reader whose bytes are counted.
#[derive(Debug)]
pub struct Watched<'p, R> {
    input: R,
    progress: &'p Progress,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.progress.bar.inc(read as u64);
        Ok(read)
    }
}
