"""Writes CloudTrail log files: management calls, and S3 data events of requests that authenticated.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
CloudTrail has no record of an S3 request whose signature was refused, so none is written.
"""

import gzip
import json
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from parts import Exchange

from . import cast, changes, delivery, reading, s3_error_body
from .access_log_fields import CIPHER_SUITE, TLS_VERSION, Identities, identity_of
from .story import END, START

EVENT_NAMES = {"GET.OBJECT": "GetObject", "PUT.OBJECT": "PutObject", "HEAD.OBJECT": "HeadObject",
               "DELETE.OBJECT": "DeleteObject", "GET.BUCKET": "ListObjects"}
FILE_EVERY = timedelta(minutes=10)
LOGGED_PRESIGNED = ("X-Amz-Date", "X-Amz-Algorithm", "X-Amz-SignedHeaders", "X-Amz-Expires")


def write(exchanges: list[Exchange], identities: Identities, folder: Path) -> dict[str, int]:
    """Returns how many files with records, records and digest files were written."""
    records = [data_event(exchange, identities) for exchange in exchanges if not reading.signature_refused(exchange)]
    records += [management_event(call) for call in changes.CALLS]
    files: dict[tuple[str, datetime], list[dict[str, Any]]] = {}
    for record in records:
        time = datetime.fromisoformat(record["eventTime"])
        delivered = START + FILE_EVERY * ((time - START) // FILE_EVERY + 1) + timedelta(minutes=5)
        files.setdefault((record["awsRegion"], delivered), []).append(record)
    for (region, delivered), content in files.items():
        name = (f"{cast.ACCOUNT_ID}_CloudTrail_{region}_{delivered:%Y%m%dT%H%MZ}_"
                f"{delivery.digits(region, delivered)}.json.gz")
        _save(folder, "CloudTrail", region, name, {"Records": content})
    name = (f"{cast.ACCOUNT_ID}_CloudTrail-Digest_{cast.MAIN_REGION}_example-trail_{cast.MAIN_REGION}_"
            f"{END:%Y%m%dT%H%M%SZ}.json.gz")
    _save(folder, "CloudTrail-Digest", cast.MAIN_REGION, name, _digest())
    return {"objects": len(files), "records": len(records), "digests": 1}


def _save(folder: Path, kind: str, region: str, name: str, content: dict[str, Any]) -> None:
    target = folder / "AWSLogs" / cast.ACCOUNT_ID / kind / region / f"{START:%Y/%m/%d}"
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))


def _digest() -> dict[str, Any]:
    return {
        "awsAccountId": cast.ACCOUNT_ID, "digestStartTime": f"{START:%Y-%m-%dT%H:%M:%SZ}",
        "digestEndTime": f"{END:%Y-%m-%dT%H:%M:%SZ}", "digestS3Bucket": "example-trail",
        "previousDigestS3Bucket": None, "previousDigestHashValue": None, "logFiles": []}


def data_event(exchange: Exchange, identities: Identities) -> dict[str, Any]:
    """The record of one S3 request."""
    bucket, key = reading.bucket_and_key(exchange)
    event_name = EVENT_NAMES[f"{exchange.method}.{'OBJECT' if key else 'BUCKET'}"]
    identity = identity_of(exchange, identities)
    parameters: dict[str, Any] = {"bucketName": bucket.name, "Host": reading.host(exchange)}
    query = parse_qs(reading.query(exchange))
    if key:
        parameters["key"] = key
    else:
        parameters |= {name: values[0] for name, values in query.items()}
    parameters |= {name: query[name][0] for name in LOGGED_PRESIGNED if name in query}
    extra = {"CipherSuite": CIPHER_SUITE, "bytesTransferredIn": exchange.request_bytes,
             "bytesTransferredOut": s3_error_body.size(exchange) if exchange.status >= 400 else exchange.answer_bytes,
             "x-amz-id-2": reading.host_id(exchange)}
    if identity:
        extra |= {"SignatureVersion": "SigV4", "AuthenticationMethod": reading.authentication(exchange)}
    resources = [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket.name}/{key}"}] if key else []
    resources.append({"accountId": cast.ACCOUNT_ID, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket.name}"})
    return {
        "eventVersion": "1.11",
        "userIdentity": _user_identity(identity) if identity else _anonymous(),
        "eventTime": f"{exchange.time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "s3.amazonaws.com",
        "eventName": event_name,
        "awsRegion": bucket.region,
        "sourceIPAddress": exchange.client,
        "userAgent": f"[{exchange.header('user-agent')}]",
        **_error(exchange),
        "requestParameters": parameters,
        "responseElements": None,
        "additionalEventData": extra,
        "requestID": reading.request_id(exchange),
        "eventID": _event_id("data", reading.request_id(exchange)),
        "readOnly": exchange.method in ("GET", "HEAD"),
        "resources": resources,
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": cast.ACCOUNT_ID,
        "eventCategory": "Data",
        "tlsDetails": _tls(reading.host(exchange)),
    }


def _error(exchange: Exchange) -> dict[str, str]:
    code = reading.code(exchange)
    return {"errorCode": code, "errorMessage": s3_error_body.MESSAGES[code]} if code else {}


def management_event(call: changes.Call) -> dict[str, Any]:
    """The record of one management call."""
    service = call.source.partition(".")[0]
    error = {"errorCode": call.error_code, "errorMessage": (
        f"User: arn:aws:iam::{cast.ACCOUNT_ID}:user/{call.by} is not authorized to perform this action"),
    } if call.error_code else {}
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDA" + delivery.digits(call.by),
            "arn": f"arn:aws:iam::{cast.ACCOUNT_ID}:user/{call.by}", "accountId": cast.ACCOUNT_ID,
            "accessKeyId": "AKIA" + delivery.digits("key", call.by), "userName": call.by},
        "eventTime": f"{call.time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": call.source,
        "eventName": call.name,
        "awsRegion": cast.MAIN_REGION,
        "sourceIPAddress": "10.0.8.20",
        "userAgent": call.user_agent,
        **error,
        "requestParameters": call.parameters,
        "responseElements": call.response,
        "requestID": _event_id("request", call.name, call.time),
        "eventID": _event_id("event", call.name, call.time),
        "readOnly": call.read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": cast.ACCOUNT_ID,
        "eventCategory": "Management",
        "tlsDetails": _tls(f"{service}.{cast.MAIN_REGION}.amazonaws.com"),
    }


def _user_identity(identity: Any) -> dict[str, Any]:
    shown = {"type": identity.kind, "principalId": identity.principal_id, "arn": identity.arn,
             "accountId": cast.ACCOUNT_ID, "accessKeyId": identity.access_key_id}
    if identity.kind == "IAMUser":
        return shown | {"userName": identity.name}
    return shown | {"sessionContext": {
        "sessionIssuer": {
            "type": "Role", "principalId": identity.principal_id.partition(":")[0],
            "arn": f"arn:aws:iam::{cast.ACCOUNT_ID}:role/{identity.name}",
            "accountId": cast.ACCOUNT_ID, "userName": identity.name},
        "attributes": {"creationDate": f"{START:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": "false"}}}


def _anonymous() -> dict[str, str]:
    return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}


def _tls(host: str) -> dict[str, str]:
    return {"tlsVersion": TLS_VERSION, "cipherSuite": CIPHER_SUITE, "clientProvidedHostHeader": host}


def _event_id(*parts: object) -> str:
    return str(uuid.UUID(hex=delivery.digits(*parts, length=32), version=4))
