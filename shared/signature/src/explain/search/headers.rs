//! Methods and headers that may have been signed in place of those that the verifier saw.

use super::guesses;
use super::material::Material;
use super::text::{Edit, Slot, Text};
use crate::canonical_request::CanonicalRequest;

/// Methods that are sent in place of one another, usual first.
const METHODS: &[&str] = &["GET", "PUT", "POST", "HEAD", "DELETE", "PATCH", "OPTIONS"];

/// What the signer may have had for a method.
#[must_use]
pub fn methods(text: &Text, request: &CanonicalRequest<'_>) -> Vec<Edit> {
    let others = METHODS.iter().map(|method| ("another method", (*method).to_owned()));
    let case = [
        ("the method in lower case", request.method.to_lowercase()),
        ("the method in upper case", request.method.to_uppercase()),
    ];
    let all = others.chain(case);
    all.filter_map(|(what, method)| text.edit(what, [(Slot::Method, method.into_bytes())]))
        .collect()
}

/// A supposition about the value of one header.
type Rewrite = (&'static str, fn(&str) -> Option<String>);

const REWRITES: &[Rewrite] = &[
    ("a value with a space before it", |value| Some(format!(" {value}"))),
    ("a value with a space behind it", |value| Some(format!("{value} "))),
    ("a value with two spaces behind it", |value| Some(format!("{value}  "))),
    ("a value with spaces around it", |value| Some(format!(" {value} "))),
    ("a value with two spaces before it", |value| Some(format!("  {value}"))),
    ("a value with two spaces around it", |value| Some(format!("  {value}  "))),
    ("a value with its inner spaces doubled", |value| Some(value.replace(' ', "  "))),
    ("a value with a tab before it", |value| Some(format!("\t{value}"))),
    ("a value without its inner spaces", |value| Some(value.replace(' ', ""))),
    ("commas followed by a space", |value| Some(value.replace(", ", ",").replace(',', ", "))),
    ("commas not followed by a space", |value| Some(value.replace(", ", ","))),
    ("semicolons followed by a space", |value| Some(value.replace("; ", ";").replace(';', "; "))),
    ("semicolons not followed by a space", |value| Some(value.replace("; ", ";"))),
    ("a value in lower case", |value| Some(value.to_lowercase())),
    ("a value in upper case", |value| Some(value.to_uppercase())),
    ("a value in quotes", |value| Some(format!("\"{value}\""))),
    ("a value without its quotes", |value| Some(value.replace('"', ""))),
    ("a value without its parameters", |value| {
        value.split_once(';').map(|(bare, _)| bare.trim().to_owned())
    }),
    ("the first of several values", |value| {
        value.split_once(',').map(|(first, _)| first.trim().to_owned())
    }),
    ("the last of several values", |value| {
        value.rsplit_once(',').map(|(_, last)| last.trim().to_owned())
    }),
    ("all but the last of several values", |value| {
        value.rsplit_once(',').map(|(first, _)| first.trim().to_owned())
    }),
    ("several values in the reverse order", |value| {
        value
            .contains(',')
            .then(|| value.split(',').map(str::trim).rev().collect::<Vec<_>>().join(","))
    }),
    ("a charset added", |value| Some(format!("{value}; charset=utf-8"))),
    ("a charset added without a space", |value| Some(format!("{value};charset=UTF-8"))),
    ("a value decoded", |value| {
        value
            .contains('%')
            .then(|| percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
    }),
    ("a value encoded", |value| Some(crate::uri::encode(value.as_bytes()))),
    ("an empty value", |_| Some(String::new())),
];

/// Headers whose changes are tried at most: a request with more is no request of a client.
const MOST_HEADERS: usize = 64;

/// What the signer may have had for one header.
#[must_use]
pub fn edits(text: &Text, request: &CanonicalRequest<'_>, material: &Material) -> Vec<Edit> {
    let mut found: Vec<Edit> = Vec::new();
    let mut add = |edit: Option<Edit>| {
        found.extend(edit.filter(|edit| !found.iter().any(|known| known.writes_same(edit))));
    };
    for (number, (name, value)) in request.headers.iter().enumerate().take(MOST_HEADERS) {
        let mut line = |what, name: &str, value: &[u8]| {
            let line = [name.as_bytes(), b":", value].concat();
            add(text.edit(what, [(Slot::Header(number), line)]));
        };
        let shown = material.headers.iter().filter(|(known, _)| known == name.as_ref());
        for (_, shown) in shown {
            line("a value that the evidence shows", name, shown.as_bytes());
        }
        for value in guesses::of(name) {
            line("a usual value", name, value.as_bytes());
        }
        for (what, rewrite) in REWRITES {
            if let Some(value) = rewrite(value) {
                line(what, name, value.as_bytes());
            }
        }
        if !value.is_ascii() && value.chars().all(|c| u32::from(c) < 256) {
            let bytes: Vec<u8> = value.chars().map(|c| u32::from(c) as u8).collect();
            line("a value in ISO 8859-1", name, &bytes);
        }
        line("a name with capitals", &capitalised(name), value.as_bytes());
        // Each blank by itself: a value with one blank too many.
        for (at, _) in value.match_indices(' ').take(64) {
            let doubled = format!("{name}:{} {}", &value[..at], &value[at..]).into_bytes();
            let edit = text
                .edit("a value with one inner space doubled", [(Slot::Header(number), doubled)]);
            add(edit.map(Edit::alone));
        }
        add(text.edit("a header listed but not written", [(Slot::Header(number), Vec::new())]));
        add(without(text, request, number));
    }
    found
}

/// The header neither written nor listed.
fn without(text: &Text, request: &CanonicalRequest<'_>, number: usize) -> Option<Edit> {
    let names = request.headers.iter().enumerate().filter(|(other, _)| *other != number);
    let list = names.map(|(_, (name, _))| name.as_ref()).collect::<Vec<_>>().join(";");
    text.edit(
        "a header not signed",
        [(Slot::Header(number), Vec::new()), (Slot::List, list.into_bytes())],
    )
}

/// `x-amz-date` as `X-Amz-Date`.
fn capitalised(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_uppercase().collect::<String>() + letters.as_str()
        })
    });
    words.collect::<Vec<_>>().join("-")
}

type Lines = Vec<(String, String)>;

/// What the signer may have had for the whole block of headers.
#[must_use]
pub fn blocks(text: &Text, request: &CanonicalRequest<'_>, material: &Material) -> Vec<Edit> {
    let own: Lines =
        request.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    if own.len() > MOST_HEADERS {
        return Vec::new();
    }
    let mut found: Vec<Option<Edit>> = Vec::new();
    let mut block = |what, lines: &Lines, list: Option<String>| {
        let lines: Vec<String> =
            lines.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        found.push(text.edit_headers(what, &lines, list));
    };
    let list_of =
        |lines: &Lines| lines.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let map = |change: &dyn Fn(&str, &str) -> (String, String)| -> Lines {
        own.iter().map(|(name, value)| change(name, value)).collect()
    };

    let spaced = map(&|name, value| (name.to_owned(), format!(" {value}")));
    block("a space behind every colon", &spaced, None);
    let capitals = map(&|name, value| (capitalised(name), value.to_owned()));
    block("names with capitals", &capitals, None);
    block("names with capitals, listed so", &capitals, Some(list_of(&capitals)));
    let upper = map(&|name, value| (name.to_uppercase(), value.to_owned()));
    block("names in upper case", &upper, None);
    let lower = map(&|name, value| (name.to_owned(), value.to_lowercase()));
    block("values in lower case", &lower, None);
    let squeezed = map(&|name, value| (name.to_owned(), value.replace(", ", ",")));
    block("commas not followed by a space in any value", &squeezed, None);

    let but_hash = map(&|name, value| {
        let name = if name == "x-amz-content-sha256" { name.to_owned() } else { capitalised(name) };
        (name, value.to_owned())
    });
    block("names with capitals but for x-amz-content-sha256", &but_hash, None);
    block(
        "names with capitals but for x-amz-content-sha256, listed so",
        &but_hash,
        Some(list_of(&but_hash)),
    );
    for number in 0..own.len() {
        let mut twice = own.clone();
        twice.insert(number, own[number].clone());
        block("a header written twice", &twice, None);
        block("a header written and listed twice", &twice, Some(list_of(&twice)));
    }
    let mut reversed = own.clone();
    reversed.reverse();
    block("headers in the reverse order", &reversed, None);
    block("headers in the reverse order, listed so", &reversed, Some(list_of(&reversed)));
    for raw in &material.requests {
        let sent = as_sent(raw, &own);
        let lower: Lines =
            sent.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
        block("headers in the order in which they were sent", &lower, None);
        block(
            "headers in the order in which they were sent, listed so",
            &lower,
            Some(list_of(&lower)),
        );
        block("headers as they were sent", &sent, None);
        block("headers as they were sent, listed so", &sent, Some(list_of(&sent)));
        let mut by_name = sent.clone();
        by_name.sort_by_key(|(name, _)| name.to_lowercase());
        block("names as they were sent, sorted", &by_name, None);
        block("names as they were sent, sorted and listed so", &by_name, Some(list_of(&by_name)));
        let mut sorted = sent.clone();
        sorted.sort();
        block("names as they were sent, sorted so", &sorted, None);
        block("names as they were sent, sorted and listed so", &sorted, Some(list_of(&sorted)));
        let mut twice = lower.clone();
        twice.sort_by(|a, b| a.0.cmp(&b.0));
        block("a header that was sent twice written twice", &twice, None);
        block(
            "a header that was sent twice written and listed twice",
            &twice,
            Some(list_of(&twice)),
        );
        twice.dedup_by(|later, first| later.0 == first.0);
        block("the first of a header that was sent twice", &twice, None);
        for header in
            raw.headers.iter().filter(|header| !header.name.eq_ignore_ascii_case("authorization"))
        {
            let name = header.name.to_lowercase();
            if own.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let mut more = own.clone();
            more.push((name, crate::http::folded(&header.value).into_owned()));
            more.sort();
            block("a header more than is listed", &more, None);
            block("a header more than is declared", &more, Some(list_of(&more)));
        }
    }
    if material.requests.is_empty() && (2..=4).contains(&own.len()) {
        orders(&own, &mut |order| block("headers in another order", order, None));
    }

    let list = |what, list: String| text.edit(what, [(Slot::List, list.into_bytes())]);
    let names = list_of(&own);
    found.push(text.edit("no blank line behind the headers", [(Slot::Blank, Vec::new())]));
    found.push(text.edit("two blank lines behind the headers", [(Slot::Blank, b"\n\n".to_vec())]));
    let behind = [request.payload.as_bytes(), b"\n"].concat();
    found.push(text.edit("a line end behind the last line", [(Slot::Payload, behind)]));
    found.push(list("the list with commas", names.replace(';', ",")));
    found.push(list("the list with spaces", names.replace(';', "; ")));
    found.push(list("the list with a semicolon at its end", format!("{names};")));
    found.push(list("the list with capitals", list_of(&capitals)));
    found.push(list("no list", String::new()));
    let mut sorted = own.clone();
    sorted.sort();
    found.push(list("the list sorted", list_of(&sorted)));
    found.into_iter().flatten().collect()
}

/// The lines of a request's signed headers as sent: names, order, repetition and spaces.
fn as_sent(raw: &crate::http::HttpRequest, signed: &Lines) -> Lines {
    let is_signed = |name: &str| signed.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let sent = raw.headers.iter().filter(|header| is_signed(&header.name));
    sent.map(|header| (header.name.clone(), header.value.trim_start().to_owned())).collect()
}

fn orders(lines: &Lines, each: &mut dyn FnMut(&Lines)) {
    fn permute(lines: &mut Lines, from: usize, each: &mut dyn FnMut(&Lines)) {
        if from + 1 >= lines.len() {
            return each(lines);
        }
        for other in from..lines.len() {
            lines.swap(from, other);
            permute(lines, from + 1, each);
            lines.swap(from, other);
        }
    }
    permute(&mut lines.clone(), 0, each);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpRequest;

    const VERIFIED: &str = "PUT\n/\n\naccept-encoding:gzip\nhost:h\nx-amz-meta-a:b c\n\naccept-encoding;host;x-amz-meta-a\nUNSIGNED-PAYLOAD";

    fn signed_instead(change: (&str, &str)) -> bool {
        let request = CanonicalRequest::parse(VERIFIED).unwrap_or_else(|error| panic!("{error}"));
        let text = Text::of(&request);
        let raw =
            b"PUT / HTTP/1.1\nHost: h\nX-Amz-Meta-A:  b  c \nAccept-Encoding: gzip\nX-More: 1\n\n";
        let raw = HttpRequest::parse(raw).unwrap_or_else(|error| panic!("{error}"));
        let material = Material { requests: vec![raw], ..Material::default() };
        let wanted = VERIFIED.replace(change.0, change.1);
        let mut all = edits(&text, &request, &material);
        all.extend(blocks(&text, &request, &material));
        all.extend(methods(&text, &request));
        all.iter().any(|edit| text.text(&[edit]) == wanted.as_bytes())
    }

    #[test]
    fn every_change_is_tried() {
        for change in [
            ("PUT", "POST"),
            ("PUT", "put"),
            ("encoding:gzip", "encoding:identity"),
            ("encoding:gzip", "encoding:"),
            ("b c", "b  c"),
            ("b c", "b c "),
            ("x-amz-meta-a:", "X-Amz-Meta-A:"),
            ("host:h\n", ""),
            ("accept-encoding;host;x", "accept-encoding,host,x"),
            ("\nx-amz-meta-a:b c\n", "\nx-amz-meta-a:b c\nx-more:1\n"),
            ("c\n\naccept", "c\naccept"),
            (
                "accept-encoding:gzip\nhost:h\nx-amz-meta-a:b c",
                "host:h\nx-amz-meta-a:b  c \naccept-encoding:gzip",
            ),
        ] {
            assert!(signed_instead(change), "{change:?}");
        }
        assert!(!signed_instead(("gzip", "something rare")));
    }
}
