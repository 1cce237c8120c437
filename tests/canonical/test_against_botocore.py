"""Random requests: botocore and `sigdrift canonical` make the same canonical request, string to sign
and signature of each, and the command verifies what botocore signed.

`SIGDRIFT_REQUESTS` is how many requests are tried (2,000) and `SIGDRIFT_FIRST_SEED` the seed (0);
`SIGDRIFT_BIN` names another build of the command than `target/release/sigdrift`.
"""

import json
import os
import subprocess
import tempfile
import unittest
from base64 import b64decode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from parts.installed import environment_program

ROOT = Path(__file__).resolve().parents[2]
SIGDRIFT = Path(os.environ.get("SIGDRIFT_BIN", ROOT / "target/release/sigdrift"))
REQUESTS = int(os.environ.get("SIGDRIFT_REQUESTS", "2000"))
SEED = os.environ.get("SIGDRIFT_FIRST_SEED", "0")


def random_requests():
    """Requests signed by botocore, in the Python environment that has it."""
    signer = Path(__file__).with_name("botocore_signer.py")
    python = environment_program("clients", "python")
    done = subprocess.run([python, signer, SEED, str(REQUESTS)], capture_output=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


class AgainstBotocore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not SIGDRIFT.is_file():
            raise FileNotFoundError(f"{SIGDRIFT} is missing: run `cargo build --release` or set SIGDRIFT_BIN")
        cls.cases = random_requests()
        cls.folder = tempfile.TemporaryDirectory()
        cls.secret = Path(cls.folder.name, "secret")
        cls.secret.write_text(cls.cases[0]["secret"] + "\n")
        cls.token = Path(cls.folder.name, "token")
        cls.token.write_text(next(case["token"] for case in cls.cases if case["token"]) + "\n")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def canonical(self, request, *arguments):
        done = subprocess.run([SIGDRIFT, "canonical", "--json", "--request", "-", "--secret-file", self.secret, *arguments],
                              input=b64decode(request), capture_output=True, timeout=20)
        if done.returncode not in (0, 1):
            return {"error": done.stderr.decode()}
        return json.loads(done.stdout)

    def signing_differs(self, case):
        options = ["--region", case["region"], "--service", case["service"], "--access-key", case["access_key_id"],
                   "--time", case["time"]]
        options += ["--session-token-file", self.token] if case["token"] else []
        options += ["--sign-body"] if case["sign_body"] else []
        options += ["--presign", "--expires", str(case["expires"])] if case["expires"] else []
        ours = self.canonical(case["request"], *options)
        return [f"{step}\nbotocore {theirs!r}\nsigdrift {ours.get(step, ours)!r}"
                for step, theirs in case["expected"].items() if ours.get(step) != theirs]

    def verifying_differs(self, case):
        ours = self.canonical(case["received"], "--verify")
        return [] if ours.get("verified") is True else [f"not verified\nbotocore {case['expected']}\nsigdrift {ours}"]

    def all_agree(self, compare, cases):
        with ThreadPoolExecutor(os.cpu_count()) as workers:
            told = list(zip(cases, workers.map(compare, cases)))
        different = [(case, differences) for case, differences in told if differences]
        # The shortest request that differs shows best why.
        different.sort(key=lambda found: len(found[0]["request"]))
        for case, differences in different[:1]:
            self.fail("\n".join([f"{len(different)} of {len(cases)} differ (seed {SEED}), the shortest by {case['signer']}:",
                                 b64decode(case["request"]).decode(errors="replace"), *differences]))

    def test_every_kind_of_signer_is_tried(self):
        counted = Counter(case["signer"] for case in self.cases)
        self.assertEqual(len(counted), 4)
        self.assertGreater(min(counted.values()), len(self.cases) // 8)

    def test_requests_are_signed_alike(self):
        # The command always signs X-Amz-Date.
        self.all_agree(self.signing_differs, [case for case in self.cases if not case["is_dated"]])

    def test_what_botocore_signed_verifies(self):
        self.all_agree(self.verifying_differs, self.cases)


if __name__ == "__main__":
    unittest.main()
