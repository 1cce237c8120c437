//! One day of S3 server access logs of ten apps: who asks for what, and what goes wrong.
//!
//! The mix is that of a company whose apps serve files from S3: signed SDK calls with the app's
//! version in the user agent, presigned URLs opened by browsers, anonymous reads, and the lines
//! that the service writes about itself. Something under one line in a hundred is a
//! `SignatureDoesNotMatch`: some at any time, more from a deploy until its rollback.

mod cast;
mod clock;
mod line;
mod traffic;

use std::io::{self, Write};

use self::cast::Cast;
use self::traffic::Traffic;
use crate::random::Random;

/// Writes lines until the log has `bytes` bytes, less what the next line does not fit into.
/// Returns how many.
pub fn write(bytes: u64, seed: u64, out: &mut impl Write) -> io::Result<u64> {
    let cast = Cast::new(seed);
    let mut traffic = Traffic::new(&cast, Random::new(!seed));
    let mut ids = Random::new(seed ^ 0x5157);
    let mut buffer = Vec::with_capacity(1 << 20);
    let (mut written, mut lines) = (0_u64, 0_u64);
    loop {
        let before = buffer.len();
        let share = written as f64 / bytes as f64;
        traffic.next(clock::second_after(share)).write(&mut buffer, &cast.owner, &mut ids)?;
        written += (buffer.len() - before) as u64;
        if written > bytes {
            buffer.truncate(before);
            out.write_all(&buffer)?;
            return Ok(lines);
        }
        lines += 1;
        if buffer.len() > (1 << 20) - (1 << 14) {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(bytes: u64, seed: u64) -> String {
        let mut out = Vec::new();
        write(bytes, seed, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_seed_decides_every_byte_and_the_size_is_kept() {
        let (first, again, other) = (log(300_000, 1), log(300_000, 1), log(300_000, 2));
        assert!(first == again && first != other);
        assert!(first.len() <= 300_000 && first.len() > 296_000 && first.ends_with('\n'));
    }

    #[test]
    fn a_day_has_what_is_measured() {
        let log = log(20_000_000, 1);
        let lines = log.lines().count();
        let with = |text: &str| log.matches(text).count();
        let mismatches = with(" 403 SignatureDoesNotMatch ");
        assert!((lines / 200..lines / 100).contains(&mismatches), "{mismatches} of {lines}");
        assert!((700..800).contains(&(log.len() / lines)), "{} a line", log.len() / lines);
        for part in [
            "app/media-upload-",
            "&X-Amz-Security-Token=",
            "%2522draft",
            "\"\"User Agent\"\"",
            " InvalidAccessKeyId ",
            " BATCH.DELETE.OBJECT ",
            ".s3-website-",
            "[15/Apr/2026:23:5",
        ] {
            assert!(with(part) > 0, "{part}");
        }
    }
}
