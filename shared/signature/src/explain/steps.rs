//! Commands that confirm a diagnosis, with the request's own values.
//!
//! None of them changes anything: a request that writes is confirmed by one that reads.

mod target;

use super::answered_otherwise;
use super::explanation::Request;
use super::words::quoted;
use crate::case::{Case, Vendor};
use crate::cause::{Cause, CauseId};
use crate::host::{Endpoint, EndpointKind};
use crate::uri::is_s3_family;
use crate::{partition, redact};
use target::{Target, is_bucket, is_word};

/// What to run next, most telling first.
#[must_use]
pub fn of(cause: &Cause, request: &Request, case: &Case) -> Vec<String> {
    let mut steps = Vec::new();
    let host = target::host(request, case);
    let bucket = host.as_deref().and_then(|host| Bucket::of(host, request, case));
    let target = Target::of(request, case);
    match cause.cause {
        CauseId::WrongRegion | CauseId::EndpointMismatch => {
            steps.extend(bucket.as_ref().and_then(Bucket::region));
        }
        CauseId::WrongSecret
        | CauseId::SecretMalformed
        | CauseId::UnknownAccessKey
        | CauseId::ExpiredToken
            if is_of_aws(case) =>
        {
            steps.extend(credentials(request));
        }
        CauseId::ClockSkew => {
            steps.push("date -u".to_owned());
            let url = host.as_deref().map(|host| quoted(&format!("https://{host}/")));
            steps.extend(url.map(|url| format!("curl -sI {url} | grep -i '^date:'")));
        }
        CauseId::HeaderChanged
        | CauseId::HostChanged
        | CauseId::PathChanged
        | CauseId::QueryChanged
            if case.sent.is_none() || case.received.is_none() =>
        {
            steps.push("sigdrift explain --sent SENT.http --received RECEIVED.http   # the request before and behind each hop".to_owned());
        }
        CauseId::Undetermined
            if answered_otherwise::code(case).is_none()
                && (case.client.is_empty() || case.server.is_empty()) =>
        {
            steps.push("sigdrift explain --error BODY.xml --client DEBUG.log   # the client's debug log shows what it signed".to_owned());
        }
        _ => {}
    }
    let is_temporary = is_temporary(request, case);
    let again = target.as_ref().and_then(|target| again(target, request, is_temporary));
    steps.extend(again.filter(|step| !steps.contains(step)));
    steps.extend(bucket.zip(target).and_then(|(bucket, target)| bucket.list(&target)));
    steps
}

/// Whether AWS's own services know the key, as far as the answer tells.
fn is_of_aws(case: &Case) -> bool {
    use Vendor::{Ceph, Google, Minio, R2};
    !matches!(case.answer.vendor, Some(R2 | Google | Minio | Ceph))
}

/// Whose key it is.
fn credentials(request: &Request) -> Vec<String> {
    // Each partition has identities of its own.
    let region = request.region.as_deref().filter(|region| is_word(region));
    let region = region.filter(|region| partition::of_region(region).name != "aws");
    let region = region.map_or(String::new(), |region| format!(" --region {region}"));
    let mut steps = vec![format!("aws sts get-caller-identity{region}")];
    let is_key_id = |id: &&str| {
        (16..=128).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let id = request.access_key_id.as_deref().filter(is_key_id);
    steps.extend(id.and_then(|id| match id.get(..4)? {
        "ASIA" => Some(format!(
            "aws sts get-access-key-info --access-key-id {id}{region}   # the account that the key id is of"
        )),
        "AKIA" => {
            Some(format!("aws iam get-access-key-last-used --access-key-id {id}{region}"))
        }
        _ => None,
    }));
    steps
}

fn is_temporary(request: &Request, case: &Case) -> bool {
    let by_id = request.access_key_id.as_deref().is_some_and(|id| id.starts_with("ASIA"));
    let mut names = request.signed_headers.iter().flatten();
    by_id || case.answer.echoes_token || names.any(|name| redact::is_token(name))
}

/// The same request, signed by curl, if it only reads; else one that does.
fn again(target: &Target, request: &Request, is_temporary: bool) -> Option<String> {
    let method = request.method.as_deref().unwrap_or("GET");
    let reads = matches!(method, "GET" | "HEAD") && !target.names_action();
    let is_s3 = is_s3_family(&target.service);
    // Many versions of curl encode a path once where services other than S3 want it twice.
    if !is_s3 && (!reads || target.path.contains('%')) {
        return read_only(&target.service, &target.region);
    }
    let mut words = vec!["curl -sS".to_owned()];
    if method != "GET" {
        words.push("--head".to_owned());
    }
    if target.has_dots() {
        words.push("--path-as-is".to_owned());
    }
    words.push(format!("--aws-sigv4 aws:amz:{}:{}", target.region, target.service));
    words.push("--user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\"".to_owned());
    if is_s3 {
        // S3 wants it, and older versions of curl send none.
        words.push("-H x-amz-content-sha256:UNSIGNED-PAYLOAD".to_owned());
    }
    if is_temporary {
        words.push("-H \"x-amz-security-token:$AWS_SESSION_TOKEN\"".to_owned());
    }
    words.push(quoted(&target.url()));
    let command = words.join(" ");
    let instead = "   # HEAD instead of the method that was used: it changes nothing";
    Some(if reads { command } else { command + instead })
}

/// Commands that only read, by the name under which a service signs: they tell whether key, clock and
/// region are right.
const READ_ONLY: &[(&str, &str)] = &[
    ("dynamodb", "dynamodb list-tables --max-items 1"),
    ("ec2", "ec2 describe-regions"),
    ("events", "events list-rules --limit 1"),
    ("iam", "iam get-account-summary"),
    ("kinesis", "kinesis list-streams --limit 1"),
    ("kms", "kms list-keys --limit 1"),
    ("lambda", "lambda list-functions --max-items 1"),
    ("logs", "logs describe-log-groups --limit 1"),
    ("monitoring", "cloudwatch list-metrics --max-items 1"),
    ("secretsmanager", "secretsmanager list-secrets --max-items 1"),
    ("sns", "sns list-topics --max-items 1"),
    ("sqs", "sqs list-queues --max-items 1"),
    ("ssm", "ssm describe-parameters --max-items 1"),
    ("states", "stepfunctions list-state-machines --max-items 1"),
    ("sts", "sts get-caller-identity"),
];

fn read_only(service: &str, region: &str) -> Option<String> {
    let (_, command) = READ_ONLY.iter().find(|(known, _)| *known == service)?;
    Some(format!("aws {command} --region {region}   # only reads, with the same key and region"))
}

/// A bucket of AWS's, or one behind another host.
struct Bucket<'a> {
    name: &'a str,
    host: &'a str,
    kind: EndpointKind,
    is_in_path: bool,
}

impl<'a> Bucket<'a> {
    fn of(host: &'a str, request: &'a Request, case: &'a Case) -> Option<Self> {
        let endpoint = Endpoint::of(host);
        let first = || request.path.as_deref()?.strip_prefix('/')?.split('/').next();
        let told = case.answer.detail("BucketName").or_else(|| case.answer.detail("Bucket"));
        let in_path = first().filter(|first| {
            endpoint.bucket.is_none()
                && match endpoint.kind {
                    EndpointKind::Foreign => told == Some(first),
                    EndpointKind::Service => false,
                    _ => true,
                }
        });
        let name = endpoint.bucket.or(in_path).or(told).filter(|name| is_bucket(name))?;
        Some(Self { name, host, kind: endpoint.kind, is_in_path: in_path == Some(name) })
    }

    /// Asks S3 for its region, at the host of the request, which is in the right partition.
    fn region(&self) -> Option<String> {
        use EndpointKind::{S3Accelerate, S3Global, S3Regional, S3Website};
        let url = match self.kind {
            S3Regional | S3Global if self.is_in_path => {
                format!("https://{}/{}", self.host, self.name)
            }
            S3Regional | S3Global => format!("https://{}/", self.host),
            S3Accelerate | S3Website => {
                let suffix = partition::suffix_of(self.host)?;
                let region = Endpoint::of(self.host).region;
                let region = region.map_or(String::new(), |region| format!(".{region}"));
                format!("https://s3{region}.{suffix}/{}", self.name)
            }
            _ => return None,
        };
        Some(format!("curl -sI {} | grep -i x-amz-bucket-region", quoted(&url)))
    }

    /// Lists it with AWS's own client.
    fn list(&self, target: &Target) -> Option<String> {
        use EndpointKind::{Foreign, S3Accelerate, S3Global, S3Regional, S3VpcEndpoint, S3Website};
        let other = match self.kind {
            S3Regional | S3Global | S3Accelerate | S3Website => String::new(),
            S3VpcEndpoint | Foreign if self.is_in_path => {
                format!(" --endpoint-url https://{}", quoted(self.host))
            }
            _ => return None,
        };
        (target.service == "s3").then(|| {
            let (name, region) = (self.name, &target.region);
            format!(
                "aws s3api list-objects-v2 --bucket {name} --region {region} --max-keys 1{other}"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Confidence;
    use crate::explain::{Question, explain};
    use crate::http::HttpRequest;

    const S3: &str = "b-1.s3.eu-west-1.amazonaws.com";

    /// The steps for a request that was sent, signed for this service with this key id.
    fn sent(method: &str, url: &str, service: &str, key_id: &str) -> Vec<String> {
        let mut request = HttpRequest::of_url(method, url).unwrap();
        request.set_header("X-Amz-Date", "20260415T074207Z");
        request.set_header(
            "Authorization",
            format!("AWS4-HMAC-SHA256 Credential={key_id}/20260415/eu-west-1/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=-"),
        );
        let case = Case { sent: Some(request), ..Case::default() };
        let told = explain(&case, &Question::default()).request;
        of(&Cause::new(CauseId::WrongSecret, Confidence::Likely, Vec::new()), &told, &case)
    }

    fn curl_of(steps: &[String]) -> Option<&str> {
        let found = steps.iter().find(|step| step.starts_with("curl -sS "));
        found.map(String::as_str)
    }

    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
    const TEMPORARY: &str = "ASIAIOSFODNN7EXAMPLE";

    #[test]
    fn no_step_changes_anything() {
        for method in ["PUT", "POST", "DELETE", "PATCH", "BREW"] {
            let steps = sent(method, &format!("https://{S3}/real-key"), "s3", KEY);
            let curl = curl_of(&steps).unwrap();
            assert!(curl.contains(" --head ") && curl.contains("# HEAD instead"), "{curl}");
            for host in ["sqs", "x1.execute-api", "bedrock-runtime"] {
                let url = format!("https://{host}.eu-west-1.amazonaws.com/a");
                let service = host.rsplit('.').next().unwrap();
                let steps = sent(method, &url, service, KEY);
                assert_eq!(curl_of(&steps), None, "{steps:?}");
            }
        }
        let url = "https://sqs.eu-west-1.amazonaws.com/q?Action=PurgeQueue";
        let steps = sent("GET", url, "sqs", KEY);
        assert!(curl_of(&steps).is_none());
        assert!(steps.iter().any(|step| step.starts_with("aws sqs list-queues")), "{steps:?}");
    }

    #[test]
    fn the_query_stays_and_what_signs_it_goes() {
        let url = format!("https://{S3}/a?uploads&X-Amz-Signature=00&prefix=x%20'y");
        let steps = sent("GET", &url, "s3", KEY);
        let curl = curl_of(&steps).unwrap();
        assert!(curl.ends_with(&format!("'https://{S3}/a?prefix=x%20%27y&uploads='")), "{curl}");
    }

    #[test]
    fn temporary_keys_come_with_their_token() {
        let steps = sent("GET", &format!("https://{S3}/k"), "s3", TEMPORARY);
        let token = " -H \"x-amz-security-token:$AWS_SESSION_TOKEN\" ";
        assert!(curl_of(&steps).unwrap().contains(token), "{steps:?}");
        assert_eq!(steps[0], "aws sts get-caller-identity");
        assert!(
            steps[1]
                .starts_with(&format!("aws sts get-access-key-info --access-key-id {TEMPORARY}"))
        );
        let steps = sent("GET", &format!("https://{S3}/k"), "s3", KEY);
        assert!(!curl_of(&steps).unwrap().contains("token"));
        assert!(curl_of(&steps).unwrap().contains(" -H x-amz-content-sha256:"));
        assert_eq!(steps[1], format!("aws iam get-access-key-last-used --access-key-id {KEY}"));
        let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab";
        let steps = sent("GET", &format!("https://{S3}/k"), "s3", secret);
        assert!(!steps.iter().any(|step| step.contains("--access-key-id")), "{steps:?}");
    }

    #[test]
    fn hosts_that_take_no_such_signature_are_not_asked() {
        let website = "http://b-1.s3-website-eu-west-1.amazonaws.com/k";
        let steps = sent("GET", website, "s3", KEY);
        let curl = curl_of(&steps).unwrap();
        assert!(curl.ends_with(" https://s3.eu-west-1.amazonaws.com/b-1/k"), "{curl}");
        let region = "https://m.mrap.accesspoint.s3-global.amazonaws.com/k";
        assert!(curl_of(&sent("GET", region, "s3", KEY)).is_none());
    }

    #[test]
    fn the_region_that_the_host_wants_is_signed_for() {
        let url = "https://b-1.s3.cn-north-1.amazonaws.com.cn/k";
        let steps = sent("GET", url, "s3", KEY);
        assert!(curl_of(&steps).unwrap().contains(" aws:amz:cn-north-1:s3 "), "{steps:?}");
    }

    #[test]
    fn hostile_values_make_no_command() {
        for (host, bucket) in [("$(id).example", "--profile"), ("a b", "x y"), ("-o", "a;id")] {
            let mut request = HttpRequest::new("GET", "/$(id)'`x`");
            request.set_header("Host", host);
            let mut case = Case { sent: Some(request), ..Case::default() };
            case.answer.details.push(("BucketName".to_owned(), bucket.to_owned()));
            let told = Request {
                region: Some("x;id".to_owned()),
                service: Some("$(id)".to_owned()),
                access_key_id: Some("AKIA$(id)AAAAAAAAAAA".to_owned()),
                ..Request::default()
            };
            for cause in [CauseId::WrongSecret, CauseId::WrongRegion, CauseId::ClockSkew] {
                let cause = Cause::new(cause, Confidence::Likely, Vec::new());
                for step in of(&cause, &told, &case) {
                    assert!(!step.contains("id)") && !step.contains(';'), "{step}");
                }
            }
        }
        let steps = sent("GET", &format!("https://{S3}/$(id)'`x`;a"), "s3", KEY);
        let url = format!(" https://{S3}/%24%28id%29%27%60x%60%3Ba");
        assert!(curl_of(&steps).unwrap().ends_with(&url), "{steps:?}");
    }
}
