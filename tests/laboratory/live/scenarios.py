"""Who asks what of which server through which proxy: the plan of a live run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle

from ..bugs import BUGS
from ..changes import CHANGES
from ..law import Facts
from ..situations import OTHER_SECRET
from ..steps import Identity
from .breakers import BREAKERS, Breaker
from .clients import CLIENTS
from .requests import REQUESTS

# Fewer than for made cases: logs of real clients are long.
SETS = (
    "error",
    "error secret",
    "error client",
    "client",
    "error sent",
    "sent received",
    "sent received secret",
    "received secret",
    "sent secret",
    "client secret",
    "url secret",
    "sent received client",
)
# s3rver takes buckets in the path only, so only from clients that address it by its port.
_PATH_STYLE = ("rclone", "minio", "javascript")


@dataclass(frozen=True)
class Scenario:
    name: str
    how: str
    client: str
    request: str
    server: str
    facts: Facts
    breaker: str = ""
    bug: str = ""
    change: str = ""  # how a presigned URL is used otherwise than it was made for: a row of `changes`
    region: str = ""  # for which the client signs, if not the server's
    minutes: int = 0  # how far the client's clock is off
    sigv2: bool = False
    who: Callable[[Identity], Identity] = lambda right: right
    # The secret that the user believes in, of the server's and the signer's.
    given: Callable[[Identity, Identity], str] = lambda right, used: used.secret


def all_of(quick: bool) -> list[Scenario]:
    plan = [*_broken(), *_wrong_secrets(), *_misused_urls(), *_refused_by_name(), *_bugs()]
    return plan[::10] if quick else plan


def _broken() -> Iterator[Scenario]:
    turns = {name: cycle(_who_does(name)) for name in REQUESTS}
    servers = cycle(("ministack", "verifier-s3", "ministack", "moto", "verifier-s3", "s3rver"))
    for breaker in BREAKERS.values():
        for request in breaker.on:
            client = next(turns[request])
            server = _fitting(client, next(servers), request)
            yield Scenario(
                f"{breaker.name}/{request}-{client}-{server}",
                f"{client} asked {server} for {request} through {breaker.name}",
                client,
                request,
                server,
                _facts(breaker),
                breaker.name,
            )


def _facts(breaker: Breaker) -> Facts:
    return Facts(
        breaker.cause,
        breaker.component,
        "way",
        breaker.either,
        breaker.found,
        telltale=breaker.telltale,
        also=breaker.also,
    )


def _who_does(request: str) -> list[str]:
    return [name for name, client in CLIENTS.items() if request in client.does]


def _fitting(client: str, server: str, request: str) -> str:
    if server == "s3rver" and (client not in _PATH_STYLE):
        return "ministack"
    if request in ("dynamodb", "sts"):
        return "moto" if client == "boto3" and request == "sts" else "ministack"
    if server in ("verifier-r2", "verifier-minio") and client not in _PATH_STYLE:
        return "ministack"  # its region would not be that of the host that the client signs
    if request == "put-text":
        return "verifier-s3"  # emulators look at the checksum of the content, not at its hash
    if server == "moto" and (REQUESTS[request].do == "url" or client == "curl"):
        return "verifier-s3"  # moto fails on presigned URLs
    return server


def _wrong_secrets() -> Iterator[Scenario]:
    servers = cycle(("ministack", "verifier-s3", "moto", "verifier-r2", "verifier-minio", "ministack", "s3rver"))
    for name, client in CLIENTS.items():
        others = tuple(request for request in client.does if request in ("dynamodb", "sts"))
        for number, request in enumerate(client.does[:2] + others):
            server = _fitting(name, next(servers), request)
            believed = "aws" if number % 2 else "signer"
            facts = Facts("wrong-secret", None, "secret", secret_of=believed)
            yield Scenario(
                f"wrong-secret/{request}-{name}-{server}-{believed}",
                f"{name} signed {request} for {server} with a wrong secret",
                name,
                request,
                server,
                facts,
                who=lambda right: replace(right, secret=OTHER_SECRET),
                given=(lambda right, used: used.secret) if believed == "signer" else (lambda right, used: right.secret),
            )


def _misused_urls() -> Iterator[Scenario]:
    for change, client, server in (
        ("url-of-get-used-with-head", "boto3", "ministack"),
        ("url-of-get-used-with-put", "javascript", "s3rver"),
        ("query-tracking-added", "boto3", "verifier-s3"),
        ("query-tracking-added", "javascript", "ministack"),
        ("amz-header-added", "javascript", "verifier-s3"),
    ):
        row = CHANGES[change]
        yield Scenario(
            f"misused/{change}-{client}-{server}",
            f"a URL presigned by {client} was used at {server}: {change}",
            client,
            "url",
            server,
            Facts(row.cause, row.component, "use", row.either, row.found),
            change=change,
        )


def _refused_by_name() -> Iterator[Scenario]:
    """What the verifier, and some emulators, say in so many words."""
    yield from _unknown_keys()
    # boto3, the AWS CLI and s3cmd sign again for the region that they are told.
    for client, request in (("curl", "list"), ("rclone", "get"), ("aws4", "put"), ("awscurl", "put"), ("boto3", "url")):
        yield Scenario(
            f"wrong-region/{request}-{client}",
            f"{client} signed {request} for another region",
            client,
            request,
            "verifier-s3",
            # A presigner takes the host of the region that it signs for: the URL by itself is sound.
            Facts("wrong-region", "region", "said",
                  shown=request != "url" and client in ("boto3", "curl", "aws4", "awscurl")),
            region="us-west-2",
        )
    for client, request, server, minutes in (
        ("boto3", "put", "verifier-s3", -31),
        ("curl", "get", "verifier-s3", 45),
        ("aws-cli", "list", "verifier-s3", -240),
        ("s3cmd", "list", "verifier-s3", -20),
    ):
        yield Scenario(
            f"clock/{request}-{client}-{minutes}",
            f"the clock of {client} was {minutes} minutes off",
            client,
            request,
            server,
            Facts("clock-skew", None, "said"),
            minutes=minutes,
        )
    yield Scenario(
        "url-expired/boto3",
        "a URL of boto3 was used after its quarter of an hour",
        "boto3",
        "url",
        "verifier-s3",
        Facts("url-expired", None, "said"),
        minutes=-40,
    )
    for client, request in (("boto3", "get"), ("boto3", "list"), ("boto3", "put")):
        yield Scenario(
            f"sigv2/{request}-{client}",
            f"{client} signed {request} with Signature Version 2",
            client,
            request,
            "verifier-s3",
            Facts("legacy-sigv2", None, "said", shown=True),
            sigv2=True,
        )


def _unknown_keys() -> Iterator[Scenario]:
    for name, server in (
        ("boto3", "ministack"),
        ("curl", "verifier-s3"),
        ("rclone", "s3rver"),
        ("awscurl", "moto"),
        ("javascript", "verifier-s3"),
    ):
        yield Scenario(
            f"unknown-key/{name}-{server}",
            f"{name} used a key id that {server} does not know",
            name,
            "get",
            server,
            Facts("unknown-access-key", None, "said"),
            who=lambda right: replace(right, key_id="AKIAI44QH8DHBEXAMPLE"),
        )


# Bugs of hand-written signers that real servers are asked about, and the request of `bases`.
_BUGS = {
    "path-double-encoded": "s3-key-space",
    "path-tilde-encoded": "s3-key-odd",
    "query-unsorted": "s3-list",
    "query-bare-name": "s3-acl",
    "header-lines-unsorted": "s3-put",
    "header-blank-line-missing": "s3-put",
    "header-spaces-not-folded": "s3-put-text",
    "payload-line-of-nothing": "s3-put",
    "key-no-prefix": "s3-put",
    "key-hex-chain": "s3-list",
    "key-of-yesterday": "s3-get",
    "secret-trailing-newline": "s3-put",
    "secret-quoted": "s3-put",
    "secret-truncated": "s3-get",
    "query-plus-for-space": "s3-list",
    "path-not-encoded": "s3-key-utf8",
}


def _bugs() -> Iterator[Scenario]:
    servers = cycle(("ministack", "moto", "ministack"))
    for bug, base in _BUGS.items():
        server = next(servers)
        yield Scenario(
            f"bug/{bug}-{server}",
            f"a hand-written signer with the bug {bug} asked {server}",
            "",
            base,
            server,
            Facts(BUGS[bug].cause, None, "signer"),
            bug=bug,
        )
