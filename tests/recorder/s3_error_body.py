"""S3's own error bodies, for their size alone: access logs show it, and the emulator's bodies differ.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import hashlib
from html import escape
from urllib.parse import quote

from parts import Exchange

from . import reading

MESSAGES = {
    "AccessDenied": "Access Denied",
    "NoSuchKey": "The specified key does not exist.",
    "InvalidAccessKeyId": "The AWS Access Key Id you provided does not exist in our records.",
    "SignatureDoesNotMatch": "The request signature we calculated does not match the signature you provided. "
                             "Check your key and signing method.",
}


def size(exchange: Exchange) -> int:
    code = reading.code(exchange)
    details: dict[str, str] = {}
    if code == "NoSuchKey":
        details["Key"] = reading.bucket_and_key(exchange)[1]
    elif code == "InvalidAccessKeyId":
        details["AWSAccessKeyId"] = reading.access_key_id(exchange)
    elif code == "SignatureDoesNotMatch":
        canonical_request, string_to_sign = verified_texts(exchange)
        details = {
            "AWSAccessKeyId": reading.access_key_id(exchange),
            "StringToSign": string_to_sign,
            "SignatureProvided": "0" * 64,
            "StringToSignBytes": string_to_sign.encode().hex(" "),
            "CanonicalRequest": canonical_request,
            "CanonicalRequestBytes": canonical_request.encode().hex(" "),
        }
    elements = {"Code": code, "Message": MESSAGES[code]} | details | {
        "RequestId": reading.request_id(exchange), "HostId": reading.host_id(exchange)}
    return len(body(elements).encode())


def body(elements: dict[str, str]) -> str:
    inner = "".join(f"<{name}>{escape(text, quote=False)}</{name}>" for name, text in elements.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'


def verified_texts(exchange: Exchange) -> tuple[str, str]:
    """The server's canonical request and string to sign: its own words where it gave them.

    The emulator keeps them to itself for a presigned URL; what S3 signs of one follows from the
    recorded request.
    """
    canonical_request = reading.error_element(exchange, "CanonicalRequest")
    if canonical_request:
        return canonical_request, reading.error_element(exchange, "StringToSign")
    parameters = dict(part.partition("=")[::2] for part in reading.query(exchange).split("&"))
    del parameters["X-Amz-Signature"]
    signed_headers = parameters["X-Amz-SignedHeaders"].replace("%3B", ";")
    headers = "".join(f"{name}:{exchange.header(name)}\n" for name in signed_headers.split(";"))
    canonical_request = "\n".join((
        exchange.method, quote(reading.path(exchange), safe="/%~"),
        "&".join(f"{name}={value}" for name, value in sorted(parameters.items())),
        headers, signed_headers, "UNSIGNED-PAYLOAD"))
    scope = parameters["X-Amz-Credential"].split("%2F", 1)[1].replace("%2F", "/")
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    return canonical_request, "\n".join(("AWS4-HMAC-SHA256", parameters["X-Amz-Date"], scope, digest))
