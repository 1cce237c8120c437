//! How a function runs: settings, adapters, then one call for each invocation.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sigdrift_aws::objects::{Address, Bucket, S3};
use sigdrift_aws::{Connection, Settings};

use crate::logging;
use crate::settings::{StoreSettings, environment};

/// When an invocation happens.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Now, in seconds since 1970.
    pub now: i64,
    /// When the invocation has to have ended.
    pub deadline: Instant,
}

/// The ways to AWS that functions share.
#[derive(Clone, Debug)]
pub struct Aws {
    /// How AWS is reached.
    pub connection: Connection,
    /// S3.
    pub s3: S3,
    /// The store.
    pub store: Bucket,
}

impl Aws {
    /// Opens AWS and the store as the function's environment says.
    ///
    /// # Errors
    /// When the environment says too little.
    pub fn open() -> Result<Self, Error> {
        let store = StoreSettings::read(&environment)?;
        let connection = Connection::open(&Settings::default())?;
        let s3 = S3::new(&connection);
        let address = Address { bucket: store.bucket.into(), prefix: store.prefix };
        let store = Bucket::new(&s3, address);
        Ok(Self { connection, s3, store })
    }
}

/// Answers invocations for as long as there are any. An error is logged, and fails its invocation.
///
/// # Errors
/// When Lambda cannot be asked for the next one.
pub fn answer<Event, Answer>(
    handle: impl Fn(Event, Moment) -> Result<Answer, Error> + Send + Sync + 'static,
) -> Result<(), Error>
where
    Event: DeserializeOwned + Send + 'static,
    Answer: Serialize + Send + 'static,
{
    logging::ready();
    let handle = Arc::new(handle);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(service_fn(move |event: LambdaEvent<Event>| {
        let handle = Arc::clone(&handle);
        // The adapters block.
        async move { tokio::task::spawn_blocking(move || one(&*handle, event)).await? }
    })))
}

fn one<Event, Answer>(
    handle: &impl Fn(Event, Moment) -> Result<Answer, Error>,
    event: LambdaEvent<Event>,
) -> Result<Answer, Error> {
    let _span =
        tracing::error_span!("invocation", request_id = %event.context.request_id).entered();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let left = Duration::from_millis(event.context.deadline).saturating_sub(now);
    let moment = Moment { now: i64::try_from(now.as_secs())?, deadline: Instant::now() + left };
    handle(event.payload, moment).inspect_err(|error| tracing::error!(%error, "invocation failed"))
}
