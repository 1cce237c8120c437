"""The verifying servers, each with a user whose secret it holds."""

import json
import os
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from parts import Ministack
from parts.installed import MissingPart, environment_program, parts_directory, system_program
from parts.process import ServerProcess, accepts_connections, free_port

from ..steps import Identity
from ..verifier.check import Service
from ..verifier.server import Verifier
from .clients import HERE
from .requests import BUCKET, REGION

_USER = Identity("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
_REGIONS = {"verifier-r2": "auto"}


@dataclass(frozen=True)
class Server:
    """`hosts`: takes a bucket in the host name as well as in the path."""

    name: str
    port: int
    who: Identity
    region: str = REGION


def start(stack: ExitStack) -> dict[str, Server]:
    """All of them; they end with `stack`."""
    started = [
        _ministack(stack),
        _s3rver(stack),
        _moto(stack),
        _verifier(stack, "s3"),
        _verifier(stack, "r2"),
        _verifier(stack, "minio"),
    ]
    return {server.name: server for server in started}


def _verifier(stack: ExitStack, flavour: str) -> Server:
    region = {"r2": "auto", "minio": "us-east-1"}.get(flavour, REGION)
    service = Service("s3", region, {_USER.key_id: _USER.secret}, flavour)
    running = stack.enter_context(Verifier(service))
    return Server(f"verifier-{flavour}", running.port, _USER, region)


def _ministack(stack: ExitStack) -> Server:
    running = stack.enter_context(Ministack())
    return Server("ministack", running.port, _user(running.port, with_bucket=True))


def _moto(stack: ExitStack) -> Server:
    """Checks signatures from the fifth call on; the four before make the user."""
    program = environment_program("moto", "moto_server")
    port = free_port()
    environment = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": "4"}
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sigdrift-moto-")))
    process = ServerProcess("moto", [program, "-H", "127.0.0.1", "-p", str(port)], environment, folder / "output.log")
    stack.callback(process.stop)
    process.wait_until(lambda: accepts_connections(port))
    return Server("moto", port, _user(port, with_bucket=True))


def _s3rver(stack: ExitStack) -> Server:
    modules = parts_directory() / "javascript/node_modules"
    if not modules.is_dir():
        raise MissingPart("s3rver (npm packages)")
    port = free_port()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sigdrift-s3rver-")))
    command = [system_program("node"), HERE / "s3rver.cjs", str(port), str(folder / "data"), BUCKET]
    (folder / "data").mkdir()
    process = ServerProcess("s3rver", command, os.environ | {"NODE_PATH": str(modules)}, folder / "output.log")
    stack.callback(process.stop)
    process.wait_until(lambda: accepts_connections(port))
    return Server("s3rver", port, Identity("S3RVER", "S3RVER"))


def _user(port: int, with_bucket: bool) -> Identity:
    order = {"endpoint": f"http://127.0.0.1:{port}", "region": REGION, "bucket": BUCKET, "with_bucket": with_bucket}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
    }
    done = subprocess.run(
        [environment_program("clients", "python"), HERE / "prepare_user.py"],
        input=json.dumps(order),
        text=True,
        capture_output=True,
        check=False,
        env=kept | {"AWS_EC2_METADATA_DISABLED": "true"},
        timeout=60,
    )
    if done.returncode:
        raise RuntimeError(f"no user in the emulator: {done.stderr[-500:]}")
    told = json.loads(done.stdout)
    return Identity(told["key_id"], told["secret"])
