//! What is said of signing configurations and of presigned URLs before they are used.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use sigdrift_signature::check::{Finding, Level, configuration, is_ok, presigned};

/// 2026-04-15T07:42:00Z.
const NOW: i64 = 1_776_238_920;

fn worst(findings: &[Finding]) -> Option<(&'static str, Level)> {
    findings
        .iter()
        .max_by_key(|finding| finding.level)
        .map(|finding| (finding.check, finding.level))
}

#[test]
fn every_form_of_host_is_compared_with_the_scope() {
    use Level::{Drift, Ok, Warning};
    for (host, region, service, level) in [
        ("b.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", Ok),
        ("b.s3.eu-west-1.amazonaws.com", "us-east-1", "s3", Drift),
        ("b.s3.eu-west-1.amazonaws.com", "eu-west-1", "execute-api", Drift),
        ("s3.eu-west-1.amazonaws.com/b/k", "eu-west-1", "s3", Ok),
        ("b.s3-ap-southeast-2.amazonaws.com", "ap-southeast-2", "s3", Ok),
        ("b.s3-ap-southeast-2.amazonaws.com", "ap-southeast-1", "s3", Drift),
        ("b.s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1", "s3", Ok),
        ("b.s3.dualstack.eu-west-1.amazonaws.com", "eu-west-2", "s3", Drift),
        ("b.s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "s3", Ok),
        ("b.s3-fips.us-gov-west-1.amazonaws.com", "us-east-1", "s3", Drift),
        ("b.s3-fips.dualstack.us-east-1.amazonaws.com", "us-east-1", "s3", Ok),
        ("a.b.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", Warning),
        ("http://a.b.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", Ok),
        // Global hosts.
        ("b.s3.amazonaws.com", "us-east-1", "s3", Warning),
        ("b.s3.amazonaws.com", "eu-west-1", "s3", Warning),
        ("s3.amazonaws.com/b/k", "eu-west-1", "s3", Drift),
        ("s3-external-1.amazonaws.com", "eu-west-1", "s3", Drift),
        ("b.s3-external-1.amazonaws.com", "eu-west-1", "s3", Drift),
        ("b.s3.amazonaws.com", "cn-north-1", "s3", Drift),
        ("b.s3.amazonaws.com.cn", "cn-north-1", "s3", Drift),
        // Acceleration.
        ("b.s3-accelerate.amazonaws.com", "eu-west-1", "s3", Warning),
        ("b.s3-accelerate.dualstack.amazonaws.com", "eu-west-1", "s3", Warning),
        ("b.s3-accelerate.amazonaws.com", "eu-west-1", "s3express", Drift),
        ("a.b.s3-accelerate.amazonaws.com", "eu-west-1", "s3", Drift),
        // Access points and the other kinds of S3.
        ("ap-111122223333.s3-accesspoint.us-west-2.amazonaws.com", "us-west-2", "s3", Ok),
        (
            "ap-111122223333.s3-accesspoint-fips.dualstack.us-west-2.amazonaws.com",
            "us-east-2",
            "s3",
            Drift,
        ),
        ("x.mrap.accesspoint.s3-global.amazonaws.com", "us-west-2", "s3", Drift),
        ("x.mrap.accesspoint.s3-global.amazonaws.com", "*", "s3", Ok),
        (
            "o-111122223333.s3-object-lambda.us-east-1.amazonaws.com",
            "us-east-1",
            "s3-object-lambda",
            Ok,
        ),
        ("o-111122223333.s3-object-lambda.us-east-1.amazonaws.com", "us-east-1", "s3", Drift),
        ("a.op-0.s3-outposts.us-east-1.amazonaws.com", "us-east-1", "s3-outposts", Ok),
        ("a.op-0.s3-outposts.us-east-1.amazonaws.com", "us-east-1", "s3", Drift),
        (
            "b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com",
            "us-west-2",
            "s3express",
            Ok,
        ),
        ("b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com", "us-west-2", "s3", Drift),
        ("s3express-control.us-west-2.amazonaws.com", "us-west-2", "s3express", Ok),
        ("111122223333.s3-control.us-west-2.amazonaws.com", "us-west-2", "s3", Ok),
        ("b.bucket.vpce-0a1b-2c.s3.eu-west-1.vpce.amazonaws.com", "eu-west-1", "s3", Ok),
        ("b.bucket.vpce-0a1b-2c.s3.eu-west-1.vpce.amazonaws.com", "vpce", "s3", Drift),
        ("control.vpce-0a1b-2c.s3.eu-west-1.vpce.amazonaws.com", "us-east-1", "s3", Drift),
        ("b.s3-website-us-east-1.amazonaws.com", "us-east-1", "s3", Drift),
        ("b.s3-website.eu-central-1.amazonaws.com", "eu-central-1", "s3", Drift),
        ("images.example.com", "eu-west-1", "s3", Warning),
        // Every partition.
        ("b.s3.cn-north-1.amazonaws.com.cn", "cn-north-1", "s3", Ok),
        ("b.s3.cn-north-1.amazonaws.com.cn", "cn-northwest-1", "s3", Drift),
        ("b.s3.cn-north-1.amazonaws.com", "cn-north-1", "s3", Drift),
        ("b.s3.eu-west-1.amazonaws.com.cn", "eu-west-1", "s3", Drift),
        ("b.s3.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "s3", Ok),
        ("b.s3.eusc-de-east-1.amazonaws.eu", "eu-central-1", "s3", Drift),
        ("b.s3.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "s3", Ok),
        ("b.s3.us-iso-east-1.c2s.ic.gov", "us-east-1", "s3", Drift),
        ("b.s3.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", "s3", Ok),
        ("b.s3.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", "s3", Ok),
        ("b.s3.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", "s3", Ok),
        ("b.s3.us-isof-south-1.csp.hci.ic.gov", "us-isof-east-1", "s3", Drift),
        // Other services.
        ("dynamodb.eu-west-1.amazonaws.com", "eu-west-1", "dynamodb", Ok),
        ("dynamodb.eu-west-1.amazonaws.com", "eu-west-1", "s3", Drift),
        ("abc.execute-api.eu-west-2.amazonaws.com", "eu-west-2", "execute-api", Ok),
        ("abc.execute-api.eu-west-2.amazonaws.com", "eu-west-1", "execute-api", Drift),
        ("search-x-abc.us-east-1.es.amazonaws.com", "us-east-1", "es", Ok),
        ("email.eu-west-1.amazonaws.com", "eu-west-1", "ses", Ok),
        ("email.eu-west-1.amazonaws.com", "eu-west-1", "email", Drift),
        ("bedrock-runtime.us-east-1.amazonaws.com", "us-east-1", "bedrock", Ok),
        ("bedrock-runtime.us-east-1.amazonaws.com", "us-east-1", "bedrock-runtime", Drift),
        ("abc.lambda-url.eu-west-1.on.aws", "eu-west-1", "lambda", Ok),
        ("sts.amazonaws.com", "us-east-1", "sts", Ok),
        ("sts.amazonaws.com", "eu-west-1", "sts", Drift),
        ("iam.us-gov.amazonaws.com", "us-gov-west-1", "iam", Ok),
        ("route53.amazonaws.com.cn", "cn-northwest-1", "route53", Ok),
        ("my-lb-1.eu-west-1.elb.amazonaws.com", "eu-west-1", "execute-api", Warning),
    ] {
        let findings = configuration(host, region, service, &[]).unwrap();
        let found = worst(&findings).unwrap().1;
        assert_eq!(found, level, "{host} signed for {region} and {service}: {findings:#?}");
    }
}

#[test]
fn a_difference_says_how_to_end_it() {
    let findings = configuration("https://b.s3.eu-west-1.amazonaws.com", "us-east-1", "s3", &[]);
    let finding = &findings.unwrap()[0];
    assert_eq!(finding.check, "region");
    assert_eq!(
        finding.detail,
        "signed for us-east-1, but b.s3.eu-west-1.amazonaws.com lies in eu-west-1"
    );
    assert_eq!(
        finding.fix.as_deref(),
        Some("sign for eu-west-1, or send to b.s3.us-east-1.amazonaws.com")
    );
    assert!(configuration("", "eu-west-1", "s3", &[]).is_err());
}

#[test]
fn headers_that_hops_change_are_named() {
    let of = |names: &[&str]| {
        configuration("b.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", names).unwrap()
    };
    assert_eq!(worst(&of(&["host", "x-amz-date"])).unwrap().1, Level::Ok);
    let findings = of(&["accept-encoding", "host", "via"]);
    let told: Vec<&str> = findings.iter().map(|finding| finding.detail.as_str()).collect();
    assert!(
        told.iter().any(|told| told.starts_with("accept-encoding is often changed")),
        "{told:?}"
    );
    assert!(told.iter().any(|told| told.starts_with("via is never to be signed")), "{told:?}");
    assert_eq!(worst(&of(&["x-amz-date"])).unwrap(), ("signed-headers", Level::Drift));
}

const URL: &str = "https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE000000001%2F20260415%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260415T070000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e71234";

#[test]
fn a_presigned_url_that_is_right_is_ok() {
    let findings = presigned(URL, Some("GET"), NOW).unwrap();
    assert!(findings.iter().all(|finding| finding.level == Level::Ok), "{findings:#?}");
    let expiry = findings.iter().find(|finding| finding.check == "expiry").unwrap();
    assert_eq!(expiry.detail, "valid for another 18 min, until 2026-04-15T08:00:00Z");
}

#[test]
fn what_is_wrong_with_a_presigned_url_is_named() {
    use Level::{Drift, Warning};
    let token = "X-Amz-SignedHeaders=host&X-Amz-Security-Token=IQoJ";
    for (change, check, level) in [
        (("eu-west-1%2F", "us-east-1%2F"), "region", Drift),
        (("%2Fs3%2F", "%2Fexecute-api%2F"), "service", Drift),
        (("s3.eu-west-1", "s3-accelerate"), "region", Warning),
        (("b.s3.eu-west-1", "b.s3-website-eu-west-1"), "endpoint", Drift),
        (("Expires=3600", "Expires=604801"), "expiry", Drift),
        (("Expires=3600", "Expires=0"), "expiry", Drift),
        (("Expires=3600", "Expires=-5"), "expiry", Drift),
        (("Expires=3600", "Expires=1h"), "expiry", Drift),
        (("Expires=3600", "Expires=60"), "expiry", Drift),
        (("Expires=3600", "Expires=2550"), "expiry", Warning),
        (("20260415T070000Z", "20260415T080000Z"), "expiry", Drift),
        (("20260415T070000Z", "20260415T074500Z"), "expiry", Warning),
        (("20260415T070000Z", "20260415"), "parameters", Drift),
        (("%2F20260415%2F", "%2F20260414%2F"), "parameters", Drift),
        (("aws4_request", "aws4_requests"), "parameters", Drift),
        (("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), "parameters", Drift),
        (("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "parameters", Drift),
        (("&X-Amz-Date=20260415T070000Z", ""), "parameters", Drift),
        (("&X-Amz-Signature=", "&X-Amz-Signature=X&X-Amz-Signature="), "parameters", Drift),
        (("5ec2e75ec2e75", "zz"), "parameters", Drift),
        (("%2F", "%252F"), "parameters", Drift),
        (("&", "&amp;"), "parameters", Drift),
        (("/k?", "/k#1?"), "parameters", Drift),
        (("/eu-west-1%2Fs3", ""), "parameters", Level::Ok),
        (("AKIAEXAMPLE000000001", "ASIAEXAMPLE000000001"), "credentials", Drift),
        (("X-Amz-SignedHeaders=host", token), "credentials", Drift),
        (("AKIAEXAMPLE000000001", "minio"), "credentials", Warning),
        (("SignedHeaders=host", "SignedHeaders=content-type%3Bhost"), "signed-headers", Warning),
        (("SignedHeaders=host", "SignedHeaders=host%3Brange"), "signed-headers", Warning),
        (("SignedHeaders=host", "SignedHeaders=range%3Bhost"), "signed-headers", Drift),
        (("SignedHeaders=host", "SignedHeaders=Host"), "signed-headers", Drift),
        (("SignedHeaders=host", "SignedHeaders=range"), "signed-headers", Drift),
        (("/k?", "/k?x-id=PutObject&"), "method", Drift),
        (("/k?", "/a//k?"), "path", Warning),
        (("/k?", "/a/../k?"), "path", Warning),
        (("/k?", "/a+b?"), "path", Warning),
        (("/k?", "/ü?"), "path", Warning),
        (("/k?", "/a b?"), "path", Warning),
        (("/k?", "/100%?"), "path", Warning),
    ] {
        let url = URL.replace(change.0, change.1);
        let findings = presigned(&url, Some("GET"), NOW).unwrap();
        let of_check = findings.iter().filter(|finding| finding.check == check);
        let found = of_check.map(|finding| finding.level).max();
        assert_eq!(found, Some(level), "{change:?}: {findings:#?}");
        assert_eq!(is_ok(&findings), level < Drift || !findings.iter().any(|f| f.level == Drift));
    }
}

#[test]
fn temporary_credentials_end_a_url_before_its_time() {
    let temporary = URL.replace("AKIA", "ASIA").replace(
        "SignedHeaders=host",
        "SignedHeaders=host&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE",
    );
    for (expires, level, part) in [
        ("3600", Level::Ok, "the URL ends when the credentials end"),
        ("7200", Level::Warning, "a role's session usually lasts 1 h"),
        ("86400", Level::Warning, "a role's session lasts 12 h at most"),
        ("604800", Level::Warning, "it says 7 d, and no session lasts longer than 36 h"),
    ] {
        let url = temporary.replace("Expires=3600", &format!("Expires={expires}"));
        let findings = presigned(&url, None, NOW).unwrap();
        let found = findings.iter().find(|finding| finding.check == "credentials").unwrap();
        assert!(found.level == level && found.detail.contains(part), "{found:?}");
        assert!(!format!("{findings:?}").contains("IQoJ"));
    }
}

#[test]
fn the_method_is_told_by_parameters_or_not_at_all() {
    let of = |change: &str, method: Option<&str>| {
        let findings = presigned(&URL.replace("/k?", change), method, NOW).unwrap();
        findings.into_iter().find(|finding| finding.check == "method").unwrap()
    };
    assert_eq!(of("/k?", None).level, Level::Warning);
    assert_eq!(of("/k?", Some("PUT")).level, Level::Ok);
    assert_eq!(of("/k?x-id=PutObject&", None).level, Level::Ok);
    assert_eq!(of("/k?x-id=PutObject&", Some("put")).level, Level::Ok);
    assert_eq!(of("/k?partNumber=1&uploadId=u&", Some("GET")).level, Level::Drift);
    assert_eq!(of("/k?response-content-disposition=a&", Some("PUT")).level, Level::Drift);
    assert_eq!(of("/k?response-content-disposition=a&", Some("HEAD")).level, Level::Ok);
}

#[test]
fn other_versions_are_recognised() {
    let url = "https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIAEXAMPLE000000001&Expires=1776242520&Signature=E3ehd6%3D";
    let findings = presigned(url, Some("GET"), NOW).unwrap();
    assert_eq!(worst(&findings), Some(("signature-version", Level::Drift)));
    assert!(findings.iter().any(|finding| finding.detail.starts_with("valid for another 1 h")));
    let multi_region = URL
        .replace("b.s3.eu-west-1", "x.mrap.accesspoint.s3-global")
        .replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
        .replace("%2Feu-west-1", "");
    let with_set = multi_region.replace("/k?", "/k?X-Amz-Region-Set=%2A&");
    assert!(is_ok(&presigned(&with_set, Some("GET"), NOW).unwrap()));
    assert!(!is_ok(&presigned(&multi_region, Some("GET"), NOW).unwrap()));
    let one_region = URL.replace("b.s3.eu-west-1", "x.mrap.accesspoint.s3-global");
    assert!(!is_ok(&presigned(&one_region, Some("GET"), NOW).unwrap()));
    let redacted =
        URL.replace("5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e71234", "XXXXXXXX");
    assert!(is_ok(&presigned(&redacted, Some("GET"), NOW).unwrap()));
    for unsigned in ["https://b.s3.amazonaws.com/k", "https://h/?X-Goog-Signature=a"] {
        assert_eq!(
            worst(&presigned(unsigned, None, NOW).unwrap()),
            Some(("parameters", Level::Drift))
        );
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_secret_is_told(url in "\\PC{0,80}", at in 0_usize..400, with in "\\PC{0,6}", now in any::<i64>()) {
        let _ = presigned(&url, None, now);
        let _ = configuration(&url, &with, &with, &[&with]);
        let mut changed = URL.to_owned();
        let at = at.min(changed.len());
        changed.replace_range(at..(at + 3).min(URL.len()), &with);
        let findings = presigned(&changed, Some(&with), now);
        let told = format!("{findings:?}");
        prop_assert!(!told.contains("5ec2e75ec2e7"), "{}", told);
    }
}
