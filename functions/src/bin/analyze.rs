//! The function `analyze`: settings, adapters, one call.

use std::time::Duration;

use lambda_runtime::Error;
use serde_json::value::RawValue;
use sigdrift_aws::events::{Logs, Trail};
use sigdrift_aws::objects::S3;
use sigdrift_aws::{Connection, Settings};
use sigdrift_functions::analyze::Analyze;
use sigdrift_functions::runtime::{self, Moment};
use sigdrift_functions::{logging, settings};

/// How long before the invocation's end reading stops, so that what was read can still be summed up.
const RESERVE: Duration = Duration::from_secs(30);

fn main() -> Result<(), Error> {
    logging::start();
    let threads = settings::threads(&settings::environment)?;
    let connection = Connection::open(&Settings::default())?;
    let analyze = Analyze {
        objects: S3::new(&connection),
        trail: Trail::new(&connection),
        logs: Logs::new(&connection),
        threads,
    };
    runtime::answer(move |event: Box<RawValue>, Moment { now, deadline }| {
        let deadline = deadline.checked_sub(RESERVE).unwrap_or(deadline);
        let summary = analyze.invoke(event.get(), now, deadline)?;
        Ok(RawValue::from_string(summary)?)
    })
}
