//! The functions' logs: one JSON object a line, with the request id.

use std::sync::OnceLock;
use std::time::Instant;

use tracing_subscriber::EnvFilter;

/// When the function started.
static STARTED: OnceLock<Instant> = OnceLock::new();

/// Starts logging at the level of `AWS_LAMBDA_LOG_LEVEL`, or `info`:
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html>.
pub fn start() {
    STARTED.get_or_init(Instant::now);
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

/// Logs how long the function took from its start until it can take its first event: the part of a cold start that is
/// ours. The whole stands in Lambda's own `REPORT` line, as `Init Duration`.
pub fn ready() {
    if let Some(started) = STARTED.get() {
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(cold_start_ms = (milliseconds * 10.0).round() / 10.0, "ready");
    }
}
