"""A signer taken apart into its steps, each of which a deliberate bug can replace."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from . import sigv4
from .message import Request
from .sigv4 import Rules


@dataclass(frozen=True)
class Identity:
    key_id: str
    secret: str
    token: str | None = None


@dataclass(frozen=True)
class Parts:
    """The six parts of a canonical request, before they are put together."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    signed_headers: str
    payload: str


@dataclass(frozen=True)
class Signed:
    """A signed request as it would be sent, and the texts that were signed."""

    request: Request
    canonical: str
    string_to_sign: str
    signature: str


def _headers(request: Request, names: list[str]) -> list[tuple[str, str]]:
    return [(name, ",".join(sigv4.canonical_value(value) for value in request.all(name))) for name in names]


def _text(parts: Parts) -> str:
    lines = "".join(f"{name}:{value}\n" for name, value in parts.headers)
    return "\n".join((parts.method, parts.path, parts.query, lines, parts.signed_headers, parts.payload))


@dataclass(frozen=True)
class Steps:
    """A correct signer. A bug is one of these replaced."""

    method: Callable[[str], str] = lambda method: method
    path: Callable[[str, Rules], str] = sigv4.canonical_path
    query: Callable[[str], str] = lambda query: sigv4.canonical_query(sigv4.query_pairs(query))
    names: Callable[[list[str]], list[str]] = sorted
    headers: Callable[[Request, list[str]], list[tuple[str, str]]] = _headers
    # What Authorization and the canonical request say of the signed names.
    listed: Callable[[list[str]], str] = ";".join
    payload_hash: Callable[[bytes], str] = sigv4.sha256
    # Whether x-amz-content-sha256 says what was signed, or what is right.
    declares_its_hash: bool = True
    text: Callable[[Parts], str] = _text
    scope: Callable[[str, str, str], str] = lambda time, region, service: f"{time[:8]}/{region}/{service}/aws4_request"
    secret: Callable[[str], str] = lambda secret: secret
    key: Callable[[str, str], bytes] = sigv4.signing_key

    def sign(
        self,
        request: Request,
        who: Identity,
        time: str,
        region: str,
        service: str,
        extra_names: tuple[str, ...] = (),
        rules: Rules | None = None,
    ) -> Signed:
        """Signs into the Authorization header: host, the x-amz headers, and `extra_names`."""
        digest = self.payload_hash(request.body)
        request = request.with_header("X-Amz-Date", time)
        if service == "s3":
            declared = digest if self.declares_its_hash else sigv4.sha256(request.body)
            request = request.with_header("x-amz-content-sha256", declared)
        if who.token:
            request = request.with_header("X-Amz-Security-Token", who.token)
        present = {name.lower() for name, _ in request.headers}
        names = self.names(
            [name for name in present if name == "host" or name.startswith("x-amz-") or name in extra_names]
        )
        canonical = self._canonical(request, names, digest, rules or Rules.of(service))
        scope = self.scope(time, region, service)
        text, signature = self._finish(canonical, who, time, scope)
        credential = f"{sigv4.ALGORITHM} Credential={who.key_id}/{scope}"
        value = f"{credential}, SignedHeaders={self.listed(names)}, Signature={signature}"
        return Signed(request.with_header("Authorization", value), canonical, text, signature)

    def presign(
        self,
        request: Request,
        who: Identity,
        time: str,
        region: str,
        service: str,
        expires: int = 3600,
        extra_names: tuple[str, ...] = (),
        rules: Rules | None = None,
    ) -> Signed:
        """Signs into the query: host and `extra_names`."""
        names = self.names(["host", *extra_names])
        scope = self.scope(time, region, service)
        added = {
            "X-Amz-Algorithm": sigv4.ALGORITHM,
            "X-Amz-Credential": f"{who.key_id}/{scope}",
            "X-Amz-Date": time,
            "X-Amz-Expires": str(expires),
            "X-Amz-SignedHeaders": self.listed(names),
        }
        if who.token:
            added["X-Amz-Security-Token"] = who.token
        query = "&".join(
            [part for part in (request.query,) if part]
            + [f"{name}={sigv4.percent(value)}" for name, value in added.items()]
        )
        request = request.with_query(query)
        payload = sigv4.UNSIGNED if service == "s3" else self.payload_hash(request.body)
        canonical = self._canonical(request, names, payload, rules or Rules.of(service))
        text, signature = self._finish(canonical, who, time, scope)
        return Signed(request.with_query(f"{query}&X-Amz-Signature={signature}"), canonical, text, signature)

    def _canonical(self, request: Request, names: list[str], payload: str, rules: Rules) -> str:
        return self.text(
            Parts(
                self.method(request.method),
                self.path(request.path, rules),
                self.query(request.query),
                self.headers(request, names),
                self.listed(names),
                payload,
            )
        )

    def _finish(self, canonical: str, who: Identity, time: str, scope: str) -> tuple[str, str]:
        text = sigv4.string_to_sign(canonical, time, scope)
        return text, sigv4.signature(self.key(self.secret(who.secret), scope), text)

    def but(self, **steps: object) -> "Steps":
        return replace(self, **steps)
