//! What is counted: the clusters, by values and code, and what several of them have in common.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dimension::Dimension;
use crate::summary::cluster::ClusterId;

/// A cluster, by its values and its code.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// The values, by dimension; `None` is unknown.
    #[serde(with = "by_member")]
    pub values: Vec<(Dimension, Option<Arc<str>>)>,
    /// The error code. Like the values it is that of many others too.
    pub code: Arc<str>,
    /// Whether values were left out because there were too many.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overflow: bool,
}

impl Subject {
    /// The id of the cluster.
    #[must_use]
    pub fn id(&self) -> ClusterId {
        ClusterId::of_values(
            self.values.iter().map(|(dimension, value)| (dimension.member(), value.as_deref())),
            &self.code,
            self.overflow,
        )
    }

    /// In words: the values that are known, and the code.
    #[must_use]
    pub fn words(&self) -> String {
        let values = self.values.iter().filter_map(|(_, value)| value.as_deref());
        values.chain([&*self.code]).collect::<Vec<_>>().join(" · ")
    }

    /// The value in a dimension, if it is known.
    #[must_use]
    pub fn get(&self, dimension: Dimension) -> Option<&str> {
        self.values.iter().find(|(other, _)| *other == dimension)?.1.as_deref()
    }

    /// Whether clusters are told apart by a dimension, be its value known or not.
    #[must_use]
    pub fn is_grouped_by(&self, dimension: Dimension) -> bool {
        self.values.iter().any(|(other, _)| *other == dimension)
    }
}

/// Values are written by the member of a cluster that shows them.
mod by_member {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use crate::dimension::Dimension;

    type Values = Vec<(Dimension, Option<Arc<str>>)>;

    pub fn serialize<S: Serializer>(
        values: &[(Dimension, Option<Arc<str>>)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(values.iter().map(|(dimension, value)| (dimension.member(), value)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Values, D::Error> {
        let members = BTreeMap::<String, Option<Arc<str>>>::deserialize(deserializer)?;
        let values = members.into_iter().map(|(member, value)| Ok((member.parse()?, value)));
        let values: Result<Values, crate::dimension::UnknownDimension> = values.collect();
        let mut values = values.map_err(D::Error::custom)?;
        values.sort();
        Ok(values)
    }
}

/// What a series counts: one cluster, or all clusters that have something in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// One cluster.
    Cluster,
    /// The clusters with a deploy version.
    Deploy(String),
    /// The clusters with an access key id.
    Key(String),
    /// The clusters at an endpoint.
    Endpoint(String),
    /// The clusters in a region.
    Region(String),
    /// The clusters with an error code.
    Code(String),
    /// All clusters.
    All,
}

/// How clusters are put together: what is more particular first.
pub const PARENTS: [fn(&Subject) -> Option<Part>; 6] = [
    |subject| subject.get(Dimension::Deploy).map(|value| Part::Deploy(value.to_owned())),
    |subject| subject.get(Dimension::Key).map(|value| Part::Key(value.to_owned())),
    |subject| subject.get(Dimension::Endpoint).map(|value| Part::Endpoint(value.to_owned())),
    |subject| subject.get(Dimension::Region).map(|value| Part::Region(value.to_owned())),
    |subject| Some(Part::Code(subject.code.to_string())),
    |_| Some(Part::All),
];

impl Part {
    /// In words, for example `endpoint media.s3.eu-west-1.amazonaws.com`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Cluster => "one cluster".to_owned(),
            Self::Deploy(value) => format!("deploy {value}"),
            Self::Key(value) => format!("key {value}"),
            Self::Endpoint(value) => format!("endpoint {value}"),
            Self::Region(value) => format!("region {value}"),
            Self::Code(value) => format!("code {value}"),
            Self::All => "everything".to_owned(),
        }
    }
}
