//! Session tokens, signatures and secrets stand in every kind of log, and the command prints none.

use crate::lines::{HOST_ID, OWNER, captured, event, json_record};
use crate::run::{Logs, sigdrift, text};

const TOKEN: &str = "IQoJb3JpZ2luX2VjEPLANTEDtokenPLANTEDtokenPLANTEDtokenPLANTEDtoken";
const SIGNATURE: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e71234";
const SECRET: &str = "wJalrPLANTEDsecretPLANTEDsecretPLANTEDsec";

fn query() -> String {
    format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLE000000002%2F20260415%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260415T074200Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Security-Token={TOKEN}&X-Amz-Signature={SIGNATURE}"
    )
}

fn authorization() -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE000000002/20260415/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-security-token, Signature={SIGNATURE}"
    )
}

fn canonical_request() -> String {
    format!(
        "GET\n/k\n{}\nhost:media.s3.eu-west-1.amazonaws.com\nx-amz-security-token:{TOKEN}\n\nhost;x-amz-security-token\nUNSIGNED-PAYLOAD",
        query()
    )
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Nothing of what was planted is printed, as JSON or as text, whatever clusters are made of.
fn keeps_secrets(name: &str, content: &str) {
    assert!([TOKEN, SIGNATURE, SECRET].iter().any(|planted| content.contains(planted)), "{name}");
    let logs = Logs::of(content);
    for arguments in [
        &[][..],
        &["--json"],
        &["--json", "--group-by", "endpoint,key,region,deploy,operation,bucket,auth,client"],
    ] {
        let end = sigdrift().arg("analyze").args(arguments).arg(logs.path()).output().unwrap();
        for printed in [text(&end.stdout), text(&end.stderr)] {
            // A part of a secret is a secret too.
            for planted in [TOKEN, SIGNATURE, SECRET] {
                let part = &planted[..16];
                assert!(!printed.contains(part), "{name} {arguments:?} shows {part}: {printed}");
            }
        }
    }
}

fn access_log(target: &str, referer: &str, code: &str) -> String {
    format!(
        "{OWNER} media [15/Apr/2026:07:42:03 +0000] 192.0.2.10 - R{} REST.GET.OBJECT k \"GET {target} HTTP/1.1\" 403 {code} 243 - 7 - \"{referer}\" \"curl/8\" - {HOST_ID} SigV4 TLS_AES_128_GCM_SHA256 QueryString media.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1\n",
        target.len()
    )
}

#[test]
fn of_access_logs() {
    let url = format!("https://media.s3.eu-west-1.amazonaws.com/k?{}", query());
    let lower = query().replace("X-Amz-", "x-amz-");
    for target in [
        format!("/k?{}", query()),
        format!("/k?{lower}"),
        format!("/k?AWSAccessKeyId=AKIAEXAMPLE000000001&Expires=1&Signature={SIGNATURE}"),
        format!(
            "/k?AWSAccessKeyId=AKIAEXAMPLE000000001&Expires=1&x-amz-security-token={TOKEN}&Signature={SIGNATURE}"
        ),
    ] {
        for code in ["SignatureDoesNotMatch", "AccessDenied", "-"] {
            keeps_secrets("text", &access_log(&target, &url, code));
        }
        let record = json_record("R")
            .replace("/k HTTP", &format!("{target} HTTP"))
            .replace("\"host_id\"", "\"referer\":\"x\",\"host_id\"");
        keeps_secrets("json", &record);
    }
}

#[test]
fn of_damaged_access_logs() {
    let line = access_log(&format!("/k?{}", query()), "-", "SignatureDoesNotMatch");
    let healthy = access_log("/k", "-", "-");
    let cut = line.find(&SIGNATURE[32..]).unwrap();
    keeps_secrets("cut text", &format!("{healthy}{}\n{}{}", &line[..cut], TOKEN, "\n"));
    keeps_secrets("no time", &(healthy + &line.replace("[15/Apr/2026", "[15/Foo/2026")));
    let record = json_record("R").replace("/k HTTP", &format!("/k?{} HTTP", query()));
    let cut = record.find(&SIGNATURE[32..]).unwrap();
    keeps_secrets("cut json", &format!("{}{}\n", json_record("A"), &record[..cut]));
    keeps_secrets(
        "no time in json",
        &(json_record("A") + &record.replace("2026-04-15T07:42:03.000Z", TOKEN)),
    );
    keeps_secrets(
        "unknown json type",
        &(json_record("A") + &record.replace("403", &quoted(TOKEN))),
    );
    let broken = format!(
        "{{\"bucket_name\":\"b\",\"http_status\":403,\"request_time\":\"x\" \"{TOKEN}\"}}\n"
    );
    keeps_secrets("broken json", &(json_record("A") + &broken));
}

#[test]
fn of_cloudtrail() {
    let parameters = format!(
        "{{\"bucketName\":\"media\",\"X-Amz-Security-Token\":\"{TOKEN}\",\"X-Amz-Signature\":\"{SIGNATURE}\",\"secretString\":\"{SECRET}\",\"secretId\":\"shop\"}}"
    );
    let answer = format!(
        "{{\"credentials\":{{\"accessKeyId\":\"ASIAEXAMPLE000000009\",\"sessionToken\":\"{TOKEN}\",\"secretAccessKey\":\"{SECRET}\"}},\"accessKey\":{{\"accessKeyId\":\"AKIAEXAMPLE000000009\",\"secretAccessKey\":\"{SECRET}\"}}}}"
    );
    for (source, name) in [
        ("s3", "GetObject"),
        ("sts", "AssumeRole"),
        ("iam", "CreateAccessKey"),
        ("secretsmanager", "PutSecretValue"),
        ("ssm", "PutParameter"),
        ("lambda", "UpdateFunctionConfiguration20150331v2"),
    ] {
        let record = event("E")
            .replace("s3.amazonaws.com", &format!("{source}.amazonaws.com"))
            .replace("GetObject", name)
            .replace(
                "\"eventType\"",
                &format!(
                    "\"requestParameters\":{parameters},\"responseElements\":{answer},\"eventType\""
                ),
            );
        keeps_secrets(name, &record);
        keeps_secrets("array", &format!("{{\"Records\":[{record}]}}"));
    }
    for message in [
        format!(
            "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'{}'",
            canonical_request()
        ),
        format!(
            "Credential should be scoped to correct service: 's3'. Authorization={}",
            authorization()
        ),
        format!("Credential should be scoped to a valid Region. {}", canonical_request()),
    ] {
        let record = event("E").replace(
            "\"eventType\"",
            &format!(
                "\"errorCode\":\"InvalidSignatureException\",\"errorMessage\":{},\"eventType\"",
                quoted(&message)
            ),
        );
        keeps_secrets("message", &record);
    }
    let cut = event("E")
        .replace("\"eventType\"", &format!("\"requestParameters\":{parameters},\"eventType\""));
    let end = cut.find(&SECRET[38..]).unwrap();
    keeps_secrets("cut", &format!("{}\n{}\n", event("A"), &cut[..end]));
    keeps_secrets(
        "time",
        &(event("A") + "\n" + &event("B").replace("2026-04-15T07:42:03Z", TOKEN) + "\n"),
    );
    keeps_secrets("version", &(event("A") + "\n" + &event("B").replace("1.11", TOKEN) + "\n"));
}

#[test]
fn of_captured_errors() {
    let side = format!(
        "{{\"canonical_request\":{},\"string_to_sign\":\"AWS4-HMAC-SHA256\\n20260415T074200Z\\n20260415/eu-west-1/s3/aws4_request\\naa\",\"canonical_request_ok\":true}}",
        quoted(&canonical_request())
    );
    let other = side
        .replace("UNSIGNED-PAYLOAD", "aa")
        .replace(TOKEN, &format!("{TOKEN}2"))
        .replace("\\naa\"", "\\nbb\"");
    keeps_secrets(
        "sides",
        &format!(
            "{{\"sigdrift\":1,\"code\":\"SignatureDoesNotMatch\",\"server\":{side},\"client\":{other}}}\n"
        ),
    );
    let url = format!("https://user:{SECRET}@media.s3.eu-west-1.amazonaws.com/k?{}", query());
    keeps_secrets(
        "url",
        &captured("R").replace("https://media.s3.eu-west-1.amazonaws.com/k", &url),
    );
    for message in [
        format!(
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'. {}",
            authorization()
        ),
        format!("Request has expired {TOKEN}"),
        format!("The provided token has expired: {TOKEN}"),
    ] {
        for code in ["AuthorizationHeaderMalformed", "AccessDenied", "ExpiredToken"] {
            keeps_secrets(
                "message",
                &captured("R").replace(
                    "\"code\":\"SignatureDoesNotMatch\"",
                    &format!("\"code\":\"{code}\",\"message\":{}", quoted(&message)),
                ),
            );
        }
    }
}

#[test]
fn of_captured_errors_that_cannot_be_read() {
    for broken in [
        format!("{{\"sigdrift\":1,\"code\":\"x\",\"time\":\"{TOKEN}\"}}"),
        format!("{{\"sigdrift\":\"{TOKEN}\",\"code\":\"x\"}}"),
        format!("{{\"sigdrift\":1,\"code\":\"x\",\"client\":{}}}", quoted(&canonical_request())),
        format!(
            "{{\"sigdrift\":1,\"code\":\"x\",\"client\":{{\"canonical_request_ok\":\"{TOKEN}\"}}}}"
        ),
        format!("{{\"sigdrift\":1,\"code\":[\"{SECRET}\"]}}"),
        format!(
            "{{\"sigdrift\":1,\"code\":\"x\",\"server\":{{\"canonical_request\":{}",
            quoted(&canonical_request())
        ),
    ] {
        keeps_secrets(&broken, &format!("{}{broken}\n", captured("A")));
    }
}

#[test]
fn of_application_logs() {
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided. Check your key and signing method.</Message><AWSAccessKeyId>ASIAEXAMPLE000000002</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256\n20260415T074200Z\n20260415/eu-west-1/s3/aws4_request\naa</StringToSign><SignatureProvided>{SIGNATURE}</SignatureProvided><CanonicalRequest>{}</CanonicalRequest><RequestId>R1</RequestId></Error>",
        canonical_request().replace('&', "&amp;")
    );
    let expired = format!(
        "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><Token-0>{TOKEN}</Token-0><RequestId>R2</RequestId></Error>"
    );
    let mismatch = "An error occurred (SignatureDoesNotMatch) when calling the PutObject operation: The request signature we calculated does not match the signature you provided.";
    for log in [
        body.clone(),
        expired.clone(),
        format!(
            "2026-04-15 07:42:03 ERROR {mismatch} url=https://media.s3.eu-west-1.amazonaws.com/k?{} Authorization: {}",
            query(),
            authorization()
        ),
        format!(
            "2026-04-15 07:42:03 DEBUG CanonicalRequest:\n{}\n2026-04-15 07:42:03 ERROR {mismatch}",
            canonical_request()
        ),
        format!(
            "AWS_SECRET_ACCESS_KEY={SECRET} AWS_SESSION_TOKEN={TOKEN}\n2026-04-15 07:42:03 ERROR {mismatch}"
        ),
        format!(
            "{{\"level\":\"error\",\"time\":\"2026-04-15T07:42:03Z\",\"code\":\"SignatureDoesNotMatch\",\"message\":{},\"secretAccessKey\":\"{SECRET}\",\"sessionToken\":\"{TOKEN}\"}}",
            quoted(&body)
        ),
        format!(
            "{{\"level\":\"error\",\"err\":{{\"name\":\"SignatureDoesNotMatch\",\"Code\":\"SignatureDoesNotMatch\",\"SignatureProvided\":\"{SIGNATURE}\",\"CanonicalRequest\":{}}}}}",
            quoted(&canonical_request())
        ),
        format!(
            "{{\"level\":\"error\",\"code\":\"ExpiredToken\",\"msg\":\"The provided token has expired.\",\"Token-0\":\"{TOKEN}\"}}"
        ),
        format!("ERROR {mismatch} sent {} to the server", authorization()),
    ] {
        keeps_secrets(&log, &format!("{log}\n"));
    }
}

#[test]
fn the_access_key_id_is_shown() {
    let analyzed = Logs::of(captured("R")).analyzed(&[]);
    assert!(analyzed.printed.contains(crate::lines::KEY_ID));
}

/// What stands in the wrong place of a command line ends up in logs all the same.
#[test]
fn of_misplaced_arguments() {
    let url = format!("https://media.s3.eu-west-1.amazonaws.com/k?{}", query());
    // As long as a real one.
    let secret = &SECRET[..40];
    for arguments in [
        &["analyze", &url][..],
        &["explain", &url],
        &["diff", &url, "x"],
        &["check", &url],
        &["explain", "x", "--secret-file", secret],
        &["explain", "-", "--secret-file", secret],
        &["canonical", "--request", "-", "--secret-file", secret],
    ] {
        let end = sigdrift().args(arguments).output().unwrap();
        let told = text(&end.stdout) + &text(&end.stderr);
        assert_eq!(end.status.code(), Some(2), "{told}");
        for planted in [TOKEN, SIGNATURE, secret] {
            assert!(!told.contains(planted), "{arguments:?}: {told}");
        }
    }
}
