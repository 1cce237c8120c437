//! Whether what is signed for is what the endpoint's host name wants.
//!
//! Host names: <https://docs.aws.amazon.com/general/latest/gr/s3.html>, multi-region access points:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html>

use super::Finding;
use crate::host::{Endpoint, EndpointKind, is_region};
use crate::{partition, signing_name};

/// What a signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedFor<'a> {
    /// Version 4: one region.
    Region(&'a str),
    /// Version 4A: a list of regions, `*` among their characters.
    RegionSet(&'a str),
}

impl<'a> SignedFor<'a> {
    /// What a region setting stands for: one that is a list, or holds `*`, is of version 4A.
    #[must_use]
    pub fn of(region: &'a str) -> Self {
        if region.contains(['*', ',']) { Self::RegionSet(region) } else { Self::Region(region) }
    }

    fn text(self) -> &'a str {
        match self {
            Self::Region(region) | Self::RegionSet(region) => region,
        }
    }

    /// Whether a region is among what is signed for.
    fn holds(self, region: &str) -> bool {
        match self {
            Self::Region(signed) => signed == region,
            Self::RegionSet(set) => set.split(',').any(|pattern| {
                let pattern = pattern.trim();
                match pattern.split_once('*') {
                    Some((start, end)) => region.starts_with(start) && region.ends_with(end),
                    None => pattern == region,
                }
            }),
        }
    }
}

/// Where requests go, and what they are signed for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The host name, normalised.
    pub host: &'a str,
    /// Whether the URL says https.
    pub is_https: bool,
    /// The path of the URL.
    pub path: &'a str,
    /// The region or the regions.
    pub signed_for: SignedFor<'a>,
    /// The signing name of the service.
    pub service: &'a str,
}

impl Target<'_> {
    /// Everything there is to say about endpoint, region, service and bucket.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let endpoint = Endpoint::of(self.host);
        let mut findings = Vec::new();
        match endpoint.kind {
            EndpointKind::S3Website => return vec![self.website(&endpoint)],
            EndpointKind::S3MultiRegion => findings.push(self.multi_region()),
            EndpointKind::S3Accelerate => findings.push(self.accelerate()),
            EndpointKind::S3Global => findings.push(self.global(&endpoint)),
            EndpointKind::Foreign => return vec![self.foreign()],
            _ => findings.push(self.region(&endpoint)),
        }
        findings.push(self.service(&endpoint));
        findings.extend(self.bucket(&endpoint));
        findings
    }

    fn website(&self, endpoint: &Endpoint<'_>) -> Finding {
        let region = endpoint.region.unwrap_or("REGION");
        let suffix = partition::of_region(region).suffixes[0];
        let bucket = endpoint.bucket.unwrap_or("BUCKET");
        Finding::drift(
            "endpoint",
            format!("{} is a website endpoint, which takes no signature", self.host),
            format!("send signed requests to {bucket}.s3.{region}.{suffix}"),
        )
    }

    fn multi_region(&self) -> Finding {
        match self.signed_for {
            SignedFor::RegionSet(set) => Finding::ok(
                "region",
                format!("a multi-region access point, signed for the region set {set}"),
            ),
            SignedFor::Region(region) => Finding::drift(
                "signature-version",
                format!(
                    "{} is a multi-region access point, which takes Signature Version 4A; this is version 4, for {region}",
                    self.host
                ),
                "sign with AWS4-ECDSA-P256-SHA256 for the region set `*` (the SDKs need their CRT part for it)",
            ),
        }
    }

    fn accelerate(&self) -> Finding {
        Finding::warning(
            "region",
            format!(
                "{} does not name the bucket's region; {} is right only if the bucket lives there",
                self.host,
                self.signed_for.text()
            ),
            "compare with the bucket's region: aws s3api get-bucket-location --bucket BUCKET",
        )
    }

    /// `s3.amazonaws.com` belongs to us-east-1. A bucket in front of it resolves to the bucket's own
    /// region in the end, so that another region may be right; a bucket in the path does not.
    fn global(&self, endpoint: &Endpoint<'_>) -> Finding {
        let home = endpoint.region.unwrap_or_default();
        let suffix = partition::suffix_of(self.host).unwrap_or_default();
        if suffix != "amazonaws.com" {
            return Finding::drift(
                "endpoint",
                format!("{}: there is no global S3 endpoint under {suffix}", self.host),
                format!("use s3.{}.{suffix}", self.signed_for.text()),
            );
        }
        let signed = self.signed_for.text();
        let regional = match endpoint.bucket {
            Some(bucket) => format!("use {bucket}.s3.REGION.{suffix}, with the bucket's region"),
            None => format!("use s3.REGION.{suffix}, with the bucket's region"),
        };
        let partition = partition::of_region(signed);
        if partition.name != "aws" {
            return Finding::drift(
                "region",
                format!(
                    "{} does not reach {signed}, which is in the partition {}",
                    self.host, partition.name
                ),
                format!("use s3.{signed}.{}", partition.suffixes[0]),
            );
        }
        if !self.signed_for.holds(home)
            && (endpoint.bucket.is_none() || self.host.contains("s3-external-1."))
        {
            return Finding::drift(
                "region",
                format!("signed for {signed}, but {} belongs to {home}", self.host),
                regional,
            );
        }
        let detail = if self.signed_for.holds(home) {
            format!("{} signs for {home}, and the bucket may live elsewhere", self.host)
        } else {
            format!(
                "{} belongs to {home}; {signed} is right only if the bucket lives there",
                self.host
            )
        };
        Finding::warning("region", detail, regional)
    }

    fn foreign(&self) -> Finding {
        Finding::warning(
            "endpoint",
            format!(
                "{} is no host name of AWS: whether {} and {} are right cannot be told",
                self.host,
                self.signed_for.text(),
                self.service
            ),
            "make sure that what stands behind it gets this Host header, and that region and service are its own",
        )
    }

    fn region(&self, endpoint: &Endpoint<'_>) -> Finding {
        let label = endpoint.service.unwrap_or_default();
        let signed = self.signed_for.text();
        let Some(region) = endpoint.region else { return self.without_region(label) };
        let partition = partition::of_region(region);
        let suffix = partition::suffix_of(self.host).unwrap_or_default();
        if !partition.suffixes.contains(&suffix) {
            return Finding::drift(
                "endpoint",
                format!("{}: {region} has no endpoints under {suffix}", self.host),
                format!("end the host name in {}", partition.suffixes[0]),
            );
        }
        if self.signed_for.holds(region) {
            return Finding::ok(
                "region",
                format!("signed for {signed}, and {} lies there", self.host),
            );
        }
        let mut fix = format!("sign for {region}");
        if is_region(signed) && partition::of_region(signed) == partition {
            fix.push_str(&format!(", or send to {}", self.host.replace(region, signed)));
        }
        Finding::drift(
            "region",
            format!("signed for {signed}, but {} lies in {region}", self.host),
            fix,
        )
    }

    /// The one endpoint of a global service.
    fn without_region(&self, label: &str) -> Finding {
        let signed = self.signed_for.text();
        if signing_name::of_label(label).is_none() {
            return self.foreign();
        }
        let partition =
            partition::of_global_host(self.host).unwrap_or(partition::of_region(signed));
        let home = signing_name::global_region(partition, label);
        if self.signed_for.holds(home) {
            return Finding::ok(
                "region",
                format!("signed for {signed}, as the global {} wants", self.host),
            );
        }
        Finding::drift(
            "region",
            format!("signed for {signed}, but the global {} takes {home}", self.host),
            format!("sign for {home}, or use the service's endpoint in {signed}"),
        )
    }

    fn service(&self, endpoint: &Endpoint<'_>) -> Finding {
        let label = endpoint.service.unwrap_or_default();
        let names = match endpoint.kind {
            EndpointKind::Service => signing_name::of_label(label),
            _ => Some(vec![label]),
        };
        let Some(names) = names else {
            return Finding::warning(
                "service",
                format!("{} does not tell which service stands behind it", self.host),
                format!("make sure that it is {}", self.service),
            );
        };
        if names.contains(&self.service) {
            return Finding::ok(
                "service",
                format!("signed for {}, as {} wants", self.service, self.host),
            );
        }
        Finding::drift(
            "service",
            format!(
                "signed for the service {}, but {} takes {}",
                self.service,
                self.host,
                names.join(" or ")
            ),
            format!("sign for {}", names.join(" or ")),
        )
    }

    /// A bucket with a dot in front of the host: no certificate fits, and acceleration refuses it.
    fn bucket(&self, endpoint: &Endpoint<'_>) -> Option<Finding> {
        use EndpointKind::{S3Accelerate, S3Global, S3Regional};
        let bucket = endpoint.bucket.filter(|bucket| bucket.contains('.'))?;
        match endpoint.kind {
            S3Accelerate => Some(Finding::drift(
                "bucket",
                format!(
                    "the bucket {bucket} has a dot in its name, which Transfer Acceleration does not take"
                ),
                "use the regional endpoint",
            )),
            S3Regional | S3Global if self.is_https => {
                let region = endpoint.region.unwrap_or("REGION");
                let suffix = partition::of_region(region).suffixes[0];
                Some(Finding::warning(
                    "bucket",
                    format!(
                        "no certificate of S3 fits {}, since the bucket has a dot in its name",
                        self.host
                    ),
                    format!("put the bucket into the path: s3.{region}.{suffix}/{bucket}"),
                ))
            }
            _ => None,
        }
    }
}
