//! Signature errors in application logs: what AWS clients print when a service refuses a
//! signature, in text of any kind or in JSON lines.
//!
//! A line passes one search for the words that such errors begin with (`trigger`); nearly all
//! lines go no further. From a line that has one, the lines that belong together are gathered
//! (`event`) and read by small recognisers: error bodies (`xml`, `record`), the shapes in
//! which clients print a code (`shape`), what services say where a client prints no code
//! (`message`), `name: value` pairs (`keys`), and what the client itself had signed (`sent`,
//! `canonical`). Prints of one failure are then joined (`join`). Session tokens, signatures and
//! secrets do not get past `redact`.

mod canonical;
mod event;
mod extract;
mod found;
mod join;
mod keys;
mod limits;
mod message;
mod record;
mod sent;
mod service;
mod shape;
mod signed;
mod text;
mod time;
mod trigger;
mod xml;

#[cfg(test)]
mod tests;

use std::fmt;

use anstream::adapter::strip_str;
use memchr::memchr;
use sigdrift_signature::case::{Answer, CanonicalText, Case, Texts};

use event::Event;
use found::{Found, Kind};
use join::Join;
use sent::Sent;
use text::cap;

/// A signature error that a client printed into an application log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoggedError {
    /// The line, counted from 1, that first shows the error.
    pub line: u64,
    /// Unix seconds, UTC, if the entry shows a time with its date. Without a zone it is read as UTC.
    pub time: Option<i64>,
    /// The code without namespace or prefix, as
    /// [`plain_code`](sigdrift_signature::failure::plain_code) gives it.
    pub code: String,
    /// What the service says, at most 4 KiB.
    pub message: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The id of the failing request (not that of a Lambda invocation).
    pub request_id: Option<String>,
    /// S3's extended request id, `x-amz-id-2`.
    pub host_id: Option<String>,
    /// The operation as the service names it: `PutObject`.
    pub operation: Option<String>,
    /// The name that requests to the service are signed with: `s3`, `sts`, `dynamodb`.
    pub service: Option<String>,
    /// The access key id that the request was signed with.
    pub access_key_id: Option<String>,
    /// The host of the request, in lower case as signers print it.
    pub host: Option<String>,
    /// The region that was signed for.
    pub region: Option<String>,
    /// The HTTP method.
    pub method: Option<String>,
    /// The URL, or as much of it as is printed, at most 4 KiB, session token and signature masked.
    pub url: Option<String>,
    /// The `User-Agent` of the request.
    pub user_agent: Option<String>,
    /// The client whose way of printing was recognised: `boto3`, `aws-sdk-java-v1`, `rclone`, ….
    pub client: Option<&'static str>,
    /// The canonical request that the service computed, at most 64 KiB, session token masked.
    pub canonical_request: Option<String>,
    /// Whether it was the one whose hash stands in `string_to_sign`, before it was masked.
    pub canonical_request_ok: Option<bool>,
    /// The string to sign that the service computed.
    pub string_to_sign: Option<String>,
    /// The canonical request that the client signed, from a debug log, session token masked.
    pub client_canonical_request: Option<String>,
    /// Whether it was the one whose hash stands in `client_string_to_sign`, before it was masked.
    pub client_canonical_request_ok: Option<bool>,
    /// The string to sign that the client signed, from a debug log.
    pub client_string_to_sign: Option<String>,
    /// A hash of the signature that the service was given: tells requests of one second apart.
    signature: Option<u64>,
}

impl LoggedError {
    /// What is known of the request and its answer, to be explained.
    #[must_use]
    pub fn case(&self) -> Case {
        Case {
            answer: Answer {
                code: Some(self.code.clone()),
                message: self.message.clone(),
                status: self.status,
                ..Answer::default()
            },
            server: texts(&self.canonical_request, self.canonical_request_ok, &self.string_to_sign),
            client: texts(
                &self.client_canonical_request,
                self.client_canonical_request_ok,
                &self.client_string_to_sign,
            ),
            access_key_id: self.access_key_id.clone(),
            client_name: self.client.map(str::to_owned),
            ..Case::default()
        }
    }
}

/// The texts of one side.
fn texts(canonical: &Option<String>, ok: Option<bool>, string: &Option<String>) -> Texts {
    Texts {
        canonical_request: canonical
            .clone()
            .map(|text| CanonicalText { vouched: ok, ..CanonicalText::found(text) }),
        string_to_sign: string.clone(),
        canonical_request_sha256: None,
    }
}

/// What colours for a terminal begin with.
const ESCAPE: u8 = 0x1b;

/// Finds signature errors in the lines of one application log.
///
/// An error may span lines and may be printed several times, so it is given out some lines after
/// it was read; [`finish`](Self::finish) gives the rest. Memory is bounded: by the longest line
/// (4 MiB of it are read), half a megabyte of lines that follow it, and 64 errors.
pub struct ApplicationLog {
    /// Whether a line needs work.
    needs_work: fn(&str) -> bool,
    event: Option<Event>,
    sent: Sent,
    join: Join,
    /// The start of the last line.
    previous: String,
    /// The start of the last line that shows a time, with its number.
    dated: (String, u64),
    /// The line where the AWS CLI has said that it ends: the error it then prints is a repetition.
    cli_ended: Option<u64>,
}

impl fmt::Debug for ApplicationLog {
    /// Shows nothing of what was read: only what is given out is masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationLog").finish_non_exhaustive()
    }
}

impl Default for ApplicationLog {
    fn default() -> Self {
        Self::new()
    }
}

impl ApplicationLog {
    /// A reader at the start of a log.
    #[must_use]
    pub fn new() -> Self {
        Self {
            needs_work: trigger::is_in,
            event: None,
            sent: Sent::default(),
            join: Join::default(),
            previous: String::new(),
            dated: (String::new(), 0),
            cli_ended: None,
        }
    }

    /// Reads one line without its line end. Gives the errors that have become complete.
    pub fn line(&mut self, number: u64, line: &str) -> Vec<LoggedError> {
        let mut complete = Vec::new();
        if self.join.is_due(number) {
            complete = self.join.settled(Some(number));
        }
        let line = cap(line, limits::LINE);
        // Colours stand between the words that are looked for, and before times.
        let without_colours;
        let line = if memchr(ESCAPE, line.as_bytes()).is_some() {
            without_colours = strip_str(line).to_string();
            &without_colours
        } else {
            line
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        let needs_work = (self.needs_work)(line);
        if needs_work || self.event.is_some() || self.sent.is_reading() || sent::begins(line) {
            self.work(number, line, needs_work, &mut complete);
        }
        self.remember(number, line);
        complete
    }

    /// The errors that are left at the end of the log.
    pub fn finish(&mut self) -> Vec<LoggedError> {
        let mut complete = Vec::new();
        self.end_event(&mut complete);
        complete.extend(self.join.settled(None));
        complete
    }

    fn work(&mut self, number: u64, whole: &str, needed: bool, complete: &mut Vec<LoggedError>) {
        let line = event::without_container(whole);
        if self.event.as_ref().is_some_and(|event| event.takes(number, line)) {
            if let Some(event) = &mut self.event {
                event.add(number, line);
            }
            return;
        }
        self.end_event(complete);
        if self.sent.read(number, line) || !needed {
            return;
        }
        let time = time::of_line(whole);
        if let Some((found, of_record)) = record::of_line(line) {
            if found.is_empty() {
                record::debug_texts(line).iter().for_each(|text| self.sent.learn(number, text));
            }
            for found in found {
                self.take(found, of_record.or(time), number, number, complete);
            }
            return;
        }
        // What is indented belongs to the line before it.
        let before = if line.starts_with([' ', '\t']) { self.previous.as_str() } else { "" };
        self.event = Some(Event::begin(number, before, line, time));
    }

    fn end_event(&mut self, complete: &mut Vec<LoggedError>) {
        let Some(event) = self.event.take() else { return };
        self.sent.learn(event.last, &event.text);
        let repeats = self.cli_ended.is_some_and(|at| event.first.saturating_sub(at) <= 3);
        if event.text.contains("Exiting with rc ") {
            self.cli_ended = Some(event.last);
        }
        let printed_alone = event.text.starts_with("An error occurred (");
        for mut found in extract::all(&event.text, 0) {
            if printed_alone {
                found.error.client = Some("aws-cli");
                found.kind = if repeats { Kind::Repeat } else { found.kind };
            }
            self.take(found, event.time, event.first, event.last, complete);
        }
    }

    fn take(
        &mut self,
        mut found: Found,
        time: Option<i64>,
        first: u64,
        last: u64,
        complete: &mut Vec<LoggedError>,
    ) {
        let error = &mut found.error;
        error.line = first;
        error.time = time.or(error.time).or_else(|| {
            let near =
                self.dated.1 > 0 && first.saturating_sub(self.dated.1) <= limits::DATED_LINES;
            near.then(|| time::of_line(&self.dated.0)).flatten()
        });
        self.sent.give(first, error);
        found::complete(error);
        complete.extend(self.join.add(found, last));
    }

    fn remember(&mut self, number: u64, line: &str) {
        self.previous.clear();
        self.previous.push_str(cap(line, 256));
        if !line.starts_with([' ', '\t']) && time::has_clock(line) {
            self.dated.0.clear();
            self.dated.0.push_str(cap(line, 96));
            self.dated.1 = number;
        }
    }
}
