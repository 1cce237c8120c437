//! The log events of a group in CloudWatch Logs:
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>.

use std::fmt;
use std::io::Read;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use serde::Serialize;

use super::pages::{Page, Pages};
use super::{FilterLogs, Reason, Span};
use crate::Connection;
use crate::fault::{Answer, Asked};

/// Five requests a second are allowed for each account, in the regions with the lowest quota:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>.
const PAUSE: Duration = Duration::from_millis(200);

const PERMISSION: &str =
    "logs:FilterLogEvents on the log group (and kms:Decrypt on its key, if it has one)";

/// The name of a log group:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup(String);

/// A text that cannot be the name of a log group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name of a log group: one looks like /aws/lambda/checkout, of up to 512 letters, digits and _ - / . #"
)]
pub struct NotALogGroup(String);

impl FromStr for LogGroup {
    type Err = NotALogGroup;

    fn from_str(name: &str) -> Result<Self, NotALogGroup> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/.#".contains(&byte);
        match (1..=512).contains(&name.len()) && name.bytes().all(is_allowed) {
            true => Ok(Self(name.to_owned())),
            false => Err(NotALogGroup(name.to_owned())),
        }
    }
}

impl fmt::Display for LogGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "logs:{}", self.0)
    }
}

/// CloudWatch Logs as a connection reaches it. Not to be read on a thread that drives asynchronous tasks.
#[derive(Clone, Debug)]
pub struct Logs {
    connection: Connection,
    client: Client,
    asked: Asked,
}

impl Logs {
    /// CloudWatch Logs as a connection reaches it, which also says how often and how long a page is
    /// tried.
    #[must_use]
    pub fn new(connection: &Connection) -> Self {
        let asked = Asked::of(connection, "CloudWatch Logs", connection.region());
        Self { connection: connection.clone(), client: Client::new(&connection.sdk), asked }
    }
}

/// A log event as the service writes it, so that the stream's name comes along: a function's version
/// stands in it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    log_stream_name: &'a str,
    timestamp: i64,
    message: &'a str,
    event_id: &'a str,
}

impl FilterLogs for Logs {
    fn filter(&self, group: &LogGroup, span: Span) -> impl Read + Send {
        let Self { connection, client, asked } = self.clone();
        let name = group.0.clone();
        Pages::new(group.to_string(), PAUSE, move |token| {
            let request = client
                .filter_log_events()
                .log_group_name(&name)
                .start_time(span.from.max(0).saturating_mul(1000))
                // What was logged at the end itself would be answered too.
                .end_time(span.to.saturating_mul(1000).saturating_sub(1))
                .set_next_token(token.map(str::to_owned));
            let answer = connection.runtime.block_on(request.send()).map_err(|error| {
                asked.answer(error).map_or_else(Reason::from, |answer| reason(&asked, answer))
            })?;
            let mut events = answer.events.unwrap_or_default();
            // The streams come mixed up, and an error may be written as several events of one.
            events.sort_by(|one, other| one.log_stream_name.cmp(&other.log_stream_name));
            let mut lines = Vec::new();
            for event in &events {
                let event = Event {
                    log_stream_name: event.log_stream_name().unwrap_or_default(),
                    timestamp: event.timestamp().unwrap_or_default(),
                    message: event.message().unwrap_or_default(),
                    event_id: event.event_id().unwrap_or_default(),
                };
                add_line(&mut lines, &event);
            }
            Ok(Page { lines, next: answer.next_token })
        })
    }
}

fn reason(asked: &Asked, answer: Answer) -> Reason {
    match answer.code.as_str() {
        "ResourceNotFoundException" => {
            Reason::NoSuchGroup { region: asked.region.clone(), profile: asked.profile.clone() }
        }
        _ => asked.fault(answer, PERMISSION).into(),
    }
}

/// Adds a line of JSON.
pub(super) fn add_line(lines: &mut Vec<u8>, event: &impl Serialize) {
    // Texts and numbers can always be written, and memory takes them.
    let written = serde_json::to_writer(&mut *lines, event);
    debug_assert!(written.is_ok());
    lines.push(b'\n');
}
