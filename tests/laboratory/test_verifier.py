"""The verifier lets what is rightly signed in, refuses what is wrong with the right words, and its texts add up."""

import json
import re
import unittest
from dataclasses import replace
from datetime import timedelta
from html import unescape

from . import made, sigv4, vectors
from .bases import BASES
from .bugs import BUGS
from .message import decoded
from .verifier.answers import answer
from .verifier.check import Service, check


def refusal(base, signed, service: Service | None = None, after=timedelta()):
    return check(signed.request, service or made.service_of(base), made.NOW + after)


class LetIn(unittest.TestCase):
    def test_every_base_rightly_signed(self):
        for base in BASES.values():
            with self.subTest(base=base.name):
                self.assertIsNone(refusal(base, made.sign(base)))
                if base.flavour == "s3":
                    self.assertIsNone(refusal(base, made.sign(base, who=made.ROLE)))

    def test_every_vector(self):
        for vector in vectors.read():
            service = vectors.service_of(vector)
            for form in vectors.FORMS:
                if not (vector.omits_token and form == "query"):
                    with self.subTest(vector=vector.name, form=form):
                        self.assertIsNone(check(vector.sign(form).request, service, vectors.time_of(vector)))


class Refused(unittest.TestCase):
    def test_every_bug_shows_on_its_requests(self):
        for bug in BUGS.values():
            for name in bug.bases:
                with self.subTest(bug=bug.name, base=name):
                    self.assertIsNotNone(refusal(BASES[name], made.sign(BASES[name], bug.steps)))

    def test_a_body_shows_what_its_string_to_sign_hashes(self):
        for name in ("s3-key-odd", "r2-get", "gcs-get"):
            base = BASES[name]
            refused = refusal(base, made.sign(base, BUGS["key-no-prefix"].steps))
            body = decoded(answer(refused, made.service_of(base), 1).body)
            texts = {tag: unescape(text) for tag, text in re.findall(r"<(\w+)>([^<]*)</\1>", body)}
            digest = sigv4.sha256(texts["CanonicalRequest"].encode())
            self.assertEqual(texts["StringToSign"].splitlines()[-1], digest)
            if "CanonicalRequestBytes" in texts:
                self.assertEqual(bytes.fromhex(texts["CanonicalRequestBytes"]).decode(), texts["CanonicalRequest"])

    def test_the_json_protocol_shows_the_canonical_string_in_its_message(self):
        base = BASES["dynamodb"]
        refused = refusal(base, made.sign(base, BUGS["key-no-prefix"].steps))
        told = json.loads(answer(refused, made.service_of(base), 1).body)
        self.assertEqual(told["__type"].rpartition("#")[2], "InvalidSignatureException")
        self.assertIn("\n\nThe Canonical String for this request should have been\n'POST\n/\n\n", told["message"])

    def test_clocks_may_differ_by_fifteen_minutes_at_s3_and_five_elsewhere(self):
        for name, minutes in (("s3-get", 15), ("dynamodb", 5)):
            base, signed = BASES[name], made.sign(BASES[name])
            self.assertIsNone(refusal(base, signed, after=timedelta(minutes=minutes)))
            self.assertEqual(refusal(base, signed, after=timedelta(minutes=minutes, seconds=1)).kind, "skewed")

    def test_the_size_of_the_body_is_that_of_s3(self):
        """658 + 4 x (string to sign + canonical request), 4 more for each ampersand."""
        base = BASES["s3-put"]
        who = replace(made.USER, secret="another")
        refused = refusal(base, made.sign(base, who=who))
        body = answer(refused, made.service_of(base), 1).body
        texts = len(refused.told["string_to_sign"]) + len(refused.told["canonical"])
        self.assertEqual(len(body), 658 + 4 * texts)


if __name__ == "__main__":
    unittest.main()
