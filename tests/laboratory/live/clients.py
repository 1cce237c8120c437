"""The real signing clients: how each is called, and what its log shows."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from parts.installed import MissingPart, environment_program, faketime_library, parts_directory, system_program

from ..steps import Identity
from .requests import BUCKET, HOST, REGION, Wanted

HERE = Path(__file__).parent / "programs"
_SECONDS = 60
# Of a long debug log, what a person would send: from the request on.
_LOG_START = ("Calculating signature using v4 auth", "CreateRequest:")
_LOG_LIMIT = 14000


@dataclass(frozen=True)
class Client:
    """`does`: the requests it is asked for. The rest: see `law.Facts`, `client_…`."""

    name: str
    run: Callable[["Job"], str]
    does: tuple[str, ...]
    texts: bool = False
    string_to_sign: bool = True
    signature: bool = True
    sent: bool = False
    answer: bool = False
    logs: bool = True


@dataclass(frozen=True)
class Job:
    wanted: Wanted
    who: Identity
    port: int
    region: str = REGION
    minutes: int = 0  # how far the client's clock is off
    sigv2: bool = False

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """For clients that take a URL, with the host that they shall sign."""
        query = f"?list-type=2&prefix={quote(self.wanted.key, safe='')}" if self.wanted.do == "list" else ""
        return f"http://{HOST}/{'' if query else quote(self.wanted.key)}{query}"

    def order(self, client: str = "") -> str:
        return json.dumps(
            {
                "client": client,
                "endpoint": self.endpoint,
                "host": HOST,
                "bucket": BUCKET,
                "region": self.region,
                "do": self.wanted.do,
                "key": self.wanted.key,
                "body": self.wanted.body,
                "headers": self.wanted.headers,
                "by_port": self.wanted.by_port,
                "key_id": self.who.key_id,
                "secret": self.who.secret,
                "token": self.who.token,
                "sigv2": self.sigv2,
            }
        )


def _environment(job: Job, proxy: bool = False, keys: bool = False) -> dict[str, str]:
    """Nothing of the user's own AWS settings, no proxy but the laboratory's, and the client's own idea of the time."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "BOTO_")) and not name.lower().endswith("_proxy")
    }
    kept |= {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_MAX_ATTEMPTS": "1",
        "PYTHONHASHSEED": "0",
    }
    if job.minutes:
        kept |= {
            "LD_PRELOAD": str(faketime_library()),
            "FAKETIME": f"{job.minutes:+d}m",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    if keys:
        kept |= {
            "AWS_ACCESS_KEY_ID": job.who.key_id,
            "AWS_SECRET_ACCESS_KEY": job.who.secret,
            "AWS_DEFAULT_REGION": job.region,
        }
        kept |= {"AWS_SESSION_TOKEN": job.who.token} if job.who.token else {}
    return kept | ({"http_proxy": job.endpoint, "HTTP_PROXY": job.endpoint} if proxy else {})


def _ended(command: list[object], environment: dict[str, str], given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        env=environment,
        input=given,
        capture_output=True,
        check=False,
        timeout=_SECONDS,
        encoding="utf-8",
        errors="surrogateescape",
    )


def _output(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr + done.stdout


def _boto3(job: Job) -> str:
    python = environment_program("clients", "python")
    return _output(_ended([python, HERE / "boto3_client.py"], _environment(job), job.order()))


def _minio(job: Job) -> str:
    python = environment_program("clients", "python")
    return _output(_ended([python, HERE / "minio_client.py"], _environment(job), job.order()))


def _javascript(client: str) -> Callable[[Job], str]:
    def run(job: Job) -> str:
        modules = parts_directory() / "javascript/node_modules"
        if not modules.is_dir():
            raise MissingPart("javascript (npm packages)")
        node = system_program("node")
        environment = _environment(job) | {"NODE_PATH": str(modules)}
        return _output(_ended([node, HERE / "javascript_client.cjs"], environment, job.order(client)))

    return run


def _aws_cli(job: Job) -> str:
    program = environment_program("clients", "aws")
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body"
        body.write_text(job.wanted.body)
        to = ["--bucket", BUCKET]
        key = ["--key", job.wanted.key]
        calls = {
            "get": ["get-object", *to, *key, Path(folder) / "got"],
            "head": ["head-object", *to, *key],
            "list": ["list-objects-v2", *to, "--prefix", job.wanted.key],
            "put": ["put-object", *to, *key, "--body", body],
        }
        if job.wanted.do in ("dynamodb", "sts"):
            call = (
                ["dynamodb", "scan", "--table-name", "orders"]
                if job.wanted.do == "dynamodb"
                else ["sts", "get-caller-identity"]
            )
            command = [program, "--debug", "--endpoint-url", f"http://{job.wanted.do}.{REGION}.amazonaws.com", *call]
            return _output(_ended(command, _environment(job, proxy=True, keys=True))).replace(folder, "upload")
        meta = [f"title={value}" for name, value in job.wanted.headers if name == "x-amz-meta-title"]
        more = ["--metadata", *meta] if meta else []
        more += ["--range", dict(job.wanted.headers)["Range"]] if "Range" in dict(job.wanted.headers) else []
        command = [
            program,
            "--debug",
            "--endpoint-url",
            f"http://s3.{REGION}.amazonaws.com",
            "s3api",
            *calls[job.wanted.do],
            *more,
        ]
        return _output(_ended(command, _environment(job, proxy=True, keys=True))).replace(folder, "upload")


def _awscurl(job: Job) -> str:
    command = [
        environment_program("clients", "awscurl"),
        "-v",
        "--service",
        "s3",
        "--region",
        job.region,
        "-X",
        "PUT" if job.wanted.do == "put" else "GET",
        job.url,
    ]
    command += ["-d", job.wanted.body] if job.wanted.do == "put" else []
    command += [part for name, value in job.wanted.headers for part in ("-H", f"{name}: {value}")]
    return _output(_ended(command, _environment(job, proxy=True, keys=True)))


def _curl(job: Job) -> str:
    """S3 wants x-amz-content-sha256, which curl 7.88 does not send by itself."""
    command = [
        system_program("curl"),
        "-sv",
        "--path-as-is",
        "-x",
        job.endpoint,
        "--aws-sigv4",
        f"aws:amz:{job.region}:s3",
        "--user",
        f"{job.who.key_id}:{job.who.secret}",
        "-H",
        "x-amz-content-sha256: UNSIGNED-PAYLOAD",
        job.url,
    ]
    command += ["-X", "PUT", "--data-binary", job.wanted.body] if job.wanted.do == "put" else []
    command += ["-I"] if job.wanted.do == "head" else []
    command += [part for name, value in job.wanted.headers for part in ("-H", f"{name}: {value}")]
    return _output(_ended(command, _environment(job)))


def _s3cmd(job: Job) -> str:
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body"
        body.write_text(job.wanted.body)
        settings = Path(folder) / "s3cfg"
        settings.write_text("")
        to = f"s3://{BUCKET}/{job.wanted.key}"
        calls = {"get": ["info", to], "put": ["put", body, to], "list": ["ls", to]}
        host = f"127.0.0.1:{job.port}"
        command = [
            environment_program("clients", "s3cmd"),
            "-c",
            settings,
            "-d",
            "--no-ssl",
            "--host",
            host,
            "--host-bucket",
            host,
            "--region",
            job.region,
            "--access_key",
            job.who.key_id,
            "--secret_key",
            job.who.secret,
            "--max-retries",
            "0",
            *(["--signature-v2"] if job.sigv2 else []),
            *calls[job.wanted.do],
        ]
        text = _output(_ended(command, _environment(job) | {"HOME": folder})).replace(folder, "upload")
        return text.replace(job.who.secret, "***")


def _rclone(job: Job) -> str:
    settings = f"provider=Other,region={job.region},endpoint='{job.endpoint}',force_path_style=true"
    remote = f":s3,{settings}:{BUCKET}/{job.wanted.key}"
    calls = {"get": ["cat", remote], "list": ["lsf", remote], "put": ["rcat", remote]}
    command = [
        system_program("rclone"),
        "--config",
        os.devnull,
        "-vv",
        "--dump",
        "headers,bodies,auth",
        "--retries",
        "1",
        "--low-level-retries",
        "1",
        "--s3-env-auth",
        *calls[job.wanted.do],
    ]
    return _output(_ended(command, _environment(job, keys=True), job.wanted.body))


CLIENTS = {
    one.name: one
    for one in (
        Client(
            "boto3",
            _boto3,
            (
                "get",
                "get-port",
                "get-odd",
                "get-slashes",
                "get-range",
                "get-accept-encoding",
                "head",
                "list",
                "put",
                "put-type",
                "put-text",
                "put-meta",
                "url",
                "dynamodb",
                "sts",
            ),
            texts=True,
            sent=True,
            answer=True,
        ),
        Client(
            "aws-cli",
            _aws_cli,
            ("get", "get-odd", "get-range", "head", "list", "put", "put-meta", "dynamodb", "sts"),
            texts=True,
            sent=True,
            answer=True,
        ),
        Client("awscurl", _awscurl, ("get", "put", "put-meta"), texts=True, answer=True),
        Client(
            "curl", _curl, ("get", "get-odd", "head", "list", "put", "put-type", "get-range"), sent=True, answer=True
        ),
        Client("s3cmd", _s3cmd, ("get-port", "list", "put"), texts=True, string_to_sign=False, sent=True, answer=True),
        Client("rclone", _rclone, ("get", "list", "put"), sent=True, answer=True),
        Client("minio", _minio, ("get", "get-odd", "list", "put"), signature=False, sent=True, answer=True),
        Client("javascript", _javascript("sdk"), ("get", "get-odd", "put", "url"), signature=False, answer=True),
        Client("aws4", _javascript("aws4"), ("get", "list", "put", "get-accept-encoding"), texts=True),
    )
}


def shortened(log: str) -> str:
    """From where the request begins, and not too long; a cut log is what people paste."""
    starts = [log.find(mark) for mark in _LOG_START if mark in log]
    if starts:
        log = log[log.rfind("\n", 0, min(starts)) + 1 :]
    return log.replace(str(parts_directory()), "/opt/app")[:_LOG_LIMIT]
