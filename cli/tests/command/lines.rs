//! Records of logs, with made-up values.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

pub const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
pub const HOST_ID: &str =
    "Jf2w9mD8sT0a6b4EXAMPLE/hostid0123456789+abcdefghijklmnopqrstuvwxyzABCDEFGHIJ=";
pub const KEY_ID: &str = "AKIAEXAMPLE000000001";

/// A line of an access log with 27 fields: a refused request, signed in a header.
pub fn refused(request_id: &str) -> String {
    access_log(request_id, "\"GET /k HTTP/1.1\" 403 SignatureDoesNotMatch", "AuthHeader")
}

/// The same for a request that succeeded.
pub fn accepted(request_id: &str) -> String {
    access_log(request_id, "\"GET /k HTTP/1.1\" 200 -", "AuthHeader")
}

/// A line from its Request-URI with status and code, and its authentication.
pub fn access_log(request_id: &str, answered: &str, auth: &str) -> String {
    format!(
        "{OWNER} media [15/Apr/2026:07:42:03 +0000] 192.0.2.10 - {request_id} REST.GET.OBJECT k {answered} 243 - 7 - \
         \"-\" \"Boto3/1.43.11 app/shop-1\" - {HOST_ID} SigV4 TLS_AES_128_GCM_SHA256 {auth} \
         media.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1\n"
    )
}

/// A record of an access log as JSON, refused.
pub fn json_record(request_id: &str) -> String {
    format!(
        r#"{{"schema_version_id":"V_1_0","bucket_name":"media","request_time":"2026-04-15T07:42:03.000Z","remote_ip":"192.0.2.10","request_id":"{request_id}","operation":"REST.GET.OBJECT","key_name":"k","request_uri":"GET /k HTTP/1.1","http_status":403,"error_code":"SignatureDoesNotMatch","user_agent":"Boto3/1.43.11 app/shop-1","signature_version":"SigV4","authentication_type":"AuthHeader","host_header":"media.s3.eu-west-1.amazonaws.com","acl_required":false,"source_region":"eu-west-1"}}"#
    ) + "\n"
}

/// A record of CloudTrail, without a line end.
pub fn event(event_id: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","accessKeyId":"{KEY_ID}"}},"eventTime":"2026-04-15T07:42:03Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.10","requestID":"{event_id}","eventID":"{event_id}","eventType":"AwsApiCall"}}"#
    )
}

/// A captured error.
pub fn captured(request_id: &str) -> String {
    format!(
        r#"{{"sigdrift":1,"time":"2026-04-15T07:42:03Z","code":"SignatureDoesNotMatch","request_id":"{request_id}","access_key_id":"{KEY_ID}","client":{{"method":"GET","url":"https://media.s3.eu-west-1.amazonaws.com/k","user_agent":"Boto3/1.43.11 app/shop-1"}}}}"#
    ) + "\n"
}

/// A deploy marker.
pub fn marker(time: &str, version: &str) -> String {
    format!("{{\"time\":\"{time}\",\"version\":\"{version}\"}}\n")
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
