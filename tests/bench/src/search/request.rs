//! What is searched from: an upload to S3 with 12 signed headers, and a case as people have it.

use sigdrift_signature::secret::sha256_hex;

/// A canonical request as S3 computes it for an upload with metadata.
pub fn with_12_headers() -> String {
    let headers = [
        ("cache-control", "max-age=3600"),
        ("content-encoding", "gzip"),
        ("content-length", "52428"),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("content-type", "text/plain; charset=utf-8"),
        ("host", "media-example.s3.eu-west-1.amazonaws.com"),
        ("x-amz-acl", "bucket-owner-full-control"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-date", "20260415T074213Z"),
        ("x-amz-meta-owner", "photo team, Berlin"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ];
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let path = "/2026/my%20summer%20photo.txt";
    format!("PUT\n{path}\nx-id=PutObject\n{lines}\n{}\nUNSIGNED-PAYLOAD", names.join(";"))
}

/// S3's error body and the client's own string to sign: a proxy changed one header.
pub fn plain_case() -> String {
    let verified = with_12_headers();
    let signed = verified.replace("content-encoding:gzip", "content-encoding:identity");
    let to_sign = |text: &str| {
        let hash = sha256_hex(text.as_bytes());
        format!("AWS4-HMAC-SHA256\n20260415T074213Z\n20260415/eu-west-1/s3/aws4_request\n{hash}")
    };
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId><StringToSign>{}</StringToSign><SignatureProvided>{}</SignatureProvided><CanonicalRequest>{verified}</CanonicalRequest></Error>",
        to_sign(&verified),
        "ab".repeat(32),
    );
    format!(
        "2026-04-15 07:42:13,718 botocore.auth [DEBUG] StringToSign:\n{}\n2026-04-15 07:42:13,718 botocore.auth [DEBUG] Signature:\n{}\n2026-04-15 07:42:13,801 botocore.parsers [DEBUG] Response body:\n{body}\n",
        to_sign(&signed),
        "ab".repeat(32)
    )
}
