//! AWS's partitions: which region names belong to which host suffixes.
//!
//! <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>

/// A partition: its regions and its endpoints have nothing to do with those of another.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name, as ARNs have it.
    pub name: &'static str,
    /// How its regions begin; empty for the one that all other regions belong to.
    pub region_prefix: &'static str,
    /// The suffixes of its host names, without the leading dot, the usual one first.
    pub suffixes: &'static [&'static str],
    /// The region that its global services are signed for.
    pub global_region: &'static str,
}

/// The partitions; the one without a prefix stands last.
const PARTITIONS: &[Partition] = &[
    Partition {
        name: "aws-cn",
        region_prefix: "cn-",
        suffixes: &["amazonaws.com.cn", "api.amazonwebservices.com.cn"],
        global_region: "cn-north-1",
    },
    Partition {
        name: "aws-us-gov",
        region_prefix: "us-gov-",
        suffixes: &["amazonaws.com", "api.aws", "on.aws"],
        global_region: "us-gov-west-1",
    },
    Partition {
        name: "aws-iso",
        region_prefix: "us-iso-",
        suffixes: &["c2s.ic.gov"],
        global_region: "us-iso-east-1",
    },
    Partition {
        name: "aws-iso-b",
        region_prefix: "us-isob-",
        suffixes: &["sc2s.sgov.gov"],
        global_region: "us-isob-east-1",
    },
    Partition {
        name: "aws-iso-e",
        region_prefix: "eu-isoe-",
        suffixes: &["cloud.adc-e.uk"],
        global_region: "eu-isoe-west-1",
    },
    Partition {
        name: "aws-iso-f",
        region_prefix: "us-isof-",
        suffixes: &["csp.hci.ic.gov"],
        global_region: "us-isof-south-1",
    },
    Partition {
        name: "aws-eusc",
        region_prefix: "eusc-",
        suffixes: &["amazonaws.eu", "api.amazonwebservices.eu"],
        global_region: "eusc-de-east-1",
    },
    Partition {
        name: "aws",
        region_prefix: "",
        suffixes: &["amazonaws.com", "api.aws", "on.aws"],
        global_region: "us-east-1",
    },
];

/// The partition that a region belongs to.
#[must_use]
pub fn of_region(region: &str) -> &'static Partition {
    let found = PARTITIONS.iter().find(|partition| region.starts_with(partition.region_prefix));
    found.unwrap_or(&PARTITIONS[PARTITIONS.len() - 1])
}

/// The suffix of a host name of AWS, whichever partition it belongs to.
#[must_use]
pub fn suffix_of(host: &str) -> Option<&'static str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let mut suffixes = PARTITIONS.iter().flat_map(|partition| partition.suffixes);
    suffixes
        .find(|suffix| name.strip_suffix(**suffix).is_some_and(|rest| rest.ends_with('.')))
        .copied()
}

/// The partition of a host name that names no region.
#[must_use]
pub fn of_global_host(host: &str) -> Option<&'static Partition> {
    let suffix = suffix_of(host)?;
    PARTITIONS.iter().rev().find(|partition| partition.suffixes.contains(&suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Endpoint, EndpointKind};

    #[test]
    fn regions_and_hosts_find_their_partition() {
        for (region, name) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
            ("auto", "aws"),
        ] {
            assert_eq!(of_region(region).name, name, "{region}");
        }
        assert_eq!(
            of_global_host("iam.amazonaws.com").map(|partition| partition.name),
            Some("aws")
        );
        assert_eq!(suffix_of("s3.cn-north-1.amazonaws.com.cn:443"), Some("amazonaws.com.cn"));
        assert_eq!(suffix_of("notamazonaws.com"), None);
    }

    #[test]
    fn hosts_are_read_in_every_partition() {
        for partition in PARTITIONS {
            for suffix in partition.suffixes {
                let host = format!("s3.{}.{suffix}", partition.global_region);
                let endpoint = Endpoint::of(&host);
                assert_eq!(endpoint.kind, EndpointKind::S3Regional, "{host}");
                assert_eq!(endpoint.region, Some(partition.global_region), "{host}");
            }
        }
    }
}
