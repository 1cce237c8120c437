"""Puts evidence and facts together into a case, and asks the law about every set of its evidence."""

import re
import zlib
from dataclasses import dataclass, replace

from . import law
from .case import Case, EvidenceSet
from .law import Facts
from .message import Request, decoded

# Which pieces are given together. A set whose pieces a case lacks is left out.
SETS = (
    "error",
    "error secret",
    "error client",
    "error client secret",
    "error sent",
    "error sent secret",
    "error received secret",
    "sent received",
    "sent received secret",
    "sent received client",
    "sent received error",
    "received secret",
    "sent secret",
    "client",
    "client received",
    "url secret",
    "url error",
    "url error secret",
    "access_log",
    "sent received other-secret",
    "error other-secret",
    "error-damaged secret",
    "error-damaged client",
    "error-cut",
    "error-cut secret",
    "error-redacted",
    "error-redacted secret",
    "error-redacted client",
)
OTHER_SECRET = "8mK2pQx+NotTheOneThatSigned/EXAMPLEKEY00"


@dataclass
class Evidence:
    error: bytes | None = None
    client: str | None = None
    sent: Request | None = None
    received: Request | None = None
    access_log: str | None = None
    secret: str | None = None
    url: bool = False  # the request as sent is a URL and a method, and nothing else of it is signed
    scheme: str = "https"


def compose(name: str, how: str, facts: Facts, given: Evidence, sets: tuple[str, ...] = SETS) -> Case:
    pieces = {
        "error": None if given.error is None else decoded(given.error),
        "client": given.client,
        "sent": given.sent and decoded(given.sent.to_bytes()),
        "received": given.received and decoded(given.received.to_bytes()),
        "access_log": given.access_log,
        # One line end is dropped by `explain`; every second file has one.
        "secret": given.secret and given.secret + "\n" * (zlib.crc32(name.encode()) % 2),
    } | _spoilt(name, facts, given)
    evidence = {kind: text for kind, text in pieces.items() if text}
    url = given.url and given.sent
    made = [
        _set(facts, words.split())
        for words in sets
        if all(word in evidence or (word == "url" and url) for word in words.split())
    ]
    used = [one for one in made if one]
    kept = {kind for one in used for kind in one.use}
    return Case(
        name,
        how,
        facts.cause,
        facts.component,
        {kind: text for kind, text in evidence.items() if kind in kept},
        used,
        url=f"{given.scheme}://{given.sent.header('host')}{given.sent.target}" if url else None,
        method=given.sent.method if url else None,
    )


def _spoilt(name: str, facts: Facts, given: Evidence) -> dict[str, str | None]:
    """For some cases: a secret that has nothing to do with them, and a body damaged by copying or cut."""
    some = zlib.crc32(name.encode()) % 6 == 1
    spoilt = {"other-secret": OTHER_SECRET if some else None}
    body = given.error and decoded(given.error)
    if some and body and "<CanonicalRequest>" in body and "<CanonicalRequestBytes>" in body:
        before, canonical, after = _around(body, "CanonicalRequest")
        spoilt["error-damaged"] = before + canonical.replace("\n", " ") + after
        spoilt["error-redacted"] = re.sub(r"<(AWSAccessKeyId|SignatureProvided)>[^<]*<", r"<\1>[REDACTED]<", body)
        spoilt["error-cut"] = before + canonical[: len(canonical) // 2]
    return spoilt


def _around(body: str, element: str) -> tuple[str, str, str]:
    start, end = body.index(f"<{element}>") + len(element) + 2, body.index(f"</{element}>")
    return body[:start], body[start:end], body[end:]


def _set(facts: Facts, words: list[str]) -> EvidenceSet | None:
    if "error-cut" in words:
        facts = replace(facts, body_text=False, telltale=False)
    if "error-redacted" in words:
        facts = replace(facts, body_signature=False)
    names = {name: "error" for name in ("error-damaged", "error-cut", "error-redacted")}
    shown = frozenset(names.get(word, word) for word in words if word != "other-secret")
    found = law.expect(facts, shown)
    return found and EvidenceSet(words, found.cause, found.may_be_proven, list(found.also), list(found.behind))
