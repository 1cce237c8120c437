"""The command line of the benchmark."""

import argparse
import sys

from . import agreement, jobs, machine, peers, table, targets
from .build import binaries
from .corpora import Corpora
from .measure import Failed, measure_all, peak_memory

DESCRIPTION = """\
Builds sigdrift in release, writes the logs if they are absent, and measures CPU seconds (user and
system) of sigdrift and of other programs on the same files, one after the other in several rounds:
medians count. Logs (1.1 GB) are kept in $SIGDRIFT_BENCH_DIR, else in the user's cache. Missing programs:
tests/bench/setup. Exits 0 even when a target is missed, since a benchmark is no test (--check: 1).
"""


def main() -> int:
    options = parse()
    try:
        tools = peers.find(goaccess=options.all)
        programs = binaries()
        corpora = Corpora.make(programs["corpus"])
        busy = machine.busy()
        results = measure_all(jobs.jobs(programs["sigdrift"], tools, corpora), options.rounds, progress)
        memory = {job: peak_memory(tools.time, jobs.analyze(programs["sigdrift"], 1, path), options.rounds)
                  for job, path in (("100 MB", corpora.small_log), ("1 GB", corpora.access_log))}
    except (peers.Missing, Failed) as error:
        print(error, file=sys.stderr)
        return 2
    rows = targets.judge(results, memory)
    differences = agreement.differences(results)
    print(table.markdown(rows) if options.markdown else table.text(rows))
    print(machine.description())
    if busy:
        print(busy)
    for line in differences:
        print(line)
    missed = sum(row.met is False for row in rows)
    print(f"{missed} targets missed" if missed else "all targets met")
    return int(options.check and (missed > 0 or any(line.is_wrong for line in differences)))


def parse() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(
        prog="tests/bench/run", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5, help="how often each program runs (5)")
    arguments.add_argument("--all", action="store_true", help="also goaccess, which takes minutes")
    arguments.add_argument("--check", action="store_true", help="exit with 1 if a target is missed or counts differ")
    arguments.add_argument("--markdown", action="store_true", help="a table in Markdown, with ratios only")
    return arguments.parse_args()


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
