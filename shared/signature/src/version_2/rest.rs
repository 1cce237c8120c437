//! The string to sign of S3's REST forms of version 2.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Algorithm, Form, Signature, Version2, Version2Error};
use crate::host::{Endpoint, EndpointKind, normalize};
use crate::http::HttpRequest;
use crate::uri;

/// Parameters that are part of the resource which is signed. The documentation lists the oldest of
/// them; S3 has added to them since.
const SUB_RESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// What an `Authorization` header carries, `KEY:SIGNATURE`.
pub(super) fn of_header(request: &HttpRequest, value: &str) -> Result<Version2, Version2Error> {
    let place = "the Authorization header";
    // A key id may hold a colon at servers that let users choose it; base64 holds none.
    let (access_key_id, signature) =
        value.trim().rsplit_once(':').ok_or(Version2Error::Part { place, part: ":SIGNATURE" })?;
    // The date that stands among Amazon's headers is signed there.
    let date = match request.header("x-amz-date") {
        Some(_) => "",
        None => request.header("date").unwrap_or_default(),
    };
    Ok(signed(request, Form::Header, access_key_id.to_owned(), signature, date))
}

/// What a query carries.
pub(super) fn of_query(
    request: &HttpRequest,
    access_key_id: String,
) -> Result<Version2, Version2Error> {
    let part = |part: &'static str| {
        request.parameter(part).ok_or(Version2Error::Part { place: "the query", part })
    };
    let (expires, signature) = (part("Expires")?, part("Signature")?);
    Ok(signed(request, Form::Query, access_key_id, &signature, &expires))
}

fn signed(
    request: &HttpRequest,
    form: Form,
    access_key_id: String,
    signature: &str,
    date: &str,
) -> Version2 {
    let mut head = format!(
        "{}\n{}\n{}\n{date}\n",
        request.method,
        request.header("content-md5").unwrap_or_default(),
        request.header("content-type").unwrap_or_default(),
    );
    for (name, value) in amazon_headers(request, form) {
        head.push_str(&name);
        head.push(':');
        head.push_str(&value);
        head.push('\n');
    }
    let rest = resource(request);
    let text = |bucket: &str| match bucket {
        "" => format!("{head}{rest}"),
        bucket => format!("{head}/{bucket}{rest}"),
    };
    let (bucket, others) = buckets(request);
    Version2 {
        form,
        algorithm: Algorithm::HmacSha1,
        access_key_id,
        signature: Signature::of_base64(signature),
        likeliest: text(&bucket),
        others: others.iter().map(|bucket| text(bucket)).collect(),
    }
}

/// The headers whose names begin with `x-amz-`: in lower case, sorted, the values of one name joined.
/// In a URL they stand as parameters.
fn amazon_headers(request: &HttpRequest, form: Form) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |name: &str, value: &str| {
        let name = name.to_ascii_lowercase();
        if name.starts_with("x-amz-") {
            let known = found.entry(name);
            known
                .and_modify(|joined| {
                    joined.push(',');
                    joined.push_str(value);
                })
                .or_insert_with(|| value.to_owned());
        }
    };
    for header in &request.headers {
        add(&header.name, &unfolded(&header.value));
    }
    if form == Form::Query {
        for (name, value) in pairs(&request.query) {
            add(name, &decoded(value.unwrap_or_default()));
        }
    }
    found
}

/// A value trimmed, with each line end and the white space around it as one space. Unlike in version
/// 4, other runs of spaces stay.
fn unfolded(value: &str) -> String {
    let lines = value.split('\n').map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// The path as sent and its sub-resources, without a bucket of the host.
fn resource(request: &HttpRequest) -> String {
    let mut named: Vec<(&str, Option<&str>)> =
        pairs(&request.query).filter(|(name, _)| SUB_RESOURCES.contains(name)).collect();
    named.sort_by_key(|(name, _)| *name);
    let mut resource = if request.path.is_empty() { "/".to_owned() } else { request.path.clone() };
    for (number, (name, value)) in named.into_iter().enumerate() {
        resource.push(if number == 0 { '?' } else { '&' });
        resource.push_str(name);
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            resource.push('=');
            resource.push_str(&decoded(value));
        }
    }
    resource
}

/// The bucket that the host names, empty for none, and what else it may be.
fn buckets(request: &HttpRequest) -> (String, Vec<String>) {
    let host = request.header("host").unwrap_or_default();
    let host = normalize(host);
    let endpoint = Endpoint::of(&host);
    if endpoint.kind != EndpointKind::Foreign {
        return (endpoint.bucket.unwrap_or_default().to_owned(), Vec::new());
    }
    let name = host.rsplit_once(':').map_or(&*host, |(name, _)| name);
    let is_address = name.parse::<IpAddr>().is_ok() || name.starts_with('[');
    match name.split_once('.') {
        // Its first label, if the server gives buckets names below its own, or all of it.
        Some((label, _)) if !is_address => (String::new(), vec![label.to_owned(), name.to_owned()]),
        _ => (String::new(), Vec::new()),
    }
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| match pair.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (pair, None),
    })
}

fn decoded(value: &str) -> String {
    String::from_utf8_lossy(&uri::decode_query(value)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> String {
        let request = HttpRequest::parse(raw.as_bytes()).unwrap();
        Version2::of(&request).unwrap().string_to_sign().to_owned()
    }

    #[test]
    fn sub_resources_are_sorted_and_decoded_and_others_left_out() {
        assert_eq!(
            text(
                "GET /b/k?uploadId=x%2Fy&prefix=p&acl&response-content-type=text%2Fplain&partNumber= HTTP/1.1\n\
                 Host: s3.amazonaws.com\nDate: D\nAuthorization: AWS A:c2ln"
            ),
            "GET\n\n\nD\n/b/k?acl&partNumber&response-content-type=text/plain&uploadId=x/y"
        );
    }

    #[test]
    fn amazons_headers_keep_their_spaces_and_lose_their_folds() {
        assert_eq!(
            text(
                "PUT /k HTTP/1.1\nHost: b.s3.eu-west-1.amazonaws.com\nX-Amz-Meta-B:  two  words \n\
                 x-amz-meta-a: one\n   line\nX-AMZ-META-B: more\nx-amz-date: D2\nDate: D1\nAuthorization: AWS A:c2ln"
            ),
            "PUT\n\n\n\nx-amz-date:D2\nx-amz-meta-a:one line\nx-amz-meta-b:two  words,more\n/b/k"
        );
    }

    #[test]
    fn a_token_in_a_url_is_signed_as_a_header() {
        assert_eq!(
            text("GET /k?AWSAccessKeyId=A&Expires=9&Signature=c2ln&x-amz-security-token=t%2Bu"),
            "GET\n\n\n9\nx-amz-security-token:t+u\n/k"
        );
    }

    #[test]
    fn a_host_of_nobodys_may_name_a_bucket_in_two_ways() {
        let raw = "GET /k HTTP/1.1\nHost: B.minio.example:9000\nDate: D\nAuthorization: AWS A:c2ln";
        let request = HttpRequest::parse(raw.as_bytes()).unwrap();
        let found = Version2::of(&request).unwrap();
        let ends: Vec<&str> =
            found.strings_to_sign().filter_map(|text| text.rsplit('\n').next()).collect();
        assert_eq!(ends, ["/k", "/b/k", "/b.minio.example/k"]);
        for host in ["localhost:9000", "127.0.0.1:9000", "[::1]:9000", "s3.amazonaws.com"] {
            let request =
                HttpRequest::parse(raw.replace("B.minio.example:9000", host).as_bytes()).unwrap();
            assert_eq!(Version2::of(&request).unwrap().strings_to_sign().count(), 1, "{host}");
        }
    }
}
