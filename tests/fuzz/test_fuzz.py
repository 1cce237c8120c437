"""A short run of every fuzz target, coverage-guided from the laboratory's cases; `run` is the long one."""

import os
import tempfile
import unittest
from pathlib import Path

from . import build, fuzzing, seeds

# A count rather than a time, so that a busy machine tries the same inputs: a few seconds for each target.
INPUTS = int(os.environ.get("SIGDRIFT_FUZZ_INPUTS", "30000"))
SLOWER = {"http": 2, "check": 4, "evidence": 20, "error_body": 20, "client_log": 25, "explain": 40, "upload": 40}
AT_MOST = 120


class Targets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = build.build()
        cls.names = build.names(cls.program)

    def test_every_target_has_seeds(self):
        self.assertGreater(len(self.names), 10)
        for name in self.names:
            self.assertGreater(len(seeds.of(name)), 5, name)

    def test_nothing_that_once_failed_fails(self):
        for name in self.names:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                well, said = fuzzing.Run(self.program, name, Path(folder)).again()
                self.assertTrue(well, said[-4000:])

    def test_no_input_makes_a_target_panic_or_hang(self):
        for name in self.names:
            # Its own folder: what a test runs does not depend on what earlier runs found.
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                run = fuzzing.Run(self.program, name, Path(folder))
                well, said = run.search(seconds=AT_MOST, inputs=INPUTS // SLOWER.get(name, 1), seed=1)
                inputs = [f"{len(path.read_bytes())} bytes: {path.read_bytes()[:2000]!r}" for path in run.crashes.iterdir()]
                self.assertTrue(well, "\n".join([said[-4000:], *inputs]))


if __name__ == "__main__":
    unittest.main()
