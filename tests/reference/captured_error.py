"""Errors that an application captured, with the texts of both sides."""

import re
from urllib.parse import urlsplit

from . import clock, codes
from .record import Record

KIND = "captured-error"


def is_one(members):
    return "sigdrift" in members


def read(members, logged_at=None):
    if members["sigdrift"] != 1 or not isinstance(members.get("code"), str):
        return None
    time = logged_at
    if members.get("time") is not None:
        time = clock.of_rfc3339(members["time"])
        if time is None:
            return None
    client, server = members.get("client") or {}, members.get("server") or {}
    record = Record(KIND, time, members.get("request_id"))
    record.host, record.target = _host_and_target(client.get("url"))
    if found := re.search(r"^host:(.*)$", server.get("canonical_request") or "", re.MULTILINE):
        record.host = found[1].strip()
    for text in (server.get("string_to_sign"), client.get("string_to_sign")):
        scope = (text or "").split("\n")[2:3]
        parts = scope[0].split("/") if scope else []
        if len(parts) == 4 and not record.signed_region:
            record.signed_region = parts[1]
    record.code, record.message = codes.plain(members["code"]), members.get("message")
    record.key_id, record.operation = members.get("access_key_id"), members.get("operation")
    record.stated_version = members.get("deploy_version")
    record.method, record.user_agent = client.get("method"), client.get("user_agent")
    record.is_signed = True
    return record.completed()


def _host_and_target(url):
    if not url:
        return None, None
    parts = urlsplit(url)
    query = f"?{parts.query}" if "?" in url else ""
    return parts.netloc.rsplit("@", 1)[-1], (parts.path or "/") + query
