//! The worked examples of AWS's documentation, with the values that it prints for each step.
//!
//! S3, header form: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>,
//! query form: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>,
//! in chunks: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>,
//! IAM: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

#![allow(clippy::unwrap_used, clippy::expect_used)]

use sigdrift_signature::HttpRequest;
use sigdrift_signature::secret::{Secret, sha256_hex};
use sigdrift_signature::signer::Signing;
use sigdrift_signature::uri::PathRules;
use sigdrift_signature::verifier::Verifiable;

const S3_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const EMPTY: &str =
    "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// An example: its request, how the hash of its canonical request and its signature read, and which
/// headers are signed.
struct Example {
    request: String,
    canonical_sha256: &'static str,
    signature: &'static str,
    signed_headers: &'static str,
}

fn s3_examples() -> Vec<Example> {
    let host = "Host: examplebucket.s3.amazonaws.com";
    vec![
        Example {
            request: format!("GET /test.txt HTTP/1.1\n{host}\nRange: bytes=0-9\n{EMPTY}\n"),
            canonical_sha256: "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            signed_headers: "host;range;x-amz-content-sha256;x-amz-date",
        },
        Example {
            request: format!(
                "PUT /test$file.text HTTP/1.1\n{host}\nDate: Fri, 24 May 2013 00:00:00 GMT\n\
                 x-amz-storage-class: REDUCED_REDUNDANCY\nx-amz-content-sha256: {}\n\nWelcome to Amazon S3.",
                sha256_hex(b"Welcome to Amazon S3.")
            ),
            canonical_sha256: "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            signed_headers: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        },
        Example {
            request: format!("GET /?lifecycle HTTP/1.1\n{host}\n{EMPTY}\n"),
            canonical_sha256: "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            signed_headers: "host;x-amz-content-sha256;x-amz-date",
        },
        Example {
            request: format!("GET /?max-keys=2&prefix=J HTTP/1.1\n{host}\n{EMPTY}\n"),
            canonical_sha256: "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            signed_headers: "host;x-amz-content-sha256;x-amz-date",
        },
        // The first signature of an upload in signed chunks; its hash is of no body.
        Example {
            request: "PUT /examplebucket/chunkObject.txt HTTP/1.1\nHost: s3.amazonaws.com\n\
                      x-amz-storage-class: REDUCED_REDUNDANCY\n\
                      x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\n\
                      Content-Encoding: aws-chunked\nx-amz-decoded-content-length: 66560\n\
                      Content-Length: 66824\n"
                .to_owned(),
            canonical_sha256: "cee3fed04b70f867d036f722359b0b1f2f0e5dc0efadbc082b76c4c60e316455",
            signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            signed_headers: "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
                             x-amz-decoded-content-length;x-amz-storage-class",
        },
    ]
}

fn s3(secret: &Secret) -> Signing<'_> {
    Signing {
        access_key_id: "AKIAIOSFODNN7EXAMPLE",
        secret,
        session_token: None,
        token_is_signed: true,
        region: "us-east-1",
        service: "s3",
        time: "20130524T000000Z",
        path: PathRules::S3,
        sign_body: false,
    }
}

#[test]
fn s3_in_the_header_form() {
    let secret = Secret::new(S3_SECRET);
    for example in s3_examples() {
        let mut request = HttpRequest::parse(example.request.as_bytes()).unwrap();
        let signed = s3(&secret).sign(&request);
        let text = signed.canonical_request.text();
        let line = example.request.lines().next().unwrap();
        assert_eq!(sha256_hex(text.as_bytes()), example.canonical_sha256, "{line}:\n{text}");
        assert_eq!(signed.signature.reveal(), example.signature, "{line}");
        let signed_headers: String =
            example.signed_headers.split_whitespace().collect::<Vec<_>>().concat();
        assert_eq!(signed.canonical_request.signed_headers, signed_headers, "{line}");
        request.set_header("x-amz-date", "20130524T000000Z");
        request.set_header("Authorization", signed.authorization.unwrap());
        assert!(Verifiable::of(&request, None).unwrap().is_signed_by(&secret), "{line}");
    }
}

#[test]
fn s3_in_the_query_form() {
    let secret = Secret::new(S3_SECRET);
    let url = "https://examplebucket.s3.amazonaws.com/test.txt";
    let signed = s3(&secret).presign(&HttpRequest::of_url("GET", url).unwrap(), 86_400);
    assert_eq!(
        sha256_hex(signed.canonical_request.text().as_bytes()),
        "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04"
    );
    assert_eq!(
        signed.signature.reveal(),
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
    let whole = format!("{url}?{}", signed.presigned_query.unwrap());
    let received = HttpRequest::of_url("GET", &whole).unwrap();
    assert!(Verifiable::of(&received, None).unwrap().is_signed_by(&secret));
    let posted = HttpRequest::of_url("POST", &whole).unwrap();
    assert!(!Verifiable::of(&posted, None).unwrap().is_signed_by(&secret));
}

#[test]
fn iam() {
    let request = HttpRequest::parse(
        b"GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\nHost: iam.amazonaws.com\n\
          Content-Type: application/x-www-form-urlencoded; charset=utf-8\n",
    )
    .unwrap();
    let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let signing = Signing {
        access_key_id: "AKIDEXAMPLE",
        region: "us-east-1",
        service: "iam",
        time: "20150830T123600Z",
        path: PathRules::OTHER,
        ..s3(&secret)
    };
    let signed = signing.sign(&request);
    assert_eq!(
        sha256_hex(signed.canonical_request.text().as_bytes()),
        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
    );
    assert_eq!(
        signed.signature.reveal(),
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
}
