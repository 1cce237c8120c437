"""What the query of a request shows of its signature.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from dataclasses import dataclass
from typing import Optional
from urllib.parse import unquote

from . import clock


@dataclass
class Signature:
    key_id: Optional[str] = None
    region: Optional[str] = None
    date: Optional[int] = None
    expires_at: Optional[int] = None


def parameters(target):
    """Name and value as sent, in their order."""
    if target is None or "?" not in target:
        return []
    return [(name, value) for name, _, value in (pair.partition("=") for pair in target.split("?", 1)[1].split("&"))]


def signature(target):
    """Of version 4, 4A or 2; `None` without one."""
    exact = dict(parameters(target))
    lower = {name.lower(): value for name, value in exact.items()}
    found = Signature()
    credential = unquote(lower["x-amz-credential"]).split("/") if "x-amz-credential" in lower else []
    if len(credential) >= 5 and not _is_day(credential[-3]):
        found.key_id, found.region = "/".join(credential[:-4]), credential[-3]
    elif len(credential) >= 4 and _is_day(credential[-3]):
        found.key_id = "/".join(credential[:-3])
    elif "AWSAccessKeyId" in exact:
        found.key_id = unquote(exact["AWSAccessKeyId"])
    if "x-amz-date" in lower:
        found.date = clock.of_amz_date(unquote(lower["x-amz-date"]))
    if found.date is not None and lower.get("x-amz-expires", "").isdigit():
        found.expires_at = found.date + int(lower["x-amz-expires"])
    elif "Signature" in exact and exact.get("Expires", "").isdigit():
        found.expires_at = int(exact["Expires"])
    is_signed = found.key_id is not None or "x-amz-signature" in lower or "Signature" in exact
    return found if is_signed else None


def _is_day(text):
    return len(text) == 8 and text.isdigit()
