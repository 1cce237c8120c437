"""The captured error: one line for each request whose signature was refused.

It keeps what the client signed beside what the server says it saw. Each text is checked against
the hash in its string to sign before tokens are masked and signatures left out; afterwards the
hash would no longer fit.
"""

import hashlib
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any


@dataclass
class Attempt:
    """A request as it was sent, with the texts that were signed for it."""

    request: Any
    operation: str = ""
    signed: tuple[str, str] | None = None


SIGNATURE_CODES = {"SignatureDoesNotMatch", "AuthorizationHeaderMalformed", "RequestTimeTooSkewed",
                   "InvalidAccessKeyId", "ExpiredToken", "InvalidToken", "XAmzContentSHA256Mismatch"}


def captured_error(attempt: Attempt, body: bytes, deploy_version: str) -> dict | None:
    """The captured error, or None for an answer that is no signature failure (or has no body, as of HEAD)."""
    answer = _error_fields(body)
    if answer.get("Code") not in SIGNATURE_CODES:
        return None
    canonical_request, string_to_sign = attempt.signed
    token = _header(attempt, "X-Amz-Security-Token")
    line = {
        "sigdrift": 1,
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "code": answer["Code"],
        "message": answer.get("Message"),
        "request_id": answer.get("RequestId"),
        "host_id": answer.get("HostId"),
        "access_key_id": answer.get("AWSAccessKeyId"),
        "server": _checked(answer.get("CanonicalRequest"), answer.get("StringToSign")),
        "client": _checked(canonical_request, string_to_sign) | {
            "canonical_request_sha256": _sha256(canonical_request),
            "method": attempt.request.method,
            "url": attempt.request.url,
            "user_agent": _header(attempt, "User-Agent"),
        },
        "service": "s3",
        "operation": attempt.operation,
        "deploy_version": deploy_version,
    }
    return without_secrets(line, token)


def without_secrets(value: Any, token: str | None) -> Any:
    """Masks the session token in every text, and signatures in URLs."""
    if isinstance(value, dict):
        return {name: without_secrets(item, token) for name, item in value.items()}
    if not isinstance(value, str):
        return value
    if token:
        value = value.replace(token, "{sha256:" + _sha256(token)[:16] + "}")
    return re.sub(r"(X-Amz-Signature=)[0-9A-Fa-f]+", r"\1X", value)


def _checked(canonical_request: str | None, string_to_sign: str | None) -> dict[str, Any]:
    if not canonical_request or not string_to_sign:
        return {}
    return {
        "canonical_request": canonical_request,
        "string_to_sign": string_to_sign,
        "canonical_request_ok": _sha256(canonical_request) == string_to_sign.rpartition("\n")[2],
    }


def _error_fields(body: bytes) -> dict[str, str]:
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return {}
    return {child.tag: child.text or "" for child in root} if root.tag == "Error" else {}


def _header(attempt: Attempt, name: str) -> str | None:
    value = attempt.request.headers.get(name)
    return value.decode() if isinstance(value, bytes) else value


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
