//! Reads an object line by line: each line a JSON value or text, as its content shows.

use super::context::Context;
use super::intake::Intake;
use super::sniff::begins_json;
use super::values::Values;
use crate::source::{Place, SourceKind};
use crate::time::parse_rfc3339;

/// How many lines that are no records are remembered by their numbers.
const REMEMBERED: usize = 50;

/// Readers for an object that keeps to lines.
#[derive(Debug, Default)]
pub struct Lines {
    values: Values,
    /// Lines that are neither JSON nor anything else known, of which some logs have none.
    plain: Vec<u64>,
    plain_count: u64,
    /// How many of them are the end of a record whose beginning is missing.
    rest_count: u64,
    has_content: bool,
}

impl Lines {
    /// Takes in a block of whole lines, of which the first has the number `first`. Gives the number
    /// of lines.
    pub fn take(&mut self, block: &[u8], first: u64, intake: &mut Intake) -> u64 {
        let block = block.strip_suffix(b"\n").unwrap_or(block);
        let mut last = first;
        for (number, line) in (first..).zip(block.split(|byte| *byte == b'\n')) {
            last = number;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line =
                if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
            let place = Place::Line(number);
            if line.is_empty() {
                // A canonical request that is printed over several lines holds empty ones.
                self.values.line("", &place, &Context::default(), intake);
                continue;
            }
            self.has_content = true;
            match std::str::from_utf8(line) {
                Ok(_) if line.contains(&0) => intake.unreadable(place, "holds a NUL byte"),
                Ok(line) => self.line(line, number, &place, intake),
                Err(_) => intake.unreadable(place, "is not valid UTF-8"),
            }
        }
        last - first + 1
    }

    fn line(&mut self, line: &str, number: u64, place: &Place, intake: &mut Intake) {
        let mut context = Context::default();
        let trimmed = line.trim();
        if let Some(value) = json_in(trimmed, &mut context) {
            let is_first = intake.kind().is_none();
            self.values.value(value, place, &context, intake);
            if is_first && holds_records(intake) && self.rest_count == self.plain_count {
                self.values.forget_lines();
            }
            return;
        }
        let is_rest = is_rest_of_record(trimmed);
        // The code in what is left of a record is no application's error.
        let is_damage = is_rest && holds_records(intake);
        if !is_damage && self.values.line(line, place, &context, intake) {
            return;
        }
        self.rest_count += u64::from(is_rest);
        self.plain_count += 1;
        if self.plain.len() < REMEMBERED {
            self.plain.push(number);
        }
    }

    /// Ends the object. Text in a log of which every line is a record is damage.
    pub fn finish(mut self, intake: &mut Intake) {
        self.values.finish(intake);
        if let Some(kind) = intake.kind()
            && holds_records(intake)
        {
            for line in &self.plain {
                intake.unreadable(Place::Line(*line), format!("is no record of a {kind}"));
            }
            intake.unreadable_more(self.plain_count - self.plain.len() as u64);
        }
        if self.has_content {
            intake.is_a(SourceKind::ApplicationLog);
        }
    }
}

/// Whether the object was recognised as a log of which every line is a record.
fn holds_records(intake: &Intake) -> bool {
    matches!(intake.kind(), Some(SourceKind::S3AccessLogJson | SourceKind::CloudTrail))
}

/// Whether a line ends a JSON object that it does not begin.
fn is_rest_of_record(line: &str) -> bool {
    let count = |wanted| line.bytes().filter(|byte| *byte == wanted).count();
    line.ends_with('}') && count(b'}') > count(b'{')
}

/// The JSON value that a line holds: the whole line, or what follows the time (and the log stream)
/// that exports from CloudWatch Logs put before each message.
fn json_in<'a>(line: &'a str, context: &mut Context) -> Option<&'a str> {
    let is_value = |text: &str| text.starts_with('{') && begins_json(text.as_bytes());
    if is_value(line) {
        return Some(line);
    }
    if !line.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let (time, rest) = line.split_once([' ', '\t'])?;
    let seconds = parse_rfc3339(time)?;
    let rest = rest.trim_start();
    let (stream, value) = match rest.split_once(' ') {
        _ if is_value(rest) => (None, rest),
        Some((stream, rest)) if is_value(rest.trim_start()) => (Some(stream), rest.trim_start()),
        _ => return None,
    };
    *context = context.within(stream, Some(seconds));
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_alone_or_behind_a_time() {
        let of = |line| {
            let mut context = Context::default();
            (json_in(line, &mut context).map(str::to_owned), context.time, context.function_version)
        };
        let value = Some("{\"a\":1}".to_owned());
        assert_eq!(of("{\"a\":1}"), (value.clone(), None, None));
        assert_eq!(of("1970-01-01T00:01:00.000Z {\"a\":1}"), (value.clone(), Some(60), None));
        let tail = of("1970-01-01T00:01:00Z 2026/04/15/[42]0a1b {\"a\":1}");
        assert_eq!(tail, (value, Some(60), Some("42".to_owned())));
        assert_eq!(of("1970-01-01T00:01:00Z something {a=1}").0, None);
        assert_eq!(of("[{\"a\":1}]").0, None);
    }
}
