//! What `analyze` is asked for. An event has one of three forms:
//!
//! - `{"from","to","sources","group_by"}`, as a person invokes it;
//! - `{"Bucket","Key"}`, one item of a Distributed Map, as `s3:listObjectsV2` lists it
//!   (<https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html>), with the bucket
//!   and the members of the question added by an `ItemSelector`;
//! - `{"Items","BatchInput"}`, several of them
//!   (<https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html>), where bucket and
//!   question may stand in `BatchInput`.

use std::fmt;

use serde_json::{Map, Value};
use sigdrift_aws::Source;
use sigdrift_aws::events::Span;
use sigdrift_aws::objects::Object;
use sigdrift_telemetry::dimension::Dimension;
use sigdrift_telemetry::moment::Moment;
use sigdrift_telemetry::summary::Question;
use sigdrift_telemetry::time::{Window, start_of};

use crate::told::Room;

/// What is to be read and how it is to be told.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the summary is asked for.
    pub question: Question,
    /// What is to be read.
    pub sources: Vec<Wanted>,
    /// How long the answer may be.
    pub room: Room,
}

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever a source holds, and of events those of this span.
    All(Source, Option<Span>),
    /// One log object.
    One(Object),
}

/// An event that asks for nothing that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} {why}")]
pub struct Error {
    place: String,
    why: String,
}

fn error(member: impl fmt::Display, why: impl fmt::Display) -> Error {
    Error { place: format!("`{member}`"), why: why.to_string() }
}

/// Reads an event, at a time in seconds since 1970.
///
/// # Errors
/// When it has none of the forms; the text names the member.
pub fn read(event: &str, now: i64) -> Result<Request, Error> {
    let of_event = |why: String| Error { place: "the event".to_owned(), why };
    let event: Value =
        serde_json::from_str(event).map_err(|error| of_event(format!("is no JSON: {error}")))?;
    let event = event.as_object().ok_or_else(|| of_event("is no JSON object".to_owned()))?;
    match (event.get("Items"), event.get("Key")) {
        (Some(items), _) => batch(event, items, now),
        (None, Some(_)) => {
            let mut asked = Asked::read(event, "", now)?;
            let object = object(event, "", None)?;
            asked.request(vec![Wanted::One(object)], Room::STATE)
        }
        (None, None) => direct(event, now),
    }
}

/// The members of a question, each if it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    from: Option<i64>,
    to: Option<i64>,
    group_by: Option<Vec<Dimension>>,
}

const QUESTION: [&str; 3] = ["from", "to", "group_by"];

impl Asked {
    /// Reads the members of an object that stands at a path.
    fn read(object: &Map<String, Value>, path: &str, now: i64) -> Result<Self, Error> {
        let [from, to, group_by] =
            QUESTION.map(|name| (format!("{path}{name}"), present(object, name)));
        let moment = |(member, value): (String, Option<&Value>)| {
            let Some(value) = value else { return Ok(None) };
            let told = text(value, &member)?;
            let moment = told.parse::<Moment>().map_err(|why| {
                error(&member, format_args!("is `{told}`, which is no moment: {why}"))
            })?;
            Ok(Some(moment.seconds(now)))
        };
        Ok(Self { from: moment(from)?, to: moment(to)?, group_by: dimensions(group_by)? })
    }

    /// Adds what stands at another path, which must not say otherwise.
    fn join(&mut self, other: Self, path: &str) -> Result<(), Error> {
        let otherwise = |name: &str| {
            Err(error(
                format_args!("{path}{name}"),
                "is another one than before it, and one batch has one answer",
            ))
        };
        let Self { from, to, group_by } = other;
        if from.is_some() && self.from.is_some() && from != self.from {
            return otherwise("from");
        }
        if to.is_some() && self.to.is_some() && to != self.to {
            return otherwise("to");
        }
        if group_by.is_some() && self.group_by.is_some() && group_by != self.group_by {
            return otherwise("group_by");
        }
        self.from = self.from.or(from);
        self.to = self.to.or(to);
        self.group_by = self.group_by.take().or(group_by);
        Ok(())
    }

    fn request(&mut self, sources: Vec<Wanted>, room: Room) -> Result<Request, Error> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return Err(error("from", "must lie before `to`"));
        }
        let default = Question::default();
        let question = Question {
            window: Window::new(self.from, self.to),
            group_by: self.group_by.take().unwrap_or(default.group_by),
            markers: default.markers,
        };
        Ok(Request { question, sources, room })
    }
}

fn direct(event: &Map<String, Value>, now: i64) -> Result<Request, Error> {
    let is_known = |name: &String| name == "sources" || QUESTION.contains(&name.as_str());
    if let Some(unknown) = event.keys().find(|name| !is_known(name)) {
        return Err(error(unknown, "is not known: there are from, to, sources and group_by"));
    }
    let mut asked = Asked::read(event, "", now)?;
    let mut request = asked.request(Vec::new(), Room::LAMBDA)?;
    let sources = event.get("sources").and_then(Value::as_array).filter(|all| !all.is_empty());
    let sources = sources.ok_or_else(|| {
        error(
            "sources",
            "has to be a list of at least one of s3://bucket/prefix, cloudtrail, logs:/log/group",
        )
    })?;
    let span = span(&request.question.window, now);
    for (index, source) in sources.iter().enumerate() {
        let member = format!("sources[{index}]");
        let source: Source = text(source, &member)?
            .parse()
            .map_err(|why| error(&member, format_args!("is wrong: {why}")))?;
        let span = match source {
            Source::Objects(_) => None,
            Source::Trail(_) | Source::Logs(_) => Some(span.clone()?),
        };
        request.sources.push(Wanted::All(source, span));
    }
    Ok(request)
}

/// The span that is asked for of events.
fn span(window: &Window, now: i64) -> Result<Span, Error> {
    let from = window.from.map(start_of).ok_or_else(|| {
        error("from", "is missing: of cloudtrail and of log groups a window is asked for")
    })?;
    let to = window.to.map_or(now, start_of);
    match from < to {
        true => Ok(Span { from, to }),
        false => Err(error("from", "lies in the future, so there is nothing in the window yet")),
    }
}

fn batch(event: &Map<String, Value>, items: &Value, now: i64) -> Result<Request, Error> {
    let items = items.as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| error("Items", "has to be a list of at least one item"))?;
    let nothing = Map::new();
    let input = match present(event, "BatchInput") {
        None => &nothing,
        Some(input) => input.as_object().ok_or_else(|| error("BatchInput", "is no object"))?,
    };
    let mut asked = Asked::read(input, "BatchInput.", now)?;
    let bucket = match present(input, "Bucket") {
        Some(bucket) => Some(text(bucket, "BatchInput.Bucket")?),
        None => None,
    };
    let mut wanted = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("Items[{index}].");
        let item =
            item.as_object().ok_or_else(|| error(path.trim_end_matches('.'), "is no object"))?;
        asked.join(Asked::read(item, &path, now)?, &path)?;
        wanted.push(Wanted::One(object(item, &path, bucket)?));
    }
    asked.request(wanted, Room::STATE)
}

/// The object of an item, as a listing of S3 tells it.
fn object(item: &Map<String, Value>, path: &str, bucket: Option<&str>) -> Result<Object, Error> {
    let required = |name: &str| {
        let member = format!("{path}{name}");
        let value = present(item, name).ok_or_else(|| error(&member, "is missing"))?;
        text(value, &member).map(str::to_owned)
    };
    let optional = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let bucket = match bucket {
        Some(bucket) if present(item, "Bucket").is_none() => bucket.to_owned(),
        _ => required("Bucket")?,
    };
    // The address is read as everywhere else, so that a bucket is one.
    let source = format!("s3://{bucket}/").parse::<Source>();
    let Ok(Source::Objects(address)) = source else {
        return Err(error(format_args!("{path}Bucket"), "is no name of a bucket"));
    };
    Ok(Object {
        bucket: address.bucket,
        key: required("Key")?,
        version_id: optional("VersionId"),
        // The item reader writes it in its own way.
        e_tag: optional("Etag").or_else(|| optional("ETag")).unwrap_or_default(),
        length: item.get("Size").and_then(Value::as_u64).unwrap_or(0),
        modified: 0,
    })
}

fn dimensions((member, value): (String, Option<&Value>)) -> Result<Option<Vec<Dimension>>, Error> {
    let Some(value) = value else { return Ok(None) };
    let all = value.as_array().ok_or_else(|| error(&member, "is no list"))?;
    let mut dimensions = Vec::new();
    for (index, value) in all.iter().enumerate() {
        let member = format!("{member}[{index}]");
        let dimension = text(value, &member)?.parse();
        dimensions.push(dimension.map_err(|why| error(&member, format_args!("is wrong: {why}")))?);
    }
    dimensions.sort_unstable();
    dimensions.dedup();
    Ok(Some(dimensions))
}

/// A member, unless it is missing or null.
fn present<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn text<'v>(value: &'v Value, member: &str) -> Result<&'v str, Error> {
    value.as_str().ok_or_else(|| error(member, "is no text"))
}
