//! What the tally tells of runs together with what was told of them before.

use std::collections::{BTreeMap, BTreeSet};

use sigdrift_signature::CauseId;
use sigdrift_signature::cause::Confidence;

use super::merge::{Facts, Group};
use super::proof::{OLDER, Witnessed};
use super::scene::{Found, Scene};
use super::state::Remembered;
use super::subject::Subject;
use super::tell::Witness;
use crate::time::Minute;

/// What was witnessed of clusters in incidents whose beginning lies before what the logs show.
pub(super) fn unseen(
    known: &[Remembered],
    shown_from: Minute,
) -> BTreeMap<(&Subject, Minute), &Witnessed> {
    let mut unseen = BTreeMap::new();
    if shown_from == 0 {
        return unseen;
    }
    for remembered in known {
        for (subject, witnessed) in &remembered.witnessed {
            let own = remembered.runs.iter().filter(|kept| kept.members.contains(subject));
            if let Some(start) = own.map(|kept| kept.run.start).min()
                && start < shown_from.saturating_add(OLDER)
            {
                unseen.insert((subject, start), witnessed);
            }
        }
    }
    unseen
}

/// What the tally tells together with what was told before.
pub(super) struct Remembering<'a> {
    /// What the tally tells.
    pub(super) witness: &'a Witness<'a>,
    /// What was told before.
    pub(super) known: &'a [Remembered],
    /// From here on the tally shows everything.
    pub(super) shown_from: Minute,
}

impl Remembering<'_> {
    fn known<'a>(
        &'a self,
        scene: &'a Scene,
        found: &'a [Found],
    ) -> impl Iterator<Item = &'a Remembered> {
        self.known.iter().filter(move |known| {
            known.runs.iter().any(|kept| {
                found.iter().any(|found| {
                    found.part == kept.part
                        && found.run.start == kept.run.start
                        && found
                            .members
                            .first()
                            .is_some_and(|at| kept.members.contains(&scene.watched[*at].subject))
                })
            })
        })
    }
}

impl Facts for Remembering<'_> {
    fn proofs(&self, scene: &Scene, found: &[Found]) -> BTreeSet<Minute> {
        let mut proofs = self.witness.proofs(scene, found);
        let known = self.known(scene, found).flat_map(|known| known.proofs.iter().copied());
        proofs.extend(known.filter(|minute| *minute < self.shown_from));
        proofs
    }

    fn look_ahead(&self, scene: &Scene, groups: &[Group]) {
        self.witness.look_ahead(scene, groups);
    }

    fn cause(&self, scene: &Scene, found: &Found) -> Option<(CauseId, Option<String>)> {
        self.witness.cause(scene, found).or_else(|| {
            let known = self.known(scene, std::slice::from_ref(found));
            let cause = known.filter_map(|known| known.incident.cause.as_ref());
            let mut sure = cause.filter(|cause| cause.confidence >= Confidence::Strong);
            sure.next().map(|cause| (cause.cause, cause.component.clone()))
        })
    }
}
