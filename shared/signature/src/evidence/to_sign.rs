//! Strings to sign that stand in a text as blocks of lines, of version 4 and of version 2.
//!
//! Version 2: <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>

use super::MAX_HEADERS;
use super::blocks::{Block, word};
use super::layout::{Layout, Separator, line_of, separator};
use crate::string_to_sign::is_hash;

/// The string to sign of version 4 that begins with `AWS4-` at `at`.
#[must_use]
pub(super) fn version_4(text: &str, at: usize) -> Option<Block> {
    let algorithm = algorithm(&text[at..])?;
    let after = &text[at + algorithm.len()..];
    let separator = separator(after)?;
    let line = line_of(&text[at..]);
    if separator == Separator::Blank {
        let mut words = line.split_ascii_whitespace().skip(1);
        let (time, scope, last) = (words.next()?, words.next()?, words.next()?);
        let parts = [time, scope, hash(last)?];
        return (is_time(time) && scope.contains('/')).then(|| Block {
            text: join(algorithm, parts),
            end: at + line.len(),
            is_whole: true,
        });
    }
    for layout in Layout::readings(text, at, separator) {
        let mut lines = layout.lines().skip(1);
        let (Some(time), Some(scope), Some(last)) = (lines.next(), lines.next(), lines.next())
        else {
            continue;
        };
        let Some(hash) = hash(last) else { continue };
        if time.is_empty() || time.len() > 64 || !scope.contains('/') || scope.contains(' ') {
            continue;
        }
        let end = layout.end_of(hash, text).unwrap_or(at + line.len());
        return Some(Block { text: join(algorithm, [time, scope, hash]), end, is_whole: true });
    }
    None
}

fn join(algorithm: &str, [time, scope, hash]: [&str; 3]) -> String {
    format!("{algorithm}\n{time}\n{scope}\n{hash}")
}

/// The algorithm that a text begins with.
fn algorithm(text: &str) -> Option<&str> {
    let is_part = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'-';
    let end = text.as_bytes().iter().take(40).take_while(|byte| is_part(byte)).count();
    Some(&text[..end]).filter(|name| name.len() > 8)
}

fn hash(line: &str) -> Option<&str> {
    line.get(..64).filter(|hash| is_hash(hash) && word(line).len() == 64)
}

/// Whether a word is a time as strings to sign have it.
fn is_time(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() == 16
        && bytes[8] == b'T'
        && bytes[15] == b'Z'
        && bytes.iter().enumerate().all(|(at, byte)| at == 8 || at == 15 || byte.is_ascii_digit())
}

/// The string to sign of version 2 that begins with the method at `at`: MD5, content type, date, and
/// the resource, with `x-amz-` headers between.
#[must_use]
pub(super) fn version_2(text: &str, at: usize, method: usize) -> Option<Block> {
    let separator = separator(&text[at + method..])?;
    Layout::readings(text, at, separator).into_iter().find_map(|layout| {
        let mut lines = layout.lines().skip(1);
        let (md5, kind, date) = (lines.next()?, lines.next()?, lines.next()?);
        let is_md5 = md5.is_empty() || (md5.len() <= 44 && word(md5).len() == md5.len());
        let is_kind = kind.is_empty() || kind.contains('/') && !kind.starts_with('/');
        let is_date = date.is_empty()
            || date.bytes().all(|byte| byte.is_ascii_digit())
            || date.contains(':') && date.starts_with(|first: char| first.is_ascii_alphabetic());
        if !is_md5 || !is_kind || !is_date || md5.starts_with('/') {
            return None;
        }
        let mut kept = vec![&text[at..at + method], md5, kind, date];
        for line in lines.take(MAX_HEADERS) {
            if line.starts_with('/') {
                let end = line.find([' ', '"', '\'', '`', '<']).unwrap_or(line.len());
                kept.push(&line[..end]);
                let end =
                    layout.end_of(&line[..end], text).unwrap_or(at + line_of(&text[at..]).len());
                return Some(Block { text: kept.join("\n"), end, is_whole: false });
            }
            if !line.starts_with("x-") || !line.contains(':') {
                return None;
            }
            kept.push(line);
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_to_sign_are_read() {
        let text = format!(
            "AWS4-HMAC-SHA256\n20260415T074207Z\n20260415/eu-west-1/s3/aws4_request\n{}",
            "ab".repeat(32)
        );
        for shown in [
            text.clone(),
            format!("'{text}'"),
            text.replace('\n', "\\n"),
            text.replace('\n', " "),
            text.replace('\n', "\n| ").replacen("AWS4", "| AWS4", 1),
        ] {
            let at = shown.find("AWS4").unwrap();
            assert_eq!(version_4(&shown, at).unwrap().text, text, "{shown}");
        }
        assert!(version_4("AWS4-HMAC-SHA256 Credential=a/b", 0).is_none());
    }

    #[test]
    fn version_2_is_read() {
        let text = "PUT\nJtUx3diApbCp4pI5KQ4F/Q==\napplication/octet-stream\nFri, 25 Apr 2014 16:00:40 GMT\nx-amz-acl:public-read\n/myBucket/one.m4a";
        assert_eq!(version_2(&format!("{text}\n```\n"), 0, 3).unwrap().text, text);
        assert_eq!(version_2("GET\n\n\n1\n/b/k\n", 0, 3).unwrap().text, "GET\n\n\n1\n/b/k");
        assert!(version_2("GET\n/\n\nhost:b\n\nhost\n", 0, 3).is_none());
    }
}
