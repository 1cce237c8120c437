"""Deliberate bugs of signers: one row each, with the cause that it stands for and a request on which it shows.

The bugs are those of public issue threads about real signers.
"""

import base64
import hashlib
from dataclasses import dataclass

from . import sigv4
from .sigv4 import Rules, percent, query_pairs, unpercent
from .steps import Steps
from .wrong_steps import (
    OK,
    bare_names,
    hex_key,
    host_with_port,
    lines_by,
    lower_hex,
    merged,
    names_by,
    no_blank_line,
    no_prefix,
    order_key,
    path_by,
    query_by,
    scope_day,
    stale_key,
    swapped_arguments,
    values_by,
)


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
    needs_request: bool = False


_KEYS = ("s3-put", "dynamodb", "url-get", "sts")
_P, _Q, _H, _B, _K = (
    "signer-path-encoding",
    "signer-query-encoding",
    "signer-header-canonicalization",
    "signer-payload-hash",
    "signer-key-derivation",
)

BUGS = {
    bug.name: bug
    for bug in (
        # --- path
        Bug(
            "path-double-encoded",
            _P,
            "double-encoded",
            path_by(lambda p: percent(percent(unpercent(p), "/"), "/")),
            ("s3-key-space", "s3-key-odd", "url-odd", "r2-get"),
        ),
        Bug(
            "path-encoded-once",
            _P,
            "encoded",
            OK.but(path=lambda p, rules: sigv4.canonical_path(p, Rules(False, rules.normalized))),
            ("api-get",),
        ),
        Bug(
            "path-tilde-encoded",
            _P,
            "encoded",
            path_by(lambda p: percent(unpercent(p), "/").replace("~", "%7E")),
            ("s3-key-odd", "url-odd"),
        ),
        Bug(
            "path-plus-for-space",
            _P,
            "encoded",
            path_by(lambda p: percent(unpercent(p), "/").replace("%20", "+")),
            ("s3-key-space", "url-put", "gcs-get"),
        ),
        Bug("path-not-encoded", _P, "decoded", path_by(unpercent), ("s3-key-space", "s3-key-odd", "s3-key-utf8")),
        Bug(
            "path-utf8-raw",
            _P,
            "decoded",
            path_by(lambda p: "".join(char if ord(char) > 127 else percent(char, "/") for char in unpercent(p))),
            ("s3-key-utf8",),
        ),
        Bug(
            "path-sub-delimiters-raw",
            _P,
            "decoded",
            path_by(lambda p: percent(unpercent(p), "/!'()*")),
            ("s3-key-odd",),
        ),
        Bug("path-at-colon-raw", _P, "decoded", path_by(lambda p: percent(unpercent(p), "/@:")), ("s3-key-odd",)),
        Bug("path-lower-case-hex", _P, "case", path_by(lower_hex), ("s3-key-odd", "s3-key-utf8")),
        Bug(
            "path-slash-encoded",
            _P,
            "encoded",
            path_by(lambda p: "/" + percent(unpercent(p)[1:])),
            ("s3-put", "url-get"),
        ),
        Bug(
            "path-normalized-for-s3",
            _P,
            "dot-normalized",
            path_by(lambda p: percent(unpercent(sigv4.normalized_path(p)), "/")),
            ("s3-key-slashes",),
        ),
        Bug(
            "path-slashes-merged-for-s3",
            _P,
            "slash-merged",
            path_by(lambda p: percent(unpercent(merged(p)), "/")),
            ("s3-key-slashes",),
        ),
        Bug(
            "path-not-normalized",
            _P,
            "dot-normalized",
            OK.but(path=lambda p, rules: sigv4.canonical_path(p, Rules(True, False))),
            ("api-slashes",),
            needs_request=True,  # what was normalised away stands in no canonical text
        ),
        Bug(
            "path-trailing-slash-dropped",
            _P,
            "other",
            OK.but(path=lambda p, rules: sigv4.canonical_path(p, rules).rstrip("/") or "/"),
            ("s3-folder", "api-slashes"),
        ),
        # --- query
        Bug(
            "query-plus-for-space",
            _Q,
            "prefix",
            query_by(percent, lambda v: percent(v).replace("%20", "+")),
            ("s3-list", "url-download", "api-get"),
        ),
        Bug(
            "query-equals-raw", _Q, "prefix", query_by(percent, lambda v: percent(v, "=")), ("s3-list", "url-download")
        ),
        Bug("query-slash-raw", _Q, "prefix", query_by(percent, lambda v: percent(v, "/")), ("s3-list", "url-get")),
        Bug("query-star-raw", _Q, "prefix", query_by(percent, lambda v: percent(v, "*")), ("s3-list",)),
        Bug("query-apostrophe-raw", _Q, "prefix", query_by(percent, lambda v: percent(v, "'")), ("s3-list",)),
        Bug("query-not-encoded", _Q, "prefix", query_by(lambda n: n, lambda v: v), ("s3-list", "api-get")),
        Bug("query-bare-name", _Q, "acl", OK.but(query=bare_names), ("s3-acl",)),
        Bug(
            "query-unsorted",
            "signer-query-order",
            None,
            OK.but(
                query=lambda query: "&".join(f"{percent(name)}={percent(value)}" for name, value in query_pairs(query))
            ),
            ("s3-list", "api-get", "url-download"),
            needs_request=True,  # a sorted query does not tell in which order it was sent
        ),
        Bug(
            "query-reverse-order",
            "signer-query-order",
            None,
            OK.but(
                query=lambda query: "&".join(
                    sorted((f"{percent(name)}={percent(value)}" for name, value in query_pairs(query)), reverse=True)
                )
            ),
            ("s3-list", "api-get"),
        ),
        # --- headers
        Bug(
            "header-names-as-sent",
            _H,
            None,
            OK.but(
                headers=lambda request, names: [
                    (next(key for key, _ in request.headers if key.lower() == name), value)
                    for name, value in OK.headers(request, names)
                ]
            ),
            ("s3-put", "dynamodb", "url-put"),
        ),
        Bug(
            "header-values-not-trimmed",
            _H,
            "x-amz-meta-title",
            values_by(lambda v: v.replace("  ", " ") if v.endswith(" ") else v),
            ("s3-put-text",),
            needs_request=True,
        ),
        Bug(
            "header-values-as-sent",
            _H,
            "x-amz-meta-title",
            values_by(lambda v: v),
            ("s3-put-text",),
            needs_request=True,
        ),
        Bug(
            "header-spaces-not-folded",
            _H,
            "x-amz-meta-title",
            values_by(str.strip),
            ("s3-put-text",),
            needs_request=True,
        ),
        Bug(
            "header-space-after-colon",
            _H,
            None,
            values_by(lambda v: " " + sigv4.canonical_value(v)),
            ("s3-put", "dynamodb"),
        ),
        Bug("header-lines-unsorted", _H, None, lines_by(lambda lines: lines[::-1]), ("s3-put", "api-get", "url-put")),
        Bug("header-names-unsorted", _H, None, names_by(lambda names: names[::-1]), ("s3-put", "dynamodb")),
        Bug(
            "header-host-twice",
            _H,
            "host",
            names_by(lambda names: [n for name in names for n in ([name] * (1 + (name == "host")))]),
            ("s3-put", "dynamodb"),
        ),
        Bug("header-blank-line-missing", _H, None, OK.but(text=no_blank_line), ("s3-put", "sts", "url-get")),
        Bug(
            "header-host-with-port",
            "host-changed",
            None,
            host_with_port(":443"),
            ("s3-put", "url-get", "api-get"),
            also=(_H,),
        ),
        # --- payload
        Bug(
            "payload-of-nothing",
            _B,
            None,
            OK.but(payload_hash=lambda body: sigv4.NOTHING),
            ("api-post", "dynamodb", "sts", "s3-put"),
        ),
        Bug(
            "payload-line-of-nothing",
            _B,
            None,
            OK.but(payload_hash=lambda body: sigv4.NOTHING, declares_its_hash=False),
            ("s3-put",),
        ),
        Bug("payload-unsigned", _B, None, OK.but(payload_hash=lambda body: sigv4.UNSIGNED), ("api-post", "dynamodb")),
        Bug(
            "payload-line-unsigned",
            _B,
            None,
            OK.but(payload_hash=lambda body: sigv4.UNSIGNED, declares_its_hash=False),
            ("s3-put", "s3-get"),
        ),
        Bug(
            "payload-upper-case",
            _B,
            None,
            OK.but(payload_hash=lambda body: sigv4.sha256(body).upper()),
            ("api-post", "dynamodb"),
        ),
        Bug(
            "payload-base64",
            _B,
            None,
            OK.but(payload_hash=lambda body: base64.b64encode(hashlib.sha256(body).digest()).decode()),
            ("api-post",),
            found=False,
        ),
        Bug(
            "payload-latin-1",
            _B,
            None,
            OK.but(payload_hash=lambda body: sigv4.sha256(body.decode().encode("latin-1"))),
            ("api-post", "s3-put-text"),
            found=False,
        ),
        Bug(
            "payload-utf-16",
            _B,
            None,
            OK.but(payload_hash=lambda body: sigv4.sha256(body.decode().encode("utf-16"))),
            ("api-post",),
            found=False,
        ),
        Bug(
            "payload-line-missing",
            _B,
            None,
            OK.but(payload_hash=lambda body: "", declares_its_hash=False),
            ("s3-get", "sts"),
        ),
        # --- key derivation and scope
        Bug("key-no-prefix", _K, "no-prefix", OK.but(key=no_prefix), _KEYS),
        Bug("key-hex-chain", _K, "hex-key", OK.but(key=hex_key), _KEYS),
        Bug("key-region-before-date", _K, "order", OK.but(key=order_key((1, 0, 2, 3))), _KEYS),
        Bug("key-service-before-region", _K, "order", OK.but(key=order_key((0, 2, 1, 3))), _KEYS),
        Bug("key-arguments-swapped", _K, None, OK.but(key=swapped_arguments), ("s3-put",), found=False),
        Bug("key-of-yesterday", _K, "stale-key", OK.but(key=stale_key(1)), _KEYS),
        Bug("key-of-last-week", _K, "stale-key", OK.but(key=stale_key(6)), ("s3-get",)),
        Bug(
            "scope-of-yesterday",
            "signer-scope-date",
            "date",
            OK.but(scope=scope_day(-1)),
            ("s3-put", "dynamodb", "url-get", "sts"),
        ),
        Bug("scope-of-tomorrow", "signer-scope-date", "date", OK.but(scope=scope_day(1)), ("s3-get", "api-get")),
        Bug(
            "scope-region",
            "wrong-region",
            "region",
            OK.but(scope=lambda t, r, s: OK.scope(t, "us-east-1", s)),
            ("s3-put", "url-get", "dynamodb", "api-get", "sts", "r2-get"),
        ),
        Bug(
            "scope-region-vpce",
            "wrong-region",
            "region",
            OK.but(scope=lambda t, r, s: OK.scope(t, "vpce", s)),
            ("s3-get",),
        ),
        Bug(
            "scope-service",
            "wrong-service",
            "service",
            OK.but(scope=lambda t, r, s: OK.scope(t, r, "s3" if s != "s3" else "execute-api")),
            ("s3-put", "url-get", "dynamodb", "api-get", "sts"),
        ),
        # --- the secret, damaged where it is read
        Bug(
            "secret-trailing-newline", "secret-malformed", "trailing-newline", OK.but(secret=lambda s: s + "\n"), _KEYS
        ),
        Bug(
            "secret-trailing-crlf",
            "secret-malformed",
            "trailing-newline",
            OK.but(secret=lambda s: s + "\r\n"),
            ("s3-get",),
        ),
        Bug("secret-trailing-space", "secret-malformed", "trailing-space", OK.but(secret=lambda s: s + " "), _KEYS),
        Bug("secret-quoted", "secret-malformed", "quotes", OK.but(secret=lambda s: f'"{s}"'), _KEYS),
        Bug("secret-single-quoted", "secret-malformed", "quotes", OK.but(secret=lambda s: f"'{s}'"), ("s3-get",)),
        Bug("secret-url-encoded", "secret-malformed", "url-encoded", OK.but(secret=percent), _KEYS),
        Bug(
            "secret-plus-as-space",
            "secret-malformed",
            "plus-as-space",
            OK.but(secret=lambda s: s.replace("+", " ")),
            _KEYS,
        ),
        Bug("secret-truncated", "secret-malformed", "truncated", OK.but(secret=lambda s: s[:-1]), _KEYS),
        Bug("secret-first-lost", "secret-malformed", "truncated", OK.but(secret=lambda s: s[1:]), ("s3-get",)),
    )
}
