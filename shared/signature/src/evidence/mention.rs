//! Lines in which a client prints an error: code, message, status and request id in one sentence.
//!
//! `An error occurred (CODE) when calling the PutObject operation: …` (Python), `api error CODE: …`
//! (Go), `… (Service: S3, Status Code: 403, Request ID: …)` (Java), `CODE: …` with
//! `status code: 403, request id: …` on the next line (older Go), `403 CODE (client): …` (PHP).

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::escape;
use super::layout::{floor, line_of, line_start};
use super::service_message::{self, MESSAGES};
use crate::case::Case;
use crate::failure::find_code;

/// Bytes of a line that are looked at before and behind what tells of an error.
const AROUND: usize = 4 * 1024;

/// What a line tells, and where it ends.
pub(super) struct Mention {
    /// The case.
    pub case: Case,
    /// Whether it is a code alone.
    pub is_code_alone: bool,
    /// Where it ends.
    pub end: usize,
}

/// The error that the line around `at` tells of; `from` is where what is read already ends.
#[must_use]
pub(super) fn read(text: &str, at: usize, from: usize) -> Option<Mention> {
    let mut start = line_start(text, at).max(from);
    while at - start > AROUND {
        start = at - AROUND;
    }
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let rest = floor(&text[start..], at - start + AROUND);
    let line = line_of(rest);
    let mut end = start + line.len();
    let mut window = line.to_owned();
    // What belongs to the error goes on in lines that begin with a blank, or that name a member.
    for next in rest[line.len()..].split('\n').skip(1).take(4) {
        let goes_on = next.starts_with(['\t', ' ']) || next.trim_start().starts_with("!!!");
        let is_member = ["Message:", "status code:", "Code:", "Type:"]
            .iter()
            .any(|name| next.trim_start_matches(['!', ' ', '\t']).starts_with(name));
        let is_blank_message = line.trim_end().ends_with("Message:");
        let lower = next.to_ascii_lowercase();
        if !(is_member || is_blank_message || goes_on && lower.contains("status code")) {
            break;
        }
        window.push('\n');
        window.push_str(next);
        end = (end + 1 + next.len()).min(start + rest.len());
    }
    if window.contains("\\n") || window.contains("\\\"") {
        window = escape::unescape(&window).into_owned();
    }
    let message = message(&window);
    let code = code(&window, message.as_deref());
    if message.is_none() && code.is_none() {
        return None;
    }
    let mut case = Case::default();
    case.answer.status = status(&window);
    case.answer.request_id = id(&window, REQUEST_IDS);
    case.answer.host_id = id(&window, HOST_IDS);
    case.answer.code = code.map(str::to_owned);
    let message = message.or_else(|| behind_code(&window, code?));
    let is_code_alone = message.is_none();
    case.answer.vendor = message.as_deref().and_then(service_message::vendor);
    case.answer.message = message;
    super::answer::conceal(&mut case.answer);
    Some(Mention { case, is_code_alone, end })
}

/// The code of a line: one that stands in it, or the one that its message implies.
fn code(window: &str, message: Option<&str>) -> Option<&'static str> {
    if let Some((_, code)) = find_code(window) {
        return Some(code);
    }
    let implied = message.and_then(service_message::implied_code);
    let by_message = ["AccessDenied", "InvalidRequest", "InvalidArgument", "AuthFailure"]
        .into_iter()
        .chain(["PermanentRedirect", "TemporaryRedirect"]);
    let mut named = by_message.filter(|code| {
        let marks =
            [format!("({code})"), format!("{code}:"), format!("| {code} "), format!(": {code};")];
        message.is_some() && window.contains(code)
            || marks.iter().any(|mark| window.contains(mark.as_str()))
    });
    named.next().or(implied)
}

/// What ends a message within a line.
const ENDS: &[&str] = &[
    "\n",
    "\t",
    "</",
    " (Service:",
    " (Service ",
    " (SDK",
    " - <",
    "  |",
    " | ",
    ", resource:",
    ", User-Agent:",
    ", Proxy:",
    " -> [",
    " ---> ",
    "\"}",
    "\",",
    "\" ",
    "', ",
    "'}",
    ", [Requestid]",
    " (Aws::",
    "```",
    " AWSAccessKeyId",
    "; Request",
];

/// Finds how messages begin.
static BEGINNINGS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(MESSAGES.iter().map(|(start, _)| *start)).ok());

/// The message of a service in a line.
fn message(window: &str) -> Option<String> {
    let at = BEGINNINGS.as_ref()?.find(window)?.start();
    let rest = &window[at..];
    let end = ENDS.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    let text = rest[..end].trim_end();
    let quote = window[..at].chars().next_back().filter(|c| ['"', '\'', '`'].contains(c));
    let text = quote.map_or(text, |quote| text.strip_suffix(quote).unwrap_or(text));
    Some(text.trim_end_matches(['`', '*', '\\']).trim_end().to_owned())
}

/// What stands behind a code, for messages that are not known: `CODE: …`.
fn behind_code(window: &str, code: &str) -> Option<String> {
    let marks = [": ", " (client): ", " (server): "];
    let rest = marks.iter().find_map(|mark| window.split_once(&format!("{code}{mark}")));
    let rest = rest.map(|(_, rest)| rest).or_else(|| {
        let (_, rest) = window.split_once(&format!("({code})"))?;
        Some(rest.split_once(" operation: ").or_else(|| rest.split_once(": "))?.1)
    })?;
    let end = ENDS.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    let text = rest[..end].trim();
    (text.len() > 3 && !text.starts_with(['{', '[', '<', '"', '\''])).then(|| text.to_owned())
}

const REQUEST_IDS: &[&str] =
    &["RequestID: ", "Request ID: ", "request id: ", "Request Id: ", "request_id: ", "RequestId: "];
const HOST_IDS: &[&str] =
    &["HostID: ", "Extended Request ID: ", "host id: ", "host_id: ", "HostId: "];

/// The id behind one of these names.
fn id(window: &str, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let rest = window.split_once(name)?.1.trim_start_matches(['"', '\'']);
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+/=".contains(byte);
        let length = rest.as_bytes().iter().take(128).take_while(|byte| is_part(byte)).count();
        Some(&rest[..length]).filter(|id| id.len() > 3 && *id != "None").map(str::to_owned)
    })
}

/// The status behind one of its names.
fn status(window: &str) -> Option<u16> {
    let names = ["Status Code: ", "StatusCode: ", "status code: ", "statusCode: ", "StatusCode]: "];
    let behind = names.iter().find_map(|name| {
        let digits = window.split_once(name)?.1.get(..3)?;
        digits.parse::<u16>().ok()
    });
    behind.filter(|status| (100..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_print_errors_in_many_ways() {
        let signature = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
        for (text, code, message, id) in [
            (
                format!("x An error occurred (SignatureDoesNotMatch) when calling the PutObject operation: {signature}"),
                Some("SignatureDoesNotMatch"),
                signature,
                None,
            ),
            (
                format!("operation error S3: PutObject, https response error StatusCode: 403, RequestID: R123, HostID: h/+=, api error SignatureDoesNotMatch: {signature}"),
                Some("SignatureDoesNotMatch"),
                signature,
                Some("R123"),
            ),
            (
                format!("2026/11/22 upload failed: SignatureDoesNotMatch: {signature}\n\tstatus code: 403, request id: R123, host id: h"),
                Some("SignatureDoesNotMatch"),
                signature,
                Some("R123"),
            ),
            (
                format!("software.amazon.awssdk.services.s3.model.S3Exception: {signature} (Service: S3, Status Code: 403, Request ID: R123)"),
                Some("SignatureDoesNotMatch"),
                signature,
                Some("R123"),
            ),
            (
                "Error: Signature expired: 20170721T074556Z is now earlier than 20170722T022954Z (20170722T023454Z - 5 min.)\n    at x".to_owned(),
                None,
                "Signature expired: 20170721T074556Z is now earlier than 20170722T022954Z (20170722T023454Z - 5 min.)",
                None,
            ),
            (
                "Code:    AuthorizationHeaderMalformed\\nMessage: The authorization header is malformed; the region 'a' is wrong; expecting 'b'\\nType:".to_owned(),
                Some("AuthorizationHeaderMalformed"),
                "The authorization header is malformed; the region 'a' is wrong; expecting 'b'",
                None,
            ),
            (
                "| InvalidRequest | The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256. | 79 |".to_owned(),
                Some("InvalidRequest"),
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
                None,
            ),
        ] {
            let at = text.find("The ").or_else(|| text.find("Signature")).unwrap();
            let answer = read(&text, at, 0).unwrap().case.answer;
            assert_eq!(answer.code.as_deref(), code, "{text}");
            assert_eq!(answer.message.as_deref(), Some(message), "{text}");
            assert_eq!(answer.request_id.as_deref(), id, "{text}");
        }
    }
}
