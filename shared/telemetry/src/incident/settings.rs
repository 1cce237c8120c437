//! The settings of detection, in plain words. The defaults need no tuning.

use serde::{Deserialize, Serialize};

use super::rule::Rule;
use crate::time::Minute;

/// What detection may be told. Every member may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How eagerly incidents are found.
    pub sensitivity: Sensitivity,
    /// Fewer failures than this within an hour are never an incident.
    pub fewest_failures: u64,
    /// How many minutes tell what is usual.
    pub baseline_minutes: Minute,
    /// With fewer minutes of logs before it nothing is called unusual.
    pub learning_minutes: Minute,
    /// How long, in minutes, the rate must be back before an incident is resolved; twice as long
    /// after each time that it came back.
    pub quiet_minutes: Minute,
    /// What comes back within this many minutes after an incident was resolved reopens it.
    pub reopen_minutes: Minute,
    /// After this many hours without any request that shows it healed, an incident is resolved
    /// without that proof.
    pub unproven_hours: u32,
    /// Clusters that begin within this many minutes of each other at one endpoint are one incident.
    pub together_minutes: Minute,
    /// How long before an incident a change may have been, in minutes, to be shown with it.
    pub change_minutes: Minute,
    /// No alert for an incident whose newest failure is older than this, in hours.
    pub alert_max_age: u32,
    /// What is no incident whatever happens.
    pub silence: Silence,
}

/// How eagerly incidents are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// Later and surer.
    Low,
    /// Less than one false alarm a week in a thousand quiet clusters.
    #[default]
    Normal,
    /// Sooner, with more false alarms.
    High,
}

/// What is no incident whatever happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Silence {
    /// Error codes.
    pub codes: Vec<String>,
    /// Ids of clusters.
    pub clusters: Vec<String>,
    /// Requests of internet scanners.
    pub scanners: bool,
    /// Requests of AWS's own writers.
    pub aws_internal: bool,
}

impl Default for Silence {
    fn default() -> Self {
        Self { codes: Vec::new(), clusters: Vec::new(), scanners: true, aws_internal: true }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sensitivity: Sensitivity::Normal,
            fewest_failures: 8,
            baseline_minutes: 120,
            learning_minutes: 8,
            quiet_minutes: 5,
            reopen_minutes: 60,
            unproven_hours: 24,
            together_minutes: 5,
            change_minutes: 60,
            alert_max_age: 6,
            silence: Silence::default(),
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// They are not the JSON of settings.
    #[error("the settings of detection cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A figure lies outside what makes sense.
    #[error("in the settings of detection, `{name}` is {value}; it may be {least} to {most}")]
    OutOfRange {
        /// The member.
        name: &'static str,
        /// Its value.
        value: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
}

impl Settings {
    /// Reads settings from a JSON object.
    ///
    /// # Errors
    /// When it is none, has an unknown member, or a figure that makes no sense.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let settings: Self = serde_json::from_str(json)?;
        settings.check()?;
        Ok(settings)
    }

    /// Whether all figures make sense.
    ///
    /// # Errors
    /// With the first that does not.
    pub fn check(&self) -> Result<(), SettingsError> {
        let figures = [
            ("fewest_failures", self.fewest_failures, 4, 1_000_000),
            ("baseline_minutes", self.baseline_minutes.into(), 30, 360),
            ("learning_minutes", self.learning_minutes.into(), 1, 360),
            ("quiet_minutes", self.quiet_minutes.into(), 1, 240),
            ("reopen_minutes", self.reopen_minutes.into(), 0, 1440),
            ("unproven_hours", self.unproven_hours.into(), 1, 168),
            ("together_minutes", self.together_minutes.into(), 0, 60),
            ("change_minutes", self.change_minutes.into(), 1, 1440),
            ("alert_max_age", self.alert_max_age.into(), 1, 168),
        ];
        for (name, value, least, most) in figures {
            if !(least..=most).contains(&value) {
                return Err(SettingsError::OutOfRange { name, value, least, most });
            }
        }
        Ok(())
    }

    /// The figures of the test.
    #[must_use]
    pub fn rule(&self) -> Rule {
        Rule {
            threshold: match self.sensitivity {
                Sensitivity::Low => 17.0,
                Sensitivity::Normal => 13.0,
                Sensitivity::High => 10.0,
            },
            floor: self.fewest_failures,
            dispersion: 2.0,
            lookback: self.baseline_minutes,
            learning: self.learning_minutes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_from_json_and_checked() {
        assert_eq!(Settings::parse("{}").unwrap(), Settings::default());
        let some = r#"{"sensitivity":"high","silence":{"codes":["ExpiredToken"]}}"#;
        let settings = Settings::parse(some).unwrap();
        assert_eq!((settings.rule().threshold, settings.silence.scanners), (10.0, true));
        for (wrong, told) in [
            (r#"{"sensitive":1}"#, "unknown field `sensitive`"),
            (r#"{"fewest_failures":1}"#, "`fewest_failures` is 1; it may be 4 to 1000000"),
            ("", "cannot be read"),
        ] {
            assert!(Settings::parse(wrong).unwrap_err().to_string().contains(told), "{wrong}");
        }
    }
}
