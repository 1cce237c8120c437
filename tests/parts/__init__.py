"""Real parts for tests (an AWS emulator, proxies, a clock), on loopback only.

Each part is a context manager: it takes a free port, waits a bounded time until it answers,
and is stopped by its process id. A part that is not installed raises `MissingPart`, which names
it and `tests/setup`.
"""

from .clock import ScenarioClock
from .installed import MissingPart, parts_directory
from .ministack import Ministack
from .nginx import Nginx
from .recording_proxy import Exchange, RecordingProxy

__all__ = ["Exchange", "Ministack", "MissingPart", "Nginx", "RecordingProxy", "ScenarioClock", "parts_directory"]
