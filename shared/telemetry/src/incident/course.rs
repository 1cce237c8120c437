//! The course of an incident: open, recovering, resolved, and open again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::run::Run;
use super::settings::Settings;
use crate::time::Minute;

/// The longest that quiet must last, however often an incident came back, in minutes.
const LONGEST_QUIET: Minute = 80;

/// The state of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IncidentState {
    /// It fails more than usual.
    Open,
    /// The rate is back, but it is too early, or nothing shows yet that the requests succeed.
    Recovering,
    /// The rate is back, and requests of the kind that failed are accepted.
    Resolved,
}

/// The course of an incident up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// The state.
    pub state: IncidentState,
    /// The first minute of its first run.
    pub start: Minute,
    /// The minute in which the rule first fired.
    pub fired: Minute,
    /// Since when the rate is back.
    pub back: Option<Minute>,
    /// The minute after which it is resolved.
    pub resolved: Option<Minute>,
    /// Whether nothing showed that the requests succeed.
    pub without_proof: bool,
    /// How often it came back after it was resolved.
    pub reopened: u32,
}

/// The course that runs make. `proofs` are the minutes in which requests of the kind that fails
/// were accepted; `horizon` is the last minute that is known.
#[must_use]
pub fn course(
    runs: &[Run],
    proofs: &BTreeSet<Minute>,
    horizon: Minute,
    settings: &Settings,
) -> Option<Course> {
    let mut runs: Vec<&Run> = runs.iter().collect();
    runs.sort_by_key(|run| (run.start, run.fired));
    let first = runs.first()?;
    let mut course = Course {
        state: IncidentState::Open,
        start: first.start,
        fired: runs.iter().map(|run| run.fired).min()?,
        back: None,
        resolved: None,
        without_proof: false,
        reopened: 0,
    };
    let mut end = first.end;
    for run in &runs[1..] {
        if let Some(over) = end
            && run.start > over
        {
            course.settle(over, proofs, run.fired, settings);
            if course.state == IncidentState::Resolved {
                course.reopened += 1;
            }
            end = run.end;
            continue;
        }
        end = end.zip(run.end).map(|(a, b)| a.max(b));
    }
    match end {
        Some(over) => course.settle(over, proofs, horizon.saturating_add(1), settings),
        None => course.reopen(),
    }
    Some(course)
}

impl Course {
    fn reopen(&mut self) {
        self.state = IncidentState::Open;
        (self.back, self.resolved, self.without_proof) = (None, None, false);
    }

    /// What became of it between the end of a run and `limit`.
    fn settle(
        &mut self,
        end: Minute,
        proofs: &BTreeSet<Minute>,
        limit: Minute,
        settings: &Settings,
    ) {
        self.reopen();
        self.state = IncidentState::Recovering;
        self.back = Some(end);
        let times = 1_u32 << self.reopened.min(6);
        let quiet = settings.quiet_minutes.saturating_mul(times);
        let quiet = end.saturating_add(quiet.min(LONGEST_QUIET.max(settings.quiet_minutes)));
        let proven = proofs.range(end..).next().map(|proof| quiet.max(*proof + 1));
        let unproven = end.saturating_add(settings.unproven_hours * 60);
        let resolved = proven.map_or(unproven, |proven| proven.min(unproven));
        if resolved <= limit {
            self.state = IncidentState::Resolved;
            self.resolved = Some(resolved);
            self.without_proof = proven.is_none_or(|proven| proven > unproven);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(start: Minute, end: Option<Minute>) -> Run {
        Run { start, fired: start + 2, end, back: None, seen: 0.0, baseline: 0.01, dispersion: 2.0 }
    }

    fn of(runs: &[Run], proofs: &[Minute], horizon: Minute) -> Course {
        let proofs = proofs.iter().copied().collect();
        course(runs, &proofs, horizon, &Settings::default()).unwrap()
    }

    #[test]
    fn it_is_resolved_only_when_the_rate_is_back_and_requests_are_accepted() {
        use IncidentState::*;
        let over = [run(100, Some(120))];
        for (proofs, horizon, state, resolved) in [
            (&[][..], 119, Recovering, None),
            (&[110], 200, Recovering, None),
            (&[121], 123, Recovering, None),
            (&[121], 124, Resolved, Some(125)),
            (&[121], 500, Resolved, Some(125)),
            (&[150], 500, Resolved, Some(151)),
            (&[], 120 + 24 * 60 - 2, Recovering, None),
            (&[], 120 + 24 * 60 - 1, Resolved, Some(120 + 24 * 60)),
        ] {
            let found = of(&over, proofs, horizon);
            assert_eq!((found.state, found.resolved), (state, resolved), "{proofs:?} {horizon}");
            assert_eq!(found.without_proof, resolved.is_some() && proofs.is_empty());
        }
        assert_eq!(of(&[run(100, None)], &[101], 500).state, Open);
    }

    #[test]
    fn what_comes_back_opens_it_again_and_must_then_be_quiet_for_longer() {
        let twice = [run(100, Some(120)), run(150, Some(160))];
        let found = of(&twice, &[122, 161], 168);
        assert_eq!((found.reopened, found.state), (1, IncidentState::Recovering));
        assert_eq!(of(&twice, &[122, 161], 300).resolved, Some(170));
        // It was not resolved before it came back.
        assert_eq!(of(&twice, &[161], 300).reopened, 0);
        // Of clusters that overlap, the last that ends ends it.
        assert_eq!(of(&[run(100, Some(120)), run(110, Some(115))], &[], 150).back, Some(120));
        assert_eq!(of(&[run(100, None), run(110, Some(115))], &[], 150).state, IncidentState::Open);
    }
}
