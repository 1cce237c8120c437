"""A program that presigns a GET with boto3 and fetches the URL with a plain HTTP client."""

import boto3
import plain_http
from botocore.config import Config


class Presigner:
    def __init__(self, program: dict) -> None:
        self._program = program
        self._client = boto3.client(
            "s3", region_name=program["region"], use_ssl=False,
            aws_access_key_id=program["access_key_id"], aws_secret_access_key=program["secret_access_key"],
            config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
        if program["deploy_tag"]:
            self._client.meta.events.register("before-sign.s3", self._add_deploy_tag)

    def _add_deploy_tag(self, request, **_) -> None:
        """S3 ignores a parameter that starts with `x-`, but logs it; it has to be there when signing."""
        request.url += ("&" if "?" in request.url else "?") + "x-deploy=" + self._program["deploy_tag"]

    def call(self, order: dict) -> dict:
        url = self._client.generate_presigned_url(
            "get_object", Params={"Bucket": order["bucket"], "Key": order["key"]}, ExpiresIn=300)
        status = plain_http.get(url, self._program["proxy_port"], {"User-Agent": self._program["user_agent"]})
        return {"status": status}
