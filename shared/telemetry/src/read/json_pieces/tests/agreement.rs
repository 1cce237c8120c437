//! Pieces of any JSON stream, whole or damaged, agree with a parser of whole texts.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\\[\\]{}\"\\\\,:\n]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![
            4 => "[a-z\"\\\\]{0,3}",
            1 => Just("Records".to_owned()),
            1 => Just("events".to_owned()),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What the pieces of a value are, from its tree; objects keep their order of names.
fn twin(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements.clone(),
        Value::Object(members) => {
            let mut rest = members.clone();
            let mut pieces = Vec::new();
            for (name, value) in &mut rest {
                if let (true, Value::Array(elements)) = (STREAMED.contains(&name.as_str()), value) {
                    pieces.append(elements);
                }
            }
            let streams = |(name, value): (&String, &Value)| {
                STREAMED.contains(&name.as_str()) && value.is_array()
            };
            if !members.iter().any(streams) {
                return vec![value.clone()];
            }
            if !members.iter().all(streams) {
                pieces.push(Value::Object(rest));
            }
            pieces
        }
        other => vec![other.clone()],
    }
}

/// Objects whose members all fit one pattern, as records are; each says its number.
fn records(count: usize, salt: &str) -> Vec<Value> {
    (0..count)
        .map(|number| {
            json!({
                "eventVersion": format!("1.{number}"),
                "other": {"text": format!("{salt} \"q\" {{}} [,] \\ \n {number}"), "n": null},
                "nested": "{\"eventVersion\":\"1\"},{\"b\":2}",
                "resources": [{"arn": "x", "n": 1}, {"arn": "y"}],
                "z": true,
            })
        })
        .collect()
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Records,
    PrettyRecords,
    Lines,
    LinesOfRecords,
    Joined,
    Array,
}

fn written(form: Form, records: &[Value]) -> Vec<u8> {
    let texts: Vec<String> = records.iter().map(Value::to_string).collect();
    match form {
        Form::Records => format!("{{\"Records\":[{}]}}", texts.join(",")),
        Form::PrettyRecords => serde_json::to_string_pretty(&json!({"Records": records})).unwrap(),
        Form::Lines => texts.join("\n"),
        Form::LinesOfRecords => texts
            .chunks(3)
            .map(|some| format!("{{\"Records\":[{}]}}", some.join(",")))
            .collect::<Vec<_>>()
            .join("\n"),
        Form::Joined => texts.join(""),
        Form::Array => format!("[{}]", texts.join(",\n")),
    }
    .into_bytes()
}

#[derive(Clone, Copy, Debug)]
enum Damage {
    Change(u8),
    Insert(u8),
    Remove,
    Cut,
}

fn damaged(mut bytes: Vec<u8>, damage: Damage, at: usize) -> Vec<u8> {
    match damage {
        Damage::Change(byte) => bytes[at] = byte,
        Damage::Insert(byte) => bytes.insert(at, byte),
        Damage::Remove => _ = bytes.remove(at),
        Damage::Cut => bytes.truncate(at),
    }
    bytes
}

proptest! {
    #[test]
    fn pieces_of_valid_input_are_those_of_a_whole_parse(
        values in prop::collection::vec(any_value(), 0..5),
        pretty in any::<bool>(),
        sizes in prop::collection::vec(1..40usize, 1..4),
    ) {
        let mut text = String::new();
        for value in &values {
            let printed = serde_json::to_string_pretty(value);
            text += &if pretty { printed.unwrap() } else { value.to_string() };
            text += "\n";
        }
        let expected: Vec<Value> = values.iter().flat_map(twin).collect();
        let found: Vec<Value> = all(text.as_bytes(), &sizes)
            .iter()
            .map(|out| match out {
                Out::Value(text, place) => {
                    let at = usize::try_from(place.offset).unwrap();
                    assert!(text_at(text, at, &written_text(&values, pretty)));
                    serde_json::from_str(text).unwrap()
                }
                Out::Rest(text) => serde_json::from_str(text).unwrap(),
                Out::Problem(problem) => panic!("{problem:?}"),
            })
            .collect();
        prop_assert_eq!(found, expected, "{}", text);
    }

    #[test]
    fn one_damaged_byte_costs_its_neighbourhood_at_most(
        form in prop::sample::select(vec![
            Form::Records,
            Form::PrettyRecords,
            Form::Lines,
            Form::LinesOfRecords,
            Form::Joined,
            Form::Array,
        ]),
        damage in prop_oneof![
            any::<u8>().prop_map(Damage::Change),
            prop::sample::select(b"{}[]\",:\\\n1x\0".to_vec()).prop_map(Damage::Change),
            prop::sample::select(b"{}[]\",:\\\n1x\0".to_vec()).prop_map(Damage::Insert),
            Just(Damage::Remove),
            Just(Damage::Cut),
        ],
        at in any::<prop::sample::Index>(),
        sizes in prop::collection::vec(1..400usize, 1..4),
        salt in "[a-z\u{e9}]{0,4}",
    ) {
        let records = records(9, &salt);
        let whole = written(form, &records);
        let at = at.index(whole.len());
        let bytes = damaged(whole.clone(), damage, at);
        let before = all(&whole, &[usize::MAX]);
        let after = all(&bytes, &sizes);
        let places: Vec<(usize, usize)> = before
            .iter()
            .map(|out| match out {
                Out::Value(text, place) => (place.offset as usize, text.len()),
                other => panic!("{other:?}"),
            })
            .collect();
        prop_assert_eq!(places.len(), records.len());
        let hit = places.iter().rposition(|(from, _)| *from <= at).unwrap_or(0);
        // An insertion before a record is not in it: it may put all that follow in brackets.
        let first = usize::from(matches!(damage, Damage::Insert(_)));
        let in_record =
            places.iter().any(|(from, length)| (from + first..from + length).contains(&at));
        for (number, (from, length)) in places.iter().enumerate() {
            if number.abs_diff(hit) <= 1 {
                continue;
            }
            let text = std::str::from_utf8(&whole[*from..from + length]).unwrap();
            let out = after.iter().any(|out| matches!(out, Out::Value(found, _) if found == text));
            if matches!(damage, Damage::Cut) && number > hit {
                prop_assert!(!out);
                continue;
            }
            let shift = match damage {
                Damage::Insert(_) if *from > at => from + 1,
                Damage::Remove if *from > at => from - 1,
                _ => *from,
            } as u64;
            let named = after.iter().any(|out| match out {
                Out::Problem(problem) => {
                    let end = problem.place.offset + problem.skipped;
                    (problem.place.offset..end).contains(&shift)
                }
                Out::Value(found, _) | Out::Rest(found) => found.contains(text),
            });
            prop_assert!(out || (named && !in_record), "record {} is lost: {:?}", number, after);
        }
        if matches!(damage, Damage::Cut) && at > 0 {
            let problems = after.iter().filter(|out| matches!(out, Out::Problem(_))).count();
            prop_assert!(problems <= 1, "{:?}", after);
        }
    }

    #[test]
    fn any_bytes_end(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{}:,\"\\\\a1\n ]{0,200}".prop_map(String::into_bytes),
        ],
        sizes in prop::collection::vec(1..20usize, 1..4),
    ) {
        let found = all(&bytes, &sizes);
        prop_assert_eq!(&found, &all(&bytes, &[usize::MAX]));
        for out in found {
            if let Out::Value(text, _) = out {
                let as_written: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&text);
                prop_assert!(as_written.is_ok(), "{}", text);
            }
        }
    }
}

fn written_text(values: &[Value], pretty: bool) -> String {
    let print = |value: &Value| {
        if pretty { serde_json::to_string_pretty(value).unwrap() } else { value.to_string() }
    };
    values.iter().map(|value| print(value) + "\n").collect()
}

fn text_at(text: &str, at: usize, whole: &str) -> bool {
    whole.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
}
