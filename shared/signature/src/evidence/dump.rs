//! Requests as clients print them, not as they stand on the wire: botocore's prepared request,
//! s3cmd's arguments, a curl command.

use super::http_block::is_signed;
use super::layout::{floor, line_of};
use super::{MAX_BODY, MAX_HEADERS};
use crate::http::{Header, HttpRequest};

/// What stands where clients print a request.
pub(super) const MARKS: &[&str] = &["AWSPreparedRequest", "method_string=", "curl "];

/// The request printed at `at`, and where it ends.
#[must_use]
pub(super) fn request(text: &str, at: usize) -> Option<(HttpRequest, usize)> {
    let rest = floor(&text[at..], MAX_BODY);
    let line = line_of(rest);
    let (request, length) = if rest.starts_with("AWSPreparedRequest") {
        (botocore(line)?, line.len())
    } else if rest.starts_with("method_string=") {
        (s3cmd(line)?, line.len())
    } else {
        curl(rest)?
    };
    is_signed(&request).then_some((request, at + length))
}

/// `<AWSPreparedRequest stream_output=True, method=GET, url=http://…, headers={'…': b'…'}>`.
fn botocore(line: &str) -> Option<HttpRequest> {
    let method = word(line.split_once("method=")?.1);
    let url = line.split_once("url=")?.1.split(", headers=").next()?;
    let mut request = HttpRequest::of_url(method, url).ok()?;
    for header in pairs(line.split_once("headers=")?.1) {
        if header.name.eq_ignore_ascii_case("host") {
            request.set_header("Host", header.value);
        } else {
            request.headers.push(header);
        }
    }
    Some(request)
}

/// `Sending request method_string='GET', uri='/…', headers={'…': '…'}, body=(0 bytes)`.
fn s3cmd(line: &str) -> Option<HttpRequest> {
    let method = quoted(line.split_once("method_string=")?.1)?.0;
    let target = quoted(line.split_once("uri=")?.1)?.0;
    let mut request = HttpRequest::new(&method, &target);
    request.headers = pairs(line.split_once("headers=")?.1);
    Some(request)
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

/// The members of a dictionary as Python prints it.
fn pairs(text: &str) -> Vec<Header> {
    let mut headers = Vec::new();
    let mut rest = text.trim_start_matches('{');
    while headers.len() < MAX_HEADERS {
        let Some((name, length)) = quoted(rest) else { break };
        let Some(after) = rest[length..].trim_start().strip_prefix(':') else { break };
        let Some((value, length)) = quoted(after) else { break };
        headers.push(Header { name, value });
        let Some(next) = after[length..].trim_start().strip_prefix(',') else { break };
        rest = next;
    }
    headers
}

/// The literal at the start of a text, and the length of both.
fn quoted(text: &str) -> Option<(String, usize)> {
    let blanks = text.len() - text.trim_start().len();
    let inner = &text[blanks..];
    let prefix = usize::from(inner.starts_with(['b', 'u']));
    let quote = inner[prefix..].chars().next().filter(|c| ['"', '\''].contains(c))?;
    let start = blanks + prefix + 1;
    let mut is_escaped = false;
    for (at, character) in text[start..].char_indices() {
        if character == quote && !is_escaped {
            let content = super::escape::unescape(&text[start..start + at]);
            return Some((content.into_owned(), start + at + 1));
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    None
}

/// Words of a command that are looked at.
const WORDS: usize = 400;

/// A curl command, over several lines if they end in `\`.
fn curl(text: &str) -> Option<(HttpRequest, usize)> {
    let (words, length) = words(text);
    let mut words = words.into_iter().skip(1);
    let (mut method, mut url, mut headers) = (None, None, Vec::new());
    while let Some(word) = words.next() {
        let (option, given) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => {
                (option.to_owned(), Some(value.to_owned()))
            }
            _ => (word.clone(), None),
        };
        match option.as_str() {
            "-X" | "--request" => method = given.or_else(|| words.next()),
            "-I" | "--head" => method = method.or_else(|| Some("HEAD".to_owned())),
            "-H" | "--header" => {
                let header = given.or_else(|| words.next())?;
                if let Some((name, value)) = header.split_once(':') {
                    headers.push(Header { name: name.trim().to_owned(), value: value.to_owned() });
                }
            }
            "-T" | "--upload-file" => {
                words.next();
                method = method.or_else(|| Some("PUT".to_owned()));
            }
            "-d" | "--data" | "--data-raw" | "--data-binary" | "-F" | "--form" | "--json" => {
                words.next();
                method = method.or_else(|| Some("POST".to_owned()));
            }
            "--url" => url = given.or_else(|| words.next()),
            "-o" | "--output" | "-u" | "--user" | "--aws-sigv4" | "-A" | "--user-agent" | "-w" => {
                words.next();
            }
            _ if word.starts_with("http://") || word.starts_with("https://") => url = Some(word),
            _ => {}
        }
    }
    let mut request = HttpRequest::of_url(method.as_deref().unwrap_or("GET"), &url?).ok()?;
    for header in headers {
        if header.name.eq_ignore_ascii_case("host") {
            request.set_header("Host", header.value);
        } else {
            request.headers.push(header);
        }
    }
    Some((request, length))
}

/// The words of a shell command, and its length.
fn words(text: &str) -> (Vec<String>, usize) {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => match characters.next() {
                Some((_, '\n')) => {}
                Some((_, next)) => word.get_or_insert_default().push(next),
                None => {}
            },
            (None, '\n' | '|' | ';') => {
                words.extend(word);
                return (words, at);
            }
            (None, ' ' | '\t') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
        if words.len() >= WORDS {
            return (words, at);
        }
    }
    words.extend(word);
    (words, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_requests_are_read() {
        for text in [
            "Sending http request: <AWSPreparedRequest stream_output=True, method=GET, url=https://b.example/k?x=1, headers={'X-Amz-Date': b'20261122T162114Z', 'Authorization': b'AWS4-HMAC-SHA256 C, S'}>",
            "Sending request method_string='GET', uri='/k?x=1', headers={'x-amz-date': '20261122T162114Z', 'Host': 'b.example'}, body=(0 bytes)",
            "$ curl -s 'https://b.example/k?x=1' \\\n  -H 'X-Amz-Date: 20261122T162114Z' -H \"Authorization: AWS4-HMAC-SHA256 C\"\n<Error>",
        ] {
            let at = MARKS.iter().find_map(|mark| text.find(mark)).unwrap();
            let (request, _) = request(text, at).unwrap();
            assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/k"), "{text}");
            assert_eq!(request.header("host"), Some("b.example"));
            assert_eq!(request.header("x-amz-date"), Some("20261122T162114Z"));
        }
        assert!(request("curl https://example.com/", 0).is_none());
    }
}
