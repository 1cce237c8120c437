"""Sizes of S3's error bodies, against sizes seen in public access logs and answers."""

import unittest

from . import s3_error_body, sample


class ErrorBodySizes(unittest.TestCase):
    def test_plain_access_denied_has_243_bytes(self):
        self.assertEqual(s3_error_body.size(sample.exchange(status=403, code="AccessDenied")), 243)

    def test_a_mismatch_shows_the_length_of_both_texts(self):
        ampersands = sample.CANONICAL_REQUEST.count("&")
        expected = 658 + 4 * (len(sample.STRING_TO_SIGN) + len(sample.CANONICAL_REQUEST)) + 4 * ampersands
        self.assertEqual(s3_error_body.size(sample.refused()), expected)

    def test_a_presigned_url_is_rebuilt_without_its_signature(self):
        canonical_request, string_to_sign = s3_error_body.verified_texts(
            sample.presigned(status=403, code="SignatureDoesNotMatch"))
        self.assertEqual(canonical_request.splitlines()[:2], ["GET", "/t/1.webp"])
        self.assertTrue(canonical_request.endswith("host:thumbs.s3.eu-west-1.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD"))
        self.assertTrue(canonical_request.splitlines()[2].endswith("&x-deploy=thumbs-7.2.0"))
        self.assertNotIn("X-Amz-Signature", canonical_request)
        self.assertEqual(string_to_sign.splitlines()[:3],
                         ["AWS4-HMAC-SHA256", "20260415T074200Z", "20260415/eu-west-1/s3/aws4_request"])


if __name__ == "__main__":
    unittest.main()
