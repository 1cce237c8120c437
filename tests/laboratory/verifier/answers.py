"""What services are documented to answer for each refusal: S3 and its look-alikes, JSON and query protocol.

S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
Others: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
Elements of the look-alikes follow public bodies of Cloudflare R2, Google Cloud Storage and MinIO.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from html import escape

from ..message import encoded
from .check import TIME, Refusal, Service

_MISMATCH = "The request signature we calculated does not match the signature you provided. "
_S3_MISMATCH = _MISMATCH + "Check your key and signing method."
_OTHER_MISMATCH = _MISMATCH + (
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True)
class Answer:
    status: int
    code: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    request_id: str = ""


@dataclass(frozen=True)
class _Error:
    status: int
    code: str
    message: str
    elements: dict[str, str]


def answer(refusal: Refusal, service: Service, number: int) -> Answer:
    """`number` makes the request id, so that a case made again is the same case."""
    digest = hashlib.sha256(f"{service.flavour} {number}".encode()).hexdigest().upper()
    request_id = "".join(
        "ABCDEFGHJKMNPQRSTVWXYZ0123456789"[int(two, 16) % 32] for two in (digest[at : at + 2] for at in range(0, 32, 2))
    )
    if service.flavour in _OTHERS:
        return _OTHERS[service.flavour](_other_error(refusal), request_id)
    return _s3_answer(refusal, service.flavour, request_id, digest)


# --- S3 and its look-alikes -----------------------------------------------------------------------------------------


def _s3_answer(refusal: Refusal, flavour: str, request_id: str, digest: str) -> Answer:
    error = _s3_error(refusal, flavour)
    ids = {"RequestId": request_id, "HostId": (digest.lower() * 2)[:75] + "="}
    if flavour == "minio":
        ids = {"Key": refusal.told.get("path", "/").partition("/")[2], "Resource": refusal.told.get("path", "/"), **ids}
    elif flavour in ("r2", "gcs"):
        ids = {}
    inner = "".join(
        f"<{name}>{escape(text, quote=False)}</{name}>"
        for name, text in ({"Code": error.code, "Message": error.message} | error.elements | ids).items()
    )
    opening = '<?xml version="1.0" encoding="UTF-8"?>' + ("" if flavour == "gcs" else "\n")
    headers = (
        ("Content-Type", "application/xml"),
        ("x-amz-request-id", request_id),
        ("x-amz-id-2", ids.get("HostId", "-")),
    )
    return Answer(error.status, error.code, encoded(f"{opening}<Error>{inner}</Error>"), headers, request_id)


def _s3_error(refusal: Refusal, flavour: str) -> _Error:
    told = refusal.told
    if refusal.kind == "mismatch":
        return _mismatch(told, flavour)
    if refusal.kind in _SCOPE:
        return _malformed_scope(told, _SCOPE[refusal.kind].format(**told))
    if refusal.kind == "skewed":
        return _Error(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            {
                "RequestTime": told["time"],
                "ServerTime": _iso(told["now"]),
                "MaxAllowedSkewMilliseconds": str(int(told["skew_minutes"]) * 60000),
            },
        )
    if refusal.kind == "url-expired":
        if flavour == "gcs":
            return _Error(
                400, "ExpiredToken", "Invalid argument.", {"Details": f"Request has expired: {_iso(told['expired'])}"}
            )
        return _Error(
            403,
            "AccessDenied",
            "Request has expired",
            {"X-Amz-Expires": told["expires"], "Expires": _iso(told["expired"]), "ServerTime": _iso(told["now"])},
        )
    if refusal.kind == "redirect":
        return _Error(
            int(told["status"]),
            told["code"],
            _REDIRECTS[told["code"]],
            {"Endpoint": told["endpoint"], "Bucket": told["bucket"]},
        )
    status, code, message, elements = _S3[refusal.kind]
    return _Error(status, code, message, {name: text.format(**told) for name, text in elements.items()})


def _mismatch(told: dict[str, str], flavour: str) -> _Error:
    text, canonical = told["string_to_sign"], told["canonical"]
    elements = {
        "AWSAccessKeyId": told["key_id"],
        "StringToSign": text,
        "SignatureProvided": told["signature"],
        "StringToSignBytes": encoded(text).hex(" "),
        "CanonicalRequest": canonical,
        "CanonicalRequestBytes": encoded(canonical).hex(" "),
    }
    if flavour == "r2":
        elements = {"StringToSign": text, "CanonicalRequest": canonical, "SignatureProvided": told["signature"]}
    elif flavour == "gcs":
        return _Error(
            403,
            "SignatureDoesNotMatch",
            "Access denied.",
            {
                "Details": _MISMATCH + "Check your Google secret key and signing method.",
                "StringToSign": text,
                "CanonicalRequest": canonical,
            },
        )
    elif flavour == "minio":
        elements = {}
    return _Error(403, "SignatureDoesNotMatch", _S3_MISMATCH, elements)


_SCOPE = {
    "wrong-region": "the region '{region}' is wrong; expecting '{expected_region}'",
    "wrong-service": 'incorrect service "{service}". This endpoint belongs to "{expected_service}".',
    "wrong-terminator": 'incorrect terminal "{terminator}". This endpoint uses "aws4_request".',
    "scope-date": 'Invalid credential date "{date}". This date is not the same as X-Amz-Date: "{time}".',
    "malformed-credential": "the Credential is mal-formed; "
    'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
}


def _malformed_scope(told: dict[str, str], what: str) -> _Error:
    region = {"Region": told["expected_region"]} if "is wrong" in what else {}
    if told.get("presigned"):
        return _Error(
            400, "AuthorizationQueryParametersError", f"Error parsing the X-Amz-Credential parameter; {what}", region
        )
    return _Error(400, "AuthorizationHeaderMalformed", f"The authorization header is malformed; {what}", region)


_S3 = {
    "sigv2": (
        400,
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        {},
    ),
    "no-authorization": (403, "AccessDenied", "Access Denied", {}),
    "three-components": (
        400,
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the authorization header "
        "requires three components: Credential, SignedHeaders, and Signature.",
        {},
    ),
    "missing-parameters": (
        400,
        "AuthorizationQueryParametersError",
        "Query-string authentication version 4 requires the "
        "X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
        "X-Amz-Expires parameters.",
        {},
    ),
    "bad-expires": (400, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number", {}),
    "no-date": (403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", {}),
    "no-content-sha256": (400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256", {}),
    "bad-content-sha256": (
        400,
        "InvalidArgument",
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.",
        {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": "{value}"},
    ),
    "unknown-key": (
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        {"AWSAccessKeyId": "{key_id}"},
    ),
    "expired-token": (400, "ExpiredToken", "The provided token has expired.", {"Token-0": "{token}"}),
    "invalid-token": (
        400,
        "InvalidToken",
        "The provided token is malformed or otherwise invalid.",
        {"Token-0": "{token}"},
    ),
    "not-yet-valid": (403, "AccessDenied", "Request is not yet valid", {}),
    "headers-not-signed": (
        403,
        "AccessDenied",
        "There were headers present in the request which were not signed",
        {"HeadersNotSigned": "{names}"},
    ),
    "content-mismatch": (
        400,
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        {"ClientComputedContentSHA256": "{declared}", "S3ComputedContentSHA256": "{computed}"},
    ),
}


_REDIRECTS = {
    "PermanentRedirect": "The bucket you are attempting to access must be addressed using the specified endpoint. "
    "Please send all future requests to this endpoint.",
    "TemporaryRedirect": "Please re-send this request to the specified temporary endpoint. "
    "Continue to use the original request endpoint for future requests.",
}


def _iso(time: str) -> str:
    return datetime.strptime(time, TIME).replace(tzinfo=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- JSON and query protocol ----------------------------------------------------------------------------------------


def _other_error(refusal: Refusal) -> _Error:
    told = refusal.told
    if refusal.kind == "mismatch":
        shown = (
            f"\n\nThe Canonical String for this request should have been\n'{told['canonical']}'\n\n"
            f"The String-to-Sign should have been\n'{told['string_to_sign']}'\n"
        )
        return _Error(403, "InvalidSignatureException", _OTHER_MISMATCH + shown, {})
    status, code, message = _OTHER[refusal.kind + ("-late" if told.get("late") else "")]
    return _Error(status, code, message.format(**told), {})


_INVALID = "InvalidSignatureException"
_OTHER = {
    "wrong-region": (403, _INVALID, "Credential should be scoped to a valid Region, not '{region}'. "),
    "wrong-service": (403, _INVALID, "Credential should be scoped to correct service: '{expected_service}'. "),
    "wrong-terminator": (
        403,
        _INVALID,
        "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'. ",
    ),
    "scope-date": (
        403,
        _INVALID,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'{date}' != '{time}', from '{time}'.",
    ),
    "malformed-credential": (
        403,
        "IncompleteSignatureException",
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/term, got '{credential}'",
    ),
    "three-components": (
        403,
        "IncompleteSignatureException",
        "Authorization header requires 'Credential' parameter. Authorization "
        "header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
        "Authorization={header}",
    ),
    "missing-parameters": (
        403,
        "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-Algorithm', "
        "'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Signature' and 'X-Amz-SignedHeaders'.",
    ),
    "no-authorization": (403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    "no-date": (
        403,
        "IncompleteSignatureException",
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ),
    "sigv2": (403, "IncompleteSignatureException", "Unsupported AWS 'algorithm': 'AWS'"),
    "unknown-key": (403, "UnrecognizedClientException", "The security token included in the request is invalid."),
    "invalid-token": (403, "UnrecognizedClientException", "The security token included in the request is invalid."),
    "expired-token": (403, "ExpiredTokenException", "The security token included in the request is expired"),
    "skewed-late": (
        403,
        _INVALID,
        "Signature expired: {time} is now earlier than {edge} ({now} - {skew_minutes} min.)",
    ),
    "skewed": (
        403,
        _INVALID,
        "Signature not yet current: {time} is still later than {edge} ({now} + {skew_minutes} min.)",
    ),
    "url-expired": (403, _INVALID, "Signature expired: {now} is now later than {expired} ({time} + {expires} s.)"),
}
# What the query protocol calls the codes of the JSON protocol.
_QUERY_CODES = {
    _INVALID: "SignatureDoesNotMatch",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ExpiredTokenException": "ExpiredToken",
    "IncompleteSignatureException": "IncompleteSignature",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
}


def _json(error: _Error, request_id: str) -> Answer:
    body = json.dumps({"__type": f"com.amazon.coral.service#{error.code}", "message": error.message})
    headers = (("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", request_id))
    return Answer(400, error.code, encoded(body), headers, request_id)


def _rest_json(error: _Error, request_id: str) -> Answer:
    headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", error.code))
    return Answer(error.status, error.code, encoded(json.dumps({"message": error.message})), headers, request_id)


def _query(error: _Error, request_id: str) -> Answer:
    code = _QUERY_CODES.get(error.code, error.code)
    body = (
        f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n'
        f"    <Code>{code}</Code>\n    <Message>{escape(error.message, quote=False)}</Message>\n  </Error>\n"
        f"  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n"
    )
    return Answer(
        error.status, code, encoded(body), (("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)), request_id
    )


_OTHERS = {"json": _json, "rest-json": _rest_json, "query": _query}
