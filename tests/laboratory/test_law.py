"""What the evidence allows to say, one sentence of the cause catalogue a test."""

import unittest
from dataclasses import replace

from .law import Facts, expect

WAY = Facts("path-changed", "slash-merged", "way", either=True)
HOST = Facts("host-changed", None, "way", found=False)
BUG = Facts("signer-path-encoding", "double-encoded", "signer", either=True)
OWN_BUG = replace(BUG, either=False)
SECRET = Facts("wrong-secret", None, "secret")
DAMAGED = Facts("secret-malformed", "quotes", "damaged")


def asked(facts, words):
    return expect(facts, frozenset(words.split()))


class SignedWrongOrChangedOnTheWay(unittest.TestCase):
    def test_sent_verifies_and_received_differs(self):
        found = asked(WAY, "sent received secret")
        self.assertEqual((found.cause, found.may_be_proven, found.behind), ("path-changed", True, ()))

    def test_sent_equals_received_and_does_not_verify(self):
        found = asked(BUG, "sent received secret")
        self.assertEqual((found.cause, found.may_be_proven, found.behind), ("signer-path-encoding", True, ()))

    def test_without_the_request_as_sent_either_side_may_have_done_it(self):
        for facts, other in ((WAY, "signer-path-encoding"), (BUG, "path-changed")):
            found = asked(facts, "error secret")
            self.assertEqual((found.cause, found.may_be_proven, found.behind), (facts.cause, False, (other,)))

    def test_what_one_side_alone_can_make_is_proven_without_it(self):
        self.assertTrue(asked(OWN_BUG, "error secret").may_be_proven)
        self.assertTrue(asked(HOST, "error client").may_be_proven)

    def test_two_requests_without_a_signed_text_prove_nothing(self):
        found = asked(WAY, "sent received")
        self.assertEqual((found.cause, found.may_be_proven), ("path-changed", False))
        self.assertEqual(asked(BUG, "sent received").cause, "undetermined")

    def test_a_request_as_sent_that_verifies_is_not_what_the_server_saw(self):
        for facts in (WAY, SECRET):
            found = asked(facts, "sent secret")
            self.assertEqual((found.cause, found.may_be_proven), ("undetermined", False))

    def test_a_hash_alone_shows_only_what_a_search_finds(self):
        only_hash = replace(HOST, client_canonical=False)
        self.assertEqual(asked(only_hash, "error client").also, ("undetermined",))
        self.assertEqual(asked(replace(only_hash, found=True), "error client").also, ())

    def test_the_body_alone_decides_nothing_without_a_telltale(self):
        self.assertEqual(asked(WAY, "error").cause, "undetermined")
        dropped = Facts("header-changed", "range", "way", telltale=True)
        self.assertEqual(
            (asked(dropped, "error").cause, asked(dropped, "error").may_be_proven), ("header-changed", False)
        )


class AGivenSecret(unittest.TestCase):
    def test_the_signers_own(self):
        self.assertTrue(asked(SECRET, "error secret").may_be_proven)
        self.assertFalse(asked(replace(SECRET, temporary=True), "error secret").may_be_proven)

    def test_the_one_that_the_service_holds_matches_nothing(self):
        found = asked(replace(SECRET, secret_of="aws"), "error secret")
        self.assertEqual((found.cause, found.may_be_proven), ("undetermined", False))

    def test_equal_strings_to_sign_mean_another_key(self):
        self.assertEqual(asked(SECRET, "error client").cause, "wrong-secret")
        self.assertFalse(asked(SECRET, "error client").may_be_proven)
        self.assertEqual(asked(DAMAGED, "error client").behind, ("wrong-secret",))

    def test_a_damaged_form_that_matches(self):
        self.assertTrue(asked(DAMAGED, "error secret").may_be_proven)

    def test_a_body_without_the_signature_gives_it_nothing_to_match(self):
        self.assertEqual(asked(replace(DAMAGED, body_signature=False), "error secret").cause, "undetermined")


class WhatAServiceSaysItself(unittest.TestCase):
    def test_a_message_that_names_the_cause(self):
        skewed = Facts("clock-skew", None, "said", refusal="skewed")
        self.assertEqual(
            (asked(skewed, "error secret").cause, asked(skewed, "error secret").may_be_proven), ("clock-skew", True)
        )

    def test_without_the_message_nothing_is_asked(self):
        self.assertIsNone(asked(Facts("clock-skew", None, "said", refusal="skewed"), "sent received secret"))

    def test_an_unknown_temporary_key_is_not_proven(self):
        known = Facts("unknown-access-key", None, "said", refusal="unknown-key", code="InvalidAccessKeyId")
        self.assertTrue(asked(known, "error").may_be_proven)
        self.assertFalse(asked(replace(known, temporary=True), "error").may_be_proven)
        self.assertFalse(asked(replace(known, code="UnrecognizedClientException"), "error").may_be_proven)

    def test_a_content_hash_mismatch_leaves_both(self):
        facts = Facts("payload-changed", None, "way", either=True, refusal="content-mismatch")
        self.assertEqual(asked(facts, "error").cause, "undetermined")
        self.assertEqual(
            (asked(facts, "sent received error").cause, asked(facts, "sent received error").may_be_proven),
            ("payload-changed", True),
        )


if __name__ == "__main__":
    unittest.main()
