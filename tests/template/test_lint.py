"""The linters accept the template, as it is written and as CloudFormation gets it."""

import json
import tempfile
import unittest
from pathlib import Path

from template import sam


class LintTest(unittest.TestCase):
    def test_sam_validate(self):
        result = sam.run("sam", "validate", "--lint", "--template", sam.TEMPLATE)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_cfn_lint_says_nothing(self):
        result = sam.run("cfn-lint", sam.TEMPLATE)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_cfn_lint_says_nothing_about_what_cloudformation_gets(self):
        translated = self.translated()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "translated.json"
            path.write_text(translated)
            result = sam.run("cfn-lint", path)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_log_objects_expire_after_the_days_that_the_parameter_says(self):
        bucket = json.loads(self.translated())["Resources"]["LogBucket"]["Properties"]
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        self.assertEqual((rule["Status"], rule["ExpirationInDays"]), ("Enabled", {"Ref": "LogRetentionDays"}))

    def translated(self) -> str:
        """The template as CloudFormation gets it."""
        result = sam.run("python", Path(__file__).with_name("translate.py"), sam.TEMPLATE)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout


if __name__ == "__main__":
    unittest.main()
