//! Which pieces are of one request, and which side computed what.
//!
//! A log follows a request from its texts over the request itself to the answer. A piece that
//! belongs to an earlier step than the last one seen therefore begins another request.

use std::collections::VecDeque;

use super::belonging::{fits, ids_fit, is_same_time};
use super::http_block::Response;
use super::merge::{Relation, refused_of};
use super::piece::{Kind, Side};
use super::service_message;
use crate::case::{CanonicalText, Case};
use crate::http::HttpRequest;
use crate::secret::sha256_hex;

/// One request with what became of it.
#[derive(Default)]
pub(super) struct Attempt {
    pub case: Case,
    /// Whether its request was seen with a method that nothing tells.
    pub is_method_guessed: bool,
    /// Whether an answer was seen, of whatever kind.
    pub is_answered: bool,
    /// Whether all that tells of it is the name of an error.
    pub is_code_alone: bool,
}

/// Attempts that are kept while reading: the answer may come late.
const MAX_ATTEMPTS: usize = 1_024;

/// Attempts that are compared at most with the wanted one, when one has to go.
const MAX_COMPARED: usize = 64;

/// The requests seen so far.
#[derive(Default)]
pub(super) struct Attempts<'a> {
    /// Those that are kept.
    pub list: VecDeque<Attempt>,
    /// How many are not.
    pub dropped: usize,
    about: Option<&'a Case>,
}

impl<'a> Attempts<'a> {
    /// None yet; those that fit `about` are kept before others.
    pub(super) fn about(about: Option<&'a Case>) -> Self {
        Self { about, ..Self::default() }
    }

    /// Takes the next piece.
    pub(super) fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Canonical(text, side) => self.canonical(text, side, false),
            Kind::Partial(text, side) => self.canonical(text, side, true),
            Kind::ToSign(text, side) => self.string_to_sign(text, side),
            Kind::Request(request, is_method_told) => self.request(*request, is_method_told),
            Kind::Received(request) => {
                let is_known = self.list.back().is_some_and(|last| last.case.received.is_some());
                let attempt = if is_known { self.begin() } else { self.unanswered() };
                attempt.case.received = Some(*request);
            }
            Kind::Response(response) => self.response(&response),
            Kind::Answer(case) => self.answer(*case),
            Kind::Mention(case, is_code_alone) => self.mention(*case, is_code_alone),
            Kind::Authorization { access_key_id, signature, signed_headers, scope } => {
                let is_other = self.list.back().is_some_and(|last| {
                    let known = &last.case.signature;
                    last.is_answered
                        && known.is_some()
                        && signature.is_some()
                        && *known != signature
                });
                let case = if is_other { self.begin() } else { self.last() };
                let case = &mut case.case;
                case.signature = case.signature.take().or(signature);
                case.access_key_id = case.access_key_id.take().or(access_key_id);
                // A request that is shown says the same itself.
                let told = [("SignedHeaders", signed_headers), ("CredentialScope", scope)];
                for (name, value) in told {
                    let is_new = case.sent.is_none() && case.answer.detail(name).is_none();
                    if let Some(value) = value.filter(|_| is_new) {
                        case.answer.details.push((name.to_owned(), value));
                    }
                }
            }
        }
    }

    fn begin(&mut self) -> &mut Attempt {
        if self.list.len() >= MAX_ATTEMPTS {
            // What succeeded, or what nothing became of, is of the least use.
            let is_useless = |case: &Case| case.answer.code.is_none() && case.server.is_empty();
            let is_wanted = |case: &Case| {
                self.about.is_some_and(|about| about.relation(case) > Relation::Unsaid)
            };
            let of = |wanted: &dyn Fn(&Case) -> bool| {
                let mut all = self.list.iter().enumerate().filter(|(_, one)| wanted(&one.case));
                let found = all.by_ref().take(MAX_COMPARED).find(|(_, one)| !is_wanted(&one.case));
                found.map(|(at, _)| at)
            };
            let least = of(&is_useless).or_else(|| of(&|_| true));
            self.list.remove(least.unwrap_or(0));
            self.dropped += 1;
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

    fn canonical(&mut self, text: String, side: Side, is_partial: bool) {
        let last = self.last();
        let is_pair = last.case.client.canonical_request.as_ref().is_some_and(|known| {
            known.text != text && !last.is_answered && is_same_time(&known.text, &text)
        });
        let is_server = side == Side::Server
            || side == Side::Unsaid
                && (last.is_answered || is_pair)
                && last.case.server.canonical_request.is_none();
        if is_server {
            if last.case.server.canonical_request.is_none() {
                last.case.server.canonical_request = Some(CanonicalText::found(text));
            }
            last.is_answered = true;
            return;
        }
        if is_partial && last.case.client.canonical_request.is_some() {
            return;
        }
        let hash = sha256_hex(text.as_bytes());
        let attempt = self.unanswered();
        let known = attempt.case.client.canonical_request.as_ref();
        if known.is_some_and(|known| known.text == text) {
            return;
        }
        let fits = is_partial || attempt.case.client.hash().is_none_or(|known| known == hash);
        let attempt = if known.is_some() || !fits { self.begin() } else { attempt };
        attempt.case.client.canonical_request = Some(CanonicalText::found(text));
    }

    fn string_to_sign(&mut self, text: String, side: Side) {
        let last = self.last();
        let is_pair =
            last.case.client.string_to_sign.as_ref().is_some_and(|known| {
                *known != text && !last.is_answered && is_same_time(known, &text)
            });
        let is_server = side == Side::Server
            || side == Side::Unsaid
                && (last.is_answered || is_pair)
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
        let date = |request: &HttpRequest| request.header("x-amz-date").map(str::to_owned);
        if let Some(last) = self.list.back_mut()
            && let Some(known) = last.case.sent.as_mut().filter(|known| is_same(known))
        {
            let is_again = last.is_answered && is_method_told && request.headers.len() > 1;
            if !is_again || date(known) == date(&request) {
                if known.headers.len() < request.headers.len() {
                    *known = request;
                }
                return;
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
        let is_lone = self
            .list
            .back()
            .is_none_or(|last| last.case.sent.is_none() && last.case.client.is_empty());
        if response.headers.is_empty() && is_lone {
            // A line of an access log, or of a request that is not shown.
            return;
        }
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
        if let Some(region) = response.header("x-amz-bucket-region")
            && answer.detail("Region").is_none()
            && answer.status.is_some_and(|s| s >= 300)
        {
            answer.details.push(("Region".to_owned(), region.to_owned()));
        }
    }

    fn answer(&mut self, mut case: Case) {
        if case.signature.is_none() && case.server.is_empty() && case.answer.code.is_none() {
            // A message alone is as little as a line.
            return self.mention(case, false);
        }
        let is_near = |attempt: &Attempt| {
            attempt.case.server.is_empty()
                && !case.server.is_empty()
                && attempt.case.client.string_to_sign.is_some()
                && attempt.case.is_same_request(&case) == Some(true)
        };
        let near = self.list.iter().enumerate().filter(|(_, attempt)| is_near(attempt));
        let near: Vec<(usize, &Case)> = near.map(|(at, attempt)| (at, &attempt.case)).collect();
        let by_texts = refused_of(&case, &near);
        if by_texts.is_none() && !near.is_empty() {
            let attempt = self.begin();
            attempt.case = case;
            attempt.is_answered = true;
            return;
        }
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
        let is_any = self.list.iter().any(|attempt| {
            let known = &attempt.case.answer;
            known.code.is_some() || known.message.is_some()
        });
        let same = self.list.iter().rposition(|attempt| {
            let known = &attempt.case.answer;
            let is_same_code = known.code.is_some() && known.code == case.answer.code;
            // A code whose sentence was not understood, and the sentence.
            let is_completed = known.code.is_some()
                && case.answer.code.is_none()
                && !known.message.as_deref().is_some_and(service_message::is_known);
            let is_same_message = known.message.is_some() && known.message == case.answer.message;
            (is_same_code || is_same_message || is_completed) && ids_fit(&attempt.case, &case)
        });
        if let Some(at) = same {
            let known = &mut self.list[at];
            if !known.case.answer.message.as_deref().is_some_and(service_message::is_known)
                && case.answer.message.is_some()
            {
                known.case.answer.message = None;
            }
            known.case.merge(case);
            known.is_code_alone &= is_code_alone;
            return;
        }
        if is_code_alone && is_any {
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

#[cfg(test)]
mod tests {
    use super::super::assemble::cases;
    use super::super::piece::Piece;
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
        cases(pieces, None, None).0
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
    fn requests_of_one_second_are_not_mixed_up() {
        let time = "20260415T074207Z";
        let text = |path: &str| format!("GET\n{path}\n\nhost:h\nx-amz-date:{time}\n\nhost\nx");
        let string = |path: &str| {
            let hash = sha256_hex(text(path).as_bytes());
            format!("AWS4-HMAC-SHA256\n{time}\n20260415/eu-west-1/s3/aws4_request\n{hash}")
        };
        let sent = |path| {
            [Kind::Canonical(text(path), Side::Client), Kind::ToSign(string(path), Side::Client)]
        };
        let refused = |path: &str| {
            let mut case = Case::default();
            case.answer.code = Some("SignatureDoesNotMatch".to_owned());
            case.server.canonical_request = Some(CanonicalText::found(text(path)));
            case.server.string_to_sign = Some(string(path));
            Kind::Answer(Box::new(case))
        };
        let mut kinds: Vec<Kind> = sent("/a").into_iter().chain(sent("/b")).collect();
        kinds.extend([refused("/a"), refused("/b")]);
        let both = put(kinds);
        assert_eq!(both.len(), 2);
        for case in both {
            assert_eq!(case.client.string_to_sign, case.server.string_to_sign);
        }
        let mut kinds: Vec<Kind> = sent("/a").into_iter().chain(sent("/b")).collect();
        kinds.push(refused("/c"));
        let neither = put(kinds);
        assert!(neither.iter().all(|case| case.client.is_empty() || case.server.is_empty()));
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
