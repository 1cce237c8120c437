"""What is particular to the record of each kind of call."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from . import chance
from .identities import ROLES, Keys

BUCKETS = ["media-assets", "checkout-receipts", "reporting-exports", "trail-archive"]
CIPHER = "TLS_AES_128_GCM_SHA256"


@dataclass(frozen=True)
class Call:
    """Where a call is made."""

    account: str
    region: str
    keys: Keys


def s3_object(rng: Random, c: Call) -> dict[str, Any]:
    bucket = rng.choice(BUCKETS)
    key = f"{rng.choice(['in', 'out', 'tmp'])}/2026/04/{rng.randrange(1, 29):02}/{chance.uuid(rng)}.bin"
    host = f"{bucket}.s3.{c.region}.amazonaws.com"
    return {
        "requestParameters": {"bucketName": bucket, "Host": host, "key": key},
        "additionalEventData": {
            "SignatureVersion": "SigV4",
            "CipherSuite": CIPHER,
            "bytesTransferredIn": rng.randrange(90000),
            "AuthenticationMethod": rng.choice(["AuthHeader"] * 9 + ["QueryString"]),
            "x-amz-id-2": chance.base64(rng, 75) + "=",
            "bytesTransferredOut": rng.randrange(9000),
        },
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
            {"accountId": c.account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
        ],
        "host": host,
    }


def s3_put(rng: Random, c: Call) -> dict[str, Any]:
    event = s3_object(rng, c)
    event["requestParameters"]["x-amz-server-side-encryption"] = "AES256"
    event["responseElements"] = {"x-amz-server-side-encryption": "AES256", "x-amz-version-id": chance.base64(rng, 32)}
    return event


def s3_list(rng: Random, c: Call) -> dict[str, Any]:
    event = s3_object(rng, c)
    del event["requestParameters"]["key"]
    event["requestParameters"].update({"list-type": "2", "prefix": "in/2026/", "encoding-type": "url"})
    return event


def s3_bucket(rng: Random, c: Call) -> dict[str, Any]:
    event = s3_object(rng, c)
    del event["requestParameters"]["key"]
    return event


def s3_policy(rng: Random, c: Call) -> dict[str, Any]:
    event = s3_bucket(rng, c)
    event["requestParameters"]["bucketPolicy"] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": chance.words(rng, 2),
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{c.account}:root"},
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": "arn:aws:s3:::" + event["requestParameters"]["bucketName"] + "/*",
            }
        ],
    }
    event["requestParameters"]["policy"] = ""
    return event


def assume_role(rng: Random, c: Call) -> dict[str, Any]:
    role = rng.choice(ROLES)
    arn = f"arn:aws:iam::{c.account}:role/service-role/{role}"
    return {
        "requestParameters": {
            "roleArn": arn,
            "roleSessionName": f"{role}-{rng.randrange(40)}",
            "durationSeconds": 3600,
        },
        "responseElements": {
            "credentials": {
                "accessKeyId": rng.choice(c.keys.role[c.account, role]),
                "sessionToken": chance.base64(rng, 320),
                "expiration": "Apr 15, 2026, 8:42:00 AM",
            },
            "assumedRoleUser": {"assumedRoleId": "AROA" + chance.upper(rng, 17) + ":" + role, "arn": arn},
        },
        "resources": [{"accountId": c.account, "type": "AWS::IAM::Role", "ARN": arn}],
    }


def describe(rng: Random, _c: Call) -> dict[str, Any]:
    ids = [{"instanceId": "i-0" + chance.hexadecimal(rng, 16)} for _ in range(rng.randrange(1, 4))]
    return {
        "requestParameters": {
            "maxResults": 1000,
            "instancesSet": {"items": ids},
            "filterSet": {"items": [{"name": "instance-state-name", "valueSet": {"items": [{"value": "running"}]}}]},
        }
    }


def run_instances(rng: Random, c: Call) -> dict[str, Any]:
    return {
        "requestParameters": {
            "instancesSet": {
                "items": [{"imageId": "ami-0" + chance.hexadecimal(rng, 16), "minCount": 1, "maxCount": 1}]
            },
            "instanceType": "c7g.large",
            "blockDeviceMapping": {},
            "monitoring": {"enabled": False},
            "tagSpecificationSet": {
                "items": [{"resourceType": "instance", "tags": [{"key": "Name", "value": chance.words(rng, 2)}]}]
            },
        },
        "responseElements": {
            "requestId": chance.uuid(rng),
            "reservationId": "r-0" + chance.hexadecimal(rng, 16),
            "ownerId": c.account,
            "groupSet": {},
            "instancesSet": {
                "items": [
                    {
                        "instanceId": "i-0" + chance.hexadecimal(rng, 16),
                        "currentState": {"code": 0, "name": "pending"},
                        "privateDnsName": f"ip-10-0-0-{rng.randrange(255)}.{c.region}.compute.internal",
                        "placement": {"availabilityZone": c.region + "a", "tenancy": "default"},
                        "networkInterfaceSet": {
                            "items": [
                                {
                                    "networkInterfaceId": "eni-0" + chance.hexadecimal(rng, 16),
                                    "subnetId": "subnet-0" + chance.hexadecimal(rng, 16),
                                }
                            ]
                        },
                    }
                ]
            },
        },
    }


def kms(rng: Random, c: Call) -> dict[str, Any]:
    arn = f"arn:aws:kms:{c.region}:{c.account}:key/{chance.uuid(rng)}"
    return {
        "requestParameters": {
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "keyId": arn,
            "encryptionContext": {"aws:s3:arn": f"arn:aws:s3:::{rng.choice(BUCKETS)}"},
        },
        "resources": [{"accountId": c.account, "type": "AWS::KMS::Key", "ARN": arn}],
    }


def named(member: str, values: list[str]) -> Callable[[Random, Call], dict[str, Any]]:
    """An event whose only parameter is one of some names."""
    return lambda rng, _c: {"requestParameters": {member: rng.choice(values)}}


def lambda_update(rng: Random, c: Call) -> dict[str, Any]:
    name = rng.choice(ROLES)
    return {
        "requestParameters": {
            "functionName": name,
            "dryRun": False,
            "publish": True,
            "s3Bucket": "deploys",
            "s3Key": chance.uuid(rng),
        },
        "responseElements": {
            "functionName": name,
            "functionArn": f"arn:aws:lambda:{c.region}:{c.account}:function:{name}",
            "runtime": "provided.al2023",
            "codeSize": rng.randrange(10**7),
            "codeSha256": chance.base64(rng, 43) + "=",
            "version": str(rng.randrange(400)),
            "environment": {},
            "tracingConfig": {"mode": "PassThrough"},
            "layers": [],
            "architectures": ["arm64"],
        },
    }


def secret(rng: Random, c: Call) -> dict[str, Any]:
    return {
        "requestParameters": {
            "secretId": f"arn:aws:secretsmanager:{c.region}:{c.account}:secret:{rng.choice(ROLES)}/key-Ab12Cd",
            "clientRequestToken": chance.uuid(rng),
        }
    }


def login(_rng: Random, _c: Call) -> dict[str, Any]:
    return {
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "Yes",
        },
        "eventType": "AwsConsoleSignIn",
    }


def dynamo(rng: Random, c: Call) -> dict[str, Any]:
    table = rng.choice(["orders", "sessions", "carts"])
    return {
        "requestParameters": {
            "tableName": table,
            "key": {"pk": "HIDDEN_DUE_TO_SECURITY_REASONS"},
            "returnConsumedCapacity": "TOTAL",
        },
        "resources": [
            {
                "accountId": c.account,
                "type": "AWS::DynamoDB::Table",
                "ARN": f"arn:aws:dynamodb:{c.region}:{c.account}:table/{table}",
            }
        ],
    }


def quoted_statement(rng: Random, c: Call) -> dict[str, Any]:
    statement = 'SELECT "id", "name" FROM "orders"\nWHERE "day" = \'' + str(rng.randrange(28)) + "'"
    return {
        "requestParameters": {
            "queryString": statement,
            "workGroup": "primary",
            "clientRequestToken": chance.uuid(rng),
        },
        "responseElements": {"queryExecutionId": chance.uuid(rng)},
    }


def service_update(rng: Random, _c: Call) -> dict[str, Any]:
    return {
        "requestParameters": {
            "service": rng.choice(ROLES),
            "cluster": "main",
            "taskDefinition": f"web:{rng.randrange(90)}",
        }
    }


def change_set(rng: Random, _c: Call) -> dict[str, Any]:
    return {"requestParameters": {"stackName": rng.choice(ROLES), "changeSetName": "c" + chance.hexadecimal(rng, 8)}}


def nothing(_rng: Random, _c: Call) -> dict[str, Any]:
    return {}
