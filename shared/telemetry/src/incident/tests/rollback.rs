//! A rollback heals, where the version that is back had been gone.

use super::clients::capture;
use super::*;

#[test]
fn a_rollback_heals_where_the_old_version_was_gone() {
    let before = |bucket: &str, each| {
        Story::default().with(0..120, each, bucket, "shop-1", "10.0.0.1", SUCCEEDS)
    };
    let failing = |story: Story| story.with(120..140, 10, "media", "shop-2", "10.0.0.2", FAILS);
    let rolled_back =
        |story: Story| story.with(140..END, 2, "media", "shop-1", "10.0.0.7", SUCCEEDS);
    let state = |story: Story| {
        let incidents = found(&story);
        assert_eq!(incidents.len(), 1);
        (incidents[0].state, incidents[0].resolved_at.clone())
    };
    let healed = rolled_back(failing(before("media", 2)));
    assert_eq!(state(healed), (IncidentState::Resolved, Some(at(145))));
    // It went on beside the new one all along, or was elsewhere before, or is another application's.
    let beside =
        failing(before("media", 2)).with(120..140, 1, "media", "shop-1", "10.0.0.1", SUCCEEDS);
    let elsewhere = rolled_back(failing(before("thumbs", 2)));
    let other =
        failing(before("media", 2)).with(140..END, 2, "media", "etl-1", "10.0.0.7", SUCCEEDS);
    for story in [rolled_back(beside), other] {
        assert_eq!(state(story).0, IncidentState::Recovering);
    }
    // It works now and then, or the log that shows it has a hole where others tell of the failures.
    let batches = (0..9).fold(Story::default(), |story, batch| {
        story.with(20 * batch..20 * batch + 2, 40, "media", "shop-1", "10.0.0.1", SUCCEEDS)
    });
    let now_and_then = batches.with(120..140, 10, "media", "shop-2", "10.0.0.2", FAILS);
    assert_eq!(state(now_and_then).0, IncidentState::Recovering);
    let mut holey = rolled_back(before("media", 2)).tally();
    for minute in 120..140_i64 {
        (0..10).for_each(|number| {
            let time = start_of(BEGIN) + 60 * minute;
            capture(&mut holey, time, number, Some("shop-2"));
        });
    }
    let open = find(&holey, &Window::default(), &Settings::default());
    assert_eq!((open.len(), open[0].state), (1, IncidentState::Recovering));
    // There a version that nobody knew is a newer one.
    assert_eq!(state(elsewhere).0, IncidentState::Resolved);
}
