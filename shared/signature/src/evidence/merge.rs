//! Several pieces of evidence about one request, put together.

use std::borrow::Cow;

use crate::case::{Answer, Case, Texts};
use crate::http::HttpRequest;

/// How two cases stand to each other, from what contradicts to what fits best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The signatures differ: two requests.
    OtherSignature,
    /// The request ids or the signing times differ: two requests, or two attempts at one.
    OtherAttempt,
    /// Nothing tells.
    Unsaid,
    /// They were signed at the same second.
    SameTime,
    /// And for the same day, region and service.
    SameScope,
    /// And the same canonical request was signed.
    SameText,
    /// They have the same signature or request id.
    Same,
}

impl Case {
    /// Takes over what `other` knows and this one does not. Of two texts, one that its hash proves
    /// whole is preferred.
    pub fn merge(&mut self, other: Case) {
        self.is_of_two_requests |= other.is_of_two_requests || self.contradicts(&other);
        merge_answer(&mut self.answer, other.answer);
        merge_texts(&mut self.server, other.server);
        merge_texts(&mut self.client, other.client);
        let is_fuller = |other: &HttpRequest, known: &HttpRequest| {
            known.headers.len() < other.headers.len() && known.method == other.method
        };
        match (&mut self.sent, other.sent) {
            (Some(known), Some(other)) if is_fuller(&other, known) => *known = other,
            (known, other) => fill(known, other),
        }
        fill(&mut self.received, other.received);
        fill(&mut self.signature, other.signature);
        fill(&mut self.version_2_signature, other.version_2_signature);
        fill(&mut self.access_key_id, other.access_key_id);
        fill(&mut self.client_name, other.client_name);
        fill(&mut self.logged, other.logged);
    }

    /// How another case stands to this one: by request id, by signature, or else by signing time,
    /// scope and hash.
    #[must_use]
    pub fn relation(&self, other: &Case) -> Relation {
        let by_signature = equal(self.signature.as_ref(), other.signature.as_ref());
        let ids = (self.answer.request_id.as_deref(), other.answer.request_id.as_deref());
        match (by_signature, equal(ids.0, ids.1)) {
            (Some(true), _) | (None, Some(true)) => return Relation::Same,
            (Some(false), _) => return Relation::OtherSignature,
            (None, Some(false)) => return Relation::OtherAttempt,
            (None, None) => {}
        }
        let (ours, theirs) = (Told::of(self), Told::of(other));
        match equal(ours.time, theirs.time) {
            None => return Relation::Unsaid,
            Some(false) => return Relation::OtherAttempt,
            Some(true) => {}
        }
        if equal(ours.scope, theirs.scope) != Some(true) {
            return Relation::SameTime;
        }
        let is_same_text = equal(ours.hash, theirs.hash) == Some(true);
        if is_same_text { Relation::SameText } else { Relation::SameScope }
    }

    /// Whether two cases can be told to be of one request: by request id, by signature, or by the
    /// time and the scope of their strings to sign. `None` when nothing tells.
    #[must_use]
    pub fn is_same_request(&self, other: &Case) -> Option<bool> {
        if let (Some(ours), Some(theirs)) = (&self.answer.request_id, &other.answer.request_id) {
            return Some(ours == theirs);
        }
        if let (Some(ours), Some(theirs)) = (&self.signature, &other.signature) {
            return Some(ours == theirs);
        }
        let ours = [&self.server, &self.client];
        let theirs = [&other.server, &other.client];
        let (ours, theirs) = (
            ours.into_iter().find_map(when_and_where),
            theirs.into_iter().find_map(when_and_where),
        );
        Some(ours? == theirs?)
    }
}

/// Which of several requests of one second a refusal is of. The texts of another would prove a change
/// that nobody made, so where nothing tells, it is of none.
#[must_use]
pub fn refused_of(refusal: &Case, candidates: &[(usize, &Case)]) -> Option<usize> {
    let (last, others) = candidates.split_last()?;
    let text = |case: &Case| case.client.string_to_sign.clone();
    if others.iter().all(|(_, other)| text(other) == text(last.1)) {
        return Some(last.0);
    }
    let hash = refusal.server.hash();
    let is_equal = |(_, case): &&(usize, &Case)| hash.is_some() && case.client.hash() == hash;
    if let Some((at, _)) = candidates.iter().rfind(is_equal) {
        return Some(*at);
    }
    let wanted = target(&refusal.server)?;
    let mut same = candidates.iter().filter(|(_, case)| target(&case.client) == Some(wanted));
    match (same.next(), same.next()) {
        (Some((at, _)), None) => Some(*at),
        _ => None,
    }
}

/// Method, path and query of a canonical request, as one text.
fn target(texts: &Texts) -> Option<&str> {
    let text = &texts.canonical_request.as_ref()?.text;
    text.match_indices('\n').nth(2).map(|(end, _)| &text[..end])
}

/// Time and scope, which both sides take from the request.
fn when_and_where(texts: &Texts) -> Option<(&str, &str)> {
    texts.parsed().map(|text| (text.time, text.scope))
}

/// Whether two values are the same, if both are known.
fn equal<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<bool> {
    Some(one? == other?)
}

/// What a case tells of when and for what its request was signed.
#[derive(Default)]
struct Told<'a> {
    time: Option<Cow<'a, str>>,
    scope: Option<&'a str>,
    hash: Option<String>,
}

impl<'a> Told<'a> {
    fn of(case: &'a Case) -> Self {
        let stamped = [&case.server, &case.client].into_iter().find_map(Texts::parsed);
        if let Some(text) = stamped {
            let hash = Some(text.hash.to_ascii_lowercase());
            return Self { time: Some(Cow::Borrowed(text.time)), scope: Some(text.scope), hash };
        }
        let name = "x-amz-date";
        let sent = [&case.received, &case.sent].into_iter().flatten().find_map(|request| {
            let header = request.header(name).map(|time| Cow::Borrowed(time.trim()));
            header.or_else(|| request.parameter(name).map(Cow::Owned))
        });
        let time = sent.or_else(|| {
            [&case.server, &case.client].into_iter().find_map(|texts| {
                let text = &texts.canonical_request.as_ref()?.text;
                text.lines().find_map(|line| line.strip_prefix("x-amz-date:")).map(Cow::Borrowed)
            })
        });
        Self { time, ..Self::default() }
    }
}

fn fill<T>(known: &mut Option<T>, other: Option<T>) {
    if known.is_none() {
        *known = other;
    }
}

fn merge_answer(known: &mut Answer, other: Answer) {
    fill(&mut known.code, other.code);
    fill(&mut known.message, other.message);
    fill(&mut known.status, other.status);
    fill(&mut known.request_id, other.request_id);
    fill(&mut known.host_id, other.host_id);
    fill(&mut known.vendor, other.vendor);
    known.echoes_token |= other.echoes_token;
    for (name, value) in other.details {
        if known.detail(&name).is_none() {
            known.details.push((name, value));
        }
    }
}

fn merge_texts(known: &mut Texts, other: Texts) {
    let is_better = other.is_intact() == Some(true) && known.is_intact() != Some(true);
    if is_better {
        let before = std::mem::replace(known, other);
        fill(&mut known.canonical_request_sha256, before.canonical_request_sha256);
        return;
    }
    fill(&mut known.canonical_request, other.canonical_request);
    fill(&mut known.string_to_sign, other.string_to_sign);
    fill(&mut known.canonical_request_sha256, other.canonical_request_sha256);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::CanonicalText;
    use crate::secret::{Signature, sha256_hex};

    fn texts(canonical: &str, hash: &str) -> Texts {
        Texts {
            canonical_request: Some(CanonicalText::found(canonical)),
            string_to_sign: Some(format!(
                "AWS4-HMAC-SHA256\n20260415T074207Z\n20260415/eu-west-1/s3/aws4_request\n{hash}"
            )),
            canonical_request_sha256: None,
        }
    }

    #[test]
    fn what_is_known_stays_and_what_is_proven_wins() {
        let mut case = Case::default();
        case.answer.code = Some("A".to_owned());
        case.server = texts("x", &"0".repeat(64));
        let mut other = Case::default();
        other.answer.code = Some("B".to_owned());
        other.answer.status = Some(403);
        other.server = texts("y", &sha256_hex(b"y"));
        assert_eq!(case.is_same_request(&other), Some(true));
        case.merge(other);
        assert_eq!((case.answer.code.as_deref(), case.answer.status), (Some("A"), Some(403)));
        assert_eq!(case.server.is_intact(), Some(true));
    }

    #[test]
    fn requests_of_one_second_are_told_apart_or_left_alone() {
        let text = |path: &str, header: &str| format!("GET\n{path}\n\nhost:{header}\n\nhost\nx");
        let of = |text: &str| texts(text, &sha256_hex(text.as_bytes()));
        let client = |text: &str| Case { client: of(text), ..Case::default() };
        let server = |text: &str| Case { server: of(text), ..Case::default() };
        let (a, b) = (client(&text("/a", "h")), client(&text("/b", "h")));
        let both = [(3, &a), (5, &b)];
        assert_eq!(refused_of(&server(&text("/a", "h")), &both), Some(3), "the same text");
        assert_eq!(refused_of(&server(&text("/a", "other")), &both), Some(3), "the same target");
        assert_eq!(refused_of(&server(&text("/c", "h")), &both), None, "either of them");
        assert_eq!(refused_of(&server(&text("/c", "h")), &both[..1]), Some(3), "no other is there");
        let again = [(3, &a), (5, &a)];
        assert_eq!(refused_of(&server(&text("/c", "h")), &again), Some(5), "sent twice");
    }

    #[test]
    fn cases_are_told_apart_by_the_most_telling_thing_that_both_show() {
        let with = |hash: &str| Case { server: texts("x", &hash.repeat(32)), ..Case::default() };
        let one = with("aa");
        assert_eq!(one.relation(&Case::default()), Relation::Unsaid);
        assert_eq!(one.relation(&with("aa")), Relation::SameText);
        assert_eq!(one.relation(&with("bb")), Relation::SameScope);
        let dated = |time: &str| {
            let mut request = HttpRequest::new("GET", "/k");
            request.set_header("X-Amz-Date", time);
            Case { sent: Some(request), ..Case::default() }
        };
        assert_eq!(one.relation(&dated("20260415T074207Z")), Relation::SameTime);
        assert_eq!(one.relation(&dated("20260415T074208Z")), Relation::OtherAttempt);
        let signed =
            |digit: &str| Case { signature: Signature::of_hex(&digit.repeat(64)), ..with("aa") };
        assert_eq!(signed("1").relation(&signed("1")), Relation::Same);
        assert_eq!(signed("1").relation(&signed("2")), Relation::OtherSignature);
        let mut answered = one.clone();
        answered.answer.request_id = Some("A".to_owned());
        let mut other = answered.clone();
        other.answer.request_id = Some("B".to_owned());
        assert_eq!(answered.relation(&other), Relation::OtherAttempt);
    }

    #[test]
    fn nothing_tells_of_two_empty_cases() {
        assert_eq!(Case::default().is_same_request(&Case::default()), None);
    }
}
