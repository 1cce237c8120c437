//! The host names of S3: buckets in front of or behind regions, access points, accelerated, website
//! and private endpoints.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/s3.html>

use super::{Endpoint, EndpointKind, is_region, pop};

/// The region that S3's global host names belong to.
const GLOBAL_S3_REGION: &str = "us-east-1";

/// A label that names an S3 service in front of a region, what it stands for, and its signing name.
const S3_LABELS: &[(&str, EndpointKind, &str)] = &[
    ("s3", EndpointKind::S3Regional, "s3"),
    ("s3-fips", EndpointKind::S3Regional, "s3"),
    ("s3-accesspoint", EndpointKind::S3AccessPoint, "s3"),
    ("s3-accesspoint-fips", EndpointKind::S3AccessPoint, "s3"),
    ("s3-control", EndpointKind::S3Control, "s3"),
    ("s3-control-fips", EndpointKind::S3Control, "s3"),
    ("s3-object-lambda", EndpointKind::S3ObjectLambda, "s3-object-lambda"),
    ("s3-object-lambda-fips", EndpointKind::S3ObjectLambda, "s3-object-lambda"),
    ("s3-outposts", EndpointKind::S3Outposts, "s3-outposts"),
    ("s3-outposts-fips", EndpointKind::S3Outposts, "s3-outposts"),
    ("s3express-control", EndpointKind::S3Express, "s3express"),
    ("s3express-control-fips", EndpointKind::S3Express, "s3express"),
];

/// Reads `name`, the host without its partition suffix, as one of S3's.
pub(super) fn read(name: &str) -> Option<Endpoint<'_>> {
    let (before, last) = pop(name);
    let endpoint = |kind, region, service, bucket| Some(Endpoint { kind, region, service, bucket });

    if last == "vpce" {
        let (before, region) = pop(before?);
        let (before, service) = pop(before?);
        // `bucket.vpce-ID.s3.REGION`, with the real bucket in front of that.
        let front = before.and_then(|labels| labels.rsplit_once(".vpce-").map(|(front, _)| front));
        let bucket = front.and_then(|front| {
            ["bucket", "accesspoint"]
                .iter()
                .find_map(|kind| front.strip_suffix(kind)?.strip_suffix('.'))
        });
        return if service == "s3" {
            endpoint(EndpointKind::S3VpcEndpoint, Some(region), Some("s3"), bucket)
        } else {
            endpoint(EndpointKind::Service, Some(region), Some(service), None)
        };
    }
    match last {
        "s3" | "s3-external-1" => {
            return endpoint(EndpointKind::S3Global, Some(GLOBAL_S3_REGION), Some("s3"), before);
        }
        "s3-accelerate" => return endpoint(EndpointKind::S3Accelerate, None, Some("s3"), before),
        "s3-global" => return endpoint(EndpointKind::S3MultiRegion, Some("*"), Some("s3"), before),
        "dualstack" => {
            let (bucket, service) = pop(before?);
            return (service == "s3-accelerate").then_some(Endpoint {
                kind: EndpointKind::S3Accelerate,
                region: None,
                service: Some("s3"),
                bucket,
            });
        }
        _ => {}
    }
    // The dashed forms, where service and region are one label.
    if let Some(region) = last.strip_prefix("s3-website-").filter(|label| is_region(label)) {
        return endpoint(EndpointKind::S3Website, Some(region), None, before);
    }
    for service in ["s3-fips-", "s3-"] {
        if let Some(region) = last.strip_prefix(service).filter(|label| is_region(label)) {
            return endpoint(EndpointKind::S3Regional, Some(region), Some("s3"), before);
        }
    }
    if !is_region(last) {
        return None;
    }
    let region = last;
    let (mut bucket, mut service) = pop(before?);
    if service == "dualstack" {
        (bucket, service) = pop(bucket?);
    }
    if service == "s3-website" {
        return endpoint(EndpointKind::S3Website, Some(region), None, bucket);
    }
    if service.starts_with("s3express-") && service != "s3express-control" {
        return endpoint(EndpointKind::S3Express, Some(region), Some("s3express"), bucket);
    }
    let (_, kind, signing) = S3_LABELS.iter().find(|(label, _, _)| *label == service)?;
    endpoint(*kind, Some(region), Some(signing), bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use EndpointKind::*;

    #[test]
    fn reads_every_form_of_s3_host() {
        for (host, kind, region, service, bucket) in [
            ("b.s3.amazonaws.com", S3Global, Some("us-east-1"), Some("s3"), Some("b")),
            ("s3.amazonaws.com", S3Global, Some("us-east-1"), Some("s3"), None),
            ("s3-external-1.amazonaws.com", S3Global, Some("us-east-1"), Some("s3"), None),
            ("b.s3.eu-west-1.amazonaws.com", S3Regional, Some("eu-west-1"), Some("s3"), Some("b")),
            (
                "a.b.s3.eu-west-1.amazonaws.com",
                S3Regional,
                Some("eu-west-1"),
                Some("s3"),
                Some("a.b"),
            ),
            ("s3.eu-west-1.amazonaws.com", S3Regional, Some("eu-west-1"), Some("s3"), None),
            (
                "b.s3-ap-southeast-2.amazonaws.com",
                S3Regional,
                Some("ap-southeast-2"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3.dualstack.eu-west-1.amazonaws.com",
                S3Regional,
                Some("eu-west-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3-fips.us-gov-west-1.amazonaws.com",
                S3Regional,
                Some("us-gov-west-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3-fips-us-gov-west-1.amazonaws.com",
                S3Regional,
                Some("us-gov-west-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3-fips.dualstack.us-east-1.amazonaws.com",
                S3Regional,
                Some("us-east-1"),
                Some("s3"),
                Some("b"),
            ),
            ("b.s3-accelerate.amazonaws.com", S3Accelerate, None, Some("s3"), Some("b")),
            ("b.s3-accelerate.dualstack.amazonaws.com", S3Accelerate, None, Some("s3"), Some("b")),
            (
                "ap-111122223333.s3-accesspoint.us-west-2.amazonaws.com",
                S3AccessPoint,
                Some("us-west-2"),
                Some("s3"),
                Some("ap-111122223333"),
            ),
            (
                "x.mrap.accesspoint.s3-global.amazonaws.com",
                S3MultiRegion,
                Some("*"),
                Some("s3"),
                Some("x.mrap.accesspoint"),
            ),
            (
                "o-111122223333.s3-object-lambda.us-east-1.amazonaws.com",
                S3ObjectLambda,
                Some("us-east-1"),
                Some("s3-object-lambda"),
                Some("o-111122223333"),
            ),
            (
                "a.op-0.s3-outposts.us-east-1.amazonaws.com",
                S3Outposts,
                Some("us-east-1"),
                Some("s3-outposts"),
                Some("a.op-0"),
            ),
            (
                "b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com",
                S3Express,
                Some("us-west-2"),
                Some("s3express"),
                Some("b--usw2-az1--x-s3"),
            ),
            (
                "s3express-control.us-west-2.amazonaws.com",
                S3Express,
                Some("us-west-2"),
                Some("s3express"),
                None,
            ),
            (
                "111122223333.s3-control.us-west-2.amazonaws.com",
                S3Control,
                Some("us-west-2"),
                Some("s3"),
                Some("111122223333"),
            ),
            (
                "b.bucket.vpce-0a1b-2c.s3.eu-west-1.vpce.amazonaws.com",
                S3VpcEndpoint,
                Some("eu-west-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "bucket.vpce-0a1b-2c.s3.eu-west-1.vpce.amazonaws.com",
                S3VpcEndpoint,
                Some("eu-west-1"),
                Some("s3"),
                None,
            ),
            ("b.s3-website-us-east-1.amazonaws.com", S3Website, Some("us-east-1"), None, Some("b")),
            (
                "b.s3-website.eu-central-1.amazonaws.com",
                S3Website,
                Some("eu-central-1"),
                None,
                Some("b"),
            ),
            (
                "b.s3.cn-north-1.amazonaws.com.cn",
                S3Regional,
                Some("cn-north-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3.eusc-de-east-1.amazonaws.eu",
                S3Regional,
                Some("eusc-de-east-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3.us-iso-east-1.c2s.ic.gov",
                S3Regional,
                Some("us-iso-east-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3.us-isob-east-1.sc2s.sgov.gov",
                S3Regional,
                Some("us-isob-east-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3.eu-isoe-west-1.cloud.adc-e.uk",
                S3Regional,
                Some("eu-isoe-west-1"),
                Some("s3"),
                Some("b"),
            ),
            (
                "b.s3.us-isof-south-1.csp.hci.ic.gov",
                S3Regional,
                Some("us-isof-south-1"),
                Some("s3"),
                Some("b"),
            ),
            ("images.example.com", Foreign, None, None, None),
        ] {
            let expected = Endpoint { kind, region, service, bucket };
            assert_eq!(Endpoint::of(host), expected, "{host}");
        }
    }
}
