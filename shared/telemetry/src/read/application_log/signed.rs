//! Which of the texts that a client signed lately belong to an error. Where requests are under way
//! at once, the last text before an answer need not be the one that was refused, and what two
//! requests differ in is no change on the way.

use std::collections::VecDeque;

use sigdrift_signature::canonical_request::CanonicalRequest;
use sigdrift_signature::secret::sha256_hex;

use super::{LoggedError, canonical::Texts, limits::SENT_LINES};

/// Texts that are remembered.
const REMEMBERED: usize = 32;

/// What a client signed lately, oldest first. Nothing in it is masked: it is not to be printed.
#[derive(Default)]
pub(super) struct Signed {
    list: VecDeque<One>,
    /// When the newest was signed that is remembered no longer.
    forgotten: Option<String>,
}

struct One {
    line: u64,
    canonical: String,
    /// The SHA-256 of the canonical request.
    hash: String,
    string: Option<String>,
    /// A hash of the signature that was made of it.
    signature: Option<u64>,
}

impl One {
    fn stamp(&self) -> Option<&str> {
        stamp(self.string.as_deref(), Some(&self.canonical))
    }

    fn texts(&self) -> Texts {
        (Some(self.canonical.clone()), self.string.clone())
    }
}

impl Signed {
    /// Takes what an event shows.
    pub fn learn(&mut self, line: u64, canonical: Option<String>, string: Option<String>) {
        if let Some(canonical) = canonical {
            let hash = sha256_hex(canonical.as_bytes());
            if self.list.len() >= REMEMBERED {
                let oldest = self.list.pop_front();
                self.forgotten = oldest.and_then(|one| one.stamp().map(str::to_owned));
            }
            self.list.push_back(One { line, canonical, hash, string: None, signature: None });
        }
        let Some(string) = string else { return };
        // Another request's text may stand between the two of this one.
        let hash = string.lines().next_back().unwrap_or_default();
        let without = |one: &&mut One| one.string.is_none();
        let exact = self.list.iter().rposition(|one| one.string.is_none() && one.hash == hash);
        let one = match exact {
            Some(at) => self.list.get_mut(at),
            None => self.list.iter_mut().rev().find(without),
        };
        if let Some(one) = one {
            one.string = Some(string);
        }
    }

    /// Takes the signature that was made last, as its hash, if it is certain of which text.
    pub fn made(&mut self, signature: u64) {
        let mut unsigned =
            self.list.iter_mut().filter(|one| one.string.is_some() && one.signature.is_none());
        if let (Some(one), None) = (unsigned.next(), unsigned.next()) {
            one.signature = Some(signature);
        }
    }

    /// The texts that belong to the error at this line, if it is certain which do.
    pub fn of(&self, line: u64, error: &LoggedError) -> Option<Texts> {
        // A signature tells whose the texts are, whatever else was signed in the same second.
        let of_signature = |one: &&One| one.signature.is_some() && one.signature == error.signature;
        if let Some(one) = self.list.iter().rev().find(of_signature) {
            return Some(one.texts());
        }
        let answered = stamp(error.string_to_sign.as_deref(), error.canonical_request.as_deref());
        if answered.is_some() && answered == self.forgotten.as_deref() {
            return None;
        }
        let is_near = |one: &One| line.saturating_sub(one.line) <= SENT_LINES;
        let mut candidates: Vec<&One> = Vec::new();
        for one in self.list.iter().rev() {
            let known = one.stamp();
            let is_of_time = answered.zip(known).is_none_or(|(one, other)| one == other);
            let is_anothers = one.signature.is_some() && error.signature.is_some();
            let is_new = candidates.iter().all(|other| other.canonical != one.canonical);
            // What was signed in the very second stays in question, however long the log is since.
            let may_be = is_near(one) || answered.is_some() && known.is_some();
            if may_be && is_of_time && is_new && !is_anothers {
                candidates.push(one);
            }
        }
        let one = match candidates.as_slice() {
            [] => return None,
            [one] => one,
            // Without a time of the answer the last text is as good as it was before.
            [last, ..] if answered.is_none() => last,
            several => {
                let verified = error.canonical_request.as_deref()?;
                let mut fitting =
                    several.iter().filter(|one| has_one_target(&one.canonical, verified));
                let one = fitting.next()?;
                if fitting.next().is_some() {
                    return None;
                }
                one
            }
        };
        is_near(one).then(|| one.texts())
    }
}

/// When a request was signed, as its texts say.
fn stamp<'t>(string: Option<&'t str>, canonical: Option<&'t str>) -> Option<&'t str> {
    let of_header = || canonical?.lines().find_map(|line| line.strip_prefix("x-amz-date:"));
    string.and_then(|text| text.split('\n').nth(1)).or_else(of_header)
}

/// Whether two canonical requests are for the same method, path and query.
fn has_one_target(one: &str, other: &str) -> bool {
    match (CanonicalRequest::parse(one), CanonicalRequest::parse(other)) {
        (Ok(one), Ok(other)) => {
            (one.method, one.path, one.query) == (other.method, other.path, other.query)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str, encoding: &str) -> String {
        format!(
            "GET\n{path}\n\naccept-encoding:{encoding}\nhost:h\n\naccept-encoding;host\nUNSIGNED-PAYLOAD"
        )
    }

    fn string(canonical: &str, second: u8) -> String {
        let hash = sha256_hex(canonical.as_bytes());
        format!(
            "AWS4-HMAC-SHA256\n20260415T0742{second:02}Z\n20260415/eu-west-1/s3/aws4_request\n{hash}"
        )
    }

    fn refused(canonical: &str, second: u8) -> LoggedError {
        LoggedError {
            canonical_request: Some(canonical.to_owned()),
            string_to_sign: Some(string(canonical, second)),
            ..LoggedError::default()
        }
    }

    #[test]
    fn of_requests_under_way_at_once_the_one_with_the_same_target_is_meant() {
        let mut signed = Signed::default();
        let (a, b) = (canonical("/a", "identity"), canonical("/b", "identity"));
        // Both canonical requests stand before both strings to sign.
        signed.learn(1, Some(a.clone()), None);
        signed.learn(2, Some(b.clone()), None);
        signed.learn(3, None, Some(string(&a, 7)));
        signed.learn(4, None, Some(string(&b, 7)));
        let of = |path, second| signed.of(5, &refused(&canonical(path, "gzip"), second));
        assert_eq!(of("/a", 7), Some((Some(a.clone()), Some(string(&a, 7)))));
        assert_eq!(of("/b", 7), Some((Some(b.clone()), Some(string(&b, 7)))));
        // Which of them was changed into this one nothing tells.
        assert_eq!(of("/c", 7), None);
        // Signed at another time, it was another request.
        assert_eq!(of("/a", 8), None);
    }

    #[test]
    fn a_single_request_may_have_another_target() {
        let mut signed = Signed::default();
        let a = canonical("/a%20b", "identity");
        signed.learn(1, Some(a.clone()), Some(string(&a, 7)));
        let of = |line| signed.of(line, &refused(&canonical("/a+b", "identity"), 7));
        assert_eq!(of(2), Some((Some(a.clone()), Some(string(&a, 7)))));
        assert_eq!(of(2 + SENT_LINES), None);
    }

    #[test]
    fn a_signature_tells_whose_the_texts_are() {
        let mut signed = Signed::default();
        let (a, b) = (canonical("/a", "identity"), canonical("/a", "gzip"));
        let refused = |signature| LoggedError { signature, ..refused(&a, 7) };
        signed.learn(1, Some(b.clone()), Some(string(&b, 7)));
        signed.made(2);
        // The request that was refused stands in another log.
        assert_eq!(signed.of(2, &refused(Some(1))), None);
        signed.learn(3, Some(a.clone()), Some(string(&a, 7)));
        signed.made(1);
        let texts = |text: &String| Some((Some(text.clone()), Some(string(text, 7))));
        assert_eq!(signed.of(4 + SENT_LINES, &refused(Some(1))), texts(&a));
        assert_eq!(signed.of(4, &refused(Some(2))), texts(&b));
        assert_eq!(signed.of(4, &refused(None)), None);
    }

    #[test]
    fn a_signature_of_one_of_two_texts_is_of_neither() {
        let mut signed = Signed::default();
        let (a, b) = (canonical("/a", "identity"), canonical("/b", "identity"));
        signed.learn(1, Some(a.clone()), Some(string(&a, 7)));
        signed.learn(2, Some(b.clone()), Some(string(&b, 7)));
        signed.made(1);
        assert!(signed.list.iter().all(|one| one.signature.is_none()));
    }

    #[test]
    fn what_was_signed_in_the_same_second_stays_in_question() {
        let (a, b) = (canonical("/a", "identity"), canonical("/b", "identity"));
        let mut signed = Signed::default();
        signed.learn(1, Some(a.clone()), Some(string(&a, 7)));
        let late = 2 + SENT_LINES;
        signed.learn(late, Some(b.clone()), Some(string(&b, 7)));
        assert_eq!(signed.of(late + 1, &refused(&a, 7)), None);
        for _ in 0..REMEMBERED {
            signed.learn(late, Some(b.clone()), Some(string(&b, 7)));
        }
        assert_eq!(signed.of(late + 1, &refused(&a, 7)), None, "forgotten, and not ruled out");
    }
}
