//! The shapes in which clients print an error code: one row of a table each.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use sigdrift_signature::failure::codes;

use super::{
    LoggedError,
    found::{Found, Kind, signature_error},
    keys::{self, Field},
    limits::{FINDINGS, MESSAGE, OCCURRENCES},
    message, service,
    text::{cap, cap_front},
};

/// Every code of the catalogue, as printed.
static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(codes()).ok()
});

/// Where the message of an error stands.
#[derive(Clone, Copy)]
enum Words {
    /// Behind the code, to the end of the line.
    Behind,
    /// Behind ` operation: `, with the operation before that.
    BehindOperation,
    /// Before the parenthesis that holds the code (Java).
    BeforeService,
    /// Behind the code or before the parenthesis that holds it (Ruby).
    Around,
    /// In a `message: …` pair, or nowhere.
    Pair,
}

/// How one client prints an error code.
struct Shape {
    client: Option<&'static str>,
    /// Stands somewhere before the code on its line.
    line: &'static str,
    /// Stands right before the code.
    before: &'static str,
    /// Stands right behind the code.
    after: &'static str,
    message: Words,
}

const fn shape(
    client: &'static str,
    line: &'static str,
    before: &'static str,
    after: &'static str,
    message: Words,
) -> Shape {
    let client = if client.is_empty() { None } else { Some(client) };
    Shape { client, line, before, after, message }
}

const SHAPES: &[Shape] = &[
    shape("boto3", "", "An error occurred (", ") when calling the ", Words::BehindOperation),
    shape("aws-sdk-go-v2", "", "api error ", ": ", Words::Behind),
    shape("s3cmd", "S3 error: ", "(", "): ", Words::Behind),
    shape("s3cmd", "ErrorXML: ", "Code: '", "'", Words::Pair),
    shape("aws-sdk-php", "", "", " (client): ", Words::Behind),
    shape("aws-sdk-php", "", "", " (server): ", Words::Behind),
    shape("aws-sdk-ruby", "Aws::", "::Errors::", "", Words::Around),
    shape("aws-sdk-java-v1", "(Service: ", "Error Code: ", "", Words::BeforeService),
    shape("", "", "AWS Error Code: ", ", ", Words::Pair),
    shape("aws-sdk-rust", "", "unhandled error (", ")", Words::Pair),
    shape("aws-sdk-rust", "", "code: Some(\"", "\")", Words::Pair),
    shape("minio-py", "", "code: ", ", message: ", Words::Behind),
];

/// Words on a line in which a bare code is the report of an error rather than a mention.
const REPORTS: &[&str] = &["rror", "RROR", "fail", "Fail", "FAIL", "xception", "403", "orbidden"];

/// What ends a message that runs to the end of its line.
const MESSAGE_ENDS: &[&str] = &[
    " (Service: ",
    " ---> ",
    " - <",
    ", resource: ",
    " (Aws::",
    " \n",
    "')",
    "\")",
    "\\n",
    "\", ",
    "\"}",
    "', '",
    "'}",
];

/// The signature errors whose code stands in `text` in one of the shapes.
pub(super) fn printed(text: &str) -> Vec<Found> {
    let Some(finder) = FINDER.as_ref() else { return Vec::new() };
    let mut all = Vec::new();
    for found in finder.find_iter(text).take(OCCURRENCES) {
        let (start, end) = (found.start(), found.end());
        let edge =
            |byte: Option<&u8>| byte.is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_');
        let bytes = text.as_bytes();
        if !edge(start.checked_sub(1).and_then(|at| bytes.get(at))) || !edge(bytes.get(end)) {
            continue;
        }
        all.extend(shaped(text, start, end).or_else(|| bare(text, start, end)));
        if all.len() >= FINDINGS {
            break;
        }
    }
    all
}

/// The code in one of the shapes of the table.
fn shaped(text: &str, start: usize, end: usize) -> Option<Found> {
    let line = before_on_line(text, start);
    let shape = SHAPES.iter().find(|shape| {
        text[end..].starts_with(shape.after)
            && line.ends_with(shape.before)
            && line.contains(shape.line)
    })?;
    let behind = &text[end + shape.after.len()..];
    let mut error = LoggedError { client: shape.client, ..LoggedError::default() };
    let words = match shape.message {
        Words::Behind => Some(sentence(text, end + shape.after.len())),
        Words::BehindOperation => {
            let (operation, rest) = cap(behind, 256).split_once(" operation")?;
            keys::put(&mut error, Field::Operation, operation, false);
            // After retries `(reached max retries: 4)` stands before the colon.
            let retries = rest.strip_prefix(" (").and_then(|rest| rest.find(')'));
            let after = retries.map_or(0, |end| " (".len() + end);
            let colon = after + rest[after..].find(": ")?;
            let from = text.len() - behind.len() + operation.len() + " operation".len() + colon + 2;
            Some(sentence(text, from))
        }
        Words::BeforeService => before_service(text, start),
        Words::Around => {
            error.service = ruby_service(line);
            match behind.as_bytes().first() {
                Some(b':') => Some(sentence(text, end + 2.min(behind.len()))),
                Some(b' ') => Some(sentence(text, end + 1)),
                _ => line.rfind(" (Aws::").map(|at| {
                    let from = start - line.len();
                    let open = text[from..from + at].rfind(": ").map_or(0, |at| at + 2);
                    text[from + open..from + at].trim()
                }),
            }
        }
        Words::Pair => pair(text, start),
    };
    let kind = if shape.client == Some("aws-sdk-ruby") && line.contains("[Aws::") {
        operation_of_ruby(&mut error, line);
        Kind::Attempt
    } else if shape.line == "ErrorXML: " {
        Kind::Body
    } else {
        Kind::Exception
    };
    let error = signature_error(error, &text[start..end], words)?;
    Some(Found { error, kind, certain: true })
}

/// A code with nothing around it that is peculiar to one client.
fn bare(text: &str, start: usize, end: usize) -> Option<Found> {
    let before = before_on_line(text, start);
    let after = cap(&text[end..], MESSAGE);
    let after = after.split('\n').next().unwrap_or(after);
    let reported = || {
        let line = [before, after];
        REPORTS.iter().any(|word| line.iter().any(|part| part.contains(word)))
    };
    let opens = before.is_empty() || before.ends_with([' ', '"', '\'', '\t', '(', '>', '[', '`']);
    let (words, fits) = if let Some(words) = after.strip_prefix(": ") {
        (Some(words), opens)
    } else if before.ends_with('(') && after.starts_with(')') {
        (after.strip_prefix("): "), reported())
    } else {
        let last = after.trim_end_matches(['"', '\'', '.', '}']).is_empty();
        (None, last && (before.ends_with(": ") || before.ends_with("- ")) && reported())
    };
    if !fits {
        return None;
    }
    let words = match words {
        Some(words) => Some(sentence(text, end + after.len() - words.len())),
        None => pair(text, start),
    };
    let error = signature_error(LoggedError::default(), &text[start..end], words)?;
    Some(Found { error, kind: Kind::Exception, certain: false })
}

/// The errors whose code stands in a `code: …` pair, as objects are printed.
pub(super) fn in_pairs(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut seen = 0;
    for (at, field, rest) in keys::pairs(text) {
        if field != Field::Code {
            continue;
        }
        seen += 1;
        if all.len() >= FINDINGS || seen > OCCURRENCES {
            break;
        }
        let Some(code) = keys::read(field, rest) else { continue };
        let found = signature_error(LoggedError::default(), &code, pair(text, at));
        all.extend(found.map(|error| Found { error, kind: Kind::Exception, certain: false }));
    }
    all
}

/// The error that a message tells of without its code.
pub(super) fn in_words(text: &str, seen: &LoggedError) -> Option<Found> {
    let service = seen.service.clone().or_else(|| service_of_class(text));
    let (at, code) = message::find(text, service.as_deref(), seen.status)?;
    let error = LoggedError { service, ..LoggedError::default() };
    let error = signature_error(error, code, Some(sentence(text, at)))?;
    Some(Found { error, kind: Kind::Exception, certain: true })
}

/// What stands before `at` on its line, if that is long only the end of it.
fn before_on_line(text: &str, at: usize) -> &str {
    let near = cap_front(&text[..at], MESSAGE);
    near.rsplit('\n').next().unwrap_or(near)
}

/// A message that is known by its words, wherever it stands.
pub(super) fn known_message(text: &str) -> Option<&str> {
    message::position(text).map(|at| sentence(text, at))
}

/// The text from `at` to the end of its line, without what belongs to the print around it.
fn sentence(text: &str, at: usize) -> &str {
    let at = at.min(text.len());
    let line = cap(&text[at..], MESSAGE);
    let line = line.split('\n').next().unwrap_or(line);
    let mut end =
        MESSAGE_ENDS.iter().filter_map(|word| line.find(word)).min().unwrap_or(line.len());
    // Inside a quoted value (`msg="…"`) the quote ends it.
    let before = before_on_line(text, at);
    for quote in ['"', '`'] {
        if before.matches(quote).count() % 2 == 1 {
            end = end.min(line.find(quote).unwrap_or(end));
        }
    }
    let sentence = line[..end].trim();
    // `#<Class: message>`, as Ruby inspects an error.
    sentence.strip_suffix('>').filter(|_| before.contains("#<")).unwrap_or(sentence)
}

/// The value of the first `message: …` pair close behind `at`, else of the last close before it.
fn pair(text: &str, at: usize) -> Option<&str> {
    let messages = |text| keys::pairs(text).filter(|(_, field, _)| *field == Field::Message);
    let behind = messages(cap(&text[at..], 2 * MESSAGE)).next();
    let (_, _, rest) = behind.or_else(|| messages(cap_front(&text[..at], MESSAGE)).last())?;
    let quote = rest.as_bytes().first().filter(|byte| b"'\"`".contains(byte));
    match quote {
        Some(&quote) => {
            let rest = cap(&rest[1..], MESSAGE);
            let mut from = 0;
            let end = loop {
                let Some(found) = memchr::memchr(quote, &rest.as_bytes()[from..]) else {
                    break rest.len();
                };
                if !rest[..from + found].ends_with('\\') {
                    break from + found;
                }
                from += found + 1;
            };
            Some(&rest[..end])
        }
        None => Some(cap(rest, MESSAGE).split(['\n']).next()?),
    }
    .map(|message| {
        let ends = [", S3 Extended Request ID: ", ", User-Agent: "];
        let end = ends.iter().filter_map(|end| message.find(end)).min().unwrap_or(message.len());
        message[..end].trim()
    })
}

/// The message before ` (Service: …`: it may run over several lines and begins behind the name of
/// the exception, or at the start of the first line.
fn before_service(text: &str, code: usize) -> Option<&str> {
    let near = cap_front(&text[..code], MESSAGE);
    let end = near.rfind(" (Service: ").or_else(|| near.rfind("(Service: "))?;
    let near = &near[..end];
    let start = match near.rfind("Exception: ") {
        Some(at) => at + "Exception: ".len(),
        None => near.rfind('\n').map_or(0, |at| at + 1),
    };
    Some(near[start..].trim())
}

/// The service in a class name: `Aws::S3::Errors`.
fn ruby_service(line: &str) -> Option<String> {
    let class = &line[line.rfind("Aws::")? + "Aws::".len()..];
    service::signing_name(class.split("::").next()?)
}

/// `[Aws::S3::Client 403 0.12 0 retries] put_object(…)`: the operation in the form others print.
fn operation_of_ruby(error: &mut LoggedError, line: &str) {
    let Some((status, call)) = line.split_once(" retries] ") else { return };
    let name = call.split('(').next().unwrap_or("");
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    });
    keys::put(error, Field::Operation, &words.collect::<String>(), false);
    let status = status.rsplit("::Client ").next().and_then(|rest| rest.split(' ').next());
    keys::put(error, Field::Status, status.unwrap_or(""), false);
}

/// Prefixes of class names, up to the name of the service.
const CLASSES: &[(&str, char)] = &[
    ("software.amazon.awssdk.services.", '.'),
    ("com.amazonaws.services.", '.'),
    ("Amazon.", '.'),
    ("Aws::", ':'),
];

/// The service whose exception class stands in `text`.
pub(super) fn service_of_class(text: &str) -> Option<String> {
    CLASSES.iter().find_map(|(prefix, end)| {
        text.match_indices(prefix).take(8).find_map(|(at, _)| {
            let name = cap(&text[at + prefix.len()..], 64).split(*end).next()?;
            let other = name.is_empty()
                || ["Runtime", "Util", "Internal", "Client"].contains(&name)
                || !name.chars().all(|c| c.is_ascii_alphanumeric());
            if other { None } else { service::signing_name(name) }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_no_error() {
        for text in [
            "retrying on codes [SignatureDoesNotMatch, ExpiredToken]",
            "retry.codes=SignatureDoesNotMatch,ExpiredToken",
            "see the chapter on SignatureDoesNotMatch errors",
            "IsSignatureDoesNotMatchError: x",
            "AccessDenied: Access Denied",
        ] {
            assert!(printed(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_bare_code_is_an_error_where_the_line_reports_one() {
        for (text, message) in [
            ("upload failed: SignatureDoesNotMatch", None),
            ("Error: upload (SignatureDoesNotMatch)", None),
            ("x SignatureDoesNotMatch: The request", Some("The request")),
            ("msg=\"x SignatureDoesNotMatch: The request\" a=b", Some("The request")),
            ("AccessDenied: Request has expired", Some("Request has expired")),
        ] {
            let found = printed(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].error.message.as_deref(), message, "{text}");
        }
    }
}
