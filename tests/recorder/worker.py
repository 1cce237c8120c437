"""The driver's side of the client process: one JSON line to it, one JSON line back.

The clients need their own Python environment (boto3) and the scenario's clock, so they run in a
process of their own.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from parts import Ministack, ScenarioClock
from parts.installed import environment_program
from parts.ministack import ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY

CLIENTS = Path(__file__).parent / "clients"


def client_environment(clock: ScenarioClock) -> dict[str, str]:
    """The clock, and nothing of the user's own AWS settings."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "BOTO_")) and not name.lower().endswith("_proxy")}
    return kept | clock.environment() | {
        # botocore prints a set into the User-Agent: one order in every recording.
        "PYTHONHASHSEED": "0",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


class Worker:
    def __init__(self, server: Ministack, clock: ScenarioClock) -> None:
        self._server = server
        self._clock = clock

    def __enter__(self) -> "Worker":
        python = environment_program("clients", "python")
        self._child = subprocess.Popen(
            [python, CLIENTS / "main.py"], env=client_environment(self._clock), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.stdin.close()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"the client process ended at {order['do']}")
        answer = json.loads(line)
        if "failed" in answer:
            raise RuntimeError(f"{order['do']}: {answer['failed']}")
        return answer

    def administer(self, service: str, operation: str, parameters: dict[str, Any],
                   region: str = "eu-west-1") -> dict[str, Any]:
        """A call as the emulator's root user, straight to the emulator and so in no log."""
        return self.ask({
            "do": "administer", "service": service, "operation": operation, "parameters": parameters,
            "region": region, "endpoint_url": self._server.endpoint_url,
            "access_key_id": ROOT_ACCESS_KEY_ID, "secret_access_key": ROOT_SECRET_ACCESS_KEY})["answer"]
