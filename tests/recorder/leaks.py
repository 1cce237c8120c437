"""The last check of a recording: no secret, session token or signature in anything that was written."""

import gzip
import re
from pathlib import Path

from . import reading
from .director import STALE_SECRET, Recording


class Leak(RuntimeError):
    """A written file holds what must never be logged. The message does not repeat it."""


def secrets(recording: Recording) -> set[str]:
    found = {STALE_SECRET}
    for identity in recording.identities.values():
        found |= {identity.secret_access_key, identity.session_token or identity.secret_access_key}
    for exchange in recording.exchanges:
        texts = (exchange.header("authorization") or "", reading.query(exchange))
        found |= set(re.findall(r"Signature=([0-9a-f]{64})", " ".join(texts)))
    return found


def check(folder: Path, forbidden: set[str]) -> None:
    pattern = re.compile(b"|".join(re.escape(secret.encode()) for secret in forbidden))
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        if pattern.search(content):
            raise Leak(f"{path} holds a secret, a session token or a signature")
