"""Runs a query file on one thread: `duckdb_query.py QUERY LOG`. Prints its CPU seconds and its rows as JSON.

Starting Python and loading DuckDB do not count.
"""

import json
import resource
import sys

import duckdb


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


connection = duckdb.connect(config={"threads": 1})
connection.execute("set variable log = ?", [sys.argv[2]])
with open(sys.argv[1], encoding="utf-8") as query:
    text = query.read()
before = cpu_seconds()
rows = connection.execute(text).fetchall()
json.dump({"cpu_seconds": cpu_seconds() - before, "rows": rows}, sys.stdout)
