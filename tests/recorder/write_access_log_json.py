"""Writes server access logs as CloudWatch Logs has them: one JSON record a line.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/sal-cw-log-format.html
Two ways out of CloudWatch Logs are shown: records streamed on to a bucket, and an export task
(gzip, each record after its time). Fields without a value are absent; fields whose JSON names are
not public are left out.
"""

import gzip
import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from parts import Exchange

from . import cast, delivery, reading
from .access_log_fields import Identities, fields
from .story import at

WITHOUT_KNOWN_NAME = ("object_size", "turnaround", "referer", "version_id", "access_point_arn")

# While the bucket with both kinds of log was switched over, these minutes came both ways.
EXPORTED_FROM, EXPORTED_TO = at("07:40"), at("07:50")


def write(exchanges: list[Exchange], identities: Identities, folder: Path) -> dict[str, int]:
    """Returns how many objects and records were written."""
    objects = records = 0
    for bucket in cast.BUCKETS.values():
        mine = [exchange for exchange in exchanges if reading.bucket_and_key(exchange)[0] == bucket]
        if bucket.log == "json":
            for end, part in delivery.slices(mine, minutes=25):
                delivered = end + timedelta(seconds=61)
                target = folder / bucket.name / delivered.strftime("%Y/%m/%d/%H")
                target.mkdir(parents=True, exist_ok=True)
                name = f"{bucket.name}-access-1-{delivered:%Y-%m-%d-%H-%M-%S}-{_uuid(bucket.name, delivered)}"
                (target / name).write_text("".join(_line(exchange, identities) + "\n" for exchange in part))
                objects += 1
                records += len(part)
        elif bucket.log == "both":
            part = [exchange for exchange in mine if EXPORTED_FROM <= exchange.time < EXPORTED_TO]
            target = folder / "export" / _uuid("export", bucket.name) / f"{bucket.name}-access"
            target.mkdir(parents=True, exist_ok=True)
            text = "".join(f"{_time(exchange)} {_line(exchange, identities)}\n" for exchange in part)
            (target / "000000.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
            objects += 1
            records += len(part)
    return {"objects": objects, "records": records}


def _line(exchange: Exchange, identities: Identities) -> str:
    return json.dumps(record(fields(exchange, identities)), separators=(",", ":"))


def record(known: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in known.items() if value is not None and name not in WITHOUT_KNOWN_NAME}
    shown["request_time"] = f"{known['request_time']:%Y-%m-%dT%H:%M:%S}.000Z"
    return {"schema_version_id": "V_1_0", "bucket_arn": f"arn:aws:s3:::{known['bucket_name']}"} | shown


def _time(exchange: Exchange) -> str:
    return f"{exchange.time:%Y-%m-%dT%H:%M:%S}.000Z"


def _uuid(*parts: object) -> str:
    return str(uuid.UUID(hex=delivery.digits(*parts, length=32), version=4))
