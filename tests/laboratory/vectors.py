"""Every official Signature Version 4 vector, times one change on the way or one signer's bug.

The vectors ship inside the crate `aws-sigv4`, which `cargo metadata` finds if it is among the workspace's
dependencies, and the package folder of cargo otherwise.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from . import compose, sigv4
from .bugs import BUGS
from .case import Case
from .law import Facts
from .made import bug_facts, is_canonical
from .message import Request, decoded, parse
from .sigv4 import Rules
from .steps import Identity, Signed, Steps
from .verifier.answers import answer
from .verifier.check import TIME, Service, check
from .wrong_steps import OK

ROOT = Path(__file__).resolve().parents[2]
FORMS = ("header", "query")
# The other bugs of paths encode as for S3, which is two bugs at once for a service that encodes twice.
_BUGS_OF_ANY_SERVICE = ("path-encoded-once", "path-not-normalized", "path-trailing-slash-dropped")
_SETS = ("sent received secret", "error client", "error client secret", "received secret", "error sent secret")


@dataclass(frozen=True)
class Vector:
    name: str
    folder: Path
    request: Request
    who: Identity
    region: str
    service: str
    time: str
    rules: Rules
    signs_body: bool
    omits_token: bool
    expires: int

    def official(self, form: str, file: str) -> str:
        return decoded((self.folder / f"{form}-{file}.txt").read_bytes()).replace("\r\n", "\n")

    def sign(self, form: str, steps: Steps = OK) -> Signed:
        request = self.request
        if self.signs_body:
            digest = steps.payload_hash(request.body)
            request = request.with_header("x-amz-content-sha256", digest) if form == "header" else request
        who = replace(self.who, token=None) if self.omits_token else self.who
        names = tuple(name.lower() for name, _ in request.headers if name.lower() != "host")
        if form == "header":
            signed = steps.sign(request, who, self.time, self.region, self.service, names, self.rules)
        else:
            signed = steps.presign(
                request,
                who,
                self.time,
                self.region,
                self.service,
                self.expires,
                tuple(dict.fromkeys(names)),
                self.rules,
            )
        if self.omits_token and form == "header":
            signed = replace(signed, request=signed.request.with_header("X-Amz-Security-Token", self.who.token))
        elif self.omits_token:
            signed = replace(
                signed,
                request=signed.request.with_query(
                    f"{signed.request.query}&X-Amz-Security-Token={sigv4.percent(self.who.token)}"
                ),
            )
        return signed

    @property
    def has_usual_rules(self) -> bool:
        """Whether a reader who knows the service's usual rules reads this path as the vector does."""
        usual = Rules.of(self.service)
        return sigv4.canonical_path(self.request.path, usual) == sigv4.canonical_path(self.request.path, self.rules)


def folder() -> Path:
    """Where the vectors are; raises `FileNotFoundError` with what to do about it."""
    version = subprocess.run(["cargo", "-vV"], capture_output=True, text=True, check=False).stdout
    host = next((line.removeprefix("host: ") for line in version.splitlines() if line.startswith("host: ")), "")
    # Packages for other platforms have not been fetched.
    told = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--offline", "--filter-platform", host],
        cwd=ROOT, capture_output=True, check=False,
    )
    packages = json.loads(told.stdout)["packages"] if told.returncode == 0 else []
    places = [Path(package["manifest_path"]).parent for package in packages if package["name"] == "aws-sigv4"]
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    places += sorted(home.glob("registry/src/*/aws-sigv4-*"), reverse=True)
    for place in places:
        if (found := place / "aws-signing-test-suite/v4").is_dir():
            return found
    raise FileNotFoundError("the crate aws-sigv4, which ships the official vectors, is not here: run `cargo fetch`")


def read() -> list[Vector]:
    return [_read(path.parent) for path in sorted(folder().glob("*/context.json"))]


def _read(path: Path) -> Vector:
    context = json.loads((path / "context.json").read_text())
    told = context["credentials"]
    at = datetime.fromisoformat(context["timestamp"].replace("Z", "+00:00"))
    request = parse((path / "request.txt").read_bytes())
    # The context says whether the path is normalised; whether it is encoded once or twice shows in the official text.
    official = decoded((path / "header-canonical-request.txt").read_bytes()).splitlines()[1]
    twice = Rules(True, context["normalize"])
    rules = twice if sigv4.canonical_path(request.path, twice) == official else replace(twice, double=False)
    return Vector(
        path.name,
        path,
        request,
        Identity(told["access_key_id"], told["secret_access_key"], told.get("token")),
        context["region"],
        context["service"],
        at.strftime(TIME),
        rules,
        context["sign_body"],
        context.get("omit_session_token", False),
        context["expiration_in_seconds"],
    )


def service_of(vector: Vector) -> Service:
    tokens = {vector.who.key_id: vector.who.token} if vector.who.token else {}
    keys = {vector.who.key_id: vector.who.secret}
    return Service(vector.service, vector.region, keys, "json", timedelta(minutes=5), tokens, rules=vector.rules)


def time_of(vector: Vector) -> datetime:
    return datetime.strptime(vector.time, TIME).replace(tzinfo=timezone.utc)


# --- changes on the way that fit any request -----------------------------------------------------------------------


def _ways(signed: Signed) -> Iterator[tuple[str, Facts, Request]]:
    """Name, what it is, and the request as received."""
    sent = signed.request
    method = {"GET": "HEAD", "POST": "PUT"}[sent.method]
    yield "method", Facts("method-changed", None, "way"), replace(sent, method=method)
    host = sent.header("host")
    yield "host", Facts("host-changed", None, "way", found=False), sent.with_header("Host", "backend.internal")
    yield "host-port", Facts("host-changed", None, "way"), sent.with_header("Host", host + ":8443")
    yield "path-prefix", Facts("path-changed", "prefix-added", "way"), sent.with_path("/stage" + sent.path)
    yield "path-other", Facts("path-changed", "key", "way", found=False), sent.with_path("/another/resource")
    yield (
        "query-added",
        Facts("query-changed", "added", "way"),
        sent.with_query("&".join(filter(None, (sent.query, "added=1")))),
    )
    first = sent.query.split("&")[0]
    if first and not first.startswith("X-Amz-"):
        name = first.partition("=")[0]
        yield (
            "query-dropped",
            Facts("query-changed", name, "way", found=False),
            sent.with_query("&".join(sent.query.split("&")[1:])),
        )
    own = [name for name, _ in sent.headers if name.lower().startswith("my-header") or name.lower() == "content-type"]
    if own:
        name = own[0].lower()
        yield (
            "header-dropped",
            Facts("header-changed", name, "way", found=False, telltale=True),
            sent.with_header(name, None),
        )
        yield "header-replaced", Facts("header-changed", name, "way", found=False), sent.with_header(name, "of-a-hop")
    if sent.body:
        yield (
            "body",
            Facts("payload-changed", None, "way", either=True, found=False),
            sent.with_body(sent.body + b"&more=1"),
        )


def cases(every: int = 1, start: int = 0) -> list[Case]:
    """All of them, or each `every`-th, so that all vectors and all changes have their turn."""
    made, number = [], start
    for vector in read():
        for form in FORMS:
            if vector.omits_token and form == "query":
                continue  # the token of this one is no part of what is signed, which no service does
            for case in _of(vector, form):
                number += 1
                if number % every == 0:
                    made.append(case)
    return made


def _of(vector: Vector, form: str) -> Iterator[Case]:
    signed = vector.sign(form)
    for name, facts, received in _ways(signed):
        yield from _case(vector, form, f"way-{name}", facts, signed, received)
    for bug in BUGS.values():
        try:
            wrong = vector.sign(form, bug.steps)
        except UnicodeEncodeError:  # a body that the other encoding cannot write
            continue
        facts = bug_facts(bug, wrong, vector)
        if bug.cause == "signer-path-encoding" and bug.name not in _BUGS_OF_ANY_SERVICE:
            facts = replace(facts, found=False)
        yield from _case(vector, form, bug.name, facts, wrong, wrong.request)


def _case(vector: Vector, form: str, name: str, facts: Facts, signed: Signed, received: Request) -> Iterator[Case]:
    service, at = service_of(vector), time_of(vector)
    refused = check(received, service, at)
    if refused is None:  # what was changed does not count in this request
        return
    if facts.side == "signer" and facts.cause != "host-changed":
        facts = replace(facts, either=is_canonical(signed.canonical, vector.rules, vector.service))
    told = answer(refused, service, 1)
    full = refused.kind == "mismatch"
    facts = replace(
        facts,
        refusal=refused.kind,
        code=told.code,
        presigned=form == "query",
        body_text=full,
        body_sts=full,
        body_signature=False,
        client_canonical=False,
        client_signature=False,
    )
    given = compose.Evidence(
        error=told.body,
        client=f"string to sign:\n{signed.string_to_sign}\n",
        sent=signed.request,
        received=received,
        secret=vector.who.secret,
    )
    # Whether a service that is no S3 takes the declared hash or its own is known to it alone.
    usual = vector.has_usual_rules and not (vector.signs_body and facts.cause == "signer-payload-hash")
    sets = _SETS if usual else tuple(one for one in _SETS if one.startswith("error client"))
    how = f"official vector {vector.name}, {form} form: {name}"
    made = compose.compose(f"vector/{form}/{vector.name}/{name}", how, facts, given, sets)
    if made.sets:
        yield made
