//! Messages published to a topic of SNS:
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.

use aws_sdk_sns::Client;
use aws_sdk_sns::config::Region;
use serde_json::{Map, Value, json};

use crate::fault::{Answer, Asked};
use crate::{Connection, Fault};

/// How long a message may be, in bytes, with what every protocol gets of it.
const LARGEST: usize = 256 << 10;
/// How much of that the text may take, in bytes. More is of no use to who reads it.
const LONGEST_TEXT: usize = 32 << 10;
/// How much of a text is told where the whole does not fit, in bytes: even if each becomes seven, as
/// control characters do, there is room for a copy for every protocol.
const LONGEST_BRIEF: usize = 4 << 10;
/// How long an SMS may be, in characters: <https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-topic.html>.
const LONGEST_SMS: usize = 1600;
/// How long a subject may be, in characters.
const LONGEST_SUBJECT: usize = 99;
/// What is sent in place of a subject of which nothing is left.
const NO_SUBJECT: &str = "sigdrift";
/// What stands where a text was cut.
const CUT: &str = "…";
/// Who gets the JSON. Everyone else gets the text.
const MACHINES: [&str; 4] = ["sqs", "lambda", "https", "http"];

/// Publishes a message. Needs `sns:Publish` on the topic.
pub trait Publish: Sync {
    /// Publishes it once, or, where the answer to a first attempt was lost, once more.
    ///
    /// # Errors
    /// When it is unknown whether it was published.
    fn publish(&self, message: &Message) -> Result<(), Error>;
}

/// A message, in the forms that its readers want. What SNS would refuse is made to fit: the subject
/// is cleaned, texts are cut, and JSON that is too long is replaced by JSON that says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The subject of an e-mail.
    pub subject: String,
    /// The text of an e-mail, and for every protocol that is not named below.
    pub default: String,
    /// The text of an SMS.
    pub sms: String,
    /// JSON for queues, functions and web servers. All of them together have 256 KiB, each a copy of its own,
    /// with every quotation mark written as two characters: some 50 KiB are safe.
    pub json: String,
}

impl Message {
    /// The subject as SNS takes it: ASCII on one line, at most 99 characters, and beginning with
    /// something visible.
    fn subject(&self) -> String {
        let plain = self.subject.chars().map(|c| match c {
            _ if c.is_whitespace() || c.is_control() => ' ',
            _ if c.is_ascii() => c,
            _ => '?',
        });
        let plain: String = plain.collect();
        let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
        let mut subject = words.join(" ");
        subject.truncate(LONGEST_SUBJECT);
        subject.truncate(subject.trim_end().len());
        if subject.is_empty() { NO_SUBJECT.to_owned() } else { subject }
    }

    /// What is sent: a JSON object with a text for each protocol.
    fn body(&self) -> String {
        let sms = cut(&self.sms, LONGEST_SMS, |text| text.chars().count());
        let body = |text: &str, json: &str| {
            let mut body = Map::new();
            body.insert("default".to_owned(), json!(text));
            body.insert("sms".to_owned(), json!(sms));
            body.extend(MACHINES.map(|protocol| (protocol.to_owned(), json!(json))));
            Value::Object(body).to_string()
        };
        let whole = body(&cut(&self.default, LONGEST_TEXT, str::len), &self.json);
        if whole.len() <= LARGEST {
            return whole;
        }
        let text = cut(&self.default, LONGEST_BRIEF, str::len);
        let left_out = "the details: they do not fit into a message of SNS (256 KiB)";
        let brief = json!({"subject": self.subject(), "text": text, "left_out": left_out});
        body(&text, &brief.to_string())
    }
}

/// The beginning of a text, so much of it as a measure of its length allows.
fn cut(text: &str, longest: usize, length: impl Fn(&str) -> usize) -> String {
    if length(text) <= longest {
        return text.to_owned();
    }
    let room = longest.saturating_sub(length(CUT));
    let ends = text.char_indices().map(|(end, _)| end);
    let end = ends.take_while(|end| length(&text[..*end]) <= room).last().unwrap_or(0);
    format!("{}{CUT}", &text[..end])
}

/// Why a message could not be published.
#[derive(Debug, thiserror::Error)]
#[error("cannot publish to {topic}: {reason}")]
pub struct Error {
    /// The ARN of the topic.
    pub topic: String,
    /// What stood in the way.
    #[source]
    pub reason: Reason,
}

/// What stood in the way of a message.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// There is no such topic.
    #[error(
        "there is no such topic: `aws sns list-topics{profile}` lists those of this account and region"
    )]
    NoSuchTopic {
        /// ` --profile NAME`, where one is used.
        profile: String,
    },
    /// What stands in the way says nothing of topics.
    #[error(transparent)]
    Service(#[from] Fault),
}

/// A text that is not the ARN of a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the ARN of an SNS topic: one looks like arn:aws:sns:eu-west-1:111122223333:alerts"
)]
pub struct NotATopic(String);

const PERMISSION: &str =
    "sns:Publish on the topic (and kms:GenerateDataKey and kms:Decrypt on its key, if it has one)";

/// A topic of SNS. Not to be used on a thread that drives asynchronous tasks.
#[derive(Clone, Debug)]
pub struct Topic {
    connection: Connection,
    client: Client,
    asked: Asked,
    arn: String,
}

impl Topic {
    /// The topic that an ARN names, in its own region. How often and how long it is tried is the
    /// connection's: five times, and not longer than two minutes.
    ///
    /// # Errors
    /// When it is the ARN of something else, or none.
    pub fn new(connection: &Connection, arn: &str) -> Result<Self, NotATopic> {
        let region = region(arn).ok_or_else(|| NotATopic(arn.to_owned()))?;
        let settings = aws_sdk_sns::config::Builder::from(&connection.sdk)
            .region(Region::new(region.to_owned()))
            .build();
        let client = Client::from_conf(settings);
        let asked = Asked::of(connection, "SNS", region);
        Ok(Self { connection: connection.clone(), client, asked, arn: arn.to_owned() })
    }
}

/// The region of a topic: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
fn region(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    let [_, _, _, region, account, name] = parts[..] else { return None };
    let is_whole = arn.starts_with("arn:") && parts[2] == "sns";
    let is_named = ![region, account, name].iter().any(|part| part.is_empty());
    (is_whole && is_named).then_some(region)
}

impl Publish for Topic {
    fn publish(&self, message: &Message) -> Result<(), Error> {
        let request = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .subject(message.subject())
            .message_structure("json")
            .message(message.body());
        let reason = match self.connection.runtime.block_on(request.send()) {
            Ok(_) => return Ok(()),
            Err(error) => {
                self.asked.answer(error).map_or_else(Reason::from, |answer| self.reason(answer))
            }
        };
        Err(Error { topic: self.arn.clone(), reason })
    }
}

impl Topic {
    fn reason(&self, answer: Answer) -> Reason {
        match answer.code.as_str() {
            "NotFound" | "NotFoundException" => {
                Reason::NoSuchTopic { profile: self.asked.profile.clone() }
            }
            _ => self.asked.fault(answer, PERMISSION).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            subject: "SignatureDoesNotMatch at media".to_owned(),
            default: "100 of 130 requests failed.".to_owned(),
            sms: "100 failed".to_owned(),
            json: r#"{"occasion":"opened"}"#.to_owned(),
        }
    }

    #[test]
    fn people_get_the_text_and_machines_the_json() {
        let body: Value = serde_json::from_str(&message().body()).unwrap();
        assert_eq!(body["default"], "100 of 130 requests failed.");
        assert_eq!(body["sms"], "100 failed");
        for protocol in ["sqs", "lambda", "https", "http"] {
            assert_eq!(body[protocol], r#"{"occasion":"opened"}"#);
        }
        assert!(body.get("email").is_none(), "it is the default");
    }

    #[test]
    fn a_subject_is_one_that_sns_takes() {
        for (given, expected) in [
            ("media: 40 a minute", "media: 40 a minute".to_owned()),
            ("  media\r\nBcc: x\u{7f}\u{0} é ✓ ", "media Bcc: x ? ?".to_owned()),
            ("", "sigdrift".to_owned()),
            ("\n\t", "sigdrift".to_owned()),
            (&"a".repeat(500), "a".repeat(99)),
            (&format!("{} b", "a".repeat(98)), "a".repeat(98)),
        ] {
            let subject = Message { subject: given.to_owned(), ..message() }.subject();
            assert_eq!(subject, expected);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_said_to_be() {
        let long = Message {
            default: "é\"".repeat(100_000),
            sms: "é".repeat(2000),
            json: format!("[{}]", "\"\",".repeat(100_000)),
            ..message()
        };
        let body = long.body();
        assert!(body.len() <= LARGEST, "{}", body.len());
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(body["default"].as_str().unwrap().ends_with(CUT));
        assert_eq!(body["sms"].as_str().unwrap().chars().count(), 1600);
        let told: Value = serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap();
        assert!(told["left_out"].as_str().unwrap().contains("do not fit"), "{told}");
        assert_eq!(told["subject"], "SignatureDoesNotMatch at media");
    }

    #[test]
    fn however_it_is_escaped_a_message_fits() {
        for text in ["\u{1}", "\"", "\\", "é", "a"] {
            let (default, sms) = (text.repeat(300_000), text.repeat(300_000));
            let message = Message { default, sms, json: text.repeat(300_000), ..message() };
            assert!(message.body().len() <= LARGEST, "{text:?}: {}", message.body().len());
        }
    }

    #[test]
    fn an_arn_names_a_topic_and_its_region() {
        assert_eq!(region("arn:aws:sns:eu-west-1:111122223333:alerts"), Some("eu-west-1"));
        assert_eq!(region("arn:aws-cn:sns:cn-north-1:111122223333:a.fifo"), Some("cn-north-1"));
        for wrong in [
            "",
            "alerts",
            "arn:aws:sqs:eu-west-1:111122223333:alerts",
            "arn:aws:sns:eu-west-1:111122223333",
            "arn:aws:sns::111122223333:alerts",
            "arn:aws:sns:eu-west-1:111122223333:alerts:0b6c7a1e-subscription",
        ] {
            assert_eq!(region(wrong), None, "{wrong}");
        }
    }
}
