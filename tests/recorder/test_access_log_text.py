"""The text form of access logs: field count, quoting, and what a refused request does not show."""

import tempfile
import unittest
from pathlib import Path

from . import sample, write_access_log_text
from .access_log_fields import fields
from .access_log_line import LINE, NAMES, split


def line(exchange):
    return write_access_log_text.line(fields(exchange, sample.IDENTITIES))


class AccessLogText(unittest.TestCase):
    def test_a_line_has_27_fields(self):
        self.assertEqual((LINE.groups, len(NAMES)), (27, 27))
        for exchange in (sample.exchange(), sample.refused(), sample.presigned(), sample.exchange(signed=False)):
            split(line(exchange))

    def test_a_success_names_the_requester(self):
        shown = split(line(sample.exchange()))
        self.assertEqual(shown["requester"], "arn:aws:iam::111122223333:user/checkout")
        self.assertEqual((shown["error_code"], shown["bytes_sent"], shown["object_size"]), ("-", "12", "12"))

    def test_a_refused_header_signature_names_nobody(self):
        text = line(sample.refused())
        self.assertEqual(split(text)["requester"], "-")
        self.assertNotIn("AKIA", text)

    def test_a_denied_request_names_the_requester(self):
        shown = split(line(sample.exchange(status=403, code="AccessDenied")))
        self.assertEqual((shown["requester"], shown["bytes_sent"]), ("arn:aws:iam::111122223333:user/checkout", "243"))

    def test_a_presigned_signature_is_32_x(self):
        uri = split(line(sample.presigned()))["request_uri"]
        self.assertTrue(uri.endswith("&X-Amz-Signature=" + "X" * 32 + " HTTP/1.1"), uri)
        self.assertIn(f"X-Amz-Credential={sample.KEY_ID}%2F20260415", uri)

    def test_the_key_is_encoded_twice_and_the_uri_as_sent(self):
        shown = split(line(sample.exchange("/a%20b%2Bc/gr%C3%B6%C3%9Fe%22.jpg")))
        self.assertEqual(shown["key"], "a%2520b%252Bc/gr%25C3%25B6%25C3%259Fe%2522.jpg")
        self.assertEqual(shown["request_uri"], "GET /a%20b%2Bc/gr%C3%B6%C3%9Fe%22.jpg HTTP/1.1")

    def test_quotes_inside_a_field_stay(self):
        self.assertIn(' "a "quoted" agent" - ', line(sample.exchange(user_agent='a "quoted" agent', signed=False)))

    def test_a_request_to_the_bucket_has_no_key(self):
        shown = split(line(sample.exchange("/?list-type=2")))
        self.assertEqual((shown["operation"], shown["key"], shown["object_size"]), ("REST.GET.BUCKET", "-", "-"))

    def test_a_path_style_request_names_its_bucket(self):
        exchange = sample.exchange("/backups/nightly/1.tar", method="PUT")
        exchange.headers[0] = ("Host", "s3.eu-west-1.amazonaws.com")
        shown = split(line(exchange))
        self.assertEqual((shown["bucket"], shown["key"]), ("backups", "nightly/1.tar"))

    def test_files_are_delivered_by_bucket_and_day(self):
        with tempfile.TemporaryDirectory() as folder:
            exchanges = [sample.exchange(number=number) for number in range(1, 81)]
            counts = write_access_log_text.write(exchanges, sample.IDENTITIES, Path(folder))
            files = sorted(path.relative_to(folder) for path in Path(folder).rglob("*") if path.is_file())
            lines = [text for path in files for text in (Path(folder) / path).read_text().splitlines()]
        self.assertEqual(counts, {"objects": 2, "records": 83, "repeated": 3})
        self.assertEqual((len(lines), len(set(lines))), (83, 80))
        for path in files:
            self.assertEqual(str(path.parent), "111122223333/eu-west-1/media/2026/04/15")
            self.assertRegex(path.name, r"^2026-04-15-\d\d-\d\d-\d\d-[0-9A-F]{16}$")


if __name__ == "__main__":
    unittest.main()
