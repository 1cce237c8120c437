"""A program that uses S3 through boto3, and may sign too much, retry blindly, or capture its errors."""

import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from captured_error import Attempt, captured_error
from signed_texts import SIGNED


def _parameters(order: dict) -> tuple[str, dict]:
    bucket, key = order["bucket"], order["key"]
    return {
        "put": ("put_object", {"Bucket": bucket, "Key": key, "Body": b"x" * order["size"]}),
        "get": ("get_object", {"Bucket": bucket, "Key": key}),
        "get-missing": ("get_object", {"Bucket": bucket, "Key": key}),
        "head": ("head_object", {"Bucket": bucket, "Key": key}),
        "list": ("list_objects_v2", {"Bucket": bucket, "Prefix": key, "MaxKeys": 20}),
        "delete": ("delete_object", {"Bucket": bucket, "Key": key}),
    }[order["action"]]


class SdkProgram:
    def __init__(self, program: dict) -> None:
        self._proxies = {"http": f"http://127.0.0.1:{program['proxy_port']}"}
        self._version = program["app_id"]
        self._refused: dict[int, Attempt] = {}
        self._attempt: Attempt | None = None
        self._captured: list[dict] = []
        self._client = _session(program["execution_environment"]).client(
            "s3", region_name=program["region"], use_ssl=False,
            aws_access_key_id=program["access_key_id"], aws_secret_access_key=program["secret_access_key"],
            aws_session_token=program["session_token"],
            config=Config(proxies=self._proxies, user_agent_appid=program["app_id"],
                          s3={"addressing_style": "virtual"}))
        events = self._client.meta.events
        if program["signs_accept_encoding"]:
            events.register("before-sign.s3", _sign_accept_encoding)
        if program["captures_errors"]:
            events.register("before-send.s3", self._remember)
            events.register("response-received.s3", self._capture)

    def call(self, order: dict) -> dict:
        self._captured = []
        operation, parameters = _parameters(order)
        try:
            answer = getattr(self._client, operation)(**parameters)
            if "Body" in answer:
                answer["Body"].read()
            status = answer["ResponseMetadata"]["HTTPStatusCode"]
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if self._captured:
                self._refused[order["step"]] = self._attempt
        return {"status": status, "captured": self._captured}

    def resend(self, order: dict) -> dict:
        """Sends a refused request again byte for byte, as a queue does that stores signed requests."""
        attempt = self._refused[order["repeats"]]
        attempt.request.reset_stream()
        answer = URLLib3Session(proxies=self._proxies).send(attempt.request)
        line = captured_error(attempt, answer.content, self._version)
        return {"status": answer.status_code, "captured": [line] if line else []}

    def _remember(self, request, **_) -> None:
        self._attempt = Attempt(request)

    def _capture(self, response_dict, context, event_name, **_) -> None:
        if response_dict is None:  # no answer at all
            return
        self._attempt.signed = context.get(SIGNED)
        self._attempt.operation = event_name.rpartition(".")[2]
        if response_dict["status_code"] >= 400:
            line = captured_error(self._attempt, response_dict["body"], self._version)
            if line:
                self._captured.append(line)


def _session(execution_environment: str | None) -> boto3.Session:
    """botocore reads the execution environment once, when a session begins."""
    if execution_environment:
        os.environ["AWS_EXECUTION_ENV"] = execution_environment
    else:
        os.environ.pop("AWS_EXECUTION_ENV", None)
    return boto3.Session()


def _sign_accept_encoding(request, **_) -> None:
    """What the bad deploy does: botocore signs every header that is present before signing."""
    request.headers["Accept-Encoding"] = "identity"
