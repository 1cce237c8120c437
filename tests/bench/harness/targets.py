"""The targets, and whether they are met."""

from collections.abc import Callable
from dataclasses import dataclass

from . import jobs
from .measure import Result


@dataclass(frozen=True)
class Row:
    """A row of the table. `met` is None where there is no target."""

    log: str
    tool: str
    figure: str
    ratio: str
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Target:
    words: str
    # Of the other program's CPU seconds divided by ours.
    is_met: Callable[[float], bool]


TARGETS = {
    (jobs.ACCESS_LOG, jobs.RIPGREP): Target("sigdrift takes at most 12 times as long", lambda ratio: ratio >= 1 / 12),
    (jobs.ACCESS_LOG, jobs.DUCKDB_REGEX): Target("at least 12 times as long as sigdrift", lambda ratio: ratio >= 12),
    (jobs.CLOUDTRAIL, jobs.IGZIP): Target("sigdrift takes at most 6 times as long", lambda ratio: ratio >= 1 / 6),
    (jobs.CLOUDTRAIL, jobs.DUCKDB): Target("at least 10 times as long as sigdrift", lambda ratio: ratio >= 10),
}
TWO_THREADS_AT_LEAST = 1.8
MEMORY_WITHIN = 0.2
MEMORY_BELOW_MB = 150.0


def judge(results: list[Result], memory: dict[str, float]) -> list[Row]:
    ours = {result.job.log: result for result in results if result.job.tool == jobs.OURS}
    return [row(result, ours[result.job.log]) for result in results] + memory_rows(memory)


def row(result: Result, ours: Result) -> Row:
    log, tool = result.job.log, result.job.tool
    figure = f"{result.cpu_seconds:.2f} s CPU"
    if tool == jobs.OURS_2:
        faster = ours.wall_seconds / result.wall_seconds
        return Row(log, tool, figure, f"{faster:.2f} times as fast",
                   f"at least {TWO_THREADS_AT_LEAST} times as fast (clock)", faster >= TWO_THREADS_AT_LEAST)
    ratio = result.cpu_seconds / ours.cpu_seconds
    target = TARGETS.get((log, tool))
    words = (target.words, target.is_met(ratio)) if target else ("", None)
    return Row(log, tool, figure, in_words(ratio) if result is not ours else "1", *words)


def in_words(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= 1 else f"1/{1 / ratio:.1f}"


def memory_rows(memory: dict[str, float]) -> list[Row]:
    small, large = memory["100 MB"], memory["1 GB"]
    return [
        Row("100 MB access log", jobs.OURS, f"{small:.0f} MB peak", ""),
        Row(jobs.ACCESS_LOG, jobs.OURS, f"{large:.0f} MB peak", f"{large / small:.2f} times 100 MB's",
            f"within {MEMORY_WITHIN:.0%} of 100 MB's, under {MEMORY_BELOW_MB:.0f} MB",
            abs(large / small - 1) <= MEMORY_WITHIN and max(small, large) < MEMORY_BELOW_MB),
    ]
