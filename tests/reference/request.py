"""Requests, each once, from all the records that tell of it."""

from dataclasses import dataclass, field
from typing import Optional

from . import codes, deploy, host
from .record import KINDS

FILLED = ("time", "signed_region", "remote_ip", "user_agent")


@dataclass
class Failure:
    """A signature failure, with what all its records know; `native` is what a log of traffic knows."""

    code: str
    request_id: Optional[str]
    time: Optional[int]
    values: dict
    signed_region: Optional[str]
    remote_ip: Optional[str]
    user_agent: Optional[str]
    retry_key: Optional[tuple]
    native: Optional[tuple]
    # Of a client whose clock the server refused: nothing tells when it was.
    by_a_wrong_clock: bool


@dataclass
class Accepted:
    """A signed request whose signature did not fail, as one body of traffic shows it."""

    traffic: str
    request: object
    time: int
    values: dict


@dataclass
class Requests:
    failures: list = field(default_factory=list)
    accepted: list = field(default_factory=list)
    # Times of all requests, each once.
    times: list = field(default_factory=list)


def of(records, markers):
    found = Requests()
    groups = {}
    for number, record in enumerate(records):
        groups.setdefault(_identity(number, record), []).append(record)
    for identity, group in groups.items():
        group.sort(key=lambda record: KINDS.index(record.kind))
        _one(identity, group, markers, found)
    return found


def _identity(number, record):
    if record.request_id:
        return "request", record.request_id
    if record.kind == "cloudtrail" and record.part:
        return record.part
    return "alone", number


def _one(identity, group, markers, found):
    """What the records of one request id come to: the failures, and the traffic beside them."""
    failing = [record for record in group if codes.is_signature_failure(record)]
    others = [record for record in group if not codes.is_signature_failure(record)]
    events = []
    for record in failing:
        if record.kind == "cloudtrail" and record.part not in events:
            events.append(record.part)
    first = [record for record in failing if record.kind != "cloudtrail" or record.part == events[0]]
    failures = [_failure(first, others, markers)] if first else []
    for event in events[1:]:
        of_event = [record for record in failing if record.kind == "cloudtrail" and record.part == event]
        failures.append(_failure(of_event, [], markers))
    found.failures += failures

    views = {}
    for record in sorted(others, key=region_is_guess):
        if record.traffic and record.is_signed:
            views.setdefault((record.traffic, record.part), record)
    failed_as = {failure.native[0] for failure in failures if failure.native}
    accepted = [Accepted(traffic, identity, record.time, _with_version(record.values(), *record.carried_version(),
                                                                      record.time, markers))
                for (traffic, _), record in views.items() if not (failures and traffic in failed_as)]
    found.accepted += accepted
    by_traffic = [[at.time for at in accepted if at.traffic == traffic] for traffic in ("s3", "cloudtrail")]
    by_traffic.append([failure.time for failure in failures])
    found.times += max(by_traffic, key=len)


def region_is_guess(record):
    """Whether the region is only that of a global host name, since the record has no better."""
    return host.is_global(record.host) and not record.logged_region


def _failure(records, others, markers):
    first = records[0]
    values = {name: next((v for v in (record.values()[name] for record in records) if v is not None), None)
              for name in first.values()}
    values["region"] = next((v for v in (record.values()["region"] for record in sorted(records, key=region_is_guess)) if v is not None), None)
    carried = [(carrier, version) for version, carrier in map(lambda r: r.carried_version(), records) if version]
    carrier, version = min(carried, key=lambda told: told[0]) if carried else (None, None)
    filled = {name: next((v for v in (getattr(record, name) for record in records) if v is not None), None)
              for name in FILLED}
    repeating = next((record for record in records if record.method and record.target), None)
    shown = records + [record for record in others if record.is_signed]
    native = _native([record for record in shown if record.traffic])
    if native:
        version_of_native = native.carried_version()
        native = native.traffic, _with_version(native.values(), *version_of_native, filled["time"], markers)
    return Failure(first.code, first.request_id, values=_with_version(values, version, carrier, filled["time"], markers),
                   retry_key=repeating and (repeating.method, repeating.target, repeating.remote_ip), native=native,
                   by_a_wrong_clock=not native and any(map(codes.says_that_the_clock_is_wrong, records)), **filled)


def _native(shown):
    """The first that shows the traffic, unless another knows that its region is another."""
    def region(record):
        return record.values()["region"]

    first = next(iter(shown), None)
    if first is None or not region_is_guess(first):
        return first
    known = [record for record in shown if not region_is_guess(record)]
    return next((record for record in known if region(record) not in (None, region(first))), first)


def _with_version(values, version, carrier, time, markers):
    """A marker in force goes before the function version of a log stream, and after all else."""
    if carrier is None or carrier > deploy.MARKER:
        marked = None if time is None else markers.in_force(time, values)
        version = marked or version
    return {**values, "deploy_version": version}
