//! What a function is told by its environment.

use std::fmt;

use sigdrift_telemetry::incident;
use sigdrift_telemetry::segment::Privacy;

/// A variable that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the variable {name} {why}: set it in the function's environment")]
pub struct Error {
    name: &'static str,
    why: String,
}

/// Where variables are looked up. A function of a name, so that tests need no environment.
pub trait Variables: Fn(&str) -> Option<String> {}

impl<F: Fn(&str) -> Option<String>> Variables for F {}

/// The variables of the process.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where the store is: the bucket `SIGDRIFT_STORE_BUCKET`, and in it what begins with
/// `SIGDRIFT_STORE_PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// The bucket.
    pub bucket: String,
    /// What keys begin with: nothing, or something that ends with `/`.
    pub prefix: String,
}

impl StoreSettings {
    /// Reads them.
    ///
    /// # Errors
    /// When the bucket is not named.
    pub fn read(variables: &impl Variables) -> Result<Self, Error> {
        let prefix = optional(variables, "SIGDRIFT_STORE_PREFIX").unwrap_or_default();
        let prefix = if prefix.is_empty() || prefix.ends_with('/') { prefix } else { prefix + "/" };
        Ok(Self { bucket: required(variables, "SIGDRIFT_STORE_BUCKET")?, prefix })
    }
}

/// Reads what segments hide: `SIGDRIFT_HIDE` names some of `addresses`, `user-agents` and `keys`,
/// divided by commas; `SIGDRIFT_HIDE_SALT` goes into the hashes.
///
/// # Errors
/// When something else is to be hidden: it would not be.
pub fn privacy(variables: &impl Variables) -> Result<Privacy, Error> {
    const NAME: &str = "SIGDRIFT_HIDE";
    let mut privacy = Privacy::default();
    let hidden = optional(variables, NAME).unwrap_or_default();
    for word in hidden.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word {
            "addresses" => privacy.addresses = true,
            "user-agents" => privacy.user_agents = true,
            "keys" => privacy.keys = true,
            _ => {
                return Err(error(
                    NAME,
                    format_args!("names `{word}`, and there are addresses, user-agents and keys"),
                ));
            }
        }
    }
    privacy.salt = optional(variables, "SIGDRIFT_HIDE_SALT").unwrap_or_default().into_bytes();
    Ok(privacy)
}

/// What `detect` is told: the topic `SIGDRIFT_TOPIC_ARN`, the URL `SIGDRIFT_SUMMARY_URL` of the HTTP API
/// for links in alerts, and in `SIGDRIFT_DETECTION` the settings of detection as a JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectSettings {
    /// The ARN of the topic that takes alerts.
    pub topic: String,
    /// Where the summary answers.
    pub link: Option<String>,
    /// How incidents are found.
    pub detection: incident::Settings,
}

impl DetectSettings {
    /// Reads them.
    ///
    /// # Errors
    /// When there is no topic, or the settings of detection cannot be used.
    pub fn read(variables: &impl Variables) -> Result<Self, Error> {
        const DETECTION: &str = "SIGDRIFT_DETECTION";
        let detection = match optional(variables, DETECTION) {
            Some(json) => incident::Settings::parse(&json)
                .map_err(|why| error(DETECTION, format_args!("cannot be used: {why}")))?,
            None => incident::Settings::default(),
        };
        let topic = required(variables, "SIGDRIFT_TOPIC_ARN")?;
        Ok(Self { topic, link: optional(variables, "SIGDRIFT_SUMMARY_URL"), detection })
    }
}

/// How many segments are read at once where nothing is set: reading is mostly waiting.
const THREADS: usize = 8;

/// Reads how many segments are read at once: `SIGDRIFT_THREADS`.
///
/// # Errors
/// When that is no number from 1 to 64.
pub fn threads(variables: &impl Variables) -> Result<usize, Error> {
    const NAME: &str = "SIGDRIFT_THREADS";
    let Some(told) = optional(variables, NAME) else { return Ok(THREADS) };
    let threads = told.parse().ok().filter(|threads| (1..=64).contains(threads));
    threads.ok_or_else(|| {
        error(NAME, format_args!("is `{told}`, and a number from 1 to 64 is needed"))
    })
}

fn required(variables: &impl Variables, name: &'static str) -> Result<String, Error> {
    optional(variables, name).ok_or_else(|| error(name, "is not set"))
}

fn optional(variables: &impl Variables, name: &str) -> Option<String> {
    variables(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn error(name: &'static str, why: impl fmt::Display) -> Error {
    Error { name, why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&'static str, &'static str)]) -> impl Variables {
        let set = set.to_vec();
        move |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn a_store_needs_its_bucket_and_its_prefix_ends_with_a_slash() {
        let told = StoreSettings::read(&of(&[])).unwrap_err().to_string();
        assert!(told.contains("SIGDRIFT_STORE_BUCKET is not set"), "{told}");
        let store = StoreSettings::read(&of(&[
            ("SIGDRIFT_STORE_BUCKET", "b"),
            ("SIGDRIFT_STORE_PREFIX", "p/q"),
        ]));
        assert_eq!(store, Ok(StoreSettings { bucket: "b".to_owned(), prefix: "p/q/".to_owned() }));
    }

    #[test]
    fn detection_needs_a_topic_and_settings_that_are_known() {
        let told = DetectSettings::read(&of(&[])).unwrap_err().to_string();
        assert!(told.contains("SIGDRIFT_TOPIC_ARN is not set"), "{told}");
        let topic = ("SIGDRIFT_TOPIC_ARN", "arn:aws:sns:eu-west-1:111122223333:alerts");
        let read = DetectSettings::read(&of(&[topic])).unwrap();
        assert_eq!((read.link, read.detection), (None, incident::Settings::default()));
        let read = DetectSettings::read(&of(&[topic, ("SIGDRIFT_DETECTION", r#"{"fewest":9}"#)]));
        let told = read.unwrap_err().to_string();
        assert!(
            told.contains("SIGDRIFT_DETECTION cannot be used") && told.contains("`fewest`"),
            "{told}"
        );
    }

    #[test]
    fn segments_are_read_by_a_few_at_once() {
        assert_eq!(threads(&of(&[])), Ok(THREADS));
        assert_eq!(threads(&of(&[("SIGDRIFT_THREADS", "2")])), Ok(2));
        let told = threads(&of(&[("SIGDRIFT_THREADS", "many")])).unwrap_err().to_string();
        assert!(told.contains("is `many`") && told.contains("1 to 64"), "{told}");
    }

    #[test]
    fn what_is_hidden_is_named() {
        let privacy = privacy(&of(&[("SIGDRIFT_HIDE", "addresses, keys")])).unwrap();
        assert_eq!((privacy.addresses, privacy.user_agents, privacy.keys), (true, false, true));
        let error = super::privacy(&of(&[("SIGDRIFT_HIDE", "adresses")])).unwrap_err().to_string();
        assert!(error.contains("names `adresses`"), "{error}");
    }
}
