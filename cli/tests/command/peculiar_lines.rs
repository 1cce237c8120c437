//! The peculiarities of S3's access logs, one test for each, on lines with made-up values.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>

use serde_json::Value;

use crate::lines::{HOST_ID, OWNER, accepted, captured, refused};
use crate::run::{Analyzed, Logs};

/// What the command makes of one line, which has to be readable.
fn read(line: &str) -> Analyzed {
    let analyzed = Logs::of(format!("{line}\n"))
        .analyzed(&["--group-by", "endpoint,key,region,operation,bucket,auth,client"]);
    assert_eq!(analyzed.code, Some(0), "{}", analyzed.printed);
    assert_eq!(analyzed.source(Some("s3-access-log")), Some([1, 1, 0, 0]), "{line}");
    analyzed
}

fn counts(analyzed: &Analyzed) -> (u64, u64) {
    (analyzed.requests(), analyzed.failures())
}

/// A line from its bucket to its user agent, with what stands behind that.
fn line(middle: &str, end: &str) -> String {
    format!("{OWNER} {middle} {end}")
}

fn is(cluster: &Value, expected: &[(&str, Option<&str>)]) {
    for (name, value) in expected {
        assert_eq!(cluster[name].as_str(), *value, "{name}");
    }
}

#[test]
fn a_presigned_request_names_its_key_id_and_its_signed_region() {
    let target = "/report.rtf?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2F%2F&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260415T074116Z&X-Amz-SignedHeaders=content-md5%3Bcontent-type%3Bhost%3Bx-amz-acl&X-Amz-Expires=300&X-Amz-Credential=ASIAEXAMPLE000000002%2F20260415%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";
    let end = format!(
        "- {HOST_ID} SigV4 ECDHE-RSA-AES128-GCM-SHA256 QueryString reports.s3.eu-west-1.amazonaws.com TLSv1.2"
    );
    let of = |answer: &str| {
        line(
            &format!(
                "reports [15/Apr/2026:07:42:17 +0000] 192.0.2.3 arn:aws:sts::111122223333:assumed-role/Publisher/session+name 4RDM0X7KAX9P6Y6Y REST.PUT.OBJECT report.rtf \"PUT {target} HTTP/1.1\" {answer} - 353 44 17 \"https://console.example/\" \"Mozilla/5.0 (X11)\""
            ),
            &end,
        )
    };
    assert_eq!(counts(&read(&of("200 -"))), (1, 0));
    let analyzed = read(
        &of("403 SignatureDoesNotMatch")
            .replace(" arn:aws:sts::111122223333:assumed-role/Publisher/session+name", " -"),
    );
    assert_eq!(counts(&analyzed), (1, 1));
    is(
        analyzed.cluster(),
        &[
            ("access_key_id", Some("ASIAEXAMPLE000000002")),
            ("signed_region", Some("us-east-1")),
            ("region", Some("eu-west-1")),
            ("auth", Some("QueryString")),
            ("client", Some("Mozilla/5.0")),
            ("endpoint", Some("reports.s3.eu-west-1.amazonaws.com")),
            ("bucket", Some("reports")),
        ],
    );
    assert!(!analyzed.printed.contains("IQoJb3"));
}

#[test]
fn a_key_id_need_not_look_like_one_and_a_host_may_name_no_bucket() {
    let analyzed = read(&line(
        "media [15/Apr/2026:07:42:17 +0000] 192.0.2.3 - 4RDM0X7KAX9P6Y6Y REST.GET.OBJECT a.mp4 \"GET /media/a.mp4?response-content-disposition=attachment%3B%20filename%3D%22a%20b.mp4%22&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=1EXAMPLE000000000003%2F20260415%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260415T074116Z&X-Amz-Expires=10800&X-Amz-SignedHeaders=host&X-Amz-Signature=XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX HTTP/1.1\" 403 SignatureDoesNotMatch 1954 1251270047 267 89 \"-\" \"Mozilla/5.0 (X11)\"",
        &format!(
            "- {HOST_ID} SigV4 ECDHE-RSA-AES128-GCM-SHA256 QueryString s3.eu-west-1.amazonaws.com TLSv1.2"
        ),
    ));
    is(
        analyzed.cluster(),
        &[
            ("access_key_id", Some("1EXAMPLE000000000003")),
            ("endpoint", Some("s3.eu-west-1.amazonaws.com")),
            ("bucket", Some("media")),
            ("region", Some("eu-west-1")),
        ],
    );
}

#[test]
fn a_denied_request_whose_signature_was_right_is_no_failure() {
    let analyzed = read(&line(
        "config-bucket [15/Apr/2026:07:42:34 +0000] 192.0.2.13 arn:aws:iam::111122223333:user/recorder 9WDX6MBZFQ6Z6RDR REST.HEAD.BUCKET - \"HEAD / HTTP/1.1\" 403 AccessDenied 243 - 9 - \"-\" \"AWSConfig\"",
        &format!(
            "- {HOST_ID} SigV4 ECDHE-RSA-AES128-SHA AuthHeader config-bucket.s3.amazonaws.com TLSv1.2"
        ),
    ));
    assert_eq!(counts(&analyzed), (1, 0));
}

#[test]
fn an_old_line_of_18_fields_is_read() {
    let analyzed = read(&line(
        "annotations [19/Nov/2013:23:34:51 +0000] 192.0.2.51 - 8151DFA13868F466 REST.GET.OBJECT release/a.gz \"GET /release/a.gz HTTP/1.1\" 403 AccessDenied 231 - 7 - \"-\" \"curl/7.30.0\"",
        "-",
    ));
    assert_eq!(counts(&analyzed), (0, 0));
    let refused = read(&line(
        "annotations [19/Nov/2013:23:34:51 +0000] 192.0.2.51 - 8151DFA13868F466 REST.GET.OBJECT release/a.gz \"GET /release/a.gz HTTP/1.1\" 403 SignatureDoesNotMatch 231 - 7 - \"-\" \"curl/7.30.0\"",
        "-",
    ));
    assert_eq!(refused.failures(), 1);
    is(refused.cluster(), &[("endpoint", None), ("auth", None), ("client", Some("curl/7.30.0"))]);
}

#[test]
fn a_website_request_has_no_signature() {
    let analyzed = read(&line(
        "site [31/Oct/2019:02:56:21 +0000] 192.0.2.49 - 72B6E8BCF735F705 WEBSITE.GET.OBJECT index.html \"GET / HTTP/1.1\" 403 AccessDenied 303 - 23 - \"-\" \"curl/7.61.1\"",
        &format!("- {HOST_ID} - - - site.s3-website-ap-northeast-1.amazonaws.com -"),
    ));
    assert_eq!(counts(&analyzed), (0, 0));
}

#[test]
fn quotes_inside_quoted_fields_are_not_escaped() {
    for (key, uri, agent) in [
        ("items/abc123/file.jpg%2522", "GET items/abc123/file.jpg\" HTTP/1.1", "Mozilla/5.0 (X11)"),
        ("k", "GET /k HTTP/1.1", "\"User Agent\""),
        ("k", "GET /\" 200 - HTTP/1.1", "an \"odd\" one"),
        ("k", "GET /k HTTP/1.1", "ends with \""),
        ("k", "GET /k HTTP/1.1", "curl\" - - SigV4 - - -"),
    ] {
        let analyzed = read(&line(
            &format!(
                "items [15/Apr/2026:07:42:17 +0000] 192.0.2.3 - 4RDM0X7KAX9P6Y6Y REST.GET.OBJECT {key} \"{uri}\" 403 SignatureDoesNotMatch 231 - 37 - \"http://example.com\" \"{agent}\""
            ),
            &format!(
                "- {HOST_ID} SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader items.s3.eu-west-1.amazonaws.com TLSv1.2"
            ),
        ));
        is(
            analyzed.cluster(),
            &[("endpoint", Some("items.s3.eu-west-1.amazonaws.com")), ("auth", Some("AuthHeader"))],
        );
        assert_eq!(analyzed.cluster()["examples"][0]["user_agent"], agent);
    }
}

#[test]
fn signature_version_2_stands_in_the_query() {
    let of = |answer: &str| {
        line(
            &format!(
                "audio [26/Sep/2010:18:30:00 +0000] 192.0.2.3 - 0B76C90B3634290B REST.GET.OBJECT 1.mp3 \"GET /1.mp3?Signature=E3ehEXAMPLEsignature%2F4b3L%3D&Expires=1286051333&AWSAccessKeyId={} HTTP/1.1\" {answer} 243 - 7 - \"-\" \"VLC/1.1\"",
                crate::lines::KEY_ID
            ),
            "-",
        )
    };
    assert_eq!(counts(&read(&of("206 -"))), (1, 0));
    let analyzed = read(&of("403 SignatureDoesNotMatch"));
    is(
        analyzed.cluster(),
        &[("access_key_id", Some(crate::lines::KEY_ID)), ("signed_region", None)],
    );
    assert!(!analyzed.printed.contains("E3ehEXAMPLE"));
    // Used in time it is refused for authorization, used later the URL has expired.
    assert_eq!(read(&of("403 AccessDenied")).failures(), 0);
    assert_eq!(read(&of("403 AccessDenied").replace("26/Sep", "26/Oct")).failures(), 1);
}

#[test]
fn a_redirect_is_no_failure() {
    let analyzed = read(&line(
        "b [10/Feb/2010:07:24:40 +0000] 192.0.2.15 - 0B76C90B3634290B REST.GET.ACL - \"GET /?acl HTTP/1.1\" 307 TemporaryRedirect 488 - 7 - \"-\" \"Jakarta Commons-HttpClient/3.0\"",
        "-",
    ));
    assert_eq!(counts(&analyzed), (0, 0));
}

#[test]
fn a_delivery_by_aws_has_no_address_and_quoted_dashes() {
    let analyzed = read(&line(
        "flow-logs [14/Jul/2021:18:57:31 +0000] - svc:delivery.logs.amazonaws.com MVGX0123456789AB REST.PUT.OBJECT AWSLogs/a.gz \"PUT /AWSLogs/a.gz HTTP/1.1\" 200 - - 353 44 17 \"-\" \"-\"",
        &format!(
            "- {HOST_ID} SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader flow-logs.s3.us-gov-west-1.amazonaws.com TLSv1.2 -"
        ),
    ));
    assert_eq!(counts(&analyzed), (1, 0));
}

#[test]
fn a_batch_has_no_request_uri() {
    let analyzed = read(&line(
        "artifacts [14/Jul/2021:18:57:31 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/ci MVGX0123456789AB BATCH.DELETE.OBJECT a-1.5.0.war - 204 - - 344017 - - - - -",
        &format!(
            "{HOST_ID} SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader s3.eu-central-1.amazonaws.com TLSv1.2"
        ),
    ));
    assert_eq!(counts(&analyzed), (1, 0));
}

#[test]
fn an_expiration_has_almost_nothing() {
    let analyzed = read(&line(
        "artifacts [14/Jul/2021:18:57:31 +0000] - AmazonS3 366DB3C4B325AB11 S3.EXPIRE.OBJECT a-1.5.0.war \"-\" - - - 317 - - \"-\" \"-\"",
        "-",
    ));
    assert_eq!(counts(&analyzed), (0, 0));
}

#[test]
fn the_newest_lines_name_the_source_region_and_may_grow() {
    for more in ["", " new", " new newer newest"] {
        let analyzed = read(&line(
            "pages [30/Mar/2026:02:30:57 +0000] 192.0.2.123 - ASNF4YJCAHYN6TT3 REST.PUT.OBJECT a.html \"PUT /a.html HTTP/1.1\" 403 SignatureDoesNotMatch - 17476 54 17 \"-\" \"aws-cli/2.34.11 md/awscrt#0.31.2 ua/2.1 exec-env/AWS_ECS_EC2 m/b,E,W,G,Z cfg/retry-mode#standard\"",
            &format!(
                "- {HOST_ID} SigV4 TLS_AES_128_GCM_SHA256 AuthHeader images.example.com TLSv1.3 - - us-east-2{more}"
            ),
        ));
        is(
            analyzed.cluster(),
            &[("region", Some("us-east-2")), ("endpoint", Some("images.example.com"))],
        );
    }
}

#[test]
fn a_preflight_line_ends_in_dashes() {
    let analyzed = read(&line(
        "pages [30/Mar/2026:02:30:57 +0000] 192.0.2.123 - ASNF4YJCAHYN6TT3 REST.OPTIONS.PREFLIGHT a.html \"OPTIONS /a.html HTTP/1.1\" 403 CORSResponse 17476 - 54 - \"https://example.com/\" \"Mozilla/5.0 (X11)\"",
        &format!(
            "- {HOST_ID} - TLS_AES_128_GCM_SHA256 - pages.s3.us-east-2.amazonaws.com TLSv1.3 - - -"
        ),
    ));
    assert_eq!(counts(&analyzed), (0, 0));
}

#[test]
fn a_refused_header_signature_names_no_requester_and_no_key_id() {
    // HEAD has no body, and the log counts the bytes that its error body would have.
    let analyzed = read(&line(
        "media [22/Sep/2026:20:41:03 +0000] 192.0.2.135 - 2MWTWJKHW59N8EWG REST.HEAD.OBJECT a%2520b \"HEAD /a%20b HTTP/1.1\" 403 SignatureDoesNotMatch 8398 - 5 - \"-\" \"Boto3/1.43.99 md/Botocore#1.43.99 app/web-7 Botocore/1.43.99\"",
        &format!(
            "- {HOST_ID} SigV4 TLS_AES_128_GCM_SHA256 AuthHeader media.s3.ap-southeast-4.amazonaws.com TLSv1.3 - - ap-southeast-4"
        ),
    ));
    is(
        analyzed.cluster(),
        &[
            ("access_key_id", None),
            ("region", Some("ap-southeast-4")),
            ("signed_region", None),
            ("operation", Some("REST.HEAD.OBJECT")),
            ("client", Some("Boto3/1.43.99")),
        ],
    );
}

/// A record as CloudWatch Logs holds it: no requester, nothing without a value, one boolean.
const RECORD: &str = r#"{"schema_version_id":"V_1_0","bucket_arn":"arn:aws:s3:::media","bucket_name":"media","request_time":"2026-09-22T20:41:03.000Z","bucket_owner_id":"79a5","remote_ip":"192.0.2.135","request_id":"2MWTWJKHW59N8EWG","operation":"REST.HEAD.OBJECT","key_name":"a","request_uri":"HEAD /a HTTP/1.1","http_status":403,"error_code":"SignatureDoesNotMatch","bytes_sent_size":8398,"total_duration":5,"user_agent":"Boto3/1.43.99 app/web-7","host_id":"x","signature_version":"SigV4","cipher_suite":"TLS_AES_128_GCM_SHA256","authentication_type":"AuthHeader","host_header":"media.s3.ap-southeast-4.amazonaws.com","tls_version":"TLSv1.3","acl_required":false,"source_region":"ap-southeast-4"}"#;

#[test]
fn a_json_record_is_read_however_it_is_delivered() {
    let escaped = serde_json::to_string(RECORD).unwrap();
    for delivered in [
        RECORD.to_owned(),
        format!("2026-09-22T20:41:05.000Z {RECORD}"),
        format!(
            "{{\"timestamp\":1790109665000,\"message\":{escaped},\"ingestionTime\":1790109666000}}"
        ),
        format!(
            "{{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"1\",\"logGroup\":\"g\",\"logStream\":\"s\",\"subscriptionFilters\":[],\"logEvents\":[{{\"id\":\"1\",\"timestamp\":1790109665000,\"message\":{escaped}}}]}}"
        ),
        format!("[{RECORD}]"),
    ] {
        let analyzed = Logs::of(format!("{delivered}\n")).analyzed(&[]);
        assert_eq!(analyzed.source(Some("s3-access-log-json")), Some([1, 1, 0, 0]), "{delivered}");
        is(
            analyzed.cluster(),
            &[
                ("region", Some("ap-southeast-4")),
                ("deploy_version", Some("web-7")),
                ("access_key_id", None),
                ("first_seen", Some("2026-09-22T20:41:03Z")),
            ],
        );
    }
}

#[test]
fn a_line_counts_behind_a_log_of_another_kind() {
    // Kinds are told by what a log begins with, and the lines stand far behind that.
    let errors: String = (0..600).map(|number| captured(&format!("C{number}"))).collect();
    assert!(errors.len() > 2 * (64 << 10));
    let lines: String = (0..7)
        .map(|number| refused(&format!("F{number}")) + &accepted(&format!("S{number}")))
        .collect();
    let words = "2026-04-15T07:42:03Z INFO what an application says\n";
    for before in [errors.clone(), words.repeat(4_000), words.to_owned() + &errors] {
        let failures = before.matches("SignatureDoesNotMatch").count() as u64;
        let analyzed = Logs::of(before + &lines).analyzed(&[]);
        assert_eq!((analyzed.failures(), analyzed.requests()), (failures + 7, failures + 14));
        assert_eq!((analyzed.code, analyzed.problems()), (Some(0), vec![]));
    }
}

#[test]
fn a_log_of_an_unknown_kind_is_not_taken_for_a_quiet_one() {
    let table =
        "\"requestid\",\"httpstatus\",\"errorcode\"\n\"X\",\"403\",\"SignatureDoesNotMatch\"\n";
    let is_told = |log: &str| {
        Logs::of(log).analyzed(&[]).json["notes"].to_string().contains("no line was recognised")
    };
    assert!(is_told(table));
    assert!(!is_told(&accepted("S1")));
    assert!(!is_told(&(table.to_owned() + &accepted("S1"))));
    assert!(!is_told(
        "An error occurred (SignatureDoesNotMatch) when calling the PutObject operation: No\n"
    ));
    assert!(!is_told(""));
}

#[test]
fn awss_own_writers_are_marked() {
    let record = RECORD.replace("Boto3/1.43.99 app/web-7", "aws-internal/3 aws-sdk-java/1.11");
    let analyzed = Logs::of(record + "\n").analyzed(&[]);
    assert_eq!(analyzed.failures(), 1);
    assert!(
        analyzed.cluster()["contexts"].as_array().unwrap().contains(&Value::from("aws-internal"))
    );
}

#[test]
fn the_tls_version_is_written_in_either_case() {
    for tls in ["TLSv1.2", "TLSV1.2"] {
        let analyzed = read(&line(
            "media [22/Sep/2026:20:41:03 +0000] 192.0.2.135 - 2MWTWJKHW59N8EWG REST.HEAD.OBJECT a \"HEAD /a HTTP/1.1\" 403 SignatureDoesNotMatch 8398 - 5 - - -",
            &format!(
                "- {HOST_ID} SigV4 TLS_AES_128_GCM_SHA256 AuthHeader MEDIA.S3.EU-WEST-1.amazonaws.com:443 {tls}"
            ),
        ));
        is(
            analyzed.cluster(),
            &[("endpoint", Some("media.s3.eu-west-1.amazonaws.com")), ("client", None)],
        );
    }
}

/// A field that is missing or too many moves all behind it; the line is damaged, and no host is made of
/// what stands where the host should.
#[test]
fn a_line_whose_fields_have_moved_is_unreadable() {
    let line = refused("A");
    let healthy = refused("B");
    let fields: Vec<&str> = line.trim_end().split(' ').collect();
    let place = |value| fields.iter().position(|field| *field == value).unwrap();
    let bytes_sent = place("243");
    let [cipher_suite, auth, host] =
        ["TLS_AES_128_GCM_SHA256", "AuthHeader", "media.s3.eu-west-1.amazonaws.com"].map(place);
    for missing in [bytes_sent, bytes_sent + 1, bytes_sent + 2, cipher_suite, auth, host] {
        let mut fields = fields.clone();
        let gone = fields.remove(missing);
        is_damaged(&fields.join(" "), &healthy, gone);
    }
    for before in [cipher_suite, auth, host, host + 1] {
        let mut fields = fields.clone();
        fields.insert(before, "extra.1");
        is_damaged(&fields.join(" "), &healthy, fields[before + 1]);
    }
}

fn is_damaged(line: &str, healthy: &str, what: &str) {
    let analyzed = Logs::of(format!("{line}\n{healthy}")).analyzed(&[]);
    assert_eq!(analyzed.source(Some("s3-access-log")), Some([1, 1, 0, 1]), "{what}: {line}");
    assert_eq!((analyzed.code, counts(&analyzed)), (Some(3), (1, 1)), "{what}");
}
