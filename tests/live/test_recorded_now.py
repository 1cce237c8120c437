"""Records a short story with real clients against a real verifying server, and analyses it.

What the recorder counted from its own exchanges is the truth; it knows nothing of how logs are read.
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIGDRIFT = Path(os.environ.get("SIGDRIFT_BIN", ROOT / "target/release/sigdrift"))


def analyze(*arguments):
    """The summary of the built command."""
    if not SIGDRIFT.exists():
        raise unittest.TestCase.failureException(f"{SIGDRIFT.name} is not built: cargo build --release")
    done = subprocess.run([SIGDRIFT, "analyze", "--json", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def of_interest(clusters, key):
    """The clusters as both sides tell them, in one order."""
    names = ["endpoint", "access_key_id", "region", "deploy_version", "code", "failures", "first_seen", "last_seen",
             "retries", "per_minute"]
    told = [{name: cluster[name] for name in names} for cluster in clusters]
    return sorted(told, key=key)


class RecordedNow(unittest.TestCase):
    """One recording, analysed in several ways."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        recorder = ROOT / "tests/recorder/record"
        done = subprocess.run([recorder, "--quick", "--out", cls.folder.name], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        cls.logs = Path(cls.folder.name) / "checkout-incident"
        cls.truth = json.loads((Path(cls.folder.name) / "truth.json").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def assert_clusters(self, summary, expected):
        def order(cluster):
            return json.dumps(cluster, sort_keys=True)

        self.assertEqual(of_interest(summary["clusters"], order), of_interest(expected, order))

    def test_access_logs_alone_show_what_happened(self):
        summary = analyze(self.logs / "s3-access-log", self.logs / "s3-access-log-json")
        self.assertEqual(summary["totals"]["requests"], self.truth["totals"]["requests"])
        self.assertEqual(summary["totals"]["by_code"], self.truth["totals"]["by_code"])
        self.assert_clusters(summary, self.truth["clusters"])

    def test_captured_errors_add_the_key_and_the_cause(self):
        summary = analyze(self.logs)
        self.assertEqual(summary["totals"]["failures"], self.truth["totals"]["failures"])
        self.assert_clusters(summary, self.truth["clusters_with_captured_errors"])
        worst = next(c for c in summary["clusters"] if c["deploy_version"] == "checkout-2026.04.15")
        self.assertEqual((worst["cause"]["cause"], worst["cause"]["component"]), ("header-changed", "accept-encoding"))

    def test_the_stale_shard_is_told_from_the_others(self):
        summary = analyze(self.logs)
        stale = next(c for c in summary["clusters"] if (c["endpoint"] or "").startswith("thumbs."))
        self.assertIn("one-shard", stale["contexts"])
        self.assertEqual(stale["cause"]["cause"], "wrong-secret")

    def test_every_change_is_told_and_no_failed_one(self):
        summary = analyze(self.logs)
        told = [(c["time"], c["what"].split()[0]) for c in summary["changes"] if not c["what"].startswith("deploy ")]
        self.assertEqual(sorted(told), sorted((c["time"], c["what"]) for c in self.truth["changes"]))


class Example(unittest.TestCase):
    """The same on the example that everyone sees first."""

    def test_the_example_is_what_was_recorded(self):
        truth = json.loads((ROOT / "tests/recorder/truth.json").read_text())
        summary = analyze(ROOT / "examples/checkout-incident")
        order = lambda cluster: json.dumps(cluster, sort_keys=True)  # noqa: E731
        expected = of_interest(truth["clusters_with_captured_errors"], order)
        self.assertEqual(of_interest(summary["clusters"], order), expected)


if __name__ == "__main__":
    unittest.main()
