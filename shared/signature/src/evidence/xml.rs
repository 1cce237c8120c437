//! The elements of an error body in XML, whole, cut or pasted.
//!
//! S3: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>; the query protocol wraps
//! the same in `<ErrorResponse>`, EC2 in `<Response><Errors>`, and a few services name the root after
//! the error. No entity is expanded but the five of XML and numeric references.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::answer::{is_element, is_root};
use super::escape::{self, entity};
use super::layout::floor;
use super::{MAX_BODY, MAX_HEADERS};

/// Names and values, in the order of the body.
pub(super) type Elements = Vec<(String, String)>;

/// What was read of a body.
pub(super) struct Body {
    /// Its elements.
    pub elements: Elements,
    /// The name of the root, if it has one.
    pub root: Option<String>,
    /// The element within which the body was cut.
    pub cut_in: Option<String>,
    /// Where it ends in the text.
    pub end: usize,
    /// Where its last element ends.
    last: usize,
}

/// What is read of a body whose beginning is missing.
const MAX_REST: usize = 64 * 1024;

/// Ways in which `<` is written.
pub(super) const OPENINGS: &[&str] = &["<", "\\u003c", "\\u003C", "\\x3c", "&lt;", "&amp;lt;"];

/// The body that begins with the tag at `at`.
#[must_use]
pub(super) fn body(text: &str, at: usize) -> Option<Body> {
    let (opening, name) = tag(&text[at..])?;
    let rest = floor(&text[at..], if is_root(name) { MAX_BODY } else { MAX_REST });
    let (end, closes) =
        if is_root(name) { end_of(rest, opening, name) } else { (rest.len(), false) };
    let region = &rest[..end];
    let mut chosen: Option<(Body, (usize, bool))> = None;
    for (number, decoded) in readings(region, opening).into_iter().enumerate() {
        let mut body = parse(&decoded, is_root(name));
        // What stands behind a body that is cut is no part of it, as far as its text is read as is.
        let is_cut_short = number == 0 && is_root(name) && !closes && body.cut_in.is_none();
        body.end = at
            + if is_root(name) && !is_cut_short { end } else { body.last.min(body.end).min(end) };
        if body.elements.is_empty() {
            continue;
        }
        if super::answer::is_intact(&body.elements) {
            return Some(body);
        }
        // Without a proof, the reading is taken that has most of what a body has, and of those the
        // first in which no escape is left.
        let known = body.elements.iter().filter(|(name, _)| is_element(name)).count();
        let rank = (known, !is_escaped(&decoded));
        if chosen.as_ref().is_none_or(|(_, best)| *best < rank) {
            chosen = Some((body, rank));
        }
    }
    chosen.map(|(body, _)| body)
}

/// How `<` is written at the start of `text`, and the name behind it.
fn tag(text: &str) -> Option<(&'static str, &str)> {
    let opening = OPENINGS.iter().find(|opening| text.starts_with(**opening))?;
    let rest = &text[opening.len()..];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    let end = rest.as_bytes().iter().take(64).take_while(|byte| is_part(byte)).count();
    Some((*opening, &rest[..end])).filter(|(_, name)| !name.is_empty())
}

/// Where a root ends: behind its closing tag, or before another one opens; whether it closes.
fn end_of(text: &str, opening: &str, name: &str) -> (usize, bool) {
    let outer = if name == "Errors" { "Response" } else { name };
    let again = format!("{opening}{name}");
    let next = text[opening.len()..].find(&again).map(|at| at + opening.len());
    let limit = next.unwrap_or(text.len());
    let text = &text[..limit];
    let closing = |name: &str| {
        let mut from = 0;
        while let Some(at) = text[from..].find(name).map(|at| at + from) {
            from = at + name.len();
            let after = &text[from..];
            let closes = text[..at].ends_with('/')
                && [">", "\\u003e", "\\u003E", "\\x3e", "&gt;", "&amp;gt;", " ", "\n"]
                    .iter()
                    .any(|end| after.starts_with(end));
            if closes {
                let tail = after.bytes().take(8).position(|byte| b">eE;".contains(&byte));
                return Some(from + tail.map_or(0, |tail| tail + 1));
            }
        }
        None
    };
    let end = closing(outer).or_else(|| closing(name));
    (end.unwrap_or(limit), end.is_some())
}

/// The text of a body with its escapes undone, no level first.
fn readings(region: &str, opening: &str) -> Vec<String> {
    let mut base = region.to_owned();
    if opening.starts_with('&') {
        for _ in 0..opening.matches("amp;").count() + 1 {
            base = escape::unescape_entities(&base).into_owned();
        }
    }
    let mut readings = Vec::new();
    if !opening.starts_with('\\') {
        readings.push(base.clone());
    }
    let is_wrapped = base.contains("\\n") && base.contains('\n');
    let unwrapped = is_wrapped.then(|| escape::unescape(&base.replace('\n', "")).into_owned());
    for _ in 0..4 {
        let next = escape::unescape(&base);
        if next == base {
            break;
        }
        base = next.into_owned();
        readings.push(base.clone());
    }
    // Line ends are escaped: those which are not came from a narrow window.
    readings.extend(unwrapped);
    readings
}

/// Whether line ends, quotes or slashes still stand escaped in a text.
fn is_escaped(text: &str) -> bool {
    ["\\n", "\\\"", "<\\/", "\\u003"].iter().any(|escape| text.contains(escape))
}

/// The leaf elements of a text. Whatever is wrong with it ends the reading, and what came before is
/// kept.
fn parse(text: &str, has_root: bool) -> Body {
    let text = &with_names(text);
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.check_end_names = false;
    let mut body =
        Body { elements: Vec::new(), root: None, cut_in: None, end: text.len(), last: 0 };
    let mut open: Vec<String> = Vec::new();
    let mut value = String::new();
    let mut is_leaf = false;
    loop {
        let before = position(&reader);
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let name = tag.local_name().as_ref().to_owned();
                if !has_root && open.is_empty() && !is_element(&name) {
                    body.end = before;
                    break;
                }
                if has_root && body.root.is_none() {
                    body.root = Some(name.clone());
                }
                let is_in_text = is_leaf && open.last().is_some_and(|name| is_element(name));
                if is_in_text && !is_element(&name) {
                    // Somebody's placeholder, such as `<PROJECT_ID>`.
                    value.push('<');
                    value.push_str(&tag);
                    value.push('>');
                    continue;
                }
                open.push(name);
                value.clear();
                is_leaf = true;
            }
            Ok(Event::End(_)) => {
                let name = open.pop();
                if let Some(name) = name.filter(|_| is_leaf && body.elements.len() < MAX_HEADERS) {
                    body.elements.push((name, std::mem::take(&mut value)));
                }
                is_leaf = false;
                body.end = position(&reader);
                body.last = body.end;
            }
            Ok(Event::Text(part)) if open.is_empty() => {
                if !has_root && !part.trim().is_empty() {
                    break;
                }
            }
            Ok(Event::Text(part)) => value.push_str(&part),
            Ok(Event::CData(part)) => value.push_str(&part),
            Ok(Event::GeneralRef(name)) => match entity(&name) {
                Some(character) => value.push(character),
                None => {
                    value.push('&');
                    value.push_str(&name);
                    value.push(';');
                }
            },
            Ok(Event::Eof) | Err(_) => {
                if has_root {
                    body.end = text.len();
                }
                break;
            }
            Ok(_) => {}
        }
        if open.len() > 32 {
            break;
        }
    }
    if let Some(name) = open.pop().filter(|name| is_leaf && is_element(name)) {
        let kept = of_cut(&value, &name);
        let is_told = name != "Message" || super::service_message::is_known(kept);
        if !kept.is_empty() && is_told {
            body.elements.push((name.clone(), kept.to_owned()));
        }
        body.cut_in = Some(name);
    }
    body
}

/// A text in which a `<` that begins no tag is an entity.
fn with_names(text: &str) -> Cow<'_, str> {
    let is_lone = |at: usize| {
        !text
            .as_bytes()
            .get(at + 1)
            .is_some_and(|byte| byte.is_ascii_alphabetic() || b"/!?".contains(byte))
    };
    let mut lone = memchr::memchr_iter(b'<', text.as_bytes()).filter(|&at| is_lone(at)).peekable();
    if lone.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut from = 0;
    for at in lone {
        out.push_str(&text[from..at]);
        out.push_str("&lt;");
        from = at + 1;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// What may be kept of an element that does not end: behind it stands whatever came next.
fn of_cut<'a>(value: &'a str, name: &str) -> &'a str {
    let value = value.split("```").next().unwrap_or_default();
    let is_text = name.starts_with("Canonical") || name.starts_with("StringToSign");
    if is_text {
        return floor(value, 16 * 1024).trim_end();
    }
    let value = value.trim_start().lines().next().unwrap_or_default();
    let value = value.split(" (truncated").next().unwrap_or_default().trim_end();
    value.strip_suffix(['"', '\'', '`']).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let at = OPENINGS.iter().filter_map(|opening| text.find(&format!("{opening}Error"))).min();
        let at = at.or_else(|| text.find("<Code>")).unwrap();
        body(text, at).map(|body| body.elements).unwrap_or_default()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn escapes_around_a_body_are_undone() {
        let plain = "<Error><Code>A</Code><Message>a \"b\"\nc &amp; 'd'</Message></Error>";
        let meant = vec![pair("Code", "A"), pair("Message", "a \"b\"\nc & 'd'")];
        let json = serde_json::to_string(plain).unwrap();
        for text in [
            plain.to_owned(),
            json.clone(),
            serde_json::to_string(&json).unwrap(),
            json.replace('<', "\\u003c").replace('>', "\\u003e"),
            plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            plain.replace("</", "<\\/").replace('\n', "\\n").replace('"', "\\\""),
        ] {
            assert_eq!(read(&text), meant, "{text}");
        }
    }

    #[test]
    fn a_cut_body_gives_what_is_there() {
        assert_eq!(
            read("<Error><Code>A</Code><Message>Signature expired: b (truncated...)\nc"),
            [pair("Code", "A"), pair("Message", "Signature expired: b")]
        );
        assert_eq!(read("<Error><Code>A</Code><Mess"), [pair("Code", "A")]);
        assert_eq!(
            read("<Error><Code>A</Code> <Error><Code>B</Code></Error>"),
            [pair("Code", "A")]
        );
        assert_eq!(
            read("<Code>A</Code>\n<RequestId>1</RequestId>\nand more <b>x</b>"),
            [pair("Code", "A"), pair("RequestId", "1")]
        );
    }

    #[test]
    fn what_people_write_into_a_body_is_text() {
        let text = "<Error><Code>A</Code><StringToSign>PUT << odd?\n/<PROJECT_ID>-x/k</StringToSign></Error>";
        assert_eq!(read(text)[1], pair("StringToSign", "PUT << odd?\n/<PROJECT_ID>-x/k"));
        let wrapped = "<Error><Code>A</Code><Canoni\ncalRequest>GET\\n/a\\n";
        assert_eq!(read(wrapped)[1], pair("CanonicalRequest", "GET\n/a"));
        let after = "<Error><Code>A</Code>\n\nCanonicalRequest:\nGET\n/a\n";
        assert!(body(after, 0).unwrap().end < 25);
    }

    #[test]
    fn nothing_is_expanded() {
        let text = "<Error><!DOCTYPE x [<!ENTITY lol \"lol\">]><Code>&lol;&#65;</Code></Error>";
        assert_eq!(read(text), [pair("Code", "&lol;A")]);
    }
}
