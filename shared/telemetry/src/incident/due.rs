//! Which alerts are due.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::alert::{Alert, Occasion};
use super::record::{Incident, IncidentState};
use super::settings::Settings;
use super::state::{Remembered, Said, State};
use crate::time::{Minute, start_of};

/// How many alerts are made at once, and how many may wait to be sent; the others follow later.
const ALERTS: usize = 20;
const WAITING: usize = 100;
/// An incident that grew this many times is told again.
const GREW: f64 = 10.0;

/// Adds the alerts that are due at a time to those given, and notes all of them as said and pending.
/// `newest` has the last failure of each incident that was found; `link` is where the summary answers.
pub(super) fn fall_due(
    mut alerts: Vec<Alert>,
    state: &mut State,
    newest: &BTreeMap<String, Minute>,
    now: i64,
    settings: &Settings,
    link: Option<&str>,
) -> Vec<Alert> {
    let is_recent = |remembered: &Remembered| {
        let newest = newest.get(&remembered.incident.id);
        newest.is_some_and(|newest| {
            now.saturating_sub(start_of(*newest)) <= i64::from(settings.alert_max_age) * 3600
        })
    };
    // Those that fail most are told first.
    let mut by_failures: Vec<&mut Remembered> = state.incidents.iter_mut().collect();
    by_failures.sort_by_key(|remembered| Reverse(remembered.incident.failures));
    for remembered in by_failures {
        let has_room = alerts.len() < ALERTS && alerts.len() + state.pending.len() < WAITING;
        if !is_recent(remembered) {
            remembered.pass_over();
        } else if has_room {
            alerts.extend(due(remembered, link));
        }
    }
    for alert in &alerts {
        state.sent(&alert.incident_id, alert.occasion);
        state.pending.push(alert.clone());
    }
    alerts
}

/// The alerts that are due of an incident, which are noted as said.
fn due(remembered: &mut Remembered, link: Option<&str>) -> Vec<Alert> {
    let Remembered { incident, said, names, .. } = remembered;
    let now = Said::of(incident);
    let came_back = incident.reopened > said.reopened && !now.resolved;
    // What was told as over may not be: late records show that it went on.
    let goes_on = incident.state == IncidentState::Open;
    let mut alerts = Vec::new();
    if said.opened && said.resolved && (came_back || goes_on) {
        alerts.push(Alert::open_again(incident, link));
        *said = now.clone();
    } else if !said.opened {
        alerts.push(Alert::new(Occasion::Opened, incident, link));
        *said = now.clone();
    }
    if incident.peak_per_minute >= GREW * said.peak.max(1.0) {
        alerts.push(Alert::new(Occasion::Grew, incident, link));
        said.peak = incident.peak_per_minute;
    }
    if now.proven && !said.proven {
        alerts.push(Alert::new(Occasion::Proven, incident, link));
        said.proven = true;
    }
    if now.resolved && !said.resolved {
        alerts.extend(of_all_names(Occasion::Resolved, incident, names, link));
        names.clear();
        (said.resolved, said.reopened) = (true, incident.reopened);
    }
    alerts
}

/// An alert of an incident, and the same for those that turned out to be it.
pub(super) fn of_all_names(
    occasion: Occasion,
    incident: &Incident,
    names: &[String],
    link: Option<&str>,
) -> Vec<Alert> {
    let others = names.iter().map(|id| Incident { id: id.clone(), ..incident.clone() });
    let mut alerts = vec![Alert::new(occasion, incident, link)];
    alerts.extend(others.map(|other| Alert::new(occasion, &other, link)));
    alerts
}
