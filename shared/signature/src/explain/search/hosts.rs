//! Hosts that may have been signed in place of the one that the verifier saw.

use super::material::Material;
use super::text::{Edit, Slot, Text};
use crate::canonical_request::CanonicalRequest;
use crate::host::{Endpoint, is_region};

/// Ports that a host loses or gains on its way.
const PORTS: &[&str] = &[
    "443", "80", "8080", "8443", "8000", "3000", "4566", "5000", "9000", "9001", "7480", "8333",
    "9444", "10443",
];
/// Names that a client uses for a server beside it.
const NEAR: &[&str] = &[
    "localhost",
    "127.0.0.1",
    "host.docker.internal",
    "minio",
    "s3",
    "localstack",
    "s3.amazonaws.com",
    "storage.googleapis.com",
];
/// Regions whose endpoints are tried in place of another's.
pub const REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ca-central-1",
    "sa-east-1",
    "me-south-1",
    "af-south-1",
    "us-gov-west-1",
    "us-gov-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "auto",
    "global",
    "default",
];

/// What the signer may have had for a host, with the path where it moves along.
#[must_use]
pub fn edits(text: &Text, request: &CanonicalRequest<'_>, material: &Material) -> Vec<Edit> {
    let Some(place) =
        request.headers.iter().position(|(name, _)| name.eq_ignore_ascii_case("host"))
    else {
        return Vec::new();
    };
    let host = request.headers[place].1.trim();
    let mut found = Vec::new();
    let mut offer = |what, host: &str, path: Option<String>| {
        let mut changes = vec![(Slot::Header(place), format!("host:{host}").into_bytes())];
        changes.extend(path.map(|path| (Slot::Path, path.into_bytes())));
        let edit = text.edit(what, changes);
        found.extend(
            edit.filter(|edit: &Edit| !found.iter().any(|known: &Edit| known.writes_same(edit))),
        );
    };
    for other in &material.hosts {
        offer("a host that the evidence shows", other, None);
        let bare = other.rsplit_once(':').map_or(other.as_str(), |(bare, _)| bare);
        offer("a host that the evidence shows, without its port", bare, None);
    }
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    offer("the host without its port", bare, None);
    for port in PORTS {
        offer("the host with a port", &format!("{bare}:{port}"), None);
    }
    for other in forms(bare) {
        offer(ELSEWHERE, &other, None);
    }
    for name in NEAR {
        offer(NEARBY, name, None);
        for port in PORTS {
            offer(NEARBY, &format!("{name}:{port}"), None);
        }
    }
    offer("the host in lower case", &host.to_lowercase(), None);
    offer("the host in upper case", &host.to_uppercase(), None);
    offer("no host", "", None);
    let all: Vec<&str> =
        std::iter::once(host).chain(material.hosts.iter().map(String::as_str)).collect();
    for host in all {
        styles(host, &request.path, &material.buckets, &mut offer);
    }
    // There are many names of endpoints, and who changes one changes nothing else.
    found
        .into_iter()
        .map(
            |edit: Edit| if [ELSEWHERE, NEARBY].contains(&edit.what) { edit.alone() } else { edit },
        )
        .collect()
}

const ELSEWHERE: &str = "another name of the same endpoint";
const NEARBY: &str = "a name of a server nearby";

/// Virtual-hosted style for path style, and the reverse.
fn styles(
    host: &str,
    path: &str,
    buckets: &[String],
    offer: &mut impl FnMut(&'static str, &str, Option<String>),
) {
    for bucket in buckets {
        if let Some(rest) = host.strip_prefix(&format!("{bucket}.")) {
            offer(
                "the bucket in the path instead of the host",
                rest,
                Some(format!("/{bucket}{path}")),
            );
            offer("the host without its bucket", rest, None);
        }
    }
    let bucket =
        path.strip_prefix('/').and_then(|rest| rest.split('/').next()).filter(|b| !b.is_empty());
    if let Some(bucket) = bucket {
        let rest = &path[1 + bucket.len()..];
        let rest = if rest.is_empty() { "/" } else { rest };
        offer(
            "the bucket in the host instead of the path",
            &format!("{bucket}.{host}"),
            Some(rest.to_owned()),
        );
        offer("the bucket before the host", &format!("{bucket}.{host}"), None);
    }
}

/// Other names under which an S3 endpoint answers.
fn forms(host: &str) -> Vec<String> {
    let endpoint = Endpoint::of(host);
    if endpoint.service != Some("s3") {
        return other_regions(host);
    }
    let bucket = endpoint.bucket.map_or(String::new(), |bucket| format!("{bucket}."));
    let mut found = vec![
        format!("{bucket}s3.amazonaws.com"),
        format!("{bucket}s3-accelerate.amazonaws.com"),
        format!("{bucket}s3-external-1.amazonaws.com"),
    ];
    let own = endpoint.region.into_iter();
    for region in own.chain(REGIONS.iter().copied().filter(|region| is_region(region))) {
        found.push(format!("{bucket}s3.{region}.amazonaws.com"));
        found.push(format!("{bucket}s3-{region}.amazonaws.com"));
        found.push(format!("{bucket}s3.dualstack.{region}.amazonaws.com"));
    }
    found
}

/// The same host in other regions.
fn other_regions(host: &str) -> Vec<String> {
    let Some(own) = host.split('.').find(|label| is_region(label)) else { return Vec::new() };
    REGIONS
        .iter()
        .filter(|region| is_region(region))
        .map(|region| host.replace(own, region))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed_instead(host: &str, path: &str, wanted: (&str, &str)) -> bool {
        let request = format!("GET\n{path}\n\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
        let request = CanonicalRequest::parse(&request).unwrap_or_else(|error| panic!("{error}"));
        let text = Text::of(&request);
        let material = Material {
            hosts: vec!["edge.example.com:8443".to_owned()],
            buckets: vec!["b".to_owned()],
            ..Material::default()
        };
        let wanted = format!("GET\n{}\n\nhost:{}\n", wanted.1, wanted.0);
        edits(&text, &request, &material)
            .iter()
            .any(|edit| String::from_utf8_lossy(&text.text(&[edit])).starts_with(&wanted))
    }

    #[test]
    fn every_form_of_a_host_is_tried() {
        for (host, path, wanted) in [
            ("b.s3.amazonaws.com", "/k", ("b.s3.eu-west-1.amazonaws.com", "/k")),
            ("b.s3.amazonaws.com", "/k", ("s3.amazonaws.com", "/b/k")),
            ("s3.amazonaws.com", "/b/k", ("b.s3.amazonaws.com", "/k")),
            ("upstream", "/k", ("edge.example.com:8443", "/k")),
            ("upstream", "/k", ("edge.example.com", "/k")),
            ("h:9000", "/", ("h", "/")),
            ("h", "/", ("h:443", "/")),
            ("minio:9000", "/", ("localhost:9000", "/")),
            (
                "x.execute-api.us-east-1.amazonaws.com",
                "/",
                ("x.execute-api.eu-west-1.amazonaws.com", "/"),
            ),
        ] {
            assert!(signed_instead(host, path, wanted), "{host} signed as {wanted:?}");
        }
    }
}
