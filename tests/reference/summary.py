"""The counts of a summary: totals, clusters, changes, sources."""

from collections import Counter, defaultdict

from . import clock, deploy, request

ALL = deploy.DIMENSIONS
RETRY = 5 * 60
WITHOUT = 10 * 60


def of(logs, group_by, window, markers):
    """`group_by` holds names of members of clusters."""
    all_requests = request.of(logs.records, markers)
    failures = [failure for failure in all_requests.failures if window.holds(failure.time)]
    accepted = [one for one in all_requests.accepted if window.holds(one.time)]
    return {
        "totals": {
            "requests": sum(window.holds(time) for time in all_requests.times),
            "failures": len(failures),
            "by_code": dict(Counter(failure.code for failure in failures)),
        },
        "clusters": _clusters(failures, accepted, group_by),
        "changes": _changes(logs, all_requests, window, markers),
        "sources": {kind: dict(counts) for kind, counts in logs.sources.items()},
    }


def _clusters(failures, accepted, group_by):
    def key(values):
        return tuple(values[name] for name in group_by)

    groups = defaultdict(list)
    for failure in failures:
        groups[key(failure.values), failure.code].append(failure)
    clusters = {}
    for (values, code), members in groups.items():
        members.sort(key=lambda failure: (failure.time is not None, failure.time, failure.request_id or ""))
        native = {(failure.native[0], key(failure.native[1])) for failure in members if failure.native}
        times = [failure.time for failure in members if failure.time is not None]
        regions = Counter(failure.signed_region for failure in members if failure.signed_region)
        clusters[values, code] = {
            "failures": len(members),
            "requests": _requests(native, members, failures, accepted, key),
            "first_seen": clock.rfc3339(min(times, default=None)),
            "last_seen": clock.rfc3339(max(times, default=None)),
            "retries": _retries(members),
            "per_minute": [[clock.rfc3339(at), count] for at, count in sorted(Counter(map(clock.minute, times)).items())],
            "remote_ips": len({failure.remote_ip for failure in members} - {None}),
            "user_agents": len({failure.user_agent for failure in members} - {None}),
            # Several regions may be the most frequent one.
            "signed_region": {region for region, count in regions.items() if count == max(regions.values())} or {None},
        }
    return clusters


def _requests(native, members, failures, accepted, key):
    if not native:
        return None
    failed = sum(1 for failure in failures if failure.native and (failure.native[0], key(failure.native[1])) in native)
    unseen = sum(1 for failure in members if not failure.native)
    views = defaultdict(Counter)
    for one in accepted:
        if (one.traffic, key(one.values)) in native:
            views[one.request][one.traffic] += 1
    return failed + unseen + sum(max(view.values()) for view in views.values())


def _retries(members):
    latest, count = {}, 0
    for failure in members:
        if failure.retry_key and failure.time is not None:
            before = latest.get(failure.retry_key)
            count += before is not None and failure.time - before <= RETRY
            latest[failure.retry_key] = failure.time
    return count


def _changes(logs, all_requests, window, markers):
    found = Counter((time, kind, name) for time, kind, name, _ in logs.changes)
    found.update((at, "deploy", f"deploy {version}") for at, version, _ in markers.all)
    marked = {version for _, version, _ in markers.all}
    first, first_of_app = {}, {}
    dated = [failure for failure in all_requests.failures if not failure.by_a_wrong_clock]
    for one in dated + all_requests.accepted:
        version = one.values["deploy_version"]
        if version is None or one.time is None:
            continue
        at, app = clock.minute(one.time), deploy.application(version)
        first[version] = min(at, first.get(version, at))
        first_of_app[app] = min(at, first_of_app.get(app, at))
    for version, at in first.items():
        if version not in marked and at - first_of_app[deploy.application(version)] >= WITHOUT:
            found[at, "deploy", f"deploy {version}"] += 1
    return Counter({(clock.rfc3339(time), kind, name): count for (time, kind, name), count in found.items()
                    if window.holds(time)})
