"""S3 server access logs as CloudWatch Logs holds them: one JSON object a record, without what has no value."""

import json

from . import access_log_text, clock
from .record import Record

KIND = "s3-access-log-json"


def is_one(members):
    return "bucket_name" in members and bool({"request_uri", "http_status", "schema_version_id"} & set(members))


def read(members, logged_at=None):
    def told(name):
        value = members.get(name)
        value = json.dumps(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
        return value if isinstance(value, str) and value not in ("", "-") else None

    time = clock.of_rfc3339(told("request_time")) if told("request_time") else logged_at
    if time is None:
        return None
    record = Record(KIND, time, told("request_id"))
    operation = told("operation")
    record.part = (operation or "-", (told("key_name") or "-") if (operation or "").startswith("BATCH.") else None)
    record.host, record.bucket, record.operation = told("host_header"), told("bucket_name"), operation
    record.code, record.remote_ip, record.user_agent = told("error_code"), told("remote_ip"), told("user_agent")
    record.signature_version, record.auth = told("signature_version"), told("authentication_type")
    record.logged_region = told("source_region")
    record.method, record.target = access_log_text.method_and_target(told("request_uri"))
    return record.completed()
