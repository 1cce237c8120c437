"""The stack in an emulator of AWS, and what can be asked of it."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from parts import Ministack
from parts.installed import environment_program
from template import sam

from . import build

NAME = "sigdrift"
WAIT_SECONDS = 60

T = TypeVar("T")


class Cloud:
    """The emulator with the built stack in it.

    Signatures are not checked there: the stack's policies allow encrypted transport only, and the emulator speaks
    plain HTTP.
    """

    def __enter__(self) -> "Cloud":
        self._folder = tempfile.TemporaryDirectory(prefix="sigdrift-stack-")
        self.folder = Path(self._folder.name)
        self.ministack = Ministack(settings={"AUTH": "false"}).__enter__()
        self.settings = {"AWS_ENDPOINT_URL": self.ministack.endpoint_url, "AWS_DEFAULT_REGION": sam.REGION,
                         "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return self

    def __exit__(self, *_: object) -> None:
        self.ministack.__exit__()
        self._folder.cleanup()

    def deploy(self, **parameters: str) -> dict[str, str]:
        """Deploys the stack, or updates it; returns its outputs."""
        template = build.built() / "template.yaml"
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        deployed = sam.run(
            "sam", "deploy", "--template-file", template, "--stack-name", NAME, "--region", sam.REGION,
            "--resolve-s3", "--no-confirm-changeset", "--no-fail-on-empty-changeset",
            "--capabilities", "CAPABILITY_IAM", *(["--parameter-overrides", *overrides] if overrides else []),
            settings=self.settings)
        if deployed.returncode != 0:
            raise AssertionError(deployed.stdout[-4000:] + deployed.stderr)
        (stack,) = self.aws("cloudformation", "describe-stacks", "--stack-name", NAME)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return self.outputs

    def aws(self, *arguments: object) -> Any:
        # Given as an option too, because for queues the client passes over the variable.
        command = [str(environment_program("clients", "aws")), "--endpoint-url", self.ministack.endpoint_url,
                   "--output", "json", *map(str, arguments)]
        answer = subprocess.run(command, env=os.environ | self.settings, text=True, capture_output=True, timeout=120)
        if answer.returncode != 0:
            raise AssertionError(f"aws {' '.join(map(str, arguments))}: {answer.stderr}")
        return json.loads(answer.stdout or "{}")

    def resource(self, logical_id: str) -> str:
        """The name of a resource of the stack."""
        return self.aws("cloudformation", "describe-stack-resource", "--stack-name", NAME,
                        "--logical-resource-id", logical_id)["StackResourceDetail"]["PhysicalResourceId"]

    def put(self, bucket: str, key: str, content: bytes) -> None:
        path = self.folder / "put"
        path.write_bytes(content)
        self.aws("s3api", "put-object", "--bucket", bucket, "--key", key, "--body", path)

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        listed = self.aws("s3api", "list-objects-v2", "--bucket", bucket, "--prefix", prefix)
        return [found["Key"] for found in listed.get("Contents", [])]

    def get(self, bucket: str, key: str) -> bytes:
        path = self.folder / "got"
        self.aws("s3api", "get-object", "--bucket", bucket, "--key", key, path)
        return path.read_bytes()

    def invoke(self, function: str, event: Any) -> Any:
        path = self.folder / "answer"
        payload = self.folder / "event"
        payload.write_text(json.dumps(event))
        answer = self.aws("lambda", "invoke", "--function-name", function, "--payload", f"fileb://{payload}", path)
        body = path.read_text()
        if "FunctionError" in answer:
            raise AssertionError(f"{function}: {body}")
        return json.loads(body or "null")

    def log(self, function: str) -> list[str]:
        """What a function has logged, line by line."""
        group = f"/sigdrift/{NAME}/{function}"
        found = self.aws("logs", "filter-log-events", "--log-group-name", group)["events"]
        return [event["message"].rstrip("\n") for event in found]

    def messages(self, queue_url: str, at_least: int = 1, seconds: float = WAIT_SECONDS) -> list[dict[str, Any]]:
        """The messages of a queue, which are deleted there."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + seconds
        while len(found) < at_least and time.monotonic() < deadline:
            answer = self.aws("sqs", "receive-message", "--queue-url", queue_url, "--max-number-of-messages", 10,
                              "--wait-time-seconds", 1)
            for message in answer.get("Messages", []):
                found.append(message)
                self.aws("sqs", "delete-message", "--queue-url", queue_url,
                         "--receipt-handle", message["ReceiptHandle"])
        return found


def eventually(ask: Callable[[], T], holds: Callable[[T], Any], seconds: float = WAIT_SECONDS) -> T:
    """Asks until the answer is right, and gives it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if holds(answer):
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still {answer!r}")
        time.sleep(0.3)
