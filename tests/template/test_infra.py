"""What `infra/` holds: bucket notifications are changed and not replaced, and policies name what there is."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from parts import Ministack
from parts.installed import environment_program
from template import sam, traits, translated

INFRA = sam.TEMPLATE.parent / "infra"
REGION = sam.REGION
# What the command calls for its sources in the cloud.
COMMAND = {"s3:ListBucket", "s3:GetObject", "s3:GetObjectVersion", "cloudtrail:LookupEvents", "logs:FilterLogEvents"}


class NotifyTest(unittest.TestCase):
    BUCKET = "existing-logs"

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sigdrift-notify-")))
        self.ministack = self.enterContext(Ministack(settings={"AUTH": "false"}))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
            "AWS_ENDPOINT_URL": self.ministack.endpoint_url, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "PATH": f"{environment_program('clients', 'aws').parent}:{os.environ['PATH']}"}
        self.aws("s3api", "create-bucket", "--bucket", self.BUCKET,
                 "--create-bucket-configuration", f"LocationConstraint={REGION}")

    def aws(self, *arguments: str) -> dict:
        # Given as an option too, because for queues the client passes over the variable.
        command = ["aws", "--endpoint-url", self.ministack.endpoint_url, "--output", "json", *arguments]
        answer = subprocess.run(command, env=self.environment, text=True,
                                capture_output=True, timeout=60)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout or "{}")

    def notify(self, *arguments: str, code: int = 0, **settings) -> str:
        answer = subprocess.run([INFRA / "notify", *arguments], env=self.environment, text=True, cwd=self.folder,
                                capture_output=True, timeout=60, **settings)
        self.assertEqual(answer.returncode, code, answer.stderr)
        return answer.stdout

    def now(self) -> dict:
        return self.aws("s3api", "get-bucket-notification-configuration", "--bucket", self.BUCKET)

    def test_what_a_bucket_notifies_already_stays(self):
        self.aws("sqs", "create-queue", "--queue-name", "others")
        self.aws("s3api", "put-bucket-notification-configuration", "--bucket", self.BUCKET,
                 "--skip-destination-validation", "--notification-configuration",
                 json.dumps({"QueueConfigurations": [{
                     "Id": "others", "QueueArn": f"arn:aws:sqs:{REGION}:{self.ministack.account_id}:others",
                     "Events": ["s3:ObjectRemoved:*"]}]}))
        before = self.now()
        shown = self.notify("on", self.BUCKET, "--yes")
        self.assertIn('+    "EventBridgeConfiguration": {},', shown)
        self.assertEqual(self.now(), before | {"EventBridgeConfiguration": {}})
        self.assertEqual(json.loads((self.folder / f"notifications-{self.BUCKET}.json").read_text()), before)
        self.notify("off", self.BUCKET, "--yes")
        self.assertEqual(self.now(), before)

    def test_a_bucket_that_notifies_nobody(self):
        self.notify("on", self.BUCKET, "--yes")
        self.assertEqual(self.now(), {"EventBridgeConfiguration": {}})
        self.assertNotIn("+", self.notify("on", self.BUCKET))

    def test_nothing_changes_without_a_yes(self):
        self.notify("on", self.BUCKET, code=1, input="n\n")
        self.assertEqual(self.now(), {})

    def test_usage(self):
        for arguments in ([], ["on"], ["remove", "b"], ["on", "b", "--force"]):
            self.notify(*arguments, code=2)


class PolicyTest(unittest.TestCase):
    def actions(self, name: str) -> set[str]:
        document = json.loads((INFRA / "policies" / name).read_text())
        found = set()
        for statement in document["Statement"]:
            self.assertEqual(statement["Effect"], "Allow")
            found |= set(translated.values(statement["Action"]))
            if statement["Resource"] == "*":
                self.assertEqual(statement["Action"], "cloudtrail:LookupEvents")
        return found

    def test_the_command_may_read_and_nothing_else(self):
        self.assertEqual(self.actions("command.json"), COMMAND)
        self.assertLessEqual(COMMAND, set().union(*traits.needs().values()))

    def test_who_asks_may_ask_and_nothing_else(self):
        self.assertEqual(self.actions("read-summary.json"), {"execute-api:Invoke"})
        self.assertEqual(self.actions("invoke-analyze.json"), {"lambda:InvokeFunction"})


class SubscriptionTest(unittest.TestCase):
    def test_sigdrifts_own_groups_can_not_be_subscribed(self):
        template = (INFRA / "log-group.yaml").read_text()
        self.assertIn("AllowedPattern: ^(?!/sigdrift/)", template)
        self.assertIn("LogGroupName: !Sub /aws/vendedlogs/s3/", (INFRA / "access-logs.yaml").read_text())


if __name__ == "__main__":
    unittest.main()
