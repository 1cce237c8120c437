//! x
use serde::Serialize;
/// x
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// x
    Deploy,
    /// x
    Secret,
    /// x
    Key,
    /// x
    Endpoint,
    /// x
    Policy,
    /// x
    Config,
}
/// x
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// x
    pub time: i64,
    /// x
    pub kind: ChangeKind,
    /// x
    pub what: String,
    /// x
    pub who: Option<String>,
    /// x
    pub region: Option<String>,
    /// x
    pub touches: Vec<String>,
}
