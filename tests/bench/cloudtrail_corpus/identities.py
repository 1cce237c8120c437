"""Who calls: roles, users, services, and the keys they have."""

import hashlib
from random import Random
from typing import Any

from . import chance

ACCOUNTS = ["111122223333", "444455556666"]
ROLES = ["checkout", "media-upload", "ci-deploy", "reporting", "batch-import", "config-recorder"]
USERS = ["backup", "legacy-sync", "analyst", "release"]


class Keys:
    """A fixed set of access keys, so that a count by key has groups."""

    def __init__(self, rng: Random) -> None:
        self.role = {(a, r): ["ASIA" + chance.upper(rng, 16) for _ in range(6)] for a in ACCOUNTS for r in ROLES}
        self.user = {(a, u): "AKIA" + chance.upper(rng, 16) for a in ACCOUNTS for u in USERS}


def role_identity(rng: Random, keys: Keys, account: str) -> dict[str, Any]:
    role = rng.choice(ROLES)
    principal = "AROA" + hashlib.sha256((account + role).encode()).hexdigest()[:17].upper()
    session = f"{role}-{rng.randrange(40)}"
    return {
        "type": "AssumedRole",
        "principalId": f"{principal}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": rng.choice(keys.role[account, role]),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal,
                "arn": f"arn:aws:iam::{account}:role/service-role/{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-04-15T06:58:11Z", "mfaAuthenticated": "false"},
        },
    }


def user_identity(rng: Random, keys: Keys, account: str) -> dict[str, Any]:
    user = rng.choice(USERS)
    return {
        "type": "IAMUser",
        "principalId": "AIDA" + hashlib.sha256(user.encode()).hexdigest()[:17].upper(),
        "arn": f"arn:aws:iam::{account}:user/{user}",
        "accountId": account,
        "accessKeyId": keys.user[account, user],
        "userName": user,
    }


def service_identity(_rng: Random, _keys: Keys, _account: str) -> dict[str, Any]:
    return {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}
