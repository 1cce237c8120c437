"""Random folders of logs, and random questions about them.

A folder is a list of files; a file is a list of units that can be left out one by one, and how they are put
together. So a folder that shows a difference can be made smaller.
"""

import base64
import gzip
import json
import random
from dataclasses import dataclass, field

from . import clock, exchange, writing

EMPTY = "empty.log"
WORDS = {"access_key_id": "key", "deploy_version": "deploy"}


@dataclass
class File:
    name: str
    form: str
    units: list = field(default_factory=list)
    stream: str = None
    is_compressed: bool = False

    def content(self):
        content = b"\n".join(self._lines()) + b"\n"
        return gzip.compress(content) if self.is_compressed else content

    def _lines(self):
        if self.form == "lines":
            return self.units
        texts = [unit.decode() for unit in self.units]
        if self.form == "records":
            return [f'{{"Records":[{",".join(texts)}]}}'.encode()]
        if self.form == "export":
            return [f"2026-04-15T09:00:00.000Z {text}".encode() for text in texts]
        events = [{"id": str(number), "timestamp": 1776240000000, "message": text} for number, text in enumerate(texts)]
        delivery = json.dumps({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "g",
                               "logStream": self.stream, "subscriptionFilters": ["f"], "logEvents": events})
        if self.form == "delivery":
            return [delivery.encode()]
        packed = base64.b64encode(gzip.compress(delivery.encode())).decode()
        return [json.dumps({"awslogs": {"data": packed}}).encode()]


@dataclass
class Question:
    group_by: list
    start: int = None
    end: int = None
    markers: list = field(default_factory=list)

    def arguments(self):
        words = ",".join(WORDS.get(name, name) for name in self.group_by)
        told = ["--group-by", words]
        for option, time in (("--from", self.start), ("--to", self.end)):
            told += [option, clock.rfc3339(time)] if time is not None else []
        return told


@dataclass
class Case:
    files: list
    question: Question

    def write(self, folder):
        for file in self.files:
            if not file.units and file.name != EMPTY:
                continue
            path = folder / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content())


def case(seed, names):
    """Everything follows from the seed. `names` are the dimensions that there are."""
    chance = random.Random(seed)
    exchanges = exchange.some(chance, chance.choice([5, 30, 120]))
    files = _text(chance, exchanges) + _json(chance, exchanges) + _cloudtrail(chance, exchanges)
    files += _captured(chance, exchanges)
    for file in files:
        file.is_compressed = chance.random() < 0.3
    if chance.random() < 0.2:
        files.append(File(EMPTY, "lines"))
    return Case([file for file in files if file.units or file.name == EMPTY], _question(chance, names))


def _question(chance, names):
    group_by = [name for name in names if chance.random() < 0.4] or [chance.choice(names)]
    if chance.random() < 0.4:
        group_by = names[:4]
    question = Question(group_by)
    if chance.random() < 0.4:
        question.start = exchange.START + chance.randrange(exchange.SPAN // 2)
        question.end = question.start + chance.choice([1, 60, 600, 1500, 7200])
        if chance.random() < 0.3:
            question.end = None
    if chance.random() < 0.5:
        for _ in range(chance.randrange(1, 6)):
            question.markers.append(_marker(chance))
    return question


def _marker(chance):
    # On whole minutes: traffic that did not fail is kept by the minute.
    time = exchange.START + 60 * chance.randrange(-5, exchange.SPAN // 60)
    match = chance.choice([
        None, {}, {"endpoint": "MEDIA.s3.eu-west-1.amazonaws.com:443"}, {"region": "us-east-1"}, {"bucket": "media"},
        {"key": exchange.KEYS[0]}, {"access_key_id": exchange.KEYS[0], "region": "eu-west-1"}, {"auth": "AuthHeader"},
        {"client": "curl/8.5.0"}, {"operation": "REST.GET.OBJECT"},
    ])
    marker = {"time": clock.rfc3339(time), "version": f"{chance.choice(['shop', 'ops'])}-{chance.randrange(9)}"}
    return json.dumps(marker if match is None else {**marker, "match": match})


def _spread(chance, units, count, name):
    """Shares units out to files; some stand in a file twice, or in two files."""
    files = [File(name.format(number), "lines") for number in range(count)]
    for unit in units:
        for _ in range(chance.choice([1] * 8 + [2, 3])):
            chance.choice(files).units.append(unit)
    return files


def _text(chance, exchanges):
    seen = [one for one in exchanges if chance.random() < 0.8]
    lines = [(writing.access_log_text(one) + chance.choice([""] * 30 + [" ", "\r", " \r"])).encode() for one in seen]
    files = _spread(chance, lines, 3, "text/{}.log")
    for file in files:
        _damage(chance, file, [b"", b"cut off", b"o b [15/Apr/2026:07:01:02 +0000] 192.0.2.1 - R", b"\x00\x01",
                               b"o b [15/Foo/2026:07:01:02 +0000] 192.0.2.1 - R O k \"GET / HTTP/1.1\" 200 - 1 1 1 1 \"-\" \"-\" -",
                               b"o b [15/Apr/2026:07:01:02 +0000] 192.0.2.1 - R O k \"GET / HTTP/1.1\" 200 - 1 1 1 1 \"-\" \"\xff\" -"])
    return files


def _json(chance, exchanges):
    seen = [one for one in exchanges if chance.random() < 0.4]
    files = _spread(chance, [writing.access_log_json(one).encode() for one in seen if not one.stream], 2, "json/{}")
    for file in files:
        file.form = chance.choice(["lines", "export"])
        if file.form == "lines":
            _damage(chance, file, [b"", b"no json", b'{"bucket_name":"b","http_status":403,"requ', b'{"bucket_n', b"\x00",
                                   b'{"bucket_name":"b","http_status":403,"request_time":"never"}'])
    return files + _deliveries(chance, seen, writing.access_log_json, "json")


def _captured(chance, exchanges):
    seen = [one for one in exchanges if one.code and chance.random() < 0.5]
    files = _spread(chance, [writing.captured_error(one).encode() for one in seen if not one.stream], 2, "captured/{}")
    for file in files:
        _damage(chance, file, [b"", b"an application says something", b'{"sigdrift":2,"code":"SignatureDoesNotMatch"}',
                               b'{"sigdrift":1,"code":"SignatureDoesNotMatch","time":"noon"}', b'{"sigdrift":1,"co'])
    return files + _deliveries(chance, seen, writing.captured_error, "captured")


def _deliveries(chance, seen, write, name):
    files = []
    for number, stream in enumerate(sorted({one.stream for one in seen if one.stream})):
        form = chance.choice(["delivery", "awslogs"])
        files.append(File(f"{name}/delivery-{number}", form, [write(one).encode() for one in seen
                                                             if one.stream == stream], stream))
    return files


def _cloudtrail(chance, exchanges):
    # Mostly what authenticated; a refused signature too now and then, since nothing forbids it.
    units = [writing.cloudtrail(one).encode() for one in exchanges
             if chance.random() < (0.1 if one.code in exchange.FAILING else 0.4)]
    units += [writing.change(chance, exchange.START + chance.randrange(exchange.SPAN))
              .encode() for _ in range(chance.randrange(6))]
    files = _spread(chance, units, 2, "cloudtrail/{}.json")
    for file in files:
        file.form = chance.choice(["records", "lines"])
    if chance.random() < 0.2:
        digest = b'{"digestStartTime":"2026-04-15T07:00:00Z","digestEndTime":"2026-04-15T08:00:00Z","digestS3Bucket":"b"}'
        files.append(File("cloudtrail/digest.json", "lines", [digest]))
    return files


def _damage(chance, file, damages):
    """Never the first line: what a file is shows from its beginning."""
    if file.units:
        for _ in range(chance.choice([0, 0, 1, 2])):
            file.units.insert(chance.randrange(1, len(file.units) + 1), chance.choice(damages))
