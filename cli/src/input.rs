//! Reads a file, or standard input, that has to fit into memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sigdrift_signature::secret::Secret;
use zeroize::Zeroizing;

use crate::exit::Failure;
use crate::terminal::safe;

/// The most that is read of a request or a text.
const LARGEST: u64 = 64 << 20;
/// The most that is read of a secret or a session token.
const LARGEST_SECRET: u64 = 64 << 10;

/// What a path is called in messages.
pub fn name(path: &Path) -> String {
    if is_stdin(path) {
        "standard input".to_owned()
    } else {
        safe(&path.display().to_string()).into_owned()
    }
}

/// Whether a path stands for standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The content of a file, or of standard input for `-`.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = bounded(path, LARGEST, "64 MiB")?;
    if let Some((_, packer)) = PACKED.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(unusable(path, format!("it is packed with {packer}: unpack it first")));
    }
    Ok(std::mem::take(&mut *bytes))
}

/// How packed files begin, and what packed them.
const PACKED: [(&[u8], &str); 4] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"PK\x03\x04", "zip"),
];

/// A secret access key. Nothing of it is ever told.
pub fn secret(path: &Path) -> Result<Secret, Failure> {
    let bytes = bounded(path, LARGEST_SECRET, "64 KiB").map_err(|failure| match failure {
        Failure::Read { source, .. } if looks_secret(path) => {
            Failure::Read { path: SECRET_NAMED.to_owned(), source }
        }
        failure => failure,
    })?;
    let secret = Secret::of_file(&bytes);
    if secret.is_empty() {
        return Err(unusable(path, "it is empty; a secret access key expected"));
    }
    Ok(secret)
}

/// A session token; one line end at its end is dropped.
pub fn token(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = bounded(path, LARGEST_SECRET, "64 KiB")?;
    let text =
        std::str::from_utf8(&bytes).map_err(|_| unusable(path, "a session token is text"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() || text.contains(char::is_control) {
        return Err(unusable(path, "a session token expected, on one line"));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// What is said instead of the name of a file that is named like a secret.
const SECRET_NAMED: &str = "the file of the secret, whose name looks like a secret itself (one must not stand on a command line)";

/// Whether a name could be a secret access key: 40 characters of base64.
fn looks_secret(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"/+=".contains(byte);
    name.len() == 40 && !name.starts_with(b"/") && name.iter().all(is_base64)
}

/// An error that says which file cannot be used, and why.
pub fn unusable(path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::Unusable { path: name(path), why: safe(&why.to_string()).into_owned() }
}

fn bounded(path: &Path, most: u64, told: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = if is_stdin(path) {
        io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|source| Failure::Read { path: name(path), source })?;
    if bytes.len() as u64 > most {
        return Err(unusable(path, format!("it is larger than {told}")));
    }
    Ok(bytes)
}
