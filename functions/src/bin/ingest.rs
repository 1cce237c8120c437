//! The function `ingest`: settings, adapters, one call.

use std::time::Duration;

use lambda_runtime::Error;
use serde_json::Value;
use serde_json::value::RawValue;
use sigdrift_aws::metrics::Log;
use sigdrift_functions::ingest::{Answer, Ingest, Own};
use sigdrift_functions::runtime::{self, Aws, Moment};
use sigdrift_functions::{logging, settings};

/// How long before the invocation's end reading stops, so that what was read can still be put.
const RESERVE: Duration = Duration::from_secs(10);

fn main() -> Result<(), Error> {
    logging::start();
    let privacy = settings::privacy(&settings::environment)?;
    let settings::StoreSettings { bucket, prefix } =
        settings::StoreSettings::read(&settings::environment)?;
    let log_group = settings::environment("AWS_LAMBDA_LOG_GROUP_NAME");
    let own = Own { bucket, prefix, log_group };
    let Aws { s3, store, .. } = Aws::open()?;
    let ingest = Ingest { objects: s3, store, metrics: Log, privacy, own };
    runtime::answer(move |event: Box<RawValue>, Moment { now, deadline }| {
        let deadline = deadline.checked_sub(RESERVE).unwrap_or(deadline);
        Ok(match ingest.invoke(event.get(), now, deadline)? {
            Answer::Batch(answer) => serde_json::to_value(answer)?,
            Answer::Done => Value::Null,
        })
    })
}
