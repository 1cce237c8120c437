//! How an object key has to be encoded in a path, as far as signers get it wrong.

/// Kinds of characters that signers encode wrongly, the gravest first.
const ODD_CHARACTERS: [(&str, &[u8]); 4] = [
    ("plus", b"+"),
    ("space", b" "),
    ("percent", b"%"),
    ("special", b"!'()*:@&=,;$?#[]{}\"<>|\\^`~"),
];

/// For every byte, its place in [`ODD_CHARACTERS`] counted from 1, or 0.
static ODDITY: [u8; 256] = {
    let mut table = [0; 256];
    let mut kind = 0;
    while kind < ODD_CHARACTERS.len() {
        let bytes = ODD_CHARACTERS[kind].1;
        let mut at = 0;
        while at < bytes.len() {
            table[bytes[at] as usize] = kind as u8 + 1;
            at += 1;
        }
        kind += 1;
    }
    table
};

/// How an object key would have to be encoded in a path, as far as signers get it wrong.
#[must_use]
pub fn key_encoding(key: &str) -> &'static str {
    if is_plain(key) { "plain" } else { key_encoding_slowly(key) }
}

/// Whether nothing in a key is ever encoded wrongly. Looks at every byte of it, whatever it finds:
/// that way the processor looks at many at once.
fn is_plain(key: &str) -> bool {
    let bytes = key.as_bytes();
    let is_each = bytes.iter().fold(true, |all, byte| {
        all & (byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b'/'))
    });
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    is_each & !pairs.fold(false, |any, (a, b)| any | ((*a == b'/') & (*b == b'/')))
}

/// The same, with the answer to every key: the oracle of [`key_encoding`].
fn key_encoding_slowly(key: &str) -> &'static str {
    if !key.is_ascii() {
        return "non-ascii";
    }
    if key.contains("//") {
        return "double-slash";
    }
    // 0, for a plain character, becomes the largest.
    let kinds = key.bytes().map(|byte| ODDITY[usize::from(byte)].wrapping_sub(1));
    let worst = kinds.min().unwrap_or(u8::MAX);
    ODD_CHARACTERS.get(usize::from(worst)).map_or("plain", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_gravest_character_decides() {
        for (key, encoding) in [
            ("a/b-c_d.e", "plain"),
            ("a b", "space"),
            ("a b+c%", "plus"),
            ("a(b)%", "percent"),
            ("a(b)", "special"),
            ("a//b c", "double-slash"),
            ("\u{e9} +", "non-ascii"),
        ] {
            assert_eq!(key_encoding(key), encoding, "{key}");
        }
    }

    proptest! {
        #[test]
        fn a_quick_look_at_a_key_agrees_with_the_slow_one(
            key in prop_oneof![any::<String>(), "[ -~]{0,80}", "[a-z0-9/._-]{0,80}"],
        ) {
            prop_assert_eq!(key_encoding(&key), key_encoding_slowly(&key));
        }
    }
}
