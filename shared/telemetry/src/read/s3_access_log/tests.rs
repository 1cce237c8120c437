//! Lines as public samples show them, rebuilt with made-up values, and the quick reader against
//! the simple one.

use proptest::prelude::*;

use super::line::{Field, Line, LineError};
use super::marks::Marks;
use super::*;
use crate::tally::image::image;
use crate::tally::{Limits, SeriesLimits};

const HOST_ID: &str =
    "jC3m142i12dg13hxYY5m8rEbs8DjEdeZxWChcj5ripEahXe1TkJuLDS7XqpiK518pT2SFJRNiLQ=";

/// A line, and what is expected in some of its fields; `None` for `-` and for what is not there.
type Sample = (&'static str, &'static str, usize, &'static [(Field, Option<&'static str>)]);

const SAMPLES: &[Sample] = &[
    (
        "a presigned upload with a session token",
        "3821 logs-1 [03/Dec/2020:02:41:17 +0000] 192.0.2.3 arn:aws:sts::111122223333:assumed-role/Admin/s 4RDM0X7KAX9P6Y6Y \
         REST.PUT.OBJECT a.rtf \"PUT /a.rtf?X-Amz-Security-Token=IQoJ&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\
         ASIAEXAMPLE%2F20201203%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=XXXX HTTP/1.1\" 200 - - 353 44 17 \
         \"https://s3.console\" \"Mozilla/5.0 (X11)\" - HOSTID SigV4 ECDHE-RSA-AES128-GCM-SHA256 QueryString \
         logs-1.s3.us-east-1.amazonaws.com TLSv1.2",
        24,
        &[
            (Field::AuthType, Some("QueryString")),
            (Field::TlsVersion, Some("TLSv1.2")),
            (Field::ObjectSize, Some("353")),
        ],
    ),
    (
        "a line of 2013, which ends with the version id",
        "o hub [19/Nov/2013:23:34:51 +0000] 192.0.2.128 - 8151DFA13868F466 REST.GET.OBJECT release-69/x \
         \"GET /release-69/x HTTP/1.1\" 403 AccessDenied 231 - 7 - \"-\" \"curl/7.30.0\" -",
        18,
        &[
            (Field::UserAgent, Some("curl/7.30.0")),
            (Field::Referer, None),
            (Field::VersionId, None),
            (Field::Host, None),
        ],
    ),
    (
        "a website request, which is not signed",
        "o vpc [31/Oct/2019:02:56:21 +0000] 192.0.2.49 - 72B6E8BCF735F705 WEBSITE.GET.OBJECT index.html \"GET / HTTP/1.1\" 403 \
         AccessDenied 303 - 23 - \"-\" \"curl/7.61.1\" - HOSTID - - - vpc.s3-website-ap-northeast-1.amazonaws.com -",
        24,
        &[
            (Field::SignatureVersion, None),
            (Field::Host, Some("vpc.s3-website-ap-northeast-1.amazonaws.com")),
        ],
    ),
    (
        "a quote in the key and in the Request-URI",
        "o b [31/Oct/2019:02:56:21 +0000] 192.0.2.49 - 72B6E8BCF735F705 REST.GET.OBJECT items/f.jpg%2522 \"GET items/f.jpg\" \
         HTTP/1.1\" 403 AccessDenied 231 - 37 - \"http://a.example\" \"Mozilla/5.0\" -",
        18,
        &[
            (Field::RequestUri, Some("GET items/f.jpg\" HTTP/1.1")),
            (Field::Status, Some("403")),
            (Field::Key, Some("items/f.jpg%2522")),
        ],
    ),
    (
        "quotes around a user agent that has its own",
        "o b [31/Oct/2019:02:56:21 +0000] 192.0.2.49 - 72B6 REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 1 1 \"-\" \
         \"\"User Agent\"\" - HOSTID SigV4 - AuthHeader b.s3.amazonaws.com TLSv1.2 - -",
        26,
        &[
            (Field::UserAgent, Some("\"User Agent\"")),
            (Field::Referer, None),
            (Field::AclRequired, None),
        ],
    ),
    (
        "a batch deletion, which has no Request-URI",
        "o b [10/Feb/2021:07:24:40 +0000] - - EF12 BATCH.DELETE.OBJECT j.war - 204 - - 344017 - - - - - HOSTID SigV4 \
         ECDHE-RSA-AES128-GCM-SHA256 AuthHeader s3.eu-central-1.amazonaws.com TLSv1.2",
        24,
        &[
            (Field::RequestUri, None),
            (Field::UserAgent, None),
            (Field::Status, Some("204")),
            (Field::Host, Some("s3.eu-central-1.amazonaws.com")),
        ],
    ),
    (
        "an expiry",
        "o b [10/Feb/2021:07:24:40 +0000] - AmazonS3 366D S3.EXPIRE.OBJECT k \"-\" - - - 317 - - \"-\" \"-\" v1 HOSTID - - - - -",
        24,
        &[
            (Field::Requester, Some("AmazonS3")),
            (Field::RequestUri, None),
            (Field::VersionId, Some("v1")),
            (Field::Status, None),
        ],
    ),
    (
        "a copy, read side",
        "o b [10/Feb/2021:07:24:40 +0000] 192.0.2.7 arn:aws:iam::111122223333:user/c 366D REST.COPY.OBJECT_GET k - 200 - - 317 - - - - - \
         HOSTID SigV4 - AuthHeader b.s3.eu-west-1.amazonaws.com TLSv1.3 arn:aws:s3:eu-west-1:111122223333:accesspoint/p Yes",
        26,
        &[
            (Field::AccessPoint, Some("arn:aws:s3:eu-west-1:111122223333:accesspoint/p")),
            (Field::AclRequired, Some("Yes")),
        ],
    ),
    (
        "the source region, and fields of the future, one of them quoted",
        "o b [30/Mar/2026:02:30:57 +0000] 192.0.2.123 - ASNF REST.PUT.OBJECT k \"PUT /k HTTP/1.1\" 200 - - 17476 54 17 \"-\" \
         \"aws-cli/2.34.11 md/awscrt#0.31.2\" - HOSTID SigV4 TLS_AES_128_GCM_SHA256 AuthHeader b.s3.us-east-2.amazonaws.com \
         TLSv1.3 - - us-east-2 new \"quoted\" last",
        30,
        &[
            (Field::SourceRegion, Some("us-east-2")),
            (Field::UserAgent, Some("aws-cli/2.34.11 md/awscrt#0.31.2")),
        ],
    ),
    (
        "a path with ` HTTP/1.1` and a status in it",
        "o b [30/Mar/2026:02:30:57 +0000] 192.0.2.123 - ASNF REST.PUT.OBJECT k \"PUT /k\" 200 x HTTP/1.1\" 403 SignatureDoesNotMatch \
         9 - 5 - \"-\" \"x\" y\" - HOSTID SigV4 - AuthHeader b.s3.us-east-2.amazonaws.com TLSv1.3 - - us-east-2",
        27,
        &[
            (Field::RequestUri, Some("PUT /k\" 200 x HTTP/1.1")),
            (Field::Status, Some("403")),
            (Field::UserAgent, Some("x\" y")),
        ],
    ),
];

#[test]
fn every_peculiarity_of_public_samples_is_read() {
    for (name, sample, count, expected) in SAMPLES {
        let text = sample.replace("HOSTID", HOST_ID);
        let line = Line::split(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(line.count(), *count, "{name}");
        for (field, value) in *expected {
            let found = line.get(*field).map(|bytes| std::str::from_utf8(bytes).unwrap());
            let found = found.filter(|_| *field != Field::RequestUri || found != Some("-"));
            assert_eq!(found, *value, "{name}: {field:?}");
        }
    }
}

/// What was cut off and what begins behind it are no record together, wherever the cut is.
#[test]
fn two_lines_without_a_line_end_between_them_are_not_one() {
    let line = |id: &str, referer: &str, agent: &str, status: &str, host: &str| {
        format!(
            "owner media [15/Apr/2026:07:42:11 +0000] 10.0.0.1 - {id} REST.GET.OBJECT k.jpg \
             \"GET /k.jpg HTTP/1.1\" {status} 100 - 5 - {referer} {agent} - {HOST_ID} SigV4 TLS_X \
             AuthHeader {host} TLSv1.3 - -"
        )
    };
    let (boto, referer) = ("\"Boto3/1.43 app/web-1\"", "\"https://a\"");
    for (referer, agent) in [("\"-\"", boto), (referer, boto), ("-", "-"), ("-", boto)] {
        let refused =
            line("AAAA", referer, agent, "403 SignatureDoesNotMatch", "a.s3.amazonaws.com");
        let accepted = line("BBBB", referer, agent, "200 -", "b.s3.amazonaws.com");
        let whole = format!("owner media [15/Apr/2026:07:42:11 +0000] 10.0.0.1 - {accepted}");
        assert!(Line::split(whole.as_bytes()).is_err(), "{whole}");
        for cut in 0..=refused.len() {
            for second in [accepted.clone(), line("BBBB", "-", "-", "200 -", "b.s3.amazonaws.com")]
            {
                let text = format!("{}{second}", &refused[..cut]);
                let Ok(read) = Line::split(text.as_bytes()) else { continue };
                let is_second = read.raw(Field::RequestId) == b"BBBB"
                    && read.raw(Field::Host) == b"b.s3.amazonaws.com"
                    && read.get(Field::ErrorCode).is_none();
                assert!(is_second, "{text}");
            }
        }
    }
}

#[test]
fn says_which_field_is_wrong() {
    for (line, error) in [
        ("", LineError::TooFewFields(0)),
        ("o b not-a-time", LineError::NoTime),
        ("o b [06/Feb/2019:00:00:38 +0000] 192.0.2.3 -", LineError::TooFewFields(4)),
        ("o  [06/Feb/2019:00:00:38 +0000]", LineError::Empty(2)),
        ("o b [06/Feb/2019:00:00:38 +0000] 1 - R REST.GET k \"GET /k", LineError::Unclosed(9)),
        (
            "o b [06/Feb/2019:00:00:38 +0000] 1 - R REST.GET k \"GET /k HTTP/1.1\" 200 - 1 1 1 1 \"-\" \"x",
            LineError::Unclosed(17),
        ),
        (
            "o b [06/Feb/2019:00:00:38 +0000] 1 - R REST.GET k - abc - 1 1 1 1 - - -",
            LineError::NoStatus,
        ),
    ] {
        assert_eq!(Line::split(line.as_bytes()).unwrap_err(), error, "{line}");
    }
}

/// Values for each field, usual ones and odd ones.
fn field(usual: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        12 => proptest::sample::select(usual).prop_map(str::to_owned),
        1 => Just("-".to_owned()),
        1 => "[!-~]{1,12}",
    ]
}

prop_compose! {
    fn log_line()(
        bucket in field(&["media", "thumbs"]),
        second in 0..150_u32,
        ip in field(&["192.0.2.1", "192.0.2.2", "2001:db8::1"]),
        id in 0..40_u32,
        operation in field(&["REST.GET.OBJECT", "REST.PUT.OBJECT", "BATCH.DELETE.OBJECT", "WEBSITE.GET.OBJECT"]),
        key in field(&["a/b", "a%252Bb", "%25C3%25A9", ".env"]),
        target in field(&[
            "/k", "/k?x-id=GetObject", "/k?x-deploy=v42", "/k?x-deploy=v1&x-version=v2",
            "/k?X-Amz-Credential=AKIA1%2F20260415%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260415T074000Z&X-Amz-Expires=60&X-Amz-Signature=XXXX",
            "/k?x-amz-credential=ASIA2%2F20260415%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=XXXX&X-Amz-Credential=AKIA3",
            "/k?AWSAccessKeyId=AKIA4&Expires=1776238800&Signature=abc", "/.env", "/k?Signature=x",
        ]),
        result in proptest::sample::select(vec!["200 -", "206 -", "304 -", "404 NoSuchKey", "403 AccessDenied", "403 SignatureDoesNotMatch",
            "400 InvalidRequest", "403 InvalidAccessKeyId", "- -"]),
        user_agent in field(&["Boto3/1.43 app/c-1 x", "Boto3/1.43 app/c-2", "Mozilla/5.0 (a)", "Mozilla/5.0 (b)", "zgrab/0.x", "a\" \"b"]),
        signing in field(&["SigV4 TLS_AES AuthHeader", "SigV4 TLS_AES QueryString", "SigV2 - QueryString", "- - -"]),
        host in field(&["media.s3.eu-west-1.amazonaws.com", "MEDIA.s3.eu-west-1.amazonaws.com:443", "thumbs.s3.amazonaws.com"]),
        rest in field(&["TLSv1.3 - - eu-west-1", "TLSV1.2 - -", "TLSv1.2", "TLSv1.3 - Yes us-east-1 more"]),
    ) -> String {
        let (minute, second) = (40 + second / 60, second % 60);
        format!(
            "o {bucket} [15/Apr/2026:07:{minute}:{second:02} +0000] {ip} - REQ{id} {operation} {key} \"GET {target} HTTP/1.1\" \
             {result} 243 1 1 1 \"-\" \"{user_agent}\" - {HOST_ID} {signing} {host} {rest}"
        )
    }
}

prop_compose! {
    fn log_line_with_anything_in_quotes()(
        line in log_line(), parts in proptest::collection::vec("[ -~\t]{0,12}", 3),
    ) -> String {
        let mut quoted = line.split('"');
        let (start, middle) = (quoted.next(), quoted.nth(1));
        let end = line.rsplit('"').next();
        let [start, middle, end] = [start, middle, end].map(Option::unwrap_or_default);
        let [uri, referer, user_agent] = [&parts[0], &parts[1], &parts[2]];
        format!("{start}\"{uri}\"{middle}\"{referer}\" \"{user_agent}\"{end}")
    }
}

/// Most of the lines that AWS writes are split by their marks.
#[test]
fn usual_lines_are_split_by_their_marks() {
    let quickly = |(_, sample, ..): &Sample| {
        let block = sample.replace("HOSTID", HOST_ID) + "\n";
        let mut marks = Marks::default();
        marks.find(block.as_bytes());
        let line = marks.lines().next().map(|marked| Line::of_marks(block.as_bytes(), &marked));
        line.flatten().is_some()
    };
    let split: Vec<&str> = SAMPLES.iter().filter(|s| quickly(s)).map(|s| s.0).collect();
    assert_eq!(
        split,
        [
            "a presigned upload with a session token",
            "a website request, which is not signed",
            "a batch deletion, which has no Request-URI",
            "an expiry",
            "a copy, read side",
        ]
    );
}

fn tally(
    take: fn(&[u8], u64, &mut Intake) -> u64,
    blocks: &[String],
    limits: Limits,
) -> Vec<String> {
    let mut intake = Intake::new(limits);
    intake.begin("a.log");
    let mut first = 1;
    for block in blocks {
        first += take(block.as_bytes(), first, &mut intake);
    }
    let report = intake.end();
    intake.finish_source(report, None);
    image(&intake.into_tally())
}

/// Editors, copying and other systems' line ends leave such things behind.
#[test]
fn spaces_behind_a_line_are_nothing() {
    let (_, sample, ..) = SAMPLES[0];
    let line = sample.replace("HOSTID", HOST_ID);
    let read = |end: &str| {
        let block = [[line.as_str(), end, "\n"].concat()];
        let [quickly, slowly] =
            [take, take_slowly].map(|take| tally(take, &block, Limits::default()));
        assert_eq!(quickly, slowly, "{end:?}");
        quickly
    };
    for end in [" ", "\r", " \r", "\t", "   "] {
        assert_eq!(read(end), read(""), "{end:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_quick_reader_agrees_with_the_simple_one(
        lines in proptest::collection::vec(prop_oneof![
            30 => log_line(),
            1 => Just(String::new()),
            1 => (log_line(), "[ \t\r]{1,3}").prop_map(|(line, end)| line + &end),
            1 => "[ -~]{0,60}",
            1 => Just("nul \0 byte".to_owned()),
            1 => Just("é o b [".to_owned()),
        ], 1..120),
        is_narrow in any::<bool>(),
    ) {
        let mut limits = Limits::default();
        if is_narrow {
            limits.series = SeriesLimits { series: 3, cells: 10 };
            limits.text_bytes = 500;
            limits.sample = 5;
        }
        let blocks: Vec<String> = lines.chunks(50).map(|lines| lines.join("\n") + "\n").collect();
        prop_assert_eq!(tally(take, &blocks, limits), tally(take_slowly, &blocks, limits));
    }

    #[test]
    fn marks_split_lines_as_a_close_look_does(
        lines in proptest::collection::vec(prop_oneof![
            8 => log_line(),
            1 => log_line_with_anything_in_quotes(),
            1 => "[ -~]{0,60}",
            1 => "[\" ]{0,9}",
            1 => "\\PC{0,20}\t",
        ], 1..12),
        has_end in any::<bool>(),
    ) {
        let mut block = lines.join("\n").into_bytes();
        if has_end {
            block.push(b'\n');
        }
        let mut marks = Marks::default();
        marks.find(&block);
        let mut anywhere = Marks::on_any_processor();
        anywhere.find(&block);
        prop_assert!(marks.lines().eq(anywhere.lines()));
        let mut number = 0;
        for marked in marks.lines() {
            let line = &block[marked.start..marked.end];
            prop_assert_eq!(line, lines[number].as_bytes());
            if let Some(quickly) = Line::of_marks(&block, &marked) {
                prop_assert_eq!(Ok(quickly), Line::split(line));
            }
            number += 1;
        }
        // An empty last line without a line end is none.
        let last_is_empty = !has_end && lines.last().is_some_and(String::is_empty);
        prop_assert_eq!(number, lines.len() - usize::from(last_is_empty));
    }

    #[test]
    fn splitting_never_panics_and_keeps_every_byte(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(line) = Line::split(&bytes) {
            prop_assert!(line.count() >= 18);
        }
    }

    #[test]
    fn a_split_line_can_be_put_together_again(text in log_line()) {
        let Ok(line) = Line::split(text.as_bytes()) else { return Ok(()) };
        let mut again = Vec::new();
        const NAMES: [Field; 27] = [
            Field::BucketOwner, Field::Bucket, Field::Time, Field::RemoteIp, Field::Requester, Field::RequestId,
            Field::Operation, Field::Key, Field::RequestUri, Field::Status, Field::ErrorCode, Field::BytesSent,
            Field::ObjectSize, Field::TotalTime, Field::TurnAroundTime, Field::Referer, Field::UserAgent,
            Field::VersionId, Field::HostId, Field::SignatureVersion, Field::CipherSuite, Field::AuthType,
            Field::Host, Field::TlsVersion, Field::AccessPoint, Field::AclRequired, Field::SourceRegion,
        ];
        for (place, name) in NAMES.into_iter().enumerate().take(line.count()) {
            let bytes = std::str::from_utf8(line.raw(name)).unwrap();
            again.push(match place {
                2 => format!("[{bytes}]"),
                8 | 15 | 16 => format!("\"{bytes}\""),
                _ => bytes.to_owned(),
            });
        }
        let known = again.join(" ");
        prop_assert!(text.starts_with(&known), "{}\n{}", text, known);
    }
}
