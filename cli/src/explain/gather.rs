//! Gathers the evidence of one failing request from the files that were named.

use std::path::{Path, PathBuf};

use sigdrift_signature::HttpRequest;
use sigdrift_signature::case::Case;
use sigdrift_signature::evidence::{self, Relation};
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
    gathered.take_files(&options.files)?;
    if let Some(path) = &options.client {
        let found = evidence::read_about(&input::read(path)?, &gathered.case);
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
        // A method that nobody told is no evidence: the request is taken as the verifier had it.
        let seen = target(&gathered.case).map(|(method, _)| method);
        let method = options.method.clone().or(seen);
        gathered.case.sent = Some(presigned(url, method.as_deref().unwrap_or("GET"))?);
    }
    if options.files.is_empty() && is_empty(options) {
        return Err(Failure::Usage(
            "no evidence: name a file, `-` for standard input, or one of --error, --client, --sent, --received, --url, --access-log".to_owned(),
        ));
    }
    gathered.case.restore_authorization();
    Ok(gathered)
}

fn is_empty(options: &ExplainOptions) -> bool {
    let files =
        [&options.error, &options.client, &options.access_log, &options.sent, &options.received];
    files.into_iter().all(Option::is_none) && options.url.is_none()
}

impl Evidence {
    /// Takes files of any kind: what tells of one request first, then what tells of several, since it
    /// is read for the one that the others are about.
    fn take_files(&mut self, paths: &[PathBuf]) -> Result<(), Failure> {
        let expected = "evidence of a failing request";
        let mut several = Vec::new();
        for path in paths {
            let bytes = input::read(path)?;
            // A URL in a line of a log would be taken for all that is known of the request.
            if is_access_log(&bytes)
                && let Some(case) = access_log_line(&bytes)
            {
                self.add(case);
                continue;
            }
            let found = evidence::read(&bytes);
            if paths.len() > 1 && found.cases.len() + found.left_out > 1 {
                several.push((path, bytes));
            } else {
                self.take(found, path, expected)?;
            }
        }
        for (path, bytes) in several {
            let found = evidence::read_about(&bytes, &self.case);
            self.take(found, path, expected)?;
        }
        Ok(())
    }

    fn take(&mut self, found: evidence::Found, path: &Path, expected: &str) -> Result<(), Failure> {
        let name = input::name(path);
        self.problems.extend(found.problems.iter().map(|problem| format!("{name}: {problem}")));
        let count = found.cases.len();
        let relation = |case: &Case| self.case.relation(case);
        let best = found.cases.iter().map(relation).max();
        let all = found.cases.iter().enumerate();
        let fitting: Vec<_> = all.filter(|(_, case)| Some(relation(case)) == best).collect();
        let chosen = match best {
            // Texts of both sides prove something only if they are of one request.
            Some(Relation::SameTime | Relation::SameScope) if !self.case.server.is_empty() => {
                let told = evidence::refused_of(&self.case, &fitting);
                if told.is_none() {
                    self.problems.push(format!(
                        "{name}: {} requests of the same second, and nothing tells which of them was refused: none is read",
                        fitting.len()
                    ));
                    return Ok(());
                }
                told
            }
            // The one that the rest of the evidence is about, else the last one.
            _ => fitting.last().map(|(at, _)| *at),
        };
        let Some(case) = chosen.and_then(|at| found.cases.into_iter().nth(at)) else {
            return Err(input::unusable(
                path,
                format!("it holds nothing that reads as {expected}"),
            ));
        };
        let relation = self.case.relation(&case);
        if is_of_another(&self.case, &case, relation) {
            self.problems.push(format!(
                "{name}: left out, since nothing in it was signed when the rest of the evidence was: another request"
            ));
            return Ok(());
        }
        if count > 1 {
            let total = count + found.left_out;
            let which = match relation {
                Relation::OtherSignature | Relation::OtherAttempt | Relation::Unsaid => "the last",
                _ => "the one that the rest of the evidence is about",
            };
            self.problems.push(format!("{name}: {total} requests found, this is {which}"));
        }
        self.add(case);
        Ok(())
    }

    fn add(&mut self, case: Case) {
        self.case.merge(case);
    }
}

/// Whether a case is of another request than the rest: with another signature, or, where only its
/// time or its id is another, with another target too, so that it is no other attempt at the same.
fn is_of_another(known: &Case, case: &Case, relation: Relation) -> bool {
    match relation {
        Relation::OtherSignature => true,
        Relation::OtherAttempt => {
            matches!((target(known), target(case)), (Some(one), Some(other)) if one != other)
        }
        _ => false,
    }
}

/// The method and the path of a case's request.
fn target(case: &Case) -> Option<(String, String)> {
    let texts = [&case.server, &case.client].into_iter();
    let stated = texts.filter_map(|texts| texts.canonical_request.as_ref()?.parts()).next();
    if let Some(text) = stated {
        return Some((text.method.into_owned(), text.path.into_owned()));
    }
    let request = case.received.as_ref().or(case.sent.as_ref())?;
    Some((request.method.clone(), request.path.clone()))
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
