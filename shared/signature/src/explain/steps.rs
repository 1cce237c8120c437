//! Commands that confirm a diagnosis, with the request's own values.

use super::explanation::Request;
use super::words::quoted;
use crate::case::Case;
use crate::cause::{Cause, CauseId};
use crate::host::Endpoint;

/// What to run next, most telling first.
#[must_use]
pub fn of(cause: &Cause, request: &Request, case: &Case) -> Vec<String> {
    let mut steps = Vec::new();
    let bucket = bucket(request, case);
    let region = request.region.as_deref();
    match cause.cause {
        CauseId::WrongRegion | CauseId::EndpointMismatch => steps.extend(bucket.map(bucket_region)),
        CauseId::WrongSecret
        | CauseId::SecretMalformed
        | CauseId::UnknownAccessKey
        | CauseId::ExpiredToken => {
            steps.push("aws sts get-caller-identity".to_owned());
            if let Some(id) = &request.access_key_id {
                steps.push(format!(
                    "aws iam get-access-key-last-used --access-key-id {}",
                    quoted(id)
                ));
            }
        }
        CauseId::ClockSkew => {
            steps.push("date -u".to_owned());
            if let Some(host) = &request.host {
                steps.push(format!(
                    "curl -sI {} | grep -i '^date:'",
                    quoted(&format!("https://{host}/"))
                ));
            }
        }
        CauseId::HeaderChanged
        | CauseId::HostChanged
        | CauseId::PathChanged
        | CauseId::QueryChanged => {
            steps.push("sigdrift explain --sent SENT.http --received RECEIVED.http   # the request before and behind each hop".to_owned());
        }
        CauseId::Undetermined => {
            steps.push("sigdrift explain --error BODY.xml --client DEBUG.log   # the client's debug log shows what it signed".to_owned());
        }
        _ => {}
    }
    steps.extend(same_with_curl(request, region));
    if let (Some(bucket), Some("s3")) = (bucket, request.service.as_deref()) {
        let region = region.map_or(String::new(), |region| format!(" --region {}", quoted(region)));
        steps.push(format!(
            "aws s3api list-objects-v2 --bucket {}{region} --max-keys 1",
            quoted(bucket)
        ));
    }
    steps
}

fn bucket<'a>(request: &'a Request, case: &'a Case) -> Option<&'a str> {
    let named = case.answer.detail("BucketName").or_else(|| case.answer.detail("Bucket"));
    named.or_else(|| {
        let endpoint = Endpoint::of(request.host.as_deref()?);
        let in_path = || {
            request.path.as_deref()?.strip_prefix('/')?.split('/').next().filter(|b| !b.is_empty())
        };
        endpoint.bucket.or_else(|| if endpoint.service == Some("s3") { in_path() } else { None })
    })
}

fn bucket_region(bucket: &str) -> String {
    format!(
        "curl -sI {} | grep -i x-amz-bucket-region",
        quoted(&format!("https://{bucket}.s3.amazonaws.com/"))
    )
}

/// The same request, signed by curl.
fn same_with_curl(request: &Request, region: Option<&str>) -> Option<String> {
    let (host, path, service) =
        (request.host.as_deref()?, request.path.as_deref()?, request.service.as_deref()?);
    let method = match request.method.as_deref().unwrap_or("GET") {
        "HEAD" => "--head".to_owned(),
        method => format!("-X {}", quoted(method)),
    };
    let signing = quoted(&format!("aws:amz:{}:{service}", region?));
    Some(format!(
        "curl -sS {method} --aws-sigv4 {signing} --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" {}",
        quoted(&format!("https://{host}{path}"))
    ))
}
