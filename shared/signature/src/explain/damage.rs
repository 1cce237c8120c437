//! Damaged forms of a secret: what configuration files, shells and consoles make of it.

use super::padding::is_secret_alone;
use crate::secret::Secret;
use crate::uri;

/// A form of damage to a secret: its component, what it is, and the secret that follows.
type Damage = (Option<&'static str>, &'static str, fn(&[u8]) -> Option<Vec<u8>>);

/// Usual first.
const DAMAGES: &[Damage] = &[
    (Some("trailing-newline"), "the secret with a line feed behind it", |s| {
        Some([s, b"\n"].concat())
    }),
    (Some("trailing-newline"), "the secret with CR and LF behind it", |s| {
        Some([s, b"\r\n"].concat())
    }),
    (Some("trailing-newline"), "the secret with a carriage return behind it", |s| {
        Some([s, b"\r"].concat())
    }),
    (Some("trailing-newline"), "the secret with two line feeds behind it", |s| {
        Some([s, b"\n\n"].concat())
    }),
    (Some("trailing-newline"), "the secret with `\\n` written behind it", |s| {
        Some([s, b"\\n"].concat())
    }),
    (Some("trailing-space"), "the secret with a space behind it", |s| Some([s, b" "].concat())),
    (Some("trailing-space"), "the secret with two spaces behind it", |s| Some([s, b"  "].concat())),
    (Some("trailing-space"), "the secret with a tab behind it", |s| Some([s, b"\t"].concat())),
    (None, "the secret with a space before it", |s| Some([b" ", s].concat())),
    (None, "the secret with spaces around it", |s| Some([b" ", s, b" "].concat())),
    (Some("quotes"), "the secret in double quotes", |s| Some([b"\"", s, b"\""].concat())),
    (Some("quotes"), "the secret in single quotes", |s| Some([b"'", s, b"'"].concat())),
    (Some("quotes"), "the secret with a double quote behind it", |s| Some([s, b"\""].concat())),
    (Some("quotes"), "the secret with a double quote before it", |s| Some([b"\"", s].concat())),
    (Some("quotes"), "the secret with a single quote behind it", |s| Some([s, b"'"].concat())),
    (Some("quotes"), "the secret with a single quote before it", |s| Some([b"'", s].concat())),
    (Some("quotes"), "the secret in double quotes and a line feed", |s| {
        Some([b"\"", s, b"\"\n"].concat())
    }),
    (Some("url-encoded"), "the secret URL-encoded", |s| Some(uri::encode(s).into_bytes())),
    (Some("url-encoded"), "the secret URL-encoded but for its slashes", |s| {
        Some(uri::encode_path(s).into_bytes())
    }),
    (Some("url-encoded"), "the secret URL-encoded with lower-case digits", |s| {
        Some(super::search::path::lower_hex(&uri::encode(s)).into_bytes())
    }),
    (Some("url-encoded"), "the secret URL-encoded twice", |s| {
        Some(uri::encode(uri::encode(s).as_bytes()).into_bytes())
    }),
    (Some("plus-as-space"), "the secret with spaces for `+`", |s| Some(replaced(s, b'+', b' '))),
    (Some("url-encoded"), "the secret URL-decoded", |s| {
        Some(uri::decode(std::str::from_utf8(s).ok()?).into_owned())
    }),
    (None, "the secret without its slashes", |s| Some(without(s, b'/'))),
    (None, "the secret without its `+`", |s| Some(without(s, b'+'))),
    (None, "the secret with backslashes before its slashes", |s| {
        Some(String::from_utf8(s.to_vec()).ok()?.replace('/', "\\/").into_bytes())
    }),
    (None, "the secret in lower case", |s| Some(s.to_ascii_lowercase())),
    (None, "the secret in upper case", |s| Some(s.to_ascii_uppercase())),
    (None, "the secret in base64", |s| {
        Some(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, s).into_bytes())
    }),
    (None, "the secret out of base64", |s| {
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, s).ok()
    }),
    (None, "the secret twice", |s| Some([s, s].concat())),
    (None, "a byte order mark before the secret", |s| Some([b"\xef\xbb\xbf", s].concat())),
    (None, "`=` behind the secret", |s| Some([s, b"="].concat())),
    (None, "an empty secret", |_| Some(Vec::new())),
];

fn replaced(secret: &[u8], from: u8, to: u8) -> Vec<u8> {
    secret.iter().map(|&byte| if byte == from { to } else { byte }).collect()
}

fn without(secret: &[u8], byte: u8) -> Vec<u8> {
    secret.iter().copied().filter(|&other| other != byte).collect()
}

/// A damaged secret: its component, what it is, and itself.
pub type Damaged = (Option<&'static str>, String, Secret);

/// Damaged forms of a secret, each once.
pub fn damaged(secret: &Secret, access_key_id: Option<&str>) -> Vec<Damaged> {
    let whole = secret.bytes();
    let mut found: Vec<Damaged> = Vec::new();
    let mut add = |component, what: String, bytes: Vec<u8>| {
        if bytes != whole && !found.iter().any(|(_, _, known)| known.bytes() == bytes) {
            found.push((component, what, Secret::new(bytes)));
        }
    };
    for (component, what, damage) in DAMAGES {
        if let Some(bytes) = damage(whole) {
            add(*component, (*what).to_owned(), bytes);
        }
    }
    // What a file holds around a secret is no part of it that could be lost.
    let most = if is_secret_alone(secret) { whole.len() } else { 0 };
    for lost in 1..most {
        let characters = if lost == 1 { "character" } else { "characters" };
        add(
            Some("truncated"),
            format!("the secret without its last {lost} {characters}"),
            whole[..whole.len() - lost].to_vec(),
        );
        add(
            Some("truncated"),
            format!("the secret without its first {lost} {characters}"),
            whole[lost..].to_vec(),
        );
    }
    if let Some(id) = access_key_id {
        add(None, "the access key id in place of the secret".to_owned(), id.as_bytes().to_vec());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_there_once_and_the_secret_itself_is_not() {
        let secret = Secret::new("ab/c+d");
        let all = damaged(&secret, Some("AKIDEXAMPLE"));
        let forms: Vec<&[u8]> = all.iter().map(|(_, _, secret)| secret.bytes()).collect();
        for form in ["ab/c+d\n", "\"ab/c+d\"", "ab%2Fc%2Bd", "ab/c d", "ab/c+", "AKIDEXAMPLE", ""] {
            assert_eq!(
                forms.iter().filter(|known| **known == form.as_bytes()).count(),
                1,
                "{form}"
            );
        }
        assert!(!forms.contains(&secret.bytes()));
    }
}
