"""CloudTrail records: requests, and the changes among them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import re

from . import clock, codes
from .record import Record

KIND = "cloudtrail"
NEEDED = ("eventTime", "eventSource", "eventName")
UNSIGNED = ("AwsServiceEvent", "AwsConsoleSignIn", "AwsConsoleAction")

# Calls that change something, by service.
CHANGES = {
    "lambda": {"CreateFunction": "deploy", "UpdateFunctionCode": "deploy", "UpdateFunctionConfiguration": "config",
               "PublishVersion": "deploy", "UpdateAlias": "deploy"},
    "codedeploy": {"CreateDeployment": "deploy"},
    "ecs": {"RegisterTaskDefinition": "deploy", "UpdateService": "deploy"},
    "cloudformation": {"ExecuteChangeSet": "deploy", "UpdateStack": "deploy"},
    "secretsmanager": {"RotateSecret": "secret", "PutSecretValue": "secret", "UpdateSecret": "secret"},
    "ssm": {"PutParameter": "config"},
    "iam": {"CreateAccessKey": "key", "UpdateAccessKey": "key", "DeleteAccessKey": "key",
            "UpdateAssumeRolePolicy": "policy"},
    "cloudfront": {"UpdateDistribution": "endpoint", "UpdateOriginAccessControl": "endpoint"},
    "elasticloadbalancing": {"ModifyListener": "endpoint", "ModifyRule": "endpoint"},
    "apigateway": {"CreateDeployment": "deploy", "UpdateRestApi": "endpoint"},
    "s3": {"PutBucketPolicy": "policy"},
}


def is_one(members):
    return all(name in members for name in NEEDED)


def read(members):
    time = clock.of_rfc3339(members["eventTime"])
    if time is None or str(members.get("eventVersion", "1")).split(".")[0] != "1":
        return None
    identity = members.get("userIdentity") or {}
    parameters = members.get("requestParameters") or {}
    extra = members.get("additionalEventData") or {}
    record = Record(KIND, time, members.get("requestID") or None)
    record.part = (members["eventID"],) if members.get("eventID") else None
    record.operation = members["eventName"]
    record.bucket = parameters.get("bucketName")
    record.host = (members.get("tlsDetails") or {}).get("clientProvidedHostHeader") or parameters.get("Host")
    record.code = codes.plain(members["errorCode"]) if members.get("errorCode") else None
    record.message = members.get("errorMessage")
    record.remote_ip = members.get("sourceIPAddress")
    agent = members.get("userAgent")
    record.user_agent = agent[1:-1] if agent and agent[0] + agent[-1] == "[]" else agent
    record.key_id = identity.get("accessKeyId") or None
    record.logged_region = members.get("awsRegion")
    signs = record.key_id or extra.get("SignatureVersion") or extra.get("AuthenticationMethod")
    is_call = members.get("eventType") not in UNSIGNED and members["eventSource"] != "signin.amazonaws.com"
    if signs and is_call:
        record.signature_version = extra.get("SignatureVersion")
        record.auth = extra.get("AuthenticationMethod")
        record.is_signed = True
    return record


def change(members):
    """Time, kind and event name; None for what changed nothing."""
    if members.get("errorCode") or members.get("readOnly") is True:
        return None
    source = members["eventSource"].removesuffix(".amazonaws.com")
    name = re.sub(r"(\d{8}|\d{4}_\d\d_\d\d)(v\d+)?$", "", members["eventName"])
    kind = CHANGES.get(source, {}).get(name)
    if kind and (members.get("requestParameters") or {}).get("type") == "SecureString":
        kind = "secret"
    return kind and (clock.of_rfc3339(members["eventTime"]), kind, members["eventName"])
