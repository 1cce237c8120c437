"""Verifies one request as the service would, and says what is wrong with it.

The order of the checks is that of S3: form, scope, known key, time, headers, signature, payload.
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
"""

import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from .. import sigv4
from ..message import Request

TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Service:
    """What a verifying endpoint is: its scope, how it answers, how far clocks may differ."""

    name: str
    region: str
    keys: dict[str, str]
    flavour: str = "s3"  # a form of `answers.FORMS`
    skew: timedelta = timedelta(minutes=15)
    # Key id to the session token that belongs to it, and tokens that have run out.
    tokens: dict[str, str] = field(default_factory=dict)
    expired_tokens: frozenset[str] = frozenset()
    # Only for the official vectors, some of which are signed with other settings than their service's.
    rules: sigv4.Rules | None = None

    @property
    def is_s3(self) -> bool:
        return self.name == "s3"


@dataclass(frozen=True)
class Refusal:
    """A kind of refusal, and what its answer tells."""

    kind: str
    told: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Authorization:
    credential: str
    names: list[str]
    signature: str
    time: str | None
    is_presigned: bool
    expires: int | None = None

    @property
    def key_id(self) -> str:
        return self.credential.rsplit("/", 4)[0]

    @property
    def scope(self) -> list[str]:
        return self.credential.rsplit("/", 4)[1:]


def check(request: Request, service: Service, now: datetime) -> Refusal | None:
    """`None` if the request would be let in."""
    read = _authorization(request, service)
    if isinstance(read, Refusal):
        return read
    for step in (_scope, _key, _time, _headers, _signature, _payload):
        refusal = step(request, read, service, now)
        if refusal:
            return refusal
    return None


def _authorization(request: Request, service: Service) -> Authorization | Refusal:
    query = dict(sigv4.query_pairs(request.query))
    header = request.header("authorization")
    if header is None and ("Signature" in query and "AWSAccessKeyId" in query):
        return Refusal("sigv2")
    if header is None and "X-Amz-Algorithm" in query:
        return _from_query(query)
    if header is None:
        return Refusal("no-authorization")
    if header.startswith("AWS "):
        return Refusal("sigv2")
    found = dict(re.findall(r"(Credential|SignedHeaders|Signature)=([^,\s]*)", header))
    if not header.startswith(sigv4.ALGORITHM + " ") or len(found) < 3:
        return Refusal("three-components", {"header": header})
    if found["Credential"].count("/") < 4:
        return Refusal("malformed-credential", {"credential": found["Credential"]})
    time = request.header("x-amz-date") or request.header("date")
    if time is None or not re.fullmatch(r"\d{8}T\d{6}Z", time):
        return Refusal("no-date")
    if service.is_s3 and request.header("x-amz-content-sha256") is None:
        return Refusal("no-content-sha256")
    return Authorization(found["Credential"], found["SignedHeaders"].split(";"), found["Signature"], time, False)


def _from_query(query: dict[str, str]) -> Authorization | Refusal:
    wanted = ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires")
    if any(name not in query for name in wanted):
        return Refusal("missing-parameters")
    if not query["X-Amz-Expires"].isdigit():
        return Refusal("bad-expires")
    if query["X-Amz-Credential"].count("/") < 4:
        return Refusal("malformed-credential", {"credential": query["X-Amz-Credential"]})
    return Authorization(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"].split(";"),
        query["X-Amz-Signature"],
        query["X-Amz-Date"],
        True,
        int(query["X-Amz-Expires"]),
    )


def _scope(_request: Request, read: Authorization, service: Service, _now: datetime) -> Refusal | None:
    date, region, name, end = read.scope
    told = {
        "date": date,
        "region": region,
        "service": name,
        "terminator": end,
        "expected_region": service.region,
        "expected_service": service.name,
        "presigned": "yes" if read.is_presigned else "",
        "time": read.time,
    }
    if end != "aws4_request":
        return Refusal("wrong-terminator", told)
    if name != service.name:
        return Refusal("wrong-service", told)
    if region != service.region:
        return Refusal("wrong-region", told)
    if date != read.time[:8]:
        return Refusal("scope-date", told)
    return None


def _key(request: Request, read: Authorization, service: Service, _now: datetime) -> Refusal | None:
    told = {"key_id": read.key_id}
    token = request.header("x-amz-security-token") or dict(sigv4.query_pairs(request.query)).get("X-Amz-Security-Token")
    if read.key_id not in service.keys:
        return Refusal("unknown-key", told)
    wanted = service.tokens.get(read.key_id)
    if token in service.expired_tokens:
        return Refusal("expired-token", told | {"token": token})
    if wanted and token is None:
        return Refusal("unknown-key", told)
    if token != wanted:
        return Refusal("invalid-token", told | {"token": token})
    return None


def _time(_request: Request, read: Authorization, service: Service, now: datetime) -> Refusal | None:
    try:
        signed = datetime.strptime(read.time, TIME).replace(tzinfo=timezone.utc)
    except ValueError:
        return Refusal("no-date")
    told = {"time": read.time, "now": now.strftime(TIME), "skew_minutes": str(int(service.skew.total_seconds() // 60))}
    if read.is_presigned and now > signed + timedelta(seconds=read.expires):
        expired = signed + timedelta(seconds=read.expires)
        return Refusal("url-expired", told | {"expires": str(read.expires), "expired": expired.strftime(TIME)})
    if read.is_presigned and signed > now + service.skew:
        return Refusal("not-yet-valid", told)
    if not read.is_presigned and abs(now - signed) > service.skew:
        edge = now - service.skew if signed < now else now + service.skew
        return Refusal("skewed", told | {"edge": edge.strftime(TIME), "late": "yes" if signed < now else ""})
    return None


def _headers(request: Request, read: Authorization, _service: Service, _now: datetime) -> Refusal | None:
    unsigned = sorted(
        {
            name.lower()
            for name, _ in request.headers
            if name.lower().startswith("x-amz-")
            and name.lower() not in (*read.names, "x-amz-content-sha256", "x-amz-security-token")
        }
    )
    if read.is_presigned:
        unsigned = sorted(
            {
                name.lower()
                for name, _ in request.headers
                if name.lower().startswith("x-amz-") and name.lower() not in read.names
            }
        )
    return Refusal("headers-not-signed", {"names": ", ".join(unsigned)}) if unsigned else None


def payload_line(request: Request, read: Authorization, service: Service) -> str:
    declared = request.header("x-amz-content-sha256")
    if read.is_presigned and service.is_s3:
        return declared or sigv4.UNSIGNED
    return (declared or "") if service.is_s3 else sigv4.sha256(request.body)


def texts(request: Request, read: Authorization, service: Service) -> tuple[str, str]:
    """Canonical request and string to sign as the server computes them, over the headers the client declared."""
    rules = service.rules or sigv4.Rules.of(service.name)
    # Whatever order a client declares, canonical names are sorted and stand once.
    names = sorted({name.lower() for name in read.names})
    canonical = sigv4.canonical_request(request, names, payload_line(request, read, service), rules)
    return canonical, sigv4.string_to_sign(canonical, read.time, "/".join(read.scope))


def _signature(request: Request, read: Authorization, service: Service, _now: datetime) -> Refusal | None:
    canonical, text = texts(request, read, service)
    key = sigv4.signing_key(service.keys[read.key_id], "/".join(read.scope))
    if hmac.compare_digest(sigv4.signature(key, text).encode(), read.signature.encode()):
        return None
    return Refusal(
        "mismatch",
        {
            "key_id": read.key_id,
            "canonical": canonical,
            "string_to_sign": text,
            "signature": read.signature,
            "method": request.method,
            "path": request.path,
        },
    )


def _payload(request: Request, read: Authorization, service: Service, _now: datetime) -> Refusal | None:
    declared, body = request.header("x-amz-content-sha256"), sigv4.sha256(request.body)
    if not service.is_s3 or read.is_presigned or declared in (None, sigv4.UNSIGNED, body):
        return None
    if declared.startswith("STREAMING-"):
        return None
    if not re.fullmatch("[0-9a-f]{64}", declared):
        return Refusal("bad-content-sha256", {"value": declared})
    return Refusal("content-mismatch", {"declared": declared, "computed": body})
