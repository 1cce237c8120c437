//! What is said of an incident to whoever is woken by it.
//!
//! What stands in logs is anyone's text, so everything is cut and made plain: a subject is ASCII
//! without control characters and shorter than 100 characters, as SNS demands
//! (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>), and no value can begin a line.

use serde::{Deserialize, Serialize};
use sigdrift_signature::CauseId;

use super::record::{Incident, IncidentState, LikelyCause};
use super::tell::VALUES;
use crate::redact::mask;

/// The most characters of a subject, of a text message, and of one value in a text.
const SUBJECT: usize = 99;
const SMS: usize = 140;
const VALUE: usize = 120;
/// The most characters of a place in a sentence.
const PLACE: usize = 70;
/// How many values of one kind and how many changes are named.
const NAMED: usize = 3;

/// Characters that are not seen, or turn around or break the text about them.
const UNSEEN: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e007f}'),
];

/// Why an alert is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// It began, or came back.
    Opened,
    /// It is ten times what was told of it.
    Grew,
    /// Its cause is proven now.
    Proven,
    /// It is over.
    Resolved,
}

impl Occasion {
    /// The word for it in a subject.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "OPEN",
            Self::Grew => "GREW",
            Self::Proven => "CAUSE PROVEN",
            Self::Resolved => "RESOLVED",
        }
    }
}

/// A message about an incident, in the forms that its readers take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Why it is due.
    pub occasion: Occasion,
    /// The incident's id.
    pub incident_id: String,
    /// The subject of an e-mail: fewer than 100 ASCII characters, none of them a control character.
    pub subject: String,
    /// The text of an e-mail, which is read in ten seconds.
    pub text: String,
    /// The text of a text message, at most 140 ASCII characters.
    pub sms: String,
    /// The incident for programs: an object with `occasion`, `incident` and `link`.
    pub json: String,
}

#[derive(Serialize)]
struct ForPrograms<'a> {
    sigdrift: u32,
    occasion: Occasion,
    incident: &'a Incident,
    link: Option<&'a str>,
}

impl Alert {
    /// The message for an occasion. `link` is where the summary endpoint answers.
    #[must_use]
    pub fn new(occasion: Occasion, incident: &Incident, link: Option<&str>) -> Self {
        Self::told(occasion, incident.reopened > 0, incident, link)
    }

    /// The message that an incident is open that was told as over.
    #[must_use]
    pub(super) fn open_again(incident: &Incident, link: Option<&str>) -> Self {
        Self::told(Occasion::Opened, true, incident, link)
    }

    fn told(occasion: Occasion, is_again: bool, incident: &Incident, link: Option<&str>) -> Self {
        let word = match occasion {
            Occasion::Opened if is_again => "OPEN AGAIN",
            _ => occasion.word(),
        };
        let headline = headline(occasion, is_again, incident);
        let program = ForPrograms { sigdrift: 1, occasion, incident, link };
        Self {
            occasion,
            incident_id: incident.id.clone(),
            subject: ascii(&subject(word, incident), SUBJECT),
            text: text(headline, incident, link),
            sms: ascii(&sms(word, incident), SMS),
            json: serde_json::to_string(&program).unwrap_or_default(),
        }
    }
}

fn subject(word: &str, incident: &Incident) -> String {
    let start = format!("[sigdrift] {word}: {} at ", cause(incident));
    let end = format!(" since {}", since(incident));
    let room = SUBJECT.saturating_sub(start.len() + end.len());
    format!("{start}{}{end}", place(incident, room))
}

fn sms(word: &str, incident: &Incident) -> String {
    let start = format!("sigdrift {word}: {} at ", cause(incident));
    let end = format!(" since {}, {}/min", since(incident), number(incident.peak_per_minute));
    let change = incident.changes.first().map(|change| format!(", after {}", change.what));
    let room = SMS.saturating_sub(start.len() + end.len());
    format!("{start}{}{end}{}", place(incident, room.min(PLACE)), change.unwrap_or_default())
}

fn text(headline: String, incident: &Incident, link: Option<&str>) -> String {
    let mut lines = vec![headline, String::new()];
    let mut row = |label: &str, told: String| lines.push(format!("{label:<8} {told}"));
    row("what", what(incident));
    row("where", whereabouts(incident));
    row("since", lasted(incident));
    row("state", state(incident));
    match &incident.cause {
        Some(told) => {
            row("cause", cause_and_sureness(told));
            for evidence in told.evidence.iter().take(2) {
                row("", format!("because {}", plain(&evidence.detail, 2 * VALUE)));
            }
        }
        None => row("cause", "not known".to_owned()),
    }
    if !incident.only.is_empty() {
        let only: Vec<String> =
            incident.only.iter().take(NAMED).map(|it| plain(it, VALUE)).collect();
        row("note", only.join(", "));
    }
    let mut label = "before";
    for change in incident.changes.iter().take(NAMED) {
        let who = change.who.as_deref().map(|who| format!(", by {}", plain(who, VALUE)));
        let told = format!(
            "{} {}{}",
            ago(change.seconds_before),
            plain(&change.what, VALUE),
            who.unwrap_or_default()
        );
        row(label, told);
        label = "";
    }
    if let Some(told) = &incident.cause {
        row("do", plain(&told.fix, 2 * VALUE));
        row("avoid", plain(&told.avoid, 2 * VALUE));
    }
    if let Some(link) = link {
        let cluster = incident.cluster_ids.first().map(String::as_str).unwrap_or_default();
        row("more", format!("{}/clusters/{cluster}", link.trim_end_matches('/')));
    }
    row("incident", incident.id.clone());
    lines.push(String::new());
    lines.join("\n")
}

fn headline(occasion: Occasion, is_again: bool, incident: &Incident) -> String {
    let place = place(incident, PLACE);
    match occasion {
        Occasion::Opened if is_again => {
            format!("Request signatures fail again at {place}.")
        }
        Occasion::Opened => format!("Request signatures fail at {place}."),
        Occasion::Grew => format!("Ten times as many request signatures fail at {place}."),
        Occasion::Proven => format!("Why request signatures fail at {place} is proven now."),
        Occasion::Resolved => format!("Request signatures do not fail any more at {place}."),
    }
}

fn what(incident: &Incident) -> String {
    let peak = number(incident.peak_per_minute);
    let before = number(incident.baseline_per_minute);
    let share = match (incident.requests, incident.failure_rate) {
        (Some(requests), Some(rate)) => {
            format!(", {} of {requests} requests ({:.0}%)", incident.failures, 100.0 * rate)
        }
        _ => format!(", {} requests", incident.failures),
    };
    let retries = match incident.retries {
        0 => String::new(),
        1 => ", 1 of them a blind retry".to_owned(),
        retries => format!(", {retries} of them blind retries"),
    };
    format!("{}: up to {peak} a minute, {before} before{share}{retries}", named(&incident.codes))
}

fn whereabouts(incident: &Incident) -> String {
    let kinds = [
        ("", &incident.endpoints),
        ("key ", &incident.access_key_ids),
        ("deploy ", &incident.deploy_versions),
    ];
    let mut told: Vec<String> = kinds
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(kind, values)| format!("{kind}{}", named(values)))
        .collect();
    if told.is_empty() {
        told.push(named(&incident.regions));
    }
    if incident.clusters > 1 {
        told.push(format!("{} clusters", incident.clusters));
    }
    told.join("; ")
}

fn lasted(incident: &Incident) -> String {
    let last = incident.last_failure_at.as_deref().unwrap_or("unknown");
    format!("{} to {last}", incident.started_at)
}

fn state(incident: &Incident) -> String {
    match incident.state {
        IncidentState::Open => "open".to_owned(),
        IncidentState::Recovering => {
            "recovering: the rate is back, not yet proven by requests that are accepted".to_owned()
        }
        IncidentState::Resolved => {
            let at = incident.resolved_at.as_deref().map(|at| format!(" at {at}"));
            let why = match incident.accepted_share() {
                _ if incident.resolved_without_proof => {
                    "but no request shows that it is healed".to_owned()
                }
                None => "and requests like these are accepted".to_owned(),
                Some((accepted, all)) => format!(
                    "and requests like these are accepted in {accepted} of {all} clusters; it is not known of the \
                     others"
                ),
            };
            format!("resolved{}: the rate is back, {why}", at.unwrap_or_default())
        }
    }
}

fn cause(incident: &Incident) -> &'static str {
    incident.cause.as_ref().map_or("cause unknown", |cause| cause.cause.name())
}

fn cause_and_sureness(told: &LikelyCause) -> String {
    let component = told.component.as_deref().map(|it| format!(" ({})", plain(it, VALUE)));
    let sureness = match told.cause {
        CauseId::Undetermined => String::new(),
        _ => format!(", {}", told.confidence.name()),
    };
    format!(
        "{}{}{sureness}: {}",
        told.cause.name(),
        component.unwrap_or_default(),
        told.cause.what()
    )
}

/// What fails, in at most so many characters: the end of a name that is too long is left out, how
/// many more there are is not.
fn place(incident: &Incident, room: usize) -> String {
    let kinds = [
        &incident.endpoints,
        &incident.deploy_versions,
        &incident.access_key_ids,
        &incident.regions,
    ];
    let Some(values) = kinds.into_iter().find(|values| !values.is_empty()) else {
        return "an unknown endpoint".to_owned();
    };
    let more = match more(values, 1) {
        more if more.is_empty() => more,
        more => format!(" and {more}"),
    };
    let mut name = plain(&values[0], VALUE);
    let room = room.saturating_sub(more.len());
    if name.chars().count() > room {
        name = name.chars().take(room.saturating_sub(3)).chain("...".chars()).collect();
    }
    format!("{name}{more}")
}

/// `2 more` of the values that are not named, or nothing.
fn more(values: &[String], named: usize) -> String {
    // A list that is full may be cut.
    let at_least = if values.len() >= VALUES { "at least " } else { "" };
    match values.len().saturating_sub(named) {
        0 => String::new(),
        more => format!("{at_least}{more} more"),
    }
}

fn named(values: &[String]) -> String {
    let mut told: Vec<String> =
        values.iter().take(NAMED).map(|value| plain(value, VALUE)).collect();
    told.extend(Some(more(values, NAMED)).filter(|more| !more.is_empty()));
    if told.is_empty() { "unknown".to_owned() } else { told.join(", ") }
}

/// `07:42 UTC` of `2026-04-15T07:42:00Z`.
fn since(incident: &Incident) -> String {
    let started = &incident.started_at;
    started.get(11..16).map_or_else(|| started.clone(), |time| format!("{time} UTC"))
}

fn ago(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s before:"),
        _ => format!("{} min before:", seconds / 60),
    }
}

fn number(number: f64) -> String {
    if number.fract() == 0.0 || number >= 10.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.1}")
    }
}

/// A text of a log without control characters, tokens and what turns text around, and cut.
fn plain(text: &str, longest: usize) -> String {
    let masked = mask(text);
    let is_plain = |c: &char| {
        !c.is_control() && !UNSEEN.iter().any(|(first, last)| (first..=last).contains(&c))
    };
    let mut told: String = masked.chars().filter(is_plain).take(longest + 1).collect();
    if told.chars().count() > longest {
        told = told.chars().take(longest.saturating_sub(1)).chain(['…']).collect();
    }
    told
}

/// A text of printable ASCII alone, and cut.
fn ascii(text: &str, longest: usize) -> String {
    let plain = plain(text, 4 * longest);
    let mut told: String =
        plain.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect();
    if told.len() > longest {
        told.truncate(longest.saturating_sub(3));
        told.push_str("...");
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_or_turns_text_around_is_left_out() {
        let text =
            "a\u{1b}[2J\u{202e}b\u{2028}c\r\nd\u{2066}e\u{ad}f\u{61c}g\u{2060}h\u{e0041}i<b>";
        assert_eq!(plain(text, 50), "a[2Jbcdefghi<b>");
        assert_eq!(plain("abcdef", 4), "abc…");
        assert_eq!(ascii("\u{430}b", 10), "?b");
    }
}
