//! The bytes of one object, taken up again where they broke off:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>.

use std::error::Error as StdError;
use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use super::error::{Act, Reason};
use super::{Error, Object, S3};

/// How often in a row the bytes may break off.
const BREAKS: u32 = 4;
/// After so many bytes more, what broke off before is forgotten.
const PROGRESS: u64 = 1 << 20;
/// How long is waited before the bytes are asked for again; longer each time in a row.
const PAUSE: Duration = Duration::from_millis(200);

/// An object that is being read. It holds one piece of it, as large as the network delivers.
#[derive(Debug)]
pub(super) struct Body {
    s3: S3,
    object: Object,
    stream: ByteStream,
    piece: Bytes,
    /// How many bytes came.
    position: u64,
    breaks: u32,
    /// Where it broke off first, of those in a row.
    broke_at: u64,
    has_failed: bool,
}

impl Body {
    pub(super) fn open(s3: &S3, object: &Object) -> Result<Self, Error> {
        let answer = stream(s3, object, 0)?;
        // Who told of the object may have known neither; what is taken up again has to be the same.
        let object = Object {
            length: answer.length.unwrap_or(object.length),
            e_tag: answer.e_tag.unwrap_or_else(|| object.e_tag.clone()),
            ..object.clone()
        };
        Ok(Self {
            stream: answer.stream,
            s3: s3.clone(),
            object,
            piece: Bytes::new(),
            position: 0,
            breaks: 0,
            broke_at: 0,
            has_failed: false,
        })
    }

    /// The entity tag of what is read; empty if the server names none.
    pub(super) fn e_tag(&self) -> &str {
        &self.object.e_tag
    }

    /// Gets the next piece; an empty one at the end.
    fn advance(&mut self) -> Result<(), Error> {
        loop {
            let length = self.object.length;
            let runtime = &self.s3.connection.runtime;
            match runtime.block_on(self.stream.next()) {
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => {
                    self.position += piece.len() as u64;
                    self.piece = piece;
                    return Ok(());
                }
                None if self.position >= length => return Ok(()),
                None => self.resume("the answer ended early".into())?,
                // All bytes came, and then something was found to be wrong with them.
                Some(Err(error)) if self.position >= length => {
                    return Err(self.error(Reason::Damaged { source: error.into() }));
                }
                Some(Err(error)) => self.resume(error.into())?,
            }
        }
    }

    /// Asks for the bytes that did not come.
    fn resume(&mut self, source: Box<dyn StdError + Send + Sync>) -> Result<(), Error> {
        if self.breaks == 0 || self.position - self.broke_at >= PROGRESS {
            (self.breaks, self.broke_at) = (0, self.position);
        }
        self.breaks += 1;
        if self.breaks > BREAKS {
            let (position, length, breaks) = (self.position, self.object.length, self.breaks);
            return Err(self.error(Reason::BrokeOff { position, length, breaks, source }));
        }
        thread::sleep(PAUSE * (1 << self.breaks));
        self.stream = stream(&self.s3, &self.object, self.position)?.stream;
        Ok(())
    }

    fn error(&self, reason: Reason) -> Error {
        Error::new(Act::Read, &self.object, reason)
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && !buffer.is_empty() && !self.has_failed {
            self.advance().map_err(|error| {
                self.has_failed = true;
                io::Error::other(error)
            })?;
        }
        let length = buffer.len().min(self.piece.len());
        buffer[..length].copy_from_slice(&self.piece.split_to(length));
        Ok(length)
    }
}

/// What an object's bytes come with.
struct Answer {
    stream: ByteStream,
    /// How many bytes there are.
    length: Option<u64>,
    /// The entity tag, as S3 wrote it.
    e_tag: Option<String>,
}

/// Asks for an object's bytes from a position on, of the content that was listed and no other.
fn stream(s3: &S3, object: &Object, position: u64) -> Result<Answer, Error> {
    let fail = |reason| Err(Error::new(Act::Read, object, reason));
    let e_tag = (!object.e_tag.is_empty()).then(|| object.e_tag.clone());
    let request = s3
        .client
        .get_object()
        .bucket(&*object.bucket)
        .key(&object.key)
        .set_version_id(object.version_id.clone())
        .set_if_match(e_tag)
        .set_range((position > 0).then(|| format!("bytes={position}-")));
    let answer = match s3.connection.runtime.block_on(request.send()) {
        Ok(answer) => answer,
        Err(error) => return fail(Reason::of(&s3.asked, Act::Read, error)),
    };
    // A server that does not know conditions or ranges ignores them.
    let bare = |e_tag: &str| e_tag.trim_start_matches("W/").trim_matches('"').to_owned();
    if let Some(e_tag) = answer.e_tag()
        && !object.e_tag.is_empty()
        && bare(e_tag) != bare(&object.e_tag)
    {
        return fail(Reason::Changed);
    }
    if position > 0 {
        let got = answer.content_range().unwrap_or("the whole object");
        if !got.starts_with(&format!("bytes {position}-")) {
            return fail(Reason::OtherBytes { position, got: got.to_owned() });
        }
    }
    let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
    Ok(Answer { stream: answer.body, length, e_tag: answer.e_tag })
}
