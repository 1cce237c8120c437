//! What lies in AWS, read like local files: log objects in S3, CloudTrail's event history, log groups. A
//! store may lie there too.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use sigdrift_aws::events::{
    FilterLogs, LogGroup, Logs, LookUpEvents, Span, TooOld, Trail, TrailAddress,
};
use sigdrift_aws::objects::{self, Address, Bucket, ListObjects, ReadObject, S3};
use sigdrift_aws::{Brief, Connection, Settings, Source};
use sigdrift_telemetry::tally::SourceId;
use sigdrift_telemetry::time::{Window, rfc3339, start_of};

use crate::args::AnalyzeOptions;
use crate::exit::Failure;
use crate::terminal;

/// How much is asked for of what has no end, where no window says it, in seconds: an hour.
const UNTOLD_WINDOW: i64 = 3600;

/// The way to the cloud.
#[derive(Debug)]
pub struct Cloud {
    connection: Connection,
    s3: Arc<S3>,
    window: Window,
    now: i64,
}

impl Cloud {
    /// Finds out how to reach the cloud, where this path leads.
    pub fn open(_: &Path, options: &AnalyzeOptions, window: Window) -> Result<Self, Failure> {
        let settings = Settings {
            profile: options.profile.clone(),
            region: options.region.clone(),
            endpoint_url: options.endpoint_url.clone(),
        };
        let connection = Connection::open(&settings).map_err(usage)?;
        let s3 = Arc::new(S3::new(&connection));
        Ok(Self { connection, s3, window, now: Timestamp::now().as_second() })
    }

    /// Gives everything that a path leads to to `found`.
    ///
    /// # Errors
    /// When that is not all, or nothing; the text says what to do.
    pub fn list(&self, path: &Path, mut found: impl FnMut(Remote)) -> Result<(), String> {
        match path.to_string_lossy().parse().map_err(told)? {
            Source::Objects(address) => self.list_objects(&address, found),
            Source::Trail(address) => {
                let span = self.span(path)?;
                let is_held = span.is_held(self.now);
                if !matches!(is_held, Err(TooOld { is_all: true, .. })) {
                    let trail = Trail::new(&self.connection);
                    found(Remote::Trail { trail, address, span });
                }
                is_held.map_err(told)
            }
            Source::Logs(group) => {
                let span = self.span(path)?;
                found(Remote::Logs { logs: Logs::new(&self.connection), group, span });
                Ok(())
            }
        }
    }

    fn list_objects(&self, address: &Address, mut found: impl FnMut(Remote)) -> Result<(), String> {
        let mut is_empty = true;
        for object in self.s3.list(address) {
            is_empty = false;
            let object = object.map_err(|error| told(error.reason()))?;
            found(Remote::Object { s3: Arc::clone(&self.s3), object });
        }
        match is_empty {
            true => Err(format!("there is no object under it: look with `aws s3 ls {address}`")),
            false => Ok(()),
        }
    }

    /// The span that is asked for of events.
    fn span(&self, path: &Path) -> Result<Span, String> {
        let to = self.window.to.map_or(self.now, start_of);
        let from = self.window.from.map_or(to - UNTOLD_WINDOW, start_of);
        if from >= to {
            return Err("--from lies in the future, so there is nothing in it yet".to_owned());
        }
        if self.window.from.is_none() {
            let path = path.display().to_string();
            let (path, from) = (terminal::safe(&path), rfc3339(from));
            anstream::eprintln!(
                "sigdrift: {path}: without --from only what came since {from} is asked for"
            );
        }
        Ok(Span { from, to })
    }

    /// The store under an address.
    pub fn store(&self, path: &Path) -> Result<Bucket, Failure> {
        let mut address: Address = path.to_string_lossy().parse().map_err(usage)?;
        if !address.prefix.is_empty() && !address.prefix.ends_with('/') {
            address.prefix.push('/');
        }
        Ok(Bucket::new(&self.s3, address))
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::Usage(terminal::safe(&error.to_string()).into_owned())
}

/// Something to read.
#[derive(Clone, Debug)]
pub enum Remote {
    /// A log object.
    Object {
        /// Where it is.
        s3: Arc<S3>,
        /// The object.
        object: objects::Object,
    },
    /// CloudTrail's event history.
    Trail {
        /// Who has it.
        trail: Trail,
        /// Which one.
        address: TrailAddress,
        /// How much of it.
        span: Span,
    },
    /// A log group.
    Logs {
        /// Who has it.
        logs: Logs,
        /// Which one.
        group: LogGroup,
        /// How much of it.
        span: Span,
    },
}

impl Remote {
    /// What the user calls it.
    pub fn name(&self) -> String {
        match self {
            Self::Object { object, .. } => object.to_string(),
            Self::Trail { address, .. } => address.to_string(),
            Self::Logs { group, .. } => group.to_string(),
        }
    }

    /// Its length in bytes, as it is stored; 0 for what has none.
    pub fn length(&self) -> u64 {
        match self {
            Self::Object { object, .. } => object.length,
            Self::Trail { .. } | Self::Logs { .. } => 0,
        }
    }

    /// What tells it from any other and when it was last written, in seconds since 1970. What is asked
    /// for anew each time has neither.
    pub fn identity(&self) -> Option<(SourceId, i64)> {
        match self {
            Self::Object { object, .. } => Some((object.source_id(), object.modified)),
            Self::Trail { .. } | Self::Logs { .. } => None,
        }
    }

    /// Begins to read it.
    pub fn open(&self) -> io::Result<impl Read> {
        let body: Box<dyn Read> = match self {
            Self::Object { s3, object } => {
                Box::new(s3.open(object).map_err(|error| brief(error.reason()))?)
            }
            Self::Trail { trail, address, span } => Box::new(trail.look_up(address, *span)),
            Self::Logs { logs, group, span } => Box::new(logs.filter(group, *span)),
        };
        Ok(Brief(body))
    }
}

fn brief(reason: impl std::fmt::Display) -> io::Error {
    io::Error::other(reason.to_string())
}
