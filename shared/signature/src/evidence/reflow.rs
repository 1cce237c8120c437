//! Canonical requests whose line ends were turned into blanks, or are gone.
//!
//! The list of signed headers tells where the headers begin, and a hash whether that is right.

use super::escape::unescape;
use crate::canonical_request::is_payload;

/// A text on one line, maybe cut, with its lines as they most likely were: what looks like a header
/// begins a line.
pub(super) fn laid_out(text: &str) -> Option<String> {
    let text = unescape(text.trim());
    if text.lines().count() > 2 {
        return None;
    }
    let mut words = text.split_ascii_whitespace();
    let (method, path) = (words.next()?, words.next().filter(|path| path.starts_with('/'))?);
    let (mut query, mut headers, mut list, mut payload) = (None, Vec::<String>::new(), None, None);
    for word in words {
        let is_header = word.split_once(':').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        let is_list = !headers.is_empty() && !is_header && (word.contains(';') || word == "host");
        if is_header {
            headers.push(word.to_owned());
        } else if is_list {
            list = Some(word);
        } else if list.is_some() || headers.is_empty() && is_payload(word) {
            payload = Some(word);
        } else if let Some(last) = headers.last_mut() {
            last.push(' ');
            last.push_str(word);
        } else {
            query = Some(word);
        }
    }
    let headers: String = headers.into_iter().map(|header| header + "\n").collect();
    let ends = format!("{}\n{}", list.unwrap_or_default(), payload.unwrap_or_default());
    Some(
        format!("{method}\n{path}\n{}\n{headers}\n{ends}", query.unwrap_or_default())
            .trim_end()
            .to_owned(),
    )
}

/// A text whose line ends were turned into blanks: the list of signed headers tells where the
/// headers begin.
pub(super) fn of_blanks(text: &str, fits: &dyn Fn(&str) -> bool) -> Option<String> {
    let text = text.trim();
    if text.contains('\n') && text.lines().count() > 3 {
        return None;
    }
    let (rest, payload) = text.rsplit_once([' ', '\n'])?;
    let (rest, list) = rest.trim_end().rsplit_once([' ', '\n'])?;
    let (method, rest) = rest.split_once([' ', '\n'])?;
    let rest = format!(" {}", rest.trim());
    let mut starts = Vec::new();
    let mut from = 0;
    for name in list.split(';') {
        let at = from + rest[from..].find(&format!(" {name}:"))?;
        starts.push(at + 1);
        from = at + 1;
    }
    let first = *starts.first()?;
    let (path, query) = rest[..first].trim().split_once(' ').unwrap_or((rest[..first].trim(), ""));
    let mut out = format!("{method}\n{path}\n{}\n", query.trim());
    for (number, &start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(rest.len());
        out.push_str(rest[start..end].trim());
        out.push('\n');
    }
    out.push('\n');
    out.push_str(list);
    out.push('\n');
    out.push_str(payload);
    fits(&out).then_some(out)
}

/// Bytes of path and query between which the boundary is tried.
const TRIED: usize = 2_000;

/// A text whose line ends are gone.
pub(super) fn of_nothing(text: &str, fits: &dyn Fn(&str) -> bool) -> Option<String> {
    let text = text.trim();
    if text.contains([' ', '\n']) && text.lines().count() > 1 {
        return None;
    }
    let marker = text.len().checked_sub("UNSIGNED-PAYLOAD".len());
    let hash = text.len().checked_sub(64);
    let payload = [hash, marker].into_iter().flatten().find_map(|at| {
        let payload = text.get(at..)?;
        is_payload(payload).then_some((&text[..at], payload))
    });
    let (rest, payload) = payload?;
    let slash = rest.find('/')?;
    let method = &rest[..slash];
    let semicolons = rest.rfind([':', '=', '&', '/'])?;
    // The list begins somewhere behind the last header's colon, with the first header's name.
    for (at, _) in rest[semicolons..].char_indices().skip(1) {
        let list = &rest[semicolons + at..];
        let names: Vec<&str> = list.split(';').collect();
        let headers = &rest[slash..semicolons + at];
        let Some(starts) = starts_of(headers, &names) else { continue };
        let target = &headers[..*starts.first()?];
        let mut tail = String::from("\n");
        for (number, &start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).copied().unwrap_or(headers.len());
            tail.push_str(&headers[start..end]);
            tail.push('\n');
        }
        tail.push_str(&format!("\n{list}\n{payload}"));
        for (cut, _) in target.char_indices().chain([(target.len(), ' ')]).take(TRIED) {
            let (path, query) = target.split_at(cut);
            let candidate = format!("{method}\n{path}\n{query}{tail}");
            if fits(&candidate) {
                return Some(candidate);
            }
        }
    }
    None
}

/// Where the headers with these names begin.
fn starts_of(headers: &str, names: &[&str]) -> Option<Vec<usize>> {
    let mut from = 0;
    let mut starts = Vec::new();
    for name in names {
        if name.is_empty() {
            return None;
        }
        let at = from + headers[from..].find(&format!("{name}:"))?;
        starts.push(at);
        from = at + name.len();
    }
    Some(starts)
}
