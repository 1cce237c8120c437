"""The functions as they are uploaded: small, quick to start, and content with what their roles allow."""

import json
import os
import re
import subprocess
import sys
import unittest

from parts import Ministack
from parts.installed import environment_program
from stack import build, runtime
from template import sam, traits, translated

LARGEST_ZIP = 6_000_000
SLOWEST_START_MS = 60
STARTS = 7
SETTINGS = {"SIGDRIFT_STORE_BUCKET": "store",
            "SIGDRIFT_TOPIC_ARN": f"arn:aws:sns:{sam.REGION}:111122223333:alerts"}
# What the names of the template stand for here.
NAMES = {"LogBucket.Arn": "arn:aws:s3:::logs", "StoreBucket.Arn": "arn:aws:s3:::store",
         "Alerts": SETTINGS["SIGDRIFT_TOPIC_ARN"], "AWS::Partition": "aws", "AWS::Region": sam.REGION,
         "AWS::AccountId": "111122223333", "LogGroup1": "/checkout/log"}
MARKER = {"version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "Deploy Marker",
          "source": "sigdrift", "account": "111122223333", "time": "2026-04-15T07:40:00Z", "region": sam.REGION,
          "resources": [], "detail": {"time": "2026-04-15T07:40:00Z", "version": "checkout-2026.04.15"}}


def tell(what: str) -> None:
    print(what, file=sys.stderr)


class BuildTest(unittest.TestCase):
    def test_every_function_is_small(self):
        for function in traits.functions():
            size = build.packed_size(function)
            tell(f"{function}: {size / 1e6:.2f} MB packed")
            self.assertLess(size, LARGEST_ZIP, function)

    def test_every_function_starts_quickly(self):
        for function in traits.functions():
            # The machine may be busy; the code is what the quickest start shows.
            starts = sorted(runtime.start_milliseconds(function, SETTINGS) for _ in range(STARTS))
            tell(f"{function}: first event asked for after {starts[0]:.0f} ms, {starts[len(starts) // 2]:.0f} in the median")
            self.assertLess(starts[0], SLOWEST_START_MS, function)


class RuntimeTest(unittest.TestCase):
    """Each with the credentials of a user who may do what the function's role allows, and no more."""

    @classmethod
    def setUpClass(cls):
        cls.ministack = cls.enterClassContext(Ministack())
        for bucket in ("logs", "store"):
            cls.aws("s3api", "create-bucket", "--bucket", bucket,
                    "--create-bucket-configuration", f"LocationConstraint={sam.REGION}")
        cls.aws("sns", "create-topic", "--name", "alerts")

    @classmethod
    def aws(cls, *arguments: str) -> dict:
        answer = subprocess.run(
            [environment_program("clients", "aws"), "--endpoint-url", cls.ministack.endpoint_url, "--output", "json",
             *arguments], text=True, capture_output=True, timeout=60,
            env=os.environ | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                              "AWS_DEFAULT_REGION": sam.REGION})
        if answer.returncode != 0:
            raise AssertionError(answer.stderr)
        return json.loads(answer.stdout or "{}")

    def start(self, function: str) -> runtime.Runtime:
        """The function, with what its role allows where the stack made the log bucket."""
        role = translated.resources("AWS::IAM::Role")[f"{function.capitalize()}Role"]
        statements = [{"Effect": "Allow", "Action": action, "Resource": sorted(set(map(arn, resources)) - {""})}
                      for action, resources, statement in translated.allowed(role)
                      if statement["Sid"] not in ("Log", "Receive", "TellWhatFailed", "DecryptLogs")]
        name = f"{function}-{self.id().rpartition('.')[2]}"
        self.aws("iam", "create-user", "--user-name", name)
        self.aws("iam", "put-user-policy", "--user-name", name, "--policy-name", "role",
                 "--policy-document", json.dumps({"Version": "2012-10-17", "Statement": statements}))
        key = self.aws("iam", "create-access-key", "--user-name", name)["AccessKey"]
        self.secret = key["SecretAccessKey"]
        return self.enterContext(runtime.Runtime(function, SETTINGS | {
            "AWS_ENDPOINT_URL": self.ministack.endpoint_url, "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.secret}))

    def tearDown(self):
        # Contexts end after this: the logs are still there.
        if function := getattr(self, "function", None):
            self.assertNotIn(self.secret, function.log())
            self.assertNotIn("Signature=", function.log())

    def test_detect(self):
        self.function = self.start("detect")
        scheduled = {"version": "0", "id": "i", "detail-type": "Scheduled Event", "source": "aws.events",
                     "time": "2026-04-15T08:00:00Z", "region": sam.REGION, "resources": [], "detail": {}}
        for _ in range(2):
            self.assertIsNone(self.function.invoke(scheduled))
        told = [(line["OpenIncidents"], line["Heartbeat"]) for line in self.function.metrics()]
        self.assertEqual(told, [(0, 1), (0, 1)])

    def test_summary(self):
        self.function = self.start("summary")
        answer = lambda path, **more: self.function.invoke({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": {},
            "requestContext": {"http": {"method": "GET", "path": path, "protocol": "HTTP/1.1",
                                        "sourceIp": "192.0.2.1", "userAgent": "curl"}, "stage": "$default",
                               "requestId": "r", "timeEpoch": 0},
            "isBase64Encoded": False} | more)
        health = answer("/healthz")
        self.assertEqual((health["statusCode"], json.loads(health["body"])["status"]), (200, "ok"))
        summary = answer("/summary", queryStringParameters={"from": "-2h"})
        self.assertEqual((summary["statusCode"], json.loads(summary["body"])["totals"]["failures"]), (200, 0))
        self.assertEqual(answer("/nothing")["statusCode"], 404)

    def test_analyze(self):
        self.function = self.start("analyze")
        window = {"from": "2026-04-15T07:00:00Z", "to": "2026-04-15T09:00:00Z"}
        answer = self.function.invoke(window | {"sources": ["s3://logs/"]})
        self.assertEqual(answer["totals"]["failures"], 0)
        self.assertIn("errorMessage", self.function.invoke(window))
        # The role allows the log buckets, and no other.
        refused = self.function.invoke(window | {"sources": ["s3://store/"]})
        self.assertIn("s3:ListBucket", refused["errorMessage"])

    def test_ingest(self):
        self.function = self.start("ingest")
        test_event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-04-15T08:00:00.000Z",
                      "Bucket": "logs", "RequestId": "r", "HostId": "h"}
        queue = lambda *bodies: {"Records": [
            {"messageId": f"m{number}", "receiptHandle": "r", "eventSource": "aws:sqs", "body": json.dumps(body)}
            for number, body in enumerate(bodies)]}
        self.assertEqual(self.function.invoke(queue(test_event)), {"batchItemFailures": []})
        gone = MARKER | {"source": "aws.s3", "detail-type": "Object Created", "detail": {
            "bucket": {"name": "logs"}, "object": {"key": "gone", "size": 7, "etag": "e", "sequencer": "00"}}}
        self.assertEqual(self.function.invoke(queue(gone, {"what": "else"})),
                         {"batchItemFailures": [{"itemIdentifier": "m1"}]})
        # A deleted object is told from one that may not be read.
        self.assertEqual(sum(line.get("ObjectsQuarantined", 0) for line in self.function.metrics()), 1)
        self.assertIsNone(self.function.invoke(MARKER))
        self.assertIsNone(self.function.invoke(MARKER))
        counted = [line for line in self.function.metrics() if "SegmentsWritten" in line]
        self.assertEqual([(line["SegmentsWritten"], line["SegmentsPresent"]) for line in counted[1:]], [(1, 0), (0, 1)])
        refused = self.function.invoke({"no": 1})
        self.assertIn("of no form that is read here", refused["errorMessage"])


def arn(resource) -> str:
    """The ARN of a resource here; nothing for what is not there."""
    if isinstance(resource, dict) and "Fn::GetAtt" in resource:
        return NAMES.get(".".join(resource["Fn::GetAtt"]), "")
    if isinstance(resource, dict) and "Fn::Sub" in resource:
        filled = re.sub(r"\$\{([\w.:]+)\}", lambda found: NAMES.get(found[1], ""), resource["Fn::Sub"])
        return "" if "log-group::*" in filled else filled
    if isinstance(resource, dict):
        return NAMES.get(resource.get("Ref", ""), "")
    return resource


if __name__ == "__main__":
    unittest.main()
