"""The stored cases: complete, small, without anybody's secrets, and answered rightly by the built command."""

import re
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from . import judge, made, table, vectors
from .case import Case, read_library
from .command import BASES_OF_EACH, CASES, EVERY_VECTOR_CASE


class Stored(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases = read_library(CASES)

    def test_every_cause_is_asked_several_times_with_different_evidence(self):
        sets = Counter(case.cause for case in self.cases for _ in case.sets)
        for cause in table.causes():
            if cause != "undetermined":
                self.assertGreaterEqual(sets[cause], 20, cause)

    def test_they_are_small_and_hold_no_paths_of_a_machine(self):
        text = "".join(path.read_text() for path in CASES.glob("*.jsonl"))
        self.assertLess(len(text.encode()), 2_000_000)
        self.assertEqual(re.findall(r"/(?:root|home|Users)/[^\"\\ ]*", text), [])

    def test_what_needs_no_network_comes_out_the_same_again(self):
        self.assertEqual(
            [case.to_line() for case in read_library(CASES / "signers.jsonl")],
            [case.to_line() for case in made.cases(BASES_OF_EACH)],
        )
        self.assertEqual(
            [case.to_line() for case in read_library(CASES / "vectors.jsonl")],
            [case.to_line() for case in vectors.cases(EVERY_VECTOR_CASE)],
        )

    def test_a_case_survives_its_line_and_its_folder(self):
        for case in self.cases[::40]:
            again = Case.from_line(case.to_line())
            self.assertEqual(vars(again), vars(case))
            with tempfile.TemporaryDirectory() as root:
                folder = case.write(Path(root))
                for one in case.sets:
                    for word in case.arguments(one, folder):
                        if word.startswith(root):
                            self.assertTrue(Path(word).is_file(), word)

    def test_the_command_answers_rightly_and_proves_nothing_false(self):
        verdicts = judge.ask_all(self.cases, judge.Command())
        wrong = [table.wrong(verdict) for verdict in verdicts if not verdict.right or verdict.leak]
        self.assertEqual(table.problems(verdicts), [], "\n".join(wrong[:40]))


if __name__ == "__main__":
    unittest.main()
