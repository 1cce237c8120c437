//! JSON: whole lines that are one record, and bodies or records inside other text.

use serde_json::{Map, Value};

use super::{
    LoggedError, extract,
    found::{Found, Kind, signature_error},
    keys::{self, Field},
    limits::{DEPTH, FINDINGS},
    time, trigger,
};

/// Members whose own members belong to the object around them.
const FOLDED: &[&str] =
    &["$metadata", "ResponseMetadata", "metadata", "HTTPHeaders", "headers", "extras", "Error"];

/// Names of the member that says when a record was written, the first that fits counts.
const TIMES: &[&str] =
    &["@timestamp", "timestamp", "time", "ts", "eventTime", "datetime", "date", "asctime", "@t"];

/// The signature errors in a line that is one JSON object, with the record's time.
/// `None` if it is not.
pub(super) fn of_line(line: &str) -> Option<(Vec<Found>, Option<i64>)> {
    let line = line.trim();
    if !(line.starts_with('{') && line.ends_with('}')) {
        return None;
    }
    let Value::Object(record) = serde_json::from_str(line).ok()? else { return None };
    let time = time(&record);
    let mut all = Vec::new();
    object(&record, 0, &mut all);
    Some((extract::of_record(all, line), time))
}

/// The strings of a record that a client's debug log may have written.
pub(super) fn debug_texts(line: &str) -> Vec<String> {
    fn collect(value: Value, depth: usize, all: &mut Vec<String>) {
        match value {
            Value::String(text) if trigger::is_in(&text) => all.push(text),
            Value::Object(members) if depth < DEPTH => {
                members.into_iter().for_each(|(_, member)| collect(member, depth + 1, all));
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    if let Ok(record) = serde_json::from_str(line.trim()) {
        collect(record, 0, &mut all);
    }
    all
}

/// The first JSON object in `text`, if one is there: where it begins and ends, and its errors.
pub(super) fn in_text(text: &str, depth: usize) -> Option<(usize, usize, Vec<Found>)> {
    let starts = ["{\"", "{ \""].iter().filter_map(|start| text.find(start));
    let start = starts.min()?;
    let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let Some(Ok(Value::Object(record))) = stream.next() else { return None };
    let end = start + stream.byte_offset();
    let mut all = Vec::new();
    object(&record, depth, &mut all);
    let time = time(&record);
    for found in &mut all {
        found.error.time = found.error.time.or(time);
    }
    Some((start, end, all))
}

fn value(value: &Value, depth: usize, all: &mut Vec<Found>) {
    if depth > DEPTH || all.len() >= FINDINGS {
        return;
    }
    match value {
        Value::Object(members) => object(members, depth + 1, all),
        Value::Array(values) => values.iter().for_each(|v| self::value(v, depth + 1, all)),
        Value::String(text) if trigger::is_in(text) => all.extend(extract::all(text, depth + 4)),
        _ => {}
    }
}

fn object(members: &Map<String, Value>, depth: usize, all: &mut Vec<Found>) {
    all.extend(error(members));
    for (_, member) in members {
        value(member, depth, all);
    }
}

/// The error that an object itself is, told by its code.
fn error(members: &Map<String, Value>) -> Option<Found> {
    let text = |field| {
        members.iter().find_map(move |(name, value)| {
            let fits = keys::field(name) == Some(field);
            value.as_str().filter(|_| fits)
        })
    };
    let codes = members.iter().filter(|(name, _)| keys::field(name) == Some(Field::Code));
    let message = text(Field::Message);
    let mut error = LoggedError::default();
    let found = codes
        .filter_map(|(name, code)| Some((name, code.as_str()?)))
        .find_map(|(name, code)| Some((name, signature_error(error.clone(), code, message)?)));
    let (name, with_code) = found?;
    error = with_code;
    // Lambda prints the id of its own invocation into the records of an error.
    let of_lambda = name == "errorType" || (members.contains_key("level") && is_uuid(members));
    fields(&mut error, members, of_lambda);
    let certain = name == "__type" || members.contains_key("$metadata");
    let is_body = name == "__type" && !members.contains_key("$metadata");
    let kind = if is_body { Kind::Body } else { Kind::Exception };
    Some(Found { error, kind, certain })
}

fn fields(error: &mut LoggedError, members: &Map<String, Value>, of_lambda: bool) {
    for (name, value) in members {
        if let Value::Object(inner) = value {
            if FOLDED.contains(&name.as_str()) {
                fields(error, inner, false);
            }
            continue;
        }
        let Some(field) = keys::field(name) else { continue };
        if of_lambda && name == "requestId" {
            continue;
        }
        match value {
            Value::String(text) => keys::put(error, field, text, false),
            Value::Number(number) => keys::put(error, field, &number.to_string(), false),
            _ => {}
        }
    }
}

fn is_uuid(members: &Map<String, Value>) -> bool {
    let id = members.get("requestId").and_then(Value::as_str).unwrap_or("");
    id.len() == 36 && id.bytes().filter(|byte| *byte == b'-').count() == 4
}

fn time(members: &Map<String, Value>) -> Option<i64> {
    TIMES.iter().find_map(|name| match members.get(*name)? {
        Value::String(text) => time::text(text).or_else(|| time::number(text.parse().ok()?)),
        Value::Number(number) => time::number(number.as_f64()?),
        _ => None,
    })
}
