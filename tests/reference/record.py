"""One record of a log, and the request that it tells of."""

from dataclasses import dataclass
from typing import Optional

from . import deploy, host, query

KINDS = ["s3-access-log", "s3-access-log-json", "cloudtrail", "captured-error"]


@dataclass
class Record:
    """What the log does not tell is None. `part` tells records with one request id apart."""

    kind: str
    time: Optional[int] = None
    request_id: Optional[str] = None
    part: Optional[tuple] = None
    host: Optional[str] = None
    bucket: Optional[str] = None
    operation: Optional[str] = None
    method: Optional[str] = None
    target: Optional[str] = None
    code: Optional[str] = None
    message: Optional[str] = None
    remote_ip: Optional[str] = None
    user_agent: Optional[str] = None
    signature_version: Optional[str] = None
    auth: Optional[str] = None
    key_id: Optional[str] = None
    signed_region: Optional[str] = None
    logged_region: Optional[str] = None
    stated_version: Optional[str] = None
    function_version: Optional[str] = None
    is_signed: bool = False

    def completed(self):
        """With what the query shows of the signature."""
        if signature := query.signature(self.target):
            self.key_id = self.key_id or signature.key_id
            self.signed_region = self.signed_region or signature.region
            self.is_signed = True
        self.is_signed = self.is_signed or bool(self.signature_version or self.auth)
        return self

    @property
    def traffic(self):
        """The traffic that this kind of log shows whole, None for one that shows only errors."""
        return {"s3-access-log": "s3", "s3-access-log-json": "s3", "cloudtrail": "cloudtrail"}.get(self.kind)

    def values(self):
        """The value in every dimension but the deploy version."""
        name = host.normal(self.host) if self.host else None
        return {
            "endpoint": name, "access_key_id": self.key_id, "region": host.region(name, self.logged_region),
            "operation": self.operation, "bucket": self.bucket or host.bucket(name), "auth": self.auth,
            "client": _client(self.user_agent),
        }

    def carried_version(self):
        return deploy.carried(self)


def _client(user_agent):
    """The first word: name and version of the client."""
    words = (user_agent or "").strip('[" \t')
    for end in ' ,]"':
        words = words.split(end, 1)[0]
    return words if words not in ("", "-") else None
