"""S3 server access logs as text.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html. Quotes inside quoted fields are not
escaped: the Request-URI ends with its protocol and stands before a status, the user agent ends at the last
quote behind which the rest of the line has no more.
"""

import re

from . import clock
from .record import Record

KIND = "s3-access-log"

FIRST = ["owner", "bucket", "time", "remote_ip", "requester", "request_id", "operation", "key"]
AFTER_URI = ["status", "code", "bytes_sent", "object_size", "total_time", "turn_around_time"]
LAST = ["version_id", "host_id", "signature_version", "cipher", "auth", "host", "tls", "access_point", "acl_required",
        "source_region"]

LINE = re.compile(
    r"(?P<owner>[^ ]+) (?P<bucket>[^ ]+) \[(?P<time>[^\]]+)\] "
    + " ".join(rf"(?P<{name}>[^ ]+)" for name in FIRST[3:])
    + r" (?:\"(?P<uri>-|.*? HTTP/[0-9.]+)\"|\"(?P<odd_uri>.*?)\"|(?P<bare_uri>[^ ]+)) (?P<status>\d{3}|-) "
    + " ".join(rf"(?P<{name}>[^ ]+)" for name in AFTER_URI[1:])
    + r" (?:\"(?P<referer>.*?)\"|(?P<bare_referer>[^ \"]+))"
    + r" (?:\"(?P<user_agent>.*)\"|(?P<bare_user_agent>[^ \"]+)) (?P<version_id>[^ \"]+)"
    + r"(?: (?P<host_id>[^ \"]+)(?: (?P<tail>(?:-|SigV)[^\"]*))?)?"
)
LOOKS_LIKE = re.compile(rb"[^ ]+ [^ ]+ \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}")


def looks_like(line):
    return LOOKS_LIKE.match(line) is not None


def read(line):
    """The record of a line, None if it cannot be read."""
    if b"\0" in line:
        return None
    try:
        found = LINE.fullmatch(line.decode())
    except UnicodeDecodeError:
        return None
    time = clock.of_access_log(found["time"]) if found else None
    if time is None:
        return None
    fields = found.groupdict()
    tail = (fields["tail"] or "").split(" ") if fields["tail"] else []
    if "" in tail:
        return None
    fields.update(zip(LAST[2:], tail))

    def told(name):
        value = fields.get(name)
        return None if value in ("", "-") else value

    record = Record(KIND, time, *map(told, ["request_id"]))
    operation = told("operation")
    record.part = (fields["operation"], fields["key"] if (operation or "").startswith("BATCH.") else None)
    record.host, record.bucket, record.operation = told("host"), told("bucket"), operation
    record.code, record.remote_ip = told("code"), told("remote_ip")
    record.user_agent = told("user_agent") or told("bare_user_agent")
    record.signature_version, record.auth = told("signature_version"), told("auth")
    record.logged_region = told("source_region")
    record.method, record.target = method_and_target(told("uri") or told("odd_uri") or told("bare_uri"))
    return record.completed()


def method_and_target(uri):
    """Of `GET /k?x=1 HTTP/1.1`."""
    if not uri or " " not in uri:
        return None, None
    method, target = uri.split(" ", 1)
    return method, re.sub(r" HTTP/[^ ]*$", "", target)
