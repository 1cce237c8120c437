//! Texts that were damaged on their way, made whole again where a hash proves that they are.
//!
//! A canonical request is right if its SHA-256 stands in its string to sign. Nothing else makes a
//! repair credible, so that none is accepted without it. S3 prints both texts a second time, byte by
//! byte, which survives what damages line ends.

use std::borrow::Cow;

use super::escape::{unescape, unescape_entities};
use super::prefix;
use super::reflow::{laid_out, of_blanks, of_nothing};
use crate::case::{CanonicalText, Texts};
use crate::secret::sha256_hex;
use crate::string_to_sign::StringToSign;

/// The texts of an answer, as they stand in it.
#[derive(Clone, Copy, Default)]
pub(super) struct Shown<'a> {
    /// `CanonicalRequest`.
    pub canonical: Option<&'a str>,
    /// `CanonicalRequestBytes`.
    pub canonical_bytes: Option<&'a str>,
    /// `StringToSign`.
    pub to_sign: Option<&'a str>,
    /// `StringToSignBytes`.
    pub to_sign_bytes: Option<&'a str>,
}

/// The canonical request does not hash to what its string to sign says.
pub(super) const ALTERED: &str = "the canonical request in the answer does not hash to the last line of its string to sign: the text was altered or cut";

/// The texts, repaired where their hash proves the repair, and what is wrong with them.
#[must_use]
pub(super) fn texts(shown: Shown<'_>) -> (Texts, Option<&'static str>) {
    let decoded = shown.to_sign_bytes.and_then(of_hex);
    let to_sign = shown
        .to_sign
        .and_then(version_4)
        .or_else(|| decoded.as_deref().and_then(version_4))
        .or_else(|| other_version(shown.to_sign, decoded));
    let mut texts = Texts { string_to_sign: to_sign, ..Texts::default() };
    let from_bytes = shown.canonical_bytes.and_then(of_hex).filter(|text| text.contains('\n'));
    let hash = texts.hash();
    texts.canonical_request = match (shown.canonical, from_bytes) {
        (None, None) => None,
        (None, Some(text)) => Some(rebuilt(text)),
        (Some(text), from_bytes) => Some(canonical(text, from_bytes, hash.as_deref())),
    };
    let problem = (texts.is_intact() == Some(false)).then_some(ALTERED);
    (texts, problem)
}

fn rebuilt(text: String) -> CanonicalText {
    CanonicalText { text, rebuilt: true, vouched: None }
}

/// The canonical request out of its text and its bytes.
fn canonical(text: &str, from_bytes: Option<String>, hash: Option<&str>) -> CanonicalText {
    let Some(hash) = hash else {
        // Nothing decides: the bytes are what no paste changes, if they are all there.
        let whole = from_bytes.filter(|bytes| bytes.len() >= text.trim().len());
        return match whole {
            Some(bytes) if bytes != text => rebuilt(bytes),
            _ => as_found(text),
        };
    };
    let fits = |text: &str| sha256_hex(text.as_bytes()) == hash;
    if fits(text) {
        return CanonicalText::found(text);
    }
    let plain = unescape(text);
    if fits(&plain) {
        return CanonicalText::found(plain);
    }
    if let Some(bytes) = &from_bytes
        && fits(bytes)
    {
        return rebuilt(bytes.clone());
    }
    if let Some(repaired) = repaired(text, &fits) {
        return CanonicalText::found(repaired);
    }
    // Neither is right; the one that can be taken apart tells more.
    let found = as_found(text);
    match from_bytes.map(rebuilt) {
        Some(bytes) if found.parts().is_none() && bytes.parts().is_some() => bytes,
        _ => found,
    }
}

/// A canonical request that nothing proves, laid out so that it can be taken apart. Its hash, where
/// one is known, says that it is not the text that was signed.
fn as_found(text: &str) -> CanonicalText {
    let text = text.trim_start_matches('\n').trim_end_matches('\n');
    let found = CanonicalText::found(text);
    if found.parts().is_some() {
        return found;
    }
    let dedented = CanonicalText::found(dedented(text).trim());
    if dedented.parts().is_some() {
        return dedented;
    }
    match laid_out(text) {
        Some(text) => CanonicalText::found(text),
        None => found,
    }
}

/// The canonical request that `fits`, if a cheap repair of `text` gives it.
#[must_use]
pub(super) fn repaired(text: &str, fits: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut bases: Vec<Cow<'_, str>> = vec![Cow::Borrowed(text)];
    for undo in [unescape as fn(&str) -> Cow<'_, str>, unescape_entities] {
        let known: Vec<String> = bases.iter().map(|base| undo(base).into_owned()).collect();
        for text in known {
            if bases.iter().all(|base| **base != text) {
                bases.push(Cow::Owned(text));
            }
        }
    }
    if text.contains("\\n") && text.contains('\n') {
        // Line ends are escaped, so that those which are not came from a narrow window.
        let unwrapped = text.replace('\n', "");
        bases.push(Cow::Owned(unescape(&unwrapped).into_owned()));
    }
    bases.iter().find_map(|base| {
        of_lines(base, fits).or_else(|| of_blanks(base, fits)).or_else(|| of_nothing(base, fits))
    })
}

/// Repairs of what stands around and at the ends of the lines.
fn of_lines(text: &str, fits: &dyn Fn(&str) -> bool) -> Option<String> {
    let text = text.replace("\r\n", "\n");
    let each =
        |change: fn(&str) -> &str| text.split('\n').map(change).collect::<Vec<_>>().join("\n");
    let unquoted = match prefix::common(&text) {
        Some(shape) => prefix::without(&text, shape),
        None => text.clone(),
    };
    let candidates = [
        text.clone(),
        each(str::trim_end),
        dedented(&text),
        each(str::trim),
        unquoted,
        unwrapped(&text),
    ];
    for candidate in candidates {
        let inner = candidate.trim_matches('\n');
        for text in [&candidate, inner, inner.trim()] {
            if fits(text) {
                return Some(text.to_owned());
            }
        }
        let ended = format!("{inner}\n");
        if fits(&ended) {
            return Some(ended);
        }
    }
    None
}

/// A text whose long lines were broken: what is no header goes on from the line before.
fn unwrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_in_headers = false;
    for (number, line) in text.split('\n').enumerate() {
        let is_header = line.split_once(':').is_some_and(|(name, _)| {
            !name.is_empty() && crate::canonical_request::is_header_list(name)
        });
        let goes_on = is_in_headers && !is_header && !line.is_empty();
        if number > 0 && !goes_on {
            out.push('\n');
        }
        out.push_str(line);
        is_in_headers = (is_in_headers || is_header && number > 2) && !line.is_empty();
    }
    out
}

/// A text without the blanks that all of its lines begin with.
fn dedented(text: &str) -> String {
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let lines = || text.split('\n').filter(|line| !line.trim().is_empty());
    let first = lines().next().map_or(0, blanks);
    let rest = lines().skip(1).map(blanks).min().unwrap_or(0);
    // The first line may stand behind a tag, where it has no indentation.
    let out = text.split('\n').enumerate().map(|(number, line)| {
        let cut = if number == 0 { first.min(blanks(line)) } else { rest.min(blanks(line)) };
        line.get(cut..).unwrap_or(line)
    });
    out.collect::<Vec<_>>().join("\n")
}

/// A string to sign of version 4, whatever its line ends became.
#[must_use]
pub(super) fn version_4(text: &str) -> Option<String> {
    let plain = unescape(text);

    [Cow::Borrowed(text), plain].into_iter().find_map(|text| {
        let text = text.trim().trim_matches(['\'', '"', '`']);
        let lines: Vec<&str> = text.split_ascii_whitespace().filter(|word| *word != ">").collect();
        let [algorithm, time, scope, hash] = lines[..] else { return None };
        let joined = format!("{algorithm}\n{time}\n{scope}\n{hash}");
        StringToSign::parse(&joined).is_ok().then_some(joined)
    })
}

/// A string to sign that is not one of version 4, as it stands, or byte by byte.
fn other_version(shown: Option<&str>, decoded: Option<String>) -> Option<String> {
    let squeezed = |text: &str| text.split_ascii_whitespace().collect::<String>();
    match (shown, decoded) {
        (Some(shown), Some(decoded))
            if squeezed(&decoded).starts_with(&squeezed(shown)) || shown.trim().is_empty() =>
        {
            Some(decoded)
        }
        (Some(shown), decoded) => {
            // A pretty printer indents the text, and the bytes say so though they are cut.
            let plain = dedented(shown).trim().to_owned();
            let is_indented = decoded.is_some_and(|decoded| plain.starts_with(&decoded));
            Some(if is_indented { plain } else { shown.to_owned() })
                .filter(|text| !text.trim().is_empty())
        }
        (None, decoded) => decoded,
    }
}

/// The text behind two hexadecimal digits a byte, blanks between them. A last byte that was cut is
/// left out.
#[must_use]
pub(super) fn of_hex(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 3);
    for word in text.split(|c: char| c.is_ascii_whitespace() || "\\'\",>+".contains(c)) {
        if word.is_empty() || (word == "n" || word == "b") && !bytes.is_empty() {
            continue;
        }
        match u8::from_str_radix(word, 16) {
            Ok(byte) if word.len() == 2 => bytes.push(byte),
            _ => break,
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::hex;

    const CANONICAL: &str = "GET\n/a%20b\nlist-type=2\nhost:b.example\nuser-agent:aws-sdk  x ua/2.1\nx-amz-date:20160516T041429Z\n\nhost;user-agent;x-amz-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn to_sign() -> String {
        let hash = sha256_hex(CANONICAL.as_bytes());
        format!("AWS4-HMAC-SHA256\n20160516T041429Z\n20160516/us-east-1/s3/aws4_request\n{hash}")
    }

    fn read(canonical: &str) -> (Texts, Option<&'static str>) {
        let to_sign = to_sign();
        let shown =
            Shown { canonical: Some(canonical), to_sign: Some(&to_sign), ..Shown::default() };
        texts(shown)
    }

    #[test]
    fn cheap_repairs_are_tried() {
        let indented = CANONICAL.replace('\n', "\n        ");
        let blanks = CANONICAL.replace("sdk  x", "sdk x");
        let hash = sha256_hex(blanks.as_bytes());
        for damaged in [
            CANONICAL.replace('\n', "\r\n"),
            indented.clone(),
            format!("\n        {indented}\n    "),
            CANONICAL.replace('\n', "\\n"),
            CANONICAL.replace('\n', "&#10;"),
            CANONICAL.replace('\n', " \n"),
            format!("{CANONICAL}\n"),
            CANONICAL.split('\n').map(|line| format!("> {line}\n")).collect(),
        ] {
            let (texts, problem) = read(&damaged);
            assert_eq!(texts.is_intact(), Some(true), "{damaged}");
            assert_eq!(problem, None);
        }
        let fits = |text: &str| sha256_hex(text.as_bytes()) == hash;
        assert_eq!(repaired(&blanks.replace('\n', " "), &fits).as_deref(), Some(&*blanks));
        assert_eq!(repaired(&blanks.replace('\n', ""), &fits).as_deref(), Some(&*blanks));
    }

    #[test]
    fn a_repair_that_its_hash_does_not_prove_is_none() {
        let altered = CANONICAL.replace("b.example", "c.example").replace('\n', "\r\n");
        let (texts, problem) = read(&altered);
        assert_eq!((texts.is_intact(), problem), (Some(false), Some(ALTERED)));
        assert_eq!(texts.canonical_request.unwrap().text, altered);
    }

    #[test]
    fn bytes_rebuild_what_a_paste_lost() {
        let bytes = |text: &str| {
            let digits = hex(text.as_bytes());
            let pairs = digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair));
            pairs.collect::<Vec<_>>().join(" ")
        };
        let (canonical, to_sign_bytes) = (bytes(CANONICAL), bytes(&to_sign()));
        let squeezed = CANONICAL.replace('\n', " ");
        let (texts, problem) = texts(Shown {
            canonical: Some(&squeezed),
            canonical_bytes: Some(&canonical),
            to_sign: Some("AWS4-HMAC-SHA256 [removed]"),
            to_sign_bytes: Some(&to_sign_bytes),
        });
        assert_eq!((texts.is_intact(), problem), (Some(true), None));
        assert!(texts.canonical_request.unwrap().rebuilt);
        assert_eq!(of_hex("47 45\n 54 0"), Some("GET".to_owned()));
        assert_eq!(of_hex("[...]"), None);
    }

    #[test]
    fn version_2_stays_as_it_is() {
        let shown = Shown { to_sign: Some("GET\n\n\n1\n/b/k"), ..Shown::default() };
        let (texts, problem) = texts(shown);
        assert_eq!(texts.string_to_sign.as_deref(), Some("GET\n\n\n1\n/b/k"));
        assert_eq!(problem, None);
    }
}
