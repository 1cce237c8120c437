//! Plain, gzip and zstd, told apart by their first bytes, with a bound on what they expand to.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

/// How much of the compressed bytes is read at once.
const BUFFER: usize = 128 << 10;
/// An object may expand to this many bytes whatever its ratio.
const FREE_BYTES: u64 = 64 << 20;
/// Beyond that, to this many times its compressed size. Logs reach about 100.
const LARGEST_RATIO: u64 = 300;

/// How an object is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// gzip, of one member or several.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// Tells the compression from an object's first bytes.
    #[must_use]
    pub fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// The decompressed bytes of an object.
///
/// # Errors
/// When the first bytes cannot be read, or a decoder cannot be made.
pub fn decompress<'a>(input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let seen = Rc::new(Seen::default());
    let watched = Watched { inner: input, seen: Rc::clone(&seen) };
    let mut buffered = BufReader::with_capacity(BUFFER, watched);
    let compression = Compression::of(buffered.fill_buf()?);
    let decoder: Box<dyn Read + 'a> = match compression {
        // The caller has a buffer of its own; what is buffered here comes first.
        Compression::Plain => return Ok(Box::new(buffered)),
        Compression::Gzip => Box::new(MultiGzDecoder::new(buffered)),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(buffered)?),
    };
    Ok(Box::new(Bounded { decoder, compression, seen, produced: 0 }))
}

/// What became of the compressed bytes so far, which the decoder takes and does not tell.
#[derive(Debug, Default)]
struct Seen {
    bytes: Cell<u64>,
    /// Whether they could not be read further.
    failed: Cell<bool>,
}

struct Watched<R> {
    inner: R,
    seen: Rc<Seen>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).inspect_err(|error| {
            self.seen.failed.set(error.kind() != io::ErrorKind::Interrupted);
        })?;
        self.seen.bytes.set(self.seen.bytes.get() + read as u64);
        Ok(read)
    }
}

/// A decoder that is stopped when it expands too far, and whose errors say what to do.
struct Bounded<'a> {
    decoder: Box<dyn Read + 'a>,
    compression: Compression,
    seen: Rc<Seen>,
    produced: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer).map_err(|error| self.explain(&error))?;
        self.produced += read as u64;
        if self.produced > FREE_BYTES.max(self.seen.bytes.get().saturating_mul(LARGEST_RATIO)) {
            return Err(io::Error::other(format!(
                "expands to more than {LARGEST_RATIO} times its size; reading stopped after {} MiB: \
                 decompress it yourself if you trust it",
                self.produced >> 20
            )));
        }
        Ok(read)
    }
}

impl Bounded<'_> {
    fn explain(&self, error: &io::Error) -> io::Error {
        let name = if self.compression == Compression::Gzip { "gzip" } else { "zstd" };
        let what = match error.kind() {
            _ if self.seen.failed.get() => error.to_string(),
            io::ErrorKind::UnexpectedEof => format!("the {name} data ends early (truncated)"),
            _ => format!("the {name} data is damaged: {error}"),
        };
        let after = self.produced;
        io::Error::new(error.kind(), format!("{what}; what came before byte {after} was read"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> (Vec<u8>, Option<String>) {
        let mut out = Vec::new();
        let result = decompress(bytes).unwrap().read_to_end(&mut out);
        (out, result.err().map(|error| error.to_string()))
    }

    #[test]
    fn tells_the_three_apart() {
        let text = b"one line\n".repeat(1000);
        assert_eq!(read(&text), (text.clone(), None));
        assert_eq!(read(&gzip(&text)), (text.clone(), None));
        let twice = [gzip(&text), gzip(&text)].concat();
        assert_eq!(read(&twice).0.len(), 2 * text.len());
        let zstd = zstd::encode_all(&text[..], 1).unwrap();
        assert_eq!(read(&zstd), (text, None));
        assert_eq!(read(b""), (Vec::new(), None));
    }

    #[test]
    fn a_truncated_object_gives_what_it_has_and_says_so() {
        let text: Vec<u8> = (0..100_000_u32).flat_map(|n| n.to_le_bytes()).collect();
        for whole in [gzip(&text), zstd::encode_all(&text[..], 1).unwrap()] {
            let (out, error) = read(&whole[..whole.len() / 2]);
            assert!(!out.is_empty() && text.starts_with(&out));
            assert!(error.unwrap().contains("ends early"));
        }
    }

    /// Gives its bytes, then an error as of a broken connection.
    struct Breaking<'a>(&'a [u8]);

    impl Read for Breaking<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::new(io::ErrorKind::ConnectionReset, "the peer hung up")),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn a_connection_that_breaks_is_no_damage() {
        let text: Vec<u8> = (0..100_000_u32).flat_map(|n| n.to_le_bytes()).collect();
        for whole in [gzip(&text), zstd::encode_all(&text[..], 1).unwrap()] {
            for length in [whole.len() / 2, whole.len()] {
                let mut out = Vec::new();
                let mut input = decompress(Breaking(&whole[..length])).unwrap();
                let error = input.read_to_end(&mut out).unwrap_err();
                assert!(text.starts_with(&out));
                assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
                let what =
                    format!("the peer hung up; what came before byte {} was read", out.len());
                assert_eq!(error.to_string(), what);
            }
        }
    }

    #[test]
    fn a_bomb_is_stopped() {
        let bomb = gzip(&vec![0; 80 << 20]);
        let (out, error) = read(&bomb);
        assert!(out.len() as u64 <= FREE_BYTES + (1 << 20));
        assert!(error.unwrap().contains("more than 300 times"));
    }
}
