//! The laws of segments: reading gives what was written, and segments add up as tallies do.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::read::intake::Intake;
use crate::read::object;
use crate::tally::Limits;
use crate::tally::image::image;
use crate::tally::tests::{merged, narrow, tally_of, told, wide};

fn written(tally: &Tally) -> Vec<u8> {
    let segment =
        Segment { name: "s3://logs/a".to_owned(), replaces: Vec::new(), tally: tally.clone() };
    write(&segment, &Privacy::default(), Vec::new()).unwrap()
}

fn read_again(tally: &Tally, limits: Limits) -> Tally {
    read(written(tally).as_slice(), limits).unwrap().tally
}

proptest! {
    #[test]
    fn reading_gives_what_was_written(all in vec(told(), 0..120), is_narrow in any::<bool>()) {
        let limits = if is_narrow { narrow() } else { wide() };
        let tally = tally_of(&all, limits, 1);
        let again = read_again(&tally, limits);
        prop_assert_eq!(image(&again), image(&tally));
        prop_assert_eq!(again.thresholds(), tally.thresholds());
        prop_assert!(again.sources().eq(tally.sources()));
        prop_assert_eq!(written(&again), written(&tally));
    }

    #[test]
    fn segments_add_up_as_what_they_were_written_from(
        parts in vec(vec(told(), 0..60), 1..4),
        is_narrow in any::<bool>(),
    ) {
        let limits = if is_narrow { narrow() } else { wide() };
        let numbered = (0_u8..).zip(&parts);
        let tallies: Vec<_> = numbered.map(|(id, part)| tally_of(part, limits, id)).collect();
        let again: Vec<_> = tallies.iter().map(|tally| read_again(tally, limits)).collect();
        prop_assert_eq!(image(&merged(&again, limits)), image(&merged(&tallies, limits)));
    }
}

const LINE: &str = concat!(
    "0123abcd media [15/Apr/2026:07:42:11 +0000] 192.0.2.7 - R1R1R1R1R1R1R1R1 REST.GET.OBJECT ",
    "private/jane.pdf \"GET /private/jane.pdf HTTP/1.1\" 403 SignatureDoesNotMatch 2000 - 5 - ",
    "\"-\" \"Boto3/1.40 app/checkout-7\" - hosthosthost SigV4 TLS_AES AuthHeader ",
    "media.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1\nprivate/jane.pdf is no log line\n"
);

fn of_line() -> Tally {
    let mut intake = Intake::new(wide());
    let report = object::read("s3://logs/a", LINE.as_bytes(), &mut intake);
    intake.finish_source(report, Some(SourceId::of([b"a".as_slice()])));
    intake.into_tally()
}

fn lines(privacy: &Privacy) -> String {
    let segment =
        Segment { name: "s3://logs/a".to_owned(), replaces: Vec::new(), tally: of_line() };
    let bytes = write(&segment, privacy, Vec::new()).unwrap();
    std::io::read_to_string(flate2::read::GzDecoder::new(bytes.as_slice())).unwrap()
}

#[test]
fn a_failure_is_a_flat_line_with_the_public_names() {
    let lines = lines(&Privacy::default());
    let failure = lines.lines().nth(1).unwrap();
    let failure: serde_json::Value = serde_json::from_str(failure).unwrap();
    for (column, value) in [
        ("row", "failure"),
        ("kind", "s3-access-log"),
        ("time", "2026-04-15T07:42:11Z"),
        ("endpoint", "media.s3.eu-west-1.amazonaws.com"),
        ("deploy_version", "checkout-7"),
        ("carrier", "app-id"),
        ("remote_ip", "192.0.2.7"),
        ("code", "SignatureDoesNotMatch"),
    ] {
        assert_eq!(failure[column], value, "{lines}");
    }
    assert!(failure.get("access_key_id").is_none(), "{lines}");
    assert!(lines.starts_with("{\"row\":\"segment\",\"version\":2,"), "{lines}");
    assert!(lines.contains("\"unreadable\":1"), "{lines}");
}

#[test]
fn what_is_private_is_not_in_the_segment() {
    assert!(lines(&Privacy::default()).contains("192.0.2.7"));
    let privacy =
        Privacy { addresses: true, user_agents: true, keys: true, salt: b"pepper".to_vec() };
    let hidden = lines(&privacy);
    for text in ["192.0.2.7", "Boto3/1.40 app", "jane", "private/", "pepper"] {
        assert!(!hidden.contains(text), "{text}: {hidden}");
    }
    for text in ["checkout-7", "{hmac:", "media.s3.eu-west-1.amazonaws.com"] {
        assert!(hidden.contains(text), "{text}: {hidden}");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
    out.finish().unwrap()
}

/// In version 1 a row had a digest, and without a request id nothing but its identity told its place.
#[test]
fn segments_of_version_1_are_read_as_well() {
    let failure = |identity: &str| {
        format!(
            "{{\"row\":\"failure\",\"identity\":\"{identity}\",\"digest\":\"c0ffee\",\"kind\":\"captured-error\",\
             \"time\":\"2026-04-15T07:42:00Z\",\"code\":\"SignatureDoesNotMatch\",\"region\":\"eu-west-1\"}}\n"
        )
    };
    let header = "{\"row\":\"segment\",\"version\":1,\"name\":\"n\",\"sources\":[]}\n";
    let text = format!("{header}{}{}{}", failure("a1"), failure("b2"), failure("a1"));
    let tally = read(gzip(&text).as_slice(), wide()).unwrap().tally;
    assert_eq!(tally.rows().count(), 2);
    assert_eq!(image(&read_again(&tally, wide())), image(&tally));
}

#[test]
fn a_segment_that_cannot_be_read_says_where_and_why() {
    let whole = written(&of_line());
    let header = "{\"row\":\"segment\",\"version\":1,\"name\":\"n\",\"sources\":[]}\n".to_owned();
    for (bytes, told) in [
        (whole[..whole.len() - 9].to_vec(), "cannot be read"),
        (gzip(""), "no header"),
        (gzip("{\"row\":\"scanner\",\"address\":\"1\"}\n"), "no header"),
        (gzip(&header.replace("\"version\":1", "\"version\":99")), "update it"),
        (gzip(&format!("{header}{{\"row\":\"wind\"}}\n")), "line 2 is none of a segment"),
        (gzip(&format!("{header}{{\"row\":\"scanner\",\"address\":\"x\"}}\n")), "line 2"),
        (
            gzip(&format!(
                "{header}{{\"row\":\"change\",\"time\":\"noon\",\"kind\":\"key\",\"what\":\"x\",\"event\":\"1\"}}\n"
            )),
            "line 2 has the time `noon`",
        ),
        (b"plain".to_vec(), "line 1 cannot be read"),
    ] {
        let error = read(bytes.as_slice(), wide()).unwrap_err().to_string();
        assert!(error.contains(told), "{error} / {told}");
    }
}
