"""Steps of a signer done wrong, from which the table of bugs is put together."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from . import sigv4
from .message import encoded
from .sigv4 import percent, query_pairs, unpercent
from .steps import Parts, Steps

OK = Steps()


def hex_key(secret: str, scope: str) -> bytes:
    key = encoded("AWS4" + secret)
    for part in scope.split("/"):
        key = sigv4.hmac_sha256(key, part).hex().encode()
    return key


def order_key(order: tuple[int, ...]) -> Callable[[str, str], bytes]:
    def key(secret: str, scope: str) -> bytes:
        parts = scope.split("/")
        return sigv4.signing_key(secret, "/".join(parts[at] for at in order))

    return key


def no_prefix(secret: str, scope: str) -> bytes:
    key = encoded(secret)
    for part in scope.split("/"):
        key = sigv4.hmac_sha256(key, part)
    return key


def swapped_arguments(secret: str, scope: str) -> bytes:
    """HMAC with key and message exchanged, as a library with the other order of arguments invites."""
    key = encoded("AWS4" + secret)
    for part in scope.split("/"):
        key = hmac.new(encoded(part), key, hashlib.sha256).digest()
    return key


def stale_key(days: int) -> Callable[[str, str], bytes]:
    def key(secret: str, scope: str) -> bytes:
        date, _, rest = scope.partition("/")
        earlier = datetime.strptime(date, "%Y%m%d") - timedelta(days=days)
        return sigv4.signing_key(secret, f"{earlier:%Y%m%d}/{rest}")

    return key


def scope_day(days: int) -> Callable[[str, str, str], str]:
    """Local time: the day before or after that of X-Amz-Date."""

    def scope(time: str, region: str, service: str) -> str:
        day = datetime.strptime(time[:8], "%Y%m%d") + timedelta(days=days)
        return f"{day:%Y%m%d}/{region}/{service}/aws4_request"

    return scope


def path_by(change: Callable[[str], str]) -> Steps:
    """A bug in the last encoding of the path."""
    return OK.but(path=lambda path, rules: change(path))


def values_by(change: Callable[[str], str]) -> Steps:
    return OK.but(headers=lambda request, names: [(name, ",".join(map(change, request.all(name)))) for name in names])


def query_by(name: Callable[[str], str], value: Callable[[str], str]) -> Steps:
    """In the right order, so that the encoding alone is wrong."""
    return OK.but(
        query=lambda query: "&".join(
            f"{name(key)}={value(text)}"
            for key, text in sorted(query_pairs(query), key=lambda pair: (percent(pair[0]), percent(pair[1])))
        )
    )


def names_by(order: Callable[[list[str]], list[str]]) -> Steps:
    """Another order or number of names, in the lines and in the list."""
    return OK.but(names=lambda names: order(sorted(names)))


def lines_by(change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> Steps:
    return OK.but(headers=lambda request, names: change(OK.headers(request, names)))


def host_with_port(port: str) -> Steps:
    """The port that an HTTP client leaves out of the Host header."""
    return lines_by(lambda lines: [(name, value + port if name == "host" else value) for name, value in lines])


def no_blank_line(parts: Parts) -> str:
    lines = "\n".join(f"{name}:{value}" for name, value in parts.headers)
    return "\n".join((parts.method, parts.path, parts.query, lines, parts.signed_headers, parts.payload))


def bare_names(query: str) -> str:
    pairs = [(part, "=" in part) for part in query.split("&") if part]
    named = (part if valued else unpercent(part) for part, valued in pairs)
    return "&".join(sorted(named, key=lambda part: part.split("=", 1)))


def lower_hex(path: str) -> str:
    first, *others = percent(unpercent(path), "/").split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in others)])


def merged(path: str) -> str:
    while "//" in path:
        path = path.replace("//", "/")
    return path
