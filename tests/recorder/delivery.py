"""How log objects are cut and named: by bucket and time, delivered some time later."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from parts import Exchange

from .story import START


def slices(exchanges: list[Exchange], minutes: int) -> Iterator[tuple[datetime, list[Exchange]]]:
    """Runs of exchanges that fit one object, each with the end of its time."""
    by_end: dict[datetime, list[Exchange]] = {}
    for exchange in exchanges:
        number = (exchange.time - START) // timedelta(minutes=minutes)
        by_end.setdefault(START + timedelta(minutes=minutes) * (number + 1), []).append(exchange)
    yield from sorted(by_end.items())


def digits(*parts: object, length: int = 16) -> str:
    """An upper-case hexadecimal text, as AWS puts one at the end of a name; the same in every recording."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:length].upper()
