"""Times as logs write them, as seconds since 1970, and windows of whole minutes."""

import re
from datetime import datetime, timezone

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def of_access_log(text):
    """`06/Feb/2019:00:00:38 +0000`."""
    found = re.fullmatch(r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", text)
    if not found or found[2] not in MONTHS:
        return None
    try:
        at = datetime(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1]), int(found[4]), int(found[5]),
                      int(found[6]), tzinfo=timezone.utc)
    except ValueError:
        return None
    east = int(found[8]) * 3600 + int(found[9]) * 60
    return int(at.timestamp()) - (east if found[7] == "+" else -east)


def of_rfc3339(text):
    try:
        at = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp())


def of_amz_date(text):
    """`20260415T074200Z`."""
    try:
        return int(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp())
    except ValueError:
        return None


def _at(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)


def rfc3339(seconds):
    return None if seconds is None else _at(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def access_log(seconds):
    at = _at(seconds)
    return f"{at:%d}/{MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000"


def amz_date(seconds):
    return _at(seconds).strftime("%Y%m%dT%H%M%SZ")


def minute(seconds):
    return seconds - seconds % 60


class Window:
    """`start` and `end` in seconds or None; widened to whole minutes, the end does not belong to it."""

    def __init__(self, start=None, end=None):
        self.start = None if start is None else minute(start)
        self.end = None if end is None else minute(end + 59)

    def holds(self, seconds):
        if seconds is None:
            return self.start is None and self.end is None
        return (self.start is None or seconds >= self.start) and (self.end is None or seconds < self.end)
