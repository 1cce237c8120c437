"""What the functions take: time, memory and money, from a run against the emulator.

    cd tests && python3 -m stack.figures              # a few minutes
    cd tests && python3 -m stack.figures --large 2    # also one log object of 2 GB: takes that much memory more

Prints the tables of docs/costs.md. The waits for S3 are the emulator's on the same machine, so that what S3 takes longer
is reckoned with `S3_WAIT` for each object.
"""

import argparse
import gzip
import hashlib
import itertools
import json
import os
import re
import secrets
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from parts import Ministack
from parts.installed import environment_program
from stack import build, runtime
from template import sam

EXAMPLE = build.PROJECT / "examples/checkout-incident/s3-access-log"
OBJECTS = 2000
RECORDS = 500
# How many messages an invocation gets; the template's BatchSize.
BATCH = 10
# Of so many requests one fails.
FAILING = 100
# Seconds that a function waits for S3 for each object beyond what the emulator takes: one GET and one PUT of small
# objects at 100 to 200 ms each, the range of https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
S3_WAIT = 0.3

# US dollars, list prices of us-east-1 without any free tier, looked up in November 2026.
LAMBDA_GB_SECOND = 0.0000166667  # https://aws.amazon.com/lambda/pricing/ (x86)
LAMBDA_REQUEST = 0.20 / 1e6
S3_PUT = 0.005 / 1e3  # https://aws.amazon.com/s3/pricing/
S3_GET = 0.0004 / 1e3
SQS_REQUEST = 0.40 / 1e6  # https://aws.amazon.com/sqs/pricing/
EVENT = 1.00 / 1e6  # https://aws.amazon.com/eventbridge/pricing/ (S3's events are opt-in events)
ATHENA_TB = 5.00  # https://aws.amazon.com/athena/pricing/
LOGS_INSIGHTS_GB = 0.005  # https://aws.amazon.com/cloudwatch/pricing/
LOGS_DELIVERED_GB = 0.50  # vended logs, first tier


def lines() -> tuple[list[str], list[str]]:
    """The example's lines that succeeded, and those whose signature was refused."""
    text = [line for path in sorted(EXAMPLE.rglob("*")) if path.is_file()
            for line in (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode().splitlines()]
    refused = [line for line in text if " SignatureDoesNotMatch " in line]
    return [line for line in text if re.search(r'" 200 - ', line)], refused


def records(start: datetime):
    """Access log lines without end, ten a second, each with a request id of its own."""
    fine, refused = lines()
    for number in itertools.count():
        pool = refused if number % FAILING == 0 else fine
        time_ = (start + timedelta(seconds=number // 10)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        owner, bucket, rest = pool[number % len(pool)].split(" ", 2)
        _, _, rest = rest.partition("] ")
        address, requester, _, rest = rest.split(" ", 3)
        yield f"{owner} {bucket} [{time_}] {address} {requester} {number:016X} {rest}\n"


class Measured:
    """The process of a function, which begins with its first event: CPU seconds and its highest memory."""

    def __init__(self, function: str) -> None:
        program = build.bootstrap(function).resolve()
        (self.folder,) = [folder for folder in Path("/proc").glob("[0-9]*") if self.runs(folder, program)]

    @staticmethod
    def runs(folder: Path, program: Path) -> bool:
        try:
            return (folder / "exe").resolve() == program
        except OSError:
            return False

    def cpu(self) -> float:
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        return int(re.search(r"VmHWM:\s+(\d+)", (self.folder / "status").read_text())[1]) / 1024


class Stack:
    """The two buckets and the functions around them."""

    def __init__(self, ministack: Ministack) -> None:
        self.endpoint_url = ministack.endpoint_url
        for bucket in ("logs", "store"):
            self.aws("s3api", "create-bucket", "--bucket", bucket,
                     "--create-bucket-configuration", f"LocationConstraint={sam.REGION}")
        topic = json.loads(self.aws("sns", "create-topic", "--name", "alerts"))["TopicArn"]
        self.settings = {"AWS_ENDPOINT_URL": self.endpoint_url, "SIGDRIFT_STORE_BUCKET": "store", "SIGDRIFT_TOPIC_ARN": topic}

    def aws(self, *arguments: object) -> str:
        command = [environment_program("clients", "aws"), "--endpoint-url", self.endpoint_url, "--output", "json", *arguments]
        return subprocess.run([str(part) for part in command], check=True, text=True, capture_output=True,
                              env=os.environ | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                                                "AWS_DEFAULT_REGION": sam.REGION}).stdout

    def function(self, name: str) -> runtime.Runtime:
        return runtime.Runtime(name, self.settings)


def created(e_tags: dict[str, str]) -> dict:
    """A batch of messages, each saying that the object of a key was created."""
    return {"Records": [{"messageId": key, "receiptHandle": "r", "eventSource": "aws:sqs", "body": json.dumps({
        "version": "0", "id": secrets.token_hex(8), "detail-type": "Object Created", "source": "aws.s3",
        "account": "111122223333", "time": "2026-04-15T08:00:00Z", "region": sam.REGION, "resources": [],
        "detail": {"bucket": {"name": "logs"}, "object": {"key": key, "size": 1, "etag": e_tag, "sequencer": "00"}}})}
        for key, e_tag in e_tags.items()]}


def ingest_many(stack: Stack, folder: Path, start: datetime) -> dict:
    """Many small objects, as S3 delivers them."""
    endless, e_tags, size = records(start), {}, 0
    for number in range(OBJECTS):
        key = f"{start:%Y-%m-%d-%H}-{number % 60:02}-00-{number:016X}"
        text = "".join(itertools.islice(endless, RECORDS))
        (folder / key).write_text(text)
        e_tags[key] = hashlib.md5(text.encode()).hexdigest()
        size += len(text)
    stack.aws("s3", "cp", "--quiet", "--recursive", folder, "s3://logs/")
    seconds = []
    with stack.function("ingest") as function:
        tags = list(e_tags.items())
        for at in range(0, OBJECTS, BATCH):
            began = time.perf_counter()
            answer = function.invoke(created(dict(tags[at:at + BATCH])))
            seconds.append(time.perf_counter() - began)
            assert answer == {"batchItemFailures": []}, answer
        process = Measured("ingest")
        return {"seconds": sum(seconds), "cpu": process.cpu(), "memory": process.megabytes(), "bytes": size,
                "gigabytes": 1.0}


def ingest_one(stack: Stack, path: Path, gigabytes: float, start: datetime) -> dict:
    """One large object."""
    block = "".join(itertools.islice(records(start), 100_000)).encode()
    with path.open("wb") as file:
        while file.tell() < gigabytes * 1e9:
            file.write(block)
    count = path.stat().st_size / len(block) * 100_000
    stack.aws("s3", "cp", "--quiet", path, "s3://logs/large")
    path.unlink()
    e_tag = json.loads(stack.aws("s3api", "head-object", "--bucket", "logs", "--key", "large"))["ETag"].strip('"')
    with stack.function("ingest") as function:
        began = time.perf_counter()
        assert function.invoke(created({"large": e_tag})) == {"batchItemFailures": []}
        seconds, process = time.perf_counter() - began, Measured("ingest")
        return {"seconds": seconds, "cpu": process.cpu(), "memory": process.megabytes(), "records": count}


def once(stack: Stack, name: str, event: dict) -> dict:
    """A second invocation of a function, since the first opens connections."""
    with stack.function(name) as function:
        function.invoke(event)
        process = Measured(name)
        cpu, began = process.cpu(), time.perf_counter()
        answer = function.invoke(event)
        assert "errorMessage" not in (answer or {}), answer
        return {"seconds": time.perf_counter() - began, "cpu": process.cpu() - cpu, "memory": process.megabytes()}


def money(many: dict) -> list[tuple[str, float]]:
    """Dollars for a million records, by what they are paid for."""
    objects = OBJECTS * 1e6 / (OBJECTS * RECORDS)
    seconds = (many["seconds"] / OBJECTS + S3_WAIT) * objects
    return [("Lambda, time", seconds * many["gigabytes"] * LAMBDA_GB_SECOND),
            ("Lambda, requests", objects / BATCH * LAMBDA_REQUEST),
            ("S3, one GET and one PUT an object", objects * (S3_GET + S3_PUT)),
            ("SQS, sent one by one, received and deleted in tens", objects * (1 + 2 / BATCH) * SQS_REQUEST),
            ("EventBridge", objects * EVENT)]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--large", type=float, metavar="GB", help="also read one object of so many GB")
    large = options.parse_args().large
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    window = {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{start + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}
    with Ministack() as ministack, tempfile.TemporaryDirectory(prefix="sigdrift-figures-") as folder:
        stack = Stack(ministack)
        logs = Path(folder) / "logs"
        logs.mkdir()
        many = ingest_many(stack, logs, start)
        rest = {
            "detect": once(stack, "detect", {}),
            "summary": once(stack, "summary", {
                "version": "2.0", "routeKey": "$default", "rawPath": "/summary", "rawQueryString": "", "headers": {},
                "queryStringParameters": window, "isBase64Encoded": False, "requestContext": {
                    "http": {"method": "GET", "path": "/summary", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                             "userAgent": "curl"}, "stage": "$default", "requestId": "r", "timeEpoch": 0}}),
            "analyze": once(stack, "analyze", window | {"sources": ["s3://logs/"]}),
        }
        one = ingest_one(stack, Path(folder) / "large", large, start) if large else None
    million = OBJECTS * RECORDS / 1e6
    print("| function | what | seconds | CPU seconds | records a second | objects a second | memory |")
    print("| -- | -- | -- | -- | -- | -- | -- |")
    for name, done in [("ingest", many), *rest.items()]:
        print(f"| `{name}` | {million:.1f} million records in {OBJECTS:,} {'objects' if name in ('ingest', 'analyze') else 'segments'} "
              f"| {done['seconds']:.1f} | {done['cpu']:.1f} | {million * 1e6 / done['seconds']:,.0f} "
              f"| {OBJECTS / done['seconds']:,.0f} | {done['memory']:.0f} MB |")
    if one:
        print(f"| `ingest` | one object of {large:g} GB | {one['seconds']:.1f} | {one['cpu']:.1f} "
              f"| {one['records'] / one['seconds']:,.0f} | | {one['memory']:.0f} MB |")
    print("\n| a million records | US cents |\n| -- | -- |")
    parts = money(many)
    for what, dollars in [*parts, ("**together**", sum(dollars for _, dollars in parts))]:
        print(f"| {what} | {100 * dollars / million:.2f} |")
    terabytes = many["bytes"] / 1e12
    print("\n| a TB of logs, as measured above | US dollars |\n| -- | -- |")
    print(f"| sigdrift, objects of {RECORDS} records ({many['bytes'] / OBJECTS / 1e3:.0f} KB) "
          f"| {sum(dollars for _, dollars in parts) / terabytes:.0f} |")
    print(f"| Athena, each query that reads them all | {ATHENA_TB:.0f} |")
    print(f"| CloudWatch Logs Insights, each query | {1000 * LOGS_INSIGHTS_GB:.0f} |")
    print(f"| having them delivered to CloudWatch Logs | {1000 * LOGS_DELIVERED_GB:.0f} |")


if __name__ == "__main__":
    main()
