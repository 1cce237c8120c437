//! Gathers the evidence of one failing request from several texts, and explains it.

use sigdrift_signature::HttpRequest;
use sigdrift_signature::case::Case;
use sigdrift_signature::evidence::{self, Found, Relation};
use sigdrift_signature::explain::{self, Explanation, Question};
use sigdrift_signature::redact::Hidden;

use super::{of_access_log_line, url_end};

/// A text, and what a person calls it.
pub struct Named {
    /// What it is called, safe to be shown.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What was gathered of one failing request.
#[derive(Default)]
pub struct Gathered {
    /// The case.
    pub case: Case,
    /// What could not be read as expected.
    pub problems: Vec<String>,
}

/// A text that tells nothing of a failing request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {why}")]
pub struct NoEvidence {
    /// What the text is called.
    pub name: String,
    /// What it lacks.
    pub why: &'static str,
}

impl Gathered {
    /// Takes what a service answered; texts in it are the verifier's.
    ///
    /// # Errors
    /// When it is none.
    pub fn error_body(&mut self, text: &Named) -> Result<(), NoEvidence> {
        let found = evidence::error_body(&text.bytes);
        self.take(
            found,
            &text.name,
            "it holds nothing that reads as an error that a service answered",
        )
    }

    /// Takes a client's debug log, read for the request that is known so far.
    ///
    /// # Errors
    /// When it tells of none.
    pub fn client_log(&mut self, text: &Named) -> Result<(), NoEvidence> {
        let found = evidence::read_about(&text.bytes, &self.case);
        self.take(found, &text.name, "it holds nothing that reads as a client's debug log")
    }

    /// Takes a line of an S3 server access log: the last one that tells of a failure, else the last.
    ///
    /// # Errors
    /// When there is none.
    pub fn access_log(&mut self, text: &Named) -> Result<(), NoEvidence> {
        let why = "it holds no line of an S3 server access log";
        let case = access_log_line(&text.bytes);
        self.case.merge(case.ok_or_else(|| NoEvidence { name: text.name.clone(), why })?);
        Ok(())
    }

    /// Takes texts of any kind: what tells of one request first, then what tells of several, since it
    /// is read for the one that the others are about.
    ///
    /// # Errors
    /// When one of them tells of none.
    pub fn any(&mut self, texts: &[Named]) -> Result<(), NoEvidence> {
        let why = "it holds nothing that reads as evidence of a failing request";
        let mut several = Vec::new();
        for text in texts {
            // A URL in a line of a log would be taken for all that is known of the request.
            if is_access_log(&text.bytes)
                && let Some(case) = access_log_line(&text.bytes)
            {
                self.case.merge(case);
                continue;
            }
            let found = evidence::read(&text.bytes);
            if texts.len() > 1 && found.cases.len() + found.left_out > 1 {
                several.push(text);
            } else {
                self.take(found, &text.name, why)?;
            }
        }
        for text in several {
            let found = evidence::read_about(&text.bytes, &self.case);
            self.take(found, &text.name, why)?;
        }
        Ok(())
    }

    /// The method of the request, as far as it is known.
    #[must_use]
    pub fn method(&self) -> Option<String> {
        target(&self.case).map(|(method, _)| method)
    }

    /// Names the cause, as far as the evidence allows. `now`, in seconds since 1970, tells whether a
    /// presigned URL is over. How long it took is for whoever has a clock to fill in.
    #[must_use]
    pub fn explain(mut self, question: &Question<'_>, now: i64) -> Explanation {
        self.case.restore_authorization();
        let mut told = explain::explain(&self.case, question);
        told.notes.extend(url_end::note(&self.case, now));
        told.notes.extend(self.problems);
        if let Some(secret) = question.secret {
            let mut hidden = Hidden::default();
            hidden.add_secret(secret);
            told.hide(&hidden);
        }
        told
    }

    fn take(&mut self, found: Found, name: &str, why: &'static str) -> Result<(), NoEvidence> {
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
            return Err(NoEvidence { name: name.to_owned(), why });
        };
        let relation = self.case.relation(&case);
        if is_of_another(&self.case, &case, relation) {
            self.problems.push(format!(
                "{name}: left out, since nothing in it was signed when the rest of the evidence was: another request"
            ));
            return Ok(());
        }
        if is_second_request(&self.case, &case) {
            self.problems.push(format!(
                "{name}: is a raw request as well, and two are compared only with --sent and --received, which say which is which"
            ));
        }
        if count > 1 {
            let total = count + found.left_out;
            let which = match relation {
                Relation::OtherSignature | Relation::OtherAttempt | Relation::Unsaid => "the last",
                _ => "the one that the rest of the evidence is about",
            };
            self.problems.push(format!("{name}: {total} requests found, this is {which}"));
        }
        self.case.merge(case);
        Ok(())
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

/// Whether both are raw requests and nothing else, so that nobody knows which one was received.
fn is_second_request(known: &Case, case: &Case) -> bool {
    let is_bare = |case: &Case| case.client.is_empty() && case.server.is_empty();
    is_bare(known)
        && is_bare(case)
        && known.sent.is_some()
        && case.sent.is_some()
        && known.sent != case.sent
}

/// The method and the path of a case's request.
fn target(case: &Case) -> Option<(String, String)> {
    let texts = [&case.server, &case.client].into_iter();
    let stated = texts.filter_map(|texts| texts.canonical_request.as_ref()?.parts()).next();
    if let Some(text) = stated {
        return Some((text.method.into_owned(), text.path.into_owned()));
    }
    let request: &HttpRequest = case.received.as_ref().or(case.sent.as_ref())?;
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
