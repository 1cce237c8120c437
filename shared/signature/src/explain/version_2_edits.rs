//! Strings to sign of version 2 that may have been signed in place of the verifier's.

use crate::http::HttpRequest;
use crate::uri;
use crate::version_2::RestText;

/// A string to sign of S3's forms, to be changed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub method: String,
    pub content_md5: String,
    pub content_type: String,
    pub date: String,
    pub headers: Vec<(String, String)>,
    pub resource: String,
}

impl Text {
    /// A string to sign taken apart; `None` for one of the query protocol.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let read = RestText::parse(text).ok()?;
        Some(Self {
            method: read.method.to_owned(),
            content_md5: read.content_md5.to_owned(),
            content_type: read.content_type.to_owned(),
            date: read.date.to_owned(),
            headers: read
                .headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            resource: read.resource.to_owned(),
        })
    }

    pub(super) fn write(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        RestText {
            method: &self.method,
            content_md5: &self.content_md5,
            content_type: &self.content_type,
            date: &self.date,
            headers: headers.collect(),
            resource: &self.resource,
        }
        .text()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Types that clients set by themselves, or leave to be set.
const CONTENT_TYPES: &[&str] = &[
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-www-form-urlencoded",
    "application/json",
    "application/xml",
    "text/xml",
    "text/plain",
    "text/html",
    "image/jpeg",
    "image/png",
    "video/mp4",
    "application/pdf",
    "multipart/form-data",
];

/// A value of a request longer than this is not tried.
const LONGEST_VALUE: usize = 1024;

/// Headers of one request that are tried at most, one by one.
const MAX_HEADERS: usize = 50;

/// A change of one part; two of different parts may come together.
struct Edit {
    part: u8,
    change: Box<dyn Fn(&mut Text)>,
}

/// A text longer than this is not changed: thousands of changes are tried.
const LONGEST: usize = 64 << 10;

/// The text that was signed in place of `verified`, and how many were tried: every single change, then
/// pairs. `requests` are the request as it was received and sent, for the values that it carries.
pub(super) fn search(
    verified: &str,
    requests: &[&HttpRequest],
    is_signed: &dyn Fn(&str) -> bool,
) -> (Option<String>, u64) {
    let mut tried = 0;
    let Some(text) = Text::parse(verified).filter(|_| verified.len() <= LONGEST) else {
        return (None, tried);
    };
    let edits = single(&text, requests);
    let mut with = |changes: &[&Edit]| {
        tried += 1;
        let mut changed = text.clone();
        changes.iter().for_each(|edit| (edit.change)(&mut changed));
        Some(changed.write()).filter(|text| is_signed(text))
    };
    let alone = edits.iter().find_map(|edit| with(&[edit]));
    let found = alone.or_else(|| {
        edits.iter().enumerate().find_map(|(at, one)| {
            let mut others = edits[..at].iter().filter(|other| other.part != one.part);
            others.find_map(|other| with(&[one, other]))
        })
    });
    (found, tried)
}

fn single(text: &Text, requests: &[&HttpRequest]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut add = |part: u8, change: Box<dyn Fn(&mut Text)>| edits.push(Edit { part, change });
    let sent = |name: &str| {
        let values = requests.iter().filter_map(|request| request.header(name));
        values.filter(|value| value.len() <= LONGEST_VALUE).map(str::to_owned).collect()
    };
    let bare = text.content_type.split(';').next().unwrap_or_default().trim().to_owned();
    let types: Vec<String> = sent("content-type");
    let usual = CONTENT_TYPES.iter().map(|kind| (*kind).to_owned());
    for kind in [bare].into_iter().chain(types).chain(usual) {
        add(1, Box::new(move |text| text.content_type.clone_from(&kind)));
    }
    for method in ["GET", "PUT", "POST", "HEAD", "DELETE"] {
        add(2, Box::new(move |text| method.clone_into(&mut text.method)));
    }
    let sums: Vec<String> = sent("content-md5");
    for sum in [String::new()].into_iter().chain(sums) {
        add(3, Box::new(move |text| text.content_md5.clone_from(&sum)));
    }
    let dates: Vec<String> = sent("date");
    let own = text.header("x-amz-date").map(str::to_owned);
    for date in [String::new()].into_iter().chain(dates).chain(own) {
        let alone = date.clone();
        add(4, Box::new(move |text| text.date.clone_from(&date)));
        // The date in its usual place, as signers write it that do not know of the other.
        add(
            4,
            Box::new(move |text| {
                text.date.clone_from(&alone);
                text.headers.retain(|(name, _)| name != "x-amz-date");
            }),
        );
    }
    for (name, _) in text.headers.iter().take(MAX_HEADERS).cloned() {
        add(5, Box::new(move |text| text.headers.retain(|(known, _)| *known != name)));
    }
    add(5, Box::new(|text| text.headers.clear()));
    for resource in resources(&text.resource, requests) {
        add(6, Box::new(move |text| text.resource.clone_from(&resource)));
    }
    edits
}

/// The resource with and without its bucket and sub-resources, and encoded in other ways.
fn resources(resource: &str, requests: &[&HttpRequest]) -> Vec<String> {
    let (path, query) = resource.split_once('?').unwrap_or((resource, ""));
    let queried = |path: &str| match query {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    let mut found = vec![path.to_owned()];
    // Without its first segment, which is a bucket that the host named.
    if let Some((_, rest)) = path.trim_start_matches('/').split_once('/') {
        found.push(queried(&format!("/{rest}")));
    }
    let decoded = String::from_utf8_lossy(&uri::decode(path)).into_owned();
    let encoded = uri::encode_path(decoded.as_bytes());
    found.extend([
        queried(&decoded),
        queried(&encoded),
        queried(&uri::encode_path(path.as_bytes())),
    ]);
    let is_short = |request: &&&HttpRequest| request.path.len() + request.query.len() <= LONGEST;
    for request in requests.iter().filter(is_short) {
        let host = request.header("host").unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        for bucket in [host, host.split('.').next().unwrap_or_default()] {
            found.push(queried(&format!("/{bucket}{path}")));
        }
        found.push(request.path.clone());
        found.push(format!("{path}?{}", request.query));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "PUT\n\nimage/png; charset=UTF-8\n\nx-amz-date:D\n/b/a%20b?acl";

    #[test]
    fn usual_mistakes_are_among_them() {
        let raw = b"PUT /a%20b?acl&x=1 HTTP/1.1\nHost: b.example\nDate: D0\n\n";
        let request = HttpRequest::parse(raw).unwrap();
        for signed in [
            "PUT\n\nimage/png\n\nx-amz-date:D\n/b/a%20b?acl",
            "PUT\n\n\n\nx-amz-date:D\n/b/a%20b?acl",
            "PUT\n\nimage/png; charset=UTF-8\nD\n/b/a%20b?acl",
            "PUT\n\nimage/png; charset=UTF-8\nD0\nx-amz-date:D\n/b/a%20b?acl",
            "PUT\n\nimage/png; charset=UTF-8\n\nx-amz-date:D\n/a%20b?acl",
            "PUT\n\nimage/png; charset=UTF-8\n\nx-amz-date:D\n/b/a b?acl",
            "PUT\n\nimage/png; charset=UTF-8\n\nx-amz-date:D\n/b/a%20b",
            "POST\n\nimage/png\n\nx-amz-date:D\n/b/a%20b?acl",
        ] {
            let (found, _) = search(TEXT, &[&request], &|text| text == signed);
            assert_eq!(found.as_deref(), Some(signed));
        }
        let (found, tried) = search(TEXT, &[&request], &|_| false);
        assert!(found.is_none() && tried < 5_000, "{tried}");
    }
}
