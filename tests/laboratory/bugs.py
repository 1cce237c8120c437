"""Deliberate bugs of signers: one row each, with the cause that it stands for and a request on which it shows.

The bugs are those of public issue threads about real signers.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import sigv4
from .message import encoded
from .sigv4 import Rules, percent, query_pairs, unpercent
from .steps import Parts, Steps


@dataclass(frozen=True)
class Bug:
    """`component` as the contract names it. `found`: whether a search over known bugs can be expected to hit it."""

    name: str
    cause: str
    component: str | None
    steps: Steps
    bases: tuple[str, ...]
    found: bool = True
    also: tuple[str, ...] = ()


OK = Steps()


def _hex_key(secret: str, scope: str) -> bytes:
    key = encoded("AWS4" + secret)
    for part in scope.split("/"):
        key = sigv4.hmac_sha256(key, part).hex().encode()
    return key


def _order_key(order: tuple[int, ...]) -> Callable[[str, str], bytes]:
    def key(secret: str, scope: str) -> bytes:
        parts = scope.split("/")
        return sigv4.signing_key(secret, "/".join(parts[at] for at in order))
    return key


def _no_prefix(secret: str, scope: str) -> bytes:
    key = encoded(secret)
    for part in scope.split("/"):
        key = sigv4.hmac_sha256(key, part)
    return key


def _swapped_arguments(secret: str, scope: str) -> bytes:
    """HMAC with key and message exchanged, as a library with the other order of arguments invites."""
    key = encoded("AWS4" + secret)
    for part in scope.split("/"):
        key = hmac.new(encoded(part), key, hashlib.sha256).digest()
    return key


def _stale(days: int) -> Callable[[str, str], bytes]:
    def key(secret: str, scope: str) -> bytes:
        date, _, rest = scope.partition("/")
        earlier = datetime.strptime(date, "%Y%m%d") - timedelta(days=days)
        return sigv4.signing_key(secret, f"{earlier:%Y%m%d}/{rest}")
    return key


def _scope_day(days: int) -> Callable[[str, str, str], str]:
    """Local time: the day before or after that of X-Amz-Date."""
    def scope(time: str, region: str, service: str) -> str:
        day = datetime.strptime(time[:8], "%Y%m%d") + timedelta(days=days)
        return f"{day:%Y%m%d}/{region}/{service}/aws4_request"
    return scope


def _path(change: Callable[[str], str]) -> Steps:
    """A bug in the last encoding of the path."""
    return OK.but(path=lambda path, rules: change(path))


def _values(change: Callable[[str], str]) -> Steps:
    return OK.but(headers=lambda request, names: [(name, ",".join(map(change, request.all(name)))) for name in names])


def _query(name: Callable[[str], str], value: Callable[[str], str]) -> Steps:
    return OK.but(query=lambda query: "&".join(
        sorted(f"{name(key)}={value(text)}" for key, text in query_pairs(query))))


def _listed(order: Callable[[list[str]], list[str]]) -> Steps:
    """Another order or number of names, in the lines and in the list."""
    return OK.but(names=lambda names: order(sorted(names)))


def _lines(change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> Steps:
    return OK.but(headers=lambda request, names: change(OK.headers(request, names)))


def _host_port(port: str) -> Steps:
    """The port that an HTTP client leaves out of the Host header."""
    return _lines(lambda lines: [(name, value + port if name == "host" else value) for name, value in lines])


def _no_blank_line(parts: Parts) -> str:
    lines = "\n".join(f"{name}:{value}" for name, value in parts.headers)
    return "\n".join((parts.method, parts.path, parts.query, lines, parts.signed_headers, parts.payload))


def _bare_names(query: str) -> str:
    pairs = [(part, "=" in part) for part in query.split("&") if part]
    return "&".join(sorted(part if valued else unpercent(part) for part, valued in pairs))


def _lower_hex(path: str) -> str:
    first, *others = percent(unpercent(path), "/").split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in others)])


def _merged(path: str) -> str:
    while "//" in path:
        path = path.replace("//", "/")
    return path


_KEYS = ("s3-put", "dynamodb", "url-get", "sts")
_P, _Q, _H, _B, _K = ("signer-path-encoding", "signer-query-encoding", "signer-header-canonicalization",
                      "signer-payload-hash", "signer-key-derivation")

BUGS = {bug.name: bug for bug in (
    # --- path
    Bug("path-double-encoded", _P, "double-encoded", _path(lambda p: percent(percent(unpercent(p), "/"), "/")),
        ("s3-key-space", "s3-key-odd", "url-odd", "r2-get")),
    Bug("path-encoded-once", _P, "encoded", OK.but(path=lambda p, rules: sigv4.canonical_path(p, Rules(False, rules.normalized))),
        ("api-get",)),
    Bug("path-tilde-encoded", _P, "encoded", _path(lambda p: percent(unpercent(p), "/").replace("~", "%7E")),
        ("s3-key-odd", "url-odd")),
    Bug("path-plus-for-space", _P, "encoded", _path(lambda p: percent(unpercent(p), "/").replace("%20", "+")),
        ("s3-key-space", "url-put", "gcs-get")),
    Bug("path-not-encoded", _P, "decoded", _path(unpercent), ("s3-key-space", "s3-key-odd", "s3-key-utf8")),
    Bug("path-utf8-raw", _P, "decoded", _path(lambda p: "".join(
        char if ord(char) > 127 else percent(char, "/") for char in unpercent(p))), ("s3-key-utf8",)),
    Bug("path-sub-delimiters-raw", _P, "decoded", _path(lambda p: percent(unpercent(p), "/!'()*")), ("s3-key-odd",)),
    Bug("path-at-colon-raw", _P, "decoded", _path(lambda p: percent(unpercent(p), "/@:")), ("s3-key-odd",)),
    Bug("path-lower-case-hex", _P, "case", _path(_lower_hex), ("s3-key-odd", "s3-key-utf8")),
    Bug("path-slash-encoded", _P, "encoded", _path(lambda p: "/" + percent(unpercent(p)[1:])), ("s3-put", "url-get")),
    Bug("path-normalized-for-s3", _P, "dot-normalized", _path(lambda p: percent(unpercent(sigv4.normalized_path(p)), "/")),
        ("s3-key-slashes",)),
    Bug("path-slashes-merged-for-s3", _P, "slash-merged", _path(lambda p: percent(unpercent(_merged(p)), "/")), ("s3-key-slashes",)),
    Bug("path-not-normalized", _P, "dot-normalized", OK.but(path=lambda p, rules: sigv4.canonical_path(p, Rules(True, False))),
        ("api-slashes",)),
    Bug("path-trailing-slash-dropped", _P, "other", OK.but(path=lambda p, rules: sigv4.canonical_path(p, rules).rstrip("/") or "/"),
        ("s3-folder", "api-slashes")),
    # --- query
    Bug("query-plus-for-space", _Q, "prefix", _query(percent, lambda v: percent(v).replace("%20", "+")), ("s3-list", "url-download", "api-get")),
    Bug("query-equals-raw", _Q, "prefix", _query(percent, lambda v: percent(v, "=")), ("s3-list", "url-download")),
    Bug("query-slash-raw", _Q, "prefix", _query(percent, lambda v: percent(v, "/")), ("s3-list", "url-get")),
    Bug("query-star-raw", _Q, "prefix", _query(percent, lambda v: percent(v, "*")), ("s3-list",)),
    Bug("query-apostrophe-raw", _Q, "prefix", _query(percent, lambda v: percent(v, "'")), ("s3-list",)),
    Bug("query-not-encoded", _Q, "prefix", _query(lambda n: n, lambda v: v), ("s3-list", "api-get")),
    Bug("query-bare-name", _Q, "acl", OK.but(query=_bare_names), ("s3-acl",)),
    Bug("query-unsorted", "signer-query-order", None, OK.but(query=lambda query: "&".join(
        f"{percent(name)}={percent(value)}" for name, value in query_pairs(query))), ("s3-list", "api-get", "url-download")),
    Bug("query-reverse-order", "signer-query-order", None, OK.but(query=lambda query: "&".join(sorted(
        (f"{percent(name)}={percent(value)}" for name, value in query_pairs(query)), reverse=True))), ("s3-list", "api-get")),
    # --- headers
    Bug("header-names-as-sent", _H, None, OK.but(headers=lambda request, names: [
        (next(key for key, _ in request.headers if key.lower() == name), value) for name, value in OK.headers(request, names)]),
        ("s3-put", "dynamodb", "url-put")),
    Bug("header-values-not-trimmed", _H, "x-amz-meta-title", _values(lambda v: v.replace("  ", " ") if v.endswith(" ") else v),
        ("s3-put-text",)),
    Bug("header-values-as-sent", _H, "x-amz-meta-title", _values(lambda v: v), ("s3-put-text",)),
    Bug("header-spaces-not-folded", _H, "x-amz-meta-title", _values(str.strip), ("s3-put-text",)),
    Bug("header-space-after-colon", _H, None, _values(lambda v: " " + sigv4.canonical_value(v)), ("s3-put", "dynamodb")),
    Bug("header-lines-unsorted", _H, None, _lines(lambda lines: lines[::-1]), ("s3-put", "api-get", "url-put")),
    Bug("header-names-unsorted", _H, None, _listed(lambda names: names[::-1]), ("s3-put", "dynamodb")),
    Bug("header-host-twice", _H, "host", _listed(lambda names: [n for name in names for n in ([name] * (1 + (name == "host")))]),
        ("s3-put", "dynamodb")),
    Bug("header-blank-line-missing", _H, None, OK.but(text=_no_blank_line), ("s3-put", "sts", "url-get")),
    Bug("header-host-with-port", "host-changed", None, _host_port(":443"), ("s3-put", "url-get", "api-get"), also=(_H,)),
    # --- payload
    Bug("payload-of-nothing", _B, None, OK.but(payload_hash=lambda body: sigv4.NOTHING), ("api-post", "dynamodb", "sts", "s3-put")),
    Bug("payload-line-of-nothing", _B, None, OK.but(payload_hash=lambda body: sigv4.NOTHING, declares_its_hash=False), ("s3-put",)),
    Bug("payload-unsigned", _B, None, OK.but(payload_hash=lambda body: sigv4.UNSIGNED), ("api-post", "dynamodb")),
    Bug("payload-line-unsigned", _B, None, OK.but(payload_hash=lambda body: sigv4.UNSIGNED, declares_its_hash=False),
        ("s3-put", "s3-get")),
    Bug("payload-upper-case", _B, None, OK.but(payload_hash=lambda body: sigv4.sha256(body).upper()), ("api-post", "dynamodb")),
    Bug("payload-base64", _B, None, OK.but(payload_hash=lambda body: base64.b64encode(hashlib.sha256(body).digest()).decode()),
        ("api-post",)),
    Bug("payload-latin-1", _B, None, OK.but(payload_hash=lambda body: sigv4.sha256(body.decode().encode("latin-1"))),
        ("api-post", "s3-put-text"), found=False),
    Bug("payload-utf-16", _B, None, OK.but(payload_hash=lambda body: sigv4.sha256(body.decode().encode("utf-16"))),
        ("api-post",), found=False),
    Bug("payload-line-missing", _B, None, OK.but(payload_hash=lambda body: "", declares_its_hash=False), ("s3-get", "sts")),
    # --- key derivation and scope
    Bug("key-no-prefix", _K, "no-prefix", OK.but(key=_no_prefix), _KEYS),
    Bug("key-hex-chain", _K, "hex-key", OK.but(key=_hex_key), _KEYS),
    Bug("key-region-before-date", _K, "order", OK.but(key=_order_key((1, 0, 2, 3))), _KEYS),
    Bug("key-service-before-region", _K, "order", OK.but(key=_order_key((0, 2, 1, 3))), _KEYS),
    Bug("key-arguments-swapped", _K, None, OK.but(key=_swapped_arguments), ("s3-put",), found=False),
    Bug("key-of-yesterday", _K, "stale-key", OK.but(key=_stale(1)), _KEYS),
    Bug("key-of-last-week", _K, "stale-key", OK.but(key=_stale(6)), ("s3-get",)),
    Bug("scope-of-yesterday", "signer-scope-date", "date", OK.but(scope=_scope_day(-1)), ("s3-put", "dynamodb", "url-get", "sts")),
    Bug("scope-of-tomorrow", "signer-scope-date", "date", OK.but(scope=_scope_day(1)), ("s3-get", "api-get")),
    Bug("scope-region", "wrong-region", "region", OK.but(scope=lambda t, r, s: OK.scope(t, "us-east-1", s)),
        ("s3-put", "url-get", "dynamodb", "api-get", "sts", "r2-get")),
    Bug("scope-region-vpce", "wrong-region", "region", OK.but(scope=lambda t, r, s: OK.scope(t, "vpce", s)), ("s3-get",)),
    Bug("scope-service", "wrong-service", "service", OK.but(scope=lambda t, r, s: OK.scope(t, r, "s3" if s != "s3" else "execute-api")),
        ("s3-put", "url-get", "dynamodb", "api-get", "sts")),
    # --- the secret, damaged where it is read
    Bug("secret-trailing-newline", "secret-malformed", "trailing-newline", OK.but(secret=lambda s: s + "\n"), _KEYS),
    Bug("secret-trailing-crlf", "secret-malformed", "trailing-newline", OK.but(secret=lambda s: s + "\r\n"), ("s3-get",)),
    Bug("secret-trailing-space", "secret-malformed", "trailing-space", OK.but(secret=lambda s: s + " "), _KEYS),
    Bug("secret-quoted", "secret-malformed", "quotes", OK.but(secret=lambda s: f'"{s}"'), _KEYS),
    Bug("secret-single-quoted", "secret-malformed", "quotes", OK.but(secret=lambda s: f"'{s}'"), ("s3-get",)),
    Bug("secret-url-encoded", "secret-malformed", "url-encoded", OK.but(secret=percent), _KEYS),
    Bug("secret-plus-as-space", "secret-malformed", "plus-as-space", OK.but(secret=lambda s: s.replace("+", " ")), _KEYS),
    Bug("secret-truncated", "secret-malformed", "truncated", OK.but(secret=lambda s: s[:-1]), _KEYS),
    Bug("secret-first-lost", "secret-malformed", "truncated", OK.but(secret=lambda s: s[1:]), ("s3-get",)),
)}

