//! The settings of detection, in plain words. The defaults need no tuning.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sigdrift_signature::failure::{self, Standing};

use super::rhythm::KEPT;
use super::rule::{LONGEST_WINDOW, Rule};
use super::run::LONGEST_BEGINNING;
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
    /// They are JSON, but not an object.
    #[error(
        "the settings of detection are no JSON object, for example {{\"sensitivity\":\"high\"}}"
    )]
    NoObject,
    /// A member is of the wrong kind, or unknown.
    #[error("in the settings of detection, `{name}`: {source}")]
    Member {
        /// The member.
        name: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A figure lies outside what makes sense.
    #[error(
        "in the settings of detection, `{name}` is {value}; it may be a whole number from {least} to {most}"
    )]
    OutOfRange {
        /// The member.
        name: &'static str,
        /// What stands there, as JSON.
        value: String,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// What is to be silent can never be heard: surely something else was meant.
    #[error("in the settings of detection, `silence.{name}` has {value}, which is {what}")]
    Silence {
        /// The list.
        name: &'static str,
        /// What stands there, as JSON.
        value: String,
        /// What it is, or is not.
        what: &'static str,
    },
}

/// The members that are figures, each with the least and the most that makes sense.
const FIGURES: [(&str, u64, u64); 9] = [
    ("fewest_failures", 4, 1_000_000),
    ("baseline_minutes", 30, 360),
    ("learning_minutes", 1, 360),
    ("quiet_minutes", 1, 240),
    ("reopen_minutes", 0, 1440),
    ("unproven_hours", 1, 168),
    ("together_minutes", 0, 60),
    ("change_minutes", 1, 1440),
    ("alert_max_age", 1, 168),
];

/// How much of a wrong value or name is repeated, in characters.
const REPEATED: usize = 40;

impl Settings {
    /// Reads settings from a JSON object.
    ///
    /// # Errors
    /// When it is none, has an unknown member, or one that makes no sense, which is named.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let Value::Object(members) = serde_json::from_str(json)? else {
            return Err(SettingsError::NoObject);
        };
        for (name, least, most) in FIGURES {
            let Some(value) = members.get(name) else { continue };
            if !value.as_u64().is_some_and(|figure| (least..=most).contains(&figure)) {
                let value = shortened(&value.to_string());
                return Err(SettingsError::OutOfRange { name, value, least, most });
            }
        }
        for (name, value) in members {
            let shown = shortened(&name);
            let alone = serde_json::Map::from_iter([(name, value)]);
            serde_json::from_value::<Self>(alone.into())
                .map_err(|source| SettingsError::Member { name: shown, source })?;
        }
        let settings: Self = serde_json::from_str(json)?;
        settings.silence.check()?;
        Ok(settings)
    }

    /// How many minutes of logs before a minute tell what it is: since when it fails, and what was
    /// usual before.
    #[must_use]
    pub fn history(&self) -> Minute {
        self.baseline_minutes + LONGEST_WINDOW + LONGEST_BEGINNING
    }

    /// How many minutes of logs before a minute tell what is usual at its hour of the day.
    #[must_use]
    pub fn days(&self) -> Minute {
        KEPT + self.history()
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

impl Silence {
    fn check(&self) -> Result<(), SettingsError> {
        let is_no_failure = |code: &&String| failure::standing(code) == Standing::Unrelated;
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_no_id = |id: &&String| id.len() != 16 || !id.bytes().all(hexadecimal);
        let code = self.codes.iter().find(is_no_failure);
        let code = code.map(|code| ("codes", code, "no error code of a signature failure"));
        let id = self.clusters.iter().find(is_no_id);
        let id = id.map(|id| {
            (
                "clusters",
                id,
                "no cluster's id: 16 digits and letters from a to f, as summaries name it",
            )
        });
        let Some((name, wrong, what)) = code.or(id) else { return Ok(()) };
        let value = shortened(&Value::from(wrong.as_str()).to_string());
        Err(SettingsError::Silence { name, value, what })
    }
}

fn shortened(text: &str) -> String {
    let mut start: String = text.chars().take(REPEATED).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
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
            (r#"{"sensitivity":"most"}"#, "`sensitivity`: unknown variant `most`"),
            (r#"{"sensitivity":1}"#, "`sensitivity`: "),
            (r#"{"silence":null}"#, "`silence`: "),
            (r#"{"silence":{"codes":"X"}}"#, "`silence`: invalid type: string"),
            (r#"{"quiet_minutes":5,"quiet_minutes":6}"#, "duplicate field `quiet_minutes`"),
            (r#"{"silence":{"codes":["ExpiredTokens"]}}"#, "`silence.codes` has \"ExpiredTokens\""),
            (r#"{"silence":{"clusters":["media"]}}"#, "`silence.clusters` has \"media\""),
            ("[]", "no JSON object"),
            (r#"["high"]"#, "no JSON object"),
            ("null", "no JSON object"),
            ("", "cannot be read"),
        ] {
            assert!(Settings::parse(wrong).unwrap_err().to_string().contains(told), "{wrong}");
        }
    }

    #[test]
    fn a_figure_that_makes_no_sense_is_named_with_its_range() {
        let long = format!("\"{}\"", "9".repeat(100));
        let wrong =
            ["0", "-1", "8.5", "1e2", "\"8\"", "null", "[8]", "99999999999999999999", &long];
        for (name, least, most) in FIGURES {
            for figure in [least, most] {
                Settings::parse(&format!(r#"{{"{name}":{figure}}}"#)).unwrap();
            }
            let range = format!("it may be a whole number from {least} to {most}");
            for value in wrong.iter().filter(|value| least > 0 || **value != "0") {
                let told = Settings::parse(&format!(r#"{{"{name}":{value}}}"#)).unwrap_err();
                let told = told.to_string();
                assert!(told.contains(&format!("`{name}` is ")) && told.contains(&range), "{told}");
                assert!(told.len() < 200, "{told}");
            }
        }
    }
}
