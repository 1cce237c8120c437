//! The diagnosis for people: the sentence, the difference, why, what to do and what not.
//!
//! All of it comes from logs, so it is made safe for a terminal and bounded; `--json` has the whole.

use std::fmt::Write;

use sigdrift_signature::CanonicalRequest;
use sigdrift_signature::explain::Explanation;
use sigdrift_signature::explain::explanation::Part;
use sigdrift_signature::explain::words::bounded;

use crate::page::{FAINT, Page, STRONG};
use crate::side_by_side;
use crate::terminal::safe;

/// The characters that are shown of a text, and of a part of the request.
const LONGEST: usize = 600;
const LONGEST_PART: usize = 200;
/// The longest command that is worth showing: nobody reads or pastes a longer one.
const LONGEST_COMMAND: usize = 1_000;
/// The texts that are shown of a kind.
const MOST: usize = 12;
/// The room that labels take.
const LABEL: usize = 10;

/// The diagnosis as text with styles, at a width.
pub fn render(told: &Explanation, width: usize) -> String {
    let mut page = Page::new(width);
    headline(&mut page, told);
    page.paragraph(anstyle::Style::new(), &bounded(&told.summary, 2 * LONGEST));
    difference(&mut page, told);
    page.gap();
    list(&mut page, "because", reasons(told));
    list(&mut page, "or else", alternatives(told));
    list(&mut page, "do", [told.fix.clone()]);
    list(&mut page, "avoid", [told.avoid.clone()]);
    list(&mut page, "also", told.contexts.iter().map(|context| context.replace('-', " ")));
    commands(&mut page, &told.next_steps, width);
    page.gap();
    list(&mut page, "request", request(told));
    list(&mut page, "note", told.notes.iter().cloned());
    if told.searched.hypotheses > 0 {
        page.gap();
        page.paragraph(FAINT, &searched(told));
    }
    page.into_text()
}

fn headline(page: &mut Page, told: &Explanation) {
    let mut line = told.cause.name().to_owned();
    if let Some(component) = &told.component {
        let _ = write!(line, " ({})", bounded(component, LONGEST_PART));
    }
    if told.cause != sigdrift_signature::cause::CauseId::Undetermined {
        let _ = write!(line, ", {}", told.confidence.name());
    }
    page.paragraph(STRONG, &line);
}

/// The evidence in words. What another piece says too, and more, is not said twice.
fn reasons(told: &Explanation) -> Vec<String> {
    let all: Vec<&str> = told.evidence.iter().map(|evidence| evidence.detail.as_str()).collect();
    let is_said = |reason: &str| {
        all.iter().any(|other| other.len() > reason.len() && other.starts_with(reason))
    };
    all.iter().filter(|reason| !is_said(reason)).map(|reason| (*reason).to_owned()).collect()
}

/// The two canonical requests where both are known, else the parts in which they differ.
fn difference(page: &mut Page, told: &Explanation) {
    let texts = (told.signed.as_deref(), told.verified.as_deref());
    if let (Some(signed), Some(verified)) = texts
        && signed != verified
        && let (Ok(signed), Ok(verified)) =
            (CanonicalRequest::parse(signed), CanonicalRequest::parse(verified))
    {
        let width = page.width();
        page.gap();
        page.raw(&side_by_side::excerpt(&signed, &verified, ["signed", "verified"], width));
        return;
    }
    if told.diff.is_empty() {
        return;
    }
    page.gap();
    for part in told.diff.iter().take(MOST) {
        let name = bounded(&part.part.replace(':', " "), LONGEST_PART);
        page.labelled(&label("differs"), STRONG, &name);
        for (side, value) in sides(part) {
            let value = value.map_or("(not there)".to_owned(), |value| bounded(value, LONGEST));
            page.labelled(&format!("{}{side:9}", label("")), anstyle::Style::new(), &value);
        }
    }
    more(page, told.diff.len());
}

fn sides(part: &Part) -> [(&'static str, Option<&str>); 2] {
    [("signed", part.signed.as_deref()), ("verified", part.verified.as_deref())]
}

fn alternatives(told: &Explanation) -> Vec<String> {
    let named = told.alternatives.iter().map(|other| {
        let component = other.component.as_deref();
        let component = component.map_or(String::new(), |name| format!(" ({name})"));
        let name = other.cause.name();
        format!("{name}{component}, {}: {}", other.confidence.name(), other.cause.what())
    });
    named.collect()
}

/// The request in one line, as far as it is known.
fn request(told: &Explanation) -> Option<String> {
    let request = &told.request;
    let short = |text: &str| bounded(text, LONGEST_PART);
    let target = match (&request.host, &request.path) {
        (None, None) => None,
        (host, path) => Some(format!(
            "{}{}",
            short(host.as_deref().unwrap_or_default()),
            short(path.as_deref().unwrap_or_default())
        )),
    };
    let words = [request.method.as_deref().map(short), target];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let said = |word: &str, value: &Option<String>| {
        value.as_deref().map(|value| format!("{word}{}", short(value)))
    };
    let parts = [
        Some(words).filter(|words| !words.is_empty()),
        said("key id ", &request.access_key_id),
        said("region ", &request.region),
        said("service ", &request.service),
        said("signed at ", &request.signed_at),
        said("request id ", &request.request_id),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn searched(told: &Explanation) -> String {
    let texts = match told.searched.hypotheses {
        1 => "1 text".to_owned(),
        count => format!("{count} texts"),
    };
    format!("{texts} searched in {} ms.", told.searched.elapsed_ms)
}

fn label(name: &str) -> String {
    format!("{name:LABEL$}")
}

/// Texts behind one label: the first beside it, the others below the first.
fn list(page: &mut Page, name: &str, texts: impl IntoIterator<Item = String>) {
    let mut count = 0;
    for text in texts {
        count += 1;
        if count <= MOST {
            let text = bounded(&text, LONGEST);
            if count == 1 {
                page.labelled_in(STRONG, name, &label(name)[name.len()..], &text);
            } else {
                page.labelled(&label(""), anstyle::Style::new(), &text);
            }
        }
    }
    more(page, count);
}

fn more(page: &mut Page, count: usize) {
    if let Some(more @ 1..) = count.checked_sub(MOST) {
        page.labelled(&label(""), FAINT, &format!("… {more} more, in --json"));
    }
}

/// Commands on lines of their own, so that they can be copied.
fn commands(page: &mut Page, commands: &[String], width: usize) {
    if commands.is_empty() {
        return;
    }
    page.gap();
    page.paragraph(STRONG, "confirm with");
    for command in commands.iter().take(MOST) {
        let (command, comment) = match command.split_once("   # ") {
            Some((command, comment)) => (command, Some(comment)),
            None => (command.as_str(), None),
        };
        if let Some(comment) = comment {
            page.labelled("  # ", FAINT, comment);
        }
        if command.chars().count() > LONGEST_COMMAND {
            page.labelled("  ", FAINT, "(a command too long to be shown here: --json has it)");
            continue;
        }
        for line in continued(&safe(command), width.saturating_sub(4)) {
            page.line(&format!("  {line}"));
        }
    }
}

/// A command on lines that a shell reads as one: broken between arguments, never within quotes.
fn continued(command: &str, width: usize) -> Vec<String> {
    let mut is_quoted = false;
    let is_between = |c: char| {
        is_quoted ^= c == '\'';
        c == ' ' && !is_quoted
    };
    let mut lines: Vec<String> = Vec::new();
    for word in command.split(is_between).filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) => {
                line.push_str(" \\");
                lines.push(format!("  {word}"));
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_broken_between_arguments_alone() {
        let command = "curl -sS -X PUT --user \"$A:$B\" 'https://h/a b  c'";
        assert_eq!(
            continued(command, 24),
            ["curl -sS -X PUT --user \\", "  \"$A:$B\" \\", "  'https://h/a b  c'"]
        );
        assert_eq!(continued("date -u", 24), ["date -u"]);
    }
}
