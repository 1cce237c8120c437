//! Publishes the alerts that are pending, and notes which were sent.

use std::time::Instant;

use sigdrift_aws::topic::{Message, Publish};
use sigdrift_telemetry::incident::{Alert, Occasion, State};
use sigdrift_telemetry::store::{Error, Replace, Replaced};

use super::{Failure, lease};
use crate::runtime::Moment;
use crate::state::{NAME, written};

/// How often the state is read anew when others replace it meanwhile.
const ATTEMPTS: u32 = 5;

/// Whose doing it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// Every pending alert was published.
    All,
    /// Another detection is about to.
    ByAnother,
}

/// Publishes what is pending in the state as it stands in the store.
///
/// # Errors
/// When the store cannot be asked, or an alert cannot be published. The alerts that were published
/// until then are noted.
pub fn publish(
    store: &impl Replace,
    topic: &impl Publish,
    moment: Moment,
) -> Result<Published, Failure> {
    let left = moment.deadline.saturating_duration_since(Instant::now());
    let until = i64::try_from(left.as_secs() + 1).map_or(moment.now, |left| moment.now + left);
    let Some(lease) = lease::take(store, moment.now, until)? else {
        tracing::info!("another detection publishes");
        return Ok(Published::ByAnother);
    };
    let published = publish_pending(store, topic);
    if let Err(error) = lease::give_back(store, &lease) {
        tracing::warn!(%error, "publishing waits until this invocation's time is over");
    }
    published.map(|()| Published::All)
}

fn publish_pending(store: &impl Replace, topic: &impl Publish) -> Result<(), Failure> {
    // Whoever had the lease before may have published what was pending a moment ago.
    let pending = read(store)?.map(|(_, state)| state.pending().to_vec()).unwrap_or_default();
    let mut sent = Vec::new();
    let mut failed = None;
    let mut refused = None;
    for alert in &pending {
        match topic.publish(&message(alert)) {
            Ok(()) => {
                tracing::info!(incident = %alert.incident_id, occasion = ?alert.occasion, "alert published");
                sent.push((alert.incident_id.as_str(), alert.occasion));
            }
            Err(error) => {
                failed = Some(error);
                refused = Some(alert.incident_id.as_str());
                // The next one would most likely fare no better, and each waits long.
                break;
            }
        }
    }
    if !sent.is_empty() || refused.is_some() {
        note(store, &sent, refused)?;
    }
    match failed {
        Some(error) => Err(Failure::Alerts { pending: pending.len() - sent.len(), error }),
        None => Ok(()),
    }
}

/// Notes in the state, whoever replaces it meanwhile, that alerts were sent. Those of the incident of
/// which one was refused come last the next time: if it is that one that cannot be sent, it is in nobody's
/// way.
fn note(
    store: &impl Replace,
    sent: &[(&str, Occasion)],
    refused: Option<&str>,
) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let Some((version, mut state)) = read(store)? else { return Ok(()) };
        for (incident_id, occasion) in sent {
            state.sent(incident_id, *occasion);
        }
        if let Some(incident_id) = refused {
            state.put_last(incident_id);
        }
        if let Replaced::Done(_) = store.replace(NAME, Some(&version), &written(&state)?)? {
            return Ok(());
        }
    }
    let why = format!("it was changed by others {ATTEMPTS} times: alerts may be repeated");
    Err(Error::new("replace", NAME, why))
}

fn read(
    store: &impl Replace,
) -> Result<Option<(sigdrift_telemetry::store::Version, State)>, Error> {
    let Some(held) = store.read(NAME)? else { return Ok(None) };
    let state = State::read(&held.bytes).map_err(|error| Error::new("read", NAME, error))?;
    Ok(Some((held.version, state)))
}

fn message(alert: &Alert) -> Message {
    Message {
        subject: alert.subject.clone(),
        default: alert.text.clone(),
        sms: alert.sms.clone(),
        json: alert.json.clone(),
    }
}
