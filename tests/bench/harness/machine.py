"""What the figures were measured on."""

import os
import platform
from pathlib import Path


def description() -> str:
    return f"{_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
