//! The laws of a tally: it does not matter in which order things are counted, nor how they are
//! divided, nor whether a source comes twice, within the limits and beyond.

use std::borrow::Cow;

use proptest::prelude::*;

use super::image::image;
use super::*;
use crate::change::ChangeKind;

/// One thing that a log tells.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Request {
        kind: SourceKind,
        id: u16,
        minute: u16,
        endpoint: u8,
        version: u8,
        code: Option<&'static str>,
    },
    Change {
        time: u16,
        what: u8,
    },
    Marker {
        time: u16,
        version: u8,
    },
    Owner {
        key: u8,
        principal: u8,
    },
}

pub(crate) fn told() -> impl Strategy<Value = Told> {
    let codes = prop_oneof![
        3 => Just(None),
        2 => Just(Some("SignatureDoesNotMatch")),
        1 => Just(Some("InvalidAccessKeyId")),
        1 => Just(Some("NoSuchKey")),
    ];
    let request = (0..5_usize, any::<u16>(), any::<u16>(), 0..6_u8, any::<u8>(), codes).prop_map(
        |(kind, id, minute, endpoint, version, code)| {
            let kind = SourceKind::ALL[kind];
            Told::Request { kind, id, minute, endpoint, version, code }
        },
    );
    prop_oneof![
        8 => request,
        1 => (any::<u16>(), any::<u8>()).prop_map(|(time, what)| Told::Change { time, what }),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(time, version)| Told::Marker { time, version }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(key, principal)| Told::Owner { key, principal }),
    ]
}

fn take(tally: &mut Tally, told: &Told) {
    match told {
        Told::Request { kind, id, minute, endpoint, version, code } => {
            let mut request = Request::new(*kind);
            request.time = Some(i64::from(*minute) * 60 + 7);
            request.request_id = Some(Cow::Owned(format!("R{id}")));
            request.record = u64::from(*id) + 1;
            request.host = Some(Cow::Owned(format!("e{endpoint}.s3.eu-west-1.amazonaws.com")));
            request.user_agent = Some(Cow::Owned(format!("x/1 app/c-{version}")));
            request.signature_version = Some(Cow::Borrowed("SigV4"));
            request.remote_ip = Some(Cow::Owned(format!("192.0.2.{version}")));
            request.code = code.map(Cow::Borrowed);
            tally.request(&request, 1, &Place::Line(u64::from(*id)));
        }
        Told::Change { time, what } => {
            let change = Change {
                time: i64::from(*time),
                kind: ChangeKind::Deploy,
                what: format!("UpdateService {what}"),
                who: None,
                region: None,
                touches: Vec::new(),
            };
            tally.change(change, &what.to_string());
        }
        Told::Marker { time, version } => tally.marker(Marker {
            time: i64::from(*time),
            version: format!("v{version}"),
            matches: [(Dimension::Endpoint, format!("e{version}.example"))].into(),
        }),
        Told::Owner { key, principal } => {
            tally.principal(&format!("AKIA{key}"), &format!("user/{principal}"));
        }
    }
}

pub(crate) fn tally_of(all: &[Told], limits: Limits, source: u8) -> Tally {
    let mut tally = Tally::new(limits);
    for told in all {
        take(&mut tally, told);
    }
    let mut report = Report::new(format!("object {source}"));
    report.records = all.len() as u64;
    tally.report(report);
    tally.source(SourceId([source; 32]));
    tally.settle();
    tally
}

fn without_report(all: &[Told]) -> Tally {
    let mut tally = Tally::new(narrow());
    for told in all {
        take(&mut tally, told);
    }
    tally.settle();
    tally
}

pub(crate) fn merged(tallies: &[Tally], limits: Limits) -> Tally {
    let mut all = Tally::new(limits);
    for tally in tallies {
        all.merge(tally.clone()).unwrap();
    }
    all
}

pub(crate) fn wide() -> Limits {
    Limits::default()
}

/// Limits that a few hundred requests go far beyond.
pub(crate) fn narrow() -> Limits {
    Limits {
        rows: 20,
        series: SeriesLimits { series: 12, cells: 40 },
        sample: 15,
        changes: 5,
        principals: 5,
        probers: 5,
        text_bytes: 2_000,
    }
}

/// Two records of one request that came from one kind of log may differ in a test, where both have
/// the same id by chance; each id stands for one request then.
fn each_id_once(all: Vec<Told>) -> Vec<Told> {
    let mut seen = BTreeSet::new();
    all.into_iter()
        .filter(|told| match told {
            Told::Request { kind, id, .. } => seen.insert((*kind, *id)),
            _ => true,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_and_division_do_not_matter(
        all in proptest::collection::vec(told(), 0..300),
        cuts in proptest::collection::vec(0..300_usize, 2),
        seed in any::<u64>(),
        is_narrow in any::<bool>(),
    ) {
        let limits = if is_narrow { narrow() } else { wide() };
        let all = each_id_once(all);
        let parts = |all: &[Told]| -> Vec<Tally> {
            let mut ends: Vec<usize> = cuts.iter().map(|cut| (*cut).min(all.len())).collect();
            ends.sort_unstable();
            let parts = [&all[..ends[0]], &all[ends[0]..ends[1]], &all[ends[1]..]];
            (0..).zip(parts).map(|(source, part)| tally_of(part, limits, source)).collect()
        };
        let [a, b, c] = <[Tally; 3]>::try_from(parts(&all)).unwrap();
        let left = merged(&[merged(&[a.clone(), b.clone()], limits), c.clone()], limits);
        let right = merged(&[a.clone(), merged(&[b.clone(), c.clone()], limits)], limits);
        let turned = merged(&[c, a, b], limits);
        prop_assert_eq!(image(&left), image(&right));
        prop_assert_eq!(image(&left), image(&turned));

        // The same in another order, in one piece. The reports differ, since there is one object.
        let mut shuffled = all.clone();
        shuffled.sort_by_cached_key(|told| xxh3_64(format!("{seed}{told:?}").as_bytes()));
        let whole = tally_of(&shuffled, limits, 9);
        let content = |tally: &Tally| -> Vec<String> {
            image(tally).into_iter().filter(|line| !line.contains("KindReport")).collect()
        };
        prop_assert_eq!(content(&left), content(&whole));
    }

    #[test]
    fn to_share_the_room_of_the_sample_changes_nothing(
        all in proptest::collection::vec(told(), 0..300),
        seed in any::<u64>(),
    ) {
        let all = each_id_once(all);
        let room = Arc::new(SharedRoom::new(narrow().sample));
        let mut parts = [(); 3].map(|()| Tally::beside_others(narrow(), Arc::clone(&room)));
        for told in &all {
            let part = xxh3_64(format!("{seed}{told:?}").as_bytes()) % 3;
            take(&mut parts[part as usize], told);
        }
        // What is left to each is little more than what there is room for in all.
        let kept: usize = parts.iter().map(|part| part.sample().iter().count()).sum();
        prop_assert!(kept <= narrow().sample * 5 / 4 + 3 * 3, "{kept}");
        for (part, source) in parts.iter_mut().zip(1..) {
            part.source(SourceId([source; 32]));
            part.settle();
        }
        prop_assert_eq!(image(&merged(&parts, narrow())), image(&without_report(&all)));
    }

    #[test]
    fn a_finished_tally_can_go_on(
        all in proptest::collection::vec(told(), 0..300),
        at in 0..300_usize,
        is_narrow in any::<bool>(),
    ) {
        let limits = if is_narrow { narrow() } else { wide() };
        let mut all = each_id_once(all);
        if !is_narrow {
            // A failure that comes again is known again. One for whose row there was no room is not.
            all.extend(all.clone());
        }
        let mut at_once = Tally::new(limits);
        let mut in_two = Tally::new(limits);
        for (place, told) in all.iter().enumerate() {
            take(&mut at_once, told);
            if place == at {
                in_two.finish();
            }
            take(&mut in_two, told);
        }
        at_once.settle();
        in_two.settle();
        prop_assert_eq!(in_two.rows().count(), at_once.rows().count());
        prop_assert_eq!(in_two.series().count(), at_once.series().count());
        prop_assert_eq!(image(&in_two), image(&at_once));
    }

    #[test]
    fn nothing_is_lost_beyond_the_limits(all in proptest::collection::vec(told(), 0..300)) {
        let all = each_id_once(all);
        let tally = tally_of(&all, narrow(), 1);
        let counted: u64 = tally.series().iter().flat_map(|(_, _, cells)| cells.counts()).map(|(_, n)| n).sum();
        let rows = tally.rows().count() as u64;
        let expected = all.iter().filter(|told| match told {
            Told::Request { kind, code, .. } => {
                kind.traffic().is_some() || code.is_some_and(|code| code != "NoSuchKey")
            }
            _ => false,
        });
        prop_assert_eq!(counted + rows, expected.count() as u64);
        prop_assert!(rows <= narrow().rows as u64);
        prop_assert!(tally.texts().bytes() < 60_000);
    }

    #[test]
    fn a_source_that_is_held_is_not_added_again(all in proptest::collection::vec(told(), 0..100)) {
        let tally = tally_of(&all, wide(), 1);
        let once = merged(std::slice::from_ref(&tally), wide());
        let twice = merged(&[tally.clone(), tally.clone()], wide());
        prop_assert_eq!(image(&once), image(&twice));
    }
}

#[test]
fn tallies_that_share_some_sources_are_refused() {
    let (a, b) = (tally_of(&[], wide(), 1), tally_of(&[], wide(), 2));
    let both = merged(&[a.clone(), b], wide());
    let mut first = merged(&[a], wide());
    assert_eq!(first.merge(both), Err(Overlap { shared: 1, all: 2 }));
}
