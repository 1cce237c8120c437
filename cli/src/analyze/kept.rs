//! Reading inputs through a store: what it holds already is not read again, and what is read is kept.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::segment::{self, Privacy, Segment};
use sigdrift_telemetry::store::{self, Folder, Get, List, PutIfAbsent, Range, layout};
use sigdrift_telemetry::tally::{Limits, SourceId, Tally};
use sigdrift_telemetry::time::{Minute, Window};
use sigdrift_telemetry::workers;

use super::inputs::{Input, Inputs};
use super::progress::Progress;
use super::work;
use crate::exit::Failure;

/// How much of a file's beginning tells whether it is the same file, grown.
const HEAD: u64 = 64 << 10;
/// What the names of notes on local files begin with.
const FILES: &str = "files/";

/// What the store notes of a local file, to know it again when it has grown.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// Its length in bytes.
    length: u64,
    /// A hash of its first 64 KiB, or of all of it if it is shorter.
    head: SourceId,
}

/// The store in a folder. If nothing is to be put into it, it has to be there already.
pub fn folder(path: &Path, is_there: bool) -> Result<Folder, Failure> {
    if is_there && !path.is_dir() {
        let folder = path.display();
        return Err(Failure::Usage(format!(
            "{folder} is no folder, so it holds nothing yet: name logs to put into it, as in \
             `sigdrift analyze --store {folder} logs/`"
        )));
    }
    Ok(Folder::new(path))
}

/// Reads everything that the store holds of a window, and of the minutes before it that tell what is
/// usual: without them, what failed all along would be no incident.
pub fn read_store(
    store: &(impl List + Get),
    window: &Window,
    history: Minute,
    threads: usize,
) -> Result<Tally, Failure> {
    let mut range = Range::of(window);
    range.from = range.from.map(|from| from.saturating_sub(60 * i64::from(history)));
    store::read_window(store, range, Limits::default(), threads).map_err(refused)
}

/// Reads all inputs into one tally, those from the store that it holds, and puts the others there.
pub fn read_all(
    inputs: Inputs,
    store: &(impl PutIfAbsent + List + Get),
    threads: usize,
    progress: &Progress,
) -> Result<Tally, Failure> {
    let next = AtomicUsize::new(0);
    let worker = |_| -> Result<Tally, store::Error> {
        let mut all = Tally::default();
        while let Some(input) = inputs.found.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tally = read_one(input, store, progress)?;
            // Inputs are sources of their own: `Inputs` names none twice.
            let merged = all.merge(tally);
            debug_assert!(merged.is_ok());
        }
        Ok(all)
    };
    let results = workers::run(threads, worker);
    let mut all = Tally::default();
    for result in results {
        let merged = all.merge(result.map_err(refused)?);
        debug_assert!(merged.is_ok());
    }
    for report in inputs.unreadable {
        all.report(report);
    }
    Ok(all)
}

fn refused(error: store::Error) -> Failure {
    Failure::Usage(crate::terminal::safe(&error.to_string()).into_owned())
}

fn read_one(
    input: &Input,
    store: &(impl PutIfAbsent + List + Get),
    progress: &Progress,
) -> Result<Tally, store::Error> {
    let Some((id, delivered)) = identity(input) else {
        return Ok(read(input, None, progress));
    };
    let replaces = match input {
        Input::File { path, .. } => grown_from(path, id, store)?,
        _ => Vec::new(),
    };
    let partition = layout::Partition::of(delivered);
    for kind in [layout::Kind::Source, layout::Kind::Replacing] {
        let place = layout::Place { partition, kind, id };
        // A segment that cannot be read any more is as good as none, except that it stays there.
        let held = store.get(&place.to_string())?;
        if let Some(held) = held.and_then(|held| segment::read(held, Limits::default()).ok()) {
            progress.pass(input.length());
            return Ok(held.tally);
        }
    }
    let tally = read(input, Some(id), progress);
    let segment = Segment { name: work::name(input), replaces, tally };
    store::put_segment(store, &segment, delivered, &Privacy::default())?;
    if let Input::File { path, .. } = input {
        note(path, id, store)?;
    }
    Ok(segment.tally)
}

/// What tells an input from any other, and when it was delivered; what is no file has neither.
fn identity(input: &Input) -> Option<(SourceId, i64)> {
    let delivered = match input {
        Input::Stdin => return None,
        Input::File { path, changed, .. } => {
            path.to_str().and_then(layout::delivered).unwrap_or(*changed)
        }
        Input::Remote(remote) => {
            let (_, modified) = remote.identity()?;
            layout::delivered(&remote.name()).unwrap_or(modified)
        }
    };
    Some((input.id()?, delivered))
}

fn read(input: &Input, id: Option<SourceId>, progress: &Progress) -> Tally {
    let mut intake = Intake::new(Limits::default());
    let report = work::read_input(input, &mut intake, progress);
    intake.finish_source(report, id);
    intake.into_tally()
}

/// The segments of what this file was before it grew.
fn grown_from(
    path: &Path,
    id: SourceId,
    store: &(impl List + Get),
) -> Result<Vec<SourceId>, store::Error> {
    let mut notes = Vec::new();
    store.list(&folder_of(path), &mut |name| notes.push(name))?;
    let mut replaces = Vec::new();
    for name in notes {
        let earlier = name.rsplit('/').next().and_then(|id| id.parse::<SourceId>().ok());
        let Some(earlier) = earlier.filter(|earlier| *earlier != id) else { continue };
        let Some(bytes) = store.get(&name)? else { continue };
        let Ok(note) = serde_json::from_reader::<_, Note>(bytes) else { continue };
        let is_same = File::open(path).and_then(|file| head(file, note.length.min(HEAD)));
        if is_same.is_ok_and(|head| head == note.head) {
            replaces.push(earlier);
        }
    }
    replaces.sort_unstable();
    Ok(replaces)
}

fn note(path: &Path, id: SourceId, store: &impl PutIfAbsent) -> Result<(), store::Error> {
    let noted = || -> io::Result<Vec<u8>> {
        let length = fs::metadata(path)?.len();
        let note = Note { length, head: head(File::open(path)?, length.min(HEAD))? };
        Ok(serde_json::to_vec(&note)?)
    };
    // A file that vanished cannot grow either.
    let Ok(bytes) = noted() else { return Ok(()) };
    store.put_if_absent(&format!("{}{id}", folder_of(path)), &bytes).map(|_| ())
}

/// What the names of the notes on a file begin with.
fn folder_of(path: &Path) -> String {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    format!("{FILES}{}/", SourceId::of([whole.as_os_str().as_encoded_bytes()]))
}

/// A hash of the first bytes; of what is shorter, an error.
fn head(file: File, length: u64) -> io::Result<SourceId> {
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(SourceId::of([bytes.as_slice()]))
}
