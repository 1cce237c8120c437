"""A short live run: real clients, proxies and servers still fail as they should, and the command still knows why."""

import unittest

from . import judge, table
from .live import laboratory


class LiveRun(unittest.TestCase):
    def test_fresh_failures_are_explained(self):
        cases = laboratory.record(quick=True)
        self.assertGreaterEqual(len(cases), 8)
        verdicts = judge.ask_all(cases, judge.Command())
        wrong = [table.wrong(verdict) for verdict in verdicts if not verdict.right or verdict.leak]
        right = sum(verdict.right for verdict in verdicts)
        self.assertGreaterEqual(right / len(verdicts), table.ENOUGH, "\n".join(wrong))
        self.assertFalse(any(verdict.false_proof or verdict.leak for verdict in verdicts), "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
