//! The state in its written form: read back as it was, and refused where it cannot be trusted.

use std::collections::BTreeMap;

use super::online::{incident, watch};
use super::traffic::{BEGIN, FAILS, Story};
use crate::incident::{Settings, State, detect};
use crate::time::start_of;

#[test]
fn a_state_is_never_written_that_cannot_be_read() {
    let mut state = State::default();
    watch(&incident(), &mut state, 122..123);
    let found =
        detect(&incident().tally(), &state, start_of(BEGIN + 124), &Settings::default(), None);
    let mut state = found.state;
    state.pending[0].text = "x".repeat(65 << 20);
    let error = state.write().unwrap_err();
    assert!(error.to_string().contains("more than can be read"), "{error}");
}

/// The places of all numbers in JSON, one for each that differs in more than the place in a list.
fn numbers(json: &serde_json::Value, at: &str, found: &mut BTreeMap<String, String>) {
    use serde_json::Value::{Array, Number, Object};
    match json {
        Number(_) => {
            let kind: String = at.chars().filter(|c| !c.is_ascii_digit()).collect();
            found.insert(kind, at.to_owned());
        }
        Array(all) => {
            let each = all.iter().enumerate();
            each.for_each(|(place, one)| numbers(one, &format!("{at}/{place}"), found));
        }
        Object(all) => {
            all.iter().for_each(|(name, one)| numbers(one, &format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

#[test]
fn whatever_numbers_a_state_holds_nothing_overflows() {
    let mut state = State::default();
    let story = incident().with(100..110, 10, "media", "shop-2", "10.0.0.2", FAILS);
    watch(&story, &mut state, [60, 108, 125, 147, 170]);
    let json: serde_json::Value = serde_json::from_slice(&state.write().unwrap()).unwrap();
    let mut places = BTreeMap::new();
    numbers(&json, "", &mut places);
    assert!(places.len() > 20, "{places:?}");
    let tally = Story::default().with(150..175, 10, "media", "shop-2", "10.0.0.2", FAILS).tally();
    for place in places.values() {
        for number in
            ["-9223372036854775808", "-1", "0", "4294967295", "18446744073709551615", "1e308"]
        {
            let mut json = json.clone();
            *json.pointer_mut(place).unwrap() = serde_json::from_str(number).unwrap();
            let Ok(hostile) = State::read(json.to_string().as_bytes()) else { continue };
            for minute in [0, 176, 100_000] {
                let now = start_of(BEGIN + minute);
                let after = detect(&tally, &hostile, now, &Settings::default(), None).state;
                let written = after.write().unwrap();
                assert!(State::read(&written).is_ok(), "{place} {number} {minute}");
            }
        }
    }
}

#[test]
fn a_state_is_read_back_and_half_of_one_is_an_error() {
    let mut state = State::default();
    watch(&incident(), &mut state, 120..130);
    let written = state.write().unwrap();
    assert_eq!(State::read(&written).unwrap(), state);
    for cut in [0, 1, written.len() / 2, written.len() - 1] {
        assert!(State::read(&written[..cut]).is_err(), "{cut}");
    }
    assert_eq!(State::read(br#"{"version":0}"#).unwrap(), State::default());
    for wrong in
        ["", "null", "7", r#"{"version":1,"newest":4294967295}"#, r#"{"version":1,"settled":-1}"#]
    {
        assert!(State::read(wrong.as_bytes()).is_err(), "{wrong}");
    }
    assert!(state.check_clock(start_of(BEGIN)).is_ok(), "two hours back");
    let error = state.check_clock(start_of(BEGIN - 100)).unwrap_err();
    assert!(error.to_string().contains("a clock is or was wrong"), "{error}");
    let newer = State::read(br#"{"version":99,"what":1}"#).unwrap_err();
    assert!(newer.to_string().contains("format 99"), "{newer}");
}
