//! Errors of readers without the name of what is read, for a report that stands under that name.

use std::io::{self, Read};

use crate::{events, objects};

/// A reader whose errors do not say again what is read.
#[derive(Debug)]
pub struct Brief<R>(pub R);

impl<R: Read> Read for Brief<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| reason(&error).map_or(error, io::Error::other))
    }
}

/// What stood in the way, if an adapter says it.
fn reason(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?;
    let of_object = inner.downcast_ref::<objects::Error>().map(|error| error.reason().to_string());
    of_object.or_else(|| Some(inner.downcast_ref::<events::Error>()?.reason.to_string()))
}
