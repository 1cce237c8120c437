//! What an object is, from its first bytes and never from its name.

use memchr::memmem;
use memchr::{memchr_iter, memrchr};

use super::json_shape::AS_CLOUDTRAIL_WRITES;
use super::s3_access_log;

/// How an object is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Nothing but white space.
    Empty,
    /// S3 access log lines.
    AccessLog,
    /// A line at a time, each JSON or text.
    Lines,
    /// JSON values that do not keep to lines.
    Json,
    /// No text at all.
    Binary,
}

/// Tells the format from what an object begins with. `is_whole` says that there is no more.
#[must_use]
pub fn sniff(start: &[u8], is_whole: bool) -> Format {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let Some(first) = start.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return if is_whole { Format::Empty } else { Format::Lines };
    };
    // The last line may be cut off by the end of what was read.
    let cut = if is_whole { start.len() } else { memrchr(b'\n', start).unwrap_or(start.len()) };
    let lines = || lines(&start[..cut]).map(<[u8]>::trim_ascii);
    let begins_json = begins_json(&start[first..]);
    // The first line may be a document of many megabytes, which there is no use in searching.
    if lines().skip(usize::from(begins_json)).any(s3_access_log::looks_like) {
        return Format::AccessLog;
    }
    if begins_json {
        let is_container = lines().find(|line| !line.is_empty()).is_some_and(is_container);
        let keeps_to_lines = !is_container && lines().any(is_whole_object);
        return if keeps_to_lines { Format::Lines } else { Format::Json };
    }
    // CloudTrail writes one line; where there are more, an application may have printed records.
    let mut filled = lines().filter(|line| !line.is_empty());
    if filled.next().is_some_and(goes_on_with_cloudtrail) && filled.next().is_none() {
        return Format::Json;
    }
    if is_binary(start) { Format::Binary } else { Format::Lines }
}

/// Whether a line holds whole records of a CloudTrail file behind the rest of one: the beginning of the
/// file is missing.
fn goes_on_with_cloudtrail(line: &[u8]) -> bool {
    memmem::find_iter(line, AS_CLOUDTRAIL_WRITES).any(|at| line[..at].ends_with(b"},"))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', text).chain([text.len()]).map(move |end| {
        let line = &text[start..end];
        start = end + 1;
        line
    })
}

/// Whether a text begins as a JSON object or array does: `{"`, `{}`, `[{`, `[]`, white space aside.
#[must_use]
pub fn begins_json(text: &[u8]) -> bool {
    let mut bytes = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    match bytes.next() {
        Some(b'{') => matches!(bytes.next(), Some(b'"' | b'}') | None),
        Some(b'[') => matches!(bytes.next(), Some(b'{' | b']') | None),
        _ => false,
    }
}

fn is_whole_object(line: &[u8]) -> bool {
    line.starts_with(b"{")
        && line.ends_with(b"}")
        && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Whether a line holds many records in one value: `{"Records":[`, or an array.
fn is_container(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).unwrap_or(line);
    line.starts_with(b"[")
        || [&b"\"Records\""[..], b"\"Events\"", b"\"events\""]
            .iter()
            .any(|name| rest.starts_with(name))
}

/// What is no text, by how it begins, and what to do about it.
const NO_TEXT: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "is a zip archive: unpack it first"),
    (b"\xfd7zXZ\0", "is packed with xz: unpack it first"),
    (b"BZh", "is packed with bzip2: unpack it first"),
    (
        b"\xff\xfe",
        "is text as UTF-16: convert it to UTF-8 first, as `iconv -f UTF-16 -t UTF-8` does",
    ),
    (
        b"\xfe\xff",
        "is text as UTF-16: convert it to UTF-8 first, as `iconv -f UTF-16 -t UTF-8` does",
    ),
    (b"PAR1", "is a Parquet file: give the log that it was made of"),
];

/// Why an object that is no text cannot be read.
#[must_use]
pub fn why_binary(start: &[u8]) -> &'static str {
    let known = NO_TEXT.iter().find(|(magic, _)| start.starts_with(magic));
    known.map_or("is neither text nor gzip nor zstd: no log that can be read", |(_, why)| why)
}

fn is_binary(start: &[u8]) -> bool {
    let sample = &start[..start.len().min(8 << 10)];
    let odd = |byte: &&u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    let controls = sample.iter().filter(odd).count();
    let not_text = String::from_utf8_lossy(sample).chars().filter(|c| *c == '\u{fffd}').count();
    10 * (controls + not_text) > sample.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCESS: &str = "o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F33A59F07 REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 1 1 \"-\" \"-\" -\n";

    #[test]
    fn tells_formats_apart_by_content() {
        for (text, format) in [
            ("", Format::Empty),
            (" \n\n", Format::Empty),
            (ACCESS, Format::AccessLog),
            ("\u{feff}{\"Records\":[{\"a\":1}]}", Format::Json),
            ("{\"Records\":[{\"a\":1}]}\n{\"Records\":[]}\n", Format::Json),
            ("{\n  \"Records\": [\n", Format::Json),
            ("[{\"a\":1},\n{\"a\":2}]", Format::Json),
            ("{\"a\":1}\n{\"a\":2}\n", Format::Lines),
            ("{\"a\":1\n{\"a\":2}\n", Format::Lines),
            ("{\"a\":1}", Format::Lines),
            ("[ERROR] 2026-04-15 something\n", Format::Lines),
            ("plain words\n", Format::Lines),
            ("\"a\"}},{\"eventVersion\":\"1.11\",\"a\":1}]}", Format::Json),
            ("INFO {\"a\":1},{\"eventVersion\":\"1.11\"}\nplain words\n", Format::Lines),
            ("\"a\"}}\n{\"eventVersion\":\"1.11\",\"a\":1}\n", Format::Lines),
        ] {
            assert_eq!(sniff(text.as_bytes(), true), format, "{text}");
        }
        let damaged = format!("garbage \u{0} first\n{ACCESS}");
        assert_eq!(sniff(damaged.as_bytes(), true), Format::AccessLog);
        assert_eq!(sniff(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0], true), Format::Binary);
    }

    #[test]
    fn what_is_no_text_is_told_with_what_to_do_about_it() {
        let text: Vec<u8> = ACCESS.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (start, rest, told) in [
            (&b"\xff\xfe"[..], &text[..], "iconv"),
            (b"PK\x03\x04", &[0; 64], "unpack it"),
            (b"\xfd7zXZ\0", &[0; 64], "unpack it"),
            (b"\x7fELF", &[0; 64], "no log"),
        ] {
            let object = [start, rest].concat();
            assert_eq!(sniff(&object, true), Format::Binary, "{told}");
            assert!(why_binary(&object).contains(told), "{told}");
        }
    }
}
