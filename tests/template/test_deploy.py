"""The template deploys into the AWS emulator, and a log object that is put arrives in the queue."""

import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from parts import Ministack
from parts.installed import environment_program
from template import sam

STACK = "sigdrift"
KEY = "media/2026-04-15-08-00-00-AD3D 569+C9é"
ARRIVAL_SECONDS = 20


class DeployTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Without signatures: the policies allow encrypted transport only, and the emulator speaks plain HTTP.
        cls.ministack = cls.enterClassContext(Ministack(settings={"AUTH": "false"}))
        cls.settings = {"AWS_ENDPOINT_URL": cls.ministack.endpoint_url,
                        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        deployed = sam.run(
            "sam", "deploy", "--template-file", sam.TEMPLATE, "--stack-name", STACK, "--region", sam.REGION,
            "--no-confirm-changeset", settings=cls.settings)
        if deployed.returncode != 0:
            raise AssertionError(deployed.stdout + deployed.stderr)
        (stack,) = cls.aws("cloudformation", "describe-stacks", "--stack-name", STACK)["Stacks"]
        cls.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    @classmethod
    def aws(cls, *arguments: object) -> dict:
        environment = os.environ | cls.settings | {"AWS_DEFAULT_REGION": sam.REGION}
        # Given as an option too, because for queues the client passes over the variable.
        command = [str(environment_program("clients", "aws")), "--endpoint-url", cls.ministack.endpoint_url,
                   "--output", "json", *map(str, arguments)]
        answer = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=60)
        if answer.returncode != 0:
            raise AssertionError(f"aws {' '.join(map(str, arguments))}: {answer.stderr}")
        return json.loads(answer.stdout or "{}")

    def test_a_log_object_that_is_put_arrives_in_the_queue(self):
        bucket = self.outputs["LogBucketName"]
        with tempfile.TemporaryDirectory() as folder:
            body = Path(folder) / "log"
            body.write_text("a line\n")
            put = self.aws("s3api", "put-object", "--bucket", bucket, "--key", KEY, "--body", body)
        event = json.loads(self.arrived()["Body"])
        self.assertEqual((event["source"], event["detail-type"]), ("aws.s3", "Object Created"))
        self.assertEqual(event["detail"]["bucket"]["name"], bucket)
        self.assertEqual(event["detail"]["object"]["key"], KEY)
        self.assertEqual(event["detail"]["object"]["size"], 7)
        self.assertEqual(event["detail"]["object"]["etag"].strip('"'), put["ETag"].strip('"'))

    def arrived(self) -> dict:
        """The next message of the queue."""
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            answer = self.aws("sqs", "receive-message", "--queue-url", self.outputs["LogQueueUrl"],
                              "--wait-time-seconds", 2)
            if answer.get("Messages"):
                return answer["Messages"][0]
        self.fail(f"nothing arrived in the queue within {ARRIVAL_SECONDS} s")

    def test_the_bucket_is_private_and_encrypted(self):
        bucket = self.outputs["LogBucketName"]
        (rule,) = self.aws("s3api", "get-bucket-encryption", "--bucket", bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
        access = self.aws("s3api", "get-public-access-block", "--bucket", bucket)["PublicAccessBlockConfiguration"]
        self.assertEqual(set(access.values()), {True})

    def test_only_log_delivery_of_this_account_may_write(self):
        policy = self.aws("s3api", "get-bucket-policy", "--bucket", self.outputs["LogBucketName"])
        statements = {statement["Sid"]: statement for statement in json.loads(policy["Policy"])["Statement"]}
        delivery = statements["AccessLogDelivery"]
        self.assertEqual(delivery["Principal"], {"Service": "logging.s3.amazonaws.com"})
        self.assertEqual(delivery["Action"], "s3:PutObject")
        self.assertEqual(delivery["Condition"]["StringEquals"], {"aws:SourceAccount": self.ministack.account_id})
        self.assertEqual([sid for sid, statement in statements.items() if statement["Effect"] == "Allow"],
                         ["AccessLogDelivery"])

    def test_what_fails_too_often_goes_to_the_dead_letters(self):
        attributes = self.queue("LogQueueUrl")
        redrive = json.loads(attributes["RedrivePolicy"])
        dead_letters = self.queue("DeadLettersUrl")
        self.assertEqual((redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])),
                         (dead_letters["QueueArn"], 5))
        self.assertEqual(dead_letters["MessageRetentionPeriod"], "1209600")
        for queue in (attributes, dead_letters):
            self.assertEqual(queue["SqsManagedSseEnabled"].lower(), "true")
        (target,) = self.aws("events", "list-targets-by-rule", "--rule", self.outputs["ObjectCreatedRuleName"])["Targets"]
        self.assertEqual((target["Arn"], target["DeadLetterConfig"]["Arn"]),
                         (attributes["QueueArn"], dead_letters["QueueArn"]))

    def queue(self, output: str) -> dict[str, str]:
        return self.aws("sqs", "get-queue-attributes", "--queue-url", self.outputs[output],
                        "--attribute-names", "All")["Attributes"]


if __name__ == "__main__":
    unittest.main()
