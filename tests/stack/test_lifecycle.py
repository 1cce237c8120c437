"""The stack as it stands after a deploy, an update and a deletion."""

import json
import unittest

from stack.cloud import NAME, Cloud


class LifecycleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = cls.enterClassContext(Cloud())
        cls.outputs = cls.cloud.deploy()

    def test_the_buckets_are_private_and_encrypted(self):
        for output in ("LogBucketName", "StoreBucketName"):
            bucket = self.outputs[output]
            (rule,) = self.cloud.aws("s3api", "get-bucket-encryption",
                                     "--bucket", bucket)["ServerSideEncryptionConfiguration"]["Rules"]
            self.assertEqual(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
            access = self.cloud.aws("s3api", "get-public-access-block", "--bucket", bucket)
            self.assertEqual(set(access["PublicAccessBlockConfiguration"].values()), {True})

    def test_only_log_delivery_of_this_account_may_write_logs(self):
        policy = self.cloud.aws("s3api", "get-bucket-policy", "--bucket", self.outputs["LogBucketName"])
        statements = {statement["Sid"]: statement for statement in json.loads(policy["Policy"])["Statement"]}
        delivery = statements["AccessLogDelivery"]
        self.assertEqual((delivery["Principal"], delivery["Action"]),
                         ({"Service": "logging.s3.amazonaws.com"}, "s3:PutObject"))
        self.assertEqual(delivery["Condition"]["StringEquals"],
                         {"aws:SourceAccount": self.cloud.ministack.account_id})
        self.assertEqual([sid for sid, statement in statements.items() if statement["Effect"] == "Allow"],
                         ["AccessLogDelivery"])

    def test_what_fails_too_often_goes_to_the_dead_letters(self):
        queue, dead_letters = self.queue("LogQueueUrl"), self.queue("DeadLettersUrl")
        redrive = json.loads(queue["RedrivePolicy"])
        self.assertEqual((redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])),
                         (dead_letters["QueueArn"], 5))
        self.assertEqual(dead_letters["MessageRetentionPeriod"], "1209600")
        for attributes in (queue, dead_letters):
            self.assertEqual(attributes["SqsManagedSseEnabled"].lower(), "true")

    def queue(self, output: str) -> dict[str, str]:
        return self.cloud.aws("sqs", "get-queue-attributes", "--queue-url", self.outputs[output],
                              "--attribute-names", "All")["Attributes"]


class UpdateTest(unittest.TestCase):
    def test_an_update_replaces_nothing_that_holds_data_and_a_deletion_keeps_it(self):
        with Cloud() as cloud:
            first = cloud.deploy()
            existing = "arn:aws:s3:::existing-one,arn:aws:s3:::existing-two"
            cloud.aws("logs", "create-log-group", "--log-group-name", "/checkout/log")
            second = cloud.deploy(LogBucketArns=existing, LogPrefix1="AWSLogs/", LogPrefix3="s3/",
                                  LogGroup1="/checkout/log", FailuresThreshold="7", AlarmOnIncidents="yes",
                                  AlarmAddress="alarms@example.com", ReserveConcurrency="no")
            # The own log bucket is no longer the stack's, and stays.
            self.assertEqual({name: value for name, value in first.items() if name != "LogBucketName"}, second)
            self.assertEqual(cloud.keys(first["LogBucketName"]), [])
            rule = cloud.aws("events", "describe-rule", "--name", second["ObjectCreatedRuleName"])
            pattern = json.loads(rule["EventPattern"])
            self.assertEqual(pattern["resources"], existing.split(","))
            self.assertEqual(pattern["detail"]["object"]["key"], [{"prefix": "AWSLogs/"}, {"prefix": "s3/"}])
            role = cloud.aws("iam", "get-role-policy", "--role-name", cloud.resource("IngestRole"),
                             "--policy-name", "ingest")
            (read,) = [statement for statement in role["PolicyDocument"]["Statement"]
                       if statement["Sid"] == "ReadLogs"]
            self.assertEqual(read["Resource"], ["arn:aws:s3:::existing-one/*", "arn:aws:s3:::existing-two/*"])
            (subscription,) = cloud.aws("logs", "describe-subscription-filters",
                                        "--log-group-name", "/checkout/log")["subscriptionFilters"]
            self.assertEqual(subscription["destinationArn"], second["IngestFunctionArn"])
            cloud.put(second["StoreBucketName"], "segments/kept", b"x")

            cloud.aws("cloudformation", "delete-stack", "--stack-name", NAME)
            cloud.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", NAME)
            self.assertEqual(cloud.aws("lambda", "list-functions")["Functions"], [])
            self.assertEqual(cloud.keys(second["StoreBucketName"]), ["segments/kept"])
            self.assertEqual(cloud.aws("logs", "describe-subscription-filters",
                                       "--log-group-name", "/checkout/log")["subscriptionFilters"], [])
            queues = cloud.aws("sqs", "list-queues").get("QueueUrls", [])
            self.assertEqual([url.rpartition("/")[2] for url in queues],
                             [second["DeadLettersUrl"].rpartition("/")[2]])


if __name__ == "__main__":
    unittest.main()
