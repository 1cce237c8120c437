//! What changed in the window, what was read, and what could not be.

use sigdrift_telemetry::summary::{Source, Summary};

use super::numbers::{Clock, things};
use crate::page::{FAINT, Page, STRONG};

/// How many changes are shown.
const CHANGES: usize = 8;
/// How many problems are shown.
const PROBLEMS: usize = 8;

/// Writes the changes in the window.
pub fn write_changes(summary: &Summary<'_>, clock: &Clock, page: &mut Page) {
    if summary.changes.is_empty() || summary.totals.failures == 0 {
        return;
    }
    page.gap();
    page.paragraph(STRONG, "Changes");
    for change in summary.changes.iter().take(CHANGES) {
        let time = clock.time(Some(&change.time));
        let kind = format!("{:?}", change.kind).to_ascii_lowercase();
        page.labelled(&format!("    {time}  {kind:<8}  "), anstyle::Style::new(), &change.what);
    }
    if summary.changes.len() > CHANGES {
        let more = things((summary.changes.len() - CHANGES) as u64, "more change", "more changes");
        page.labelled("    ", FAINT, &format!("and {more}: --json shows them all"));
    }
}

/// Writes what was read, and names what could not be.
pub fn write(summary: &Summary<'_>, page: &mut Page) {
    page.gap();
    let read: Vec<String> = summary.sources.iter().map(source).collect();
    let told = if read.is_empty() { "nothing".to_owned() } else { read.join("; ") };
    page.paragraph(FAINT, &format!("Read {told}."));
    for note in &summary.notes {
        page.paragraph(FAINT, &format!("Note: {note}."));
    }
    let unreadable: u64 = summary.sources.iter().map(|source| source.unreadable).sum();
    if unreadable == 0 {
        return;
    }
    page.gap();
    page.paragraph(STRONG, &format!("Could not read {}", things(unreadable, "part", "parts")));
    let problems = summary.sources.iter().flat_map(|source| &source.problems);
    for problem in problems.take(PROBLEMS) {
        let told = format!("{}, {}: {}", problem.object, problem.place, problem.reason);
        page.labelled("    ", anstyle::Style::new(), &told);
    }
    if unreadable > PROBLEMS as u64 {
        page.labelled("    ", FAINT, "and more: --json names the first 50 of each kind");
    }
}

fn source(source: &Source) -> String {
    let kind = source.kind.map_or("no log", |kind| kind.name());
    let mut told = format!(
        "{} in {} ({kind})",
        things(source.records, "record", "records"),
        things(source.objects, "object", "objects"),
    );
    if source.skipped > 0 {
        told.push_str(&format!(", {} left out", source.skipped));
    }
    told
}
