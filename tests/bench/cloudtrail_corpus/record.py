"""One CloudTrail record.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from itertools import accumulate
from random import Random
from typing import Any

from . import chance
from .events import EVENTS
from .identities import ACCOUNTS, Keys, service_identity
from .parameters import CIPHER, Call

REGIONS = ["eu-west-1"] * 5 + ["us-east-1"] * 3 + ["eu-central-1", "ap-southeast-2"]
AGENTS = [
    "Boto3/1.40.11 md/Botocore#1.40.11 ua/2.1 os/linux#6.1.119 md/arch#x86_64 lang/python#3.12.7 "
    "md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 m/Z,b,E cfg/retry-mode#standard Botocore/1.40.11 "
    "app/checkout-2026.04.15",
    "[aws-cli/2.27.1 md/awscrt#0.26.1 ua/2.1 os/linux#5.10 md/arch#x86_64 lang/python#3.13.3 md/command#s3.cp]",
    "aws-sdk-js/3.806.0 ua/2.1 os/linux#5.10.236 lang/js md/nodejs#20.19.1 api/s3#3.806.0 m/E,N",
    "aws-sdk-java/2.31.44 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1 lang/java#21.0.7 m/D,F",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) aws-sdk-go-v2/1.36.3 ua/2.1 "
    "os/linux lang/go#1.23.2 md/GOARCH#amd64 api/ec2#1.212.0",
    "aws-sdk-rust/1.3.7 ua/2.1 api/s3/1.86.0 os/linux lang/rust/1.86.0 app/media-upload-41",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/135.0.0.0 Safari/537.36",
]
# CloudTrail has few records of failed authentication; there are some here so that there is something
# to count.
ERRORS = [
    (
        "AccessDenied",
        "User: {arn} is not authorized to perform: {service}:{name} because no identity-based policy "
        "allows the {service}:{name} action",
    ),
    ("ThrottlingException", "Rate exceeded"),
    ("Client.UnauthorizedOperation", "You are not authorized to perform this operation."),
    ("NoSuchKey", "The specified key does not exist."),
    ("ExpiredTokenException", "The security token included in the request is expired"),
    ("InvalidClientTokenId", "The security token included in the request is invalid"),
    ("ResourceNotFoundException", "Requested resource not found"),
]
CUMULATIVE = list(accumulate(event[0] for event in EVENTS))


def record(rng: Random, keys: Keys, second: int) -> dict[str, Any]:
    """The record of a call at a second of the day."""
    row = rng.choices(EVENTS, cum_weights=CUMULATIVE)[0]
    _, service, name, category, read_only, identity, particular = row
    account, region = rng.choice(ACCOUNTS), rng.choice(REGIONS)
    event = particular(rng, Call(account, region, keys))
    who = identity(rng, keys, account)
    out = {
        "eventVersion": rng.choice(["1.09", "1.11", "1.11"]),
        "userIdentity": who,
        "eventTime": f"2026-04-15T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": who.get("invokedBy") or f"10.{rng.randrange(4)}.{rng.randrange(255)}.{rng.randrange(255)}",
        "userAgent": who.get("invokedBy") or rng.choice(AGENTS),
    }
    if rng.random() < 0.05:
        code, text = rng.choice(ERRORS)
        out["errorCode"] = code
        out["errorMessage"] = text.format(arn=who.get("arn", ""), service=service, name=name)
    out["requestParameters"] = event.get("requestParameters")
    out["responseElements"] = None if "errorCode" in out else event.get("responseElements")
    if "additionalEventData" in event:
        out["additionalEventData"] = event["additionalEventData"]
    out["requestID"] = chance.upper(rng, 16) if service == "s3" else chance.uuid(rng)
    out["eventID"] = chance.uuid(rng)
    out["readOnly"] = read_only
    if "resources" in event:
        out["resources"] = event["resources"]
    out["eventType"] = event.get("eventType", "AwsApiCall")
    out["managementEvent"] = category == "Management"
    out["recipientAccountId"] = account
    if identity is service_identity:
        out["sharedEventID"] = chance.uuid(rng)
    out["eventCategory"] = category
    if rng.random() < 0.8 and identity is not service_identity:
        out["tlsDetails"] = {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": CIPHER,
            "clientProvidedHostHeader": event.get("host", f"{service}.{region}.amazonaws.com"),
        }
    return out
