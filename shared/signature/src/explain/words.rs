//! Words for people: quoted texts bounded and without secrets, commands with quoted arguments.

use crate::redact;

/// A text of a service as it may be quoted: on one line, bounded, without what it should not repeat.
#[must_use]
pub fn quotable(text: &str) -> String {
    const LONGEST: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = line.split(' ').map(|word| {
        // A word that long is a token, a signature or a blob.
        if word.len() > 64 { redact::masked(word) } else { word.to_owned() }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    bounded(&line, LONGEST)
}

/// A text cut to at most `longest` characters.
#[must_use]
pub fn bounded(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value as it stands in a sentence: `nothing` where there is none.
#[must_use]
pub fn shown(value: Option<&str>) -> String {
    match value {
        Some("") => "an empty value".to_owned(),
        Some(value) => format!("`{}`", bounded(value, 200)),
        None => "nothing".to_owned(),
    }
}

/// An argument of a shell command.
#[must_use]
pub fn quoted(argument: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&b);
    if !argument.is_empty() && argument.bytes().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_bounded_and_tokens_masked() {
        assert_eq!(quotable("a\n  b"), "a b");
        let token = "x".repeat(100);
        assert!(!quotable(&format!("a {token}")).contains(&token));
        assert!(quotable(&"ab ".repeat(1000)).len() < 310);
        assert_eq!((quoted("a-b/c"), quoted("a'b")), ("a-b/c".to_owned(), "'a'\\''b'".to_owned()));
    }
}
