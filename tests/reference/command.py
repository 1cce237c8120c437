"""The built command, and its summary in the form of the reference's."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

from . import summary

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = "cargo build --release"


def binary():
    path = Path(os.environ.get("SIGDRIFT_BIN", REPOSITORY / "target/release/sigdrift"))
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run `{BUILD}` in {REPOSITORY} or set SIGDRIFT_BIN")
    return str(path)


class NoSummary(Exception):
    """The command ended without one."""


def analyze(*arguments):
    """Exit code and summary."""
    ended = subprocess.run([binary(), "analyze", "--json", *map(str, arguments)], capture_output=True, text=True)
    if not ended.stdout:
        raise NoSummary(f"exit {ended.returncode}: {ended.stderr}")
    return ended.returncode, json.loads(ended.stdout)


COUNTS = ["failures", "requests", "first_seen", "last_seen", "retries", "per_minute", "remote_ips", "user_agents",
          "signed_region"]


def counts(told, group_by):
    """What the reference counts too."""
    clusters = {}
    for cluster in told["clusters"]:
        present = [name for name in summary.ALL if name in cluster]
        if present != [name for name in summary.ALL if name in group_by]:
            raise AssertionError(f"grouped by {group_by}, a cluster has {present}")
        key = tuple(cluster[name] for name in group_by), cluster["code"]
        clusters[key] = {name: cluster[name] for name in COUNTS}
    changes = Counter((change["time"], change["kind"], _name(change["what"])) for change in told["changes"])
    sources = {source["kind"]: {name: source[name] for name in ("objects", "records", "skipped", "unreadable")}
               for source in told["sources"]}
    return {"totals": told["totals"], "clusters": clusters, "changes": changes, "sources": sources}


def _name(what):
    words = what.split(" ")
    return " ".join(words[:2]) if words[0] == "deploy" else words[0]


def differences(expected, found):
    """Every difference in words, expected first."""
    told = []
    for part in ("totals", "sources", "changes"):
        for name in sorted(set(expected[part]) | set(found[part]), key=str):
            ours, theirs = expected[part].get(name), found[part].get(name)
            if ours != theirs:
                told.append(f"{part} {name}: expected {ours}, found {theirs}")
    for key in sorted(set(expected["clusters"]) | set(found["clusters"]), key=str):
        ours, theirs = expected["clusters"].get(key), found["clusters"].get(key)
        if ours is None or theirs is None:
            told.append(f"cluster {key}: expected {ours}, found {theirs}")
            continue
        for name in COUNTS:
            same = theirs[name] in ours[name] if name == "signed_region" else theirs[name] == ours[name]
            if not same:
                told.append(f"cluster {key} {name}: expected {ours[name]}, found {theirs[name]}")
    return told
