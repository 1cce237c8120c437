"""The judgements that the table prints, on made-up measurements."""

import unittest
from pathlib import Path
from typing import Any

from . import agreement, jobs, table, targets
from .measure import Failed, Result, run


def result(log: str, tool: str, seconds: float, said: Any = None) -> Result:
    counts_itself = tool.startswith("DuckDB")
    return Result(jobs.Job(log, tool, [], True, counts_itself), [seconds], [seconds], said)


class Targets(unittest.TestCase):
    def test_ratios_decide_not_seconds(self) -> None:
        rows = targets.judge(
            [result(jobs.ACCESS_LOG, jobs.OURS, 2.0), result(jobs.ACCESS_LOG, jobs.OURS_2, 1.0),
             result(jobs.ACCESS_LOG, jobs.RIPGREP, 0.1), result(jobs.ACCESS_LOG, jobs.DUCKDB_REGEX, 24.0),
             result(jobs.ACCESS_LOG, jobs.DUCKDB_SPLIT, 6.0)],
            {"100 MB": 40.0, "1 GB": 47.0})
        self.assertEqual([row.met for row in rows], [None, True, False, True, None, None, True])
        self.assertEqual([row.ratio for row in rows[:4]], ["1", "2.00 times as fast", "1/20.0", "12.0"])

    def test_memory_may_neither_grow_nor_be_large(self) -> None:
        met = [targets.memory_rows({"100 MB": small, "1 GB": large})[1].met
               for small, large in ((40.0, 49.0), (140.0, 149.0), (140.0, 151.0))]
        self.assertEqual(met, [False, True, False])

    def test_the_table_for_the_documentation_has_no_seconds(self) -> None:
        rows = targets.judge([result(jobs.CLOUDTRAIL, jobs.OURS, 1.25)], {"100 MB": 1.0, "1 GB": 1.0})
        self.assertIn("1.25 s CPU", table.text(rows))
        self.assertNotIn("1.25", table.markdown(rows))


class Agreement(unittest.TestCase):
    CLUSTER = {"code": "ExpiredToken", "endpoint": "a", "access_key_id": None, "deploy_version": "v1",
               "failures": 2, "per_minute": [["2026-04-15T00:01:00Z", 2]]}

    def compare(self, tool: str, rows: list[list[Any]]) -> agreement.Line:
        summary = {"totals": {"requests": 7}, "clusters": [self.CLUSTER]}
        [line] = agreement.differences([result("log", jobs.OURS, 1.0, summary),
                                        result("log", tool, 1.0, {"rows": rows})])
        return line

    def test_the_same_counts_and_others(self) -> None:
        same = [["2026-04-15T00:01:00Z", "ExpiredToken", "a", None, "v1", 2],
                ["2026-04-15T00:09:00Z", None, None, None, None, 5]]
        other = [["2026-04-15T00:01:00Z", "ExpiredToken", "b", None, "v1", 2], same[1]]
        self.assertFalse(self.compare(jobs.DUCKDB, same).is_wrong)
        wrong = self.compare(jobs.DUCKDB, other)
        self.assertTrue(wrong.is_wrong)
        self.assertIn("failures: 2 that sigdrift has not", wrong)
        for tool in (jobs.DUCKDB_CSV, jobs.DUCKDB_REGEX):
            self.assertFalse(self.compare(tool, other).is_wrong)


class Measuring(unittest.TestCase):
    def test_children_count_and_failures_are_told(self) -> None:
        busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
        cpu, wall, _ = run(jobs.Job("", "a shell in a shell", ["sh", "-c", f"sh -c '{busy}'; :"]))
        self.assertGreater(cpu, 0.0)
        self.assertGreater(wall, 0.0)
        with self.assertRaisesRegex(Failed, "exit code 3"):
            run(jobs.Job("", "one that fails", [Path("/bin/sh"), "-c", "exit 3"]))
