"""How signers write down what they signed: the shapes of real debug logs, for the hand-written signers.

The real clients of the live laboratory bring their own.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from .message import decoded
from .steps import Signed


@dataclass(frozen=True)
class Shape:
    """What a log of this shape holds besides texts: the request as sent, the canonical request, the string to sign."""

    write: Callable[[Signed], str]
    sent: bool = False
    canonical: bool = True
    string_to_sign: bool = True
    signature: bool = False
    sdk: bool = False  # the log of an official SDK, in which nobody looks for a wrong derivation


def _botocore(signed: Signed) -> str:
    url = f"https://{signed.request.header('host')}{signed.request.target}"
    headers = {name: value for name, value in signed.request.headers if name != "Host"}
    at = "2026-04-15 07:42:13,214 botocore.auth [DEBUG] "
    return (
        f"{at}Calculating signature using v4 auth.\n{at}CanonicalRequest:\n{signed.canonical}\n"
        f"{at}StringToSign:\n{signed.string_to_sign}\n{at}Signature:\n{signed.signature}\n"
        "2026-04-15 07:42:13,215 botocore.endpoint [DEBUG] "
        f"Sending http request: <AWSPreparedRequest stream_output=False, "
        f"method={signed.request.method}, url={url}, headers={headers!r}>\n"
    )


def _go(signed: Signed) -> str:
    head = decoded(signed.request.to_bytes()).partition("\r\n\r\n")[0].replace("\r\n", "\n")
    return (
        "2026/04/15 07:42:13 DEBUG: Request Signature:\n---[ CANONICAL STRING  ]-----------------------------\n"
        f"{signed.canonical}\n---[ STRING TO SIGN ]--------------------------------\n{signed.string_to_sign}\n"
        "-----------------------------------------------------\n"
        "2026/04/15 07:42:13 DEBUG: Request s3/Request Details:\n"
        f"---[ REQUEST POST-SIGN ]-----------------------------\n{head}\n\n"
        "-----------------------------------------------------\n"
    )


def _java(signed: Signed) -> str:
    at = "2026-04-15 07:42:13,214 [main] DEBUG software.amazon.awssdk.auth.signer.Aws4Signer:84 - "
    return f"{at}AWS4 Canonical Request: {signed.canonical}\n{at}AWS4 String to sign: {signed.string_to_sign}\n"


def _json_line(signed: Signed) -> str:
    told = {
        "time": "2026-04-15T07:42:13.214Z",
        "level": "debug",
        "msg": "signed",
        "canonicalRequest": signed.canonical,
        "stringToSign": signed.string_to_sign,
    }
    return json.dumps(told) + "\n"


def _indented(signed: Signed) -> str:
    """A program's own print, with a prefix on each line as a log collector adds it."""
    lines = f"canonical request:\n{signed.canonical}\nstring to sign:\n{signed.string_to_sign}\n".split("\n")[:-1]
    return "".join(f"2026-04-15T07:42:13.214Z uploader[31]: {line}\n" for line in lines)


def _only_string_to_sign(signed: Signed) -> str:
    return f"DEBUG signer: string to sign is {signed.string_to_sign!r}\n"


SHAPES = {
    "botocore": Shape(_botocore, sent=True, signature=True, sdk=True),
    "go": Shape(_go, sent=True, signature=True, sdk=True),
    "java": Shape(_java, sdk=True),
    "json-line": Shape(_json_line),
    "collected": Shape(_indented),
    "only-string-to-sign": Shape(_only_string_to_sign, canonical=False),
}
