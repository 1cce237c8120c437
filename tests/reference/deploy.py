"""Deploy versions: what carries one, which application it belongs to, and deploy markers."""

import json
import re
from urllib.parse import unquote

from . import clock, host, query

# The better carrier comes first.
APP_ID, PARAMETER, CAPTURED, MARKER, FUNCTION = range(5)

WORDS = set("deploy deployment version ver v release rev revision build commit sha app tag".split())
# Members of clusters, in their order.
DIMENSIONS = ["endpoint", "access_key_id", "region", "deploy_version", "operation", "bucket", "auth", "client"]
MEMBERS = {"key": "access_key_id", "deploy": "deploy_version"}


def carried(record):
    """The version and its carrier, `(None, None)` without one."""
    if version := _app_id(record.user_agent or ""):
        return version, APP_ID
    if version := _parameter(record.target):
        return version, PARAMETER
    if record.stated_version:
        return record.stated_version, CAPTURED
    if record.function_version:
        return record.function_version, FUNCTION
    return None, None


def _app_id(user_agent):
    """The SDKs' application id; one SDK writes its build metadata right behind it, without a space."""
    for found in re.finditer(r"(?:^|(?<= ))app/([0-9A-Za-z!#$%&'*+.^_`|~-]+)(/?)", user_agent):
        version = found[1]
        if found[2] and version.endswith("md") and version != "md":
            version = version[:-2]
        return version
    return None


def _parameter(target):
    for name, value in query.parameters(target):
        lower = name.lower()
        if lower.startswith("x-") and not lower.startswith("x-amz-") and value:
            if WORDS & set(re.split("[-_]", lower[2:])):
                return unquote(value)
    return None


def of_log_stream(name):
    """`2026/04/15/[42]0123abcd`."""
    found = re.match(r"[^\[]*\[(\d+)\]", name)
    return found and found[1]


def application(version):
    """What stands before the first part that looks like a version."""
    for part in re.finditer(r"[^-_.+#~|@:/]+", version):
        word = part[0]
        if re.match(r"(v|r|b|rc|rev|build)?\d", word, re.IGNORECASE) or re.fullmatch(r"(?=.*\d)[0-9a-fA-F]{7,}", word):
            return version[:part.start()].rstrip("-_.+#~|@:/")
    return version


class Markers:
    """Lines of `{"time","version","match"}`."""

    def __init__(self, lines):
        self.all = []
        for line in filter(str.strip, lines):
            told = json.loads(line)
            match = {MEMBERS.get(name, name): value for name, value in (told.get("match") or {}).items()}
            if "endpoint" in match:
                match["endpoint"] = host.normal(match["endpoint"])
            self.all.append((clock.of_rfc3339(told["time"]), told["version"], match))

    def in_force(self, time, values):
        """The most particular of those that match, then the latest, then the one that matches on the first dimension."""
        fit = [(len(match), at, [-DIMENSIONS.index(name) for name in sorted(match, key=DIMENSIONS.index)], version)
               for at, version, match in self.all
               if at <= time and all(values.get(name) == value for name, value in match.items())]
        return max(fit)[-1] if fit else None
