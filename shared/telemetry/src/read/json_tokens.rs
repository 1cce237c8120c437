//! The tokens of JSON (RFC 8259): where white space, strings, words and numbers end.

/// White space between tokens.
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Where the run of string bytes that need no thought ends, from `at`: at a quote, a backslash, a
/// control character or the end of `text`.
///
/// Looks at eight bytes at a time, as one number: most runs are so short that more would not pay.
#[must_use]
pub fn plain_run(text: &[u8], mut at: usize) -> usize {
    while let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let block = u64::from_le_bytes(*block);
        let quotes = below(block ^ each(b'"'), 1);
        let backslashes = below(block ^ each(b'\\'), 1);
        let marks = quotes | backslashes | below(block, 0x20);
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while text.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)) {
        at += 1;
    }
    at
}

/// A byte, eight times.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of every byte that is below a limit of at most 128, up to the lowest such byte;
/// behind it, bits mean nothing, since the subtraction borrows.
#[inline(always)]
fn below(block: u64, limit: u8) -> u64 {
    block.wrapping_sub(each(limit)) & !block & each(0x80)
}

/// The escape that begins at a backslash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escaped {
    /// It is this many bytes long.
    Whole(usize),
    /// The bytes end inside it.
    Cut,
    /// It is none.
    Broken,
}

/// What the backslash at `at` begins.
#[must_use]
pub fn escape(text: &[u8], at: usize) -> Escaped {
    match text.get(at + 1) {
        None => Escaped::Cut,
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Escaped::Whole(2),
        Some(b'u') => {
            let digits = text.get(at + 2..).unwrap_or_default();
            let digits = digits.get(..4).unwrap_or(digits);
            match (digits.iter().all(u8::is_ascii_hexdigit), digits.len()) {
                (true, 4) => Escaped::Whole(6),
                (true, _) => Escaped::Cut,
                (false, _) => Escaped::Broken,
            }
        }
        Some(_) => Escaped::Broken,
    }
}

/// Where the word or number that is being read at `at` ends.
#[must_use]
pub fn word_end(text: &[u8], mut at: usize) -> usize {
    while text
        .get(at)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    {
        at += 1;
    }
    at
}

/// Whether these bytes are `true`, `false`, `null` or a number.
#[must_use]
pub fn is_word(word: &[u8]) -> bool {
    matches!(word, b"true" | b"false" | b"null") || is_number(word)
}

fn is_number(word: &[u8]) -> bool {
    let unsigned = word.strip_prefix(b"-").unwrap_or(word);
    let after_digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = after_digits(unsigned);
    if whole == 0 || (whole > 1 && unsigned.first() == Some(&b'0')) {
        return false;
    }
    let (_, mut rest) = unsigned.split_at(whole);
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = after_digits(fraction);
        if digits == 0 {
            return false;
        }
        rest = fraction.split_at(digits).1;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let digits = match exponent {
            [b'+' | b'-', digits @ ..] => digits,
            digits => digits,
        };
        return !digits.is_empty() && after_digits(digits) == digits.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow_plain_run(text: &[u8], at: usize) -> usize {
        (at..text.len())
            .find(|&i| text[i] == b'"' || text[i] == b'\\' || text[i] < 0x20)
            .unwrap_or(text.len())
    }

    proptest! {
        #[test]
        fn plain_runs_end_where_the_slow_search_says(
            text in prop::collection::vec(prop_oneof![8 => any::<u8>(), 1 => 0x1e..0x24u8], 0..60),
        ) {
            for at in 0..=text.len() {
                prop_assert_eq!(plain_run(&text, at), slow_plain_run(&text, at));
            }
        }
    }
}
