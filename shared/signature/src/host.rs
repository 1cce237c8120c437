//! What a host name tells about the endpoint behind it: its kind, region, signing service, bucket.
//!
//! The forms are those of <https://docs.aws.amazon.com/general/latest/gr/s3.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>. Labels are read from
//! the right: partition suffix, then region, then service, then what is left is the bucket.

mod s3;

use std::borrow::Cow;

/// Suffixes of AWS's partitions, without the leading dot; the longer of two that overlap first.
const PARTITION_SUFFIXES: &[&str] = &[
    "amazonaws.com.cn",
    "amazonaws.com",
    "amazonaws.eu",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws",
    "on.aws",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

/// Where a region would stand in a global host name of GovCloud, as `iam.us-gov.amazonaws.com`, and
/// the region that those are signed for.
const GOV: &str = "us-gov";
const GOV_GLOBAL_REGION: &str = "us-gov-west-1";

/// What kind of endpoint a host name is, as far as signing is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndpointKind {
    /// A regional endpoint of S3, virtual-hosted or path-style, dual-stack and FIPS included.
    S3Regional,
    /// `s3.amazonaws.com` and its kin: signs for `us-east-1`, but the bucket may live elsewhere.
    S3Global,
    /// Transfer acceleration: the bucket's region is not in the name.
    S3Accelerate,
    /// An access point.
    S3AccessPoint,
    /// A multi-region access point: wants SigV4A.
    S3MultiRegion,
    /// An object Lambda access point.
    S3ObjectLambda,
    /// S3 on Outposts.
    S3Outposts,
    /// S3 Express One Zone.
    S3Express,
    /// The S3 control plane.
    S3Control,
    /// S3 behind a VPC interface endpoint.
    S3VpcEndpoint,
    /// A website endpoint: takes no signature at all.
    S3Website,
    /// Another service's regional endpoint.
    Service,
    /// Not a name of AWS: a custom domain, a proxy, another vendor's server.
    Foreign,
}

/// What a host name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// The kind of endpoint.
    pub kind: EndpointKind,
    /// The region to sign for, where the name tells it. For [`EndpointKind::S3Global`] this is
    /// `us-east-1`, though the bucket may live elsewhere.
    pub region: Option<&'a str>,
    /// The signing name of the service, where the name tells it.
    pub service: Option<&'a str>,
    /// The bucket (or access point) of a virtual-hosted name.
    pub bucket: Option<&'a str>,
}

impl<'a> Endpoint<'a> {
    const fn foreign() -> Self {
        Self { kind: EndpointKind::Foreign, region: None, service: None, bucket: None }
    }

    /// Reads a host name. Give it [`normalize`]d: lower case, without a default port.
    #[must_use]
    pub fn of(host: &'a str) -> Self {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let Some(name) = PARTITION_SUFFIXES
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix)?.strip_suffix('.'))
        else {
            return Self::foreign();
        };
        // No name has an empty label: what stood beside it would be taken for a region or a bucket.
        if name.is_empty() || name.starts_with('.') || name.ends_with('.') || name.contains("..") {
            return Self::foreign();
        }
        s3::read(name).unwrap_or_else(|| other_service(name))
    }

    /// Whether the region is certain: the name says it, and not by default.
    #[must_use]
    pub fn region_is_explicit(&self) -> bool {
        self.region.is_some() && self.kind != EndpointKind::S3Global
    }
}

/// A `Host` header as clusters show it: lower case, without a trailing dot or a default port.
#[must_use]
pub fn normalize(host: &str) -> Cow<'_, str> {
    let host = host.trim();
    let bare = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host);
    // A bare IPv6 address may end in what looks like a port.
    let colons = bare.bytes().filter(|byte| *byte == b':').count();
    let bare = if colons > 1 && !bare.ends_with(']') { host } else { bare };
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    if bare.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(bare.to_ascii_lowercase())
    } else {
        Cow::Borrowed(bare)
    }
}

/// Whether a label looks like a region: `eu-west-1`, `us-gov-east-1`, `us-iso-west-1`. Three to
/// five parts, the first of at most four letters, the last of one or two digits.
#[must_use]
pub fn is_region(label: &str) -> bool {
    let mut dashes = 0;
    let mut letters = 0;
    for (at, byte) in label.bytes().enumerate() {
        match byte {
            b'a'..=b'z' => letters += 1,
            b'-' if letters > 0 && (dashes > 0 || letters <= 4) => {
                dashes += 1;
                letters = 0;
            }
            b'0'..=b'9' if letters == 0 && (2..=4).contains(&dashes) => {
                let last = &label.as_bytes()[at..];
                return last.len() <= 2 && last.iter().all(u8::is_ascii_digit);
            }
            _ => return false,
        }
    }
    false
}

/// The last label of a dotted name and what stands before it.
fn pop(name: &str) -> (Option<&str>, &str) {
    match name.rsplit_once('.') {
        Some((before, last)) => (Some(before), last),
        None => (None, name),
    }
}

/// Reads `name`, the host without its partition suffix, as `service.region` with anything before.
fn other_service(name: &str) -> Endpoint<'_> {
    let (before, last) = pop(name);
    let (region, service) = if is_region(last) {
        (Some(last), before.map(|before| pop(before).1))
    } else if before.is_some_and(|before| is_region(pop(before).1)) {
        // `id.us-east-1.es`, the order that OpenSearch and a few others use.
        (before.map(|before| pop(before).1), Some(last))
    } else if last == GOV {
        (Some(GOV_GLOBAL_REGION), before.map(|before| pop(before).1))
    } else {
        (None, Some(last))
    };
    let service = service.map(|label| label.strip_suffix("-fips").unwrap_or(label));
    Endpoint { kind: EndpointKind::Service, region, service, bucket: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EndpointKind::Service;

    #[test]
    fn reads_other_services() {
        let dynamo = Endpoint::of("dynamodb.eu-west-1.amazonaws.com");
        assert_eq!(
            (dynamo.kind, dynamo.region, dynamo.service),
            (Service, Some("eu-west-1"), Some("dynamodb"))
        );
        let search = Endpoint::of("search-x-abc.us-east-1.es.amazonaws.com");
        assert_eq!((search.region, search.service), (Some("us-east-1"), Some("es")));
        let api = Endpoint::of("abc123.execute-api.eu-west-2.amazonaws.com");
        assert_eq!((api.region, api.service), (Some("eu-west-2"), Some("execute-api")));
        let behind_vpc = Endpoint::of("vpce-0a.kms.eu-west-1.vpce.amazonaws.com");
        assert_eq!((behind_vpc.region, behind_vpc.service), (Some("eu-west-1"), Some("kms")));
        let function = Endpoint::of("abc.lambda-url.eu-west-1.on.aws");
        assert_eq!((function.region, function.service), (Some("eu-west-1"), Some("lambda-url")));
        let gov = Endpoint::of("iam.us-gov.amazonaws.com");
        assert_eq!((gov.region, gov.service), (Some("us-gov-west-1"), Some("iam")));
        let global = Endpoint::of("sts.amazonaws.com");
        assert_eq!((global.region, global.service), (None, Some("sts")));
    }

    #[test]
    fn no_name_has_an_empty_label() {
        for host in
            ["b.s3.ue.x..amazonaws.com", ".s3.amazonaws.com", "b..s3.eu-west-1.amazonaws.com"]
        {
            assert_eq!(Endpoint::of(host).kind, EndpointKind::Foreign, "{host}");
        }
    }

    #[test]
    fn hosts_lose_case_and_default_ports() {
        assert_eq!(normalize("B.S3.amazonaws.com:443"), "b.s3.amazonaws.com");
        assert_eq!(normalize("127.0.0.1:9000"), "127.0.0.1:9000");
        assert_eq!(normalize("[::1]:80"), "[::1]");
        assert_eq!(normalize("2001:db8::80"), "2001:db8::80");
        assert_eq!(normalize("example.com:80"), "example.com");
        assert_eq!(Endpoint::of("s3.eu-west-1.amazonaws.com:8443").region, Some("eu-west-1"));
    }

    #[test]
    fn regions_are_told_from_other_labels() {
        for region in
            ["eu-west-1", "us-gov-east-1", "ap-southeast-4", "us-isob-east-1", "mx-central-1"]
        {
            assert!(is_region(region), "{region}");
        }
        for other in [
            "s3",
            "vpce",
            "my-bucket-1x",
            "s3-website",
            "web-1",
            "a--1",
            "Eu-west-1",
            "eu-west-100",
        ] {
            assert!(!is_region(other), "{other}");
        }
    }

    /// The same as [`is_region`], part by part.
    fn slow_is_region(label: &str) -> bool {
        let parts: Vec<&str> = label.split('-').collect();
        let letters =
            |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        match &parts[..] {
            [first, middle @ .., last] => {
                (1..=3).contains(&middle.len())
                    && letters(first)
                    && first.len() <= 4
                    && middle.iter().all(letters)
                    && (1..=2).contains(&last.len())
                    && digits(last)
            }
            _ => false,
        }
    }

    proptest::proptest! {
        #[test]
        fn regions_are_told_as_their_parts_tell(
            label in "[a-z]{0,5}(-[a-z]{0,5}){0,4}-[0-9a-z]{0,3}|[a-z0-9A\u{e9}-]{0,12}",
        ) {
            proptest::prop_assert_eq!(is_region(&label), slow_is_region(&label), "{}", label);
        }
    }
}
