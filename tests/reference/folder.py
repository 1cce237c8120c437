"""Everything in a folder: its records, its changes, and what could not be read.

Reads gzip and plain; a file is an access log, JSON lines, or documents `{"Records":[…]}`.
"""

import base64
import gzip
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from . import access_log_json, access_log_text, captured_error, clock, cloudtrail, deploy

# What an export of CloudWatch Logs writes before each message: the time, and perhaps the log stream.
EXPORTED = re.compile(r"(\d{4}-\d\d-\d\dT[0-9:.]+Z) (?:([^ ]+) )?(\{.*)")


@dataclass
class Logs:
    records: list = field(default_factory=list)
    changes: set = field(default_factory=set)
    sources: dict = field(default_factory=lambda: defaultdict(Counter))


def read(folder):
    logs = Logs()
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        _File(logs).read(content)
    return logs


class _File:
    def __init__(self, logs):
        self.logs = logs
        self.kind = None
        self.counts = Counter(objects=1, records=0, skipped=0, unreadable=0)

    def read(self, content):
        lines = [line.rstrip(b" \t\r\f") for line in content.split(b"\n")]
        if any(map(access_log_text.looks_like, lines)):
            self.kind = access_log_text.KIND
            for line in filter(None, lines):
                self._add(access_log_text.read(line))
        else:
            plain = sum(self._line(line) for line in lines if line.strip())
            if self.kind in (access_log_json.KIND, cloudtrail.KIND):
                self.counts["unreadable"] += plain
        self.logs.sources[self.kind].update(self.counts)

    def _line(self, line):
        """Whether the line is no JSON at all."""
        if b"\0" in line:
            self.counts["unreadable"] += 1
            return False
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            self.counts["unreadable"] += 1
            return False
        stream, logged_at = None, None
        if found := EXPORTED.match(text):
            logged_at, stream, text = clock.of_rfc3339(found[1]), found[2], found[3]
        if not text.startswith("{"):
            return True
        self._value(text, stream, logged_at)
        return False

    def _value(self, text, stream=None, logged_at=None):
        try:
            members = json.loads(text)
        except ValueError:
            self.counts["unreadable"] += 1
            return
        if "awslogs" in members:
            members = json.loads(gzip.decompress(base64.b64decode(members["awslogs"]["data"])))
        if "logEvents" in members:
            if members["messageType"] == "CONTROL_MESSAGE":
                self.counts["skipped"] += 1
                return
            for event in members["logEvents"]:
                self._value(event["message"], members["logStream"], event["timestamp"] // 1000)
        elif "Records" in members:
            for element in members["Records"]:
                self._cloudtrail(element)
        elif "digestStartTime" in members:
            self._is(cloudtrail.KIND)
            self.counts["skipped"] += 1
        elif captured_error.is_one(members):
            self._is(captured_error.KIND)
            self._add(captured_error.read(members, logged_at), stream)
        elif cloudtrail.is_one(members):
            self._cloudtrail(members)
        elif access_log_json.is_one(members):
            self._is(access_log_json.KIND)
            # A log stream's function version tells who wrote the log, and that is not who sent the request.
            self._add(access_log_json.read(members, logged_at))

    def _is(self, kind):
        self.kind = self.kind or kind

    def _cloudtrail(self, members):
        self._is(cloudtrail.KIND)
        record = cloudtrail.read(members)
        self._add(record)
        change = record and cloudtrail.change(members)
        if change:
            self.logs.changes.add((*change, members.get("eventID")))

    def _add(self, record, stream=None):
        if record is None:
            self.counts["unreadable"] += 1
            return
        record.function_version = stream and deploy.of_log_stream(stream)
        self.counts["records"] += 1
        self.logs.records.append(record)
