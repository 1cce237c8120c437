"""Failures that are no bug of canonicalisation: credentials, clocks, expiry, old or malformed requests, redirects."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from . import sigv4
from .bases import Base
from .message import Request, encoded
from .steps import Identity, Signed, Steps
from .verifier.check import TIME, Refusal, Service

# The identity as configured is changed by `who`; whose secret the user then believes in is in `secrets`.
SignIt = Callable[[Base, Identity, datetime], Signed]
OTHER_SECRET = "rotated/Secret+ThatNeverReachedEXAMPLEKEY"


def signed_at(offset: timedelta = timedelta(), expires: int = 3600) -> SignIt:
    def sign(base: Base, who: Identity, now: datetime) -> Signed:
        time = (now + offset).strftime(TIME)
        if base.presigned:
            return Steps().presign(base.request, who, time, base.region, base.service, expires, base.extra_names)
        return Steps().sign(base.request, who, time, base.region, base.service, base.extra_names)

    return sign


@dataclass(frozen=True)
class Situation:
    name: str
    how: str
    cause: str
    bases: tuple[str, ...]
    component: str | None = None
    side: str = "said"
    temporary: bool = False
    shown: bool = False
    also: tuple[str, ...] = ()
    texts: bool = True  # the signer writes what it signed
    who: Callable[[Identity], Identity] = lambda right: right
    sign: SignIt = signed_at()
    finish: Callable[[Request], Request] = lambda request: request
    endpoint: Callable[[Service, Identity], Service] = lambda service, who: service
    secrets: Callable[[Identity, Identity], dict[str, str]] = lambda right, who: {"": right.secret}
    refusal: Refusal | None = None  # what the service says although a signature check would let it in


def _sigv2_header(base: Base, who: Identity, now: datetime) -> Signed:
    date = now.strftime("%a, %d %b %Y %H:%M:%S GMT")
    kind = base.request.header("content-type") or ""
    text = f"{base.request.method}\n\n{kind}\n{date}\n/media-example{base.request.path}"
    value = _sigv2(who.secret, text)
    request = base.request.with_header("Date", date).with_header("Authorization", f"AWS {who.key_id}:{value}")
    return Signed(request, "", text, value)


def _sigv2_query(base: Base, who: Identity, now: datetime) -> Signed:
    expires = int(now.timestamp()) + 3600
    text = f"{base.request.method}\n\n\n{expires}\n/media-example{base.request.path}"
    value = _sigv2(who.secret, text)
    query = f"AWSAccessKeyId={who.key_id}&Expires={expires}&Signature={sigv4.percent(value)}"
    return Signed(base.request.with_query(query), "", text, value)


def _sigv2(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(encoded(secret), encoded(text), hashlib.sha1).digest()).decode()


def _authorization(pattern: str, new: str) -> Callable[[Request], Request]:
    return lambda request: request.with_header("Authorization", re.sub(pattern, new, request.header("authorization")))


def _query(pattern: str, new: str) -> Callable[[Request], Request]:
    return lambda request: request.with_query(re.sub(pattern, new, request.query))


def _content_sha256(value: str) -> SignIt:
    """A signer that declares something of its own."""
    return lambda base, who, now: Steps(payload_hash=lambda body: value).sign(
        base.request, who, now.strftime(TIME), base.region, base.service, base.extra_names
    )


def _without(header: str) -> SignIt:
    """A signer that neither signs nor sends a header that it should."""

    def sign(base: Base, who: Identity, now: datetime) -> Signed:
        steps = Steps(names=lambda names: sorted(name for name in names if name != header))
        signed = steps.sign(base.request, who, now.strftime(TIME), base.region, base.service, base.extra_names)
        return replace(signed, request=signed.request.with_header(header, None))

    return sign


def _redirect(code: str, status: str, endpoint: str) -> Refusal:
    return Refusal("redirect", {"code": code, "status": status, "endpoint": endpoint, "bucket": "media-example"})


def _without_token(right: Identity) -> Identity:
    return replace(right, token=None)


_MANY = ("s3-put", "s3-key-odd", "dynamodb", "api-get", "sts", "url-get")

SITUATIONS = {
    one.name: one
    for one in (
        Situation(
            "wrong-secret",
            "signed with a secret that the service does not hold",
            "wrong-secret",
            (*_MANY, "gcs-plain", "minio-put", "s3-list"),
            side="secret",
            who=lambda right: replace(right, secret=OTHER_SECRET),
            secrets=lambda right, who: {"signer": who.secret, "aws": right.secret},
        ),
        Situation(
            "wrong-secret-of-role",
            "signed with the secret of another session",
            "wrong-secret",
            ("s3-get", "dynamodb", "url-get"),
            side="secret",
            temporary=True,
            who=lambda right: replace(right, secret=OTHER_SECRET),
            secrets=lambda right, who: {"signer": who.secret, "aws": right.secret},
        ),
        Situation(
            "unknown-key",
            "signed with a key id that was deleted",
            "unknown-access-key",
            (*_MANY, "r2-get"),
            who=lambda right: replace(right, key_id="AKIAI44QH8DHBEXAMPLE"),
        ),
        Situation(
            "unknown-temporary-key",
            "signed with temporary credentials that are gone",
            "unknown-access-key",
            ("s3-get", "dynamodb"),
            temporary=True,
            who=lambda right: replace(right, key_id="ASIAI44QH8DHBEXAMPLE"),
        ),
        Situation(
            "swapped",
            "key id and secret were exchanged in the configuration",
            "secret-malformed",
            ("s3-put", "url-get"),
            who=lambda right: replace(right, key_id=right.secret, secret=right.key_id),
        ),
        Situation(
            "token-missing",
            "temporary credentials were used without their token",
            "expired-token",
            ("s3-put", "dynamodb", "sts", "url-get"),
            temporary=True,
            who=_without_token,
        ),
        Situation(
            "token-expired",
            "the session token has run out",
            "expired-token",
            ("s3-put", "dynamodb", "sts", "url-get", "api-get"),
            temporary=True,
            endpoint=lambda service, who: replace(service, expired_tokens=frozenset({who.token})),
        ),
        Situation(
            "token-of-others",
            "the session token belongs to other credentials",
            "expired-token",
            ("s3-put", "s3-get", "url-get"),
            temporary=True,
            who=lambda right: replace(right, token="AQoDYXdzEJr//token+of+another/session=="),
        ),
        Situation(
            "clock-late",
            "the signer's clock is 25 minutes slow",
            "clock-skew",
            ("s3-put", "s3-get", "dynamodb", "sts", "api-get"),
            sign=signed_at(timedelta(minutes=-25)),
        ),
        Situation(
            "clock-early",
            "the signer's clock is 40 minutes fast",
            "clock-skew",
            ("s3-put", "dynamodb", "sts", "url-get"),
            sign=signed_at(timedelta(minutes=40)),
        ),
        Situation(
            "resent-next-day",
            "a queue sent the signed request a day later",
            "clock-skew",
            ("s3-put-text", "api-post"),
            sign=signed_at(timedelta(days=-1)),
        ),
        Situation(
            "url-expired",
            "the URL was used two hours after it was made for one",
            "url-expired",
            ("url-get", "url-put", "url-download"),
            sign=signed_at(timedelta(hours=-2)),
        ),
        Situation(
            "url-expired-at-once",
            "the URL was made for five seconds",
            "url-expired",
            ("url-get", "url-odd"),
            sign=signed_at(timedelta(seconds=-30), expires=5),
        ),
        Situation(
            "sigv2-header",
            "signed with Signature Version 2",
            "legacy-sigv2",
            ("s3-put", "s3-get", "s3-key-space"),
            shown=True,
            texts=False,
            sign=_sigv2_header,
        ),
        Situation(
            "sigv2-query",
            "presigned with Signature Version 2",
            "legacy-sigv2",
            ("url-get",),
            shown=True,
            texts=False,
            sign=_sigv2_query,
        ),
        Situation(
            "no-signature",
            "the Authorization header lacks its signature",
            "malformed-authorization",
            ("s3-put", "dynamodb"),
            shown=True,
            finish=_authorization(r", Signature=.*", ""),
        ),
        Situation(
            "credential-of-four-parts",
            "the credential lacks its region",
            "malformed-authorization",
            ("s3-get", "sts"),
            shown=True,
            finish=_authorization(r"(Credential=[^/]+/\d+)/[^/]+", r"\1"),
        ),
        Situation(
            "header-cut",
            "the Authorization header was cut at its first comma",
            "malformed-authorization",
            ("api-get",),
            shown=True,
            finish=_authorization(r",.*", ""),
        ),
        Situation(
            "url-without-expires",
            "the URL lost its X-Amz-Expires",
            "malformed-authorization",
            ("url-get", "url-download"),
            shown=True,
            also=("query-changed",),
            finish=_query(r"&X-Amz-Expires=\d+", ""),
        ),
        Situation(
            "url-cut",
            "the URL was cut before its signature",
            "malformed-authorization",
            ("url-get",),
            shown=True,
            also=("query-changed",),
            finish=_query(r"&X-Amz-Signature=.*", ""),
        ),
        Situation(
            "no-date",
            "the signer sends no date",
            "malformed-authorization",
            ("s3-get", "dynamodb"),
            shown=True,
            sign=_without("x-amz-date"),
        ),
        Situation(
            "no-content-sha256",
            "the signer does not send x-amz-content-sha256",
            "signer-payload-hash",
            ("s3-get", "s3-put"),
            sign=_without("x-amz-content-sha256"),
        ),
        Situation(
            "bad-content-sha256",
            "the signer declares an MD5 where a SHA-256 belongs",
            "signer-payload-hash",
            ("s3-put", "s3-put-text"),
            sign=_content_sha256("5d41402abc4b2a76b9719d911017c592"),
        ),
        Situation(
            "permanent-redirect",
            "the bucket lives in another region than the endpoint",
            "endpoint-mismatch",
            ("s3-path-style", "s3-get"),
            refusal=_redirect("PermanentRedirect", "301", "media-example.s3.us-west-2.amazonaws.com"),
        ),
        Situation(
            "temporary-redirect",
            "the bucket's name is not known everywhere yet",
            "endpoint-mismatch",
            ("s3-global",),
            refusal=_redirect("TemporaryRedirect", "307", "media-example.s3.eu-central-1.amazonaws.com"),
        ),
        Situation(
            "global-host",
            "signed for the global host, the bucket being in Frankfurt",
            "wrong-region",
            ("s3-global",),
            "region",
            also=("endpoint-mismatch",),
            endpoint=lambda service, who: replace(service, region="eu-central-1"),
        ),
    )
}
