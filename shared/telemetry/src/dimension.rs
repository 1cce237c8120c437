//! The dimensions that clusters are made of.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::deploy::Carrier;

/// A dimension of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// The Host header as the server saw it, with the bucket of a virtual-hosted name.
    Endpoint,
    /// The access key id.
    Key,
    /// The region of the endpoint.
    Region,
    /// The deploy version.
    Deploy,
    /// The operation, as the log names it.
    Operation,
    /// The bucket.
    Bucket,
    /// `AuthHeader` or `QueryString`.
    Auth,
    /// The client and its version.
    Client,
}

/// How many dimensions there are.
pub const COUNT: usize = 8;

impl Dimension {
    /// Every dimension, in the order in which clusters show them.
    pub const ALL: [Self; COUNT] = [
        Self::Endpoint,
        Self::Key,
        Self::Region,
        Self::Deploy,
        Self::Operation,
        Self::Bucket,
        Self::Auth,
        Self::Client,
    ];

    /// The dimensions that clusters are made of by default.
    pub const DEFAULT: [Self; 4] = [Self::Endpoint, Self::Key, Self::Region, Self::Deploy];

    /// The word for it in `--group-by`, in deploy markers and in a contrast.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Key => "key",
            Self::Region => "region",
            Self::Deploy => "deploy",
            Self::Operation => "operation",
            Self::Bucket => "bucket",
            Self::Auth => "auth",
            Self::Client => "client",
        }
    }

    /// The member of a cluster in JSON that holds it.
    #[must_use]
    pub fn member(self) -> &'static str {
        match self {
            Self::Key => "access_key_id",
            Self::Deploy => "deploy_version",
            other => other.name(),
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no dimension.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no dimension; there are endpoint, key, region, deploy, operation, bucket, auth, client"
)]
pub struct UnknownDimension(String);

impl FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dimension| [dimension.name(), dimension.member()].contains(&word))
            .ok_or_else(|| UnknownDimension(word.to_owned()))
    }
}

/// A request's value in every dimension; unknown stays unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values<'a> {
    values: [Option<Cow<'a, str>>; COUNT],
    /// What carried the deploy version, if there is one.
    pub carrier: Option<Carrier>,
}

impl<'a> Values<'a> {
    /// Sets the value of a dimension.
    pub fn set(&mut self, dimension: Dimension, value: Option<Cow<'a, str>>) {
        self.values[dimension as usize] = value;
    }

    /// The value of a dimension.
    #[must_use]
    pub fn get(&self, dimension: Dimension) -> Option<&str> {
        self.values[dimension as usize].as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_named_by_both_their_words() {
        for (place, dimension) in Dimension::ALL.into_iter().enumerate() {
            assert_eq!(dimension as usize, place);
            assert_eq!(dimension.name().parse(), Ok(dimension));
            assert_eq!(dimension.member().parse(), Ok(dimension));
        }
        assert!("version".parse::<Dimension>().is_err());
    }
}
