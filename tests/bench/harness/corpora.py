"""The logs that are measured on."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .measure import Failed

BENCH = Path(__file__).resolve().parents[1]
SEED = "1"


@dataclass(frozen=True)
class Corpora:
    access_log: Path
    small_log: Path
    cloudtrail: Path

    @classmethod
    def make(cls, writer: Path) -> "Corpora":
        """Writes those that are absent, and all when what writes them has changed."""
        default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sigdrift-bench"
        folder = Path(os.environ.get("SIGDRIFT_BENCH_DIR") or default)
        folder.mkdir(parents=True, exist_ok=True)
        corpora = cls(folder / "access-1g.log", folder / "access-100m.log", folder / "cloudtrail")
        stamp = folder / "writers"
        if not stamp.exists() or stamp.read_text() != _writers():
            corpora.remove()
            stamp.write_text(_writers())
        for path, size in ((corpora.access_log, "1GB"), (corpora.small_log, "100MB")):
            if not path.exists():
                _write([writer, "access-log", "--bytes", size, "--seed", SEED, "--out", path])
        if not corpora.cloudtrail.exists():
            unfinished = folder / "cloudtrail.unfinished"
            _write([sys.executable, "-m", "cloudtrail_corpus", "--seed", SEED, unfinished])
            unfinished.rename(corpora.cloudtrail)
        return corpora

    def remove(self) -> None:
        self.access_log.unlink(missing_ok=True)
        self.small_log.unlink(missing_ok=True)
        shutil.rmtree(self.cloudtrail, ignore_errors=True)

    @property
    def cloudtrail_files(self) -> list[Path]:
        return sorted(self.cloudtrail.glob("*.json.gz"))


def _writers() -> str:
    """A hash of the programs that write the logs."""
    sources = sorted([*BENCH.glob("src/**/*.rs"), *BENCH.glob("cloudtrail_corpus/*.py")])
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _write(command: list[str | Path]) -> None:
    if subprocess.run(command, cwd=BENCH, stdout=sys.stderr, check=False).returncode:
        raise Failed(f"{' '.join(map(str, command))} failed")
