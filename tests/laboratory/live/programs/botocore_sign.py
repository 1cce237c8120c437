"""Signs many requests with botocore and says what it signed, a JSON line each. Runs in the environment `clients`."""

import datetime
import json
import sys
from unittest import mock

import botocore.auth
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

texts = []


def remember(kind):
    original = kind.string_to_sign

    def string_to_sign(self, request, canonical_request):
        text = original(self, request, canonical_request)
        texts.append((canonical_request, text))
        return text

    return mock.patch.object(kind, "string_to_sign", string_to_sign)


def sign(order):
    kind = S3SigV4QueryAuth if order["presigned"] else S3SigV4Auth if order["service"] == "s3" else SigV4Auth
    request = AWSRequest(order["method"], order["url"], headers=dict(order["headers"]), data=order["body"].encode())
    request.context["payload_signing_enabled"] = True
    at = datetime.datetime.strptime(order["time"], "%Y%m%dT%H%M%SZ")
    with (
        mock.patch.object(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: at),
        remember(botocore.auth.SigV4Auth),
    ):
        kind(Credentials(order["key_id"], order["secret"], order["token"]), order["service"], order["region"]).add_auth(
            request
        )
    canonical, text = texts.pop()
    found = request.headers.get("Authorization", request.url)
    return {
        "canonical": canonical,
        "string_to_sign": text,
        "signature": found.rpartition("Signature=")[2],
        "url": request.url,
    }


for line in sys.stdin:
    print(json.dumps(sign(json.loads(line))), flush=True)
