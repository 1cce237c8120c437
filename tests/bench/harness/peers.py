"""The other programs."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


class Missing(RuntimeError):
    """A program to compare with is not installed."""


@dataclass(frozen=True)
class Peers:
    rg: Path
    wc: Path
    igzip: Path
    gzip: Path
    jq: Path
    # GNU time, for peak memory.
    time: Path
    # The Python that has DuckDB.
    duckdb_python: Path
    goaccess: Path | None


def find(*, goaccess: bool) -> Peers:
    parts = Path(os.environ.get("SIGDRIFT_PARTS") or Path.home() / ".cache" / "sigdrift-parts")
    python = parts / "bench" / "bin" / "python"
    found = {name: shutil.which(name) for name in ("rg", "wc", "igzip", "gzip", "jq", "time")}
    missing = [name for name, path in found.items() if path is None]
    if not python.exists():
        missing.append("duckdb")
    if missing:
        raise Missing(f"not installed: {', '.join(missing)}. To install: tests/bench/setup")
    visitors = shutil.which("goaccess")
    if goaccess and visitors is None:
        raise Missing("not installed: goaccess. To install: apt-get install goaccess")
    paths = {name: Path(path) for name, path in found.items() if path}
    return Peers(**paths, duckdb_python=python, goaccess=Path(visitors) if goaccess and visitors else None)
