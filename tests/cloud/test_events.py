"""`sigdrift analyze cloudtrail` and `logs:…` read what AWS keeps itself, in the window that is asked for."""

import json
import time
import unittest

from cloud.command import REGION, CloudTest

GROUP = "/aws/lambda/checkout"


def captured(request_id: str) -> str:
    """An error as an application captures it."""
    return json.dumps({
        "sigdrift": 1, "code": "SignatureDoesNotMatch", "request_id": request_id, "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "client": {"method": "PUT", "url": "https://media.s3.eu-west-1.amazonaws.com/k"}, "service": "s3",
    })


class EventsTest(CloudTest):
    settings = {"CLOUDTRAIL_RECORDING": "1"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outsider = cls.user("outsider", ["s3:ListBucket"])
        secret = cls.aws("secretsmanager", "create-secret", "--name", "shop/s3-key", "--secret-string", "one")
        cls.secret = secret["ARN"]
        cls.aws("secretsmanager", "put-secret-value", "--secret-id", "shop/s3-key", "--secret-string", "two")
        cls.aws("logs", "create-log-group", "--log-group-name", GROUP)
        now = int(time.time() * 1000)
        cls.log("2026/04/15/[7]0a1b", [(now - 60_000, captured("R1")), (now - 50_000, "START RequestId: 1")])
        cls.log("2026/04/15/[8]0c2d", [(now - 40_000, captured("R2")), (now - 30_000, captured("R3"))])
        cls.log("2026/04/15/[8]0e3f", [(now - 5 * 3_600_000, captured("R4"))])

    @classmethod
    def log(cls, stream: str, events: list[tuple[int, str]]) -> None:
        cls.aws("logs", "create-log-stream", "--log-group-name", GROUP, "--log-stream-name", stream)
        cls.aws("logs", "put-log-events", "--log-group-name", GROUP, "--log-stream-name", stream, "--log-events",
                json.dumps([{"timestamp": when, "message": message} for when, message in events]))

    def test_changes_are_found_in_the_event_history(self):
        for path in ("cloudtrail", "cloudtrail:", f"cloudtrail:{REGION}"):
            summary = self.read("--from", "-1h", path)
            (source,) = summary["sources"]
            self.assertEqual((source["kind"], source["unreadable"]), ("cloudtrail", 0))
            self.assertGreater(source["records"], 2)
            changes = [change["what"] for change in summary["changes"]]
            self.assertTrue(any(what.startswith("PutSecretValue") for what in changes), changes)

    def test_what_the_event_history_does_not_hold_is_said(self):
        summary = self.read("--from", "-100d", "cloudtrail", code=3)
        (problem,) = [problem for source in summary["sources"] for problem in source["problems"]]
        self.assertEqual(problem["object"], "cloudtrail")
        self.assertIn("event history holds 90 days", problem["reason"])
        self.assertTrue(summary["changes"])
        told = self.analyze("--from", "-100d", "--to", "-95d", "cloudtrail")
        self.assertEqual(told.returncode, 2, told.stdout)
        self.assertIn("event history holds 90 days", told.stderr)

    def test_log_events_of_a_window_with_the_versions_in_their_streams(self):
        summary = self.read("--from", "-1h", f"logs:{GROUP}")
        self.assertEqual(summary["totals"]["failures"], 3)
        versions = {cluster["deploy_version"]: cluster["failures"] for cluster in summary["clusters"]}
        self.assertEqual(versions, {"7": 1, "8": 2})
        self.assertEqual(self.read("--from", "-6h", f"logs:{GROUP}")["totals"]["failures"], 4)

    def test_without_a_window_it_is_said_what_is_asked_for(self):
        result = self.analyze(f"logs:{GROUP}", f"logs:{GROUP}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"logs:{GROUP}: without --from only what came since", result.stderr)
        self.assertEqual(json.loads(result.stdout)["totals"]["failures"], 3)

    def test_what_may_not_be_read_is_said_with_the_permission_that_is_missing(self):
        for path, permission in (("cloudtrail", "cloudtrail:LookupEvents"),
                                 (f"logs:{GROUP}", "logs:FilterLogEvents on the log group")):
            result = self.analyze("--from", "-1h", path, credentials=self.outsider)
            self.assertEqual(result.returncode, 2, result.stderr)
            (source,) = json.loads(result.stdout)["sources"]
            self.assertIn(f"it needs {permission}", source["problems"][0]["reason"])

    def test_no_such_log_group(self):
        result = self.analyze("--from", "-1h", "logs:/no/such/group")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn(f"there is no such log group in {REGION}", result.stdout)

    def test_a_store_in_a_bucket_answers_alone(self):
        self.aws("s3api", "create-bucket", "--bucket", "kept", "--create-bucket-configuration",
                 f"LocationConstraint={REGION}")
        log = self.folder / "app.log"
        log.write_text(captured("R1").replace('"sigdrift": 1', '"sigdrift": 1, "time": "2026-04-15T07:42:00Z"') + "\n")
        store = ("--store", "s3://kept/in/here")
        whole = self.read(*store, log)
        self.assertEqual(whole["totals"]["failures"], 1)
        listed = self.aws("s3api", "list-objects-v2", "--bucket", "kept", "--prefix", "in/here/segments/")
        self.assertEqual(len(listed["Contents"]), 1)
        self.assertEqual(self.read(*store)["totals"], whole["totals"])
        self.assertEqual(self.read(*store, log), whole)
        log.unlink()
        self.assertEqual(self.read(*store)["totals"], whole["totals"])

    def test_a_store_that_cannot_be_used_is_named(self):
        log = self.folder / "another.log"
        log.write_text(captured("R1") + "\n")
        for store, expected in (("s3://no-such-store/a", "there is no such bucket"), ("s3://-/", "names no bucket")):
            result = self.analyze("--store", store, log)
            self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
            self.assertIn(expected, result.stderr)


if __name__ == "__main__":
    unittest.main()
