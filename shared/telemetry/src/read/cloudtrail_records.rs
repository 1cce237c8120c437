//! Takes in CloudTrail records: requests, changes, and who owns a key id.
//!
//! As with access logs, what a record of ordinary traffic means is worked out once for each shape;
//! [`take_slowly`] works out every record, and both give the same tally.

use sigdrift_signature::failure::{self, Standing};

use super::cloudtrail::{CloudTrailRecord, Kind};
use super::intake::Intake;
use super::json_outline::Outline;
use super::shapes::Meaning;
use crate::change;
use crate::key_encoding::key_encoding;
use crate::request::{Outcome, outcome_of};
use crate::source::{Place, SourceKind};
use crate::tally::{Sighting, Traits, request_hash, short_hash};
use crate::time::minute_of;

/// Takes in one record, whose outline may be known.
pub fn take(value: &str, outline: Option<&Outline>, place: &Place, intake: &mut Intake) {
    with_record(value, outline, place, intake, |record, intake| {
        if is_ordinary(record) {
            count(record, intake);
        } else {
            intake.request(&record.request(), place);
        }
    });
}

/// The same without outline and shapes.
#[cfg(test)]
fn take_slowly(value: &str, place: &Place, intake: &mut Intake) {
    with_record(value, None, place, intake, |record, intake| {
        intake.request(&record.request(), place);
    });
}

fn with_record(
    value: &str,
    outline: Option<&Outline>,
    place: &Place,
    intake: &mut Intake,
    then: impl Fn(&CloudTrailRecord<'_>, &mut Intake),
) {
    intake.is_a(SourceKind::CloudTrail);
    let record = match outline {
        Some(outline) => CloudTrailRecord::outlined(value, outline),
        None => CloudTrailRecord::parse(value),
    };
    let record = match record {
        Ok(record) => record,
        Err(error) => return intake.unreadable(place.clone(), chain(&error)),
    };
    if record.kind == Kind::Insight {
        return intake.skip();
    }
    if let Some(change) = change::of(&record, value) {
        intake.change(change, record.event_id.as_deref().unwrap_or_default());
    }
    if let (Some(key), Some(principal)) = (&record.access_key_id, &record.principal) {
        intake.principal(key, principal);
    }
    then(&record, intake);
}

/// Whether a record is certainly no signature failure, nor anything of a scanner's.
fn is_ordinary(record: &CloudTrailRecord<'_>) -> bool {
    let code = record.error_code.as_deref();
    code.is_none_or(|code| record.signed() && failure::standing(code) == Standing::Unrelated)
}

fn count(record: &CloudTrailRecord<'_>, intake: &mut Intake) {
    intake.counted();
    if !record.signed() {
        return;
    }
    let outcome = outcome_of(record.error_code.as_deref(), None);
    let meaning = meaning(record, outcome, intake);
    let Some(counter) = meaning.counts_in else { return };
    let minute = minute_of(record.event_time);
    intake.tally.count(counter, minute);
    let request_id = record.request_id.as_deref().unwrap_or_default();
    let number = record.number();
    if let Some(hash) = request_hash(request_id.as_bytes(), Some(number))
        && intake.tally.wants_sighting(hash)
    {
        let traits = Traits {
            address: short_hash(record.source_ip.as_deref().unwrap_or_default().as_bytes()),
            tls: meaning.tls,
            signature_version: meaning.signature_version,
            key_encoding: intake.tally.text_id(record.key.as_deref().map(key_encoding)),
        };
        let (record, series) = (number, counter.series);
        let sighting = Sighting { request: hash, record, series, minute };
        intake.tally.sight(sighting, traits);
    }
}

fn meaning(record: &CloudTrailRecord<'_>, outcome: Outcome, intake: &mut Intake) -> Meaning {
    // What is empty is told from what is absent by what no such text contains.
    fn bytes<'a>(text: &'a Option<std::borrow::Cow<'_, str>>) -> &'a [u8] {
        text.as_deref().map_or(b"", |text| if text.is_empty() { b"\0" } else { text.as_bytes() })
    }
    let texts = [
        bytes(&record.host),
        bytes(&record.access_key_id),
        bytes(&record.region),
        record.event_name.as_bytes(),
        bytes(&record.bucket),
        bytes(&record.signature_version),
        bytes(&record.auth),
        bytes(&record.tls_version),
    ];
    let user_agent = record.user_agent.as_deref().unwrap_or_default().as_bytes();
    let flags = [outcome as u8, u8::from(record.user_agent.is_some())];
    let generation = intake.tally.generation();
    let mut shape = intake.trail_shapes.shape(generation, texts, user_agent, flags);
    if let Some(meaning) = intake.trail_shapes.meaning(&shape) {
        return meaning;
    }
    intake.tally.make_room();
    let meaning = Meaning::of(&record.request(), outcome, &mut intake.tally);
    // Making room, numbers may have changed.
    if intake.tally.generation() != generation {
        shape = intake.trail_shapes.shape(intake.tally.generation(), texts, user_agent, flags);
    }
    intake.trail_shapes.remember(shape, meaning);
    meaning
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        told = format!("{told}: {error}");
        source = error.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json_scan::DEEPEST;
    use super::*;
    use crate::tally::image::image;
    use crate::tally::{Limits, SeriesLimits};

    prop_compose! {
        fn record()(
            minute in 0..3_u32,
            id in 0..30_u32,
            name in proptest::sample::select(vec!["GetObject", "PutObject", "UpdateFunctionCode20150331v2"]),
            key in proptest::sample::select(vec!["", "AKIA1", "ASIA2"]),
            error in proptest::sample::select(vec!["", "AccessDenied", "NoSuchKey", "InvalidClientTokenId", "Client.AuthFailure"]),
            agent in proptest::sample::select(vec!["null", "\"Boto3/1 app/c-1\"", "\"Boto3/1 app/c-2\"", "\"\""]),
            host in proptest::sample::select(vec!["null", "\"B.s3.eu-west-1.amazonaws.com\"", "\"sts.amazonaws.com\""]),
            kind in proptest::sample::select(vec!["AwsApiCall", "AwsServiceEvent"]),
        ) -> String {
            format!(
                r#"{{"eventVersion":"1.11","eventTime":"2026-04-15T07:4{minute}:07Z","eventSource":"s3.amazonaws.com",
                "eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.{minute}","userAgent":{agent},
                "errorCode":"{error}","requestID":"R{id}","eventID":"E{id}-{minute}","eventType":"{kind}",
                "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::1:user/{minute}","accessKeyId":"{key}"}},
                "requestParameters":{{"bucketName":"b","key":"a b","functionName":"f"}},
                "tlsDetails":{{"tlsVersion":"TLSv1.3","clientProvidedHostHeader":{host}}}}}"#
            )
        }
    }

    fn take_outlined(value: &str, place: &Place, intake: &mut Intake) {
        let mut outline = Outline::default();
        assert_eq!(outline.trace(value.as_bytes(), DEEPEST), Some(value.len()));
        take(value, Some(&outline), place, intake);
    }

    fn tally(
        take: fn(&str, &Place, &mut Intake),
        records: &[String],
        limits: Limits,
    ) -> Vec<String> {
        let mut intake = Intake::new(limits);
        intake.begin("a.json");
        for (number, record) in (1..).zip(records) {
            take(record, &Place::Line(number), &mut intake);
        }
        let report = intake.end();
        intake.finish_source(report, None);
        image(&intake.into_tally())
    }

    proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_simple_one(
            records in proptest::collection::vec(record(), 1..60),
            is_narrow in any::<bool>(),
        ) {
            let mut limits = Limits::default();
            if is_narrow {
                limits.series = SeriesLimits { series: 3, cells: 10 };
                limits.text_bytes = 500;
            }
            let expected = tally(take_slowly, &records, limits);
            prop_assert_eq!(tally(take_outlined, &records, limits), expected);
        }
    }
}
