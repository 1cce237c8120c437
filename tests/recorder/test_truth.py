"""The ground truth counts what the contract's words say."""

import unittest

from . import sample, truth
from .director import Recording


def count(exchanges, captured=()):
    return truth.count(Recording(list(exchanges), list(captured), sample.IDENTITIES), {})


class Truth(unittest.TestCase):
    def test_totals(self):
        totals = count([sample.exchange(number=1), sample.refused(number=2), sample.exchange(number=3, signed=False),
                        sample.exchange(number=4, status=403, code="AccessDenied")])["totals"]
        self.assertEqual(totals, {"exchanges": 4, "requests": 3, "failures": 1,
                                  "by_code": {"SignatureDoesNotMatch": 1}, "authorization_denied": 1})

    def test_a_retry_is_the_same_request_from_the_same_client_within_five_minutes(self):
        (cluster,) = count([
            sample.refused(clock="07:42", number=1),
            sample.refused(clock="07:46", number=2),
            sample.refused(clock="07:46:30", number=3, client="10.0.1.22"),
            sample.refused(clock="07:46:40", number=4, method="PUT"),
            sample.refused(clock="07:52", number=5),
        ])["clusters"]
        self.assertEqual((cluster["failures"], cluster["retries"]), (5, 1))
        self.assertEqual(cluster["per_minute"][1], ["2026-04-15T07:46:00Z", 3])

    def test_a_key_id_is_known_from_a_presigned_url_or_a_captured_error(self):
        header, url = sample.refused(number=1), sample.presigned(number=2, status=403, code="SignatureDoesNotMatch")
        captured = [{"request_id": header.answer_headers["x-amz-request-id"], "access_key_id": sample.KEY_ID}]
        answer = count([header, url], captured)
        self.assertEqual({cluster["access_key_id"] for cluster in answer["clusters"]}, {None, sample.KEY_ID})
        self.assertEqual({cluster["access_key_id"] for cluster in answer["clusters_with_captured_errors"]},
                         {sample.KEY_ID})

    def test_the_first_version_of_a_program_is_no_change(self):
        old, new = "Boto3 app/shop-1 B", "Boto3 app/shop-2 B"
        answer = count([sample.exchange(user_agent=old, clock="07:20"), sample.exchange(user_agent=new, clock="07:40")])
        self.assertEqual(answer["versions_first_seen"], [{"version": "shop-2", "time": "2026-04-15T07:40:00Z"}])


if __name__ == "__main__":
    unittest.main()
