"""Real clients, some of them failing, recorded just now: what their access logs say, and what they must not."""

import dataclasses
import functools
import json
from datetime import datetime, timedelta, timezone
from unittest import mock

from parts import Exchange
from recorder import director, leaks, reading, story
from recorder.access_log_fields import fields
from recorder.write_access_log_text import line

# One bucket of the story: a version that signs a header which the edge rewrites, beside one that works, and the next
# one, which does not sign it any more.
BUCKET = "media"
APPS = ("checkout-old", "checkout-new-edge", "checkout-fixed-edge")
PER_ROW = 60
OBJECT_MINUTES = 10


class Traffic:
    """A recording whose last request was some minutes ago."""

    def __init__(self, recording: director.Recording) -> None:
        self.exchanges: list[Exchange] = recording.exchanges
        # What the failing clients say of their requests: lines for an application's log.
        self.captured = [json.dumps(line) for line in recording.captured]
        self._identities = recording.identities
        self.secrets = leaks.secrets(recording)
        self.failures = [exchange for exchange in self.exchanges if reading.signature_refused(exchange)]
        self.requests = [exchange for exchange in self.exchanges if reading.authentication(exchange)]
        self.first, self.last = self.exchanges[0].time, self.exchanges[-1].time
        self.until_the_fix = [exchange for exchange in self.exchanges if exchange.time <= self.failures[-1].time]
        self.after_the_fix = self.exchanges[len(self.until_the_fix):]

    def log_objects(self, exchanges: list[Exchange]) -> dict[str, bytes]:
        """Log objects by their keys, as S3 delivers them to a bucket: each a few minutes of traffic."""
        objects: dict[str, list[str]] = {}
        for exchange in exchanges:
            number = (exchange.time - exchanges[0].time) // timedelta(minutes=OBJECT_MINUTES)
            delivered = datetime.now(timezone.utc)
            key = f"media/{delivered:%Y-%m-%d-%H}-00-{number:02}-{exchanges[0].time:%H%M%S}0123456789"
            objects.setdefault(key, []).append(line(fields(exchange, self._identities)) + "\n")
        return {key: "".join(lines).encode() for key, lines in objects.items()}


@functools.cache
def recorded() -> Traffic:
    steps = [step for step in story.steps(PER_ROW) if step.bucket == BUCKET and step.app in APPS]
    until_now = datetime.now(timezone.utc).replace(second=0, microsecond=0) - steps[-1].time - timedelta(minutes=2)
    # The clients sign with that time, and the server checks it: everything moves together.
    with mock.patch.object(story, "START", story.START + until_now):
        return Traffic(director.record([dataclasses.replace(step, time=step.time + until_now) for step in steps]))
