//! JSON values and text lines, each given to the reader that its content calls for.
//!
//! Envelopes are opened here: EventBridge events, what a CloudWatch Logs subscription delivers, log
//! events as `FilterLogEvents` answers them, and what `LookupEvents` answers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::application_log::{ApplicationLog, LoggedError};
use super::captured_error;
use super::cloudtrail_records as cloudtrail;
use super::context::Context;
use super::intake::Intake;
use super::json_members::{member, text};
use super::json_outline::Outline;
use super::json_shape::{self, Shape, shape};
use super::log_envelope::{self, Envelope, Message};
use super::s3_access_log;
use super::s3_access_log_json;
use super::signed_for::{signed_host, signed_region};
use super::sniff::begins_json;
use super::texts_explained::TextsExplained;
use crate::request::Request;
use crate::source::{Place, SourceKind};

/// How many lines back an application's error may begin.
const LOOK_BACK: u64 = 4096;

/// Readers for the values and lines of one object.
#[derive(Debug, Default)]
pub struct Values {
    application: ApplicationLog,
    /// How many lines the application log reader was given.
    lines: u64,
    /// For lines whose surroundings tell something: what, from which line on, and where it stands.
    surroundings: BTreeMap<u64, (Context, Place)>,
}

impl Values {
    /// Takes in one whole JSON value.
    pub fn value(&mut self, value: &str, place: &Place, context: &Context, intake: &mut Intake) {
        self.outlined(value, None, place, context, intake);
    }

    /// Takes in one whole JSON value, whose outline may be known.
    pub fn outlined(
        &mut self,
        value: &str,
        outline: Option<&Outline>,
        place: &Place,
        context: &Context,
        intake: &mut Intake,
    ) {
        match shape(value) {
            Shape::CloudTrail => cloudtrail::take(value, outline, place, intake),
            Shape::CapturedError => {
                intake.is_a(SourceKind::CapturedError);
                match captured_error::request(value, context, &mut intake.texts_explained) {
                    Ok(request) => intake.request(&request, place),
                    Err(error) => intake.unreadable(place.clone(), error),
                }
            }
            Shape::S3AccessLogJson => {
                intake.is_a(SourceKind::S3AccessLogJson);
                match s3_access_log_json::request(value, context) {
                    Ok(request) => intake.request(&request, place),
                    Err(error) => intake.unreadable(place.clone(), error),
                }
            }
            Shape::EventBridge => match json_shape::event_bridge(value) {
                Some(event) if event.holds_cloudtrail() => {
                    cloudtrail::take(event.detail, None, place, intake);
                }
                _ => intake.skip(),
            },
            Shape::LookupEvent => match json_shape::lookup_event(value) {
                Some(record) => cloudtrail::take(&record, None, place, intake),
                None => intake.unreadable(place.clone(), "CloudTrailEvent holds no text"),
            },
            Shape::Subscription if !context.is_too_deep() => {
                self.envelope(
                    Envelope::from_event(value, log_envelope::LARGEST),
                    place,
                    context,
                    intake,
                );
            }
            Shape::SubscriptionData if !context.is_too_deep() => {
                self.envelope(Envelope::from_json(value), place, context, intake);
            }
            Shape::LogEvent if !context.is_too_deep() => match log_envelope::log_event(value) {
                Some(event) => {
                    let stream = member(value, "logStreamName").and_then(text);
                    let time = Some(event.timestamp_ms.div_euclid(1000));
                    let context = context.within(stream.as_deref(), time);
                    self.message(&event.message, place, &context, intake);
                }
                None => {
                    intake.unreadable(place.clone(), "a log event without message or timestamp")
                }
            },
            Shape::Digest => {
                intake.is_a(SourceKind::CloudTrail);
                intake.skip();
            }
            Shape::S3Notification => intake.skip(),
            Shape::Subscription | Shape::SubscriptionData | Shape::LogEvent => {
                intake.unreadable(place.clone(), "too many envelopes in one another");
            }
            Shape::Other
                if matches!(place, Place::Element { .. })
                    && context.depth == 0
                    && intake.kind() == Some(SourceKind::CloudTrail) =>
            {
                // Between CloudTrail's records there is nothing else.
                intake.unreadable(place.clone(), "is no record of CloudTrail");
            }
            Shape::Other => match serde_json::from_str::<IgnoredAny>(value) {
                Ok(_) => self.application_line(value, place, context, intake),
                Err(error) => intake.unreadable(place.clone(), format!("not valid JSON: {error}")),
            },
        }
    }

    fn envelope(
        &mut self,
        opened: Result<Envelope, log_envelope::Error>,
        place: &Place,
        context: &Context,
        intake: &mut Intake,
    ) {
        let envelope = match opened {
            Ok(envelope) => envelope,
            Err(error) => return intake.unreadable(place.clone(), error),
        };
        if envelope.message == Message::Control {
            return intake.skip();
        }
        for (number, event) in (1..).zip(envelope.events()) {
            let place = match place {
                Place::Byte(byte) | Place::Element { byte, .. } => {
                    Place::Element { number, byte: *byte }
                }
                Place::Line(line) => Place::Event { line: *line, number },
                Place::Event { .. } | Place::Whole => place.clone(),
            };
            match event {
                Ok(event) => {
                    let time = Some(event.timestamp_ms.div_euclid(1000));
                    let context = context.within(Some(&envelope.log_stream), time);
                    self.message(&event.message, &place, &context, intake);
                }
                Err(error) => intake.unreadable(place, error),
            }
        }
    }

    /// Takes in the message of a log event: a JSON value, or lines of text.
    fn message(&mut self, message: &str, place: &Place, context: &Context, intake: &mut Intake) {
        let trimmed = message.trim();
        if trimmed.starts_with('{') && begins_json(trimmed.as_bytes()) {
            return self.value(trimmed, place, context, intake);
        }
        for line in message.lines() {
            self.line(line, place, context, intake);
        }
    }

    /// Takes in a line that is no JSON value. Says whether it is a record by itself, and not one of
    /// the lines of a text.
    pub fn line(
        &mut self,
        line: &str,
        place: &Place,
        context: &Context,
        intake: &mut Intake,
    ) -> bool {
        let is_record = s3_access_log::looks_like(line.as_bytes());
        if is_record {
            intake.is_a(SourceKind::S3AccessLog);
            s3_access_log::take_one(line, place, intake);
        } else {
            self.application_line(line, place, context, intake);
        }
        is_record
    }

    fn application_line(
        &mut self,
        line: &str,
        place: &Place,
        context: &Context,
        intake: &mut Intake,
    ) {
        self.lines += 1;
        if self
            .surroundings
            .last_key_value()
            .is_none_or(|(_, (last, at))| last != context || at != place)
        {
            // The place is needed only where it is not the line itself.
            self.surroundings.insert(self.lines, (context.clone(), place.clone()));
            let old = self.lines.saturating_sub(LOOK_BACK);
            while self.surroundings.len() > 64
                && self.surroundings.first_key_value().is_some_and(|(first, _)| *first < old)
            {
                self.surroundings.pop_first();
            }
        }
        let complete = self.application.line(self.lines, line);
        self.give(complete, intake);
    }

    /// Forgets what the lines so far began, which were no application's.
    pub fn forget_lines(&mut self) {
        self.application = ApplicationLog::default();
    }

    /// Gives out what was still being gathered. To be called once, at the end of the object.
    pub fn finish(&mut self, intake: &mut Intake) {
        let complete = self.application.finish();
        self.give(complete, intake);
    }

    fn give(&mut self, errors: Vec<LoggedError>, intake: &mut Intake) {
        for error in errors {
            intake.is_a(SourceKind::ApplicationLog);
            let around = self.surroundings.range(..=error.line).next_back();
            let (context, place) = around.map_or_else(
                || (Context::default(), Place::Line(error.line)),
                |(_, (context, place))| (context.clone(), place.clone()),
            );
            let request = logged_request(&error, &context, &mut intake.texts_explained);
            intake.request(&request, &place);
        }
    }
}

/// The failed request that an application's error tells of.
fn logged_request<'a>(
    error: &'a LoggedError,
    context: &Context,
    explained: &mut TextsExplained,
) -> Request<'a> {
    let borrowed = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
    let mut request = Request::new(SourceKind::ApplicationLog);
    let url = error.url.as_deref().and_then(captured_error::split_url);
    let received = error.canonical_request.as_deref().and_then(signed_host);
    let host = received.or(error.host.as_deref()).or(url.map(|(host, _)| host));
    request.time = error.time;
    request.request_id = borrowed(&error.request_id);
    request.host = host.filter(|host| !host.is_empty()).map(Cow::Borrowed);
    request.operation = borrowed(&error.operation);
    request.method = borrowed(&error.method);
    request.target = url.map(|(_, target)| Cow::Borrowed(target));
    request.status = error.status;
    request.code = Some(Cow::Borrowed(&error.code));
    request.message = borrowed(&error.message);
    request.user_agent = borrowed(&error.user_agent);
    request.access_key_id = borrowed(&error.access_key_id);
    let scope = error.string_to_sign.as_deref().and_then(signed_region).map(Cow::Borrowed);
    request.signed_region = borrowed(&error.region).or(scope);
    request.carries_signature = true;
    request.compared = explained.cause(&error.case());
    context.complete(&mut request);
    request
}
