"""The story says what it should: windows, hosts, and retries that fit the definition of a retry."""

import unittest

from . import cast, story


class Story(unittest.TestCase):
    def setUp(self):
        self.steps = story.steps()

    def test_it_is_the_same_every_time_and_in_order(self):
        self.assertEqual(self.steps, story.steps())
        self.assertEqual([step.time for step in self.steps], sorted(step.time for step in self.steps))
        self.assertTrue(800 <= len(self.steps) <= 1500, len(self.steps))

    def test_the_bad_version_is_behind_the_edge_from_0742_to_0757_only(self):
        times = [step.time for step in self.steps if step.app == "checkout-new-edge"]
        self.assertEqual(min(times).strftime("%H:%M"), "07:42")
        self.assertLess(max(times), story.at("07:57"))

    def test_one_shard_has_the_stale_secret(self):
        self.assertEqual({step.host for step in self.steps if step.app == "thumbs-stale"}, {"10.0.3.17"})

    def test_retries_repeat_a_request_of_the_same_host_within_five_minutes(self):
        by_number = {step.number: step for step in self.steps}
        retries = [step for step in self.steps if step.repeats]
        self.assertGreater(len(retries), 20)
        for step in retries:
            first = by_number[step.repeats]
            self.assertEqual((first.host, first.app, first.key), (step.host, step.app, step.key))
            self.assertTrue(0 < (step.time - first.time).total_seconds() <= 300)
            self.assertGreaterEqual(step.time, story.at("07:49"))

    def test_a_quick_run_has_every_kind(self):
        quick = story.steps(12)
        self.assertEqual({step.app for step in quick}, set(cast.APPS))
        self.assertLess(len(quick), 400)
        self.assertTrue(any(step.repeats for step in quick))


if __name__ == "__main__":
    unittest.main()
