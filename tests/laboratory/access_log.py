"""The line that S3's server access log has of a refused request.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from datetime import datetime
from urllib.parse import quote

from .message import Request
from .sigv4 import unpercent

_OWNER = "7c9d1f0b52aa4e6c8e3b90f417d26c5a1b0fe2c49d8837516fa0c2d4e6b8a913"
_HOST_ID = "Jf2w9mD8sT0a6b4EXAMPLE/hostid0123456789+abcdefghijklmnopqrstuvwxyzABCDEFGHIJ="


def line(request: Request, status: int, code: str, body: bytes, request_id: str, at: datetime, region: str) -> str:
    host = request.header("host") or "-"
    bucket, key = host.partition(".s3.")[0], unpercent(request.path)[1:]
    if host.startswith("s3."):
        bucket, _, key = key.partition("/")
    is_query = "X-Amz-Signature=" in request.target or "AWSAccessKeyId=" in request.target
    target = request.target
    if "X-Amz-Signature=" in target:
        before, _, after = target.partition("X-Amz-Signature=")
        target = before + "X-Amz-Signature=" + "X" * 32 + after[64:]
    is_v2 = "AWSAccessKeyId=" in target or (request.header("authorization") or "").startswith("AWS ")
    kind = "OBJECT" if key else "BUCKET"
    fields = [
        _OWNER,
        bucket,
        f"[{at:%d/%b/%Y:%H:%M:%S +0000}]",
        "203.0.113.24",
        "-",
        request_id,
        f"REST.{request.method}.{kind}",
        quote(quote(key, errors="surrogateescape")) or "-",
        f'"{request.method} {target} HTTP/1.1"',
        str(status),
        code,
        str(len(body)),
        "-",
        "7",
        "-",
        '"-"',
        f'"{request.header("user-agent") or "-"}"',
        "-",
        _HOST_ID,
        "SigV2" if is_v2 else "SigV4",
        "TLS_AES_128_GCM_SHA256",
        "QueryString" if is_query else "AuthHeader",
        host,
        "TLSv1.3",
        "-",
        "-",
        region,
    ]
    return " ".join(fields) + "\n"
