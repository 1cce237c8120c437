"""What the figures were measured on."""

import os
import platform
from pathlib import Path


def description() -> str:
    return f"{_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def busy() -> str | None:
    """What to say when other programs keep the processors busy before anything is measured. CPU seconds
    suffer little from that, seconds on the clock and so the second thread's use much."""
    load = os.getloadavg()[0]
    if load < 0.5:
        return None
    return f"the machine was busy when this began (load {load:.1f}): the figure for 2 threads says little"


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
