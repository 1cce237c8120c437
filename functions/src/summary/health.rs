//! `GET /healthz`: whether the store can be asked, and how old its newest segment is.

use serde_json::{Value, json};
use sigdrift_telemetry::store::List;
use sigdrift_telemetry::store::layout::{Place, days, prefix_of_day};
use sigdrift_telemetry::time::rfc3339;

use super::parameters::Parameters;
use crate::http::Refusal;

/// How far back the newest segment is looked for: a day.
const LOOKED_BACK: i64 = 24 * 3600;

/// Answers the request.
pub fn health(store: &impl List, query: &[(String, String)], now: i64) -> Result<String, Refusal> {
    Parameters::of(query, &[])?;
    let mut newest = None;
    let mut found = |name: String| {
        let place = name.parse::<Place>().ok();
        let hour = place.map(|place| place.partition).filter(|partition| partition.hour.is_some());
        newest = newest.max(hour);
    };
    for day in days(now - LOOKED_BACK, now) {
        store.list(&prefix_of_day(day), &mut found)?;
    }
    let newest = newest.map_or(Value::Null, |hour| {
        // Names tell the hour of delivery: it is at least as old as that hour's end.
        let age = (now - hour.end()).max(0);
        json!({"hour": rfc3339(hour.start()), "age_seconds": age})
    });
    let version = env!("CARGO_PKG_VERSION");
    Ok(json!({"status": "ok", "version": version, "newest_segment": newest}).to_string())
}
