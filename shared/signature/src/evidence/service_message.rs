//! What services say in words: their messages, the texts that some append to them, and the lines in
//! which clients print both.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>

use super::blocks;
use super::layout::{floor, line_start};
use super::repair::{self, Shown};
use crate::case::{Texts, Vendor};
use crate::failure::{Standing, standing};

/// How messages begin, and the code of those that one code alone has. The more telling come first.
pub(super) const MESSAGES: &[(&str, Option<&str>)] = &[
    (
        "The request signature we calculated does not match the signature you provided. Check your key and",
        Some("SignatureDoesNotMatch"),
    ),
    (
        "The request signature we calculated does not match the signature you provided. Check your secret",
        Some("SignatureDoesNotMatch"),
    ),
    (
        "The request signature we calculated does not match the signature you provided. Check your Google",
        Some("SignatureDoesNotMatch"),
    ),
    ("The request signature we calculated does not match", None),
    ("Signature expired: ", None),
    ("Signature not yet current: ", None),
    ("Credential should be scoped", None),
    ("Date in Credential scope does not match", None),
    ("The authorization header is malformed", Some("AuthorizationHeaderMalformed")),
    ("Error parsing the X-Amz-Credential parameter", Some("AuthorizationQueryParametersError")),
    ("Query-string authentication version 4 requires", Some("AuthorizationQueryParametersError")),
    ("X-Amz-Expires must be", Some("AuthorizationQueryParametersError")),
    ("The difference between the request time and the", Some("RequestTimeTooSkewed")),
    ("The AWS Access Key Id you provided does not exist", Some("InvalidAccessKeyId")),
    ("The AWS access key Id you provided does not exist", Some("InvalidAccessKeyId")),
    ("The Access Key Id you provided does not exist", Some("InvalidAccessKeyId")),
    ("The provided token has expired", Some("ExpiredToken")),
    ("The provided token is malformed or otherwise invalid", Some("InvalidToken")),
    ("The security token included in the request is expired", None),
    ("The security token included in the request is invalid", None),
    (
        "The provided 'x-amz-content-sha256' header does not match",
        Some("XAmzContentSHA256Mismatch"),
    ),
    ("There were headers present in the request which were not", Some("AccessDenied")),
    ("AWS authentication requires a valid Date or x-amz-date", Some("AccessDenied")),
    ("Request has expired", None),
    ("Request is not yet valid", Some("AccessDenied")),
    ("Request signature is too far in the past", Some("RequestExpired")),
    ("The authorization mechanism you have provided is not supported", Some("InvalidRequest")),
    ("Missing required header for this request: x-amz-content-sha256", Some("InvalidRequest")),
    ("x-amz-content-sha256 must be", Some("InvalidArgument")),
    ("AWS was not able to validate the provided access credentials", Some("AuthFailure")),
    ("The bucket you are attempting to access must be addressed", Some("PermanentRedirect")),
    ("Authorization header requires", Some("IncompleteSignatureException")),
    ("Credential must have exactly", Some("IncompleteSignatureException")),
    ("Invalid key=value pair", Some("IncompleteSignatureException")),
    ("Date must be in ISO-8601 'basic format'", Some("IncompleteSignatureException")),
    ("x-amz-content-sha256 header must be signed", None),
    ("Your AccessKeyId is not valid", None),
];

/// Codes that `explain` reads though they are no signature failures.
const REDIRECTS: &[&str] = &["PermanentRedirect", "TemporaryRedirect"];

/// Whether a code is one that bears on signatures.
#[must_use]
pub(super) fn is_code(code: &str) -> bool {
    standing(code) != Standing::Unrelated || REDIRECTS.contains(&code)
}

/// Whether a message begins as one that bears on signatures, or holds the texts of one.
#[must_use]
pub(super) fn is_known(message: &str) -> bool {
    let message = message.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    MESSAGES.iter().any(|(start, _)| begins(message, start)) || message.contains(CANONICAL)
}

fn begins(message: &str, start: &str) -> bool {
    message.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// The code of a message that only one code has.
#[must_use]
pub(super) fn implied_code(message: &str) -> Option<&'static str> {
    let message = message.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    MESSAGES.iter().find(|(start, _)| begins(message, start)).and_then(|(_, code)| *code)
}

/// Who words its messages so.
#[must_use]
pub(super) fn vendor(message: &str) -> Option<Vendor> {
    let says = |part: &str| message.contains(part);
    if says("Consult the service documentation") || says("Credential should be scoped") {
        return Some(Vendor::Aws);
    }
    (says("Check your Google secret")).then_some(Vendor::Google)
}

/// A message without a credential that it quotes, which may hold a secret in place of a key id; and
/// the scope of that credential, with what stands before it told by its form alone.
#[must_use]
pub(super) fn without_credential(message: &str) -> (String, Option<&'static str>) {
    let quoted = message.split_once("got '").filter(|_| message.contains("Credential"));
    let Some((before, rest)) = quoted else { return (message.to_owned(), None) };
    let end = rest.rfind('\'').unwrap_or(rest.len());
    let parts: Vec<&str> = rest[..end].rsplitn(5, '/').collect();
    let [.., key] = parts[..] else { return (message.to_owned(), None) };
    let looks = if parts.len() == 5 && key.len() >= 32 { "secret" } else { "other" };
    (format!("{before}got '{{masked}}{}", &rest[end..]), Some(looks))
}

/// What stands before the canonical request that services other than S3 append to their message.
pub(super) const CANONICAL: &str = "The Canonical String for this request should have been";
/// What stands before the string to sign.
pub(super) const TO_SIGN: &str = "The String-to-Sign should have been";

/// A message without the texts appended to it, the texts, and what is wrong with them.
#[must_use]
pub(super) fn split(message: &str) -> (String, Texts, Option<&'static str>) {
    let at = message.find(CANONICAL).or_else(|| message.find(TO_SIGN));
    let Some(at) = at else {
        return (floor(message, 4096).to_owned(), Texts::default(), None);
    };
    let plain = message[..at].trim().to_owned();
    // Literals within literals still hold their escapes here.
    let escaped = if message[at..].contains("been\\n") { 1 } else { 0 };
    let appended = super::escape::unescape_levels(&message[at..], escaped);
    let (canonical, to_sign) = appended.split_once(TO_SIGN).unwrap_or((&appended, ""));
    let canonical = canonical.strip_prefix(CANONICAL).unwrap_or_default();
    let shown = Shown {
        canonical: Some(canonical_of(canonical)).filter(|text| !text.is_empty()),
        to_sign: to_sign_of(to_sign),
        ..Shown::default()
    };
    let (mut texts, problem) = repair::texts(shown);
    if !texts.canonical_request.as_ref().is_some_and(|text| looks_like_one(&text.text)) {
        texts.canonical_request = None;
    }
    (plain, texts, problem)
}

/// Whether a text begins as a canonical request does.
fn looks_like_one(text: &str) -> bool {
    let first = text.split(['\n', ' ', '\\']).next().unwrap_or_default();
    blocks::METHODS.iter().any(|method| method.eq_ignore_ascii_case(first))
}

/// The canonical request between its quotes; a cut one ends with its text.
fn canonical_of(appended: &str) -> &str {
    let text = appended.trim_start();
    let text = match text.strip_prefix('\'') {
        Some(quoted) => {
            let trimmed = quoted.trim_end();
            trimmed
                .strip_suffix('\'')
                .unwrap_or_else(|| trimmed.split("'\n").next().unwrap_or(trimmed))
        }
        None => text.trim_end(),
    };
    text.split("\n```").next().unwrap_or(text).trim_end_matches(['`', '"'])
}

fn to_sign_of(appended: &str) -> Option<&str> {
    let text = appended.trim_start().trim_start_matches(['\'', '"', '>', ' ']);
    let end = text.find('\'').unwrap_or(text.len());
    Some(floor(&text[..end], 1024)).filter(|text| text.starts_with("AWS4"))
}

/// Texts that stand appended to a message in `text`, whose sentence begins at `at`: they, where they
/// end, and what is wrong with them.
#[must_use]
pub(super) fn appended(text: &str, at: usize) -> (Texts, usize, Option<&'static str>) {
    let rest = super::layout::bounded(&text[at..]);
    let from = rest.find("been").map_or(0, |been| been + 4);
    let separator = super::layout::separator(&rest[from..]);
    let line = super::layout::line_of(rest);
    if let Some(super::layout::Separator::Escaped(levels)) = separator {
        let plain = super::escape::unescape_levels(line, levels);
        let (_, texts, problem) = split(until_quote(&plain));
        return (texts, at + line.len(), problem);
    }
    let part = until_quote(rest);
    let (_, mut texts, mut problem) = split(part);
    if texts.is_intact() != Some(true) {
        // A quotation's marks stand before every line.
        let start = line_start(text, at);
        let shape = &text[start..at];
        if !shape.is_empty() && shape.len() < 160 {
            let (_, stripped, trouble) = split(&super::prefix::without(part, shape));
            if stripped.is_intact() == Some(true) {
                (texts, problem) = (stripped, trouble);
            }
        }
    }
    (texts, at + part.len(), problem)
}

/// Up to the quote that ends the string to sign, or as far as a message may go.
fn until_quote(text: &str) -> &str {
    if let Some(found) = text.find(TO_SIGN) {
        let after = found + TO_SIGN.len();
        let mut quotes = text[after..].match_indices('\'').map(|(at, _)| after + at + 1);
        let (first, second) = (quotes.next(), quotes.next());
        let end = second.filter(|&end| end - after < 1024).or(first.map(|at| at + 600));
        return floor(text, end.unwrap_or(after + 600));
    }
    // Cut or redacted: the canonical request alone, to its quote or to where it cannot go on.
    let from = text.find('\'').map_or(0, |quote| quote + 1);
    let quote = text[from..].find('\'').map_or(text.len(), |end| from + end + 1);
    let fence = text.find("\n```").unwrap_or(text.len());
    floor(text, quote.min(fence).min(64 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::sha256_hex;

    fn message(canonical: &str) -> String {
        format!(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20170517T093408Z\n20170517/eu-west-1/es/aws4_request\n{}'\n",
            sha256_hex(canonical.as_bytes())
        )
    }

    const CANONICAL_TEXT: &str = "POST\n/%2A/_search\n\nhost:a'b.example\nx-amz-date:20170517T093408Z\n\nhost;x-amz-date\n2a6a767c6135b79ea3e065d59f827d5040b692e1d19f7edc0a581eae3a7a8861";

    #[test]
    fn appended_texts_are_split_off() {
        let (plain, texts, problem) = split(&message(CANONICAL_TEXT));
        assert!(plain.ends_with("for details."));
        assert_eq!((texts.is_intact(), problem), (Some(true), None));
        assert_eq!(texts.canonical_request.unwrap().text, CANONICAL_TEXT);
    }

    #[test]
    fn appended_texts_are_found_in_a_log() {
        let message = message(CANONICAL_TEXT);
        let quoted: String = message.lines().map(|line| format!("> {line}\n")).collect();
        let json = serde_json::to_string(&message).unwrap();
        for text in [message, quoted, json.clone(), serde_json::to_string(&json).unwrap()] {
            let at = text.find(CANONICAL).unwrap();
            let (texts, end, _) = appended(&text, at);
            assert_eq!(texts.is_intact(), Some(true), "{text}");
            assert!(end <= text.len());
        }
    }

    #[test]
    fn a_credential_in_a_message_is_masked() {
        let secret = "t10ZbafVdL59Qpp5VEaY2asds6ABWYDuXPhOp/S/";
        let message = format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{secret}/20190814/us-west-2/es/aws4_request'"
        );
        let (plain, holds) = without_credential(&message);
        assert!(!plain.contains("t10Zbaf") && plain.ends_with("got '{masked}'"));
        assert_eq!(holds, Some("secret"));
        assert_eq!(without_credential("x"), ("x".to_owned(), None));
    }

    #[test]
    fn a_redacted_text_is_none() {
        let (_, texts, _) =
            split("x. The Canonical String for this request should have been\n<...>\n");
        assert!(texts.is_empty());
    }
}
