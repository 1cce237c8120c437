//! What alone fails in an incident: the circumstances that shorten the search, in words.
//!
//! They are those of the cluster with the most failures, as far as no other cluster of the incident
//! contradicts them.

use crate::summary::{Cluster, Context, Contrast};

/// From this share of the failures on, and up to this of the successes, a value alone fails.
const NEARLY_ALL: f64 = 0.95;
const HARDLY_ANY: f64 = 0.2;

/// How it is said that a kind of object key alone fails. Plain keys are no kind of their own.
const KEYS: &[(&str, &str)] = &[
    ("plus", "keys with `+` only"),
    ("space", "keys with spaces only"),
    ("percent", "keys with `%` only"),
    ("special", "keys with special characters only"),
    ("non-ascii", "keys with characters beyond ASCII only"),
    ("double-slash", "keys with `//` only"),
];

/// The clusters of an incident, for what alone fails in it.
#[derive(Clone, Copy, Debug)]
pub struct Alone<'a> {
    /// Those that are looked at closely, most failures first.
    pub close: &'a [Cluster],
    /// How many access key ids fail.
    pub keys: usize,
    /// How many deploy versions fail.
    pub versions: usize,
    /// Whether these are all.
    pub is_all: bool,
}

impl Alone<'_> {
    /// The contexts of the incident.
    #[must_use]
    pub fn contexts(&self) -> Vec<Context> {
        let first = self.close.first().map(|cluster| cluster.contexts.clone()).unwrap_or_default();
        first.into_iter().filter(|context| self.holds(*context)).collect()
    }

    fn holds(&self, context: Context) -> bool {
        match context {
            Context::OneDeploy => self.versions == 1,
            Context::OneShard => {
                let mut clusters = self.close.iter();
                let first = clusters.next().map(address);
                self.is_all
                    && clusters.all(|cluster| {
                        cluster.contexts.contains(&context) && Some(address(cluster)) == first
                    })
            }
            _ => true,
        }
    }

    /// What alone fails, in words.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let contexts = self.contexts();
        let of_contexts = contexts.iter().filter_map(|context| match context {
            Context::OneShard => Some("one shard only".to_owned()),
            Context::OneDeploy => Some("one deploy only".to_owned()),
            _ => None,
        });
        let Some((first, others)) = self.close.split_first() else { return Vec::new() };
        let is_everywhere = |told: &&Contrast| {
            let is_it = |other: &Contrast| {
                (other.dimension, &other.value) == (told.dimension, &told.value) && is_alone(other)
            };
            self.is_all && others.iter().all(|cluster| cluster.contrast.iter().any(is_it))
        };
        let values = first.contrast.iter().filter(|told| is_alone(told));
        let values = values.filter(is_everywhere).filter_map(|told| {
            let value = &told.value;
            match told.dimension {
                // What a context says already is not said again, nor what it would not say.
                "deploy" => None,
                "address" if contexts.contains(&Context::OneShard) => None,
                "key" if self.keys > 1 => None,
                "client" if contexts.contains(&Context::BrowserOrCdn) => {
                    Some("browsers or a CDN only".to_owned())
                }
                "key-encoding" => {
                    KEYS.iter().find(|(kind, _)| kind == value).map(|(_, told)| (*told).to_owned())
                }
                "auth" if value == "QueryString" => Some("presigned URLs only".to_owned()),
                "auth" if value == "AuthHeader" => Some("signed headers only".to_owned()),
                dimension => Some(format!("{dimension} {value} only")),
            }
        });
        of_contexts.chain(values).collect()
    }
}

/// Whether nearly all failures have a value and hardly any success does.
fn is_alone(told: &Contrast) -> bool {
    told.failing_share >= NEARLY_ALL && told.succeeding_share <= HARDLY_ANY
}

/// The address that alone fails in a cluster, where its contrast tells it.
fn address(cluster: &Cluster) -> Option<&str> {
    let mut told = cluster.contrast.iter().filter(|told| told.dimension == "address");
    told.find(|told| is_alone(told)).map(|told| told.value.as_str())
}
