//! Canonical requests and strings to sign: in service messages, and in the debug logs of signers.

use super::{
    limits::CANONICAL,
    text::{cap, cap_front, unescape},
};

/// What introduces the two texts in the messages of JSON services.
const REQUEST: &str = "The Canonical String for this request should have been";
const STRING: &str = "The String-to-Sign should have been";

/// A canonical request and a string to sign; either may be missing.
pub(super) type Texts = (Option<String>, Option<String>);

/// The two texts that a service says should have been signed, from its message.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
pub(super) fn of_message(text: &str) -> Texts {
    let Some(start) = text.find(REQUEST) else { return (None, None) };
    let region = cap(&text[start + REQUEST.len()..], 2 * CANONICAL);
    let (request, string) = region.split_once(STRING).unwrap_or((region, ""));
    (between_quotes(request), between_quotes(string))
}

/// Whether what a service would have signed begins in `line` and goes on in the next.
pub(super) fn begins_in_message(line: &str) -> bool {
    line.contains(REQUEST) && !line.contains(STRING)
}

/// A service's message without what it would have signed.
pub(super) fn without_texts(message: &str) -> &str {
    let message = message.split(REQUEST).next().unwrap_or(message).trim_end();
    message.trim_end_matches("\\n")
}

/// The service that what a service would have signed was signed for.
pub(super) fn service_of_message(text: &str) -> Option<String> {
    let (_, string) = of_message(text);
    let string = string?;
    string.split('\n').nth(2)?.split('/').nth_back(1).map(str::to_owned)
}

fn between_quotes(text: &str) -> Option<String> {
    let start = text.find('\'')?;
    let rest = &text[start + 1..];
    // A quote may stand in a header, so the last one on a line that ends a hash counts.
    let end = ends(rest).unwrap_or_else(|| rest.rfind('\'').unwrap_or(rest.len()));
    let text = rest[..end].trim_end_matches('\\');
    // Only real line ends make it readable; a text printed as a literal has `\n` in their place.
    let text =
        if text.contains('\n') || !text.contains("\\n") { text.to_owned() } else { unescape(text) };
    let text = if text.contains('\n') || !text.contains("\\n") { text } else { unescape(&text) };
    let text = text.trim_end_matches('\\');
    (!text.is_empty()).then(|| cap(text, CANONICAL).to_owned())
}

/// Where the first quote stands that closes a text ending in a payload line.
fn ends(text: &str) -> Option<usize> {
    text.match_indices('\'').map(|(at, _)| at).find(|&at| {
        // A payload line is short: no need to look further back.
        let line = cap_front(&text[..at], 80).trim_end_matches('\\');
        let start = line.rfind(['\n', '\\']).map_or(0, |newline| newline + 1);
        let line = &line[start..];
        is_payload(line) || line.strip_prefix('n').is_some_and(is_payload)
    })
}

/// Whether a line is the last of a canonical request (or, if it is a hash, of a string to sign).
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
pub(super) fn is_payload(line: &str) -> bool {
    let hash = line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    hash || line == "UNSIGNED-PAYLOAD" || line.starts_with("STREAMING-") && line.len() < 64
}

/// How signers introduce what they signed, each with what ends the line that introduces it.
const REQUEST_WORDS: &[&str] =
    &["CanonicalRequest:", "Canonical Request:", "CANONICAL STRING", "canonical_request="];
const STRING_WORDS: &[&str] =
    &["StringToSign:", "STRING TO SIGN", "String to Sign:", "string to sign:", "string_to_sign="];

/// How botocore introduces the signature that it made, which stands on the next line.
const SIGNATURE_WORDS: &str = "Signature:";

/// The signature that a client made, from the debug log of its signer.
pub(super) fn signature_of_signer(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(SIGNATURE_WORDS)?;
    let line = rest.strip_prefix('\r').unwrap_or(rest).strip_prefix('\n')?.lines().next()?;
    (line.len() == 64 && is_payload(line)).then_some(line)
}

/// What a client itself signed, from the debug log of its signer.
pub(super) fn of_signer(text: &str) -> Texts {
    let request = after(text, REQUEST_WORDS).and_then(|block| {
        let lines = complete(block, is_payload)?;
        // Method, path, query, headers, empty line, signed headers, payload.
        let method = lines.split('\n').next().filter(|method| is_method(method));
        (method.is_some() && lines.contains("\n\n")).then_some(lines)
    });
    let string = after(text, STRING_WORDS).and_then(|block| {
        let lines = complete(block, is_payload)?;
        lines.starts_with("AWS4-").then_some(lines)
    });
    (request, string)
}

/// Whether the debug log of a signer begins in `text` and what it introduces is not complete.
pub(super) fn is_left_open(text: &str) -> bool {
    // A text printed as a literal has its lines in its own way (`'PUT\n' +`).
    let open = |words| {
        after(text, words).is_some_and(|b| !b.contains("\\n") && complete(b, is_payload).is_none())
    };
    open(REQUEST_WORDS) || open(STRING_WORDS) || text.ends_with(SIGNATURE_WORDS)
}

fn is_method(line: &str) -> bool {
    (3..=8).contains(&line.len()) && line.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The text behind the first of `words`, from where the introduced text begins.
fn after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let start = words.iter().filter_map(|word| text.find(word).map(|at| at + word.len())).min()?;
    let rest = &text[start..];
    let decoration = |c: char| " \t-]\r\n'\"[".contains(c);
    Some(cap(rest.trim_start_matches(decoration), CANONICAL))
}

/// The lines of `block` up to and with the first that `is_last`, without what quotes them.
fn complete(block: &str, is_last: impl Fn(&str) -> bool) -> Option<String> {
    let mut out = String::new();
    for line in block.lines().take(400) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let bare = line.trim_end_matches(['"', '\'', ']']);
        out.push_str(if is_last(bare) { bare } else { line });
        if is_last(bare) {
            return Some(out);
        }
        out.push('\n');
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_service_message_shows_what_it_would_have_signed() {
        let request = format!("POST\n/it's\n\nhost:a\n\nhost\n{HASH}");
        let string =
            format!("AWS4-HMAC-SHA256\n20260415T000000Z\n20260415/r/es/aws4_request\n{HASH}");
        let text = format!("x {REQUEST}\n'{request}'\n\n{STRING}\n'{string}'\n tail's");
        let texts = (Some(request), Some(string));
        assert_eq!(of_message(&text), texts);
        assert_eq!(of_message(&text.replace('\n', "\\n")), texts);
        assert_eq!(of_message(&text.replace('\n', "\\\\n")), texts);
        assert_eq!(of_message("nothing"), (None, None));
    }

    #[test]
    fn a_signer_shows_what_it_signed() {
        let request = format!("GET\n/a\n\nhost:a\n\nhost\n{HASH}");
        for text in [
            format!("d botocore.auth [DEBUG] CanonicalRequest:\n{request}\nmore"),
            format!("DEBUG: Canonical Request:\n{request}\n-----"),
            format!("---[ CANONICAL STRING  ]----\n{request}\n---"),
            format!("DEBUG AWS4Signer - AWS4 Canonical Request: '\"{request}\"\n"),
        ] {
            assert_eq!(of_signer(&text).0.as_ref(), Some(&request), "{text}");
            assert!(!is_left_open(&text));
        }
        assert!(is_left_open("DEBUG: Canonical Request:\nGET\n/"));
    }
}
