"""Changes of a signed request on its way, or by who uses it: one row each.

`once`: `way` if a hop does it (sent and received differ), `use` if the sender does it after signing.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace

from .message import Request
from .sigv4 import percent, unpercent


@dataclass(frozen=True)
class Change:
    """`either`: a signer's bug could make the same difference. `found`: a search can undo it without being told."""

    name: str
    cause: str
    component: str | None
    apply: Callable[[Request], Request]
    bases: tuple[str, ...]
    once: str = "way"
    either: bool = False
    found: bool = True
    also: tuple[str, ...] = ()  # what the request as it arrived may be called as well


def _host(change: Callable[[str], str]) -> Callable[[Request], Request]:
    return lambda request: request.with_header("Host", change(request.header("host")))


def _path(change: Callable[[str], str]) -> Callable[[Request], Request]:
    return lambda request: request.with_path(change(request.path))


def _header(name: str, value: str | None) -> Callable[[Request], Request]:
    return lambda request: request.with_header(name, value)


def _merged(path: str) -> str:
    while "//" in path:
        path = path.replace("//", "/")
    return path


def _more(text: str) -> Callable[[Request], Request]:
    return lambda request: request.with_query("&".join(filter(None, (request.query, text))))


def _without(name: str) -> Callable[[Request], Request]:
    return lambda request: request.with_query(
        "&".join(part for part in request.query.split("&") if part.partition("=")[0] != name)
    )


def _compressed(request: Request) -> Request:
    return request.with_body(gzip.compress(request.body, mtime=0)).with_header("Content-Encoding", "gzip")


def _method(method: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, method=method)


_M, _N, _P, _Q, _H, _B = (
    "method-changed",
    "host-changed",
    "path-changed",
    "query-changed",
    "header-changed",
    "payload-changed",
)

CHANGES = {
    change.name: change
    for change in (
        Change("method-head-to-get", _M, None, _method("GET"), ("s3-head",)),
        Change("method-put-to-post", _M, None, _method("POST"), ("s3-put", "minio-put")),
        Change("url-of-get-used-with-head", _M, None, _method("HEAD"), ("url-get",), "use"),
        Change("url-of-put-used-with-post", _M, None, _method("POST"), ("url-put",), "use"),
        Change("url-of-get-used-with-put", _M, None, _method("PUT"), ("url-odd",), "use"),
        Change(
            "host-upstream-name",
            _N,
            None,
            _host(lambda host: "upstream.internal:8080"),
            ("s3-put", "dynamodb", "r2-get"),
            found=False,
        ),
        Change("host-path-style", _N, None, _host(lambda host: host.split(".", 1)[1]), ("url-get",), found=False),
        Change("host-port-gained", _N, None, _host(lambda host: host + ":8443"), ("s3-get", "api-get", "url-get")),
        Change("host-port-lost", _N, None, _host(lambda host: host.partition(":")[0]), ("minio-put",), found=False),
        Change(
            "path-slashes-merged", _P, "slash-merged", _path(_merged), ("s3-key-slashes",), either=True, found=False
        ),
        Change(
            "path-decoded-plus", _P, "decoded", _path(lambda p: p.replace("%2B", "%20")), ("s3-key-odd",), either=True
        ),
        Change(
            "path-encoded-again",
            _P,
            "double-encoded",
            _path(lambda p: percent(p, "/")),
            ("s3-key-space", "url-odd", "gcs-get"),
            either=True,
        ),
        Change("path-prefix-added", _P, "prefix-added", _path(lambda p: "/s3" + p), ("s3-put", "api-post", "url-get")),
        Change(
            "path-prefix-removed",
            _P,
            "prefix-removed",
            _path(lambda p: p[p.index("/", 1) :]),
            ("s3-path-style", "api-get"),
            found=False,
        ),
        Change("path-lower-cased", _P, "case", _path(str.lower), ("s3-upper-key",), found=False),
        Change("path-decoded", _P, "decoded", _path(unpercent), ("api-get",), either=True),
        Change(
            "path-other-key",
            _P,
            "key",
            _path(lambda p: p.rpartition("/")[0] + "/other.bin"),
            ("url-get",),
            "use",
            found=False,
        ),
        Change(
            "query-tracking-added", _Q, "utm_source", _more("utm_source=newsletter"), ("url-get", "url-download"), "use"
        ),
        Change("query-cache-buster-added", _Q, "_", _more("_=1745000000"), ("s3-list", "api-get"), "way"),
        Change("query-parameter-dropped", _Q, "delimiter", _without("delimiter"), ("s3-list",), found=False),
        Change(
            "query-disposition-dropped",
            _Q,
            "response-content-disposition",
            _without("response-content-disposition"),
            ("url-download",),
            found=False,
        ),
        Change(
            "query-value-altered",
            _Q,
            "max-keys",
            lambda request: request.with_query(request.query.replace("max-keys=50", "max-keys=1000")),
            ("s3-list",),
            found=False,
        ),
        Change(
            "accept-encoding-rewritten", _H, "accept-encoding", _header("Accept-Encoding", "gzip"), ("s3-get", "r2-get")
        ),
        Change(
            "accept-encoding-appended",
            _H,
            "accept-encoding",
            _header("Accept-Encoding", "gzip,gzip(gfe)"),
            ("gcs-get",),
        ),
        Change("range-dropped", _H, "range", _header("Range", None), ("s3-get",), found=False),
        Change(
            "content-type-charset-added",
            _H,
            "content-type",
            _header("Content-Type", "text/csv; charset=UTF-8"),
            ("s3-put",),
        ),
        Change(
            "content-type-of-browser",
            _H,
            "content-type",
            _header("Content-Type", "application/x-www-form-urlencoded"),
            ("url-put",),
            "use",
            found=False,
        ),
        Change(
            "content-type-not-sent",
            _H,
            "content-type",
            _header("Content-Type", None),
            ("url-put", "api-post"),
            "use",
            found=False,
        ),
        Change(
            "amz-meta-dropped", _H, "x-amz-meta-title", _header("x-amz-meta-title", None), ("s3-put-text",), found=False
        ),
        Change("amz-acl-replaced", _H, "x-amz-acl", _header("x-amz-acl", "public-read"), ("s3-put-text",)),
        Change(
            "amz-date-dropped",
            _H,
            "x-amz-date",
            _header("X-Amz-Date", None),
            ("dynamodb",),
            found=False,
            also=("malformed-authorization",),
        ),
        Change(
            "amz-header-added",
            _H,
            "x-amz-storage-class",
            _header("x-amz-storage-class", "STANDARD_IA"),
            ("s3-put", "url-put"),
        ),
        Change("amz-target-dropped", _H, "x-amz-target", _header("X-Amz-Target", None), ("dynamodb",), found=False),
        Change("accept-rewritten", _H, "accept", _header("Accept", "*/*"), ("api-get",)),
        Change(
            "body-newlines",
            _B,
            None,
            lambda request: request.with_body(request.body.replace(b"\n", b"\r\n")),
            ("s3-put", "minio-put"),
            either=True,
        ),
        Change("body-compressed", _B, None, _compressed, ("api-post", "dynamodb"), either=True, found=False),
        Change(
            "body-emptied",
            _B,
            None,
            lambda request: request.with_body(b""),
            ("sts", "s3-put-text"),
            either=True,
            found=False,
        ),
        Change(
            "body-other",
            _B,
            None,
            lambda request: request.with_body(b'{"TableName":"orders","Limit":700}'),
            ("dynamodb",),
            either=True,
            found=False,
        ),
    )
}
