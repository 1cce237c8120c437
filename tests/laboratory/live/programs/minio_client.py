"""One request with MinIO's client, traced as it traces itself. Runs in the environment `clients`."""

import io
import json
import sys

import urllib3
from minio import Minio
from minio.error import S3Error

order = json.load(sys.stdin)
client = Minio(
    order["endpoint"].removeprefix("http://"),
    order["key_id"],
    order["secret"],
    secure=False,
    region=order["region"],
    http_client=urllib3.PoolManager(retries=False),
)
client.trace_on(sys.stderr)
try:
    if order["do"] == "get":
        client.get_object(order["bucket"], order["key"])
    elif order["do"] == "list":
        list(client.list_objects(order["bucket"], order["key"]))
    else:
        body = order["body"].encode()
        client.put_object(order["bucket"], order["key"], io.BytesIO(body), len(body))
except S3Error as error:
    print(error, file=sys.stderr)
