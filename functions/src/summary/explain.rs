//! `POST /explain`: from a captured error, or the error body of a service, to its cause.

use std::time::{Duration, Instant};

use sigdrift_signature::explain::{Limits, Question};
use sigdrift_telemetry::evidence::gather::{Gathered, Named};

use super::parameters::Parameters;
use crate::http::{Refusal, Request};

/// The longest body that is read, in bytes.
const LONGEST: usize = 1 << 20;
/// How long is searched for what was signed: well below the 30 seconds that an HTTP API waits.
const SEARCH: Duration = Duration::from_secs(5);

/// Answers the request. There is no way to give a secret.
pub fn explain(request: &Request, now: i64) -> Result<String, Refusal> {
    Parameters::of(&request.query, &[])?;
    if request.body.len() > LONGEST {
        return Err(Refusal::TooLarge(LONGEST));
    }
    let started = Instant::now();
    let text = Named { name: "the body".to_owned(), bytes: request.body.clone() };
    let mut gathered = Gathered::default();
    gathered.any(&[text]).map_err(|_| {
        let expected =
            "tells of no failing request: send a captured error, or what the service answered";
        Refusal::Body(expected.to_owned())
    })?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let stop = || started.elapsed() > SEARCH;
    let limits = Limits { threads, stop: &stop, ..Limits::default() };
    let mut told = gathered.explain(&Question { secret: None, limits }, now);
    told.searched.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(serde_json::to_string(&told)?)
}
