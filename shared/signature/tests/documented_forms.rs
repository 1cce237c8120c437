//! The examples that AWS documents of the other forms of a signature: a browser's upload, version 2, and
//! uploads in signed chunks with a trailer.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use sigdrift_signature::HttpRequest;
use sigdrift_signature::post::{Policy, PostForm};
use sigdrift_signature::secret::Secret;
use sigdrift_signature::verifier::Verifiable;
use sigdrift_signature::version_2::{Signature, Version2};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
const FORM: &[u8] = include_bytes!("forms/documented-post.http");

fn documented_form() -> PostForm {
    PostForm::of(&HttpRequest::parse(FORM).unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_policy_is_signed_as_documented() {
    let signed = documented_form().signed().unwrap();
    assert_eq!(signed.access_key_id(), Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(signed.scope().unwrap().text(), "20151229/us-east-1/s3/aws4_request");
    assert!(signed.is_signed_by(&Secret::new(SECRET)));
    assert_eq!(
        signed.revealed_signature(&Secret::new(SECRET)).as_deref(),
        Some("8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e")
    );
    assert!(!signed.is_signed_by(&Secret::new("another")));
}

#[test]
fn its_conditions_are_read_and_met() {
    let form = documented_form();
    let policy = Policy::parse(&form.signed().unwrap().policy).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(policy.conditions.len(), 11);
    assert_eq!(policy.expires_at, 1_451_476_800);
    assert_eq!(policy.unmet(&form), []);
}

/// Request, string to sign and signature.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>
const REST: &[(&str, &str, &str)] = &[
    (
        "PUT /photos/puppy.jpg HTTP/1.1\nContent-Type: image/jpeg\nContent-Length: 94328\n\
         Host: awsexamplebucket1.s3.us-west-1.amazonaws.com\nDate: Tue, 27 Mar 2007 21:15:45 +0000\n",
        "PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n/awsexamplebucket1/photos/puppy.jpg",
        "iqRzw+ileNPu1fhspnRs8nOjjIA=",
    ),
    (
        "GET /?prefix=photos&max-keys=50&marker=puppy HTTP/1.1\nUser-Agent: Mozilla/5.0\n\
         Host: awsexamplebucket1.s3.us-west-1.amazonaws.com\nDate: Tue, 27 Mar 2007 19:42:41 +0000\n",
        "GET\n\n\nTue, 27 Mar 2007 19:42:41 +0000\n/awsexamplebucket1/",
        "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
    ),
    (
        "GET /?acl HTTP/1.1\nHost: awsexamplebucket1.s3.us-west-1.amazonaws.com\n\
         Date: Tue, 27 Mar 2007 19:44:46 +0000\n",
        "GET\n\n\nTue, 27 Mar 2007 19:44:46 +0000\n/awsexamplebucket1/?acl",
        "82ZHiFIjc+WbcwFKGUVEQspPn+0=",
    ),
    // The documentation's own signature of this one is over the date in its usual place, which is
    // not what the page says of x-amz-date. This one is what servers and clients compute.
    (
        "DELETE /johnsmith/photos/puppy.jpg HTTP/1.1\nUser-Agent: dotnet\nHost: s3.amazonaws.com\n\
         Date: Tue, 27 Mar 2007 21:20:27 +0000\nx-amz-date: Tue, 27 Mar 2007 21:20:26 +0000\n",
        "DELETE\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 +0000\n/johnsmith/photos/puppy.jpg",
        "R4dJ53KECjStyBO5iTBJZ4XVOaI=",
    ),
    // A bucket behind a domain of its own: only the server knows that the host names it.
    (
        "PUT /db-backup.dat.gz HTTP/1.1\nUser-Agent: curl/7.15.5\nHost: static.johnsmith.net:8080\n\
         Date: Tue, 27 Mar 2007 21:06:08 +0000\nx-amz-acl: public-read\n\
         content-type: application/x-download\nContent-MD5: 4gJE4saaMU4BqNR0kLY+lw==\n\
         X-Amz-Meta-ReviewedBy: joe@johnsmith.net\nX-Amz-Meta-ReviewedBy: jane@johnsmith.net\n\
         X-Amz-Meta-FileChecksum: 0x02661779\nX-Amz-Meta-ChecksumAlgorithm: crc32\n\
         Content-Disposition: attachment; filename=database.dat\nContent-Encoding: gzip\n",
        "PUT\n4gJE4saaMU4BqNR0kLY+lw==\napplication/x-download\nTue, 27 Mar 2007 21:06:08 +0000\n\
         x-amz-acl:public-read\nx-amz-meta-checksumalgorithm:crc32\n\
         x-amz-meta-filechecksum:0x02661779\n\
         x-amz-meta-reviewedby:joe@johnsmith.net,jane@johnsmith.net\n\
         /static.johnsmith.net/db-backup.dat.gz",
        "ilyl83RwaSoYIEdixDQcA4OnAnc=",
    ),
    (
        "GET / HTTP/1.1\nHost: s3.amazonaws.com\nDate: Wed, 28 Mar 2007 01:29:59 +0000\n",
        "GET\n\n\nWed, 28 Mar 2007 01:29:59 +0000\n/",
        "qGdzdERIC03wnaRNKh6OqZehG9s=",
    ),
    (
        "GET /dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re HTTP/1.1\nHost: s3.amazonaws.com\n\
         Date: Wed, 28 Mar 2007 01:49:49 +0000\n",
        "GET\n\n\nWed, 28 Mar 2007 01:49:49 +0000\n/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
        "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
    ),
];

#[test]
fn version_2_of_s3_in_the_header_form() {
    let secret = Secret::new(SECRET);
    for (head, text, signature) in REST {
        let raw = format!("{head}Authorization: AWS AKIAIOSFODNN7EXAMPLE:{signature}\n");
        let read = Version2::of(&HttpRequest::parse(raw.as_bytes()).unwrap()).unwrap();
        assert_eq!(read.access_key_id, "AKIAIOSFODNN7EXAMPLE");
        assert_eq!(read.signed_by(&secret), Some(*text), "{head}");
        assert_eq!(read.signed_by(&Secret::new("another")), None, "{head}");
        assert_eq!(Signature::of(&secret, read.algorithm, text.as_bytes()).reveal(), *signature);
    }
}

#[test]
fn version_2_of_s3_in_the_query_form() {
    let url = "https://johnsmith.s3.amazonaws.com/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE\
               &Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    let read = Version2::of(&HttpRequest::of_url("GET", url).unwrap()).unwrap();
    assert_eq!(read.string_to_sign(), "GET\n\n\n1175139620\n/johnsmith/photos/puppy.jpg");
    assert!(read.signed_by(&Secret::new(SECRET)).is_some());
}

/// <https://docs.aws.amazon.com/general/latest/gr/signature-version-2.html>
#[test]
fn version_2_of_the_query_protocol() {
    let url = "https://elasticmapreduce.amazonaws.com?Action=DescribeJobFlows&Version=2009-03-31\
               &AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&SignatureVersion=2&SignatureMethod=HmacSHA256\
               &Timestamp=2011-10-03T15%3A19%3A30\
               &Signature=i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf%2FMj6vPxyYIs%3D";
    let read = Version2::of(&HttpRequest::of_url("GET", url).unwrap()).unwrap();
    assert_eq!(
        read.string_to_sign(),
        "GET\nelasticmapreduce.amazonaws.com\n/\nAWSAccessKeyId=AKIAIOSFODNN7EXAMPLE\
         &Action=DescribeJobFlows&SignatureMethod=HmacSHA256&SignatureVersion=2\
         &Timestamp=2011-10-03T15%3A19%3A30&Version=2009-03-31"
    );
    assert!(read.signed_by(&Secret::new(SECRET)).is_some());
}

/// The first signature of an upload in signed chunks that ends in a trailer.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>
#[test]
fn the_first_signature_of_chunks_with_a_trailer() {
    let raw = "PUT /examplebucket/chunkObject.txt HTTP/1.1\nHost: s3.amazonaws.com\n\
        x-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\n\
        x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\n\
        Content-Encoding: aws-chunked\nx-amz-decoded-content-length: 66560\n\
        x-amz-trailer: x-amz-checksum-crc32c\nContent-Length: 66824\n\
        Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
        SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
        x-amz-storage-class;x-amz-trailer,\
        Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e\n";
    let read = Verifiable::of(&HttpRequest::parse(raw.as_bytes()).unwrap(), None).unwrap();
    assert!(
        read.string_to_sign()
            .ends_with("\n44d48b8c2f70eae815a0198cc73d7a546a73a93359c070abbaa5e6c7de112559")
    );
    assert!(read.is_signed_by(&Secret::new(SECRET)));
}
