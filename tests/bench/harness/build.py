"""Builds what is measured and what writes the logs."""

import json
import subprocess
from pathlib import Path

from .measure import Failed

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = ("sigdrift", "corpus")


def binaries() -> dict[str, Path]:
    """Where cargo put the programs."""
    command = ["cargo", "build", "--release", "--message-format=json-render-diagnostics",
               "-p", "sigdrift", "-p", "sigdrift-bench"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode:
        raise Failed(f"{' '.join(command)} failed")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return {name: Path(message["executable"]) for message in messages if message.get("executable")
            for name in PROGRAMS if message["target"]["name"] == name}
