//! The parts of a form as browsers send it: `multipart/form-data`.
//!
//! <https://www.rfc-editor.org/rfc/rfc7578>

use memchr::memmem::Finder;

/// Parts that are read at most; S3 takes far fewer.
const MAX_PARTS: usize = 1_000;
/// A boundary is no longer than this: <https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1> says 70.
const LONGEST_BOUNDARY: usize = 200;

/// A part of a form.
pub(super) struct Part<'b> {
    /// Its name, as sent.
    pub name: String,
    /// The name of the file, if it is one.
    pub filename: Option<String>,
    /// What it holds.
    pub content: &'b [u8],
    /// Whether the boundary behind it is there: where it is not, the body is cut.
    pub is_whole: bool,
}

/// Why a body is no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MultipartError {
    /// `Content-Type` names no boundary.
    #[error("the Content-Type: `boundary=…` is missing or too long")]
    Boundary,
    /// The body holds no boundary.
    #[error("the body: the boundary that Content-Type names does not stand in it")]
    Start,
    /// A part cannot be read.
    #[error("part {number} of the form: {expected} expected")]
    Part {
        /// Counted from 1.
        number: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// There are more parts than are read.
    #[error("the form has more than {MAX_PARTS} parts")]
    TooMany,
}

/// The boundary that a `Content-Type` names.
pub(super) fn boundary(content_type: &str) -> Result<&str, MultipartError> {
    let value = parameter(content_type, "boundary").ok_or(MultipartError::Boundary)?;
    let is_one = !value.is_empty() && value.len() <= LONGEST_BOUNDARY && value.is_ascii();
    is_one.then_some(value).ok_or(MultipartError::Boundary)
}

/// The parts of a body, in their order. Lines may end in LF or CRLF. The last part of a body that was
/// cut is given as far as it goes.
pub(super) fn parts<'b>(boundary: &str, body: &'b [u8]) -> Result<Vec<Part<'b>>, MultipartError> {
    let delimiter = format!("--{boundary}");
    let finder = Finder::new(delimiter.as_bytes());
    // Anything may stand before the first boundary, as long as that begins a line.
    let mut starts = finder.find_iter(body).filter(|at| *at == 0 || body[at - 1] == b'\n');
    let mut at = starts.next().ok_or(MultipartError::Start)? + delimiter.len();
    let mut parts = Vec::new();
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"--") || rest.is_empty() {
            return Ok(parts);
        }
        if parts.len() == MAX_PARTS {
            return Err(MultipartError::TooMany);
        }
        let next = starts.next();
        let inside = &body[at..next.unwrap_or(body.len())];
        parts.push(part(inside, parts.len() + 1, next.is_some())?);
        match next {
            Some(next) => at = next + delimiter.len(),
            None => return Ok(parts),
        }
    }
}

/// A part, from behind its boundary to the next.
fn part(inside: &[u8], number: usize, is_whole: bool) -> Result<Part<'_>, MultipartError> {
    let wrong = |expected| MultipartError::Part { number, expected };
    let (_, mut rest) = line(inside).ok_or(wrong("a line end behind its boundary"))?;
    let mut disposition = None;
    loop {
        let (head, after) = line(rest).ok_or(wrong("an empty line behind its headers"))?;
        rest = after;
        if head.is_empty() {
            break;
        }
        let head = String::from_utf8_lossy(head);
        let (name, value) = head.split_once(':').ok_or(wrong("a header `name: value`"))?;
        if name.eq_ignore_ascii_case("content-disposition") {
            disposition = Some(value.to_owned());
        }
    }
    let disposition = disposition.ok_or(wrong("a Content-Disposition"))?;
    let name = parameter(&disposition, "name").ok_or(wrong("`name=\"…\"` in its disposition"))?;
    // The line end before a boundary belongs to the boundary.
    let content = if is_whole { rest.strip_suffix(b"\n").unwrap_or(rest) } else { rest };
    let content = if is_whole { content.strip_suffix(b"\r").unwrap_or(content) } else { content };
    Ok(Part {
        name: name.to_owned(),
        filename: parameter(&disposition, "filename").map(str::to_owned),
        content,
        is_whole,
    })
}

/// The first line of a text without its end, and what follows it.
fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', text)?;
    let line = &text[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), &text[end + 1..]))
}

/// A parameter of a header's value, quoted or not: `form-data; name="key"`.
fn parameter<'v>(value: &'v str, name: &str) -> Option<&'v str> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (found, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim_end(), &after[end..])
            }
        };
        if found.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = next.trim_start().trim_start_matches(';');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &str = "ignored\r\n--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\nb\r\n--B\r\n\
        content-disposition: form-data; filename=\"x;y.png\"; name=file\r\nContent-Type: image/png\r\n\r\n--Bin\r\n--B--\r\n";

    fn read(body: &str) -> Vec<(String, Option<String>, String)> {
        let parts = parts("B", body.as_bytes()).unwrap();
        let text = |part: &Part<'_>| String::from_utf8_lossy(part.content).into_owned();
        parts.iter().map(|part| (part.name.clone(), part.filename.clone(), text(part))).collect()
    }

    #[test]
    fn parts_are_read_with_either_line_end() {
        let expected = |end: &str| {
            vec![
                ("key".to_owned(), None, format!("a{end}b")),
                ("file".to_owned(), Some("x;y.png".to_owned()), String::new()),
            ]
        };
        let body = BODY.replace("--Bin", "");
        assert_eq!(read(&body), expected("\r\n"));
        assert_eq!(read(&body.replace("\r\n", "\n")), expected("\n"));
    }

    #[test]
    fn a_cut_body_is_read_as_far_as_it_goes() {
        let cut = &BODY[..BODY.find("--Bin").unwrap()];
        let parts = parts("B", cut.as_bytes()).unwrap();
        assert_eq!(parts.len(), 2);
        assert!(parts[0].is_whole && !parts[1].is_whole);
    }

    #[test]
    fn says_where_it_is_none() {
        let told = |body: &str| parts("B", body.as_bytes()).err().unwrap().to_string();
        assert_eq!(
            told("key=value"),
            "the body: the boundary that Content-Type names does not stand in it"
        );
        assert_eq!(
            told("--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--"),
            "part 1 of the form: a Content-Disposition expected"
        );
        assert_eq!(
            told("--B\nContent-Disposition: form-data\n\nx\n--B--"),
            "part 1 of the form: `name=\"…\"` in its disposition expected"
        );
        assert_eq!(
            told(&BODY.replace("Content-Type: ", "")),
            "part 2 of the form: a header `name: value` expected"
        );
        assert_eq!(boundary("multipart/form-data; a=b; boundary=\"x y\""), Ok("x y"));
        assert_eq!(boundary("multipart/form-data"), Err(MultipartError::Boundary));
    }

    proptest! {
        #[test]
        fn nothing_panics(body in "(--B|--|\r\n|\n|Content-Disposition: form-data; name=|\"|;|a){0,30}") {
            let _ = parts("B", body.as_bytes());
        }
    }
}
