"""Roles allow what their functions call and nothing else; nothing that is sent gets lost; nothing is public."""

import json
import re
import unittest

from template import traits, translated

# What Lambda itself does in a function's name, beside what the function's traits need.
RUNTIME = {
    "ingest": {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:ReceiveMessage", "sqs:DeleteMessage",
               "sqs:GetQueueAttributes", "sqs:SendMessage"},
    "detect": {"logs:CreateLogStream", "logs:PutLogEvents"},
    "summary": {"logs:CreateLogStream", "logs:PutLogEvents"},
    "analyze": {"logs:CreateLogStream", "logs:PutLogEvents"},
}
# S3 decrypts for who reads logs that are encrypted with a key of KMS.
DECRYPTS = {"ingest", "analyze"}
# CloudTrail knows no resources for it.
WITHOUT_RESOURCES = {"cloudtrail:LookupEvents"}
# Who is invoked asynchronously without dead letters, and why that loses nothing.
WITHOUT_DEAD_LETTERS = {"EachMinute": "the next minute's invocation does the same work, and the heartbeat is watched"}


def role(function: str) -> dict:
    return translated.resources("AWS::IAM::Role")[f"{function.capitalize()}Role"]


class RoleTest(unittest.TestCase):
    def test_each_function_has_a_role_of_its_own(self):
        functions = translated.resources("AWS::Lambda::Function")
        self.assertEqual(sorted(functions), sorted(f"{name.capitalize()}Function" for name in traits.functions()))
        for name, function in functions.items():
            self.assertEqual(function["Properties"]["Role"],
                             {"Fn::GetAtt": [name.replace("Function", "Role"), "Arn"]})
        self.assertEqual(len(translated.resources("AWS::IAM::Role")), len(functions))

    def test_a_role_allows_what_the_functions_traits_need_and_nothing_else(self):
        for function in traits.functions():
            with self.subTest(function):
                needed = traits.actions_of(function) | RUNTIME[function]
                if function in DECRYPTS:
                    needed.add("kms:Decrypt")
                self.assertEqual({action for action, _, _ in translated.allowed(role(function))}, needed)

    def test_no_role_has_a_policy_that_others_write(self):
        for name, resource in translated.resources("AWS::IAM::Role").items():
            self.assertNotIn("ManagedPolicyArns", resource["Properties"], name)

    def test_what_is_allowed_is_allowed_on_named_resources(self):
        for function in traits.functions():
            for action, resources, _ in translated.allowed(role(function)):
                self.assertNotIn("*", action)
                if action not in WITHOUT_RESOURCES:
                    self.assertNotIn("*", resources, f"{function}: {action}")

    def test_a_function_logs_to_its_own_group_alone(self):
        for function in traits.functions():
            group = f"{function.capitalize()}Logs"
            lambda_ = translated.resources()[f"{function.capitalize()}Function"]["Properties"]
            self.assertEqual(lambda_["LoggingConfig"], {"LogGroup": {"Ref": group}})
            self.assertIn("RetentionInDays", translated.resources()[group]["Properties"])
            for action, resources, _ in translated.allowed(role(function)):
                if action in ("logs:CreateLogStream", "logs:PutLogEvents"):
                    self.assertEqual(resources, [{"Fn::GetAtt": [group, "Arn"]}])

    def test_only_the_store_is_written_to(self):
        for function in traits.functions():
            for action, resources, _ in translated.allowed(role(function)):
                if action.startswith("s3:Put"):
                    self.assertEqual(resources, [{"Fn::Sub": "${StoreBucket.Arn}/*"}])

    def test_a_key_decrypts_for_s3_alone(self):
        for function in DECRYPTS & set(traits.functions()):
            (statement,) = [statement for action, _, statement in translated.allowed(role(function))
                            if action == "kms:Decrypt"]
            self.assertEqual(list(statement["Condition"]), ["StringEquals"])
            self.assertIn("kms:ViaService", statement["Condition"]["StringEquals"])


class DeadLetterTest(unittest.TestCase):
    DEAD_LETTERS = {"Fn::GetAtt": ["DeadLetters", "Arn"]}

    def test_every_target_of_a_rule_has_dead_letters(self):
        for name, rule in translated.resources("AWS::Events::Rule").items():
            for target in rule["Properties"]["Targets"]:
                if name not in WITHOUT_DEAD_LETTERS:
                    self.assertEqual(target["DeadLetterConfig"], {"Arn": self.DEAD_LETTERS}, name)

    def test_rules_may_send_to_the_dead_letters(self):
        statements = translated.resources()["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        senders = [arn["Fn::GetAtt"][0] for statement in statements if statement["Effect"] == "Allow"
                   for arn in translated.values(statement["Condition"]["ArnEquals"]["aws:SourceArn"])]
        rules = translated.resources("AWS::Events::Rule").keys() - WITHOUT_DEAD_LETTERS.keys()
        self.assertEqual(set(senders), rules)

    def test_what_ingest_fails_at_goes_to_the_dead_letters(self):
        redrive = translated.resources()["LogQueue"]["Properties"]["RedrivePolicy"]
        self.assertEqual(redrive["deadLetterTargetArn"], self.DEAD_LETTERS)
        config = translated.resources()["IngestFunctionEventInvokeConfig"]["Properties"]
        self.assertEqual(config["DestinationConfig"]["OnFailure"]["Destination"], self.DEAD_LETTERS)
        invoked = {resource["Properties"]["DestinationArn"]["Fn::GetAtt"][0]
                   for resource in translated.resources("AWS::Logs::SubscriptionFilter").values()}
        self.assertEqual(invoked, {"IngestFunction"})

    def test_a_queue_waits_six_times_as_long_as_the_function_may_run(self):
        timeout = translated.resources()["IngestFunction"]["Properties"]["Timeout"]
        self.assertEqual(translated.resources()["LogQueue"]["Properties"]["VisibilityTimeout"], 6 * timeout)

    def test_only_failed_messages_of_a_batch_come_again(self):
        (mapping,) = translated.resources("AWS::Lambda::EventSourceMapping").values()
        self.assertEqual(mapping["Properties"]["FunctionResponseTypes"], ["ReportBatchItemFailures"])


class PrivacyTest(unittest.TestCase):
    def test_every_bucket_is_private_encrypted_and_tidied(self):
        for name, bucket in translated.resources("AWS::S3::Bucket").items():
            properties = bucket["Properties"]
            self.assertEqual(set(properties["PublicAccessBlockConfiguration"].values()), {True}, name)
            self.assertEqual(len(properties["PublicAccessBlockConfiguration"]), 4, name)
            self.assertIn("BucketEncryption", properties, name)
            self.assertTrue(properties["LifecycleConfiguration"]["Rules"], name)
            self.assertEqual(bucket["DeletionPolicy"], "Retain", name)

    def test_every_bucket_and_queue_and_the_topic_refuse_plain_text(self):
        denied = set()
        for resource in translated.resources().values():
            document = resource["Properties"].get("PolicyDocument", {})
            for statement in document.get("Statement", []):
                if statement["Effect"] == "Deny" and "aws:SecureTransport" in statement["Condition"].get("Bool", {}):
                    denied |= set(re.findall(r"(\w+Bucket|LogQueue|DeadLetters|Alerts)",
                                             json.dumps(statement["Resource"])))
        self.assertEqual(denied, {"LogBucket", "StoreBucket", "LogQueue", "DeadLetters", "Alerts"})

    def test_queues_and_topic_are_encrypted(self):
        for name, queue in translated.resources("AWS::SQS::Queue").items():
            self.assertIs(queue["Properties"]["SqsManagedSseEnabled"], True, name)
        for name, topic in translated.resources("AWS::SNS::Topic").items():
            self.assertEqual(topic["Properties"]["KmsMasterKeyId"], {"Ref": "AlertsKey"}, name)

    def test_no_policy_lets_everybody_in(self):
        for name, resource in translated.resources().items():
            document = resource["Properties"].get("PolicyDocument") or resource["Properties"].get("KeyPolicy") or {}
            for statement in document.get("Statement", []):
                if statement["Effect"] == "Allow" and statement["Principal"] in ("*", {"AWS": "*"}):
                    self.assertIn("kms:CallerAccount", statement["Condition"]["StringEquals"], name)

    def test_every_route_asks_who_is_there(self):
        for name, route in translated.resources("AWS::ApiGatewayV2::Route").items():
            self.assertEqual(route["Properties"]["AuthorizationType"], {"Fn::If": ["HasJwt", "JWT", "AWS_IAM"]}, name)


class GuardTest(unittest.TestCase):
    """Nothing that the stack writes comes back as something to read."""

    def test_the_store_sends_no_events(self):
        self.assertNotIn("NotificationConfiguration", translated.resources()["StoreBucket"]["Properties"])
        self.assertNotIn("StoreBucket", json.dumps(translated.resources()["ObjectCreated"]))

    def test_ingest_is_told_where_it_writes(self):
        variables = translated.resources()["IngestFunction"]["Properties"]["Environment"]["Variables"]
        self.assertEqual(variables["SIGDRIFT_STORE_BUCKET"], {"Ref": "StoreBucket"})

    def test_a_loop_would_be_ended(self):
        self.assertEqual(translated.resources()["IngestFunction"]["Properties"]["RecursiveLoop"], "Terminate")

    def test_no_log_group_of_the_stack_can_be_subscribed(self):
        parameters = json.loads(translated.text())["Parameters"]
        groups = [parameters[f"LogGroup{number}"]["AllowedPattern"] for number in (1, 2, 3, 4)]
        for pattern in groups:
            for name in ("", "/aws/vendedlogs/s3/media", "checkout", "/ecs/sigdrift/x"):
                self.assertRegex(name, pattern)
            for name in ("/sigdrift/production/ingest", "/sigdrift/x/detect", "a b"):
                self.assertNotRegex(name, pattern)
        for name, group in translated.resources("AWS::Logs::LogGroup").items():
            self.assertTrue(group["Properties"]["LogGroupName"]["Fn::Sub"].startswith("/sigdrift/"), name)


if __name__ == "__main__":
    unittest.main()
