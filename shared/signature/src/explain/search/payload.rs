//! Payload lines that may have been signed in place of the one that the verifier used.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::material::Material;
use super::text::{Edit, Slot, Text};
use crate::canonical_request::{CanonicalRequest, UNSIGNED_PAYLOAD};
use crate::secret::{EMPTY_SHA256, sha256_hex};

/// Words that stand in place of a hash, and hashes that signers take by mistake.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
const WORDS: &[(&str, &str)] = &[
    ("the hash of nothing", EMPTY_SHA256),
    ("the payload not signed", UNSIGNED_PAYLOAD),
    ("the payload signed in chunks", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    ("the payload signed in chunks with a trailer", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
    ("the payload in chunks, its trailer unsigned", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
    ("no payload line", ""),
];

/// Bodies that stand for nothing and are hashed instead of it.
const NOTHINGS: &[&str] =
    &["\n", "{}", "null", "\"\"", "undefined", "[]", " ", "None", UNSIGNED_PAYLOAD];

/// A supposition about the body.
type Rewrite = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

const REWRITES: &[Rewrite] = &[
    ("the body as it was sent", |body| Some(body.to_vec())),
    ("the body without its last line end", |body| {
        let body = body.strip_suffix(b"\n")?;
        Some(body.strip_suffix(b"\r").unwrap_or(body).to_vec())
    }),
    ("the body with a line end", |body| Some([body, b"\n"].concat())),
    ("the body with LF for CRLF", |body| {
        text(body).map(|text| text.replace("\r\n", "\n").into_bytes())
    }),
    ("the body with CRLF for LF", |body| {
        text(body).map(|text| text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes())
    }),
    ("the body trimmed", |body| text(body).map(|text| text.trim().as_bytes().to_vec())),
    ("the body in ISO 8859-1", |body| {
        text(body)?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
    }),
    ("the body of ISO 8859-1 in UTF-8", |body| {
        Some(body.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes())
    }),
    ("the body in UTF-16", |body| {
        Some(text(body)?.encode_utf16().flat_map(u16::to_le_bytes).collect())
    }),
    ("the body with a byte order mark", |body| Some([b"\xef\xbb\xbf", body].concat())),
    ("the body without its byte order mark", |body| {
        body.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec)
    }),
    ("the JSON body without spaces", |body| json(body, false)),
    ("the JSON body with spaces", |body| json(body, true)),
    ("the body in base64", |body| Some(STANDARD.encode(body).into_bytes())),
    ("the body out of base64", |body| STANDARD.decode(text(body)?.trim()).ok()),
    ("the form without its encoding", |body| {
        Some(
            percent_encoding::percent_decode(&text(body)?.replace('+', " ").into_bytes()).collect(),
        )
    }),
    ("spaces of the form as %20", |body| Some(text(body)?.replace('+', "%20").into_bytes())),
    ("spaces of the form as `+`", |body| Some(text(body)?.replace("%20", "+").into_bytes())),
];

/// What the signer may have had for the payload line: the line alone, and together with the
/// `x-amz-content-sha256` header.
#[must_use]
pub fn edits(text: &Text, request: &CanonicalRequest<'_>, material: &Material) -> Vec<Edit> {
    let mut lines: Vec<(&'static str, String)> =
        WORDS.iter().map(|(what, line)| (*what, (*line).to_owned())).collect();
    for raw in &material.requests {
        let body = raw.body.as_deref().unwrap_or_default();
        for (what, rewrite) in REWRITES.iter().filter(|_| !body.is_empty()) {
            lines.extend(rewrite(body).map(|body| (*what, sha256_hex(&body))));
        }
        if raw.body.is_some() {
            lines.push(("the hash in base64", STANDARD.encode(Sha256::digest(body))));
            lines.push(("the hash hashed again", sha256_hex(sha256_hex(body).as_bytes())));
            lines.push(("the hash's bytes hashed again", sha256_hex(&Sha256::digest(body))));
            lines.push(("the hash in upper case", sha256_hex(body).to_uppercase()));
        }
    }
    lines.push(("the hash in upper case", request.payload.to_uppercase()));
    lines.extend(
        NOTHINGS.iter().map(|body| {
            ("the hash of a body that stands for nothing", sha256_hex(body.as_bytes()))
        }),
    );
    let stated = request
        .header("x-amz-content-sha256")
        .map(|stated| ("the stated hash", stated.trim().to_owned()));
    lines.extend(stated);
    let header = request
        .headers
        .iter()
        .position(|(name, _)| name.eq_ignore_ascii_case("x-amz-content-sha256"));
    let mut found: Vec<Edit> = Vec::new();
    for (what, line) in lines {
        let both = header.map(|number| {
            (Slot::Header(number), format!("x-amz-content-sha256:{line}").into_bytes())
        });
        let alone = text.edit(what, [(Slot::Payload, line.clone().into_bytes())]);
        let both =
            both.and_then(|both| text.edit(what, [both, (Slot::Payload, line.into_bytes())]));
        for edit in alone.into_iter().chain(both) {
            if !found.iter().any(|known| known.writes_same(&edit)) {
                found.push(edit);
            }
        }
    }
    found
}

fn text(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok()
}

/// JSON written again, its members in the order in which they stand.
fn json(body: &[u8], spaced: bool) -> Option<Vec<u8>> {
    let text = text(body)?;
    let first = text.trim_start().as_bytes().first()?;
    if !matches!(first, b'{' | b'[') {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    let mut escaped = false;
    for c in text.chars() {
        if quoted {
            out.push(c);
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c == '"' {
            quoted = true;
            out.push(c);
        } else if !c.is_whitespace() {
            out.push(c);
            if spaced && matches!(c, ',' | ':') {
                out.push(' ');
            }
        }
    }
    Some(out.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpRequest;

    fn signed_instead(sent: &str, hashed: &[u8]) -> bool {
        let hash = sha256_hex(sent.as_bytes());
        let verified = format!(
            "PUT\n/\n\nhost:h\nx-amz-content-sha256:{hash}\n\nhost;x-amz-content-sha256\n{hash}"
        );
        let request = CanonicalRequest::parse(&verified).unwrap_or_else(|error| panic!("{error}"));
        let text = Text::of(&request);
        let mut raw = HttpRequest::new("PUT", "/");
        raw.body = Some(sent.as_bytes().to_vec());
        let material = Material { requests: vec![raw], ..Material::default() };
        let wanted = verified.replace(&hash, &sha256_hex(hashed));
        edits(&text, &request, &material).iter().any(|edit| text.text(&[edit]) == wanted.as_bytes())
    }

    #[test]
    fn bodies_are_tried_as_signers_hash_them() {
        for (sent, hashed) in [
            ("a\r\nb", &b"a\nb"[..]),
            ("a\n", b"a"),
            ("a", b""),
            ("{\"a\": [1, \"b : c\"]}", b"{\"a\":[1,\"b : c\"]}"),
            ("{\"a\":1,\"b\":2}", b"{\"a\": 1, \"b\": 2}"),
            ("é", b"\xe9"),
            ("YWJj", b"abc"),
        ] {
            assert!(signed_instead(sent, hashed), "{sent:?}");
        }
        assert!(!signed_instead("a", b"z"));
    }
}
