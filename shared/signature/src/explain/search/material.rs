//! What the evidence offers to put in place of what the verifier saw.

use crate::case::Case;
use crate::http::HttpRequest;

/// Values seen anywhere in the evidence, and what the raw request shows that its canonical form hides.
#[derive(Clone, Default)]
pub struct Material {
    /// The raw request that the text was made of, or another form of it.
    pub requests: Vec<HttpRequest>,
    /// Host names.
    pub hosts: Vec<String>,
    /// Bucket names.
    pub buckets: Vec<String>,
    /// Header values that the signer or its log shows: name in lower case, value.
    pub headers: Vec<(String, String)>,
    /// Paths and queries of the signer's own texts.
    pub paths: Vec<String>,
    /// Queries of the signer's own texts.
    pub queries: Vec<String>,
    /// The service that is signed for.
    pub service: String,
}

/// Elements of an answer that name a bucket, and those that name a host.
const BUCKETS: &[&str] = &["Bucket", "BucketName"];
const HOSTS: &[&str] = &["Endpoint", "Host"];

impl Material {
    /// Gathers what a case shows.
    #[must_use]
    pub fn of(case: &Case, service: &str) -> Self {
        let mut found = Self { service: service.to_owned(), ..Self::default() };
        for request in [&case.received, &case.sent].into_iter().flatten() {
            found.hosts.extend(request.canonical_header("host"));
            found.paths.push(request.path.clone());
            found.queries.push(request.query.clone());
            for header in &request.headers {
                let name = header.name.to_ascii_lowercase();
                found.headers.push((name, header.value.trim().to_owned()));
            }
            found.requests.push(request.clone());
        }
        let texts = [&case.client, &case.server];
        for parts in texts.iter().filter_map(|side| side.canonical_request.as_ref()?.parts()) {
            found.hosts.extend(parts.header("host").map(|host| host.trim().to_owned()));
            found.paths.push(parts.path.to_string());
            found.queries.push(parts.query.to_string());
            let headers = parts.headers.iter();
            found.headers.extend(
                headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_string())),
            );
        }
        let details = |names: &[&str]| {
            let values = names.iter().filter_map(|name| case.answer.detail(name));
            values.map(str::to_owned).collect::<Vec<_>>()
        };
        found.buckets = details(BUCKETS);
        found.hosts.extend(details(HOSTS));
        found.hosts.extend(case.logged.as_ref().and_then(|logged| logged.host.clone()));
        let buckets: Vec<String> = found
            .hosts
            .iter()
            .filter_map(|host| crate::host::Endpoint::of(host).bucket.map(str::to_owned))
            .collect();
        found.buckets.extend(buckets);
        found.hosts.sort();
        found.hosts.dedup();
        found.buckets.sort();
        found.buckets.dedup();
        found
    }
}
