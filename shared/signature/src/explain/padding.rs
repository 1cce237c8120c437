//! What stands around a secret in a text that was given for one: a name, quotes, blanks, a key id, a byte
//! order mark.

use crate::secret::Secret;

/// What is said where a secret within what was given has signed.
pub const MORE_THAN_A_SECRET: &str =
    "what was given is more than a secret: what it holds within is the secret that signed";

/// Characters of a secret that AWS gives out.
const LENGTH: usize = 40;
/// Shorter runs of a secret's characters are words, not secrets.
const SHORTEST: usize = 8;

fn is_of_secret(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/+=".contains(&byte)
}

/// The secrets that a text may hold which is more than a secret; the text itself is not among them.
#[must_use]
pub fn inner(given: &Secret) -> Vec<Secret> {
    let whole = given.bytes();
    let mut found: Vec<&[u8]> = Vec::new();
    let mut add = |part| {
        if part != whole && !found.contains(&part) {
            found.push(part);
        }
    };
    if whole.iter().all(|&byte| is_of_secret(byte)) {
        if whole.len() > LENGTH {
            add(&whole[..LENGTH]);
            add(&whole[whole.len() - LENGTH..]);
        }
    } else {
        for run in whole.split(|&byte| !is_of_secret(byte)).filter(|run| run.len() >= SHORTEST) {
            add(run);
            // A name before the secret, as in `key=SECRET`.
            if let Some(at) = memchr::memchr(b'=', run).filter(|at| run.len() - at > SHORTEST) {
                add(&run[at + 1..]);
            }
        }
        // Secrets of other makers hold other characters.
        add(trimmed(whole));
    }
    found.into_iter().map(Secret::new).collect()
}

/// Without the blanks and the quotes around it.
fn trimmed(text: &[u8]) -> &[u8] {
    let is_around = |byte: &u8| byte.is_ascii_whitespace() || b"\"'".contains(byte);
    let start = text.iter().position(|byte| !is_around(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_around(byte)).map_or(start, |at| at + 1);
    &text[start..end]
}

/// Whether a text may be a secret and nothing more.
#[must_use]
pub fn is_secret_alone(given: &Secret) -> bool {
    let is_of_text = |byte: &u8| !byte.is_ascii_graphic() || b"\"',".contains(byte);
    !given.bytes().iter().any(is_of_text)
        && !inner(given).iter().any(|inner| inner.bytes().len() == LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[test]
    fn a_secret_is_found_in_what_stands_around_it() {
        for given in [
            format!("aws_secret_access_key = {SECRET}"),
            format!("AWS_SECRET_ACCESS_KEY={SECRET}"),
            format!("AKIAIOSFODNN7EXAMPLE,{SECRET}"),
            format!("AKIAIOSFODNN7EXAMPLE\n{SECRET}"),
            format!("\u{feff}{SECRET}"),
            format!("{SECRET}\u{a0}"),
            format!("{SECRET}\t"),
            format!("\"{SECRET}\""),
            format!("secret={SECRET}"),
            format!("{SECRET}A"),
        ] {
            let found = inner(&Secret::new(given.clone()));
            assert!(found.iter().any(|one| one.bytes() == SECRET.as_bytes()), "{given}");
            assert!(!is_secret_alone(&Secret::new(given.clone())), "{given}");
        }
    }

    #[test]
    fn a_secret_alone_holds_no_other() {
        for given in [SECRET, &SECRET[..39], "short", "minio-p@ss"] {
            assert!(is_secret_alone(&Secret::new(given)), "{given}");
        }
        assert!(inner(&Secret::new(SECRET)).is_empty());
    }
}
