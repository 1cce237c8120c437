//! The method that a presigned URL was signed for, which it does not show. Some parameters tell.

use super::Finding;
use crate::http::HttpRequest;

/// `x-id`, as the SDKs for JavaScript, Go and Rust add it, and the method of that operation.
const OPERATIONS: &[(&str, &str)] = &[
    ("AbortMultipartUpload", "DELETE"),
    ("CompleteMultipartUpload", "POST"),
    ("CopyObject", "PUT"),
    ("CreateMultipartUpload", "POST"),
    ("DeleteObject", "DELETE"),
    ("DeleteObjects", "POST"),
    ("GetObject", "GET"),
    ("GetObjectAttributes", "GET"),
    ("HeadBucket", "HEAD"),
    ("HeadObject", "HEAD"),
    ("ListObjects", "GET"),
    ("ListObjectsV2", "GET"),
    ("ListParts", "GET"),
    ("PutObject", "PUT"),
    ("UploadPart", "PUT"),
    ("UploadPartCopy", "PUT"),
];

/// Parameters that only requests of some methods have.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("partNumber", &["PUT", "GET", "HEAD"]),
    ("uploads", &["POST", "GET"]),
    ("response-cache-control", &["GET", "HEAD"]),
    ("response-content-disposition", &["GET", "HEAD"]),
    ("response-content-encoding", &["GET", "HEAD"]),
    ("response-content-language", &["GET", "HEAD"]),
    ("response-content-type", &["GET", "HEAD"]),
    ("response-expires", &["GET", "HEAD"]),
];

pub(super) fn findings(request: &HttpRequest, method: Option<&str>) -> Vec<Finding> {
    let check = "method";
    let told = told(request);
    let Some(method) = method else {
        return vec![match told {
            Some((why, methods)) if methods.len() == 1 => Finding::ok(
                check,
                format!("{why}: the URL is for {} and for no other method", methods[0]),
            ),
            _ => Finding::warning(
                check,
                "the URL works with the one method that it was presigned for, and does not show which",
                "give the method that it will be used with: --method PUT",
            ),
        }];
    };
    let method = method.to_ascii_uppercase();
    vec![match told {
        Some((why, methods)) if !methods.contains(&method.as_str()) => Finding::drift(
            check,
            format!("{why}: the URL is for {}, not for {method}", methods.join(" or ")),
            format!("presign it for {method}, or use it with {}", methods.join(" or ")),
        ),
        Some((why, _)) => Finding::ok(check, format!("{why}: the URL is for {method}")),
        None => Finding::ok(
            check,
            format!(
                "nothing in the URL speaks against {method}; only the secret could tell that it is signed for it"
            ),
        ),
    }]
}

/// What tells the methods that a URL may be for.
fn told(request: &HttpRequest) -> Option<(String, Vec<&'static str>)> {
    if let Some(operation) = request.parameter("x-id")
        && let Some((name, method)) = OPERATIONS.iter().find(|(name, _)| *name == operation)
    {
        return Some((format!("x-id is {name}"), vec![method]));
    }
    let (name, methods) = PARAMETERS.iter().find(|(name, _)| request.parameter(name).is_some())?;
    if *name == "partNumber" && request.parameter("uploadId").is_some() {
        return Some(("it uploads a part".to_owned(), vec!["PUT"]));
    }
    Some((format!("it has {name}"), methods.to_vec()))
}
