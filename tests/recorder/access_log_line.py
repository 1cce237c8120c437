"""A strict pattern of an access log line, for the recorder's tests: 27 fields or nothing."""

import re

_TOKEN, _QUOTED = r"(\S+)", r'"(.*)"'
LINE = re.compile(" ".join((
    _TOKEN, _TOKEN, r"\[([^\]]+)\]", _TOKEN, _TOKEN, r"([A-Z2-7]{16})", _TOKEN, _TOKEN,
    r'"(.* HTTP/1\.1)"', r"(\d{3})", _TOKEN, r"(\d+|-)", r"(\d+|-)", r"(\d+|-)", r"(\d+|-)",
    _QUOTED, _QUOTED, _TOKEN, r"([A-Za-z0-9+/=]{76})", r"(SigV4|-)", _TOKEN, r"(AuthHeader|QueryString|-)",
    _TOKEN, _TOKEN, _TOKEN, r"(Yes|-)", r"([a-z]+-[a-z]+-\d)")))

NAMES = ("owner", "bucket", "time", "remote_ip", "requester", "request_id", "operation", "key", "request_uri", "status",
         "error_code", "bytes_sent", "object_size", "total_ms", "turnaround_ms", "referer", "user_agent", "version_id",
         "host_id", "signature_version", "cipher_suite", "authentication_type", "host", "tls_version",
         "access_point_arn", "acl_required", "source_region")


def split(line: str) -> dict[str, str]:
    found = LINE.fullmatch(line)
    if found is None:
        raise AssertionError(f"not a line of {len(NAMES)} fields: {line}")
    return dict(zip(NAMES, found.groups(), strict=True))
