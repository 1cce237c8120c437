"""The linters accept the template, as it is written and as CloudFormation gets it."""

import tempfile
import unittest
from pathlib import Path

from template import sam, translated


class LintTest(unittest.TestCase):
    def test_sam_validate(self):
        result = sam.run("sam", "validate", "--lint", "--template", sam.TEMPLATE)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_cfn_lint_says_nothing(self):
        result = sam.run("cfn-lint", sam.TEMPLATE)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_cfn_lint_says_nothing_about_what_cloudformation_gets(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "translated.json"
            path.write_text(translated.text())
            result = sam.run("cfn-lint", path)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_cfn_lint_says_nothing_about_the_other_templates(self):
        paths = sorted((sam.TEMPLATE.parent / "infra").glob("*.yaml"))
        self.assertTrue(paths)
        result = sam.run("cfn-lint", *paths)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_log_objects_expire_after_the_days_that_the_parameter_says(self):
        (rule,) = translated.resources()["LogBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
        self.assertEqual((rule["Status"], rule["ExpirationInDays"]), ("Enabled", {"Ref": "LogRetentionDays"}))


if __name__ == "__main__":
    unittest.main()
