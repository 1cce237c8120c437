//! The function `ingest`: settings, adapters, one call.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use serde_json::value::RawValue;
use sigdrift_aws::metrics::Log;
use sigdrift_aws::objects::{Address, Bucket, S3};
use sigdrift_aws::{Connection, Settings};
use sigdrift_functions::ingest::{Answer, Ingest, Own};
use sigdrift_functions::{logging, settings};

/// How long before the invocation's end reading stops, so that what was read can still be put.
const RESERVE: Duration = Duration::from_secs(10);

fn main() -> Result<(), Error> {
    logging::start();
    let store = settings::StoreSettings::read(&settings::environment)?;
    let privacy = settings::privacy(&settings::environment)?;
    let own = Own {
        bucket: store.bucket.clone(),
        prefix: store.prefix.clone(),
        log_group: settings::environment("AWS_LAMBDA_LOG_GROUP_NAME"),
    };
    let connection = Connection::open(&Settings::default())?;
    let s3 = S3::new(&connection);
    let address = Address { bucket: store.bucket.into(), prefix: store.prefix };
    let store = Bucket::new(&s3, address);
    let ingest = Arc::new(Ingest { objects: s3, store, metrics: Log, privacy, own });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let ingest = Arc::clone(&ingest);
        async move { tokio::task::spawn_blocking(move || handle(&ingest, &event)).await? }
    })))
}

fn handle(
    ingest: &Ingest<S3, Bucket, Log>,
    event: &LambdaEvent<Box<RawValue>>,
) -> Result<Value, Error> {
    let _span =
        tracing::error_span!("invocation", request_id = %event.context.request_id).entered();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let left = Duration::from_millis(event.context.deadline).saturating_sub(now);
    let deadline = Instant::now() + left.saturating_sub(RESERVE);
    let now = i64::try_from(now.as_secs())?;
    match ingest.invoke(event.payload.get(), now, deadline) {
        Ok(Answer::Batch(answer)) => Ok(serde_json::to_value(answer)?),
        Ok(Answer::Done) => Ok(Value::Null),
        Err(error) => {
            tracing::error!(%error, "invocation failed");
            Err(error.into())
        }
    }
}
