"""Plays every scenario: a client signs, a proxy breaks it (or its secret or clock is wrong), a server refuses."""

import json
import platform
import re
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from .. import compose, made
from ..bugs import BUGS
from ..case import Case
from ..changes import CHANGES
from ..law import Facts
from ..message import Request, decoded, parse
from ..steps import Identity
from . import scenarios
from .clients import CLIENTS, Client, Job, shortened
from .hop import Hop, Passed
from .proxies import Proxies
from .requests import REQUESTS, Wanted
from .scenarios import Scenario
from .servers import Server, start

_BODY_LIMIT = 4096


@dataclass(frozen=True)
class _Went:
    sent: Passed
    received: Passed
    log: str


def record(quick: bool = False) -> list[Case]:
    """The cases of one live run. What did not fail as it should is told on stderr and left out."""
    with ExitStack() as stack:
        after = stack.enter_context(Hop())
        before = stack.enter_context(Hop())
        proxies = stack.enter_context(Proxies(after.port))
        laboratory = Laboratory(before, after, proxies, start(stack))
        found = [laboratory.play(scenario) for scenario in scenarios.all_of(quick)]
        return [case for case in found if case]


class Laboratory:
    def __init__(self, before: Hop, after: Hop, proxies: Proxies, servers: dict[str, Server]) -> None:
        self._before, self._after, self._proxies, self._servers = before, after, proxies, servers
        self._clean: dict[tuple[str, str, str], bool] = {}

    def play(self, scenario: Scenario) -> Case | None:
        server = self._servers[scenario.server]
        if scenario.bug:
            return self._play_bug(scenario, server)
        if not self._passes_clean(scenario, server):
            return _left_out(scenario, "the server refuses it without any change")
        who = scenario.who(server.who)
        went = self._go(scenario, server, who, self._proxies.ports.get(scenario.breaker))
        return self._case(scenario, server, who, went, CLIENTS[scenario.client])

    def _passes_clean(self, scenario: Scenario, server: Server) -> bool:
        """The same request, straight: so that the failure is the proxy's, or the secret's."""
        key = (scenario.client, scenario.request, scenario.server)
        if key not in self._clean:
            went = self._go(replace(scenario, request=scenario.request), server, server.who, None, straight=True)
            self._clean[key] = went is not None and not _is_refused(went.received)
        return self._clean[key]

    def _go(
        self, scenario: Scenario, server: Server, who: Identity, proxy_port: int | None, straight: bool = False
    ) -> _Went | None:
        self._after.upstream_port = server.port
        self._before.upstream_port = proxy_port or self._after.port
        first, second = len(self._before.passed), len(self._after.passed)
        wanted = REQUESTS[scenario.request]
        region = server.region if straight else scenario.region or server.region
        log = CLIENTS[scenario.client].run(
            Job(
                wanted,
                who,
                self._before.port,
                region,
                0 if straight else scenario.minutes,
                scenario.sigv2 and not straight,
            )
        )
        if wanted.do == "url":
            _use(log, self._before.port, None if straight else scenario.change)
        if len(self._before.passed) == first or len(self._after.passed) == second:
            return None
        return _Went(self._before.passed[-1], self._after.passed[-1], log)

    def _play_bug(self, scenario: Scenario, server: Server) -> Case | None:
        """A hand-written signer with a bug, straight to a real server."""
        bug, base = BUGS[scenario.bug], made.BASES[scenario.request]
        base = replace(base, region=server.region)
        signed = made.sign(base, bug.steps, server.who, at=made.datetime.now(made.timezone.utc))
        self._after.upstream_port, self._before.upstream_port = server.port, self._after.port
        _send(self._before.port, signed.request)
        went = _Went(self._before.passed[-1], self._after.passed[-1], "")
        facts = replace(made.bug_facts(bug, signed, base), client_signature=False)
        text = f"canonical request:\n{signed.canonical}\nstring to sign:\n{signed.string_to_sign}\n"
        return self._compose(scenario, server, server.who, went, facts, text)

    def _case(
        self, scenario: Scenario, server: Server, who: Identity, went: _Went | None, client: Client
    ) -> Case | None:
        if went is None:
            return _left_out(scenario, "nothing arrived")
        facts = scenario.facts
        facts = replace(
            facts,
            client_texts=client.texts,
            client_sts=client.string_to_sign,
            client_sent=client.sent,
            client_answer=client.answer,
            client_signature=client.signature,
        )
        log = shortened(went.log) if client.logs and REQUESTS[scenario.request].do != "url" else None
        return self._compose(scenario, server, who, went, facts, log)

    def _compose(
        self, scenario: Scenario, server: Server, who: Identity, went: _Went, facts: Facts, log: str | None
    ) -> Case | None:
        if not _is_refused(went.received):
            return _left_out(scenario, f"the server answers {went.received.status}")
        sent, received = _cut(parse(went.sent.request)), _cut(parse(went.received.request))
        body = went.sent.answer_body  # as it came back to the client
        wanted = REQUESTS.get(scenario.request, Wanted(scenario.request, "get"))
        text = decoded(went.received.answer_body)
        facts = replace(
            facts,
            code=_code(text),
            refusal=_kind(text) or "mismatch",
            presigned=wanted.do == "url",
            client_answer=facts.client_answer and bool(body),
            body_text="<CanonicalRequest>" in text or "Canonical String for" in text,
            body_sts="<StringToSign>" in text or "String-to-Sign" in text,
            body_signature="<SignatureProvided>" in text,
        )
        given = compose.Evidence(
            error=body or None,
            client=log,
            sent=sent,
            received=received,
            secret=scenario.given(server.who, who),
            url=wanted.do == "url",
            scheme="http",
        )
        case = compose.compose(f"live/{scenario.name}", scenario.how, facts, given, scenarios.SETS)
        # Which kernel recorded this stands in unsigned User-Agents, and is nobody's business.
        case.evidence = {kind: part.replace(platform.release(), "6.1.0") for kind, part in case.evidence.items()}
        return case if case.sets else None


def _use(log: str, port: int, change: str | None) -> None:
    """Uses a presigned URL as a browser would, or otherwise than it was made for."""
    found = re.search(r'\{"url": ?"([^"]+)"\}', log)
    url = urlsplit(json.loads(f'"{found[1]}"'))
    target = url.path + ("?" + url.query if url.query else "")
    request = Request("GET", target, (("Host", url.netloc), ("User-Agent", "Mozilla/5.0"), ("Accept", "*/*")))
    _send(port, CHANGES[change].apply(request) if change else request)


def _send(port: int, request: Request) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request.to_bytes())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            pass


def _cut(request: Request) -> Request:
    return replace(request, body=request.body[:_BODY_LIMIT])


def _code(body: str) -> str:
    found = re.search(r"<Code>([A-Za-z0-9]+)</Code>", body) or re.search(r'"__type": ?"(?:[^"#]*#)?([A-Za-z]+)"', body)
    return found[1] if found else ""


# What an error is, by its code and by words of its message: the first row that fits.
_KINDS = (
    ("InvalidAccessKeyId", "", "unknown-key"),
    ("RequestTimeTooSkewed", "", "skewed"),
    ("XAmzContentSHA256Mismatch", "", "content-mismatch"),
    ("AuthorizationHeaderMalformed", "three components", "three-components"),
    ("AuthorizationHeaderMalformed", "region", "wrong-region"),
    ("AuthorizationHeaderMalformed", "mal-formed", "malformed-credential"),
    ("AccessDenied", "not signed", "headers-not-signed"),
    ("AccessDenied", "valid Date", "no-date"),
    ("InvalidRequest", "AWS4-HMAC-SHA256", "sigv2"),
    ("AccessDenied", "expired", "url-expired"),
    ("AuthorizationQueryParametersError", "region", "wrong-region"),
    ("UnrecognizedClientException", "", "unknown-key"),
    ("InvalidClientTokenId", "", "unknown-key"),
    ("SignatureDoesNotMatch", "Signature expired", "skewed"),
    ("SignatureDoesNotMatch", "", "mismatch"),
    ("InvalidSignatureException", "Signature expired", "skewed"),
    ("InvalidSignatureException", "", "mismatch"),
)


def _kind(body: str) -> str | None:
    """A kind of `verifier.check.Refusal`; `None` if it is no signature failure."""
    return next((kind for code, words, kind in _KINDS if code == _code(body) and words in body), None)


def _is_refused(passed: Passed) -> bool:
    body = decoded(passed.answer_body)
    return _kind(body) is not None or (not body and passed.status == 403)


def _left_out(scenario: Scenario, why: str) -> None:
    print(f"left out: {scenario.name}: {why}", file=sys.stderr)
