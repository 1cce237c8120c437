//! What a client signed and sent, from the debug output that comes before the error: the signer's
//! canonical request, the request itself as dumped, the ids in the headers of the answer.

use xxhash_rust::xxh3::xxh3_64;

use super::{
    LoggedError, canonical,
    found::merge,
    keys::{self, Field},
    limits::{ANSWER_LINES, SENT_LINES},
    signed::Signed,
};

/// Header lines of a dumped request that are read.
const HEADERS: usize = 100;

/// The newest request that the log shows. Nothing in it is masked yet: it is not to be printed.
#[derive(Default)]
pub(super) struct Sent {
    line: u64,
    request: LoggedError,
    /// What the headers of the answer say; it goes with the next error only.
    answer: LoggedError,
    /// The line of those headers.
    answered: u64,
    /// Header lines of a dumped request still to be read.
    headers: usize,
    /// What was signed lately, since requests may be under way at once.
    signed: Signed,
}

/// Whether a line is the first of a dumped request: `> GET /a HTTP/1.1`.
pub(super) fn begins(line: &str) -> bool {
    let version = line.len().checked_sub(" HTTP/1.1".len()).and_then(|at| line.get(at..));
    version.is_some_and(|v| v.starts_with(" HTTP/1.")) && request_line(line).is_some()
        || line.ends_with(" HTTP/2") && request_line(line).is_some()
}

/// Method and target of a request line, whatever a logger has put before it.
fn request_line(line: &str) -> Option<(&str, &str)> {
    let mut words = line.rsplit(' ');
    let (_, target, method) = (words.next()?, words.next()?, words.next()?);
    let fits = (3..=7).contains(&method.len()) && method.bytes().all(|b| b.is_ascii_uppercase());
    (fits && (target.starts_with('/') || target.starts_with("http"))).then_some((method, target))
}

impl Sent {
    /// Whether the headers of a dumped request are being read.
    pub fn is_reading(&self) -> bool {
        self.headers > 0
    }

    /// Reads a line of a dumped request, if it is one.
    pub fn read(&mut self, number: u64, line: &str) -> bool {
        if begins(line) {
            let Some((method, target)) = request_line(line) else { return false };
            if self.request.method.is_some() || number.saturating_sub(self.line) > SENT_LINES {
                self.request = LoggedError::default();
            }
            self.line = number;
            self.headers = HEADERS;
            keys::put(&mut self.request, Field::Method, method, true);
            keys::put(&mut self.request, Field::Url, target, true);
            return true;
        }
        if self.headers == 0 {
            return false;
        }
        let header = line.strip_prefix("> ").unwrap_or(line);
        let name = header.split(": ").next().unwrap_or("");
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || name.len() == header.len() || !name.chars().all(is_name) {
            self.headers = 0;
            return false;
        }
        self.headers -= 1;
        let value = &header[name.len() + 2..];
        match name.to_ascii_lowercase().as_str() {
            "host" => keys::put(&mut self.request, Field::Host, value, true),
            "user-agent" => keys::put(&mut self.request, Field::UserAgent, value, true),
            "authorization" => self.fields(value),
            _ => {}
        }
        true
    }

    /// Reads an event of a debug log.
    pub fn learn(&mut self, number: u64, text: &str) {
        let (request, string) = canonical::of_signer(text);
        if request.is_some() {
            self.request = LoggedError::default();
            self.line = number;
            self.request.client_canonical_request = request.clone();
        }
        if string.is_some() {
            self.line = number;
            self.request.client_string_to_sign = string.clone();
        }
        self.signed.learn(number, request, string);
        if let Some(signature) = canonical::signature_of_signer(text) {
            self.signed.made(xxh3_64(signature.as_bytes()));
        }
        if text.contains("AWSPreparedRequest") {
            self.line = number;
            self.fields(text);
        }
        if text.contains("Response headers: {") {
            self.answer = LoggedError::default();
            self.answered = number;
            for (_, field, rest) in keys::pairs(text) {
                if let Some(value) = keys::read(field, rest) {
                    keys::put(&mut self.answer, field, &value, false);
                }
            }
        }
    }

    fn fields(&mut self, text: &str) {
        for (_, field, rest) in keys::pairs(text) {
            let wanted = [Field::Credential, Field::Method, Field::Url, Field::UserAgent];
            if let Some(value) = keys::read(field, rest).filter(|_| wanted.contains(&field)) {
                keys::put(&mut self.request, field, &value, true);
            }
        }
    }

    /// Gives what is remembered to the error that it led to, which begins at line `number`.
    pub fn give(&mut self, number: u64, error: &mut LoggedError) {
        let answer = std::mem::take(&mut self.answer);
        let same = |a: &Option<String>, b: &Option<String>| {
            a.as_ref().zip(b.as_ref()).is_none_or(|(a, b)| a == b)
        };
        if number.saturating_sub(self.answered) <= ANSWER_LINES
            && same(&answer.request_id, &error.request_id)
        {
            merge(error, answer);
        }
        let mine = &self.request;
        let day = |text: &Option<String>| {
            text.as_deref().and_then(|text| text.split('\n').nth(1)).map(str::to_owned)
        };
        let fits = number.saturating_sub(self.line) <= SENT_LINES
            && same(&mine.access_key_id, &error.access_key_id)
            && same(&mine.operation, &error.operation)
            && same(&day(&mine.client_string_to_sign), &day(&error.string_to_sign));
        let texts = self.signed.of(number, error);
        if fits {
            let mut request = std::mem::take(&mut self.request);
            if request.client_canonical_request.is_some() {
                (request.client_canonical_request, request.client_string_to_sign) =
                    texts.unwrap_or_default();
            }
            // The host of a canonical request is the one that was signed for.
            if let Some(text) = &request.client_canonical_request {
                let host = text.lines().find_map(|line| line.strip_prefix("host:"));
                request.host = request.host.or(host.map(str::to_owned));
                request.method = request.method.or(text.lines().next().map(str::to_owned));
            }
            let string = request.client_string_to_sign.as_deref();
            if let Some(scope) = string.and_then(|text| text.split('\n').nth(2)) {
                let credential = format!("-/{scope}");
                keys::put(&mut request, Field::Credential, &credential, true);
                request.access_key_id = request.access_key_id.filter(|key| key != "-");
            }
            merge(error, request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dumped_request_is_told_from_an_access_log() {
        assert!(begins("> GET /a HTTP/1.1"));
        assert!(begins("2026/11/22 16:22:20 DEBUG : PUT /b?x=1 HTTP/1.1"));
        assert!(!begins("10.0.0.1 - - [15/Apr/2026:09:42:13 +0200] \"GET / HTTP/1.1\" 200 1"));
        assert!(!begins("HTTP/1.1"));
    }
}
