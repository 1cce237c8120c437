//! Gathers the evidence of one failing request from the files that were named.

use std::path::Path;

use sigdrift_signature::case::Case;
use sigdrift_signature::{HttpRequest, evidence};
use sigdrift_telemetry::evidence::of_access_log_line;

use crate::args::ExplainOptions;
use crate::exit::Failure;
use crate::input;

/// What was gathered.
pub struct Evidence {
    /// The case.
    pub case: Case,
    /// What could not be read as expected.
    pub problems: Vec<String>,
}

/// Reads everything that the options name into one case.
pub fn gather(options: &ExplainOptions) -> Result<Evidence, Failure> {
    let mut gathered = Evidence { case: Case::default(), problems: Vec::new() };
    if let Some(path) = &options.error {
        let found = evidence::error_body(&input::read(path)?);
        gathered.take(found, path, "an error that a service answered")?;
    }
    for path in &options.files {
        let bytes = input::read(path)?;
        // A URL in a line of a log would be taken for all that is known of the request.
        if is_access_log(&bytes)
            && let Some(case) = access_log_line(&bytes)
        {
            gathered.add(case);
            continue;
        }
        let found = evidence::read(&bytes);
        gathered.take(found, path, "evidence of a failing request")?;
    }
    if let Some(path) = &options.client {
        let found = evidence::client_log(&input::read(path)?);
        gathered.take(found, path, "a client's debug log")?;
    }
    if let Some(path) = &options.access_log {
        let case = access_log_line(&input::read(path)?);
        let why = "it holds no line of an S3 server access log";
        gathered.add(case.ok_or_else(|| input::unusable(path, why))?);
    }
    if let Some(path) = &options.sent {
        gathered.case.sent = Some(request(path)?);
    }
    if let Some(path) = &options.received {
        gathered.case.received = Some(request(path)?);
    }
    if let Some(url) = &options.url {
        gathered.case.sent = Some(presigned(url, options.method.as_deref().unwrap_or("GET"))?);
    }
    if options.files.is_empty() && is_empty(options) {
        return Err(Failure::Usage(
            "no evidence: name a file, `-` for standard input, or one of --error, --client, --sent, --received, --url, --access-log".to_owned(),
        ));
    }
    Ok(gathered)
}

fn is_empty(options: &ExplainOptions) -> bool {
    let files =
        [&options.error, &options.client, &options.access_log, &options.sent, &options.received];
    files.into_iter().all(Option::is_none) && options.url.is_none()
}

impl Evidence {
    fn take(&mut self, found: evidence::Found, path: &Path, expected: &str) -> Result<(), Failure> {
        let named = |problem: &String| format!("{}: {problem}", input::name(path));
        self.problems.extend(found.problems.iter().map(named));
        let count = found.cases.len();
        // The attempt that the rest of the evidence is about, else the last one.
        let fits = |(_, case): &(usize, &Case)| is_same_attempt(&self.case, case);
        let fitting: Vec<(usize, &Case)> = found.cases.iter().enumerate().filter(fits).collect();
        let chosen = match fitting.as_slice() {
            [] => count.checked_sub(1),
            // Texts of both sides prove something only if they are of one request.
            fitting if !self.case.server.is_empty() => {
                let told = evidence::refused_of(&self.case, fitting);
                if told.is_none() {
                    self.problems.push(format!(
                        "{}: {} requests of the same second, and nothing tells which of them was refused: none is read",
                        input::name(path),
                        fitting.len()
                    ));
                    return Ok(());
                }
                told
            }
            [.., (last, _)] => Some(*last),
        };
        let Some(case) = chosen.and_then(|at| found.cases.into_iter().nth(at)) else {
            return Err(input::unusable(
                path,
                format!("it holds nothing that reads as {expected}"),
            ));
        };
        if count > 1 {
            let which = chosen.map_or(0, |at| at + 1);
            self.problems.push(format!(
                "{}: {count} requests found, this is the one with number {which}",
                input::name(path)
            ));
        }
        self.add(case);
        Ok(())
    }

    fn add(&mut self, case: Case) {
        self.case.merge(case);
    }
}

/// Whether two pieces of evidence show the same attempt: the same request id, or the same time.
fn is_same_attempt(one: &Case, other: &Case) -> bool {
    let id = |case: &Case| case.answer.request_id.clone();
    let time = |case: &Case| {
        let of =
            |side: &sigdrift_signature::case::Texts| side.parsed().map(|text| text.time.to_owned());
        of(&case.server).or_else(|| of(&case.client))
    };
    let same = |a: Option<String>, b: Option<String>| a.is_some() && a == b;
    same(id(one), id(other)) || same(time(one), time(other))
}

/// Whether a text is an access log: its last line is a line of one.
fn is_access_log(bytes: &[u8]) -> bool {
    let lines = bytes.rsplit(|byte| *byte == b'\n');
    let mut lines = lines.filter(|line| !line.trim_ascii().is_empty());
    let last = lines.next().map(String::from_utf8_lossy);
    last.is_some_and(|line| of_access_log_line(&line).is_some())
}

/// The last line of an access log that tells of a failure, else the last line.
fn access_log_line(bytes: &[u8]) -> Option<Case> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().rev().take(1000).filter(|line| !line.trim().is_empty());
    let mut last = None;
    for case in lines.filter_map(of_access_log_line) {
        if case.answer.code.is_some() {
            return Some(case);
        }
        last.get_or_insert(case);
    }
    last
}

fn request(path: &Path) -> Result<HttpRequest, Failure> {
    HttpRequest::parse(&input::read(path)?).map_err(|error| input::unusable(path, error))
}

fn presigned(url: &str, method: &str) -> Result<HttpRequest, Failure> {
    let text;
    let url = if url == "-" {
        let bytes = input::read(Path::new("-"))?;
        text = String::from_utf8_lossy(&bytes).trim().to_owned();
        text.as_str()
    } else {
        url
    };
    HttpRequest::of_url(method, url).map_err(|_| {
        Failure::Usage("--url: an absolute URL `https://host/path` expected".to_owned())
    })
}
