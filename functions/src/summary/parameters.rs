//! The parameters of a query.

use sigdrift_telemetry::dimension::Dimension;
use sigdrift_telemetry::moment::Moment;
use sigdrift_telemetry::time::Window;

use crate::http::Refusal;

/// How far back a window reaches that has no beginning: 24 hours.
const DEFAULT_LENGTH: i64 = 24 * 3600;
/// How many clusters are told where nothing is said, and at most.
const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 1000;

/// Parameters, each known and given once at most.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'q>(&'q [(String, String)]);

impl<'q> Parameters<'q> {
    /// The parameters of a query to a route that knows these.
    ///
    /// # Errors
    /// When there is another, or one is given twice: it would not do what whoever asks believes.
    pub fn of(query: &'q [(String, String)], known: &[&str]) -> Result<Self, Refusal> {
        for (place, (name, _)) in query.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let why = match known {
                    [] => "is unknown: there is none here".to_owned(),
                    known => format!("is unknown; there are {}", known.join(", ")),
                };
                return Err(Refusal::parameter(name, why));
            }
            if query[..place].iter().any(|(other, _)| other == name) {
                return Err(Refusal::parameter(name, "is given twice"));
            }
        }
        Ok(Self(query))
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&'q str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The window from `from` to `to`: without an end until now, without a beginning 24 hours long.
    ///
    /// # Errors
    /// When one of them is no moment, or they are the wrong way round.
    pub fn window(&self, now: i64) -> Result<Window, Refusal> {
        let to = self.moment("to", now)?.unwrap_or(now);
        let from = self.moment("from", now)?.unwrap_or(to.saturating_sub(DEFAULT_LENGTH));
        if from >= to {
            return Err(Refusal::parameter("from", "must lie before `to`"));
        }
        Ok(Window::new(Some(from), Some(to)))
    }

    fn moment(&self, name: &str, now: i64) -> Result<Option<i64>, Refusal> {
        let Some(told) = self.get(name) else { return Ok(None) };
        let moment: Moment = told
            .parse()
            .map_err(|error| Refusal::parameter(name, format!("is no moment: {error}")))?;
        Ok(Some(moment.seconds(now)))
    }

    /// The dimensions of `group_by`, in their order.
    ///
    /// # Errors
    /// When one is unknown.
    pub fn group_by(&self) -> Result<Vec<Dimension>, Refusal> {
        let Some(told) = self.get("group_by") else { return Ok(Dimension::DEFAULT.to_vec()) };
        let words = told.split(',').map(str::trim);
        let dimensions: Result<Vec<Dimension>, _> = words.map(str::parse).collect();
        let mut dimensions = dimensions.map_err(|error| {
            Refusal::parameter("group_by", format!("is a list in which {error}"))
        })?;
        dimensions.sort_unstable();
        dimensions.dedup();
        Ok(dimensions)
    }

    /// The error codes of `code`; without it none, which stands for all.
    pub fn codes(&self) -> Vec<String> {
        let told = self.get("code").unwrap_or_default().split(',');
        told.map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()).collect()
    }

    /// The most clusters to tell, `limit`.
    ///
    /// # Errors
    /// When it is no number up to 1000.
    pub fn limit(&self) -> Result<usize, Refusal> {
        let Some(told) = self.get("limit") else { return Ok(DEFAULT_LIMIT) };
        let limit = told.parse().ok().filter(|limit| *limit <= MOST);
        limit.ok_or_else(|| Refusal::parameter("limit", format!("is no number from 0 to {MOST}")))
    }
}
