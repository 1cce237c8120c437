//! Log objects in S3, read like local files.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use sigdrift_aws::objects::{self, Address, ListObjects, ReadObject, S3};
use sigdrift_aws::{Connection, Settings};
use sigdrift_telemetry::tally::SourceId;

use crate::args::AnalyzeOptions;
use crate::exit::Failure;
use crate::terminal;

/// The way to the cloud.
#[derive(Debug)]
pub struct Cloud {
    s3: Arc<S3>,
}

impl Cloud {
    /// Finds out how to reach the cloud, where this path leads.
    pub fn open(_: &Path, options: &AnalyzeOptions) -> Result<Self, Failure> {
        let settings = Settings {
            profile: options.profile.clone(),
            region: options.region.clone(),
            endpoint_url: options.endpoint_url.clone(),
        };
        let connection = Connection::open(&settings)
            .map_err(|error| Failure::Usage(terminal::safe(&error.to_string()).into_owned()))?;
        Ok(Self { s3: Arc::new(S3::new(&connection)) })
    }

    /// Gives every object under an address to `found`.
    ///
    /// # Errors
    /// When they cannot be listed to the end, or there is none; the text says what to do.
    pub fn list(&self, path: &Path, mut found: impl FnMut(Object)) -> Result<(), String> {
        let address: Address = path.to_string_lossy().parse().map_err(told)?;
        let mut is_empty = true;
        for object in self.s3.list(&address) {
            is_empty = false;
            let object = object.map_err(|error| told(error.reason()))?;
            found(Object { s3: Arc::clone(&self.s3), object });
        }
        match is_empty {
            true => Err(format!("there is no object under it: look with `aws s3 ls {address}`")),
            false => Ok(()),
        }
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A log object.
#[derive(Clone, Debug)]
pub struct Object {
    s3: Arc<S3>,
    object: objects::Object,
}

impl Object {
    /// What the user calls it.
    pub fn name(&self) -> String {
        self.object.to_string()
    }

    /// Its length in bytes, as it is stored.
    pub fn length(&self) -> u64 {
        self.object.length
    }

    /// When it was last written, in seconds since 1970.
    pub fn modified(&self) -> i64 {
        self.object.modified
    }

    /// What tells it from any other.
    pub fn id(&self) -> SourceId {
        self.object.source_id()
    }

    /// Begins to read it.
    pub fn open(&self) -> io::Result<impl Read> {
        let body = self.s3.open(&self.object).map_err(|error| brief(&error))?;
        Ok(Brief(body))
    }
}

/// A reader whose errors do not repeat the name that the report stands under.
struct Brief<R>(R);

impl<R: Read> Read for Brief<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<objects::Error>());
            inner.map(brief).unwrap_or(error)
        })
    }
}

fn brief(error: &objects::Error) -> io::Error {
    io::Error::other(error.reason().to_string())
}
