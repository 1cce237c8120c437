"""Whether DuckDB counted what sigdrift counted: a faster answer to another question proves nothing."""

from collections import Counter
from typing import Any

from . import jobs
from .measure import Result

# The queries that are known to get some lines wrong; their counts are shown, not required.
MAY_DIFFER = {jobs.DUCKDB_REGEX, jobs.DUCKDB_CSV}


class Line(str):
    """What is said of one query."""

    is_wrong = False


def differences(results: list[Result]) -> list[Line]:
    summaries = {result.job.log: counted(result.said) for result in results if result.job.tool == jobs.OURS}
    return [compare(result, summaries[result.job.log]) for result in results if result.job.counts_itself]


def compare(result: Result, ours: dict[str, Any]) -> Line:
    theirs = queried(result.said["rows"])
    name = f"{result.job.tool}, {result.job.log}"
    wrong = [what for what in ours if ours[what] != theirs[what]]
    if not wrong:
        return Line(f"{name}: same counts as sigdrift "
                    f"({ours['signed requests']} signed requests, {ours['failures'].total()} failures)")
    line = Line(f"{name}: OTHER counts than sigdrift: "
                + "; ".join(f"{what}: {difference(theirs[what], ours[what])}" for what in wrong))
    line.is_wrong = result.job.tool not in MAY_DIFFER
    return line


def difference(theirs: "int | Counter[Any]", ours: "int | Counter[Any]") -> str:
    if isinstance(theirs, Counter) and isinstance(ours, Counter):
        return f"{(theirs - ours).total()} that sigdrift has not, and {(ours - theirs).total()} that only it has"
    return f"{theirs}, sigdrift {ours}"


def counted(summary: dict[str, Any]) -> dict[str, Any]:
    """What the summary says."""
    clusters = summary["clusters"]
    failures: Counter[Any] = Counter()
    minutes: Counter[Any] = Counter()
    for cluster in clusters:
        names = ("code", "endpoint", "access_key_id", "deploy_version")
        failures[tuple(cluster[name] for name in names)] += cluster["failures"]
        for minute, count in cluster["per_minute"]:
            minutes[minute] += count
    return {"signed requests": summary["totals"]["requests"], "failures": failures, "failures by minute": minutes}


def queried(rows: list[list[Any]]) -> dict[str, Any]:
    """What a query found: rows of minute, code, host, key, app, requests."""
    failures: Counter[Any] = Counter()
    minutes: Counter[Any] = Counter()
    for minute, code, host, key, app, count in rows:
        if code is not None:
            failures[code, host, key, app] += count
            minutes[minute] += count
    return {"signed requests": sum(row[-1] for row in rows), "failures": failures, "failures by minute": minutes}
