"""Prepares the emulator before the story begins: buckets, users, access keys, a role.

Everything goes through the emulator's public API as its root user, so the keys are the
emulator's own and their secrets exist only in memory.
"""

import json
from dataclasses import dataclass

from . import cast
from .worker import Worker


@dataclass(frozen=True)
class Identity:
    """Credentials, and who they are in the logs."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    kind: str  # IAMUser or AssumedRole
    arn: str
    principal_id: str
    name: str


# No such key was ever created; its shape is that of a real key id.
NOBODY = Identity("AKIAQX5EXAMPLE7NOKEY", "n" * 40, None, "IAMUser", "", "", "nobody")


def prepare(worker: Worker) -> dict[str, Identity]:
    """Creates the world and returns the identity of each user of `cast.USERS`, of the role, and of nobody."""
    for bucket in cast.BUCKETS.values():
        where = {} if bucket.region == "us-east-1" else {
            "CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
        worker.administer("s3", "create_bucket", {"Bucket": bucket.name} | where, bucket.region)
        if bucket.public:
            # A new bucket refuses public policies until its block is taken off.
            worker.administer("s3", "delete_public_access_block", {"Bucket": bucket.name}, bucket.region)
            worker.administer("s3", "put_bucket_policy", {"Bucket": bucket.name, "Policy": _public(bucket)},
                              bucket.region)
    identities = {name: _user(worker, name, buckets) for name, buckets in cast.USERS.items()}
    identities[cast.ROLE] = _role(worker)
    identities["nobody"] = NOBODY
    return identities


def _user(worker: Worker, name: str, buckets: tuple[str, ...]) -> Identity:
    user = worker.administer("iam", "create_user", {"UserName": name})["User"]
    if buckets:
        worker.administer("iam", "put_user_policy", {
            "UserName": name, "PolicyName": "own-buckets", "PolicyDocument": _allow(buckets)})
    key = worker.administer("iam", "create_access_key", {"UserName": name})["AccessKey"]
    return Identity(key["AccessKeyId"], key["SecretAccessKey"], None, "IAMUser", user["Arn"], user["UserId"], name)


def _role(worker: Worker) -> Identity:
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{cast.ACCOUNT_ID}:root"}, "Action": "sts:AssumeRole"}]}
    role = worker.administer("iam", "create_role", {
        "RoleName": cast.ROLE, "AssumeRolePolicyDocument": json.dumps(trust)})["Role"]
    worker.administer("iam", "put_role_policy", {
        "RoleName": cast.ROLE, "PolicyName": "own-buckets", "PolicyDocument": _allow(cast.ROLE_BUCKETS)})
    answer = worker.administer("sts", "assume_role", {
        "RoleArn": role["Arn"], "RoleSessionName": cast.ROLE_SESSION, "DurationSeconds": 3600})
    key = answer["Credentials"]
    return Identity(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], "AssumedRole",
                    answer["AssumedRoleUser"]["Arn"], f"{role['RoleId']}:{cast.ROLE_SESSION}", cast.ROLE)


def _allow(buckets: tuple[str, ...]) -> str:
    resources = [arn for name in buckets for arn in (f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*")]
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": resources}]})


def _public(bucket: cast.Bucket) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::{bucket.name}/*"},
        {"Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket"], "Resource": f"arn:aws:s3:::{bucket.name}"}]})
