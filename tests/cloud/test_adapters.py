"""The adapters themselves against a local AWS: `shared/aws/tests/emulated.rs`, in the place that it needs."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from parts import Ministack
from parts.installed import environment_program

from cloud.command import PROJECT, REGION


class AdaptersTest(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="sigdrift-adapters-"))
        self.ministack = self.enterContext(Ministack())
        outer = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = outer | {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.ministack.endpoint_url, "NO_PROXY": "127.0.0.1",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": str(Path(folder) / "config"),
        }

    def aws(self, *arguments: str) -> dict:
        command = [str(environment_program("clients", "aws")), "--endpoint-url", self.ministack.endpoint_url,
                   "--output", "json", *arguments]
        answer = subprocess.run(command, env=self.environment, text=True, capture_output=True, timeout=120, check=True)
        return json.loads(answer.stdout or "{}")

    def test_store_and_topic(self):
        self.aws("s3api", "create-bucket", "--bucket", "raced", "--create-bucket-configuration",
                 f"LocationConstraint={REGION}")
        topic = self.aws("sns", "create-topic", "--name", "alerts")["TopicArn"]
        queue = self.aws("sqs", "create-queue", "--queue-name", "alerts")["QueueUrl"]
        attributes = self.aws("sqs", "get-queue-attributes", "--queue-url", queue, "--attribute-names", "QueueArn")
        queue_arn = attributes["Attributes"]["QueueArn"]
        policy = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": queue_arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]}
        self.aws("sqs", "set-queue-attributes", "--queue-url", queue, "--attributes",
                 json.dumps({"Policy": json.dumps(policy)}))
        self.aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queue_arn)
        run = subprocess.run(
            ["cargo", "test", "--quiet", "--locked", "-p", "sigdrift-aws", "--features", "emulated",
             "--test", "emulated"],
            cwd=PROJECT, env=self.environment | {"SIGDRIFT_TEST_BUCKET": "raced", "SIGDRIFT_TEST_TOPIC": topic},
            text=True, capture_output=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("5 passed", run.stdout)
        (message,) = self.aws("sqs", "receive-message", "--queue-url", queue, "--wait-time-seconds", "5")["Messages"]
        envelope = json.loads(message["Body"])
        self.assertEqual(json.loads(envelope["Message"]), {"occasion": "opened"})
        self.assertEqual(envelope["Subject"], "opened: SignatureDoesNotMatch at media ?")


if __name__ == "__main__":
    unittest.main()
