"""One request with boto3, logged as `boto3.set_stream_logger` does. Runs in the environment `clients`."""

import json
import logging
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

order = json.load(sys.stdin)
proxies = {} if order["by_port"] else {"http": order["endpoint"]}
service = order["do"] if order["do"] in ("dynamodb", "sts") else "s3"
client = boto3.client(
    service,
    region_name=order["region"],
    use_ssl=False,
    endpoint_url=order["endpoint"] if order["by_port"] else None,
    aws_access_key_id=order["key_id"],
    aws_secret_access_key=order["secret"],
    aws_session_token=order.get("token"),
    config=Config(
        proxies=proxies,
        signature_version="s3" if order["sigv2"] else "s3v4" if service == "s3" else None,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path" if order["by_port"] else "virtual"},
    ),
)
headers = dict(order["headers"])


def add_headers(request, **_):
    """botocore signs what is there before it signs."""
    for name, value in headers.items():
        if name not in ("Range", "Content-Type") and not name.startswith("x-amz-meta-"):
            request.headers[name] = value


client.meta.events.register("before-sign.s3", add_headers)
bucket, key = order["bucket"], order["key"]
if order["do"] == "url":
    print(
        json.dumps(
            {"url": client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=900)}
        )
    )
    sys.exit()
for name in ("botocore.auth", "botocore.endpoint", "botocore.parsers"):
    boto3.set_stream_logger(name, logging.DEBUG)
try:
    if order["do"] == "get":
        client.get_object(Bucket=bucket, Key=key, **({"Range": headers["Range"]} if "Range" in headers else {}))
    elif order["do"] == "dynamodb":
        client.scan(TableName="orders", Limit=7)
    elif order["do"] == "sts":
        client.get_caller_identity()
    elif order["do"] == "head":
        client.head_object(Bucket=bucket, Key=key)
    elif order["do"] == "list":
        client.list_objects_v2(Bucket=bucket, Prefix=key, Delimiter="/")
    else:
        more = {"ContentType": headers["Content-Type"]} if "Content-Type" in headers else {}
        meta = {name[len("x-amz-meta-") :]: value for name, value in headers.items() if name.startswith("x-amz-meta-")}
        client.put_object(
            Bucket=bucket, Key=key, Body=order["body"].encode(), **more, **({"Metadata": meta} if meta else {})
        )
except ClientError as error:
    print(error, file=sys.stderr)
