"""The JSON form of access logs: no empty fields, and the same silence about refused requests."""

import gzip
import json
import re
import tempfile
import unittest
from pathlib import Path

from . import sample, write_access_log_json
from .access_log_fields import fields


def record(exchange):
    return write_access_log_json.record(fields(exchange, sample.IDENTITIES))


class AccessLogJson(unittest.TestCase):
    def test_a_refused_request_has_neither_requester_nor_key_id(self):
        shown = record(sample.refused())
        self.assertNotIn("requester", shown)
        self.assertNotIn("AKIA", json.dumps(shown))
        self.assertEqual((shown["error_code"], shown["http_status"]), ("SignatureDoesNotMatch", 403))

    def test_values_have_their_types_and_empty_ones_are_absent(self):
        shown = record(sample.exchange(method="PUT"))
        self.assertIs(shown["acl_required"], False)
        self.assertEqual((shown["schema_version_id"], shown["request_time"]), ("V_1_0", "2026-04-15T07:42:00.000Z"))
        self.assertNotIn(None, shown.values())
        self.assertNotIn("-", shown.values())
        self.assertNotIn("error_code", shown)

    def test_the_export_puts_the_time_before_each_record(self):
        with tempfile.TemporaryDirectory() as folder:
            counts = write_access_log_json.write([sample.refused()], sample.IDENTITIES, Path(folder))
            (path,) = Path(folder).rglob("000000.gz")
            (line,) = gzip.decompress(path.read_bytes()).decode().splitlines()
        self.assertEqual(counts, {"objects": 1, "records": 1})
        time, _, text = line.partition(" ")
        self.assertTrue(re.fullmatch(r"2026-04-15T07:42:00\.000Z", time))
        self.assertEqual(json.loads(text)["bucket_name"], "media")


if __name__ == "__main__":
    unittest.main()
