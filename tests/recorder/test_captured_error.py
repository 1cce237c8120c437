"""The captured error: hashes are checked on the whole texts, then tokens and signatures go."""

import hashlib
import json
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent / "clients"))

from captured_error import Attempt, captured_error

TOKEN = "IQoJb3JpZ2luX2VjEXAMPLETOKEN=="


def texts(accept_encoding):
    canonical_request = f"GET\n/a\n\naccept-encoding:{accept_encoding}\nx-amz-security-token:{TOKEN}\n\nall\nhash"
    return canonical_request, "AWS4\n" + hashlib.sha256(canonical_request.encode()).hexdigest()


def answer(canonical_request, string_to_sign, code="SignatureDoesNotMatch"):
    return (f"<Error><Code>{code}</Code><Message>m</Message><AWSAccessKeyId>ASIA</AWSAccessKeyId>"
            f"<SignatureProvided>{'ab' * 32}</SignatureProvided><StringToSign>{string_to_sign}</StringToSign>"
            f"<CanonicalRequest>{canonical_request}</CanonicalRequest><RequestId>R</RequestId></Error>").encode()


def attempt():
    request = SimpleNamespace(
        method="GET", url=f"http://h/a?X-Amz-Security-Token={TOKEN}&X-Amz-Signature={'ab' * 32}",
        headers={"X-Amz-Security-Token": TOKEN.encode(), "User-Agent": b"Boto3"})
    return Attempt(request, "GetObject", texts("identity"))


class CapturedError(unittest.TestCase):
    def test_both_texts_are_kept_and_checked_before_masking(self):
        line = captured_error(attempt(), answer(*texts("gzip")), "v1")
        self.assertTrue(line["server"]["canonical_request_ok"])
        self.assertTrue(line["client"]["canonical_request_ok"])
        self.assertIn("accept-encoding:gzip", line["server"]["canonical_request"])
        self.assertIn("accept-encoding:identity", line["client"]["canonical_request"])
        self.assertEqual((line["request_id"], line["operation"], line["deploy_version"]), ("R", "GetObject", "v1"))

    def test_an_altered_text_is_not_ok(self):
        canonical_request, string_to_sign = texts("gzip")
        line = captured_error(attempt(), answer(canonical_request + "x", string_to_sign), "v1")
        self.assertFalse(line["server"]["canonical_request_ok"])

    def test_no_token_and_no_signature_remain(self):
        text = json.dumps(captured_error(attempt(), answer(*texts("gzip")), "v1"))
        self.assertNotIn(TOKEN, text)
        self.assertNotIn("ab" * 32, text)
        self.assertIn("{sha256:" + hashlib.sha256(TOKEN.encode()).hexdigest()[:16] + "}", text)

    def test_other_errors_are_not_captured(self):
        self.assertIsNone(captured_error(attempt(), answer(*texts("gzip"), code="NoSuchKey"), "v1"))
        self.assertIsNone(captured_error(attempt(), b"", "v1"))


if __name__ == "__main__":
    unittest.main()
