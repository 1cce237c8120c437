//! Pieces put together: which of them are of one request, and which side computed what.
//!
//! A log follows a request from its texts over the request itself to the answer. A piece that
//! belongs to an earlier step than the last one seen therefore begins another request.

use std::collections::VecDeque;

use super::answer::is_key_id;
use super::client;
use super::http_block::Response;
use super::piece::{Kind, Piece, Side};
use crate::authorization::Authorization;
use crate::case::{CanonicalText, Case};
use crate::failure::is_failure;
use crate::http::HttpRequest;
use crate::secret::sha256_hex;

/// One request with what became of it.
#[derive(Default)]
struct Attempt {
    case: Case,
    /// Whether its request was seen with a method that nothing tells.
    is_method_guessed: bool,
    /// Whether an answer was seen, of whatever kind.
    is_answered: bool,
    /// Whether all that tells of it is the name of an error.
    is_code_alone: bool,
}

/// Cases that are given at most.
const MAX_CASES: usize = 64;
/// Attempts that are kept while reading: the answer may come late.
const MAX_ATTEMPTS: usize = 1_024;

/// The cases that pieces in their order tell of: those that failed for their signature, or, if there
/// is none, all that did not succeed.
#[must_use]
pub(super) fn cases(
    pieces: Vec<Piece>,
    client: Option<usize>,
    problems: &mut Vec<String>,
) -> Vec<Case> {
    let mut attempts = Attempts::default();
    for piece in pieces {
        attempts.add(piece.kind);
    }
    let mut attempts: Vec<Attempt> = attempts.list.into();
    let is_failed = |attempt: &Attempt| {
        let answer = &attempt.case.answer;
        let code = answer.code.as_deref();
        code.is_some_and(|code| {
            is_failure(code, answer.message.as_deref()) || code.ends_with("Redirect")
        }) || code.is_none()
            && (answer.message.is_some() || answer.status.is_some_and(|s| s >= 400))
            || !attempt.case.server.is_empty()
    };
    if attempts.iter().any(|attempt| is_failed(attempt) && !attempt.is_code_alone) {
        attempts.retain(|attempt| is_failed(attempt) && !attempt.is_code_alone);
    } else if attempts.iter().any(is_failed) {
        attempts.retain(is_failed);
    } else {
        attempts.retain(|attempt| !attempt.case.answer.status.is_some_and(|s| s < 300));
    }
    if attempts.len() > MAX_CASES {
        problems.push(format!(
            "{} requests were found, and the first {MAX_CASES} are read",
            attempts.len()
        ));
        attempts.truncate(MAX_CASES);
    }
    attempts.into_iter().map(|attempt| finished(attempt, client)).collect()
}

/// A case whose parts say what they can about the others.
pub(super) fn completed(case: Case) -> Case {
    finished(Attempt { case, ..Attempt::default() }, None)
}

/// What the parts of a case say about its other parts.
fn finished(attempt: Attempt, client: Option<usize>) -> Case {
    let mut case = attempt.case;
    let server_method = || {
        let text = case.server.canonical_request.as_ref()?;
        Some(text.parts()?.method.into_owned())
    };
    if attempt.is_method_guessed {
        if let Some((request, method)) = case.sent.as_mut().zip(server_method()) {
            request.method = method;
        }
    }
    if let Some(request) = &mut case.sent {
        if request.header("host").is_none() {
            let texts = [&case.client, &case.server];
            let host = texts.iter().find_map(|texts| {
                let text = texts.canonical_request.as_ref()?;
                Some(text.parts()?.header("host")?.to_owned())
            });
            if let Some(host) = host {
                request.set_header("Host", host);
            }
        }
        if let Ok(read) = Authorization::of(request) {
            let id = read.scope().map(|scope| scope.access_key_id.to_owned());
            case.access_key_id = case.access_key_id.or(id.filter(|id| is_key_id(id)));
            case.signature = case.signature.or(read.signature);
        }
    }
    let agent = case.sent.as_ref().and_then(|request| {
        request.header("user-agent").or_else(|| request.header("x-amz-user-agent"))
    });
    let agent = agent.map(str::to_owned).or_else(|| signed_agent(&case));
    let of_agent = agent.as_deref().and_then(client::of_user_agent);
    case.client_name = case
        .client_name
        .take()
        .or(of_agent)
        .or_else(|| client.and_then(client::name).map(str::to_owned));
    case
}

/// The user agent that a canonical request shows.
fn signed_agent(case: &Case) -> Option<String> {
    [&case.client, &case.server].into_iter().find_map(|texts| {
        let text = texts.canonical_request.as_ref()?;
        let parts = text.parts()?;
        let agent = parts.header("user-agent").or_else(|| parts.header("x-amz-user-agent"))?;
        Some(agent.to_owned()).filter(|agent| !agent.is_empty())
    })
}

#[derive(Default)]
struct Attempts {
    list: VecDeque<Attempt>,
}

impl Attempts {
    fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Canonical(text, side) => self.canonical(text, side),
            Kind::ToSign(text, side) => self.to_sign(text, side),
            Kind::Request(request, is_method_told) => self.request(*request, is_method_told),
            Kind::Response(response) => self.response(&response),
            Kind::Answer(case) => self.answer(*case),
            Kind::Mention(case, is_code_alone) => self.mention(*case, is_code_alone),
            Kind::Authorization { access_key_id, signature } => {
                let is_other = self.list.back().is_some_and(|last| {
                    let known = &last.case.signature;
                    known.is_some() && signature.is_some() && *known != signature
                });
                if is_other && self.list.back().is_some_and(|last| last.is_answered) {
                    self.begin();
                }
                let case = &mut self.last().case;
                if case.signature.is_none() {
                    case.signature = signature;
                }
                if case.access_key_id.is_none() {
                    case.access_key_id = access_key_id;
                }
            }
        }
    }

    fn begin(&mut self) -> &mut Attempt {
        if self.list.len() >= MAX_ATTEMPTS {
            // What succeeded, or what nothing became of, is of the least use.
            let useless = self.list.iter().position(|attempt| {
                attempt.case.answer.code.is_none() && attempt.case.server.is_empty()
            });
            self.list.remove(useless.unwrap_or(self.list.len() - 1));
        }
        self.list.push_back(Attempt::default());
        self.last()
    }

    fn last(&mut self) -> &mut Attempt {
        if self.list.is_empty() {
            self.list.push_back(Attempt::default());
        }
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// The attempt that a piece of the client's belongs to, which comes before any answer.
    fn unanswered(&mut self) -> &mut Attempt {
        if self.list.back().is_some_and(|last| last.is_answered) {
            return self.begin();
        }
        self.last()
    }

    fn canonical(&mut self, text: String, side: Side) {
        let last = self.last();
        let is_server = side == Side::Server
            || side == Side::Unsaid
                && last.is_answered
                && last.case.server.canonical_request.is_none();
        if is_server {
            if last.case.server.canonical_request.is_none() {
                last.case.server.canonical_request = Some(CanonicalText::found(text));
            }
            last.is_answered = true;
            return;
        }
        let hash = sha256_hex(text.as_bytes());
        let attempt = self.unanswered();
        let known = attempt.case.client.canonical_request.as_ref();
        if known.is_some_and(|known| known.text == text) {
            return;
        }
        let fits_to_sign = attempt.case.client.hash().is_none_or(|known| known == hash);
        let attempt = if known.is_some() || !fits_to_sign { self.begin() } else { attempt };
        attempt.case.client.canonical_request = Some(CanonicalText::found(text));
    }

    fn to_sign(&mut self, text: String, side: Side) {
        let last = self.last();
        let is_server = side == Side::Server
            || side == Side::Unsaid
                && last.is_answered
                && last.case.server.string_to_sign.is_none();
        if is_server {
            if last.case.server.string_to_sign.is_none() {
                last.case.server.string_to_sign = Some(text);
            }
            last.is_answered = true;
            return;
        }
        let attempt = self.unanswered();
        let known = attempt.case.client.string_to_sign.as_ref();
        if known.is_some_and(|known| *known == text) {
            return;
        }
        let attempt = if known.is_some() { self.begin() } else { attempt };
        attempt.case.client.string_to_sign = Some(text);
    }

    fn request(&mut self, request: HttpRequest, is_method_told: bool) {
        // An answer that quotes the URL of its own request is no other request.
        let is_same = |known: &HttpRequest| {
            known.path == request.path
                && known.query == request.query
                && (known.method == request.method || !is_method_told)
        };
        if let Some(last) = self.list.back_mut() {
            if let Some(known) = last.case.sent.as_mut().filter(|known| is_same(known)) {
                let is_again = last.is_answered && is_method_told && request.headers.len() > 1;
                let date = |request: &HttpRequest| request.header("x-amz-date").map(str::to_owned);
                if !is_again || date(known) == date(&request) {
                    if known.headers.len() < request.headers.len() {
                        *known = request;
                    }
                    return;
                }
            }
        }
        let is_free = self.list.back().is_some_and(|last| {
            last.case.sent.is_none()
                && (!last.is_answered || self.list.len() == 1 && !is_method_told)
        });
        let attempt = if is_free || self.list.is_empty() { self.last() } else { self.begin() };
        attempt.case.sent = Some(request);
        attempt.is_method_guessed = !is_method_told;
    }

    fn response(&mut self, response: &Response) {
        let id =
            response.header("x-amz-request-id").or_else(|| response.header("x-amzn-requestid"));
        let known = self.list.back().and_then(|last| last.case.answer.status);
        // An interim answer is followed by the real one.
        let is_other = known.is_some_and(|known| known >= 200 && Some(known) != response.status);
        let attempt = if is_other { self.begin() } else { self.last() };
        let answer = &mut attempt.case.answer;
        answer.status = response.status;
        attempt.is_answered = response.status.is_some_and(|status| status >= 200);
        if answer.request_id.is_none() {
            answer.request_id = id.map(str::to_owned);
        }
        if answer.host_id.is_none() {
            answer.host_id = response.header("x-amz-id-2").map(str::to_owned);
        }
        if answer.code.is_none() {
            let code = response.header("x-amzn-errortype").map(crate::failure::plain_code);
            answer.code = code.map(str::to_owned);
        }
        if let Some(region) = response.header("x-amz-bucket-region") {
            if answer.detail("Region").is_none() && answer.status.is_some_and(|s| s >= 300) {
                answer.details.push(("Region".to_owned(), region.to_owned()));
            }
        }
    }

    fn answer(&mut self, mut case: Case) {
        if case.signature.is_none() && case.server.is_empty() && case.answer.code.is_none() {
            // A message alone is as little as a line.
            return self.mention(case, false);
        }
        let by_texts = self.list.iter().rposition(|attempt| {
            attempt.case.server.is_empty()
                && !case.server.is_empty()
                && attempt.case.client.string_to_sign.is_some()
                && attempt.case.is_same_request(&case) == Some(true)
        });
        if let Some(at) = by_texts {
            let attempt = &mut self.list[at];
            attempt.case.merge(case);
            attempt.is_answered = true;
            return;
        }
        let is_same = self.list.back().is_none_or(|last| fits(&last.case, &case));
        let attempt = if is_same { self.last() } else { self.begin() };
        // What an error body says is more than what a line says.
        std::mem::swap(&mut attempt.case, &mut case);
        attempt.case.merge(case);
        attempt.is_answered = true;
        attempt.is_code_alone = false;
    }

    fn mention(&mut self, case: Case, is_code_alone: bool) {
        let fitting = self.list.iter().rposition(|attempt| {
            let known = &attempt.case.answer;
            known.code.is_some() || known.message.is_some()
        });
        let same = self.list.iter().rposition(|attempt| {
            let known = &attempt.case.answer;
            let is_known = known.code.is_some() && known.code == case.answer.code
                || known.message.is_some() && known.message == case.answer.message;
            is_known && ids_fit(&attempt.case, &case)
        });
        if let Some(at) = same {
            self.list[at].case.merge(case);
            self.list[at].is_code_alone &= is_code_alone;
            return;
        }
        if is_code_alone && fitting.is_some() {
            return;
        }
        let is_open = self.list.back().is_none_or(|last| {
            let answer = &last.case.answer;
            let is_refused = answer.status.is_none_or(|status| status >= 300);
            answer.code.is_none() && is_refused && fits(&last.case, &case)
        });
        let attempt = if is_open { self.last() } else { self.begin() };
        attempt.is_code_alone = is_code_alone && attempt.case.server.is_empty();
        attempt.case.merge(case);
        attempt.is_answered = true;
    }
}

/// Whether an answer may be of the request of a case.
fn fits(known: &Case, answer: &Case) -> bool {
    let codes = (&known.answer.code, &answer.answer.code);
    let is_same_code = !matches!(codes, (Some(ours), Some(theirs)) if ours != theirs);
    let is_same_text = known.server.is_empty()
        || answer.server.is_empty()
        || known.server.string_to_sign == answer.server.string_to_sign;
    let is_refused = known.answer.status.is_none_or(|status| !(200..300).contains(&status));
    is_same_code && is_same_text && is_refused && ids_fit(known, answer)
}

fn ids_fit(known: &Case, answer: &Case) -> bool {
    let ids = (&known.answer.request_id, &answer.answer.request_id);
    !matches!(ids, (Some(ours), Some(theirs)) if ours != theirs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Texts;

    fn to_sign(time: &str) -> String {
        format!("AWS4-HMAC-SHA256\n{time}\n20260415/eu-west-1/s3/aws4_request\n{}", "0".repeat(64))
    }

    fn refused(code: &str, time: &str) -> Kind {
        let mut case = Case::default();
        case.answer.code = Some(code.to_owned());
        case.server = Texts { string_to_sign: Some(to_sign(time)), ..Texts::default() };
        Kind::Answer(Box::new(case))
    }

    fn put(kinds: Vec<Kind>) -> Vec<Case> {
        let pieces = kinds.into_iter().enumerate().map(|(at, kind)| Piece { at, kind }).collect();
        cases(pieces, None, &mut Vec::new())
    }

    #[test]
    fn retries_are_told_apart_by_time() {
        let (one, two) = ("20260415T074207Z", "20260415T074209Z");
        let cases = put(vec![
            Kind::ToSign(to_sign(one), Side::Client),
            Kind::ToSign(to_sign(two), Side::Client),
            refused("SignatureDoesNotMatch", two),
            refused("SignatureDoesNotMatch", one),
        ]);
        assert_eq!(cases.len(), 2);
        for case in cases {
            assert_eq!(case.client.string_to_sign, case.server.string_to_sign);
        }
    }

    #[test]
    fn what_stands_behind_an_answer_is_the_servers() {
        let answered = || Kind::Response(Response { status: Some(403), headers: Vec::new() });
        let cases = put(vec![
            Kind::Canonical("ours".to_owned(), Side::Unsaid),
            answered(),
            Kind::Canonical("theirs".to_owned(), Side::Unsaid),
        ]);
        assert_eq!(cases.len(), 1);
        assert_eq!(cases[0].client.canonical_request.as_ref().unwrap().text, "ours");
        assert_eq!(cases[0].server.canonical_request.as_ref().unwrap().text, "theirs");
    }

    #[test]
    fn a_line_about_an_error_is_not_another_error() {
        let mut line = Case::default();
        line.answer.code = Some("SignatureDoesNotMatch".to_owned());
        line.answer.request_id = Some("R".to_owned());
        let cases = put(vec![
            refused("SignatureDoesNotMatch", "20260415T074207Z"),
            Kind::Mention(Box::new(line), false),
        ]);
        assert_eq!(cases.len(), 1);
        assert_eq!(cases[0].answer.request_id.as_deref(), Some("R"));
    }
}
