"""What CloudTrail notes beside S3 traffic: deploys, a secret's rotation, reads, a refused change."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .cast import ACCOUNT_ID, MAIN_REGION
from .story import at

_FUNCTION = f"arn:aws:lambda:{MAIN_REGION}:{ACCOUNT_ID}:function:checkout"
_SECRET = f"arn:aws:secretsmanager:{MAIN_REGION}:{ACCOUNT_ID}:secret:thumbs/s3-key-a1B2c3"


@dataclass(frozen=True)
class Call:
    """One management API call."""

    time: datetime
    source: str
    name: str
    parameters: dict[str, Any] | None
    read_only: bool = False
    error_code: str | None = None
    by: str = "deployer"
    user_agent: str = "aws-cli/2.34.11 md/awscrt#0.31.2 ua/2.1 os/linux#6.1.166 md/arch#x86_64 cfg/retry-mode#standard"
    response: dict[str, Any] | None = field(default=None)


def _deploy(clock: str, version: str) -> Call:
    return Call(at(clock), "lambda.amazonaws.com", "UpdateFunctionCode20150331v2", {
        "functionName": _FUNCTION, "s3Bucket": "releases", "s3Key": f"checkout/{version}.zip",
        "publish": False, "dryRun": False,
    }, response={"functionName": "checkout", "functionArn": _FUNCTION, "runtime": "python3.11",
                 "lastUpdateStatus": "InProgress"})


CALLS = (
    Call(at("07:21:12"), "lambda.amazonaws.com", "GetFunction20150331v2", {"functionName": _FUNCTION}, read_only=True),
    Call(at("07:24:40"), "ec2.amazonaws.com", "DescribeInstances", {"maxResults": 50}, read_only=True, by="inventory"),
    Call(at("07:29:02"), "secretsmanager.amazonaws.com", "RotateSecret", {"secretId": _SECRET},
         response={"arn": _SECRET, "name": "thumbs/s3-key"}),
    Call(at("07:29:06"), "secretsmanager.amazonaws.com", "PutSecretValue",
         {"secretId": _SECRET, "versionStages": ["AWSPENDING"]}, by="rotation",
         response={"arn": _SECRET, "name": "thumbs/s3-key", "versionStages": ["AWSPENDING"]}),
    Call(at("07:29:31"), "secretsmanager.amazonaws.com", "GetSecretValue", {"secretId": _SECRET}, read_only=True,
         by="thumbs"),
    Call(at("07:35:40"), "lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2",
         {"functionName": _FUNCTION, "memorySize": 1024}, error_code="AccessDenied", by="intern"),
    _deploy("07:39:04", "checkout-2026.04.15"),
    Call(at("07:47:55"), "cloudwatch.amazonaws.com", "DescribeAlarms", {"stateValue": "ALARM"}, read_only=True,
         by="inventory"),
    _deploy("07:56:08", "checkout-2026.04.15.1"),
    Call(at("08:02:20"), "lambda.amazonaws.com", "GetFunction20150331v2", {"functionName": _FUNCTION}, read_only=True),
)


def done() -> list[Call]:
    """The calls that changed something."""
    return [call for call in CALLS if not call.read_only and call.error_code is None]


# Markers as a deploy pipeline would write them, for the endpoint where the deploy showed.
DEPLOY_MARKERS = tuple(
    {"time": f"{time:%Y-%m-%dT%H:%M:%SZ}", "version": version,
     "match": {"endpoint": f"media.s3.{MAIN_REGION}.amazonaws.com"}}
    for time, version in (
        (at("00:12"), "checkout-2026.04.14"),
        (at("07:39:04"), "checkout-2026.04.15"),
        (at("07:56:08"), "checkout-2026.04.15.1"),
    )
)
