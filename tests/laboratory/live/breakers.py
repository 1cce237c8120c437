"""Proxies as they are set up in production and break signatures: one row each, with what it does to a request.

Every server block passes to one port behind which the recording hop and the verifying server stand.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Breaker:
    """`lines`: its configuration, with `{upstream}` as host:port. `on`: requests of `requests.py` that it breaks.

    `either`, `found`, `telltale`: see `law.Facts`.
    """

    name: str
    program: str
    cause: str
    component: str | None
    lines: str
    on: tuple[str, ...]
    either: bool = False
    found: bool = True
    telltale: bool = False
    also: tuple[str, ...] = ()


_KEEP_HOST = "proxy_set_header Host $http_host;"
_RAW = "proxy_pass http://{upstream};"

BREAKERS = {
    one.name: one
    for one in (
        Breaker(
            "nginx-default-host",
            "nginx",
            "host-changed",
            None,
            "location / { proxy_pass http://{upstream}; }",
            ("get", "put", "list", "url", "dynamodb", "sts"),
            found=False,
        ),
        Breaker(
            "nginx-host-without-port",
            "nginx",
            "host-changed",
            None,
            "location / { proxy_set_header Host $host; " + _RAW + " }",
            ("get-port",),
            found=False,
        ),
        Breaker(
            "nginx-uri-part",
            "nginx",
            "path-changed",
            "decoded",
            "location / { " + _KEEP_HOST + " proxy_pass http://{upstream}/; }",
            ("get-slashes",),
            either=True,
            found=False,
        ),
        Breaker(
            "nginx-prefix-stripped",
            "nginx",
            "path-changed",
            "prefix-removed",
            "location / { " + _KEEP_HOST + " rewrite ^/[^/]+(/.*)$ $1 break; " + _RAW + " }",
            ("get", "url"),
            found=False,
        ),
        Breaker(
            "nginx-prefix-added",
            "nginx",
            "path-changed",
            "prefix-added",
            "location / { " + _KEEP_HOST + " proxy_pass http://{upstream}/storage/; }",
            ("get", "put"),
        ),
        Breaker(
            "nginx-merge-slashes",
            "nginx",
            "path-changed",
            "slash-merged",
            "merge_slashes on; location / { " + _KEEP_HOST + " rewrite ^(.*)$ $1 break; " + _RAW + " }",
            ("get-slashes",),
            either=True,
            found=False,
        ),
        Breaker(
            "nginx-date-dropped",
            "nginx",
            "header-changed",
            "x-amz-date",
            "location / { " + _KEEP_HOST + ' proxy_set_header X-Amz-Date ""; ' + _RAW + " }",
            ("get",),
            found=False,
            telltale=True,
            also=("malformed-authorization",),
        ),
        Breaker(
            "nginx-range-dropped",
            "nginx",
            "header-changed",
            "range",
            "location / { " + _KEEP_HOST + ' proxy_set_header Range ""; ' + _RAW + " }",
            ("get-range",),
            found=False,
            telltale=True,
        ),
        Breaker(
            "nginx-accept-encoding",
            "nginx",
            "header-changed",
            "accept-encoding",
            "location / { " + _KEEP_HOST + " proxy_set_header Accept-Encoding gzip; " + _RAW + " }",
            ("get-accept-encoding",),
        ),
        Breaker(
            "nginx-query-added",
            "nginx",
            "query-changed",
            "utm_source",
            "location / { " + _KEEP_HOST + " set $args $args&utm_source=mail; " + _RAW + " }",
            ("list", "url"),
        ),
        Breaker(
            "nginx-method",
            "nginx",
            "method-changed",
            None,
            "location / { " + _KEEP_HOST + " proxy_method GET; " + _RAW + " }",
            ("head",),
        ),
        Breaker(
            "haproxy-host",
            "haproxy",
            "host-changed",
            None,
            "http-request set-header Host storage.internal",
            ("get", "put"),
            found=False,
        ),
        Breaker(
            "haproxy-merge-slashes",
            "haproxy",
            "path-changed",
            "slash-merged",
            "http-request normalize-uri path-merge-slashes",
            ("get-slashes",),
            either=True,
            found=False,
        ),
        Breaker(
            "haproxy-set-query",
            "haproxy",
            "query-changed",
            "cache",
            "http-request set-query %[query]&cache=no",
            ("list", "url"),
        ),
        Breaker(
            "haproxy-replace-header",
            "haproxy",
            "header-changed",
            "content-type",
            'http-request replace-header Content-Type (.*) "\\1; charset=utf-8"',
            ("put-type",),
        ),
        Breaker("haproxy-method", "haproxy", "method-changed", None, "http-request set-method POST", ("put",)),
        Breaker(
            "haproxy-type-replaced",
            "haproxy",
            "header-changed",
            "content-type",
            "http-request set-header Content-Type application/octet-stream",
            ("dynamodb", "sts"),
            found=False,
        ),
        Breaker(
            "haproxy-meta-dropped",
            "haproxy",
            "header-changed",
            "x-amz-meta-title",
            "http-request del-header x-amz-meta-title",
            ("put-meta",),
            found=False,
            telltale=True,
        ),
        Breaker(
            "apache-default-host",
            "apache",
            "host-changed",
            None,
            "ProxyPass / http://{upstream}/ nocanon\nAllowEncodedSlashes NoDecode",
            ("get", "put"),
            found=False,
        ),
        Breaker(
            "apache-without-nocanon",
            "apache",
            "path-changed",
            "slash-merged",
            "ProxyPreserveHost On\nProxyPass / http://{upstream}/",
            ("get-slashes",),
            either=True,
            found=False,
        ),
        Breaker(
            "apache-unset",
            "apache",
            "header-changed",
            "x-amz-meta-title",
            "ProxyPreserveHost On\nRequestHeader unset x-amz-meta-title\nProxyPass / http://{upstream}/ nocanon",
            ("put-meta",),
            found=False,
            telltale=True,
        ),
        Breaker(
            "apache-body-filter",
            "apache",
            "payload-changed",
            None,
            "ProxyPreserveHost On\nProxyPass / http://{upstream}/ nocanon\nSetInputFilter lines",
            ("put-text",),
            either=True,
            found=False,
        ),
    )
}
