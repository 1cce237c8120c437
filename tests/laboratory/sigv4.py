"""Signature Version 4, written again from its documentation as the strict opposite of every signer here.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from .message import Request, decoded, encoded

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
NOTHING = hashlib.sha256(b"").hexdigest()
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# Services that take the path as it stands.
_RAW_PATH_SERVICES = ("s3", "s3-outposts", "s3-object-lambda", "s3express")


@dataclass(frozen=True)
class Rules:
    """How a service reads the path."""

    double: bool
    normalized: bool

    @staticmethod
    def of(service: str) -> "Rules":
        return Rules(False, False) if service in _RAW_PATH_SERVICES else Rules(True, True)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def percent(text: str, keep: str = "") -> str:
    """Percent-encodes all but unreserved characters and `keep`."""
    kept = _UNRESERVED | frozenset(keep.encode())
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in encoded(text))


def unpercent(text: str) -> str:
    """Decodes `%XX` and nothing else: a plus stays a plus."""
    return decoded(re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), encoded(text)))


def normalized_path(path: str) -> str:
    """Without empty, `.` and `..` segments; a slash at the end stays."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    ends_in_slash = kept and path.rpartition("/")[2] in ("", ".", "..")
    return "/" + "/".join(kept) + ("/" if ends_in_slash else "")


def canonical_path(path: str, rules: Rules) -> str:
    """The path of the request line, in canonical form."""
    path = path or "/"
    if rules.normalized:
        path = normalized_path(path)
    return percent(path if rules.double else unpercent(path), "/")


def query_pairs(query: str) -> list[tuple[str, str]]:
    """Decoded names and values, as sent; a bare name has an empty value."""
    return [
        (unpercent(name), unpercent(value))
        for name, _, value in (part.partition("=") for part in query.split("&") if part)
    ]


def canonical_query(pairs: list[tuple[str, str]]) -> str:
    return "&".join(
        f"{name}={value}" for name, value in sorted((percent(name), percent(value)) for name, value in pairs)
    )


def canonical_value(value: str) -> str:
    return " ".join(value.split())


def canonical_headers(request: Request, names: list[str]) -> str:
    """One line a name; a name that the request lacks gets an empty value, as S3 shows it."""
    return "".join(f"{name}:{','.join(canonical_value(value) for value in request.all(name))}\n" for name in names)


def canonical_request(request: Request, names: list[str], payload: str, rules: Rules) -> str:
    pairs = [pair for pair in query_pairs(request.query) if pair[0] != "X-Amz-Signature"]
    return "\n".join(
        (
            request.method,
            canonical_path(request.path, rules),
            canonical_query(pairs),
            canonical_headers(request, names),
            ";".join(names),
            payload,
        )
    )


def string_to_sign(canonical: str, time: str, scope: str) -> str:
    return "\n".join((ALGORITHM, time, scope, sha256(encoded(canonical))))


def hmac_sha256(key: bytes, text: str) -> bytes:
    return hmac.new(key, encoded(text), hashlib.sha256).digest()


def signing_key(secret: str, scope: str) -> bytes:
    """`scope` is date/region/service/aws4_request."""
    key = encoded("AWS4" + secret)
    for part in scope.split("/"):
        key = hmac_sha256(key, part)
    return key


def signature(key: bytes, text: str) -> str:
    return hmac_sha256(key, text).hex()
