"""The whole: clients fail, their access logs are delivered, and the stack counts, keeps, alerts and answers.

Against emulators: signatures are verified by the one that the clients talk to, and the stack stands in another.
"""

import gzip
import json
import subprocess
import sys
import time
import unittest
from datetime import timedelta

from parts.installed import system_program
from recorder import cast
from stack import traffic
from stack.cloud import Cloud, eventually
from stack.runtime import metric_lines
from template import sam, traits

GROUP = "/checkout/log"
VERSION = cast.APPS["checkout-new-edge"].app_id
UNREADABLE = b"\0\1\2 neither text nor an archive \0\0"


class WholeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.traffic = traffic.recorded()
        cls.cloud = cls.enterClassContext(Cloud())
        cls.cloud.aws("logs", "create-log-group", "--log-group-name", GROUP)
        cls.cloud.aws("logs", "create-log-stream", "--log-group-name", GROUP, "--log-stream-name", "s")
        cls.outputs = cls.cloud.deploy(LogGroup1=GROUP)
        cls.logs, cls.store = cls.outputs["LogBucketName"], cls.outputs["StoreBucketName"]
        cls.subscribed, cls.received = cls.subscribe(), []
        # What failed comes again at once, and not after a quarter of an hour.
        cls.cloud.aws("sqs", "set-queue-attributes", "--queue-url", cls.outputs["LogQueueUrl"],
                      "--attributes", "VisibilityTimeout=1")
        cls.delivered = cls.traffic.log_objects(cls.traffic.until_the_fix)
        started = time.monotonic()
        for key, content in cls.delivered.items():
            cls.cloud.put(cls.logs, key, content)
        cls.segments = eventually(lambda: cls.cloud.keys(cls.store, "segments/"),
                                  lambda keys: len(keys) >= len(cls.delivered))
        print(f"{len(cls.delivered)} log objects with {len(cls.traffic.until_the_fix)} requests are segments "
              f"after {time.monotonic() - started:.1f} s", file=sys.stderr)
        cls.window = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (
            cls.traffic.first - timedelta(minutes=1), cls.traffic.last + timedelta(minutes=1))]

    @classmethod
    def subscribe(cls) -> str:
        """A queue that gets what the topic sends."""
        url = cls.cloud.aws("sqs", "create-queue", "--queue-name", "subscriber")["QueueUrl"]
        cls.cloud.aws("sns", "subscribe", "--topic-arn", cls.outputs["AlertsTopicArn"], "--protocol", "sqs",
                      "--notification-endpoint",
                      f"arn:aws:sqs:{sam.REGION}:{cls.cloud.ministack.account_id}:subscriber")
        return url

    def metrics(self, function: str = "ingest") -> list[dict]:
        return metric_lines("\n".join(self.cloud.log(function)))

    def sum(self, name: str) -> int:
        return sum(line.get(name, 0) for line in self.metrics())

    def test_1_every_log_object_is_one_segment_and_every_failure_is_counted(self):
        self.assertEqual(len(self.segments), len(self.delivered))
        eventually(lambda: self.sum("SegmentsWritten"), lambda written: written == len(self.delivered))
        self.assertEqual(self.sum("SignatureFailures"), len(self.traffic.failures))
        signed = [exchange for exchange in self.traffic.until_the_fix if exchange in self.traffic.requests]
        self.assertEqual(self.sum("SignedRequests"), len(signed))
        self.assertGreater(len(self.traffic.failures), 100)

    def test_2_the_same_object_again_changes_nothing(self):
        key, content = next(iter(self.delivered.items()))
        self.cloud.put(self.logs, key, content)
        eventually(lambda: self.sum("SegmentsPresent"), lambda present: present == 1)
        self.assertEqual(self.cloud.keys(self.store, "segments/"), self.segments)
        self.assertEqual(self.sum("SignatureFailures"), len(self.traffic.failures))

    def test_3_what_can_not_be_read_is_kept_for_a_replay(self):
        self.cloud.put(self.logs, "media/unreadable", UNREADABLE)
        (name,) = eventually(lambda: self.cloud.keys(self.store, "quarantine/"), len)
        record = json.loads(self.cloud.get(self.store, name))
        self.assertEqual((record["bucket"], record["key"], record["unreadable"]), (self.logs, "media/unreadable", 1))
        self.assertEqual(record["replay"], f"sigdrift analyze 's3://{self.logs}/media/unreadable'")
        eventually(lambda: self.sum("UnreadableRecords"), lambda unreadable: unreadable == 1)
        self.assertEqual(self.sum("ObjectsQuarantined"), 1)

    def test_3_what_clients_log_of_their_failures_is_read_from_a_log_group(self):
        path = self.cloud.folder / "events"
        now = int(time.time() * 1000)
        path.write_text(json.dumps([{"timestamp": now, "message": line} for line in self.traffic.captured]))
        before = self.sum("SegmentsWritten")
        self.cloud.aws("logs", "put-log-events", "--log-group-name", GROUP, "--log-stream-name", "s",
                       "--log-events", f"file://{path}")
        eventually(lambda: self.sum("SegmentsWritten"), lambda written: written > before)

    def test_4_what_fails_every_time_is_a_dead_letter_and_others_are_read_all_the_same(self):
        lost = {"version": "0", "id": "i", "source": "aws.s3", "detail-type": "Object Created",
                "time": "2026-04-15T08:00:01Z", "region": sam.REGION,
                "detail": {"bucket": {"name": "no-such-bucket"}, "object": {"key": "k", "size": 1, "etag": "e"}}}
        self.cloud.aws("sqs", "send-message", "--queue-url", self.outputs["LogQueueUrl"],
                       "--message-body", json.dumps(lost))
        self.cloud.put(self.logs, "media/empty", b"")
        (letter,) = self.cloud.messages(self.outputs["DeadLettersUrl"])
        self.assertEqual(json.loads(letter["Body"]), lost)
        self.assertEqual(self.sum("ObjectsFailed"), 5)
        eventually(lambda: self.cloud.keys(self.store, "segments/"),
                   lambda keys: len(keys) > len(self.delivered) + 1)

    def test_5_an_invocation_that_fails_is_a_dead_letter_that_can_be_replayed(self):
        deployed = self.traffic.failures[0].time - timedelta(minutes=3)
        marker = {"Source": "sigdrift", "DetailType": "Deploy Marker", "Detail": json.dumps({
            "time": f"{deployed:%Y-%m-%dT%H:%M:%SZ}", "version": VERSION,
            "match": {"endpoint": f"{traffic.BUCKET}.s3.{sam.REGION}.amazonaws.com"}})}
        before = self.sum("ObjectsReceived")
        self.cloud.aws("events", "put-events", "--entries", json.dumps([marker]))
        eventually(lambda: self.sum("ObjectsReceived"), lambda received: received == before + 1)
        # What Lambda hands over when an invocation has failed for good, put back into the queue.
        failed = {"version": "1.0", "timestamp": self.window[1],
                  "requestContext": {"requestId": "r", "functionArn": self.outputs["IngestFunctionArn"],
                                     "condition": "RetriesExhausted", "approximateInvokeCount": 3},
                  "requestPayload": {"version": "0", "id": "replayed", "source": "sigdrift", "region": sam.REGION,
                                     "detail-type": "Deploy Marker", "time": self.window[0],
                                     "detail": json.loads(marker["Detail"])}}
        self.cloud.aws("sqs", "send-message", "--queue-url", self.outputs["LogQueueUrl"],
                       "--message-body", json.dumps(failed))
        eventually(lambda: self.sum("ObjectsReceived"), lambda received: received == before + 2)

    def test_6_what_was_received_is_accounted_for(self):
        fates = ("SegmentsWritten", "SegmentsPresent", "ObjectsQuarantined", "ObjectsFailed")
        eventually(lambda: self.sum("ObjectsReceived") - sum(self.sum(name) for name in fates), lambda left: left == 0)
        self.assertEqual(self.sum("ObjectsUnaccounted"), 0)

    def test_7_the_incident_is_found_and_alerted_once(self):
        for _ in range(2):
            self.cloud.invoke(self.outputs["DetectFunctionName"], {})
        alerts = eventually(self.alerts, len)
        (opened,) = [alert for alert in alerts if alert["occasion"] == "opened"]
        incident = opened["incident"]
        self.assertEqual(incident["started_at"],
                         f"{self.traffic.failures[0].time.replace(second=0):%Y-%m-%dT%H:%M:%SZ}")
        self.assertIn(f"{traffic.BUCKET}.s3.{sam.REGION}.amazonaws.com", json.dumps(incident))
        self.assertIn((f"deploy {VERSION} (marker)", 180), [
            (change["what"], round(change["seconds_before"], -1)) for change in incident["changes"]])
        heartbeats = [line for line in self.metrics("detect") if line.get("Heartbeat")]
        self.assertTrue(heartbeats)
        # The link leads to the API of this stack.
        self.assertIn(self.outputs["SummaryUrl"], opened["link"])

    def test_7_then_the_fix_is_seen_and_told(self):
        before = len(self.cloud.keys(self.store, "segments/"))
        healed = self.traffic.log_objects(self.traffic.after_the_fix)
        for key, content in healed.items():
            self.cloud.put(self.logs, key, content)
        eventually(lambda: self.cloud.keys(self.store, "segments/"), lambda keys: len(keys) >= before + len(healed))
        for _ in range(2):
            self.cloud.invoke(self.outputs["DetectFunctionName"], {})
        told = lambda: [alert for alert in self.alerts() if alert["occasion"] == "resolved"]
        (resolved,) = eventually(told, len)
        self.assertEqual(resolved["incident"]["state"], "resolved")
        self.assertEqual(len([alert for alert in self.alerts() if alert["occasion"] == "opened"]), 1)

    def test_8_the_summary_answers_over_http_who_may_ask(self):
        path = f"/summary?from={self.window[0]}&to={self.window[1]}"
        status, body = self.ask(path)
        self.assertEqual(status, 200, body)
        summary = json.loads(body)
        self.assertEqual((summary["totals"]["failures"], summary["totals"]["requests"]),
                         (len(self.traffic.failures), len(self.traffic.requests)))
        (cluster,) = summary["clusters"]
        self.assertEqual(cluster["failures"], len(self.traffic.failures))
        # Told by the access logs and by the clients, each failure counts once, and the clients' words prove the cause.
        self.assertEqual((cluster["cause"]["cause"], cluster["cause"]["component"], cluster["cause"]["confidence"]),
                         ("header-changed", "accept-encoding", "proven"))
        self.assertEqual(len(summary["incidents"]), 1)
        status, body = self.ask(f"/clusters/{cluster['id']}{path.removeprefix('/summary')}")
        self.assertEqual((status, json.loads(body)["failures"]), (200, len(self.traffic.failures)))
        self.assertEqual(self.ask("/incidents")[0], 200)
        self.assertEqual(self.ask("/healthz")[0], 200)
        self.assertEqual(self.ask(path, "--request", "DELETE")[0], 404)
        self.assertEqual(self.ask(path, signed=False)[0], 403)

    def test_8_raw_logs_are_analyzed_on_demand(self):
        answer = self.cloud.invoke(self.outputs["AnalyzeFunctionName"], {
            "from": self.window[0], "to": self.window[1], "sources": [f"s3://{self.logs}/media/20"]})
        self.assertEqual(answer["totals"]["failures"], len(self.traffic.failures))

    def test_8_alarms_trip_on_the_metrics_that_were_logged(self):
        # The emulator takes no metrics from logs: the logged values are put as CloudWatch would take them.
        data = [{"MetricName": metric["Name"], "Unit": metric["Unit"], "Value": line[metric["Name"]]}
                for function in ("ingest", "detect") for line in self.metrics(function)
                for directive in line["_aws"]["CloudWatchMetrics"] for metric in directive["Metrics"]
                if [] in directive["Dimensions"]]
        path = self.cloud.folder / "metrics"
        path.write_text(json.dumps(data))
        self.cloud.aws("cloudwatch", "put-metric-data", "--namespace", "SigDrift", "--metric-data", f"file://{path}")
        names = {self.cloud.resource(alarm) for alarm in ("FailuresAlarm", "UnreadableAlarm")}
        eventually(lambda: self.states(names), lambda states: states == {"ALARM"})
        eventually(lambda: {message.get("AlarmName") for message in self.sent()}, names.issubset)

    def states(self, alarms: set[str]) -> set[str]:
        found = self.cloud.aws("cloudwatch", "describe-alarms", "--alarm-names", *alarms)["MetricAlarms"]
        return {alarm["StateValue"] for alarm in found}

    def sent(self) -> list[dict]:
        """What the topic has sent so far."""
        for message in self.cloud.messages(self.subscribed, seconds=2):
            self.received.append(json.loads(json.loads(message["Body"])["Message"]))
        return self.received

    def alerts(self) -> list[dict]:
        return [message for message in self.sent() if "sigdrift" in message]

    def ask(self, path: str, *options: str, signed: bool = True) -> tuple[int, str]:
        """The status and the body that the API answers with."""
        api = self.outputs["SummaryUrl"].removeprefix("https://").partition(".")[0]
        url = f"{self.cloud.ministack.endpoint_url}/_aws/execute-api/{api}/$default{path}"
        # The secret goes in by standard input, where no process list shows it.
        settings = [f'url = "{url}"', "silent", "show-error", 'write-out = "\\n%{http_code}"'] + ([
            f'aws-sigv4 = "aws:amz:{sam.REGION}:execute-api"', 'user = "test:test"'] if signed else [])
        answer = subprocess.run([system_program("curl"), "--config", "-", *options], input="\n".join(settings),
                                text=True, capture_output=True, timeout=60)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        body, _, status = answer.stdout.rpartition("\n")
        return int(status), body

    def test_9_no_secret_is_anywhere(self):
        texts = ["\n".join(self.cloud.log(function)) for function in traits.functions()]
        texts.append(json.dumps(self.sent()))
        for key in self.cloud.keys(self.store):
            content = self.cloud.get(self.store, key)
            texts.append((gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode())
        self.assertGreater(len(self.traffic.secrets), 100)
        for text in texts:
            self.assertFalse([secret for secret in self.traffic.secrets if secret in text])


if __name__ == "__main__":
    unittest.main()
