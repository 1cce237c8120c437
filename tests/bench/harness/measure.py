"""CPU seconds, wall-clock seconds and peak memory of other programs."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .jobs import Command, Job


class Failed(RuntimeError):
    """A program that is measured or needed did not succeed."""


@dataclass
class Result:
    job: "Job"
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    # What the last run printed, where it is JSON.
    said: Any = None

    @property
    def cpu_seconds(self) -> float:
        return median(self.cpu)

    @property
    def wall_seconds(self) -> float:
        return median(self.wall)


def measure_all(jobs: Sequence["Job"], rounds: int, progress: Callable[[str], None]) -> list[Result]:
    """Runs every job once in each round, so that what else the machine does falls on all of them. A round
    before the first, which brings the files into memory, does not count."""
    results = [Result(job) for job in jobs]
    for number in range(rounds + 1):
        for result in results:
            progress(f"round {number} of {rounds}: {result.job.log}, {result.job.tool}")
            cpu, wall, said = run(result.job)
            if number > 0:
                result.cpu.append(cpu)
                result.wall.append(wall)
                result.said = said
    progress("")
    return results


def run(job: "Job") -> tuple[float, float, Any]:
    """CPU and wall-clock seconds, and what it printed as JSON if it did."""
    # What decompressors print goes nowhere, as when anybody times them.
    with tempfile.TemporaryFile() if job.prints_json else open(os.devnull, "w+b") as out:
        started = time.monotonic()
        process = subprocess.Popen(job.command, stdout=out)
        # Of the process and of those that it waited for.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failed(f"{job.tool} failed on {job.log}: exit code {process.returncode}")
        out.seek(0)
        said: Any = json.load(out) if job.prints_json else None
    cpu = said["cpu_seconds"] if job.counts_itself else usage.ru_utime + usage.ru_stime
    return cpu, wall, said


def peak_memory(gnu_time: Path, command: "Command", rounds: int) -> float:
    """The largest resident set in megabytes. By a small program, since a child of Python starts with the
    peak of Python."""
    peaks = []
    for _ in range(rounds):
        ran = subprocess.run([gnu_time, "-f", "%M", *command], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True, check=False)
        if ran.returncode:
            raise Failed(ran.stderr)
        peaks.append(int(ran.stderr.split()[-1]) * 1024 / 1e6)
    return median(peaks)
