"""`sigdrift analyze s3://…` reads objects as it reads files, and says what it could not read."""

import gzip
import json
import os
import random
import subprocess
import unittest
from pathlib import Path

from cloud.breaking_proxy import BreakingProxy
from cloud.command import REGION, CloudTest

BUCKET = "checkout-logs"
# More than a page of a listing holds.
MANY = 1003
LINE = ("owner media [15/Apr/2026:07:42:{second:02}  +0000] 192.0.2.7 - {id:016X} REST.PUT.OBJECT k \"PUT /k HTTP/1.1\" "
        "403 SignatureDoesNotMatch 2334 - 5 - \"-\" \"Boto3/1.43.99 app/checkout-2026.04.15\" - "
        "hostid= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader media.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1\n"
        ).replace("  +", " +")


def lines(count: int, first: int = 0) -> bytes:
    return "".join(LINE.format(second=number % 60, id=number) for number in range(first, first + count)).encode()


class AnalyzeTest(CloudTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usual = cls.reader = cls.user("reader", ["s3:ListBucket", "s3:GetObject"])
        cls.lister = cls.user("lister", ["s3:ListBucket"])
        cls.aws("s3api", "create-bucket", "--bucket", BUCKET,
                "--create-bucket-configuration", f"LocationConstraint={REGION}")
        logs = cls.folder / "logs"
        for number in range(MANY):
            cls.write(logs / f"many/2026-04-15-08-00-{number:04}", lines(1, number))
        cls.write(logs / "some/plain", lines(10))
        cls.write(logs / "some/odd name+é%20.gz", gzip.compress(lines(10, 100)))
        cls.write(logs / "some/damaged.gz", gzip.compress(lines(2000, 1000))[:300])
        # Larger than what one connection passes on before it breaks off, and hard to compress.
        random_ids = random.Random(7)
        cls.write(logs / "large/log.gz", gzip.compress(
            "".join(LINE.format(second=0, id=random_ids.getrandbits(64)) for _ in range(60_000)).encode(), 1))
        cls.aws("s3", "cp", "--quiet", "--recursive", logs, f"s3://{BUCKET}/")
        cls.aws("s3api", "put-object", "--bucket", BUCKET, "--key", "some/folder/")

    @classmethod
    def write(cls, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def test_a_prefix_of_more_objects_than_a_page_holds(self):
        for threads in (1, 4):
            summary = self.read("--threads", threads, f"s3://{BUCKET}/many/")
            (source,) = summary["sources"]
            self.assertEqual((source["kind"], source["objects"], source["records"]), ("s3-access-log", MANY, MANY))
            self.assertEqual(summary["totals"]["failures"], MANY)

    def test_objects_read_like_the_files_that_they_were(self):
        local = self.read(self.folder / "logs/many")
        cloud = self.read(f"s3://{BUCKET}/many/")
        for part in ("totals", "clusters"):
            self.assertEqual(cloud[part], local[part])

    def test_an_object_reached_by_two_paths_is_read_once(self):
        summary = self.read(f"s3://{BUCKET}/some/pl", f"s3://{BUCKET}/some/plain", self.folder / "logs/some/plain")
        (source,) = summary["sources"]
        self.assertEqual((source["objects"], source["records"]), (2, 20))
        self.assertEqual(summary["totals"]["failures"], 10)

    def test_what_is_unreadable_is_named_and_the_rest_is_read(self):
        summary = self.read(f"s3://{BUCKET}/some/", code=3)
        (source,) = summary["sources"]
        self.assertEqual((source["objects"], source["unreadable"]), (3, 1))
        (problem,) = source["problems"]
        self.assertEqual(problem["object"], f"s3://{BUCKET}/some/damaged.gz")
        self.assertIn("ends early", problem["reason"])
        self.assertGreaterEqual(source["records"], 20)

    def test_keys_may_hold_any_characters(self):
        summary = self.read(f"s3://{BUCKET}/some/odd name+é%20")
        self.assertEqual(summary["totals"]["failures"], 10)

    def test_an_object_that_is_deleted_after_it_was_listed(self):
        self.put("going/a", lines(3))
        self.put("going/b", gzip.compress(lines(60_000, 1000), 1))
        self.put("going/c", lines(3, 10))
        delete = lambda: self.aws("s3api", "delete-object", "--bucket", BUCKET, "--key", "going/c")
        with BreakingProxy(self.ministack.port, 40_000, breaks=1, on_break=delete) as proxy:
            summary = self.read("--threads", 1, f"s3://{BUCKET}/going/", code=3, endpoint_url=proxy.endpoint_url)
        problems = [problem for source in summary["sources"] for problem in source["problems"]]
        self.assertEqual([problem["object"] for problem in problems], [f"s3://{BUCKET}/going/c"])
        self.assertIn("deleted since it was listed", problems[0]["reason"])
        self.assertEqual(summary["totals"]["failures"], 60_003)

    def test_an_object_that_is_overwritten_while_it_is_read(self):
        self.put("changing", gzip.compress(lines(60_000), 1))
        overwrite = lambda: self.put("changing", gzip.compress(lines(60_000, 7), 1))
        with BreakingProxy(self.ministack.port, 40_000, breaks=1, on_break=overwrite) as proxy:
            result = self.analyze(f"s3://{BUCKET}/changing", endpoint_url=proxy.endpoint_url)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn("overwritten since it was listed: run again", result.stdout)

    def put(self, key: str, content: bytes) -> None:
        path = self.folder / "put"
        path.write_bytes(content)
        self.aws("s3api", "put-object", "--bucket", BUCKET, "--key", key, "--body", path)

    def test_what_breaks_off_is_taken_up_again_where_it_broke_off(self):
        whole = self.read(f"s3://{BUCKET}/large/")
        with BreakingProxy(self.ministack.port, 200_000, breaks=3) as proxy:
            resumed = self.read(f"s3://{BUCKET}/large/", endpoint_url=proxy.endpoint_url)
        self.assertEqual(proxy.broken, 3)
        self.assertEqual(resumed["totals"], whole["totals"])
        self.assertEqual(resumed["totals"]["failures"], 60_000)

    def test_what_stands_still_is_taken_up_again(self):
        with BreakingProxy(self.ministack.port, 200_000, breaks=1, stall_seconds=120) as proxy:
            resumed = self.read(f"s3://{BUCKET}/large/", endpoint_url=proxy.endpoint_url)
        self.assertEqual(resumed["totals"]["failures"], 60_000)

    def test_what_breaks_off_always_is_given_up(self):
        with BreakingProxy(self.ministack.port, 5_000, breaks=10_000) as proxy:
            result = self.analyze(f"s3://{BUCKET}/large/", endpoint_url=proxy.endpoint_url)
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertRegex(result.stdout, r"broke off at byte \d+ of \d+, 5 times in a row")

    def test_nothing_under_a_prefix(self):
        told = self.refused(f"s3://{BUCKET}/nothing/here")
        self.assertIn(f"s3://{BUCKET}/nothing/here: there is no object under it", told)

    def test_no_such_bucket(self):
        told = self.refused("s3://no-such-logs/a", credentials=self.root)
        self.assertIn("s3://no-such-logs/a: there is no such bucket: `aws s3 ls` lists", told)

    def test_no_credentials(self):
        told = self.refused(f"s3://{BUCKET}/some/", credentials={})
        self.assertIn("no AWS credentials: run `aws sso login`", told)
        self.assertNotIn("  Environment", told)

    def test_wrong_secret(self):
        wrong = self.reader | {"AWS_SECRET_ACCESS_KEY": "x" * 40}
        told = self.refused(f"s3://{BUCKET}/some/", credentials=wrong)
        self.assertIn("refused (SignatureDoesNotMatch): the secret access key is not that of", told)

    def test_a_user_who_may_list_and_not_read(self):
        result = self.analyze(f"s3://{BUCKET}/some/plain", credentials=self.lister)
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertIn("access denied", result.stdout)
        self.assertIn("s3:GetObject", result.stdout)

    def test_no_secret_is_printed(self):
        for credentials in (self.reader, self.lister, self.reader | {"AWS_SECRET_ACCESS_KEY": "hidden" * 7}):
            result = self.analyze(f"s3://{BUCKET}/some/", credentials=credentials)
            self.assertNotIn(credentials["AWS_SECRET_ACCESS_KEY"], result.stdout + result.stderr)
            self.assertNotIn("Signature=", result.stdout + result.stderr)

    def test_a_profile_gives_credentials_region_and_endpoint(self):
        folder = self.folder / ".aws"
        folder.mkdir(exist_ok=True)
        (folder / "config").write_text(
            f"[profile logs]\nregion = {REGION}\nendpoint_url = {self.ministack.endpoint_url}\n"
            f"aws_access_key_id = {self.reader['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {self.reader['AWS_SECRET_ACCESS_KEY']}\n")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "AWS_EC2_METADATA_DISABLED": "true"}
        command = [str(self.sigdrift), "analyze", "--json", "--profile", "logs", f"s3://{BUCKET}/some/plain"]
        result = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
