//! `summary`: answers HTTP requests for summaries, clusters and incidents from the store, and explains
//! single failures. It writes nothing.

mod explain;
mod health;
mod incidents;
mod parameters;
mod window;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use sigdrift_telemetry::store::{Get, List};

use crate::http::{self, Refusal, Request};

/// The function, with its way to the outside.
#[derive(Debug)]
pub struct Summary<Store> {
    /// Holds segments and the state of detection.
    pub store: Store,
    /// How many segments are read at once.
    pub threads: usize,
}

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route<'p> {
    Summary,
    Cluster(&'p str),
    Incidents,
    Explain,
    Health,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        match path {
            "/summary" => Some(Self::Summary),
            "/incidents" => Some(Self::Incidents),
            "/explain" => Some(Self::Explain),
            "/healthz" => Some(Self::Health),
            _ => {
                let id = path.strip_prefix("/clusters/")?;
                (!id.is_empty() && !id.contains('/')).then_some(Self::Cluster(id))
            }
        }
    }

    /// The only method that it is asked with.
    fn method(self) -> &'static str {
        match self {
            Self::Explain => "POST",
            Self::Summary | Self::Cluster(_) | Self::Incidents | Self::Health => "GET",
        }
    }
}

impl<Store: List + Get> Summary<Store> {
    /// Answers a request at a time, in seconds since 1970.
    pub fn answer(&self, event: &ApiGatewayV2httpRequest, now: i64) -> ApiGatewayV2httpResponse {
        let answer = Request::of(event).and_then(|request| self.route(&request, now));
        if let Err(Refusal::Store(error)) = &answer {
            tracing::error!(%error, "the store cannot be asked");
        }
        http::answer(answer)
    }

    fn route(&self, request: &Request, now: i64) -> Result<String, Refusal> {
        let path = &request.path;
        let route = Route::of(path).ok_or_else(|| {
            let path: String = path.chars().take(100).collect();
            Refusal::NotFound(format!("there is nothing at `{path}`"))
        })?;
        if request.method != route.method() {
            return Err(Refusal::Method(route.method()));
        }
        match route {
            Route::Summary => self.summary(&request.query, now),
            Route::Cluster(id) => self.cluster(id, &request.query, now),
            Route::Incidents => incidents::incidents(&self.store, &request.query),
            Route::Explain => explain::explain(request, now),
            Route::Health => health::health(&self.store, &request.query, now),
        }
    }
}
