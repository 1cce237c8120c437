"""The leak check finds what it must, also inside compressed files."""

import gzip
import tempfile
import unittest
from pathlib import Path

from . import leaks, sample
from .director import Recording


class Leaks(unittest.TestCase):
    def setUp(self):
        self.forbidden = leaks.secrets(Recording([sample.exchange(), sample.presigned()], [], sample.IDENTITIES))

    def test_secrets_and_signatures_are_forbidden(self):
        self.assertLessEqual({sample.SECRET, sample.SIGNATURE}, self.forbidden)

    def test_a_leak_is_found_and_not_repeated(self):
        for content in (f"x {sample.SECRET}".encode(), gzip.compress(f"x {sample.SIGNATURE}".encode())):
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "log").write_bytes(content)
                with self.assertRaises(leaks.Leak) as raised:
                    leaks.check(Path(folder), self.forbidden)
                self.assertNotIn(sample.SECRET, str(raised.exception))

    def test_clean_files_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "log").write_text(sample.KEY_ID)
            leaks.check(Path(folder), self.forbidden)


if __name__ == "__main__":
    unittest.main()
