"""What the judge calls right, wrong and a false proof, and when a run fails; with made-up answers."""

import unittest
from dataclasses import replace

from . import table
from .case import Case, EvidenceSet
from .judge import ask_all, judge

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def case(asked: EvidenceSet, cause="path-changed", component="decoded") -> Case:
    return Case("way/some", "how", cause, component, {"error": "<Error/>", "secret": SECRET + "\n"}, [asked])


def verdict(asked: EvidenceSet, answer: dict, **of_case):
    return judge(case(asked, **of_case), asked, answer)


def said(cause, confidence="strong", *alternatives, **more):
    return {"cause": cause, "confidence": confidence, "alternatives": [{"cause": one} for one in alternatives]} | more


PROVABLE = EvidenceSet(["error"], "path-changed", True)
STRONG = EvidenceSet(["error"], "path-changed", False, behind=["signer-path-encoding"])
OPEN = EvidenceSet(["error"], "undetermined", False, also=["path-changed"])


class Right(unittest.TestCase):
    def test_the_cause_itself(self):
        self.assertTrue(verdict(PROVABLE, said("path-changed", "proven")).right)
        self.assertTrue(verdict(PROVABLE, said("path-changed", "likely", "signer-path-encoding")).right)
        self.assertTrue(verdict(OPEN, said("path-changed", "likely", "signer-path-encoding")).right)

    def test_the_likeliest_of_several_only_if_it_names_another(self):
        self.assertFalse(verdict(PROVABLE, said("path-changed", "likely")).right)

    def test_undetermined_only_where_the_evidence_decides_nothing(self):
        self.assertTrue(verdict(OPEN, said("undetermined", "unknown")).right)
        self.assertFalse(verdict(PROVABLE, said("undetermined", "unknown")).right)

    def test_unknown_goes_with_undetermined_only(self):
        self.assertFalse(verdict(OPEN, said("undetermined", "likely")).right)
        self.assertFalse(verdict(OPEN, said("path-changed", "unknown")).right)

    def test_the_other_side_first_if_the_cause_is_among_the_alternatives(self):
        self.assertTrue(verdict(STRONG, said("signer-path-encoding", "strong", "path-changed")).right)
        self.assertFalse(verdict(STRONG, said("signer-path-encoding", "strong")).right)

    def test_another_cause_is_wrong(self):
        self.assertFalse(verdict(OPEN, said("wrong-secret", "likely")).right)

    def test_no_answer_is_wrong(self):
        self.assertFalse(verdict(PROVABLE, {"problem": "exit 2"}).right)


class FalseProof(unittest.TestCase):
    def test_another_cause_proven(self):
        self.assertTrue(verdict(PROVABLE, said("wrong-secret", "proven")).false_proof)

    def test_the_other_side_proven_though_the_true_one_is_an_alternative(self):
        self.assertTrue(verdict(STRONG, said("signer-path-encoding", "proven", "path-changed")).false_proof)

    def test_more_than_the_evidence_allows(self):
        found = verdict(STRONG, said("path-changed", "proven"))
        self.assertTrue(found.false_proof)
        self.assertFalse(found.right)

    def test_short_of_proof_nothing_is_one(self):
        self.assertFalse(verdict(PROVABLE, said("wrong-secret", "strong")).false_proof)


class Leak(unittest.TestCase):
    def test_the_secret_in_what_was_printed(self):
        self.assertTrue(verdict(PROVABLE, said("path-changed", printed=f"... {SECRET} ...")).leak)
        self.assertFalse(verdict(PROVABLE, said("path-changed", printed="nothing of it")).leak)


class Component(unittest.TestCase):
    def test_counts_only_with_the_right_cause(self):
        self.assertTrue(verdict(PROVABLE, said("path-changed", component="decoded")).component_right)
        self.assertFalse(verdict(PROVABLE, said("path-changed", component="case")).component_right)
        self.assertIsNone(verdict(PROVABLE, said("wrong-secret")).component_right)


class Run(unittest.TestCase):
    def everything_right(self):
        asked = [(cause, EvidenceSet(["error"], cause, True)) for cause in table.causes() for _ in range(5)]
        return [
            verdict(one, said(cause, "unknown" if cause == "undetermined" else "proven"), cause=cause)
            for cause, one in asked
        ]

    def test_passes_if_all_is_right(self):
        self.assertEqual(table.problems(self.everything_right()), [])

    def test_fails_with_one_false_proof(self):
        found = [*self.everything_right(), verdict(PROVABLE, said("wrong-secret", "proven"))]
        self.assertEqual(table.problems(found), ["1 false proofs"])

    def test_fails_under_the_bar(self):
        found = [*self.everything_right(), *[verdict(PROVABLE, said("wrong-secret"))] * 5]
        self.assertRegex(" ".join(table.problems(found)), "right, 97% are needed")

    def test_fails_if_a_secret_shows(self):
        found = self.everything_right()
        found[0] = replace(found[0], leak=True)
        self.assertEqual(table.problems(found), ["1 answers show a secret, a signature or a token"])

    def test_fails_if_a_cause_has_no_case(self):
        found = [one for one in self.everything_right() if one.case.cause != "legacy-sigv2"]
        self.assertEqual(table.problems(found), ["no case for legacy-sigv2"])

    def test_every_set_of_every_case_is_asked(self):
        asked = []

        def ask(case, one, folder):
            asked.append((case.name, one.use, sorted(path.name for path in folder.iterdir())))
            return said("path-changed")

        self.assertTrue(all(one.right for one in ask_all([case(PROVABLE), case(STRONG)], ask)))
        self.assertEqual(asked, [("way/some", ["error"], ["error", "secret", "truth.json"])] * 2)

    def test_the_table_names_every_cause_and_each_wrong_answer_its_case(self):
        found = [verdict(PROVABLE, said("wrong-secret", "proven"))]
        for cause in table.causes():
            self.assertIn(cause, table.markdown(found))
            self.assertIn(cause, table.text(found))
        self.assertTrue(table.wrong(found[0]).startswith("FALSE PROOF: way/some [error]: wrong-secret"))


if __name__ == "__main__":
    unittest.main()
