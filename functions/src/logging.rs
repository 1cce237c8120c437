//! The functions' logs: one JSON object a line, with the request id.

use tracing_subscriber::EnvFilter;

/// Starts logging at the level of `AWS_LAMBDA_LOG_LEVEL`, or `info`:
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html>.
pub fn start() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
    // The SDK's own words may hold headers: only ours are logged.
    let filter = EnvFilter::new(format!("error,sigdrift_functions={}", level.to_lowercase()));
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .try_init();
    // Whoever has started it already logs.
    drop(started);
}
