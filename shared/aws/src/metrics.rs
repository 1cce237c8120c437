//! Metrics, written as log lines in the embedded metric format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::io::Write;

use serde_json::{Map, Value, json};

/// The namespace of every metric.
pub const NAMESPACE: &str = "SigDrift";

/// What a metric counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
        }
    }
}

/// One line of metrics. Every dimension is a set of its own, beside the empty set: each
/// combination that occurs is a metric that is billed.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    metrics: Vec<(&'static str, Unit, Value)>,
    dimensions: Vec<(&'static str, String)>,
    properties: Map<String, Value>,
}

impl Metrics {
    /// Adds a metric.
    #[must_use]
    pub fn with(mut self, name: &'static str, unit: Unit, value: impl Into<Value>) -> Self {
        self.metrics.push((name, unit, value.into()));
        self
    }

    /// Adds a dimension, by whose values the metrics of this line are told apart.
    #[must_use]
    pub fn by(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.dimensions.push((name, value.into()));
        self
    }

    /// Adds something that is logged and is no dimension.
    #[must_use]
    pub fn told(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }

    /// The line, for a time in milliseconds since 1970.
    #[must_use]
    pub fn line(&self, timestamp_ms: i64) -> String {
        let mut sets = vec![json!([])];
        sets.extend(self.dimensions.iter().map(|(name, _)| json!([name])));
        let metrics: Vec<Value> = self
            .metrics
            .iter()
            .map(|(name, unit, _)| json!({"Name": name, "Unit": unit.name()}))
            .collect();
        let mut line = self.properties.clone();
        for (name, value) in &self.dimensions {
            line.insert((*name).to_owned(), json!(value));
        }
        for (name, _, value) in &self.metrics {
            line.insert((*name).to_owned(), value.clone());
        }
        let directive = json!([{"Namespace": NAMESPACE, "Dimensions": sets, "Metrics": metrics}]);
        line.insert(
            "_aws".to_owned(),
            json!({"Timestamp": timestamp_ms, "CloudWatchMetrics": directive}),
        );
        Value::Object(line).to_string()
    }
}

/// Emits metrics. Needs nothing: the function's log is read for them.
pub trait Emit: Sync {
    /// Emits a line of metrics.
    fn emit(&self, line: &str);
}

/// The function's log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

impl Emit for Log {
    fn emit(&self, line: &str) {
        // Who cannot log cannot say so either.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_documented_form() {
        let line = Metrics::default()
            .with("SignatureFailures", Unit::Count, 3)
            .by("Code", "SignatureDoesNotMatch")
            .by("Region", "eu-west-1")
            .told("Source", "s3://logs/a")
            .line(1_776_238_920_000);
        let told: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            told,
            json!({
                "_aws": {"Timestamp": 1_776_238_920_000_i64, "CloudWatchMetrics": [{
                    "Namespace": "SigDrift",
                    "Dimensions": [[], ["Code"], ["Region"]],
                    "Metrics": [{"Name": "SignatureFailures", "Unit": "Count"}],
                }]},
                "SignatureFailures": 3, "Code": "SignatureDoesNotMatch", "Region": "eu-west-1",
                "Source": "s3://logs/a",
            })
        );
        assert!(!line.contains('\n'));
    }
}
