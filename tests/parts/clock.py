"""A clock for other processes: what time they believe it is, set from the test."""

import os
from datetime import datetime, timezone
from pathlib import Path

from .installed import faketime_library


class ScenarioClock:
    """Holds the time that every process started with `environment()` sees.

    The time stands still between two calls of `set`, so what is signed, verified and logged in one
    step carries one time. The monotonic clock stays real, because event loops wait on it. A process
    under this clock must not call Python's `time.sleep`: libfaketime then answers "invalid argument".
    """

    def __init__(self, folder: Path) -> None:
        self._file = Path(folder) / "scenario-time"
        self._library = faketime_library()
        self.now = datetime.now(timezone.utc)

    def set(self, when: datetime) -> None:
        """Moves every process to `when`; replaced in one step so that no reader sees half a line."""
        self.now = when
        fresh = self._file.with_suffix(".new")
        fresh.write_text(when.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S\n"))
        os.replace(fresh, self._file)

    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": "UTC",
        }
