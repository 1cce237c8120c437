"""What runs: the programs, each with the job it does and the files it reads."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .corpora import BENCH, Corpora
from .peers import Peers

ACCESS_LOG = "1 GB access log"
CLOUDTRAIL = "CloudTrail, 200 files"
OURS = "sigdrift"
OURS_2 = "sigdrift, 2 threads"
RIPGREP = "ripgrep, one string"
IGZIP = "igzip, decompress only"
DUCKDB = "DuckDB"
DUCKDB_REGEX = "DuckDB, AWS's regular expression"
DUCKDB_SPLIT = "DuckDB, split by hand"
DUCKDB_CSV = "DuckDB, CSV reader"
DUCKDB_PATHS = "DuckDB, JSON paths"

Command = Sequence[str | Path]


@dataclass(frozen=True)
class Job:
    log: str
    tool: str
    command: Command
    prints_json: bool = False
    # Its JSON has its own CPU seconds, so that loading an interpreter is not counted.
    counts_itself: bool = False


def analyze(sigdrift: Path, threads: int, path: Path) -> Command:
    return [sigdrift, "analyze", "--json", "--threads", str(threads), path]


def jobs(sigdrift: Path, tools: Peers, corpora: Corpora) -> list[Job]:
    log, folder, files = corpora.access_log, corpora.cloudtrail, corpora.cloudtrail_files
    archives = folder / "*.json.gz"
    found = [
        Job(ACCESS_LOG, OURS, analyze(sigdrift, 1, log), prints_json=True),
        Job(ACCESS_LOG, OURS_2, analyze(sigdrift, 2, log), prints_json=True),
        Job(ACCESS_LOG, RIPGREP, [tools.rg, "-c", "SignatureDoesNotMatch", log]),
        Job(ACCESS_LOG, "wc -l", [tools.wc, "-l", log]),
        _duckdb(ACCESS_LOG, DUCKDB_REGEX, tools, "access_log_regex", log),
        _duckdb(ACCESS_LOG, DUCKDB_SPLIT, tools, "access_log", log),
        _duckdb(ACCESS_LOG, DUCKDB_CSV, tools, "access_log_csv", log),
        Job(CLOUDTRAIL, OURS, analyze(sigdrift, 1, folder), prints_json=True),
        Job(CLOUDTRAIL, IGZIP, [tools.igzip, "-d", "-c", *files]),
        Job(CLOUDTRAIL, "gzip, decompress only", [tools.gzip, "-d", "-c", *files]),
        Job(CLOUDTRAIL, "igzip and jq, errors by code", _jq(tools, files)),
        _duckdb(CLOUDTRAIL, DUCKDB, tools, "cloudtrail", archives),
        _duckdb(CLOUDTRAIL, DUCKDB_PATHS, tools, "cloudtrail_paths", archives),
    ]
    if tools.goaccess:
        found.append(Job(ACCESS_LOG, "goaccess", [
            tools.goaccess, "--log-format=AWSS3", "--no-global-config", "--no-progress", "-o", "json", log]))
    return found


def _duckdb(log: str, tool: str, tools: Peers, query: str, path: Path) -> Job:
    peers = BENCH / "peers"
    command = [tools.duckdb_python, peers / "duckdb_query.py", peers / f"{query}.sql", path]
    return Job(log, tool, command, prints_json=True, counts_itself=True)


def _jq(tools: Peers, files: list[Path]) -> Command:
    jq = shlex.join([str(tools.jq), "-nc", "-f", str(BENCH / "peers" / "errors_by_code.jq")])
    return ["bash", "-o", "pipefail", "-c", f'"$@" | {jq}', "bash", tools.igzip, "-d", "-c", *files]
