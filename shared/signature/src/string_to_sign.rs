//! The string to sign: algorithm, time, credential scope, and the hash of the canonical request.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use crate::scope::Scope;

/// The algorithm of Signature Version 4.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The algorithm of Signature Version 4A, whose signatures are not the same twice.
pub const ALGORITHM_V4A: &str = "AWS4-ECDSA-P256-SHA256";

/// The four lines of a string to sign, borrowed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringToSign<'a> {
    /// `AWS4-HMAC-SHA256` or `AWS4-ECDSA-P256-SHA256`.
    pub algorithm: &'a str,
    /// `YYYYMMDDTHHMMSSZ`.
    pub time: &'a str,
    /// `DATE/REGION/SERVICE/aws4_request`, as it stands.
    pub scope: &'a str,
    /// The SHA-256 of the canonical request, in hexadecimal digits.
    pub hash: &'a str,
}

/// Why a text is no string to sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the string to sign: {expected} expected")]
pub struct StringToSignError {
    line: usize,
    expected: &'static str,
}

impl<'a> StringToSign<'a> {
    /// Takes a string to sign apart. Line ends may be CRLF; what follows the hash is an error.
    ///
    /// # Errors
    /// When a line is missing or is not what stands there; the error names the line.
    pub fn parse(text: &'a str) -> Result<Self, StringToSignError> {
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let mut read = 0;
        let mut next = |expected: &'static str, fits: fn(&str) -> bool| {
            read += 1;
            let line = lines.next().filter(|line| fits(line));
            line.ok_or(StringToSignError { line: read, expected })
        };
        let algorithm = next("an algorithm `AWS4-…`", |line| line.starts_with("AWS4-"))?;
        let time = next("a time `YYYYMMDDTHHMMSSZ`", |line| !line.is_empty())?;
        let scope = next("a credential scope", |line| line.contains('/'))?;
        let hash = next("a SHA-256 in 64 hexadecimal digits", is_hash)?;
        if lines.any(|line| !line.trim().is_empty()) {
            return Err(StringToSignError { line: 5, expected: "its end" });
        }
        Ok(Self { algorithm, time, scope, hash })
    }

    /// The parts of its scope, if it is one of version 4.
    #[must_use]
    pub fn scope(&self) -> Option<Scope<'a>> {
        Scope::parse(self.scope)
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n{}", self.algorithm, self.time, self.scope, self.hash)
    }
}

/// Whether a line is a SHA-256 in hexadecimal digits.
#[must_use]
pub fn is_hash(line: &str) -> bool {
    line.len() == 64 && line.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::EMPTY_SHA256;

    #[test]
    fn takes_the_four_lines_apart() {
        let text = format!(
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n{EMPTY_SHA256}"
        );
        let read = StringToSign::parse(&text).unwrap();
        assert_eq!(read.scope(), Some(Scope::new("20150830", "us-east-1", "iam")));
        assert_eq!(read.text(), text);
        assert_eq!(StringToSign::parse(&text.replace('\n', "\r\n")).unwrap(), read);
    }

    #[test]
    fn says_where_it_is_none() {
        for (text, told) in [
            ("GET\n", "line 1 of the string to sign: an algorithm `AWS4-…` expected"),
            (
                "AWS4-HMAC-SHA256\nx\nnoscope",
                "line 3 of the string to sign: a credential scope expected",
            ),
            (
                "AWS4-HMAC-SHA256\nx\n1/2/3/4\nabc",
                "line 4 of the string to sign: a SHA-256 in 64 hexadecimal digits expected",
            ),
        ] {
            assert_eq!(StringToSign::parse(text).unwrap_err().to_string(), told);
        }
    }
}
