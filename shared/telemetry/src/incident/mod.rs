//! Incidents: failures that are more than usual, from when to when, why, and what changed before.
//!
//! Pure: time comes in. Each cluster is a series of failures by the minute; so is what several
//! clusters have in common, as far as no cluster by itself explains it. A [`rule`] tells which
//! minutes are more than chance, [`run`]s are from when to when, [`merge`] makes one incident of the
//! runs of one cause, [`course`] says when it is over, [`tell`] what there is to tell. [`find()`] does
//! that for a whole tally, [`detect()`] again and again for what newly arrived, and both come to the
//! same.

pub mod alert;
pub mod alone;
pub mod counts;
pub mod course;
pub mod detect;
mod due;
mod earlier;
pub mod explain;
pub mod find;
pub mod gather;
mod keep;
pub mod merge;
pub mod proof;
pub mod ranking;
mod recognize;
pub mod record;
mod rejoin;
mod remembering;
mod replaced;
pub mod rhythm;
pub mod rule;
pub mod run;
pub mod scene;
pub mod settings;
pub mod state;
pub mod subject;
mod sureness;
pub mod tell;
#[cfg(test)]
mod tests;

pub use alert::{Alert, Occasion};
pub use detect::{Detected, detect};
pub use explain::Detection;
pub use find::find;
pub use record::{Incident, IncidentState, LikelyCause, LikelyChange};
pub use settings::{Settings, SettingsError};
pub use state::{State, StateError};
