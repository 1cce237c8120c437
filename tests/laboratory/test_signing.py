"""The signer that everything here is measured with agrees with the official vectors and with botocore."""

import json
import os
import random
import subprocess
import unittest

from parts.installed import environment_program

from . import sigv4, vectors
from .live.clients import HERE
from .message import Request, parse
from .steps import Identity, Steps

SEED = int(os.environ.get("SIGDRIFT_FIRST_SEED", "0"))
TIME = "20260415T074213Z"
ODD = "aZ09-._~/ +%&=?#[]@!$'()*,;:\u00e9\u1234"


class Vectors(unittest.TestCase):
    def test_every_vector_in_both_forms(self):
        found = vectors.read()
        self.assertEqual(len(found), 38)
        for vector in found:
            for form in vectors.FORMS:
                with self.subTest(vector=vector.name, form=form):
                    signed = vector.sign(form)
                    self.assertEqual(signed.canonical, vector.official(form, "canonical-request"))
                    self.assertEqual(signed.string_to_sign, vector.official(form, "string-to-sign"))
                    self.assertEqual(signed.signature, vector.official(form, "signature"))


def _random_order(chance: random.Random) -> dict:
    def text(longest):
        return "".join(chance.choice(ODD) for _ in range(chance.randint(0, longest)))

    service, region = chance.choice([("s3", "eu-west-1"), ("execute-api", "us-east-1"), ("es", "ap-south-1")])
    presigned = service == "s3" and chance.random() < 0.4
    # A fragment would not be sent; botocore normalises paths of other services as written on the wire.
    path = "/" + sigv4.percent(text(12), "/")
    # botocore presigns one value of each name only.
    query = "&".join(
        f"{sigv4.percent(text(5))}{at if presigned else 'x'}={sigv4.percent(text(8))}"
        for at in range(chance.randint(0, 4))
    )
    headers = {
        f"X-Amz-Meta-{name}": f"{chance.choice(['', ' '])}a  {name} b "
        for name in chance.sample("abcde", chance.randint(0, 3))
    }
    body = "" if presigned else text(20)
    host = f"{service}.{region}.amazonaws.com{chance.choice(['', ':8443'])}"
    return {
        "method": "GET" if presigned else chance.choice(["GET", "PUT", "DELETE"]),
        "url": f"https://{host}{path}" + (f"?{query}" if query else ""),
        "host": host,
        "target": path + (f"?{query}" if query else ""),
        "headers": list(headers.items()),
        "body": body,
        "service": service,
        "region": region,
        "presigned": presigned,
        "time": TIME,
        "key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "token": chance.choice([None, "a/token+of==some kind"]),
    }


def _ours(order: dict):
    who = Identity(order["key_id"], order["secret"], order["token"])
    request = Request(
        order["method"],
        order["target"],
        (("Host", order["host"]), *map(tuple, order["headers"])),
        order["body"].encode(),
    )
    if order["presigned"]:
        names = tuple(name.lower() for name, _ in order["headers"])
        return Steps().presign(request, who, TIME, order["region"], order["service"], 3600, names)
    return Steps().sign(request, who, TIME, order["region"], order["service"])


class Botocore(unittest.TestCase):
    def test_random_requests_are_signed_alike(self):
        chance = random.Random(SEED)
        orders = [_random_order(chance) for _ in range(400)]
        given = "".join(json.dumps(order) + "\n" for order in orders)
        done = subprocess.run(
            [environment_program("clients", "python"), HERE / "botocore_sign.py"],
            input=given,
            text=True,
            capture_output=True,
            check=False,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        for order, line in zip(orders, done.stdout.splitlines(), strict=True):
            theirs, ours = json.loads(line), _ours(order)
            with self.subTest(order=order):
                self.assertEqual(ours.canonical, theirs["canonical"])
                self.assertEqual(ours.string_to_sign, theirs["string_to_sign"])
                self.assertEqual(ours.signature, theirs["signature"])


class Messages(unittest.TestCase):
    def test_bytes_come_out_as_they_went_in(self):
        raw = b"GET //a%20b/./\xff?x=%2F&y HTTP/1.1\r\nHost: h\r\nX-Odd: a  b \r\nX-Odd: \xe9\r\n\r\nbody\r\n\r\n"
        self.assertEqual(parse(raw).to_bytes(), raw)

    def test_a_header_is_replaced_where_it_stands(self):
        request = parse(b"GET / HTTP/1.1\nHost: a\nAccept: b\n\n")
        self.assertEqual(request.with_header("host", "c").headers, (("Host", "c"), ("Accept", "b")))
        self.assertEqual(request.with_header("Host", None).headers, (("Accept", "b"),))


if __name__ == "__main__":
    unittest.main()
