"""The fields of an S3 server access log record, taken from a recorded exchange.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
Names are those of the JSON form. What S3 would leave empty is None.
"""

from typing import Any
from urllib.parse import quote

from parts import Exchange

from . import cast, reading, s3_error_body, world

# The emulator is reached by plain HTTP; the example shows what HTTPS clients would have.
TLS_VERSION, CIPHER_SUITE = "TLSv1.3", "TLS_AES_128_GCM_SHA256"

Identities = dict[str, world.Identity]


def identity_of(exchange: Exchange, identities: Identities) -> world.Identity | None:
    """Who the request comes from, as far as the service knows: nobody if the signature was refused."""
    if not reading.authenticated(exchange):
        return None
    return next(who for who in identities.values() if who.access_key_id == reading.access_key_id(exchange))


def operation(exchange: Exchange) -> str:
    _, key = reading.bucket_and_key(exchange)
    return f"REST.{exchange.method}.{'OBJECT' if key else 'BUCKET'}"


def fields(exchange: Exchange, identities: Identities) -> dict[str, Any]:
    bucket, key = reading.bucket_and_key(exchange)
    identity = identity_of(exchange, identities)
    failed = exchange.status >= 400
    return {
        "bucket_owner_id": cast.BUCKET_OWNER,
        "bucket_name": bucket.name,
        "request_time": exchange.time,
        "remote_ip": exchange.client,
        "requester": identity.arn if identity else None,
        "request_id": reading.request_id(exchange),
        "operation": operation(exchange),
        # Encoded twice, as in the text form.
        "key_name": quote(quote(key)) if key else None,
        "request_uri": reading.request_uri(exchange),
        "http_status": exchange.status,
        "error_code": reading.code(exchange),
        "bytes_sent_size": s3_error_body.size(exchange) if failed else exchange.answer_bytes or None,
        "object_size": _object_size(exchange) if key and not failed else None,
        "total_duration": exchange.total_ms,
        "turnaround": None if failed else exchange.turnaround_ms,
        "referer": exchange.header("referer"),
        "user_agent": exchange.header("user-agent"),
        "version_id": None,
        "host_id": reading.host_id(exchange),
        "signature_version": "SigV4" if reading.authentication(exchange) else None,
        "cipher_suite": CIPHER_SUITE,
        "authentication_type": reading.authentication(exchange),
        "host_header": reading.host(exchange),
        "tls_version": TLS_VERSION,
        "access_point_arn": None,
        "acl_required": False,
        "source_region": bucket.region,
    }


def _object_size(exchange: Exchange) -> int | None:
    if exchange.method == "PUT":
        return exchange.request_bytes
    if exchange.method in ("GET", "HEAD"):
        return int(exchange.answer_headers["content-length"])
    return None
