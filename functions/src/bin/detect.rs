//! The function `detect`: settings, adapters, one call.

use lambda_runtime::Error;
use serde::de::IgnoredAny;
use sigdrift_aws::metrics::Log;
use sigdrift_aws::topic::Topic;
use sigdrift_functions::detect::Detect;
use sigdrift_functions::logging;
use sigdrift_functions::runtime::{self, Aws};
use sigdrift_functions::settings::{self, DetectSettings, environment};

fn main() -> Result<(), Error> {
    logging::start();
    let DetectSettings { topic, link, detection } = DetectSettings::read(&environment)?;
    let threads = settings::threads(&environment)?;
    let Aws { connection, store, .. } = Aws::open()?;
    let alerts = Topic::new(&connection, &topic)?;
    let detect = Detect { store, alerts, metrics: Log, settings: detection, link, threads };
    // Whatever the schedule says, there is one thing to do.
    runtime::answer(move |_: IgnoredAny, moment| {
        let answer = detect.run(moment)?;
        tracing::info!(?answer, "detection ended");
        Ok(())
    })
}
