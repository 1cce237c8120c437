//! HTTP as the functions see it: requests of an HTTP API, answers and refusals.
//!
//! The events are those of payload format 2.0:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::{HeaderValue, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::json;
use sigdrift_telemetry::store;

/// The stage that adds nothing to a path.
const NO_STAGE: &str = "$default";

/// What a route looks at of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, without the stage that an HTTP API puts before it.
    pub path: String,
    /// The names and values of the query, decoded; a value that is empty is not told.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the event of a request.
    ///
    /// # Errors
    /// When its body is not what it is said to be.
    pub fn of(event: &ApiGatewayV2httpRequest) -> Result<Self, Refusal> {
        let context = &event.request_context;
        let path = event.raw_path.as_deref().unwrap_or("/");
        let stage = context.stage.as_deref().filter(|stage| *stage != NO_STAGE);
        let body = event.body.as_deref().unwrap_or_default();
        let body = if event.is_base64_encoded {
            let why = "is said to be base64, and is not".to_owned();
            STANDARD.decode(body).map_err(|_| Refusal::Body(why))?
        } else {
            body.as_bytes().to_vec()
        };
        Ok(Self {
            method: context.http.method.as_str().to_owned(),
            path: stage.and_then(|stage| within(path, stage)).unwrap_or(path).to_owned(),
            query: query(event.raw_query_string.as_deref().unwrap_or_default()),
            body,
        })
    }
}

/// The path below a stage.
fn within<'p>(path: &'p str, stage: &str) -> Option<&'p str> {
    let rest = path.strip_prefix('/')?.strip_prefix(stage)?;
    match rest {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

fn query(raw: &str) -> Vec<(String, String)> {
    // A plus sign is one: it stands in the offsets of times, and no value here holds a blank.
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = raw.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// Why a request is not answered as it asks.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A parameter is unknown or unusable.
    #[error("the parameter `{name}` {why}")]
    Parameter {
        /// The parameter.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The body is unusable.
    #[error("the body {0}")]
    Body(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// There is, and it cannot be asked in this way.
    #[error("only {0} is allowed here")]
    Method(&'static str),
    /// The body is too large.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The store cannot be asked. What it said stands in the log: it names what callers need not know.
    #[error("the store cannot be asked; the function's log says why")]
    Store(#[from] store::Error),
    /// What the store holds cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// The answer cannot be put into JSON.
    #[error("the answer cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

impl Refusal {
    /// That a parameter cannot be used.
    pub fn parameter(name: &str, why: impl std::fmt::Display) -> Self {
        // It comes from whoever asked, and goes back to them.
        let name = name.chars().take(64).collect();
        Self::Parameter { name, why: why.to_string() }
    }

    /// The status of the answer, and the word for it that programs go by.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Parameter { .. } => (StatusCode::BAD_REQUEST, "bad-parameter"),
            Self::Body(_) => (StatusCode::BAD_REQUEST, "bad-body"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not-found"),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Self::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "store-unavailable"),
            Self::Unreadable(_) => (StatusCode::SERVICE_UNAVAILABLE, "store-unreadable"),
            Self::Unwritable(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

/// The event that answers a request.
#[must_use]
pub fn answer(answer: Result<String, Refusal>) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    let headers = &mut response.headers;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => {
            if let Refusal::Method(allowed) = refusal {
                headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
            }
            let (status, code) = refusal.kind();
            let error = json!({"error": {"code": code, "message": refusal.to_string()}});
            (status, error.to_string())
        }
    };
    response.status_code = i64::from(status.as_u16());
    response.body = Some(Body::Text(body));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_is_no_part_of_the_path() {
        for (path, stage, expected) in [
            ("/summary", "$default", "/summary"),
            ("/prod/summary", "prod", "/summary"),
            ("/prod", "prod", "/"),
            ("/production/summary", "prod", "/production/summary"),
            ("/summary", "prod", "/summary"),
        ] {
            let mut event = ApiGatewayV2httpRequest::default();
            event.raw_path = Some(path.to_owned());
            event.request_context.stage = Some(stage.to_owned());
            assert_eq!(Request::of(&event).unwrap().path, expected, "{path} in {stage}");
        }
    }

    #[test]
    fn the_query_is_decoded_and_empty_values_are_none() {
        assert_eq!(
            query("from=2026-04-15T09:42:00%2B02:00&to=2026-04-15T09:50:00+02:00&code=&x"),
            [
                ("from".to_owned(), "2026-04-15T09:42:00+02:00".to_owned()),
                ("to".to_owned(), "2026-04-15T09:50:00+02:00".to_owned())
            ]
        );
    }
}
