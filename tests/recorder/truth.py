"""The ground truth of a recording, counted from the exchanges and never from a log.

`clusters` is what access logs alone can show: a header-signed failure names no key id.
`clusters_with_captured_errors` has the key ids that captured errors add, joined by request id.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

from parts import Exchange

from . import changes, reading
from .director import Recording

RETRY_WINDOW = timedelta(minutes=5)
# A version counts as first seen only after this much traffic of its program without it.
SETTLED = timedelta(minutes=10)


def count(recording: Recording, sources: dict[str, dict[str, int]]) -> dict[str, Any]:
    exchanges = recording.exchanges
    signed = [exchange for exchange in exchanges if reading.authentication(exchange)]
    failures = [exchange for exchange in signed if reading.signature_refused(exchange)]
    captured = {line["request_id"]: line["access_key_id"] for line in recording.captured}
    return {
        "window": {"first": _time(exchanges[0].time), "last": _time(exchanges[-1].time)},
        "sources": sources,
        "totals": {
            "exchanges": len(exchanges),
            "requests": len(signed),
            "failures": len(failures),
            "by_code": dict(sorted(Counter(map(reading.code, failures)).items())),
            "authorization_denied": sum(reading.code(exchange) == "AccessDenied" for exchange in signed),
        },
        "clusters": _clusters(signed, {}),
        "clusters_with_captured_errors": _clusters(signed, captured),
        "changes": [{"what": call.name, "time": _time(call.time)} for call in changes.done()],
        "versions_first_seen": _versions(exchanges),
    }


def _clusters(signed: list[Exchange], captured: dict[str, str]) -> list[dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[Exchange]] = defaultdict(list)
    for exchange in signed:
        if reading.signature_refused(exchange):
            key = captured.get(reading.request_id(exchange)) or reading.presigned_access_key_id(exchange)
            groups[(*_traffic(exchange), key, reading.code(exchange))].append(exchange)
    clusters = [_cluster(dimensions, failures, signed) for dimensions, failures in groups.items()]
    return sorted(clusters, key=lambda cluster: (-cluster["failures"], cluster["endpoint"]))


def _traffic(exchange: Exchange) -> tuple[Any, ...]:
    bucket, _ = reading.bucket_and_key(exchange)
    return reading.endpoint(exchange), bucket.region, reading.deploy_version(exchange)


def _cluster(dimensions: tuple[Any, ...], failures: list[Exchange], signed: list[Exchange]) -> dict[str, Any]:
    endpoint, region, version, key, code = dimensions
    alike = [exchange for exchange in signed if _traffic(exchange) == (endpoint, region, version)
             and reading.presigned_access_key_id(exchange) == reading.presigned_access_key_id(failures[0])]
    per_minute = Counter(exchange.time.replace(second=0) for exchange in failures)
    return {
        "endpoint": endpoint, "access_key_id": key, "region": region, "deploy_version": version, "code": code,
        "failures": len(failures),
        "requests": len(alike),
        "first_seen": _time(failures[0].time), "last_seen": _time(failures[-1].time),
        "remote_ips": sorted({exchange.client for exchange in failures}),
        "retries": _retries(failures),
        "per_minute": [[_time(minute), number] for minute, number in sorted(per_minute.items())],
        "examples": [{"request_id": reading.request_id(exchange), "time": _time(exchange.time)}
                     for exchange in failures[:3]],
    }


def _retries(failures: list[Exchange]) -> int:
    """Failures that repeat an earlier one: same method, Request-URI and client, within the window."""
    latest: dict[tuple[str, str, str], datetime] = {}
    retries = 0
    for exchange in failures:
        # The logged Request-URI: two presigned URLs may differ only in the signature, which no log shows.
        request = (exchange.method, reading.request_uri(exchange), exchange.client)
        if request in latest and exchange.time - latest[request] <= RETRY_WINDOW:
            retries += 1
        latest[request] = exchange.time
    return retries


def _versions(exchanges: list[Exchange]) -> list[dict[str, str]]:
    first: dict[str, datetime] = {}
    for exchange in exchanges:
        version = reading.deploy_version(exchange)
        if version:
            first.setdefault(version, exchange.time)
    started: dict[str, datetime] = {}
    for version, time in first.items():
        started.setdefault(version.partition("-")[0], time)
    return [{"version": version, "time": _time(time)} for version, time in first.items()
            if time - started[version.partition("-")[0]] >= SETTLED]


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
