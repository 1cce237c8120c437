//! What a log, a quotation or a container runtime puts before every line of a text.
//!
//! A prefix is compared by its shape: digits stand for any digits, so that a time that goes on from
//! line to line is the same prefix.

/// The rest of a line behind a prefix of this shape, or `None` if the line has another. A line that
/// ends within the blanks of the prefix is empty.
#[must_use]
pub(super) fn strip<'a>(line: &'a str, shape: &str) -> Option<&'a str> {
    let (text, shape) = (line.as_bytes(), shape.as_bytes());
    let (mut at, mut wanted) = (0, 0);
    while wanted < shape.len() {
        let expected = shape[wanted];
        if at == text.len() {
            let is_blank = shape[wanted..].iter().all(|byte| b" \t|>".contains(byte));
            return is_blank.then(|| &line[at..]);
        }
        if expected.is_ascii_digit() {
            let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
            let found = digits(&text[at..]);
            if found == 0 {
                return None;
            }
            at += found;
            wanted += digits(&shape[wanted..]);
        } else {
            if text[at] != expected {
                return None;
            }
            at += 1;
            wanted += 1;
        }
    }
    line.get(at..)
}

/// Lines that are looked at to find a prefix that all share.
const SAMPLE: usize = 200;
/// A prefix is no longer than this.
const LONGEST: usize = 160;

/// The longest prefix that nearly every line of a text has, and that holds more than blanks.
#[must_use]
pub(super) fn common(text: &str) -> Option<&str> {
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE).collect();
    if lines.len() < 4 {
        return None;
    }
    let enough = lines.len() - lines.len() / 10;
    let mut best: Option<&str> = None;
    for line in [lines[lines.len() / 2], lines[0], lines[lines.len() - 1]] {
        for end in boundaries(line) {
            let shape = &line[..end];
            if best.is_some_and(|best| best.len() >= end) {
                continue;
            }
            if lines.iter().filter(|line| strip(line, shape).is_some()).count() >= enough {
                best = Some(shape);
            }
        }
    }
    best.filter(|shape| !shape.trim().is_empty())
}

/// Where a prefix may end: behind a blank, and behind `>` and `|`.
fn boundaries(line: &str) -> impl Iterator<Item = usize> + '_ {
    let bytes = line.as_bytes();
    let ends = (1..bytes.len().min(LONGEST)).filter(move |&end| {
        b" \t".contains(&bytes[end - 1]) || (end < 3 && b">|".contains(&bytes[end - 1]))
    });
    ends.filter(move |&end| line.is_char_boundary(end) && is_prefix(&line[..end]))
}

/// Whether a text may be a prefix: it ends like one, and is not a part of what is looked for.
fn is_prefix(text: &str) -> bool {
    let trimmed = text.trim_end();
    let framed = trimmed.ends_with(['|', '>', ':', ']', '-', '#', '*', 'F', 'P', ')', 'Z', '"'])
        || trimmed.ends_with(|last: char| last.is_ascii_digit())
        || trimmed.is_empty();
    framed && !text.contains(['<', '{', '\'']) && !text.contains("AWS4-")
}

/// A text without a prefix on its lines; lines that have another shape stay.
#[must_use]
pub(super) fn without(text: &str, shape: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        out.push_str(strip(line, shape).unwrap_or(line));
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_for_digits() {
        let shape = "2026-04-15T09:42:14.1+02:00 stderr F ";
        assert_eq!(strip("2026-04-15T09:42:15.123+02:00 stderr F GET", shape), Some("GET"));
        assert_eq!(strip("2026-04-15T09:42:15.123+02:00 stderr F", shape), Some(""));
        assert_eq!(strip("GET", shape), None);
        assert_eq!(strip(">", "> "), Some(""));
        assert_eq!(strip("x", ""), Some("x"));
    }

    #[test]
    fn a_prefix_of_nearly_all_lines_is_found() {
        let text = "> a\n> GET\n>\n> /x\n> b\n";
        assert_eq!(common(text), Some("> "));
        assert_eq!(without(text, "> "), "a\nGET\n\n/x\nb\n");
        assert_eq!(
            common("app-1  | a b\napp-1  | c d\napp-1  | e\napp-1  | f\n"),
            Some("app-1  | ")
        );
        let times = "2026-04-15T07:42:13.1Z GET\n2026-04-15T07:42:13.2Z /\n2026-04-15T07:42:13.3Z x\n2026-04-15T07:42:14Z y\n";
        assert_eq!(common(times), None);
        let times = times.replace("14Z", "14.0Z");
        assert_eq!(common(&times), Some("2026-04-15T07:42:13.3Z "));
        assert_eq!(common("host:a\nx-amz-date:b\nc\nd\n"), None);
    }
}
