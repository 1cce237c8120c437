//! Evidence for one failing request: a line of a log, and what several texts tell together.

pub mod gather;
mod url_end;

use serde::Deserialize;
use sigdrift_signature::case::{Case, Logged};

use crate::read::context::Context;
use crate::read::json_shape::{Shape, shape};
use crate::read::s3_access_log;
use crate::read::s3_access_log::line::{Field, Line};
use crate::read::s3_access_log_json;
use crate::request::Request;

/// The member of a JSON line that [`Request`] does not keep.
#[derive(Default, Deserialize)]
struct Size {
    bytes_sent_size: Option<u64>,
}

/// What a line of an S3 server access log, as text or as JSON, shows of its request; `None` if it is
/// no such line.
#[must_use]
pub fn of_access_log_line(line: &str) -> Option<Case> {
    let line = line.trim();
    if line.starts_with('{') {
        // Most loggers write a time: only its own members make a line one of the access log's.
        if shape(line) != Shape::S3AccessLogJson {
            return None;
        }
        let request = s3_access_log_json::request(line, &Context::default()).ok()?;
        let size: Size = serde_json::from_str(line).unwrap_or_default();
        return Some(case(&request, size.bytes_sent_size));
    }
    let split = Line::split(line.as_bytes()).ok()?;
    let request = s3_access_log::request(&split).ok()?;
    let bytes = split.get(Field::BytesSent).and_then(|text| std::str::from_utf8(text).ok());
    Some(case(&request, bytes.and_then(|text| text.parse().ok())))
}

fn case(request: &Request<'_>, bytes_sent: Option<u64>) -> Case {
    let text = |value: &Option<std::borrow::Cow<'_, str>>| value.as_deref().map(str::to_owned);
    let mut case = Case::default();
    case.answer.code = text(&request.code);
    case.answer.message = text(&request.message);
    case.answer.request_id = text(&request.request_id);
    case.answer.status = request.status;
    case.access_key_id = text(&request.access_key_id);
    case.logged = Some(Logged {
        time: request.time,
        bytes_sent,
        signature_version: text(&request.signature_version),
        authentication: text(&request.auth),
        host: text(&request.host),
        target: text(&request.method).zip(text(&request.target)),
        region: text(&request.logged_region),
        user_agent: text(&request.user_agent),
        says: request.reading(),
    });
    case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_either_form_shows_its_request() {
        let text = "o b [22/Sep/2026:20:41:03 +0000] 16.51.197.135 - R1 REST.HEAD.OBJECT k \"HEAD /k HTTP/1.1\" 403 SignatureDoesNotMatch 8398 - 5 - \"-\" \"Boto3/1.43.99\" - h SigV4 T AuthHeader b.s3.ap-southeast-4.amazonaws.com TLSv1.3 - - ap-southeast-4";
        let json = r#"{"schema_version_id":"V_1_0","bucket_name":"b","request_time":"2026-09-22T20:41:03.000Z","request_id":"R1","operation":"REST.HEAD.OBJECT","request_uri":"HEAD /k HTTP/1.1","http_status":403,"error_code":"SignatureDoesNotMatch","bytes_sent_size":8398,"signature_version":"SigV4","authentication_type":"AuthHeader","host_header":"b.s3.ap-southeast-4.amazonaws.com"}"#;
        for line in [text, json] {
            let case = of_access_log_line(line).unwrap();
            let logged = case.logged.unwrap();
            assert_eq!(case.answer.code.as_deref(), Some("SignatureDoesNotMatch"));
            assert_eq!((logged.bytes_sent, logged.time), (Some(8398), Some(1_790_109_663)));
            assert_eq!(logged.target, Some(("HEAD".to_owned(), "/k".to_owned())));
        }
        assert!(of_access_log_line("hello").is_none());
    }

    #[test]
    fn what_other_loggers_write_is_no_access_log() {
        for line in [
            r#"{"sigdrift":1,"time":"2026-04-15T07:42:07Z","code":"SignatureDoesNotMatch"}"#,
            r#"{"time":"2026-04-15T07:42:07.123+02:00","level":"ERROR","msg":"upload failed","err":"x"}"#,
            r#"{"level":"error","request_time":"2026-04-15T07:42:07Z","message":"x"}"#,
            r#"{"time":"2026-04-15T07:42:07Z","bucket_name":"b","msg":"x"}"#,
        ] {
            assert!(of_access_log_line(line).is_none(), "{line}");
        }
    }
}
