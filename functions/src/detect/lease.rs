//! Who may publish: one detection at a time, for as long as its invocation may last.

use serde::{Deserialize, Serialize};
use sigdrift_telemetry::store::{Error, Replace, Replaced, Version};

/// The object that says until when somebody publishes.
pub const NAME: &str = "state/publishing.json";

/// How long an invocation may last, in seconds: nobody has a lease for longer.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const LONGEST: i64 = 15 * 60;

#[derive(Serialize, Deserialize)]
struct Until {
    /// In seconds since 1970.
    until: i64,
}

/// The right to publish.
#[derive(Debug)]
pub struct Lease(Version);

/// Takes the lease until a time, in seconds since 1970, unless somebody has it.
///
/// # Errors
/// When the store cannot be asked.
pub fn take(store: &impl Replace, now: i64, until: i64) -> Result<Option<Lease>, Error> {
    let held = store.read(NAME)?;
    // Of one that cannot be read nobody knows who has it: nobody, since it is written whole.
    let told = held.as_ref().and_then(|held| serde_json::from_slice::<Until>(&held.bytes).ok());
    if told.is_some_and(|told| (1..=LONGEST + 1).contains(&told.until.saturating_sub(now))) {
        return Ok(None);
    }
    let seen = held.as_ref().map(|held| &held.version);
    Ok(match store.replace(NAME, seen, &written(until)?)? {
        Replaced::Done(version) => Some(Lease(version)),
        Replaced::Changed => None,
    })
}

/// Gives the lease back. If that fails, it ends by itself.
///
/// # Errors
/// When the store cannot be asked.
pub fn give_back(store: &impl Replace, lease: &Lease) -> Result<(), Error> {
    store.replace(NAME, Some(&lease.0), &written(0)?).map(|_| ())
}

fn written(until: i64) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&Until { until }).map_err(|error| Error::new("write", NAME, error))
}
