"""Plays the story: sets the clock to each step and lets the right client send it."""

import base64
import hashlib
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from parts import Exchange, Ministack, Nginx, RecordingProxy, ScenarioClock
from parts.installed import environment_program, system_program
from parts.ministack import ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY
from parts.process import free_port

from . import cast, story, world
from .worker import CLIENTS, Worker, client_environment

STALE_SECRET = "0" * 40


@dataclass
class Recording:
    """All that happened: the exchanges at the server, what clients captured, who the keys belong to."""

    exchanges: list[Exchange]
    captured: list[dict[str, Any]]
    identities: dict[str, world.Identity]


def record(steps: list[story.Step]) -> Recording:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sigdrift-recorder-")))
        clock = ScenarioClock(folder)
        clock.set(story.START)
        server = stack.enter_context(Ministack(cast.ACCOUNT_ID, clock))
        proxy = stack.enter_context(RecordingProxy(server.port, lambda: clock.now, answer_ids))
        worker = stack.enter_context(Worker(server, clock))
        identities = world.prepare(worker)
        _fill_buckets(worker, server, steps)
        edges = _edges(stack, proxy, steps)
        director = _Director(clock, proxy, worker, identities, edges, folder)
        for step in steps:
            clock.set(step.time)
            director.play(step)
        return Recording(proxy.exchanges, director.captured, identities)


def answer_ids(number: int) -> tuple[str, str]:
    """Request id (16 characters) and host id (76) of the n-th exchange, in the shapes that S3 uses."""
    digest = hashlib.sha512(f"sigdrift example {number}".encode()).digest()
    return base64.b32encode(digest[:10]).decode(), base64.b64encode(digest[7:63]).decode()


def size_of(step: story.Step) -> int:
    """A size for the step's object, the same in every recording."""
    return 300 + hashlib.sha256(step.key.encode()).digest()[0] * 17


def _fill_buckets(worker: Worker, server: Ministack, steps: list[story.Step]) -> None:
    """Puts what will be read. The refused GETs too: only their signature is wrong."""
    for bucket in cast.BUCKETS.values():
        objects = {step.key: size_of(step) for step in steps
                   if step.bucket == bucket.name and step.action in ("get", "head", "delete")}
        worker.ask({"do": "fill", "bucket": bucket.name, "region": bucket.region, "objects": list(objects.items()),
                    "endpoint_url": server.endpoint_url, "access_key_id": ROOT_ACCESS_KEY_ID,
                    "secret_access_key": ROOT_SECRET_ACCESS_KEY})


def _edges(stack: ExitStack, proxy: RecordingProxy, steps: list[story.Step]) -> dict[str, int]:
    """The edge proxy of each host that has one: a real nginx, which asks upstream for gzip."""
    hosts = sorted({step.host for step in steps if cast.APPS[step.app].through_edge})
    ports = {host: free_port() for host in hosts}
    servers = "\n".join(f"""
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{proxy.port_for(host)};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header Accept-Encoding "gzip";
        }}
    }}""" for host, port in ports.items())
    stack.enter_context(Nginx(servers, list(ports.values())))
    return ports


class _Director:
    def __init__(self, clock: ScenarioClock, proxy: RecordingProxy, worker: Worker,
                 identities: dict[str, world.Identity], edges: dict[str, int], folder: Path) -> None:
        self.captured: list[dict[str, Any]] = []
        self._proxy = proxy
        self._worker = worker
        self._identities = identities
        self._edges = edges
        self._folder = folder
        self._environment = client_environment(clock)
        self._send = {"boto3": self._sdk, "presigned": self._presigned, "unsigned": self._unsigned,
                      "curl": self._curl, "aws-cli": self._aws_cli}

    def play(self, step: story.Step) -> None:
        before = len(self._proxy.exchanges)
        self._send[cast.APPS[step.app].kind](step)
        if len(self._proxy.exchanges) == before:
            raise RuntimeError(f"step {step} reached no server")

    def _sdk(self, step: story.Step) -> None:
        app = cast.APPS[step.app]
        answer = self._worker.ask({
            "do": "sdk-resend" if step.action == "resend" else "sdk-call",
            "program": self._program(step) | {
                "app_id": app.app_id, "execution_environment": app.execution_environment,
                "signs_accept_encoding": app.signs_accept_encoding, "captures_errors": app.captures_errors},
            "step": step.number, "repeats": step.repeats, "action": step.action,
            "bucket": step.bucket, "key": step.key, "size": size_of(step)})
        self.captured += answer["captured"]

    def _presigned(self, step: story.Step) -> None:
        app = cast.APPS[step.app]
        self._worker.ask({
            "do": "presigned", "bucket": step.bucket, "key": step.key,
            "program": self._program(step) | {"deploy_tag": app.deploy_tag, "user_agent": app.user_agent}})

    def _unsigned(self, step: story.Step) -> None:
        headers = {"User-Agent": cast.APPS[step.app].user_agent}
        if step.action == "get":
            headers["Referer"] = "https://shop.example/"
        self._worker.ask({"do": "unsigned", "url": _url(step), "headers": headers,
                          "proxy_port": self._port(step)})

    def _curl(self, step: story.Step) -> None:
        """The secret goes in by standard input, where no process list shows it."""
        identity, region = self._identity(step), cast.BUCKETS[step.bucket].region
        settings = "\n".join((
            f'url = "{_url(step)}"', f'proxy = "http://127.0.0.1:{self._port(step)}"',
            f'user = "{identity.access_key_id}:{identity.secret_access_key}"',
            f'aws-sigv4 = "aws:amz:{region}:s3"',
            f'header = "x-amz-content-sha256: {hashlib.sha256(b"").hexdigest()}"',
            'output = "/dev/null"', "silent", "show-error"))
        subprocess.run([system_program("curl"), "--config", "-"], input=settings, text=True, check=True,
                       env=self._environment, timeout=60)

    def _aws_cli(self, step: story.Step) -> None:
        identity, region = self._identity(step), cast.BUCKETS[step.bucket].region
        content = self._folder / "content"
        content.write_bytes(b"x" * size_of(step))
        subprocess.run(
            [environment_program("clients", "python"), CLIENTS / "aws_cli.py", "s3api", "put-object",
             "--bucket", step.bucket, "--key", step.key, "--body", content,
             "--region", region, "--endpoint-url", f"http://s3.{region}.amazonaws.com"],
            check=True, stdout=subprocess.DEVNULL, timeout=60,
            env=self._environment | {
                "AWS_ACCESS_KEY_ID": identity.access_key_id, "AWS_SECRET_ACCESS_KEY": identity.secret_access_key,
                "HTTP_PROXY": f"http://127.0.0.1:{self._port(step)}"})

    def _program(self, step: story.Step) -> dict[str, Any]:
        identity, app = self._identity(step), cast.APPS[step.app]
        return {
            "region": cast.BUCKETS[step.bucket].region, "proxy_port": self._port(step),
            "access_key_id": identity.access_key_id, "session_token": identity.session_token,
            "secret_access_key": STALE_SECRET if app.stale_secret else identity.secret_access_key}

    def _identity(self, step: story.Step) -> world.Identity:
        return self._identities[cast.APPS[step.app].user]

    def _port(self, step: story.Step) -> int:
        if cast.APPS[step.app].through_edge:
            return self._edges[step.host]
        return self._proxy.port_for(step.host)


def _url(step: story.Step) -> str:
    return f"http://{cast.BUCKETS[step.bucket].host}/{quote(step.key)}"
