//! Damaged content: what is whole is counted, what is not is counted as unreadable and named.

use std::fs::File;
use std::io::{BufWriter, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::lines::{accepted, captured, event, gzip, json_record, refused};
use crate::run::{Analyzed, Logs, sigdrift};

const TEXT: Option<&str> = Some("s3-access-log");
const JSON: Option<&str> = Some("s3-access-log-json");
const CLOUDTRAIL: Option<&str> = Some("cloudtrail");
const CAPTURED: Option<&str> = Some("captured-error");

/// A healthy file beside the damaged one, which is counted whatever happens to the other.
fn beside_healthy(name: &str, content: impl AsRef<[u8]>) -> Analyzed {
    let logs = Logs::new();
    logs.add(name, content);
    logs.add("healthy", refused("HEALTHY"));
    let analyzed = logs.analyzed(&[]);
    assert!(analyzed.printed.contains("HEALTHY"));
    analyzed
}

#[test]
fn a_truncated_gzip_gives_the_lines_before_its_end() {
    // Digits that do not repeat, so that the file is not one block of deflate.
    let line = |n: u64| accepted(&format!("{:016X}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let all: String = (0..2000).map(line).collect();
    let whole = gzip(all.as_bytes());
    let half = &whole[..whole.len() / 2];
    let mut before = Vec::new();
    GzDecoder::new(half).read_to_end(&mut before).unwrap_err();
    let lines = before.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert!(lines > 100);
    let analyzed = beside_healthy("cut.gz", half);
    assert_eq!(analyzed.code, Some(3));
    let [objects, records, skipped, unreadable] = analyzed.source(TEXT).unwrap();
    assert_eq!((objects, skipped), (2, 0));
    // How much a decoder gives out before it meets the end is its own matter.
    assert!(records > 100 && records <= lines + 1, "{records} of {lines}");
    assert!((1..=2).contains(&unreadable), "{unreadable}");
    assert!(analyzed.problems().iter().any(|(_, reason)| reason.contains("ends early")));
    assert_eq!(analyzed.requests(), records);
}

#[test]
fn a_truncated_zstd_is_named_too() {
    let lines: String = (0..5000).map(|n| refused(&format!("R{n}"))).collect();
    let whole = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    let analyzed = beside_healthy("cut.zst", &whole[..whole.len() / 2]);
    assert_eq!(analyzed.code, Some(3));
    assert!(analyzed.problems().iter().any(|(_, reason)| reason.contains("ends early")));
}

#[test]
fn a_gzip_bomb_is_stopped() {
    let logs = Logs::new();
    let bomb = File::create(logs.path().join("bomb.gz")).unwrap();
    let mut encoder = GzEncoder::new(BufWriter::new(bomb), Compression::best());
    // Real lines shrink to a 200th at best.
    let line = refused("BOMB").replace("Boto3", &"a".repeat(2000));
    let lines = line.repeat(1000);
    for _ in 0..(256 << 20) / lines.len() {
        encoder.write_all(lines.as_bytes()).unwrap();
    }
    encoder.finish().unwrap().flush().unwrap();
    logs.add("healthy", refused("HEALTHY"));
    let analyzed = logs.analyzed(&["--threads", "1"]);
    assert_eq!(analyzed.code, Some(3));
    let [_, records, _, unreadable] = analyzed.source(TEXT).unwrap();
    // 64 MiB may be read of anything, and no more of this.
    let all = (256 << 20) / line.len() as u64;
    assert!(records > 1 && records < all / 2, "{records} of {all}");
    assert!((1..=2).contains(&unreadable));
    assert!(analyzed.problems().iter().any(|(_, reason)| reason.contains("times its size")));
    assert_eq!(analyzed.failures(), 2);
}

/// Writes `before`, a line of 100 MB, and `after`.
fn with_long_line(logs: &Logs, before: &str, after: &str) {
    let mut file = BufWriter::new(File::create(logs.path().join("log")).unwrap());
    file.write_all(before.as_bytes()).unwrap();
    let piece = vec![b'a'; 1 << 20];
    for _ in 0..100 {
        file.write_all(&piece).unwrap();
    }
    file.write_all(b"\n").unwrap();
    file.write_all(after.as_bytes()).unwrap();
    file.flush().unwrap();
}

#[test]
fn a_line_of_100_megabytes_is_passed_over_in_little_memory() {
    let all = [
        (TEXT, refused("A"), refused("B")),
        (JSON, json_record("A"), json_record("B")),
        (CAPTURED, captured("A"), captured("B")),
    ];
    for (kind, before, after) in all {
        let logs = Logs::new();
        with_long_line(&logs, &before, &after);
        let command = format!(
            "ulimit -v 100000; exec '{}' analyze --json --threads 1 '{}'",
            env!("CARGO_BIN_EXE_sigdrift"),
            logs.path().display()
        );
        let analyzed = Analyzed::of(std::process::Command::new("sh").args(["-c", &command]));
        assert_eq!(analyzed.code, Some(3), "{kind:?}");
        assert_eq!(analyzed.source(kind), Some([1, 2, 0, 1]), "{kind:?}");
        assert_eq!(analyzed.problems()[0].0, "line 2");
        assert_eq!(analyzed.failures(), 2);
    }
}

#[test]
fn a_line_of_100_megabytes_may_come_first() {
    let logs = Logs::new();
    with_long_line(&logs, "", &refused("A"));
    let analyzed = logs.analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 1));
    assert_eq!(analyzed.source(TEXT), Some([1, 1, 0, 1]));
}

#[test]
fn bytes_that_are_no_text_cost_their_line() {
    for (odd, reason) in [(&b"\0"[..], "NUL"), (b"\xff\xfe", "UTF-8"), (b"\xc3", "UTF-8")] {
        let damaged_line = refused("B").replace("Boto3", "@").into_bytes();
        let at = damaged_line.iter().position(|byte| *byte == b'@').unwrap();
        let damaged_line = [&damaged_line[..at], odd, &damaged_line[at + 1..]].concat();
        let analyzed =
            Logs::of([refused("A").as_bytes(), &damaged_line, refused("C").as_bytes()].concat())
                .analyzed(&[]);
        assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 2));
        assert_eq!(analyzed.source(TEXT), Some([1, 2, 0, 1]));
        let (place, told) = &analyzed.problems()[0];
        assert!(place == "line 2" && told.contains(reason), "{place}: {told}");

        let damaged_record = json_record("B").replace("Boto3", "@").into_bytes();
        let at = damaged_record.iter().position(|byte| *byte == b'@').unwrap();
        let damaged_record = [&damaged_record[..at], odd, &damaged_record[at + 1..]].concat();
        let records =
            [json_record("A").as_bytes(), &damaged_record, json_record("C").as_bytes()].concat();
        let analyzed = Logs::of(records).analyzed(&[]);
        assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 2));
        assert_eq!(analyzed.source(JSON), Some([1, 2, 0, 1]));
    }
}

#[test]
fn lines_cut_short_are_unreadable_and_named_by_their_number() {
    let line = refused("B");
    for end in [1, 80, 150, 200] {
        let content = format!("{}{}\n{}", refused("A"), &line[..end], refused("C"));
        let analyzed = Logs::of(content).analyzed(&[]);
        assert_eq!(analyzed.source(TEXT), Some([1, 2, 0, 1]), "{end}");
        assert_eq!(
            (analyzed.code, analyzed.problems()[0].0.as_str()),
            (Some(3), "line 2"),
            "{end}"
        );
    }
}

#[test]
fn problems_are_bounded_and_their_count_is_not() {
    let content = refused("A") + &"damaged\n".repeat(5000);
    let analyzed = Logs::of(content).analyzed(&[]);
    assert_eq!(analyzed.source(TEXT), Some([1, 1, 0, 5000]));
    let named = analyzed.problems();
    assert!((1..=100).contains(&named.len()), "{}", named.len());
    assert_eq!(named[0].0, "line 2");
}

#[test]
fn half_a_record_in_json_lines_costs_itself() {
    let all = [
        (JSON, json_record("A"), json_record("B"), json_record("C")),
        (CLOUDTRAIL, event("A") + "\n", event("B") + "\n", event("C") + "\n"),
        (CAPTURED, captured("A"), captured("B"), captured("C")),
    ];
    for (kind, before, broken, after) in all {
        for end in [10, 60, broken.len() - 3] {
            let half = &broken[..end];
            for content in [format!("{before}{half}\n{after}"), format!("{before}{after}{half}")] {
                let analyzed = Logs::of(&content).analyzed(&[]);
                assert_eq!(analyzed.code, Some(3), "{content}");
                assert_eq!(analyzed.source(kind), Some([1, 2, 0, 1]), "{content}");
                assert_eq!(analyzed.problems().len(), 1);
            }
        }
    }
}

#[test]
fn the_end_of_a_record_in_json_lines_is_no_failure_of_an_application() {
    let failed = |id| {
        event(id).replace(r#""eventTime""#, r#""errorCode":"SignatureDoesNotMatch","eventTime""#)
            + "\n"
    };
    let all = [
        (JSON, json_record("A"), json_record("B"), json_record("C")),
        (CLOUDTRAIL, failed("A"), failed("B"), failed("C")),
    ];
    for (kind, before, broken, after) in all {
        let rest = &broken[12..];
        assert!(rest.contains("SignatureDoesNotMatch"), "{rest}");
        for content in [format!("{before}{rest}{after}"), format!("{rest}{before}{after}")] {
            let analyzed = Logs::of(&content).analyzed(&[]);
            assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 2), "{content}");
            assert_eq!(analyzed.source(kind), Some([1, 2, 0, 1]), "{content}");
        }
    }
}

#[test]
fn half_a_record_in_an_array_costs_itself() {
    let records: Vec<String> = ["A", "B", "C", "D"].map(event).into();
    let whole = format!(r#"{{"Records":[{}]}}"#, records.join(","));
    assert_eq!(Logs::of(&whole).analyzed(&[]).source(CLOUDTRAIL), Some([1, 4, 0, 0]));

    let half = &records[1][..records[1].len() / 2];
    let inside = format!(r#"{{"Records":[{},{half},{},{}]}}"#, records[0], records[2], records[3]);
    let analyzed = Logs::of(&inside).analyzed(&[]);
    assert_eq!(analyzed.code, Some(3));
    let [objects, found, _, unreadable] = analyzed.source(CLOUDTRAIL).unwrap();
    // Which record the half one swallows is open; the first and one of the later ones are whole.
    assert!(objects == 1 && found >= 2 && unreadable >= 1 && found + unreadable <= 5);

    let cut = &whole[..whole.len() - records[3].len() / 2];
    let analyzed = Logs::of(cut).analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.requests()), (Some(3), 3));
    assert_eq!(analyzed.source(CLOUDTRAIL), Some([1, 3, 0, 1]));

    let cut_after_record = format!(r#"{{"Records":[{},{}"#, records[0], records[1]);
    let analyzed = Logs::of(cut_after_record).analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.requests()), (Some(3), 2));
    assert_eq!(analyzed.source(CLOUDTRAIL), Some([1, 2, 0, 1]));
}

#[test]
fn a_cloudtrail_file_without_its_beginning_costs_one_record() {
    let records: Vec<String> = ["A", "B", "C", "D"].map(event).into();
    let whole = format!(r#"{{"Records":[{}]}}"#, records.join(","));
    let whole =
        whole.replace(r#""eventTime""#, r#""errorCode":"SignatureDoesNotMatch","eventTime""#);
    for missing in [13, 30, 60, 80, 150, 250] {
        let analyzed = Logs::of(&whole[missing..]).analyzed(&[]);
        assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 3), "{missing}");
        assert_eq!(analyzed.source(CLOUDTRAIL), Some([1, 3, 0, 1]), "{missing}");
    }
}

#[test]
fn what_is_no_record_in_an_array_of_records_is_unreadable() {
    for odd in ["null", "7", "{}", "\"text\"", "{\"eventTime\":\"2026-04-15T07:42:03Z\"}"] {
        let content = format!(r#"{{"Records":[{},{odd},{}]}}"#, event("A"), event("B"));
        let analyzed = Logs::of(content).analyzed(&[]);
        assert_eq!(analyzed.source(CLOUDTRAIL), Some([1, 2, 0, 1]), "{odd}");
        assert!(analyzed.problems()[0].0.starts_with("record 2 "), "{odd}");
    }
}

#[test]
fn a_record_of_an_unknown_version_is_unreadable() {
    let content = event("A").replace("1.11", "2.0") + "\n" + &event("B") + "\n";
    let analyzed = Logs::of(content).analyzed(&[]);
    assert_eq!(analyzed.source(CLOUDTRAIL), Some([1, 1, 0, 1]));
    let content = captured("A").replace("\"sigdrift\":1", "\"sigdrift\":2") + &captured("B");
    let analyzed = Logs::of(content).analyzed(&[]);
    assert_eq!(analyzed.source(CAPTURED), Some([1, 1, 0, 1]));
}

#[test]
fn a_binary_file_is_no_log() {
    let bytes: Vec<u8> =
        (0..100_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let analyzed =
        beside_healthy("program", [b"\x7fELF\x02\x01\x01\0\0\0", bytes.as_slice()].concat());
    assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 1));
    assert_eq!(analyzed.source(None), Some([1, 0, 0, 1]));
}

#[test]
fn an_empty_file_is_an_object_without_records() {
    for content in ["", "\n\n"] {
        let analyzed = Logs::of(content).analyzed(&[]);
        assert_eq!(analyzed.code, Some(0), "{content:?}");
        assert_eq!(analyzed.source(None), Some([1, 0, 0, 0]), "{content:?}");
        assert_eq!((analyzed.requests(), analyzed.failures()), (0, 0));
    }
    for content in [gzip(b""), zstd::encode_all(&b""[..], 1).unwrap()] {
        let analyzed = Logs::of(content).analyzed(&[]);
        assert_eq!((analyzed.code, analyzed.source(None)), (Some(0), Some([1, 0, 0, 0])));
    }
}

#[test]
fn line_ends_and_byte_order_marks_do_no_harm() {
    let windows = (refused("A") + &refused("B")).replace('\n', "\r\n");
    for content in [windows.clone(), format!("\u{feff}{windows}"), windows.trim_end().to_owned()] {
        let analyzed = Logs::of(content).analyzed(&[]);
        assert_eq!((analyzed.code, analyzed.source(TEXT)), (Some(0), Some([1, 2, 0, 0])));
    }
    let windows = (json_record("A") + &json_record("B")).replace('\n', "\r\n");
    let analyzed = Logs::of(format!("\u{feff}{windows}")).analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.source(JSON)), (Some(0), Some([1, 2, 0, 0])));
}

#[test]
fn deep_and_hostile_json_ends_quietly() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let hostile = [
        deep.clone(),
        format!("{{\"Records\":{deep}}}"),
        format!("{{\"a\":{deep}}}\n"),
        format!("{{\"sigdrift\":1,\"code\":\"x\",\"client\":{deep}}}\n"),
        "{".repeat(100_000),
        "{\"Records\":[".repeat(50_000),
        "{\"awslogs\":{\"data\":\"AAAA\"}}\n".to_owned(),
        "{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[]}\n".to_owned(),
    ];
    for content in hostile {
        let logs = Logs::of(&content);
        logs.add("healthy", refused("HEALTHY"));
        let ended = sigdrift().args(["analyze", "--json"]).arg(logs.path()).output().unwrap();
        let analyzed = Analyzed::from(&ended);
        assert!(matches!(analyzed.code, Some(0 | 3)), "{:.60}", content);
        assert_eq!(analyzed.failures(), 1, "{content:.60}");
    }
}
