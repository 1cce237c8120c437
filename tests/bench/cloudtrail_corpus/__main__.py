"""Writes CloudTrail log files as the service delivers them: gzip, one line, {"Records":[…]}.

The same arguments write the same bytes. Every name, account, key id and address is made up.
"""

import argparse
import gzip
import io
import json
import os
import random
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from . import chance, identities
from .record import record

FILE_EVERY_MINUTES = 5


def main() -> None:
    arguments = argparse.ArgumentParser(prog="cloudtrail_corpus", description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--files", type=int, default=200)
    arguments.add_argument("--bytes", type=int, default=1_000_000, help="of each file, uncompressed")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    write = partial(write_file, options.folder, options.bytes, options.seed)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        print(sum(pool.map(write, range(options.files))), "records")


def write_file(folder: Path, size: int, seed: int, number: int) -> int:
    """Writes one file with the events of the minutes before its delivery; returns how many."""
    keys = identities.Keys(random.Random(seed))
    rng = random.Random(f"{seed}/{number}")
    minute = FILE_EVERY_MINUTES * (number + 1)
    records: list[str] = []
    left = size
    while left > 0:
        second = 60 * (minute - FILE_EVERY_MINUTES) + rng.randrange(60 * FILE_EVERY_MINUTES)
        event = record(rng, keys, second)
        records.append(json.dumps(event, separators=(",", ":"), ensure_ascii=False))
        left -= len(records[-1]) + 1
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as out:
        out.write(('{"Records":[' + ",".join(records) + "]}").encode())
    delivered = f"202604{15 + minute // 1440}T{minute // 60 % 24:02}{minute % 60:02}Z"
    name = f"{identities.ACCOUNTS[0]}_CloudTrail_eu-west-1_{delivered}_{chance.upper(rng, 16)}.json.gz"
    (folder / name).write_bytes(packed.getvalue())
    return len(records)


if __name__ == "__main__":
    main()
