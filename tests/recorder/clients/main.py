"""The client process: reads an order a line, does it with a real client, answers a line.

Runs in the `clients` environment under the scenario's clock. Programs are kept between orders, as
a service keeps its SDK client.
"""

import json
import platform
import sys

import boto3
import plain_http
from hosts import KERNEL_RELEASE
from presigner import Presigner
from sdk_program import SdkProgram

platform.release = lambda: KERNEL_RELEASE


def root_client(order: dict, service: str):
    return boto3.client(
        service, region_name=order["region"], endpoint_url=order["endpoint_url"],
        aws_access_key_id=order["access_key_id"], aws_secret_access_key=order["secret_access_key"])


def administer(order: dict) -> dict:
    """A call as the emulator's root user, past the proxy and so into no log."""
    answer = getattr(root_client(order, order["service"]), order["operation"])(**order["parameters"])
    return {"answer": json.loads(json.dumps(answer, default=str))}


def fill(order: dict) -> dict:
    """Puts the objects that the story will read, past the proxy too."""
    client = root_client(order, "s3")
    for key, size in order["objects"]:
        client.put_object(Bucket=order["bucket"], Key=key, Body=b"x" * size)
    return {}


class Programs:
    """The programs started so far, one for each description."""

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self._started: dict[str, object] = {}

    def take(self, description: dict) -> object:
        name = json.dumps(description, sort_keys=True)
        if name not in self._started:
            self._started[name] = self._kind(description)
        return self._started[name]


sdk_programs = Programs(SdkProgram)
presigners = Programs(Presigner)

DO = {
    "administer": administer,
    "fill": fill,
    "sdk-call": lambda order: sdk_programs.take(order["program"]).call(order),
    "sdk-resend": lambda order: sdk_programs.take(order["program"]).resend(order),
    "presigned": lambda order: presigners.take(order["program"]).call(order),
    "unsigned": plain_http.call,
}

for line in sys.stdin:
    given = json.loads(line)
    try:
        answer = DO[given["do"]](given)
    except Exception as error:  # the driver decides what a failed order means
        answer = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
