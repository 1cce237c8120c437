"""Writes server access logs as S3 delivers them to a bucket: 27 fields separated by spaces.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

from parts import Exchange

from . import cast, delivery, reading
from .access_log_fields import Identities, fields

# One object comes hours later than the others, and repeats lines: delivery is best effort.
LATE_BUCKET, LATE_EVERY, REPEATED_LINES = "media", 40, 3


def write(exchanges: list[Exchange], identities: Identities, folder: Path) -> dict[str, int]:
    """Returns how many objects and lines were written, and how many lines are repetitions."""
    objects = lines = repeated = 0
    for bucket in cast.BUCKETS.values():
        if bucket.log == "json":
            continue
        mine = [exchange for exchange in exchanges if reading.bucket_and_key(exchange)[0] == bucket]
        late = mine[LATE_EVERY - 1::LATE_EVERY] if bucket.name == LATE_BUCKET else []
        on_time = [exchange for exchange in mine if exchange not in late]
        deliveries = [(end + timedelta(minutes=23, seconds=index * 7), part)
                      for index, (end, part) in enumerate(delivery.slices(on_time, minutes=17))]
        if late:
            repetitions = on_time[:REPEATED_LINES]
            repeated += len(repetitions)
            deliveries.append((deliveries[-1][0] + timedelta(hours=2, minutes=11), late + repetitions))
        for delivered, part in deliveries:
            random.Random(delivered.timestamp()).shuffle(part)
            target = folder / cast.ACCOUNT_ID / bucket.region / bucket.name / delivered.strftime("%Y/%m/%d")
            target.mkdir(parents=True, exist_ok=True)
            name = f"{delivered:%Y-%m-%d-%H-%M-%S}-{delivery.digits(bucket.name, delivered)}"
            text = "".join(line(fields(exchange, identities)) + "\n" for exchange in part)
            (target / name).write_text(text, encoding="utf-8")
            objects += 1
            lines += len(part)
    return {"objects": objects, "records": lines, "repeated": repeated}


def line(record: dict[str, Any]) -> str:
    """One line. Quotes inside a quoted field stay as they are, as S3 leaves them."""
    def plain(name: str) -> str:
        return "-" if record[name] is None else str(record[name])

    def quoted(name: str) -> str:
        return f'"{plain(name)}"'

    return " ".join((
        plain("bucket_owner_id"), plain("bucket_name"), f"[{record['request_time']:%d/%b/%Y:%H:%M:%S +0000}]",
        plain("remote_ip"), plain("requester"), plain("request_id"), plain("operation"), plain("key_name"),
        quoted("request_uri"), plain("http_status"), plain("error_code"), plain("bytes_sent_size"),
        plain("object_size"), plain("total_duration"), plain("turnaround"), quoted("referer"), quoted("user_agent"),
        plain("version_id"), plain("host_id"), plain("signature_version"), plain("cipher_suite"),
        plain("authentication_type"), plain("host_header"), plain("tls_version"), plain("access_point_arn"),
        "Yes" if record["acl_required"] else "-", plain("source_region"),
    ))
