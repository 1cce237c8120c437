"""What one recorded exchange shows: who signed, how, for what, and what the server said.

The log writers and the truth both read exchanges through this file; nothing here reads a log.
"""

import re
from html import unescape
from urllib.parse import parse_qs, unquote

from parts import Exchange

from . import cast

# The service's answers that mean "the signature was not accepted". The only AccessDenied of the
# story are authorization.
SIGNATURE_FAILURES = {"SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed",
                      "AuthorizationHeaderMalformed"}


def host(exchange: Exchange) -> str:
    return exchange.header("host")


def endpoint(exchange: Exchange) -> str:
    return host(exchange).lower().removesuffix(":80").removesuffix(":443")


def path(exchange: Exchange) -> str:
    return exchange.target.partition("?")[0]


def query(exchange: Exchange) -> str:
    return exchange.target.partition("?")[2]


def bucket_and_key(exchange: Exchange) -> tuple[cast.Bucket, str]:
    """The key is decoded; empty for a request to the bucket itself."""
    first_label = endpoint(exchange).partition(".")[0]
    decoded = unquote(path(exchange)).removeprefix("/")
    if first_label == "s3":
        first_label, _, decoded = decoded.partition("/")
    return cast.BUCKETS[first_label], decoded


def authentication(exchange: Exchange) -> str | None:
    """How the request was signed: `AuthHeader`, `QueryString`, or not at all."""
    if exchange.header("authorization"):
        return "AuthHeader"
    return "QueryString" if "X-Amz-Signature=" in query(exchange) else None


def access_key_id(exchange: Exchange) -> str | None:
    if authentication(exchange) == "AuthHeader":
        return re.search(r"Credential=([^/]+)/", exchange.header("authorization"))[1]
    return presigned_access_key_id(exchange)


def presigned_access_key_id(exchange: Exchange) -> str | None:
    """The only key id that an access log shows."""
    credential = parse_qs(query(exchange)).get("X-Amz-Credential")
    return credential[0].partition("/")[0] if credential else None


def error_element(exchange: Exchange, name: str) -> str | None:
    found = re.search(f"<{name}>(.*?)</{name}>", exchange.error_body, re.DOTALL)
    return unescape(found[1]) if found else None


def code(exchange: Exchange) -> str | None:
    if exchange.status < 400:
        return None
    found = error_element(exchange, "Code")
    if found is None:
        raise ValueError(f"exchange {exchange.number}: status {exchange.status} without an error code")
    return found


def signature_refused(exchange: Exchange) -> bool:
    return code(exchange) in SIGNATURE_FAILURES


def authenticated(exchange: Exchange) -> bool:
    return authentication(exchange) is not None and not signature_refused(exchange)


def deploy_version(exchange: Exchange) -> str | None:
    """The SDK's application id, else the signed query parameter."""
    app_id = re.search(r"(?:^| )app/(\S+)", exchange.header("user-agent") or "")
    if app_id:
        return app_id[1]
    return parse_qs(query(exchange)).get("x-deploy", [None])[0]


def request_id(exchange: Exchange) -> str:
    return exchange.answer_headers["x-amz-request-id"]


def host_id(exchange: Exchange) -> str:
    return exchange.answer_headers["x-amz-id-2"]


def request_uri(exchange: Exchange) -> str:
    """The request line as S3 logs it: a signature in the query becomes 32 `X`."""
    target = re.sub(r"(X-Amz-Signature=)[0-9a-f]+", r"\1" + "X" * 32, exchange.target)
    return f"{exchange.method} {target} {exchange.http_version}"
