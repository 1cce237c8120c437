//! Reads S3 server access logs as CloudWatch Logs delivers them: one JSON object a record.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>. Members without a value
//! are left out of a record, and not all names are documented, so every member may be missing and
//! a few are accepted under several names.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::context::Context;
use super::s3_access_log::{decode_key, record_hash};
use crate::request::Request;
use crate::source::SourceKind;
use crate::time::parse_rfc3339;

/// Why a value is no access log record that can be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its JSON is broken.
    #[error("not an S3 access log record: {0}")]
    Json(#[from] serde_json::Error),
    /// It has no time.
    #[error("the S3 access log record has no request_time that can be read")]
    NoTime,
}

/// The request that a record tells of.
///
/// # Errors
/// When it is broken or tells no time.
pub fn request(value: &str, context: &Context) -> Result<Request<'static>, Unreadable> {
    let members: Map<String, Value> = serde_json::from_str(value)?;
    let text = |names: &[&str]| names.iter().find_map(|name| shown(members.get(*name)?));
    let mut request = Request::new(SourceKind::S3AccessLogJson);
    let time = text(&["request_time", "time"]).and_then(|time| parse_rfc3339(&time));
    request.time = Some(time.or(context.time).ok_or(Unreadable::NoTime)?);
    request.request_id = text(&["request_id"]);
    request.host = text(&["host_header"]);
    request.bucket = text(&["bucket_name", "bucket"]);
    request.operation = text(&["operation"]);
    request.status = text(&["http_status", "status"]).and_then(|status| status.parse().ok());
    request.code = text(&["error_code"]);
    request.remote_ip = text(&["remote_ip"]);
    request.user_agent = text(&["user_agent"]);
    request.signature_version = text(&["signature_version"]);
    request.auth = text(&["authentication_type", "auth_type"]);
    request.tls = text(&["tls_version"]);
    request.logged_region = text(&["source_region"]);
    let key = text(&["key_name", "key"]);
    let operation = request.operation.as_deref().unwrap_or("-");
    request.record = record_hash(operation.as_bytes(), key.as_deref().unwrap_or("-").as_bytes());
    request.key = key.map(|key| Cow::Owned(decode_key(&key).into_owned()));
    if let Some(uri) = text(&["request_uri"])
        && let Some((method, target)) = uri.split_once(' ')
    {
        let target = target.rsplit_once(" HTTP/").map_or(target, |(target, _)| target);
        request.method = Some(Cow::Owned(method.to_owned()));
        request.target = Some(Cow::Owned(target.to_owned()));
    }
    Ok(request.with_query_credential())
}

/// A member as text; numbers are written out. `-` is what the text form writes for nothing.
fn shown(value: &Value) -> Option<Cow<'static, str>> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text != "-").then_some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dimension::Dimension;
    use crate::request::Outcome;

    /// Rebuilt from the public record of boto/boto3#4852, with made-up names.
    const RECORD: &str = r#"{"schema_version_id":"V_1_0","bucket_arn":"arn:aws:s3:::media","bucket_name":"media",
        "request_time":"2026-09-22T20:41:03.000Z","bucket_owner_id":"79a5","remote_ip":"192.0.2.10",
        "request_id":"2MWTWJKHW59N8EWG","operation":"REST.HEAD.OBJECT","key_name":"a%2520b","request_uri":"HEAD /a%20b HTTP/1.1",
        "http_status":403,"error_code":"SignatureDoesNotMatch","bytes_sent_size":8398,"total_duration":5,
        "user_agent":"Boto3/1.43.99 md/Botocore#1.43.99 app/web-7 Botocore/1.43.99","host_id":"x","signature_version":"SigV4",
        "cipher_suite":"TLS_AES_128_GCM_SHA256","authentication_type":"AuthHeader",
        "host_header":"media.s3.ap-southeast-4.amazonaws.com","tls_version":"TLSv1.3","acl_required":false,
        "source_region":"ap-southeast-4"}"#;

    #[test]
    fn reads_a_signature_failure() {
        let request = request(RECORD, &Context::default()).unwrap();
        assert_eq!(request.outcome(), Outcome::SignatureFailed);
        assert_eq!((request.status, request.method.as_deref()), (Some(403), Some("HEAD")));
        assert_eq!(
            (request.target.as_deref(), request.key.as_deref()),
            (Some("/a%20b"), Some("a b"))
        );
        let values = request.values();
        assert_eq!(values.get(Dimension::Region), Some("ap-southeast-4"));
        assert_eq!(values.get(Dimension::Deploy), Some("web-7"));
        assert_eq!(values.get(Dimension::Key), None);
    }

    #[test]
    fn members_may_be_absent_or_null_or_of_another_type() {
        let few = r#"{"bucket_name":"b","request_time":"2026-09-22T20:41:03Z","http_status":"200","error_code":null,"user_agent":7}"#;
        let request = request(few, &Context::default()).unwrap();
        assert_eq!((request.status, request.outcome()), (Some(200), Outcome::Succeeded));
        assert_eq!(request.user_agent.as_deref(), Some("7"));
        assert!(!request.is_signed());
    }

    #[test]
    fn without_a_time_it_takes_that_of_its_envelope() {
        let value = r#"{"bucket_name":"b","http_status":200}"#;
        assert!(matches!(request(value, &Context::default()), Err(Unreadable::NoTime)));
        let context = Context { time: Some(60), ..Context::default() };
        assert_eq!(request(value, &context).unwrap().time, Some(60));
    }
}
