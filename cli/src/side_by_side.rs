//! Two canonical requests side by side, or one below the other where there is no room, with a caret
//! below what differs. Colours only add to it.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use sigdrift_signature::CanonicalRequest;
use textwrap::core::display_width;

use crate::terminal::safe;

const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();
const LEFT: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
const RIGHT: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));

/// Narrower than this, and they stand one below the other.
const TWO_COLUMNS: usize = 76;
/// More rows than this, and equal ones away from a difference are left out: of the whole, of an excerpt.
const MANY: usize = 60;
const FEW: usize = 12;
/// The most rows of an excerpt.
const EXCERPT: usize = 40;
/// Characters that are shown of a value, and around what differs in it.
const LONGEST: usize = 480;
const AROUND: usize = 60;

/// A part on both sides. It is there on one side at least.
struct Row {
    left: Option<String>,
    right: Option<String>,
}

impl Row {
    fn of(left: impl Into<String>, right: impl Into<String>) -> Self {
        Self { left: Some(left.into()), right: Some(right.into()) }
    }

    fn is_same(&self) -> bool {
        self.left == self.right
    }
}

/// The two requests as text with styles; `labels` say whose they are. Session tokens have to be masked
/// already.
pub fn render(
    left: &CanonicalRequest<'_>,
    right: &CanonicalRequest<'_>,
    labels: [&str; 2],
    width: usize,
) -> String {
    let rows = rows(left, right);
    let shown = shown(&rows, MANY);
    lay_out(&rows, &shown, labels, width)
}

/// What differs alone, with a little around it, and not more than a screen.
pub fn excerpt(
    left: &CanonicalRequest<'_>,
    right: &CanonicalRequest<'_>,
    labels: [&str; 2],
    width: usize,
) -> String {
    let rows = rows(left, right);
    let mut shown = shown(&rows, FEW);
    let mut count = 0;
    for is_shown in &mut shown {
        count += usize::from(*is_shown);
        *is_shown &= count <= EXCERPT;
    }
    lay_out(&rows, &shown, labels, width)
}

fn lay_out(rows: &[Row], shown: &[bool], labels: [&str; 2], width: usize) -> String {
    let mut out = String::new();
    let column = (width.saturating_sub(3)) / 2;
    let is_wide = width >= TWO_COLUMNS;
    if is_wide {
        let first = padded(labels[0], column);
        let _ = writeln!(out, "{STRONG}{first}{STRONG:#} │ {STRONG}{}{STRONG:#}", labels[1]);
    } else {
        let _ = writeln!(out, "{STRONG}- {}, + {}{STRONG:#}", labels[0], labels[1]);
    }
    let mut left_out = LeftOut::default();
    for (row, is_shown) in rows.iter().zip(shown) {
        if !is_shown {
            *(if row.is_same() { &mut left_out.same } else { &mut left_out.other }) += 1;
            continue;
        }
        left_out.tell(&mut out);
        if is_wide { beside(&mut out, row, column) } else { below(&mut out, row, width) }
    }
    left_out.tell(&mut out);
    out
}

/// Rows that were left out since the last one that is shown.
#[derive(Default)]
struct LeftOut {
    same: usize,
    other: usize,
}

impl LeftOut {
    fn tell(&mut self, out: &mut String) {
        let lines = |count: usize| if count == 1 { "line" } else { "lines" };
        let LeftOut { same, other } = std::mem::take(self);
        let told = match (same, other) {
            (0, 0) => return,
            (same, 0) => format!("… {same} equal {}", lines(same)),
            (0, other) => format!("… {other} {} that differ", lines(other)),
            (same, other) => {
                format!("… {other} {} that differ and {same} equal {}", lines(other), lines(same))
            }
        };
        let _ = writeln!(out, "{FAINT}{told}{FAINT:#}");
    }
}

/// Which rows are shown: all of them, or those that differ with two around each, if there are too many.
fn shown(rows: &[Row], many: usize) -> Vec<bool> {
    if rows.len() <= many {
        return vec![true; rows.len()];
    }
    let mut shown = vec![false; rows.len()];
    for (at, row) in rows.iter().enumerate() {
        if at < 2 || !row.is_same() {
            let end = (at + 3).min(rows.len());
            shown[at.saturating_sub(2)..end].fill(true);
        }
    }
    shown
}

/// The parts, line by line: a query has a line for each parameter.
fn rows(left: &CanonicalRequest<'_>, right: &CanonicalRequest<'_>) -> Vec<Row> {
    let mut rows = vec![
        Row::of(left.method.as_ref(), right.method.as_ref()),
        Row::of(left.path.as_ref(), right.path.as_ref()),
    ];
    rows.extend(paired(&parameters(&left.query), &parameters(&right.query), '='));
    rows.extend(paired(&headers(left), &headers(right), ':'));
    let blank = |is_there: bool| is_there.then(String::new);
    if left.blank_line != right.blank_line {
        rows.push(Row { left: blank(left.blank_line), right: blank(right.blank_line) });
    }
    rows.push(Row::of(left.signed_headers.as_ref(), right.signed_headers.as_ref()));
    rows.push(Row::of(left.payload.as_ref(), right.payload.as_ref()));
    rows
}

fn parameters(query: &str) -> Vec<String> {
    let pairs = query.split('&').enumerate();
    pairs.map(|(at, pair)| format!("{}{pair}", if at == 0 { '?' } else { '&' })).collect()
}

fn headers(request: &CanonicalRequest<'_>) -> Vec<String> {
    request.headers.iter().map(|(name, value)| format!("{name}:{value}")).collect()
}

/// Lines that have the same name stand beside each other, whatever their order; those of the right
/// side alone stand where they are there.
fn paired(left: &[String], right: &[String], separator: char) -> Vec<Row> {
    fn named(lines: &[String], separator: char) -> Vec<(&str, usize)> {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let of_line = |line| {
            let name = str::split(line, separator).next().unwrap_or(line);
            let name = name.trim_start_matches(['?', '&']);
            let times = seen.entry(name).or_default();
            *times += 1;
            (name, *times)
        };
        lines.iter().map(String::as_str).map(of_line).collect()
    }
    let (left_names, right_names) = (named(left, separator), named(right, separator));
    let in_left: HashSet<_> = left_names.iter().copied().collect();
    let at_right: HashMap<_, _> =
        right_names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let mut rows = Vec::new();
    let mut told = 0;
    let mut right_alone = |rows: &mut Vec<Row>, until: usize| {
        while told < until {
            if !in_left.contains(&right_names[told]) {
                rows.push(Row { left: None, right: Some(right[told].clone()) });
            }
            told += 1;
        }
    };
    for (line, name) in left.iter().zip(&left_names) {
        let at = at_right.get(name).copied();
        right_alone(&mut rows, at.unwrap_or(0));
        rows.push(Row { left: Some(line.clone()), right: at.map(|at| right[at].clone()) });
    }
    right_alone(&mut rows, right.len());
    rows
}

/// What of a value is shown, and which of its characters differ.
struct Cell {
    text: String,
    /// From, to: characters.
    span: (usize, usize),
}

const ABSENT: &str = "(not there)";

fn cells(row: &Row) -> [Cell; 2] {
    let sides = [row.left.as_deref(), row.right.as_deref()]
        .map(|side| side.map(|text| safe(text).chars().collect::<Vec<char>>()));
    let common = |one: &mut dyn Iterator<Item = char>, other: &mut dyn Iterator<Item = char>| {
        one.zip(other).take_while(|(a, b)| a == b).count()
    };
    let (mut start, mut end) = (0, 0);
    if let [Some(left), Some(right)] = &sides {
        start = common(&mut left.iter().copied(), &mut right.iter().copied());
        let most = left.len().min(right.len()) - start;
        end = common(&mut left.iter().rev().copied(), &mut right.iter().rev().copied()).min(most);
    }
    sides.map(|side| match side {
        None => Cell { text: ABSENT.to_owned(), span: (0, ABSENT.len()) },
        Some(chars) if row.is_same() => Cell { text: window(&chars, 0, 0).0, span: (0, 0) },
        Some(chars) => {
            let to = chars.len() - end;
            let (text, skipped) = window(&chars, start, to);
            // Where a side lacks something, the place between two characters is marked.
            let (from, to) = (start - skipped, (to - skipped).max(start - skipped + 1));
            Cell { text, span: (from, to) }
        }
    })
}

/// A long value around what differs in it, and how many characters were left out before.
fn window(chars: &[char], from: usize, to: usize) -> (String, usize) {
    if chars.len() <= LONGEST {
        return (chars.iter().collect(), 0);
    }
    let start = from.saturating_sub(AROUND);
    let end = (to + AROUND).min(start + LONGEST).max(start + AROUND).min(chars.len());
    let mut text: String = if start > 0 { "…" } else { "" }.to_owned();
    let skipped = start - usize::from(start > 0);
    text.extend(&chars[start..end]);
    if end < chars.len() {
        text.push('…');
    }
    (text, skipped)
}

/// A line of a cell: its text, and which of its characters are marked.
struct Line {
    text: String,
    marked: Vec<bool>,
}

/// The lines of a cell within a width.
fn lines(cell: &Cell, width: usize) -> Vec<Line> {
    let mut lines = vec![Line { text: String::new(), marked: Vec::new() }];
    let mut used = 0;
    let mut buffer = [0; 4];
    for (at, c) in cell.text.chars().chain([' ']).enumerate() {
        let is_marked = at >= cell.span.0 && at < cell.span.1;
        let is_end = at == cell.text.chars().count();
        if is_end && !is_marked {
            break;
        }
        let wide = display_width(c.encode_utf8(&mut buffer));
        if used + wide > width {
            lines.push(Line { text: String::new(), marked: Vec::new() });
            used = 0;
        }
        used += wide;
        if let Some(line) = lines.last_mut() {
            line.text.push(c);
            line.marked.push(is_marked);
        }
    }
    lines
}

impl Line {
    fn has_mark(&self) -> bool {
        self.marked.iter().any(|marked| *marked)
    }

    /// The text with what is marked in a style.
    fn styled(&self, style: Style, is_same: bool) -> String {
        if is_same {
            return format!("{FAINT}{}{FAINT:#}", self.text);
        }
        let mut out = String::new();
        let mut was_marked = false;
        for (c, &marked) in self.text.chars().zip(&self.marked) {
            if marked != was_marked {
                let _ = if marked { write!(out, "{style}") } else { write!(out, "{style:#}") };
                was_marked = marked;
            }
            out.push(c);
        }
        if was_marked {
            let _ = write!(out, "{style:#}");
        }
        out
    }

    /// The carets below what is marked.
    fn carets(&self) -> String {
        let mut buffer = [0; 4];
        let mut out = String::new();
        for (c, &marked) in self.text.chars().zip(&self.marked) {
            let wide = display_width(c.encode_utf8(&mut buffer));
            out.push_str(&(if marked { "^" } else { " " }).repeat(wide));
        }
        out.trim_end().to_owned()
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(display_width(text))))
}

fn beside(out: &mut String, row: &Row, column: usize) {
    let [left, right] = cells(row).map(|cell| lines(&cell, column));
    let empty = Line { text: String::new(), marked: Vec::new() };
    for at in 0..left.len().max(right.len()) {
        let (one, other) = (left.get(at).unwrap_or(&empty), right.get(at).unwrap_or(&empty));
        let pad = " ".repeat(column.saturating_sub(display_width(&one.text)));
        let is_same = row.is_same();
        let first = one.styled(LEFT, is_same);
        let second = other.styled(RIGHT, is_same);
        let _ = writeln!(out, "{}", format!("{first}{pad} │ {second}").trim_end());
        if one.has_mark() || other.has_mark() {
            let line = format!("{} │ {}", padded(&one.carets(), column), other.carets());
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
}

fn below(out: &mut String, row: &Row, width: usize) {
    let sides: &[(&str, Style)] =
        if row.is_same() { &[("  ", FAINT)] } else { &[("- ", LEFT), ("+ ", RIGHT)] };
    for ((sign, style), cell) in sides.iter().zip(cells(row)) {
        for line in lines(&cell, width - 2) {
            let text = line.styled(*style, row.is_same());
            let _ = writeln!(out, "{}", format!("{sign}{text}").trim_end());
            if line.has_mark() {
                let _ = writeln!(out, "  {}", line.carets());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sigdrift_signature::CanonicalRequest;

    const SIGNED: &str = "PUT\n/k\na=1\naccept-encoding:identity\nhost:media.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD";

    fn plain(left: &str, right: &str, width: usize) -> String {
        let [left, right] = [left, right].map(|text| CanonicalRequest::parse(text).unwrap());
        let styled = render(&left, &right, ["A", "B"], width);
        anstream::adapter::strip_str(&styled).to_string()
    }

    #[test]
    fn what_differs_has_carets_below() {
        let verified = SIGNED.replace("identity", "gzip").replace("a=1", "a=1&b=2");
        let told = plain(SIGNED, &verified, 80);
        let expected = [
            "A                                      │ B",
            "PUT                                    │ PUT",
            "/k                                     │ /k",
            "?a=1                                   │ ?a=1",
            "(not there)                            │ &b=2",
            "^^^^^^^^^^^                            │ ^^^^",
            "accept-encoding:identity               │ accept-encoding:gzip",
            "                ^^^^^^^^               │                 ^^^^",
            "host:media.s3.eu-west-1.amazonaws.com  │ host:media.s3.eu-west-1.amazonaws.com",
            "accept-encoding;host                   │ accept-encoding;host",
            "UNSIGNED-PAYLOAD                       │ UNSIGNED-PAYLOAD\n",
        ];
        assert_eq!(told, expected.join("\n"));
    }

    #[test]
    fn they_stand_one_below_the_other_where_it_is_narrow() {
        let told = plain(SIGNED, &SIGNED.replace("identity", "gzip"), 60);
        let part = "- accept-encoding:identity\n                  ^^^^^^^^\n+ accept-encoding:gzip\n                  ^^^^\n  host:";
        assert!(told.contains(part), "{told}");
        assert!(told.lines().all(|line| display_width(line) <= 60));
    }

    #[test]
    fn what_is_missing_is_marked_where_it_would_stand() {
        let told = plain(&SIGNED.replace("/k", "/a//b"), &SIGNED.replace("/k", "/a/b"), 80);
        assert!(told.contains("/a//b                                  │ /a/b\n   ^ "), "{told}");
    }

    #[test]
    fn long_values_and_many_lines_are_cut() {
        let long = SIGNED.replace("/k", &format!("/{}x{}", "a".repeat(5000), "b".repeat(5000)));
        let told = plain(&long, &long.replace('x', "y"), 80);
        assert!(told.contains("…") && told.contains('^') && told.len() < 3000, "{told}");
        let many: String = (0..5000).map(|at| format!("x-{at:04}:1\n")).collect();
        let many = SIGNED.replace("host:media", &format!("{many}host:media"));
        let told = plain(&many, &many.replace("x-2500:1", "x-2500:2"), 80);
        assert!(told.lines().count() < 30 && told.contains("… 2498 equal lines"), "{told}");
        let other = CanonicalRequest::parse(SIGNED).unwrap();
        let many = CanonicalRequest::parse(&many).unwrap();
        let told = excerpt(&many, &other, ["A", "B"], 80);
        assert!(told.lines().count() < 100 && told.contains("lines that differ"), "{told}");
        let wide = SIGNED.replace("/k", &"日本".repeat(40));
        assert!(plain(&wide, SIGNED, 80).lines().all(|line| display_width(line) <= 80));
    }
}
