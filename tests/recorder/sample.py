"""Exchanges made by hand for the recorder's tests: no server and no client needed."""

from parts import Exchange

from . import director, story, world

KEY_ID = "AKIA0123456789ABCDEF"
SECRET = "s3cr3t-of-the-sample-user-" + "x" * 14
SIGNATURE = "ab" * 32
IDENTITIES = {"checkout": world.Identity(KEY_ID, SECRET, None, "IAMUser",
                                         "arn:aws:iam::111122223333:user/checkout", "AIDA0123456789ABCDEF", "checkout")}

CANONICAL_REQUEST = ("GET\n/a.jpg\nlist-type=2&prefix=a\naccept-encoding:gzip\n"
                     "host:media.s3.eu-west-1.amazonaws.com\n\naccept-encoding;host\nUNSIGNED-PAYLOAD")
STRING_TO_SIGN = "AWS4-HMAC-SHA256\n20260415T074200Z\n20260415/eu-west-1/s3/aws4_request\n" + "0" * 64


def exchange(target: str = "/a.jpg", method: str = "GET", status: int = 200, clock: str = "07:42",
             code: str | None = None, signed: bool = True, client: str = "10.0.1.21", number: int = 1,
             bucket: str = "media", user_agent: str = "Boto3/1 app/checkout-2026.04.15 Botocore/1",
             extra_xml: str = "") -> Exchange:
    headers = [("Host", f"{bucket}.s3.eu-west-1.amazonaws.com"), ("User-Agent", user_agent)]
    if signed:
        headers.append(("Authorization", f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20260415/eu-west-1/s3/aws4_request, "
                                         f"SignedHeaders=host, Signature={SIGNATURE}"))
    request_id, host_id = director.answer_ids(number)
    return Exchange(
        number, story.at(clock), client, method, target, "HTTP/1.1", headers, 0, status,
        {"content-length": "12", "x-amz-request-id": request_id, "x-amz-id-2": host_id},
        answer_bytes=12, error_body=f"<Error><Code>{code}</Code>{extra_xml}</Error>" if code else "",
        total_ms=3, turnaround_ms=2)


def refused(**changed) -> Exchange:
    """A header-signed request that the server refused, with the texts that it computed."""
    texts = (f"<CanonicalRequest>{CANONICAL_REQUEST.replace('&', '&amp;')}</CanonicalRequest>"
             f"<StringToSign>{STRING_TO_SIGN}</StringToSign>")
    return exchange(**{"status": 403, "code": "SignatureDoesNotMatch", "extra_xml": texts} | changed)


def presigned(**changed) -> Exchange:
    target = (f"/t/1.webp?x-deploy=thumbs-7.2.0&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY_ID}%2F20260415"
              "%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260415T074200Z&X-Amz-Expires=300"
              f"&X-Amz-SignedHeaders=host&X-Amz-Signature={SIGNATURE}")
    return exchange(**{"target": target, "signed": False, "bucket": "thumbs", "user_agent": "thumbs/7.2.0"} | changed)
