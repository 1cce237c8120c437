//! Requests as clients print them, not as they stand on the wire: botocore's prepared request,
//! s3cmd's arguments, a curl command.

use super::http_block::is_signed;
use super::layout::{floor, line_of};
use super::{MAX_BODY, MAX_HEADERS};
use crate::http::{Header, HttpRequest};

/// How a client prints a request: what it begins with, and what reads it. A reader gets the text
/// before the mark and the text from the mark on, and says how much of the latter it read.
type Reader = fn(&str, &str) -> Option<(HttpRequest, usize)>;

const READERS: &[(&str, Reader)] = &[
    ("AWSPreparedRequest", |_, text| Some((botocore(line_of(text))?, line_of(text).len()))),
    ("method_string=", |_, text| Some((s3cmd(line_of(text))?, line_of(text).len()))),
    ("signature-v4 headers: {", s3cmd_headers),
    ("HEADERS++++", awscurl),
    ("RequestUri: '", dotnet),
    ("headers: {", node),
    ("\"headers\":{", cut_json),
    ("\"header\":{", cut_json),
    ("\\\"headers\\\":{", cut_json),
    ("\\\"header\\\":{", cut_json),
    ("curl ", |_, text| curl(text)),
];

/// What stands where clients print a request.
pub(super) fn marks() -> impl Iterator<Item = &'static str> {
    READERS.iter().map(|(mark, _)| *mark)
}

/// Bytes before a mark that are looked at.
const BEFORE: usize = 16 * 1024;

/// The request printed at `at`, and where it ends.
#[must_use]
pub(super) fn request(text: &str, at: usize) -> Option<(HttpRequest, usize)> {
    let rest = floor(&text[at..], MAX_BODY);
    let mut from = at.saturating_sub(BEFORE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let (_, read) = READERS.iter().find(|(mark, _)| rest.starts_with(mark))?;
    let (request, length) = read(&text[from..at], rest)?;
    is_signed(&request).then_some((request, at + length))
}

/// The method of the canonical request that a client logged before its headers.
fn method_before<'a>(before: &'a str, label: &str) -> Option<&'a str> {
    let text = before.rsplit_once(label)?.1.trim_start();
    Some(word(text)).filter(|method| !method.is_empty())
}

/// s3cmd's `signature-v4 headers: {…}`, with the target in `format_uri(): …` behind it: of an upload
/// it logs no more.
fn s3cmd_headers(before: &str, text: &str) -> Option<(HttpRequest, usize)> {
    let line = line_of(text);
    let method = method_before(before, "Canonical Request:")?;
    let behind = floor(&text[line.len()..], 4 * 1024);
    let target = line_of(behind.split_once("format_uri(): ")?.1);
    let mut request = HttpRequest::new(method, target.trim());
    request.headers = pairs(line.split_once("headers: ")?.1);
    Some((request, line.len()))
}

/// awscurl's `HEADERS++++…`, a dictionary on the next line, and `'Request URL = …'` behind it.
fn awscurl(before: &str, text: &str) -> Option<(HttpRequest, usize)> {
    let method = method_before(before, "CANONICAL REQUEST = ")
        .or_else(|| method_before(before, "CANONICAL REQUEST = \\n"))?;
    let text = floor(text, MAX_PRINTED);
    let dictionary = text.find('{')?;
    let after = text.find("Request URL = ")?;
    let url = line_of(&text[after + "Request URL = ".len()..]).trim_end_matches(['\'', '"']);
    let mut request = HttpRequest::of_url(method, url).ok()?;
    add(&mut request, pairs(&text[dictionary..]));
    Some((request, after))
}

/// .NET's `Method: GET, RequestUri: 'https://…', Version: 1.1, Content: …, Headers:` and a header a
/// line in braces.
fn dotnet(before: &str, text: &str) -> Option<(HttpRequest, usize)> {
    let method = word(before.rsplit_once("Method: ")?.1);
    let text = floor(text, MAX_PRINTED);
    let (url, length) = quoted(&text["RequestUri: ".len()..])?;
    let rest = &text[length..];
    let inner = rest.split_once("Headers:")?.1.split_once('{')?.1;
    let mut request = HttpRequest::of_url(method, &url).ok()?;
    let lines = inner.lines().map(str::trim).take_while(|line| *line != "}");
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some(Header { name: name.to_owned(), value: value.to_owned() })
    });
    add(&mut request, headers.take(MAX_HEADERS).collect());
    let end = inner.find("\n}").map_or(inner.len(), |end| end + 2);
    Some((request, inner.as_ptr() as usize - text.as_ptr() as usize + end))
}

/// A request in JSON that is cut, so that no parser reads it, in a literal or not.
fn cut_json(before: &str, text: &str) -> Option<(HttpRequest, usize)> {
    let line = line_of(text);
    let levels = line.bytes().take_while(|&byte| byte == b'\\').count();
    let before = before.rsplit('\n').next().unwrap_or_default();
    let (before, text) = (
        super::escape::unescape_levels(before, levels),
        super::escape::unescape_levels(line, levels),
    );
    let inner = text.split_once(":{")?.1;
    let (headers, length) = printed_pairs(inner);
    let member = |name: &str| {
        let mark = format!("\"{name}\":");
        let find = |part: &str| quoted(part.rsplit_once(&mark)?.1).map(|(value, _)| value);
        find(&before).or_else(|| find(&inner[length..]))
    };
    let target = member("url").or_else(|| member("uri")).or_else(|| member("path"))?;
    let method = member("method").unwrap_or_else(|| "GET".to_owned());
    let mut request = match HttpRequest::of_url(&method, &target) {
        Ok(request) => request,
        Err(_) if target.starts_with('/') => HttpRequest::new(&method, &target),
        Err(_) => return None,
    };
    if let Some(query) =
        member("query").filter(|query| request.query.is_empty() && !query.is_empty())
    {
        request.query = query;
    }
    add(&mut request, headers);
    Some((request, line.len()))
}

/// What Node prints of a request or of its options: `{ method: 'GET', hostname: '…', path: '/…',
/// headers: { Authorization: '…' } }`, its members in any order.
fn node(before: &str, text: &str) -> Option<(HttpRequest, usize)> {
    let text = floor(text, MAX_PRINTED);
    let inner = &text["headers: {".len()..];
    let (headers, length) = printed_pairs(inner);
    // The other members stand before and behind, in the same object.
    let opened = before.rfind("\n\n").map_or(0, |end| end + 2).max(floor_start(before, 2_048));
    let behind = floor(&inner[length..], 2_048);
    let behind = behind.split("\n}").next().unwrap_or(behind);
    let member = |name: &str| {
        let marks = [format!("{name}: "), format!("{name}': ")];
        let find = |part: &str| {
            let at = marks.iter().find_map(|mark| Some(part.rfind(mark)? + mark.len()))?;
            quoted(&part[at..]).map(|(value, _)| value)
        };
        find(&before[opened..]).or_else(|| find(behind))
    };
    let method = member("method").unwrap_or_else(|| "GET".to_owned());
    let mut request = match member("url").or_else(|| member("uri")).or_else(|| member("href")) {
        Some(url) => HttpRequest::of_url(&method, &url).ok()?,
        None => {
            let path = member("path")?;
            let target = match member_pairs(&before[opened..], behind) {
                query if query.is_empty() || path.contains('?') => path,
                query => format!("{path}?{query}"),
            };
            let mut request = HttpRequest::new(&method, &target);
            if let Some(host) = member("hostname").or_else(|| member("host")) {
                request.headers.push(Header { name: "Host".to_owned(), value: host });
            }
            request
        }
    };
    add(&mut request, headers);
    Some((request, "headers: {".len() + length))
}

fn floor_start(text: &str, length: usize) -> usize {
    let mut start = text.len().saturating_sub(length);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    start
}

/// The members of `query: { … }`, encoded as a request line has them.
fn member_pairs(before: &str, behind: &str) -> String {
    let inner = [before, behind].into_iter().find_map(|part| part.split_once("query: {"));
    let Some((_, inner)) = inner else { return String::new() };
    let encode = |text: &str| crate::uri::encode(text.as_bytes());
    let pairs = printed_pairs(inner).0.into_iter();
    let pairs = pairs.map(|pair| format!("{}={}", encode(&pair.name), encode(&pair.value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Members as Node prints them, names with or without quotes, up to the closing brace.
fn printed_pairs(text: &str) -> (Vec<Header>, usize) {
    let mut headers = Vec::new();
    let mut at = 0;
    while headers.len() < MAX_HEADERS {
        let rest = &text[at..];
        let start = rest.len() - rest.trim_start_matches([' ', '\n', '\t', ',']).len();
        let rest = &rest[start..];
        let (name, length) = match quoted(rest) {
            Some(found) => found,
            None => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(0);
                (rest[..end].to_owned(), end)
            }
        };
        let Some(after) = rest[length..].strip_prefix(':').filter(|_| !name.is_empty()) else {
            break;
        };
        let blanks = after.len() - after.trim_start_matches([' ', '[']).len();
        let value = &after[blanks..];
        let (value, end) = match quoted(value) {
            Some(found) => found,
            None => {
                let end = value.find([',', '\n', '}']).unwrap_or(value.len());
                (value[..end].trim().to_owned(), end)
            }
        };
        at += start + length + 1 + blanks + end;
        at += text[at..].len() - text[at..].trim_start_matches([' ', ']']).len();
        headers.push(Header { name, value });
    }
    (headers, at)
}

/// A request printed over several lines is no longer than this.
const MAX_PRINTED: usize = 64 * 1024;

/// Adds headers; a Host takes the place of the URL's.
fn add(request: &mut HttpRequest, headers: Vec<Header>) {
    for header in headers {
        if header.name.eq_ignore_ascii_case("host") {
            request.set_header("Host", header.value);
        } else {
            request.headers.push(header);
        }
    }
}

/// `<AWSPreparedRequest stream_output=True, method=GET, url=http://…, headers={'…': b'…'}>`.
fn botocore(line: &str) -> Option<HttpRequest> {
    let method = word(line.split_once("method=")?.1);
    let url = line.split_once("url=")?.1.split(", headers=").next()?;
    let mut request = HttpRequest::of_url(method, url).ok()?;
    add(&mut request, pairs(line.split_once("headers=")?.1));
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
    let quote = inner.get(prefix..)?.chars().next().filter(|c| ['"', '\''].contains(c))?;
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
    add(&mut request, headers);
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
            "Canonical Request:\nGET\n/k\n---\nDEBUG: signature-v4 headers: {'x-amz-date': '20261122T162114Z', 'host': 'b.example'}\nDEBUG: format_uri(): /k?x=1\n",
            "'CANONICAL REQUEST = GET\n/k'\n'HEADERS+++++'\n{'x-amz-date': '20261122T162114Z'}\n'BEGIN REQUEST+++'\n'Request URL = https://b.example/k?x=1'\n",
            "Method: GET, RequestUri: 'https://b.example/k?x=1', Version: 1.1, Content: <null>, Headers:\n{\n  X-Amz-Date: 20261122T162114Z\n}",
            "HttpRequest {\n  method: 'GET',\n  hostname: 'b.example',\n  query: { x: '1' },\n  headers: {\n    'x-amz-date': '20261122T162114Z',\n    authorization: 'AWS4-HMAC-SHA256 C'\n  },\n  path: '/k'\n}",
            "{ host: 'b.example', path: '/k?x=1', headers: { Host: 'b.example', 'X-Amz-Date': '20261122T162114Z' } }",
            r#"msg="{\"method\":\"GET\",\"path\":\"/k\",\"query\":\"x=1\",\"header\":{\"Host\":[\"b.example\"],\"X-Amz-Date\":[\"20261122T162114Z\"],\"X-For"#,
            "$ curl -s 'https://b.example/k?x=1' \\\n  -H 'X-Amz-Date: 20261122T162114Z' -H \"Authorization: AWS4-HMAC-SHA256 C\"\n<Error>",
        ] {
            let at = marks().find_map(|mark| text.find(mark)).unwrap();
            let (request, _) = request(text, at).unwrap();
            assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/k"), "{text}");
            assert_eq!(request.header("host"), Some("b.example"));
            assert_eq!(request.header("x-amz-date"), Some("20261122T162114Z"));
        }
        assert!(request("curl https://example.com/", 0).is_none());
    }
}
