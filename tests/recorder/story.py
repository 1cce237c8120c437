"""The story as a table: from which minute to which, who sends what, how often.

All times are UTC on one day. A row becomes evenly spread steps; the hosts of a row take turns.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

DAY = datetime(2026, 4, 15, tzinfo=timezone.utc)


def at(clock: str) -> datetime:
    """`07:42` or `07:42:30` on the day of the story."""
    hours, minutes, seconds = (clock + ":00").split(":")[:3]
    return DAY + timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))


START, END = at("07:20"), at("08:10")

OLD = ("10.0.1.11", "10.0.1.12", "10.0.1.13")
NEW = ("10.0.1.21", "10.0.1.22", "10.0.1.23")
SHARDS = tuple(f"10.0.3.{number}" for number in range(11, 17))
STALE_SHARD = ("10.0.3.17",)
VISITORS = ("192.0.2.14", "192.0.2.77", "192.0.2.130", "192.0.2.201")
SCANNERS = ("198.51.100.7", "198.51.100.23", "203.0.113.5", "203.0.113.66", "203.0.113.181")


@dataclass(frozen=True)
class Row:
    first: str
    last: str  # not included
    per_minute: float
    hosts: tuple[str, ...]
    app: str
    action: str
    bucket: str
    keys: tuple[str, ...] = ("orders/{n:05d}.jpg",)


@dataclass(frozen=True)
class Step:
    number: int
    time: datetime
    host: str
    app: str
    action: str
    bucket: str
    key: str
    # For `resend`: the number of the step whose signed request is sent again.
    repeats: int | None = None


ODD_KEYS = ("orders/{n:05d} front view.jpg", "orders/{n:05d}+back.jpg", "orders/größe-{n:05d}.jpg",
            'orders/{n:05d} "draft".jpg', "orders/café au lait/{n:05d}.jpg")

TABLE = (
    # checkout, the version that works. It goes on at a lower rate while the new one takes over.
    Row("07:20", "07:40", 4, OLD, "checkout-old", "put", "media"),
    Row("07:20", "07:40", 3, OLD, "checkout-old", "get", "media"),
    Row("07:20", "07:40", 1, OLD, "checkout-old", "head", "media"),
    Row("07:40", "08:10", 2, OLD, "checkout-old", "put", "media"),
    Row("07:40", "08:10", 1, OLD, "checkout-old", "get", "media"),
    Row("07:20", "08:10", 0.4, OLD, "checkout-old", "put", "media", ODD_KEYS),
    Row("07:20", "08:10", 0.2, OLD, "checkout-old", "get-missing", "media"),
    Row("07:20", "08:10", 0.2, OLD, "checkout-old", "list", "media", ("orders/",)),
    Row("07:20", "08:10", 1.2, OLD, "checkout-old", "put", "invoices", ("2026/04/15/{n:05d}.pdf",)),
    # The new version: fine where nothing stands between it and the bucket, refused behind the edge.
    Row("07:40", "07:57", 1.5, NEW, "checkout-new", "put", "invoices", ("2026/04/15/{n:05d}.pdf",)),
    Row("07:42", "07:57", 4, NEW, "checkout-new-edge", "put", "media"),
    Row("07:42", "07:57", 2, NEW, "checkout-new-edge", "get", "media"),
    Row("07:42", "07:57", 0.4, NEW, "checkout-new-edge", "put", "media", ODD_KEYS),
    Row("07:49", "07:57", 5, NEW, "checkout-new-edge", "resend", "media"),
    # The second deploy no longer signs the header that the edge rewrites.
    Row("07:57", "08:10", 1.5, NEW, "checkout-fixed", "put", "invoices", ("2026/04/15/{n:05d}.pdf",)),
    Row("07:57", "08:10", 4, NEW, "checkout-fixed-edge", "put", "media"),
    Row("07:57", "08:10", 2, NEW, "checkout-fixed-edge", "get", "media"),
    # thumbs: seven shards with presigned URLs; one of them reads a stale secret for a while.
    Row("07:20", "08:10", 6, SHARDS, "thumbs", "get", "thumbs", ("t/{n:05d}.webp",)),
    Row("07:20", "07:30", 3, STALE_SHARD, "thumbs", "get", "thumbs", ("t/{n:05d}.webp",)),
    Row("07:30", "08:05", 3, STALE_SHARD, "thumbs-stale", "get", "thumbs", ("t/{n:05d}.webp",)),
    Row("08:05", "08:10", 3, STALE_SHARD, "thumbs", "get", "thumbs", ("t/{n:05d}.webp",)),
    # Ordinary life.
    Row("07:20", "08:10", 0.6, ("10.0.5.8",), "etl", "put", "analytics", ("part-{n:05d}.parquet",)),
    Row("07:20", "08:10", 0.3, ("10.0.5.8",), "etl", "list", "analytics", ("part-",)),
    Row("07:20", "08:10", 0.1, ("10.0.5.8",), "etl", "delete", "analytics", ("part-{n:05d}.parquet",)),
    Row("07:20", "08:10", 0.2, ("10.0.7.40",), "backup-curl", "get", "backups", ("nightly/{n:05d}.tar",)),
    Row("07:20", "08:10", 0.12, ("10.0.7.41",), "backup-cli", "put", "backups", ("nightly/{n:05d}.tar",)),
    Row("07:20", "08:10", 0.2, ("10.0.9.3",), "intern", "get", "invoices", ("2026/04/15/{n:05d}.pdf",)),
    Row("07:20", "08:10", 1.6, VISITORS, "browser", "get", "assets", ("css/site.css", "img/logo.svg", "js/app.js")),
    Row("07:20", "08:10", 0.1, VISITORS, "browser", "get-missing", "assets", ("favicon-{n}.ico",)),
    # The noise of the internet.
    Row("07:20", "08:10", 0.3, SCANNERS, "zgrab", "probe", "media", (".env", "wp-login.php", ".git/config")),
    Row("07:20", "08:10", 0.2, SCANNERS, "probe", "probe", "assets", (".env", "backup.sql", "wp-login.php")),
    Row("07:20", "08:10", 0.16, SCANNERS, "key-guesser", "get", "assets", ("config.json",)),
    Row("07:20", "08:10", 0.08, SCANNERS, "key-guesser-url", "get", "backups", ("dump.sql",)),
)

# Retries come back this much later, always within five minutes and with a date that is still fresh.
RESEND_AFTER_SECONDS = (45, 210)


def steps(limit_per_row: int | None = None, seed: int = 20260415) -> list[Step]:
    """The table unrolled in order of time; `limit_per_row` thins every row evenly for a quick run."""
    rng = random.Random(seed)
    drawn = [step for row in TABLE for step in _unroll(row, limit_per_row, rng)]
    drawn.sort(key=lambda item: item[0])
    story: list[Step] = []
    for number, (time, host, row, key) in enumerate(drawn, 1):
        step = Step(number, time, host, row.app, row.action, row.bucket, key)
        if row.action == "resend":
            step = _resend(step, story, rng)
        if step:
            story.append(step)
    return story


def _unroll(row: Row, limit: int | None, rng: random.Random) -> list[tuple[datetime, str, Row, str]]:
    seconds = (at(row.last) - at(row.first)).total_seconds()
    count = round(seconds / 60 * row.per_minute)
    if limit is not None:
        count = min(count, limit)
    spacing = seconds / count
    offset = rng.uniform(0.1, 0.4)
    return [
        (at(row.first) + timedelta(seconds=int((index + offset + rng.uniform(0, 0.5)) * spacing)),
         row.hosts[index % len(row.hosts)], row,
         row.keys[index % len(row.keys)].format(n=rng.randrange(100_000)))
        for index in range(count)
    ]


def _resend(step: Step, earlier: list[Step], rng: random.Random) -> Step | None:
    """Chooses the request that is sent again: one of the same program, from the same host or not at all."""
    low, high = RESEND_AFTER_SECONDS
    candidates = [past for past in earlier if past.app == step.app and past.repeats is None
                  and low <= (step.time - past.time).total_seconds() <= high]
    if not candidates:
        return None
    chosen = rng.choice(candidates)
    return Step(step.number, step.time, chosen.host, step.app, "resend", chosen.bucket, chosen.key, chosen.number)
