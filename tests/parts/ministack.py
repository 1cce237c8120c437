"""The AWS emulator, started so that it verifies signatures."""

import http.client
import os
import tempfile
from pathlib import Path

from .clock import ScenarioClock
from .installed import environment_program
from .process import ServerProcess, free_port

# The emulator takes this pair as its root user and does not check its signature.
ROOT_ACCESS_KEY_ID = "test"
ROOT_SECRET_ACCESS_KEY = "test"


class Ministack:
    """ministack on a free loopback port: `AUTH=true`, state in a folder that is removed at the end."""

    def __init__(self, account_id: str = "111122223333", clock: ScenarioClock | None = None,
                 settings: dict[str, str] | None = None) -> None:
        self.account_id = account_id
        self._clock = clock
        self._settings = settings or {}

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Ministack":
        program = environment_program("ministack", "ministack")
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="sigdrift-ministack-")
        folder = Path(self._folder.name)
        environment = os.environ | {
            "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self.port), "AUTH": "true",
            "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
            "MINISTACK_ACCOUNT_ID": self.account_id, "AWS_ENDPOINT_URL": self.endpoint_url,
            "TMPDIR": str(folder), "STATE_DIR": str(folder / "state"), "S3_DATA_DIR": str(folder / "s3"),
        } | (self._clock.environment() if self._clock else {}) | self._settings
        try:
            self._process = ServerProcess("ministack", [program], environment, folder / "output.log")
            self._process.wait_until(self._healthy)
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
        self._folder.cleanup()

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
