//! The function `summary`: settings, adapters, one call.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::Error;
use sigdrift_functions::runtime::{self, Aws};
use sigdrift_functions::summary::Summary;
use sigdrift_functions::{logging, settings};

fn main() -> Result<(), Error> {
    logging::start();
    let threads = settings::threads(&settings::environment)?;
    let summary = Summary { store: Aws::open()?.store, threads };
    runtime::answer(move |event: ApiGatewayV2httpRequest, moment| {
        Ok(summary.answer(&event, moment.now))
    })
}
