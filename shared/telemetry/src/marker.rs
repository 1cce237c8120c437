//! Deploy markers: from a moment on, what matches runs a version.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::dimension::{Dimension, UnknownDimension};
use crate::time::{parse_rfc3339, rfc3339};

/// A deploy marker. It is in force until the next one with the same match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marker {
    /// When the deploy took effect, in seconds since 1970.
    pub time: i64,
    /// The version.
    pub version: String,
    /// The values that a request must have; empty means every request.
    pub matches: BTreeMap<Dimension, String>,
}

/// Why a line is no deploy marker.
#[derive(Debug, thiserror::Error)]
pub enum MarkerError {
    /// It is not the JSON of one.
    #[error(
        "not a marker like {{\"time\":\"2026-04-15T07:39:00Z\",\"version\":\"v2\",\"match\":{{}}}}: {0}"
    )]
    Json(#[from] serde_json::Error),
    /// Its time cannot be read.
    #[error("the time `{0}` is not RFC 3339, like 2026-04-15T07:39:00Z")]
    Time(String),
    /// It matches on something that requests do not have.
    #[error("in `match`: {0}")]
    Dimension(#[from] UnknownDimension),
    /// It names no version.
    #[error("the version is empty")]
    NoVersion,
}

#[derive(Deserialize)]
struct Written {
    time: String,
    version: String,
    #[serde(default, rename = "match")]
    matches: Option<BTreeMap<String, String>>,
}

impl Marker {
    /// Reads a marker from its JSON.
    ///
    /// # Errors
    /// When it is not one; the error says what is wrong.
    pub fn parse(json: &str) -> Result<Self, MarkerError> {
        let written: Written = serde_json::from_str(json)?;
        let time = parse_rfc3339(&written.time).ok_or(MarkerError::Time(written.time))?;
        if written.version.is_empty() {
            return Err(MarkerError::NoVersion);
        }
        let mut matches = BTreeMap::new();
        for (word, value) in written.matches.unwrap_or_default() {
            let dimension: Dimension = word.parse()?;
            let value = match dimension {
                Dimension::Endpoint => sigdrift_signature::host::normalize(&value).into_owned(),
                _ => value,
            };
            matches.insert(dimension, value);
        }
        Ok(Self { time, version: written.version, matches })
    }

    /// The JSON that [`Self::parse`] reads.
    #[must_use]
    pub fn json(&self) -> String {
        let matches: BTreeMap<&str, &str> =
            self.matches.iter().map(|(name, value)| (name.name(), value.as_str())).collect();
        json!({"time": rfc3339(self.time), "version": self.version, "match": matches}).to_string()
    }
}

/// Markers, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Markers {
    /// By match, the more particular first; each with its markers by time.
    by_match: Vec<(BTreeMap<Dimension, String>, Vec<Marker>)>,
}

impl Markers {
    /// Sorts markers by what they match.
    #[must_use]
    pub fn new(markers: impl IntoIterator<Item = Marker>) -> Self {
        let mut by_match: BTreeMap<_, Vec<Marker>> = BTreeMap::new();
        for marker in markers {
            by_match.entry(marker.matches.clone()).or_default().push(marker);
        }
        let mut by_match: Vec<_> = by_match.into_iter().collect();
        by_match.sort_by_key(|(matches, _)| std::cmp::Reverse(matches.len()));
        for (_, markers) in &mut by_match {
            markers.sort();
        }
        Self { by_match }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_match.is_empty()
    }

    /// Every marker.
    pub fn iter(&self) -> impl Iterator<Item = &Marker> {
        self.by_match.iter().flat_map(|(_, markers)| markers)
    }

    /// The version in force at a time for a request with these values: of the markers that match,
    /// the most particular, and of those the latest. Of two that are the same in both, that which
    /// matches on the earlier dimension.
    pub fn in_force<'a>(
        &self,
        time: i64,
        value: impl Fn(Dimension) -> Option<&'a str>,
    ) -> Option<&str> {
        let mut by_size = self.by_match.chunk_by(|(a, _), (b, _)| a.len() == b.len());
        let marker = by_size.find_map(|alike| {
            let matching = alike.iter().filter(|(matches, _)| {
                matches.iter().all(|(dimension, wanted)| value(*dimension) == Some(wanted))
            });
            let in_force = matching.filter_map(|(_, markers)| {
                let after = markers.partition_point(|marker| marker.time <= time);
                markers.get(after.checked_sub(1)?)
            });
            // Of several that are as late the last is taken, which has to be the first.
            in_force.rev().max_by_key(|marker| marker.time)
        })?;
        Some(marker.version.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(json: &str) -> Marker {
        Marker::parse(json).unwrap()
    }

    #[test]
    fn the_most_particular_marker_in_force_decides() {
        let markers = Markers::new([
            marker(r#"{"time":"2026-04-15T07:00:00Z","version":"all-1"}"#),
            marker(
                r#"{"time":"2026-04-15T07:30:00Z","version":"b-1","match":{"endpoint":"B.example:443"}}"#,
            ),
            marker(
                r#"{"time":"2026-04-15T07:40:00Z","version":"b-2","match":{"endpoint":"b.example"}}"#,
            ),
        ]);
        let at = |time: &str, endpoint: &'static str| {
            let value = move |d| (d == Dimension::Endpoint).then_some(endpoint);
            markers.in_force(parse_rfc3339(time).unwrap(), value)
        };
        assert_eq!(at("2026-04-15T06:59:59Z", "b.example"), None);
        assert_eq!(at("2026-04-15T07:10:00Z", "b.example"), Some("all-1"));
        assert_eq!(at("2026-04-15T07:39:59Z", "b.example"), Some("b-1"));
        assert_eq!(at("2026-04-15T07:40:00Z", "b.example"), Some("b-2"));
        assert_eq!(at("2026-04-15T07:40:00Z", "c.example"), Some("all-1"));
    }

    #[test]
    fn of_markers_that_are_equally_particular_the_latest_is_in_force() {
        let of = |time: &str, dimension: &str, value: &str| {
            marker(&format!(
                r#"{{"time":"2026-04-15T{time}:00Z","version":"{dimension}-{time}","match":{{"{dimension}":"{value}"}}}}"#
            ))
        };
        let markers = Markers::new([
            of("07:00", "endpoint", "b.example"),
            of("07:10", "region", "eu-west-1"),
            of("07:20", "endpoint", "b.example"),
            of("07:30", "region", "eu-west-1"),
            of("07:30", "endpoint", "b.example"),
            of("07:40", "region", "us-east-1"),
        ]);
        let at = |time: &str| {
            let value = |dimension| match dimension {
                Dimension::Endpoint => Some("b.example"),
                Dimension::Region => Some("eu-west-1"),
                _ => None,
            };
            let time = parse_rfc3339(&format!("2026-04-15T{time}:00Z")).unwrap();
            markers.in_force(time, value)
        };
        assert_eq!(at("07:05"), Some("endpoint-07:00"));
        assert_eq!(at("07:15"), Some("region-07:10"));
        assert_eq!(at("07:25"), Some("endpoint-07:20"));
        // At one moment the earlier dimension goes first.
        assert_eq!(at("07:45"), Some("endpoint-07:30"));
    }

    #[test]
    fn a_marker_is_read_as_it_is_written() {
        let written = r#"{"time":"2026-04-15T07:30:00Z","version":"b\"1","match":{"endpoint":"b.example","key":"AKIA"}}"#;
        assert_eq!(marker(&marker(written).json()), marker(written));
    }

    #[test]
    fn says_what_is_wrong_with_a_marker() {
        for (json, part) in [
            ("{", "not a marker"),
            (r#"{"time":"yesterday","version":"v"}"#, "`yesterday` is not RFC 3339"),
            (r#"{"time":"2026-04-15T07:00:00Z","version":""}"#, "version is empty"),
            (
                r#"{"time":"2026-04-15T07:00:00Z","version":"v","match":{"host":"a"}}"#,
                "`host` is no dimension",
            ),
        ] {
            assert!(Marker::parse(json).unwrap_err().to_string().contains(part), "{json}");
        }
    }
}
