"""The committed example agrees with the truth that was counted when it was recorded."""

import gzip
import json
import unittest
from collections import Counter

from .access_log_line import split
from .command import ROOT

LOGS = ROOT / "examples" / "checkout-incident"
TRUTH = ROOT / "tests" / "recorder" / "truth.json"


def files(folder):
    return [path for path in sorted((LOGS / folder).rglob("*")) if path.is_file()]


class Example(unittest.TestCase):
    def setUp(self):
        self.truth = json.loads(TRUTH.read_text())
        self.lines = [split(line) for path in files("s3-access-log") for line in path.read_text().splitlines()]

    def test_every_text_line_has_its_27_fields(self):
        self.assertEqual(len(self.lines), self.truth["sources"]["s3-access-log"]["records"])

    def test_failures_by_code(self):
        by_request = {line["request_id"]: line["error_code"] for line in self.lines
                      if line["error_code"] in self.truth["totals"]["by_code"]}
        self.assertEqual(dict(Counter(by_request.values())), self.truth["totals"]["by_code"])

    def test_no_header_signed_failure_names_who_it_was(self):
        for line in self.lines:
            if line["authentication_type"] == "AuthHeader" and line["error_code"] in self.truth["totals"]["by_code"]:
                self.assertEqual(line["requester"], "-")
                self.assertNotIn("AKIA", " ".join(line.values()))

    def test_captured_errors_join_the_access_log(self):
        refused = {line["request_id"] for line in self.lines if line["error_code"] == "SignatureDoesNotMatch"}
        (path,) = files("captured-errors")
        captured = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertEqual(len(captured), self.truth["sources"]["captured-error"]["records"])
        for line in captured:
            self.assertIn(line["request_id"], refused)
            self.assertTrue(line["server"]["canonical_request_ok"] and line["client"]["canonical_request_ok"])

    def test_cloudtrail_joins_and_never_shows_a_refused_request(self):
        refused = {line["request_id"] for line in self.lines
                   if line["error_code"] in self.truth["totals"]["by_code"]}
        records = [record for path in files("cloudtrail")
                   for record in json.loads(gzip.decompress(path.read_bytes())).get("Records", ())]
        self.assertEqual(len(records), self.truth["sources"]["cloudtrail"]["records"])
        self.assertFalse({record["requestID"] for record in records} & refused)


if __name__ == "__main__":
    unittest.main()
