"""One function, run by AWS's emulator of the Lambda runtime: https://github.com/aws/aws-lambda-runtime-interface-emulator."""

import json
import os
import re
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from parts.process import ServerProcess, accepts_connections, free_port

from . import build

_PATH = "/2015-03-31/functions/function/invocations"


class Runtime:
    """The function behind a loopback port. Nothing of the machine's own AWS configuration reaches it."""

    def __init__(self, function: str, settings: dict[str, str]) -> None:
        self.function, self._settings = function, settings

    def __enter__(self) -> "Runtime":
        self._port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="sigdrift-runtime-")
        self._log = Path(self._folder.name) / "output.log"
        self._process = ServerProcess(self.function, [
            build.runtime_emulator(), "--runtime-interface-emulator-address", f"127.0.0.1:{self._port}",
            "--runtime-api-address", f"127.0.0.1:{free_port()}", build.bootstrap(self.function)],
            environment() | self._settings, self._log)
        self._process.wait_until(lambda: accepts_connections(self._port))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
        self._folder.cleanup()

    def invoke(self, event: Any) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{_PATH}", json.dumps(event).encode())
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or "null")

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def metrics(self) -> list[dict[str, Any]]:
        """The lines in the embedded metric format that the function has logged."""
        return metric_lines(self.log())


def metric_lines(log: str) -> list[dict[str, Any]]:
    """The lines of a log that hold metrics."""
    return [json.loads(line) for line in re.findall(r"^.*?(\{.*\"_aws\".*\})\s*$", log, re.MULTILINE)]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
                   "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                   "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                   "AWS_LAMBDA_FUNCTION_TIMEOUT": "60"}


def start_milliseconds(function: str, settings: dict[str, str]) -> float:
    """From the start of the process until it asks for its first event: the part of a cold start that is ours.

    Measured without AWS's emulator, which counts its own start too.
    """
    asked = threading.Event()

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            time.sleep(30)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        process = ServerProcess(function, [build.bootstrap(function)], environment() | settings | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_GROUP_NAME": "g",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s"}, Path(folder) / "output.log")
        try:
            if not asked.wait(20):
                raise AssertionError(f"{function} asked for no event: {(Path(folder) / 'output.log').read_text()}")
            return (time.perf_counter() - started) * 1000
        finally:
            process.stop()
            server.shutdown()
            server.server_close()
