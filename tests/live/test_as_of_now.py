"""The example's access logs as of now: what a new stack is tried with is an incident that goes on."""

import re
import subprocess
import tempfile
import unittest
from datetime import UTC, datetime
from pathlib import Path

from .test_recorded_now import ROOT, analyze


class AsOfNow(unittest.TestCase):
    def logs(self):
        done = subprocess.run([ROOT / "examples/as-of-now"], capture_output=True, text=True, check=True)
        return done.stdout

    def test_the_deploy_is_an_open_incident_that_began_ten_minutes_ago(self):
        before = datetime.now(UTC)
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            log.write_text(self.logs())
            summary = analyze(log)
        (source,) = summary["sources"]
        self.assertEqual(source["unreadable"], 0)
        of_deploy = [incident for incident in summary["incidents"]
                     if any("checkout-2026.04.15" in change["what"] for change in incident["changes"])]
        (incident,) = of_deploy
        self.assertEqual(incident["state"], "open")
        started = datetime.fromisoformat(incident["started_at"])
        self.assertLess(abs((before - started).total_seconds() - 600), 120)

    def test_no_request_id_comes_twice(self):
        ids = [re.fullmatch(r"(?:\S+ ){6}(\S+) .*", line)[1] for line in (self.logs() + self.logs()).splitlines()]
        self.assertEqual(len(ids), len(set(ids)))


if __name__ == "__main__":
    unittest.main()
